# SPDX-License-Identifier: BSD-2-Clause
"""The metrics that the tables of docs/operations.md, chapter Metrics, describe."""
import re

CHAPTER = re.compile(r"^## Metrics$(.*?)^## ", re.MULTILINE | re.DOTALL)
PREFIX = re.compile(r"`(emailgency_\w+_)`[.:;]")
NAME = re.compile(r"([a-z][a-z_]*)(?:\{([^}]*)\})?")
LABELS_OF_ALL = re.compile(r"\{(\w+(?:,\w+)*)\}")


def labels_of(text):
    """"error="usage"" → ("error",); "map,answer" → ("map", "answer")."""
    return tuple(part.partition("=")[0] for part in text.split(",")) if text else ()


def cell_metrics(cell):
    """(name, labels) of a first column; `{zone}` alone holds for all names of its cell."""
    quoted = re.findall(r"`([^`]+)`", cell)
    shared = next((labels_of(found[1]) for found in map(LABELS_OF_ALL.fullmatch, quoted) if found), ())
    name = None
    for text in quoted:
        found = NAME.fullmatch(text)
        if found:
            name = found[1]
            yield name, labels_of(found[2]) or shared
        elif text.startswith("{") and "=" in text:
            yield name, labels_of(text.strip("{}"))


def documented(text):
    """full name → (set of labels, the rows that describe it); "" as prefix: those that every daemon has."""
    found, prefix = {}, ""
    for line in CHAPTER.search(text)[1].splitlines():
        new = PREFIX.search(line)
        prefix = new[1] if new and not line.startswith("|") else prefix
        if line.startswith("| `"):
            for name, labels in cell_metrics(line.split("|")[1]):
                known = found.setdefault(prefix + name, (set(), []))
                known[0].add(labels)
                known[1].append(line)
    return found
