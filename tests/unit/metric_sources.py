# SPDX-License-Identifier: BSD-2-Clause
"""The metrics and the faults that the sources of the programs define: names, types, labels, texts."""
import dataclasses
import functools
import pathlib
import re

from source_folders import PROGRAMS

STRING = r'"(?:[^"\\]|\\.)*"'
LITERAL = re.compile(rf"(?:(?:PREFIX|PRI\w+|{STRING})\s*)+")
NAME = re.compile(r"\.name\s*=\s*((?:PREFIX\s*)?" + STRING + r")")
MACRO = re.compile(r'\b(TOTAL|GAUGE)\(\s*(' + STRING + r'),')
AGE = re.compile(r'directory_age_register\("(\w+)"\)')
LABELS = re.compile(r'\.label\s*=\s*"(\w+)"|\.(?:labels|shared)\s*=\s*\{+(?:\s*\.name\s*=)?\s*"(\w+)"|\},\s*\{"(\w+)",')
LATER_LABEL = re.compile(r'labels\[0\] = \(struct counter_label\)\{"(\w+)"')
COMMENT = re.compile(r"//[^\n]*")
FAMILY = re.compile(r"fault_register\([^;]*?((?:PREFIX\s*)?" + STRING + r")\s*\)\s*;")
# Names that are made while the program runs: lib/daemon/daemon.c joins the program's name and "_build_info".
EVERY_DAEMON = {"build_info": ("gauge", ("version",))}


@dataclasses.dataclass(frozen=True)
class Metric:
    name: str
    type: str
    labels: tuple


@dataclasses.dataclass(frozen=True)
class Fault:
    family: str
    name: str
    text: str
    file: str


def joined(literal, prefix=""):
    """The text of adjacent string literals; a conversion of inttypes.h is a gap."""
    parts = re.findall(rf"PREFIX|PRI\w+|{STRING}", literal)
    return "".join(prefix if part == "PREFIX" else "…" if part.startswith("PRI") else part[1:-1] for part in parts).replace('\\"', '"')


def sources(root, folders):
    for folder in folders:
        for path in sorted((root / folder).rglob("*.[ch]")):
            yield path, COMMENT.sub("", path.read_text(encoding="utf-8"))


def prefix_of(text):
    found = re.search(r'#define PREFIX "(\w+)"', text)
    return found[1] if found else ""


def initializer(text, at):
    """The text between the braces around a position."""
    depth, begin = 0, at
    while depth <= 0 and begin > 0:
        begin -= 1
        depth += {"{": 1, "}": -1}.get(text[begin], 0)
    depth, end = 1, at
    while depth > 0 and end < len(text):
        depth += {"{": 1, "}": -1}.get(text[end], 0)
        end += 1
    return text[begin:end], begin


def type_of(block, before, text):
    """A family's kind is set after it was registered: "sizes[i].kind = …"."""
    if re.search(r"struct histogram \w+ =\s*$", before):
        return "histogram"
    array = re.search(r"\.counters = (\w+)", block)
    later = array and re.search(rf"\b{array[1]}\[\w+\]\.kind = ", text)
    return "gauge" if "COUNTER_GAUGE" in block or later else "counter"


def metrics_of(text):
    prefix = prefix_of(text)
    for found in NAME.finditer(text):
        name = joined(found[1], prefix)
        if name.startswith(("emailgency_", "process_")):
            block, begin = initializer(text, found.start())
            labels = tuple("".join(groups) for groups in LABELS.findall(block)) or tuple(LATER_LABEL.findall(text))
            yield Metric(name, type_of(block, text[max(0, begin - 60):begin], text), labels)
    for found in MACRO.finditer(text):
        if prefix:
            yield Metric(prefix + joined(found[2]), "gauge" if found[1] == "GAUGE" else "counter", ())
    for age in AGE.findall(text):
        yield Metric(age, "gauge", ())
    for family in FAMILY.findall(text):
        yield Metric(joined(family, prefix), "counter", ("error",))


def faults_of(path, text):
    families = sorted({joined(family, prefix_of(text)) for family in FAMILY.findall(text)})
    for found in re.finditer(r"\.text\s*=\s*(" + LITERAL.pattern + ")", text):
        block, _ = initializer(text, found.start())
        name = NAME.search(block)
        if name and families:
            yield Fault(families[0], joined(name[1]), joined(found[1]), str(path))
    for found in re.finditer(rf'\bFAULT\(\s*({STRING}),\s*({LITERAL.pattern})', text):
        yield Fault(families[0], joined(found[1]), joined(found[2]), str(path))


@functools.cache
def metrics(root=pathlib.Path(__file__).resolve().parents[2]):
    """name → Metric, of all programs; histograms by their base name."""
    found = {}
    for _, text in sources(root, ["lib", *PROGRAMS]):
        for metric in metrics_of(text):
            known = found.setdefault(metric.name, metric)
            if known != metric:
                found[metric.name] = dataclasses.replace(known, labels=max(known.labels, metric.labels, key=len))
    return found


@functools.cache
def faults(root=pathlib.Path(__file__).resolve().parents[2]):
    return [fault for path, text in sources(root, ["lib", *PROGRAMS]) for fault in faults_of(path.relative_to(root), text)]
