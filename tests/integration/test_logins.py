# SPDX-License-Identifier: BSD-2-Clause
"""Log-ins while PostgreSQL hangs (its processes are stopped, nothing answers) or somebody holds a lock."""
import concurrent.futures
import contextlib
import imaplib
import os
import pathlib
import signal
import smtplib
import subprocess
import time

import pytest

from stack import wait_for
from submission import PASSWORD, anna, authenticates, log_in  # noqa: F401

# A look-up fails after a second; then log-ins are answered at once. The rest is for a loaded machine.
SOON = 8


@contextlib.contextmanager
def hanging(stack):
    """All processes of PostgreSQL are stopped; clients that connect wait."""
    postmaster = int((pathlib.Path(stack.env["EMG_PGDATA"]) / "postmaster.pid").read_text().split()[0])
    stopped = []

    def stop(pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
            stopped.append(pid)

    try:
        stop(postmaster)  # first, so that it starts no other
        for pid in subprocess.run(["pgrep", "-P", str(postmaster)], capture_output=True, text=True, check=False).stdout.split():
            stop(int(pid))
        yield
    finally:
        for pid in stopped:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
        wait_for(lambda: stack.value("select true"), 30, "PostgreSQL to answer again")


def imap(stack, user, password=PASSWORD):
    """The text of the answer to LOGIN: "OK" or why not."""
    connection = imaplib.IMAP4(*stack.address("EMG_IMAP"), timeout=60)
    try:
        connection.login(user, password)
        return "OK"
    except imaplib.IMAP4.error as refusal:
        return str(refusal)
    finally:
        connection.shutdown()


def smtp(stack, user, password=PASSWORD):
    """The code of the answer to AUTH."""
    try:
        log_in(stack, user, password).close()
        return 235
    except smtplib.SMTPAuthenticationError as refusal:
        return refusal.smtp_code


def soon(action, *values, within=SOON):
    began = time.monotonic()
    outcome = action(*values)
    assert time.monotonic() - began < within, f"{action.__name__} took {time.monotonic() - began:.1f} s: {outcome}"
    return outcome


@pytest.fixture
def known(stack, anna):
    """Logged in before by both ways, and long enough ago that the cache would rather ask again."""
    assert imap(stack, anna) == "OK" and smtp(stack, anna) == 235
    time.sleep(1.5)
    return anna


@pytest.fixture
def unknown(stack, domain):
    stack.sql("select set_password(%s, %s)", f"bert@{domain}", PASSWORD)
    return f"bert@{domain}"


@contextlib.contextmanager
def locked(stack):
    """Somebody holds the table that every look-up reads."""
    with stack.connect() as connection, connection.transaction():
        connection.execute("lock table mailbox in access exclusive mode")
        yield


@pytest.mark.parametrize("fault", [hanging, locked])
def test_m6_who_is_known_logs_in(running, known, unknown, fault):
    with fault(running):
        assert soon(imap, running, known) == "OK"
        assert soon(smtp, running, known) == 235
        assert "UNAVAILABLE" in soon(imap, running, unknown), "not: wrong password"
        # Postfix 3.7 has no word for a temporary failure in Dovecot's protocol and says 535.
        assert soon(smtp, running, unknown) in (454, 535)
    wait_for(lambda: imap(running, unknown) == "OK", 20, "log-ins of others")
    assert smtp(running, unknown) == 235


def test_m6_many_log_in_while_it_hangs(running, known):
    """None waits for another's connection. Each takes a tenth of a second of CPU time for the hash."""
    with hanging(running), concurrent.futures.ThreadPoolExecutor(16) as crowd:
        assert list(crowd.map(lambda _: soon(smtp, running, known, within=25), range(32))) == [235] * 32


def test_m6_new_rows_count_once_it_is_back(running, known):
    with hanging(running):
        assert soon(imap, running, known) == "OK"
    running.sql("select set_password(%s, 'battery staple')", known)
    wait_for(lambda: imap(running, known, "battery staple") == "OK", SOON, "the new password")
    wait_for(lambda: "AUTHENTICATIONFAILED" in imap(running, known), SOON, "the end of the old one")
    running.sql("select deny_sending(%s)", known)
    wait_for(lambda: not authenticates(running, known, "battery staple"), SOON, "the refusal at AUTH")


def restart_dovecot(stack):
    conf = stack.env["EMG_DOVECOT"]
    master = stack.folder / "run/dovecot/master.pid"
    pid = int(master.read_text())
    subprocess.run(["doveadm", "-c", conf, "stop"], check=True, timeout=60)
    wait_for(lambda: not stack.alive(pid), 20, "the end of Dovecot")
    subprocess.run(["dovecot", "-c", conf], check=True, timeout=60, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, cwd=stack.folder)
    wait_for(lambda: (pathlib.Path(stack.folder) / "spool/private/auth").exists(), 10, "Dovecot's sockets")


def test_the_cache_answers_as_long_as_it_lasts(running, known, unknown):
    """However long PostgreSQL is away: with the password of that time, and no other; each way of log-in has its own entry."""
    assert imap(running, unknown) == "OK"  # by one way only
    running.postgresql("-m", "fast", "stop")
    try:
        for _ in range(2):
            assert soon(imap, running, known) == "OK" and soon(smtp, running, known) == 235
            assert "UNAVAILABLE" in soon(imap, running, known, "another"), "a temporary failure"
        assert soon(imap, running, unknown) == "OK"
        assert soon(smtp, running, unknown) in (454, 535)
    finally:
        running.postgresql("start")
    wait_for(lambda: smtp(running, unknown) == 235, 20, "log-ins after the outage")


def test_a_restart_of_dovecot_empties_the_cache(running, known):
    running.postgresql("-m", "fast", "stop")
    try:
        assert soon(imap, running, known) == "OK"
        restart_dovecot(running)
        assert "UNAVAILABLE" in soon(imap, running, known)
    finally:
        running.postgresql("start")
    wait_for(lambda: imap(running, known) == "OK" and smtp(running, known) == 235, 30, "log-ins after the outage")


def test_a_changed_password_ends_the_old_one_within_seconds(running, known):
    running.sql("select set_password(%s, 'Battery staple 7')", known)
    began = time.monotonic()
    wait_for(lambda: "AUTHENTICATIONFAILED" in imap(running, known), 10, "the end of the old password")
    assert time.monotonic() - began < 6
    assert imap(running, known, "Battery staple 7") == "OK"
