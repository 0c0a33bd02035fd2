# SPDX-License-Identifier: BSD-2-Clause
"""Postfix instances that take turns in carrying the same mail, each with all that works for it."""

import subprocess

from cpu_time import family_seconds
from postfix_instance import PostfixInstance

SINK = "127.0.4.9:2526"
SESSIONS = 3


def static_tables(cluster, domains):
    """The lines of main.cf for tables that say what transportmap says."""
    lines = ""
    for parameter, key, value in (("relay_domains", "d%d.example", "OK"), ("relay_recipient_maps", "u@d%d.example", "OK"),
                                  ("transport_maps", "d%d.example", f"relay:[{SINK.split(':')[0]}]:{SINK.split(':')[1]}"),
                                  ("virtual_alias_maps", "u@d%d.example", "u@d%d.example")):
        path = f"{cluster.folder}/{parameter}"
        with open(path, "w", encoding="ascii") as out:
            out.writelines(f"{key % n} {value % n if '%' in value else value}\n" for n in range(domains))
        subprocess.run(["postmap", "-c", cluster.folder, f"lmdb:{path}"], check=True)
        lines += f"{parameter} = lmdb:{path}\n"
    return lines


class Contender:
    """An instance and all that works for it."""

    def __init__(self, cluster, name, port, settings, running):
        self.instance = PostfixInstance(cluster.folder, name, port, settings)
        with open(f"{self.instance.folder}/spool/pid/master.pid", encoding="ascii") as master, \
                open(f"{cluster.data}/postmaster.pid", encoding="ascii") as postmaster:
            self.pids = [int(master.read()), int(postmaster.readline())] + [daemon.process.pid for daemon in running]
        self.seconds, self.messages, self.processor = 0.0, 0, 0.0

    def used(self):
        return sum(family_seconds(pid) for pid in self.pids)

    def carry(self, messages, mails):
        before = self.used()
        rate = self.instance.carry(messages, mails, SESSIONS)
        self.processor += self.used() - before
        self.seconds += messages / rate
        self.messages += messages

    def take(self):
        """Messages a second and processor seconds per message since the last call."""
        result = self.messages / self.seconds, self.processor / self.messages
        self.seconds, self.messages, self.processor = 0.0, 0, 0.0
        return result


def run_rounds(contenders, args, mails):
    """Each round goes through the instances to and fro, so that what slows the machine down for a while slows down all."""
    for contender in contenders.values():
        contender.carry(args.messages, mails)
        contender.take()
    for _ in range(args.rounds):
        for contender in list(contenders.values()) + list(contenders.values())[::-1]:
            contender.carry(args.messages, mails)
        yield {name: contender.take() for name, contender in contenders.items()}
