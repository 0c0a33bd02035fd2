#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""emailgencyctl mailbox, candidate, tidy and domain on a database: mailbox_test.py ROOT EMAILGENCYCTL, beside the server of with_schema."""

import json
import os
import pty
import re
import subprocess
import sys
import unittest

ROOT, CTL = sys.argv[1:3]
del sys.argv[1:3]
CASES = os.path.join(ROOT, "tests/cases/ctl")
HOST = os.environ["PG_TEST_HOST"]
DATABASE = f"host={HOST} dbname=postgres user="
GOOD = "Correct horse 4 battery"


def sql(statement, login="postgres"):
    command = ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", DATABASE + login, "-c", "set search_path = emailgency", "-c", statement]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def environment(login):
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("EMG_", "PG", "TZ"))}
    return {**kept, "EMG_PG": DATABASE + login, "TZ": "UTC"}


def ctl(*arguments, login="postgres", given=""):
    return subprocess.run([CTL, *arguments], input=given, capture_output=True, text=True, check=False, timeout=60, env=environment(login))


class Golden(unittest.TestCase):
    """The cases depend on each other, in their order."""

    @classmethod
    def setUpClass(cls):
        subprocess.run(["psql", "-Xq", "-v", "ON_ERROR_STOP=1", DATABASE + "postgres", "-f", os.path.join(CASES, "mailbox.sql")], check=True)

    @staticmethod
    def transcript(command):
        login, line = command.split("$ ", 1)
        line, _, given = line.partition(" <<< ")
        words = [quoted or plain for quoted, plain in re.findall(r"'([^']*)'|(\S+)", line)]
        result = ctl(*words[1:], login=login or "postgres", given=given.strip("'") + "\n" if given else "")
        said = re.sub(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?([.]\d+[+]00:00)?", "TIME", result.stdout + result.stderr)
        said = re.sub(r"\b([A-HJ-NP-Z2-9]{4}-){3}[A-HJ-NP-Z2-9]{4}\b", "CODE", said)
        return f"{command}\n" + said + (f"[exit {result.returncode}]\n" if result.returncode else "")

    def test_golden(self):
        path = os.path.join(CASES, "mailbox.console")
        with open(path, encoding="utf-8") as file:
            text = file.read()
        commands = re.findall(r"^(?:anna)?\$ .*$", text, flags=re.M)
        self.assertGreater(len(commands), 40)
        got = "\n".join(map(self.transcript, commands))
        if os.environ.get("EMG_WRITE_CASES"):
            with open(path, "w", encoding="utf-8") as file:
                file.write("".join(re.findall(r"^#.*\n", text, flags=re.M)) + "\n" + got)
        self.maxDiff = None
        self.assertEqual(got.strip(), re.sub(r"^#.*\n", "", text, flags=re.M).strip())


class Passwords(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        sql("insert into domain (name, plan) values ('secret.example', 'basic'); insert into mailbox (address) values ('user@secret.example')")
        sql("create role clara login in role emailgency_domain_admin; insert into domain_admin values ('clara', 'secret.example')")

    def stored(self):
        return sql("select password from mailbox where address = 'user@secret.example'")

    def log(self):
        with open(os.path.join(HOST, "log"), encoding="utf-8") as file:
            return file.read()

    def test_no_clear_text_in_the_statement_log(self):
        sql("alter system set log_statement = 'all'")
        sql("select pg_reload_conf()")
        try:
            sql("select 1 from pg_sleep(0.2)")
            for number, login in enumerate(["postgres", "clara"]):
                secret = f"hunter2-{number} is wrong"
                self.assertEqual(ctl("mailbox", "passwd", "user@secret.example", login=login, given=secret + "\n").returncode, 0)
                self.assertEqual(ctl("mailbox", "passwd", "none@secret.example", login=login, given=secret + "\n").returncode, 65)
                self.assertEqual(ctl("mailbox", "add", f"a{number}@secret.example", login=login, given=secret + "\n").returncode, 0)
                self.assertEqual(ctl("mailbox", "add", f"a{number}@secret.example", login=login, given=secret + "\n").returncode, 65)
                self.assertEqual(ctl("mailbox", "passwd", "user@secret.example", login=login, given="hunter2").returncode, 65)
        finally:
            sql("alter system reset log_statement")
            sql("select pg_reload_conf()")
        self.assertIn("update emailgency.mailbox set password = $2", self.log())
        self.assertNotIn("hunter2", self.log())

    def test_hash(self):
        self.assertEqual(ctl("mailbox", "passwd", "user@secret.example", given=GOOD).returncode, 0)
        first = self.stored()
        self.assertRegex(first, r"^\{CRYPT\}\$y\$j8T\$[./A-Za-z0-9]{22}\$[./A-Za-z0-9]{43}$")
        self.assertEqual(sql(f"select password_fault('{first}') is null"), "t")
        self.assertEqual(ctl("mailbox", "passwd", "user@secret.example", given=GOOD + "\nsecond line\n").returncode, 0)
        self.assertNotEqual(self.stored(), first)
        result = subprocess.run(["doveadm", "pw", "-t", first, "-p", GOOD], capture_output=True, text=True, check=False)
        self.assertIn("verified", result.stdout)

    def test_standard_input(self):
        for given, said in [("", "no password on standard input"), ("x" * 600, "longer than any"), ("\n", "1 to 72 octets"), ("a" * 73, "1 to 72 octets")]:
            result = ctl("mailbox", "passwd", "user@secret.example", given=given)
            self.assertEqual(result.returncode, 65)
            self.assertIn(said, result.stderr)

    def test_no_password_is_an_argument(self):
        for command in (["mailbox", "passwd", "user@secret.example", GOOD], ["mailbox", "passwd", "user@secret.example", "--password", GOOD],
                        ["mailbox", "add", "b@secret.example", "--password=x"]):
            self.assertEqual(ctl(*command, given=GOOD).returncode, 64)

    def at_terminal(self, *lines):
        """All that a terminal shows, where a person types these lines at the prompts."""
        child, terminal = pty.fork()
        if child == 0:
            os.execve(CTL, [CTL, "mailbox", "passwd", "user@secret.example"], environment("postgres"))
        shown, waiting = b"", list(lines)
        while True:
            try:
                block = os.read(terminal, 1000)
            except OSError:
                break
            if not block:
                break
            shown += block
            if waiting and re.search(rb"(password|again): $", shown):
                os.write(terminal, waiting.pop(0).encode() + b"\n")
        os.close(terminal)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), shown.decode()

    def test_terminal(self):
        sql("update mailbox set password = null where address = 'user@secret.example'")
        code, shown = self.at_terminal("weak", "weak", GOOD, "other", GOOD, GOOD)
        self.assertEqual(code, 0, shown)
        self.assertIn("too weak", shown)
        self.assertIn("the two are not the same", shown)
        self.assertNotIn(GOOD, shown.replace("as in 'Correct horse 4 battery'", ""))
        self.assertNotEqual(self.stored(), "")
        code, shown = self.at_terminal(*["weak"] * 6)
        self.assertEqual(code, 65)
        self.assertEqual(shown.count("new password:"), 3)


class Pages(unittest.TestCase):
    def test_every_mailbox_is_on_one_page(self):
        sql("insert into domain (name, plan) values ('pages.example', 'premium');"
            "insert into mailbox (address) select 'u' || i || '@pages.example' from generate_series(1, 25) as i")
        found, after, pages = [], [], 0
        while True:
            result = ctl("mailbox", "list", "pages.example", "--json", "--limit", "10", *after)
            found += [json.loads(line)["address"] for line in result.stdout.splitlines()]
            pages += 1
            if "next page" not in result.stderr:
                break
            after = result.stderr.split()[-2:]
        self.assertEqual((found, pages), (sorted(f"u{i}@pages.example" for i in range(1, 26)), 3))
        self.assertEqual(len(ctl("mailbox", "list", "pages.example", "u_", "--json").stdout.splitlines()), 0)
        self.assertEqual(len(ctl("mailbox", "list", "pages.example", "u?", "--json").stdout.splitlines()), 9)
        self.assertEqual(len(ctl("mailbox", "list", "pages.example", "*2*@pages.*", "--json").stdout.splitlines()), 8)


if __name__ == "__main__":
    unittest.main()
