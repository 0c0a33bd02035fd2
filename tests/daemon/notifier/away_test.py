# SPDX-License-Identifier: BSD-2-Clause
"""emailgency-notifier while PostgreSQL is away: it goes on watching, alerts the operator itself, and reports later, once."""
import glob
import os
import signal
import subprocess
import time
import unittest

import daemon_process
import sms_gateway
from daemon_process import DaemonCase, free_port, psql
from sms_case import status
from sms_gateway import Gateway, Smarthost
from smtp_stand_in import StandIn

# Two failures make an outage, one success its end. Nearly all servers fail here, so this service must not be suspected.
RULES = {"probe_interval": 1, "probe_window": 2, "probe_down_after": 2, "probe_down_min": 0, "probe_up_after": 1, "suspect_self_percent": 100,
         "transport_networks": "127.0.0.0/8", "postmaster": "postmaster@operator.example"}
DATABASE = daemon_process.DATABASE.replace("user=emailgency_daemon", "user=emailgency_notifier")
REFUSES = {"mail": "550 no"}


def processes():
    """The postmaster and its children."""
    with open(os.environ["PG_TEST_DATA"] + "/postmaster.pid", encoding="ascii") as file:
        main = int(file.readline())
    children = subprocess.run(["pgrep", "-P", str(main)], check=False, capture_output=True, text=True).stdout.split()
    return [main, *map(int, children)]


def signal_all(number):
    for process in processes():
        try:
            os.kill(process, number)
        except ProcessLookupError:
            pass


