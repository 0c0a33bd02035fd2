# SPDX-License-Identifier: BSD-2-Clause
"""emailgency-policyd reports the health of its DNS lists, and the operator's incidents that follow."""
import os
import subprocess
import sys
import unittest

from policyd_process import PolicydCase, psql

DNS_SERVER = os.environ["DNS_SERVER"]


class DnsblReportTest(PolicydCase):
    def setUp(self):
        super().setUp()
        psql("delete from incident; delete from dnsbl_health")
        self.server = subprocess.Popen([sys.executable, DNS_SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = self.server.stdout.readline().split()[-1]

    def tearDown(self):
        super().tearDown()
        self.server.kill()
        self.server.communicate()

    def options(self):
        return {**super().options(), "node": "n1", "dns_servers": f"127.0.0.1@{self.port}"}

    def command(self, line):
        self.server.stdin.write(line + "\n")
        self.server.stdin.flush()
        self.server.stdout.readline()

    def health(self):
        return psql("select zone, node, state from dnsbl_health")

    def test_a_good_list(self):
        self.start()
        self.client().ask(recipient="u@listed.example")
        self.wait_until(lambda: self.health() == "bl.example|n1|good", "the report")
        self.assertEqual(psql("select count(*) from incident"), "0")

    def test_a_list_that_lists_all_for_long(self):
        psql("insert into dnsbl_health (zone, node, state, since) values ('bl.example', 'n1', 'silent', now() - interval '10 minutes')")
        for name in ("1.2.0.192.bl.example", "1.0.0.127.bl.example"):  # the client, and the entry that no list may have
            self.command(f"add {name} 60 A 127.0.0.2")
        self.start()
        self.client().ask(recipient="u@listed.example")
        self.wait_until(lambda: self.health() == "bl.example|n1|lists-all", "the report")
        self.assertEqual(psql("select domain is null, kind, subject, detail, closed_at is null from incident"), "t|dnsbl|bl.example|n1: lists-all|t")

    def test_before_the_first_request(self):
        psql("insert into dnsbl_health (zone, node, state) values ('bl.example', 'n1', 'silent')")
        process = self.start()
        self.connected()
        self.client().ask(recipient="u@open.example")
        self.assertEqual(self.stop(process), 0)
        self.assertEqual(self.health(), "bl.example|n1|silent")


if __name__ == "__main__":
    unittest.main()
