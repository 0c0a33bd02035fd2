# SPDX-License-Identifier: BSD-2-Clause
"""emailgency-console against requests that are none, and against slow and many clients."""
import resource
import socket
import time
import unittest
import urllib.parse

from console_case import ORIGIN, ConsoleCase

GET = b"GET /login HTTP/1.1\r\nHost: c\r\n"
POST = b"POST /login HTTP/1.1\r\nHost: c\r\nContent-Type: application/x-www-form-urlencoded\r\n"
MALFORMED = {
    "two Content-Length": POST + b"Content-Length: 3\r\nContent-Length: 30\r\n\r\na=1GET /help HTTP/1.1\r\n\r\n",
    "Content-Length with chunked": POST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /help HTTP/1.1\r\n\r\n",
    "negative length": POST + b"Content-Length: -1\r\n\r\n",
    "length of letters": POST + b"Content-Length: 0x3\r\n\r\na=1",
    "very large length": POST + b"Content-Length: 99999999999999999999\r\n\r\n",
    "larger than the bound": POST + b"Content-Length: 262145\r\n\r\n" + b"a" * 262145,
    "chunked and never ending": POST + b"Transfer-Encoding: chunked\r\n\r\n" + b"10000\r\n" + b"a" * 65536 + b"\r\n" + (b"10000\r\n" + b"a" * 65536 + b"\r\n") * 4,
    "chunk of letters": POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    "negative chunk": POST + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n",
    "very large chunk": POST + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
    "NUL in a header": GET + b"Cookie: a\0b=c\r\n\r\n",
    "NUL in the path": b"GET /lo\0gin HTTP/1.1\r\n\r\n",
    "bare LF": GET.replace(b"\r\n", b"\n") + b"\n",
    "a fold": GET + b"Cookie: a=b\r\n c=d\r\n\r\n",
    "a fold at first": b"GET /login HTTP/1.1\r\n Host: c\r\n\r\n",
    "no colon": GET + b"Cookie\r\n\r\n",
    "a blank before the colon": GET + b"Cookie : a=b\r\n\r\n",
    "two hosts": GET + b"Host: d\r\n\r\n",
    "no host": b"GET /login HTTP/1.1\r\n\r\n",
    "absolute form": b"GET http://evil.example/login HTTP/1.1\r\nHost: c\r\n\r\n",
    "no version": b"GET /login\r\n\r\n",
    "another version": b"GET /login HTTP/9.9\r\n\r\n",
    "no path": b"GET  HTTP/1.1\r\n\r\n",
    "unknown method": b"BREW /login HTTP/1.1\r\nHost: c\r\n\r\n",
    "giant header": GET + b"Cookie: " + b"a" * 100000 + b"\r\n\r\n",
    "many headers": GET + b"A: b\r\n" * 20000 + b"\r\n",
    "giant path": b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 200,
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "blanks": b"\r\n" * 50000,
}


