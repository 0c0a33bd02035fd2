#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""includes_test finds what it is for: each fault below makes it fail, and names the place."""
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import rule_cases  # noqa: E402

RULE = pathlib.Path(__file__).with_name("includes_test.py")
# File -> text; the word that the complaint must hold, or None where nothing is wrong.
CASES = [
    ({"lib/base/one.h": "int one_get(void);", "milter/two.h": "int two_get(void);"}, None),
    ({"lib/base/one.h": "int one_get(void);", "milter/two.h": "int one_get(int);"}, "one_get"),
    ({"lib/base/one.h": "struct one {\n int a; };", "milter/two.h": "struct one { int b; };"}, "one"),
    ({"lib/base/one.h": "enum one { ONE_A, ONE_B };", "milter/two.h": "#define ONE_B 2"}, "ONE_B"),
    ({"lib/base/one.h": "", "milter/one.h": ""}, "one.h"),
    ({"lib/base/one.h": "struct two;\n// int two_get(void);", "milter/two.h": "struct two {\n int a; };\nint two_get(void);"}, None),
    ({"lib/base/one.c": '#include "milter/two.h"', "milter/two.h": ""}, "base may include"),
    ({"policyd/decide/one.c": '#include "io/loop.h"', "lib/io/loop.h": ""}, "policyd/decide may include"),
    ({"policyd/decide/one.c": "#include <sys/socket.h>"}, "a pure part does no I/O"),
    ({"policyd/elsewhere/one.c": ""}, "in no table"),
]

rule_cases.run(RULE, CASES)
