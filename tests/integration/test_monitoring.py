# SPDX-License-Identifier: BSD-2-Clause
"""A Prometheus with the shipped rules that scrapes the daemons of a node, as docs/operations.md describes."""
import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request

import pytest
import yaml

from stack import SOURCE, new_folder, wait_for

sys.path.insert(0, str(SOURCE / "tests" / "unit"))
import metric_tables  # noqa: E402
import monitoring_test as shipped  # noqa: E402

# Queries that need mail, log-ins or faults of the last minutes.
EMPTY_ON_A_QUIET_NODE = re.compile(r"domain_late_messages|dnsbl|ALERTS|errors_total|console_requests|histogram_quantile|sms_requests")
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def scraped(stack):
    """daemon → address of its metrics."""
    names = {name.removeprefix("EMG_METRICS_"): url for name, url in stack.env.items() if name.startswith("EMG_METRICS_")}
    return {name.lower().replace("_", "-"): urllib.parse.urlsplit(url).netloc for name, url in names.items()}


class Prometheus:
    def __init__(self, stack):
        self.folder = new_folder()
        self.port = free_port()
        jobs = [{"labels": {"daemon": daemon, "node": "mx1"}, "targets": [address]} for daemon, address in scraped(stack).items()]
        conf = {"global": {"scrape_interval": "1s", "evaluation_interval": "1s"}, "rule_files": [str(SOURCE / shipped.RULES)],
                "scrape_configs": [{"job_name": "emailgency", "static_configs": jobs}]}
        (self.folder / "prometheus.yml").write_text(yaml.safe_dump(conf))
        with open(self.folder / "log", "wb") as log:
            self.process = subprocess.Popen(
                ["prometheus", f"--config.file={self.folder}/prometheus.yml", f"--storage.tsdb.path={self.folder}/data",
                 f"--web.listen-address=127.0.0.1:{self.port}"], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder)

    def ask(self, path, **values):
        url = f"http://127.0.0.1:{self.port}/api/v1/{path}?{urllib.parse.urlencode(values)}"
        try:
            with DIRECT.open(url, timeout=10) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            if error.code == 503:
                return None  # it is starting
            pytest.fail(f"{values}: {error.read().decode()}")
        except OSError:
            return None

    def value(self, expression):
        return self.ask("query", query=expression)

    def alert(self, name):
        """"inactive", "pending" or "firing"; the rule must be in order."""
        rule = next(rule for rule in self.rules() if rule["name"] == name)
        return rule["state"]

    def rules(self):
        return [rule for group in (self.ask("rules") or {"groups": []})["groups"] for rule in group["rules"]]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        subprocess.run(["rm", "-rf", self.folder], check=True)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def prometheus(stack):
    server = Prometheus(stack)
    try:
        wait_for(lambda: server.rules() and all(rule["health"] != "unknown" for rule in server.rules()), 30, "the rules to be evaluated")
        wait_for(lambda: len((server.value("up == 1") or {"result": []})["result"]) == len(scraped(stack)), 30, "each daemon to be scraped")
        wait_for(lambda: server.value("rate(process_cpu_seconds_total[1m])")["result"], 30, "two samples")
        yield server
    finally:
        server.stop()


def test_each_rule_can_be_evaluated(prometheus):
    bad = {rule["name"]: rule.get("lastError") for rule in prometheus.rules() if rule["health"] != "ok"}
    assert not bad
    assert len(prometheus.rules()) >= 15


def test_each_panel_of_the_dashboard_shows_something(prometheus):
    board = json.loads((SOURCE / shipped.BOARD).read_text())
    for query in shipped.expressions(board):
        answer = prometheus.value(query)  # one that cannot be evaluated fails here
        if not EMPTY_ON_A_QUIET_NODE.search(query):
            wait_for(lambda query=query, answer=answer: answer["result"] or prometheus.value(query)["result"], 30, query)


def test_a_daemon_that_hangs_is_seen_and_nothing_else_is(prometheus, running):
    before = {rule["name"] for rule in prometheus.rules() if rule["state"] != "inactive"}
    pid = running.pid("transportmap")
    os.kill(pid, signal.SIGSTOP)
    try:
        wait_for(lambda: prometheus.alert("EmailgencyMailPathDown") == "pending", 30, "the alert")
        assert {rule["name"] for rule in prometheus.rules() if rule["state"] != "inactive"} - before == {"EmailgencyMailPathDown"}
    finally:
        os.kill(pid, signal.SIGCONT)
    wait_for(lambda: prometheus.alert("EmailgencyMailPathDown") == "inactive", 30, "its end")


def test_each_metric_that_is_served_is_documented(stack):
    tables = metric_tables.documented((SOURCE / "docs" / "operations.md").read_text())
    wrong = set()
    for daemon in scraped(stack):
        name = daemon.replace("-", "_")
        with DIRECT.open(stack.env[f"EMG_METRICS_{name.upper()}"], timeout=5) as answer:
            text = answer.read().decode()
        kinds = dict(re.findall(r"^# TYPE (\w+) (\w+)$", text, re.MULTILINE))
        wrong |= {f"{metric}: {kind}" for metric, kind in kinds.items() if not is_documented(metric, kind, tables, name)}
    assert not wrong


def is_documented(metric, kind, tables, daemon):
    described = tables.get(metric) or metric == f"emailgency_{daemon}_build_info"
    expected = "counter" if metric.endswith("_total") else "histogram" if metric.endswith(("answer_seconds", "request_seconds")) else "gauge"
    return described and kind == expected


def test_the_shipped_files_are_installed():
    listed = (SOURCE / "packaging/debian/emailgency-common.install").read_text().split()
    assert {"usr/share/emailgency/prometheus", "usr/share/emailgency/grafana"} <= set(listed)
