# SPDX-License-Identifier: BSD-2-Clause
"""Policy at the MX, over real SMTP; each row edit has to be in force within a second."""
import pathlib
import re
import time

import pytest

from smtp import new_network, new_sender
from stack import wait_for

LISTED = "203.0.113.99"
DYNAMIC = "host-192-0-2-66.dyn.isp.example"


@pytest.fixture
def blocklist(stack):
    stack.sql("insert into dnsbl (zone) values ('bl.emailgency.example') on conflict do nothing")
    yield "bl.emailgency.example"
    stack.sql("delete from dnsbl where zone = 'bl.emailgency.example'")


@pytest.fixture
def greylisted(stack, domain, setting):
    setting("greylist_delay", 2)
    stack.sql("update domain set greylisting = 'all' where name = %s", domain)
    return domain


def test_edit_is_served_within_a_second(stack, domain, ask):
    started = time.monotonic()
    stack.sql("update domain set stealth = true where name = %s", domain)
    assert time.monotonic() - started < 1
    assert str(ask("a@sender.example", f"anna@{domain}")).startswith("450 4.3.2")


def test_relay_control_comes_first(ask):
    assert str(ask("a@sender.example", "x@not-local.example")).startswith("554 5.7.1"), "relay access denied"


def test_relay_is_for_the_domain_alone(domain, in_force, ask):
    in_force("250", "a@sender.example", f"anna@{domain}")
    for recipient in (f"anna@below.{domain}", f"a%other.example@{domain}", f"@{domain}:a@other.example"):
        assert ask("a@sender.example", recipient).code == 554, recipient


def test_stealth(stack, domain, in_force):
    in_force("250", "a@sender.example", f"anna@{domain}")
    stack.sql("update domain set stealth = true where name = %s", domain)
    in_force("450 4.3.2", "a@sender.example", f"anna@{domain}")
    stack.sql("update domain set stealth = false where name = %s", domain)
    in_force("250", "a@sender.example", f"anna@{domain}")


def test_stealth_of_alias_and_alternate_domains(stack, domain, in_force):
    alias = "alias-" + domain
    alternate = stack.value("select alternate_name from domain where name = %s", domain)
    stack.sql("insert into domain_alias (name, domain) values (%s, %s)", alias, domain)
    for name in (alias, alternate):
        in_force("250", "a@sender.example", f"anna@{name}")
    stack.sql("update domain set stealth = true where name = %s", domain)
    for name in (domain, alias, alternate):
        in_force("450 4.3.2", "a@sender.example", f"Anna@{name.upper()}")


def test_stealth_precedes_the_white_list_and_block_lists(stack, domain, blocklist, in_force):
    stack.sql("insert into whitelist (domain, entry) values (%s, 'sender.example')", domain)
    in_force("250", "a@sender.example", f"anna@{domain}", client=LISTED, name="[UNAVAILABLE]")
    stack.sql("update domain set stealth = true where name = %s", domain)
    in_force("450 4.3.2", "a@sender.example", f"anna@{domain}", client=LISTED, name="[UNAVAILABLE]")


def test_block_list(stack, domain, blocklist, in_force):
    client = dict(client=LISTED, name="[UNAVAILABLE]")
    reply = in_force("554 5.7.1", "offer@spam.example", f"anna@{domain}", **client)
    assert blocklist in reply.text and "Listed: 203.0.113.99 sent spam" in reply.text
    in_force("250", "offer@spam.example", f"anna@{domain}", client="203.0.113.100", name="[UNAVAILABLE]")
    stack.sql("update domain set blacklisting = false where name = %s", domain)
    in_force("250", "offer@spam.example", f"anna@{domain}", **client)


def test_block_list_error_code_never_counts(stack, domain, blocklist, records, in_force):
    records("50.113.0.203.bl.emailgency.example A 127.255.255.254", "51.113.0.203.bl.emailgency.example A 127.0.0.3")
    in_force("250", "a@spam.example", f"anna@{domain}", client="203.0.113.50", name="[UNAVAILABLE]")
    in_force("554 5.7.1", "a@spam.example", f"anna@{domain}", client="203.0.113.51", name="[UNAVAILABLE]")


