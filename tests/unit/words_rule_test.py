#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""words_test finds what it is for: each text below makes it fail where it should, and names the line."""
import pathlib
import subprocess
import sys
import tempfile

RULE = pathlib.Path(__file__).with_name("words_test.py")
# File, text; the line that the complaint must name, or None where nothing is wrong.
CASES = [
    ("a.c", "// After the last one.\nint after_all;", None),
    ("a.c", "int behind_all;", None),
    ("a.c", "\n// Sorted behind the last one.", 2),
    ("a.h", "// Returns NULL with a line\n// for people in `problem`.", 1),
    ("a.h", "// Whether it is empty.\nbool is_empty(void);", 1),
    ("a.h", "// Returns the count.\n// Whether it is empty does not matter.", None),
    ("a.h", "// SPDX-License-Identifier: BSD-2-Clause\n// What a process does.", 2),
    ("a.py", '"""Whom it was sent to."""', 1),
    ("a.sql", "comment on function f() is 'Whether it is so.';", 1),
    ("a.md", "One option a daemon.", 1),
    ("a.md", "It goes by MX.", None),
    ("a.md", "It is made anew.", 1),
    ("a.cases", "user@behind.example anew => stranger", None),
    ("a.cases", "# A stranger.", 1),
    ("CONTRIBUTING.md", "| anew | again |", None),
]


def complaint(name, text):
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, name).write_text(text + "\n", encoding="utf-8")
        pathlib.Path(folder, "other.c").write_text("int other;\n", encoding="utf-8")
        done = subprocess.run([sys.executable, RULE, folder], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr


bad = 0
for file, content, line in CASES:
    code, said = complaint(file, content)
    if (code == 0) != (line is None) or (line and f"{file}:{line}: " not in said):
        bad += 1
        print(f"{file}: {content}: expected {line or 'no complaint'}, exit {code}:\n{said}")
print(f"{len(CASES)} cases, {bad} wrong")
sys.exit(1 if bad else 0)
