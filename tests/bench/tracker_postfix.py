# SPDX-License-Identifier: BSD-2-Clause
"""Postfix's processor time per message while the tracker follows its log, and while it does not."""

import os
import shutil
import tempfile

from cluster import Daemon, wait_for
from cpu_time import family_seconds
from figure import ratios, report
from postfix_instance import Mail, PostfixInstance

BAR = 1.03
SESSIONS = 3
SETTINGS = """relay_domains = d0.example
relay_transport = discard:
"""
MAILS = [Mail(f"sender{number}@elsewhere.example", "user@d0.example") for number in range(4)]


class Contender:
    """The same Postfix with or without the tracker, which is there for its own turns only."""

    def __init__(self, args, cluster, instance, tracked):
        self.args, self.cluster, self.instance, self.tracked = args, cluster, instance, tracked
        with open(f"{instance.folder}/spool/pid/master.pid", encoding="ascii") as master:
            self.master = int(master.read())
        self.seconds, self.messages = 0.0, 0

    def follow(self):
        return Daemon(self.cluster, "tracker", self.args.build, directory=None, mail_log=self.instance.log, node="bench",
                      database=self.cluster.conninfo.replace("user=postgres", "user=emailgency_tracker"))

    def carry(self):
        tracker = self.follow() if self.tracked else None
        before = family_seconds(self.master)
        self.instance.carry(self.args.messages, MAILS, SESSIONS)
        self.seconds += family_seconds(self.master) - before
        self.messages += self.args.messages
        if tracker:
            tracker.stop()

    def take(self):
        result = 1000 * self.seconds / self.messages
        self.seconds, self.messages = 0.0, 0
        return result


def bench(args, cluster):
    """The queue is in memory: what the disk does would hide what the log costs."""
    folder = tempfile.mkdtemp(prefix="emg-bench-", dir="/dev/shm")
    os.chmod(folder, 0o755)
    instance = PostfixInstance(folder, "postfix", 2541, SETTINGS)
    try:
        contenders = {"without": Contender(args, cluster, instance, False), "with": Contender(args, cluster, instance, True)}
        for contender in contenders.values():
            contender.carry()
            contender.take()
        results = []
        for _ in range(args.rounds):
            for contender in [*contenders.values(), *reversed(contenders.values())]:
                contender.carry()
            results.append({name: contender.take() for name, contender in contenders.items()})
        tracker = contenders["with"].follow()
        sent = str(instance.delivered())
        wait_for(lambda: cluster.sql("select count(*) from message_event where kind = 'delivered'") == sent, 60, f"{sent} events")
        tracker.stop()
    finally:
        instance.call("stop")
        shutil.rmtree(folder, ignore_errors=True)
    for name in ("without", "with"):
        report(f"ms of Postfix's processor time a message, {name} the tracker", [result[name] for result in results])
    return report("with / without the tracker", ratios(results, "with", "without"), below=BAR)
