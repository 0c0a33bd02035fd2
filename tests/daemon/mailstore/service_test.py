# SPDX-License-Identifier: BSD-2-Clause
"""emailgency-keeper beside a real database, and a Dovecot that is away, hangs, or answers nonsense."""
import threading
import unittest

import keeper_case
from daemon_process import psql
from doveadm_stand_in import FAULTS, endless, hang, late
from keeper_case import DOMAIN


SHOWN = b'[["doveadmResponse",[{"hdr.return-path":"<a@pal.test>","hdr.authentication-results":"","date.saved.unixtime":"1"}],"1"]]'


class KeeperTest(keeper_case.KeeperCase):
    def failing(self, command, faults):
        """Mailboxes of whose commands one fails in each of these ways, beside one that is well."""
        for name, fault in faults.items():
            self.dovecot.faults[self.mailbox(name), command] = fault
        self.mailbox("well")
        self.start(self.rows, mailboxes_at_once=4)
        self.wait_until(lambda: self.is_done("well"), "the mailbox that is well")
        self.wait_until(lambda: self.tried(faults, command), "each answer")
        self.wait_until(lambda: psql("select count(*) from mailbox_usage where lease_until > now() + interval '2 minutes'") == "0", "the end of each job")

    def test_nonsense_instead_of_folders(self):
        self.failing("mailboxStatus", FAULTS)
        for name in FAULTS:
            self.assertEqual((name, self.row(name), self.dovecot.mail(f"{name}@{DOMAIN}")), (name, "777|7|t", ["old", "new"]))
        self.assertGreaterEqual(self.metric('emailgency_keeper_errors_total{error="doveadm"}'), len(FAULTS))
        self.recovered(FAULTS)

    def test_nonsense_instead_of_an_expunge(self):
        # An expunge has no rows, so an answer without is right.
        faults = {name: fault for name, fault in FAULTS.items() if name not in ("no-fields", "numbers")}
        self.failing("expunge", faults)
        for name in faults:
            mail = ["new"] if faults[name] is late else ["old", "new"]
            self.assertEqual((name, self.row(name), self.dovecot.mail(f"{name}@{DOMAIN}")), (name, "777|7|t", mail))
        self.recovered(faults)

    def test_nonsense_instead_of_mail(self):
        """The mail expires by its age all the same; its figures stay as they were, and it is looked at again."""
        self.failing("fetch", {name: FAULTS[name] for name in ("not-json", "no-fields", "cut", "hang")})
        for name in ("not-json", "no-fields", "cut", "hang"):
            self.wait_until(lambda name=name: self.dovecot.mail(f"{name}@{DOMAIN}") == ["new"], "the old mail to go")
            self.wait_until(lambda name=name: self.row(name) == "777|7|f", "the pass")
            self.assertEqual(psql(f"select oldest_at < 'infinity' from mailbox_usage where address = '{name}@{DOMAIN}'"), "t")

    def test_mail_that_is_moved_while_it_is_listed(self):
        """As by a user's IMAP client, which makes Dovecot's fetch fail with code 75: it is listed again, and no fault."""
        user, left = self.mailbox("anna"), [3]

        def moved(server, handler, honest):
            left[0] -= 1
            if left[0] == 0:
                del server.faults[user, "fetch"]
            FAULTS["exit-75"](server, handler, honest)

        self.dovecot.faults[user, "fetch"] = moved
        self.start(self.rows)
        self.wait_until(lambda: self.is_done("anna"), "the mailbox")
        self.assertEqual(self.dovecot.counted("fetch"), [user] * 4)
        self.assertEqual(self.metric('emailgency_keeper_errors_total{error="doveadm"}'), 0)

    def test_mail_that_is_moved_whenever_it_is_listed(self):
        """The old mail goes all the same, and the figures stay as they were."""
        user = self.mailbox("anna")
        self.dovecot.faults[user, "fetch"] = FAULTS["exit-75"]
        self.start(self.rows)
        self.wait_until(lambda: self.row("anna") == "777|7|f", "the pass")
        self.assertEqual(self.dovecot.mail(user), ["new"])
        self.assertEqual(self.dovecot.counted("fetch"), [user] * 4)
        self.assertEqual(self.metric('emailgency_keeper_errors_total{error="doveadm"}'), 1)

    def test_a_dovecot_that_hangs_in_each_folder(self):
        """The job ends after the second folder, and not after all."""
        user = self.mailbox("many")
        for number in range(200):
            self.dovecot.put(user, "old", 40, f"folder{number}")
        self.dovecot.faults[user, "fetch"] = hang
        self.start(self.rows)
        self.wait_until(lambda: psql("select lease_until between now() and now() + interval '2 minutes' from mailbox_usage") == "t", "the job to be put off")
        self.assertEqual(self.dovecot.counted("fetch"), [user] * 2)
        self.assertEqual(self.row("many"), "777|7|t")

    def test_an_endless_answer(self):
        """The keeper ends it, and its memory is bounded."""
        for number in range(4):
            self.dovecot.faults[self.mailbox(f"huge{number}"), "mailboxStatus"] = endless
        self.mailbox("well")
        process = self.start(self.rows, mailboxes_at_once=2, doveadm_timeout_ms=60000)
        self.wait_until(lambda: self.is_done("well") and self.tried([f"huge{number}" for number in range(4)], "mailboxStatus"), "the others")
        self.wait_log("its answer is too long")
        with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
            peak = int(next(line for line in status if line.startswith("VmHWM")).split()[1])
        self.assertLess(peak, 800 << 10)  # with the quarantine of AddressSanitizer, 256 MB
        self.assertLess(self.dovecot.sent, 512 << 20)
        self.assertEqual(self.row("huge0"), "777|7|t")

    def test_away_and_back(self):
        self.mailbox("anna")
        self.unknown("new")
        self.dovecot.close()
        self.start(self.rows)
        self.wait_until(lambda: self.metric('emailgency_keeper_errors_total{error="doveadm"}'), "the failure")
        psql(f"select tidy('{DOMAIN}')")
        self.wait_until(lambda: psql("select problem from tidy_request") == "Dovecot does not answer", "the sort to be given up")
        self.assertEqual((self.row("anna"), self.row("new"), psql("select count(*) from unknown_address")), ("777|7|t", "100|1|f", "0"))
        self.serve()
        self.due_again()
        psql(f"select tidy('{DOMAIN}')")
        self.wait_until(lambda: self.is_done("anna"), "the mailbox")
        self.wait_until(lambda: psql(f"select count(*) from mailbox where candidate and address = 'new@{DOMAIN}'") == "1", "the candidate")

    def test_an_address_that_is_not_shown_lets_the_others_go_first(self):
        for number in range(6):
            self.unknown(f"u{number}")
        for number in (1, 4):
            self.dovecot.faults[f"u{number}@{DOMAIN}", "fetch"] = hang if number == 1 else FAULTS["no-fields"]
        self.start(self.rows)
        candidates = "select string_agg(split_part(address, '@', 1), ' ' order by address) from mailbox where candidate"
        for _ in range(3):  # an answer that does not come ends a sort; each sort gets further
            psql(f"select tidy('{DOMAIN}')")
            self.wait_until(lambda: psql("select count(*) from tidy_request where done_at is null") == "0", "the sort")
        self.assertEqual(psql(candidates), "u0 u2 u3 u5")
        self.assertEqual(psql("select string_agg(address || ' ' || action || ' ' || reason, ', ' order by address) from unknown_address where action = 'wait'"),
                         f"u1@{DOMAIN} wait not-read, u4@{DOMAIN} wait not-read")
        self.dovecot.faults.clear()
        psql(f"select tidy('{DOMAIN}')")
        self.wait_until(lambda: psql(candidates) == "u0 u1 u2 u3 u4 u5", "the rest")

    def test_mail_that_is_not_moved_lets_the_others_go_first(self):
        psql(f"update domain set catchall = false where name = '{DOMAIN}'")
        for number in range(5):
            self.unknown(f"u{number}")
        self.dovecot.faults[f"u1@{DOMAIN}", "move"] = hang
        self.dovecot.faults[f"u3@{DOMAIN}", "move"] = FAULTS["not-json"]
        self.dovecot.faults[f"u4@{DOMAIN}", "move"] = FAULTS["exit-75"]
        self.start(self.rows)
        owner = f".undelivered@{DOMAIN}"
        for _ in range(3):
            psql(f"select tidy('{DOMAIN}')")
            self.wait_until(lambda: psql("select count(*) from tidy_request where done_at is null") == "0", "the sort")
        self.assertEqual(sorted(self.dovecot.mail(owner, "Mail")), ["u0", "u2"])
        self.assertGreaterEqual(int(psql("select count(*) from unknown_address where reason = 'not-moved'")), 2)
        self.assertEqual(psql("select unclean from domain_tidy"), "t")
        self.dovecot.faults.clear()
        psql(f"select tidy('{DOMAIN}')")
        self.wait_until(lambda: sorted(self.dovecot.mail(owner, "Mail")) == [f"u{number}" for number in range(5)], "the rest")

    def test_the_first_claim_is_not_taken_for_an_earlier_process(self):
        """A request may wake the keeper before anything else; its lease stays, so that no second sort starts beside the first."""
        psql(f"update domain set catchall = false where name = '{DOMAIN}'")
        for number in range(5):
            self.unknown(f"u{number}")
        psql(f"select tidy('{DOMAIN}')")

        def slow(server, handler, honest):
            server.closed.wait(5)  # the keeper's other rounds begin two seconds after its start, where it had no connection at once
            handler.reply(SHOWN)

        self.dovecot.faults[f"u1@{DOMAIN}", "fetch"] = slow
        stop = threading.Event()
        waker = threading.Thread(target=lambda: [psql("notify emailgency_keeper") for _ in iter(stop.is_set, True)])
        waker.start()
        try:
            self.start(self.rows, doveadm_timeout_ms=60000)
            self.wait_until(lambda: psql("select count(*) from tidy_request where done_at is null") == "0", "the sort")
        finally:
            stop.set()
            waker.join()
        users = [f"u{number}@{DOMAIN}" for number in range(5)]
        self.assertEqual((sorted(self.dovecot.counted("fetch")), sorted(self.dovecot.counted("move"))), (users, users))
        self.assertEqual(self.dovecot.counted("deduplicate"), [])

    def sorted_once(self):
        """Asks for a sort; returns what its request says, and then the counted addresses."""
        psql(f"delete from tidy_request; select tidy('{DOMAIN}')")
        self.wait_until(lambda: psql("select count(*) from tidy_request where done_at is null") == "0", "the sort")
        return psql("select moved, problem from tidy_request")

    def test_second_copies_that_have_another_guid(self):
        """One delivery, recipient and text is one message; whatever differs in one of them is another."""
        psql(f"update domain set catchall = false where name = '{DOMAIN}'")
        owner, twice = f".undelivered@{DOMAIN}", {"received": "by d with LMTP id Twice", "recipient": f"a@{DOMAIN}", "text": "one text \x00 and the end"}
        self.dovecot.store[owner] = {"INBOX": [], "Mail": []}
        stay = {"first": {}, "text": {"text": "one text \x00 and the END"}, "recipient": {"recipient": f"b@{DOMAIN}"}, "delivery": {"received": "by d with LMTP id Other"},
                "imap1": {"received": ""}, "imap2": {"received": ""}, "smtp1": {"received": "by d with ESMTP id X"}, "smtp2": {"received": "by d with ESMTP id X"},
                "nobody1": {"recipient": ""}, "nobody2": {"recipient": ""}}
        for ident, other in [*stay.items(), ("second", {}), ("third", {})]:
            self.dovecot.put(owner, ident, 0, "Mail", **{**twice, **other})
        self.unknown("u0")
        self.start(self.rows)
        self.assertEqual(self.sorted_once(), "1|")
        self.assertEqual(self.dovecot.mail(owner, "Mail"), [*stay, "second", "third", "u0"])  # no move has broken off
        psql("update domain_tidy set unclean = true")
        self.assertEqual(self.sorted_once(), "0|")
        self.assertEqual(self.dovecot.mail(owner, "Mail"), [*stay, "u0"])
        self.assertEqual(psql("select unclean from domain_tidy"), "t")  # Dovecot may carry the move on

    def test_second_copies_that_are_not_shown_stay(self):
        psql(f"update domain set catchall = false where name = '{DOMAIN}'")
        owner = f".undelivered@{DOMAIN}"
        self.dovecot.store[owner] = {"INBOX": [], "Mail": []}
        for ident in ("first", "second"):
            self.dovecot.put(owner, ident, 0, "Mail", recipient=f"a@{DOMAIN}", received="by d with LMTP id Twice", text="text")
        self.unknown("u0")
        self.start(self.rows)
        self.sorted_once()
        for fault in ("not-json", "no-fields", "exit-75", "cut"):
            self.dovecot.faults[owner, "fetch"] = FAULTS[fault]
            psql("update domain_tidy set unclean = true")
            self.assertEqual(self.sorted_once(), "0|Dovecot did not remove second copies")
            self.assertEqual((self.dovecot.mail(owner, "Mail"), self.dovecot.counted("expunge")), (["first", "second", "u0"], []))
        self.dovecot.faults.clear()
        self.assertEqual(self.sorted_once(), "0|")
        self.assertEqual(self.dovecot.mail(owner, "Mail"), ["first", "u0"])

    def test_mail_that_comes_within_the_second_of_a_sort(self):
        """It waits for the next one, and is not counted."""
        psql(f"update domain set catchall = false where name = '{DOMAIN}'")
        early, late_one, both = (self.unknown(name) for name in ("early", "late", "both"))
        self.dovecot.store[late_one]["INBOX"][0]["saved"] += 10000
        self.dovecot.put(both, "later", 0, saved=self.dovecot.store[late_one]["INBOX"][0]["saved"])
        self.start(self.rows)
        self.assertEqual(self.sorted_once(), "2|")
        self.assertEqual(sorted(self.dovecot.mail(f".undelivered@{DOMAIN}", "Mail")), ["both", "early"])
        self.assertEqual(sorted(self.dovecot.counted("move")), sorted([early, both]))
        self.assertEqual((self.dovecot.mail(late_one), self.dovecot.mail(both)), (["late"], ["later"]))
        psql(f"delete from mailbox_usage where address = '{early}'")
        for user in (late_one, both):
            self.dovecot.store[user]["INBOX"][0]["saved"] -= 20000
        self.assertEqual(self.sorted_once(), "2|")
        self.assertEqual(sorted(self.dovecot.mail(f".undelivered@{DOMAIN}", "Mail")), ["both", "early", "late", "later"])

    def test_a_deleted_mailbox_without_new_mail_is_not_counted(self):
        user = self.mailbox("gone")
        psql(f"delete from mailbox where address = '{user}'; update mailbox_trash set deleted_at = now() - interval '1 minute'; "
             f"update mailbox_usage set passed_at = now(), oldest_at = 'infinity', measured_at = now() where address = '{user}'")
        self.start(self.rows)
        self.assertEqual(self.sorted_once(), "0|")
        self.assertEqual((self.dovecot.mail(user), self.dovecot.counted("move")), (["old", "new"], []))
        self.assertEqual(psql("select count(*) from mailbox_usage u join mailbox_trash t using (address) where u.measured_at > t.deleted_at"), "0")

    def test_a_mailbox_of_very_many_folders(self):
        """A pass takes a share of them, another one each hour; no count of a share is taken for all."""
        user = self.mailbox("many")
        for number in range(2499):
            self.dovecot.put(user, f"old{number}", 40, f"folder{number}")
        self.start(self.rows)
        self.wait_until(lambda: self.row("many") == "777|7|f", "the pass", 200)
        self.assertEqual(len(self.dovecot.counted("fetch")), 500)
        self.assertEqual(sum(len(messages) for messages in self.dovecot.store[user].values()), 2501 - 500)
        self.assertEqual(psql("select oldest_at + interval '30 days' between now() + interval '50 minutes' and now() + interval '1 hour' from mailbox_usage"), "t")

    def test_a_sort_that_takes_longer_than_its_lease(self):
        psql(f"update domain set catchall = false where name = '{DOMAIN}'")
        for number in range(3):
            self.unknown(f"u{number}")
        released = threading.Event()

        def held(server, handler, honest):
            released.wait(60)
            server.faults.clear()
            handler.reply(b'[["doveadmResponse",[],"1"]]')

        self.dovecot.faults[f"u1@{DOMAIN}", "fetch"] = held
        self.start(self.rows, doveadm_timeout_ms=60000)
        psql(f"select tidy('{DOMAIN}')")
        self.wait_until(lambda: f"u1@{DOMAIN}" in self.dovecot.counted("fetch"), "the look")
        psql("update domain_tidy set lease_until = now() - interval '1 second'")
        self.wait_until(lambda: psql("select lease_until > now() from domain_tidy") == "t", "the next claim")
        released.set()
        self.wait_until(lambda: psql("select count(*) from tidy_request where done_at is null") == "0", "the sort")
        self.assertEqual(sorted(self.dovecot.counted("fetch")), [f"u{number}@{DOMAIN}" for number in range(3)])
        self.assertEqual(sorted(self.dovecot.counted("move")), [f"u0@{DOMAIN}", f"u2@{DOMAIN}"])

    def test_many_at_once(self):
        """One sort takes 200 addresses; the next ones follow at once, within the candidates of an hour."""
        psql("insert into setting (name, value) values ('candidates_per_hour', '3') on conflict (name) do update set value = excluded.value")
        for number in range(250):
            self.dovecot.put(f"u{number}@{DOMAIN}", f"u{number}", 0)
        psql(f"insert into mailbox_usage (address, domain, bytes, messages) select format('u%s@{DOMAIN}', n), '{DOMAIN}', 100, 1 from generate_series(0, 249) n")
        self.start(self.rows)
        self.wait_until(lambda: len(self.dovecot.mail(f".undelivered@{DOMAIN}", "Mail")) >= 247, "all to be sorted", 200)
        self.assertEqual(psql("select count(*) from mailbox where candidate"), "3")
        self.assertEqual(len(self.dovecot.mail(f".undelivered@{DOMAIN}", "Mail")), 247)
        psql("delete from setting where name = 'candidates_per_hour'")


if __name__ == "__main__":
    unittest.main()
