# SPDX-License-Identifier: BSD-2-Clause
"""Limits of what a login sends, through Postfix: counts, refusals, automatic denials, and being allowed again."""
import imaplib
import json
import socket
import subprocess

import pytest

from smtp import Reply
from stack import wait_for
from submission import PASSWORD, anna, authenticates, log_in  # noqa: F401

ELSEWHERE = "somebody@customer-elsewhere.example"


@pytest.fixture
def plan(stack, anna):
    """A plan of the domain's own, whose limits a test sets."""
    home = anna.partition("@")[2]
    name = "p" + home.partition(".")[0].lower()[:40]
    stack.sql("insert into plan (name) values (%s)", name)
    stack.sql("update domain set plan = %s where name = %s", name, home)
    yield lambda **limits: [stack.sql(f"update plan set {column} = %s where name = %s", value, name) for column, value in limits.items()]
    stack.sql("update domain set plan = 'basic' where name = %s", home)
    stack.sql("delete from plan where name = %s", name)


def send(session, sender, *recipients):
    """The last reply: of the content, or of the command that was refused."""
    replies = session.envelope(sender, *recipients)
    replies = replies if isinstance(replies, list) else [replies]
    reply = next((one for one in replies if one.code != 250), replies[0])
    if reply.code == 250:
        reply = Reply(session.docmd("DATA"))
        if reply.code == 354:
            session.send(f"From: {sender}\r\nSubject: test\r\n\r\ntext\r\n.\r\n")
            reply = Reply(session.getreply())
    session.rset()
    return reply


def counted(stack, name):
    rows = stack.sql("select hour_messages, hour_recipients from outbound_count where name = %s", name)
    return tuple(rows[0]) if rows else (0, 0)


def test_messages_are_counted_once_and_refused_ones_not(stack, anna):
    bert, home = anna.replace("anna", "bert"), anna.partition("@")[2]
    with log_in(stack, anna) as session:
        assert send(session, anna, anna, bert).code == 250
        assert send(session, anna, anna, f"nobody@{home}.store.invalid").code == 554
        assert send(session, "someone@other.example", anna).code == 553
        session.envelope(anna, anna)  # no content
    wait_for(lambda: counted(stack, anna) == (1, 2), 10, "the counts")
    assert counted(stack, home) == counted(stack, anna)


@pytest.mark.parametrize("limit, recipients", [("login_messages_hour", 1), ("login_recipients_day", 1), ("domain_messages_day", 1)])
def test_a_limit_defers_and_names_itself(stack, anna, plan, limit, recipients):
    plan(**{limit: 2})
    with log_in(stack, anna) as session:
        for _ in range(2):
            assert send(session, anna, anna).code == 250
        reply = send(session, anna, anna)
        assert str(reply).startswith("450 4.7.1") and limit in str(reply), reply
        assert counted(stack, anna)[0] <= 2
        plan(**{limit: 3})
        assert send(session, anna, anna).code == 250, "a higher limit is in force at once"
    imap = imaplib.IMAP4(*stack.address("EMG_IMAP"))
    assert imap.login(anna, PASSWORD)[0] == "OK", "IMAP goes on"
    imap.logout()


def test_a_message_with_too_many_recipients(stack, anna, plan):
    plan(login_recipients_hour=2)
    bert = anna.replace("anna", "bert")
    with log_in(stack, anna) as session:
        reply = send(session, anna, anna, bert, anna.replace("@", "+x@"))
        assert "450 4.7.1" in str(reply), reply
        assert send(session, anna, anna, bert).code == 250


def test_sessions_at_once_do_not_get_past_a_limit(stack, anna, plan):
    plan(login_messages_hour=3)
    sessions = [log_in(stack, anna) for _ in range(6)]
    for session in sessions:
        assert session.envelope(anna, anna).code == 250
        assert Reply(session.docmd("DATA")).code == 354
    for session in sessions:
        session.send("Subject: at once\r\n\r\ntext\r\n.\r\n")
    replies = sorted(Reply(session.getreply()).code for session in sessions)
    assert replies == [250] * 3 + [450] * 3


def test_counts_go_on_without_postgresql(stack, anna, plan):
    plan(login_messages_hour=3)
    with log_in(stack, anna) as session:
        assert send(session, anna, anna).code == 250
        wait_for(lambda: counted(stack, anna)[0] == 1, 10, "the count")
        stack.postgresql("-m", "fast", "stop")
        try:
            assert send(session, anna, anna).code == 250
            assert send(session, anna, anna).code == 250
            assert send(session, anna, anna).code == 450, "the node goes on to count"
        finally:
            stack.postgresql("start")
        wait_for(lambda: counted(stack, anna)[0] == 3, 30, "what was counted meanwhile")


