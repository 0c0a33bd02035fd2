# SPDX-License-Identifier: BSD-2-Clause
"""SPF by the milter of a real Postfix: policies per recipient, and headers."""
import pathlib
import time

import pytest

from milter_mail import BAD, FORGED, GOOD, arrived, more_domains, results, send_raw, set_domain, unique  # noqa: F401
from smtp import Reply
from stack import wait_for


def test_forged_sender_is_refused_where_the_domain_rejects(domain, set_domain, in_force):
    set_domain(spf="reject")
    refused = in_force("550 5.7.23", FORGED, f"anna@{domain}", **BAD)
    assert "sender.example" in refused.text
    in_force("250", FORGED, f"anna@{domain}", **GOOD)


def test_one_message_many_policies(stack, domain, set_domain, more_domains, in_force, mx):
    marked, off = more_domains(spf="mark"), more_domains(spf="off")
    set_domain(spf="reject")
    in_force("550 5.7.23", FORGED, f"anna@{domain}", **BAD)
    in_force("250", FORGED, f"anna@{off}", **BAD)
    subject = unique("policies ")
    with mx(**BAD) as session:
        replies = session.envelope(FORGED, f"anna@{off}", f"anna@{domain}", f"anna@{marked}", f"bert@{domain}")
        assert [reply.code for reply in replies] == [250, 550, 250, 550], replies
        assert session.send_body(subject).code == 250
    found = results(arrived(stack, subject))
    assert len(found) == 1 and found[0].startswith("mx.emailgency.example;"), found
    assert "spf=fail" in found[0] and "smtp.mailfrom=ceo@sender.example" in found[0], found
    assert "smtp.helo=client.example" in found[0], found


def test_nothing_is_checked_where_nobody_asks(stack, domain, set_domain, mx):
    set_domain(spf="off", bounce_protection=False)

    def checks_of_a_message():
        before = stack.metrics("milter")["emailgency_milter_spf_checks_total"]
        subject = unique("off ")
        with mx(**BAD) as session:
            assert session.message(FORGED, f"anna@{domain}", subject).code == 250
        return len(results(arrived(stack, subject))) + stack.metrics("milter")["emailgency_milter_spf_checks_total"] - before

    wait_for(lambda: checks_of_a_message() == 0, 10, "the row")


def test_header_is_on_top_and_forged_ones_are_gone(stack, domain, set_domain, mx, in_force):
    set_domain(spf="mark")
    subject = unique("forged ")
    with mx(**BAD) as session:
        assert session.envelope(FORGED, f"anna@{domain}").code == 250
        reply = send_raw(session, (
            "Authentication-Results: mx.emailgency.example; spf=pass smtp.mailfrom=ceo@sender.example\r\n"
            "Authentication-Results: other.example; dkim=pass header.d=sender.example\r\n"
            "Authentication-Results: MX.Emailgency.Example\r\n 1; spf=pass\r\n"
            "Received-SPF: pass (mx.emailgency.example: ok) receiver=mx.emailgency.example\r\n"
            f"Subject: {subject}\r\n\r\nHello\r\n").encode())
        assert reply.code == 250, reply
    message = arrived(stack, subject)
    found = results(message)
    assert len(found) == 2, found
    assert "spf=fail" in found[0] and found[1] == "other.example; dkim=pass header.d=sender.example"
    assert message.get_all("Received-SPF") is None
    names = [name for name, _ in message.items() if not name.startswith("X-")]
    assert names.index("Authentication-Results") < names.index("Received"), names


def test_received_spf_on_request(stack, domain, set_domain, setting, mx):
    set_domain(spf="mark")
    setting("spf_received_header", "true")

    def has_it():
        subject = unique("received ")
        with mx(**GOOD) as session:
            assert session.message("a@sender.example", f"anna@{domain}", subject).code == 250
        return arrived(stack, subject)["Received-SPF"]

    value = " ".join(wait_for(has_it, 5, "Received-SPF").split())
    assert value.startswith("pass (") and "client-ip=192.0.2.10" in value and "identity=mailfrom" in value, value


