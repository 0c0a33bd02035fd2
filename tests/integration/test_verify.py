# SPDX-License-Identifier: BSD-2-Clause
"""verify(8) against customers' servers that refuse for all kinds of reasons: only a recipient that is unknown there is refused here."""
import socketserver
import threading

import pytest

from routing import look_up, send
from stack import drop_domain, wait_for

ADDRESS = "127.0.0.1"


class Primary(socketserver.ThreadingTCPServer):
    """A customer's server that answers commands as `says` has it: verb -> reply."""
    allow_reuse_address = daemon_threads = True

    def __init__(self):
        super().__init__((ADDRESS, 0), Dialogue)
        self.says, self.delivered = {}, []
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Dialogue(socketserver.StreamRequestHandler):
    timeout = 60

    def say(self, verb, otherwise):
        text = self.server.says.get(verb, otherwise)
        self.wfile.write(text.encode() + b"\r\n")
        return text

    def handle(self):
        try:
            if not self.say("BANNER", "220 primary.example ESMTP").startswith("2"):
                return
            for line in self.rfile:
                verb = line.split()[0].split(b":")[0].upper().decode() if line.strip() else ""
                said = self.say(verb, {"DATA": "354 go ahead", "QUIT": "221 bye"}.get(verb, "250 ok"))
                if verb == "QUIT" or said.startswith(("221", "421")):
                    return
                if verb == "DATA" and said.startswith("354"):
                    while self.rfile.readline() not in (b".\r\n", b""):
                        pass
                    self.say("END", "250 taken")
                    self.server.delivered.append(True)
        except OSError:
            pass


@pytest.fixture
def primary():
    with Primary() as server:
        yield server
        server.shutdown()


@pytest.fixture
def verified(stack, primary):
    name = f"v{primary.server_address[1]}-{id(primary) % 100000}.example"
    stack.sql("""insert into domain (name, plan, greylisting, verify_recipients, transport) values (%s, 'basic', 'off', true, %s)""",
              name, f"{ADDRESS}:{primary.server_address[1]}")
    wait_for(lambda: look_up(stack, "relay_recipients", f"who@{name}") == "OK", 5, "the domain")
    yield name
    drop_domain(stack, name)


def answer(mx, name):
    """The answer once the probe has come back: until then the recipient is taken."""
    return send(mx, f"someone@{name}", "never")


UNKNOWN = {
    "550 5.1.1": "550 5.1.1 no such user",
    "550 5.1.10 of Exchange": "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
    "550 5.4.1 of Exchange Online": "550 5.4.1 Recipient address rejected: Access denied. [AM2EUR05FT047.eop-eur05.prod.protection.outlook.com]",
    "550 without a code": "550 Unknown user",
    "551": "551 5.1.6 moved to elsewhere",
    "553": "553 no",
    "many lines": "550-5.1.1 The email account that you tried to reach does not exist.\r\n550 5.1.1 See our pages",
}


@pytest.mark.parametrize("case", UNKNOWN)
def test_f10_unknown_recipient_is_refused_in_the_servers_words(primary, verified, mx, case):
    primary.says = {"RCPT": UNKNOWN[case]}
    reply = answer(mx, verified)
    assert str(reply).startswith("550 5.1.1") and "Unknown recipient; its server says: 55" in reply.text, reply
    assert ADDRESS not in reply.text, "the reply must not name the inner host"


OTHER = {
    "probe's sender at MAIL": {"MAIL": "550 5.1.8 sender domain does not exist"},
    "5.1.1 at MAIL": {"MAIL": "550 5.1.1 no such user"},
    "banner": {"BANNER": "554 5.7.1 your address is blocked"},
    "EHLO and HELO": {"EHLO": "550 no", "HELO": "550 no"},
    "hang-up": {"EHLO": "221 bye"},
    "greylisted": {"RCPT": "450 4.2.0 Greylisted"},
}
OTHER_U3 = {
    "mailbox full": "552 5.2.2 mailbox full",
    "mailbox full as 550": "550 5.2.2 mailbox full",
    "mailbox full without a code": "550 Mailbox full",
    "blocked": "554 5.7.1 blocked for spam",
    "blocked without a code": "550 Your host is in a blacklist",
    "sender verify failed": "550 5.7.1 sender verify failed",
    "callback of Exim": "550-Verification failed for <double-bounce@mx.example>\r\n550 Sender verify failed",
    "sender rejected by Postfix": "550 5.1.8 <double-bounce@mx.example>: Sender address rejected: Domain not found",
    "sender unknown by Postfix": "550 5.1.0 <double-bounce@mx.example>: Sender address rejected: User unknown",
    "relaying denied": "550 5.7.1 Relaying denied",
    "disabled": "550 5.2.1 mailbox disabled",
    "554": "554 no",
}


@pytest.mark.parametrize("case", OTHER)
def test_f10_refusal_that_is_not_about_the_recipient_is_no_unknown_recipient(primary, verified, mx, case):
    primary.says = OTHER[case]
    assert answer(mx, verified).code == 250


@pytest.mark.parametrize("case", OTHER_U3)
def test_u3_refusal_at_rcpt_that_is_not_about_the_address_is_no_unknown_recipient(primary, verified, mx, case):
    primary.says = {"RCPT": OTHER_U3[case]}
    assert answer(mx, verified).code == 250


def test_f10_a_refusal_fits_a_reply_line(primary, verified, mx):
    """RFC 5321 section 4.5.3.1.5: 512 octets."""
    primary.says = {"RCPT": "550 5.1.1 " + "x" * 900}
    reply = answer(mx, verified)
    assert reply.code == 550 and len(str(reply)) < 400, reply


def test_f10_a_delivery_that_is_refused_bounces(stack, primary, verified, mx):
    """The filter is the probes' alone: what the server refuses when mail comes is said to its sender."""
    since = len(stack.mail_log())
    assert send(mx, f"someone@{verified}", "refused later").code == 250
    primary.says = {"END": "554 5.7.1 no"}
    assert send(mx, f"someone@{verified}", "refused at its end").code == 250
    wait_for(lambda: any(f"someone@{verified}" in line and "status=bounced" in line for line in stack.mail_log()[since:].splitlines()),
             20, "the bounce")
