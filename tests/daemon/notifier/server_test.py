# SPDX-License-Identifier: BSD-2-Clause
"""emailgency-notifier against mail servers of all kinds: what it finds, the incidents that follow, and their mail."""
import os
import signal
import subprocess
import time
import unittest

from daemon_process import free_port, psql
from server_case import ServerCase
from smtp_stand_in import certificate

STARTTLS = {"tls": "good"}

# name: (behaviour, up, the report)
KINDS = {
    "healthy": ({}, True, "takes mail at RCPT: 250 ok"),
    "hang-banner": ({"banner": "hang"}, False, "no reply at the banner: timed out"),
    "hang-ehlo": ({"ehlo": "hang"}, False, "no reply at EHLO: timed out"),
    "hang-helo": ({"ehlo": "502 what", "helo": "hang"}, False, "no reply at HELO: timed out"),
    "hang-starttls": ({"starttls": "hang"}, False, "no reply at STARTTLS: timed out"),
    "hang-tls": ({"tls": "hang"}, True, "takes mail at RCPT: 250 ok"),
    "hang-mail": ({"mail": "hang"}, False, "no reply at MAIL: timed out"),
    "hang-rcpt": ({"rcpt": "hang"}, False, "no reply at RCPT: timed out"),
    "hang-quit": ({"quit": "hang"}, True, "takes mail at RCPT: 250 ok"),
    "drip-banner": ({"banner": "drip"}, False, "no reply at the banner: timed out"),
    "drip-rcpt": ({"rcpt": "drip"}, False, "no reply at RCPT: timed out"),
    "drip-ehlo": ({"ehlo": "drip"}, False, "no reply at EHLO: timed out"),
    "drip-tls-mail": ({**STARTTLS, "mail": "drip"}, False, "no reply at MAIL: timed out"),
    "lines-banner": ({"banner": "lines"}, False, "no reply at the banner: timed out"),
    "lines-ehlo": ({"ehlo": "lines"}, False, "no reply at EHLO: timed out"),
    "lines-rcpt": ({"rcpt": "lines"}, False, "no reply at RCPT: timed out"),
    "lines-tls-mail": ({**STARTTLS, "mail": "lines"}, False, "no reply at MAIL: timed out"),
    "slow-banner": ({"banner": "slow"}, True, "takes mail at RCPT: 250 ok"),
    "slow-tls-rcpt": ({**STARTTLS, "rcpt": "slow"}, True, "takes mail at RCPT: 250 ok"),
    "flood-banner": ({"banner": "flood"}, False, "no SMTP reply at the banner: a line does not end"),
    "flood-mail": ({"mail": "flood"}, False, "no SMTP reply at MAIL: a line does not end"),
    "flood-ehlo": ({"ehlo": "flood"}, False, "no SMTP reply at EHLO: a line does not end"),
    "flood-rcpt": ({"rcpt": "flood"}, False, "no SMTP reply at RCPT: a line does not end"),
    "flood-quit": ({"quit": "flood"}, True, "takes mail at RCPT: 250 ok"),
    "endless-banner": ({"banner": "endless"}, False, "no SMTP reply at the banner: the reply does not end"),
    "endless-ehlo": ({"ehlo": "endless"}, False, "no SMTP reply at EHLO: the reply does not end"),
    "endless-starttls": ({"starttls": "endless"}, False, "no SMTP reply at STARTTLS: the reply does not end"),
    "endless-mail": ({"mail": "endless"}, False, "no SMTP reply at MAIL: the reply does not end"),
    "endless-tls-rcpt": ({**STARTTLS, "rcpt": "endless"}, False, "no SMTP reply at RCPT: the reply does not end"),
    "endless-quit": ({"quit": "endless"}, True, "takes mail at RCPT: 250 ok"),
    "no-smtp": ({"banner": "HTTP/1.1 400 Bad Request"}, False, "no SMTP reply at the banner: HTTP/1.1 400 Bad Request"),
    "busy-banner": ({"banner": "421 later"}, True, "busy at the banner: 421 later"),
    "busy-ehlo": ({"ehlo": "421 later"}, True, "busy at EHLO: 421 later"),
    "busy-starttls": ({"starttls": "454 later"}, True, "takes mail at RCPT: 250 ok"),
    "busy-mail": ({"mail": "451 later"}, True, "busy at MAIL: 451 later"),
    "busy-rcpt": ({"rcpt": "450 later"}, True, "busy at RCPT: 450 later"),
    "refuses-banner": ({"banner": "554 go away"}, False, "refuses at the banner: 554 go away"),
    "refuses-ehlo": ({"ehlo": "502 what"}, True, "takes mail at RCPT: 250 ok"),
    "refuses-helo": ({"ehlo": "502 what", "helo": "550 no"}, False, "refuses at HELO: 550 no"),
    "refuses-starttls": ({"starttls": "502 what"}, True, "takes mail at RCPT: 250 ok"),
    "refuses-mail": ({"mail": "550 no"}, False, "refuses at MAIL: 550 no"),
    "refuses-rcpt": ({"rcpt": "550 unknown"}, True, "refuses the recipient at RCPT: 550 unknown"),
    "refuses-quit": ({"quit": "500 what"}, True, "takes mail at RCPT: 250 ok"),
    "tls-good": (STARTTLS, True, "takes mail at RCPT: 250 ok"),
    "tls-expired": ({"tls": "expired"}, True, "takes mail at RCPT: 250 ok"),
    "tls-broken": ({"tls": "broken"}, True, "takes mail at RCPT: 250 ok"),
    "close-banner": ({"banner": "close"}, False, "closed the connection at the banner: closed"),
    "close-ehlo": ({"ehlo": "close"}, False, "closed the connection at EHLO: closed"),
    "close-starttls": ({"starttls": "close"}, False, "closed the connection at STARTTLS: closed"),
    "close-tls": ({"tls": "close"}, True, "takes mail at RCPT: 250 ok"),
    "close-mail": ({"mail": "close"}, False, "closed the connection at MAIL: closed"),
    "close-tls-mail": ({**STARTTLS, "mail": "close"}, False, "closed the connection at MAIL: closed"),
    "close-rcpt": ({"rcpt": "close"}, False, "closed the connection at RCPT: closed"),
    "close-quit": ({"quit": "close"}, True, "takes mail at RCPT: 250 ok"),
}


