#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""includes_test finds what it is for: each fault below makes it fail, and names the place."""
import pathlib
import subprocess
import sys
import tempfile

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


def complaints(files):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text + "\n", encoding="utf-8")
        (pathlib.Path(folder) / "lib").mkdir(exist_ok=True)
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
