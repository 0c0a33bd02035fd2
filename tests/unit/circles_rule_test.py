#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""circles_test finds what it is for: each circle below makes it fail, and is named."""
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import rule_cases  # noqa: E402

RULE = pathlib.Path(__file__).with_name("circles_test.py")
# File -> text; the word that the complaint must hold, or None where nothing is wrong.
CASES = [
    ({"lib/base/a.c": '#include "base/a.h"\n#include "base/b.h"', "lib/base/a.h": "", "lib/base/b.h": ""}, None),
    ({"lib/base/a.h": '#include "base/b.h"', "lib/base/b.h": '#include "base/a.h"'}, "lib/base/a and lib/base/b"),
    ({"lib/base/a.c": '#include "base/b.h"', "lib/base/a.h": "", "lib/base/b.c": '#include "base/a.h"', "lib/base/b.h": ""},
     "lib/base/a and lib/base/b"),
    ({"milter/a.h": '#include "milter/b.h"', "milter/b.h": '#include "milter/c.h"', "milter/c.c": '#include "milter/a.h"',
      "milter/c.h": ""}, "milter/a and milter/b and milter/c"),
    ({"lib/base/a.c": '#include "base/a_internal.h"', "lib/base/a_internal.h": '#include "base/a.h"', "lib/base/a.h": "",
      "lib/base/b.c": '#include "base/a.h"'}, None),
    ({"lib/pg/a.c": '#include "base/a.h"', "lib/pg/a.h": "", "lib/base/a.h": "", "lib/base/b.c": '#include "base/a.h"'}, None),
]

rule_cases.run(RULE, CASES)
