# SPDX-License-Identifier: BSD-2-Clause
"""emailgency-console: what failed is never shown as done, and what was done is said."""
import os
import re
import threading
import time
import unittest
import urllib.parse

from console_case import ORIGIN, PASSWORD, ConsoleCase, open_session
from daemon_process import psql

NUMBER = "+41791234567"


class OutcomeTest(ConsoleCase):
    def setUp(self):
        super().setUp()
        self.start(locale_folder=os.environ["LOCALE"])
        self.alice, self.user = open_session("alice@firm.example", "admin"), open_session("u@a.example", "user")

    def follow(self, answer, session):
        self.assertEqual(answer.status, 303, answer.text)
        return self.get(answer.location, session)

    def test_a_wrong_code_of_a_number(self):
        psql("update plan set sms_allowed = true")
        psql(f"insert into contact (domain, kind, address) values ('a.example', 'sms', '{NUMBER}')")
        psql(f"select sms_code('a.example', '{NUMBER}')")
        answer = self.post("/d/a.example/alerts/contacts/confirm", self.alice, which="sms " + NUMBER, code="WRONG")
        self.assertEqual(answer.location, "/d/a.example/alerts?wrong=code")
        page = self.follow(answer, self.alice)
        self.assertIn("This code is wrong, or no longer valid.", page.text)
        self.assertEqual(psql("select attempts from contact_code"), "1")
        code = psql("select detail from outbox where transition = 'code'")
        page = self.follow(self.post("/d/a.example/alerts/contacts/confirm", self.alice, which="sms " + NUMBER, code=code), self.alice)
        self.assertNotIn("This code is wrong", page.text)
        self.assertIn("confirmed", page.text)

    def test_what_is_gone(self):
        """Its page says so; a page that is gone, or another's, is not found."""
        for path, fields, said in (("/d/a.example/filter/entries/delete", {"which": "pal.example"}, "pal.example"),
                                   ("/d/a.example/sending/held/release", {"which": "u@a.example"}, "u@a.example"),
                                   ("/d/a.example/alerts/contacts/delete", {"which": "mail x@y.example"}, "not there any more"),
                                   ("/d/a.example/aliases/delete", {"which": "sales@a.example"}, "sales@a.example")):
            answer = self.post(path, self.alice, **fields)
            self.assertEqual(answer.status, 422, path)
            self.assertIn("There is a problem", answer.text)
            self.assertIn(said, answer.text)
        for path in ("/d/a.example/mailboxes/nobody@a.example/delete", "/d/b.example/filter/entries/delete", "/d/a.example/changes/99/undo"):
            self.assertEqual(self.post(path, self.alice, which="pal.example").status, 404, path)

    def test_refusals_are_in_the_words_of_the_page(self):
        """No SQL, and in the language of the reader where there is a catalogue."""
        psql("update plan set max_vips = 0")
        psql("update domain set monitoring = 'off'")
        for path, fields, said in (("/d/a.example/mailboxes/u@a.example", {"vip": "1"}, "Your plan has 0 VIP mailboxes. Untick VIP of another one first"),
                                   ("/d/a.example/mailboxes/u@a.example", {"quota": "999T"}, "Quota: at most "),
                                   ("/d/a.example/mailboxes/u@a.example", {"quota": "much"}, "Quota: &quot;much&quot; is no size."),
                                   ("/d/a.example/mailboxes/new", {"address": "w", "password": "weak"}, "The password is too weak. Add 4 more characters"),
                                   ("/d/a.example/mailboxes/new", {"address": "u"}, "u@a.example is a mailbox already."),
                                   ("/d/a.example/route", {"by": "host", "transport": "127.0.0.1"}, "&quot;127.0.0.1&quot; is no address on the Internet"),
                                   ("/d/a.example/alerts", {"time_zone": "Nowhere"}, "The time zone &quot;Nowhere&quot; is unknown. Write it as in UTC"),
                                   ("/d/a.example/sending/allow", {"which": "nobody@a.example"}, "There is no mailbox nobody@a.example."),
                                   ("/d/a.example/route/test", {}, "Your server is not monitored, so nothing tests it."),
                                   ("/d/a.example/filter/entries", {"entry": "192.0.2.1/24"}, "Write 192.0.2.0/24.")):
            answer = self.post(path, self.alice, **fields)
            self.assertEqual(answer.status, 422, path)
            fault = re.search(r'role="alert".*?<p>(.*?)</p>', answer.text, re.DOTALL)[1]
            self.assertIn(said, fault)
            self.assertNotRegex(fault, r"select |insert into|update \w+ set|set_\w+\(|\bnull\b")
        psql("update account set language = 'fr' where login = 'alice@firm.example'")
        page = self.post("/d/a.example/route", self.alice, by="host", transport="mail.example.com:0")
        self.assertIn("« mail.example.com:0 » : un port va de 1 à 65535.", page.text)
        psql("update account set language = 'en' where login = 'alice@firm.example'")
        page = self.post("/d/a.example/mailboxes/import/preview", self.alice, csv="u@a.example\nx@b.example\ny,,,much")
        for said in ("u@a.example is there already.", "x@b.example is not an address of a.example.", "is no size"):
            self.assertIn(said, page.text)

    def test_a_one_time_code_of_a_mailbox(self):
        self.auth.replies["code"] = lambda request: {"ok": True, "code": "K7QM-2XRA-99TD-BHWE", "address": request["address"]}
        self.assertIn('action="/d/a.example/mailboxes/u@a.example/code"', self.get("/d/a.example/mailboxes/u@a.example", self.alice).text)
        answer = self.post("/d/a.example/mailboxes/u@a.example/code", self.alice)
        self.assertEqual(answer.status, 200)
        self.assertIn("<code>K7QM-2XRA-99TD-BHWE</code>", answer.text)
        self.assertIn(ORIGIN + "/set-password", answer.text)
        self.assertEqual((self.auth.requests[-1]["address"], self.auth.requests[-1]["session"]), ("u@a.example", self.alice))
        asked = len(self.auth.requests)
        for path in ("/d/b.example/mailboxes/v@b.example/code", "/d/c.example/mailboxes/u@a.example/code", "/d/a.example/mailboxes/none@a.example/code"):
            self.assertEqual(self.post(path, self.alice).status, 404, path)
        self.assertEqual(len(self.auth.requests), asked)
        self.auth.replies["code"] = lambda request: {"ok": False, "reason": "wrong", "text": "There is no such mailbox in your domains."}
        self.assertEqual(self.post("/d/a.example/mailboxes/u@a.example/code", self.alice).status, 422)

    def test_a_promoted_candidate_has_a_code(self):
        psql("insert into mailbox (address, candidate) values ('x@a.example', true), ('y@a.example', true)")
        page = self.post("/d/a.example/candidates/promote", self.alice, address=["x@a.example", "y@a.example"])
        self.assertEqual(page.status, 200)
        codes = re.findall(r"<code>([A-Z2-9-]{19})</code>", page.text)
        self.assertEqual(len(codes), 2)
        self.assertIn("Saved.", page.text)
        for code in codes:
            self.assertEqual(psql(f"select use from token_look(sha256('{code}'))"), "mailbox-code")
            self.assertFalse([line for line in self.log if code in line])
        self.assertEqual(psql("select count(*) from mailbox where candidate"), "0")
        answer = self.post("/d/a.example/candidates/promote", self.alice, address="x@a.example")
        self.assertEqual(answer.status, 422)
        self.assertIn("x@a.example is a mailbox already.", answer.text)

    def test_a_password_by_a_code(self):
        replies = {"good": {"ok": True, "login": "u@a.example"}, "weak": {"ok": False, "reason": "weak", "text": "The password is too weak: add a digit, as in 'x'."}}
        self.auth.replies["set-password"] = lambda request: replies.get(request["password"], {"ok": False, "reason": "expired", "text": "This link is no longer valid."})
        page = self.get("/set-password")
        cookie = "__Host-emg-pre=" + page.cookie("__Host-emg-pre")
        fields = {"form_key": page.form_key(), "token": "k7qm 2xra 99td bhwe"}
        answer = self.ask("POST", "/set-password", body={**fields, "password": "weak"}, cookie=cookie)
        self.assertEqual(answer.status, 422)
        self.assertIn("The password is too weak. Add a digit.", answer.text)
        self.assertIn('name="token" value="k7qm 2xra 99td bhwe"', answer.text)
        answer = self.ask("POST", "/set-password", body={**fields, "password": "wrong"}, cookie=cookie)
        self.assertIn("This code is wrong, or no longer valid.", answer.text)
        self.assertIn('name="token"', answer.text)
        answer = self.ask("POST", "/set-password", body={**fields, "password": "good"}, cookie=cookie)
        self.assertEqual((answer.status, answer.location), (303, "/login?done=first"))
        self.assertEqual(self.auth.requests[-1]["token"], "k7qm 2xra 99td bhwe")
        self.assertIn("The new password is set. Log in with it.", self.get(answer.location).text)
        self.assertFalse([line for line in self.log if "k7qm" in line], "a code is in no log")

    def test_a_new_password_is_said(self):
        renewed = open_session("u@a.example", "user")
        self.auth.replies["password"] = lambda request: {"ok": True, "session": renewed}
        page = self.follow(self.post("/me/password", self.user, current="x", new="y"), renewed)
        self.assertIn("The new password is set.", page.text)
        self.auth.replies["confirm"] = lambda request: {"ok": True}
        page = self.follow(self.post("/account/confirm", self.alice, password="x"), self.alice)
        self.assertIn("Your password is confirmed", page.text)
        self.assertNotIn("is confirmed", self.get("/account?done=%3Cb%3E&done=confirmed", self.alice).text)
        for site, said in (("same-origin", True), ("cross-site", False), ("none", False)):
            page = self.get("/account?done=confirmed", self.alice, Sec_Fetch_Site=site)
            self.assertEqual("is confirmed" in page.text, said, site)

    def test_an_error_page_is_of_the_session(self):
        """Nobody who is logged in is offered to log in."""
        own = psql("select pg_get_functiondef('page_me'::regproc)")
        self.addCleanup(psql, own)
        psql("create or replace function page_me(params jsonb) returns jsonb language sql as $$select jsonb_build_object('x', 1 / 0)$$")
        psql("create or replace function page_me(params jsonb) returns jsonb language plpgsql as $$begin raise assert_failure; end $$")
        page = self.get("/me", self.user)
        self.assertEqual(page.status, 500)
        pages = [page, self.ask("POST", "/me/expiry", self.user, {"a": "b"}), self.ask("PUT", "/me", self.user), self.get("/me?a=%zz", self.user), self.get("/x", self.user)]
        self.assertEqual([page.status for page in pages], [500, 403, 405, 400, 404])
        for page in pages:
            self.assertNotIn('href="/login"', page.text, page.status)
            self.assertIn('action="/logout"', page.text, page.status)
        self.assertIn('href="/login"', self.get("/x").text)
        self.assertEqual(pages[2].headers["Allow"], "GET, HEAD")

    def test_only_what_the_admin_may_lift_is_offered(self):
        psql("select deny_sending('u@a.example')")  # by the operator
        allow = '<input type="hidden" name="which" value="u@a.example">'
        for path in ("/d/a.example/sending", "/d/a.example/mailboxes/u@a.example"):
            page = self.get(path, self.alice)
            self.assertIn("who alone can allow it again", page.text)
            self.assertNotIn(allow, page.text, path)
        psql("select allow_sending('u@a.example')")
        self.post("/d/a.example/sending/deny", self.alice, name="u@a.example")
        for path in ("/d/a.example/sending", "/d/a.example/mailboxes/u@a.example"):
            self.assertIn(allow, self.get(path, self.alice).text, path)
        psql("select deny_sending('a.example')")
        page = self.get("/d/a.example/sending", self.alice)
        self.assertNotIn('action="/d/a.example/sending/allow"', page.text)

    def test_one_network_leaves_room(self):
        """Requests that wait for console-auth are bounded by network; an IPv6 client has many addresses."""
        self.auth.replies["login"] = lambda request: time.sleep(0.2) or {"ok": False, "reason": "wrong", "text": "no"}
        page = self.get("/login")
        fields, cookie = {"form_key": page.form_key(), "login": "x@y.example", "password": "x"}, "__Host-emg-pre=" + page.cookie("__Host-emg-pre")
        statuses = []

        def try_from(client):
            statuses.append((client[:13], self.ask("POST", "/login", body=fields, cookie=cookie, X_Forwarded_For=client).status))

        threads = [threading.Thread(target=try_from, args=(f"2001:db8:1:2:{n:x}::1",)) for n in range(60)]
        for thread in threads:
            thread.start()
        self.wait_until(lambda: statuses.count(("2001:db8:1:2:", 503)) >= 20, "refusals")
        try_from("192.0.2.7")
        for thread in threads:
            thread.join()
        self.assertIn(("192.0.2.7", 422), statuses)
        self.assertGreaterEqual(statuses.count(("2001:db8:1:2:", 422)), 16)
        self.assertFalse([line for line in self.log if "does not reply" in line])

    def test_an_import_with_passwords_takes_its_time(self):
        """Longer than another call may; one at a time of a login, and the limit of other calls holds."""
        own = psql("select pg_get_functiondef('hash_password'::regproc)"), psql("select pg_get_functiondef('act_me_expiry'::regproc)")
        self.addCleanup(psql, ";".join(own))
        psql("create or replace function hash_password(address text, password text) returns text language sql volatile security definer set search_path = emailgency, pg_temp as "
             "$$select '{CRYPT}$y$j9T$third$0123456789012345678901234567890123456789012' from pg_sleep(0.2)$$")
        psql("create or replace function act_me_expiry(params jsonb) returns jsonb language plpgsql as $$begin perform pg_sleep(4); return '{}'; end $$")
        csv = "\n".join(f"p{n},Correct horse {n} battery" for n in range(20))
        answers = []
        thread = threading.Thread(target=lambda: answers.append(self.post("/d/a.example/mailboxes/import", self.alice, csv=csv)))
        thread.start()
        self.wait_until(lambda: psql("select count(*) from pg_stat_activity where state = 'active' and wait_event = 'PgSleep'") == "1", "the import")
        busy = self.post("/d/a.example/mailboxes/import", self.alice, csv="q,Correct horse 1 battery")
        self.assertEqual(busy.status, 503)
        self.assertIn("Too many requests wait", busy.text)
        thread.join()
        self.assertEqual(answers[0].status, 303, answers[0].text)
        self.assertEqual(psql("select count(*) from mailbox where address like 'p%@a.example'"), "20")
        for _ in range(4):  # on each connection
            self.assertEqual(self.post("/me/expiry", self.user, expiry_days="3").status, 503)

    def test_a_language_is_an_account_s(self):
        """A mailbox has none, so that it cannot seem to be saved."""
        self.assertEqual(self.post("/account", self.user, language="fr").status, 404)

    def test_where_a_log_in_leads(self):
        """A path of this service and nothing else, whatever bytes it has."""
        for odd in ("/d/a.example/mailboxes/x\r\n y", "/d/a\r\nSet-Cookie: b=c/filter", "/d/a\n\tb/filter", "/d/a\\b/filter", "//evil.example/%2e%2e", "/\\evil.example",
                    "/d//evil.example", "\t/me", "/me\r\n", "/me#x", "/d/\u00e9/filter", "/d/a b/filter", "https:/me", "///me", "/./me", "/d/a\x7f/filter"):
            for sent in (odd, urllib.parse.quote(odd, safe="/")):
                page = self.get("/login?next=" + urllib.parse.quote(sent, safe="/"))
                answer = self.ask("POST", "/login", body={"form_key": page.form_key(), "login": "u@a.example", "password": PASSWORD, "next": sent},
                                  cookie="__Host-emg-pre=" + page.cookie("__Host-emg-pre"))
                self.assertEqual(answer.status, 303)
                self.assertRegex(answer.location, r"^/([\x21\x23-\x2e\x30-\x5b\x5d-\x7e][\x21\x23-\x5b\x5d-\x7e]*)?$", repr(sent))
                self.assertNotIn("b=c", str(answer.headers.get_all("Set-Cookie")))
        # Overlong UTF-8 of "/" and of a line feed.
        for raw in ("/d/%c0%af%c0%afevil/filter", "/%e0%80%af/evil", "/d/%c0%8aX/filter", "%c0%afme"):
            self.assertIn(self.get("/login?next=" + raw).status, (200, 400))

    def test_the_page_after_a_log_in_is_the_one_that_was_asked_for(self):
        for path in ("/d/a.example/mailboxes/a+b@a.example", "/d/a.example/mailboxes/a%2Bb@a.example", "/d/a.example/mailboxes/a%20%26b@a.example", "/me"):
            location = self.get(path).location
            sent = urllib.parse.parse_qs(urllib.parse.urlsplit(location).query)["next"][0]
            page = self.get(location)
            answer = self.ask("POST", "/login", body={"form_key": page.form_key(), "login": "u@a.example", "password": PASSWORD, "next": sent},
                              cookie="__Host-emg-pre=" + page.cookie("__Host-emg-pre"))
            self.assertEqual(answer.location, path)


if __name__ == "__main__":
    unittest.main()
