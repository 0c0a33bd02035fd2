# SPDX-License-Identifier: BSD-2-Clause
"""New passwords: of the own login, by the link of a mail, by a one-time code; and log-ins that Dovecot checks."""
import os
import random
import subprocess
import sys
import time
import unittest

sys.path.append(os.path.dirname(os.path.abspath(__file__)))
from auth_case import PASSWORD, AuthCase, digest, solve  # noqa: E402
from daemon_process import psql  # noqa: E402

NEW = "Another horse 5 battery"


class PasswordTest(AuthCase):
    def setUp(self):
        super().setUp()
        self.dovecot.answer = lambda login, password: "OK\t1\tuser=" + login if password == PASSWORD else "FAIL\t1\tuser=" + login

    def forgot(self, login="alice@firm.example"):
        challenge = self.ask(**{"do": "challenge", "for": "forgot", "from": "192.0.2.1"})["challenge"]
        reply = self.ask(**{"do": "forgot", "login": login, "from": "192.0.2.1", "captcha": solve(challenge)})
        self.assertEqual(reply, {"ok": True})

    def link(self):
        """The token of the latest mail, as the notifier sends it."""
        return psql("select right(subject, 64) from claim_outbox('n1', '{mail}', 100, 60) where transition = 'reset' order by id desc limit 1")

    def set_password(self, token, password=NEW):
        return self.ask(**{"do": "set-password", "token": token, "password": password})

    def test_mailboxes(self):
        self.start()
        self.assert_session(self.log_in("U@a.example"), "u@a.example", "user")
        self.assertEqual(self.dovecot.requests[0], ("u@a.example", PASSWORD, ["PLAIN", "service=console", "no-penalty", "secured", "rip=192.0.2.1"]))
        self.assert_refused(self.log_in("u@a.example", "wrong"), "wrong")
        self.assert_refused(self.log_in("n@a.example", PASSWORD), "wrong")  # it has none, whatever Dovecot says
        self.assert_refused(self.log_in("nobody@a.example", PASSWORD), "wrong")
        with self.assertRaises(subprocess.CalledProcessError):  # the admins of b.example could take it over
            self.add_account("x@b.example", "")

    def test_dovecot_is_away(self):
        self.start(mailbox_auth_timeout=1)
        self.dovecot.answer = lambda login, password: "FAIL\t1\tuser=" + login + "\ttemp"
        self.assert_refused(self.log_in("u@a.example"), "away")
        self.dovecot.answer = lambda login, password: None
        self.assert_refused(self.log_in("u@a.example"), "away")
        self.assert_session(self.log_in(), "alice@firm.example", "admin")
        self.dovecot.stop()
        self.assert_refused(self.log_in("u@a.example", **{"from": "2001:db8::1"}), "away")
        os.unlink(self.dir + "/dovecot")
        self.assert_refused(self.log_in("u@a.example", **{"from": "2001:db8::1"}, captcha=""), "captcha")
        self.assertEqual(self.metric('emailgency_console_auth_errors_total{error="mailbox-auth-away"}'), 3)
        self.assert_session(self.log_in(), "alice@firm.example", "admin")

    def test_no_mailboxes(self):
        self.start(mailbox_auth="")
        self.assert_refused(self.log_in("u@a.example"), "wrong")
        self.assertEqual(self.dovecot.requests, [])

    def test_the_own_password(self):
        self.start()
        session, other = self.log_in()["session"], self.log_in()["session"]
        change = {"do": "password", "session": session, "current": PASSWORD, "new": NEW}
        self.assert_refused(self.ask(**{**change, "current": "wrong"}), "wrong")
        weak = self.ask(**{**change, "new": "short"})
        self.assert_refused(weak, "weak")
        self.assertTrue(weak["text"].startswith("The password is too weak: add 3 more characters"), weak)
        self.assert_refused(self.ask(**{**change, "new": "alice@firm.example"}), "weak")
        self.assert_refused(self.ask(**{**change, "new": "Password1"}), "weak")
        reply = self.ask(**change)
        self.assertTrue(reply["ok"], reply)
        self.assertEqual(psql("select string_agg(encode(id, 'hex'), ' ') from console_session"), digest(reply["session"]), "the others have ended")
        for ended in (session, other):
            self.assert_refused(self.ask(**{**change, "session": ended}), "ended")
        self.assert_refused(self.log_in(), "wrong")
        self.assert_session(self.log_in(password=NEW), "alice@firm.example", "admin")
        self.assertEqual(psql("select transition, address from outbox"), "changed|alice@firm.example")

    def test_the_own_password_of_a_mailbox(self):
        self.start()
        session = self.log_in("u@a.example")["session"]
        reply = self.ask(**{"do": "password", "session": session, "current": PASSWORD, "new": NEW})
        self.assertTrue(reply["ok"], reply)
        self.assertEqual(psql("select login from console_session"), "u@a.example")
        self.assertEqual(psql("select left(password, 14) from mailbox where address = 'u@a.example'"), "{CRYPT}$y$j8T$")

    def test_a_session_is_no_way_to_the_password(self):
        self.start()
        session = self.log_in()["session"]
        replies = [self.ask(**{"do": "confirm", "session": session, "password": f"wrong {number}"})["reason"] for number in range(12)]
        self.assertEqual(replies, ["wrong"] * 10 + ["ended"] * 2)
        session = self.log_in()["session"]  # the owner's is another
        self.assertEqual(self.ask(**{"do": "confirm", "session": session, "password": PASSWORD}), {"ok": True})
        self.assertEqual(psql("select count(*) from console_session where confirmed_at is not null"), "1")

    def test_forgotten(self):
        self.start()
        self.assert_refused(self.ask(**{"do": "forgot", "login": "alice@firm.example", "from": "192.0.2.1"}), "captcha")
        for login in ("alice@firm.example", "nobody@firm.example", "u@a.example"):
            self.forgot(login)
        self.wait_until(lambda: psql("select count(*) from outbox") == "1", "the mail")
        session = self.log_in()["session"]
        token = self.link()
        self.assertRegex(token, "^[0-9a-f]{64}$")
        for _ in range(3):
            self.assertEqual(self.ask(do="token", token=token), {"ok": True, "login": "alice@firm.example", "use": "set-password"})
        self.assert_refused(self.set_password(token, "weak"), "weak")
        self.assert_refused(self.set_password(token, "alice@firm.example"), "weak")
        self.assertEqual(self.set_password(token), {"ok": True, "login": "alice@firm.example"})
        self.assert_refused(self.set_password(token, NEW + "!"), "expired")
        self.assert_refused(self.ask(do="token", token=token), "expired")
        self.assert_refused(self.ask(do="confirm", session=session, password=NEW), "ended")
        self.assert_session(self.log_in(password=NEW), "alice@firm.example", "admin")
        for bad in ("x", "0" * 64, token[:-1], token.upper(), digest(token)):
            self.assert_refused(self.ask(do="token", token=bad), "expired")

    def test_two_set_a_password_by_one_link(self):
        self.start()
        self.forgot()
        self.wait_until(lambda: psql("select count(*) from outbox") == "1", "the mail")
        token = self.link()
        clients = [self.begin(**{"do": "set-password", "token": token, "password": f"{NEW} {number}"}) for number in range(10)]
        replies = [self.reply(client) for client in clients]
        self.assertEqual(sorted(reply.get("reason", "ok") for reply in replies), ["expired"] * 9 + ["ok"])
        self.assert_session(self.log_in(password=f"{NEW} {[reply['ok'] for reply in replies].index(True)}"), "alice@firm.example", "admin")

    def test_a_link_ends(self):
        self.start()
        self.forgot()
        self.wait_until(lambda: psql("select count(*) from outbox") == "1", "the mail")
        token = self.link()
        psql("update account_token set expires_at = now()")
        self.assert_refused(self.set_password(token), "expired")
        self.assert_session(self.log_in(), "alice@firm.example", "admin")

    def test_a_code_of_a_mailbox(self):
        self.start()
        session = self.log_in()["session"]
        self.assert_refused(self.ask(do="code", session=session, address="x@b.example"), "wrong")
        self.assert_refused(self.ask(do="code", session=self.log_in("u@a.example")["session"], address="n@a.example"), "wrong")
        reply = self.ask(do="code", session=session, address="n@a.example")
        self.assertEqual((reply["ok"], reply["address"]), (True, "n@a.example"), reply)
        self.assertRegex(reply["code"], "^[A-Z2-9]{4}(-[A-Z2-9]{4}){3}$")
        self.assert_refused(self.set_password(reply["code"], "n@a.example"), "weak")
        typed = reply["code"].lower().replace("-", " ")
        self.assertEqual(self.ask(do="token", token=typed), {"ok": True, "login": "n@a.example", "use": "mailbox-code"})
        self.assertEqual(self.set_password(typed), {"ok": True, "login": "n@a.example"})
        self.assert_refused(self.set_password(typed), "expired")
        self.assertEqual(psql("select password is not null from mailbox where address = 'n@a.example'"), "t")
        self.assertNotIn(reply["code"], "".join(self.log))

    def test_time_does_not_tell_accounts(self):
        """A forgotten password of an account and of nobody: neither its answer nor the next one takes longer, of pairs in random order."""
        psql("update setting set value = 'https://console.example' where name = 'public_url'")
        self.addCleanup(psql, "update setting set value = '' where name = 'public_url'")
        self.start(captcha_key_file="")

        def seconds(login):
            begun = time.monotonic()
            self.assertTrue(self.ask(**{"do": "forgot", "login": login, "from": "192.0.2.1"})["ok"])
            return time.monotonic() - begun

        slower, rounds = [0, 0], 80
        for _ in range(rounds):
            psql("delete from outbox")
            took = {}
            for login in random.sample(("alice@firm.example", "nobody@firm.example"), 2):
                took[login] = seconds(login), seconds("somebody@firm.example")
                time.sleep(0.01)
            for at in (0, 1):
                slower[at] += took["alice@firm.example"][at] > took["nobody@firm.example"][at]
        self.wait_until(lambda: psql("select count(*) from outbox") == "1", "the mail")
        # By chance alone each is slower in half of the pairs; the own answer comes before the database is asked.
        self.assertTrue(rounds * 0.25 < slower[0] < rounds * 0.75, slower)
        print("slower:", slower)


if __name__ == "__main__":
    unittest.main()
