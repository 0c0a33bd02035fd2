# SPDX-License-Identifier: BSD-2-Clause
"""Each way in which an SMS gateway can fail has its outcome."""
import json
import time
import unittest

import sms_gateway
from daemon_process import psql
from sms_case import SmsCase, status


def endless(stream):
    stream.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        stream.sendall(b'{"ok":0}' * 1000)


class OutcomeTest(SmsCase):
    ANSWERS = {
        "+410001": status(429, "Retry-After: 40\r\n"),
        "+410002": status(500),
        "+410003": status(302, "Location: /elsewhere\r\n"),
        "+410004": b"\x00\xffgarbage\r\n\r\n",
        "+410005": status(200, body="<html>"),
        "+410006": b"",
        "+410007": status(400, body='{"error":"bad number"}'),
        "+410008": None,
        "+410009": endless,
        "+410010": status(200, body='{"ok":0}'),
        "+410011": status(503, "Retry-After: 3000\r\n"),
        "+410012": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n",
    }

    def answer(self, request):
        return self.ANSWERS[json.loads(request["body"])["to"]]

    def test_each_answer_has_its_outcome(self):
        gateway = self.gateway(self.answer)
        self.run_with(gateway)
        begun = time.monotonic()
        ids = {number: self.message(number) for number in ["+410008", *(set(self.ANSWERS) - {"+410008"})]}
        bad = self.message("0041791234567")
        fates = {number: self.wait_attempt(ids[number], 1) for number in self.ANSWERS}
        self.assert_took(begun, 19, 45)  # what a gateway has that hangs
        # State, unknowns, and whether it counts against the limit.
        self.assertEqual({number: (fate[0], fate[1], fate[3]) for number, fate in fates.items()}, {
            "+410001": ("waits", "0", "false"), "+410002": ("waits", "1", "true"), "+410003": ("failed", "0", "false"),
            "+410004": ("waits", "1", "true"), "+410005": ("waits", "1", "true"), "+410006": ("waits", "1", "true"),
            "+410007": ("failed", "0", "false"), "+410008": ("waits", "1", "true"), "+410009": ("waits", "1", "true"),
            "+410010": ("waits", "0", "false"), "+410011": ("waits", "1", "true"), "+410012": ("waits", "1", "true")})
        waits = {number: int(fates[number][2]) for number in ("+410001", "+410002", "+410011")}
        self.assertEqual(waits, {"+410001": 40, "+410002": 10, "+410011": 3000})
        self.assertIn("bad number", fates["+410007"][5])
        self.assertEqual(self.wait_fate(bad, "failed")[5], "the number is not in the form of E.164")
        to = [json.loads(request["body"])["to"] for request in gateway.requests]
        self.assertEqual(set(to), set(self.ANSWERS))
        self.assertEqual(to.count("+410003"), 1)
        self.assertEqual(psql("select count(*) from incident where kind = 'outbox' and closed_at is null"), "1")
        self.assertEqual(self.metric('emailgency_notifier_errors_total{error="alert-dead"}'), 3)

    def test_one_more_attempt_after_an_unknown_one(self):
        gateway = self.gateway(lambda request: status(500))
        self.run_with(gateway)
        number = self.message()
        self.assertEqual(self.wait_attempt(number, 1)[0], "waits")
        self.due(number)
        self.assertEqual(self.wait_fate(number, "failed")[1], "2")
        time.sleep(3)  # there would be a third within a second or two
        self.assertEqual(len(gateway.requests), 2)
        self.assertEqual({json.loads(request["body"])["id"] for request in gateway.requests}, {f"emailgency-{number}"})

    def check_not_sent(self, gateway, words, least=0.0, most=30.0, **options):
        self.run_with(gateway, **options)
        begun = time.monotonic()
        fate = self.wait_attempt(self.message(), 1)
        self.assertEqual((fate[0], fate[1], fate[3]), ("waits", "0", "false"), fate[5])
        self.assertIn(words, fate[5])
        self.assertEqual(gateway.requests, [])
        self.assert_took(begun, least, most)

    def test_no_tls_session(self):
        self.check_not_sent(self.gateway(silent=True), "timeout", 4)

    def test_an_expired_certificate(self):
        self.check_not_sent(self.gateway(pem=self.authority.certificate("old", days=0)), "certificate has expired")

    def test_a_certificate_of_another_host(self):
        self.check_not_sent(self.gateway(pem=self.authority.certificate("other", address="DNS:other.example")), "no alternative certificate subject name")

    def test_a_certificate_of_an_unknown_authority(self):
        self.check_not_sent(self.gateway(), "certificate", ca_file="")

    def test_a_gateway_that_is_away_and_comes_back(self):
        port = sms_gateway.closed_port()
        self.start("", sms_url=f"https://127.0.0.1:{port}/")
        number = self.message()
        self.assertEqual(self.wait_attempt(number, 1)[:2], ["waits", "0"])
        gateway = self.gateway(port=port)
        self.due(number)
        self.wait_fate(number, "sent")
        self.assertEqual(len(gateway.requests), 1)


if __name__ == "__main__":
    unittest.main()
