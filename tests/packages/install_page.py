# SPDX-License-Identifier: BSD-2-Clause
"""The commands of docs/install.md, so that the page and the tests cannot differ."""
import pathlib
import re

SOURCE = pathlib.Path(__file__).resolve().parents[2]
PAGE = SOURCE / "docs/install.md"


def blocks(heading):
    """The texts of the ```sh blocks below a heading of level 2, in order."""
    sections = re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    section = next(text for text in sections if text.startswith(f"{heading}\n"))
    found = re.findall(r"^```sh\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    assert found, f"no commands below {heading!r}"
    return found


def commands(text):
    """The commands of a block, one per line; those in a here-document or after a backslash belong to the one before."""
    return [line for line in text.replace("\\\n", " ").splitlines() if line.strip()]
