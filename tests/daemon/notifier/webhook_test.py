# SPDX-License-Identifier: BSD-2-Clause
"""emailgency-notifier calls the web services of customers: signed, where they may be, and whatever they answer."""
import base64
import hashlib
import hmac
import json
import os
import subprocess
import sys
import unittest

import sms_gateway
from daemon_process import psql
from sms_case import SmsCase, status

DNS_SERVER = os.environ["DNS_SERVER"]
SECRET, OLD = "0123456789abcdef" * 2, "fedcba9876543210" * 2
PORT = 8443  # of those that webhooks may have; each case has an address of its own


def key_of(secret, domain, url):
    return hmac.new(secret.encode(), f"webhook\0{domain}\0{url}".encode(), hashlib.sha256).digest()


class WebhookTest(SmsCase):
    cases = 0

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.hook_pem = cls.authority.certificate("hook", address="DNS:a.hooks.example")

    def setUp(self):
        super().setUp()
        psql("update setting set value = 'true' where name = 'webhooks_allowed';"
             "insert into plan (name) select 'hooked' on conflict do nothing; delete from domain;"
             "insert into domain (name, plan) values ('hook.example', 'hooked')")
        WebhookTest.cases += 1
        self.address = f"127.0.{os.getpid() % 200 + 20}.{WebhookTest.cases}"
        self.dns = subprocess.Popen([sys.executable, DNS_SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.dns_port = self.dns.stdout.readline().split()[-1]

    def tearDown(self):
        super().tearDown()
        self.dns.kill()
        self.dns.communicate()

    def record(self, line, command="add"):
        self.dns.stdin.write(f"{command} {line}\n")
        self.dns.stdin.flush()
        self.dns.stdout.readline()

    def options(self):
        secret = sms_gateway.temporary_file(self.dir, "webhook.key", SECRET + "\n")
        return {**super().options(), "webhook_key_file": secret, "webhook_networks": "127.0.0.0/8", "dns_servers": f"127.0.0.1@{self.dns_port}"}

    def service(self, answer=None, name="a", **more):
        self.record(f"{name}.hooks.example 1 A {self.address}")
        return self.gateway(answer or (lambda request: status(204)), pem=self.hook_pem, host=self.address, port=PORT, **more)

    def contact(self, path="/", name="a", port=PORT):
        url = f"https://{name}.hooks.example:{port}{path}"
        psql(f"insert into contact (domain, kind, address) values ('hook.example', 'webhook', '{url}')")
        return url

    def check_signature(self, request, url, secret=SECRET, place=0):
        headers = request["headers"]
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{request['body']}"
        wanted = base64.b64encode(hmac.new(key_of(secret, "hook.example", url), signed.encode(), hashlib.sha256).digest()).decode()
        self.assertEqual(headers["webhook-signature"].split(" ")[place], f"v1,{wanted}")

    def test_an_incident_from_start_to_end(self):
        service = self.service()
        old = sms_gateway.temporary_file(self.dir, "old.key", OLD + "\n")
        self.start("", webhook_old_key_file=old)
        url = self.contact("/Alerts?a=b")
        psql("select open_incident('hook.example', 'server', '', '421 no')")
        self.wait_until(lambda: psql("select count(*) from outbox where sent_at is not null") == "1", "the call")
        psql("select close_incident('hook.example', 'server', '')")
        self.wait_until(lambda: psql("select count(*) from outbox where sent_at is not null") == "2", "the second call")
        opened, closed = service.requests
        self.assertEqual(opened["line"], "POST /Alerts?a=b HTTP/1.1")
        self.assertEqual(opened["headers"]["content-type"], "application/json")
        self.assertEqual(opened["headers"]["webhook-id"], "alert-" + psql("select min(id) from outbox"))
        for request in service.requests:
            self.check_signature(request, url)
            self.check_signature(request, url, OLD, 1)
            self.assertLess(abs(int(request["headers"]["webhook-timestamp"]) - request["at"]), 5)
        body = json.loads(opened["body"])
        self.assertEqual((body["type"], body["data"]["domain"], body["data"]["kind"], body["data"]["detail"], body["data"]["closed_at"]),
                         ("incident.opened", "hook.example", "server", "421 no", None))
        self.assertIn("hook.example", body["data"]["title"])
        body = json.loads(closed["body"])
        self.assertEqual((body["type"], body["data"]["closed_at"][-1]), ("incident.closed", "Z"))
        self.assertEqual(self.metric('emailgency_notifier_webhook_requests_total{outcome="sent"}'), 2)

    def test_answers(self):
        answers = {"/429": status(429, "Retry-After: 40\r\n"), "/500": status(500, body="secret words"), "/302": status(302, "Location: https://127.0.0.1/\r\n"),
                   "/404": status(404, body="secret words"), "/garbage": b"\x00\xff\r\n\r\n", "/nothing": b"", "/200": status(200, body="x" * 100000),
                   "/hang": None, "/ok": status(204)}
        service = self.service(lambda request: answers[request["line"].split()[1]])
        self.start("")
        psql("alter table contact disable trigger contact_check_webhook")
        self.addCleanup(psql, "alter table contact enable trigger contact_check_webhook")
        ids = {}
        for path in ["/hang", *(set(answers) - {"/hang"})]:
            ids[path] = self.message(self.contact(path), "hook.example", channel="webhook")
        fates = {path: self.wait_attempt(ids[path], 1) for path in answers}
        self.assertEqual({path: (fate[0], fate[1]) for path, fate in fates.items()}, {
            "/429": ("waits", "0"), "/500": ("waits", "0"), "/302": ("failed", "0"), "/404": ("failed", "0"), "/garbage": ("waits", "0"),
            "/nothing": ("waits", "0"), "/200": ("sent", "0"), "/hang": ("waits", "0"), "/ok": ("sent", "0")})
        self.assertEqual((fates["/429"][2], fates["/500"][2]), ("40", "10"))
        self.assertEqual((fates["/404"][5], fates["/500"][5]), ("HTTP status 404", "HTTP status 500"))
        self.assertEqual(sum("/302" in request["line"] for request in service.requests), 1)
        # Their faults are not the operator's.
        self.assertEqual(psql("select count(*) from incident"), "0")
        self.assertEqual(self.metric('emailgency_notifier_errors_total{error="alert-dead"}'), 0)
        # Again, under the same id.
        answers["/500"] = status(200)
        self.due(ids["/500"])
        self.wait_fate(ids["/500"], "sent")
        told = {request["headers"]["webhook-id"] for request in service.requests if "/500" in request["line"]}
        self.assertEqual(told, {f"alert-{ids['/500']}"})

    def check_not_sent(self, words, service=None):
        fate = self.wait_attempt(self.message(self.contact(), "hook.example", channel="webhook"), 1)
        self.assertEqual(fate[:2], ["waits", "0"], fate[5])
        self.assertIn(words, fate[5])
        self.assertEqual(service.connections if service else 0, 0)

    def test_a_host_that_is_not_on_the_internet(self):
        service = self.service()
        self.start("", webhook_networks="")
        self.check_not_sent("the host has an address that is not on the Internet", service)

    def test_a_host_with_one_address_elsewhere(self):
        service = self.service()
        self.record("a.hooks.example 1 AAAA ::ffff:10.0.0.1")
        self.start("")
        self.check_not_sent("the host has an address that is not on the Internet", service)

    def test_a_host_without_an_address(self):
        self.start("")
        self.check_not_sent("the host has no address")

    def test_a_name_that_leads_elsewhere_the_second_time(self):
        """The addresses that were judged are those that are connected to, whatever the system's resolver says."""
        self.service()
        self.start("")
        url = self.contact()
        self.wait_fate(self.message(url, "hook.example", channel="webhook"), "sent")  # no other resolver knows the name
        self.record("a.hooks.example", "remove")
        self.record("a.hooks.example 1 A 192.168.1.1")

        def is_blocked():
            fate = self.wait_attempt(self.message(url, "hook.example", channel="webhook"), 1)
            self.assertTrue(fate[0] == "sent" or "not on the Internet" in fate[5], fate)
            return fate[0] != "sent"
        self.wait_until(is_blocked, "the end of the first answer")

    def test_a_certificate_of_another_host(self):
        service = self.service(name="c")
        self.start("")
        url = self.contact(name="c")
        fate = self.wait_attempt(self.message(url, "hook.example", channel="webhook"), 1)
        self.assertEqual((fate[0], service.requests), ("waits", []), fate[5])
        self.assertIn("certificate", fate[5])

    def test_slow_ones_hold_up_nobody(self):
        service = self.service(lambda request: None if "slow" in request["line"] else status(204))
        psql("insert into domain (name, plan) values ('other.example', 'hooked')")
        psql("insert into contact (domain, kind, address) values ('other.example', 'webhook', 'https://a.hooks.example:8443/quick'), "
             "('hook.example', 'webhook', 'https://a.hooks.example:8443/slow')")
        psql("insert into outbox (dedup_key, domain, kind, transition, channel, address) select 'slow ' || n, 'hook.example', '', 'test', 'webhook', "
             "'https://a.hooks.example:8443/slow' from generate_series(1, 200) n")
        gateway = self.gateway()
        self.run_with(gateway)
        self.wait_until(lambda: len(service.requests) >= 5, "slow requests")
        self.wait_fate(self.message("https://a.hooks.example:8443/quick", "other.example", channel="webhook"), "sent", 10)
        self.wait_fate(self.message(domain="hook.example"), "sent", 10)  # an SMS has slots of its own
        self.assertEqual(sum("slow" in request["line"] for request in service.requests), 5)

    def test_without_a_key_they_wait(self):
        self.start("", webhook_key_file="")
        number = self.message(self.contact(), "hook.example", channel="webhook")
        mail = self.message("nobody", channel="mail")
        self.wait_until(lambda: self.fate(mail), "the mail")
        self.assertEqual(psql(f"select attempts from outbox where id = {number}"), "0")

    def ctl(self, *words):
        database = f"host={os.environ['PG_TEST_HOST']} dbname=postgres user=postgres"
        return subprocess.run([os.environ["CTL"], "contact", "key", *words, "--conf", self.dir, "--database", database],
                              capture_output=True, text=True, timeout=60, check=False)

    def test_the_key_that_the_receiver_needs(self):
        self.conf = self.dir + "/notifier.conf"
        self.write_conf()
        url = self.contact("/Path")
        shown = self.ctl("Hook.example", "HTTPS://A.hooks.example:8443/Path")
        self.assertEqual(shown.stdout, f"whsec_{base64.b64encode(key_of(SECRET, 'hook.example', url)).decode()}\n", shown.stderr)
        unknown = self.ctl("hook.example", url + "x")
        self.assertEqual((unknown.returncode, unknown.stdout), (65, ""))
        self.assertIn("first insert into contact", unknown.stderr)
        self.write_conf(webhook_key_file="")
        without = self.ctl("hook.example", url)
        self.assertEqual((without.returncode, without.stdout), (78, ""))
        self.assertIn("openssl rand -hex 32", without.stderr)

    def test_a_short_key_is_refused(self):
        self.load_rows("")
        self.write_conf(webhook_key_file=sms_gateway.temporary_file(self.dir, "short", "x\n"))
        out = subprocess.run([self.program, "-c", self.conf], capture_output=True, text=True, timeout=60, check=False)
        self.assertNotEqual(out.returncode, 0)
        self.assertIn("webhook_key_file has a key of less than 32 characters", out.stderr)


if __name__ == "__main__":
    unittest.main()