class WireTest(ConsoleCase):
    def connect(self):
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(60)
        client.connect(self.path)
        self.clients.append(client)
        return client

    def read_all(self, client):
        data = b""
        try:
            while part := client.recv(65536):
                data += part
        except ConnectionError:
            pass
        return data

    def test_requests_that_are_none(self):
        """One answer at most, or a close; the daemon lives, and serves nothing that was smuggled in."""
        process = self.start()
        for what, data in MALFORMED.items():
            with self.subTest(what):
                client = self.connect()
                try:
                    client.sendall(data)
                    client.shutdown(socket.SHUT_WR)
                except ConnectionError:
                    pass
                answers = self.read_all(client)
                self.assertLessEqual(answers.count(b"HTTP/1.1 "), 1, answers[:2000])
                self.assertNotIn(b"HTTP/1.1 303", answers)
                self.assertIsNone(process.poll())
        self.assertEqual(self.get("/login").status, 200)
        self.assertEqual(self.auth.requests, [])

    def test_each_cut_of_a_request(self):
        process = self.start()
        whole = POST + b"Content-Length: 3\r\n\r\na=1"
        for length in range(0, len(whole), 7):
            client = self.connect()
            client.sendall(whole[:length])
            client.shutdown(socket.SHUT_WR)
            self.read_all(client)
            client.close()
        self.assertIsNone(process.poll())
        self.assertEqual(self.get("/login").status, 200)

    def test_many_connections(self):
        """More than are taken at a time: the others wait, and all are served."""
        self.start(clients=300)
        resource.setrlimit(resource.RLIMIT_NOFILE, (4096, max(4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1])))
        clients = []
        for _ in range(300):
            clients.append(self.connect())
        # The backlog takes the next ones; those that send nothing are in the way until they are closed.
        waiting = [self.connect() for _ in range(100)]
        for client in waiting:
            client.sendall(GET + b"Connection: close\r\n\r\n")
        waiting[0].settimeout(0.5)
        self.assertRaises(TimeoutError, waiting[0].recv, 1)
        for client in clients:
            client.close()
        for client in waiting:
            client.settimeout(60)
            self.assertIn(b"HTTP/1.1 200", self.read_all(client))

    def test_a_thousand_clients(self):
        process = self.start(clients=512)
        resource.setrlimit(resource.RLIMIT_NOFILE, (4096, max(4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1])))
        for _ in range(10):
            clients = [self.connect() for _ in range(100)]
            for client in clients:
                client.sendall(GET + b"Connection: close\r\n\r\n")
            for client in clients:
                self.assertIn(b"HTTP/1.1 200", self.read_all(client))
                client.close()
        self.assertIsNone(process.poll())
        self.assertEqual(self.metric('emailgency_console_requests_total{route="/login",code="200"}'), 1000)

    def test_keep_alive(self):
        self.start()
        client = self.connect()
        for _ in range(3):
            client.sendall(GET + b"\r\n")
            data = b""
            while b"</html>" not in data:
                data += client.recv(65536)
            self.assertTrue(data.startswith(b"HTTP/1.1 200"))
        client.sendall((GET + b"\r\n") * 3)  # in one go
        data = b""
        while data.count(b"</html>") < 3:
            data += client.recv(65536)

    def test_slow_clients(self):
        """A byte now and then holds up nobody, and ends."""
        self.start()
        slow = [self.connect() for _ in range(50)]
        for client in slow:
            client.sendall(b"POST /login HTTP/1.1\r\n")
        begun = time.monotonic()
        while slow and time.monotonic() - begun < 60:
            for client in list(slow):
                client.settimeout(0.01)
                try:
                    client.sendall(b"A")
                    if client.recv(100) == b"":
                        slow.remove(client)
                except TimeoutError:
                    pass
                except ConnectionError:
                    slow.remove(client)
            asked = time.monotonic()
            self.assertEqual(self.get("/login").status, 200)
            self.assert_took(asked, 0, 5)
            time.sleep(0.5)
        self.assertEqual(slow, [])
        self.assert_took(begun, 20, 60)

    def test_a_client_that_leaves(self):
        """While its answer is made."""
        process = self.start()
        self.auth.replies["login"] = lambda request: time.sleep(0.3) or {"ok": False, "reason": "wrong", "text": "no"}
        page = self.get("/login")
        body = urllib.parse.urlencode({"form_key": page.form_key(), "login": "x", "password": "y"}).encode()
        for _ in range(10):
            client = self.connect()
            client.sendall(POST + b"Origin: %s\r\nCookie: __Host-emg-pre=%s\r\nContent-Length: %d\r\n\r\n%s"
                           % (ORIGIN.encode(), page.cookie("__Host-emg-pre").encode(), len(body), body))
            client.close()
        self.wait_until(lambda: self.metric('emailgency_console_requests_total{route="/login",code="422"}') == 10, "the answers")
        self.assertIsNone(process.poll())

    def test_it_ends_while_requests_wait(self):
        process = self.start()
        self.auth.replies["login"] = lambda request: time.sleep(1) or {"ok": False, "reason": "wrong", "text": "no"}
        page = self.get("/login")
        body = urllib.parse.urlencode({"form_key": page.form_key(), "login": "x", "password": "y"}).encode()
        client = self.connect()
        client.sendall(POST + b"Origin: %s\r\nCookie: __Host-emg-pre=%s\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"
                       % (ORIGIN.encode(), page.cookie("__Host-emg-pre").encode(), len(body), body))
        self.wait_until(lambda: self.auth.requests, "the request")
        self.assertEqual(self.stop(process), 0)
        self.assertIn(b"HTTP/1.1 422", self.read_all(client))
        self.running.clear()


if __name__ == "__main__":
    unittest.main()
