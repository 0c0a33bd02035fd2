# SPDX-License-Identifier: BSD-2-Clause
"""Outages of a customer's server: the incident, and the mail to the contacts of the domain."""
import os
import pathlib
import re
import signal
import subprocess

import psycopg
import pytest

from customer_server import RULES, Server, mail_to, message_ids
from stack import wait_for


@pytest.fixture
def server(stack, tmp_path):
    server = Server(stack, tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def watched(stack, running, domain, setting, server):
    """A domain whose server is probed every few seconds, and is up."""
    for name, value in RULES.items():
        setting(name, value)
    stack.sql("update domain set transport = %s, monitoring = 'simple' where name = %s", f"{server.host}:{server.port}", domain)
    wait_for(lambda: state(stack, domain) == "up", 60, "the first probe")
    yield domain
    stack.sql("update domain set monitoring = 'off' where name = %s", domain)


def state(stack, domain):
    return stack.value("select state from probe where domain = %s", domain)


def add_contact(stack, domain, address):
    stack.sql("insert into contact (domain, kind, address) values (%s, 'mail', %s)", domain, address)


def ctl(stack, *arguments):
    return subprocess.run([stack.env["EMG_CTL"], *arguments, "--database", stack.env["EMG_PG"]], capture_output=True, text=True, timeout=60, check=False)


def test_an_outage_and_its_end_are_told_in_the_language_of_the_domain(stack, watched, server):
    admin, late = f"admin@{watched.partition('.')[0]}.partner.example", f"late@{watched.partition('.')[0]}.partner.example"
    stack.sql("update domain set language = 'fr' where name = %s", watched)
    add_contact(stack, watched, admin)
    server.stop()
    wait_for(lambda: mail_to(stack, admin), 90, "the alert")
    assert f"Le serveur de messagerie de {watched} ne prend pas de courrier." in mail_to(stack, admin)[0]
    incident = stack.value("select id from incident where domain = %s and kind = 'server' and closed_at is null", watched)
    listed = ctl(stack, "incident", "list")
    assert re.search(rf"^{incident} +{re.escape(watched)} +server ", listed.stdout, re.MULTILINE), listed
    shown = ctl(stack, "incident", "show", str(incident))
    assert re.search(rf"^{incident} .* open +\S", shown.stdout, re.MULTILINE) and re.search(rf" sent .*{admin}", shown.stdout), shown
    add_contact(stack, watched, late)
    server.start()
    wait_for(lambda: len(mail_to(stack, admin)) == 2, 90, "the mail that it is over")
    assert state(stack, watched) == "up"
    assert f"Le serveur de messagerie de {watched} prend de nouveau le courrier." in mail_to(stack, admin)[1]
    assert stack.value("select closed_at is not null from incident where id = %s", incident)
    assert stack.sql("select transition, address from outbox where incident = %s order by id", incident) == [("opened", admin), ("closed", admin)]
    assert mail_to(stack, late) == []


def test_a_contact_inside_the_domain_is_refused(stack, watched):
    with pytest.raises(psycopg.Error, match=watched):
        add_contact(stack, watched, f"anna@{watched}")


def test_nothing_is_lost_or_told_twice_while_the_database_is_away(stack, watched, server):
    admin = f"admin@{watched.partition('.')[0]}.partner.example"
    add_contact(stack, watched, admin)
    stack.wait_current()
    server.stop()
    for _ in range(2):
        stack.postgresql("-m", "immediate", "stop")
        stack.postgresql("start")
        wait_for(lambda: stack.value("select 1"), 30, "the database")
        # A probe whose result was lost keeps its lease; nobody waits for its end here.
        stack.sql("update probe set lease_until = '-infinity' where domain = %s", watched)
    wait_for(lambda: mail_to(stack, admin), 90, "the alert")
    server.start()
    wait_for(lambda: state(stack, watched) == "up", 90, "the end")
    wait_for(lambda: len(mail_to(stack, admin)) >= 2, 90, "the mail that it is over")
    assert stack.value("select count(*) from incident where domain = %s", watched) == 1
    assert len(mail_to(stack, admin)) == 2
    assert len(message_ids(mail_to(stack, admin))) == 2


@pytest.fixture
def notifier_conf(stack, running):
    """notifier_conf(line) adds a line to the notifier's configuration until the end of the test."""
    path = pathlib.Path(stack.env["EMG_CONF"]) / "notifier.conf"
    before = path.read_text()

    def add(line):
        path.write_text(before + line + "\n")

    yield add
    path.write_text(before)
    stack.kill("notifier")
    stack.start("notifier")


def test_a_notifier_killed_while_it_sends_loses_nothing(stack, watched, server, notifier_conf):
    admins = [f"admin{n}@{watched.partition('.')[0]}.partner.example" for n in range(8)]
    for admin in admins:
        add_contact(stack, watched, admin)
    script = stack.folder / "slow-sendmail"
    script.write_text('#!/bin/sh\nsleep "$(($$ % 4))"\nexec /usr/sbin/sendmail "$@"\n')
    script.chmod(0o755)
    notifier_conf(f'sendmail = "{script}"')
    stack.kill("notifier", signal.SIGTERM)
    stack.start("notifier")
    server.stop()
    sending = "select count(*) from outbox where domain = %s and lease_until > now()"
    wait_for(lambda: stack.value(sending, watched) >= 4, 90, "the sending")
    stack.kill("notifier")
    stack.sql("update outbox set lease_until = '-infinity' where domain = %s", watched, wait=False)  # as if the leases had ended
    stack.start("notifier")
    wait_for(lambda: all(mail_to(stack, admin) for admin in admins), 90, "all alerts")
    assert [len(message_ids(mail_to(stack, admin))) for admin in admins] == [1] * len(admins)
    wait_for(lambda: stack.value("select count(*) from outbox where domain = %s and sent_at is null", watched) == 0, 60, "all marked")


def test_failed_messages_are_listed_and_sent_again(stack, watched):
    admin = f"admin@{watched.partition('.')[0]}.partner.example"
    add_contact(stack, watched, admin)
    assert ctl(stack, "contact", "test", watched, "mail", admin).returncode == os.EX_OK
    wait_for(lambda: mail_to(stack, admin), 60, "the test message")
    failed = stack.value("update outbox set sent_at = null, failed_at = now(), last_error = 'no disk' where address = %s returning id", admin)
    listed = ctl(stack, "alert", "list")
    assert re.search(rf"^{failed} +failed .* no disk$", listed.stdout, re.MULTILINE), listed
    assert ctl(stack, "alert", "retry", str(failed)).returncode == os.EX_OK
    wait_for(lambda: len(mail_to(stack, admin)) == 2, 60, "the message again")
    again = ctl(stack, "alert", "retry", str(failed))
    assert (again.returncode, again.stdout) == (os.EX_DATAERR, "") and "has not failed" in again.stderr


def test_a_flush_that_is_refused_says_why(stack, watched):
    unknown = ctl(stack, "flush", "nowhere.example")
    assert unknown.returncode == os.EX_DATAERR and 'domain "nowhere.example" does not exist' in unknown.stderr
