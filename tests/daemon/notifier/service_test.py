# SPDX-License-Identifier: BSD-2-Clause
"""emailgency-notifier beside a real database and a DNS server whose records the test sets."""
import os
import subprocess
import sys
import unittest

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "daemon"))
import daemon_process  # noqa: E402
from daemon_process import DaemonCase, psql  # noqa: E402

DNS_SERVER = os.environ["DNS_SERVER"]
DATABASE = daemon_process.DATABASE.replace("emailgency_daemon", "emailgency_notifier")
OWN_MX = "mx1.service.example"
BACKUPS = ("named", "addressed", "fine", "bare", "silent", "many")
ROWS = ("plan basic\n" + "".join(f"domain {name}.example\n" for name in BACKUPS) +
        "domain primary.example mode=primary\ndomain routed.example transport=192.0.2.1\n")
RECORDS = (f"named.example 60 MX 10 {OWN_MX}.", "named.example 60 MX 20 theirs.example.",
           "addressed.example 60 MX 10 alias.example.", "alias.example 60 A 192.0.2.7",
           "fine.example 60 MX 10 theirs.example.", f"fine.example 60 MX 20 {OWN_MX}.",
           *(f"many.example 60 MX 10 h{n}.example." for n in range(20)), f"many.example 60 MX 10 {OWN_MX}.",
           "theirs.example 60 A 192.0.2.99", "bare.example 60 AAAA 2001:db8::7",
           f"primary.example 60 MX 10 {OWN_MX}.", f"routed.example 60 MX 10 {OWN_MX}.", f"later.example 60 MX 10 {OWN_MX}.")


class NotifierTest(DaemonCase):
    program = os.environ["NOTIFIER"]

    def setUp(self):
        super().setUp()
        psql("alter role emailgency_notifier login")
        self.dns = subprocess.Popen([sys.executable, DNS_SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = self.dns.stdout.readline().split()[-1]
        for record in RECORDS:
            self.dns.stdin.write(f"add {record}\n")
            self.dns.stdin.flush()
            self.dns.stdout.readline()

    def tearDown(self):
        super().tearDown()
        self.dns.kill()
        self.dns.communicate()

    def options(self):
        return {**daemon_process.AS_CALLER, "log": "stderr", "directory": self.dir + "/directory", "database": DATABASE, "metrics": self.metrics,
                "node": "n1", "mx_hosts": f"{OWN_MX}, 192.0.2.7 2001:db8::7", "mx_check_interval": 1,
                "dns_servers": f"127.0.0.1@{self.port}"}

    def walks(self):
        return self.metric("emailgency_notifier_best_mx_walks_total")

    def logged(self):
        return {line.split("domain=")[1].split()[0] for line in self.log if "best MX is this service" in line}

    def test_backup_domains_whose_best_mx_we_are(self):
        self.start(ROWS, database="")
        self.wait_until(lambda: self.walks() >= 2, "two walks", 30)
        self.assertEqual(self.metric("emailgency_notifier_best_mx_domains"), 4)
        self.assertEqual(self.logged(), {"named.example", "addressed.example", "bare.example", "many.example"})

    def test_dns_that_does_not_answer_is_reported(self):
        self.start(ROWS, database="", dns_servers="127.0.0.1@1", dns_timeout_ms=300)
        self.wait_until(lambda: self.walks() >= 1, "a walk", 60)
        self.assertEqual(self.metric("emailgency_notifier_best_mx_unanswered_domains"), len(BACKUPS))
        self.wait_until(lambda: any(f"no answer on the best MX of domains, so what was found before stays: domains={len(BACKUPS)}" in line
                                    for line in self.log), "the line")
        self.assertEqual(self.metric("emailgency_notifier_best_mx_domains"), 0)

    def test_the_database_has_it(self):
        psql("insert into plan (name) select 'notified' on conflict do nothing; insert into domain (name, plan) values ('named.example', 'notified')")
        noted = "select problem, node, detail from domain_problem where domain = 'named.example'"
        self.start(ROWS)
        self.wait_until(lambda: psql(noted) == f"best-mx|n1|{OWN_MX}", "the note")
        self.assertEqual(psql("select host from best_mx where domain = 'named.example'"), OWN_MX)

    def test_a_new_domain_does_not_wait_for_the_next_walk(self):
        self.start(ROWS, database="", mx_check_interval=604800)
        self.wait_until(lambda: self.walks() == 1, "the walk", 30)
        self.load_rows(ROWS + "domain later.example\n")
        self.wait_until(lambda: "later.example" in self.logged(), "the new domain")
        self.assertEqual(self.walks(), 1)
        self.assertEqual(sum("domain=named.example" in line for line in self.log), 1)

    def test_it_waits_for_a_replica(self):
        process = self.start(None)
        self.assertEqual(self.metric("emailgency_notifier_replica_age_seconds"), -1)
        self.load_rows(ROWS)
        self.wait_until(lambda: "named.example" in self.logged(), "the walk", 30)
        self.assertEqual(self.stop(process), 0)

    def test_bad_options_are_refused(self):
        for key, value in (("mx_hosts", "a..b"), ("directory", "x"), ("mx_check_interval", 0), ("database", "x")):
            self.write_conf(**{key: value})
            out = subprocess.run([self.program, "-t", "-c", self.conf], capture_output=True, text=True, timeout=20, check=False)
            self.assertEqual(out.returncode, 78, key)
            self.assertIn(key, out.stderr)


if __name__ == "__main__":
    unittest.main()
