# SPDX-License-Identifier: BSD-2-Clause
"""The selectors of a PromQL expression, compared with the metrics that the daemons have."""
import re

from metric_sources import EVERY_DAEMON, faults, metrics

SELECTOR = re.compile(r'([a-zA-Z_:][\w:]*)?\s*\{((?:[^{}"]|"[^"]*")*)\}|\b(emailgency_\w+|process_\w+|up|ALERTS)\b(?!\s*[{\w])')
MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"')
# Of prometheus.yml, and of Prometheus.
TARGET_LABELS = {"job", "instance", "node", "daemon"}
OF_PROMETHEUS = {"up": (), "ALERTS": ("alertname", "alertstate", "severity")}


def known():
    """name → labels."""
    found = {metric.name: metric.labels for metric in metrics().values()} | OF_PROMETHEUS
    for name, (_, labels) in EVERY_DAEMON.items():
        found[f"emailgency_policyd_{name}"] = labels
    for metric in metrics().values():
        if metric.type == "histogram":
            found |= {f"{metric.name}_bucket": (*metric.labels, "le"), f"{metric.name}_sum": metric.labels, f"{metric.name}_count": metric.labels}
    return found


def selectors(expression):
    """(name or regular expression, is it one, matchers) of each."""
    for found in SELECTOR.finditer(expression):
        matchers = MATCHER.findall(found[2] or "")
        pattern = next((value for label, _, value in matchers if label == "__name__"), None)
        if pattern or found[1] or found[3]:
            yield pattern or found[1] or found[3], pattern is not None, [one for one in matchers if one[0] != "__name__"]


def findings(expression):
    names = known()
    errors = {fault.name for fault in faults()}
    for name, is_pattern, matchers in selectors(expression):
        matching = [one for one in names if (re.fullmatch(name, one) if is_pattern else one == name)]
        if not matching:
            yield f"no daemon has the metric {name}"
        labels = TARGET_LABELS.union(*(names[one] for one in matching))
        for label, _, value in matchers:
            if label not in labels:
                yield f"{name} has no label {label}"
            if label == "error":
                yield from (f"no daemon has the error {one}" for one in value.split("|") if not any(re.fullmatch(one, error) for error in errors))


def labels_kept(expression):
    """Those that an alert of this expression surely has, or None for all of its metric."""
    aggregations = re.findall(r"\b(?:sum|count|max|min)\s+by\s*\(([^)]*)\)", expression)
    return {label.strip() for label in aggregations[0].split(",")} if aggregations else None
