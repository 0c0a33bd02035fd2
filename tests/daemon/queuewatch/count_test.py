# SPDX-License-Identifier: BSD-2-Clause
"""The counts of emailgency-queuewatch in queues of a real Postfix, beside what postqueue -j prints."""
import os
import subprocess
import time
import unittest

from queue_case import ROWS, QueueCase
from queue_maker import QueueMaker


class CountTest(QueueCase):
    def test_domains_by_all_their_names(self):
        self.start_postfix()
        self.send("u@d1.example", 3)
        self.send("u@ALIAS.example", 2)
        self.send("u@d1example.service.example")
        self.send("u@d1.example.store.invalid")
        self.send("u@a-b.example", 2)
        self.send("u@a.b.example")
        self.send("u@other.example")
        self.send_to_all(["u@d1.example", "u@a-b.example", "u@other.example"])
        self.wait_deferred(12)
        held = self.postqueue()
        self.start(ROWS)
        self.wait_sample({"d1.example": 7, "d1.example.store.invalid": 1, "a-b.example": 3, "a.b.example": 1})
        domains, queues, cycle = self.sample()
        self.assertEqual(queues, {"incoming": 0, "active": 0, "deferred": 12, "hold": 0})
        self.assertEqual(cycle[2:], ["complete", "0"])
        self.assertEqual(domains["d1.example"][2], min(at for _, names, at in held.values()
                                                       if names & {"d1.example", "alias.example", "d1example.service.example"}))
        # Only those that a log of two domains has, or none of a watched domain.
        self.assertEqual(self.envelopes(), 5)

    def test_what_is_late(self):
        self.start_postfix()
        maker = QueueMaker(self.postfix)
        maker.fill(0, 0)
        now = int(time.time())
        for number, age in enumerate((10, 59, 70, 600, 4000)):
            for name in ("d1.example", "a-b.example"):
                maker.add(name, 10 * number + len(name), now - age)
        self.start(ROWS)
        self.wait_sample({"d1.example": 5, "a-b.example": 5})
        self.wait_until(lambda: self.sample()[0] == {"d1.example": (5, 4, now - 4000), "a-b.example": (5, 1, now - 4000)}, "the late ones")
        self.wait_until(lambda: self.metric("emailgency_queuewatch_alert_domains") == 1, "the metric")
        self.assertEqual(self.metric("emailgency_queuewatch_late_messages"), 5)
        self.assertEqual(self.metric('emailgency_queuewatch_domain_late_messages{domain="d1.example"}'), 4)

    def test_oldest_messages(self):
        self.start_postfix()
        maker = QueueMaker(self.postfix)
        maker.fill(0, 0)
        now = int(time.time())
        added = [(maker.add("d1.example", number, now - 1000 + number * 37 % 100), now - 1000 + number * 37 % 100) for number in range(100)]
        self.start(ROWS)
        self.wait_sample({"d1.example": 100})
        wanted = [["message", identity, str(at), "deferred"] for identity, at in sorted(added, key=lambda each: each[1])]
        self.assertEqual(self.ask("messages d1.example 20"), wanted[:20])
        self.assertEqual(self.ask("messages alias.example 1000"), wanted)
        self.assertEqual(self.ask("messages a-b.example 20"), [])
        self.assertEqual(self.ask("messages unknown.example 20"), [])

    def test_held_and_active_mail(self):
        self.start_postfix()
        self.send("held@d1.example", 2)
        self.send("u@slow.example")
        self.wait_until(lambda: len(self.postqueue()) == 3, "the mail")
        self.start(ROWS + "domain slow.example\n")
        self.wait_sample({"d1.example": 2, "slow.example": 1})
        self.assertEqual(self.sample()[1], {"incoming": 0, "active": 1, "deferred": 0, "hold": 2})

    def test_mail_that_goes(self):
        self.start_postfix()
        self.send("u@d1.example", 10)
        self.send("u@a-b.example", 10)
        self.wait_deferred(20)
        self.start(ROWS)
        self.wait_sample({"d1.example": 10, "a-b.example": 10})
        gone = [identity for identity, (_, names, _) in self.postqueue().items() if names == {"d1.example"}][:7]
        subprocess.run(["postsuper", "-c", f"{self.postfix.folder}/conf", "-d", "-"], input="\n".join(gone), text=True, check=True, capture_output=True)
        self.wait_sample({"d1.example": 3, "a-b.example": 10})
        subprocess.run(["postsuper", "-c", f"{self.postfix.folder}/conf", "-d", "ALL"], check=True, capture_output=True)
        self.wait_sample({})

    def test_an_emptied_log(self):
        self.start_postfix()
        self.send("u@d1.example", 5)
        self.wait_deferred(5)
        log = f"{self.spool}/flush/d1_example"
        self.start(ROWS)
        self.wait_sample({"d1.example": 5})
        subprocess.run(["postqueue", "-c", f"{self.postfix.folder}/conf", "-s", "d1.example"], check=True)
        self.wait_until(lambda: os.path.getsize(log) == 85, "each message to be deferred again", 60)
        self.send("u@d1.example", 2)
        self.wait_deferred(7)
        self.wait_sample({"d1.example": 7})
        self.assertEqual(self.envelopes(), 0)

    def test_rows_that_change(self):
        self.start_postfix()
        self.send("u@d1.example", 2)
        self.send("u@other.example", 3)
        self.wait_deferred(5)
        self.start(ROWS)
        self.wait_sample({"d1.example": 2})
        self.load_rows(ROWS + "domain other.example\n")
        self.wait_sample({"d1.example": 2, "other.example": 3})
        self.load_rows("plan basic\ndomain a0.example\ndomain other.example\n")
        self.wait_sample({"other.example": 3})

    def test_short_ids_and_folders_below_folders(self):
        self.start_postfix(long="no", hashed="incoming, active, deferred, bounce, defer, flush, hold", depth=2)
        self.send("u@d1.example", 3)
        self.send("held@d1.example")
        self.send("u@a.b.example", 2)
        self.wait_deferred(5)
        held = self.postqueue()
        self.assertTrue(all(len(identity) < 16 for identity in held))
        self.start(ROWS)
        self.wait_sample({"d1.example": 4, "a.b.example": 2})
        self.wait_until(lambda: self.sample()[0]["d1.example"][2] == min(at for _, names, at in held.values() if names == {"d1.example"}), "the age")
        self.assertEqual({(words[1], words[3]) for words in self.ask("messages d1.example 10")},
                         {(identity, queue) for identity, (queue, names, _) in held.items() if names == {"d1.example"}})

    def test_a_walk_finds_what_is_delivered_in_part(self):
        self.start_postfix()
        self.send_to_all(["u@d1.example", "u@a-b.example"])
        self.wait_deferred(1)
        self.start(ROWS, walk_interval=2)
        self.wait_sample({"d1.example": 1, "a-b.example": 1})
        (path,) = [f"{folder}/{name}" for folder, _, names in os.walk(f"{self.spool}/deferred") for name in names]
        with open(path, "r+b") as file:  # as qmgr(8) marks a recipient that has the message
            content = file.read()
            file.seek(content.index(b"R\x0du@a-b.example"))
            file.write(b"D")
        self.wait_sample({"d1.example": 1})

    def test_strange_files(self):
        self.start_postfix()
        maker = QueueMaker(self.postfix)
        maker.fill(0, 0)
        identity = maker.add("d1.example", 1, int(time.time()) - 100)
        digit = f"{self.spool}/deferred/0"
        broken = maker.add("other.example", 2, int(time.time()) - 100)
        with open(f"{digit}/{broken}", "r+b") as file:
            file.truncate(300)
        os.mkfifo(f"{digit}/4jchYj6hKrz1fSHK", 0o700)
        os.symlink(f"{digit}/{identity}", f"{digit}/4jchYj6GBtz1fSHD")
        os.mkdir(f"{digit}/4jchYk0SCcz1fSHZ", 0o700)
        for name in ("123.456", "core", "4jchYj6hKr", "x" * 200):
            with open(f"{digit}/{name}", "wb"):
                pass
        os.symlink(self.spool, f"{digit}/F")  # a loop
        self.start(ROWS)
        self.wait_sample({"d1.example": 1})
        self.wait_log("a queue file has no envelope that can be read")
        self.wait_until(lambda: self.metric("emailgency_queuewatch_cycles_total") >= 4, "cycles")
        self.assertEqual(self.domains(), {"d1.example": 1})

    def test_more_messages_than_fit(self):
        self.start_postfix()
        maker = QueueMaker(self.postfix)
        maker.fill(1200, 1)
        self.start("plan basic\ndomain d00001.example\n", messages_max=1000)
        self.wait_log("more messages are in the queue than messages_max")
        self.wait_until(lambda: self.sample()[2][2] == "incomplete", "the sample")
        self.assertEqual(self.domains(), {"d00001.example": 1000})


if __name__ == "__main__":
    unittest.main()
