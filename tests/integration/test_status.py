# SPDX-License-Identifier: BSD-2-Clause
"""emailgencyctl status on the stack: well, and with one thing after the other away."""
import json
import os
import re
import shutil
import signal
import subprocess
import time

import pytest

import replica_notes
from smtp import new_sender
from stack import DAEMONS, SOURCE, wait_for

PERFORMANCE = r"[^ =']+=-?[0-9.e+-]+(s|%)?(;[0-9.:]*)?"
ADDRESS = {"client": "192.0.2.10", "name": "mail.sender.example"}


class Status:
    """One run: the exit status, and level and text by check; the worst line counts."""
    ranks = ["ok", "unknown", "warning", "critical"]

    def __init__(self, document, code):
        self.document, self.code = document, code
        self.lines = {}
        for line in document["checks"]:
            before = self.lines.get(line["check"])
            if not before or self.ranks.index(line["level"]) > self.ranks.index(before[0]):
                self.lines[line["check"]] = (line["level"], line["says"])

    def raised(self):
        return {check for check, (level, _) in self.lines.items() if level in ("warning", "critical")}


@pytest.fixture
def run(stack):
    """run(option, ..., account): a finished process; by another account with a copy that it can reach."""
    program = stack.folder / "emailgencyctl-of-build"
    shutil.copy(SOURCE / "build" / os.environ.get("EMG_PRESET", "release") / "ctl" / "emailgencyctl", program)
    program.chmod(0o755)
    names = ("EMG_CONF", "EMG_LMDB", "EMG_POSTFIX")

    def command(*options, account=None):
        prefix = ["/usr/sbin/runuser", "-u", account, "--"] if account else []
        done = subprocess.run([*prefix, program, "status", *options], capture_output=True, text=True, timeout=60, check=False, cwd="/",
                              env={"PATH": "/usr/bin:/bin", **{name: stack.env[name] for name in names}})
        assert "Sanitizer" not in done.stderr, done.stderr
        return done

    yield command
    program.unlink()


@pytest.fixture
def status(run):
    def look(**options):
        done = run("--json", **options)
        return Status(json.loads(done.stdout), done.returncode)

    return look


@pytest.fixture
def well(status):
    """Waits until the node is well, after whatever the test before did."""
    seen = []

    def is_well():
        seen[:] = [status()]
        return seen[0].code == 0 and seen[0]

    try:
        return wait_for(is_well, 60, "the node to be well")
    except AssertionError:
        raise AssertionError(f"not well: {seen[0].document}") from None


def until(status, check, level, seconds=30):
    """The first run in which this check has this level."""
    def matches():
        found = status()
        return found.lines[check][0] == level and found

    return wait_for(matches, seconds, f"{check} to be {level}")


def test_all_is_well(stack, well, run):
    assert set(well.lines) >= {*DAEMONS, "logins", "replica", "database", "schema", "spf", "spools", "queue", "domains"}
    assert {level for level, _ in well.lines.values()} == {"ok"}
    assert well.document["level"] == "ok" and well.document["exit"] == 0
    assert all(isinstance(value, (int, float)) for value in well.document["values"].values())
    assert well.lines["database"][1] == "connected: replicator, policyd, milter, notifier, tracker"
    count = stack.value("select max(version) from schema_migration")
    assert well.lines["schema"][1] == f"migration {count}, as this release needs"
    text = run().stdout
    assert text.count("\n") == len(well.document["checks"]) + text.count("do: ") + 1 and text.endswith("overall: ok\n")


def test_nagios_line(well, run):
    done = run("--nagios")
    assert done.returncode == 0
    assert re.fullmatch(rf"EMAILGENCY OK - [^|\n]+ \|( {PERFORMANCE})+\n", done.stdout), done.stdout


def test_any_account(well, status):
    """No right is no fault: all but PgBouncer, the queue of this instance and what holds mail in it is seen."""
    found = status(account="nobody")
    assert found.code == 0 and not found.raised()
    assert {check for check, (level, _) in found.lines.items() if level == "unknown"} <= {"logins", "queue", "queuehold"}
    assert found.lines["replica"][0] == found.lines["policyd"][0] == "ok"


