# SPDX-License-Identifier: BSD-2-Clause
"""The monthly report as it is sent by mail, shown by emailgency-console."""
import email
import email.policy
import unittest

from console_case import ConsoleCase, open_session
from daemon_process import psql


class ReportTest(ConsoleCase):
    def setUp(self):
        super().setUp()
        psql("insert into activity values ('a.example', (now() at time zone 'UTC')::date, 'accepted_messages', 1234) on conflict do nothing")
        psql("insert into incident (domain, kind, subject) values ('a.example', 'server', '<script>alert(1)</script>')")
        self.month = psql("select to_char(now() at time zone d.time_zone, 'YYYY-MM') from domain d where name = 'a.example'")
        self.alice, self.bob = open_session("alice@firm.example", "admin"), open_session("bob@firm.example", "admin")

    def test_html_and_text(self):
        self.start()
        page = self.get(f"/d/a.example/reports/{self.month}", self.alice)
        for suffix, kind in (("html", "text/html; charset=utf-8"), ("txt", "text/plain; charset=utf-8")):
            path = f"/d/a.example/reports/{self.month}.{suffix}"
            self.assertIn(f'href="{path}"', page.text)
            answer = self.get(path, self.alice)
            self.assertEqual((answer.status, answer.headers["Content-Type"]), (200, kind))
            self.assertIn("1,234", answer.text)
            policy = answer.headers["Content-Security-Policy"]
            self.assertTrue(policy.startswith("sandbox; default-src 'none'; "), policy)
            self.assertNotIn("script-src", policy)
            self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")
            self.assertEqual(self.get(path, self.bob).status, 404)
            self.assertEqual(self.get(path).status, 303)
        self.assertNotIn("<script", self.get(f"/d/a.example/reports/{self.month}.html", self.alice).text)

    def test_the_language_of_the_mail_is_not_that_of_the_console(self):
        self.start()
        psql("update domain set language = 'fr' where name = 'a.example'")
        self.assertIn('lang="fr"', self.get(f"/d/a.example/reports/{self.month}.html", self.alice).text)
        self.assertIn('<html lang="en">', self.get("/account", self.alice).text)

    def send(self, session, month=None):
        page = self.get(f"/d/a.example/reports/{self.month}", session)
        return self.ask("POST", f"/d/a.example/reports/{month or self.month}/send", session, {"form_key": page.form_key()})

    def copies(self):
        return psql("select string_agg(address || ' ' || kind || ' ' || domain, ', ' order by id) from outbox where kind = 'report_copy'")

    def test_it_is_sent_to_the_account_and_to_nobody_else(self):
        psql("delete from outbox")
        self.start()
        page = self.get(f"/d/a.example/reports/{self.month}", self.alice)
        self.assertIn("To alice@firm.example, at most 5 reports a day.", page.text)
        answer = self.send(self.alice)
        self.assertEqual((answer.status, answer.location), (303, f"/d/a.example/reports/{self.month}?done=report"))
        self.assertIn("The report is on its way to alice@firm.example.", self.get(answer.location, self.alice).text)
        self.assertEqual(self.copies(), "alice@firm.example report_copy a.example")
        message = email.message_from_string(psql("select detail from outbox where kind = 'report_copy'"), policy=email.policy.default)
        self.assertIn("Mail report of a.example", message["Subject"])
        for name in ("From", "To", "Message-ID", "List-Unsubscribe"):  # the first three are the notifier's
            self.assertIsNone(message[name])
        shown = self.get(f"/d/a.example/reports/{self.month}.txt", self.alice).text
        self.assertEqual(message.get_body(("plain",)).get_content().splitlines(), shown.splitlines())
        self.assertEqual(message.get_body(("html",)).get_content().splitlines(), self.get(f"/d/a.example/reports/{self.month}.html", self.alice).text.splitlines())
        self.assertEqual(self.ask("POST", f"/d/a.example/reports/{self.month}/send", self.bob, {"form_key": self.key(self.bob)}).status, 404)
        self.assertEqual(self.send(self.alice, "2000-01").status, 404)
        self.assertEqual(self.copies(), "alice@firm.example report_copy a.example")

    def test_a_few_a_day(self):
        psql("delete from outbox")
        self.start()
        self.assertEqual([self.send(self.alice).status for _ in range(6)], [303] * 5 + [422])
        page = self.send(self.alice)
        self.assertIn("5 reports were sent to alice@firm.example today, and more are not sent in a day.", page.text)
        self.assertIn("Report of " + self.month, page.text)
        self.assertEqual(psql("select count(*) from outbox"), "5")
        # Each account has its own; another day has others.
        psql("insert into domain_admin values ('bob@firm.example', 'a.example')")
        self.assertEqual(self.send(self.bob).status, 303)
        psql("update outbox set dedup_key = replace(dedup_key, to_char(now() at time zone 'UTC', 'YYYY-MM-DD'), '2026-01-01')")
        self.assertEqual(self.send(self.alice).status, 303)

    def test_no_other_months(self):
        self.start()
        for month in ("2000-01", "2099-01", "x", "2026-13"):
            for suffix in (".html", ".txt", ""):
                self.assertEqual(self.get(f"/d/a.example/reports/{month}{suffix}", self.alice).status, 404)


if __name__ == "__main__":
    unittest.main()
