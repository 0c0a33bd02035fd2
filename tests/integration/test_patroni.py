# SPDX-License-Identifier: BSD-2-Clause
"""Two MX nodes on a PostgreSQL that Patroni keeps, whose primary is killed under load: no mail is refused or lost, each alert is sent once,
both replicas converge, and what is lost with an asynchronous standby is taken back (docs/scaling.md, "Patroni")."""
import contextlib
import itertools
import socket
import statistics
import subprocess
import threading
import time

import psycopg
import pytest

from customer_server import RULES, Server, mail_to, message_ids
from mail_stream import Sender, subjects_at_customer
from replica import DUMP
from stack import wait_for
from store_mail import dovecot_mail
from two_nodes import NODES, Service

TAKEN_OVER = 60
REJOINED = 120  # crash recovery, pg_rewind, recovery
DUNNO = "action=DUNNO"
networks = itertools.count()


@pytest.fixture(scope="module")
def service():
    service = Service()
    yield service
    logs = [path for node in service.nodes for path in node.log.glob("*.log")]
    reports = [f"{path}: {line}" for path in logs for line in path.read_text(errors="replace").splitlines() if "Sanitizer" in line or "runtime error" in line]
    service.remove()
    assert not reports, reports[:20]


@pytest.fixture(scope="module")
def customer(service):
    """Domains whose mail is delivered and stored, and one that is greylisted."""
    server = service.nodes[0].env["EMG_CUSTOMER"]
    for name, greylisting in (("flow.example", "off"), ("grey.example", "all")):
        service.sql("insert into domain (name, plan, greylisting, blacklisting, verify_recipients, keep_copy, spf, transport) "
                    "values (%s, 'basic', %s, false, false, true, 'off', %s)", name, greylisting, server)
        service.sql("insert into mailbox (address) select unnest(%s::text[]) || '@' || %s", ["anna", "bert", "carl", "dora"], name)
    return service


@pytest.fixture(scope="module")
def watched(service, tmp_path_factory):
    """A domain whose server both nodes watch."""
    server = Server(service.nodes[0], tmp_path_factory.mktemp("watched"))
    server.start()
    for name, value in RULES.items():
        service.sql("update setting set value = %s where name = %s", str(value), name)
    service.sql("insert into domain (name, plan, transport, monitoring) values ('watched.example', 'basic', %s, 'simple')", f"{server.host}:{server.port}")
    service.sql("insert into contact (domain, kind, address) values ('watched.example', 'mail', 'admin@partner.example')")
    wait_for(lambda: service.value("select state from probe where domain = 'watched.example'") == "up", TAKEN_OVER, "the first probe")
    yield server
    server.stop()


class Edits:
    """Edits one after the other, and when each was committed."""

    def __init__(self, service):
        self.dsn, self.times, self.took, self.ended = service.nodes[0].env["EMG_PG"], [], [], threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while not self.ended.is_set():
            with contextlib.suppress(psycopg.Error), psycopg.connect(self.dsn, autocommit=True, connect_timeout=2) as connection:
                while not self.ended.wait(0.02):
                    started = time.monotonic()
                    connection.execute("update domain set queue_alert_messages = %s where name = 'flow.example'", (len(self.times) % 1000 + 1,))
                    self.times.append(time.monotonic())
                    self.took.append(self.times[-1] - started)
            self.ended.wait(0.1)

    def stop(self):
        self.ended.set()
        self.thread.join()

    def median_ms(self):
        return statistics.median(self.took) * 1000

    def longest_gap(self):
        return max(after - before for before, after in zip(self.times, self.times[1:]))


