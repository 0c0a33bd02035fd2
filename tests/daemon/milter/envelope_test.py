#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The milter's changes of an envelope, applied to a model of Postfix's cleanup(8): whenever the milter goes away, no recipient is lost."""

import os
import random
import re
import unittest

from milter_process import MilterCase

NEVER = "NOTIFY=NEVER"
ALIASES = {"team@quiet.example": ["u@quiet.example", "v@quiet.example"], "far@quiet.example": ["x@elsewhere.example"],
           "self@quiet.example": ["self@quiet.example", "u@quiet.example"]}


def internal(text):
    """An address as Postfix parses it: no brackets, route, comments, quotes, and blanks only within quotes."""
    text = text[1:-1] if text.startswith("<") and text.endswith(">") else text
    text = text.partition(":")[2] if text.startswith("@") else text
    quoted = re.split(r'("[^"]*")', re.sub(r"\([^)]*\)", "", text))
    return "".join(part[1:-1] if part.startswith('"') else part.replace(" ", "") for part in quoted)


def external(address):
    """With a resolver's tidying, as in the macro {rcpt_addr}."""
    local, _, domain = address.rstrip(".").rpartition("@")
    return f'"{local}"@{domain}' if " " in local else f"{local}@{domain}"


class Cleanup:
    """The recipients in a queue file (src/cleanup/cleanup_out_recipient.c and cleanup_milter.c of Postfix 3.7)."""

    def __init__(self):
        self.seen, self.records = set(), []

    def out(self, orcpt, notify, original, address):
        results = ALIASES.get(address.lower(), [address])
        if "SUCCESS" in notify and results != [address]:  # reported as expanded
            notify = notify.replace("SUCCESS,", "") if "," in notify else NEVER
        for result in results:
            key = f"{orcpt}\n{notify}\n{original}\n{result}".lower()
            if key not in self.seen:
                self.seen.add(key)
                self.records.append({"orcpt": orcpt, "notify": notify, "original": original, "result": result})

    def rcpt(self, given, notify, orcpt):
        stored = internal(given)
        self.out(orcpt or f"rfc822;{given.strip('<>')}", notify, stored, stored.rstrip("."))

    def change(self, letter, texts):
        if letter == "2":
            words = texts[1].split(" ")
            orcpt = next((word.partition("=")[2] for word in words if word.startswith("ORCPT=")), "")
            address = internal(texts[0]).rstrip(".")
            self.out(orcpt, NEVER if NEVER in words else "", address, address)
        elif letter == "-":
            stored = internal(texts[0])
            for record in self.records:
                self.seen.discard(f"{record['orcpt']}\n{record['notify']}\n{record['original']}\n{stored}".lower())
            self.records = [record for record in self.records if record["original"] != stored]

    def results(self, notify=None):
        return {record["result"].lower() for record in self.records if notify in (None, record["notify"])}


def some_case(choose, text):
    return "".join(choose.choice((letter.upper(), letter.lower())) for letter in text)


def some_rcpt(choose):
    """The forms of addresses and parameters that clients send."""
    local = choose.choice(("u", "v", "team", "far", "self", "a b", "o'brien", "u+x"))
    local = choose.choice((local, local, some_case(choose, local)))
    domain = choose.choice(("quiet.example",) * 3 + (some_case(choose, "quiet.example"), "QUIET.EXAMPLE", "mark.example"))
    path = f'"{local}"@{domain}' if " " in local or choose.random() < 0.1 else f"{local}@{domain}"
    odd = choose.random()
    if odd < 0.1:
        path += "."
    elif odd < 0.2:
        path = choose.choice(("@a.example:" + path, path.replace("@", f"(@{some_case(choose, 'quiet.example')})@"), path.replace("@", " @ ")))
    parameters = []
    if choose.random() < 0.5:
        parameters.append("NOTIFY=" + choose.choice(("NEVER", "NEVER", "SUCCESS", "SUCCESS,FAILURE", "FAILURE,DELAY")))
    if choose.random() < 0.5:
        parameters.append(f"ORCPT=rfc822;{choose.choice(('o@x.example', 'O@x.example', 'p@x.example'))}")
    return f"<{path}>", parameters


