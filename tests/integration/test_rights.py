# SPDX-License-Identifier: BSD-2-Clause
"""L6: each daemon runs under its own account with its own database role, and can do no more than it needs."""
import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import subprocess
import urllib.parse

import pytest

import unit_filter
from stack import DAEMONS, SOURCE, new_folder, wait_for

UNITS = sorted((SOURCE / "packaging" / "systemd").glob("*.service"))
READERS = ("policyd", "transportmap", "milter", "queuewatch", "notifier", "keeper")
CAPABILITIES = {"queuewatch": "CAP_DAC_READ_SEARCH", "queuehold@": "CAP_DAC_READ_SEARCH CAP_SETGID CAP_SETUID"}
CAP_DAC_READ_SEARCH = 1 << 2
# transportmap asks no database.
ROLES = {"replicator": "emailgency_replicator", "policyd": "emailgency_policyd", "milter": "emailgency_milter",
         "notifier": "emailgency_notifier", "tracker": "emailgency_tracker", "keeper": "emailgency_keeper"}


def as_account(daemon, *command):
    return subprocess.run(["runuser", "-u", f"emailgency-{daemon}", "--", *map(str, command)], cwd="/", stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=60, check=False)


def may(daemon, operation, path):
    """test(1) as the daemon's account: r, w or x."""
    return as_account(daemon, "test", f"-{operation}", path).returncode == 0


def status(pid, name):
    text = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return re.search(rf"^{name}:\s*(.*)$", text, re.MULTILINE)[1].split()


@pytest.mark.parametrize("daemon", DAEMONS)
def test_l6_each_daemon_has_its_account_and_role(stack, domain, daemon):
    pid = stack.pid(daemon)
    account = pwd.getpwnam(f"emailgency-{daemon}")
    assert status(pid, "Uid") == [str(account.pw_uid)] * 4
    kept = CAP_DAC_READ_SEARCH if daemon in CAPABILITIES else 0
    assert status(pid, "CapEff") == status(pid, "CapPrm") == [f"{kept:016x}"]
    assert status(pid, "NoNewPrivs") == ["1"]
    if daemon in ROLES:
        wait_for(lambda: stack.value("select count(*) from pg_stat_activity where usename = %s", ROLES[daemon]), 15,
                 f"{daemon}'s connection")
    # Its core would hold the keys and passwords that it holds; what is not dumpable is root's.
    assert os.stat(f"/proc/{pid}/mem").st_uid == 0
    assert re.search(r"^Max core file size +0 +0 ", pathlib.Path(f"/proc/{pid}/limits").read_text(encoding="utf-8"), re.MULTILINE)


def test_l6_no_daemon_is_refused_what_it_needs(stack, domain, ask):
    """The work of each role for its daemon shows in the database."""
    assert ask("probe@sender.example", f"anna@{domain}").code == 250
    wait_for(lambda: stack.value("select count(*) from activity where domain = %s", domain), 20, "counts of this domain")
    for daemon in DAEMONS:
        assert "permission denied" not in stack.daemon_log(daemon), daemon
    lines = (stack.log / "postgresql.log").read_text(errors="replace").splitlines()
    assert not [line for line in lines if "permission denied" in line and re.search(r" emailgency_\w+@", line)]


@pytest.mark.parametrize("daemon", READERS)
def test_l6_a_reader_cannot_write_the_replica(stack, daemon):
    replica = pathlib.Path(stack.env["EMG_LMDB"])
    assert may(daemon, "r", replica / "data.mdb")
    assert not may(daemon, "w", replica / "data.mdb") and not may(daemon, "w", replica) and not may(daemon, "r", replica / "writer.lock")
    assert as_account(daemon, "mv", replica / "data.mdb", replica / "away.mdb").returncode != 0
    # It may write two files there: the table of readers, and its report of damage.
    assert sorted(path.name for path in replica.iterdir() if may(daemon, "w", path)) == ["lock.mdb", "suspect"]


