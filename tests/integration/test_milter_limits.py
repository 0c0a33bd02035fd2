# SPDX-License-Identifier: BSD-2-Clause
"""Sizes, backscatter, signed senders and counts by the milter of a real Postfix."""
import pytest

from milter_mail import BAD, FORGED, GOOD, arrived, body_of, send_raw, set_domain, unique  # noqa: F401
from smtp import Reply
from stack import wait_for
from submission import anna, log_in  # noqa: F401


@pytest.fixture
def limited(stack, domain, mx):
    """A mailbox that takes 20,000 bytes."""
    stack.sql("update mailbox set max_message_size = 20000 where address = %s", f"anna@{domain}")

    def refuses():
        with mx() as session:
            session.docmd("MAIL FROM:<a@sender.example> SIZE=20001")
            return Reply(session.docmd(f"RCPT TO:<anna@{domain}>")).code == 552

    wait_for(refuses, 1.5, "the limit")
    return f"anna@{domain}"


def test_declared_size_is_judged_per_recipient(limited, domain, mx):
    with mx() as session:
        session.docmd("MAIL FROM:<a@sender.example> SIZE=20001")
        refused = Reply(session.docmd(f"RCPT TO:<{limited}>"))
        assert str(refused).startswith("552 5.2.3"), refused
        assert Reply(session.docmd(f"RCPT TO:<bert@{domain}>")).code == 250
        assert session.send_body().code == 250
    with mx() as session:
        session.docmd("MAIL FROM:<a@sender.example> SIZE=20000")
        assert Reply(session.docmd(f"RCPT TO:<{limited}>")).code == 250


@pytest.mark.parametrize("size, reply", [(20000, "250"), (20001, "552 5.3.4")])
@pytest.mark.parametrize("mail", ["MAIL FROM:<a@sender.example>", "MAIL FROM:<a@sender.example> SIZE=1000"])
def test_true_size_counts_in_the_end(stack, limited, mx, size, reply, mail):
    subject = unique("size ")
    data = body_of(size, subject)
    assert len(data) == size
    with mx() as session:
        session.docmd(mail)
        assert Reply(session.docmd(f"RCPT TO:<{limited}>")).code == 250
        answer = send_raw(session, data)
        assert str(answer).startswith(reply), answer
    if reply == "250":
        arrived(stack, subject)


def test_true_size_with_bdat(limited, mx):
    for size, reply in ((20000, 250), (20001, 552)):
        data = body_of(size, unique("bdat "))
        with mx() as session:
            session.docmd("MAIL FROM:<a@sender.example>")
            assert Reply(session.docmd(f"RCPT TO:<{limited}>")).code == 250
            session.send(f"BDAT {len(data) - 100}\r\n".encode() + data[:-100])
            assert Reply(session.getreply()).code == 250
            session.send(b"BDAT 100 LAST\r\n" + data[-100:])
            answer = Reply(session.getreply())
            assert answer.code == reply, answer


def test_other_limits_wait_without_a_declared_size(limited, domain, mx):
    with mx() as session:
        session.docmd("MAIL FROM:<a@sender.example>")
        assert Reply(session.docmd(f"RCPT TO:<bert@{domain}>")).code == 250
        deferred = Reply(session.docmd(f"RCPT TO:<{limited}>"))
        assert str(deferred).startswith("452 4.5.3"), deferred
        assert session.send_body().code == 250


def test_vip_may_have_more(stack, domain, mx):
    plan, vip_plan = stack.sql("select max_message_size, vip_message_size from plan where name = 'basic'")[0]

    def ask_for(size):
        with mx() as session:
            session.docmd(f"MAIL FROM:<a@sender.example> SIZE={size}")
            return Reply(session.docmd(f"RCPT TO:<anna@{domain}>")).code

    assert ask_for(plan) == 250 and ask_for(plan + 1) == 552
    stack.sql("update mailbox set vip = true where address = %s", f"anna@{domain}")
    wait_for(lambda: ask_for(plan + 1) == 250, 1.5, "the VIP")
    assert ask_for(vip_plan) == 250 and ask_for(vip_plan + 1) == 552


