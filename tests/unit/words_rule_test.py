#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""words_test finds what it is for: each text below makes it fail where it should, and names the line."""
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import rule_cases  # noqa: E402

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

rule_cases.run(RULE, [({name: text, "other.c": "int other;"}, line and f"{name}:{line}: ") for name, text, line in CASES])
