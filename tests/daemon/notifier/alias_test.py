# SPDX-License-Identifier: BSD-2-Clause
"""Alias domains that customers claim: emailgency-notifier looks for the token of each claim in DNS."""
import os
import re
import subprocess
import sys
import unittest

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "daemon"))
import daemon_process  # noqa: E402
from daemon_process import DaemonCase, psql  # noqa: E402

DATABASE = daemon_process.DATABASE.replace("emailgency_daemon", "emailgency_notifier")


class AliasTest(DaemonCase):
    program = os.environ["NOTIFIER"]

    def setUp(self):
        super().setUp()
        psql("alter role emailgency_notifier login; delete from domain_alias; delete from domain")
        psql("insert into domain (name, plan) values ('a.example', 'basic'), ('b.example', 'basic')")
        self.dns = subprocess.Popen([sys.executable, os.environ["DNS_SERVER"]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = self.dns.stdout.readline().split()[-1]

    def tearDown(self):
        super().tearDown()
        self.dns.kill()
        self.dns.communicate()
        psql("delete from domain_alias; delete from domain")

    def options(self):
        return {**daemon_process.AS_CALLER, "log": "stderr", "directory": self.dir + "/directory", "database": DATABASE, "metrics": self.metrics, "node": "n1",
                "dns_servers": f"127.0.0.1@{self.port}", "dns_timeout_ms": 500}

    def command(self, text):
        self.dns.stdin.write(text + "\n")
        self.dns.stdin.flush()
        return self.dns.stdout.readline().strip()

    def claim(self, domain, name):
        """The record to publish, as a customer gets it: its name and its text."""
        return re.fullmatch(r'(\S+)\. TXT "(\S+)"', psql(f"select request_alias('{domain}', '{name}')")).groups()

    def outcome(self, name, domain):
        return psql(f"select outcome from domain_alias_request where name = '{name}' and domain = '{domain}'")

    def aliases(self):
        return psql("select string_agg(name || ' ' || domain, ', ' order by name) from domain_alias")

    def again(self):
        psql("update domain_alias_request set due_at = now(), outcome = null")

    def test_a_record_proves_a_name(self):
        self.start("")
        name, text = self.claim("a.example", "alias.example")
        self.assertEqual(name, "_emailgency.alias.example")
        self.wait_until(lambda: self.outcome("alias.example", "a.example") == "missing", "the look-up without a record")
        self.command(f'add {name} 60 TXT "v=spf1 -all"')
        self.again()
        self.wait_until(lambda: self.outcome("alias.example", "a.example") == "other", "the look-up of another record")
        self.assertEqual(self.aliases(), "")
        self.command(f'add {name} 60 TXT "{text}"')
        self.again()
        self.wait_until(lambda: self.aliases() == "alias.example a.example", "the alias domain")
        self.wait_log("claimed alias domain is proved by DNS, and takes mail: name=alias.example domain=a.example")
        self.assertEqual(psql("select count(*) from domain_alias_request"), "0")

    def test_the_token_is_of_one_customer(self):
        """The record that the owner publishes for one customer gives the name to no other, even one who claimed it before."""
        self.start("")
        self.claim("a.example", "alias.example")
        name, text = self.claim("b.example", "alias.example")
        self.command(f'add {name} 60 TXT "{text}"')
        self.again()
        self.wait_until(lambda: self.aliases() == "alias.example b.example", "the alias domain of the right one")
        self.again()
        self.wait_until(lambda: self.outcome("alias.example", "a.example") == "other", "the look-up of the other one")
        self.assertEqual(self.aliases(), "alias.example b.example")

    def test_the_token_is_of_one_name(self):
        self.start("")
        self.claim("a.example", "first.example")
        _, text = self.claim("a.example", "second.example")
        self.command(f'add _emailgency.first.example 60 TXT "{text}"')
        self.command(f'add second.example 60 TXT "{text}"')
        self.again()
        for name, outcome in (("first.example", "other"), ("second.example", "missing")):
            self.wait_until(lambda name=name, outcome=outcome: self.outcome(name, "a.example") == outcome, name)
        self.assertEqual(self.aliases(), "")

    def test_without_an_answer_nothing_is_proved(self):
        self.start("")
        name, text = self.claim("a.example", "alias.example")
        self.command(f'add {name} 60 TXT "{text}"')
        self.command(f"servfail {name}")
        self.again()
        self.wait_until(lambda: self.outcome("alias.example", "a.example") == "failed", "the look-up that fails")
        self.command("behave")
        # The resolver asks no server again for a moment after a failure.
        self.wait_until(lambda: (self.again(), self.aliases())[1] == "alias.example a.example", "the alias domain")

    def test_more_claims_than_a_round_has(self):
        self.start("")
        psql("insert into domain_alias_request (name, domain, token, requested_by) select format('n%s.example', n), 'a.example', lpad(n::text, 32, '0'), 'x' from generate_series(1, 40) as n")
        for n in range(1, 41):
            self.command(f'add _emailgency.n{n}.example 60 TXT "emailgency={n:032d}"')
        self.again()
        self.wait_until(lambda: psql("select count(*) from domain_alias") == "40", "all of them", 60)


if __name__ == "__main__":
    unittest.main()
