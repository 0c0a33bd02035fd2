# SPDX-License-Identifier: BSD-2-Clause
"""A whole node whose PostgreSQL is killed while mail comes in, and whose daemons go on at the standby: no mail is refused or lost."""
import imaplib
import os
import pathlib
import re
import shutil
import signal
import subprocess

import pytest

from mail_stream import Sender, subjects_at_customer
from patroni_cluster import kill_all
from replica import PG_BIN, as_postgres
from stack import DAEMONS, Stack, new_folder, quickstart, wait_for
from store_mail import PASSWORD, dovecot_mail, imap

TAKEN_OVER = 60


class Standby:
    """Of the stack's PostgreSQL, on a socket in a folder of its own."""

    def __init__(self, stack):
        self.stack = stack
        self.folder = stack.folder / "standby"
        self.port = re.search(r"port=(\d+)", stack.env["EMG_PG"])[1]
        self.primary = re.search(r"host=(\S+)", stack.env["EMG_PG"])[1]
        subprocess.run(["install", "-d", "-o", "postgres", "-m", "0755", self.folder], check=True)
        with open(pathlib.Path(stack.env["EMG_PGDATA"]) / "pg_hba.conf", "a", encoding="ascii") as hba:
            hba.write("local replication postgres peer map=quickstart\n")
        stack.postgresql("reload")
        as_postgres(PG_BIN / "pg_basebackup", "-D", self.folder / "data", "-h", self.primary, "-p", self.port, "-U", "postgres", "-R", "-X", "stream", "-c", "fast")
        with open(self.folder / "data" / "postgresql.conf", "a", encoding="ascii") as conf:
            conf.write(f"listen_addresses = ''\nunix_socket_directories = '{self.folder}'\nhba_file = '{self.folder}/data/pg_hba.conf'\n"
                       f"ident_file = '{self.folder}/data/pg_ident.conf'\n")
        self.control("start")

    def control(self, action):
        as_postgres(PG_BIN / "pg_ctl", "-D", self.folder / "data", "-l", self.folder / "log", "-w", action)

    def lead_daemons(self):
        """Each `database` names both servers, as docs/operations.md says."""
        for path in [*pathlib.Path(self.stack.env["EMG_CONF"]).glob("*.conf")]:
            text = path.read_text()
            changed = re.sub(rf'^(database = ")host={self.primary} (.*)"$', rf'\1host={self.primary},{self.folder} \2 target_session_attrs=read-write"',
                             text, flags=re.MULTILINE)
            if changed != text:
                path.write_text(changed)
        logins = pathlib.Path(self.stack.env["EMG_CONF"]) / "logins.ini"
        logins.write_text(logins.read_text().replace(f"host={self.primary} ", f"host={self.primary},{self.folder} "))
        os.kill(int((self.stack.folder / "run" / "logins" / "pid").read_text()), signal.SIGHUP)
        for daemon in DAEMONS:
            self.stack.kill(daemon, signal.SIGTERM)
            self.stack.start(daemon)

    def promote(self):
        self.control("promote")
        self.stack.env["EMG_PG"] = self.stack.env["EMG_PG"].replace(self.primary, str(self.folder))


@pytest.fixture
def stack():
    folder = new_folder()
    quickstart(folder, "--no-install", "--no-tour")
    stack = Stack(folder)
    yield stack
    quickstart(folder, "--down", check=False)
    data = folder / "standby" / "data"
    if (data / "postmaster.pid").exists():
        subprocess.run(["runuser", "-u", "postgres", "--", PG_BIN / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop"], check=False, cwd="/",
                       capture_output=True, timeout=60)
    shutil.rmtree(folder)


def test_no_mail_is_refused_or_lost(stack):
    standby = Standby(stack)
    standby.lead_daemons()
    stack.sql("insert into domain (name, plan, greylisting, verify_recipients, keep_copy, spf, transport) values "
              "('fail.example', 'basic', 'off', false, true, 'off', %s)", stack.env["EMG_CUSTOMER"])
    stack.sql("insert into mailbox (address) values ('anna@fail.example'), ('bert@fail.example')")
    stack.sql("select set_password('bert@fail.example', %s)", PASSWORD)
    wait_for(lambda: stack.sql("select count(*) from pg_stat_replication") == [(1,)], 20, "the standby to stream")
    senders = [Sender(stack, f"{user}@fail.example", user) for user in ("anna", "bert")]
    try:
        wait_for(lambda: all(len(sender.accepted) > 20 for sender in senders), 60, "mail")
        kill_all(int((pathlib.Path(stack.env["EMG_PGDATA"]) / "postmaster.pid").read_text().split()[0]))
        before = [len(sender.accepted) for sender in senders]
        wait_for(lambda: all(len(sender.accepted) > count + 10 for sender, count in zip(senders, before)), 60, "mail while there is no PostgreSQL")
        standby.promote()
        before = [len(sender.accepted) for sender in senders]
        wait_for(lambda: all(len(sender.accepted) > count + 20 for sender, count in zip(senders, before)), 60, "mail after it")
    finally:
        for sender in senders:
            sender.stop()
    assert [sender.refused for sender in senders] == [[], []]
    accepted = sorted(subject for sender in senders for subject in sender.accepted)
    wait_for(lambda: sorted(subjects_at_customer(stack)) == accepted, TAKEN_OVER, "each accepted message at the customer's server, once")
    for sender in senders:
        wait_for(lambda sender=sender: len(dovecot_mail(stack, sender.recipient, "INBOX")) == len(sender.accepted), TAKEN_OVER, "each copy, once")
    check_rows(stack, len(accepted))
    wait_for(lambda: logs_in(stack, "bert@fail.example"), TAKEN_OVER, "a log-in of a user who is new to Dovecot's cache")


def logs_in(stack, user):
    try:
        with imap(stack, user):
            return True
    except imaplib.IMAP4.error:
        return False


def check_rows(stack, accepted):
    """Rows of the daemons at the new primary: edits in force, messages of the log."""
    stack.sql("update domain set stealth = true where name = 'fail.example'")
    stack.wait_current()
    wait_for(lambda: stack.value("select count(distinct queue_id) from message where 'fail.example' = any(domains)") == accepted, TAKEN_OVER,
             "the rows of each message")
    for daemon in ("replicator", "policyd", "milter", "tracker", "keeper", "notifier"):
        wait_for(lambda daemon=daemon: "database connected again" in stack.daemon_log(daemon), TAKEN_OVER, f"{daemon} at the new primary")
