# SPDX-License-Identifier: BSD-2-Clause
"""The policy protocol by the socket of a real policyd (SMTPD_POLICY_README and src/util/attr_clnt.c of Postfix)."""

import http.client
import os
import random
import resource
import socket
import time
import unittest

from daemon_process import free_port
from policyd_process import PolicydCase, request

DUNNO = "action=DUNNO\n\n"
STEALTH = "action=450 4.3.2 Service currently unavailable, please try again later\n\n"
DENIED = "action=550 5.7.1 Sending mail is disabled for this account\n\n"
TO_STEALTH = request(recipient="u@stealth.example")


class ProtocolTest(PolicydCase):
    def setUp(self):
        super().setUp()
        self.process = self.start()

    def tearDown(self):
        self.assertEqual(self.stop(self.process), 0, "".join(self.log[-20:]))
        super().tearDown()

    def receive_all(self, client, length):
        replies = ""
        while len(replies) < length:
            replies += client.receive()
        return replies

    # Attributes

    def test_any_order_and_unknown_attributes(self):
        client = self.client()
        lines = TO_STEALTH.rstrip(b"\n").split(b"\n") + [b"tls_sni=x", b"future_attribute=a=b=c", b"=", b"x=", b"ccert_subject="]
        random.seed(1)
        for _ in range(50):
            random.shuffle(lines)
            client.send(b"\n".join(lines) + b"\n\n")
            self.assertEqual(client.receive(), STEALTH)

    def test_hostile_values(self):
        client = self.client()
        values = [b"", b"\xff\xfe\x80", "ü@bücher.example".encode(), b"<>", b"@", b"a@", b"%s%n%1000d", b"x" * 4096,
                  b"x" * 60000, b'"a b"@open.example', b"a\tb\r@open.example", b"\x01\x1b[31m", b"u@" + b"a." * 200 + b"b"]
        names = ["sender", "recipient", "client_name", "client_address", "instance", "sasl_username", "queue_id",
                 "helo_name", "policy_context", "protocol_state", "size", "recipient_count", "stress"]
        for name in names:
            for value in values:
                reply = client.ask(**{name: value})
                self.assertRegex(reply, r"^action=[ -~]+\n\n$", (name, value))
        self.assertEqual(client.ask(recipient="u@stealth.example"), STEALTH)

    def test_log_names_the_sender(self):
        client = self.client()
        for sender, logged in [(b"", "<> "), ("ü@bücher.example".encode(), r'"\xc3\xbc@xn--bcher-kva.example" '), (b"A B", '"a b" '),
                               (b"x@" + b"Y" * 600 + b".example", "x@" + "y" * 100)]:
            self.assertEqual(client.ask(sender=sender), DUNNO)
            self.wait_log(" sender=" + logged)

    def test_states(self):
        client = self.client()
        for state in ["CONNECT", "EHLO", "HELO", "MAIL", "VRFY", "ETRN", "NEW-STATE", ""]:
            self.assertEqual(client.ask(protocol_state=state, recipient="u@stealth.example", instance=""), DUNNO, state)
        for state in ["RCPT", "DATA", "BDAT", "END-OF-MESSAGE"]:
            self.assertEqual(client.ask(protocol_state=state, recipient="u@stealth.example"), STEALTH, state)
            self.assertEqual(client.ask(protocol_state=state, recipient="", recipient_count="2"), DUNNO, state)
            self.assertEqual(client.ask(protocol_state=state, recipient="", sasl_username="x@denied.example"), DENIED)

    def test_queue_id_is_logged_and_nothing_decided(self):
        client = self.client()
        client.ask(recipient="u@stealth.example", instance="ab.1.2.0")
        answers = {name: value for name, value in self.all_metrics().items() if "answers_total" in name}
        for state, queue_id in ("DATA", "4jXQd50Mx3z1dLst"), ("END-OF-MESSAGE", "5ABC"):
            self.assertEqual(client.ask(protocol_state=state, recipient="u@stealth.example", instance="ab.1.2.0",
                                        queue_id=queue_id, policy_context="queue-id"), DUNNO)
            self.wait_log(f"info: queue_id={queue_id} instance=ab.1.2.0\n")
        self.assertEqual({name: value for name, value in self.all_metrics().items() if "answers_total" in name}, answers)
        self.assertEqual(client.ask(recipient="u@stealth.example"), STEALTH)

    def test_policy_context(self):
        client = self.client()
        self.assertEqual(client.ask(recipient="u@stealth.example", policy_context="other"), STEALTH)
        self.assertEqual(client.ask(recipient="u@stealth.example", policy_context="submission"), DUNNO)
        self.assertEqual(client.ask(sasl_username="CRACKED@Open.Example", policy_context="submission"), DENIED)
        self.assertEqual(client.ask(sasl_username="user@open.example", policy_context="submission"), DUNNO)

    # Framing

    def test_two_requests_in_one_write(self):
        client = self.client()
        client.send(TO_STEALTH + request())
        self.assertEqual(self.receive_all(client, len(STEALTH + DUNNO)), STEALTH + DUNNO)

    def test_many_requests_in_one_write(self):
        client = self.client()
        client.send((TO_STEALTH + request()) * 300)
        self.assertEqual(self.receive_all(client, 300 * len(STEALTH + DUNNO)), (STEALTH + DUNNO) * 300)

    def test_byte_by_byte(self):
        client = self.client()
        for at in range(len(TO_STEALTH)):
            client.send(TO_STEALTH[at:at + 1])
        self.assertEqual(client.receive(), STEALTH)

    def test_each_reply_is_one_read(self):
        client = self.client()
        for _ in range(500):
            self.assertEqual(client.ask(recipient="u@stealth.example"), STEALTH)
        client.socket.settimeout(0.3)
        self.assertRaises(TimeoutError, client.receive)

    def test_64_kib(self):
        client = self.client()
        fill = b"x=" + b"y" * (65536 - len(TO_STEALTH) - 3) + b"\n"
        client.send(fill + TO_STEALTH)
        self.assertEqual(client.receive(), STEALTH)
        client.send(b"z" + fill + TO_STEALTH)
        self.assertEqual(client.receive(), DUNNO)
        self.assertEqual(client.ask(recipient="u@stealth.example"), STEALTH)
        client.send(b"x=" + b"y" * 3000000 + b"\n\n" + TO_STEALTH)
        self.assertEqual(self.receive_all(client, len(DUNNO + STEALTH)), DUNNO + STEALTH)
        self.assertEqual(self.metric('emailgency_policyd_errors_total{error="too-big"}'), 2)

    def test_no_policy_request(self):
        client = self.client()
        for garbage in [b"\n", b"nonsense\n\n", b"a=b\n\n", b"request=other\n\n", b"\0\n\n",
                        request(sender=b"a\0b"), b"EHLO x\r\nQUIT\r\n\n", bytes(range(11, 256)) + b"\n\n"]:
            client.send(garbage)
            self.assertEqual(client.receive(), DUNNO, garbage)
        self.assertEqual(client.ask(recipient="u@stealth.example"), STEALTH)
        self.assertEqual(self.metric('emailgency_policyd_errors_total{error="bad-request"}'), 8)
        self.wait_log("malformed policy request")
        self.assertEqual(sum("malformed policy request" in line for line in self.log), 1)

    def test_random_bytes(self):
        random.seed(1)
        for _ in range(30):
            client = self.client()
            client.send(random.randbytes(random.randrange(1, 5000)))
            client.send(b"\n\n")
            self.assertIn("action=", client.receive())

    # Connections

    def test_idle_client_is_kept(self):
        client = self.client()
        self.assertEqual(client.ask(), DUNNO)
        client.send(b"request=smtpd_")
        client.socket.settimeout(3)
        self.assertRaises(TimeoutError, client.receive)
        client.socket.settimeout(10)
        client.send(b"access_policy\nprotocol_state=RCPT\nrecipient=u@stealth.example\n\n")
        self.assertEqual(client.receive(), STEALTH)

    def test_a_thousand_connections(self):
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        clients = [self.client() for _ in range(1000)]
        for _ in range(3):
            for client in clients:
                client.send(TO_STEALTH)
            for client in clients:
                self.assertEqual(client.receive(), STEALTH)
        self.assertEqual(self.metric("emailgency_policyd_connections"), 1000)
        for client in clients:
            client.close()
        self.wait_until(lambda: self.metric("emailgency_policyd_connections") == 0, "the connections' end")

    def test_half_close(self):
        client = self.client()
        client.send(TO_STEALTH + request())
        client.socket.shutdown(socket.SHUT_WR)
        replies = ""
        while more := client.receive():
            replies += more
        self.assertEqual(replies, STEALTH + DUNNO)

    def test_clients_that_leave(self):
        for left in range(0, len(TO_STEALTH), 7):
            client = self.client()
            client.send(TO_STEALTH[:left])
            client.close()
        for _ in range(50):
            client = self.client()
            client.send(TO_STEALTH * 10)
            client.close()
        self.assertEqual(self.client().ask(recipient="u@stealth.example"), STEALTH)

    def test_empty_and_overlong_instance(self):
        client = self.client()
        for _ in range(3):
            self.assertEqual(client.ask(recipient="u@stealth.example", instance=""), STEALTH)
        begun = time.monotonic()
        self.assertEqual(client.ask(instance="x" * 300), DUNNO)
        self.assert_took(begun, 0, 1)


