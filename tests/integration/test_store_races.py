# SPDX-License-Identifier: BSD-2-Clause
"""Users and the keeper at work on the same mail: each message is there exactly once, or went by rule."""
import collections
import imaplib
import os
import random
import threading
import time

import psycopg

from stack import wait_for
from store_mail import DAY, PASSWORD, doveadm, dovecot_mail, imap, lmtp

FOLDERS = ("INBOX", "One", "Two")


def everywhere(stack, user):
    found = doveadm(stack, "-f", "tab", "fetch", "-u", user, "hdr.message-id", "mailbox", "*", "ALL").splitlines()[1:]
    return collections.Counter(found)


def append(client, ident, age=0):
    when = imaplib.Time2Internaldate(time.time() - age * DAY - 60)
    code = client.append("INBOX", None, when, f"Message-ID: <{ident}>\r\n\r\ntext\r\n".encode())
    assert code[0] == "OK", code


def move_around(stack, user, stop, moved):
    """Moves mail between the folders until told to stop."""
    with imap(stack, user) as client:
        while not stop.is_set():
            here, there = random.sample(FOLDERS, 2)
            if client.select(here)[1] != [b"0"]:
                uids = client.uid("SEARCH", "ALL")[1][0].split()
                for uid in random.sample(uids, min(3, len(uids))):
                    code = client.uid("MOVE", uid.decode(), there)
                    assert code[0] == "OK" or b"EXPUNGEISSUED" in code[1][0], code
                    moved.append(uid)


def test_moving_mail_that_expires(stack, domain):
    anna, moved = f"anna@{domain}", []
    stack.sql("select set_password(%s, %s)", anna, PASSWORD)
    with imap(stack, anna) as client:
        for folder in FOLDERS[1:]:
            client.create(folder)
        for number in range(15):
            append(client, f"old{number}", 40)
            append(client, f"new{number}", 1)
    old, new = {f"<old{number}>" for number in range(15)}, {f"<new{number}>" for number in range(15)}
    wait_for(lambda: stack.value("select messages from mailbox_usage where address = %s", anna) == 30, 20, "the usage")
    stop = threading.Event()
    mover = threading.Thread(target=move_around, args=(stack, anna, stop, moved))
    mover.start()
    passes = "select passed_at from mailbox_usage where address = %s and lease_until = '-infinity'"
    try:
        wait_for(lambda: moved, 20, "the first move")
        for _ in range(3):
            before = stack.value(passes, anna)
            stack.sql("update mailbox_usage set oldest_at = '-infinity', lease_until = '-infinity' where address = %s", anna)
            wait_for(lambda before=before: stack.value(passes, anna) not in (None, before), 30, "a pass beside the moves")
            assert mover.is_alive()
    finally:
        stop.set()
        mover.join()
    found = everywhere(stack, anna)
    assert {ident: found[ident] for ident in new} == dict.fromkeys(new, 1)
    assert all(found[ident] <= 1 for ident in old) and set(found) <= old | new
    stack.sql("update mailbox_usage set oldest_at = '-infinity', lease_until = '-infinity' where address = %s", anna)
    wait_for(lambda: set(everywhere(stack, anna)) == new, 30, "the old mail to go")


def test_appending_to_an_address_that_is_being_sorted(stack, catchall):
    """It becomes a mailbox while its mail is moved: what was there is moved or stays, and what its user stores stays."""
    undelivered = f".undelivered@{catchall}"
    for turn in range(2):
        user, mine = f"user{turn}@{catchall}", {f"<mine{turn}-{number}>" for number in range(8)}
        sent = {f"<sent{turn}-{number}>" for number in range(6)}
        for ident in sent:
            assert lmtp(stack, user, *[f"run{turn}-{number}@{catchall}" for number in range(4)], sender=f"run{turn}@spam.test", ident=ident.strip("<>")) == [250] * 5
        stack.sql("select tidy(%s)", catchall, wait=False)
        stack.sql("insert into mailbox (address) values (%s) on conflict (address) do update set candidate = false", user, wait=False)
        stack.sql("select set_password(%s, %s)", user, PASSWORD, wait=False)
        with imap(stack, user) as client:
            for ident in mine:
                append(client, ident.strip("<>"))
        wait_for(lambda: stack.value("select count(*) from tidy_request where domain = %s and done_at is null", catchall) == 0, 30, "the sort")
        kept, moved = collections.Counter(everywhere(stack, user)), collections.Counter(dovecot_mail(stack, undelivered, "Mail"))
        assert {ident: kept[ident] for ident in mine} == dict.fromkeys(mine, 1)
        assert not mine & set(moved), "a user's own mail is not for others to read"
        # The others' copies have the same idents, of which no more than five are there.
        assert all(1 <= kept[ident] + moved[ident] <= 5 for ident in sent), (kept, moved)
        assert all(kept[ident] <= 1 for ident in sent)


def test_a_dovecot_that_died_twice_in_a_move(stack, catchall):
    """Once after it copied, once after it linked the files again and before it wrote their GUIDs: the files are as they were then."""
    user, undelivered, home = f"lost@{catchall}", f".undelivered@{catchall}", stack.folder / "mail" / catchall
    stack.sql("update domain set catchall = false where name = %s", catchall)
    superuser = psycopg.connect(stack.env["EMG_PG"].replace("user=operator", "user=postgres"), autocommit=True)
    with superuser, superuser.cursor() as rows:  # no sort begins before the files are there
        rows.execute("insert into emailgency.domain_tidy (domain, unclean, lease_until) values (%s, true, 'infinity')", [catchall])
        for _ in range(2):  # two messages, however alike
            assert lmtp(stack, user, ident="alike") == [250]
        arrived = int(time.time())
        doveadm(stack, "mailbox", "create", "-u", undelivered, "Mail")
        folder = home / ".undelivered/Maildir/.Mail/new"
        for number, path in enumerate(sorted((home / "lost/Maildir/new").iterdir())):
            os.link(path, folder / path.name)
            os.link(path, folder / f"{int(time.time())}.M{number}P1.killed,{path.name.split(',', 1)[1]}")
        assert dovecot_mail(stack, undelivered, "Mail") == ["<alike>"] * 4
        wait_for(lambda: stack.value("select messages from mailbox_usage where address = %s", user) == 2, 20, "the usage")
        wait_for(lambda: int(time.time()) > arrived, 5, "the end of a second, since a sort leaves mail of its own second")
        rows.execute("update emailgency.domain_tidy set lease_until = '-infinity' where domain = %s", [catchall])
    stack.sql("select tidy(%s)", catchall)
    wait_for(lambda: stack.value("select count(*) from tidy_request where domain = %s and done_at is null", catchall) == 0, 60, "the sort")
    assert dovecot_mail(stack, undelivered, "Mail") == ["<alike>"] * 2 and dovecot_mail(stack, user, "INBOX") == []
    received = doveadm(stack, "-f", "tab", "fetch", "-u", undelivered, "hdr.received", "mailbox", "Mail", "ALL").splitlines()[1:]
    assert len({line for line in received if line.startswith("\tid ")}) == 2, "each is a delivery of its own"
