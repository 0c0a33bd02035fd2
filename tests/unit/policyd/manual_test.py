# SPDX-License-Identifier: BSD-2-Clause
"""Manual pages say what the programs do: manual_test.py ROOT PROGRAM…, each page beside its program's source."""

import os
import re
import shutil
import subprocess
import sys
import unittest

ROOT, PROGRAMS = sys.argv[1], sys.argv[2:]
del sys.argv[1:]


def page_text(path):
    """As a reader sees it; a mistake in the markup is an error of groff."""
    result = subprocess.run(["groff", "-mdoc", "-Tascii", "-P-c", "-ww", path], capture_output=True, text=True, check=True)
    return re.sub(r".\x08", "", result.stdout), result.stderr


def source_of(program, section):
    name = os.path.basename(program)
    folder = {"emailgency-keeper": "mailstore", "emailgency-console-auth": "consoleauth"}.get(name, name.removeprefix("emailgency-"))
    return os.path.join(ROOT, folder, name + section)


def options_of(program):
    """Key and value of each option, as -p prints them without a file's help."""
    result = subprocess.run([program, "-p", "-c", "/dev/null"], capture_output=True, text=True, check=True)
    return dict(re.findall(r'^(\w+) = "?(.*?)"?$', result.stdout, flags=re.M))


class ManualTest(unittest.TestCase):
    @unittest.skipIf(not shutil.which("groff"), "needs groff-base")
    def test_pages_are_well_formed(self):
        for program in PROGRAMS:
            for section in [".8", ".conf.5"]:
                text, problems = page_text(source_of(program, section))
                self.assertEqual(problems, "", program)
                self.assertIn("SEE ALSO", text)
                self.assertLessEqual(max(map(len, text.splitlines())), 100)

    def test_every_option_has_its_entry(self):
        for program in PROGRAMS:
            with open(source_of(program, ".conf.5"), encoding="ascii") as file:
                entries = re.findall(r"^\.It Cm (.*)$", file.read(), flags=re.M)
            named = {word for entry in entries for word in re.findall(r"\b[a-z_]+\b", entry)}
            self.assertEqual(named, set(options_of(program)), program)

    def test_defaults_are_those_of_the_program(self):
        for program in PROGRAMS:
            with open(source_of(program, ".conf.5"), encoding="ascii") as file:
                entries = re.split(r"^\.It Cm ", file.read(), flags=re.M)[1:]
            for key, value in options_of(program).items():
                entry = next(text for text in entries if key in re.findall(r"\b[a-z_]+\b", text.splitlines()[0]))
                stated = re.sub(r"\n\.\w+ |\n", " ", entry.partition("Default:")[2])
                self.assertTrue(value in stated or not value, f"{program}: {key} is {value} and not:{stated}")

    def test_every_switch_is_named(self):
        for program in PROGRAMS:
            usage = subprocess.run([program, "-h"], capture_output=True, text=True, check=True).stdout
            with open(source_of(program, ".8"), encoding="ascii") as file:
                page = file.read()
            for switch in set(re.findall(r"^  -(\w)", usage, flags=re.M)):
                self.assertIn(".It Fl " + switch, page, program)
            for switch in set(re.findall(r" --([a-z]+)", usage)):
                self.assertRegex(page, rf"(?m)^\.It Fl \w , -{switch}\b", program)


if __name__ == "__main__":
    unittest.main()
