# SPDX-License-Identifier: BSD-2-Clause
"""emailgencyctl account: an operator makes, changes and ends log-ins, which the daemon then takes or refuses."""
import json
import os
import subprocess
import sys
import unittest

sys.path.append(os.path.dirname(os.path.abspath(__file__)))
from auth_case import PASSWORD, AuthCase  # noqa: E402
from daemon_process import psql  # noqa: E402

CTL = os.environ["EMAILGENCYCTL"]
NEW = "Another horse 5 battery"


class AccountTest(AuthCase):
    def setUp(self):
        super().setUp()
        psql("alter role emailgency_operator login")

    def ctl(self, *words, code=0, stdin="", user="emailgency_operator"):
        done = subprocess.run([CTL, "account", *words], input=stdin, text=True, capture_output=True,
                              env={"PATH": "/usr/bin:/bin", "EMG_PG": f"host={os.environ['PG_TEST_HOST']} dbname=postgres user={user}"})
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stdout + done.stderr

    def rows(self, *words, **more):
        return [json.loads(line) for line in self.ctl(*words, "--json", **more).splitlines()]

    def test_an_account_from_its_beginning_to_its_end(self):
        self.start()
        self.assertEqual(self.rows("add", "Bob@Firm.example", "--domain", "b.example"), [{"login": "bob@firm.example", "domain": "b.example", "mail": True}])
        link = psql("select subject from claim_outbox('n1', '{mail}', 100, 60) where transition = 'invited' and address = 'bob@firm.example'")
        self.assertEqual(self.ask(**{"do": "set-password", "token": link.rsplit("/", 1)[1], "password": PASSWORD}), {"ok": True, "login": "bob@firm.example"})
        self.assert_session(self.log_in("bob@firm.example"), "bob@firm.example", "admin")
        self.assertEqual(self.rows("grant", "bob@firm.example", "A.example"), [{"login": "bob@firm.example", "domain": "a.example", "granted": True}])
        self.assertEqual(self.rows("grant", "bob@firm.example", "a.example")[0]["granted"], True)
        listed = {row["login"]: row for row in self.rows("list")}
        self.assertEqual({name: listed["bob@firm.example"][name] for name in ("domains", "disabled", "password", "second_factor", "sessions")},
                         {"domains": ["a.example", "b.example"], "disabled": False, "password": True, "second_factor": False, "sessions": 1})
        self.assertIn("bob@firm.example", self.ctl("list"))
        self.assertEqual(self.rows("revoke", "bob@firm.example", "a.example")[0]["granted"], False)
        self.assertEqual(psql("select string_agg(domain, ' ') from domain_admin where login = 'bob@firm.example'"), "b.example")
        self.assertEqual(self.rows("watch", "bob@firm.example"), [{"login": "bob@firm.example", "watches": True}])
        self.assertEqual([row["watches"] for row in self.rows("list") if row["login"] == "bob@firm.example"], [True])
        self.assertEqual(self.rows("watch", "bob@firm.example", "--end"), [{"login": "bob@firm.example", "watches": False}])
        self.assertEqual([(row["kind"], row["client"], row["agent"]) for row in self.rows("sessions", "bob@firm.example")], [("admin", "192.0.2.1", "Firefox")])
        self.assertEqual(self.rows("sessions", "bob@firm.example", "--end"), [{"login": "bob@firm.example", "ended": 1}])
        self.assertEqual(self.rows("sessions", "bob@firm.example"), [])
        self.assertTrue(self.log_in("bob@firm.example")["ok"])
        self.assertEqual(self.rows("disable", "bob@firm.example"), [{"login": "bob@firm.example", "disabled": True}])
        self.assertEqual(psql("select count(*) from console_session"), "0")
        self.assert_refused(self.log_in("bob@firm.example"), "wrong")
        self.assertEqual(self.rows("enable", "bob@firm.example"), [{"login": "bob@firm.example", "disabled": False}])
        self.assertTrue(self.log_in("bob@firm.example")["ok"])

    def test_passwords(self):
        self.start()
        session = self.log_in()["session"]
        self.assertIn("too weak", self.ctl("passwd", "alice@firm.example", code=65, stdin="short\n"))
        self.assertIn("part of the address", self.ctl("passwd", "alice@firm.example", code=65, stdin="alice@firm\n"))
        self.assertEqual(self.rows("passwd", "ALICE@firm.example", stdin=NEW + "\n"), [{"login": "alice@firm.example", "password": True}])
        self.assert_refused(self.ask(**{"do": "confirm", "session": session, "password": NEW}), "ended")
        self.assert_refused(self.log_in(), "wrong")
        self.assert_session(self.log_in(password=NEW), "alice@firm.example", "admin")

    def test_faults(self):
        for words in (["passwd", "none@firm.example"], ["disable", "none@firm.example"], ["enable", "none@firm.example"], ["watch", "none@firm.example"], ["grant", "none@firm.example", "a.example"],
                      ["revoke", "none@firm.example", "a.example"]):
            self.assertIn('account "none@firm.example" does not exist', self.ctl(*words, code=65, stdin=NEW))
        self.assertIn("none.example", self.ctl("grant", "alice@firm.example", "none.example", code=65))
        self.assertIn("account_repeated", self.ctl("add", "alice@firm.example", code=65))
        self.assertIn("alice", self.ctl("add", "alice", "--no-mail", code=65))
        psql("update setting set value = '' where name = 'public_url'")
        self.assertIn("public_url", self.ctl("add", "carol@firm.example", code=65))
        self.assertEqual(psql("select count(*) from account"), "1", "none was made without its mail")
        self.assertEqual(self.rows("add", "carol@firm.example", "--no-mail"), [{"login": "carol@firm.example", "domain": None, "mail": False}])
        psql("do $$ begin if to_regrole('emg_dora') is null then create role emg_dora login in role emailgency_domain_admin; end if; end $$")
        self.assertIn("permission denied", self.ctl("list", code=65, user="emg_dora"))
        self.assertIn("permission denied", self.ctl("add", "x@firm.example", "--no-mail", code=65, user="emg_dora"))


if __name__ == "__main__":
    unittest.main()
