#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Each figure in bold in the tables and sentences of docs/scaling.md is in docs/benchmarks.md, which has the command that makes it, or is
a size that docs/operations.md names."""
import pathlib
import re
import sys

BOLD = re.compile(r"\*\*([^*\n]*\d[^*\n]*)\*\*")


def main(root):
    known = "\n".join((root / f"docs/{name}.md").read_text(encoding="utf-8") for name in ("benchmarks", "operations"))
    text = (root / "docs/scaling.md").read_text(encoding="utf-8")
    figures = BOLD.findall(text)
    unknown = [figure for figure in figures if not re.search(rf"(?<![\d.,]){re.escape(figure)}(?![\d]|[.,]\d)", known)]
    for figure in unknown:
        print(f"docs/scaling.md: docs/benchmarks.md has no figure {figure}")
    print(f"{len(figures)} figures, {len(unknown)} that were not measured")
    return 1 if unknown or len(figures) < 15 else 0


sys.exit(main(pathlib.Path(sys.argv[1])))
