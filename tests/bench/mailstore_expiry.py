# SPDX-License-Identifier: BSD-2-Clause
"""An expiry pass over very many mailboxes of which few are due."""

import os
import shutil
import time

import figure
from cluster import Cluster, Daemon, wait_for
from dovecot_instance import STORE, Dovecot

OLD_DAYS = 40
ROWS = """
set session_replication_role = replica;
insert into plan (name, mailbox_quota, max_mailboxes, expiry_days) values ('bench', 1000000000, 1000000, 30) on conflict do nothing;
insert into domain (name, plan) select format('d%%s.example', n), 'bench' from generate_series(0, %(domains)s - 1) n;
insert into mailbox (address, domain) select format('u%%s@d%%s.example', n, n %% %(domains)s), format('d%%s.example', n %% %(domains)s) from generate_series(0, %(boxes)s - 1) n;
insert into mailbox_usage (address, domain, bytes, messages, oldest_at, passed_at)
select format('u%%s@d%%s.example', n, n %% %(domains)s), format('d%%s.example', n %% %(domains)s), 2000, 2,
  case when n %% %(every)s = 0 then now() - interval '40 days' else now() - interval '2 days' end, now() - interval '2 hours'
from generate_series(0, %(boxes)s - 1) n;
analyze;
"""


def put(store, user, domain, name, days):
    folder = f"{store.mail}/{domain}/{user}/Maildir"
    for part in ("cur", "new", "tmp"):
        os.makedirs(f"{folder}/{part}", exist_ok=True)
    path, when = f"{folder}/new/{int(time.time()) - days * 86400}.{name}.bench", time.time() - days * 86400
    with open(path, "w", encoding="ascii") as file:
        file.write(f"Message-ID: <{name}@bench.example>\nSubject: bench\n\n" + "text\n" * 100)
    os.utime(path, (when, when))


def fill(store, options, domains):
    """An old message and a new one in each mailbox that is due; the others have no folder."""
    for number in range(0, options.boxes, options.every):
        for days in (OLD_DAYS, 1):
            put(store, f"u{number}", f"d{number % domains}.example", f"{number}-{days}", days)
    for root, folders, files in os.walk(store.mail):
        for name in folders + files:
            shutil.chown(os.path.join(root, name), STORE, STORE)


def messages(store):
    """Of each age in days, and the number of homes that Dovecot opened."""
    found, homes = {OLD_DAYS: 0, 1: 0}, 0
    for root, _, files in os.walk(store.mail):
        if root.endswith(("/new", "/cur")):
            for name in files:
                age = round((time.time() - os.stat(os.path.join(root, name)).st_mtime) / 86400)
                found[age] = found.get(age, 0) + 1
        homes += root.endswith("/Maildir")
    return found, homes


def own_time(store, options, domains):
    """Seconds of the same commands by doveadm alone, of one in ten of the mailboxes, one after another."""
    begin = time.monotonic()
    sample = range(0, options.boxes, options.every * 10)
    for number in sample:
        user = f"u{number}@d{number % domains}.example"
        store.doveadm("-f", "tab", "mailbox", "status", "-u", user, "guid messages", "*")
        store.doveadm("-f", "tab", "fetch", "-u", user, "date.received size.virtual flags", "mailbox", "INBOX", "ALL")
        store.doveadm("expunge", "-u", user, "mailbox", "INBOX", "BEFORE", str(int(time.time()) - 30 * 86400))
    return 10 * (time.monotonic() - begin)


def keeper(cluster, store, build, **options):
    with open(f"{cluster.folder}/doveadm.key", "w", encoding="ascii") as file:
        os.chmod(file.name, 0o600)
        file.write(store.key)
    conninfo = cluster.daemon.replace("user=emailgency_daemon", "user=emailgency_keeper")
    return Daemon(cluster, "keeper", build, database=conninfo, limits_directory=store.limits, usage_directory=store.usage,
                  doveadm_url=f"http://127.0.0.1:{store.port}/doveadm/v1", doveadm_key_file=file.name, **options)


def run(options):
    cluster, domains, store = Cluster(), 1000, None
    due, count = len(range(0, options.boxes, options.every)), "select count(*) from mailbox_usage where passed_at > now() - interval '1 hour'"
    try:
        os.mkdir(f"{cluster.folder}/dovecot")
        store = Dovecot(f"{cluster.folder}/dovecot", "bench-expiry")
        cluster.sql(ROWS % {"domains": domains, "boxes": options.boxes, "every": options.every})
        fill(store, options, domains)
        begin = time.monotonic()
        daemon = keeper(cluster, store, options.build)
        wait_for(lambda: int(cluster.sql(count)) >= due, 600, "the due mailboxes to be looked at")
        seconds = time.monotonic() - begin
        time.sleep(1)
        passed, (found, homes) = int(cluster.sql(count)), messages(store)
        daemon.stop()
        print(f"{options.boxes} mailboxes, {due} due: {passed} looked at, {homes} opened; messages left: {found[1]} new, {found[OLD_DAYS]} old")
        good = passed == due and homes == due and found == {OLD_DAYS: 0, 1: due}
        fill(store, options, domains)
        own = own_time(store, options, domains)
        print(f"a pass: {seconds:.1f} s; the same commands by doveadm alone, one after another: {own:.1f} s")
        return figure.report("expiry: seconds of a pass beyond Dovecot's own", [max(seconds - own, 0)], below=60) and good
    finally:
        if store:
            store.stop()
        cluster.destroy()
