# SPDX-License-Identifier: BSD-2-Clause
"""emailgency-notifier holds queued mail: one domain's long list, or a slow answer, delays no other domain's."""
import os
import socket
import threading
import unittest

import daemon_process
from daemon_process import DaemonCase, psql

DATABASE = daemon_process.DATABASE.replace("emailgency_daemon", "emailgency_notifier")


class Queuehold:
    """A stand-in for emailgency-queuehold, which answers each request, later where `slow` says so."""

    def __init__(self, path, slow):
        self.path, self.slow, self.requests, self.stopped = path, slow, [], threading.Event()
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(path)
        self.server.listen(16)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client, _ = self.server.accept()
            except OSError:
                return
            with client:
                action, queue_id, _ = client.makefile().readline().split()
                self.requests.append(queue_id)
                self.stopped.wait(self.slow.get(queue_id, 0))
                client.sendall({"hold": b"held\n", "release": b"released\n", "delete": b"deleted\n"}[action])

    def close(self):
        self.stopped.set()
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()


class HeldTest(DaemonCase):
    program = os.environ["NOTIFIER"]

    def setUp(self):
        super().setUp()
        psql("alter role emailgency_notifier login; delete from domain;"
             "insert into domain (name, plan) select n || '.example', 'basic' from unnest('{a,b}'::text[]) n")
        self.queuehold = None

    def tearDown(self):
        super().tearDown()
        if self.queuehold:
            self.queuehold.close()

    def options(self):
        return {**daemon_process.AS_CALLER, "log": "stderr", "directory": self.dir + "/directory", "database": DATABASE, "metrics": self.metrics,
                "node": "n1", "queuehold": f"{self.dir}/queuehold"}

    def held(self, domain, count, age):
        psql(f"insert into held_message (node, queue_id, login, domain, queued_at, wanted, state, due_at) select 'n1', upper('{domain}') || n, 'u@{domain}.example', "
             f"'{domain}.example', now(), 'released', 'held', now() - interval '{age}' from generate_series(1, {count}) n")

    def serve(self, **slow):
        self.queuehold = Queuehold(f"{self.dir}/queuehold", slow)
        self.start("plan basic\n")

    def test_a_long_list_delays_no_other_domain(self):
        self.held("a", 500, "1 hour")
        self.held("b", 5, "1 second")
        self.serve()
        self.wait_until(lambda: psql("select count(*) from held_message where state = 'released' and domain = 'b.example'") == "5", "the short list")
        first = self.queuehold.requests[:20]
        self.assertEqual(sorted(queue_id for queue_id in first if queue_id.startswith("B")), [f"B{n}" for n in range(1, 6)])
        self.wait_until(lambda: psql("select count(*) from held_message where state = 'released'") == "505", "all", 200)
        self.assertEqual(len(set(self.queuehold.requests)), len(self.queuehold.requests))

    def test_a_slow_answer_ends_the_batch(self):
        """Messages that were not begun are claimed again when their lease ends; others come first."""
        self.held("a", 3, "1 hour")
        self.serve(A1=46, A2=46, A3=46)
        self.wait_until(lambda: self.queuehold.requests, "the first request")
        self.held("b", 1, "1 second")
        self.wait_until(lambda: len(self.queuehold.requests) > 1, "the second", 100)
        self.assertEqual(self.queuehold.requests[1], "B1")
        self.wait_until(lambda: psql("select count(*) from held_message where state = 'released'") == "2", "what was answered")
        self.assertEqual(psql("select count(*) from held_message where state = 'held' and due_at between now() and now() + interval '2 minutes'"), "2")


if __name__ == "__main__":
    unittest.main()
