# SPDX-License-Identifier: BSD-2-Clause
"""Messages a second through Postfix with our milter beside the same Postfix with one that does nothing."""

import os
import subprocess
import time

from cluster import wait_for
from figure import ratios, report
from postfix_instance import Mail, PostfixInstance

BAR = 0.93
SESSIONS = 3  # of each of the four smtp-sources
SETTINGS = """relay_domains = mark.example reject.example
relay_transport = discard:
milter_protocol = 6
milter_default_action = tempfail
smtpd_milters = unix:{socket}
"""


def mails(size):
    """Senders that pass, by a record of their own and by a chain of five."""
    return [Mail(f"a@{kind}{number}.bench.example", f"user@{recipient}.example", size, f"simple{number}.bench.example")
            for number, (kind, recipient) in enumerate((("simple", "mark"), ("chain", "mark"), ("simple", "reject"), ("chain", "reject")))]


class NullMilter:
    def __init__(self, folder, build, mode):
        self.socket = f"{folder}/null-{mode}.sock"
        self.process = subprocess.Popen([f"{build}/tests/bench/milter_null", mode, f"unix:{self.socket}"])
        wait_for(lambda: os.path.exists(self.socket), 5, "milter_null")

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


def take_turns(instances, rounds, messages, size):
    """The first of a round is the last of the next."""
    results = []
    for number in range(rounds):
        order = list(instances) if number % 2 else list(instances)[::-1]
        results.append({name: instances[name].carry(messages, mails(size), SESSIONS) for name in order})
    return results


def passes(milter):
    with open(milter.log, encoding="utf-8", errors="replace") as log:
        return sum("end=accepted" in line and "spf=pass" in line and "spf_helo=pass" in line for line in log)


def measure(instances, milter, args):
    for instance in instances.values():
        instance.carry(200, mails(4000), SESSIONS)
    before, met = passes(milter), []
    for size, rounds, messages, bar in ((4000, args.rounds, args.messages, BAR),
                                        (100_000, (args.rounds + 2) // 3, args.messages // 4, None)):
        results = take_turns(instances, rounds, messages, size)
        for name in instances:
            report(f"{size} bytes, {name}: messages a second", [result[name] for result in results])
        for other in ("skip", "take"):
            met.append(report(f"{size} bytes, milter / {other}", ratios(results, "milter", other),
                              at_least=bar if other == "skip" else None))
        seen, before = passes(milter) - before, passes(milter)
        expected = rounds * (messages // 4 * 4)
        assert seen == expected, f"{seen} messages passed SPF, not {expected}; see {milter.log}"
    return all(met)


def bench(args, cluster, milter):
    """`milter` listens on milter.sock in the cluster's folder."""
    nulls = [NullMilter(cluster.folder, args.build, mode) for mode in ("skip", "take")]
    sockets = {"skip": nulls[0].socket, "take": nulls[1].socket, "milter": f"{cluster.folder}/milter.sock"}
    instances = {}
    try:
        for number, (name, socket) in enumerate(sockets.items()):
            instances[name] = PostfixInstance(cluster.folder, f"postfix-{name}", 2535 + 2 * number, SETTINGS.format(socket=socket))
        time.sleep(2)
        return measure(instances, milter, args)
    finally:
        for instance in instances.values():
            instance.call("stop")
        for null in nulls:
            null.stop()
