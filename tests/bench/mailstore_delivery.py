# SPDX-License-Identifier: BSD-2-Clause
"""Processor time of LMTP deliveries: the packaged wiring beside the same Dovecot with users in a passwd-file."""

import os
import tempfile
import shutil
import statistics

import figure
from cpu_time import family_seconds
from dovecot_instance import Dovecot

USERS = 2000
TEXT = b"Subject: bench\r\nMessage-ID: <%d@bench.example>\r\n\r\n" + b"A line of some mail, as long as most are in text.\r\n" * 60


def write_limits(store):
    """The files as emailgency-keeper writes them, with a line per mailbox."""
    import hashlib
    shards = {number: [] for number in range(256)}
    for user in range(USERS):
        name = f"u{user}@bench.example"
        shards[hashlib.sha1(name.encode()).digest()[0]].append(f"@{name}::::::: userdb_quota_rule=*:bytes=1000000000\n")
    for number, lines in shards.items():
        with open(f"{store.limits}/{number:02x}", "w", encoding="ascii") as file:
            file.writelines(lines)


def write_users(store):
    with open(f"{store.folder}/users", "w", encoding="ascii") as file:
        file.writelines(f"u{user}@bench.example::::::: userdb_quota_rule=*:bytes=1000000000\n" for user in range(USERS))


def turn(store, messages, first):
    """Processor seconds per message."""
    before = family_seconds(store.pid)
    for start in range(first, first + messages, 10):
        store.deliver("friend@pal.test", [(f"u{n % USERS}@bench.example", TEXT % n) for n in range(start, start + 10)])
    return (family_seconds(store.pid) - before) / messages


def empty(store):
    """Takes the notes, as the keeper does."""
    for name in os.listdir(store.usage):
        os.unlink(os.path.join(store.usage, name))


def run(options):
    folder, rounds, stores = tempfile.mkdtemp(prefix="emg-bench-"), [], {}
    os.chmod(folder, 0o755)
    try:
        for name, packaged in (("wired", True), ("plain", False)):
            os.mkdir(f"{folder}/{name}")
            stores[name] = Dovecot(f"{folder}/{name}", f"bench-{name}", packaged)
            (write_limits if packaged else write_users)(stores[name])
            turn(stores[name], 200, 0)
        for number in range(options.rounds):
            order = ["wired", "plain"] if number % 2 else ["plain", "wired"]
            rounds.append({name: turn(stores[name], options.messages, number * options.messages) for name in order})
            empty(stores["wired"])
    finally:
        for store in stores.values():
            store.stop()
        shutil.rmtree(folder, ignore_errors=True)
    for name in ("wired", "plain"):
        print(f"{name}: {1000 * statistics.median(result[name] for result in rounds):.2f} ms of processor time per message")
    return figure.report("delivery: processor time over passwd-file's", figure.ratios(rounds, "wired", "plain"), below=1.1)
