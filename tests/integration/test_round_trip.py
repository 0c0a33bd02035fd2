# SPDX-License-Identifier: BSD-2-Clause
"""Probe mail of monitoring = active: a customer's server redirects it back, in the ways that servers do, or does not."""
import pathlib
import re
import socket
import subprocess
import sys

import pytest

from stack import SOURCE, wait_for

HOME = "rt@probe.emailgency.example"
FORGED = "cm" + "a" * 45  # of the right version and place


class Server:
    def __init__(self, stack, folder):
        self.folder = folder
        with socket.socket() as free:
            free.bind((stack.address("EMG_CUSTOMER")[0], 0))
            self.host, self.port = free.getsockname()
        self.process = subprocess.Popen([sys.executable, SOURCE / "tests/integration/redirecting_server.py", f"{self.host}:{self.port}", folder,
                                         stack.env["EMG_SMTP"]])
        wait_for(self.answers, 20, "the customer's server")

    def answers(self):
        try:
            socket.create_connection((self.host, self.port), 1).close()
            return True
        except OSError:
            return False

    def redirect(self, address, target, how="keep"):
        (self.folder / "redirects").write_text(f"{address} {target} {how}\n")

    def mail(self):
        return [path.read_text(errors="replace") for path in sorted(self.folder.glob("[!.]*.eml"))]


@pytest.fixture
def server(stack, tmp_path):
    server = Server(stack, tmp_path)
    yield server
    server.process.kill()
    server.process.wait()


@pytest.fixture
def probed(stack, running, domain, server):
    """A domain whose server was seen to take mail; its probe mail is redirected nowhere yet."""
    stack.sql("update domain set transport = %s, monitoring = 'active' where name = %s", f"{server.host}:{server.port}", domain)
    stack.sql("""insert into probe (domain, due_at, state, results, checks) values (%s, now() + '1 hour', 'up', b'1', array[now()])
                 on conflict (domain) do update set (due_at, state, results, checks) = (excluded.due_at, 'up', b'1', excluded.checks)""", domain)
    yield domain
    stack.sql("update domain set monitoring = 'off' where name = %s", domain)


def trip(stack, domain, column):
    return stack.value(f"select {column} from round_trip where domain = %s", domain)


def hurry(stack, domain, seconds=0):
    """The next probe is due, or the one that was sent is older."""
    stack.sql("update round_trip set due_at = now(), sent_at = sent_at - make_interval(secs => %s) where domain = %s", seconds, domain)


def begin(stack, domain, address):
    stack.sql("update domain set probe_address = %s where name = %s", address, domain)
    stack.sql("insert into round_trip (domain, due_at) values (%s, now()) on conflict (domain) do update set due_at = now()", domain)





def kinds(stack):
    return {name.split('"')[1]: number for name, number in stack.metrics("notifier").items() if name.startswith("emailgency_notifier_round_trip_mail_total")}


def test_probe_mail_comes_back_whatever_the_forwarder_keeps(stack, probed, server):
    address = f"probe@{probed}"
    server.redirect(address, HOME)
    stack.sql("update domain set greylisting = 'all', spf = 'reject', blacklisting = true, catchall = true where name = %s", probed)
    begin(stack, probed, f"probe+{{token}}@{probed}")
    for count, how in enumerate(("keep", "srs", "null", "bare"), 1):
        wait_for(lambda: trip(stack, probed, "arrived") >= count, 40, f"a probe, with {how}")
        assert trip(stack, probed, "losses") == 0
        server.redirect(address, HOME, ("srs", "null", "bare", "keep")[count - 1])
        hurry(stack, probed)
    [first, *_] = server.mail()
    assert re.search(rf"^X-Envelope-From: <rt\+[a-z2-7]{{47}}@probe\.emailgency\.example>$", first, re.MULTILINE), first
    assert re.search(rf"^X-Envelope-To: <probe\+[a-z2-7]{{47}}@{probed}>", first, re.MULTILINE), first
    assert re.search("^Auto-Submitted: auto-generated$", first, re.MULTILINE) and "probe.invalid" not in first.partition("\n\n")[0].partition("Received")[2]
    # No user sees one, and nothing counts them.
    assert not list(pathlib.Path(stack.folder, "mail").rglob(f"*{probed}*"))
    assert stack.sql("select * from activity where domain in (%s, 'probe.emailgency.example')", probed) == []
    assert stack.sql("select * from greylist where recipient like %s", f"%{probed}%") == []


