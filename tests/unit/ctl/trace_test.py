#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""emailgencyctl trace on a database: trace_test.py ROOT EMAILGENCYCTL, beside the server of with_schema."""

import datetime
import json
import os
import re
import subprocess
import sys
import unittest

ROOT, CTL = sys.argv[1:3]
del sys.argv[1:3]
CASES = os.path.join(ROOT, "tests/cases/ctl")
DATABASE = f"host={os.environ['PG_TEST_HOST']} dbname=postgres user="
DAY = str(datetime.datetime.now(datetime.timezone.utc).date() - datetime.timedelta(days=1))


class Trace(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        subprocess.run(["psql", "-Xq", "-v", "ON_ERROR_STOP=1", DATABASE + "postgres", "-f", os.path.join(CASES, "trace.sql")], check=True)

    def trace(self, *arguments, login="postgres", zone="UTC"):
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("EMG_", "PG", "TZ"))}
        return subprocess.run([CTL, "trace", *arguments], capture_output=True, text=True, check=False, timeout=60,
                              env={**environment, "EMG_PG": DATABASE + login, "TZ": zone})

    def transcript(self, command):
        """As a terminal would show it; a quoted text is one word, "anna$" is the prompt of a domain admin."""
        login, line = command.split("$ ", 1)
        words = [quoted or plain for quoted, plain in re.findall(r"'([^']*)'|(\S+)", line)]
        result = self.trace(*words[2:], login=login or "postgres")
        code = f"[exit {result.returncode}]\n" if result.returncode else ""
        return f"{command}\n" + result.stdout.replace(DAY, "YESTERDAY") + result.stderr + code

    def test_golden(self):
        with open(os.path.join(CASES, "trace.console"), encoding="utf-8") as file:
            expected = re.sub(r"^#.*\n", "", file.read(), flags=re.M).strip()
        commands = re.findall(r"^(?:anna)?\$ .*$", expected, flags=re.M)
        self.assertGreater(len(commands), 10)
        self.maxDiff = None
        self.assertEqual("\n".join(map(self.transcript, commands)).strip(), expected)

    def test_json_has_the_same_words_and_all_events(self):
        result = self.trace("4jXQd50Mx3z1dLst", "--json")
        (message,) = map(json.loads, result.stdout.splitlines())
        text = self.trace("4jXQd50Mx3z1dLst").stdout
        for key in ("story", "setting", "change"):
            self.assertIn(message[key] + "\n", text)
        self.assertEqual([event["kind"] for event in message["events"]], ["decided", "decided", "deferred", "stored"])
        self.assertEqual(message["recipients"], ["other@example.net", "user@example.com"])

    def test_hostile_texts(self):
        for arguments in (["--client", "192.0.2.66"], ["--client", "192.0.2.66", "--json"], ["4jXQf11Mx3z1dLsw", "--json"]):
            for login in ("postgres", "anna"):
                result = self.trace(*arguments, login=login)
                self.assertIn("4jXQf11Mx3z1dLsw", result.stdout)
                self.assertNotRegex(result.stdout + result.stderr, r"[\x00-\x09\x0b-\x1f\x7f-\x9f]|\\u00[01]")

    def test_time_zone_of_the_terminal(self):
        self.assertIn(f"{DAY} 13:0", self.trace("--queue-id", "4jXQe11Mx3z1dLsu", zone="Asia/Tokyo").stdout.replace("21:0", "13:0"))
        for zone in ("Nowhere/City", "../../etc/passwd", ":UTC"):
            self.assertEqual(self.trace("--queue-id", "4jXQe11Mx3z1dLsu", zone=zone).returncode, 0, zone)

    def test_operands_are_text(self):
        for word in ("' or 1=1 --@x", "$1@x", "%@%", "\\@x", "é@x", "*'*@x"):
            result = self.trace(word)
            self.assertEqual((result.returncode, result.stdout), (0, ""), word)


if __name__ == "__main__":
    unittest.main()
