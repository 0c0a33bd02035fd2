# SPDX-License-Identifier: BSD-2-Clause
"""The mail store obeys the rows, and loses nothing: quotas, expiry, catch-all mail, with real Dovecot and kill -9."""
import collections
import contextlib
import os
import random
import smtplib
import time

from stack import wait_for
from store_mail import PASSWORD, ages, doveadm, dovecot_mail, imap, lmtp, put_old


def test_mail_expires_by_its_arrival(stack, domain):
    anna = f"anna@{domain}"
    stack.sql("select set_password(%s, %s)", anna, PASSWORD)
    put_old(stack, anna, 1, 5, 9, 11, 20)
    put_old(stack, anna, 15, flags="\\Flagged")
    # Mail that a user stores is looked at within expiry_recheck; a change of the days looks at once at what is known.
    wait_for(lambda: stack.value("select messages from mailbox_usage where address = %s", anna) == 6, 20, "the note of the usage")
    stack.sql("update mailbox set expiry_days = 10 where address = %s", anna)
    wait_for(lambda: ages(stack, anna) == [1, 5, 9, 15], 30, "the old mail to go, and nothing else")
    assert stack.value("select count(*) from incident where domain = %s", domain) == 0


def test_a_full_mailbox_gets_room(stack, domain):
    anna = f"anna@{domain}"
    stack.sql("update mailbox set quota = 400000 where address = %s", anna)
    stack.sql("select set_password(%s, %s)", anna, PASSWORD)
    wait_for(lambda: "=400000" in doveadm(stack, "user", anna), 20, "Dovecot to have the quota")
    put_old(stack, anna, 1, 8, 15, 22, size=80000)
    # Accepted mail waits, and is stored once there is room.
    wait_for(lambda: lmtp(stack, anna, ident="fits", size=80000) == [250], 30, "room for new mail")
    wait_for(lambda: ages(stack, anna)[-1] < 22, 30, "the oldest to go")
    wait_for(lambda: stack.value("select count(*) from outbox where address = %s and kind = 'expiry'", anna), 20, "the user's notice")
    assert stack.value("select expiry_days_effective from mailbox where address = %s", anna) < 30


def test_full_at_the_floor_is_refused_at_the_door(stack, domain, mx):
    anna = f"anna@{domain}"
    stack.sql("update mailbox set quota = 200000 where address = %s", anna)
    stack.sql("select set_password(%s, %s)", anna, PASSWORD)
    put_old(stack, anna, 0, 1, size=98000)
    wait_for(lambda: stack.value("select over_quota from mailbox where address = %s", anna), 30, "the mailbox to be marked")
    stack.wait_current()
    assert ages(stack, anna)[-1] == 1  # beside them the notice
    with smtplib.SMTP(*stack.address("EMG_SMTP")) as client:
        client.ehlo("test.example")
        client.mail("a@pal.test")
        code, text = client.rcpt(anna)
    assert (code, text[:5]) == (452, b"4.2.2")


def test_catch_all_mail_is_sorted(stack, catchall):
    for i in range(6):
        assert lmtp(stack, f"run{i}@{catchall}", sender="run@spam.test", ident=f"run{i}") == [250]
    assert lmtp(stack, f"new@{catchall}", f"x=2by@{catchall}", ident="new") == [250, 250]
    undelivered = f".undelivered@{catchall}"
    wait_for(lambda: stack.value("select count(*) from unknown_address where domain = %s and action <> ''", catchall) == 8, 30, "the decisions")
    # A sort may begin between two of the first messages, before the run shows.
    candidates = {row[0] for row in stack.sql("select address from mailbox where candidate and domain = %s", catchall)}
    assert {f"new@{catchall}", f"x+y@{catchall}"} <= candidates and len(candidates) <= 6
    moved = 8 - len(candidates)
    wait_for(lambda: len(dovecot_mail(stack, undelivered, "Mail")) == moved, 20, "the rest to be moved")
    with imap(stack, f"anna@{catchall}") as client:
        assert "Undelivered/Mail" in str(client.list()) and "Undelivered" not in str(client.lsub())
        assert client.select("Undelivered/Mail")[1] == [str(moved).encode()]
    # A promoted candidate keeps its mail; that of a discarded one goes.
    assert stack.value("select promote(%s)", f"new@{catchall}")
    assert dovecot_mail(stack, f"new@{catchall}", "INBOX") == ["<new>"]
    stack.sql("select discard(%s)", f"x+y@{catchall}")
    wait_for(lambda: len(dovecot_mail(stack, undelivered, "Mail")) == moved + 1, 20, "the discarded mail to be moved")


