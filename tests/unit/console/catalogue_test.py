#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Each text of the console's templates and messages has a translation in each language, with the same names in braces: catalogue_test.py
SOURCE_FOLDER. gettext's own tools compare: msgcmp finds what is missing, msgfmt other names in a text marked
python-brace-format."""
import pathlib
import re
import subprocess
import sys
import tempfile


def faults_of(po, pot):
    for command in (["msgcmp", po, pot], ["msgfmt", "--check-format", "--check-domain", "-o", "/dev/null", po]):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            yield f"{' '.join(map(str, command))}\n{done.stderr}"
    for entry in po.read_text(encoding="utf-8").split("\n\n"):
        if re.search(r'^msgid.*{[a-z]', entry, re.MULTILINE) and "python-brace-format" not in entry:
            yield f"{po}: not marked python-brace-format:\n{entry}"


def main(root):
    root = pathlib.Path(root)
    catalogues = sorted((root / "console/po").glob("*.po"))
    with tempfile.NamedTemporaryFile("w", suffix=".pot") as pot:
        subprocess.run([root / "console/po/extract", root / "console", root / "console/templates", root / "console/message"], stdout=pot, check=True)
        faults = [fault for po in catalogues for fault in faults_of(po, pot.name)]
        count = pathlib.Path(pot.name).read_text(encoding="utf-8").count("\nmsgid ") - 1
    print("\n".join([*faults, f"{count} texts, {len(catalogues)} languages, {len(faults)} faults"]))
    return 1 if faults or count < 100 or not catalogues else 0


sys.exit(main(sys.argv[1]))
