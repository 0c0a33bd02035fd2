# SPDX-License-Identifier: BSD-2-Clause
"""Routes of mail and existing recipients, through real Postfix: to two customer servers on loopback, and into the mail store."""
import imaplib

import pytest

from routing import bounces, look_up, queue, retry, route, routed, send, server  # noqa: F401
from smtp import Session
from stack import wait_for

PASSWORD = "correct horse"


def give_password(stack, user):
    """Dovecot notices only at the next log-in that PostgreSQL was restarted, and refuses that one for now."""
    stack.sql("select set_password(%s, %s)", user, PASSWORD)

    def logs_in():
        with imaplib.IMAP4(*stack.address("EMG_IMAP")) as imap:
            try:
                return imap.login(user, PASSWORD)[0] == "OK"
            except imaplib.IMAP4.error as refusal:
                assert "UNAVAILABLE" in str(refusal), refusal
                return False

    wait_for(logs_in, 10, "the password")


def inbox(stack, user):
    """Subjects in the user's INBOX, by IMAP."""
    with imaplib.IMAP4(*stack.address("EMG_IMAP")) as imap:
        imap.login(user, PASSWORD)
        imap.select("INBOX", readonly=True)
        numbers = imap.search(None, "ALL")[1][0].split()
        headers = [imap.fetch(number.decode(), "(BODY[HEADER.FIELDS (SUBJECT)])")[1][0][1] for number in numbers]
    return [header.decode().partition(":")[2].strip() for header in headers]


def test_override_goes_to_that_host_and_port(stack, routed, server, mx):
    assert send(mx, f"anna@{routed}", f"override {routed}").code == 250
    wait_for(lambda: server.recipients(f"override {routed}"), 10, "the mail at its own server")
    assert not stack.customer_has(f"override {routed}")


def test_without_override_by_mx(stack, domain, records, mx):
    if stack.address("EMG_CUSTOMER")[1] != 25:
        pytest.skip("mail by MX needs the customer's server on port 25")
    stack.sql("update domain set transport = null where name = %s", domain)
    wait_for(lambda: look_up(stack, "transport", domain) == f"relay:{domain}", 1, "the route by MX")
    assert send(mx, f"anna@{domain}", f"by mx {domain}").code == 250
    wait_for(lambda: stack.customer_has(f"by mx {domain}"), 15, "the mail at the customer's server")


def test_changed_route_reaches_queued_mail(stack, domain, server, mx):
    """The server is gone for good; what waits goes where the row says now."""
    route(stack, domain, server.address)  # nothing listens there yet
    assert send(mx, f"anna@{domain}", f"queued {domain}").code == 250
    wait_for(lambda: any("refused" in str(entry["recipients"]) for entry in queue(stack, domain)), 10, "the mail to wait")
    route(stack, domain, stack.env["EMG_CUSTOMER"])
    retry(stack, domain)
    wait_for(lambda: stack.customer_has(f"queued {domain}"), 10, "the mail at the other server")
    wait_for(lambda: not queue(stack, domain), 10, "the queue to be empty")


def test_alias_and_alternate_domain_and_alias(stack, routed, server, mx):
    alias = "alias-" + routed
    alternate = stack.value("select alternate_name from domain where name = %s", routed)
    stack.sql("insert into domain_alias (name, domain) values (%s, %s)", alias, routed)
    stack.sql("insert into alias (address, target) values (%s, %s)", f"sales@{routed}", f"anna@{routed}")
    wait_for(lambda: look_up(stack, "relay_domains", alias) == "OK", 1, "the alias domain")
    wait_for(lambda: look_up(stack, "relay_recipients", f"sales@{alias}") == "OK", 1, "the alias")
    for address in (f"anna@{alias}", f"Anna@{alternate}", f"sales@{routed}", f"sales@{alias}", f'"anna"@{alternate}'):
        subject = f"names {address}"
        assert send(mx, address, subject).code == 250, address
        wait_for(lambda subject=subject: server.recipients(subject) == [f"anna@{routed}"], 10, subject)
    for name in (alias, alternate):
        assert str(send(mx, f"nobody@{name}", "never")).startswith("550 5.1.1"), name


def test_unknown_recipient(routed, mx):
    assert str(send(mx, f"nobody@{routed}", "never")).startswith("550 5.1.1")


def test_routing_in_the_local_part_is_refused(stack, routed, mx):
    """The customer's server might pass such mail on to anywhere, and trust us: Postfix refuses it, and no table permits it."""
    stack.sql("update domain set catchall = true where name = %s", routed)
    wait_for(lambda: look_up(stack, "relay_recipients", f"nobody@{routed}") == "OK", 1, "the catch-all")
    for local in ("user%elsewhere.example", "elsewhere.example!user", '"user@elsewhere.example"'):
        reply = send(mx, f"{local}@{routed}", "never")
        assert reply.code == 554 and "Relay access denied" in reply.text, local


def test_catchall_takes_unknown_recipients(stack, routed, server, mx):
    stack.sql("update domain set catchall = true where name = %s", routed)
    wait_for(lambda: look_up(stack, "relay_recipients", f"nobody@{routed}") == "OK", 1, "the catch-all")
    assert send(mx, f"nobody@{routed}", f"catchall {routed}").code == 250
    wait_for(lambda: server.recipients(f"catchall {routed}") == [f"nobody@{routed}"], 10, "the mail")