def test_two_losses_are_an_incident_and_a_return_ends_it(stack, probed, server, mx):
    admin = f"admin@{probed.partition('.')[0]}.partner.example"
    stack.sql("insert into contact (domain, kind, address) values (%s, 'mail', %s)", probed, admin)
    begin(stack, probed, f"probe@{probed}")
    for losses in (1, 2):
        hurry(stack, probed)
        wait_for(lambda: trip(stack, probed, "state") == "sent" and len(server.mail()) >= losses, 40, "a probe")
        hurry(stack, probed, 600)
        wait_for(lambda: trip(stack, probed, "losses") >= losses, 20, "the loss")
    opened = "select count(*) from incident where domain = %s and kind = 'round_trip' and closed_at is null"
    wait_for(lambda: stack.value(opened, probed) == 1, 20, "the incident")
    alert = wait_for(lambda: stack.customer_has(f"{probed}: probe mail does not come back"), 30, "the alert").read_text()
    assert f"Please check that the probe address of {probed} is still redirected to this service." in alert and f"X-Envelope-To: <{admin}>" in alert
    server.redirect(f"probe@{probed}", HOME)
    hurry(stack, probed)
    wait_for(lambda: stack.value(opened, probed) == 0, 60, "the end")
    wait_for(lambda: stack.customer_has(f"{probed}: probe mail comes back again"), 30, "the mail that says so")
    # The same message again, and what is no probe at all.
    arrived, before = trip(stack, probed, "(arrived, arrived_at)"), stack.metrics("notifier")
    repeated = server.mail()[-1].partition("\n\n")[0].splitlines()
    header = "\r\n".join(line for line in repeated if not line.startswith("X-Envelope"))
    for body in (header, "Subject: buy\r\n" + "Received: x\r\n" * 31, f"X-Emailgency-Round-Trip: {FORGED}"):
        session = mx()
        assert session.envelope("spammer@sender.example", HOME).code == 250
        assert session.data(body + "\r\n\r\nx\r\n")[0] == 250
    wait_for(lambda: kinds(stack)["looped"] > 0 and kinds(stack)["forged"] > 0, 20, "the kinds")
    again = 'emailgency_notifier_round_trip_arrivals_total{outcome="repeated"}'
    wait_for(lambda: stack.metrics("notifier")[again] > before[again], 20, "the repeated one")
    assert arrived == trip(stack, probed, "(arrived, arrived_at)")


def test_the_address_takes_nothing_else(ask, stack, probed):
    for recipient, code in ((HOME, 250), (HOME.replace("@", f"+{'a' * 47}@"), 250), (HOME.replace("@", "+x@"), 550), ("user@probe.emailgency.example", 550),
                            ("postmaster@probe.emailgency.example", 250), (f"anna@{probed}.probe.invalid", 554)):
        assert ask("someone@sender.example", recipient, client="192.0.2.66", name="host-192-0-2-66.dyn.isp.example").code == code, recipient
    # Neither block lists nor SPF refuse what a forwarder sends on; with another recipient they do as ever.
    assert ask("x@silent.example", HOME, client="203.0.113.99").code == 250
    stack.sql("update domain set spf = 'reject' where name = %s", probed)
    assert ask("x@silent.example", f"anna@{probed}", client="203.0.113.99").code == 550


def test_a_loop_through_the_address_ends(stack, probed, server):
    # Here the customer's own alias leads the redirected probe back to the customer's server.
    stack.sql("update domain set keep_copy = false where name = %s", probed)
    stack.sql("insert into mailbox (address) values (%s)", f"probe@{probed}")
    stack.sql("insert into alias (address, target) values (%s, %s)", f"loop@{probed}", f"probe@{probed}")
    stack.sql("insert into alias (address, target) values (%s, %s)", f"home@{probed}", HOME)
    server.redirect(f"probe@{probed}", f"loop@{probed}")
    before = kinds(stack)["returned"]
    begin(stack, probed, f"probe@{probed}")
    wait_for(lambda: len(server.mail()) > 3, 40, "the loop")
    wait_for(lambda: kinds(stack)["returned"] > before, 60, "the bounce at its end")
    assert len(server.mail()) < 60 and trip(stack, probed, "state") == "sent"
    hurry(stack, probed, 600)
    wait_for(lambda: trip(stack, probed, "losses") == 1, 20, "the loss")
    # The redirect by way of an alias of this service is a round trip as any other.
    server.redirect(f"probe@{probed}", f"home@{probed}")
    hurry(stack, probed)
    wait_for(lambda: trip(stack, probed, "arrived") > 0, 40, "the probe")
