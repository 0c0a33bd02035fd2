#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The alert rules and the dashboard that the packages have: promtool(1) takes them, their metrics exist, each alert has a reason, a
severity, a delay, a section of docs/operations.md and tests that show when it fires and when it does not."""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import yaml

from promql_names import findings, labels_kept, selectors, known

RULES = "packaging/prometheus/emailgency-alerts.yml"
CASES = "tests/monitoring/alerts.test.yml"
CONF = "packaging/prometheus/prometheus.yml"
BOARD = "packaging/grafana/emailgency-dashboard.json"
WINDOW = re.compile(r"\[(?:30m|1h)\]")
# Keys that Grafana's documentation, "Dashboard JSON model", asks for.
BOARD_KEYS = {"id", "uid", "title", "tags", "timezone", "editable", "graphTooltip", "time", "timepicker", "templating", "annotations", "refresh",
              "schemaVersion", "version", "panels"}
PANEL_KEYS = {"id", "type", "title", "description", "datasource", "gridPos", "fieldConfig", "options", "targets"}


def anchors(text):
    """Those of a page's headings, as GitHub makes them."""
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE)}


def promtool(*arguments, cwd):
    done = subprocess.run(["promtool", *arguments], cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        yield f"promtool {' '.join(map(str, arguments))}: {done.stdout}{done.stderr}"


def label_findings(rule):
    kept = labels_kept(rule["expr"])
    own = set().union(*(known().get(name, ()) for name, _, _ in selectors(rule["expr"])))
    allowed = kept if kept is not None else own | {"node", "daemon", "instance"}
    for label in re.findall(r"\$labels\.(\w+)", json.dumps(rule["annotations"])):
        if label not in allowed:
            yield f"its annotations show the label {label}, which it has not"


def rule_findings(rule, text, headings):
    page, _, anchor = rule["annotations"]["runbook_url"].partition("#")
    if page != "docs/operations.md" or anchor not in headings or anchor != rule["alert"].lower():
        yield f"there is no section {rule['annotations']['runbook_url']}"
    if rule["labels"].get("severity") not in ("page", "ticket"):
        yield "its severity is neither page nor ticket"
    if "for" not in rule and not WINDOW.search(rule["expr"]):
        yield "it has neither a delay nor a window of half an hour or more, so a moment is enough"
    if not re.search(rf"- alert: {rule['alert']}\n +# ", text):
        yield "no comment says why it is one"
    yield from findings(rule["expr"])
    yield from label_findings(rule)


def case_findings(cases, alerts):
    fires, silent = set(), set()
    for case in cases["tests"]:
        for test in case["promql_expr_test"]:
            alert = re.search(r'alertname="(\w+)"', test["expr"])[1]
            (fires if test["exp_samples"] else silent).add(alert)
            yield from ([] if alert in alerts else [f"there is no alert {alert}"])
    yield from (f"{CASES} has no test in which {alert} fires" for alert in sorted(alerts - fires))
    yield from (f"{CASES} has no test in which {alert} does not fire" for alert in sorted(alerts - silent))


def panel_findings(panel):
    missing = PANEL_KEYS - panel.keys()
    if missing:
        yield f"has no {', '.join(sorted(missing))}"
    references = [target["refId"] for target in panel["targets"]]
    if len(set(references)) != len(references):
        yield "has two targets of one refId"
    for target in panel["targets"]:
        yield from findings(target["expr"].replace('"$node"', '".*"'))


def grid_findings(panels):
    taken = {}
    for panel in panels:
        at = panel["gridPos"]
        if at["x"] + at["w"] > 24:
            yield f"panel \"{panel['title']}\" is wider than the grid"
        for cell in ((x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])):
            if taken.setdefault(cell, panel["title"]) != panel["title"]:
                yield f"panels \"{panel['title']}\" and \"{taken[cell]}\" overlap"
                break
    ids = [panel["id"] for panel in panels]
    if len(set(ids)) != len(ids):
        yield "two panels have one id"


def board_findings(board):
    if BOARD_KEYS - board.keys():
        yield f"the dashboard has no {', '.join(sorted(BOARD_KEYS - board.keys()))}"
    variables = {variable["name"] for variable in board["templating"]["list"]}
    used = set(re.findall(r"\$\{?([a-z]\w*)", json.dumps(board["panels"])))
    if not used <= variables:
        yield f"the dashboard uses variables that it does not define: {used - variables}"
    yield from grid_findings(board["panels"])
    for panel in board["panels"]:
        if panel["type"] != "row":
            yield from (f"panel \"{panel['title']}\" {finding}" for finding in panel_findings(panel))


def expressions(board):
    """As Prometheus gets them."""
    for panel in board["panels"]:
        for target in panel.get("targets", []):
            yield target["expr"].replace("$__rate_interval", "1m").replace("$node", ".*")


def syntax_findings(board):
    """promtool parses the dashboard's expressions as recording rules."""
    rules = [{"record": f"panel:{number}", "expr": expression} for number, expression in enumerate(expressions(board))]
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
        yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}, file)
        file.flush()
        yield from promtool("check", "rules", file.name, cwd="/")


def conf_findings(root, conf):
    """Each daemon is scraped, at the port that docs/operations.md names."""
    page = (root / "docs/operations.md").read_text(encoding="utf-8")
    ports = dict(re.findall(r"^([\w-]+),(?: by default at)? `http://127\.0\.0\.1:(\d+)/metrics`", page, re.MULTILINE))
    scraped = {}
    for job in conf["scrape_configs"]:
        for group in job["static_configs"]:
            scraped[group["labels"]["daemon"]] = {target.rpartition(":")[2] for target in group["targets"]}
    if {daemon: {port} for daemon, port in ports.items()} != scraped:
        yield f"{CONF} scrapes {scraped}, and docs/operations.md has {ports}"


def all_findings(root):
    text = (root / RULES).read_text(encoding="utf-8")
    rules = [rule for group in yaml.safe_load(text)["groups"] for rule in group["rules"]]
    headings = anchors((root / "docs/operations.md").read_text(encoding="utf-8"))
    for rule in rules:
        yield from (f"{rule['alert']}: {finding}" for finding in rule_findings(rule, text, headings))
    yield from case_findings(yaml.safe_load((root / CASES).read_text(encoding="utf-8")), {rule["alert"] for rule in rules})
    board = json.loads((root / BOARD).read_text(encoding="utf-8"))
    yield from board_findings(board)
    yield from syntax_findings(board)
    yield from conf_findings(root, yaml.safe_load((root / CONF).read_text(encoding="utf-8")))
    for arguments in (("check", "rules", RULES), ("check", "config", CONF), ("test", "rules", CASES)):
        yield from promtool(*arguments, cwd=root)
    yield from [] if len(rules) <= 25 else [f"{len(rules)} alerts are more than somebody reads"]


def main(root):
    found = list(all_findings(root))
    for line in found:
        print(line)
    print(f"{len(found)} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve()))
