# SPDX-License-Identifier: BSD-2-Clause
"""Searches of a mailbox's text with Debian's dovecot-fts-xapian and without: processor time, and bytes of the index."""

import os
import random
import resource
import shutil
import statistics
import tempfile

from cpu_time import family_seconds
from dovecot_instance import Dovecot
from mailstore_compression import mail, texts

USER = "u0@bench.example"
WORDS = ("greylisting", "certificate", "quota", "unlikely-word")
XAPIAN = """
mail_plugins = $mail_plugins fts fts_xapian
plugin {
    fts = xapian
    fts_xapian = partial=3 full=20
    fts_enforced = yes
}
service indexer-worker {
    vsz_limit = 1G
}
"""
VARIANTS = {"without": "", "xapian": XAPIAN}


def children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def spent(store, *command):
    """Milliseconds of processor time of doveadm and of the processes that worked for it, and what it wrote."""
    before = children() + family_seconds(store.pid)
    out = store.doveadm(*command)
    return 1000 * (children() + family_seconds(store.pid) - before), out


def index_bytes(store):
    return sum(os.stat(os.path.join(root, name)).st_blocks * 512 for root, _, names in os.walk(store.mail) if "xapian" in root for name in names)


def measure(name, messages, folder):
    os.mkdir(folder)
    store = Dovecot(folder, f"bench-search-{name}", extra=VARIANTS[name])
    try:
        for first in range(0, len(messages), 20):
            store.deliver("friend@pal.test", [(USER, text) for text in messages[first:first + 20]])
        index, _ = spent(store, "index", "-u", USER, "INBOX")
        searches = [spent(store, "search", "-u", USER, "mailbox", "INBOX", "body", word) for word in WORDS]
        return index / len(messages), statistics.mean(ms for ms, _ in searches), index_bytes(store) / len(messages), [out.count("\n") for _, out in searches]
    finally:
        store.stop()


def run(options):
    folder, chance = tempfile.mkdtemp(prefix="emg-bench-"), random.Random(1)
    os.chmod(folder, 0o755)
    words, found = texts(), {name: [] for name in VARIANTS}
    messages = [mail(words, chance) for _ in range(options.messages)]
    try:
        for number in range(options.rounds):
            for name in VARIANTS:
                found[name].append(measure(name, messages, f"{folder}/{number}-{name}"))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{len(messages)} messages of {sum(map(len, messages)) / len(messages):.0f} bytes in one folder, {options.rounds} rounds")
    for name, rounds in found.items():
        index, search, size = (statistics.median(column) for column in list(zip(*rounds))[:3])
        print(f"{name}: {search:.0f} ms of processor time for a search of the text, {index:.2f} ms to index a message, {size:.0f} bytes of index per "
              f"message; found {rounds[0][3]}")
    return True