def everything(stack, domain, users):
    """How often each message is in the store."""
    found = collections.Counter(dovecot_mail(stack, f".undelivered@{domain}", "Mail"))
    for user in users:
        found.update(dovecot_mail(stack, user, "INBOX"))
    return found


def kill_one(stack):
    """Kills the keeper, or a process of Dovecot that carries out its commands."""
    busy = [line.split()[0] for line in stack.processes() if "doveadm-server" in line]
    if not busy or random.random() < 0.5:
        stack.kill("keeper")
        stack.start("keeper")
        return
    with contextlib.suppress(ProcessLookupError):
        os.kill(int(random.choice(busy)), 9)


def test_nothing_is_lost_by_kills(running, catchall):
    """EMG_KILLS=1000 for a long run."""
    stack, sent = running, set()
    kills = int(os.environ.get("EMG_KILLS", "4"))
    users = [f"u{i}@{catchall}" for i in range(4 * kills)]
    for turn in range(kills):
        for user in users[turn * 4:turn * 4 + 4]:
            for copy in range(3):
                sent.add(f"<{user}-{copy}>")
                assert lmtp(stack, user, sender="run@spam.test", ident=f"{user}-{copy}") == [250]
        stack.sql("select tidy(%s)", catchall, wait=False)
        time.sleep(random.random() / 2)
        kill_one(stack)

    def settled():
        stack.sql("select tidy(%s)", catchall, wait=False)
        time.sleep(0.5)
        found = everything(stack, catchall, users)
        assert set(found) <= sent
        return set(found) == sent and set(found.values()) == {1}
    wait_for(settled, 60 + kills, "each message to be there once")


def notes_of(stack):
    return [path for path in (stack.folder / "state/usage").iterdir() if path.name.endswith(".usage")]


def test_delivery_waits_for_no_database(running, catchall):
    """While PostgreSQL is stopped mail is stored at once, its usage is noted, and both are acted upon afterwards."""
    stack, user = running, f"during@{catchall}"
    assert lmtp(stack, f"before@{catchall}", ident="before") == [250]
    stack.postgresql("stop", "-m", "fast")
    try:
        times = []
        for number in range(5):
            begin = time.monotonic()
            assert lmtp(stack, user, ident=f"during{number}") == [250]
            times.append(time.monotonic() - begin)
        assert notes_of(stack), "no note of the usage"
        wait_for(lambda: stack.metrics("keeper")["emailgency_keeper_database_up"] == 0, 20, "the keeper to notice")
    finally:
        stack.postgresql("start")
    assert sorted(times)[2] < 0.6, times  # a look-up of the database would take more than a second
    wait_for(lambda: stack.value("select count(*) from mailbox where address = %s and candidate", user), 60, "the address to be sorted")
    assert stack.value("select messages from mailbox_usage where address = %s", user) == 5
    assert stack.metrics("keeper")["emailgency_keeper_database_up"] == 1


def test_an_open_transaction_holds_up_its_own_mailbox_alone(stack, catchall):
    """An admin's transaction that holds a mailbox and its domain: others' usage is noted, and their mail sorted."""
    anna = f"anna@{catchall}"
    assert lmtp(stack, anna, ident="first") == [250]
    wait_for(lambda: stack.value("select messages from mailbox_usage where address = %s", anna), 20, "the usage")
    with stack.connect() as holder:
        holder.autocommit = False
        with holder.cursor() as cursor:
            cursor.execute("select from mailbox_usage where address = %s for update", (anna,))
            assert lmtp(stack, anna, ident="held") == [250]
            assert lmtp(stack, f"free@{catchall}", ident="free") == [250]
            wait_for(lambda: stack.value("select messages from mailbox_usage where address = %s", f"free@{catchall}"), 20, "another's usage")
            assert stack.value("select messages from mailbox_usage where address = %s", anna) == 1
        holder.rollback()
    wait_for(lambda: stack.value("select messages from mailbox_usage where address = %s", anna) == 2, 20, "the usage after it")


