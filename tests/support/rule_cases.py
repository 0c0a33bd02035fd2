# SPDX-License-Identifier: BSD-2-Clause
"""Runs a rule about the tree (tests/unit/*_test.py) on small trees, to see that it finds what it is for."""
import pathlib
import subprocess
import sys
import tempfile


def complaints(rule, files):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text + "\n", encoding="utf-8")
        (pathlib.Path(folder) / "lib").mkdir(exist_ok=True)
        done = subprocess.run([sys.executable, rule, folder], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr


def run(rule, cases):
    """Each case: file -> text, and the word that the complaint must hold, or None where nothing is wrong."""
    bad = 0
    for files, word in cases:
        code, text = complaints(rule, files)
        if (code == 0) != (word is None) or (word or "") not in text:
            bad += 1
            print(f"{files}: expected {word or 'no complaint'}, exit {code}:\n{text}")
    print(f"{len(cases)} cases, {bad} wrong")
    sys.exit(1 if bad else 0)