def test_senders_have_limits_too(stack, anna):
    plan = stack.value("select max_message_size from plan where name = 'basic'")
    with log_in(stack, anna) as session:
        session.docmd(f"MAIL FROM:<{anna}> SIZE={plan + 1}")
        refused = Reply(session.docmd("RCPT TO:<someone@elsewhere.test>"))
        assert str(refused).startswith("552 5.2.3"), refused
        session.rset()
        session.docmd(f"MAIL FROM:<{anna}> SIZE={plan}")
        assert Reply(session.docmd("RCPT TO:<someone@elsewhere.test>")).code == 250


# Backscatter

def test_bounces_to_who_never_sends(stack, domain, set_domain, in_force):
    in_force("250", "", f"bert@{domain}")
    stack.sql("update mailbox set receive_only = true where address = %s", f"anna@{domain}")
    in_force("550 5.7.1", "", f"anna@{domain}")
    in_force("250", "", f"bert@{domain}")
    in_force("250", "a@sender.example", f"anna@{domain}")
    set_domain(receive_only=True)
    in_force("550 5.7.1", "", f"bert@{domain}")


def test_bounce_to_many(domain, mx, in_force):
    in_force("250", "", f"bert@{domain}")
    with mx() as session:
        replies = session.envelope("", f"anna@{domain}", f"bert@{domain}")
        assert [reply.code for reply in replies] == [250, 250]
        refused = session.send_body()
        assert str(refused).startswith("550 5.7.1"), refused


def envelope_to(message, address):
    return [value for value in message.get_all("X-Envelope-To") if address in value]


def test_no_bounce_for_what_may_be_forged(stack, domain, set_domain, mx, in_force):
    set_domain(bounce_protection=True, spf="mark")

    def relayed(sender, **client):
        subject = unique("bounce ")
        with mx(**client) as session:
            session.docmd(f"MAIL FROM:<{sender}>")
            session.docmd(f"RCPT TO:<anna@{domain}> ORCPT=rfc822;anna@{domain}")
            assert session.send_body(subject).code == 250
        return envelope_to(arrived(stack, subject), f"anna@{domain}")[0]

    wait_for(lambda: "NOTIFY=NEVER" in relayed(FORGED, **BAD), 10, "NOTIFY=NEVER")
    assert f"ORCPT=rfc822;anna@{domain}" in relayed(FORGED, **BAD)
    assert "NOTIFY=NEVER" not in relayed("a@sender.example", **GOOD)


def test_tagged_senders(stack, anna, domain, set_domain, in_force):
    set_domain(batv="report")

    def signed():
        subject = unique("tag ")
        with log_in(stack, anna) as session:
            reply = session.message(anna, f"bert@{domain}", subject)
            assert reply.code == 250, reply
        sender = arrived(stack, subject)["X-Envelope-From"].strip("<> ")
        return sender if "+prvs=" in sender else None

    tagged = wait_for(signed, 15, "a signed sender")
    assert tagged.startswith("anna+prvs=") and tagged.endswith(f"@{domain}"), tagged
    in_force("250", "", anna)
    set_domain(batv="require")
    in_force("550 5.7.1", "", anna)
    in_force("250", "", tagged)
    in_force("550 5.7.1", "", tagged.replace("@", "1@") if tagged[tagged.index("@") - 1] == "0" else tagged[:tagged.index("@") - 1] + f"0@{domain}")
    in_force("250", "a@sender.example", anna)


# Counts

def test_a_message_counts_once(stack, domain, set_domain, mx, in_force):
    set_domain(spf="reject")
    in_force("550 5.7.23", FORGED, f"anna@{domain}", **BAD)

    def count(metric):
        return stack.value("select coalesce(sum(count), 0)::bigint from activity where domain = %s and metric = %s",
                           domain, metric)

    wait_for(lambda: count("spf_refused") >= 1, 5, "the refusal")
    messages, size, refused = count("accepted_messages"), count("accepted_bytes"), count("spf_refused")
    with mx(**BAD) as session:
        replies = session.envelope(FORGED, f"anna@{domain}", f"bert@{domain}")
        assert [reply.code for reply in replies] == [550, 550]
    data = body_of(5000, unique("count "))
    with mx(**GOOD) as session:
        replies = session.envelope("a@sender.example", f"anna@{domain}", f"bert@{domain}")
        assert [reply.code for reply in replies] == [250, 250]
        assert send_raw(session, data).code == 250
    wait_for(lambda: count("accepted_messages") == messages + 1, 5, "the message")
    assert count("accepted_bytes") == size + 5000
    assert count("spf_refused") == refused + 1
