# SPDX-License-Identifier: BSD-2-Clause
"""Where mail goes and who exists, through real Postfix: to two customer servers on loopback, and into the mail store."""
import imaplib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import threading
import time

import psycopg
import pytest

from smtp import Session
from stack import SOURCE, wait_for

CUSTOMER = SOURCE / "packaging" / "quickstart.d" / "customer.py"
PASSWORD = "correct horse"
LOAD_MESSAGES = 300
SENDER = "a@sender.example"


class Server:
    """Another server of the customer, on a port of its own."""

    def __init__(self, stack, folder, port):
        self.address = f"{stack.address('EMG_CUSTOMER')[0]}:{port}"
        self.folder, self.refuse = folder / "mail", folder / "refuse"
        self.folder.mkdir()
        self.refuse.touch()
        self.process = None

    def start(self):
        self.process = subprocess.Popen(["/usr/bin/python3", CUSTOMER, self.address, self.folder, self.refuse])
        host, _, port = self.address.rpartition(":")

        def answers():
            return subprocess.run(["bash", "-c", f"exec 7<>/dev/tcp/{host}/{port}"], stderr=subprocess.DEVNULL, check=False).returncode == 0

        wait_for(answers, 10, "the server")

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(10)
            self.process = None

    def texts(self):
        return [path.read_text(errors="replace") for path in self.folder.glob("*.eml")]

    def recipients(self, subject):
        """Whom the server was given the message for; a copy each time that it came."""
        return [line.partition("<")[2].partition(">")[0] for text in self.texts() if f"Subject: {subject}\n" in text
                for line in text.splitlines() if line.startswith("X-Envelope-To:")]


@pytest.fixture
def server(stack, tmp_path):
    server = Server(stack, tmp_path, 2600)
    yield server
    server.stop()


@pytest.fixture
def routed(stack, domain, server):
    """The domain, its mail routed to a running server of its own."""
    server.start()
    route(stack, domain, server.address)
    return domain


@pytest.fixture
def running(stack):
    """Whatever a test killed runs again afterwards."""
    yield stack
    try:
        stack.sql("select 1")
    except psycopg.OperationalError:
        stack.postgresql("start")
    for daemon in ("replicator", "policyd", "transportmap"):
        if not (stack.pid(daemon) and stack.alive(stack.pid(daemon))):
            stack.start(daemon)


