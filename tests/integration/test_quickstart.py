# SPDX-License-Identifier: BSD-2-Clause
"""The quickstart's promises: what it writes, a second stack beside the first, re-runs, errors, nothing left over."""
import os
import pathlib
import socket
import subprocess

import pytest

from smtp import Session
from stack import DAEMONS, QUICKSTART, Stack, new_folder, quickstart

NAMES = """EMG_SMTP EMG_SUBMISSION EMG_IMAP EMG_PG EMG_PGDATA EMG_POSTFIX EMG_DOVECOT EMG_POLICYD EMG_CUSTOMER
EMG_CUSTOMER_MAIL EMG_DNS EMG_DNS_ZONES EMG_SMS EMG_CONF EMG_LMDB EMG_LOG EMG_METRICS_REPLICATOR EMG_METRICS_POLICYD
EMG_METRICS_TRANSPORTMAP EMG_TRANSPORTMAP EMG_METRICS_MILTER EMG_MILTER EMG_METRICS_NOTIFIER EMG_CTL
EMG_PID_REPLICATOR EMG_PID_POLICYD EMG_PID_TRANSPORTMAP EMG_PID_MILTER EMG_PID_NOTIFIER""".split()
FOLDERS = "EMG_PGDATA EMG_POSTFIX EMG_CUSTOMER_MAIL EMG_CONF EMG_LMDB EMG_LOG".split()
LISTENERS = "EMG_SMTP EMG_SUBMISSION EMG_IMAP EMG_CUSTOMER EMG_DNS".split()


@pytest.fixture(scope="module")
def second():
    """Another folder; whether something runs in it is each test's own business."""
    folder = new_folder()
    yield folder
    quickstart(folder, "--down", check=False)
    subprocess.run(["rm", "-rf", folder], check=True)


def test_env_is_complete(stack):
    assert [name for name in NAMES if name not in stack.env] == []
    for name in FOLDERS:
        assert pathlib.Path(stack.env[name]).is_dir(), name
    for name in LISTENERS:
        with socket.create_connection(stack.address(name), timeout=5):
            pass
    assert all(pathlib.Path(stack.env[name]).is_socket() for name in ("EMG_POLICYD", "EMG_TRANSPORTMAP", "EMG_MILTER"))
    assert all(stack.alive(stack.pid(daemon)) for daemon in DAEMONS)
    assert all(stack.metrics(daemon) for daemon in DAEMONS)


def test_postfix_tools_work_on_the_instance(stack):
    def run(*command):
        return subprocess.run(command, capture_output=True, text=True, check=True)

    assert run("postconf", "-c", stack.env["EMG_POSTFIX"], "-h", "compatibility_level").stdout == "3.6\n"
    assert run("postqueue", "-c", stack.env["EMG_POSTFIX"], "-j").stderr == ""
    assert run("postconf", "-c", stack.env["EMG_POSTFIX"], "-n").stderr == ""
    assert "emailgency" in run("doveconf", "-c", stack.env["EMG_DOVECOT"], "passdb").stdout


def test_emailgencyctl_knows_the_stack(stack, domain):
    def run(*command):
        return subprocess.run([stack.env["EMG_CTL"], *command], capture_output=True, text=True, check=False)

    explained = run("explain", f"anna@{domain}")
    assert explained.returncode == 0 and f"anna@{domain}.store.invalid" in explained.stdout, explained
    checked = run("check-postfix")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_two_stacks_and_a_re_run(stack, second):
    quickstart(second, "--no-install", "--no-tour")
    other = Stack(second)
    assert set(other.env.values()) & set(stack.env.values()) == {stack.env["EMG_CONSOLE_LOGIN"]}
    other.sql("insert into domain (name, plan) values ('kept.example', 'basic')")
    before = dict(other.env)
    pid = other.pid("policyd")
    # As a folder of a release that did not have this listener and the marker yet.
    (second / "made-by-quickstart").unlink()
    ports = second / "ports"
    ports.write_text("".join(line for line in ports.read_text().splitlines(True) if "METRICS_POLICYD" not in line))

    quickstart(second, "--no-install", "--no-tour")
    again = Stack(second)
    assert again.env == before
    assert again.pid("policyd") != pid and again.alive(again.pid("policyd"))
    assert again.value("select name from domain") == "kept.example"
    with Session(again.address("EMG_SMTP")) as session:
        assert session.noop()[0] == 250

    quickstart(second, "--down")
    assert again.processes() == []
    assert stack.alive(stack.pid("policyd")), "the first stack must not notice"


def test_down_after_everything_crashed(second):
    quickstart(second, "--no-install", "--no-tour")
    stack = Stack(second)
    for daemon in DAEMONS:
        stack.kill(daemon)
    stack.postgresql_kill()
    master = int((second / "spool/pid/master.pid").read_text())
    os.kill(master, 9)
    quickstart(second, "--down")
    assert stack.processes() == []
    quickstart(second, "--no-install", "--no-tour")
    assert Stack(second).value("select count(*) from plan where name in ('basic', 'premium')") == 2


def test_port_in_use(second):
    quickstart(second, "--down")
    stack = Stack(second)
    with socket.create_server(stack.address("EMG_IMAP")):
        done = quickstart(second, "--no-install", "--no-tour", check=False)
    assert done.returncode == 1
    host, port = stack.address("EMG_IMAP")
    assert f"port {port} on {host}" in done.stderr and "in use" in done.stderr and "python3" in done.stderr
    assert stack.processes() == []


@pytest.mark.parametrize("options, complaint", [
    (["--frobnicate"], "unknown option --frobnicate"),
    (["--dir"], "error: --dir needs a folder, as in --dir /srv/emailgency"),
    (["--dir", "--down"], "--dir needs a folder"),
    (["--dir="], "--dir needs a folder"),
    (["--dir", QUICKSTART], "is a file"),
    (["--dir", f"{QUICKSTART}/below"], "nothing can be written"),
    (["--dir", "/usr"], "holds files that the quickstart did not make"),
    (["--purge", "--dir", "/usr"], "the quickstart did not make /usr; nothing was removed"),
])
def test_bad_options(options, complaint):
    done = subprocess.run([QUICKSTART, *options], capture_output=True, text=True, check=False)
    assert done.returncode != 0 and complaint in done.stderr


def test_not_root(stack):
    program = "\n".join(["import os, sys", "os.setgid(65534); os.setuid(65534)", f"os.execv('{QUICKSTART}', ['quickstart', '--down'])"])
    done = subprocess.run(["python3", "-c", program], capture_output=True, text=True, check=False)
    if "Permission denied" in done.stderr and "quickstart: error" not in done.stderr:
        pytest.skip("the source tree cannot be read by others")
    assert done.returncode == 1 and "must run as root" in done.stderr
    assert stack.alive(stack.pid("policyd"))


def test_folder_out_of_reach(tmp_path):
    tmp_path.chmod(0o700)
    done = quickstart(tmp_path / "below", "--no-install", "--no-tour", check=False)
    assert done.returncode == 1 and "cannot reach" in done.stderr and done.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_help():
    done = subprocess.run([QUICKSTART, "--help"], capture_output=True, text=True, check=True)
    assert all(option in done.stdout for option in ("--dir", "--no-install", "--no-tour", "--down", "--purge"))
