# SPDX-License-Identifier: BSD-2-Clause
"""The DNS of the stack: real answers, edits in force within a second, and Postfix asks it."""
import time

import dns.resolver
import pytest

from smtp import Session
from stack import wait_for


@pytest.fixture
def resolver(stack):
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = [stack.address("EMG_DNS")[0]]
    resolver.port = stack.address("EMG_DNS")[1]
    resolver.lifetime = 2
    return resolver


def look_up(resolver, name, kind="A"):
    try:
        return [str(record) for record in resolver.resolve(name, kind)]
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []


def test_edit_in_force_within_a_second(resolver, records):
    assert look_up(resolver, "new.example") == []
    records("new.example A 192.0.2.7", "new.example TXT \"v=spf1 -all\"")
    started = time.monotonic()
    wait_for(lambda: look_up(resolver, "new.example") == ["192.0.2.7"], 1, "the new record")
    assert time.monotonic() - started < 1
    assert look_up(resolver, "new.example", "TXT") == ['"v=spf1 -all"']


def test_broken_edit_keeps_the_last_good_state(stack, resolver, records):
    records("good.example A 192.0.2.8")
    wait_for(lambda: look_up(resolver, "good.example"), 1, "the good record")
    records("bad.example A 300.0.0.1")
    wait_for(lambda: "300.0.0.1" in stack.daemon_log("dns"), 2, "a complaint in the log")
    assert look_up(resolver, "good.example") == ["192.0.2.8"]
    assert look_up(resolver, "bad.example") == []


def test_postfix_resolves_client_names_here(stack, records, resolver):
    records("77.0.0.127.in-addr.arpa PTR real.client.example", "real.client.example A 127.0.0.77")
    wait_for(lambda: look_up(resolver, "real.client.example"), 1, "the records")
    with Session(stack.address("EMG_SMTP"), source_address=("127.0.0.77", 0)) as session:
        session.envelope("a@sender.example", "x@nowhere.example")
    wait_for(lambda: "from real.client.example[127.0.0.77]" in stack.mail_log(), 2, "the client's name in the mail log")
