#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Each log line that a table of docs/operations.md quotes ("| line | do |") is in the sources, and each that they log is quoted."""
import pathlib
import re
import sys

from log_sources import log_lines
from source_folders import PROGRAMS

FOLDERS = ["lib", *PROGRAMS, "sql"]
SUFFIXES = {".c", ".h", ".sql"}
GLUE = re.compile(r'"\s*(?:\n\s*)?"|"\s*(?:PRI\w+)\s*"')


def quoted_lines(text):
    """(line number, quoted text) of the first column of each such table."""
    in_table = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("| line | do |"):
            in_table = True
        elif not line.startswith("|"):
            in_table = False
        elif in_table and not line.startswith("|---"):
            for quoted in re.findall(r"`([^`]+)`", line.split("|")[1]):
                yield number, quoted


def constant_parts(quoted):
    """The parts of a quotation between its "…", which stand for values."""
    return [part.strip(" :") for part in quoted.split("…") if part.strip(" :")]


def source_text(root):
    """The literals of all sources, those that a line break splits joined; a conversion is a gap."""
    files = [path for folder in FOLDERS for path in sorted((root / folder).rglob("*")) if path.suffix in SUFFIXES]
    return "\n".join(GLUE.sub("", path.read_text(encoding="utf-8")) for path in files)


def describes(quoted, logged):
    """Returns whether a quotation is of that line: its parts follow one another there, from the beginning unless it begins with "…"."""
    at = 0
    for part in constant_parts(quoted):
        found = logged.find(part, at)
        if found < 0 or (at == 0 and found > 0 and not quoted.startswith("…")):
            return False
        at = found + len(part)
    return at > 0


def undocumented(root, text):
    quotations = [quoted for _, quoted in quoted_lines(text)]
    return sorted({(file, line) for file, line in log_lines(root) if not any(describes(quoted, line) for quoted in quotations)})


def main(root):
    page = root / "docs/operations.md"
    missing = undocumented(root, page.read_text(encoding="utf-8"))
    for file, line in missing:
        print(f"{page}: no table \"line, do\" has \"{line}\" of {file}")
    sources, logged, count, bad = source_text(root), [line for _, line in log_lines(root)], 0, 0
    for number, quoted in quoted_lines(page.read_text(encoding="utf-8")):
        count += 1
        if any(describes(quoted, line) for line in logged):
            continue
        for part in constant_parts(quoted):
            if part not in sources:
                print(f"{page}:{number}: no source has \"{part}\"")
                bad += 1
    print(f"{count} quoted log lines, {bad} that no source has")
    print(f"{len(set(log_lines(root)))} lines of the sources, {len(missing)} that are not documented")
    return 1 if bad or missing or count < 20 else 0


sys.exit(main(pathlib.Path(sys.argv[1])))
