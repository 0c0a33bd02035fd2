#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""docs/operations.md describes each metric of the daemons, with its labels, and each value of "error"; and no other metric. The
type is in the name: "_total" counts, "answer_seconds" and "request_seconds" are histograms, all others are gauges."""
import pathlib
import sys

from metric_sources import EVERY_DAEMON, faults, metrics
from metric_tables import documented

HISTOGRAMS = ("answer_seconds", "request_seconds")


def type_of_name(name):
    return "counter" if name.endswith("_total") else "histogram" if name.endswith(HISTOGRAMS) else "gauge"


def findings(root, text):
    tables, sources = documented(text), metrics(root)
    for name, metric in sources.items():
        labels, rows = tables.get(name, (set(), []))
        if not rows:
            yield f"{name} is not described"
        elif metric.labels not in labels:
            yield f"{name} has the labels {metric.labels}, and is described with {labels}"
        if metric.type != type_of_name(name):
            yield f"{name} is a {metric.type}, and its name is that of a {type_of_name(name)}"
    for name in tables.keys() - sources.keys() - EVERY_DAEMON.keys():
        yield f"{name} is described, and no source has it"
    for fault in faults(root):
        if not any(f"`{fault.name}`" in row or f'error="{fault.name}"' in row for row in tables.get(fault.family, (0, []))[1]):
            yield f'{fault.family}{{error="{fault.name}"}} of {fault.file} is not described'


def main(root):
    page = root / "docs/operations.md"
    bad = sorted(findings(root, page.read_text(encoding="utf-8")))
    for line in bad:
        print(f"{page}: {line}")
    print(f"{len(metrics(root))} metrics, {len(faults(root))} faults, {len(bad)} findings")
    return 1 if bad or len(metrics(root)) < 100 else 0


sys.exit(main(pathlib.Path(sys.argv[1]).resolve()))
