# SPDX-License-Identifier: BSD-2-Clause
"""emailgency-report beside a real database: one report per domain and month, by several nodes, through the notifier."""
import base64
import email
import email.policy
import os
import subprocess
import sys
import unittest

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "daemon"))
import daemon_process  # noqa: E402
from daemon_process import DaemonCase, psql  # noqa: E402

DATABASE = daemon_process.DATABASE.replace("emailgency_daemon", "emailgency_notifier")
OPERATOR = daemon_process.DATABASE.replace("emailgency_daemon", "emailgency_operator")
KEY = "0123456789abcdef0123456789abcdef"
MONTH = "(date_trunc('month', now()) - interval '1 month')::date"


class ReportTest(DaemonCase):
    program = os.environ["REPORT"]

    def setUp(self):
        super().setUp()
        psql("truncate outbox, report, incident cascade; delete from domain; delete from activity;"
             "update setting set value = '0' where name = 'report_hours'")
        self.key = self.dir + "/key"
        with open(self.key, "w", encoding="ascii") as file:
            file.write(KEY + "\n")
        os.chmod(self.key, 0o600)

    def options(self):
        return {**daemon_process.AS_CALLER, "log": "stderr", "database": DATABASE, "node": "n1", "sender": "reports@service.example",
                "locale_folder": os.environ["LOCALE"], "unsubscribe_url": "https://console.example/unsubscribe",
                "unsubscribe_key_file": self.key}

    def domains(self, count, first=1):
        psql(f"insert into domain (name, plan, language) select format('d%s.example', n), 'basic', case n % 2 when 0 then 'fr' else 'en' end "
             f"from generate_series({first}, {first + count - 1}) as n;"
             "insert into contact (domain, kind, address) select name, 'mail', 'ann@out' || name from domain on conflict do nothing;"
             f"insert into report (domain, month) select name, {MONTH} from domain on conflict do nothing;"
             f"insert into activity select name, {MONTH} + 3, 'accepted_messages', 1234 from domain on conflict do nothing")

    def ran(self, *processes):
        return [(process.wait(timeout=60), process.reader.join())[0] for process in processes]

    def run_once(self, **values):
        self.write_conf(**values)
        return self.ran(self.run_daemon())[0]

    @staticmethod
    def messages():
        texts = psql("select string_agg(translate(encode(convert_to(detail, 'UTF8'), 'base64'), E'\\n', ''), ' ' order by address) from outbox where transition = 'report'")
        return [email.message_from_bytes(base64.b64decode(text), policy=email.policy.default) for text in texts.split(" ")]

    def test_one_report_per_domain_and_month(self):
        self.domains(2)
        self.assertEqual(self.run_once(), 0, self.log)
        self.assertEqual(psql("select count(*), count(distinct address) from outbox where transition = 'report'"), "2|2")
        english, french = self.messages()
        self.assertIn("Mail report of d1.example for ", english["Subject"])
        self.assertIn("Rapport de messagerie de d2.example pour ", french["Subject"])
        self.assertIn("1,234", english.get_body(("plain",)).get_content())
        self.assertIn("1\u202f234", french.get_body(("html",)).get_content())
        self.assertIn("&signature=", english["List-Unsubscribe"])
        self.assertEqual(psql("select count(*) from report where made_at is null"), "2")  # those of this month
        self.assertEqual(self.run_once(), 0)
        psql("update report set made_at = null")
        self.assertEqual(self.run_once(), 0)
        self.assertEqual(psql("select count(*) from outbox"), "2")

    def test_two_nodes_share_the_work(self):
        self.domains(300)
        self.write_conf()
        first = self.run_daemon()
        self.write_conf(node="n2")
        self.assertEqual(self.ran(first, self.run_daemon()), [0, 0])
        self.assertEqual(psql("select count(*), count(distinct domain) from outbox where transition = 'report'"), "300|300")
        self.assertEqual(psql(f"select count(*) from report where month = {MONTH} and made_at is not null and mails = 1"), "300")

    def test_one_that_fails_does_not_stop_the_others(self):
        self.domains(60)
        psql("insert into contact (domain, kind, address) values ('d7.example', 'mail', '\"a b\"@out.example')")
        self.assertEqual(self.run_once(), 71)
        self.assertEqual(psql("select count(*), count(distinct domain) from outbox where transition = 'report'"), "59|59")
        self.assertIn("cannot be written into a header", psql("select last_error from report where last_error is not null"))
        self.assertTrue(any("no report: domain=d7.example" in line for line in self.log), self.log)
        psql("delete from contact where address like '\"%'; update report set due_at = now()")
        self.assertEqual(self.run_once(), 0)
        self.assertEqual(psql("select count(*) from outbox where domain = 'd7.example'"), "1")

    def test_a_domain_without_contacts(self):
        self.domains(1)
        psql("update contact set monthly_report = false")
        self.assertEqual(self.run_once(), 0)
        self.assertEqual(psql("select count(*) from outbox"), "0")
        self.assertEqual(psql(f"select mails from report where month = {MONTH} and made_at is not null"), "0")

    def test_links_need_a_key(self):
        self.assertNotEqual(self.run_once(unsubscribe_key_file=""), 0)
        self.assertTrue(any("openssl rand -hex 32" in line for line in self.log), self.log)

    def test_the_notifier_sends_it(self):
        self.domains(1)
        self.assertEqual(self.run_once(), 0)
        sent, sendmail = self.dir + "/sent", self.dir + "/sendmail"
        with open(sendmail, "w", encoding="ascii") as file:
            file.write(f"#!/bin/sh\necho \"$@\" >{sent}.arguments\ncat >{sent}.new\nmv {sent}.new {sent}\n")
        os.chmod(sendmail, 0o755)
        written = psql("select detail from outbox")
        self.load_rows("plan basic\n")
        with open(self.conf, "w", encoding="utf-8") as file:
            file.writelines(f'{key} = "{value}"\n' for key, value in {
                **daemon_process.AS_CALLER, "log": "stderr", "database": DATABASE, "directory": self.dir + "/directory", "metrics": "",
                "sendmail": sendmail, "alert_sender": "alerts@service.example"}.items())
        ReportTest.program, program = os.environ["NOTIFIER"], self.program
        try:
            self.run_daemon()
        finally:
            ReportTest.program = program
        self.wait_until(lambda: os.path.exists(sent), "the message")
        with open(sent, encoding="ascii") as file:
            self.assertEqual(file.read().strip(), written.strip())
        with open(sent + ".arguments", encoding="ascii") as file:
            self.assertEqual(file.read().split()[-1], "ann@outd1.example")
        self.wait_until(lambda: psql("select count(*) from outbox where sent_at is not null") == "1", "the mark")
        self.assertEqual(self.run_once(), 0)
        self.assertEqual(psql("select detail from outbox"), "")

    def test_preview(self):
        self.domains(2)
        month = psql(f"select to_char({MONTH}, 'YYYY-MM')")
        command = [os.environ["CTL"], "report", "preview", "d2.example", month, "--locale", os.environ["LOCALE"], "--database", OPERATOR]
        text = subprocess.run([*command, "--part", "text"], capture_output=True, text=True, check=True).stdout
        self.assertTrue(text.startswith("Rapport de messagerie de d2.example"), text)
        mail = email.message_from_bytes(subprocess.run(command, capture_output=True, check=True).stdout, policy=email.policy.default)
        self.assertEqual(mail.get_body(("plain",)).get_content(), text)
        self.assertEqual(psql("select count(*) from outbox"), "0")
        command[3:5] = ["none.example", "2026-11"]
        self.assertEqual(subprocess.run(command, capture_output=True, check=False).returncode, 65)
        command[3:5] = ["d1.example", "November"]
        self.assertEqual(subprocess.run(command, capture_output=True, check=False).returncode, 64)


if __name__ == "__main__":
    unittest.main()
