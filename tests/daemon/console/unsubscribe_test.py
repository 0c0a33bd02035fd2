# SPDX-License-Identifier: BSD-2-Clause
"""Links of monthly reports, by which a contact ends them: with a button, and with one click (RFC 8058)."""
import html
import re
import subprocess
import unittest

from console_case import ORIGIN, ConsoleCase, open_session, unsubscribe_link
from daemon_process import psql

ONE_CLICK = "List-Unsubscribe=One-Click"
MULTIPART = f'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'


class UnsubscribeTest(ConsoleCase):
    def setUp(self):
        super().setUp()
        psql("insert into contact (domain, kind, address) values ('a.example', 'mail', 'ann+x@out.example'), ('a.example', 'mail', 'ben@out.example'), "
             "('b.example', 'mail', 'ann+x@out.example')")
        psql("truncate audit")
        self.link = unsubscribe_link("a.example", "ann+x@out.example", self.link_key)

    def receivers(self):
        return psql("select string_agg(domain || ' ' || address, ', ' order by domain, address) from contact where monthly_report")

    ALL = "a.example ann+x@out.example, a.example ben@out.example, b.example ann+x@out.example"
    LESS = "a.example ben@out.example, b.example ann+x@out.example"

    def test_a_button(self):
        self.start()
        page = self.get(self.link)
        self.assertEqual(page.status, 200)
        self.assertIn("This button ends the monthly reports on the mail of a.example to ann+x@out.example.", page.text)
        self.assertEqual(self.receivers(), self.ALL)
        action = html.unescape(re.search(r'<form method="post" action="([^"]*)"', page.text)[1])
        self.assertEqual(action, self.link)
        done = self.ask("POST", action, None, {"List-Unsubscribe": "One-Click"})
        self.assertEqual(done.status, 200)
        self.assertIn("ann+x@out.example receives no more monthly reports on a.example.", done.text)
        self.assertEqual(self.receivers(), self.LESS)
        self.assertEqual(psql("select login || ' ' || kind || ' ' || new from audit"), 'ann+x@out.example contact {"monthly_report": false}')

    def test_one_click(self):
        """As mail providers send it: from anywhere, without a cookie, in either type, or with what they think of."""
        self.start()
        for body, headers in ((ONE_CLICK, {"Content-Type": "application/x-www-form-urlencoded"}), (MULTIPART, {"Content-Type": "multipart/form-data; boundary=x"}),
                              (ONE_CLICK, {"Content-Type": "application/x-www-form-urlencoded", "Origin": "https://mail.provider.example", "Sec-Fetch-Site": "cross-site"}),
                              (ONE_CLICK, {"Origin": "null"}), ("", {}), ("%zz&" * 70, {})):
            psql("update contact set monthly_report = true")
            answer = self.ask("POST", self.link, None, body, **headers)
            self.assertEqual((answer.status, answer.headers.get("Set-Cookie"), answer.location), (200, None, None), headers)
            self.assertEqual(self.receivers(), self.LESS, headers)

    def test_an_answer_does_not_say_whether_there_is_such_a_contact(self):
        self.start()
        texts = {self.ask("POST", unsubscribe_link(domain, address, self.link_key), None, ONE_CLICK).text.replace(address, "A").replace(domain, "D")
                 for domain, address in (("a.example", "ann+x@out.example"), ("a.example", "ann+x@out.example"), ("a.example", "nobody@out.example"), ("zz.example", "ann@zz.example"))}
        self.assertEqual(len(texts), 1)
        self.assertEqual(self.receivers(), self.LESS)

    def test_a_wrong_link_says_so(self):
        self.start()
        for path in (self.link[:-1], self.link.replace("ann", "ben"), unsubscribe_link("a.example", "ben@out.example", "another key" * 4), "/unsubscribe", self.link.replace("%40", "%00")):
            for method in ("GET", "POST"):
                answer = self.ask(method, path, None, ONE_CLICK if method == "POST" else None)
                self.assertEqual(answer.status, 400 if "%00" in path else 403, path)
                if answer.status == 403:
                    self.assertIn("This link is not right: it was changed or cut off on its way, or is no longer valid.", answer.text)
        self.assertEqual(self.receivers(), self.ALL)

    def test_languages(self):
        self.start()
        answer = self.ask("GET", self.link, None, None, **{"Accept-Language": "fr-CH, en;q=0.5"})
        self.assertIn('<html lang="fr">', answer.text)

    def test_a_session_adds_nothing(self):
        self.start()
        bob = open_session("bob@firm.example", "admin")
        answer = self.get(self.link, bob)
        self.assertNotIn("bob@firm.example", answer.text)
        self.assertNotRegex(answer.text, r'name="form_key" value="[0-9a-f]')

    def test_without_a_key_no_link_is_right(self):
        self.start(unsubscribe_key_file="")
        for key in (self.link_key, ""):
            self.assertEqual(self.ask("POST", unsubscribe_link("a.example", "ben@out.example", key), None, ONE_CLICK).status, 403)
        self.assertEqual(self.receivers(), self.ALL)

    def test_while_the_database_is_away(self):
        self.start()
        psql("alter role emailgency_console nologin")
        try:
            psql("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'emailgency_console'")
            self.wait_until(lambda: self.metric("emailgency_console_database_connections") == 0, "the loss of the database")
            self.assertEqual(self.get(self.link).status, 200)
            answer = self.ask("POST", self.link, None, ONE_CLICK)
            self.assertEqual((answer.status, answer.headers["Retry-After"]), (503, "10"))
        finally:
            psql("alter role emailgency_console login")
        self.assertEqual(self.receivers(), self.ALL)

    def test_the_log_has_neither_address_nor_signature(self):
        self.start()
        self.ask("POST", self.link, None, ONE_CLICK)
        self.wait_log("action=act_unsubscribe")
        log = "".join(self.log)
        for part in ("ann+x", "ann%2Bx", self.link.rsplit("=", 1)[1]):
            self.assertNotIn(part, log)

    def test_a_short_key(self):
        with open(self.dir + "/link.key", "w", encoding="ascii") as file:
            file.write("k" * 31 + "\n")
        self.write_conf()
        for arguments in (["-t"], []):
            done = subprocess.run([self.program, *arguments, "-c", self.conf], capture_output=True, text=True, timeout=60, check=False)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("unsubscribe_key_file: the first line of ", done.stderr)
            self.assertIn("fewer than 32 characters", done.stderr)

    def test_the_origin_of_forms_is_as_before(self):
        """Only this route does without it."""
        self.start()
        self.assertEqual(self.ask("POST", "/login", None, "login=a&password=b", Content_Type="application/x-www-form-urlencoded", Origin="https://evil.example").status, 403)
        self.assertEqual(self.ask("POST", "/login", None, "login=a&password=b", Content_Type="application/x-www-form-urlencoded", Origin=ORIGIN).status, 403)


if __name__ == "__main__":
    unittest.main()
