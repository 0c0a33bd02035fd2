#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Output of emailgencyctl: console_test.py ROOT EMAILGENCYCTL REPLICA_FROM_ROWS."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest

ROOT, CTL, REPLICA = sys.argv[1:4]
del sys.argv[1:4]
CASES = os.path.join(ROOT, "tests/cases/ctl")
ENVIRONMENT = {key: value for key, value in os.environ.items() if not key.startswith("EMG_")}


class Console(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="emg-ctl-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.rows = os.path.join(self.folder, "rows")

    def fill(self, name):
        with open(os.path.join(CASES, name), encoding="utf-8") as rows:
            subprocess.run([REPLICA, self.rows], stdin=rows, check=True)

    def ctl(self, *arguments, **environment):
        return subprocess.run([CTL, *arguments], capture_output=True, text=True, check=False, cwd="/",
                              env={**ENVIRONMENT, **environment}, timeout=60)


class Explain(Console):
    def setUp(self):
        super().setUp()
        self.fill("explain.rows")

    def transcript(self, command):
        """As a terminal would show it; a quoted text is one word."""
        words = [quoted or plain for quoted, plain in re.findall(r"'([^']*)'|(\S+)", command)]
        result = self.ctl(*words[1:], EMG_LMDB=self.rows)
        code = f"[exit {result.returncode}]\n" if result.returncode else ""
        return f"$ {command}\n" + result.stdout.replace(self.rows, "DIR") + result.stderr.replace(self.rows, "DIR") + code

    def test_golden(self):
        with open(os.path.join(CASES, "explain.console"), encoding="utf-8") as file:
            expected = re.sub(r"^#.*\n", "", file.read(), flags=re.M).strip()
        commands = re.findall(r"^\$ (.*)$", expected, flags=re.M)
        self.assertGreater(len(commands), 10)
        self.maxDiff = None
        self.assertEqual("\n".join(map(self.transcript, commands)).strip(), expected)

    def test_json_says_the_same(self):
        arguments = ["explain", "info@example.net", "--client", "192.0.2.1", "--sender", "a@b.example", "--spf", "softfail"]
        document = json.loads(self.ctl(*arguments, "--json", EMG_LMDB=self.rows).stdout)
        lines = self.ctl(*arguments, EMG_LMDB=self.rows).stdout.splitlines()
        self.assertEqual([step["step"] for step in document["steps"]], [line.split()[0] for line in lines[:-1]])
        self.assertEqual(lines[-1].split(maxsplit=1)[1], f"{document['action']} ({document['reason']})")
        domain = next(step for step in document["steps"] if step["step"] == "domain")
        self.assertIs(domain["columns"]["stealth"], False)
        self.assertIsNone(domain["columns"]["transport"])
        checks = next(step for step in document["steps"] if step["step"] == "policy_checks")
        self.assertIn("DNS lists, greylisting: decided by greylisting", checks["says"])

    def test_bytes_that_are_no_text(self):
        for address in ["b\\xff@example.com", "b\\x1b[31m@example.com", "é@example.com"]:
            address = address.encode("latin-1").decode("unicode_escape").encode("latin-1")
            result = subprocess.run([CTL, "explain", address, "-d", self.rows], capture_output=True, check=False)
            self.assertNotIn(b"\x1b", result.stdout + result.stderr)
            self.assertIn(result.returncode, [0, 65])

    def test_no_replica(self):
        result = self.ctl("explain", "user@example.com", "-d", "/nonexistent")
        self.assertEqual((result.returncode, result.stdout), (69, ""))
        self.assertIn("emailgency-replicator", result.stderr)

    def test_usage(self):
        for arguments in [[], ["nothing"], ["explain"], ["explain", "a@b", "c@d"], ["explain", "--nothing", "a@b"],
                          ["explain", "a@b", "--client", "host"], ["explain", "a@b", "--dnsbl", "maybe"],
                          ["explain", "a@b", "--spf", "maybe"], ["explain", "a@b", "--sender", "c@d", "--size", "1k"],
                          ["explain", "a@b", "--size", "1000"], ["completion"], ["completion", "csh"], ["help", "nothing"],
                          ["trace", "a", "b"], ["trace", "--limit", "x"], ["check-postfix", "x"], ["check", "nothing"], ["check", "postfix", "dovecot"]]:
            result = self.ctl(*arguments)
            self.assertEqual((result.returncode, result.stdout), (64, ""), arguments)
            self.assertIn("emailgencyctl", result.stderr)
        for arguments in [["--help"], ["--version"], ["explain", "--help"], ["check-postfix", "-h"], ["check", "--help"]]:
            result = self.ctl(*arguments)
            self.assertEqual((result.returncode, result.stderr), (0, ""), arguments)
        with open("/dev/full", "w", encoding="ascii") as full:
            self.assertEqual(subprocess.run([CTL, "--help"], stdout=full, check=False).returncode, 74)


class Commands(Console):
    def refused(self, *arguments):
        result = self.ctl(*arguments)
        self.assertEqual((result.returncode, result.stdout), (64, ""), arguments)
        return result.stderr

    def printed(self, *arguments):
        result = self.ctl(*arguments)
        self.assertEqual((result.returncode, result.stderr), (0, ""), arguments)
        return result.stdout

    def test_first_word_of_several_commands(self):
        for text in [self.refused("spf"), self.printed("spf", "--help"), self.printed("help", "spf")]:
            self.assertIn("\n  spf check ", text)
            self.assertIn("\n  spf record ", text)
            self.assertNotIn("explain", text)

    def test_help(self):
        self.assertEqual(self.printed("help"), self.printed("--help"))
        self.assertEqual(self.printed("help", "spf", "check"), self.printed("spf", "check", "-h"))
        self.assertRegex(self.printed("--version"), r"^emailgencyctl \d+\.")

    def test_nearest_name(self):
        for words, near in [("explian", "explain"), ("check-postfx", "check-postfix"), ("comp", "completion"), ("spf chek", "spf check")]:
            self.assertIn(f'there is no command "{words}"; did you mean "{near}"?', self.refused(*words.split()))
        self.assertNotIn("did you mean", self.refused("frobnicate"))
        self.assertIn("there is no option --clint; did you mean --client?", self.refused("explain", "a@b.example", "--clint", "x"))

    def test_refusals_name_what_is_wrong(self):
        for words, message in [("explain", "ADDRESS|DOMAIN is missing"), ("explain a@b c@d", "c@d is one operand too many"),
                               ("explain a@b --client", "--client needs IP"), ("explain --json=yes a@b", "--json takes no argument"),
                               ("explain -x a@b", "there is no option -x"), ("spf check 192.0.2.1", "HELO is missing")]:
            self.assertIn(message, self.refused(*words.split()), words)

    def test_options_anywhere(self):
        self.fill("explain.rows")
        said = self.printed("explain", "user@example.com", "--client", "192.0.2.1", "-d", self.rows)
        for words in [["--client=192.0.2.1", "user@example.com", f"--directory={self.rows}"],
                      ["-d", self.rows, "--client", "192.0.2.1", "--", "user@example.com"], [f"-d{self.rows}", "user@example.com", "--cli=192.0.2.1"]]:
            self.assertEqual(self.printed("explain", *words), said, words)


class Manual(Console):
    commands = ["setup", "status", "explain", "check", "check-postfix", "incident list", "incident show", "alert list", "alert retry",
                "contact test", "contact key", "queue", "probe", "flush", "deny", "allow", "held list", "held release", "held delete", "report preview", "spf check", "spf record", "trace",
                "mailbox list", "mailbox show", "mailbox add", "mailbox set", "mailbox passwd", "mailbox restore", "candidate list",
                "candidate promote", "candidate discard", "tidy", "domain usage", "account list", "account add", "account passwd", "account disable",
                "account enable", "account grant", "account revoke", "account watch", "account sessions"]

    @staticmethod
    def page(*words):
        return os.path.join(ROOT, "ctl", "-".join(["emailgencyctl", *words]) + ".8")

    @unittest.skipIf(not shutil.which("groff"), "needs groff-base")
    def test_well_formed(self):
        for page in [self.page(), *(self.page(*command.split()) for command in self.commands)]:
            result = subprocess.run(["groff", "-mdoc", "-Tascii", "-ww", page], capture_output=True, text=True, check=True)
            self.assertEqual(result.stderr, "", page)

    def test_every_option_is_named(self):
        for command in self.commands:
            with open(self.page(*command.split()), encoding="ascii") as file:
                named = set(re.findall(r"^\.It .*Fl -([a-z-]+)", file.read(), flags=re.M))
            shown = self.ctl(*command.split(), "--help").stdout
            self.assertEqual(named, {"help"} | set(re.findall(r"^ .*--([a-z-]+)", shown, flags=re.M)), command)

    def test_every_command_has_its_page(self):
        shown = re.findall(r"^  ([a-z][a-z -]*?)  ", self.ctl("--help").stdout, flags=re.M)
        self.assertEqual(sorted(shown), sorted(self.commands))
        with open(self.page(), encoding="ascii") as file:
            overview = file.read()
        for command in self.commands:
            self.assertIn(f".Xr emailgencyctl-{command.replace(' ', '-')} 8", overview)


STOCK = """compatibility_level = 3.6
myhostname = mx.example.org
mydestination = $myhostname, localhost
mynetworks = 127.0.0.0/8
inet_protocols = all
"""
MAPS = {"relay_domains": "relay_domains", "transport_maps": "transport", "relay_recipient_maps": "relay_recipients",
        "virtual_alias_maps": "virtual_alias", "smtpd_sender_login_maps": "sender_login"}
MASTER = """smtp inet n - y - - smtpd
relay unix - - y - - smtp
"""


@unittest.skipIf(not shutil.which("postconf", path="/usr/sbin:/usr/bin"), "needs postfix")
class CheckPostfix(Console):
    def instance(self, main, master=MASTER):
        self.fill("check.rows")
        queue = os.path.join(self.folder, "queue")
        for name, text in [("main.cf", main + f"queue_directory = {queue}\n"), ("master.cf", master)]:
            with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
                file.write(text)

    def findings(self, *arguments):
        result = self.ctl("check-postfix", "-c", self.folder, "--json", *arguments,
                          EMG_LMDB=self.rows, PATH="/usr/sbin:/usr/bin")
        return result.returncode, [json.loads(line) for line in result.stdout.splitlines()]

    def wrong(self, *arguments):
        """Without queuehold's socket, which is a path of the machine."""
        return {(finding["severity"], finding["parameter"].replace(self.folder, "DIR"))
                for finding in self.findings(*arguments)[1] if finding["severity"] != "ok" and "queuehold" not in finding["parameter"]}

    def snippets(self):
        """packaging/postfix, and what an operator sees to: the limit of the plans, and the delimiter of extensions."""
        texts = []
        for name in ["main.cf", "master.cf"]:
            with open(os.path.join(ROOT, "packaging/postfix", name), encoding="utf-8") as file:
                texts.append(file.read())
        maps = "".join(f"{parameter} = socketmap:unix:emailgency/transportmap:{name}\n" for parameter, name in MAPS.items()
                       if not re.search(f"^{parameter} =", texts[0], flags=re.M))
        if "address_verify_negative_expire_time =" not in texts[0]:
            maps += "address_verify_negative_expire_time = 3h\n"
        if "lmtp_generic_maps =" not in texts[0]:
            maps += r"lmtp_generic_maps = regexp:{ { /^(.*)@(.*)\.store\.invalid$$/ $$1@$$2 } }" + "\n"
        if ".store.invalid" not in texts[1]:
            texts[1] += "    -o { smtpd_helo_restrictions = check_recipient_access inline:{{.store.invalid = REJECT}} }\n"
        return STOCK + maps + "virtual_alias_domains =\nmessage_size_limit = 53477376\nrecipient_delimiter = +\n" + texts[0], MASTER + texts[1]

    def test_our_own_snippets(self):
        self.instance(*self.snippets())
        self.assertEqual(self.wrong(), {("error", f"DIR/queue/emailgency/{name}") for name in ["policyd", "transportmap", "milter"]})

    def test_milter_at_a_port(self):
        main, master = self.snippets()
        self.instance(main.replace("unix:emailgency/milter", "inet:127.0.0.1:8892"), master)
        self.assertTrue({("error", "smtp/inet/smtpd_milters"), ("warning", "submission/inet/smtpd_milters")} <= self.wrong())
        self.assertEqual(self.wrong("--milter", "inet:127.0.0.1:8892"),
                         {("error", f"DIR/queue/emailgency/{name}") for name in ["policyd", "transportmap"]})

    def test_stock(self):
        self.instance(STOCK)
        code, findings = self.findings()
        self.assertEqual(code, 78)
        named = {finding["parameter"] for finding in findings if finding["severity"] == "error"}
        self.assertTrue({"relay_domains", "transport_maps", "relay_recipient_maps", "virtual_alias_maps",
                         "smtp/inet/smtpd_recipient_restrictions", "smtp/inet/smtpd_milters"} <= named, named)
        for finding in findings:
            self.assertTrue(finding["severity"] == "ok" or finding["why"], finding)

    def test_text_is_one_line_each(self):
        self.instance(STOCK)
        lines = self.ctl("check-postfix", "-c", self.folder, "-d", self.rows, PATH="/usr/sbin:/usr/bin").stdout.splitlines()
        self.assertEqual(len(lines), len(self.findings()[1]))
        for line in lines:
            self.assertRegex(line, r"^(error|warning|ok): \S+: ")
        severities = [line.split(":")[0] for line in lines]
        self.assertEqual(severities, sorted(severities, key=["error", "warning", "ok"].index))

    def test_default_virtual_alias_domains(self):
        main, master = self.snippets()
        self.instance(main.replace("virtual_alias_domains =\n", ""), master)
        self.assertIn(("error", "virtual_alias_domains"), self.wrong())

    def test_overrides_of_a_service(self):
        main, master = self.snippets()
        self.instance(main, master + "2525 inet n - y - - smtpd\n  -o { smtpd_relay_restrictions = permit_mynetworks, permit }\n")
        self.assertIn(("error", "2525/inet/smtpd_relay_restrictions"), self.wrong())

    def listen(self):
        """Servers at the daemons' sockets, and the folder of these."""
        folder = os.path.join(self.folder, "queue/emailgency")
        os.makedirs(folder)
        os.chmod(self.folder, 0o755)
        servers = {}
        for name in ["policyd", "transportmap", "milter"]:
            path = os.path.join(folder, name)
            servers[name] = socket.socket(socket.AF_UNIX)
            self.addCleanup(servers[name].close)
            servers[name].bind(path)
            servers[name].listen()
            shutil.chown(path, group="postfix")
            os.chmod(path, 0o660)
        return folder, servers

    def test_sockets(self):
        self.instance(*self.snippets())
        folder, servers = self.listen()
        self.assertEqual(self.findings()[0], 0)
        os.chmod(os.path.join(folder, "policyd"), 0o600)
        os.chmod(os.path.join(folder, "transportmap"), 0o666)
        servers["milter"].close()
        self.assertEqual(self.wrong(), {("error", "DIR/queue/emailgency/policyd"), ("error", "DIR/queue/emailgency/milter"),
                                        ("warning", "DIR/queue/emailgency/transportmap")})

    def test_another_account_cannot_look(self):
        """F23: what may not be looked at is no error of the daemon."""
        self.instance(*self.snippets())
        folder, _ = self.listen()
        os.chmod(folder, 0o750)
        nobody = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
        result = subprocess.run([*nobody, CTL, "check", "postfix", "-c", self.folder, "--json"], capture_output=True, text=True,
                                check=False, cwd="/", env={**ENVIRONMENT, "EMG_LMDB": self.rows, "PATH": "/usr/sbin:/usr/bin"})
        found = [json.loads(line) for line in result.stdout.splitlines()]
        hidden = [finding for finding in found if finding["severity"] == "unknown"]
        self.assertEqual({os.path.basename(finding["parameter"]) for finding in hidden},
                         {"policyd", "transportmap", "milter", "replica"}, result.stdout)
        self.assertEqual({finding["run"] for finding in hidden}, {"sudo emailgencyctl check postfix"})
        self.assertNotIn("error", {finding["severity"] for finding in found})
        self.assertEqual(result.returncode, 77)

    def test_no_replica(self):
        self.instance(*self.snippets())
        self.assertIn(("error", "replica"), self.wrong("-d", "/nonexistent"))

    def test_no_instance(self):
        result = self.ctl("check-postfix", "-c", "/nonexistent", "-d", self.rows, PATH="/usr/sbin:/usr/bin")
        self.assertEqual((result.returncode, result.stdout), (69, ""))
        self.assertIn("/nonexistent", result.stderr)
        self.assertEqual(self.ctl("check-postfix", PATH="/nonexistent").returncode, 69)


class Database(Console):
    COMMANDS = (["incident", "list"], ["incident", "show", "1"], ["alert", "list"], ["alert", "retry", "1"],
                ["contact", "test", "example.com", "mail", "a@example.org"], ["flush", "example.com"],
                ["report", "preview", "example.com", "2026-11"], ["trace", "a@example.org"],
                ["mailbox", "list", "example.com"], ["mailbox", "show", "a@example.com"], ["mailbox", "add", "a@example.com"],
                ["mailbox", "set", "a@example.com", "vip=true"], ["mailbox", "passwd", "a@example.com"], ["mailbox", "restore", "a@example.com"],
                ["candidate", "list", "example.com"], ["candidate", "promote", "a@example.com"], ["candidate", "discard", "a@example.com"],
                ["tidy", "example.com"], ["domain", "usage", "example.com"])

    def test_no_database(self):
        for command in self.COMMANDS:
            result = self.ctl(*command, "--database", "host=/nonexistent dbname=x")
            self.assertEqual((result.returncode, result.stdout), (69, ""), command)
            self.assertRegex(result.stderr, r"^emailgencyctl: .*/nonexistent.*\n$")
            self.assertEqual(self.ctl(*command, EMG_PG="host=/nonexistent").stderr, result.stderr)

    def test_numbers(self):
        for command in (["incident", "show"], ["alert", "retry"]):
            for number in ("x", "", "1x", "1" * 19):
                result = self.ctl(*command, number, "--database", "host=/nonexistent")
                self.assertEqual((result.returncode, result.stderr), (64, f"emailgencyctl: {number}: is no number\n"))


if __name__ == "__main__":
    unittest.main()
