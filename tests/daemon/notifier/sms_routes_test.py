# SPDX-License-Identifier: BSD-2-Clause
"""SMS by the second gateway and by a modem, the limit per week, and mail by the second smarthost."""
import json
import unittest

import sms_gateway
from daemon_process import psql
from sms_case import DATABASE, SmsCase, status


class RouteTest(SmsCase):
    def both(self, first, second):
        options = {f"second_{key}": value for key, value in self.options().items() if key.startswith("sms_")}
        return self.start("", sms_url=f"https://127.0.0.1:{first}/", second_sms_url=f"https://127.0.0.1:{second}/", **options)

    def test_the_second_gateway_when_the_first_is_down(self):
        second = self.gateway()
        self.both(sms_gateway.closed_port(), second.port)
        number = self.message()
        self.assertEqual(self.wait_fate(number, "sent")[4], "1")
        self.assertEqual(len(second.requests), 1)
        self.assertEqual(self.metric('emailgency_notifier_sms_requests_total{gateway="first",outcome="retry"}'), 1)
        # The first is left out for a minute.
        self.wait_fate(self.message(), "sent")
        self.assertEqual(self.metric('emailgency_notifier_sms_requests_total{gateway="first",outcome="retry"}'), 1)

    def test_the_second_gateway_when_the_first_refuses(self):
        first, second = self.gateway(lambda request: status(402)), self.gateway()
        self.both(first.port, second.port)
        self.wait_fate(self.message(), "sent")
        self.assertEqual((len(first.requests), len(second.requests)), (1, 1))

    def test_after_an_unknown_attempt_the_second_gateway_has_the_other(self):
        first, second = self.gateway(lambda request: status(500)), self.gateway()
        self.both(first.port, second.port)
        number = self.message()
        self.assertEqual(self.wait_attempt(number, 1)[:2], ["waits", "1"])
        self.assertEqual(second.requests, [])
        self.due(number)
        self.wait_fate(number, "sent")
        self.assertEqual((len(first.requests), len(second.requests)), (1, 1))

    def test_gammu(self):
        psql("drop schema if exists gammu cascade; create schema gammu; set search_path = gammu;"
             'create table outbox ("DestinationNumber" varchar(20) not null default \'\', "TextDecoded" text not null default \'\', '
             '"CreatorID" text not null, "Coding" varchar(255) not null); '
             'create table sentitems ("CreatorID" text not null, "DestinationNumber" varchar(20)); '
             "grant usage on schema gammu to emailgency_notifier; grant select, insert on all tables in schema gammu to emailgency_notifier")
        self.start("", sms_url=f"https://127.0.0.1:{sms_gateway.closed_port()}/",
                   sms_gammu_database=DATABASE + " options='-c search_path=gammu'")
        number = self.message()
        self.wait_fate(number, "sent")
        rows = 'select "DestinationNumber", "CreatorID", "Coding" from gammu.outbox'
        self.assertEqual(psql(rows), f"+41791234567|emailgency-{number}|Default_No_Compression")
        # A mark that was lost: the row is there, then with gammu-smsd's sent items.
        self.again(number)
        psql('insert into gammu.sentitems select "CreatorID" from gammu.outbox; delete from gammu.outbox')
        self.again(number)
        self.assertEqual(psql(rows), "")
        psql("drop table gammu.sentitems")
        number = self.message()
        self.assertIn("sentitems", self.wait_attempt(number, 1)[5])
        psql("drop schema gammu cascade")


class LimitTest(SmsCase):
    def test_the_16th_sms_of_a_week_is_held_back(self):
        psql("insert into plan (name) select 'limited' on conflict do nothing;"
             "insert into domain (name, plan) values ('limit.example', 'limited') on conflict do nothing")
        gateway = self.gateway()
        self.run_with(gateway)
        messages = [self.message(domain="limit.example") for _ in range(16)]
        self.wait_until(lambda: psql("select count(*) from outbox where sent_at is not null") == "15", "15 messages")
        held = self.wait_fate(messages[15], "dropped")
        self.assertEqual(held[5], "the limit of 15 SMS within seven days is reached")
        self.assertEqual(len(gateway.requests), 15)
        last = [request for request in gateway.requests if "No more SMS" in request["body"]]
        self.assertEqual([json.loads(request["body"])["id"] for request in last], [f"emailgency-{messages[14]}"])
        # Another domain is not concerned; a week later the domain may send again.
        self.wait_fate(self.message(), "sent")
        psql("update outbox set counted_at = counted_at - interval '8 days' where domain = 'limit.example'")
        self.wait_fate(self.message(domain="limit.example"), "sent")


class SmarthostTest(SmsCase):
    def smarthost(self, pem=None, **replies):
        self.servers.append(sms_gateway.Smarthost(pem, {key.replace("end", "."): value for key, value in replies.items()}))
        return self.servers[-1]

    def send(self, server, **options):
        self.start("", sendmail="/bin/false", alert_sender="alerts@service.example",
                   second_smarthost=f"smtp://127.0.0.1:{server.port}", **options)
        return self.message("ops@customer.example", channel="mail")

    def test_it_takes_what_sendmail_does_not(self):
        server = self.smarthost(self.pem)
        password = sms_gateway.temporary_file(self.dir, "password", "pw\n")
        number = self.send(server, second_smarthost_user="me", second_smarthost_password_file=password)
        self.wait_fate(number, "sent")
        message, = server.messages
        self.assertTrue(message["tls"])
        self.assertEqual(message["auth"], "AG1lAHB3")
        self.assertIn("<alerts@service.example>", message["sender"])
        self.assertEqual(len(message["recipients"]), 1)
        self.assertIn(b"\r\nMessage-ID: <alert-%s@n1>\r\n" % number.encode(), message["data"])
        self.assertNotIn(b"\n", message["data"].replace(b"\r\n", b""))

    def test_without_tls_nothing_is_said(self):
        server = self.smarthost()
        fate = self.wait_attempt(self.send(server), 1)
        self.assertEqual((fate[:2], server.messages), (["waits", "0"], []))
        self.assertIn("second smarthost", fate[5])

    def test_plain_where_it_is_allowed(self):
        server = self.smarthost()
        self.wait_fate(self.send(server, plain_hosts="127.0.0.1"), "sent")
        self.assertFalse(server.messages[0]["tls"])

    def test_refusals(self):
        for reply, words in ((b"550 5.7.1 No", "550"), (b"451 4.3.0 Later", "451")):
            server = self.smarthost(self.pem, RCPT=reply)
            number = self.send(server)
            fate = self.wait_attempt(number, 1)
            self.assertEqual((fate[:2], server.messages), (["waits", "0"], []))
            self.assertIn(words, fate[5])
            self.stop(self.running[-1])
            self.log.clear()

    def test_no_answer_to_the_message(self):
        server = self.smarthost(self.pem, end="close")
        fate = self.wait_attempt(self.send(server), 1)
        self.assertEqual((fate[:2], len(server.messages)), (["waits", "1"], 1))


if __name__ == "__main__":
    unittest.main()
