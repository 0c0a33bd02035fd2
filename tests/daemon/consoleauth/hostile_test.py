# SPDX-License-Identifier: BSD-2-Clause
"""Bytes that are no request, clients that go, and very many connections."""
import os
import random
import socket
import sys
import unittest

sys.path.append(os.path.dirname(os.path.abspath(__file__)))
from auth_case import AuthCase  # noqa: E402

SEED = int(os.environ.get("AUTH_SEED", "0")) or random.randrange(1, 10**6)


class HostileTest(AuthCase):
    def send(self, data):
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(60)
        client.connect(self.path)
        self.clients.append(client)
        client.sendall(data)
        return client

    def assert_closed(self, data):
        client = self.send(data)
        try:
            self.assertEqual(client.recv(1), b"", data[:80])
        except ConnectionResetError:
            pass

    def test_bytes_that_are_no_request(self):
        self.start()
        for data in (b"GET / HTTP/1.1\r\n\r\n", b"x", b"-1:,", b"01:x,", b"2:{}x", b"2:{},", b"4:null,", b"99999999:{", b"16385:", b"1:\xff,", b"18:{\"do\":\"drop table\"},",
                     b"9:{\"do\":\"x\"},", b"20:{\"do\":[[[[[[[[[[[[[[,", b"\0" * 20000, b"2000:" + b"[" * 2000 + b","):
            self.assert_closed(data)
        choose = random.Random(SEED)
        for _ in range(200):
            body = bytearray(b'{"do":"login","login":"alice@firm.example","password":"wrong","from":"192.0.2.1"}')
            for _ in range(choose.randrange(1, 6)):
                body[choose.randrange(len(body))] = choose.randrange(256)
            client = self.send(b"%d:%s," % (len(body), body))
            try:
                client.recv(65536)  # an answer or an end, and no crash
            except ConnectionResetError:
                pass
            client.close()
            self.clients.remove(client)
        self.assertTrue(self.log_in("nobody@firm.example", **{"from": "2001:db8::1"})["reason"], "it goes on")
        self.assertFalse([line for line in self.log if "Sanitizer" in line], f"seed {SEED}")

    def test_clients_that_go(self):
        self.start()
        for _ in range(30):
            self.begin(**{"do": "login", "login": "nobody@firm.example", "password": "x", "from": "192.0.2.1"}).close()
        self.clients.clear()
        self.wait_until(lambda: self.metric("emailgency_console_auth_waiting") == 0, "the end of all requests")
        self.assertTrue(self.log_in(**{"from": "2001:db8::1"})["ok"])

    def test_byte_by_byte(self):
        self.start()
        data = b'{"do":"login","login":"alice@firm.example","password":"Correct horse 4 battery","from":"192.0.2.1"}'
        client = self.send(b"")
        for byte in b"%d:%s," % (len(data), data):
            client.sendall(bytes([byte]))
        self.assertTrue(self.reply(client)["ok"])

    def test_a_thousand_connections(self):
        self.start()
        idle = [self.send(b"100:") for _ in range(1000)]
        self.assertTrue(self.log_in()["ok"])
        self.assertEqual(self.metric("emailgency_console_auth_connections"), len(idle))
        for client in idle:
            client.close()
        self.clients.clear()
        self.wait_until(lambda: self.metric("emailgency_console_auth_connections") == 0, "their end")

    def test_it_ends_with_requests_pending(self):
        process = self.start(failure_delay_ms=60000)
        for number in range(20):
            self.begin(**{"do": "login", "login": f"n{number}@firm.example", "password": "x", "from": f"10.0.{number}.1"})
        self.wait_until(lambda: self.metric("emailgency_console_auth_waiting") == 20, "the requests")
        self.assertEqual(self.stop(process), 0)
        self.assertFalse([line for line in self.log if "Sanitizer" in line])


if __name__ == "__main__":
    unittest.main()
