# SPDX-License-Identifier: BSD-2-Clause
"""The DNS of the stack: real answers, edits in force within a second, and Postfix asks it."""
import time

from conftest import resolve
from smtp import Session
from stack import wait_for


def test_edit_in_force_within_a_second(resolver, records):
    assert resolve(resolver, "new.example") == []
    started = time.monotonic()
    records("new.example A 192.0.2.7", "new.example TXT \"v=spf1 -all\"")
    assert time.monotonic() - started < 1
    assert resolve(resolver, "new.example") == ["192.0.2.7"]
    assert resolve(resolver, "new.example", "TXT") == ['"v=spf1 -all"']


def test_broken_edit_keeps_the_last_good_state(stack, resolver, records):
    records("good.example A 192.0.2.8")
    records("bad.example A 300.0.0.1", wait=False)
    wait_for(lambda: "300.0.0.1" in stack.daemon_log("dns"), 2, "a complaint in the log")
    assert resolve(resolver, "good.example") == ["192.0.2.8"]
    assert resolve(resolver, "bad.example") == []


def test_postfix_resolves_client_names_here(stack, records):
    records("77.0.0.127.in-addr.arpa PTR real.client.example", "real.client.example A 127.0.0.77")
    with Session(stack.address("EMG_SMTP"), source_address=("127.0.0.77", 0)) as session:
        session.envelope("a@sender.example", "x@nowhere.example")
    wait_for(lambda: "from real.client.example[127.0.0.77]" in stack.mail_log(), 2, "the client's name in the mail log")
