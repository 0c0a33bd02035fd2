# SPDX-License-Identifier: BSD-2-Clause
"""emailgency-notifier and what it finds beside outages: certificates, TLS that fails, mail that leaves the queue, nodes, and itself."""
import contextlib
import os
import signal
import socket
import threading
import time
import unittest

from daemon_process import free_port, psql
from server_case import RULES, ServerCase, rows_of
from smtp_stand_in import certificate


class Queue:
    """A queue watch that has one domain's mail; `oldest` is the arrival of the oldest message, None: there is none."""

    def __init__(self, path, domain):
        self.domain, self.oldest, self.asked = domain, None, 0
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen()
        threading.Thread(target=self.serve, daemon=True).start()

    def close(self):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                with client:
                    client.recv(400)
                    self.asked += 1
                    text = f"cycle {int(time.time())} complete 0\n"
                    if self.oldest:
                        text += f"domain {self.domain} 3 0 {int(self.oldest)}\n"
                    client.sendall(f"{len(text)}:{text},".encode())
                    client.recv(400)


class FindingsTest(ServerCase):
    def setUp(self):
        super().setUp()
        psql("delete from node; delete from probe; delete from server_tls; delete from mail_left; delete from queue_sample")
        psql("update setting set value = 'operator@elsewhere.example' where name = 'operator_contacts'")

    def options(self):
        return {**super().options(), "queuewatch": self.dir + "/queuewatch"}

    def open_incidents(self):
        return set(psql("select concat_ws(' ', domain, kind, subject) from incident where closed_at is null").splitlines())

    def subjects(self):
        return sorted(line[len("Subject: "):] for text in self.messages() for line in text.splitlines() if line.startswith("Subject: "))

    def test_certificates_and_tls(self):
        contexts = {name: certificate(self.dir, name, days) for name, days in (("good", 90), ("expired", -1), ("soon", 5), ("new", 80))}
        behaviours = {"good": {"tls": "good"}, "expired": {"tls": "expired"}, "soon": {"tls": "soon"}, "broken": {"tls": "broken"}, "plain": {}}
        servers = {name: self.serve(behaviour, contexts) for name, behaviour in behaviours.items()}
        for name, server in servers.items():
            self.add_domain(f"{name}.example", server.port, f"{name}@elsewhere.example")
        self.start()
        self.wait_until(lambda: psql("select string_agg(domain, ' ' order by domain) from (select distinct domain from server_tls) as t") ==
                        "broken.example expired.example good.example soon.example", "what all servers present")
        self.wait_until(lambda: psql("select count(*) from probe where length(results) > 2") == "5", "further probes")
        self.assertEqual(psql("select domain, fingerprint = '', round(extract(epoch from ends_at - now()) / 86400) from server_tls order by domain"),
                         "broken.example|t|\nexpired.example|f|-1\ngood.example|f|90\nsoon.example|f|5")
        self.assertEqual(psql("select string_agg(state, ' ') from probe"), "up up up up up")
        self.assertEqual(psql("select domain, kind, detail ~ '^127.0.0.1:[0-9]+: the certificate (ends|ended) at 20[-0-9]+ [0-9:]+ UTC$' from incident order by domain"),
                         "expired.example|certificate|t\nsoon.example|certificate|t")
        self.wait_until(lambda: len(self.messages()) == 2, "the mails")
        # A handshake that has failed for long.
        psql("update server_tls set first_seen = first_seen - interval '20 minutes', seen_at = seen_at - interval '6 minutes'")
        self.wait_until(lambda: "broken.example certificate starttls" in self.open_incidents(), "TLS that fails")
        self.assertEqual(len(self.open_incidents()), 3)
        # Renewed, and repaired; an hour later.
        servers["soon"].behaviour = {"tls": "new"}
        servers["broken"].behaviour = {"tls": "good"}
        servers["expired"].behaviour = {"banner": "close"}
        self.wait_until(lambda: psql("select count(*) from server_tls where domain in ('soon.example', 'broken.example')") == "4", "the new certificates")
        self.assertEqual(len(self.open_incidents() - {"expired.example server"}), 3)
        psql("update server_tls set seen_at = seen_at - interval '61 minutes'")
        self.wait_until(lambda: psql("select string_agg(domain, ' ' order by domain) from incident where kind = 'certificate' and closed_at is null") ==
                        "expired.example", "the end of two")
        self.wait_until(lambda: [s for s in self.subjects() if "renewed" in s or "works again" in s] == [
            "broken.example: TLS of the mail server works again", "soon.example: the certificate of the mail server is renewed"], "the mails")

    def test_very_many_servers_fail(self):
        for n in range(12):
            self.add_domain(f"d{n}.example", free_port(), "admin@elsewhere.example")
        first = self.start(rows_of({**RULES, "suspect_self_percent": 30, "probe_down_min": 15}))
        self.start_beside(node="n2")
        self.wait_until(lambda: self.open_incidents() == {"self"}, "the suspicion", 60)
        self.assertEqual(psql("select detail ~ '^[0-9]+ of 12 servers fail$' from incident"), "t")
        self.wait_until(lambda: self.subjects() == ["the mail service: very many servers fail at once"], "the operator's mail")
        self.wait_until(lambda: psql("select count(*) from probe where checked_at > to_timestamp(0) and length(results) > 18") == "12", "many probes of all", 90)
        self.assertEqual(psql("select count(*) from probe where state = 'down'"), "0")
        # Either node may be the one that claims first each time.
        first.send_signal(signal.SIGSTOP)
        self.wait_until(lambda: psql("select count(*) from probe where lease_node = 'n2'") == "12", "probes by the other node", 60)
        first.send_signal(signal.SIGCONT)
        self.assertEqual(psql("select count(*) from probe where state = 'down'"), "0")
        self.assertEqual(psql("select count(*) from incident") + " " + str(len(self.messages())), "1 1")
        self.assertEqual(self.metric("emailgency_notifier_self_suspected"), 1)

    def test_a_hoster_fails(self):
        port = free_port()
        for n in range(20):
            self.add_domain(f"d{n}.example", port)
        for n in range(4):
            self.add_domain(f"up{n}.example", self.serve({}).port)
        self.start(rows_of({**RULES, "suspect_self_percent": 30}))
        self.wait_until(lambda: psql("select count(*) from incident where kind = 'server' and closed_at is null") == "20", "the customers' incidents", 60)
        self.assertEqual(psql("select count(*) from incident where kind = 'self'"), "0")
        self.assertEqual(psql("select * from probe_totals()"), "24|20|5|1")

    def test_mail_that_leaves_the_queue(self):
        queue = Queue(self.dir + "/queuewatch", "d.example")
        self.servers.append(queue)
        arrival = queue.oldest = time.time() - 3600
        self.add_domain("d.example", free_port())
        self.add_domain("refuses.example", self.serve({"mail": "550 no"}).port)
        self.start(rows_of({**RULES, "queue_interval": 5, "probe_interval": 6}))
        self.wait_until(lambda: queue.asked > 0, "a count")

        def excused():
            queue.oldest = arrival + queue.asked * 60
            return self.metric("emailgency_notifier_probes_excused_total") >= 3

        self.wait_until(excused, "probes that do not count")
        self.assertEqual(psql("select state from probe where domain = 'd.example'"), "up")
        self.assertIn("no connection", psql("select reply from probe where domain = 'd.example'"))
        self.wait_until(lambda: self.state("refuses.example") == "down", "a server that refuses")
        queue.oldest = arrival
        self.wait_until(lambda: self.state("d.example") == "down", "the outage, when no mail leaves any more", 60)

    def test_nodes(self):
        # This one has reported for long, and has no replica; another one has not reported for an hour.
        psql("insert into node (name, heard_at, heard_since, seen_at) values ('n1', now(), now() - interval '1 hour', '-infinity'), "
             "('n2', now() - interval '1 hour', now() - interval '2 hours', '-infinity')")
        self.start(None)
        self.wait_until(lambda: self.open_incidents() == {"replica n1", "replica n2"}, "the incidents")
        self.assertEqual(psql("select detail from incident where subject = 'n1'"), "it has no replica")
        self.assertIn("its notifier reported last at ", psql("select detail from incident where subject = 'n2'"))
        self.wait_until(lambda: self.subjects() == ["the mail service: node n1 is not current", "the mail service: node n2 is not current"], "the operator's mails")
        self.assertEqual(psql("select replica_at is null, heard_at > now() - interval '1 minute' from node where name = 'n1'"), "t|t")

    def test_a_node_with_a_replica(self):
        self.start()
        self.wait_until(lambda: psql("select replica_at is not null from node where name = 'n1'") in ("t", "f"), "its report")
        self.assertEqual(self.open_incidents(), set())


if __name__ == "__main__":
    unittest.main()
