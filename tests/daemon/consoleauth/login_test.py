# SPDX-License-Identifier: BSD-2-Clause
"""Log-ins of accounts: right and wrong ones get the same answers at the same cost, whatever is wrong."""
import os
import signal
import subprocess
import sys
import unittest

sys.path.append(os.path.dirname(os.path.abspath(__file__)))
from auth_case import CLIENT, PASSWORD, AuthCase  # noqa: E402
from daemon_process import psql  # noqa: E402


class LoginTest(AuthCase):
    def hashes(self):
        return self.metric("emailgency_console_auth_hashes_total")

    def test_an_account(self):
        self.start()
        first = self.log_in()
        self.assert_session(first, "alice@firm.example", "admin")
        second = self.log_in("ALICE@firm.example")
        self.assert_session(second, "alice@firm.example", "admin")
        self.assertNotEqual(first["session"], second["session"])
        self.assertEqual(psql("select count(*), max(host(from_address)), max(agent) from console_session"), f"2|{CLIENT}|Firefox")
        self.assertEqual(psql("select host(last_login_from) from account"), CLIENT)
        self.assertEqual(self.metric('emailgency_console_auth_requests_total{do="login",reason="ok"}'), 2)

    def test_an_international_name(self):
        self.add_account("alice@xn--exmple-cua.example")
        self.start()
        self.assert_session(self.log_in("Alice@ex\u00e4mple.example"), "alice@xn--exmple-cua.example", "admin")

    def test_what_a_guess_is_told(self):
        self.add_account("off@firm.example")
        psql("update account set disabled = true where login = 'off@firm.example'")
        self.start(captcha_key_file="")
        guesses = [("alice@firm.example", "wrong"), ("alice@firm.example", PASSWORD + "x"), ("alice@firm.example", "x" * 500), ("off@firm.example", PASSWORD),
                   ("nobody@firm.example", PASSWORD), ("nobody", PASSWORD), ("n@a.example", PASSWORD), ("u@a.example", "wrong"),
                   ("'; drop table account; --", "\" or 1=1"), ("é\t\r\n\\@x", "é"), ("\"a b\"@a.example", "x"), ("emailgency_operator", "x"), ("a" * 320, "x")]
        before, replies = self.hashes(), []
        for number, (login, password) in enumerate(guesses):
            replies.append(self.ask(**{"do": "login", "login": login, "password": password, "from": f"198.51.{number}.1"}))
            self.assert_refused(replies[-1], "wrong")
        self.assertEqual({reply["text"] for reply in replies}, {replies[0]["text"]})
        self.assertEqual(self.hashes() - before, len(guesses), "each guess costs one hash")
        self.assertEqual(psql("select count(*) from console_session"), "0")
        self.assertNotIn(PASSWORD, "".join(self.log))
        self.assert_session(self.log_in(), "alice@firm.example", "admin")

    def test_the_database_is_away_and_back(self):
        self.start()
        data = os.environ["PG_TEST_DATA"]
        with open(data + "/postmaster.pid", encoding="ascii") as file:
            os.kill(int(file.readline()), signal.SIGKILL)
        self.wait_until(lambda: self.metric("emailgency_console_auth_database_up") == 0, "the loss")
        self.assert_refused(self.log_in(), "away")
        self.wait_until(lambda: subprocess.run(os.environ["PG_TEST_START"].split(), check=False, stdout=subprocess.DEVNULL).returncode == 0, "the server")
        self.wait_until(lambda: self.metric("emailgency_console_auth_database_up") == 1, "the connection")
        self.assert_session(self.log_in(), "alice@firm.example", "admin")

    def test_killed(self):
        process = self.start()
        session = self.log_in()
        process.kill()
        process.wait()
        process.reader.join()
        self.log.clear()
        self.start()
        self.assert_session(session, "alice@firm.example", "admin")
        self.assert_session(self.log_in(), "alice@firm.example", "admin")


if __name__ == "__main__":
    unittest.main()
