# SPDX-License-Identifier: BSD-2-Clause
"""Dovecot itself checks the passwords of mailboxes, on a socket as packaging/dovecot/emailgency-console.conf makes it."""
import os
import pwd
import random
import statistics
import subprocess
import sys
import threading
import time
import unittest

sys.path.append(os.path.dirname(os.path.abspath(__file__)))
from auth_case import PASSWORD, AuthCase  # noqa: E402
from daemon_process import psql  # noqa: E402

CONF = """
base_dir = {dir}/run
log_path = {dir}/dovecot.log
protocols =
ssl = no
default_internal_user = {user}
default_login_user = {user}
auth_mechanisms = plain
auth_username_format = %Lu
passdb {{
    driver = passwd-file
    args = {dir}/users
}}
userdb {{
    driver = static
    args = uid=65534 gid=65534 home=/nonexistent
}}
service auth {{
    user = root
    unix_listener auth-console {{
        mode = 0600
        user = {user}
    }}
}}
service stats {{
    chroot =
}}
"""


@unittest.skipUnless(os.geteuid() == 0, "Dovecot starts as root")
class DovecotTest(AuthCase):
    def setUp(self):
        super().setUp()
        os.chmod(self.dir, 0o755)
        hashed = psql("select password from mailbox where address = 'u@a.example'")
        with open(self.dir + "/users", "w", encoding="ascii") as file:
            file.write(f"u@a.example:{hashed}\nstray@other.example:{hashed}\n")
        with open(self.dir + "/dovecot.conf", "w", encoding="ascii") as file:
            file.write(CONF.format(dir=self.dir, user=pwd.getpwuid(0).pw_name))
        self.master = subprocess.Popen(["dovecot", "-F", "-c", self.dir + "/dovecot.conf"])
        self.wait_until(lambda: os.path.exists(self.dir + "/run/auth-console"), "Dovecot's socket")

    def tearDown(self):
        self.master.terminate()
        self.master.wait()
        super().tearDown()

    def options(self):
        return {**super().options(), "mailbox_auth": "unix:" + self.dir + "/run/auth-console"}

    def test_mailboxes(self):
        self.start(captcha_key_file="")
        self.assert_session(self.log_in("u@a.example"), "u@a.example", "user")
        self.assert_refused(self.log_in("u@a.example", "wrong"), "wrong")
        self.assert_refused(self.log_in("n@a.example"), "wrong")
        self.assert_refused(self.log_in("nobody@a.example"), "wrong")
        self.assert_refused(self.log_in("stray@other.example"), "wrong")  # Dovecot's, and no mailbox

    def test_wrong_passwords_do_not_delay_the_right_one(self):
        self.start(captcha_key_file="")
        clients = [self.begin(**{"do": "login", "login": "u@a.example", "password": f"wrong {number}", "from": "192.0.2.1"}) for number in range(8)]
        self.assertEqual({self.reply(client)["reason"] for client in clients}, {"wrong"})
        begun = time.monotonic()
        self.assert_session(self.log_in("u@a.example", PASSWORD), "u@a.example", "user")
        self.assert_took(begun, 0, 6)  # with its penalty Dovecot waits for 15 s

    def test_time_does_not_tell_accounts(self):
        """Wrong passwords of an account, a mailbox and nobody, at the same time in each round: no kind is answered sooner by the median."""
        self.start(captcha_key_file="", failure_delay_ms=100)
        kinds = ("alice@firm.example", "u@a.example", "nobody@firm.example", "nobody@a.example")
        took = {kind: [] for kind in kinds}
        for _ in range(9):
            order, clients, begun = random.sample(kinds, len(kinds)), {}, {}
            for kind in order:
                begun[kind] = time.monotonic()
                clients[kind] = self.begin(**{"do": "login", "login": kind, "password": "wrong", "from": f"192.0.{random.randrange(200)}.1"})
            threads = [threading.Thread(target=lambda kind=kind: took[kind].append((self.reply(clients[kind])["reason"], time.monotonic() - begun[kind]))) for kind in order]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        self.assertEqual({reason for replies in took.values() for reason, _ in replies}, {"wrong"})
        medians = [statistics.median(seconds for _, seconds in replies) for replies in took.values()]
        # Dovecot delays its refusals by 2 seconds.
        self.assertLess(max(medians) - min(medians), 1, medians)

    def test_the_password_of_a_mailbox_is_not_the_account_s(self):
        """Of an account with a password of its own, whatever Dovecot answers."""
        self.start(captcha_key_file="")
        with open(self.dir + "/users", "a", encoding="ascii") as file:
            file.write("alice@firm.example:{PLAIN}Mailbox horse 4 battery\n")
        self.assert_refused(self.log_in(password="Mailbox horse 4 battery"), "wrong")
        self.assert_session(self.log_in(), "alice@firm.example", "admin")

    def test_away_and_back(self):
        self.start()
        self.master.terminate()
        self.master.wait()
        self.assert_refused(self.log_in("u@a.example"), "away")
        self.assert_session(self.log_in(), "alice@firm.example", "admin")
        self.master = subprocess.Popen(["dovecot", "-F", "-c", self.dir + "/dovecot.conf"])
        self.wait_until(lambda: self.log_in("u@a.example", **{"from": "2001:db8::1"}).get("ok") or psql("delete from throttle"), "Dovecot")


if __name__ == "__main__":
    unittest.main()
