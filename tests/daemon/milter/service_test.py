#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The whole milter: its answers to Postfix, and its behaviour if something beside it fails."""

import concurrent.futures
import os
import pathlib
import re
import signal
import subprocess
import time
import unittest

from milter_process import Milter, MilterCase, psql


def texts(data):
    return [part.decode("latin1") for part in data.split(b"\0")]


def results(changes):
    """The values of the Authentication-Results that were inserted."""
    fields = [texts(data[4:]) for letter, data in changes if letter == "i"]
    return [" ".join(value.split()) for name, value, *_ in fields if name == "Authentication-Results"]


def private(path, flags):
    return os.open(path, flags, 0o600)


class ServiceTest(MilterCase):
    def judge(self, sender="a@good.example", recipient="anna@reject.example", **client):
        with_client = self.milter().connect(**client).mail(sender)
        reply = with_client.rcpt(recipient)
        found = reply if reply != "c" else results(with_client.end()[0])
        with_client.close()
        return found

    def test_spf(self):
        process = self.start()
        self.assertEqual(self.judge(), ["mx.test.example; spf=pass smtp.mailfrom=a@good.example; spf=none "
                                        "(no SPF record) smtp.helo=mail.good.example"])
        self.assertRegex(self.judge(address="192.0.2.2"), "^550 5.7.23 ")
        self.assertIn("spf=fail", self.judge(address="192.0.2.2", recipient="x@mark.example")[0])
        self.assertEqual(self.judge(address="192.0.2.2", recipient="x@off.example"), [])
        self.assertRegex(self.judge(address="::ffff:192.0.2.2"), "^550 5.7.23 ")
        self.assertEqual(self.stop(process), 0)

    def test_sender_of_any_length(self):
        """Not mistaken for the null sender, whose HELO name passes."""
        self.start()
        for length in (10, 300, 600, 1500):
            answer = self.judge(sender="a" * length + "@good.example", address="192.0.2.2")
            self.assertRegex(str(answer), "^550 5.7.23 ")

    def test_the_address_that_counts_is_the_one_that_postfix_delivers_by(self):
        self.start()
        for macro, verdict in (("a@good.example", "550 5.7.23"), (None, "c")):
            client = self.milter().connect(address="192.0.2.2")
            client.macros("M", **({"mail_addr": macro} if macro else {}))
            client.event("M", "<a%good.example>")
            client.macros("R", rcpt_addr="anna@reject.example")
            reply = client.event("R", "<@route.example:anna%reject.example>")
            self.assertTrue(reply.startswith(verdict), reply)
        client = self.milter().connect()
        client.macros("M", mail_addr="")
        client.event("M", "< >")
        client.macros("R", rcpt_addr="x@never.example")
        self.assertRegex(client.event("R", "<x@never.example (comment)>"), "^550 5.7.1 ")

    def test_relayed_results_name_whom_they_are_about(self):
        rows = self.rows + "setting relay_networks value=192.0.2.9\n"
        self.start(rows=rows)
        received = ("Received", " from mail.good.example (mail.good.example [192.0.2.1])\n\tby mx2.test.example; now")
        for sender, value in (("a@good.example", "smtp.helo=mail.good.example"), ("", "smtp.mailfrom=postmaster@mail.good.example")):
            client = self.milter().connect(address="192.0.2.9", helo="relay.test.example").mail(sender)
            self.assertEqual(client.rcpt("x@mark.example"), "c")
            found = results(client.end(headers=[received])[0])
            self.assertIn(value, found[0])
            self.assertNotIn("relay.test.example", found[0])

    def test_international_sender(self):
        self.start()
        self.tell_dns('add xn--strct-eta.example 60 TXT "v=spf1 -all"')
        self.assertRegex(self.judge(sender="x@str\xc3\xafct.example"), "^550 5.7.23 ")

    def test_broken_keys_are_a_broken_configuration(self):
        self.load_rows()
        keys = self.dir + "/keys"
        for text in (None, "", "1 short\n", "x 0123456789abcdef-\n"):
            if text is not None:
                pathlib.Path(keys).write_text(text, encoding="utf-8")
                os.chmod(keys, 0o600)
            self.write_conf(batv_keys_file=keys)
            done = subprocess.run([self.program, "-t", "-c", self.conf], capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 78, done.stderr)
            self.assertIn(keys, done.stderr)

    def test_no_address(self):
        """A client of a Unix socket, and one whose address the MTA does not know."""
        self.start()
        for raw in (b"localhost\0L\0\0/run/x\0", b"unknown\0U"):
            client = self.milter()
            client.macros("C", j="mx.test.example")
            client.event("C", raw=raw)
            client.event("H", "x")
            self.assertEqual(client.mail().rcpt("anna@reject.example"), "c")
            self.assertEqual(results(client.end()[0]), [])

    def test_old_mta(self):
        """An MTA that expects an answer to each event and accepts no changes."""
        self.start()
        client = self.milter(actions=0, events=0).connect(address="192.0.2.2")
        self.assertEqual(client.events, 0)
        self.assertRegex(client.mail().rcpt("anna@reject.example"), "^550 5.7.23 ")
        self.assertEqual(client.rcpt("x@mark.example"), "c")
        self.assertEqual(client.end()[1], "c")

    def test_miltertest(self):
        """The protocol as others understand it."""
        self.start()
        script = pathlib.Path(__file__).with_name("messages.lua")
        subprocess.run(["miltertest", "-D", f"socket=unix:{self.path}", "-s", script], check=True, timeout=30)

    def test_messages_of_a_connection_share_nothing(self):
        self.start()
        client = self.milter().connect(address="192.0.2.2")
        self.assertEqual(client.mail().rcpt("x@mark.example"), "c")
        self.assertEqual(len(results(client.end()[0])), 1)
        self.assertEqual(client.mail().rcpt("x@off.example"), "c")
        self.assertEqual(client.end()[0], [])
        client.mail().rcpt("x@mark.example")
        client.send("A")
        self.assertEqual(client.mail("").rcpt("x@off.example"), "c")
        self.assertEqual(client.end()[0], [])

    def test_size(self):
        self.start()
        head = len("Subject: test\r\n\r\n")
        for extra, verdict in ((0, "c"), (1, "552 5.3.4")):
            client = self.milter().connect().mail()
            self.assertEqual(client.rcpt("anna@reject.example"), "c")
            self.assertTrue(client.end(body=b"x" * (10000 - head + extra))[1].startswith(verdict))
        client = self.milter().connect().mail("a@good.example", "SIZE=10001")
        self.assertRegex(client.rcpt("anna@reject.example"), "^552 5.2.3 ")
        self.assertEqual(client.rcpt("vip@reject.example"), "c")

    def test_forged_fields_go_from_the_last_to_the_first(self):
        self.start()
        client = self.milter().connect().mail()
        client.rcpt("x@off.example")
        field = ("Authentication-Results", " mx.test.example; spf=pass")
        other = ("Authentication-Results", " mx.other.example; spf=pass")
        changes, verdict = client.end(headers=[field, other, field])
        self.assertEqual(verdict, "c")
        removed = [(int.from_bytes(data[:4], "big"), texts(data[4:])) for letter, data in changes if letter == "m"]
        self.assertEqual([number for number, _ in removed], [3, 1])

    def test_more_forged_fields_than_are_taken_out(self):
        self.start()
        for count, verdict in ((100, "c"), (101, "550 5.7.1")):
            client = self.milter().connect().mail()
            client.rcpt("x@off.example")
            changes, answer = client.end(headers=[("Authentication-Results", " mx.test.example; spf=pass")] * count)
            self.assertTrue(answer.startswith(verdict), answer)
            self.assertEqual(len(changes), count if verdict == "c" else 0)

    def test_no_replica(self):
        self.start(rows=None)
        self.assertEqual(self.judge(address="192.0.2.2"), [])
        self.assertEqual(self.metric('emailgency_milter_errors_total{error="no-directory"}') > 0, True)
        self.wait_log("no replica of the rows")
        self.load_rows()
        self.wait_until(lambda: isinstance(self.judge(address="192.0.2.2"), str), "the replica")

    def test_resolver_that_never_answers(self):
        self.start(spf_within_ms=1500, dns_timeout_ms=60000)
        self.tell_dns("silent hanging.example")
        begun = time.monotonic()
        found = self.judge(sender="a@hanging.example")
        self.assert_took(begun, 0.9, 4)
        self.assertIn("spf=temperror", found[0])

    def test_worker_killed_in_mid_check(self):
        """No check was being evaluated, so all waiting checks are sent again: no message is affected."""
        process = self.start(dns_timeout_ms=2000, spf_workers=1)
        self.tell_dns("slow hanging.example 1")
        with concurrent.futures.ThreadPoolExecutor(20) as pool:
            waiting = [pool.submit(self.judge, sender=f"a{n}@hanging.example") for n in range(20)]
            time.sleep(0.4)
            for worker in self.workers(process):
                os.kill(worker, signal.SIGKILL)
            answers = [future.result() for future in waiting]
        self.assertTrue(all(isinstance(answer, str) and answer.startswith("550 5.7.23") for answer in answers), answers)
        self.assertEqual(self.metric("emailgency_milter_spf_worker_restarts_total"), 1)
        self.assertEqual(self.judge()[0].count("spf=pass"), 1)

    def test_without_workers(self):
        self.start(spf_worker="/nonexistent/worker", spf_within_ms=1000)
        self.assertIn("spf=temperror", self.judge()[0])
        self.wait_log('problem="no SPF worker could be started"')
        tries = 'emailgency_milter_errors_total{error="no-spf-worker"}'
        self.wait_until(lambda: self.metric(tries) >= 3, "three attempts")  # one per 5 s
        self.assertEqual(sum("no SPF worker, so each check is temperror: cannot start /nonexistent/worker" in line for line in self.log), 1)

    def test_thousand_sessions(self):
        process = self.start()
        sessions = [self.milter().connect().mail() for _ in range(1000)]
        for session in sessions:
            self.assertEqual(session.rcpt("anna@reject.example"), "c")
        for session in sessions:
            self.assertEqual(session.end()[1], "c")
            session.send("Q")
            session.close()
        self.wait_until(lambda: len(os.listdir(f"/proc/{process.pid}/fd")) < 600, "the descriptors")
        self.assertEqual(self.stop(process), 0)

    def test_reload_drops_nobody(self):
        process = self.start(spf_within_ms=20000)
        client = self.milter().connect(address="192.0.2.2").mail()
        keys = self.dir + "/keys"
        with open(keys, "w", encoding="utf-8", opener=private) as file:
            file.write("1 correct-horse-battery-staple\n")
        self.write_conf(spf_within_ms=10000, batv_keys_file=keys)
        for times in range(1, 4):
            process.send_signal(signal.SIGHUP)
            self.wait_log("configuration reloaded", times)
        self.assertRegex(client.rcpt("anna@reject.example"), "^550 5.7.23 ")
        self.assertRegex(self.milter().connect().mail("").rcpt("anna@tagged.example"), "^550 5.7.1 ")
        self.assertEqual(self.stop(process), 0)

    def test_signed_sender(self):
        keys = self.dir + "/keys"
        with open(keys, "w", encoding="utf-8", opener=private) as file:
            file.write("7 correct-horse-battery-staple\n")
        self.start(batv_keys_file=keys)
        client = self.milter().connect().mail("anna@tagged.example", login="anna@tagged.example")
        self.assertEqual(client.rcpt("someone@elsewhere.example"), "c")
        changes, _ = client.end()
        senders = [texts(data)[0] for letter, data in changes if letter == "e"]
        self.assertRegex(senders[0], r"^<anna\+prvs=7\d{3}[0-9a-f]{10}@tagged\.example>$")
        self.assertEqual(self.milter().connect().mail("").rcpt(senders[0].strip("<>")), "c")
        self.assertRegex(self.milter().connect().mail("").rcpt("anna@tagged.example"), "^550 5.7.1 ")

    def test_no_bounce_is_asked_for(self):
        self.start()
        for address, expected in (("192.0.2.1", False), ("192.0.2.2", True)):
            client = self.milter().connect(address=address).mail()
            self.assertEqual(client.rcpt("x@quiet.example", "ORCPT=rfc822;x@quiet.example"), "c")
            changes, _ = client.end()
            self.assertEqual(any(letter == "-" for letter, _ in changes), expected)
            added = [texts(data) for letter, data in changes if letter == "2"]
            self.assertEqual(bool(added), expected)
            if expected:
                self.assertEqual([letter for letter, _ in changes if letter in "2-"], ["2", "-"])
                self.assertEqual(added[0][:2], ["<x@QUIET.EXAMPLE>", "NOTIFY=NEVER ORCPT=rfc822;x@quiet.example"])

    def test_counts(self):
        self.start()
        domain = f"d{os.getpid()}x{time.monotonic_ns()}.example"
        self.load_rows(f"{self.rows}domain {domain} spf=reject verify_recipients=false\n")

        def count(metric):
            return int(psql(f"select coalesce(sum(count), 0) from activity where domain = '{domain}' and metric = '{metric}'"))

        def send():
            client = self.milter().connect().mail()
            self.assertEqual(client.rcpt(f"a@{domain}"), "c")
            self.assertEqual(client.rcpt(f"b@{domain}"), "c")
            return client.end()[1]

        self.wait_until(lambda: isinstance(self.judge(address="192.0.2.2", recipient=f"a@{domain}"), str), "the rows")
        self.assertEqual(send(), "c")
        self.wait_until(lambda: count("accepted_messages") == 1, "the count")
        self.assertEqual(count("accepted_bytes"), len("Subject: test\r\n\r\nHello\r\n"))
        self.wait_until(lambda: count("spf_refused") == 1, "the refusal")

    def test_hostile_bytes(self):
        """Whatever one client sends to the socket, the others are served."""
        process = self.start()
        for raw in (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\0\0\0\x05Cxxxx", b"\0\0\0\x01E", os.urandom(2000)):
            client = Milter(self.path)
            self.clients.append(client)
            client.socket.sendall(raw)
        name = "\xff\x01\r\n" * 60
        client = self.milter().connect(name=name, helo=name).mail(name * 2, "SIZE=-1", "SIZE=99999999999999999999")
        client.rcpt(name)
        client.rcpt("x@mark.example")
        changes, verdict = client.end(headers=[(name, name)] * 10 + [("Authentication-Results", name)])
        self.assertEqual(verdict, "c")
        for value in results(changes):
            self.assertTrue(value.isascii() and value.isprintable(), value)
        self.assertEqual(self.stop(process), 0)

    def test_every_metric_is_explained(self):
        self.start()
        self.judge()
        names = {re.sub(r"_(bucket|sum|count)$", "", name.partition("{")[0]) for name in self.all_metrics()}
        with open(os.environ["OPERATIONS"], encoding="utf-8") as file:
            explained = set(re.findall(r"`(\w+)[{`]", file.read()))
        short = {name.removeprefix("emailgency_").removeprefix("milter_").removeprefix("activity_") for name in names}
        self.assertEqual(short - explained, set())


if __name__ == "__main__":
    unittest.main()
