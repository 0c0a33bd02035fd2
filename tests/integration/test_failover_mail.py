# SPDX-License-Identifier: BSD-2-Clause
"""A whole node whose PostgreSQL is killed while mail comes in, and whose daemons go on at the standby: no mail is refused or lost."""
import imaplib
import os
import pathlib
import re
import shutil
import signal
import smtplib
import subprocess
import threading

import pytest

from replica import PG_BIN, as_postgres
from smtp import Session, new_network
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


class Sender:
    """Messages one after the other; what was accepted, and each reply that was another."""

    def __init__(self, stack, recipient, name):
        self.stack, self.recipient, self.name = stack, recipient, name
        self.accepted, self.refused, self.ended = [], [], threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while not self.ended.wait(0.05):
            subject = f"{self.name}-{len(self.accepted):04}."
            try:
                with Session(self.stack.address("EMG_SMTP"), new_network(), "mail.sender.example") as session:
                    reply = session.message("a@pal.test", self.recipient, subject)
            except (OSError, smtplib.SMTPException) as error:
                self.refused.append(f"{subject} {error!r}")
                continue
            (self.accepted if reply.code == 250 else self.refused).append(subject if reply.code == 250 else f"{subject} {reply}")

    def stop(self):
        self.ended.set()
        self.thread.join()


def subjects_at_customer(stack):
    texts = [path.read_text(errors="replace") for path in pathlib.Path(stack.env["EMG_CUSTOMER_MAIL"]).glob("[!.]*.eml")]
    return [found[1] for text in texts if (found := re.search(r"^Subject: (\S+-\d{4}\.)\r?$", text, re.MULTILINE))]


def kill_all(postmaster):
    family = subprocess.run(["pgrep", "-P", str(postmaster)], capture_output=True, text=True, check=False).stdout.split()
    for pid in (postmaster, *map(int, family)):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass  # it ended with the first one


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