def test_block_list_reply_mask_weight_and_allow_list(stack, domain, blocklist, records, in_force, setting):
    records("60.113.0.203.bl.emailgency.example A 127.0.0.4", "60.113.0.203.ok.emailgency.example A 127.0.0.2")
    mail = ("a@spam.example", f"anna@{domain}")
    client = dict(client="203.0.113.60", name="[UNAVAILABLE]")
    in_force("554 5.7.1", *mail, **client)
    stack.sql("update dnsbl set replies = '127.0.0.2' where zone = %s", blocklist)
    in_force("250", *mail, **client)
    stack.sql("update dnsbl set replies = null where zone = %s", blocklist)
    in_force("554 5.7.1", *mail, **client)
    setting("dnsbl_threshold", 2)
    in_force("250", *mail, **client)
    stack.sql("update dnsbl set weight = 2 where zone = %s", blocklist)
    in_force("554 5.7.1", *mail, **client)
    try:
        stack.sql("insert into dnsbl (zone, allow) values ('ok.emailgency.example', true)")
        in_force("250", *mail, **client)
    finally:
        stack.sql("delete from dnsbl where zone = 'ok.emailgency.example'")


@pytest.mark.parametrize("entry", [
    "offer@spam.example", "spam.example", ".spam.example", LISTED, "203.0.113.0/24", "host:mail.spam.example", "host:.spam.example",
])
def test_white_list_entries_spare_block_lists_and_greylisting(stack, domain, blocklist, entry, in_force):
    client = dict(client=LISTED, name="mail.spam.example")
    in_force("554 5.7.1", "offer@spam.example", f"anna@{domain}", **client)
    stack.sql("update domain set greylisting = 'all' where name = %s", domain)
    stack.sql("insert into whitelist (domain, entry) values (%s, %s)", domain, entry)
    in_force("250", "offer@spam.example", f"anna@{domain}", **client)
    stack.sql("update domain set whitelisting = false where name = %s", domain)
    in_force("554 5.7.1", "offer@spam.example", f"anna@{domain}", **client)


def test_white_list_below_a_domain(stack, domain, blocklist, in_force, ask):
    client = dict(client=LISTED, name="[UNAVAILABLE]")
    stack.sql("insert into whitelist (domain, entry) values (%s, '.spam.example')", domain)
    in_force("250", "offer@deep.below.spam.example", f"anna@{domain}", **client)
    assert ask("offer@notspam.example", f"anna@{domain}", **client).code == 554


def test_white_list_is_the_domains_own(stack, domain, blocklist, in_force):
    stack.sql("insert into whitelist (domain, entry) values (%s, 'other.example')", domain)
    in_force("554 5.7.1", "offer@spam.example", f"anna@{domain}", client=LISTED, name="[UNAVAILABLE]")


def test_greylist_delays_then_passes(stack, greylisted, ask, in_force):
    sender, client = new_sender(), dict(client=new_network(), name="[UNAVAILABLE]")
    reply = in_force("450 4.2.0", sender, f"anna@{greylisted}", **client)
    assert not any(digit in reply.text.partition("rejected: ")[2] for digit in "0123456789"), "no seconds in the text"
    assert ask(sender, f"anna@{greylisted}", **client).code == 450, "a retry at once is too early"
    time.sleep(2.2)
    assert ask(sender, f"anna@{greylisted}", **client).code == 250
    assert ask(sender, f"anna@{greylisted}", **client).code == 250, "and stays known"
    assert ask(new_sender(), f"anna@{greylisted}", **client).code == 450, "another sender is new"


def test_greylist_retry_from_the_same_network(greylisted, ask, in_force):
    network = new_network().rpartition(".")[0]
    sender = new_sender()
    in_force("450 4.2.0", sender, f"anna@{greylisted}", client=f"{network}.1", name="[UNAVAILABLE]")
    time.sleep(2.2)
    assert ask(sender, f"anna@{greylisted}", client=f"{network}.254", name="[UNAVAILABLE]").code == 250


