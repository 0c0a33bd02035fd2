#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Each file and folder that the documents name in backticks, each test of docs/security.md, and each link's file and heading exist."""
import pathlib
import re
import sys

from source_folders import PROGRAMS

DOCUMENTS = ["README.md", "CONTRIBUTING.md", "sql/README.md", *(f"docs/{name}.md" for name in ("architecture", "protocols", "security"))]
QUOTED = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\((?!https?:)([^)\s]+)\)")
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


def headings(page):
    """The anchors of a page's headings, as GitHub makes them."""
    return {re.sub(r"[^\w -]", "", text.lower()).replace(" ", "-") for text in re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)}


def broken_links(root):
    """Links within the documents that lead nowhere."""
    for page in [*sorted((root / "docs").glob("*.md")), *(root / name for name in DOCUMENTS if not name.startswith("docs/"))]:
        for link in LINK.findall(page.read_text(encoding="utf-8")):
            name, _, anchor = link.partition("#")
            target = page.parent / name if name else page
            if not target.exists() or (anchor and anchor not in headings(target)):
                yield f"{page.relative_to(root)}: there is no {link}"


def main(root):
    count, bad = 0, 0
    for line in broken_links(root):
        print(line)
        bad += 1
    everywhere = [root, root / "lib", root / "tests", root / "sql", *(root / program for program in PROGRAMS)]
    for document in DOCUMENTS:
        for number, section, name in named((root / document).read_text(encoding="utf-8")):
            count += 1
            if not exists(name, [root / section] if section in PROGRAMS and "/" not in name else everywhere):
                print(f"{document}:{number}: there is no {name}")
                bad += 1
    print(f"{count} paths, {bad} paths and links that do not exist")
    return 1 if bad or count < 20 else 0


sys.exit(main(pathlib.Path(sys.argv[1])))
