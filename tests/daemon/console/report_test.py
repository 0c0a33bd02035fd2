# SPDX-License-Identifier: BSD-2-Clause
"""The monthly report as it is sent by mail, shown by emailgency-console."""
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

    def test_no_other_months(self):
        self.start()
        for month in ("2000-01", "2099-01", "x", "2026-13"):
            for suffix in (".html", ".txt", ""):
                self.assertEqual(self.get(f"/d/a.example/reports/{month}{suffix}", self.alice).status, 404)


if __name__ == "__main__":
    unittest.main()
