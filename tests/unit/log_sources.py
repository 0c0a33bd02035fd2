# SPDX-License-Identifier: BSD-2-Clause
"""The lines that the sources of the programs log: the constant text of each, "…" where a value is."""
import pathlib
import re

from metric_sources import LITERAL, STRING, faults, joined, sources
from source_folders import PROGRAMS

CALL = re.compile(r"\blog_(info|warn|error)\(\s*(" + LITERAL.pattern + r")([^;]*);")
STOP = re.compile(r"\bdaemon_fail\(\s*(" + LITERAL.pattern + r")")
CONVERSION = re.compile(r"%[-+ 0#]*(?:\d+|\*)?(?:\.(?:\d+|\*))?(?:hh|h|ll|l|z|j)?[diouxXeEfgGcsp]|%(?=…)")
# ctl/ prints to its user; its lines are in the manual pages of the commands.
SILENT = {"ctl", "lib/base/log.c"}


def first_values(arguments, text):
    """The texts that the first argument may have: of a conditional, or of the array that it takes one of."""
    array = re.match(r",\s*(\w+)\[", arguments)
    body = array and re.search(rf"\b{array[1]}\[[^=]*\] = \{{(.*?)\}};", text, re.DOTALL)
    if body:
        return [joined(found[0]) for found in re.finditer(LITERAL.pattern, body[1])]
    choice = re.match(rf",\s*[\w\s>.-]*\?\s*({LITERAL.pattern}):\s*({LITERAL.pattern})", arguments)
    return [joined(choice[1]), joined(choice[2])] if choice else ["…"]


def lines_of(text):
    for found in CALL.finditer(text):
        line = joined(found[2])
        values = first_values(found[3], text) if line.startswith("%s") else [""]
        for value in values:
            yield CONVERSION.sub("…", value + line.removeprefix("%s") if value else line).replace("……", "…")
    for found in STOP.finditer(text):
        yield CONVERSION.sub("…", joined(found[1]))


def log_lines(root):
    """(file, text) of each line of level info and above."""
    for path, text in sources(root, ["lib", *PROGRAMS]):
        name = path.relative_to(root)
        if not SILENT & {name.parts[0], str(name)}:
            for line in lines_of(text):
                yield str(name), line
    for fault in faults(pathlib.Path(root)):
        yield fault.file, fault.text
