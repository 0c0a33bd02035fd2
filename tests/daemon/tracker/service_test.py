# SPDX-License-Identifier: BSD-2-Clause
"""emailgency-tracker follows a log that the test writes, beside a real database."""
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import unittest

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "daemon"))
import daemon_process  # noqa: E402
from daemon_process import DaemonCase, psql  # noqa: E402

DATABASE = daemon_process.DATABASE.replace("emailgency_daemon", "emailgency_tracker")
SEED = int(os.environ.get("TRACKER_SEED", "0")) or random.randrange(1, 10**6)


def stamp():
    return time.strftime("%b %e %H:%M:%S", time.gmtime())


def message_lines(number, domain="a.example"):
    """One message: accepted, deferred once, delivered and stored."""
    queue_id, pid = f"4jX{number:06d}z1dL", 1000 + number % 500
    return [f"postfix/smtpd[{pid}]: connect from c.example[192.0.2.{number % 250}]",
            f"emailgency-policyd[9]: action=dunno reason=nothing-applies domain={domain} client=192.0.2.{number % 250} name=c.example "
            f"sender=s{number}@out.example recipient=u{number}@{domain} instance={pid:x}.{number:x}.1.0",
            f"postfix/smtpd[{pid}]: {queue_id}: client=c.example[192.0.2.{number % 250}]",
            f"postfix/cleanup[5]: {queue_id}: message-id=<m{number}@out.example>",
            f"postfix/qmgr[6]: {queue_id}: from=<s{number}@out.example>, size=1000, nrcpt=2 (queue active)",
            f"postfix/smtpd[{pid}]: disconnect from c.example[192.0.2.{number % 250}]",
            f"postfix/smtp[7]: {queue_id}: to=<u{number}@{domain}>, relay=none, delay=1, delays=0/0/1/0, dsn=4.4.1, status=deferred (no route)",
            f"postfix/lmtp[7]: {queue_id}: to=<u{number}@{domain}.store.invalid>, orig_to=<u{number}@{domain}>, relay=h, delay=1, delays=0/0/1/0, dsn=2.0.0, status=sent (250 Saved)",
            f"postfix/smtp[7]: {queue_id}: to=<u{number}@{domain}>, relay=h[192.0.2.9]:25, delay=9, delays=0/0/1/0, dsn=2.0.0, status=sent (250 ok)",
            f"postfix/qmgr[6]: {queue_id}: removed"]


