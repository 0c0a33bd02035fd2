#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""No program ends without a message: abort() is called in lib/base/bug.c alone, which logs the reason first."""
import pathlib
import re
import sys

from source_folders import PROGRAMS

FOLDERS = ["lib", *PROGRAMS]
CALL = re.compile(r"^(?!\s*//).*\babort\(\)")

root = pathlib.Path(sys.argv[1])
files = [path for folder in FOLDERS for path in sorted((root / folder).rglob("*.[ch]"))]
found = [
    f"{path.relative_to(root)}:{number}"
    for path in files
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
    if CALL.match(line)
]
places = {place.partition(":")[0] for place in found}
for place in found:
    if not place.startswith("lib/base/bug.c:"):
        print(f"{place}: abort() without a message: call memory_exhausted() or bug_abort()")
print(f"{len(files)} files")
sys.exit(0 if places == {"lib/base/bug.c"} else 1)
