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


def alert_arrives(machine, internet):
    """The notifier hands a translated alert to Postfix, with no more rights than its unit gives it."""
    address = f"admin{next(serial)}@contacts.example"
    contact = f"'customer.example', 'mail', '{address}'"
    machine.sql("update domain set language = 'fr'", f"insert into contact (domain, kind, address) values ({contact})",
                f"select contact_test({contact})")
    wait_for(lambda: internet.arrived_for(address, "essai des alertes"), "the contact gets a test message in French")
    wait_for(lambda: machine.sql("select count(*) filter (where sent_at is not null) = count(*) from outbox") == "t", "it is marked as sent")


def waiting_mail_is_counted_and_retried(machine, internet):
    """The queue watch reads a queue that is another account's. The notifier's account, in the folders that its unit shows it and
    without postqueue's set-group-ID bit, has a message retried."""
    ask = "exec 3<>/dev/tcp/127.0.0.1/9186; printf 'GET /metrics HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3"
    number = next(serial)
    machine.run(f"postconf -e defer_transports=smtp; postfix reload; printf 'Subject: waits {number}\\n' | sendmail waits{number}@contacts.example")
    listed = f"postqueue -j | grep -F waits{number}@ | sed -nE 's/.*\"deferred\", \"queue_id\": \"([^\"]+)\".*/\\1/p'"
    queue_id = wait_for(lambda: machine.run(listed), "the message waits").strip()
    machine.run("systemctl restart emailgency-queuewatch")
    wait_for(lambda: machine.says(f"({ask}) | grep -qE '^emailgency_queuewatch_messages.*deferred.* [1-9]'"), "the message is counted")
    assert machine.says(f"({ask}) | grep -q '^emailgency_queuewatch_complete 1'"), machine.faults()
    assert machine.run("stat -c %U:%G:%a /run/emailgency-queuewatch/socket").strip() == "root:emailgency-notifier:660"
    machine.run("postconf -X defer_transports; postfix reload")
    machine.run("nsenter -t $(systemctl show -P MainPID emailgency-notifier) -m setpriv --reuid=emailgency-notifier"
                f" --regid=emailgency-notifier --init-groups --no-new-privs postqueue -i {queue_id}")
    wait_for(lambda: internet.arrived(f"waits {number}"), "the message is delivered")


def all_of_it(machine, internet):
    prepare(machine)
    subject = greylisted_then_accepted(machine, internet)
    white_listed(machine, internet)
    copy_is_in_the_store(machine, subject)
    denied_log_in(machine, internet)
    spf_fail_is_refused(machine, internet)
    oversize_is_refused(machine, internet)
    unknown_is_refused(internet)
    alert_arrives(machine, internet)
    waiting_mail_is_counted_and_retried(machine, internet)