class LoginConnectionsTest(PolicydCase):
    def setUp(self):
        super().setUp()
        self.port = free_port()
        key = self.dir + "/login.key"
        with open(key, "w", encoding="ascii", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write("0123456789abcdef0123456789abcdef\n")
        self.process = self.start(login_listen=f"127.0.0.1:{self.port}", login_key_file=key)

    def status(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("POST", "/?command=allow", "{}")
            return connection.getresponse().status
        except OSError:
            return None
        finally:
            connection.close()

    def processor_s(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def test_connections_that_use_up_the_descriptors(self):
        client = self.client()
        self.assertEqual(client.ask(), DUNNO)
        self.assertEqual(self.status(), 403)
        limits = resource.prlimit(self.process.pid, resource.RLIMIT_NOFILE)
        used = max(map(int, os.listdir(f"/proc/{self.process.pid}/fd")))
        resource.prlimit(self.process.pid, resource.RLIMIT_NOFILE, (used + 4, limits[1]))
        waiting = [socket.create_connection(("127.0.0.1", self.port)) for _ in range(40)]
        self.wait_log("cannot accept a connection of Dovecot")
        lines, before, begun = len(self.log), self.processor_s(), time.monotonic()
        while time.monotonic() - begun < 2:
            self.assertEqual(client.ask(), DUNNO)
            time.sleep(0.1)
        self.assertLess(self.processor_s() - before, 1, "it waits, and does not spin")
        self.assertLess(len(self.log) - lines, 100)
        for one in waiting:
            one.close()
        resource.prlimit(self.process.pid, resource.RLIMIT_NOFILE, limits)
        self.wait_until(lambda: self.status() == 403, "an answer to Dovecot again")
        self.assertEqual(self.stop(self.process), 0, "".join(self.log[-20:]))


if __name__ == "__main__":
    unittest.main()
