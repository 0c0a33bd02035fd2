# SPDX-License-Identifier: BSD-2-Clause
"""A primary that is killed, and its standby that takes over: the daemons go on there by TLS with verify-full, and what the new
primary has not is in no replica (docs/operations.md, "A PostgreSQL that fails over")."""
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading

import psycopg
import pytest

from database_pair import NAMES, PASSWORD, Daemon, Pair
from replica import Node, free_port, wait_for
from stack import SOURCE

DUNNO = "action=DUNNO\n\n"
TAKEN_OVER = 30  # the pause between two tries of a daemon is five seconds at most


@pytest.fixture
def pair():
    pair = Pair()
    for name in "abcd":
        pair.primary.sql("insert into domain (name, plan, greylisting, blacklisting) values (%s, 'basic', 'all', false)", f"{name}.example")
        pair.primary.sql("insert into mailbox (address) values (%s)", f"user@{name}.example")
    yield pair
    pair.remove()


@pytest.fixture
def new_node(pair):
    """new_node() starts the replicator of one more node."""
    nodes = []

    def start():
        folder = tempfile.mkdtemp(prefix="emg-node-", dir="/tmp")
        node = Node(pair.base, folder, database=pair.dsn("emailgency_replicator"), database_password_file=f"{pair.folder}/password",
                    node=f"mx{len(nodes) + 1}")
        nodes.append(node.start())
        node.wait_row("mailbox", "user@d.example", 20)
        return node

    yield start
    for node in nodes:
        node.process.send_signal(signal.SIGCONT)
        node.stop()
        assert "Sanitizer" not in node.text() and "runtime error" not in node.text(), node.text()
        shutil.rmtree(node.folder)


@pytest.fixture
def node(new_node):
    return new_node()


@pytest.fixture
def new_policyd(pair):
    """new_policyd(node) starts policyd on a node."""
    daemons = []

    def start(node):
        daemons.append(Daemon("policyd", node.folder, listen=f"unix:{node.folder}/policyd", listen_group="", directory=node.lmdb,
                              login_listen=f"127.0.0.1:{free_port()}", database=pair.dsn("emailgency_policyd"),
                              database_password_file=f"{pair.folder}/password", dns_servers="127.0.0.1@9", activity_spool=f"{node.folder}/activity"))
        return daemons[-1]

    yield start
    for daemon in daemons:
        daemon.stop()


