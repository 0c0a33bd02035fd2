# SPDX-License-Identifier: BSD-2-Clause
"""emailgency-notifier sends SMS by HTTPS, and as the options say."""
import base64
import hashlib
import json
import os
import re
import subprocess
import unittest
import urllib.parse

import daemon_process
import sms_gateway
from daemon_process import psql
from sms_case import DATABASE, SmsCase, status

HERE = os.path.dirname(os.path.abspath(__file__))


class SendTest(SmsCase):
    def test_a_message_is_sent(self):
        gateway = self.gateway()
        secret = sms_gateway.temporary_file(self.dir, "secret", "s3cret\n")
        self.run_with(gateway, sms_auth="bearer", sms_secret_file=secret)
        number = self.message(transition="code", detail="123456")
        self.wait_fate(number, "sent")
        request, = gateway.requests
        self.assertEqual(request["line"], "POST /send HTTP/1.1")
        self.assertEqual(request["headers"]["authorization"], "Bearer s3cret")
        self.assertEqual(request["headers"]["content-type"], "application/json")
        self.assertNotIn("expect", request["headers"])
        body = json.loads(request["body"])
        self.assertEqual((body["to"], body["id"]), ("+41791234567", f"emailgency-{number}"))
        self.assertIn("123456", body["text"])
        self.wait_log(f"an SMS was taken by a gateway: id=emailgency-{number} gateway=first gateway_id=G-7")
        self.assertFalse(any("s3cret" in line or "41791234567" in line for line in self.log))
        self.assertEqual(self.metric('emailgency_notifier_sms_requests_total{gateway="first",outcome="sent"}'), 1)

    def test_a_form_in_the_url(self):
        gateway = self.gateway(lambda request: status(200, body="thanks"))
        url = f"http://127.0.0.1:{gateway.port}/?to={{to}}&text={{text}}"
        gateway.context = None
        self.start("", sms_url=url, plain_hosts="127.0.0.1", sms_method="GET", sms_body="", sms_success_path="")
        self.wait_fate(self.message(transition="code", detail="é & \"1\""), "sent")
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(gateway.requests[0]["line"].split()[1]).query)
        self.assertEqual(query["to"], ["+41791234567"])
        self.assertIn('é & "1"', query["text"][0])

    def test_a_signed_request_from_the_file(self):
        gateway = self.gateway()
        conf = ("".join(f"{key} = {value}\n" for key, value in daemon_process.AS_CALLER.items()) + f"log = stderr\ndirectory = {self.dir}/directory\nmetrics = \"{self.metrics}\"\nca_file = {self.authority.file}\n"
                f"database = \"{DATABASE}\"\nsms_url = \"https://127.0.0.1:{gateway.port}/\"\nsms_auth = sha1\n"
                "sms_content = json\nsms_body = '{\"to\":\"{to}\"}'\nsms_signed_text = '{method}+{body}'\n"
                "sms_headers = 'X-Ovh-Timestamp: {time} | X-Ovh-Signature: $1${signature}'\n")
        self.load_rows("")
        sms_gateway.temporary_file(self.dir, "daemon.conf", conf)
        self.run_daemon()
        self.wait_fate(self.message(), "sent")
        # printf '%s' 'POST+{"to":"+41791234567"}' | sha1sum
        self.assertEqual(gateway.requests[0]["headers"]["x-ovh-signature"], "$1$2d829278b849c8f53f293693356647c38bee1955")

    def test_without_a_gateway_it_waits(self):
        self.start("")
        number, mail = self.message(), self.message("nobody", channel="mail")
        self.wait_until(lambda: self.fate(mail), "the mail")
        self.assertEqual(psql(f"select attempts from outbox where id = {number}"), "0")

    def test_it_ends_while_it_sends(self):
        gateway = self.gateway(lambda request: None)
        process = self.run_with(gateway)
        self.message()
        self.wait_until(lambda: gateway.requests, "the request")
        self.assertEqual(self.stop(process), 0)

    def test_options_that_do_not_fit_are_refused(self):
        good = {"sms_url": "https://127.0.0.1:1/"}
        for words, options in (("http:// has no TLS", {"sms_url": "http://127.0.0.1:1/"}),
                               ("write a URL", {"sms_url": "smtp://127.0.0.1:1/"}),
                               ("{to} or {number}", {**good, "sms_body": "x"}),
                               ("basic needs a secret", {**good, "sms_auth": "basic"}),
                               ("unknown name", {**good, "sms_body": "{to} {who}"})):
            self.load_rows("")
            self.write_conf(**options)
            out = subprocess.run([self.program, "-c", self.conf], capture_output=True, text=True, timeout=60, check=False)
            self.assertNotEqual(out.returncode, 0, words)
            self.assertIn(words, out.stderr)
        for key in ("sms_method", "sms_auth", "sms_content", "sms_success_status", "second_smarthost"):
            self.write_conf(**{key: "x"})
            out = subprocess.run([self.program, "-t", "-c", self.conf], capture_output=True, text=True, timeout=60, check=False)
            self.assertEqual((out.returncode, key in out.stderr), (78, True), key)


