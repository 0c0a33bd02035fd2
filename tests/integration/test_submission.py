# SPDX-License-Identifier: BSD-2-Clause
"""Submission with Dovecot's SASL on our rows, and SMTP deny at AUTH, in running sessions and for whole domains."""
import base64
import imaplib
import os
import pathlib
import smtplib
import socket
import subprocess

import pytest

from smtp import Reply, Session
from stack import wait_for
from submission import PASSWORD, anna, authenticates, log_in  # noqa: F401

DISABLED = "5.7.8 Error: authentication failed: Sending mail is disabled for this account"
MECHANISMS = ("PLAIN", "LOGIN")


def refusal(stack, user, password=PASSWORD, mechanism="PLAIN"):
    """The text of a 535 in reply to AUTH; None if the user may send."""
    with Session(stack.address("EMG_SUBMISSION")) as session:
        session.ehlo()
        session.user, session.password = user, password
        try:
            session.auth(mechanism, getattr(session, f"auth_{mechanism.lower()}"))
        except smtplib.SMTPAuthenticationError as refused:
            assert refused.smtp_code == 535, refused
            return refused.smtp_error.decode()
    return None


def logged(stack, user):
    """Postfix's log lines on refused log-ins of a user."""
    return [line for line in stack.mail_log().splitlines() if line.endswith(f"sasl_username={user}")]


def dovecot_reply(stack, user, password):
    """Dovecot's reply to Postfix: the fields of its line."""
    queue = subprocess.run(["postconf", "-c", stack.env["EMG_POSTFIX"], "-h", "queue_directory"],
                           capture_output=True, text=True, check=True).stdout.strip()
    with socket.socket(socket.AF_UNIX) as connection, connection.makefile("rw") as dovecot:
        connection.settimeout(20)
        connection.connect(f"{queue}/private/auth")
        response = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
        dovecot.write(f"VERSION\t1\t1\nCPID\t{os.getpid()}\nAUTH\t1\tPLAIN\tservice=smtp\tnologin\tresp={response}\n")
        dovecot.flush()
        return next(line for line in dovecot if line.startswith(("OK\t", "FAIL\t"))).rstrip("\n").split("\t")


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


@pytest.mark.parametrize("mechanism", MECHANISMS)
@pytest.mark.parametrize("of", ["mailbox", "domain"])
def test_a_denial_says_so_at_auth(stack, anna, of, mechanism):
    """To the client and in the log, with the row that denies; only after the right password."""
    stack.sql("select deny_sending(%s)", anna if of == "mailbox" else anna.partition("@")[2])
    said = wait_for(lambda: refusal(stack, anna, mechanism=mechanism), 10, "the refusal at AUTH")
    assert said == f"{DISABLED} ({of}.smtp_deny)"
    why = f"SASL {mechanism} authentication failed: Sending mail is disabled for this account ({of}.smtp_deny), sasl_username={anna}"
    wait_for(lambda: any(line.endswith(why) for line in logged(stack, anna)), 20, "the line in Postfix's log")


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_a_wrong_password_learns_nothing(stack, anna, mechanism):
    """The reply is the same whether the account is denied or not, also where Dovecot has the denial in its cache."""
    wrong = refusal(stack, anna, "wrong", mechanism)
    assert "disabled" not in wrong
    stack.sql("select deny_sending(%s)", anna)
    wait_for(lambda: refusal(stack, anna, mechanism=mechanism), 10, "the refusal at AUTH")
    assert refusal(stack, anna, "wrong", mechanism) == wrong
    assert refusal(stack, "nobody@" + anna.partition("@")[2], "wrong", mechanism) == wrong


def auth_ticks(stack):
    """Processor time of Dovecot's auth processes, in clock ticks."""
    master = (stack.folder / "run/dovecot/master.pid").read_text().strip()
    children = subprocess.run(["pgrep", "-P", master, "-x", "auth"], capture_output=True, text=True, check=True).stdout.split()
    return sum(int(field) for pid in children
               for field in pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[11:13])


def test_a_guess_costs_as_much_if_the_account_is_denied(stack, anna):
    """With a costly hash: a second check of it would show in the time."""
    costly = subprocess.run(["doveadm", "pw", "-s", "BLF-CRYPT", "-r", "12", "-p", PASSWORD],
                            capture_output=True, text=True, check=True).stdout.strip()
    stack.sql("update mailbox set password = %s where address = %s", costly, anna)

    def guesses():
        began = auth_ticks(stack)
        for _ in range(4):
            assert "reason" not in str(dovecot_reply(stack, anna, "wrong"))
        return auth_ticks(stack) - began

    guesses()  # the cache may hold the hash before
    allowed = guesses()
    stack.sql("select deny_sending(%s)", anna)
    wait_for(lambda: refusal(stack, anna), 20, "the refusal at AUTH")
    guesses()  # the first one after a right password checks the hash of the cache as well
    assert guesses() < 1.5 * allowed


def test_a_denial_slows_nobody_down(stack, anna):
    """Dovecot delays the log-ins of an address after a wrong password there, and not after a denial."""
    stack.sql("select deny_sending(%s)", anna)
    wait_for(lambda: refusal(stack, anna), 10, "the refusal at AUTH")
    assert "nodelay" in dovecot_reply(stack, anna, PASSWORD)
    assert "nodelay" not in dovecot_reply(stack, anna, "wrong")


def test_an_exempt_mailbox_sends_though_its_domain_may_not(stack, anna):
    home = anna.partition("@")[2]
    stack.sql("select deny_sending(%s)", home)
    wait_for(lambda: refusal(stack, anna), 10, "the refusal at AUTH")
    stack.sql("select allow_sending(%s)", anna)
    wait_for(lambda: refusal(stack, anna) is None, 10, "the exemption")
    stack.sql("select deny_sending(%s)", anna)
    assert wait_for(lambda: refusal(stack, anna), 10, "the refusal at AUTH").endswith("(mailbox.smtp_deny)")


def test_a_denial_outlasts_postgresql(stack, anna):
    """A user whose denial Dovecot has met is refused with the same text while PostgreSQL is away."""
    stack.sql("select deny_sending(%s)", anna)
    said = wait_for(lambda: refusal(stack, anna), 10, "the refusal at AUTH")
    stack.postgresql("-m", "fast", "stop")
    try:
        assert refusal(stack, anna) == said
    finally:
        stack.postgresql("start")
    wait_for(lambda: stack.value("select true"), 30, "PostgreSQL to answer again")


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