def look_up(stack, name, key):
    table = f"socketmap:unix:{stack.env['EMG_TRANSPORTMAP']}:{name}"
    done = subprocess.run(["postmap", "-c", stack.env["EMG_POSTFIX"], "-q", key, table], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode in (0, 1) and not done.stderr else f"error {done.stderr}"


def route(stack, domain, transport):
    stack.sql("update domain set transport = %s where name = %s", transport, domain)
    host, _, port = transport.rpartition(":")
    wait_for(lambda: look_up(stack, "transport", domain) == f"relay:[{host}]:{port}", 1, "the route to be in force")


def send(mx, recipient, subject):
    with mx() as session:
        return session.message(SENDER, recipient, subject)


def queue(stack, domain):
    """Queue entries with a recipient whose address names the domain."""
    shown = subprocess.run(["postqueue", "-c", stack.env["EMG_POSTFIX"], "-j"], capture_output=True, text=True, check=True).stdout
    entries = [json.loads(line) for line in shown.splitlines()]
    return [entry for entry in entries if any(domain in recipient["address"] for recipient in entry["recipients"])]


def retry(stack, domain):
    for entry in queue(stack, domain):
        subprocess.run(["postqueue", "-c", stack.env["EMG_POSTFIX"], "-i", entry["queue_id"]], check=True)


def bounces(stack, domain, since):
    """Mail log lines that tell of a bounce of the domain's mail."""
    return [line for line in stack.mail_log()[since:].splitlines() if domain in line and "status=bounced" in line]


def give_password(stack, user):
    """Dovecot notices only at the next log-in that PostgreSQL was restarted, and refuses that one for now."""
    stack.sql("select set_password(%s, %s)", user, PASSWORD)

    def logs_in():
        with imaplib.IMAP4(*stack.address("EMG_IMAP")) as imap:
            try:
                return imap.login(user, PASSWORD)[0] == "OK"
            except imaplib.IMAP4.error as refusal:
                assert "UNAVAILABLE" in str(refusal), refusal
                return False

    wait_for(logs_in, 10, "the password")


def inbox(stack, user):
    """Subjects in the user's INBOX, by IMAP."""
    with imaplib.IMAP4(*stack.address("EMG_IMAP")) as imap:
        imap.login(user, PASSWORD)
        imap.select("INBOX", readonly=True)
        numbers = imap.search(None, "ALL")[1][0].split()
        headers = [imap.fetch(number.decode(), "(BODY[HEADER.FIELDS (SUBJECT)])")[1][0][1] for number in numbers]
    return [header.decode().partition(":")[2].strip() for header in headers]


def test_override_goes_to_that_host_and_port(stack, routed, server, mx):
    assert send(mx, f"anna@{routed}", f"override {routed}").code == 250
    wait_for(lambda: server.recipients(f"override {routed}"), 10, "the mail at its own server")
    assert not stack.customer_has(f"override {routed}")


def test_without_override_by_mx(stack, domain, records, mx):
    if stack.address("EMG_CUSTOMER")[1] != 25:
        pytest.skip("mail by MX needs the customer's server on port 25")
    stack.sql("update domain set transport = null where name = %s", domain)
    wait_for(lambda: look_up(stack, "transport", domain) == f"relay:{domain}", 1, "the route by MX")
    assert send(mx, f"anna@{domain}", f"by mx {domain}").code == 250
    wait_for(lambda: stack.customer_has(f"by mx {domain}"), 15, "the mail at the customer's server")


def test_changed_route_reaches_queued_mail(stack, domain, server, mx):
    """The server is gone for good; what waits goes where the row says now."""
    route(stack, domain, server.address)  # nothing listens there yet
    assert send(mx, f"anna@{domain}", f"queued {domain}").code == 250
    wait_for(lambda: any("refused" in str(entry["recipients"]) for entry in queue(stack, domain)), 10, "the mail to wait")
    route(stack, domain, stack.env["EMG_CUSTOMER"])
    retry(stack, domain)
    wait_for(lambda: stack.customer_has(f"queued {domain}"), 10, "the mail at the other server")
    wait_for(lambda: not queue(stack, domain), 10, "the queue to be empty")


def test_alias_and_alternate_domain_and_alias(stack, routed, server, mx):
    alias = "alias-" + routed
    alternate = stack.value("select alternate_name from domain where name = %s", routed)
    stack.sql("insert into domain_alias (name, domain) values (%s, %s)", alias, routed)
    stack.sql("insert into alias (address, target) values (%s, %s)", f"sales@{routed}", f"anna@{routed}")
    wait_for(lambda: look_up(stack, "relay_domains", alias) == "OK", 1, "the alias domain")
    wait_for(lambda: look_up(stack, "relay_recipients", f"sales@{alias}") == "OK", 1, "the alias")
    for address in (f"anna@{alias}", f"Anna@{alternate}", f"sales@{routed}", f"sales@{alias}", f'"anna"@{alternate}'):
        subject = f"names {address}"
        assert send(mx, address, subject).code == 250, address
        wait_for(lambda subject=subject: server.recipients(subject) == [f"anna@{routed}"], 10, subject)
    for name in (alias, alternate):
        assert str(send(mx, f"nobody@{name}", "never")).startswith("550 5.1.1"), name


def test_unknown_recipient(routed, mx):
    assert str(send(mx, f"nobody@{routed}", "never")).startswith("550 5.1.1")


def test_catchall_takes_unknown_recipients(stack, routed, server, mx):
    stack.sql("update domain set catchall = true where name = %s", routed)
    wait_for(lambda: look_up(stack, "relay_recipients", f"nobody@{routed}") == "OK", 1, "the catch-all")
    assert send(mx, f"nobody@{routed}", f"catchall {routed}").code == 250
    wait_for(lambda: server.recipients(f"catchall {routed}") == [f"nobody@{routed}"], 10, "the mail")


def verify(stack, domain):
    stack.sql("update domain set verify_recipients = true where name = %s", domain)
    wait_for(lambda: look_up(stack, "relay_recipients", f"who@{domain}") == "OK", 1, "verify_recipients")


def test_verify_while_the_server_is_up(stack, routed, server, mx):
    server.refuse.write_text(f"nobody@{routed}\n")
    verify(stack, routed)
    reply = send(mx, f"nobody@{routed}", "never")
    assert str(reply).startswith("550 5.1.1") and "Unknown recipient" in reply.text
    assert server.address.partition(":")[0] not in reply.text and "unknown here" not in reply.text, "the inner host is ours to know"
    assert send(mx, f"new@{routed}", f"verified {routed}").code == 250
    wait_for(lambda: server.recipients(f"verified {routed}") == [f"new@{routed}"], 10, "the mail")
    assert len(server.texts()) == 1, "a probe is no mail"


def test_verify_while_the_server_is_down(stack, domain, server, mx):
    route(stack, domain, server.address)  # nothing listens there
    verify(stack, domain)
    assert send(mx, f"new@{domain}", f"unverified {domain}").code == 250
    assert queue(stack, domain)
    server.start()
    wait_for(lambda: retry(stack, domain) or server.recipients(f"unverified {domain}"), 30, "the mail, once the server is up")


def test_store_copy_by_imap(stack, routed, server, mx):
    """keep_copy: one copy for the customer, one here; without it, none here."""
    user = f"anna@{routed}"
    give_password(stack, user)
    assert send(mx, f"Anna@{routed}", f"kept {routed}").code == 250
    wait_for(lambda: inbox(stack, user) == [f"kept {routed}"], 15, "the copy in the INBOX")
    assert server.recipients(f"kept {routed}") == [user]
    stack.sql("update domain set keep_copy = false where name = %s", routed)
    wait_for(lambda: look_up(stack, "virtual_alias", user) == user, 1, "keep_copy to be off")
    assert send(mx, user, f"passed on {routed}").code == 250
    wait_for(lambda: server.recipients(f"passed on {routed}"), 10, "the mail")
    wait_for(lambda: not queue(stack, routed), 10, "the queue to be empty")
    assert inbox(stack, user) == [f"kept {routed}"]


def test_store_copy_while_the_server_is_down(stack, domain, server, mx):
    """What a backup MX is for: the mail can be read while it waits."""
    user = f"anna@{domain}"
    give_password(stack, user)
    route(stack, domain, server.address)
    assert send(mx, user, f"meanwhile {domain}").code == 250
    wait_for(lambda: inbox(stack, user) == [f"meanwhile {domain}"], 15, "the copy in the INBOX")
    server.start()
    wait_for(lambda: retry(stack, domain) or server.recipients(f"meanwhile {domain}") == [user], 30, "the customer's copy")
    assert inbox(stack, user) == [f"meanwhile {domain}"], "once"


def test_primary_without_transport_is_stored_only(stack, domain, mx):
    user = f"anna@{domain}"
    give_password(stack, user)
    stack.sql("update domain set plan = 'premium', mode = 'primary', transport = null where name = %s", domain)
    wait_for(lambda: look_up(stack, "transport", domain).startswith("lmtp:"), 1, "the mode")
    assert send(mx, user, f"stored {domain}").code == 250
    wait_for(lambda: inbox(stack, user) == [f"stored {domain}"], 15, "the mail in the INBOX")
    assert not stack.customer_has(f"stored {domain}")


def test_odd_addresses_are_stored(stack, domain, mx):
    """Nobody but the store has the mail of a primary domain: it has a folder for whatever a catch-all takes."""
    since = len(stack.mail_log())
    stack.sql("update domain set plan = 'premium', mode = 'primary', transport = null, catchall = true where name = %s", domain)
    wait_for(lambda: look_up(stack, "relay_recipients", f"nobody@{domain}") == "OK", 1, "the catch-all")
    folders = {'"a b"': "a=20b", "a/b": "a=2fb", '"../b"': "=2e.=2fb", '"a,b"': "a=2cb", "+b": "=2bb", '"a\\"b"': "a=22b", "anna+/": "anna"}
    for local, folder in folders.items():
        assert send(mx, f"{local}@{domain}", f"odd {local}").code == 250, local
        new = stack.folder / "mail" / domain / folder / "Maildir" / "new"
        wait_for(lambda new=new, local=local: any(f"odd {local}" in path.read_text() for path in new.glob("*")), 15, f"{local} in {new}")
    assert bounces(stack, domain, since) == []


def test_store_address_is_refused_from_outside(routed, mx):
    assert send(mx, f"anna@{routed}.store.invalid", "never").code == 554


def test_sender_login(stack, routed):
    """Who is logged in sends under own addresses, those of other names of the domain included, and no other's."""
    user = f"anna@{routed}"
    give_password(stack, user)
    alternate = stack.value("select alternate_name from domain where name = %s", routed)
    wait_for(lambda: look_up(stack, "sender_login", user) == user, 1, "the sender")
    for sender, code in ((user, 250), (f"anna@{alternate}", 250), (f"bert@{routed}", 553)):
        with Session(stack.address("EMG_SUBMISSION")) as session:
            session.login(user, PASSWORD)
            assert session.envelope(sender, f"bert@{routed}").code == code, sender
            assert code != 250 or Session.docmd(session, f"RCPT TO:<bert@{routed}.store.invalid>")[0] == 554


class Senders:
    """Messages sent one by one, each again until it is taken, as a mail server would; refusals for good are kept."""

    def __init__(self, stack, recipient, count, threads=4):
        self.stack, self.recipient = stack, recipient
        self.subjects = [f"load {recipient} {n}." for n in range(count)]
        self.left, self.refused = list(self.subjects), []
        self.threads = [threading.Thread(target=self.run) for _ in range(threads)]
        for thread in self.threads:
            thread.start()

    def run(self):
        while True:
            try:
                subject = self.left.pop()
            except IndexError:
                return
            while not self.sent(subject):
                time.sleep(0.3)

    def sent(self, subject):
        with Session(self.stack.address("EMG_SMTP"), "192.0.2.10", "mail.sender.example", timeout=120) as session:
            reply = session.message(SENDER, self.recipient, subject)
        if reply.code >= 500:
            self.refused.append(reply)
        return reply.code == 250 or reply.code >= 500

    def join(self, seconds):
        deadline = time.monotonic() + seconds
        for thread in self.threads:
            thread.join(max(0.0, deadline - time.monotonic()))
            assert not thread.is_alive(), f"{len(self.left)} messages were not sent in {seconds} s"


def arrived(server, subjects):
    found = {line.partition(":")[2].strip() for text in server.texts() for line in text.splitlines() if line.startswith("Subject:")}
    return set(subjects) - found == set()


def kill_while_sending(stack, senders):
    kills = 0
    while senders.left and kills < 5:
        time.sleep(0.7)
        stack.kill("transportmap", signal.SIGKILL)
        kills += 1
        time.sleep(0.3)
        stack.start("transportmap")
    return kills


def test_transportmap_killed_under_load(running, routed, server):
    """kill -9 again and again, PostgreSQL down the whole time: each message arrives, none is refused or bounced."""
    stack, since = running, len(running.mail_log())
    stack.sql("update domain set keep_copy = false where name = %s", routed)
    wait_for(lambda: look_up(stack, "virtual_alias", f"anna@{routed}") == f"anna@{routed}", 1, "the row")
    stack.postgresql("-m", "immediate", "stop")
    try:
        senders = Senders(stack, f"anna@{routed}", LOAD_MESSAGES)
        kills = kill_while_sending(stack, senders)
        senders.join(180)
        assert kills >= 2, "it was killed while mail passed"
        assert senders.refused == []
        wait_for(lambda: retry(stack, routed) or arrived(server, senders.subjects), 120, "every message at the customer's server")
    finally:
        stack.postgresql("start")
    stack.sql("update domain set keep_copy = true where name = %s", routed)
    wait_for(lambda: "store.invalid" in look_up(stack, "virtual_alias", f"anna@{routed}"), 15, "the replicator to follow again")
    assert bounces(stack, routed, since) == []


def test_removed_replica_defers(running, routed, server, mx):
    """No replica, no answer: mail waits outside or in the queue, and goes on when the replica is back."""
    stack, since = running, len(running.mail_log())
    stack.sql("update domain set keep_copy = false where name = %s", routed)
    server.stop()
    assert send(mx, f"anna@{routed}", f"before {routed}").code == 250
    wait_for(lambda: queue(stack, routed), 10, "the mail to wait")
    folder = pathlib.Path(stack.env["EMG_LMDB"])
    away = folder.with_name("directory-away")
    for daemon in ("transportmap", "policyd", "replicator"):
        stack.kill(daemon, signal.SIGTERM)
    os.rename(folder, away)
    folder.mkdir(mode=0o750)
    shutil.chown(folder, "emailgency", "emailgency")
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
    wait_for(lambda: retry(stack, routed) or server.recipients(f"before {routed}"), 60, "the mail, once the replica is back")
    assert bounces(stack, routed, since) == []