@pytest.mark.parametrize("name, sender, choice, reply", [
    ("spf_softfail", "a@unsure.example", "reject", "550 5.7.23"),
    ("spf_none", "a@nothing.test", "reject", "550 5.7.23"),
])
def test_results_other_than_fail(domain, set_domain, setting, in_force, name, sender, choice, reply):
    set_domain(spf="reject")
    in_force("550 5.7.23", FORGED, f"anna@{domain}", **BAD)
    in_force("250", sender, f"anna@{domain}", **BAD)
    setting(name, choice)
    in_force(reply, sender, f"anna@{domain}", **BAD)


def test_broken_record_is_permerror(domain, set_domain, setting, records, in_force):
    records('broken.example TXT "v=spf1 ip4:nonsense -all"')
    set_domain(spf="reject")
    in_force("550 5.7.23", FORGED, f"anna@{domain}", **BAD)
    in_force("250", "a@broken.example", f"anna@{domain}", **BAD)
    setting("spf_permerror", "reject")
    in_force("550 5.7.24", "a@broken.example", f"anna@{domain}", **BAD)
    setting("spf_permerror", "defer")
    in_force("451 4.7.24", "a@broken.example", f"anna@{domain}", **BAD)


def test_explanation_is_the_domains_own_words(domain, set_domain, records, in_force):
    records('explains.example TXT "v=spf1 -all exp=why.explains.example"',
            'why.explains.example TXT "%{i} may not send for %{d}; ask 100%% of us"')
    set_domain(spf="reject")
    refused = in_force("550 5.7.23", "a@explains.example", f"anna@{domain}", seconds=3, **BAD)
    assert "198.51.100.66 may not send for explains.example; ask 100% of us" in refused.text, refused


def test_helo_alone_is_refused_on_request(domain, set_domain, setting, records, in_force):
    records('client.example TXT "v=spf1 -all"')  # what Session says at EHLO
    set_domain(spf="reject")
    in_force("550 5.7.23", FORGED, f"anna@{domain}", **BAD)
    in_force("250", "a@nothing.test", f"anna@{domain}", **BAD)
    setting("spf_helo", "reject")
    refused = in_force("550 5.7.23", "a@nothing.test", f"anna@{domain}", **BAD)
    assert "HELO" in refused.text, refused


def test_record_that_lets_everybody_pass_says_nothing(stack, domain, set_domain, records, mx, in_force):
    records('wide.example TXT "v=spf1 +all"')
    set_domain(spf="mark")
    in_force("250", "a@wide.example", f"anna@{domain}", **BAD)

    def marked():
        subject = unique("wide ")
        with mx(**BAD) as session:
            assert session.message("a@wide.example", f"anna@{domain}", subject).code == 250
        found = results(arrived(stack, subject))
        return found if "spf=neutral" in found[0] else None

    wait_for(marked, 5, "the record")


def test_white_list_spares_from_rejection_alone(stack, domain, set_domain, mx, in_force):
    set_domain(spf="reject")
    in_force("550 5.7.23", FORGED, f"anna@{domain}", **BAD)
    stack.sql("insert into whitelist (domain, entry) values (%s, '198.51.100.0/24')", domain)
    in_force("250", FORGED, f"anna@{domain}", **BAD)
    subject = unique("white ")
    with mx(**BAD) as session:
        assert session.message(FORGED, f"anna@{domain}", subject).code == 250
    assert "spf=fail" in results(arrived(stack, subject))[0]


def test_trusted_network_is_not_checked(stack, domain, set_domain, setting, mx, in_force):
    set_domain(spf="reject")
    in_force("550 5.7.23", FORGED, f"anna@{domain}", **BAD)
    setting("trusted_networks", "198.51.100.0/24 2001:db8::/32")
    in_force("250", FORGED, f"anna@{domain}", **BAD)
    subject = unique("trusted ")
    with mx(**BAD) as session:
        assert session.message(FORGED, f"anna@{domain}", subject).code == 250
    assert results(arrived(stack, subject)) == []


