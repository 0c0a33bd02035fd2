# SPDX-License-Identifier: BSD-2-Clause
"""The daemons through PgBouncer in transaction mode: each but the replicator, which needs a session (docs/scaling.md, "Connections")."""
import concurrent.futures
import socket
import subprocess

import pytest

from check_node import Node
from customer_server import mail_to
from pooler import Pooler
from stack import wait_for
from store_mail import dovecot_mail

POOLED = ("policyd", "milter", "notifier", "tracker", "keeper")
ROLES = tuple(f"emailgency_{daemon}" for daemon in (*POOLED, "replicator"))


@pytest.fixture(scope="module")
def pooler(stack):
    pooler = Pooler(stack, f"{stack.folder}/pooler", ROLES)
    files = [pooler.lead(daemon) for daemon in POOLED]
    pooler.begins = {daemon: len(stack.daemon_log(daemon)) for daemon in POOLED}
    yield pooler
    for path, before in files:
        path.write_text(before)
        pooler.restart(path.stem)
    pooler.stop()


def log(pooler, daemon):
    """Since it goes through the pooler."""
    return pooler.stack.daemon_log(daemon)[pooler.begins[daemon]:]


def ask(stack, recipient, clients):
    """The answers of policyd to new clients, on one connection."""
    answers = []
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(stack.env["EMG_POLICYD"])
        for client in clients:
            lines = {"request": "smtpd_access_policy", "protocol_state": "RCPT", "client_address": client, "client_name": "unknown",
                     "sender": "a@sender.example", "recipient": recipient}
            connection.sendall("".join(f"{name}={value}\n" for name, value in lines.items()).encode() + b"\n")
            answers.append(connection.recv(65536).decode().strip())
    return answers


def test_the_greylist_counts_each_attempt(stack, pooler, domain):
    """Several connections at once, so that the pooler runs one's statements on another one's connection."""
    stack.sql("update domain set greylisting = 'all', blacklisting = false where name = %s", domain)
    shares = [[f"12.{share}.{number}.1" for number in range(40)] for share in range(6)]
    with concurrent.futures.ThreadPoolExecutor() as pool:
        answers = [answer for share in pool.map(lambda clients: ask(stack, f"anna@{domain}", clients), shares) for answer in share]
    assert "action=DUNNO" not in answers
    assert stack.value("select count(*) from greylist where recipient = %s", f"anna@{domain}") == 240
    stack.sql("update greylist set first_seen = first_seen - interval '30 minutes' where recipient = %s", f"anna@{domain}")
    assert set(ask(stack, f"anna@{domain}", [clients[0] for clients in shares])) == {"action=DUNNO"}


def test_mail_is_delivered_stored_traced_and_counted(stack, pooler, domain, mx):
    stack.sql("update domain set keep_copy = true, spf = 'off' where name = %s", domain)
    for number in range(10):
        assert mx(client="192.0.2.77").message("a@pal.test", f"bert@{domain}", f"pooled-{domain}-{number}").code == 250
    wait_for(lambda: all(stack.customer_has(f"pooled-{domain}-{number}") for number in range(10)), 60, "delivery")
    wait_for(lambda: len(dovecot_mail(stack, f"bert@{domain}", "INBOX")) == 10, 60, "the copies")
    wait_for(lambda: stack.value("select count(*) from message where %s = any(domains)", domain) == 10, 60, "the rows of each message")
    wait_for(lambda: stack.value("select count(*) from activity where domain = %s", domain) > 0, 60, "the counts")
    wait_for(lambda: stack.value("select messages from mailbox_usage where address = %s", f"bert@{domain}") == 10, 60, "the usage")


def test_an_alert_is_sent_once(stack, pooler, domain):
    admin = f"admin@{domain.partition('.')[0]}.partner.example"
    stack.sql("insert into contact (domain, kind, address) values (%s, 'mail', %s)", domain, admin)
    subprocess.run([stack.env["EMG_CTL"], "contact", "test", domain, "mail", admin, "--database", stack.env["EMG_PG"]], check=True, capture_output=True)
    wait_for(lambda: mail_to(stack, admin), 60, "the message")
    wait_for(lambda: stack.value("select count(*) from outbox where address = %s and sent_at is not null", admin) == 1, 60, "the mark that it was sent")
    assert len(mail_to(stack, admin)) == 1


def test_no_daemon_leaves_anything_in_a_session_or_loses_one(stack, pooler):
    """Comes last: what the tests before made."""
    for daemon in POOLED:
        wait_for(lambda daemon=daemon: "database reached through a pooler" in log(pooler, daemon), 20, f"{daemon} through the pooler")
        assert "connection lost" not in log(pooler, daemon) and "prepared statement" not in log(pooler, daemon), log(pooler, daemon)[-2000:]
        assert pooler.sql(f"emailgency_{daemon}", "select current_setting('lock_timeout'), current_setting('statement_timeout')") == [("3s", "0")]
        assert pooler.sql(f"emailgency_{daemon}", "select name from pg_prepared_statements") == []


def test_check_says_that_the_replicator_needs_a_session(stack, pooler, tmp_path):
    tmp_path.chmod(0o755)
    node = Node(stack, tmp_path)
    assert not any("pooler" in line for line in node.wrong("postgresql"))
    path = node.conf("replicator.conf")
    server = next(line for line in path.read_text().splitlines() if line.startswith("database = ")).partition(" user=")[0]
    node.edit(path, server, f'database = "{pooler.dsn}')
    assert any(line.startswith("warning: pg.replicator.database: leads to a pooler") for line in node.wrong("postgresql")), node.wrong("postgresql")
    assert pooler.sql("emailgency_replicator", "select current_setting('statement_timeout')") == [("0",)]
