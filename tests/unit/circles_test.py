#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""No modules of a folder use one another in a circle, as far as their includes show. A module is NAME.c with NAME.h and
NAME_internal.h. What two modules share belongs below both; what the lower one must start is a callback."""
import collections
import pathlib
import re
import sys

from source_folders import PROGRAMS

FOLDERS = ["lib", *PROGRAMS]

INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)


def module(path):
    return str(path.with_suffix("")).removesuffix("_internal")


def uses(root):
    """Module -> modules of its own folder that it includes."""
    found = collections.defaultdict(set)
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*.[ch]")):
            inside = path.relative_to(root)
            for header in INCLUDE.findall(path.read_text(encoding="utf-8")):
                if (root / path.parent / pathlib.Path(header).name).exists() and same_folder(inside.parent, header):
                    found[module(inside)].add(module(inside.parent / pathlib.Path(header).name))
    return {name: others - {name} for name, others in found.items()}


def same_folder(folder, header):
    return str(pathlib.PurePath(header).parent) == str(folder).removeprefix("lib/")


def reach(graph, start):
    seen, left = set(), list(graph.get(start, ()))
    while left:
        name = left.pop()
        if name not in seen:
            seen.add(name)
            left += graph.get(name, ())
    return seen


def circles(graph):
    beyond = {name: reach(graph, name) for name in graph}
    found = {frozenset(other for other in beyond[name] if name in beyond.get(other, ())) for name in graph}
    return sorted(sorted(circle) for circle in found if circle)


def main(root):
    graph = uses(root)
    bad = circles(graph)
    for circle in bad:
        print(f"{' and '.join(circle)} use one another: move what they share below both")
    print(f"{len(graph)} modules that include others, {len(bad)} circles")
    return 1 if bad or not graph else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
