#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""emailgencyctl node: node_test.py ROOT EMAILGENCYCTL TRANSPORTMAP, beside the server of with_schema. What it prints for the database is
run there, and what it prints for a file is loaded."""

import os
import re
import subprocess
import sys
import tempfile
import unittest

ROOT, CTL, TRANSPORTMAP = sys.argv[1:4]
del sys.argv[1:4]
DATABASE = f"host={os.environ['PG_TEST_HOST']} dbname=postgres user=postgres"
NEW, ADDRESSES = "mx2.example.net", ("192.0.2.26", "2001:db8::26")


def sql(statement):
    command = ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", DATABASE, "-c", "set search_path = emailgency", "-c", statement]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def setting(name):
    return sql(f"select value from setting where name = '{name}'")


class NodeTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        sql("delete from node; update setting set value = 'backup.example.net' where name = 'service_domain'; update setting set value = "
            "case name when 'mx_hosts' then 'mx1.example.net 192.0.2.25' else '192.0.2.25' end where name in ('mx_hosts', 'outgoing_networks', 'relay_networks')")

    def tearDown(self):
        self.folder.cleanup()

    def conf(self, file, *lines):
        with open(os.path.join(self.folder.name, file), "w", encoding="utf-8") as out:
            out.writelines(f"{line}\n" for line in lines)

    def ctl(self, *words):
        return subprocess.run([CTL, "node", *words, "--database", DATABASE, "--conf", self.folder.name], capture_output=True, text=True, check=False, timeout=60)

    def plan(self, *words):
        done = self.ctl(*words)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def run_statements(self, text):
        """The statements on the database, as printed."""
        statements = re.findall(r"^   ((?:update|delete|select) .*?;)", text, re.MULTILINE)
        self.assertTrue(statements)
        for statement in statements:
            sql(statement)
        return statements

    def test_a_node_comes_and_goes(self):
        self.run_statements(self.plan("add", NEW, *ADDRESSES))
        words = setting("mx_hosts").split()
        self.assertEqual(words[:2], ["mx1.example.net", "192.0.2.25"])
        self.assertEqual(words[-3:], [NEW, *ADDRESSES])
        self.assertEqual(setting("relay_networks"), "192.0.2.25 192.0.2.26 2001:db8::26")
        self.assertEqual(setting("outgoing_networks"), "192.0.2.25 192.0.2.26 2001:db8::26")
        sql("select report_node('mx2', 1)")
        self.run_statements(self.plan("remove", NEW, *ADDRESSES))
        self.assertEqual(setting("mx_hosts").split()[:2], ["mx1.example.net", "192.0.2.25"])
        self.assertNotIn(NEW, setting("mx_hosts"))
        self.assertEqual((setting("relay_networks"), setting("outgoing_networks")), ("192.0.2.25", "192.0.2.25"))
        self.assertEqual(sql("select count(*) from node"), "0")

    def test_twice_is_once(self):
        self.run_statements(self.plan("add", NEW, *ADDRESSES))
        before = setting("mx_hosts"), setting("relay_networks")
        self.run_statements(self.plan("add", NEW, *ADDRESSES))
        self.assertEqual((setting("mx_hosts"), setting("relay_networks")), before)

    def test_lines_of_pg_hba(self):
        text = self.plan("add", NEW, *ADDRESSES)
        lines = re.findall(r"^   (hostssl emailgency \S+ \S+ scram-sha-256)$", text, re.MULTILINE)
        self.assertEqual({line.split()[3] for line in lines}, {"192.0.2.26/32", "2001:db8::26/128"})
        named = {role for line in lines for role in line.split()[2].split(",")}
        logins = set(sql("select rolname from pg_roles where rolname like 'emailgency%' and rolcanlogin").split())
        self.assertEqual(named, logins - {"emailgency_operator", "emailgency_daemon"})

    def test_one_store(self):
        """No mailbox is in two places: the new node stores where this one does."""
        text = self.plan("add", NEW, *ADDRESSES)
        self.assertIn("inet_listener lmtp {", text)
        self.assertIn("systemctl disable --now emailgency-keeper", text)
        self.check_destination(text, r"inet:[\w.-]+:24")
        self.conf("transportmap.conf", 'lmtp_destination = "inet:store.example.net:24"')
        text = self.plan("add", NEW, *ADDRESSES)
        self.assertNotIn("inet_listener", text)
        self.check_destination(text, "inet:store.example.net:24")

    def check_destination(self, text, value):
        line = re.search(r"^   (lmtp_destination = .*)$", text, re.MULTILINE)[1]
        self.assertRegex(line, value)
        self.conf("checked.conf", line)
        done = subprocess.run([TRANSPORTMAP, "-p", "-c", os.path.join(self.folder.name, "checked.conf")], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(line, done.stdout)

    def test_keys_that_are_the_same(self):
        self.conf("milter.conf", 'authserv_id = "mx.example.net"', 'batv_keys_file = "/etc/emailgency/batv.keys"')
        self.conf("policyd.conf", 'login_key_file = "/etc/emailgency/login.key"')
        text = self.plan("add", NEW, *ADDRESSES)
        self.assertIn('/etc/emailgency/milter.conf: authserv_id = "mx.example.net"', text)
        self.assertIn(f"scp /etc/emailgency/batv.keys root@{NEW}:/etc/emailgency/batv.keys", text)
        self.assertIn("chown emailgency-milter /etc/emailgency/batv.keys && chmod 0400", text)
        self.assertNotIn("scp /etc/emailgency/login.key", text)

    def test_what_differs_by_default_is_to_be_set(self):
        text = self.plan("add", NEW, *ADDRESSES)
        self.assertRegex(text, r'milter.conf on all nodes, \S+ too: authserv_id = "backup.example.net"')

    def test_each_key_file_is_known(self):
        """A new option with a key is listed, or is named as one of the node's own."""
        own = {"login_key_file", "doveadm_key_file", "batv_keys_file"}
        passing = {"round_trip_previous_key_file", "webhook_old_key_file", "old_secret_file"}  # while a key changes
        with open(os.path.join(ROOT, "ctl/node_command.c"), encoding="utf-8") as file:
            listed = set(re.findall(r'"(\w*(?:key|secret)\w*_file)"', file.read()))
        tables = subprocess.run(["git", "-C", ROOT, "grep", "-hoE", r'CONF_SECRET_AS\("[a-z_]+'], capture_output=True, text=True, check=True).stdout
        options = set(re.findall(r'"(\w+(?:key|secret)\w*|secret_file)', tables)) - {"database_password_file"}
        files = {option for option in options if option.endswith("_file")}
        self.assertGreater(len(files), 6)
        self.assertEqual(files - listed - own - passing, set())

    def test_refusals(self):
        for words, expected in (
                (["add", "mx2", "192.0.2.26"], "is no name of a host; write it in full"),
                (["add", NEW, "192.0.2.300"], '"192.0.2.300" is no address; write 192.0.2.26'),
                (["add", "192.0.2.26", "192.0.2.26"], "is no name of a host"),
                (["add", "mx2.example.net; reboot", "192.0.2.26"], "is no name of a host"),
                (["remove", NEW, "192.0.2.26"], f"{NEW} is no node")):
            done = self.ctl(*words)
            self.assertEqual((done.returncode, done.stdout), (64, ""), done)
            self.assertIn(expected, done.stderr)
        sql("select report_node('mx2.example.net', 1)")
        self.assertIn("is a node already", self.ctl("add", NEW, "192.0.2.26").stderr)


if __name__ == "__main__":
    unittest.main(verbosity=1)
