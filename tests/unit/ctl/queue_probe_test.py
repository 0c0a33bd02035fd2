#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""emailgencyctl queue beside a queue watch that a test speaks for, and probe against mail servers of all kinds:
queue_probe_test.py ROOT CTL REPLICA_FROM_ROWS."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

ROOT, CTL, REPLICA = sys.argv[1:4]
del sys.argv[1:4]
sys.path.append(os.path.join(ROOT, "tests/support"))
from smtp_stand_in import StandIn, certificate  # noqa: E402

ENVIRONMENT = {key: value for key, value in os.environ.items() if not key.startswith("EMG_")}


def netstring(text):
    return f"{len(text)}:{text},".encode()


class QueueWatch:
    """Answers each request with what `answers` has for its first word."""

    def __init__(self, path, answers):
        self.answers, self.requests = answers, []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            with client:
                request = client.recv(1000).decode()
                self.requests.append(request)
                answer = self.answers[request.partition(":")[2].rstrip(",").split()[0]]
                client.sendall(answer if isinstance(answer, bytes) else netstring(answer))

    def close(self):
        self.listener.close()


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="emg-ctl-")
        self.addCleanup(shutil.rmtree, self.folder)

    def ctl(self, *words):
        done = subprocess.run([CTL, *words], capture_output=True, text=True, env=ENVIRONMENT, timeout=60)
        return done.returncode, done.stdout, done.stderr


class Queue(Case):
    def watch(self, sample, messages="", path="socket"):
        path = f"{self.folder}/{path}"
        watch = QueueWatch(path, {"sample": sample, "messages": messages})
        self.addCleanup(watch.close)
        self.socket = ["--socket", path]
        return watch

    def sample(self):
        now = int(time.time())
        return (f"cycle {now - 3} complete 2\nqueue incoming 0 0\nqueue active 1 {now - 5}\nqueue deferred 30 {now - 90000}\nqueue hold 0 0\n"
                f"domain few.example 1 0 {now - 10}\ndomain late.example 7 7 {now - 90000}\ndomain many.example 22 0 {now - 900}\n")

    def test_figures_of_all_domains(self):
        self.watch(self.sample())
        code, out, err = self.ctl("queue", *self.socket)
        self.assertEqual((code, err), (0, ""))
        self.assertRegex(out, r"0 incoming, 1 active, 30 deferred, 0 hold; counted \d+ s ago")
        self.assertIn("2 messages whose domains are not known yet", out)
        names = [line.split()[0] for line in out.splitlines() if ".example " in line]
        self.assertEqual(names, ["late.example", "many.example", "few.example"])
        self.assertIn("late.example         7         7      25 h", out)
        self.assertIn(" under 5 min        1  #\n", out)
        self.assertIn("    1 to 3 d        1  #\n", out)
        self.assertIn("    1 to 4 h        0  \n", out)

    def test_one_domain(self):
        now = int(time.time())
        watch = self.watch(self.sample(), "".join(f"message 4gZ{n:09} {now - 100 * n} deferred\n" for n in range(1, 23)) + "message 4gA 0 hold\n")
        code, out, err = self.ctl("queue", "Many.EXAMPLE", *self.socket)
        self.assertEqual((code, err), (0, ""))
        self.assertIn("messages many.example 1000", watch.requests[1])
        self.assertIn("many.example: 22 messages, 0 of them late, the oldest 15 min old", out)
        self.assertIn("22 deferred", out)
        self.assertIn(" under 5 min        2  ", out)
        self.assertIn("15 to 60 min       14  ##############\n     unknown        1  #\n", out)
        self.watch(self.sample(), "".join(f"message 4gZ{n:09} {now - 100} deferred\n" for n in range(1000)), path="full")
        _, out, _ = self.ctl("queue", "many.example", *self.socket)
        self.assertIn("the oldest 1000 messages by age\n under 5 min     1000  " + 50 * "#" + "\n", out)
        code, out, _ = self.ctl("queue", "none.example", *self.socket)
        self.assertEqual(code, 0)
        self.assertIn("none.example is another name of a domain with 1000 messages", out)

    def test_json(self):
        now = int(time.time())
        self.watch(self.sample(), f"message 4gZ {now} active\n")
        code, out, _ = self.ctl("queue", "--json", *self.socket)
        document = json.loads(out)
        self.assertEqual((code, document["queues"]["deferred"], document["unknown"], [d["domain"] for d in document["domains"]]),
                         (0, 30, 2, ["late.example", "many.example", "few.example"]))
        self.assertEqual(sum(bucket["count"] for bucket in document["oldest_by_age"]), 3)
        code, out, _ = self.ctl("queue", "late.example", "--json", *self.socket)
        document = json.loads(out)
        self.assertEqual((code, document["messages"], document["late"], document["listed"], document["listed_queues"]["active"]), (0, 7, 7, 1, 1))

    def test_many_domains_are_cut(self):
        self.watch("cycle 1 incomplete 0\n" + "".join(f"domain d{n:03}.example {n} 0 0\n" for n in range(1, 61)))
        _, out, _ = self.ctl("queue", *self.socket)
        self.assertIn("and 40 more domains; --all prints them", out)
        self.assertIn("not completely", out)
        _, out, _ = self.ctl("queue", "--all", *self.socket)
        self.assertEqual(out.count(".example "), 60)

    def test_hostile_replies(self):
        for number, (answer, words) in enumerate({
                "domain \x1b[2Jevil.example 1 1 1\n": None, "error \x1b[31mno\n": "has no answer", "cycle x\n": "cannot be read"}.items()):
            self.watch(answer, path=f"s{number}")
            code, out, err = self.ctl("queue", *self.socket)
            self.assertNotIn("\x1b", out + err)
            if words:
                self.assertEqual(code, 69, err)
                self.assertIn(words, err)
        for number, answer in enumerate((b"junk", b"", b"99999999999:", b"10:short")):
            self.watch(answer, path=f"b{number}")
            code, _, err = self.ctl("queue", *self.socket)
            self.assertEqual(code, 69, err)

    def test_no_queue_watch(self):
        code, _, err = self.ctl("queue", "--socket", f"{self.folder}/none")
        self.assertEqual(code, 69)
        self.assertIn("check that emailgency-queuewatch runs", err)
        self.assertEqual(self.ctl("queue", "a b")[0], 64)
        self.assertEqual(self.ctl("queue", "--nodes", "--json")[0], 64)
        self.assertEqual(self.ctl("queue", "--nodes", "--database", f"host={self.folder} dbname=none")[0], 69)