class EnvelopeTest(MilterCase):
    def send(self, rcpts, **macros):
        """The milter's changes of recipients."""
        client = self.milter().connect(address="192.0.2.2").mail()
        for given, parameters in rcpts:
            client.macros("R", rcpt_addr=external(internal(given)))
            self.assertEqual(client.event("R", given, *parameters), "c", given)
        changes, verdict = client.end(**macros)
        self.assertEqual(verdict, "c")
        client.close()
        return [(letter, [text.decode("latin1") for text in data.split(b"\0")]) for letter, data in changes if letter in "2-"]

    def after(self, rcpts, changes):
        cleanup = Cleanup()
        for given, parameters in rcpts:
            values = dict(parameter.split("=", 1) for parameter in parameters)
            notify = f"NOTIFY={values['NOTIFY']}" if "NOTIFY" in values else ""
            cleanup.rcpt(given, notify, values.get("ORCPT"))
        for change in changes:
            cleanup.change(*change)
        return cleanup

    def check(self, rcpts):
        changes = self.send(rcpts)
        everybody = self.after(rcpts, []).results()
        for applied in range(len(changes) + 1):
            self.assertEqual(self.after(rcpts, changes[:applied]).results(), everybody, f"{rcpts} {changes[:applied]}")
        protected = self.after([rcpt for rcpt in rcpts if "quiet" in rcpt[0].lower().rpartition("@")[2]], changes)
        self.assertEqual(protected.results(), protected.results(NEVER), f"{rcpts} {changes}")

    def test_f1_whenever_the_milter_goes_away_nobody_is_lost(self):
        self.start()
        seed = int(os.environ.get("EMG_SEED", random.randrange(10**6)))
        choose = random.Random(seed)
        print(f"EMG_SEED={seed}")
        for _ in range(100):
            self.check([some_rcpt(choose) for _ in range(choose.randrange(1, 12))])

    def test_f1_recipients_that_are_protected_or_repeated(self):
        self.start()
        orcpt = "ORCPT=rfc822;o@x.example"
        for rcpts in ([("<team@quiet.example>", ["NOTIFY=NEVER"])], [("<team@quiet.example>", ["NOTIFY=NEVER", orcpt])],
                      [("<u@quiet.example>", [])] * 2, [("<team@quiet.example>", []), ("<u@quiet.example>", [])] * 2,
                      [("<u@quiet.example>", [orcpt]), ("<u@quiet.example>", ["NOTIFY=NEVER", orcpt])],
                      [("<team@quiet.example>", [orcpt]), ("<team@quiet.example>", ["NOTIFY=SUCCESS", orcpt])],
                      [("<team@quiet.example>", ["NOTIFY=SUCCESS"]), ("<team@quiet.example>", [])],
                      [("<U@quiet.example>", ["NOTIFY=NEVER", orcpt]), ("<u@quiet.example>", [orcpt])],
                      [("<u@quiet.example>", []), ("<u@QUIET.EXAMPLE>", []), ("<u@QUIET.example>", [])]):
            self.check(rcpts)

    def test_f8_other_forms_of_an_address(self):
        self.start()
        for given in ("<u@quiet.example.>", '<"u"@quiet.example>', "<u(x)@quiet.example>", "< u @ quiet.example >",
                      "<@a.example:u@quiet.example>", '<"a b"@quiet.example>', "<u@(QUIET.EXAMPLE)quiet.example>"):
            self.check([(given, [])])
            self.check([(given, []), ("<u@quiet.example>", [])])

    def test_f1_a_postfix_that_takes_results_for_repeated_is_left_alone(self):
        self.start()
        rcpts = [("<u@quiet.example>", [])]
        self.assertEqual(self.send(rcpts, enable_original_recipient="no"), [])
        self.assertEqual(len(self.send(rcpts, enable_original_recipient="yes")), 2)
        self.assertEqual(len(self.send(rcpts)), 2)

    def test_u10_each_recipient_is_changed_once(self):
        self.start()
        changes = self.send([(f"<user{i % 50}@quiet.example>", []) for i in range(500)] +
                            [(f"<list{i}@quiet.example>", ["NOTIFY=NEVER"]) for i in range(400)])
        self.assertEqual([letter for letter, _ in changes], ["2", "-"] * 50)


if __name__ == "__main__":
    unittest.main(verbosity=2)