def ask(node, recipient, client):
    """The answer of a node's policyd to a recipient of a client without a name."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(node.env["EMG_POLICYD"])
        lines = {"request": "smtpd_access_policy", "protocol_state": "RCPT", "client_address": client, "client_name": "unknown",
                 "sender": "a@sender.example", "recipient": recipient}
        connection.sendall("".join(f"{name}={value}\n" for name, value in lines.items()).encode() + b"\n")
        return connection.recv(65536).decode().strip()


class Triplets:
    """New senders one after the other at a node: which were deferred, and so are to be known."""

    def __init__(self, node):
        self.node, self.deferred, self.passed, self.slowest, self.ended = node, [], [], 0, threading.Event()
        self.networks = (f"11.{number >> 8}.{number & 255}.1" for number in itertools.count(10000 * next(networks)))
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while not self.ended.wait(0.02):
            client, started = next(self.networks), time.monotonic()
            answer = ask(self.node, "anna@grey.example", client)
            (self.passed if answer == DUNNO else self.deferred).append(client)
            self.slowest = max(self.slowest, time.monotonic() - started)

    def stop(self):
        self.ended.set()
        self.thread.join()


def known(service):
    return service.value("select count(*) from greylist where recipient like '%@grey.example'")


def replica(node):
    """The rows of a node's replica, without the notes about it."""
    text = subprocess.run([DUMP, node.env["EMG_LMDB"]], capture_output=True, text=True, timeout=60, check=True).stdout
    return sorted(line for line in text.splitlines() if not line.startswith("meta "))


def check_replicas(service):
    service.sql("update setting set value = (value::int % 1000 + 1)::text where name = 'sms_per_week'")
    wait_for(lambda: replica(service.nodes[0]) == replica(service.nodes[1]), TAKEN_OVER, "the same rows in both replicas")


def check_mail(service, senders):
    """Nothing was refused, and each message that was accepted arrived once at the customer's server, and once in the store."""
    assert [sender.refused for sender in senders] == [[]] * len(senders)
    accepted = sorted(subject for sender in senders for subject in sender.accepted)
    tags = tuple(sender.name for sender in senders)
    wait_for(lambda: sorted(subject for subject in subjects_at_customer(service.nodes[0]) if subject.startswith(tags)) == accepted, TAKEN_OVER,
             "each accepted message at the customer's server, once")
    for recipient in {sender.recipient for sender in senders}:
        count = sum(len(sender.accepted) for sender in senders if sender.recipient == recipient)
        wait_for(lambda: len(dovecot_mail(service.nodes[0], recipient, "INBOX")) == count, TAKEN_OVER, "each copy, once")


def check_alerts(service, server):
    """The outage that began meanwhile: one incident, one mail about its begin and one about its end."""
    server.start()
    ended = "select count(*) from incident where domain = 'watched.example' and closed_at is not null"
    wait_for(lambda: service.value(ended) == 1, TAKEN_OVER, "the end of the outage")

    def alerts():
        return [text for node in service.nodes for text in mail_to(node, "admin@partner.example")]

    wait_for(lambda: len(alerts()) >= 2, TAKEN_OVER, "the mail that it is over")
    assert service.value("select count(*) from incident where domain = 'watched.example'") == 1
    assert len(alerts()) == len(message_ids(alerts())) == 2


@contextlib.contextmanager
def stopped(*parts):
    try:
        yield
    finally:
        for part in parts:
            part.stop()


def total(senders):
    return sum(len(sender.accepted) for sender in senders)


def wait_flow(senders, edits):
    """Mail at each node, and edits, from now on."""
    seen, before = len(edits.times), [len(sender.accepted) for sender in senders]
    wait_for(lambda: len(edits.times) > seen + 20, TAKEN_OVER, "edits")
    wait_for(lambda: all(len(sender.accepted) > count + 10 for sender, count in zip(senders, before)), TAKEN_OVER, "mail")