def test_l6_secrets_are_of_who_needs_them(stack):
    keys = pathlib.Path(stack.env["EMG_CONF"]) / "batv.keys"
    assert may("milter", "r", keys)
    for daemon in ("policyd", "transportmap", "replicator", "logins", "store"):
        assert not may(daemon, "r", keys), daemon
    store = stack.folder / "mail"
    assert may("store", "w", store)
    for daemon in (*DAEMONS, "logins"):
        assert not may(daemon, "x", store) and not may(daemon, "r", store), daemon
    for owner in ("policyd", "milter"):
        spool = stack.folder / "state" / owner
        assert may(owner, "w", spool)
        assert not any(may(daemon, "x", spool) for daemon in DAEMONS if daemon != owner), owner


@pytest.mark.parametrize("daemon", DAEMONS)
def test_l6_an_account_takes_no_other_role(stack, daemon):
    conninfo = re.sub(r"user=\S+", "user={}", stack.env["EMG_PG"])
    own = ROLES.get(daemon)
    for role in [role for role in ROLES.values() if role != own] + ["emailgency_daemon", "emailgency_dovecot", "operator", "postgres"]:
        done = as_account(daemon, "psql", "-Xqw", "-c", "select 1", conninfo.format(role))
        assert done.returncode == 2 and "authentication failed" in done.stderr, (role, done.stderr)
    if own:
        done = as_account(daemon, "psql", "-XAtqw", "-c", "select current_user", conninfo.format(own))
        assert done.stdout == f"{own}\n", done.stderr


def test_l6_no_daemon_replaces_anothers_socket(stack):
    for name in ("EMG_POLICYD", "EMG_TRANSPORTMAP"):
        for daemon in DAEMONS:
            assert as_account(daemon, "rm", "-f", stack.env[name]).returncode != 0, (daemon, name)
    assert pathlib.Path(stack.env["EMG_POLICYD"]).is_socket() and pathlib.Path(stack.env["EMG_TRANSPORTMAP"]).is_socket()


@pytest.mark.parametrize("unit", UNITS, ids=[unit.stem for unit in UNITS])
def test_l6_units_are_shut_in(unit):
    done = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--no-pager", "--threshold=25", unit],
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    kept = CAPABILITIES.get(unit.stem.removeprefix("emailgency-"), "")
    assert f"CapabilityBoundingSet={kept}\n" in unit.read_text(encoding="utf-8") and "LimitCORE=0\n" in unit.read_text(encoding="utf-8")


@pytest.mark.parametrize("unit", UNITS, ids=[unit.stem for unit in UNITS])
def test_l6_each_unit_has_an_account_that_is_made(unit):
    accounts = (SOURCE / "packaging" / "systemd" / "emailgency.sysusers").read_text(encoding="utf-8")
    user = re.search(r"^User=(.*)$", unit.read_text(encoding="utf-8"), re.MULTILINE)[1]
    # Reports are the notifier's work; what makes them ends. postsuper(1) takes root only.
    expected = {"emailgency-report": "emailgency-notifier", "emailgency-queuehold@": "root"}.get(unit.stem, unit.stem)
    assert user == expected and (user == "root" or re.search(rf"^u {user} ", accounts, re.MULTILINE))


def listening_socket(path, group):
    """As systemd makes it from the .socket unit."""
    pathlib.Path(path).unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    shutil.chown(path, "root", group)
    os.chmod(path, 0o660)
    listener.listen(1024)
    return listener


def round_trip_socket(stack):
    return pathlib.Path(stack.env["EMG_POLICYD"]).with_name("round-trip")


def passed_sockets(stack, daemon):
    """Those of the daemon's .socket unit. That of the metrics is among them where the daemon has no network."""
    if daemon in ("policyd", "transportmap"):
        return [listening_socket(stack.env[f"EMG_{daemon.upper()}"], "postfix")]
    if daemon == "notifier":
        return [listening_socket(round_trip_socket(stack), "postfix")]
    if daemon != "queuewatch":
        return []
    address, port = urllib.parse.urlsplit(stack.env["EMG_METRICS_QUEUEWATCH"]).netloc.split(":")
    return [listening_socket(stack.env["EMG_QUEUEWATCH"], "emailgency-notifier"), socket.create_server((address, int(port)))]


