#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""hardening-check(1) on each program below a folder: PIE, read-only relocations, immediate binding, stack protector, FORTIFY, stack
clash protection; and Intel's CET, for which each function begins with endbr64."""
import pathlib
import platform
import re
import subprocess
import sys

EXPECTED = ["Position Independent Executable", "Stack protected", "Fortify Source functions", "Read-only relocations", "Immediate binding",
            "Stack clash protection"]
# A frame above a page is what stack clash protection probes; a program with small frames alone has nothing to show.
SMALL_FRAMES = "Stack clash protection"


def programs(folder):
    """The ELF programs of this project below a folder, each once."""
    for path in sorted(folder.rglob("emailgency*")):
        if path.is_file() and not path.is_symlink() and path.read_bytes()[:4] == b"\x7fELF":
            yield path


def missing(program):
    said = subprocess.run(["hardening-check", program], capture_output=True, text=True, check=False).stdout
    found = dict(re.findall(r"^ ([^:]+): (\w+)", said, re.MULTILINE))
    for feature in EXPECTED:
        if found.get(feature) != "yes" and not (feature == SMALL_FRAMES and found.get(feature) == "unknown"):
            yield f"{program.name}: {feature}: {found.get(feature, 'not said')}"
    if lacks_landing_pads(program):
        yield f"{program.name}: no landing pads of -fcf-protection"


def lacks_landing_pads(program):
    """hardening-check looks for the note of the whole program, which the linker leaves out where one object has none; of Debian 12
    these are the C library's start files."""
    if platform.machine() != "x86_64":
        return False
    code = subprocess.run(["objdump", "-d", "--no-show-raw-insn", program], capture_output=True, text=True, check=True).stdout
    return code.count("endbr64") <= 2  # those of the start files


def findings(folder):
    """(number of programs, what is missing)."""
    found = list(programs(folder))
    return len(found), [line for program in found for line in missing(program)]


if __name__ == "__main__":
    count, bad = findings(pathlib.Path(sys.argv[1]))
    print("\n".join(bad))
    print(f"{count} programs, {len(bad)} findings")
    sys.exit(1 if bad or count < 10 else 0)