def test_a_login_that_sends_too_much_is_denied_and_allowed_again(stack, anna, plan, setting):
    plan(login_messages_hour=1)
    setting("sending_refusals", "3")
    home = anna.partition("@")[2]
    with log_in(stack, anna) as session:
        assert send(session, anna, anna).code == 250
        for _ in range(3):
            assert send(session, anna, anna).code == 450
        wait_for(lambda: stack.value("select smtp_deny from mailbox where address = %s", anna), 20, "the denial")
        stack.wait_current()
        reply = send(session, anna, anna)
        assert str(reply).startswith("550 5.7.1"), reply
    assert stack.value("select smtp_denied_by from mailbox where address = %s", anna) == "emailgency"
    assert not authenticates(stack, anna)
    open_incidents = "select count(*) from incident where kind = 'sending' and subject = %s and closed_at is null"
    assert stack.value(open_incidents, anna) == 2
    assert stack.value("select count(*) from incident where kind = 'sending' and domain = %s", home) == 1
    stack.sql("select allow_sending(%s)", anna)
    wait_for(lambda: authenticates(stack, anna), 5, "being allowed again")
    with log_in(stack, anna) as session:
        assert send(session, anna, anna).code == 250, "its counts begin again"
    wait_for(lambda: stack.value(open_incidents, anna) == 0, 10, "the end of the incidents")


def waiting(stack, anna):
    """The queue ids of anna's mail, by queue."""
    listed = subprocess.run(["postqueue", "-c", stack.env["EMG_POSTFIX"], "-j"], capture_output=True, text=True, check=True).stdout
    mine = [one for one in map(json.loads, listed.splitlines()) if one["sender"] == anna]
    return {one["queue_id"]: one["queue_name"] for one in mine}


@pytest.fixture
def queued(stack, anna):
    """Mail of anna that cannot be delivered now."""
    stack.sql("update domain set transport = '203.0.113.1:25' where name = %s", anna.partition("@")[2])
    subprocess.run(["ip", "route", "replace", "unreachable", "203.0.113.1/32"], check=True)
    with log_in(stack, anna) as session:
        for _ in range(3):
            assert send(session, anna, anna).code == 250
    wait_for(lambda: len(waiting(stack, anna)) == 3, 30, "the mail in the queue")
    return list(waiting(stack, anna))


def state(stack, queue_id):
    return stack.value("select state from held_message where queue_id = %s", queue_id)


def test_a_denial_holds_what_is_queued(stack, anna, queued):
    home = anna.partition("@")[2]
    stack.sql("select deny_sending(%s)", anna)
    wait_for(lambda: set(waiting(stack, anna).values()) == {"hold"}, 60, "the mail on hold")
    wait_for(lambda: [state(stack, one) for one in queued] == ["held"] * 3, 30, "the rows")
    assert stack.value("select release_held(%s)", queued[0]) == 1
    wait_for(lambda: waiting(stack, anna)[queued[0]] != "hold", 30, "the release")
    assert stack.value("select delete_held(%s)", queued[1]) == 1
    wait_for(lambda: queued[1] not in waiting(stack, anna), 30, "the deletion")
    subprocess.run(["postsuper", "-c", stack.env["EMG_POSTFIX"], "-d", queued[2]], check=True, capture_output=True)
    assert stack.value("select release_held(%s)", home) == 1
    wait_for(lambda: state(stack, queued[2]) == "gone", 30, "the end of what is no longer there")
    assert [state(stack, one) for one in queued] == ["released", "deleted", "gone"]


def ask_helper(stack, line):
    with socket.socket(socket.AF_UNIX) as connection, connection.makefile("rw") as helper:
        connection.settimeout(60)
        connection.connect(str(stack.folder / "run/emailgency/queuehold"))
        helper.write(line + "\n")
        helper.flush()
        return helper.readline().rstrip("\n")


def test_the_helper_does_nothing_else(stack, anna, queued):
    assert ask_helper(stack, f"hold {queued[0]} bert@other.example") == "gone"
    assert ask_helper(stack, f"delete 4jXQd50Mx3z1dLst {anna}") == "gone"
    for wrong in (f"delete ALL {anna}", f"hold -d {anna}", f"requeue {queued[0]} {anna}", ""):
        assert ask_helper(stack, wrong).startswith("failed "), wrong
    assert "hold" not in waiting(stack, anna).values() and len(waiting(stack, anna)) == 3
    assert [ask_helper(stack, f"{action} {queued[0]} {anna}") for action in ("hold", "hold", "release", "release", "delete", "delete")] \
        == ["held", "held", "released", "released", "deleted", "gone"]
