# SPDX-License-Identifier: BSD-2-Clause
"""Routing while things break for real: transportmap killed under load, customers' servers that are dead, silent or refuse, an
idle connection, a replica that is gone. Mail waits; nothing is lost, and nothing bounces but what a customer refused."""
import contextlib
import os
import pathlib
import shutil
import signal
import smtplib
import socket
import subprocess
import threading
import time

import pytest

from routing import (SENDER, bounces, look_up, queue, retry, route, routed, send, server,  # noqa: F401
                     transportmap_program)
from smtp import Session
from stack import drop_domain, wait_for

LOAD_MESSAGES = 2000
POSTFIX_TTL = 100  # seconds after which Postfix's client gives a socketmap connection up (src/util/dict_sockmap.c)


class Idle:
    """A transportmap that no test kills: a connection, and Postfix's own client, both used once and then idle."""

    def __init__(self, connection, client):
        self.connection, self.client = connection, client
        self.ask()
        self.since = time.monotonic()

    def ask(self):
        self.connection.sendall(b"28:relay_domains nobody.example,")
        assert self.connection.recv(100) == b"9:NOTFOUND ,"
        self.client.stdin.write("nobody.example\n")
        self.client.stdin.flush()


@pytest.fixture(scope="module", autouse=True)
def idle(stack, tmp_path_factory):
    path = f"{stack.folder}/run/idle"
    conf = tmp_path_factory.mktemp("idle") / "conf"
    conf.write_text(f'log = stderr\nmetrics = ""\nlisten = "unix:{path}"\nlisten_group = ""\ndirectory = "{stack.env["EMG_LMDB"]}"\n')
    with contextlib.ExitStack() as ending:
        process = subprocess.Popen([transportmap_program(), "-c", conf], stderr=subprocess.DEVNULL)
        ending.callback(process.wait, 10)
        ending.callback(process.terminate)
        wait_for(lambda: os.path.exists(path), 10, "its socket")
        connection = ending.enter_context(socket.socket(socket.AF_UNIX))
        connection.settimeout(5)
        connection.connect(path)
        client = subprocess.Popen(["postmap", "-c", stack.env["EMG_POSTFIX"], "-q", "-", f"socketmap:unix:{path}:relay_domains"],
                                  stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        ending.callback(client.communicate, timeout=10)
        yield Idle(connection, client)


class Senders:
    """Messages sent by several mail servers at once, each again until it is taken; refusals for good are kept."""

    def __init__(self, stack, recipients, count, threads=8):
        self.stack = stack
        self.messages = [(recipients[n % len(recipients)], f"load {recipients[0]} {n}.") for n in range(count)]
        self.left, self.refused, self.deferred = list(self.messages), [], 0
        self.threads = [threading.Thread(target=self.run) for _ in range(threads)]
        for thread in self.threads:
            thread.start()

    def run(self):
        message = None
        while message or self.left:
            try:
                with Session(self.stack.address("EMG_SMTP"), "192.0.2.10", "mail.sender.example", timeout=120) as session:
                    while message := message or self.next():
                        reply = session.message(SENDER, *message)
                        if reply.code < 500 and reply.code != 250:
                            break
                        self.refused += [reply] if reply.code != 250 else []
                        message = None
            except smtplib.SMTPServerDisconnected:
                pass
            if message:
                self.deferred += 1
                time.sleep(0.2)

    def next(self):
        try:
            return self.left.pop()
        except IndexError:
            return None

    def sending(self):
        return any(thread.is_alive() for thread in self.threads)

    def arrived(self, server):
        return {subject for _, subject in self.messages} <= server.subjects()


def kill_while(stack, running_on):
    kills = 0
    while running_on():
        time.sleep(0.7)
        stack.kill("transportmap", signal.SIGKILL)
        kills += 1
        time.sleep(0.3)
        stack.start("transportmap")
    return kills


def flush(stack):
    subprocess.run(["postqueue", "-c", stack.env["EMG_POSTFIX"], "-f"], check=True)


def test_transportmap_killed_under_load(running, routed, server):
    """kill -9 again and again, PostgreSQL down the whole time: each message arrives, none is refused or bounced."""
    stack, since = running, len(running.mail_log())
    stack.sql("update domain set keep_copy = false where name = %s", routed)
    wait_for(lambda: look_up(stack, "virtual_alias", f"anna@{routed}") == f"anna@{routed}", 1, "the row")
    stack.postgresql("-m", "immediate", "stop")
    try:
        senders = Senders(stack, [f"anna@{routed}", f"bert@{routed}"], LOAD_MESSAGES)
        kills = kill_while(stack, senders.sending)
        assert kills >= 3, "it was killed while mail passed"
        assert senders.refused == []
        wait_for(lambda: senders.arrived(server) or flush(stack) or time.sleep(1), 120, "every message at the customer's server")
    finally:
        stack.postgresql("start")
    wait_for(lambda: not queue(stack, routed), 30, "the queue to be empty")
    assert bounces(stack, routed, since) == []


@pytest.fixture
def impatient(stack):
    """Postfix waits seconds, not minutes, for a customer's server, and leaves one that is down alone for longer than a test."""
    options = {"relay/unix/smtp_connect_timeout": "3s", "relay/unix/smtp_helo_timeout": "3s",
               "emailgency-probe/unix/smtp_connect_timeout": "3s", "emailgency-probe/unix/smtp_helo_timeout": "3s",
               "qmgr/unix/minimal_backoff_time": "60s", "qmgr/unix/maximal_backoff_time": "60s"}

    def call(*command):
        subprocess.run([command[0], "-c", stack.env["EMG_POSTFIX"], *command[1:]], check=True, capture_output=True)

    call("postconf", "-P", *(f"{option}={value}" for option, value in options.items()))
    call("postfix", "reload")
    yield
    call("postconf", "-PX", *options)
    call("postfix", "reload")


@contextlib.contextmanager
def silent_server(address):
    """Takes connections and never says a word."""
    host, _, port = address.rpartition(":")
    with socket.create_server((host, int(port)), backlog=128) as listener:
        taken = []

        def accept():
            with contextlib.suppress(OSError):
                while True:
                    taken.append(listener.accept()[0])

        thread = threading.Thread(target=accept)
        thread.start()
        yield taken
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(10)
        for connection in taken:
            connection.close()


@pytest.fixture
def other(stack, domain):
    """A second customer."""
    name = "other-" + domain
    stack.sql("insert into domain (name, plan, greylisting, verify_recipients) values (%s, 'basic', 'off', false)", name)
    stack.sql("insert into mailbox (address) values (%s)", f"anna@{name}")
    yield name
    drop_domain(stack, name)


@pytest.mark.parametrize("kind", ["silent", "dead"])
def test_a_server_that_does_not_answer_holds_up_nobody_else(stack, kind, impatient, routed, server, other, mx):
    """Its mail waits, however much of it there is, and goes out once there is another server; the others' passes by."""
    since = len(stack.mail_log())
    address = f"{stack.address('EMG_CUSTOMER')[0]}:2601"
    route(stack, other, address)
    with silent_server(address) if kind == "silent" else contextlib.nullcontext() as taken:
        with mx() as session:
            for n in range(30):
                assert session.message(SENDER, f"anna@{other}", f"waits {other} {n}.").code == 250
            wait_for(lambda: taken is None or taken, 10, "Postfix to be connected")
            assert session.message(SENDER, f"anna@{routed}", f"passes {routed}").code == 250
        wait_for(lambda: server.recipients(f"passes {routed}"), 3, "the other customer's mail")
        words = "timed out" if kind == "silent" else "refused"
        wait_for(lambda: any(words in str(entry["recipients"]) for entry in queue(stack, other)), 20, "Postfix to give up for now")
        assert len({entry["queue_id"] for entry in queue(stack, other)}) == 30
    route(stack, other, server.address)
    wait_for(lambda: {f"waits {other} {n}." for n in range(30)} <= server.subjects() or flush(stack) or time.sleep(1), 40, "what waited")
    wait_for(lambda: not queue(stack, other), 10, "the queue to be empty")
    assert bounces(stack, other, since) == [] and bounces(stack, routed, since) == []


def test_no_delivery_goes_to_a_server_that_is_down(stack, impatient, domain, server, mx):
    """One failed delivery is enough; then mail is accepted and waits, and no delivery waits for a server that is silent."""
    address = f"{stack.address('EMG_CUSTOMER')[0]}:2602"
    stack.sql("update domain set verify_recipients = true where name = %s", domain)
    route(stack, domain, address)
    wait_for(lambda: look_up(stack, "relay_recipients", f"who@{domain}") == "OK", 1, "verify_recipients")
    with silent_server(address):
        assert send(mx, f"anna@{domain}", f"probed {domain} 0").code == 250
        wait_for(lambda: any("timed out" in str(entry["recipients"]) for entry in queue(stack, domain)), 20, "a failed delivery")
        assert send(mx, f"new0@{domain}", f"probed {domain} 0b").code == 250
        wait_for(lambda: any(f"to=<new0@{domain}>" in line and "status=undeliverable" in line for line in stack.mail_log().splitlines()), 20, "a failed probe")
        for n in range(1, 6):
            assert send(mx, f"new{n}@{domain}", f"probed {domain} {n}").code == 250
        wait_for(lambda: stack.mail_log().count(f"@{domain}>, relay=none") >= 5, 30, "the deliveries to end in the queue manager")
    server.start()
    server.refuse.write_text(f"nobody@{domain}\n")
    route(stack, domain, server.address)
    assert str(send(mx, f"nobody@{domain}", "never")).startswith("550 5.1.1")
    wait_for(lambda: len(server.texts()) >= 6 or flush(stack) or time.sleep(1), 30, "what was taken")


def test_a_server_that_refuses_a_recipient(stack, routed, server, other, mx):
    """Only that recipient's mail goes back to its sender; the message's other recipient has it."""
    route(stack, other, server.address)
    stack.sql("update domain set bounce_protection = false where name = %s", routed)  # else the sender gets no bounce
    stack.sql("insert into alias (address, target) values (%s, %s)", f"last@{routed}", f"anna@{routed}")
    wait_for(lambda: look_up(stack, "relay_recipients", f"last@{routed}") == "OK", 5, "the last row")
    server.refuse.write_text(f"bert@{routed}\n")
    with mx() as session:
        codes = [reply.code for reply in session.envelope(f"anna@{other}", f"bert@{routed}", f"anna@{routed}")]
        assert codes == [250, 250]
        assert session.send_body(f"refused {routed}").code == 250
    wait_for(lambda: f"anna@{routed}" in server.recipients(f"refused {routed}"), 10, "the other recipient's mail")
    notice = wait_for(lambda: [text for text in server.texts() if f"X-Envelope-To: <anna@{other}>" in text], 10, "the notice")
    assert len(notice) == 1 and f"Final-Recipient: rfc822; bert@{routed}" in notice[0] and "Status: 5.1.1" in notice[0]
    assert f"Final-Recipient: rfc822; anna@{routed}" not in notice[0]
    wait_for(lambda: not queue(stack, routed) and not queue(stack, other), 10, "the queue to be empty")


def test_removed_replica_defers(running, routed, server, mx):
    """No replica, no answer: mail waits outside or in the queue, and goes on when the replica is back."""
    stack, since = running, len(running.mail_log())
    stack.sql("update domain set keep_copy = false where name = %s", routed)
    server.stop()
    users = [f"anna@{routed}", f"bert@{routed}"]  # qmgr(8) keeps the last route for half a minute (src/global/resolve_clnt.c)
    for user in users:
        assert send(mx, user, f"before {user}").code == 250
    wait_for(lambda: len({entry["queue_id"] for entry in queue(stack, routed)}) == 2, 10, "the mail to wait")
    folder = pathlib.Path(stack.env["EMG_LMDB"])
    away = folder.with_name("directory-away")
    for daemon in ("transportmap", "policyd", "replicator"):
        stack.kill(daemon, signal.SIGTERM)
    os.rename(folder, away)
    folder.mkdir(mode=0o750)
    shutil.chown(folder, "emailgency-replicator", "emailgency")
    try:
        for daemon in ("policyd", "transportmap"):
            stack.start(daemon)
        assert look_up(stack, "transport", routed).startswith("error")
        server.start()
        for address in (f"anna@{routed}", f"nobody@{routed}"):
            reply = send(mx, address, "not now")
            assert 400 <= reply.code < 500, reply
        retry(stack, routed)
        time.sleep(3)
        assert queue(stack, routed), "what waits goes on waiting"
        assert bounces(stack, routed, since) == []
    finally:
        for daemon in ("transportmap", "policyd"):
            stack.kill(daemon, signal.SIGTERM)
        folder.rmdir() if not any(folder.iterdir()) else shutil.rmtree(folder)
        os.rename(away, folder)
        for daemon in ("replicator", "policyd", "transportmap"):
            stack.start(daemon)
    wait_for(lambda: all(server.recipients(f"before {user}") for user in users) or flush(stack) or time.sleep(1), 60,
             "the mail, once the replica is back")
    assert bounces(stack, routed, since) == []


def test_an_idle_connection_outlives_the_clients_limit(idle):
    """The server never closes first: Postfix would take the broken pipe for a failure of the table."""
    time.sleep(max(0.0, idle.since + POSTFIX_TTL + 2 - time.monotonic()))
    idle.ask()
    _, errors = idle.client.communicate(timeout=10)
    assert errors == "" and idle.client.returncode == 1, "it found nothing, and that was no failure"
