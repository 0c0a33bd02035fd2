# SPDX-License-Identifier: BSD-2-Clause
"""emailgency-keeper beside a database, or a Dovecot, of another release: it deletes and moves nothing until they match."""
import json
import os
import threading
import unittest

import keeper_case
from daemon_process import psql
from doveadm_stand_in import FAULTS
from keeper_case import DOMAIN

CONTRACT = "create or replace function store_contract() returns integer language sql immutable parallel safe return %s"


class Held:
    """A fault: the honest answer, when it is released."""

    def __init__(self):
        self.asked, self.release = threading.Event(), threading.Event()

    def __call__(self, server, handler, honest):
        self.asked.set()
        self.release.wait(60)
        row = {"hdr.return-path": "<a@pal.test>", "hdr.authentication-results": "", "date.saved.unixtime": "1"}
        handler.reply(json.dumps([["doveadmResponse", [row], "1"]]).encode())


class ReleasesTest(keeper_case.KeeperCase):
    def nothing_was_done(self, names=("anna", "gone")):
        """A mailbox with old mail, a deleted one, and unknown addresses have all their mail."""
        for name in names:
            self.assertEqual(sorted(self.dovecot.mail(f"{name}@{DOMAIN}")), ["new", "old"])
        self.assertEqual([len(self.dovecot.mail(f"u{number}@{DOMAIN}")) for number in range(3)], [1, 1, 1])
        self.assertEqual([self.dovecot.counted(command) for command in ("expunge", "move", "deduplicate")], [[], [], []])

    def due_work(self):
        """Mail to expire, of a deleted mailbox, and to sort."""
        self.mailbox("anna")
        gone = self.mailbox("gone")
        psql(f"delete from mailbox where address = '{gone}'; update mailbox_usage set measured_at = now() - interval '2 years' where address = '{gone}'; update mailbox_trash set deleted_at = now() - interval '1 year';"
             f"update domain set catchall = false where name = '{DOMAIN}'")
        for number in range(3):
            self.unknown(f"u{number}")
        psql(f"select tidy('{DOMAIN}')")

    def logged(self, words):
        return sum(words in line for line in self.log)

    def is_all_done(self):
        return (self.is_done("anna") and psql("select count(*) from mailbox_trash") == "0"
                and sorted(self.dovecot.mail(f".undelivered@{DOMAIN}", "Mail")) == ["u0", "u1", "u2"])

    def other_contract(self, change, back):
        """A database of another release hands out nothing; the keeper says so once, and works when it is of the same release."""
        self.due_work()
        psql(change)
        try:
            with open(f"{self.dir}/usage/anna@{DOMAIN}.usage", "w", encoding="ascii") as file:
                file.write("priv/quota/storage\n100\npriv/quota/messages\n1\n")
            self.start(self.rows)
            self.wait_until(lambda: self.metric("emailgency_keeper_database_differs") == 1, "the metric")
            refused = 'emailgency_keeper_errors_total{error="contract"}'
            self.wait_until(lambda: self.metric(refused) >= 9, "each claim to be refused three times")
            self.nothing_was_done()
            self.assertEqual(self.logged("the database is of another release than this keeper"), 1)
            self.assertEqual(os.listdir(f"{self.dir}/usage/+taken"), [f"anna@{DOMAIN}.usage"])
        finally:
            psql(back)
        self.wait_until(self.is_all_done, "the work")
        self.wait_until(lambda: self.metric("emailgency_keeper_database_differs") == 0, "the metric to fall")
        self.wait_until(lambda: not os.listdir(f"{self.dir}/usage/+taken"), "the note to be handed in")

    def test_a_database_of_a_later_release(self):
        now = psql("select store_contract()")
        self.other_contract(CONTRACT % (int(now) + 1), CONTRACT % now)

    def test_a_database_of_an_earlier_release(self):
        """Its functions take no contract."""
        names = {"claim_expiry": "integer, text, integer, integer", "claim_tidy": "integer, text, integer", "note_usage": "integer, text[], bigint[], bigint[]"}
        self.other_contract(";".join(f"alter function {name}({arguments}) rename to {name}_later" for name, arguments in names.items()),
                            ";".join(f"alter function {name}_later({arguments}) rename to {name}" for name, arguments in names.items()))

    def test_a_release_that_comes_while_work_is_claimed(self):
        """Mail that was claimed before is not moved after."""
        self.due_work()
        first = self.dovecot.faults[f"u0@{DOMAIN}", "fetch"] = Held()
        self.start(self.rows, doveadm_timeout_ms=60000)
        self.assertTrue(first.asked.wait(60))
        now = int(psql("select store_contract()"))
        psql(CONTRACT % (now + 1))
        try:
            first.release.set()
            self.wait_until(lambda: self.metric("emailgency_keeper_database_differs") == 1, "the metric")
            self.wait_until(lambda: len(self.dovecot.counted("fetch")) >= 3, "the look at each")
            self.wait_until(lambda: self.metric('emailgency_keeper_errors_total{error="contract"}') >= 6, "refusals")
            self.assertEqual(self.dovecot.counted("move"), [])
        finally:
            psql(CONTRACT % now)
        psql("update domain_tidy set lease_until = '-infinity'")
        self.wait_until(lambda: sorted(self.dovecot.mail(f".undelivered@{DOMAIN}", "Mail")) == ["u0", "u1", "u2"], "the sort by the same release")

    def other_layout(self, layout):
        right, self.dovecot.layout = self.dovecot.layout, layout
        self.due_work()
        self.start(self.rows)
        self.wait_until(lambda: self.metric("emailgency_keeper_dovecot_differs") == 1, "the metric")
        self.wait_until(lambda: psql("select problem from tidy_request") == "Dovecot has the configuration of another release", "the sort to be given up")
        self.wait_until(lambda: self.tried(["anna", "gone"], "user"), "each mailbox")
        self.nothing_was_done()
        self.assertEqual(self.logged("Dovecot has the mail store's configuration of another release"), 1)
        self.dovecot.layout = right
        psql(f"select tidy('{DOMAIN}'); update mailbox_trash set lease_until = '-infinity'")
        self.due_again()
        self.wait_until(self.is_all_done, "the work")
        self.assertEqual(self.metric("emailgency_keeper_dovecot_differs"), 0)

    def test_a_dovecot_of_an_earlier_release(self):
        self.other_layout(None)

    def test_a_dovecot_of_a_later_release(self):
        self.other_layout(str(int(self.dovecot.layout) + 1))

    def test_nonsense_instead_of_the_layout(self):
        faults = {name: fault for name, fault in FAULTS.items() if name != "hang"}
        for name, fault in faults.items():
            user = self.mailbox(name)
            self.dovecot.faults[user, "user"] = fault
        self.start(self.rows, mailboxes_at_once=1)
        # Without a mailbox that is well, no layout is proved.
        self.wait_until(lambda: self.tried(faults, "user"), "each answer")
        self.assertEqual(self.dovecot.counted("expunge"), [])
        self.recovered(faults)


if __name__ == "__main__":
    unittest.main()