def test_relay_is_not_taken_for_the_sender(stack, domain, set_domain, setting, mx, in_force):
    """Another MX of the service passes on mail from 192.0.2.10, which sender.example's record names."""
    set_domain(spf="reject")
    in_force("550 5.7.23", FORGED, f"anna@{domain}", **BAD)
    setting("relay_networks", "198.51.100.66")
    in_force("250", FORGED, f"anna@{domain}", **BAD)
    subject = unique("relayed ")
    with mx(**BAD) as session:
        assert session.envelope("a@sender.example", f"anna@{domain}").code == 250
        reply = send_raw(session, (
            "Received: from mail.sender.example (mail.sender.example [192.0.2.10])\r\n"
            "\tby mx2.emailgency.example (Postfix) with ESMTP id 4F;\r\n\tSun, 22 Nov 2026 10:00:00 +0000 (UTC)\r\n"
            "Received: from evil (evil [203.0.113.5]) by mail.sender.example; Sun, 22 Nov 2026 09:59:00 +0000\r\n"
            f"Subject: {subject}\r\n\r\nHello\r\n").encode())
        assert reply.code == 250, reply
    found = results(arrived(stack, subject))
    assert len(found) == 1 and "spf=pass smtp.mailfrom=a@sender.example" in found[0], found


# The address as Postfix rewrites it counts, however a client writes it.

SENDER_FORMS = ["<ceo@sender.example (c)>", "< ceo@sender.example >", "<<ceo@sender.example>>", "<ceo%sender.example>",
                "<sender.example!ceo>", "<ceo @ sender.example>", "<@" + "a" * 60 + ".example:ceo@sender.example>",
                "<" + "a" * 600 + "@sender.example>", "<@" + ".".join(["a" * 60] * 10) + ":ceo@sender.example>"]


@pytest.mark.parametrize("form", SENDER_FORMS)
def test_forged_sender_in_any_form(domain, set_domain, in_force, mx, form):
    set_domain(spf="reject")
    in_force("550 5.7.23", FORGED, f"anna@{domain}", **BAD)
    with mx(**BAD) as session:
        code, _ = session.docmd(f"MAIL FROM:{form}")
        if code == 250:  # else Postfix itself does not support the form
            refused = Reply(session.docmd(f"RCPT TO:<anna@{domain}>"))
            assert str(refused).startswith("550 5.7.23"), refused


@pytest.mark.parametrize("form", ["<anna@{} (c)>", "< anna@{} >", "<<anna@{}>>", "<anna @ {}>", "<@a.example:anna@{}>",
                                  "<@" + ".".join(["a" * 60] * 8) + ":anna@{}>"])
def test_recipient_in_any_form(domain, set_domain, in_force, mx, form):
    set_domain(spf="reject")
    in_force("550 5.7.23", FORGED, f"anna@{domain}", **BAD)
    with mx(**BAD) as session:
        session.docmd(f"MAIL FROM:<{FORGED}>")
        refused = Reply(session.docmd("RCPT TO:" + form.format(domain)))
        assert refused.code in (501, 550, 554) and "Ok" not in refused.text, refused


@pytest.mark.parametrize("form", ["<@a.example:anna@{}>", "<anna@{} (c)>", "<anna@{}>", "<ANNA@{}>"])
def test_protected_recipient_in_any_form_gets_one_copy(stack, domain, set_domain, mx, form):
    set_domain(bounce_protection=True, spf="mark")

    def recipients():
        subject = unique("form ")
        with mx(**BAD) as session:
            session.docmd(f"MAIL FROM:<{FORGED}>")
            if session.docmd("RCPT TO:" + form.format(domain))[0] != 250:
                return ["NOTIFY=NEVER"]
            assert session.send_body(subject).code == 250
        arrived(stack, subject)
        time.sleep(0.5)
        folder = pathlib.Path(stack.env["EMG_CUSTOMER_MAIL"])
        return [line for path in folder.glob("[!.]*.eml") if subject in path.read_text(errors="replace")
                for line in path.read_text(errors="replace").splitlines() if line.startswith("X-Envelope-To:")]

    found = wait_for(lambda: (lambda lines: lines if "NOTIFY=NEVER" in lines[0] else None)(recipients()), 20, "NOTIFY=NEVER")
    assert len(found) == 1, found
