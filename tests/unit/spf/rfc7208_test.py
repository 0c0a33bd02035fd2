#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Runs the RFC 7208 test suite, as Debian's python3-spf ships it, through the program that runs our own cases.

rfc7208_test.py PROGRAM. The suite is read, not copied; its format is described at its head. What it leaves to
the reader: records of type SPF are published as TXT too, unless the name has TXT of its own."""
import gzip
import subprocess
import sys
import tempfile

import yaml

SUITE = "/usr/share/doc/python3-spf/rfc7208-tests.yml.gz"
CASES = 203


def escape(text, blanks=False):
    """Bytes that a case file cannot hold as they are, as \\xHH. The suite writes bytes as U+0000 to U+00FF."""
    return "".join(chr(b) if 32 < b < 127 and chr(b) not in "\\[]" or b == 32 and not blanks else f"\\x{b:02x}"
                   for b in text.encode("latin-1"))


def texts(entries):
    """The TXT records of a name."""
    given = [v for e in entries if isinstance(e, dict) for t, v in e.items() if t == "TXT"]
    chosen = given or [v for e in entries if isinstance(e, dict) for t, v in e.items() if t == "SPF"]
    return ["".join(v) if isinstance(v, list) else v for v in chosen if v != "NONE"]


def records(name, entries):
    for text in texts(entries):
        yield f"{name} TXT {escape(text, blanks=True)}"
    for entry in entries:
        if entry == "TIMEOUT":
            yield f"{name} TIMEOUT"
            continue
        for kind, value in entry.items():
            if kind == "MX":
                yield f"{name} MX {value[0]} {escape(value[1])}"
            elif kind not in ("TXT", "SPF"):
                yield f"{name} {kind} {escape(value)}"


def case(name, test):
    yield f"# {name}"
    fields = {"client": test["host"], "helo": test["helo"], "sender": test["mailfrom"]}
    yield "> " + " ".join(f"{key}={escape(value, blanks=True)}" for key, value in fields.items())
    allowed = test["result"]
    yield "= " + (allowed if isinstance(allowed, str) else " ".join(allowed))
    if "explanation" in test:
        text = "" if test["explanation"] == "DEFAULT" else " " + test["explanation"]
        yield f"= explanation{text}"


def lines(scenarios):
    for scenario in scenarios:
        yield "zone"
        for name, entries in scenario["zonedata"].items():
            yield from records(escape(name, blanks=True), entries)
        for name, test in scenario["tests"].items():
            yield from case(name, test)


def main(program):
    with gzip.open(SUITE) as suite, tempfile.NamedTemporaryFile("w", suffix=".cases") as out:
        out.write("\n".join(lines(yaml.safe_load_all(suite))) + "\n")
        out.flush()
        return subprocess.run([program, out.name, str(CASES)], check=False).returncode


sys.exit(main(sys.argv[1]))
