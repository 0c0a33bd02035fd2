# SPDX-License-Identifier: BSD-2-Clause
"""A node whose mail is stored by the Dovecot of another one, with the lines that `emailgencyctl node add` prints."""
import pathlib
import re
import signal
import subprocess

import pytest

from smtp import new_network
from stack import wait_for
from store_mail import doveadm, dovecot_mail


@pytest.fixture
def plan(stack):
    done = subprocess.run([stack.env["EMG_CTL"], "node", "add", "mx2.example.net", "192.0.2.26", "--database", stack.env["EMG_PG"]],
                          capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture
def listener(stack, plan):
    """The LMTP listener as printed; listener(False) takes it away again."""
    path = pathlib.Path(stack.env["EMG_DOVECOT"])
    before = path.read_text()
    block = re.search(r"^   service lmtp \{\n(?:.*\n)*?   \}\n", plan, re.MULTILINE)[0]

    def switch(on):
        path.write_text(before + block if on else before)
        doveadm(stack, "reload")

    yield switch
    switch(False)


@pytest.fixture
def remote_store(running, plan):
    """transportmap's line as printed, with the address of this machine in place of the other node's name."""
    path = pathlib.Path(running.env["EMG_CONF"]) / "transportmap.conf"
    before = path.read_text()
    line = re.search(r"^   (lmtp_destination = .*)$", plan, re.MULTILINE)[1]
    line = re.sub(r"inet:[^:]+:", f"inet:{running.address('EMG_SMTP')[0]}:", line)
    path.write_text(re.sub(r"^lmtp_destination.*$", line, before, flags=re.MULTILINE))
    restart(running)
    yield
    path.write_text(before)
    restart(running)


def restart(stack):
    stack.kill("transportmap", signal.SIGTERM)
    stack.start("transportmap")


def send(stack, mx, recipient, subject):
    assert mx(client=new_network()).message("a@pal.test", recipient, subject).code == 250


def stored(stack, recipient, subject):
    return f"hdr.subject: {subject}" in doveadm(stack, "fetch", "-u", recipient, "hdr.subject", "mailbox", "INBOX", "ALL")


def test_mail_is_stored_at_the_other_node_and_waits_for_it(running, listener, remote_store, domain, mx):
    stack, anna = running, f"anna@{domain}"
    stack.sql("update domain set keep_copy = true, spf = 'off' where name = %s", domain)
    listener(True)
    send(stack, mx, anna, "over tcp")
    wait_for(lambda: stored(stack, anna, "over tcp"), 30, "the copy in the store")
    wait_for(lambda: stack.customer_has("over tcp"), 30, "delivery to the customer's server")
    listener(False)
    send(stack, mx, anna, "store away")
    wait_for(lambda: stack.customer_has("store away"), 30, "delivery to the customer's server, which goes on")
    assert not stored(stack, anna, "store away")
    listener(True)
    wait_for(lambda: stored(stack, anna, "store away") or flush(stack), 60, "what waited to be stored")
    assert len(dovecot_mail(stack, anna, "INBOX")) == 2


def flush(stack):
    subprocess.run(["postqueue", "-c", stack.env["EMG_POSTFIX"], "-f"], check=True)
