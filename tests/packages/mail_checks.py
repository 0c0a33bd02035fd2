# SPDX-License-Identifier: BSD-2-Clause
"""Checks of an installed node by real SMTP and IMAP, the same however it was installed."""
import contextlib
import imaplib
import itertools
import smtplib
import ssl

from internet import MX, OTHER, SENDER
from machine import network_of, wait_for

USER, PASSWORD = "user@customer.example", "Kestrel-48-pond"
serial = itertools.count()


@contextlib.contextmanager
def session(internet, source, port=25):
    with network_of(internet.pid):
        client = smtplib.SMTP(MX, port, local_hostname="mail.sender.example", timeout=60, source_address=(source, 0))
        try:
            client.ehlo()
            yield client
        finally:
            client.close()


def send(internet, sender, recipient, source=SENDER, size=None):
    """(code, text) of the reply that decided, and the subject."""
    subject = f"packages {next(serial)}"
    with session(internet, source) as client:
        for reply in (lambda: client.mail(sender, [f"size={size}"] if size else []), lambda: client.rcpt(recipient),
                      lambda: client.data(f"Subject: {subject}\r\n\r\nHello\r\n")):
            code, text = reply()
            if code >= 300:
                break
    return code, text.decode(), subject


def until(code, attempt, what):
    """The first result of attempt() whose reply has this code: rows are in force within a second, the daemons later at start."""
    last = []

    def has_code():
        last[:] = [attempt()]
        return last[0] if last[0][0] == code else None
    try:
        return wait_for(has_code, what)
    except AssertionError as late:
        raise AssertionError(f"{late}; the last reply: {last}") from None


def set_password(machine):
    machine.sql(f"select set_password('{USER}', '{PASSWORD}')")


def prepare(machine):
    """A short greylisting, so that the tests are short."""
    machine.sql("update setting set value = '2' where name = 'greylist_delay'", "update domain set greylisting = 'all'")
    set_password(machine)


def greylisted_then_accepted(machine, internet, sender="first@sender.example"):
    _, text, _ = until(450, lambda: send(internet, sender, USER), "a first-time sender is greylisted")
    assert "Greylisted" in text
    _, _, subject = until(250, lambda: send(internet, sender, USER), "the retry is accepted")
    wait_for(lambda: internet.arrived(subject), f"the customer's server gets {subject!r}")
    return subject


def known_sender_is_accepted(machine, internet):
    _, _, subject = until(250, lambda: send(internet, "first@sender.example", USER), "a known sender passes")
    wait_for(lambda: internet.arrived(subject), f"the customer's server gets {subject!r}")
    copy_is_in_the_store(machine, subject)


def white_listed(machine, internet):
    machine.sql("insert into whitelist (domain, entry) values ('customer.example', 'friend@elsewhere.example')")
    _, _, subject = until(250, lambda: send(internet, "friend@elsewhere.example", USER, source=OTHER), "a white-listed sender passes")
    wait_for(lambda: internet.arrived(subject), f"the customer's server gets {subject!r}")


def spf_fail_is_refused(machine, internet):
    machine.sql("update domain set spf = 'reject'")
    _, text, _ = until(550, lambda: send(internet, "forged@sender.example", USER, source=OTHER), "SPF fail is refused")
    assert "5.7.23" in text


def oversize_is_refused(machine, internet):
    machine.sql(f"update mailbox set max_message_size = 65536 where address = '{USER}'")
    _, text, _ = until(552, lambda: send(internet, "friend@elsewhere.example", USER, source=OTHER, size=900000),
                       "a message that is too big is refused")
    assert "5.2.3" in text


def unknown_is_refused(internet):
    code, text, _ = send(internet, "friend@elsewhere.example", "user@not-served.example", source=OTHER)
    assert code == 554 and "Relay access denied" in text


def log_in(internet):
    """Submits a message; (code, text) of the reply that decided."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with session(internet, OTHER, port=587) as client:
        client.starttls(context=context)
        client.ehlo()
        try:
            client.login(USER, PASSWORD)
        except smtplib.SMTPAuthenticationError as refused:
            return refused.smtp_code, refused.smtp_error.decode()
        client.mail(USER)
        code, text = client.rcpt("someone@sender.example")
        return code, text.decode()


def denied_log_in(machine, internet):
    until(250, lambda: log_in(internet), "the user may submit")
    machine.sql(f"select deny_sending('{USER}')")
    wait_for(lambda: log_in(internet)[0] in (535, 550), "the denied user may not submit")
    machine.sql(f"select allow_sending('{USER}')")
    until(250, lambda: log_in(internet), "the user may submit again")


def copy_is_in_the_store(machine, subject):
    def found():
        with network_of(machine.pid), contextlib.closing(imaplib.IMAP4("127.0.0.1", timeout=60)) as client:
            with contextlib.suppress(imaplib.IMAP4.error):
                client.login(USER, PASSWORD)
                client.select("INBOX", readonly=True)
                return client.search(None, "SUBJECT", f'"{subject}"')[1][0]
        return None
    wait_for(found, f"the store has {subject!r}")
    owner = machine.run("stat -c %U:%a /var/lib/emailgency-store").strip()
    assert owner == "emailgency-store:700"


def all_of_it(machine, internet):
    prepare(machine)
    subject = greylisted_then_accepted(machine, internet)
    white_listed(machine, internet)
    copy_is_in_the_store(machine, subject)
    denied_log_in(machine, internet)
    spf_fail_is_refused(machine, internet)
    oversize_is_refused(machine, internet)
    unknown_is_refused(internet)
