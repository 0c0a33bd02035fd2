# SPDX-License-Identifier: BSD-2-Clause
"""The folders that hold programs, as CMakeLists.txt adds them: what the rule tests look at."""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = re.search(r"^foreach\(program ([^)]*)\)", (ROOT / "CMakeLists.txt").read_text(encoding="utf-8"), re.MULTILINE)[1].split()
