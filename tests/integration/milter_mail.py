# SPDX-License-Identifier: BSD-2-Clause
"""Domains with columns of their own, messages byte by byte, and what became of them at the customer's server."""
import email
import random
import string

import pytest

from smtp import Reply
from stack import drop_domain, wait_for

GOOD = {"client": "192.0.2.10", "name": "mail.sender.example"}  # what sender.example's record names
BAD = {"client": "198.51.100.66", "name": "[UNAVAILABLE]"}
FORGED = "ceo@sender.example"


def unique(prefix):
    return prefix + "".join(random.choices(string.ascii_lowercase, k=14))


@pytest.fixture
def set_domain(stack, domain):
    """set_domain(column=value): of the test's domain."""

    def change(name=domain, **columns):
        for column, value in columns.items():
            stack.sql(f"update domain set {column} = %s where name = %s", value, name)

    return change


@pytest.fixture
def more_domains(stack):
    """more_domains(spf='off'): another domain with a mailbox anna, gone afterwards."""
    made = []

    def make(**columns):
        name = unique("e") + ".example"
        made.append(name)
        stack.sql("""insert into domain (name, plan, greylisting, verify_recipients, transport)
                     values (%s, 'basic', 'off', false, %s)""", name, stack.env["EMG_CUSTOMER"])
        for column, value in columns.items():
            stack.sql(f"update domain set {column} = %s where name = %s", value, name)
        stack.sql("insert into mailbox (address) values (%s)", f"anna@{name}")
        return name

    yield make
    for name in made:
        drop_domain(stack, name)


def arrived(stack, subject):
    """The message as the customer's server has it, with its envelope."""
    path = wait_for(lambda: stack.customer_has(subject), 20, f"{subject} at the customer's server")
    return email.message_from_bytes(path.read_bytes())


def results(message):
    return [" ".join(value.split()) for value in message.get_all("Authentication-Results", [])]


def body_of(size, subject):
    """A message of exactly so many bytes on the wire, with the fields that Postfix would add for a local client."""
    head = (f"Subject: {subject}\r\nFrom: a@sender.example\r\nDate: Sun, 22 Nov 2026 10:00:00 +0000\r\n"
            f"Message-Id: <{subject.split()[-1]}@sender.example>\r\n\r\n").encode()
    lines, rest = divmod(size - len(head), 72)
    return head + b"x" * 70 + b"\r\n" + (b"x" * 70 + b"\r\n") * (lines - 2) + b"y" * (72 + rest - 2) + b"\r\n"


def send_raw(session, data):
    """DATA with these bytes, which have no line that begins with a dot."""
    code, text = session.docmd("DATA")
    assert code == 354, text
    session.send(data + b".\r\n")
    return Reply(session.getreply())