class Probe(Case):
    def setUp(self):
        super().setUp()
        self.rows("")

    def rows(self, text):
        os.makedirs(f"{self.folder}/replica", exist_ok=True)
        subprocess.run([REPLICA, f"{self.folder}/replica"], input='plan basic\nsetting transport_networks value="127.0.0.0/8"\n' + text, text=True, check=True)

    def serve(self, behaviour, contexts=None):
        server = StandIn(behaviour, contexts)
        self.addCleanup(server.close)
        self.rows(f"domain customer.example transport=127.0.0.1:{server.port}\ndomain_alias alias.example domain=customer.example\n")
        return server

    def probe(self, *words):
        return self.ctl("probe", *words, "--conf", self.folder, "--directory", f"{self.folder}/replica", "--dns", "127.0.0.1:1")

    def test_the_dialogue(self):
        server = self.serve({})
        code, out, err = self.probe("alias.example", "--helo", "probe.example")
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(out, f"127.0.0.1 (127.0.0.1:{server.port})\n  S: 220 mail.example ESMTP\n  C: EHLO probe.example\n  S: 250 mail.example\n"
                         "  C: MAIL FROM:<>\n  S: 250 ok\n  C: RCPT TO:<postmaster@customer.example>\n  S: 250 ok\n  C: QUIT\n  S: 221 bye\n"
                         "  == takes mail at RCPT: 250 ok\nthe server is up\n")

    def test_tls(self):
        self.serve({"tls": "expired"}, {"expired": certificate(self.folder, "expired", -1)})
        code, out, _ = self.probe("customer.example")
        self.assertEqual(code, 0)
        self.assertIn("  C: STARTTLS\n  S: 220 go\n  -- TLS begins\n  C: EHLO", out)
        self.assertIn("the certificate ended 1 days ago", out)
        self.serve({"tls": "broken"})
        code, out, _ = self.probe("customer.example")
        self.assertEqual(code, 0)
        self.assertIn("-- the TLS handshake failed\n  -- a new connection, without TLS\n", out)
        self.assertIn("-- STARTTLS is offered, and fails", out)

    def test_down(self):
        self.serve({"mail": "550 no \x1b[2J\u20ac"})
        code, out, _ = self.probe("customer.example", "--recipient", "u@customer.example")
        self.assertEqual(code, 1)
        self.assertIn("  S: 550 no ?[2J???\n", out)
        self.assertIn("refuses at MAIL", out)
        self.assertTrue(out.endswith("the server is down\n"))
        self.rows("domain customer.example transport=127.0.0.1:1\n")
        code, out, _ = self.probe("customer.example")
        self.assertEqual(code, 1)
        self.assertIn("no connection at the connection: Connection refused", out)

    def test_nobody_can_be_asked(self):
        self.rows("domain customer.example\n")
        code, out, _ = self.probe("customer.example")
        self.assertEqual((code, out), (75, "nobody could be asked: DNS does not answer\n"))
        self.assertEqual(self.probe("none.example")[0], 65)
        self.assertEqual(self.probe("none")[0], 64)
        self.assertEqual(self.probe("customer.example", "--transport", "a b")[0], 64)
        self.assertEqual(self.ctl("probe", "customer.example", "--conf", self.folder, "--directory", self.folder + "/none")[0], 69)
        with open(self.folder + "/notifier.conf", "w", encoding="ascii") as file:
            file.write("helo_name = \"x")
        self.assertEqual(self.probe("customer.example")[0], 78)

    def test_json(self):
        server = self.serve({"rcpt": "450 later"})
        code, out, _ = self.probe("customer.example", "--json")
        document = json.loads(out)
        address = document["addresses"][0]
        self.assertEqual((code, document["domain"], document["up"], address["outcome"], address["stage"], address["address"], address["certificate_ends"]),
                         (0, "customer.example", True, "busy", "RCPT", f"127.0.0.1:{server.port}", None))
        self.assertIn({"server": "450 later"}, address["dialogue"])
        self.rows("domain customer.example\n")
        document = json.loads(self.probe("customer.example", "--json")[1])
        self.assertEqual((document["up"], document["addresses"], document["why"]), (None, [], "DNS does not answer"))


if __name__ == "__main__":
    unittest.main()
