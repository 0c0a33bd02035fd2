#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Each line of a table of docs/security.md that has a column "test" names at least one, and each test that is named exists: the file,
and after "::" the function. The threat model has each of the parties."""
import fnmatch
import pathlib
import re
import sys

PARTIES = {"hostile client", "hostile sender", "hostile DNS", "customer's admin", "stolen mailbox", "compromised daemon", "local user"}
FUNCTION = re.compile(r"^\s*(?:def (\w+)\(|static (?:void|int|bool) (\w+)\()|(?:TEST|unit_test)\((\w+)\)", re.MULTILINE)


def test_rows(text):
    """(line number, cells) of each row of a table whose last column is "test"."""
    in_table = False
    for number, line in enumerate(text.splitlines(), 1):
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if not line.startswith("|"):
            in_table = False
        elif cells[-1].rstrip(" |") == "test":
            in_table = True
        elif in_table and not line.startswith("|---"):
            yield number, cells


def candidates(root, name):
    """Files that a name stands for: below tests, with or without suffix, or of tests/integration."""
    bare = name.removeprefix("tests/")
    places = [f"tests/{bare}", f"tests/{bare}.*", f"tests/integration/{bare}.*", f"tests/**/{bare}.*"]
    return next((found for found in (sorted(root.glob(place)) for place in places) if found), [])


def functions(files):
    names = set()
    for path in files:
        if path.is_file():
            text = path.read_text(encoding="utf-8", errors="replace")
            names |= {name for groups in FUNCTION.findall(text) for name in groups if name}
            names |= set(re.findall(r"^(?:subtest|case_\w+|test_\w+|h\d_\w+)\b", text, re.MULTILINE))
    return names


def cell_findings(root, cell):
    files = []
    for quoted in re.findall(r"`([^`]+)`", cell):
        name, _, function = quoted.partition("::")
        found = candidates(root, name) if name else files
        if not found and files:  # "`test_names::test_f4_*`, `test_f12_*`": another function of the same file
            found, function = files, name
        if not found:
            yield f"there is no test {quoted}"
            continue
        files = found
        pattern = function.partition("[")[0]
        if pattern and not any(fnmatch.fnmatchcase(one, pattern) for one in functions(found)):
            yield f"{found[0].relative_to(root)} has no function {pattern}"


def main(root):
    page = root / "docs/security.md"
    rows, bad = list(test_rows(page.read_text(encoding="utf-8"))), 0
    seen = set()
    for number, cells in rows:
        seen.add(cells[0])
        found = list(cell_findings(root, cells[-1])) + ([] if "`" in cells[-1] else ["the line names no test"])
        for finding in found:
            print(f"{page}:{number}: {finding}")
        bad += len(found)
    for party in sorted(PARTIES - seen):
        print(f"{page}: the threat model has no line of a {party}")
        bad += 1
    print(f"{len(rows)} lines with tests, {bad} findings")
    return 1 if bad or len(rows) < 60 else 0


sys.exit(main(pathlib.Path(sys.argv[1]).resolve()))