class TrackerTest(DaemonCase):
    program = os.environ["TRACKER"]

    def setUp(self):
        super().setUp()
        self.mail_log = self.dir + "/mail.log"
        self.rotations = 0
        psql("truncate message, message_event, tracker_position, activity; delete from domain")
        psql("insert into domain (name, plan) values ('a.example', 'premium'), ('b.example', 'premium')")
        os.environ["TZ"] = "UTC"

    def options(self):
        return {**daemon_process.AS_CALLER, "log": "stderr", "database": DATABASE, "metrics": self.metrics, "node": "mx1",
                "mail_log": self.mail_log, "batch_interval_ms": 20}

    def write(self, *lines, end="\n"):
        with open(self.mail_log, "a", encoding="latin-1") as log:
            log.write("".join(f"{stamp()} mx {line}{end}" for line in lines))

    def rows(self, query, expected, seconds=60):
        got = []
        def same():
            got[:] = psql(query).splitlines()
            return got == expected
        try:
            self.wait_until(same, query, seconds)
        except AssertionError:
            self.assertEqual(got, expected)

    def test_a_message(self):
        self.write(*message_lines(1))
        self.start(None)
        self.rows("select node, sender, client, message_id, size, domains, removed_at is not null from message",
                  ["mx1|s1@out.example|192.0.2.1|m1@out.example|1000|{a.example}|t"])
        self.rows("select kind, recipient, domain, coalesce(reason, reply) from message_event order by id",
                  ["decided|u1@a.example|a.example|nothing-applies", "deferred|u1@a.example|a.example|no route",
                   "stored|u1@a.example|a.example|250 Saved", "delivered|u1@a.example|a.example|250 ok"])
        self.rows("select metric, count from activity where domain = 'a.example' order by metric",
                  ["bytes_in|1000", "deferred|1", "delay_max|9", "delivered|1", "stored|1"])
        self.assertEqual(self.metric('emailgency_tracker_lines_total{kind="status"}'), 3)
        self.assertEqual(self.metric("emailgency_tracker_database_up"), 1)
        self.assertEqual(self.metric("emailgency_tracker_messages_in_flight"), 0)

    def test_lines_are_in_the_database_within_a_second(self):
        self.start(None)
        self.write("postfix/smtpd[1]: connect from c[192.0.2.1]")
        self.rows("select count(*) from tracker_position", ["1"])
        begun = time.monotonic()
        self.write(*message_lines(2))
        self.rows("select count(*) from message_event", ["4"], 10)
        self.assert_took(begun, 0, 3)  # the machine may be busy

    def test_hostile_texts(self):
        self.start(None)
        self.write("postfix/smtpd[1]: NOQUEUE: reject: RCPT from x[192.0.2.1]: 550 <\"'; drop table message;--\\\x1b[31m\xff\"@a.example>: no <script>; "
                   "from=<\"{null,\x07}\"@x.example> to=<\"'; drop table message;--\\\x1b[31m\xff\"@a.example> proto=ESMTP helo=<" + "h" * 3000 + ">",
                   "postfix/cleanup[5]: 4jX000009z1dL: message-id=<\xe2\x80\xae\x00{\"}>",
                   "postfix/qmgr[6]: 4jX000009z1dL: from=<>, size=999999999999999999, nrcpt=999999999999 (queue active)",
                   "postfix/smtp[7]: 4jX000009z1dL: to=<u@a.example>, relay=\\\"{}, delay=999999999, delays=0/0/1/0, dsn=2.0.0, status=sent (250 \\)",
                   "x" * 100000, "postfix/smtp[7]: 4jX000009z1dL: to=<", *message_lines(3))
        self.rows("select count(*) from message_event where recipient = 'u3@a.example'", ["4"])
        self.rows("select sender, length(helo) from message where helo is not null", ['"{null,?}"@x.example|255'])
        self.rows("select recipient, reply from message_event where action = 'reject'",
                  ["\"'; drop table message;--\\?[31m?\"@a.example|550 <\"'; drop table message;--\\?[31m?\"@a.example>: no <script>"])
        self.assertGreater(self.metric('emailgency_tracker_lines_total{kind="unknown"}'), 0)
        self.assertFalse([line for line in self.log if "error" in line])

    def is_idle(self, pid):
        """Lines go on coming, and wake nothing up that has no room for them."""
        def spent():
            with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
                return sum(map(int, stat.read().rsplit(")", 1)[1].split()[11:13]))
        before = spent()
        for _ in range(100):
            self.write("postfix/smtpd[1]: lost connection after CONNECT from c[192.0.2.1]")
            time.sleep(0.01)
        return spent() - before < 30  # of 100 ticks

    def test_the_database_is_away(self):
        """The log waits, in bounded memory, and all of it arrives once."""
        process = self.start(None)
        self.write(*message_lines(1))
        self.rows("select count(*) from message", ["1"])
        start = os.environ["PG_TEST_START"]
        subprocess.run(start.replace("-w -s start", "-m immediate -s stop"), shell=True, check=True)
        try:
            for number in range(2, 12002):  # more lines than two batches
                self.write(*message_lines(number))
            self.wait_until(lambda: self.is_idle(process.pid), "the daemon has read what it has room for", 60)
            with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
                resident = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
            self.assertLess(resident, 400 * 1024)  # with the sanitizer's own
        finally:
            subprocess.run(start, shell=True, check=True)
        self.rows("select count(*), count(distinct message) from message_event", ["48004|12001"], 240)
        self.rows("select metric, count from activity where metric in ('delivered', 'stored') order by 1", ["delivered|12001", "stored|12001"])

    def rotate(self, how):
        self.rotations += 1
        old = f"{self.mail_log}.{self.rotations}"
        if how == "rename":
            os.rename(self.mail_log, old)
        elif how == "copytruncate":
            shutil.copy2(self.mail_log, old)
            os.truncate(self.mail_log, 0)
        else:  # in the middle of a line
            line = f"{stamp()} mx postfix/smtpd[1]: connect from c.example[192.0.2.1]\n"
            with open(self.mail_log, "a", encoding="ascii") as log:
                log.write(line[:30])
            os.rename(self.mail_log, old)
            with open(self.mail_log, "a", encoding="ascii") as log:
                log.write(line[30:])

    def test_killed_at_random_every_event_once(self):
        source = random.Random(SEED)
        pending, number, process = [], 0, None
        self.write("postfix/smtpd[1]: connect from c.example[192.0.2.1]")
        self.write_conf()
        process = self.run_daemon()
        self.rows("select count(*) from tracker_position", ["1"])  # without a place it begins with the current file
        end = time.monotonic() + 12
        while time.monotonic() < end:
            if process is None:
                self.write_conf()
                process = self.run_daemon()
            for _ in range(source.randrange(1, 30)):  # sessions that overlap
                if len(pending) < 40:
                    number += 1
                    pending.append(message_lines(number))
                lines = source.choice(pending)
                self.write(lines.pop(0))
                if not lines:
                    pending.remove(lines)
            time.sleep(source.random() * 0.03)
            if source.randrange(60) == 0:
                self.rotate(source.choice(["rename", "copytruncate", "cut"]))
                time.sleep(0.2)
            if source.randrange(25) == 0:
                process.kill()
                process.wait()
                process = None
        for lines in pending:
            self.write(*lines)
        if process is None:
            self.run_daemon()
        what = f"with TRACKER_SEED={SEED}"
        self.rows("select kind, sum(coalesce(tries, 1)) from message_event group by kind order by kind",
                  [f"{kind}|{number}" for kind in ("decided", "deferred", "delivered", "stored")], 60)
        self.rows("select metric, count from activity where metric in ('deferred', 'delivered', 'stored') order by metric",
                  [f"{metric}|{number}" for metric in ("deferred", "delivered", "stored")])
        self.assertEqual(psql("select count(distinct (recipient, kind)) from message_event"), str(4 * number), what)
        self.assertEqual(psql("select count(*) from message where removed_at is not null and sender is not null"), str(number), what)

    def test_a_repeated_place_is_found_out(self):
        process = self.start(None)
        self.write(*message_lines(1))
        self.rows("select count(*) from message", ["1"])
        psql("update tracker_position set position = position + 5")
        self.write(*message_lines(2))
        self.assertEqual(process.wait(30), 71)
        self.assertTrue(any("the place in the log was moved" in line for line in self.log))

    def test_a_log_that_cannot_be_read(self):
        os.mkdir(self.mail_log)
        self.start(None)
        self.wait_log("the mail log cannot be read")
        self.assertEqual(self.stop(self.running[0], signal.SIGTERM), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