class ManualTest(SmsCase):
    """The examples of docs/operations.md, with another host in the URL."""

    ANSWERS = {"Twilio": status(201, body='{"sid":"SM7"}'),
               "Vonage": status(200, body='{"message-count":"1","messages":[{"status":"0","message-id":"V7"}]}'),
               "OVH": status(200, body='{"ids":[7],"invalidReceivers":[],"validReceivers":["+41791234567"]}')}

    @staticmethod
    def example(name):
        with open(os.path.join(HERE, "..", "..", "..", "docs", "operations.md"), encoding="utf-8") as file:
            return re.search(rf"^{name} \(.*?^```\n(.*?)^```", file.read(), flags=re.M | re.S)[1]

    def send_by(self, name):
        gateway = self.gateway(lambda request: self.ANSWERS[name])
        for file, text in (("sms.secret", "the secret"), ("sms.token", "the token")):
            sms_gateway.temporary_file(self.dir, file, text + "\n")
        options = {key: value for key, value in self.options().items() if not key.startswith("sms_")}
        example = re.sub(r"https://[^/]+", f"https://127.0.0.1:{gateway.port}", self.example(name))
        text = "".join(f'{key} = "{value}"\n' for key, value in options.items()) + example.replace("/etc/emailgency", self.dir)
        sms_gateway.temporary_file(self.dir, "daemon.conf", text)
        self.load_rows("")
        process = self.run_daemon()
        self.wait_fate(self.message(), "sent")
        self.assertEqual(self.stop(process), 0)
        return gateway.requests[0]

    def test_twilio(self):
        request = self.send_by("Twilio")
        self.assertEqual(request["line"], "POST /2010-04-01/Accounts/AC00000000000000000000000000000000/Messages.json HTTP/1.1")
        form = urllib.parse.parse_qs(request["body"])
        self.assertEqual((form["To"], form["From"]), (["+41791234567"], ["+15005550006"]))
        pair = base64.b64decode(request["headers"]["authorization"].removeprefix("Basic "))
        self.assertEqual(pair, b"AC00000000000000000000000000000000:the secret")

    def test_vonage(self):
        form = urllib.parse.parse_qs(self.send_by("Vonage")["body"])
        self.assertEqual((form["to"], form["from"]), (["41791234567"], ["Emailgency"]))
        self.wait_log("gateway_id=V7")

    def test_ovh(self):
        request = self.send_by("OVH")
        headers, body = request["headers"], json.loads(request["body"])
        self.assertEqual((body["receivers"], body["sender"]), (["+41791234567"], "Emailgency"))
        url = f"https://{headers['host']}/1.0/sms/sms-ab12345-1/jobs"
        signed = "+".join(["the secret", "the token", "POST", url, request["body"], headers["x-ovh-timestamp"]])
        self.assertEqual(headers["x-ovh-signature"], "$1$" + hashlib.sha1(signed.encode()).hexdigest())
        self.assertEqual((headers["x-ovh-application"], headers["x-ovh-consumer"]), ("0123456789abcdef", "the token"))


if __name__ == "__main__":
    unittest.main()
