#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Completion of emailgencyctl by bash, which is given the words before the cursor: completion_test.py EMAILGENCYCTL."""

import os
import subprocess
import sys
import tempfile
import unittest

CTL = sys.argv[1]
del sys.argv[1]

# As readline calls the function; the last argument is the word at the cursor.
DRIVE = """
set -u
source /dev/stdin
[[ $(complete -p emailgencyctl) == "complete -F _emailgencyctl emailgencyctl" ]] || exit 9
COMP_WORDS=(emailgencyctl "$@") COMP_CWORD=$# COMPREPLY=()
_emailgencyctl emailgencyctl "${!#}" "${COMP_WORDS[COMP_CWORD - 1]}"
((${#COMPREPLY[@]} == 0)) || printf '%s\\n' "${COMPREPLY[@]}"
"""


class Completion(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.script = subprocess.run([CTL, "completion", "bash"], capture_output=True, text=True, check=True).stdout

    def complete(self, *words, folder="/"):
        result = subprocess.run(["bash", "--norc", "-c", DRIVE, "bash", *words], input=self.script, capture_output=True, text=True,
                                check=False, cwd=folder)
        self.assertEqual((result.returncode, result.stderr), (0, ""), words)
        return result.stdout.splitlines()

    def help(self, *words):
        return subprocess.run([CTL, *words, "--help"], capture_output=True, text=True, check=True).stdout

    def commands(self):
        lines = [line for line in self.help().splitlines() if line.startswith("  ") and line[2:3].islower()]
        names = [line[2:21].split() for line in lines]
        return [[word for word in name if word.islower()] for name in names if name[0] not in ("help", "completion")]

    def test_first_word(self):
        offered = self.complete("")
        self.assertEqual(len(offered), len(set(offered)))
        self.assertEqual(set(offered), {name[0] for name in self.commands()} | {"completion", "help", "--help", "--version"})
        self.assertEqual(self.complete("expl"), ["explain"])
        self.assertEqual(self.complete("nothing"), [])

    def test_second_word(self):
        self.assertEqual(sorted(self.complete("spf", "")), ["check", "record"])
        self.assertEqual(self.complete("spf", "c"), ["check"])
        self.assertEqual(sorted(self.complete("help", "spf", "")), ["check", "record"])
        self.assertIn("explain", self.complete("help", ""))
        self.assertEqual(self.complete("completion", ""), ["bash"])

    def test_every_option_of_every_command(self):
        for name in self.commands():
            shown = {word for line in self.help(*name).splitlines() if line.startswith("  ") for word in line.split()[:2] if word.startswith("--")}
            self.assertEqual(set(self.complete(*name, "--")), shown | {"--help"}, name)

    def test_words_of_an_option(self):
        self.assertEqual(self.complete("explain", "a@b.example", "--dnsbl", ""), ["clear", "suspicious", "listed", "allowed"])
        self.assertEqual(self.complete("explain", "--spf", "perm"), ["permerror"])
        self.assertEqual(self.complete("explain", "--greylist", "=", "n"), ["new"])
        self.assertEqual(self.complete("explain", "--greylist", "="), ["new", "pass", "away"])
        self.assertEqual(self.complete("explain", "--client", ""), [])
        self.assertIn("--sender", self.complete("explain", "--client", "=", "192.0.2.1", "--"))

    def test_words_are_accepted(self):
        for option in ["--dnsbl", "--greylist", "--spf", "--inet-protocols"]:
            for word in self.complete("explain", option, ""):
                result = subprocess.run([CTL, "explain", "a@b.example", option, word, "-d", "/nonexistent"], capture_output=True, check=False)
                self.assertEqual(result.returncode, 69, (option, word))

    def test_files_and_folders(self):
        with tempfile.TemporaryDirectory(prefix="emg-ctl-") as folder:
            os.mkdir(os.path.join(folder, "some folder"))
            with open(os.path.join(folder, "some file"), "w", encoding="ascii"):
                pass
            self.assertEqual(self.complete("explain", "--directory", "so", folder=folder), ["some folder"])
            self.assertEqual(self.complete("explain", "-d", "so", folder=folder), ["some folder"])
            self.assertEqual(sorted(self.complete("spf", "check", "--worker", "so", folder=folder)), ["some file", "some folder"])


if __name__ == "__main__":
    unittest.main()
