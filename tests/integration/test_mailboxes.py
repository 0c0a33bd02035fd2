# SPDX-License-Identifier: BSD-2-Clause
"""emailgencyctl's commands for mailboxes on a real store, and a VIP's limits from the plan to the door and the store."""
import json
import subprocess

import pytest

from smtp import Reply
from stack import wait_for
from submission import log_in
from store_mail import PASSWORD, doveadm, dovecot_mail, imap, lmtp


@pytest.fixture
def ctl(stack):
    """ctl(word, ..., given): what the command prints as JSON."""

    def run(*words, given=""):
        done = subprocess.run([stack.env["EMG_CTL"], *words, "--json", "--database", stack.env["EMG_PG"]], input=given, capture_output=True,
                              text=True, timeout=180, check=False)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    return run


def test_new_user_reads_mail(stack, domain, ctl):
    user = f"carl@{domain}"
    ctl("mailbox", "add", user, "quota=1M", given=PASSWORD)
    stack.wait_current()
    assert lmtp(stack, user, ident="first") == [250]
    with imap(stack, user) as client:
        assert client.select("INBOX")[1] == [b"1"]
    with log_in(stack, user, PASSWORD):
        pass
    wait_for(lambda: ctl("mailbox", "show", user)[0]["messages"] == 1, 10, "the usage")
    (used,) = [row for row in ctl("domain", "usage", domain) if row["name"] == user]
    assert (used["part"], used["allowed"]) == ("fullest", 1 << 20) and used["used"] > 0


def test_deleted_mailbox_comes_back(stack, domain, ctl):
    user = f"anna@{domain}"
    assert lmtp(stack, user, ident="kept") == [250]
    wait_for(lambda: ctl("mailbox", "show", user)[0]["messages"] == 1, 10, "the usage")
    stack.sql("select delete_mailbox(%s)", user)
    assert [row["address"] for row in ctl("mailbox", "list", domain, "--kind", "deleted")] == [user]
    ctl("mailbox", "restore", user)
    assert dovecot_mail(stack, user, "INBOX") == ["<kept>"]
    assert ctl("mailbox", "list", domain, "--kind", "deleted") == []


def test_candidate_becomes_a_mailbox(stack, catchall, ctl):
    new, typo = f"new@{catchall}", f"typo@{catchall}"
    stack.sql("update setting set value = '86400' where name = 'tidy_interval'")
    assert lmtp(stack, new, ident="new") == lmtp(stack, typo, ident="typo") == [250]  # a delivery each, as Postfix makes them
    wait_for(lambda: stack.value("select count(*) from mailbox_usage where domain = %s and unsorted", catchall) == 2, 10, "the usage")
    (done,) = ctl("tidy", catchall)
    assert done["done"] and done["problem"] == "", done
    assert [row["address"] for row in ctl("candidate", "list", catchall)] == [new, typo]
    (promoted,) = ctl("candidate", "promote", new)
    stack.sql("select set_first_password(%s, %s, %s)", new, promoted["code"], PASSWORD)
    with imap(stack, new) as client:
        assert client.select("INBOX")[1] == [b"1"]
    ctl("candidate", "discard", typo)
    # Mail that came within the second of a sort waits for the next.
    wait_for(lambda: ctl("tidy", catchall)[0]["done"] and dovecot_mail(stack, typo, "INBOX") == [], 20, "the mail of the discarded address to go")
    assert dovecot_mail(stack, f".undelivered@{catchall}", "Mail") == ["<typo>"]


def test_a_vip_has_the_vips_limits(stack, domain, ctl, mx):
    anna, bert = f"anna@{domain}", f"bert@{domain}"
    plan, vip_plan, quota, vip_quota = stack.sql(
        "select max_message_size, vip_message_size, mailbox_quota, vip_quota from plan where name = 'basic'")[0]

    def to(address, size):
        with mx() as session:
            session.docmd(f"MAIL FROM:<a@sender.example> SIZE={size}")
            return str(Reply(session.docmd(f"RCPT TO:<{address}>")))[:9]

    def sent(size):
        with log_in(stack, anna, PASSWORD) as session:
            session.docmd(f"MAIL FROM:<{anna}> SIZE={size}")
            return str(Reply(session.docmd("RCPT TO:<someone@elsewhere.test>")))[:9]

    ctl("mailbox", "passwd", anna, given=PASSWORD)
    stack.wait_current()
    assert sent(plan)[:3] == to(anna, plan)[:3] == "250"
    assert sent(plan + 1) == to(anna, plan + 1) == "552 5.2.3"
    assert f"={quota}" in doveadm(stack, "user", anna)
    ctl("mailbox", "set", anna, "vip=true")
    wait_for(lambda: to(anna, plan + 1)[:3] == "250", 5, "the VIP")
    assert sent(vip_plan)[:3] == to(anna, vip_plan)[:3] == "250"
    assert sent(vip_plan + 1) == to(anna, vip_plan + 1) == to(bert, plan + 1) == "552 5.2.3"
    wait_for(lambda: f"={vip_quota}" in doveadm(stack, "user", anna), 20, "Dovecot to have the quota")


def test_the_plan_bounds_the_vips(stack, domain):
    stack.sql("insert into plan (name, max_vips) values ('one-vip', 1)")
    try:
        stack.sql("update domain set plan = 'one-vip' where name = %s", domain)
        assert set_vip(stack, f"anna@{domain}").returncode == 0
        refused = set_vip(stack, f"bert@{domain}")
        assert refused.returncode == 65 and "would have 2 VIP mailboxes, plan \"one-vip\" gives 1" in refused.stderr
    finally:
        stack.sql("update domain set plan = 'basic' where name = %s", domain)
        stack.sql("delete from plan where name = 'one-vip'")


def set_vip(stack, address):
    return subprocess.run([stack.env["EMG_CTL"], "mailbox", "set", address, "vip=true", "--database", stack.env["EMG_PG"]], capture_output=True,
                          text=True, timeout=60, check=False)
