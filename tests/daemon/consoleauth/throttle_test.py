# SPDX-License-Identifier: BSD-2-Clause
"""Guesses raise the cost of a CAPTCHA, and lock nobody out; a guess does not tell whether there is such a login."""
import os
import sys
import time
import unittest

sys.path.append(os.path.dirname(os.path.abspath(__file__)))
from auth_case import PASSWORD, AuthCase, solve  # noqa: E402
from daemon_process import psql  # noqa: E402


class ThrottleTest(AuthCase):
    def guess(self, login="alice@firm.example", **more):
        """A wrong password, with a CAPTCHA where one is asked for. Returns its cost."""
        reply, cost = self.log_in(login, "wrong", **more), 0
        if reply["reason"] == "captcha":
            cost = reply["challenge"]["parameters"]["cost"]
            reply = self.log_in(login, "wrong", captcha=solve(reply["challenge"]), **more)
        self.assert_refused(reply, "wrong")
        return cost

    def test_the_cost_rises_and_nobody_is_locked_out(self):
        self.start()
        costs = [self.guess(**{"from": f"10.{number}.0.1"}) for number in range(30)]
        self.assertEqual(costs, [0] * 3 + [100] * 5 + [200] * 5 + [400] * 5 + [800] * 5 + [1600] * 7)
        reply = self.log_in()
        self.assert_refused(reply, "captcha")
        self.assert_session(self.log_in(captcha=solve(reply["challenge"])), "alice@firm.example", "admin")
        self.assert_session(self.log_in(), "alice@firm.example", "admin")  # the right password cleared the count

    def test_of_a_network(self):
        self.start()
        costs = [self.guess(f"n{number}@firm.example", **{"from": f"192.0.2.{number}"}) for number in range(16)]
        self.assertEqual(costs, [0] * 10 + [100] * 5 + [200])
        self.assert_session(self.log_in(**{"from": "192.0.3.1"}), "alice@firm.example", "admin")
        self.assert_refused(self.log_in(), "captcha")

    def test_log_ins_at_the_same_time_gain_nothing(self):
        self.start(hash_workers=1)
        clients = [self.begin(**{"do": "login", "login": "alice@firm.example", "password": "wrong", "from": f"10.{number}.0.1"}) for number in range(12)]
        reasons = [self.reply(client)["reason"] for client in clients]
        self.assertLessEqual(reasons.count("wrong"), 3)
        self.assertEqual(reasons.count("wrong") + reasons.count("captcha"), 12)

    def asked(self):
        for number in range(3):
            self.guess(**{"from": f"10.{number}.0.1"})
        reply = self.log_in()
        self.assert_refused(reply, "captcha")
        return reply

    def test_a_solution_is_good_once_and_here(self):
        self.start()
        reply = self.asked()
        solution = solve(reply["challenge"])
        self.assert_refused(self.log_in(password="wrong", captcha=solution), "wrong")
        self.assert_refused(self.log_in(captcha=solution), "captcha")
        other = self.ask(**{"do": "challenge", "for": "forgot", "from": "192.0.2.1"})
        self.assertTrue(other["ok"], other)
        self.assert_refused(self.log_in(captcha=solve(other["challenge"])), "captcha")
        cheap = {**reply["challenge"], "parameters": {**reply["challenge"]["parameters"], "cost": 1}}
        for bad in (solve(cheap), "x" * 8000, "e30=", solution[:-8], "\u00e9", reply["wait"]):
            self.assert_refused(self.log_in(captcha=bad), "captcha")
        self.assertGreater(self.metric('emailgency_console_auth_captcha_total{outcome="unsolved"}'), 5)
        self.assert_session(self.log_in(captcha=solve(self.log_in()["challenge"])), "alice@firm.example", "admin")

    def test_without_javascript(self):
        self.start()
        ticket = self.asked()["wait"]
        early = self.log_in(captcha=ticket)
        self.assert_refused(early, "captcha")
        self.assertIn("press the button of the form", early["text"], "which has another name in each form")
        self.assertEqual(early["wait"], ticket, "the wait goes on")
        self.wait_until(lambda: self.log_in(captcha=ticket)["ok"], "the end of 20 seconds", 60)
        self.asked()
        self.assert_refused(self.log_in(captcha=ticket), "captcha")

    def test_a_captcha_alone(self):
        """For public pages of the console: each one is good once, and for these pages only."""
        self.start()
        reply = self.ask(**{"do": "prove", "from": "192.0.2.1"})
        self.assert_refused(reply, "captcha")
        solution = solve(reply["challenge"])
        self.assertEqual(self.ask(**{"do": "prove", "from": "192.0.2.1", "captcha": solution}), {"ok": True})
        self.assert_refused(self.ask(**{"do": "prove", "from": "192.0.2.1", "captcha": solution}), "captcha")
        other = self.ask(**{"do": "challenge", "for": "forgot", "from": "192.0.2.1"})
        self.assert_refused(self.ask(**{"do": "prove", "from": "192.0.2.1", "captcha": solve(other["challenge"])}), "captcha")

    def test_no_captcha_without_a_key(self):
        self.start(captcha_key_file="")
        self.assertTrue(any("set captcha_key_file" in line for line in self.log))
        for _ in range(5):
            self.assert_refused(self.log_in(password="wrong"), "wrong")
        self.assert_session(self.log_in(), "alice@firm.example", "admin")

    def test_a_wrong_password_is_answered_at_its_time(self):
        """Whatever was wrong: the work is one hash, and the answer comes at a multiple of the delay."""
        psql("delete from throttle")
        self.start(failure_delay_ms=400)
        for login in ("alice@firm.example", "nobody@firm.example", "u@a.example", "n@a.example", "off@firm.example"):
            begun = time.monotonic()
            self.assert_refused(self.log_in(login, "wrong", **{"from": "2001:db8::1"}), "wrong")
            took = time.monotonic() - begun
            self.assertGreaterEqual(took, 0.4)
        begun = time.monotonic()
        self.assert_session(self.log_in(), "alice@firm.example", "admin")

    def test_too_many_log_ins_wait(self):
        self.start(hash_workers=1, captcha_key_file="")
        clients = [self.begin(**{"do": "login", "login": f"n{number}@firm.example", "password": PASSWORD, "from": f"10.0.{number}.1"}) for number in range(200)]
        replies = [self.reply(client) for client in clients]
        reasons = [reply["reason"] for reply in replies]
        self.assertEqual(set(reasons), {"wrong", "busy"})
        self.assertGreaterEqual(reasons.count("wrong"), 32)
        self.assert_session(self.log_in(), "alice@firm.example", "admin")


if __name__ == "__main__":
    unittest.main()
