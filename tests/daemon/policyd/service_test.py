# SPDX-License-Identifier: BSD-2-Clause
"""policyd's life: its decisions over time, its deadlines, its configuration, its end."""

import contextlib
import os
import re
import signal
import subprocess
import time
import unittest

from policyd_process import PROGRAM, PolicydCase, psql, request

DUNNO = "action=DUNNO\n\n"
GREYLISTED = "action=DEFER_IF_PERMIT 4.2.0 Greylisted, please try again later\n\n"
STEALTH = "action=450 4.3.2 Service currently unavailable, please try again later\n\n"
OSERR, CONFIG = 71, 78
OPERATIONS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../docs/operations.md")


@contextlib.contextmanager
def stopped_database():
    """The server's processes for policyd hang, as on a machine that swaps or lost its disk."""
    pids = psql("select pid from pg_stat_activity where usename = 'emailgency_daemon'").split()
    with open(os.environ["PG_TEST_DATA"] + "/postmaster.pid", encoding="ascii") as file:
        pids.append(file.readline())
    for pid in pids:
        os.kill(int(pid), signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in reversed(pids):
            os.kill(int(pid), signal.SIGCONT)


class ServiceTest(PolicydCase):
    def setUp(self):
        super().setUp()
        psql("truncate greylist, greylist_client, activity, activity_batch")

    def count(self, metric, domain="grey.example"):
        return int(psql(f"select coalesce(sum(count), 0) from activity where domain = '{domain}' and metric = '{metric}'"))

    def wait_count(self, metric, wanted, domain="grey.example"):
        self.wait_until(lambda: self.count(metric, domain) >= wanted, f"{wanted} {metric}")
        time.sleep(0.3)
        self.assertEqual(self.count(metric, domain), wanted)

    # Decisions over time

    def test_one_decision_a_transaction(self):
        process = self.start()
        self.connected()
        client, again = self.client(), self.client()
        for recipient in ["u@grey.example", "v@grey.example", "u@grey.example"]:
            self.assertEqual(client.ask(recipient=recipient, instance="1.1"), GREYLISTED)
            self.assertEqual(again.ask(recipient=recipient, instance="1.1"), GREYLISTED)
        self.assertEqual(psql("select count(*) from greylist"), "2")
        psql("update greylist set first_seen = first_seen - interval '121 s'")
        self.assertEqual(client.ask(recipient="v@grey.example", instance="1.1"), GREYLISTED)
        for recipient in ["u@grey.example", "v@grey.example", "new@grey.example"]:
            self.assertEqual(client.ask(recipient=recipient, instance="1.2"), DUNNO)
        self.wait_count("greylisted", 1)
        self.wait_count("greylist_passed", 1)
        self.wait_count("greylist_returned", 1)
        self.wait_count("passed", 1)
        for _ in range(3):
            self.assertEqual(client.ask(recipient="u@grey.example", instance=""), DUNNO)
        self.wait_count("passed", 4)
        self.assertEqual(self.stop(process), 0)

    def test_no_replica(self):
        process = self.start(rows=None)
        self.wait_log("no replica of the rows")
        self.assertEqual(self.client().ask(recipient="u@stealth.example"), DUNNO)
        self.assertEqual(self.metric('emailgency_policyd_errors_total{error="no-directory"}'), 2)  # the first at the start
        self.load_rows()
        self.wait_until(lambda: self.client().ask(recipient="u@stealth.example") == STEALTH, "the replica")
        self.assertEqual(self.stop(process), 0)

    def test_every_metric_is_explained(self):
        process = self.start(dns_timeout_ms=100)
        self.assertEqual(self.client().ask(recipient="u@listed.example"), DUNNO)
        names = {re.sub(r"_(bucket|sum|count)$", "", name.partition("{")[0]) for name in self.all_metrics()}
        with open(OPERATIONS, encoding="utf-8") as file:
            explained = set(re.findall(r"`(\w+)[{`]", file.read()))
        short = {name.removeprefix("emailgency_").removeprefix("policyd_").removeprefix("activity_") for name in names}
        self.assertEqual(short - explained, set())
        self.assertEqual(self.metric("emailgency_policyd_replica_age_seconds"), -1)
        self.assertEqual(self.stop(process), 0)

    # Deadlines

    def test_hung_resolver(self):
        process = self.start(answer_within_ms=600, dns_timeout_ms=60000)
        client, begun = self.client(), time.monotonic()
        self.assertEqual(client.ask(recipient="u@listed.example", instance="1.1"), DUNNO)
        self.assert_took(begun, 0.5, 2)
        begun = time.monotonic()  # the transaction's other recipients wait no more
        for recipient in ["v@listed.example", "w@listed.example"]:
            self.assertEqual(client.ask(recipient=recipient, instance="1.1"), DUNNO)
        self.assert_took(begun, 0, 0.4)
        self.assertEqual(self.metric('emailgency_policyd_errors_total{error="deadline"}'), 1)
        self.assertEqual(self.stop(process), 0)

    def test_clients_that_leave_while_they_wait(self):
        process = self.start(answer_within_ms=1000, dns_timeout_ms=60000)
        clients = [self.client() for _ in range(200)]
        begun = time.monotonic()
        for number, client in enumerate(clients):
            client.send(request(recipient="u@listed.example", instance=f"1.{number}", client_address=f"192.0.2.{number}") * 2)
        for client in clients[:100]:
            client.close()
        for client in clients[100:]:
            self.assertIn(DUNNO, client.receive())
        self.assert_took(begun, 0.5, 2.5)
        self.assertEqual(self.stop(process), 0)

    def test_hung_database(self):
        process = self.start()
        self.connected()
        client = self.client()
        self.assertEqual(client.ask(recipient="u@grey.example", instance="1.1"), GREYLISTED)
        with stopped_database():
            begun = time.monotonic()
            self.assertEqual(client.ask(recipient="v@grey.example", instance="1.2"), DUNNO)
            self.assert_took(begun, 0, 2)
            begun = time.monotonic()
            for number in range(20):
                self.assertEqual(client.ask(recipient="v@grey.example", instance=f"2.{number}"), DUNNO)
                self.assertEqual(client.ask(recipient="u@stealth.example"), STEALTH)
            self.assert_took(begun, 0, 1)
            self.wait_until(lambda: os.path.exists(self.spool), "the spool")
        self.connected()
        self.assertEqual(client.ask(recipient="u@grey.example", instance="1.3"), GREYLISTED)
        self.wait_count("greylist_unavailable", 21)
        self.assertEqual(self.stop(process), 0)

    # Its end

    def test_counts_are_flushed(self):
        process = self.start(activity_interval_ms=600000)
        self.connected()
        time.sleep(0.2)  # the counts have a connection of their own
        for number in range(5):
            self.client().ask(instance=f"1.{number}")
        self.assertEqual(self.stop(process), 0)
        self.assertEqual(self.count("passed", "open.example"), 5)
        self.assertFalse(os.path.exists(self.path) or os.path.exists(self.spool))

    def test_counts_outlive_the_database(self):
        process = self.start(database="host=/nowhere user=x dbname=y")
        for number in range(5):
            self.client().ask(instance=f"1.{number}")
        asked = time.time() - 0.01  # the clock of files is coarse
        self.wait_until(lambda: os.path.exists(self.spool) and os.stat(self.spool).st_mtime >= asked, "the spool with all of them")
        process.kill()
        process.wait()
        process = self.start()
        self.wait_count("passed", 5, "open.example")
        self.assertEqual(self.stop(process), 0)
        self.assertFalse(os.path.exists(self.spool))

    def test_what_was_taken_is_answered(self):
        process = self.start(answer_within_ms=800, dns_timeout_ms=60000)
        client = self.client()
        client.send(request(recipient="u@listed.example"))
        time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(client.receive(), DUNNO)
        self.assertEqual(process.wait(timeout=5), 0)

    def test_second_instance_is_refused(self):
        process = self.start()
        self.write_conf(metrics="")
        second = self.run_daemon()
        self.assertEqual(second.wait(timeout=10), OSERR)
        self.wait_log("another process answers there")
        self.assertEqual(self.client().ask(recipient="u@stealth.example"), STEALTH)
        self.assertEqual(self.stop(process), 0)

    # Configuration

    def test_problems_name_file_and_line(self):
        for key, value, words in [
            ("nonsense", "1", "no such option 'nonsense'"),
            ("answer_within_ms", "2001", "answer_within_ms: "),
            ("database", "nonsense", 'missing "="'),
            ("database", "", "write a libpq connection string"),
            ("listen", "policyd", "listen: "),
            ("listen_mode", "660", "write four octal digits"),
            ("dns_servers", "127.0.0.1 dns.example", "write addresses"),
            ("dns_servers", "127.0.0.1@70000", "write addresses"),
            ("directory", "here", "write an absolute path"),
            ("activity_spool", "here", "write an absolute path"),
            ("metrics", "0.0.0.0", "metrics: "),
            ("database_password_file", self.dir + "/none", "cannot read the secret"),
        ]:
            with open(self.conf, "w", encoding="ascii") as file:
                file.write(f'log = stderr\n{key} = "{value}"\n')
            for mode in [["-t"], []]:
                result = subprocess.run([PROGRAM, *mode, "-c", self.conf], capture_output=True, text=True, timeout=10)
                self.assertEqual(result.returncode, CONFIG, result.stderr)
                self.assertIn(f"{self.conf}:2: ", result.stderr)
                self.assertIn(words, result.stderr)

    def test_reload(self):
        process = self.start(answer_within_ms=2000, dns_timeout_ms=60000, activity_interval_ms=600000)
        self.connected()
        client = self.client()
        self.assertEqual(client.ask(instance="1.1"), DUNNO)
        self.write_conf(answer_within_ms=300, dns_timeout_ms=60000, activity_interval_ms=50)
        process.send_signal(signal.SIGHUP)
        self.wait_log("configuration reloaded")
        begun = time.monotonic()
        self.assertEqual(client.ask(recipient="u@listed.example"), DUNNO)
        self.assert_took(begun, 0.2, 1)
        self.wait_count("passed", 1, "open.example")
        self.write_conf(answer_within_ms="soon")
        process.send_signal(signal.SIGHUP)
        self.wait_log("the configuration stays as it was")
        self.assertEqual(client.ask(recipient="u@stealth.example"), STEALTH)
        self.assertEqual(self.stop(process), 0)


if __name__ == "__main__":
    unittest.main()