@pytest.mark.parametrize("daemon", ["policyd", "milter"])
def test_hanging_daemon(running, well, status, run, daemon):
    pid = running.pid(daemon)
    os.kill(pid, signal.SIGSTOP)
    try:
        started = time.monotonic()
        found = status()
        took = time.monotonic() - started
        line = run("--nagios", account="nobody").stdout
    finally:
        os.kill(pid, signal.SIGCONT)
    assert took < 10  # 5 s on a machine that does nothing else
    assert found.code == 2 and found.raised() == {daemon}
    assert re.search("does not answer at .* within 2 s", found.lines[daemon][1])
    assert line.startswith(f"EMAILGENCY CRITICAL - {daemon}: does not answer")
    until(status, daemon, "ok")


def test_replicator_killed(running, well, status):
    running.kill("replicator")
    found = status()
    assert found.code == 2 and found.raised() == {"replicator"}
    assert found.lines["replica"][0] == "ok"  # for now
    assert "does not run" in found.lines["replicator"][1]
    replica_notes.write(running.env["EMG_LMDB"], "checked_at", str(int(time.time()) - 3600))
    found = until(status, "replica", "warning")
    assert found.lines["replica"][1].startswith("old: last proved current 60 min ago")
    assert status(account="nobody").lines["replica"][0] == "warning"
    running.start("replicator")
    until(status, "replica", "ok", 60)


def test_database_down(running, well, status, domain, in_force):
    running.postgresql("stop", "-m", "fast")
    found = until(status, "database", "warning")
    assert found.code == 1 and found.raised() <= {"database", "spools"}
    in_force("250", new_sender(), f"anna@{domain}", seconds=10, **ADDRESS)
    assert "mail flows" in next(line["do"] for line in found.document["checks"] if line["check"] == "database")
    running.postgresql("start")
    found = until(status, "database", "ok", 60)


def test_no_role_for_one_daemon(running, well, status):
    """One daemon without a connection is named."""
    running.sql("alter role emailgency_policyd nologin", wait=False)
    try:
        running.postgresql("restart", "-m", "fast")
        wait_for(lambda: status().lines["database"][1] == "no connection: policyd; connected: replicator, milter, notifier, tracker",
                 60, "policyd alone to be without a connection")
    finally:
        running.sql("alter role emailgency_policyd login", wait=False)
    until(status, "database", "ok", 60)


def test_queue(stack, well, status, mx, domain):
    """Mail that waits is counted, and raises nothing."""
    host = stack.env["EMG_CUSTOMER"].rpartition(":")[0]
    stack.sql("update domain set transport = %s where name = %s", f"{host}:1", domain)
    before = well.document["values"]["queue_deferred"]
    reply = mx(**ADDRESS).message(new_sender(), f"anna@{domain}")
    assert reply.code == 250, reply

    def counted():
        found = status()
        return found.document["values"]["queue_deferred"] > before and found

    try:
        found = wait_for(counted, 30, "the message to be deferred")
        assert found.code == 0 and found.document["values"]["queue_oldest"] >= 0
    finally:
        subprocess.run(["postsuper", "-c", stack.env["EMG_POSTFIX"], "-d", "ALL", "deferred"], check=True, capture_output=True)


def test_postfix_stopped(stack, well, status):
    postfix = ["postfix", "-c", stack.env["EMG_POSTFIX"]]
    subprocess.run([*postfix, "stop"], check=True, capture_output=True)
    try:
        found = status()
    finally:
        wait_for(lambda: subprocess.run([*postfix, "start"], capture_output=True, stdin=subprocess.DEVNULL, check=False).returncode == 0, 30,
                 "Postfix to start")
    assert found.code == 2 and found.raised() == {"queue"}
    assert found.lines["queue"][1] == "Postfix does not run: no mail is taken or delivered"
    until(status, "queue", "ok")


def test_best_mx(stack, well, status, domain, records):
    """A domain whose mail waits is named."""
    stack.sql("update domain set transport = null where name = %s", domain)
    records(f"{domain} MX 10 mx.emailgency.example")
    found = until(status, "domains", "warning")
    assert domain in found.lines["domains"][1] and "1 domain is" in found.lines["domains"][1]
    stack.sql("update domain set transport = %s where name = %s", stack.env["EMG_CUSTOMER"], domain)
    until(status, "domains", "ok")


def test_logins_stopped(running, well, status):
    pid = int((running.folder / "run" / "logins" / "pid").read_text())
    os.kill(pid, signal.SIGSTOP)
    try:
        found = status()
    finally:
        os.kill(pid, signal.SIGCONT)
    assert found.code == 2 and found.raised() == {"logins"}
    until(status, "logins", "ok")
