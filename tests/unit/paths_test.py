#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Each file and folder that the documents name in backticks, and each test of docs/security.md, exists."""
import pathlib
import re
import sys

from source_folders import PROGRAMS

DOCUMENTS = ["README.md", "CONTRIBUTING.md", "sql/README.md", *(f"docs/{name}.md" for name in ("architecture", "protocols", "security"))]
QUOTED = re.compile(r"`([^`\n]+)`")
NAME = re.compile(r"[\w.-]+(?:/[\w.-]+)*/?(?:\.\[ch\])?")
SOURCE = re.compile(r".*\.(?:c|h|\[ch\]|py|sql|cmake)")
# Paths of Postfix, Dovecot and PostgreSQL, relative to folders of theirs, and of what a build makes.
ELSEWHERE = re.compile(r"(?:private|src|run|build)/.*|.*/PART|code/1x")


def exists(name, roots):
    name = name.removesuffix(".[ch]").rstrip("/")
    return any((root / name).exists() or any((root / name).parent.glob(f"{pathlib.Path(name).name}.*")) for root in roots)


def is_path(name):
    return NAME.fullmatch(name) and not ELSEWHERE.fullmatch(name) and ("/" in name.rstrip("/") or SOURCE.fullmatch(name))


def named(text):
    """(line number, section, name) of what looks like a path; of "FILE::FUNCTION" the file."""
    section = ""
    for number, line in enumerate(text.splitlines(), 1):
        section = line.strip("# ") if line.startswith("#") else section
        for quoted in QUOTED.findall(line):
            name = quoted.partition("::")[0]
            if is_path(name):
                yield number, section, name


def main(root):
    count, bad = 0, 0
    everywhere = [root, root / "lib", root / "tests", root / "sql", *(root / program for program in PROGRAMS)]
    for document in DOCUMENTS:
        for number, section, name in named((root / document).read_text(encoding="utf-8")):
            count += 1
            if not exists(name, [root / section] if section in PROGRAMS and "/" not in name else everywhere):
                print(f"{document}:{number}: there is no {name}")
                bad += 1
    print(f"{count} paths, {bad} that do not exist")
    return 1 if bad or count < 20 else 0


sys.exit(main(pathlib.Path(sys.argv[1])))
