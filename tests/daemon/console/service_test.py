# SPDX-License-Identifier: BSD-2-Clause
"""emailgency-console: from the log-in to an edit that is in force."""
import os
import subprocess
import threading
import time
import unittest

from console_case import PASSWORD, ConsoleCase, open_session
from daemon_process import psql

HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "strict-origin", "Cross-Origin-Opener-Policy": "same-origin",
           "Cross-Origin-Resource-Policy": "same-origin", "Cache-Control": "no-store"}
POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; worker-src 'self'; "
          "form-action 'self'; frame-src 'self'; frame-ancestors 'none'; base-uri 'none'")


def report_position(node, ahead):
    """The report of a replicator: all transactions up to now, or none of late."""
    psql(f"select report_position('{node}', {'pg_current_snapshot()' if ahead else chr(39) + '1:1:' + chr(39)}, 'e')")


class ServiceTest(ConsoleCase):
    def log_in(self, login, password=PASSWORD):
        page = self.get("/login")
        pre = page.cookie("__Host-emg-pre")
        return self.ask("POST", "/login", body={"form_key": page.form_key(), "login": login, "password": password},
                        cookie="__Host-emg-pre=" + pre, X_Forwarded_For="198.51.100.7", User_Agent="Browser")

    def test_headers(self):
        self.start()
        session = open_session("u@a.example", "user")
        for path, status in (("/login", 200), ("/", 303), ("/nothing", 404), ("/me", 200), ("/logout", 405), ("/login?a=%zz", 400)):
            answer = self.get(path, session if path == "/me" else None)
            self.assertEqual(answer.status, status, path)
            self.assertEqual({name: answer.headers[name] for name in HEADERS}, HEADERS)
            self.assertEqual(answer.headers["Content-Security-Policy"], POLICY)
            self.assertIn("camera=()", answer.headers["Permissions-Policy"])
        self.assertEqual(self.get("/logout").headers["Allow"], "POST")
        self.assertEqual(self.ask("PUT", "/login").headers["Allow"], "GET, HEAD, POST")
        head = self.ask("HEAD", "/login")
        self.assertEqual((head.status, head.text), (200, ""))
        self.assertGreater(int(head.headers["Content-Length"]), 500)

    def test_log_in_and_out(self):
        self.start()
        answer = self.log_in("u@a.example", "wrong")
        self.assertEqual(answer.status, 422)
        self.assertIn("Address or password is wrong.", answer.text)
        self.assertIn('value="u@a.example"', answer.text)
        self.assertNotIn("wrong\"", answer.text)
        self.assertIsNone(answer.cookie("__Host-emg"))
        answer = self.log_in("u@a.example")
        self.assertEqual((answer.status, answer.location), (303, "/"))
        self.assertEqual(self.auth.requests[-1], {"do": "login", "from": "198.51.100.7", "agent": "Browser", "login": "u@a.example", "password": PASSWORD})
        cookie = next(value for value in answer.headers.get_all("Set-Cookie") if value.startswith("__Host-emg="))
        self.assertTrue(cookie.endswith("; Path=/; Secure; HttpOnly; SameSite=Lax"))
        session = answer.cookie("__Host-emg")
        self.assertEqual(self.get("/", session).location, "/me")
        page = self.get("/me", session)
        self.assertIn("u@a.example", page.text)
        answer = self.ask("POST", "/logout", session, {"form_key": page.form_key()})
        self.assertEqual((answer.status, answer.location, answer.cookie("__Host-emg")), (303, "/login", ""))
        self.assertEqual(psql("select count(*) from console_session"), "0")
        answer = self.get("/me", session)
        self.assertEqual((answer.status, answer.location, answer.cookie("__Host-emg")), (303, "/login?next=/me", ""))
        self.assertEqual(self.metric('emailgency_console_logins_total{step="login",outcome="ok"}'), 1)
        self.assertEqual(self.metric('emailgency_console_logins_total{step="login",outcome="wrong"}'), 1)
        self.assertEqual(self.metric('emailgency_console_requests_total{route="/logout",code="303"}'), 1)

    def test_where_a_log_in_leads(self):
        self.start()
        for path, leads in (("/me", "/me"), ("/d/a.example/filter", "/d/a.example/filter"), ("//evil.example", "/"), ("https://evil.example/", "/"),
                            ("/\\evil.example", "/"), ("/nothing", "/"), ("/login", "/"), ("/me?x=1", "/")):
            page = self.get("/login?next=" + path)
            answer = self.ask("POST", "/login", body={"form_key": page.form_key(), "login": "u@a.example", "password": PASSWORD, "next": path},
                              cookie="__Host-emg-pre=" + page.cookie("__Host-emg-pre"))
            self.assertEqual((answer.status, answer.location), (303, leads))

    def test_second_factor_and_captcha(self):
        self.start()
        self.auth.replies["login"] = lambda request: {"ok": False, "reason": "captcha", "challenge": {"a": 1}, "wait": "w" * 20, "text": "Please prove it."}
        answer = self.log_in("alice@firm.example")
        self.assertEqual(answer.status, 422)
        self.assertIn('challenge="{&quot;a&quot;:1}"', answer.text)
        self.assertIn('name="captcha_ticket" value="' + "w" * 20, answer.text)
        self.auth.replies["challenge"] = lambda request: {"ok": True, "challenge": {"for": request["for"]}}
        answer = self.get("/captcha/challenge?for=login")
        self.assertEqual((answer.text, answer.headers["Content-Type"]), ('{"for":"login"}', "application/json"))
        self.auth.replies["login"] = lambda request: {"ok": False, "reason": "second", "ticket": "a" * 64}
        page = self.get("/login")
        fields = {"form_key": page.form_key(), "login": "alice@firm.example", "password": PASSWORD, "captcha_ticket": "waited", "captcha": ""}
        cookie = "__Host-emg-pre=" + page.cookie("__Host-emg-pre")
        answer = self.ask("POST", "/login", body=fields, cookie=cookie)
        self.assertEqual(self.auth.requests[-1]["captcha"], "waited")
        self.assertEqual(answer.status, 200)
        self.assertIn('name="ticket" value="' + "a" * 64, answer.text)
        self.auth.replies["second"] = lambda request: {"ok": False, "reason": "wrong", "text": "That code is wrong or was used."}
        fields = {"form_key": page.form_key(), "ticket": "a" * 64, "code": "123456"}
        answer = self.ask("POST", "/login/second", body=fields, cookie=cookie)
        self.assertEqual(answer.status, 422)
        self.assertIn("That code is wrong", answer.text)
        self.assertIn('name="ticket" value="' + "a" * 64, answer.text)
        session = open_session("alice@firm.example", "admin")
        self.auth.replies["second"] = lambda request: {"ok": True, "session": session}
        answer = self.ask("POST", "/login/second", body=fields, cookie=cookie)
        self.assertEqual((answer.status, answer.location, answer.cookie("__Host-emg")), (303, "/", session))

    def test_set_password(self):
        self.start()
        self.auth.replies["token"] = lambda request: {"ok": True, "login": "alice@firm.example", "use": "set-password"} if request["token"] == "good" else {
            "ok": False, "reason": "expired", "text": "This link is no longer valid."}
        self.auth.replies["set-password"] = lambda request: {"ok": False, "reason": "weak", "text": "Too weak: use more."} if request["password"] == "a" else {
            "ok": True, "login": "alice@firm.example"}
        self.assertIn("no longer valid", self.get("/set-password/bad").text)
        page = self.get("/set-password/good")
        self.assertIn("alice@firm.example", page.text)
        cookie = "__Host-emg-pre=" + page.cookie("__Host-emg-pre")
        for password, status, location in (("a", 422, None), ("b", 303, "/login?done=first")):
            answer = self.ask("POST", "/set-password/good", body={"form_key": page.form_key(), "password": password}, cookie=cookie)
            self.assertEqual((answer.status, answer.location), (status, location))
            self.assertEqual(self.auth.requests[-1]["token"], "good")
        self.wait_log("action=set-password", 2)
        self.assertFalse([line for line in self.log if "good" in line], "a token is in no log")

    def test_fields_that_console_auth_would_not_take(self):
        self.start()
        page = self.get("/login")
        cookie = "__Host-emg-pre=" + page.cookie("__Host-emg-pre")
        for path, fields in (("/login", {"login": "a" * 321 + "@a.example", "password": "x"}), ("/login", {"login": "u@a.example", "password": "x" * 513}),
                             ("/login", {"login": "u@a.example"}), ("/login", {"password": "x"}), ("/login", {"login": "u@a.example", "password": "x", "captcha": "y" * 8001}),
                             ("/login/second", {"ticket": "A" * 64, "code": "1"}), ("/login/second", {"ticket": "", "code": "1"}),
                             ("/set-password/good", {"password": ""}), ("/set-password/" + "t" * 81, {"password": "x"})):
            answer = self.ask("POST", path, body={"form_key": page.form_key(), **fields}, cookie=cookie)
            self.assertEqual(answer.status, 422, path)
            self.assertIn("Fill in each field.", answer.text)
        self.assertEqual(self.get("/set-password/" + "t" * 81).status, 404)
        self.assertEqual(self.get("/captcha/challenge").status, 404)
        self.assertEqual(self.auth.requests, [])

    def test_own_password(self):
        self.start()
        session, other = open_session("u@a.example", "user"), "ab" * 32
        self.auth.replies["password"] = lambda request: {"ok": False, "reason": "wrong", "text": "That password is wrong."} if request["current"] == "x" else {
            "ok": True, "session": other}
        answer = self.post("/me/password", session, current="x", new="y")
        self.assertEqual(answer.status, 422)
        self.assertIn("That password is wrong.", answer.text)
        answer = self.post("/me/password", session, current="z", new="y")
        self.assertEqual((answer.status, answer.location, answer.cookie("__Host-emg")), (303, "/me?done=password", other))
        self.assertEqual(self.auth.requests[-1]["session"], session)

    def test_an_edit(self):
        """A fault shows the form again; an edit is said to be in force where it is, and nowhere else."""
        self.start()
        session = open_session("u@a.example", "user")
        answer = self.post("/me/expiry", session, expiry_days="<b>7")
        self.assertEqual(answer.status, 422)
        self.assertIn("&quot;&lt;b&gt;7&quot; is no number of days", answer.text)
        self.assertIn('name="expiry_days" value="&lt;b&gt;7"', answer.text)
        self.assertEqual(psql("select count(*) from audit"), "0")
        report_position("n1", False)
        report_position("n2", False)
        begun = time.monotonic()
        answer = self.post("/me/expiry", session, expiry_days="7")
        self.assert_took(begun, 1, 20)
        edit = psql("select max(id) from audit")
        self.assertEqual((answer.status, answer.location), (303, "/me?saved=" + edit))
        page = self.get(answer.location, session)
        self.assertIn('value="7"', page.text)
        self.assertIn("In force on 0 of 2 nodes so far.", page.text)
        self.assertIn("n2 has not answered since", page.text)
        report_position("n1", True)
        page = self.get(answer.location, session)
        self.assertIn("In force on 1 of 2 nodes so far.", page.text)
        self.assertNotIn("n1 has not answered", page.text)
        fragment = self.get("/saved/" + edit, session, HX_Request="true")
        self.assertTrue(fragment.text.lstrip().startswith("<div"), fragment.text[:80])
        self.assertIn("hx-get", fragment.text)
        report_position("n2", True)
        fragment = self.get("/saved/" + edit, session, HX_Request="true")
        self.assertIn("In force on 2 of 2 nodes.", fragment.text)
        self.assertNotIn("hx-get", fragment.text)
        self.assertIn("<html", self.get("/saved/" + edit, session).text)
        self.assertEqual(self.get("/saved/" + edit, open_session("bob@firm.example", "admin")).status, 404)

    def test_a_node_wakes_an_edit_that_waits(self):
        self.start(in_force_ms=10000)
        session = open_session("u@a.example", "user")
        report_position("n1", False)
        answers = []
        thread = threading.Thread(target=lambda: answers.append(self.post("/me/expiry", session, expiry_days="8")))
        thread.start()
        self.wait_until(lambda: psql("select count(*) from audit") == "1", "the edit")
        self.assertEqual(answers, [])
        report_position("n1", True)
        thread.join()
        self.assertIn("In force on 1 of 1 node.", self.get(answers[0].location, session).text)

    def test_account(self):
        self.start()
        session, other = open_session("alice@firm.example", "admin"), open_session("alice@firm.example", "admin")
        self.assertEqual(self.post("/account", session, language="fr").location, "/account")
        self.assertIn('lang="fr"', self.get("/account", session).text)
        handle = psql(f"select encode(sha256(sha256('{other}')), 'hex')")
        self.assertEqual(self.post(f"/account/sessions/{handle}/end", session).location, "/account")
        self.assertEqual(self.get("/account", other).status, 303)
        answer = self.post(f"/account/sessions/{handle}/end", session)
        self.assertEqual(answer.status, 422)
        self.assertIn("here is no such session", answer.text)
        self.auth.replies["totp-begin"] = lambda request: {"ok": True, "uri": "otpauth://totp/x?secret=ABC"}
        answer = self.post("/account/second-factor", session)
        self.assertIn("otpauth://totp/x?secret=ABC", answer.text)
        self.assertRegex(answer.text, r'<svg role="img"[^>]*viewBox="0 0 \d+ \d+"')
        self.assertIn("<code>ABC</code>", answer.text)
        self.assertNotRegex(answer.text, "<[^>]* style=")
        self.auth.replies["totp-begin"] = lambda request: {"ok": True, "uri": "otpauth://totp/x?secret=" + "A" * 9000}
        self.assertNotIn("<svg", self.post("/account/second-factor", session).text)
        self.auth.replies["totp-enable"] = lambda request: {"ok": True, "codes": ["one-1", "two-2"]}
        answer = self.post("/account/second-factor/on", session, code="1")
        self.assertIn("<code>two-2</code>", answer.text)
        user = open_session("u@a.example", "user")
        self.assertEqual(self.ask("POST", "/account/second-factor", user, {"form_key": self.key(user)}).status, 404)

    def test_console_auth_is_away(self):
        self.start(auth_socket=self.dir + "/nothing")
        answer = self.log_in("u@a.example")
        self.assertEqual((answer.status, answer.headers["Retry-After"]), (503, "10"))
        self.wait_log("emailgency-console-auth does not reply")

    def test_console_auth_replies_nonsense(self):
        self.start()
        for reply in (b"", b"x", b"2:[],", b"1:{,", b"99999:", b"12:{\"ok\": true}"):
            self.auth.replies["login"] = lambda request, reply=reply: reply
            self.assertEqual(self.log_in("u@a.example").status, 503)
        self.auth.replies["login"] = lambda request: {"ok": True, "session": "a\r\nSet-Cookie: b=c"}
        answer = self.log_in("u@a.example")
        self.assertNotIn("b=c", str(answer.headers))

    def test_the_database_is_away_and_back(self):
        self.start()
        session = open_session("u@a.example", "user")
        key = self.get("/me", session).form_key()
        start = os.environ["PG_TEST_START"]
        subprocess.run(start.replace("-w -s start", "-m immediate -s stop"), shell=True, check=True)
        try:
            for method, body in (("GET", None), ("POST", {"form_key": key, "expiry_days": "7"})):
                answer = self.ask(method, "/me" if method == "GET" else "/me/expiry", session, body)
                self.assertEqual((answer.status, answer.headers["Retry-After"]), (503, "10"))
                self.assertIn("The console rests for a moment", answer.text)
                self.assertIn("Your mail flows.", answer.text)
            self.assertEqual(self.get("/login").status, 200)
        finally:
            subprocess.run(start, shell=True, check=True)
        self.wait_until(lambda: self.get("/me", session).status == 200, "the database is back")

    def test_one_session_leaves_connections_to_others(self):
        self.start()
        own = psql("select pg_get_functiondef('act_me_expiry'::regproc)")
        self.addCleanup(psql, own)
        psql("""create or replace function act_me_expiry(params jsonb) returns jsonb language plpgsql set search_path = emailgency, pg_temp as $$
          begin perform pg_sleep(1.2); return '{}'; end $$""")
        session, other = open_session("u@a.example", "user"), open_session("alice@firm.example", "admin")
        key, statuses = self.key(session), []
        threads = [threading.Thread(target=lambda: statuses.append(self.ask("POST", "/me/expiry", session, {"form_key": key}).status)) for _ in range(30)]
        for thread in threads:
            thread.start()
        self.wait_until(lambda: self.metric("emailgency_console_waiting") == 16, "calls that wait")
        begun = time.monotonic()
        self.assertEqual(self.get("/account", other).status, 200)
        self.assert_took(begun, 0, 1)
        for thread in threads:
            thread.join()
        self.assertEqual((statuses.count(303), statuses.count(503)), (18, 12))


if __name__ == "__main__":
    unittest.main()
