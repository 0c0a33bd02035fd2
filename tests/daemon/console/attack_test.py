# SPDX-License-Identifier: BSD-2-Clause
"""emailgency-console against what it must refuse: a matrix made of the route table itself."""
import os
import re
import unittest
import urllib.parse

from console_case import FORM, ORIGIN, PASSWORD, ConsoleCase, fill, open_session, routes, unsubscribe_link
from daemon_process import psql

# Roles whose requests need neither session nor form key.
WITHOUT_KEY = ("link", "program")
PARTS = {"d": "a.example", "a": "u@a.example", "email": "u@a.example", "id": "1", "month": "2026-11", "token": "t"}
# Tables that requests of anybody change, or none.
VOLATILE = ("throttle", "captcha_used", "node_position", "node", "schema_code", "migration")


def tables():
    """All of the schema, so that a new one is among them."""
    names = psql("select c.oid::regclass from pg_class c where c.relnamespace = 'emailgency'::regnamespace and c.relkind = 'r' order by 1").split("\n")
    return [name for name in names if name not in VOLATILE]


def state():
    """The rows that an action could change; that a session was used is none."""
    return psql("select md5(string_agg(t::text, ',' order by t::text)) from ("
                + " union all ".join(f"select '{table}', row_to_json(a)::jsonb - 'seen_at' as t from {table} a" for table in tables()) + ") as rows")


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
        self.parts = {**PARTS, "id": psql("select min(id) from audit"), "month": psql("select to_char(now(), 'YYYY-MM')")}
        self.table = routes()
        self.assertGreater(len(self.table), 60)
        # A part of a path that has no value here would be that of nothing, and each refusal of it prove nothing.
        self.assertLessEqual({name for row in self.table for name in re.findall(r"{(\w+)}", row[1])}, set(PARTS))
        self.assertGreater(len(tables()), 30)
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
        posts = [row for row in self.table if row[0] == "POST" and row[2] not in WITHOUT_KEY]
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
            if role == "public" or role in WITHOUT_KEY:
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

    def test_links(self):
        """Whatever else is sent: without the signature nothing is done, and a session adds nothing to it."""
        psql("insert into contact (domain, kind, address) values ('a.example', 'mail', 'ann@out.example'), ('b.example', 'mail', 'ann@out.example')")
        self.before = state()
        asked = [row for row in self.table if row[2] == "link"]
        self.assertEqual([row[0] for row in asked], ["GET", "POST"])
        right = unsubscribe_link("a.example", "ann@out.example", self.link_key)
        wrong = [unsubscribe_link("a.example", "ann@out.example", "k" * 32), right[:-1], right + "x", right.replace("a.example", "b.example", 1), right.replace("ann", "ben", 1),
                 right.split("&signature")[0], "/unsubscribe", right.replace("signature", "Signature"), "/unsubscribe?domain=a.example&address=&signature=" + "A" * 43,
                 "/unsubscribe?signature=&" + right.split("?", 1)[1], right.replace("ann", "ANN")]
        for session in (None, self.alice, self.bob, self.user, self.ended, "x"):
            for path in wrong:
                key = self.keys.get(session, "")
                for method, body in (("GET", None), ("HEAD", None), ("POST", {"List-Unsubscribe": "One-Click", "form_key": key}), ("POST", {**dict(
                        urllib.parse.parse_qsl(right.split("?")[1])), "form_key": key})):
                    self.refused("a wrong link", [403], method, path, session, body)
            for method in ("GET", "HEAD"):
                answer = self.refused("a right link, looked at", [200], method, right, session)
                self.assertIsNone(answer.headers["Set-Cookie"])
            self.refused("PUT", [405], "PUT", right, session)
        self.assertEqual(state(), self.before)
        self.refused("a right link", [200], "POST", right, self.bob, "x", Origin="https://evil.example", Content_Type="text/plain")
        self.assertEqual(psql("select domain from contact where not monthly_report"), "a.example")
        self.assertEqual(self.auth.requests, [])

    def test_nobody(self):
        for method, pattern, role, _, _ in self.table:
            if method == "GET" and role != "public" and role not in WITHOUT_KEY:
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

    def test_each_action_is_there_for_its_own(self):
        """Otherwise the matrix would prove nothing: with the right session, key and origin each is done, or its form is shown again."""
        for method, pattern, role, call, _ in self.table:
            if method != "POST" or role in WITHOUT_KEY:
                continue
            psql("insert into mailbox (address) select 'u@a.example' where not exists (select from mailbox where address = 'u@a.example')")
            psql("insert into audit (id, login, domain, kind, key, old, new) overriding system value values (1, 'alice@firm.example', 'a.example', 'domain', "
                 "'{\"name\": \"a.example\"}', '{\"stealth\": true}', '{\"stealth\": false}') on conflict do nothing")
            if role == "user":
                psql(f"select set_password('u@a.example', '{PASSWORD}')")
                session = open_session("u@a.example", "user")
            else:
                session = open_session("alice@firm.example", "admin")
            parts = {**self.parts, "id": psql(f"select encode(sha256(sha256('{session}')), 'hex')") if "/sessions/" in pattern else "1"}
            answer = self.post(fill(pattern, **parts), session, login="x", password="x", code="x", ticket="a" * 64, token="x", current="x", new="x")
            self.assertIn(answer.status, (200, 303, 422), f"{pattern} ({call})")

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


if __name__ == "__main__":
    unittest.main()
