# SPDX-License-Identifier: BSD-2-Clause
"""emailgencyctl explain agrees with the replies of Postfix, policyd and the milter to the sender's server."""
import json
import subprocess

import pytest

from milter_mail import BAD, FORGED, GOOD, set_domain  # noqa: F401
from smtp import Reply
from stack import wait_for


@pytest.fixture
def explain(stack):
    """explain(word, ...): the document, with rows, DNS and worker of the stack."""

    def run(*words):
        done = subprocess.run([stack.env["EMG_CTL"], "explain", "--json", *words], capture_output=True, text=True, timeout=60,
                              check=False)
        assert done.returncode == 0, done.stderr
        assert "Sanitizer" not in done.stderr, done.stderr
        return json.loads(done.stdout)

    return run


def steps(document, name):
    return [(step["key"], step["says"]) for step in document["steps"] if step["step"] == name]


def client(of):
    return ["--client", of["client"], "--name", of["name"], "--helo", "client.example"]


def test_spf(domain, set_domain, in_force, explain):
    set_domain(spf="reject")
    address = f"anna@{domain}"
    reply = in_force("550 5.7.23", FORGED, address, **BAD)
    document = explain(address, "--sender", FORGED, *client(BAD))
    assert (document["action"], document["reason"]) == (str(reply), "spf")
    assert steps(document, "milter") == [(domain, f"{reply} (spf)")]
    assert any(key == FORGED and says.startswith("fail of the MAIL FROM identity, by ") for key, says in steps(document, "spf"))
    document = explain(address, "--sender", FORGED, *client(GOOD))
    assert (document["action"], steps(document, "milter")) == ("DUNNO", [(domain, "accept (nothing-applies)")])


def test_size(stack, domain, mx, explain):
    address = f"anna@{domain}"
    stack.sql("update mailbox set max_message_size = 100000 where address = %s", address)
    limit = 100000 + int(stack.value("select value from setting where name = 'message_size_slack'"))

    def refusal():
        with mx(**GOOD) as session:
            assert session.docmd(f"MAIL FROM:<{FORGED}> SIZE={limit + 1}")[0] == 250
            reply = Reply(session.docmd(f"RCPT TO:<{address}>"))
        return reply.code == 552 and str(reply)

    reply = wait_for(refusal, 2, "the row")
    document = explain(address, "--sender", FORGED, "--size", str(limit + 1))
    assert document["action"] == reply
    assert steps(document, "size_limit")[0][1].startswith(f"{limit} bytes (mailbox.max_message_size of {address};")
    assert explain(address, "--sender", FORGED, "--size", str(limit), "--spf", "pass")["action"] == "DUNNO"


def test_bounce(stack, domain, in_force, explain):
    address = f"bert@{domain}"
    stack.sql("update mailbox set receive_only = true where address = %s", address)
    reply = in_force("550 5.7.1", "", address, **GOOD)
    document = explain(address, "--sender", "", *client(GOOD))
    assert (document["action"], document["reason"]) == (str(reply), "never-sends")
