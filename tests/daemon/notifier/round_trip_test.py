# SPDX-License-Identifier: BSD-2-Clause
"""emailgency-notifier and probe mail that goes round: what it hands to sendmail(1), and what it makes of what arrives by LMTP."""
import base64
import glob
import hashlib
import hmac
import os
import re
import smtplib
import struct
import subprocess
import time
import unittest

import daemon_process
from daemon_process import DaemonCase, psql

KEY, OLD_KEY = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"
HOME = "rt@probe.service.example"
DATABASE = daemon_process.DATABASE.replace("user=emailgency_daemon", "user=emailgency_notifier")
SENDER, RECIPIENT, MESSAGE = 1, 2, 3


def token(place, number, sequence, sent=None, key=KEY):
    body = struct.pack(">BIII", 16 + place, number, sequence, int(time.time() if sent is None else sent))
    return base64.b32encode(body + hmac.new(key.encode(), body, hashlib.sha256).digest()[:16]).decode().rstrip("=").lower()


class RoundTripTest(DaemonCase):
    program = os.environ["NOTIFIER"]
    rows = f"plan basic\nsetting round_trip_address value={HOME}\n"

    def setUp(self):
        super().setUp()
        psql("alter role emailgency_notifier login")
        psql(f"update setting set value = '{HOME}' where name = 'round_trip_address'")
        psql("insert into plan (name) values ('probed') on conflict do nothing; delete from outbox; delete from incident; delete from domain")
        psql("insert into domain (name, plan, monitoring, probe_address, transport) values "
             "('a.example', 'probed', 'active', 'probe+{token}@a.example', '192.0.2.9')")
        psql("insert into probe (domain, due_at, state, results, checks) values ('a.example', 'infinity', 'up', b'1', array[now()])")
        psql("insert into round_trip (domain, due_at) values ('a.example', 'infinity')")
        self.number = int(psql("select id from round_trip"))
        self.mail = self.dir + "/mail"
        os.makedirs(self.mail)
        self.write_sendmail("")
        for name, key in (("key", KEY), ("old", OLD_KEY)):
            with open(f"{self.dir}/{name}", "w", encoding="ascii", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
                file.write(key + "\n")

    def write_sendmail(self, before):
        with open(self.dir + "/sendmail.new", "w", encoding="ascii") as file:
            file.write(f'#!/bin/sh\n{before}\n(echo "$@"; cat) >{self.mail}/$$.part && mv {self.mail}/$$.part {self.mail}/$$.eml\n')
        os.chmod(self.dir + "/sendmail.new", 0o755)
        os.replace(self.dir + "/sendmail.new", self.dir + "/sendmail")

    def options(self):
        return {**daemon_process.AS_CALLER, "log": "stderr", "directory": self.dir + "/directory", "database": DATABASE, "metrics": self.metrics,
                "node": "n1", "sendmail": self.dir + "/sendmail", "round_trip_key_file": self.dir + "/key",
                "round_trip_listen": "unix:" + self.path, "round_trip_listen_group": ""}

    def messages(self):
        texts = []
        for path in glob.glob(self.mail + "/*.eml"):
            with open(path, encoding="utf-8") as file:
                texts.append(file.read())
        return texts

    def trip(self, column):
        return psql(f"select {column} from round_trip where domain = 'a.example'")

    def send_probe(self):
        """The next probe, and its sequence."""
        before = len(self.messages())
        psql("update round_trip set due_at = now()")
        self.wait_until(lambda: len(self.messages()) > before, "the probe", 20)
        self.wait_until(lambda: self.trip("state") == "sent", "the note that it is sent", 20)
        psql("update round_trip set due_at = 'infinity'")
        return int(self.trip("sequence"))

    def deliver(self, *fields, sender="info@a.example", recipients=(HOME,)):
        """Delivers a message by LMTP; the replies of the recipients after it."""
        with smtplib.LMTP(self.path, local_hostname="mx.example") as lmtp:
            refused = lmtp.sendmail(sender, list(recipients), "".join(field + "\r\n" for field in fields) + "\r\nbody\r\n")
        return refused

    def kind(self, name):
        return self.metric(f'emailgency_notifier_round_trip_mail_total{{kind="{name}"}}')

    def outcome(self, name):
        return self.metric(f'emailgency_notifier_round_trip_arrivals_total{{outcome="{name}"}}')

    def test_a_probe_goes_out_and_comes_back_once(self):
        self.start(self.rows)
        sequence = self.send_probe()
        [text] = self.messages()
        arguments = re.match(r"-i -f rt\+([a-z2-7]{47})@probe\.service\.example -- probe\+([a-z2-7]{47})@a\.example\.probe\.invalid\n", text)
        field = re.search(r"^X-Emailgency-Round-Trip: ([a-z2-7]{47})$", text, re.MULTILINE)
        sent = int(psql("select extract(epoch from sent_at)::bigint from round_trip"))
        self.assertEqual((arguments[1], arguments[2], field[1]),
                         tuple(token(place, self.number, sequence, sent) for place in (SENDER, RECIPIENT, MESSAGE)))
        self.assertIn(f"\nMessage-ID: <{field[1]}@probe.service.example>\n", text)
        self.assertIn("\nAuto-Submitted: auto-generated\n", text)
        self.deliver(f"Message-ID: <{field[1]}@probe.service.example>")
        self.assertEqual(self.trip("(state, arrived, losses)"), f"(idle,{sequence},0)")
        before = self.trip("round_trip")
        self.deliver(f"Message-ID: <{field[1]}@probe.service.example>")
        self.assertEqual((self.trip("round_trip"), self.outcome("repeated")), (before, 1))

    def test_what_has_no_effect_is_taken_and_dropped(self):
        self.start(self.rows)
        sequence = self.send_probe()
        before = self.trip("round_trip")
        for kind, text in (("forged", token(MESSAGE, self.number, sequence, key="x" * 32)), ("old", token(MESSAGE, self.number, sequence, time.time() - 90000)),
                           ("other", "x"), ("other", token(MESSAGE, self.number, sequence)[:-1])):
            count = self.kind(kind)
            self.assertEqual(self.deliver(f"X-Emailgency-Round-Trip: {text}"), {})
            self.assertEqual(self.kind(kind), count + 1, text)
        good = f"X-Emailgency-Round-Trip: {token(MESSAGE, self.number, sequence)}"
        self.deliver(*["Received: by x"] * 31, good)
        self.assertEqual(self.kind("looped"), 1)
        self.deliver(f"X-Emailgency-Round-Trip: {token(MESSAGE, self.number, sequence + 1)}")
        self.deliver(f"X-Emailgency-Round-Trip: {token(MESSAGE, self.number + 1, sequence)}")
        self.assertEqual((self.outcome("expired"), self.outcome("unknown")), (1, 1))
        self.assertEqual(self.trip("round_trip"), before)
        answer = HOME.replace("@", f"+{token(SENDER, self.number, sequence)}@")
        self.deliver("Subject: out of office", recipients=(answer,))
        self.assertIn("it came back to its sender", self.trip("reply"))
        self.assertEqual(self.trip("state"), "sent")
        self.deliver(good)
        self.assertEqual(self.trip("arrived"), str(sequence))
        self.assertEqual(len(self.messages()), 1, "nothing is sent in answer")

    def test_each_part_is_enough(self):
        self.start(self.rows)
        for place in ("sender", "recipient", "id", "field"):
            number = self.send_probe()
            {"sender": lambda: self.deliver(sender=HOME.replace("@", f"+{token(SENDER, self.number, number)}@")),
             "recipient": lambda: self.deliver(recipients=(HOME.replace("@", f"+{token(RECIPIENT, self.number, number)}@"),)),
             "id": lambda: self.deliver(f"Message-Id:\r\n <{token(MESSAGE, self.number, number)}@x>"),
             "field": lambda: self.deliver(f"x-emailgency-round-trip: {token(MESSAGE, self.number, number).upper()}")}[place]()
            self.assertEqual(self.trip("arrived"), str(number), place)

    def test_the_key_before_the_last_one(self):
        self.start(self.rows, round_trip_previous_key_file=self.dir + "/old")
        number = self.send_probe()
        self.deliver(f"X-Emailgency-Round-Trip: {token(MESSAGE, self.number, number, key=OLD_KEY)}")
        self.assertEqual(self.trip("arrived"), str(number))

    def test_losses_late_ones_and_a_sendmail_that_fails(self):
        self.start(self.rows)
        for losses in (1, 2):
            self.send_probe()
            psql("update round_trip set sent_at = now() - interval '10 minutes'")
            self.wait_until(lambda: self.trip("losses") == str(losses), "the loss", 20)
        self.wait_until(lambda: psql("select kind from incident where domain = 'a.example' and closed_at is null") == "round_trip", "the incident", 20)
        self.assertTrue(any("probe mail did not come back: domain=a.example losses=2" in line for line in self.log))
        number = self.send_probe()
        psql("update round_trip set sent_at = now() - interval '100 seconds'")
        self.deliver(f"X-Emailgency-Round-Trip: {token(MESSAGE, self.number, number)}")
        self.assertEqual((self.trip("(late, losses)"), self.outcome("late")), ("(1,0)", 1))
        self.assertEqual(psql("select count(*) from incident where closed_at is null"), "0")
        self.write_sendmail("echo no disk; exit 75")
        psql("update round_trip set due_at = now()")
        self.wait_until(lambda: self.trip("reply") == "sendmail: no disk", "the note", 20)
        self.assertEqual(self.trip("(state, losses)"), "(idle,0)")

    def test_other_mail_waits(self):
        self.start(self.rows)
        with self.assertRaises(smtplib.SMTPRecipientsRefused) as refused:
            self.deliver("Subject: x", recipients=("user@a.example",))
        self.assertEqual(refused.exception.recipients["user@a.example"][0], 450)

    def test_without_the_database_a_probe_waits_and_other_mail_does_not(self):
        self.start(self.rows, database="")
        self.assertEqual(self.deliver("Subject: x"), {})
        with self.assertRaises(smtplib.SMTPDataError) as refused:
            self.deliver(f"X-Emailgency-Round-Trip: {token(MESSAGE, self.number, 1)}")
        self.assertEqual(refused.exception.smtp_code, 451)

    def test_a_weak_key_is_refused(self):
        with open(self.dir + "/key", "w", encoding="ascii") as file:
            file.write("secret\n")
        self.write_conf()
        for options in ([], ["-t"]):
            done = subprocess.run([self.program, *options, "-c", self.conf], capture_output=True, text=True, timeout=20, check=False)
            self.assertIn("a key has 32 to 1024 characters", done.stderr)
            self.assertNotIn("secret\n", done.stderr)
            self.assertNotEqual(done.returncode, 0)


if __name__ == "__main__":
    unittest.main()