def test_a_deleted_mailbox_comes_back_until_its_mail_is_removed(stack, catchall):
    bert, undelivered = f"bert@{catchall}", f".undelivered@{catchall}"
    assert lmtp(stack, bert, ident="before") == [250]
    wait_for(lambda: stack.value("select messages from mailbox_usage where address = %s", bert), 20, "the usage")
    time.sleep(1.1)  # Dovecot's times of saving are whole seconds
    stack.sql("select delete_mailbox(%s)", bert)
    time.sleep(1.1)
    assert lmtp(stack, bert, ident="after") == [250]
    wait_for(lambda: dovecot_mail(stack, undelivered, "Mail") == ["<after>"], 30, "later mail to be moved")
    stack.sql("select restore_mailbox(%s)", bert)
    assert dovecot_mail(stack, bert, "INBOX") == ["<before>"]
    time.sleep(1.1)
    try:
        stack.sql("update setting set value = '0' where name = 'trash_days'")
        stack.sql("select delete_mailbox(%s)", bert)
        wait_for(lambda: dovecot_mail(stack, bert, "INBOX") == [], 120, "the deleted mailbox' mail to be removed")
        wait_for(lambda: not stack.value("select count(*) from mailbox_trash where address = %s", bert), 20, "the end of its row")
    finally:
        stack.sql("delete from setting where name = 'trash_days'")
    assert dovecot_mail(stack, undelivered, "Mail") == ["<after>"]


def test_a_discarded_address_keeps_no_mail(stack, catchall):
    """It was a mailbox, with folders. Nobody reads them any more, and no mail in them expires."""
    bert, undelivered = f"bert@{catchall}", f".undelivered@{catchall}"
    stack.sql("select set_password(%s, %s)", bert, PASSWORD)
    folders = ("INBOX", "Archive", "Archive/2026", "Entw&APw-rfe")
    with imap(stack, bert) as client:
        for folder in folders:
            client.create(folder)
            assert client.append(folder, "\\Flagged", None, f"Message-ID: <{folder}>\r\n\r\ntext\r\n".encode())[0] == "OK"
    wait_for(lambda: stack.value("select messages from mailbox_usage where address = %s", bert) == len(folders), 20, "the usage")
    stack.sql("select delete_mailbox(%s)", bert)
    stack.sql("select discard(%s)", bert)
    wait_for(lambda: sorted(dovecot_mail(stack, undelivered, "Mail")) == sorted(f"<{folder}>" for folder in folders), 30, "all of its mail to be moved")
    assert dovecot_mail(stack, bert, "*") == []
    wait_for(lambda: not stack.value("select unsorted from mailbox_usage where address = %s", bert), 20, "the usage afterwards")


def test_many_unknown_recipients(stack, catchall):
    """No more candidates than an hour may have; the rest is in Undelivered, and nothing is lost."""
    stack.sql("insert into setting (name, value) values ('candidates_per_hour', '3') on conflict (name) do update set value = '3'")
    users = [f"u{number}@{catchall}" for number in range(60)]
    try:
        for first in range(0, len(users), 4):  # more recipients of one sender would be a dictionary run
            assert lmtp(stack, *users[first:first + 4], sender=f"s{first}@pal.test", ident=f"s{first}") == [250] * 4
        wait_for(lambda: stack.value("select count(*) from mailbox_usage where domain = %s and address like 'u%%'", catchall) == len(users), 30, "the usage")
        stack.sql("select tidy(%s)", catchall)
        wait_for(lambda: stack.value("select count(*) from mailbox_usage where domain = %s and unsorted", catchall) == 0, 120, "all to be sorted")
        candidates = stack.sql("select address from mailbox where candidate and domain = %s", catchall)
        assert len(candidates) == 3
        found = collections.Counter(dovecot_mail(stack, f".undelivered@{catchall}", "Mail"))
        for user, in candidates:
            found.update(dovecot_mail(stack, user, "INBOX"))
        assert found == {f"<s{first}>": 4 for first in range(0, len(users), 4)}
    finally:
        stack.sql("delete from setting where name = 'candidates_per_hour'")
