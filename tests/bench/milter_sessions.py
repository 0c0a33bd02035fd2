# SPDX-License-Identifier: BSD-2-Clause
"""Memory and descriptors of the milter and its workers under a mixed load of sessions (milter_load.c): at the start, after
20,000, when caches are full and connections made, and after all."""

import os
import subprocess
import time

WARM, CONNECTIONS, GROWTH_MAX = 20_000, 40, 0.05


def resident_kib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def processes(milter):
    """The milter and its workers, in the order of their start."""
    with open(f"/proc/{milter}/task/{milter}/children", encoding="ascii") as children:
        own = [int(pid) for pid in children.read().split()]
    tasks = os.listdir(f"/proc/{milter}/task")
    for task in tasks:
        with open(f"/proc/{milter}/task/{task}/children", encoding="ascii") as children:
            own += [int(pid) for pid in children.read().split()]
    return [milter] + sorted(set(own))


def settled(milter):
    """(resident KiB, descriptors) per process, once libmilter has closed the connections that ended."""
    pids = processes(milter)
    last, until = None, time.monotonic() + 20
    while time.monotonic() < until:
        now = [descriptors(pid) for pid in pids]
        if now == last:
            break
        last = now
        time.sleep(1)
    return {pid: (resident_kib(pid), count) for pid, count in zip(pids, last)}


def load(args, socket, sessions):
    done = subprocess.run([f"{args.build}/tests/bench/milter_load", socket, str(sessions), str(CONNECTIONS)], check=True,
                          capture_output=True, text=True)
    print(done.stdout.strip(), flush=True)


def bench(args, cluster, milter):
    socket, pid = f"{cluster.folder}/milter.sock", milter.process.pid
    before = settled(pid)
    load(args, socket, WARM)
    warm = settled(pid)
    load(args, socket, args.sessions - WARM)
    after = settled(pid)
    met = before.keys() == warm.keys() == after.keys()
    if not met:
        print(f"workers ended: {sorted(before)} {sorted(warm)} {sorted(after)}")
    for process in before.keys() & warm.keys() & after.keys():
        growth = after[process][0] / warm[process][0] - 1
        flat = growth < GROWTH_MAX and warm[process][1] == after[process][1]
        met = met and flat
        print(f"{'milter' if process == pid else 'worker':<8} resident KiB {before[process][0]} -> {warm[process][0]} -> "
              f"{after[process][0]} ({growth:+.1%}, bar < {GROWTH_MAX:.0%})  descriptors {before[process][1]} -> {warm[process][1]} -> "
              f"{after[process][1]}  {'met' if flat else 'MISSED'}")
    return met
