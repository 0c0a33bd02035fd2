#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""emailgencyctl setup with the shipped main.cf and master.cf on the golden cases, as Postfix itself reads them:
setup_cases_test.py ROOT EMAILGENCYCTL CLASS."""
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOT, CTL = sys.argv[1:3]
del sys.argv[1:3]
CASES = pathlib.Path(ROOT) / "tests/cases/ctl/setup"
MASTER_CF = CASES / "master.cf-debian.before"


class Folder(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="emg-setup-")
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)

    def plan(self, *options, **files):
        """setup --dry-run on these files, with what it prints."""
        for name, content in files.items():
            (self.folder / f"{name}.cf").write_bytes(content)
        return subprocess.run([CTL, "setup", "--dry-run", "--only", "postfix", "--postfix", self.folder, *options], text=True,
                              capture_output=True, check=False, timeout=60)

    def apply(self, shown):
        """The files as the printed differences make them."""
        subprocess.run(["patch", "--quiet", "--no-backup-if-mismatch", "--binary", "-p0", "-d", "/"], input=shown, text=True,
                       check=True)

    def postconf(self, *options):
        done = subprocess.run(["postconf", "-c", self.folder, *options], capture_output=True, text=True, check=True)
        return done.stdout, done.stderr


class MainCf(Folder):
    def test_postfix_reads_each(self):
        cases = sorted(CASES.glob("main.cf-*.before"))
        self.assertGreater(len(cases), 10)
        for case in cases:
            with self.subTest(case.name):
                done = self.plan(main=case.read_bytes(), master=MASTER_CF.read_bytes())
                self.assertEqual(done.returncode, 69 if "refused" in case.name else 0, done.stderr)

    def test_checks_of_the_operator_stay(self):
        """Those at DATA, and relay control in smtpd_recipient_restrictions."""
        self.apply(self.plan(main=(CASES / "main.cf-relay-empty.before").read_bytes(), master=MASTER_CF.read_bytes()).stdout)
        values = self.postconf("-n")[0]
        self.assertRegex(values, r"\nsmtpd_data_restrictions = check_policy_service \{ .*policy_context=queue-id \}, "
                                 r"reject_multi_recipient_bounce, check_policy_service unix:private/quota\n")
        self.assertRegex(values, r"\nsmtpd_relay_restrictions = check_client_access hash:/etc/postfix/clients, permit_mynetworks, "
                                 r"permit_sasl_authenticated, check_recipient_access \$emailgency_map:relay_domains, "
                                 r"reject_unauth_destination\n")


class MasterCf(Folder):
    def test_postfix_reads_each(self):
        main = (CASES / "main.cf-debian.before").read_bytes()
        for case in sorted(CASES.glob("master.cf-*.before")):
            with self.subTest(case.name):
                self.assertEqual(self.plan(main=main, master=case.read_bytes()).returncode, 0)

    def test_values_in_force(self):
        """A combined -o and a combined parameter are read as they are meant."""
        self.apply(self.plan(main=(CASES / "main.cf-rspamd.before").read_bytes(),
                             master=(CASES / "master.cf-submissions-cyrus.before").read_bytes()).stdout)
        values, warnings = self.postconf("-n")
        self.assertEqual(warnings, "")
        self.assertRegex(values, r"smtpd_milters = \{ unix:emailgency/milter,.*\} inet:localhost:11332 unix:opendkim/opendkim.sock\n")
        self.assertRegex(values, r"\nnon_smtpd_milters = inet:localhost:11332, unix:opendkim/opendkim.sock\n")
        services = self.postconf("-P")[0]
        self.assertIn("192.0.2.25:465/inet/smtpd_sasl_type = dovecot\n", services)
        self.assertRegex(services, r"192.0.2.25:465/inet/smtpd_sender_restrictions = \$emailgency_submission_restrictions "
                                   r"reject_unknown_sender_domain check_sender_access hash:/etc/postfix/senders\n")
        self.assertEqual(len(re.findall("smtp_delivery_status_filter", services)), 1)


class Complaints(Folder):
    def test_a_warning_stops_it(self):
        share = self.folder / "share"
        (share / "postfix").mkdir(parents=True)
        for name in ("main.cf", "master.cf"):
            text = (pathlib.Path(ROOT) / "packaging/postfix" / name).read_text(encoding="utf-8")
            (share / "postfix" / name).write_text(text + "emailgency_unused = 1\n" * (name == "main.cf"), encoding="utf-8")
        done = self.plan("--share", share, main=b"myhostname = mx.example\n", master=MASTER_CF.read_bytes())
        self.assertEqual(done.returncode, 69)
        self.assertIn("unused parameter: emailgency_unused=1", done.stderr)

    def test_files_that_are_no_configuration(self):
        for content, complaint in ((b"a = 1\0\n", "NUL"), (b"# emailgency setup: begin\n", "without an"),
                                   (b"#" * (5 << 20), "larger than 4 MB")):
            done = self.plan(main=content, master=MASTER_CF.read_bytes())
            self.assertEqual(done.returncode, 69)
            self.assertIn(complaint, done.stderr)
        self.assertIn("set Postfix up first", self.plan("--postfix", "/").stderr)

    def test_a_large_file(self):
        domains = b"".join(b"    d%d.example\n" % number for number in range(150000))
        done = self.plan(main=b"relay_recipient_maps = hash:/etc/r\nrelay_domains =\n" + domains, master=MASTER_CF.read_bytes())
        self.assertIn(" d149999.example", done.stdout, done.stderr)


unittest.main()
