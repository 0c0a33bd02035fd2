#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""circles_test finds what it is for: each circle below makes it fail, and is named."""
import pathlib
import subprocess
import sys
import tempfile

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


def complaints(files):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text + "\n", encoding="utf-8")
        done = subprocess.run([sys.executable, RULE, folder], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr


bad = 0
for files, word in CASES:
    code, text = complaints(files)
    if (code == 0) != (word is None) or (word or "") not in text:
        bad += 1
        print(f"{files}: expected {word or 'no complaint'}, exit {code}:\n{text}")
print(f"{len(CASES)} cases, {bad} wrong")
sys.exit(1 if bad else 0)