def test_greylist_identity_is_the_registrable_domain(greylisted, ask, in_force):
    sender, farm = new_sender(), new_sender().partition("@")[0] + ".example"
    in_force("450 4.2.0", sender, f"anna@{greylisted}", client=new_network(), name=f"out.a.{farm}")
    time.sleep(2.2)
    assert ask(sender, f"anna@{greylisted}", client=new_network(), name=f"out.b.{farm}").code == 250


def test_greylist_normalises_senders(greylisted, ask, in_force):
    user, client = new_sender().partition("@")[0], dict(client=new_network(), name="[UNAVAILABLE]")
    in_force("450 4.2.0", f"{user}-1001@lists.example", f"anna@{greylisted}", **client)
    time.sleep(2.2)
    assert ask(f"{user}-1002@lists.example", f"anna@{greylisted}", **client).code == 250


def test_greylist_follows_alias_domains(stack, greylisted, ask, in_force):
    alias = "alias-" + greylisted
    stack.sql("insert into domain_alias (name, domain) values (%s, %s)", alias, greylisted)
    sender, client = new_sender(), dict(client=new_network(), name="[UNAVAILABLE]")
    in_force("450 4.2.0", sender, f"anna@{alias}", **client)
    time.sleep(2.2)
    assert ask(sender, f"anna@{greylisted}", **client).code == 250


def test_greylist_suspicious_only(stack, domain, ask, in_force):
    stack.sql("update domain set greylisting = 'suspicious' where name = %s", domain)
    in_force("450 4.2.0", new_sender(), f"anna@{domain}", client=new_network(), name="[UNAVAILABLE]")
    in_force("450 4.2.0", new_sender(), f"anna@{domain}", client="192.0.2.66", name=DYNAMIC)
    assert ask(new_sender(), f"anna@{domain}", client="192.0.2.10", name="mail.sender.example").code == 250


def test_greylist_shadow_mode(stack, greylisted, in_force):
    client = dict(client=new_network(), name="[UNAVAILABLE]")
    in_force("450", new_sender(), f"anna@{greylisted}", **client)
    stack.sql("update domain set greylisting_shadow = true where name = %s", greylisted)
    in_force("250", new_sender(), f"anna@{greylisted}", **client)


def test_greylist_is_written_before_the_answer(stack, greylisted, in_force):
    sender = new_sender()
    in_force("450", sender, f"anna@{greylisted}", client=new_network(), name="[UNAVAILABLE]")
    assert stack.value("select count(*) from greylist where sender = %s", sender) == 1


def test_one_decision_a_transaction_counts_once(stack, domain, mx, in_force):
    stack.sql("update domain set stealth = true where name = %s", domain)
    in_force("450 4.3.2", "a@sender.example", f"anna@{domain}")
    total = "select coalesce(sum(count), 0) from activity where domain = %s"

    def settled():
        before = stack.value(total, domain)
        time.sleep(1.5)
        return before and before == stack.value(total, domain)

    wait_for(settled, 10, "the counters of the requests so far")
    before = stack.value(total, domain)
    with mx() as session:
        session.docmd("MAIL FROM:<a@sender.example>")
        for _ in range(3):
            assert session.docmd(f"RCPT TO:<anna@{domain}>")[0] == 450
    wait_for(lambda: stack.value(total, domain) > before, 5, "the counter")
    time.sleep(1.5)
    assert stack.value(total, domain) == before + 1


def test_a_decision_is_found_by_queue_id(stack, domain, mx):
    """The first recipient's line has none: Postfix opens the queue file after it."""
    sender = new_sender()
    log = pathlib.Path(stack.env["EMG_LOG"]) / "policyd.log"
    with mx() as session:
        assert session.envelope(sender, f"anna@{domain}").code == 250
        reply = session.send_body("found by queue id")
    queue_id = re.search(r"queued as (\S+)", reply.text)[1]
    pair = wait_for(lambda: re.search(rf"info: queue_id={queue_id} instance=(\S+)$", log.read_text(errors="replace"), re.MULTILINE), 10, "the pair")
    lines = [line for line in log.read_text(errors="replace").splitlines() if f"instance={pair[1]}" in line]
    assert [line for line in lines if f"recipient=anna@{domain}" in line and f"sender={sender}" in line], lines
    assert len(lines) == 2, lines