def verify(stack, domain):
    stack.sql("update domain set verify_recipients = true where name = %s", domain)
    wait_for(lambda: look_up(stack, "relay_recipients", f"who@{domain}") == "OK", 1, "verify_recipients")


def test_verify_while_the_server_is_up(stack, routed, server, mx):
    server.refuse.write_text(f"nobody@{routed}\n")
    verify(stack, routed)
    reply = send(mx, f"nobody@{routed}", "never")
    assert str(reply).startswith("550 5.1.1") and "Unknown recipient" in reply.text
    assert "unknown here" in reply.text, "what the server says"
    assert server.address.partition(":")[0] not in reply.text and "mail.customer" not in reply.text, "the reply must not name the inner host"
    assert send(mx, f"new@{routed}", f"verified {routed}").code == 250
    wait_for(lambda: server.recipients(f"verified {routed}") == [f"new@{routed}"], 10, "the mail")
    assert len(server.texts()) == 1, "a probe is no mail"


def test_verify_while_the_server_is_down(stack, domain, server, mx):
    route(stack, domain, server.address)  # nothing listens there
    verify(stack, domain)
    assert send(mx, f"new@{domain}", f"unverified {domain}").code == 250
    assert queue(stack, domain)
    server.start()
    wait_for(lambda: retry(stack, domain) or server.recipients(f"unverified {domain}"), 30, "the mail, once the server is up")


def test_store_copy_by_imap(stack, routed, server, mx):
    """keep_copy: one copy for the customer, one here; without it, none here."""
    user = f"anna@{routed}"
    give_password(stack, user)
    assert send(mx, f"Anna@{routed}", f"kept {routed}").code == 250
    wait_for(lambda: inbox(stack, user) == [f"kept {routed}"], 15, "the copy in the INBOX")
    assert server.recipients(f"kept {routed}") == [user]
    stack.sql("update domain set keep_copy = false where name = %s", routed)
    wait_for(lambda: look_up(stack, "virtual_alias", user) == user, 1, "keep_copy to be off")
    assert send(mx, user, f"passed on {routed}").code == 250
    wait_for(lambda: server.recipients(f"passed on {routed}"), 10, "the mail")
    wait_for(lambda: not queue(stack, routed), 10, "the queue to be empty")
    assert inbox(stack, user) == [f"kept {routed}"]


def test_store_copy_while_the_server_is_down(stack, domain, server, mx):
    """The purpose of a backup MX: the mail can be read while it waits."""
    user = f"anna@{domain}"
    give_password(stack, user)
    route(stack, domain, server.address)
    assert send(mx, user, f"meanwhile {domain}").code == 250
    wait_for(lambda: inbox(stack, user) == [f"meanwhile {domain}"], 15, "the copy in the INBOX")
    server.start()
    wait_for(lambda: retry(stack, domain) or server.recipients(f"meanwhile {domain}") == [user], 30, "the customer's copy")
    assert inbox(stack, user) == [f"meanwhile {domain}"], "once"


def test_primary_without_transport_is_stored_only(stack, domain, mx):
    user = f"anna@{domain}"
    give_password(stack, user)
    stack.sql("update domain set plan = 'premium', mode = 'primary', transport = null where name = %s", domain)
    wait_for(lambda: look_up(stack, "transport", domain).startswith("lmtp:"), 1, "the mode")
    assert send(mx, user, f"stored {domain}").code == 250
    wait_for(lambda: inbox(stack, user) == [f"stored {domain}"], 15, "the mail in the INBOX")
    assert not stack.customer_has(f"stored {domain}")


def test_odd_addresses_are_stored(stack, domain, mx):
    """Nobody but the store has the mail of a primary domain: it has a folder for whatever a catch-all takes."""
    since = len(stack.mail_log())
    stack.sql("update domain set plan = 'premium', mode = 'primary', transport = null, catchall = true where name = %s", domain)
    wait_for(lambda: look_up(stack, "relay_recipients", f"nobody@{domain}") == "OK", 1, "the catch-all")
    folders = {'"a b"': "a=20b", "a/b": "a=2fb", '"../b"': "=2e.=2fb", '"a,b"': "a=2cb", "+b": "=2bb", '"a\\"b"': "a=22b", "anna+/": "anna"}
    for local, folder in folders.items():
        assert send(mx, f"{local}@{domain}", f"odd {local}").code == 250, local
        new = stack.folder / "mail" / domain / folder / "Maildir" / "new"
        wait_for(lambda new=new, local=local: any(f"odd {local}" in path.read_text() for path in new.glob("*")), 15, f"{local} in {new}")
    assert bounces(stack, domain, since) == []


def test_store_address_is_refused_from_outside(routed, mx):
    assert send(mx, f"anna@{routed}.store.invalid", "never").code == 554


def test_sender_login(stack, routed):
    """A logged-in user sends under own addresses, also by other names of the domain, and no others."""
    user = f"anna@{routed}"
    give_password(stack, user)
    alternate = stack.value("select alternate_name from domain where name = %s", routed)
    wait_for(lambda: look_up(stack, "sender_login", user) == user, 1, "the sender")
    for sender, code in ((user, 250), (f"anna@{alternate}", 250), (f"bert@{routed}", 553)):
        with Session(stack.address("EMG_SUBMISSION")) as session:
            session.login(user, PASSWORD)
            assert session.envelope(sender, f"bert@{routed}").code == code, sender
            assert code != 250 or Session.docmd(session, f"RCPT TO:<bert@{routed}.store.invalid>")[0] == 554
