# SPDX-License-Identifier: BSD-2-Clause
"""Two nodes that send SMS: one is killed, starts again, renews its leases; and the limit per week holds for both."""
import json
import time
import unittest

import daemon_process
from daemon_process import psql
from sms_case import SmsCase
from sms_gateway import Gateway


class TwoNodesTest(SmsCase):
    COUNT = 40

    def second_node(self):
        """Another notifier on the same database."""
        first, metrics = self.conf, self.metrics
        self.conf, self.metrics = self.dir + "/second.conf", f"127.0.0.1:{daemon_process.free_port()}"
        self.write_conf(node="n2", sms_url=self.url)
        process = self.run_daemon()
        self.wait_log("ready version=", 2)
        self.conf, self.metrics = first, metrics
        return process

    def test_one_is_killed_while_it_sends(self):
        def slow(_request):
            time.sleep(1)
            return Gateway.OK
        psql("update setting set value = '100' where name = 'sms_per_week'")
        self.addCleanup(psql, "update setting set value = '15' where name = 'sms_per_week'")
        gateway = self.gateway(slow)
        self.url = f"https://127.0.0.1:{gateway.port}/"
        self.start("", sms_url=self.url)
        second = self.second_node()
        messages = psql("insert into outbox (dedup_key, kind, transition, channel, address) select 'many ' || n, '', 'test', 'sms', "
                        f"'+4179' || 1000000 + n from generate_series(1, {self.COUNT}) as n returning id").split()
        leased = "select count(*) from outbox where lease_node = 'n2' and lease_until > now()"
        self.wait_until(lambda: psql(leased) != "0" and len(gateway.requests) > 5, "the second one's requests")
        second.kill()
        second.wait()
        in_flight = set(psql("select id from outbox where lease_node = 'n2' and lease_until > now()").split())
        # The lease of a dead node ends within half a minute.
        psql("update outbox set lease_until = now() where lease_node = 'n2' and lease_until > now()")
        for message in messages:
            self.wait_fate(message, "sent", 120)
        sent = [json.loads(request["body"])["id"].removeprefix("emailgency-") for request in gateway.requests]
        self.assertEqual(set(sent), set(messages))
        twice = {message for message in messages if sent.count(message) > 1}
        self.assertLessEqual(twice, in_flight)
        self.assertLessEqual(max(sent.count(message) for message in messages), 2)


    def test_a_node_that_starts_again_takes_its_messages_back_at_once(self):
        answers = iter([None])
        gateway = self.gateway(lambda request: next(answers, Gateway.OK))
        first = self.run_with(gateway)
        number = self.message()
        self.wait_until(lambda: gateway.requests, "the request")
        first.kill()
        first.wait()
        begun = time.monotonic()
        self.run_with(gateway)
        self.wait_fate(number, "sent")
        self.assert_took(begun, 0, 20)  # not the lease of half a minute
        self.assertEqual(psql(f"select unknowns, attempts from outbox where id = {number}"), "1|2")
        self.assertEqual({json.loads(request["body"])["id"] for request in gateway.requests}, {f"emailgency-{number}"})

    def test_a_lease_is_renewed_while_it_sends(self):
        gateway = self.gateway(lambda request: None)
        self.run_with(gateway)
        number = self.message()
        self.wait_until(lambda: gateway.requests, "the request")
        psql(f"update outbox set lease_until = now() + interval '14 seconds' where id = {number}")
        self.wait_until(lambda: psql(f"select lease_until > now() + interval '15 seconds' from outbox where id = {number}") == "t", "the renewal", 15)
        # One that has ended all the same, and that nobody else took, is not sent twice.
        psql(f"update outbox set lease_until = now() where id = {number}")
        self.wait_until(lambda: psql(f"select lease_until > now() from outbox where id = {number}") == "t", "the next claim")
        self.assertEqual(len(gateway.requests), 1)

    def test_the_limit_of_a_week_holds_across_nodes(self):
        psql("insert into plan (name) select 'limited' on conflict do nothing;"
             "insert into domain (name, plan) values ('nodes.example', 'limited') on conflict do nothing")
        gateway = self.gateway()
        self.url = f"https://127.0.0.1:{gateway.port}/"
        self.start("", sms_url=self.url)
        self.second_node()
        psql("insert into outbox (dedup_key, domain, kind, transition, channel, address) select 'nodes ' || n, 'nodes.example', '', 'test', 'sms', "
             "'+4179' || 1000000 + n from generate_series(1, 40) as n")
        self.wait_until(lambda: psql("select count(*) from outbox where sent_at is null and dropped_at is null") == "0", "all messages", 60)
        self.assertEqual(psql("select count(sent_at), count(dropped_at) from outbox"), "15|25")
        self.assertEqual(len(gateway.requests), 15)
        self.assertEqual(sum("No more SMS" in request["body"] for request in gateway.requests), 1)


if __name__ == "__main__":
    unittest.main()
