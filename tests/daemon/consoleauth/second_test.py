# SPDX-License-Identifier: BSD-2-Clause
"""Second factors: set up, asked for, never twice the same code, recovery codes, removed."""
import os
import sys
import unittest

sys.path.append(os.path.dirname(os.path.abspath(__file__)))
from auth_case import CLIENT, PASSWORD, AuthCase, app_code  # noqa: E402
from daemon_process import psql  # noqa: E402


class SecondTest(AuthCase):
    def set_up(self):
        """Returns the app's URI and the recovery codes. Codes of the step before are not used up by that."""
        session = self.log_in()["session"]
        uri = self.ask(do="totp-begin", session=session)["uri"]
        reply = self.ask(do="totp-enable", session=session, code=app_code(uri, -1))
        self.assertTrue(reply["ok"], reply)
        return uri, reply["codes"]

    def second(self, code, ticket=None):
        return self.ask(**{"do": "second", "ticket": ticket or self.ticket(), "code": code, "from": CLIENT, "agent": "Firefox"})

    def ticket(self):
        reply = self.log_in()
        self.assert_refused(reply, "second")
        self.assertRegex(reply["ticket"], "^[0-9a-f]{64}$")
        return reply["ticket"]

    def test_set_up(self):
        self.start()
        session, other = self.log_in()["session"], self.log_in()["session"]
        self.assert_refused(self.ask(do="totp-enable", session=session, code="123456"), "expired")
        uri = self.ask(do="totp-begin", session=session)["uri"]
        self.assertRegex(uri, r"^otpauth://totp/Emailgency:alice%40firm\.example\?secret=[A-Z2-7]{32}&digits=6&period=30&issuer=Emailgency$")
        wrong = f"{(int(app_code(uri)) + 1) % 1000000:06}"
        self.assert_refused(self.ask(do="totp-enable", session=session, code=wrong), "wrong")
        self.assertTrue(self.log_in()["ok"], "it is not in force yet")
        reply = self.ask(do="totp-enable", session=session, code=app_code(uri))
        self.assertEqual((len(reply["codes"]), len(set(reply["codes"]))), (10, 10))
        self.assert_refused(self.ask(do="confirm", session=other, password=PASSWORD), "ended")
        self.assertTrue(self.ask(do="confirm", session=session, password=PASSWORD)["ok"])
        self.assertEqual(psql("select octet_length(totp), cardinality(recovery), totp_pending is null from account"), "48|10|t")
        self.assertEqual(psql("select transition from outbox"), "changed")

    def test_the_password_must_be_recent(self):
        self.start()
        session = self.log_in()["session"]
        psql("update console_session set created_at = now() - interval '11 minutes'")
        self.assert_refused(self.ask(do="totp-begin", session=session), "expired")
        self.assertTrue(self.ask(do="confirm", session=session, password=PASSWORD)["ok"])
        self.assertTrue(self.ask(do="totp-begin", session=session)["ok"])

    def test_a_code_is_good_once(self):
        self.start()
        uri, _ = self.set_up()
        ticket = self.ticket()
        self.assert_refused(self.second("12345", ticket), "wrong")
        self.assert_refused(self.second(app_code(uri, -1), ticket), "wrong")  # set it up
        code = app_code(uri, 1)
        self.assert_session(self.second(code[:3] + " " + code[3:], ticket), "alice@firm.example", "admin")
        self.assert_refused(self.second(code, ticket), "expired")
        ticket = self.ticket()
        self.assert_refused(self.second(code, ticket), "wrong")
        self.assert_refused(self.second(app_code(uri, 0), ticket), "wrong")  # an older one
        self.assert_refused(self.second(app_code(uri, 5), ticket), "wrong")

    def test_two_use_one_code(self):
        self.start()
        uri, _ = self.set_up()
        tickets = [self.ticket() for _ in range(2)]
        code = app_code(uri, 1)
        clients = [self.begin(**{"do": "second", "ticket": ticket, "code": code, "from": CLIENT}) for ticket in tickets]
        self.assertEqual(sorted(self.reply(client)["ok"] for client in clients), [False, True])

    def test_recovery_codes(self):
        self.start()
        _, codes = self.set_up()
        self.assert_session(self.second(codes[0].lower().replace("-", "")), "alice@firm.example", "admin")
        self.assert_refused(self.second(codes[0]), "wrong")
        last = self.second(codes[9])
        self.assert_session(last, "alice@firm.example", "admin")
        self.assertEqual(psql("select cardinality(recovery) from account"), "8")
        self.assert_refused(self.ask(do="recovery", session=last["session"], password="wrong"), "wrong")
        fresh = self.ask(do="recovery", session=last["session"], password=PASSWORD)
        self.assertEqual(len(fresh["codes"]), 10, fresh)
        self.assert_refused(self.second(codes[1]), "wrong")
        self.assert_session(self.second(fresh["codes"][3]), "alice@firm.example", "admin")

    def test_wrong_codes_are_bounded(self):
        self.start(captcha_key_file="")
        uri, codes = self.set_up()
        ticket = self.ticket()
        self.assertEqual([self.second("000000", ticket)["reason"] for _ in range(11)], ["wrong"] * 10 + ["expired"])
        ticket = self.ticket()
        self.assertEqual({self.second("000000", ticket)["reason"] for _ in range(10)}, {"wrong"})
        reply = self.second(app_code(uri, 1))
        self.assert_refused(reply, "wrong")
        self.assertTrue(reply["text"].startswith("Too many wrong codes."), reply)
        self.assert_session(self.second(codes[0]), "alice@firm.example", "admin")
        self.assert_session(self.second(app_code(uri, 1)), "alice@firm.example", "admin")

    def test_the_right_password_alone_clears_no_failures(self):
        self.start()
        self.set_up()
        for _ in range(3):
            self.ticket()
        self.assert_refused(self.log_in(), "captcha")

    def test_removed(self):
        self.start()
        _, codes = self.set_up()
        session = self.second(codes[0])["session"]
        self.assert_refused(self.ask(do="totp-disable", session=session, password="wrong"), "wrong")
        self.assertTrue(self.ask(do="totp-disable", session=session, password=PASSWORD)["ok"])
        self.assert_session(self.log_in(), "alice@firm.example", "admin")
        self.assert_refused(self.ask(do="recovery", session=session, password=PASSWORD), "wrong")

    def test_required(self):
        psql("update setting set value = 'admins' where name = 'require_second_factor'")
        self.start()
        self.assertEqual(self.log_in()["second_factor"], "missing")
        _, codes = self.set_up()
        self.assertNotIn("second_factor", self.second(codes[0]))

    def test_another_key(self):
        process = self.start()
        _, codes = self.set_up()
        self.stop(process)
        self.log.clear()
        self.start(totp_key_file=self.write_key("other", "x" * 32))
        self.assert_refused(self.second("123456"), "away")
        self.assertEqual(self.metric('emailgency_console_auth_errors_total{error="totp-key"}'), 1)
        self.assert_session(self.second(codes[0]), "alice@firm.example", "admin")

    def test_without_a_key(self):
        self.start(totp_key_file="")
        self.assert_refused(self.ask(do="totp-begin", session=self.log_in()["session"]), "away")

    def test_not_for_mailboxes(self):
        self.dovecot.answer = lambda login, password: "OK\t1\tuser=" + login
        self.start()
        session = self.log_in("u@a.example")["session"]
        self.assert_refused(self.ask(do="totp-begin", session=session), "wrong")
        self.assert_refused(self.ask(do="recovery", session=session, password=PASSWORD), "wrong")


if __name__ == "__main__":
    unittest.main()