def ask(node, recipient, client="192.0.2.1"):
    """The answer of policyd to a recipient of a client without a name."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(f"{node.folder}/policyd")
        lines = {"request": "smtpd_access_policy", "protocol_state": "RCPT", "client_address": client, "client_name": "unknown",
                 "sender": "a@sender.example", "recipient": recipient}
        connection.sendall("".join(f"{name}={value}\n" for name, value in lines.items()).encode() + b"\n")
        return connection.recv(65536).decode()


class Edits:
    """Edits one after the other by the DSN of the daemons, as long as it lasts."""

    def __init__(self, pair):
        self.dsn = pair.dsn("postgres").replace("user=postgres", "user=operator")
        pair.primary.sql("do $$ begin create role operator login superuser; exception when duplicate_object then null; end $$")
        pair.primary.sql(f"alter role operator password '{PASSWORD}'")
        pair.wait_replicated()
        self.committed, self.ended = 0, threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while not self.ended.is_set():
            try:
                with psycopg.connect(self.dsn, password=PASSWORD, autocommit=True) as connection:
                    while not self.ended.wait(0.02):
                        connection.execute("update emailgency.domain set queue_alert_messages = %s where name = 'b.example'", (self.committed % 1000 + 1,))
                        self.committed += 1
            except psycopg.Error:
                self.ended.wait(0.2)

    def stop(self):
        self.ended.set()
        self.thread.join()


def greylisted(pair):
    return pair.primary.sql("select count(*) from greylist")[0][0]


def test_daemons_go_on_at_the_new_primary(pair, new_node, new_policyd):
    """Of two nodes, under load. What one deferred before passes at the other after it, and each answer in between is one."""
    nodes = [new_node(), new_node()]
    daemons = [new_policyd(node) for node in nodes]
    wait_for(lambda: ask(nodes[0], "user@a.example") != DUNNO, 20, "greylisting")
    wait_for(lambda: greylisted(pair) == 1, what="the row of the greylist")
    edits = Edits(pair)
    try:
        wait_for(lambda: edits.committed > 20, what="edits")
        pair.wait_replicated()
        pair.primary.kill()
        assert all(ask(node, "user@a.example") for node in nodes)  # at once, whatever it is
        pair.promote()
        seen = edits.committed
        wait_for(lambda: edits.committed > seen + 20, TAKEN_OVER, "edits at the new primary")
    finally:
        edits.stop()
    pair.standby.sql("update domain set stealth = true where name = 'c.example'")
    last = pair.standby.sql("select queue_alert_messages from domain where name = 'b.example'")[0][0]
    for node, daemon in zip(nodes, daemons):
        node.wait_row("domain", "c.example", TAKEN_OVER, stealth="true")
        node.wait_row("domain", "b.example", TAKEN_OVER, queue_alert_messages=str(last))
        daemon.wait_log("database connected again", TAKEN_OVER)
        assert node.metric("failing") == 0
    pair.standby.sql("update greylist set first_seen = first_seen - interval '30 minutes'")
    wait_for(lambda: ask(nodes[1], "user@a.example") == DUNNO, 20, "the attempt of before to count")


def test_edits_that_the_new_primary_lost_are_in_no_replica(pair, new_node):
    """Of two nodes one has seen them, and the other one has not."""
    seen, not_seen = new_node(), new_node()
    pair.wait_replicated()
    not_seen.process.send_signal(signal.SIGSTOP)
    pair.hold_replication()
    pair.primary.sql("update domain set stealth = true where name = 'a.example'")
    pair.primary.sql("insert into domain (name, plan) values ('lost.example', 'basic')")
    pair.primary.sql("delete from domain where name = 'd.example'")
    seen.wait_row("domain", "a.example", 20, stealth="true")
    seen.wait_row("domain", "lost.example", 20)
    seen.wait_gone("domain", "d.example")
    pair.primary.kill()
    not_seen.process.send_signal(signal.SIGCONT)
    pair.promote()
    pair.standby.sql("update domain set stealth = true where name = 'b.example'")
    for node in (seen, not_seen):
        node.wait_row("domain", "b.example", TAKEN_OVER, stealth="true")
        node.wait_row("domain", "a.example", TAKEN_OVER, stealth="false")
        node.wait_row("mailbox", "user@d.example", TAKEN_OVER)
        node.wait_gone("domain", "lost.example")
        assert node.metric("failing") == 0
    assert seen.rows() == not_seen.rows()


def test_edits_at_the_new_primary_before_the_first_look(pair, node):
    """They have the transaction ids of those that were lost."""
    pair.wait_replicated()
    pair.hold_replication()
    for number in range(40):
        pair.primary.sql("update domain set queue_alert_messages = %s, stealth = true where name = 'a.example'", number + 1)
    node.wait_row("domain", "a.example", 20, stealth="true", queue_alert_messages="40")
    node.process.send_signal(signal.SIGSTOP)
    pair.primary.kill()
    pair.promote()
    for number in range(60):
        pair.standby.sql("update domain set queue_alert_messages = %s where name = 'c.example'", number + 1)
    node.process.send_signal(signal.SIGCONT)
    node.wait_row("domain", "c.example", TAKEN_OVER, queue_alert_messages="60")
    node.wait_row("domain", "a.example", TAKEN_OVER, stealth="false")


def test_a_server_with_another_name_is_refused(pair, node):
    """verify-full: who took over the address has no certificate for the name."""
    node.stop()
    node.start(database=pair.dsn("emailgency_replicator", names=("other.db.example", NAMES[1])))
    node.wait_log('does not match host name "other.db.example"', 20)
    pair.primary.sql("update domain set stealth = true where name = 'a.example'")
    pair.primary.kill()
    pair.promote()
    node.wait_log("database connected again", TAKEN_OVER)


@pytest.fixture
def pooler(pair):
    """PgBouncer by the shipped logins.ini, with the lines that docs/operations.md says: 1.18 compares the whole list of hosts with
    the certificate, so verify-full works with one host only."""
    text = (SOURCE / "packaging" / "pgbouncer" / "logins.ini").read_text(encoding="utf-8")
    shipped = "emailgency = host=/run/postgresql dbname=emailgency user=emailgency_dovecot"
    assert shipped in text
    text = text.replace(shipped, f"emailgency = host={pair.primary.address},{pair.standby.address} port={pair.port} dbname=postgres user=emailgency_dovecot "
                                 f"password={PASSWORD}")
    port = free_port()
    text = text.replace("listen_port = 6432", f"listen_port = {port}\nserver_tls_sslmode = verify-ca\nserver_tls_ca_file = {pair.folder}/ca.crt")
    text = text.replace("unix_socket_dir = /run/emailgency-logins", f"unix_socket_dir = {pair.folder}")
    (pair.folder / "logins.ini").write_text(text, encoding="utf-8")
    process = subprocess.Popen(["pgbouncer", "-u", "postgres", pair.folder / "logins.ini"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=open(pair.folder / "pgbouncer.log", "wb"))
    wait_for(lambda: os.path.exists(pair.folder / f".s.PGSQL.{port}"), what="PgBouncer")
    yield f"host={pair.folder} port={port} dbname=emailgency user=emailgency_dovecot"
    process.terminate()
    process.wait(15)


def logs_in(pooler):
    try:
        with psycopg.connect(pooler, connect_timeout=5, autocommit=True, prepare_threshold=None) as connection:
            return connection.execute("select address from emailgency.dovecot_passdb('user@a.example') where password is not null").fetchone() is not None
    except psycopg.Error:
        return False


def test_log_ins_go_on(pair, pooler):
    pair.primary.sql("select set_password('user@a.example', 'correct horse battery 9')")
    pair.wait_replicated()
    if not logs_in(pooler):  # it says why in its log
        pytest.fail((pair.folder / "pgbouncer.log").read_text()[-2000:])
    pair.primary.kill()
    pair.promote()
    wait_for(lambda: all(logs_in(pooler) for _ in range(5)), TAKEN_OVER, "look-ups at the new primary")
