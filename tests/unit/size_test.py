#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""No C or Python function has more than 40 lines, and no such file more than 400 (CONTRIBUTING.md)."""
import json
import pathlib
import subprocess
import sys

FUNCTION_MAX = 40
FILE_MAX = 400
SUFFIXES = {".c", ".h", ".py"}


def sources(root):
    for path in sorted(root.iterdir()):
        if path.name.startswith((".", "build", "__")):
            continue
        if path.is_dir():
            yield from sources(path)
        elif path.suffix in SUFFIXES:
            yield path


def functions(files):
    """(file, line, name, lines) of each function, from universal-ctags."""
    command = ["ctags", "--output-format=json", "--fields=+ne", "--languages=C,Python", "--kinds-C=f",
               "--kinds-Python=fm", "--langmap=C:.c.h", "-f", "-", "-L", "-"]
    out = subprocess.run(command, input="\n".join(map(str, files)), capture_output=True, text=True, check=True).stdout
    for tag in map(json.loads, out.splitlines()):
        if tag["_type"] == "tag" and "end" in tag:
            yield tag["path"], tag["line"], tag["name"], tag["end"] - tag["line"] + 1


def main(root):
    files = list(sources(root))
    bad = []
    for path in files:
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > FILE_MAX:
            bad.append(f"{path}: {lines} lines, at most {FILE_MAX}")
    found = list(functions(files))
    bad += [f"{path}:{line}: {name}: {lines} lines, at most {FUNCTION_MAX}"
            for path, line, name, lines in found if lines > FUNCTION_MAX]
    print("\n".join(bad), f"{len(files)} files, {len(found)} functions, {len(bad)} too long", sep="\n")
    return 1 if bad or not found else 0


sys.exit(main(pathlib.Path(sys.argv[1])))