def test_a_lost_machine_costs_no_mail_and_no_triplet(customer, watched):
    """With a synchronous standby, and the shortest times that Patroni takes."""
    service = customer
    leader = service.cluster.wait_leader()
    standby = service.cluster.other(leader)
    early = "11.255.255.1"
    assert ask(service.nodes[0], "dora@grey.example", early) != DUNNO
    senders = [Sender(node, f"{user}@flow.example", f"{name}-{user}") for node, name in zip(service.nodes, NODES) for user in ("anna", "bert")]
    triplets, edits = [Triplets(node) for node in service.nodes], Edits(service)
    with stopped(*senders, *triplets, edits):
        wait_flow(senders, edits)
        before, killed = total(senders), time.monotonic()
        leader.kill_machine()
        watched.stop()
        wait_for(standby.leads, TAKEN_OVER, "Patroni to promote the standby")
        promoted, meanwhile = time.monotonic() - killed, total(senders) - before
        wait_flow(senders, edits)
    print(f"\nmachine lost: promoted after {promoted:.1f} s, {edits.longest_gap():.1f} s without writes, {meanwhile} messages accepted meanwhile, "
          f"an edit {edits.median_ms():.1f} ms, slowest answer of policyd {max(part.slowest for part in triplets):.2f} s")
    assert max(part.slowest for part in triplets) < 3
    check_mail(service, senders)
    deferred = sum(len(part.deferred) for part in triplets) + 1
    assert known(service) >= deferred  # each that was deferred; also some whose row came too late for the answer
    service.sql("update greylist set first_seen = first_seen - interval '30 minutes' where recipient = 'dora@grey.example'", wait=False)
    wait_for(lambda: ask(service.nodes[1], "dora@grey.example", early) == DUNNO, 20, "what one node deferred to pass at the other one")
    check_replicas(service)
    check_alerts(service, watched)


def test_what_an_asynchronous_standby_lacks_is_taken_back(customer):
    """PostgreSQL alone crashes, after commits that did not reach the standby; the machine that was lost is the standby now."""
    service = customer
    leader = service.cluster.wait_leader()
    standby = service.cluster.other(leader)
    if not standby.alive():
        standby.start()
    wait_for(standby.follows, REJOINED, f"the old primary as the standby: {standby.text()[-2000:]}")
    service.cluster.configure("synchronous_mode", "false")
    service.cluster.configure("maximum_lag_on_failover", str(1 << 30))  # else Patroni waits for the crashed server
    service.cluster.wait_asynchronous()
    senders = [Sender(node, "carl@flow.example", f"{name}-carl") for node, name in zip(service.nodes, NODES)]
    with stopped(*senders):
        before = known(service)
        service.cluster.hold_replication()
        triplets = [Triplets(node) for node in service.nodes]
        with stopped(*triplets):
            wait_for(lambda: all(len(part.deferred) > 20 for part in triplets), 20, "triplets")
        service.sql("update domain set stealth = true where name = 'grey.example'")
        service.sql("insert into domain (name, plan) values ('lost.example', 'basic')")
        assert all(any("lost.example" in line for line in replica(node)) for node in service.nodes)
        edits = Edits(service)
        with stopped(edits):
            wait_for(lambda: len(edits.times) > 5, 20, "edits")
            killed = time.monotonic()
            leader.kill_server()
            wait_for(standby.leads, TAKEN_OVER, "Patroni to promote the standby")
            promoted = time.monotonic() - killed
            wait_flow(senders, edits)
    deferred = sum(len(part.deferred) for part in triplets)
    lost = before + deferred - known(service)
    print(f"\nPostgreSQL crashed: promoted after {promoted:.1f} s, {edits.longest_gap():.1f} s without writes, {lost} of {deferred} triplets lost, "
          f"an edit {edits.median_ms():.1f} ms")
    assert lost == deferred
    check_mail(service, senders)
    check_replicas(service)
    assert not any("lost.example" in line for node in service.nodes for line in replica(node))
    assert service.value("select stealth from domain where name = 'grey.example'") is False
    wait_for(leader.follows, REJOINED, f"the crashed server as the standby: {leader.text()[-2000:]}")
