# SPDX-License-Identifier: BSD-2-Clause
"""International names are one name, by U-labels and A-labels, through Postfix and by the sockets."""
import json
import random
import socket
import string
import subprocess

import pytest

from milter_mail import BAD, GOOD, arrived, results, send_raw, unique
from smtp import Reply, Session, new_network
from stack import drop_domain, wait_for

MAPS = ("relay_domains", "relay_recipients", "virtual_alias", "transport", "sender_login")


def to_a(name):
    """By the standard library, which the daemons do not use; the letters here are the same in both standards."""
    return name.encode("idna").decode()


@pytest.fixture
def customer(stack):
    """A domain with a mailbox anna, by its U-label; gone afterwards."""
    name = "ä" + "".join(random.choices(string.ascii_lowercase, k=10)) + ".example"
    stack.sql("""insert into domain (name, plan, greylisting, verify_recipients, keep_copy, spf, transport)
                 values (%s, 'premium', 'off', false, false, 'mark', %s)""", to_a(name), stack.env["EMG_CUSTOMER"])
    stack.sql("insert into mailbox (address) values (%s)", f"anna@{to_a(name)}")
    wait_for(lambda: look_up(stack, "relay_recipients", f"anna@{to_a(name)}") == "OK", 15, "the mailbox")
    yield name
    drop_domain(stack, name=to_a(name))


