# SPDX-License-Identifier: BSD-2-Clause
"""Mail to very many unknown addresses of a catch-all domain: the candidates of an hour, Undelivered, and the time."""

import collections
import os
import time

import figure
from cluster import Cluster, wait_for
from dovecot_instance import Dovecot
from mailstore_expiry import keeper

DOMAIN = "catchall.example"
ROWS = f"""
insert into plan (name, max_candidates) values ('bench', 100000) on conflict do nothing;
insert into domain (name, plan, catchall) values ('{DOMAIN}', 'bench', true);
"""


def send(store, addresses):
    """A sender for each four addresses: more would be a dictionary run. Each recipient by itself, as Postfix sends (lmtp_destination_recipient_limit)."""
    for first in range(0, addresses, 4):
        store.deliver(f"s{first}@pal.test", [(f"u{number}@{DOMAIN}", b"Message-ID: <s%d>\r\n\r\ntext" % number)
                                             for number in range(first, min(first + 4, addresses))])


def places(store):
    """How many messages there are in Undelivered and elsewhere, and how many of each in all."""
    found, count = collections.Counter(), collections.Counter()
    for root, _, files in os.walk(store.mail):
        if root.endswith(("/new", "/cur")):
            found["undelivered" if "/.undelivered/" in root else "kept"] += len(files)
            for name in files:
                with open(os.path.join(root, name), encoding="ascii") as file:
                    count[file.read().split("Message-ID: <", 1)[1].split(">", 1)[0]] += 1
    return found, count


def run(options):
    cluster, store, daemon = Cluster(), None, None
    unsorted = f"select count(*) from mailbox_usage where domain = '{DOMAIN}' and unsorted"
    try:
        os.mkdir(f"{cluster.folder}/dovecot")
        store = Dovecot(f"{cluster.folder}/dovecot", "bench-catchall")
        cluster.sql(ROWS)
        send(store, options.addresses)
        daemon = keeper(cluster, store, options.build)
        wait_for(lambda: int(cluster.sql("select count(*) from mailbox_usage")) >= options.addresses, 120, "the usage")
        begin = time.monotonic()
        cluster.sql(f"select tidy('{DOMAIN}')")
        wait_for(lambda: int(cluster.sql(unsorted)) == 0, 1800, "all to be sorted")
        seconds = time.monotonic() - begin
        found, count = places(store)
        candidates = int(cluster.sql("select count(*) from mailbox where candidate"))
        hour = int(cluster.sql("select setting_value('candidates_per_hour')"))
        print(f"{options.addresses} unknown addresses: {candidates} candidates of {hour} an hour, {found['undelivered']} messages in Undelivered, "
              f"{found['kept']} with the candidates; {seconds / options.addresses * 1000:.1f} ms an address")
        good = candidates <= hour and found["kept"] == candidates and len(count) == options.addresses and all(times == 1 for times in count.values())
        return figure.report("catch-all: seconds until all is sorted", [seconds], below=options.addresses * 0.06) and good
    finally:
        if daemon:
            daemon.stop()
        if store:
            store.stop()
        cluster.destroy()
