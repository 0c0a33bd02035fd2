#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Which row an address is of, and the store's user for it: the daemons' code, the database's functions and a model of a few
lines agree over random rows: extension_test.py RECIPIENT_PROBE MAKE_REPLICA, below tests/support/with_schema."""

import os
import random
import re
import subprocess
import sys
import tempfile
import unittest

PROBE, MAKE_REPLICA = sys.argv[1:3]
DOMAIN = "example.com"
TAG = "prvs=3407616da8dcbc"
DELIMITERS = ["", "+", "-", "+-", "-+", ".", "=+", "_#~"]
PIECES = ["a", "b", "x", "+", "+", "-", "-", ".", "=", "=2b", "_", "#", "~", "owner-", "-request", "'", "/", ";", '"', "\\", "@", TAG, "+" + TAG, "-" + TAG]


def spell(content):
    """The folded spelling of a local part."""
    if re.fullmatch(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*", content):
        return content
    return '"' + re.sub(r'(["\\])', r"\\\1", content) + '"'


def possible(content):
    """Rows' and requests' spelling of odd dots differ on purpose (lib/base/address.h): they are left out."""
    return content and not re.search(r"^\.|\.\.|\.$", content) and len(spell(content)) <= 64


def make_content():
    while True:
        content = "".join(random.choice(PIECES) for _ in range(random.randint(1, 9)))
        if possible(content):
            return content


def row_of(content, rows, delimiters):
    """The longest row that is all of it, all but our tag, or ends before one of the first eight delimiters."""
    if content in rows or not delimiters:
        return content if content in rows else None
    untagged = re.sub("(?<=.)" + re.escape(delimiters[0]) + r"prvs=\d{4}[0-9a-f]{10}$", "", content)
    ends = {len(untagged)}
    whole = untagged in ("mailer-daemon", "double-bounce") or ("-" in delimiters and re.match("owner-|.+-request$", untagged))
    if not whole:
        ends.update([i for i, letter in enumerate(untagged) if i and letter in delimiters][:8])
    return max((row for row in rows if untagged.startswith(row) and len(row) in ends), key=len, default=None)


def store_user(content):
    """As store_address.h says."""
    kept = "abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*-?^_`{|}~"
    return "".join(letter if letter in kept or (letter == "." and i) or (letter == "=" and not re.match("[0-9a-f]{2}", content[i + 1:]))
                   else f"={ord(letter):02x}" for i, letter in enumerate(content))


def sql(statement):
    done = subprocess.run(["psql", "-qXAt", "-v", "ON_ERROR_STOP=1", "-h", os.environ["PG_TEST_HOST"], "-U", "postgres", "-d", "postgres"],
                          input="set search_path = emailgency;" + statement, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def literals(values):
    return ",".join("('" + value.replace("'", "''") + "')" for value in values)


class Extensions(unittest.TestCase):
    def check_round(self, delimiters):
        rows = {make_content() for _ in range(40)}
        asked = [make_content() for _ in range(100)] + sorted(rows)
        asked += [content for content in (row + random.choice("+-.=_#~") + make_content() for row in sorted(rows)) if possible(content)]
        addresses = [f"{spell(content)}@{DOMAIN}" for content in asked]
        boxes = [f"{spell(content)}@{DOMAIN}" for content in sorted(rows)]
        with tempfile.TemporaryDirectory() as folder:
            text = f"setting recipient_delimiter value={delimiters or 'null'}\ndomain {DOMAIN} verify_recipients=false\n"
            text += "".join(f"mailbox {box}\n" if i % 3 else f"alias {box} z@elsewhere.example\n" for i, box in enumerate(boxes))
            subprocess.run([MAKE_REPLICA, folder], input=text, text=True, check=True)
            probed = subprocess.run([PROBE, folder], input="\n".join(addresses) + "\n", capture_output=True, text=True, check=True)
        own = [line.split(" ") for line in probed.stdout.splitlines()]
        theirs = sql(f"""begin; set local session_replication_role = replica;
            update setting set value = '{delimiters}' where name = 'recipient_delimiter';
            insert into domain (name, plan) values ('{DOMAIN}', 'basic');
            insert into mailbox (address, domain) select *, '{DOMAIN}' from (values {literals(boxes[1::3] + boxes[2::3])}) t;
            insert into alias (address, target, domain) select *, 'z@elsewhere.example', '{DOMAIN}' from (values {literals(boxes[::3])}) t;
            select coalesce(recipient_row(a) || ' ' || store_user(recipient_row(a)), '- -')
            from (values {literals(addresses)}) as t (a);
            rollback;""")
        self.assertEqual([len(own), len(theirs)], 2 * [len(addresses)])
        for content, address, mine, other in zip(asked, addresses, own, theirs):
            row = row_of(content, rows, delimiters)
            expected = ["-", "-"] if row is None else [f"{spell(row)}@{DOMAIN}", f"{store_user(row)}@{DOMAIN}"]
            self.assertEqual(mine, expected, (delimiters, address))
            self.assertEqual(other.split(" "), expected, (delimiters, address, "SQL"))

    def test_f18_the_walk_is_the_models(self):
        for seed in range(16):
            random.seed(seed)
            with self.subTest(seed=seed):
                self.check_round(DELIMITERS[seed % len(DELIMITERS)])

    def test_f18_no_two_rows_share_a_user(self):
        random.seed(1)
        contents = sorted({make_content() for _ in range(5000)})
        addresses = [f"{spell(content)}@{DOMAIN}" for content in contents]
        names = sql(f"select store_user(a) from (values {literals(addresses)}) t (a)")
        self.assertEqual(names, [f"{store_user(content)}@{DOMAIN}" for content in contents])
        self.assertEqual(len(set(names)), len(contents))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