def postconf(stack, *words):
    done = subprocess.run(["postconf", "-c", stack.env["EMG_POSTFIX"], *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def offers_smtputf8(stack):
    with Session(stack.address("EMG_SMTP")) as session:
        return session.has_extn("smtputf8")


def switch_smtputf8(stack, value):
    if postconf(stack, "-xh", "smtputf8_enable") == value:
        return
    postconf(stack, "-e", f"smtputf8_enable = {value}")
    subprocess.run(["postfix", "-c", stack.env["EMG_POSTFIX"], "reload"], capture_output=True, check=True)
    wait_for(lambda: offers_smtputf8(stack) == (value == "yes"), 20, f"smtputf8_enable = {value}")


@pytest.fixture
def smtputf8(stack):
    """An operator may switch it on; only then does Postfix take a domain in UTF-8."""
    before = postconf(stack, "-xh", "smtputf8_enable")
    switch_smtputf8(stack, "yes")
    yield
    switch_smtputf8(stack, before)


def utf8_session(stack):
    session = Session(stack.address("EMG_SMTP"), GOOD["client"], GOOD["name"])
    session.command_encoding = "utf-8"
    return session


def policy(stack, **attributes):
    """The answer of policyd at RCPT."""
    request = {"request": "smtpd_access_policy", "protocol_state": "RCPT", "client_name": "unknown", "instance": unique("i"),
               "client_address": new_network(), "sender": "a@sender.example", **attributes}
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(stack.env["EMG_POLICYD"])
        connection.sendall("".join(f"{name}={value}\n" for name, value in request.items()).encode() + b"\n")
        with connection.makefile("rb") as answer:
            return answer.readline().decode().rstrip("\n").removeprefix("action=")


def look_up(stack, name, key):
    """The map's answer without "OK"; None: not found. Not by postmap(1), which folds names itself."""
    request = f"{name} {key}".encode()
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(stack.env["EMG_TRANSPORTMAP"])
        connection.sendall(b"%d:%s," % (len(request), request))
        with connection.makefile("rb") as answer:
            length = int(b"".join(iter(lambda: answer.read(1), b":")))
            status, _, text = answer.read(length).decode().partition(" ")
    return text if status == "OK" else None


def spellings(name):
    return [name, name.upper(), name.replace(".", "。"), name + ".", to_a(name).upper()]


def test_f4_maps_know_the_customer_by_any_spelling(stack, customer):
    for name in MAPS:
        answers = {look_up(stack, name, f"anna@{spelling}") for spelling in [to_a(customer), *spellings(customer)]}
        assert len(answers) == 1 and None not in answers, (name, answers)
        assert customer not in answers.pop(), "answers are in A-labels"
    assert look_up(stack, "relay_recipients", f"nobody@{customer}") is None


@pytest.mark.parametrize("form", ["anna@{}", "anna+x@{}"])
def test_f4_mail_by_u_label_arrives(stack, smtputf8, customer, form):
    subject = unique("international ")
    with utf8_session(stack) as session:
        assert session.docmd("MAIL FROM:<news@sender.example> SMTPUTF8")[0] == 250
        reply = Reply(session.docmd(f"RCPT TO:<{form.format(customer.upper())}>"))
        assert reply.code == 250, reply
        assert Reply(session.docmd(f"RCPT TO:<nobody@{customer}>")).code == 550
        assert send_raw(session, f"Subject: {subject}\r\n\r\nHello\r\n".encode()).code == 250
    message = arrived(stack, subject)
    assert message["X-Envelope-To"].lstrip("<").partition(">")[0] == form.format(to_a(customer))


def test_f14_white_list_knows_the_sender_by_any_spelling(stack, customer):
    listed = unique("ü") + ".example"
    stack.sql("insert into whitelist (domain, entry) values (%s, %s)", to_a(customer), to_a(listed))
    stack.sql("update domain set greylisting = 'all' where name = %s", to_a(customer))
    wait_for(lambda: policy(stack, sender="a@another.example", recipient=f"anna@{to_a(customer)}") != "DUNNO", 5, "the last row")
    for spelling in spellings(listed):
        assert policy(stack, sender=f"a@{spelling}", recipient=f"anna@{customer}") == "DUNNO", spelling
    assert policy(stack, sender=f"a@x{listed}", recipient=f"anna@{customer}").startswith("DEFER_IF_PERMIT 4.2.0")


def test_f4_log_in_by_u_label_is_denied_as_by_a_label(stack, customer):
    stack.sql("select deny_sending(%s)", f"anna@{to_a(customer)}")
    for spelling in [to_a(customer), *spellings(customer)]:
        wait_for(lambda name=spelling: policy(stack, sasl_username=f"anna@{name}", recipient="x@elsewhere.example").startswith("550 5.7.1"),
                 5, f"deny of {spelling}")


def test_f12_results_name_the_domain_that_was_checked(stack, smtputf8, customer, records):
    sender = unique("ö") + ".example"
    records(f'{to_a(sender)} TXT "v=spf1 ip4:{GOOD["client"]} -all"')

    def field():
        subject = unique("spf ")
        with utf8_session(stack) as session:
            assert session.docmd(f"MAIL FROM:<News@{sender.upper()}> SMTPUTF8")[0] == 250
            assert session.docmd(f"RCPT TO:<anna@{to_a(customer)}>")[0] == 250
            assert send_raw(session, f"Subject: {subject}\r\n\r\nHello\r\n".encode()).code == 250
        found = results(arrived(stack, subject))
        return found[0] if len(found) == 1 and "spf=pass" in found[0] else None

    assert f"smtp.mailfrom=news@{to_a(sender)}" in wait_for(field, 10, "the record").lower()


def test_u4_local_part_that_cannot_be_shown(stack, smtputf8, customer):
    subject = unique("local ")
    with utf8_session(stack) as session:
        assert session.docmd("MAIL FROM:<jürgen@sender.example> SMTPUTF8")[0] == 250
        assert session.docmd(f"RCPT TO:<anna@{to_a(customer)}>")[0] == 250
        assert send_raw(session, f"Subject: {subject}\r\n\r\nHello\r\n".encode()).code == 250
    found = results(arrived(stack, subject))
    assert len(found) == 1 and "spf=pass smtp.mailfrom=@sender.example" in found[0], found


def ctl(stack, *words):
    done = subprocess.run([stack.env["EMG_CTL"], *words], capture_output=True, text=True, timeout=60, check=False)
    assert "Sanitizer" not in done.stderr, done.stderr
    return done


def test_f14_ctl_takes_any_spelling(stack, customer, records):
    sender = unique("ö") + ".example"
    records(f'{to_a(sender)} TXT "v=spf1 ip4:192.0.2.7 -all"')
    wait_for(lambda: ctl(stack, "spf", "check", "192.0.2.7", "x.example", f"a@{to_a(sender)}").stdout.startswith("pass"), 5, "the record")
    for spelling in spellings(sender):
        assert ctl(stack, "spf", "check", "192.0.2.7", "x.example", f"a@{spelling}").stdout.startswith("pass"), spelling
        assert ctl(stack, "spf", "check", "192.0.2.7", spelling, "--helo").stdout.startswith("pass"), spelling
    document = json.loads(ctl(stack, "explain", "--json", f"anna@{to_a(customer)}").stdout)
    for spelling in spellings(customer):
        assert json.loads(ctl(stack, "explain", "--json", f"anna@{spelling}").stdout)["action"] == document["action"], spelling
    spf = json.loads(ctl(stack, "explain", "--json", f"anna@{customer}", "--sender", f"a@{sender}", "--client", BAD["client"]).stdout)
    assert any("fail of the MAIL FROM identity" in step.get("says", "") for step in spf["steps"]), spf


def test_u8_record_takes_a_final_dot_and_any_case(stack, records):
    name = unique("ü") + ".example"
    records(f'{to_a(name)} TXT "v=spf1 mx -all"')
    for spelling in [to_a(name), *spellings(name)]:
        done = ctl(stack, "spf", "record", spelling, "--hosts", "192.0.2.25", "--json")
        assert json.loads(done.stdout)["domain"] == to_a(name), spelling
    assert ctl(stack, "spf", "record", "example..", "--hosts", "192.0.2.25").returncode == 65
    assert ctl(stack, "spf", "record", "ä b.example", "--hosts", "192.0.2.25").returncode == 65
    assert ctl(stack, "spf", "record", to_a(name), "--hosts", "192.0.2.25", "--include", "_SPF.Ours.Example.").returncode == 0


def test_u9_record_with_macros_of_the_client_is_not_broken(stack, records):
    name = unique("macro") + ".example"
    records(f'{name} TXT "v=spf1 include:%{{i}}._ip.%{{h}}._ehlo.{name} -all"')

    def proposal():
        said = json.loads(ctl(stack, "spf", "record", name, "--hosts", "192.0.2.25", "--json").stdout)
        return said if said["proposed"].startswith("v=spf1 ip4:192.0.2.25 include:") else None

    advice = wait_for(proposal, 10, "the record to be served")
    assert {(f["severity"], f["parameter"]) for f in advice["findings"] if f["severity"] != "ok"} == {
        ("warning", "record"), ("error", "192.0.2.25")}, advice
    assert "broken" not in json.dumps(advice), advice


RELAY = "198.51.100.66"
HOPS = {
    "in relay_networks": "relay1.fwd.example (relay1.fwd.example [198.51.100.67])",
    "in trusted_networks": "in.fwd.example (in.fwd.example [198.51.100.68])",
    "private": "relay1.fwd.example (relay1.fwd.example [10.0.0.7])",
    "a content filter": "localhost (localhost [127.0.0.1])",
}


def relayed(stack, customer, *hops):
    """The results of a message that the relay brings with these Received fields, from the topmost on."""
    subject = unique("relayed ")
    received = "".join(f"Received: from {hop}\r\n\tby mx{n}.fwd.example (Postfix) with ESMTP id 4F{n};\r\n"
                       "\tSun, 22 Nov 2026 10:00:00 +0000 (UTC)\r\n" for n, hop in enumerate(hops))
    with Session(stack.address("EMG_SMTP"), RELAY) as session:
        assert session.envelope("news@sender.example", f"anna@{to_a(customer)}").code == 250
        assert send_raw(session, f"{received}Subject: {subject}\r\n\r\nHello\r\n".encode()).code == 250
    return results(arrived(stack, subject))


@pytest.mark.parametrize("hop", HOPS)
def test_f6_hops_of_a_relay_are_not_taken_for_the_client(stack, customer, setting, hop):
    good, evil = "mail.sender.example (mail.sender.example [192.0.2.10])", "evil (evil [203.0.113.5])"
    setting("trusted_networks", "198.51.100.68")
    setting("relay_networks", f"{RELAY} 198.51.100.67")
    wait_for(lambda: relayed(stack, customer, evil) and "spf=fail" in relayed(stack, customer, evil)[0], 20, "the settings")
    for found in [relayed(stack, customer, HOPS[hop], good), relayed(stack, customer, HOPS[hop], HOPS[hop], good, evil)]:
        assert len(found) == 1 and "spf=pass smtp.mailfrom=news@sender.example" in found[0], found
    found = relayed(stack, customer, HOPS[hop], evil, good)
    assert len(found) == 1 and "spf=fail smtp.mailfrom=news@sender.example" in found[0], found
    assert relayed(stack, customer, HOPS[hop]) == [], "nobody from outside: no result"
    assert relayed(stack, customer, HOPS[hop], "evil by nobody", good) == [], "an unreadable field: no result"