def start_confined(stack, daemon, folder):
    """The daemon as its unit has it; its own configuration, but no pid file, which is root's in the quickstart."""
    conf = folder / f"{daemon}.conf"
    conf.write_text(re.sub(r"^pid_file.*\n", "", (pathlib.Path(stack.env["EMG_CONF"]) / f"{daemon}.conf").read_text(), flags=re.MULTILINE))
    conf.chmod(0o644)
    program = SOURCE / "build" / os.environ.get("EMG_PRESET", "release") / daemon / f"emailgency-{daemon}"
    words = unit_filter.command(SOURCE / "packaging" / "systemd" / f"emailgency-{daemon}.service", program, "-c", conf)
    listeners = passed_sockets(stack, daemon)
    if listeners:
        words = ["sh", "-c", f'LISTEN_FDS={len(listeners)} LISTEN_PID=$$ exec "$@"', "sh", *words]

    def pass_sockets():
        held = [os.dup(listener.fileno()) for listener in listeners]  # away from where they go
        for number, descriptor in enumerate(held):
            os.dup2(descriptor, 3 + number)

    since = len(stack.daemon_log(daemon))
    # No leak check: it traces the process, which the units forbid.
    with open(stack.log / f"{daemon}.log", "ab") as log:
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=stack.folder, preexec_fn=pass_sockets,
                                   close_fds=not listeners, env=os.environ | {"ASAN_OPTIONS": "detect_leaks=0"})

    def ready():
        text = stack.daemon_log(daemon)[since:]
        assert process.poll() is None, text[-2000:]
        return ": ready version=" in text

    wait_for(ready, 60, f"{daemon} under its unit's filter")
    return process


def test_l6_daemons_work_under_their_units(running, domain, mx, in_force):
    stack, folder, started = running, new_folder(), []
    for daemon in reversed(DAEMONS):
        stack.kill(daemon, signal.SIGTERM)
    pathlib.Path(stack.env["EMG_MILTER"]).unlink(missing_ok=True)  # systemd's milter may not remove what root made
    try:
        for daemon in DAEMONS:
            started.append(start_confined(stack, daemon, folder))
        assert all(status(process.pid, "Seccomp") == ["2"] for process in started)
        stack.sql("update domain set stealth = true where name = %s", domain)
        in_force("450 4.3.2", "a@sender.example", f"anna@{domain}", seconds=15)
        stack.sql("update domain set stealth = false, greylisting = 'all' where name = %s", domain)
        in_force("450 4.2.0", "a@sender.example", f"anna@{domain}", seconds=15)
        stack.sql("update domain set greylisting = 'off' where name = %s", domain)
        in_force("250", "a@sender.example", f"anna@{domain}", seconds=15)
        reply = mx().message("a@sender.example", f"anna@{domain}", f"confined {domain}")
        assert reply.code == 250, reply
        mail = wait_for(lambda: stack.customer_has(f"confined {domain}"), 30, "the mail at the customer's server")
        assert "spf=pass" in mail.read_text(errors="replace"), "the SPF workers work"
        for metric in ("greylisted", "accepted_messages"):
            wait_for(lambda metric=metric: stack.value("select count from activity where domain = %s and metric = %s", domain, metric), 20, metric)
        wait_for(lambda: stack.value("select count(*) from pg_stat_activity where usename = 'emailgency_notifier'"), 20, "the notifier's report")
        wait_for(lambda: stack.metrics("queuewatch")["emailgency_queuewatch_cycles_total"] > 0, 20, "a look at the queue")
        assert stack.metrics("queuewatch")["emailgency_queuewatch_complete"] == 1
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait(15)
        shutil.rmtree(folder)
        for name in ("EMG_POLICYD", "EMG_TRANSPORTMAP", "EMG_QUEUEWATCH"):
            pathlib.Path(stack.env[name]).unlink(missing_ok=True)
        round_trip_socket(stack).unlink(missing_ok=True)
