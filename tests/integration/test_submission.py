# SPDX-License-Identifier: BSD-2-Clause
"""Submission with Dovecot's SASL on our rows, and SMTP deny at AUTH, in running sessions and for whole domains."""
import imaplib
import smtplib

import pytest

from smtp import Reply, Session
from stack import wait_for
from submission import PASSWORD, anna, authenticates, log_in  # noqa: F401


def test_authenticated_mail_reaches_the_customer(stack, anna):
    subject = f"from {anna}"
    with log_in(stack, anna) as session:
        reply = session.message(anna, anna.replace("anna", "bert"), subject)
        assert reply.code == 250, reply
    wait_for(lambda: stack.customer_has(subject), 15, "the mail at the customer's server")


def test_wrong_password(stack, anna):
    assert not authenticates(stack, anna, "wrong")
    assert not authenticates(stack, "nobody@" + anna.partition("@")[2])


def test_without_authentication_nothing_is_taken(stack, anna):
    with Session(stack.address("EMG_SUBMISSION")) as session:
        reply = session.envelope(anna, anna)
        assert reply.code == 554, reply


@pytest.mark.parametrize("of", ["mailbox", "domain"])
def test_denied_at_auth_and_allowed_again(stack, anna, of):
    target = anna if of == "mailbox" else anna.partition("@")[2]
    stack.sql("select deny_sending(%s)", target)
    wait_for(lambda: not authenticates(stack, anna), 1.2, "the refusal at AUTH")
    imap = imaplib.IMAP4(*stack.address("EMG_IMAP"))
    assert imap.login(anna, PASSWORD)[0] == "OK", "IMAP goes on"
    imap.logout()
    stack.sql("select allow_sending(%s)", target)
    wait_for(lambda: authenticates(stack, anna), 2.2, "being allowed again")  # Dovecot remembers the refusal


@pytest.mark.parametrize("of", ["mailbox", "domain"])
def test_denied_in_a_running_session(stack, anna, of):
    target = anna if of == "mailbox" else anna.partition("@")[2]
    with log_in(stack, anna) as session:
        assert session.envelope(anna, anna).code == 250
        session.rset()
        stack.sql("select deny_sending(%s)", target)

        def refused():
            reply = session.envelope(anna, anna)
            session.rset()
            return reply if reply.code != 250 else None

        reply = wait_for(refused, 1, "the refusal")
        assert str(reply).startswith("550 5.7.1"), reply
        assert Reply(session.noop()).code == 250


def test_direct_edit_of_the_row(stack, anna):
    stack.sql("update mailbox set smtp_deny = true where address = %s", anna)
    wait_for(lambda: not authenticates(stack, anna), 1.2, "the refusal at AUTH")


def test_login_survives_postgresql_outage(stack, anna):
    """Users who logged in before are served from Dovecot's cache."""
    assert authenticates(stack, anna)
    stack.postgresql("-m", "fast", "stop")
    try:
        wait_for(lambda: authenticates(stack, anna), 10, "log-in from the cache")
    finally:
        stack.postgresql("start")
    wait_for(lambda: authenticates(stack, anna), 10, "log-in from the rows")