class AwayTest(DaemonCase):
    program = os.environ["NOTIFIER"]

    def setUp(self):
        super().setUp()
        self.stopped = self.halted = False
        psql("alter role emailgency_notifier login")
        psql("update setting set value = '127.0.0.0/8' where name = 'transport_networks'")
        psql("update setting set value = '5' where name = 'probe_interval'")
        psql("insert into plan (name) values ('probed') on conflict do nothing; delete from outbox; delete from incident; delete from domain")
        self.servers, self.others, self.domains = [], [], ""
        self.mail = self.dir + "/mail"
        self.sendmail = self.dir + "/sendmail"
        os.makedirs(self.mail)
        os.makedirs(self.spool)
        self.write_sendmail()

    def tearDown(self):
        if self.halted:
            signal_all(signal.SIGCONT)
        if self.stopped:
            self.start_database()
        super().tearDown()
        for server in self.servers:
            server.close()
        for other in self.others:
            other.close()

    def write_sendmail(self, before=""):
        with open(self.sendmail + ".new", "w", encoding="ascii") as file:
            file.write(f'#!/bin/sh\n{before}\ncat >{self.mail}/$$.part && mv {self.mail}/$$.part {self.mail}/$$.eml\n')
        os.chmod(self.sendmail + ".new", 0o755)
        os.replace(self.sendmail + ".new", self.sendmail)

    def options(self):
        return {**daemon_process.AS_CALLER, "log": "stderr", "directory": self.dir + "/directory", "database": DATABASE, "metrics": self.metrics,
                "node": "n1", "dns_servers": "127.0.0.1@1", "sendmail": self.sendmail, "spool": self.spool, "database_timeout_ms": 2000,
                "database_alert_after": 1}

    def rows_now(self):
        return "plan basic\n" + "".join(f'setting {name} value="{value}"\n' for name, value in RULES.items()) + self.domains

    def serve(self, name, behaviour=None, contact=None):
        self.servers.append(StandIn(behaviour or {}))
        port = self.servers[-1].port
        psql(f"insert into domain (name, plan, monitoring, transport) values ('{name}', 'probed', 'simple', '127.0.0.1:{port}')")
        if contact:
            psql(f"insert into contact (domain, kind, address) values ('{name}', 'mail', '{contact}')")
        self.domains += f"domain {name} monitoring=simple transport=127.0.0.1:{port}\n"
        return self.servers[-1]

    def stop_database(self):
        """As a crash does."""
        subprocess.run(["pkill", "-KILL", "-P", str(processes()[0])], check=False)
        signal_all(signal.SIGKILL)
        self.stopped = True
        self.wait_until(lambda: not any(os.path.exists(f"/proc/{p}/root/") for p in processes()), "the end of the database")

    def start_database(self):
        os.unlink(os.environ["PG_TEST_DATA"] + "/postmaster.pid")
        subprocess.run(os.environ["PG_TEST_START"].split(), check=True, stdout=subprocess.DEVNULL)
        self.stopped = False

    def halt_database(self):
        self.halted = True
        signal_all(signal.SIGSTOP)

    def continue_database(self):
        signal_all(signal.SIGCONT)
        self.halted = False

    def all_up(self):
        return psql("select count(*) filter (where state = 'up') = count(*) and count(*) > 0 from probe") == "t"

    def wait_away(self, times=1):
        self.wait_log("the database is away, so this node goes on", times)

    def messages(self, word):
        texts = []
        for path in glob.glob(self.mail + "/*.eml"):
            with open(path, encoding="utf-8") as file:
                texts.append(file.read())
        return [text for text in texts if word in text]

    def logged(self, words):
        return [line for line in self.log if words in line]

    def test_an_outage_meanwhile_is_recorded_with_its_times(self):
        over = self.serve("over.example", contact="admin@elsewhere.example")
        lasting = self.serve("lasting.example", contact="admin@elsewhere.example")
        self.serve("fine.example")
        process = self.start(self.rows_now())
        self.wait_until(self.all_up, "all up")
        self.halt_database()
        self.wait_away()
        begun = time.time()
        over.behaviour = lasting.behaviour = REFUSES
        self.wait_log("server is down: domain=over.example")
        self.wait_log("server is down: domain=lasting.example")
        down = time.time()
        # A process that is killed leaves what it found to the next one, which goes on by the replica.
        process.kill()
        process.wait()
        process = self.run_daemon()
        self.wait_away(2)
        over.behaviour = {}
        self.wait_log("server is up: domain=over.example was=down")
        up = time.time()
        self.continue_database()
        self.wait_log("what was found without the database is recorded")
        self.wait_until(lambda: psql("select count(*) from incident where kind = 'server'") == "2", "both incidents")
        rows = dict(row.split("|", 1) for row in psql("select domain, extract(epoch from opened_at)::bigint, extract(epoch from closed_at)::bigint, detail "
                                                      "from incident where kind = 'server'").splitlines())
        opened, closed, detail = rows["over.example"].split("|")
        self.assertTrue(begun - 1 <= int(opened) <= down + 1 and down - 1 <= int(closed) <= up + 1, (rows, begun, down, up))
        self.assertEqual(detail, "127.0.0.1: refuses at MAIL: 550 no")
        opened, closed, _ = rows["lasting.example"].split("|")
        self.assertTrue(begun - 1 <= int(opened) <= down + 1 and closed == "", rows)
        self.wait_until(lambda: self.messages("Subject: lasting.example"), "the alert of the one that lasts")
        lasting.behaviour = {}
        self.wait_until(lambda: psql("select count(*) from incident where kind = 'server' and closed_at is null") == "0", "the recovery")
        self.wait_until(lambda: len(self.messages("Subject: lasting.example")) == 2, "the mail that says so")
        self.assertEqual(self.messages("Subject: over.example"), [])
        self.wait_until(lambda: self.metric("emailgency_notifier_probes_unrecorded") == 0, "the gauge")
        self.assertEqual(os.path.getsize(self.spool + "/probes"), 0)
        self.assertEqual(psql("select state from probe where domain = 'fine.example'"), "up")
        self.assertEqual(self.stop(process), 0)

    def test_a_spool_that_was_sent_already(self):
        self.serve("a.example", REFUSES, "admin@elsewhere.example")
        self.start(self.rows_now())
        self.wait_until(lambda: self.messages("Subject: a.example"), "the alert")
        self.wait_until(lambda: psql("select count(*) from outbox where sent_at is not null") == "1", "its mark")
        # As if it had ended before it got the answer: the same change, a damaged line, and one that was cut.
        at = psql("select extract(epoch from since)::bigint from probe")
        self.stop(self.running[-1])
        with open(self.spool + "/probes", "w", encoding="ascii") as file:
            file.write(f"change a.example down 00 {{{int(at) - 1},{at}}} 127.0.0.1: refuses at MAIL: 550 no\nchange what is this\n"
                       f"change a.example up 1 {{{int(at) + 1}}}")
        self.run_daemon()
        self.wait_log("damaged lines among the probes of an earlier run are skipped: lines=2")
        self.wait_log("what was found without the database is recorded: domains=1")
        self.assertEqual(psql("select count(*), count(closed_at) from incident"), "1|0")
        self.assertEqual(psql("select count(*) from outbox"), "1")

    def test_the_operator_is_alerted_once_and_when_it_is_back(self):
        self.serve("a.example")
        self.start(self.rows_now())
        self.wait_until(self.all_up, "the server")
        self.stop_database()
        self.wait_until(lambda: self.messages("n1 cannot reach its database"), "the alert")
        text = self.messages("n1 cannot reach its database")[0]
        self.assertIn("To: <postmaster@operator.example>", text)
        self.assertIn("Subject: the mail service: the database does not answer", text)
        self.assertEqual(self.metric("emailgency_notifier_database_away"), 1)
        self.wait_log("the operator is alerted that the database is away: contact=postmaster@operator.example outcome=sent")
        self.running[-1].kill()
        self.running[-1].wait()
        self.run_daemon()
        self.wait_log("ready version=", 2)
        self.wait_until(lambda: self.metric("emailgency_notifier_database_away") == 1, "the next one's look")
        time.sleep(3)
        self.start_database()
        self.wait_until(lambda: self.messages("n1 reaches its database again"), "the mail that it is back")
        self.wait_until(lambda: psql("select count(*) from incident where kind = 'database'") == "1", "the incident")
        self.assertEqual(psql("select domain is null, subject, closed_at > opened_at, closed_at < now() from incident where kind = 'database'"), "t|n1|t|t")
        self.assertEqual(len(self.messages("its database")), 2)
        self.wait_until(lambda: os.path.getsize(self.spool + "/absence") == 0, "an empty spool")

    def test_other_ways_to_the_operator(self):
        authority = sms_gateway.Authority(self.dir)
        pem = authority.certificate("gateway")
        gateway = Gateway(pem, lambda _: status(200))
        smarthost = Smarthost(pem)
        self.others += [gateway, smarthost]
        self.write_sendmail("exit 75")
        self.start(self.rows_now(), database=f"host={self.dir} dbname=none", ca_file=authority.file, sms_url=f"https://127.0.0.1:{gateway.port}/",
                   sms_content="json", sms_body='{\\"to\\":\\"{to}\\",\\"text\\":\\"{text}\\"}', second_smarthost=f"smtp://127.0.0.1:{smarthost.port}",
                   operator_contacts="admin@elsewhere.example +41791234567")
        self.wait_until(lambda: gateway.requests, "the SMS", 60)
        self.assertIn("+41791234567", str(gateway.requests[0]))
        self.assertIn("the mail service: the database does not answer", str(gateway.requests[0]))
        self.wait_until(lambda: smarthost.messages, "the mail by the second smarthost", 60)
        self.assertIn("n1 cannot reach its database", str(smarthost.messages[0]))
        time.sleep(3)
        self.assertEqual((len(gateway.requests), len(smarthost.messages)), (1, 1))

    def test_the_heartbeat_says_that_it_works(self):
        authority = sms_gateway.Authority(self.dir)
        switch = Gateway(authority.certificate("switch"), lambda _: status(200))
        self.others.append(switch)
        self.domains = f"domain a.example monitoring=simple transport=127.0.0.1:{free_port()}\n"
        beat = {"heartbeat_url": f"https://127.0.0.1:{switch.port}/ping", "ca_file": authority.file, "database": f"host={self.dir} dbname=none"}
        self.start(self.rows_now(), **beat)
        self.wait_log("heartbeat_url is not called: no server is watched")
        self.wait_away()
        self.wait_until(lambda: switch.requests, "the call")
        self.assertIn("GET /ping", str(switch.requests[0]))
        self.wait_until(lambda: self.metric("emailgency_notifier_heartbeats_total") == 1, "its answer")
        self.stop(self.running[-1])
        # Nobody could be alerted.
        os.unlink(self.spool + "/absence")
        self.load_rows(self.rows_now().replace("postmaster@operator.example", ""))
        self.start(None, **beat)
        self.wait_log("heartbeat_url is not called: the operator cannot be alerted")
        self.wait_log("no contact of the operator is known")
        self.assertEqual(len(switch.requests), 1)

    def test_the_heartbeat_while_all_is_well(self):
        authority = sms_gateway.Authority(self.dir)
        switch = Gateway(authority.certificate("switch"), lambda _: status(500))
        self.others.append(switch)
        self.serve("a.example")
        self.start(self.rows_now(), heartbeat_url=f"https://127.0.0.1:{switch.port}/", heartbeat_method="POST", ca_file=authority.file)
        self.wait_log("heartbeat_url does not answer as it should: HTTP status 500")
        self.assertIn("POST /", str(switch.requests[0]))


if __name__ == "__main__":
    unittest.main()
