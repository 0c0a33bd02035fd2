# SPDX-License-Identifier: BSD-2-Clause
"""Random kills of the keeper, and of Dovecot's processes that work for it, while mail moves and expires; every message is counted."""

import collections
import os
import random
import shutil
import signal
import time

from cluster import Cluster, wait_for
from dovecot_instance import STORE, Dovecot
from mailstore_expiry import keeper, put

DOMAIN = "kill.example"
ROWS = f"""
insert into setting (name, value) values ('tidy_interval', '5'), ('expiry_recheck', '5')
on conflict (name) do update set value = excluded.value;
insert into plan (name, mailbox_quota, max_mailboxes, expiry_days) values ('bench', 1000000000, 1000000, 30) on conflict do nothing;
insert into domain (name, plan, catchall) values ('{DOMAIN}', 'bench', true);
insert into mailbox (address) select format('box%s@{DOMAIN}', n) from generate_series(0, 9) n;
"""


class Kills:
    def __init__(self, cluster, store, options):
        self.cluster, self.store, self.options, self.random = cluster, store, options, random.Random(options.seed)
        self.stay, self.go = set(), set()  # messages that must be there once, and those that are due
        self.users, self.killed = set(), collections.Counter()
        self.daemon = self.start()

    def start(self):
        return keeper(self.cluster, self.store, self.options.build, poll_interval=1)

    def feed(self, number):
        """Mail of a dictionary run to unknown addresses, and a mailbox with old and new mail."""
        for user in range(4):
            name = f"r{number}u{user}"
            self.users.add(f"{name}@{DOMAIN}")
            idents = [f"{name}-{copy}" for copy in range(1 + self.random.randrange(8))]
            self.stay.update(idents)
            self.store.deliver("run@spam.test", [(f"{name}@{DOMAIN}", b"Message-ID: <%s>\r\n\r\ntext" % ident.encode()) for ident in idents])
        box = f"box{self.random.randrange(10)}"
        for copy in range(4):
            days = 40 if copy % 2 else 1
            (self.go if copy % 2 else self.stay).add(f"{number}b{copy}")
            self.put(box, f"{number}b{copy}", days)
        self.cluster.sql(f"insert into mailbox_usage (address, domain, bytes, messages) values ('{box}@{DOMAIN}', '{DOMAIN}', 1, 1) "
                         f"on conflict (address) do update set oldest_at = '-infinity'; select tidy('{DOMAIN}')")

    def put(self, box, ident, days):
        put(self.store, box, DOMAIN, ident, days)
        for root, folders, files in os.walk(f"{self.store.mail}/{DOMAIN}/{box}"):
            for path in (root, *(os.path.join(root, name) for name in folders + files)):
                try:
                    shutil.chown(path, STORE, STORE)
                except FileNotFoundError:
                    pass  # Dovecot is at work
        shutil.chown(f"{self.store.mail}/{DOMAIN}", STORE, STORE)

    def workers(self):
        """Dovecot's processes that carry out commands. Each lives for milliseconds, so no program is run to find them."""
        found = []
        with open(f"/proc/{self.store.pid}/task/{self.store.pid}/children", encoding="ascii") as children:
            for pid in children.read().split():
                try:
                    with open(f"/proc/{pid}/comm", encoding="ascii") as name:
                        if name.read().startswith("doveadm-server"):
                            found.append(int(pid))
                except (FileNotFoundError, ProcessLookupError):
                    pass
        return found

    def command_begins(self, command, times, seconds=4):
        """Waits until Dovecot begins that command so many times, if it does. A random time alone seldom meets a move."""
        end = time.monotonic() + seconds
        with open(f"{self.store.folder}/dovecot.log", encoding="utf-8", errors="replace") as log:
            log.seek(0, os.SEEK_END)
            while times > 0 and time.monotonic() < end:
                times -= log.read().count(f"Executing command '{command}'")
                time.sleep(0.002)
        return times <= 0

    def moment(self, within):
        """Waits for a random moment; returns what it is."""
        command = self.random.choice([None, None, "move", "move", "move", "expunge", "deduplicate", "fetch"])
        if command and self.command_begins(command, 1 + self.random.randrange(4 if command in ("move", "fetch") else 1)):
            time.sleep(self.random.random() * within)
            return command
        time.sleep(self.random.random() * 0.4)
        return "any"

    def kill_worker(self):
        moment = self.moment(0.006)
        workers = self.workers()
        try:
            if workers:
                os.kill(self.random.choice(workers), signal.SIGKILL)
                self.killed[f"doveadm-server at {moment}"] += 1
        except ProcessLookupError:
            return False
        return bool(workers)

    def kill(self):
        if self.random.random() < 0.5 and self.kill_worker():
            return
        moment = self.moment(0.03)
        self.daemon.process.kill()
        self.daemon.process.wait()
        self.killed[f"keeper at {moment}"] += 1
        os.unlink(self.daemon.pid_file)
        self.daemon = self.start()

    def everything(self):
        """How often each message is in the store."""
        found = collections.Counter()
        for root, _, files in os.walk(self.store.mail):
            if root.endswith(("/new", "/cur")):
                for name in files:
                    try:
                        with open(os.path.join(root, name), encoding="ascii") as file:
                            text = file.read().split("Message-ID: <", 1)[1]
                    except FileNotFoundError:
                        continue
                    found[text.split(">", 1)[0].split("@")[0]] += 1
        return found

    def faults(self):
        found = self.everything()
        return ([f"lost: {ident}" for ident in sorted(self.stay - set(found))]
                + [f"{count} times: {ident}" for ident, count in found.items() if count > 1]
                + [f"unknown: {ident}" for ident in sorted(set(found) - self.stay - self.go)]
                + [f"not expired: {ident}" for ident in sorted(self.go & set(found))])

    def settled(self):
        self.cluster.sql(f"update domain_tidy set lease_until = '-infinity'; update mailbox_usage set lease_until = '-infinity', "
                         f"oldest_at = case when address like 'box%' then '-infinity' else oldest_at end; select tidy('{DOMAIN}')")
        time.sleep(2)
        return not self.faults() and not int(self.cluster.sql("select count(*) from mailbox_usage where unsorted"))


def run(options):
    cluster, store, kills = Cluster(), None, None
    try:
        os.mkdir(f"{cluster.folder}/dovecot")
        store = Dovecot(f"{cluster.folder}/dovecot", "bench-kills")
        cluster.sql(ROWS)
        kills = Kills(cluster, store, options)
        end = time.monotonic() + options.minutes * 60
        for number in range(options.rounds):
            kills.feed(number)
            kills.kill()
            lost = [line for line in kills.faults() if line.startswith("lost")] if number % 50 == 49 else []
            if lost or time.monotonic() > end:
                break
        print(f"{number + 1} rounds; the rest is left to be done", flush=True)
        try:
            wait_for(kills.settled, 60 + options.rounds, "each message to be there once")
        except TimeoutError:
            pass
        faults = kills.faults()
        print(f"{sum(kills.killed.values())} kills ({dict(kills.killed)}), seed {options.seed}: {len(kills.stay)} messages to keep, "
              f"{len(kills.go)} due; {len(faults)} faults")
        print("\n".join(faults[:20]), end="\n" if faults else "")
        return not faults
    finally:
        if kills:
            kills.daemon.stop()
        if store:
            store.stop()
        cluster.destroy()