class ServerTest(ServerCase):
    def test_what_it_finds(self):
        contexts = {"good": certificate(self.dir, "good", 90), "expired": certificate(self.dir, "expired", -1)}
        servers = {name: self.serve(behaviour, contexts) for name, (behaviour, _, _) in KINDS.items()}
        for name, server in servers.items():
            self.add_domain(f"{name}.example", server.port)
        self.add_domain("no-connection.example", free_port())
        expected = {f"{name}.example": f"{'1' if up else '0'} 127.0.0.1: {report}" for name, (_, up, report) in KINDS.items()}
        expected["no-connection.example"] = "0 127.0.0.1: no connection at the connection: Connection refused"
        found = {}

        def all_found():
            rows = psql("select domain, get_bit(results, 0), reply from probe where length(results) > 0").splitlines()
            for row in rows:
                domain, bit, reply = row.split("|", 2)
                found.setdefault(domain, f"{bit} {reply}")
            return len(found) == len(expected)

        begun = time.monotonic()
        self.start()
        self.wait_until(all_found, "all servers", 110)
        self.assertEqual(found, expected)
        self.assert_took(begun, 29, 100)  # the longest stage; not the 120 s of a session
        self.wait_until(lambda: psql("select string_agg(domain, ' ') from probe where state not in ('up', 'down')") == "", "a verdict on all", 150)
        down = {f"{name}.example" for name, (_, up, _) in KINDS.items() if not up} | {"no-connection.example"}
        self.assertEqual(set(psql("select domain from incident where kind = 'server' and closed_at is null").split()), down)
        self.assertEqual({line.split("domain=")[1].split()[0] for line in self.log if "server is down" in line}, down)
        self.assertGreaterEqual(self.metric("emailgency_notifier_probe_failures_total"), 2 * len(down))
        said = {line.split()[0].upper() for server in servers.values() for line in server.said}
        self.assertNotIn("DATA", said)
        self.assertIn("EHLO probe.example", servers["healthy"].said)
        self.assertIn("MAIL FROM:<>", servers["healthy"].said)
        self.assertIn("RCPT TO:<postmaster@healthy.example>", servers["healthy"].said)

    def test_down_and_up_again(self):
        server = self.serve({"mail": "550 no"})
        self.add_domain("customer.example", server.port, "admin@elsewhere.example")
        self.start()
        self.wait_until(lambda: self.messages(), "the alert")
        self.assertEqual(psql("select kind, detail from incident where domain = 'customer.example'"),
                         "server|127.0.0.1: refuses at MAIL: 550 no")
        self.assertIn("To: <admin@elsewhere.example>", self.messages()[0])
        # The end of an outage is of no use to those who did not get its start.
        psql("insert into contact (domain, kind, address) values ('customer.example', 'mail', 'later@elsewhere.example')")
        server.behaviour = {}
        self.wait_until(lambda: self.state("customer.example") == "up", "the recovery")
        self.wait_until(lambda: len(self.messages()) == 2, "the mail that says so")
        self.wait_until(lambda: psql("select transition, address, sent_at is not null from outbox order by id") ==
                        "opened|admin@elsewhere.example|t\nclosed|admin@elsewhere.example|t", "both marked")
        self.assertEqual(psql("select count(*), count(closed_at) from incident"), "1|1")
        self.assertEqual(self.metric('emailgency_notifier_alert_attempts_total{outcome="sent"}'), 2)

    def test_two_nodes_share_the_work_and_one_dies(self):
        server = self.serve({"banner": "hang"})
        names = [f"d{n}.example" for n in range(20)]
        for name in names:
            self.add_domain(name, server.port, "admin@elsewhere.example")
        one = self.start(probes_in_flight=10)
        self.start_beside(node="n2", probes_in_flight=10)
        self.wait_until(lambda: psql("select count(*) from probe where lease_node = 'n1' and lease_until > now()") == "10" and
                        psql("select count(*) from probe where lease_node = 'n2' and lease_until > now()") == "10", "both at work")
        one.send_signal(signal.SIGKILL)
        one.wait()
        server.behaviour = {"banner": "554 no"}
        # As if the leases had ended: nobody renews them.
        psql("update probe set lease_until = now() - interval '1 second' where lease_node = 'n1'")
        self.wait_until(lambda: psql("select count(*) from probe where state = 'down'") == "20", "all taken over", 90)
        self.wait_until(lambda: len(self.messages()) == 20, "the alerts", 60)
        self.assertEqual(psql("select count(*), count(distinct domain) from incident"), "20|20")
        self.assertEqual(psql("select count(*), count(distinct domain) from outbox"), "20|20")
        self.assertEqual(psql("select distinct lease_node from probe"), "n2")

    def test_killed_while_it_sends(self):
        self.write_sendmail("sleep 25")
        for n in range(5):
            self.add_domain(f"d{n}.example", free_port(), "admin@elsewhere.example")
        process = self.start()
        self.wait_until(lambda: psql("select count(*) from outbox where lease_until > now()") == "5", "the sending", 60)
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.write_sendmail("")
        psql("update outbox set lease_until = now() - interval '1 second'")
        self.start(None)
        self.wait_until(lambda: psql("select count(*) from outbox where sent_at is not null") == "5", "all sent", 60)
        self.wait_until(lambda: len(self.messages()) >= 10, "the messages of the programs that outlived it", 60)
        self.assertEqual([text for text in self.messages() if "Observation: " not in text], [])
        told = {line for text in self.messages() for line in text.splitlines() if line.startswith("Message-ID")}
        self.assertEqual(len(told), 5)  # a second copy has the Message-ID of the first

    def test_it_stops_while_statements_wait(self):
        blocker = subprocess.Popen(["psql", "-qXAt", "-h", os.environ["PG_TEST_HOST"], "-U", "postgres", "-d", "postgres", "-c",
                                    "begin; lock table emailgency.probe, emailgency.outbox; select pg_sleep(100)"])
        try:
            self.wait_until(lambda: psql("select count(*) from pg_locks where mode = 'AccessExclusiveLock' and granted and relation in "
                                         "('probe'::regclass, 'outbox'::regclass)") == "2", "the lock")
            process = self.start()
            self.wait_until(lambda: int(psql("select count(*) from pg_stat_activity where wait_event_type = 'Lock'")) > 0, "a statement that waits")
            time.sleep(1.5)  # until all its parts have one
            self.assertEqual(self.stop(process), 0, self.log[-40:])
        finally:
            blocker.terminate()
            blocker.wait()
            psql("select count(pg_terminate_backend(pid)) from pg_stat_activity where query like '%pg_sleep(100)%' and pid <> pg_backend_pid()")

    def test_a_suspicion_that_ended_while_it_was_away(self):
        psql("select open_incident(null, 'self', '', '9 of 10 servers fail')")
        self.start()
        self.wait_until(lambda: psql("select count(*) from incident where closed_at is null") == "0", "the end of the incident")


if __name__ == "__main__":
    unittest.main()
