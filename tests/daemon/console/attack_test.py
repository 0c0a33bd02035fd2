# SPDX-License-Identifier: BSD-2-Clause
"""emailgency-console against what it must refuse: a matrix made of the route table itself, requests that are none, slow and many
clients."""
import os
import re
import resource
import socket
import time
import unittest
import urllib.parse

from console_case import FORM, ORIGIN, ConsoleCase, fill, open_session, routes
from daemon_process import psql

PARTS = {"d": "a.example", "a": "u@a.example", "id": "1", "month": "2026-11", "token": "t"}
EDITABLE = "audit, domain, mailbox, alias, whitelist, contact, account, console_session"


def state():
    """The rows that an action could change; that a session was used is none."""
    return psql("select md5(string_agg(t::text, ',' order by t::text)) from (select row_to_json(a)::jsonb - 'seen_at' as t from "
                + " union all select row_to_json(a)::jsonb - 'seen_at' from ".join(f"{table} a" for table in EDITABLE.split(", ")) + ") as rows")


class MatrixTest(ConsoleCase):
    def setUp(self):
        super().setUp()
        self.start()
        psql("insert into audit (login, domain, kind, key, old, new) overriding system value values ('alice@firm.example', 'a.example', 'domain', "
             "'{\"name\": \"a.example\"}', '{\"stealth\": true}', '{\"stealth\": false}')")
        self.alice, self.bob = open_session("alice@firm.example", "admin"), open_session("bob@firm.example", "admin")
        self.user = open_session("u@a.example", "user")
        self.ended = open_session("alice@firm.example", "admin")
        psql(f"update console_session set seen_at = now() - interval '1 day' where id = sha256('{self.ended}')")
        self.keys = {session: self.key(session) for session in (self.alice, self.bob, self.user)}
        self.parts = {**PARTS, "id": psql("select min(id) from audit")}
        self.table = routes()
        self.assertGreater(len(self.table), 60)
        self.before = state()

    def made(self, pattern):
        return fill(pattern, **self.parts)

    def refused(self, what, statuses, method, path, session=None, body=None, **headers):
        answer = self.ask(method, path, session, body, **headers)
        self.assertIn(answer.status, statuses, f"{method} {path}: {what}")
        return answer

    def own_session(self, role):
        return self.user if role == "user" else self.alice

    def test_posts(self):
        """Each action without what it needs; nothing is done."""
        posts = [row for row in self.table if row[0] == "POST" and row[2] != "program"]
        for _, pattern, role, _, _ in posts:
            path, session = self.made(pattern), self.own_session(role)
            key = self.keys[session]
            good = {"form_key": key, "login": "alice@firm.example", "password": "x", "stealth": "on"}
            for what, key_sent in (("no key", None), ("another session's key", self.keys[self.bob]), ("half a key", key[:64]), ("a key in capitals", key.upper() + "0")):
                self.refused(what, [403], "POST", path, session, {**good, "form_key": key_sent} if key_sent else {"a": "1"})
            for what, headers in (("foreign origin", {"Origin": "https://evil.example"}), ("null origin", {"Origin": "null"}), ("another port", {"Origin": ORIGIN + ":1"}),
                                  ("http", {"Origin": ORIGIN.replace("https", "http")}), ("JSON", {"Content-Type": "application/json"}),
                                  ("text", {"Content-Type": "text/plain"}), ("multipart", {"Content-Type": "multipart/form-data; boundary=x"})):
                self.refused(what, [403], "POST", path, session, good, **headers)
            body = urllib.parse.urlencode(good)
            self.refused("no origin", [403], "POST", path, session, body, Content_Type=FORM)
            self.refused("another site", [403], "POST", path, session, body, Content_Type=FORM, Sec_Fetch_Site="same-site")
            self.refused("no type", [403], "POST", path, session, body, Origin=ORIGIN)
            if role != "public":
                self.refused("no session", [403], "POST", path, None, good)
                self.refused("a forged session", [403], "POST", path, "0" * 64, good)
            self.refused("PUT", [405], "PUT", path, session, good)
            if not any(row[0] == "GET" and self.made(row[1]) == path for row in self.table) and "/mailboxes/" not in path:
                self.refused("GET", [405], "GET", path, session)
        self.assertEqual(state(), self.before)
        self.assertEqual(self.auth.requests, [])

    def test_ended_sessions(self):
        psql(f"update console_session set seen_at = now() where id = sha256('{self.ended}')")
        key = self.key(self.ended)
        psql(f"update console_session set seen_at = now() - interval '1 day' where id = sha256('{self.ended}')")
        for method, pattern, role, _, _ in self.table:
            if role in ("public", "program"):
                continue
            if method == "POST":
                answer = self.refused("ended", [403], "POST", self.made(pattern), self.ended, {"form_key": key})
                self.assertIn("Your session has ended.", answer.text)
            else:
                answer = self.refused("ended", [303], "GET", self.made(pattern), self.ended)
                self.assertTrue(answer.location.startswith("/login"))
            self.assertEqual(answer.cookie("__Host-emg"), "")
        self.assertEqual(state(), self.before)
        self.assertEqual(self.auth.requests, [])

    def test_others(self):
        """Another domain's admin, and the user of a mailbox: as if it were not there."""
        for method, pattern, role, call, _ in self.table:
            if role not in ("admin", "user"):
                continue
            others = [self.alice] if role == "user" else [self.user] + ([self.bob] if "{d}" in pattern else [])
            for session in others:
                path = self.made(pattern)
                if pattern == "/":
                    continue
                answer = self.refused("not theirs", [404, 500], method, path, session, {"form_key": self.keys[session]} if method == "POST" else None)
                # A function that is not there yet is another branch's.
                self.assertTrue(answer.status == 404 or not psql(f"select 1 from pg_proc where proname = '{call}'"), f"{method} {path}")
        self.assertEqual(state(), self.before)
        self.assertEqual(self.auth.requests, [])

    def test_the_page_of_the_service(self):
        """It is there for an account that watches, and for no other; it has nothing to send."""
        for session in (self.alice, self.bob, self.user):
            self.refused("it does not watch", [404], "GET", "/operator", session)
            self.assertNotIn('href="/operator"', self.get("/account", session).text)
        psql("update account set watches = true where login = 'alice@firm.example'")
        self.before = state()
        page = self.refused("it watches", [200], "GET", "/operator", self.alice)
        self.assertEqual([action for action in re.findall(r'<form method="post" action="([^"]*)"', page.text)], ["/logout"])
        self.assertIn('href="/operator"', self.get("/account", self.alice).text)
        for session in (self.bob, self.user, self.ended, None):
            self.refused("another", [303, 404], "GET", "/operator", session)
        for path in ("/d/b.example", "/d/b.example/filter"):
            self.refused("it watches, and administers no more than before", [404], "GET", path, self.alice)
        self.refused("POST", [405], "POST", "/operator", self.alice, {"form_key": self.keys[self.alice]})
        self.assertEqual([row[0] for row in self.table if row[1].startswith("/operator")], ["GET"])
        for login in ("disabled = true where login", "watches = false where login"):
            psql(f"update account set {login} = 'alice@firm.example'")
            self.refused("no longer", [303, 404], "GET", "/operator", self.alice)
            psql("update account set disabled = false, watches = true where login = 'alice@firm.example'")
        self.assertEqual(self.auth.requests, [])

    def test_mail_programs(self):
        """Their requests need neither session nor key, so the answers do not depend on one, and nothing changes."""
        body = "<Autodiscover><Request><EMailAddress>u@a.example</EMailAddress></Request></Autodiscover>"
        asked = [row for row in self.table if row[2] == "program"]
        self.assertEqual(len(asked), 7)
        for method, pattern, _, _, _ in asked:
            path = fill(pattern, email="u@a.example") + "?emailaddress=u@a.example&address=u@a.example&Protocol=AutodiscoverV1&Email=u@a.example"
            answers = [self.refused("a mail program", [200], method, path, session, body if method == "POST" else None, **headers)
                       for session in (None, self.alice, self.user, self.ended, "x") for headers in ({}, {"Origin": "https://evil.example", "Content-Type": "text/xml"})]
            self.assertEqual(len({answer.text for answer in answers}), 1, path)
            for answer in answers:
                self.assertIsNone(answer.headers["Set-Cookie"])
            self.refused("PUT", [405], "PUT", path)
        self.assertEqual(state(), self.before)
        self.assertEqual(self.auth.requests, [])

    def test_nobody(self):
        for method, pattern, role, _, _ in self.table:
            if method == "GET" and role not in ("public", "program"):
                for session in (None, "0" * 64, "x", "A" * 64, "0" * 63, "0" * 65, "'; drop table audit; --"):
                    answer = self.refused("no session", [303], "GET", self.made(pattern), session)
                    self.assertTrue(answer.location.startswith("/login"), answer.location)
        self.assertEqual(state(), self.before)

    def test_get_and_head_do_not_write(self):
        for method, pattern, role, _, _ in self.table:
            if method == "GET":
                for verb in ("GET", "HEAD"):
                    path = self.made(pattern) + "?" + urllib.parse.urlencode({"form_key": self.keys[self.own_session(role)], "stealth": "on", "expiry_days": "1"})
                    self.ask(verb, path, self.own_session(role))
        self.assertEqual(state(), self.before)

    def test_each_page_that_is_there_is_shown(self):
        """Otherwise the matrix would prove nothing."""
        for method, pattern, role, call, template in self.table:
            if method == "GET" and role != "program" and call.startswith("page_") and psql(f"select 1 from pg_proc where proname = '{call}'") and os.path.exists(
                    f"{os.environ['TEMPLATES']}/{template}.mustache") and pattern not in ("/", "/saved/{id}"):
                self.assertIn(self.ask("GET", self.made(pattern), self.own_session(role)).status, [200, 404], pattern)
        self.assertEqual(self.get("/me", self.user).status, 200)
        self.assertEqual(self.get("/account", self.alice).status, 200)

    def test_two_cookies_are_none(self):
        self.assertEqual(self.get("/me", cookie=f"__Host-emg={self.user}; __Host-emg={self.user}").status, 303)

    def test_headers_are_not_injected(self):
        for text in ("%0d%0aSet-Cookie:a=b", "%0aX:y", "a%00b"):
            for path in (f"/me?x={text}", f"/{text}", f"/d/{text}/filter", f"/login?next={text}"):
                answer = self.get(path)
                self.assertNotIn("a=b", str(answer.headers.get_all("Set-Cookie")))
                self.assertIsNone(answer.headers["X"])

    def test_markup_is_not_injected(self):
        mark = "<script>alert(1)</script>\"'><img>"
        page = self.ask("POST", "/me/expiry", self.user, {"form_key": self.keys[self.user], "expiry_days": mark})
        self.assertEqual(page.status, 422)
        agent = open_session("u@a.example", "user")
        psql(f"update console_session set agent = '{mark.replace(chr(39), chr(39) * 2)}' where id = sha256('{agent}')")
        for text in (page.text, self.get("/account", self.user).text, self.get("/" + urllib.parse.quote(mark)).text):
            self.assertNotIn("<script>alert", text)
            self.assertNotIn("<img>", text)


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
