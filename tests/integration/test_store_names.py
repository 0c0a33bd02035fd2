# SPDX-License-Identifier: BSD-2-Clause
"""Each legal local part has a mailbox of its own, which nobody else reads."""
import collections
import imaplib
import random
import re
import string

import psycopg
import pytest

from smtp import new_network
from stack import drop_domain, wait_for
from store_mail import PASSWORD, dovecot_mail, imap, lmtp

LOCALS = ["x", "x+y", "x+y+z", "x=2by", "x=3d2by", "o'neil", "a.b.c", "50%", "%u", "%s%n", "=", "=3d", "a/b", '"a/../b"', "-dash", "#!$&*?^_`{|}~", "*", "n*", "taken",
          '"a b"', '"a\\"b"', '"a\\\\b"', '"a@b"', '".dot"', '".undelivered"', '".."', '"a..b"', '"../x"', '"x\\ "', '""', '"\\"\\""', "n" * 64, "/" * 64,
          '"' + "@" * 62 + '"']
# As long as an address may be, with the last local part: its name in the store is longer than a file's may be.
LONG = ".".join(["".join(random.choices(string.ascii_lowercase, k=60)), "m" * 60, "n" * 59, "example"])


@pytest.fixture
def long_domain(stack):
    drop_domain(stack, LONG)
    stack.sql("insert into domain (name, plan, greylisting, verify_recipients, spf, transport) values (%s, 'basic', 'off', false, 'off', %s)", LONG,
              stack.env["EMG_CUSTOMER"])
    yield LONG
    drop_domain(stack, LONG)


def add(stack, domain):
    """The mailboxes' addresses as the rows have them, and which may log in."""
    stack.sql("update domain set keep_copy = true, spf = 'off' where name = %s", domain)
    for local in LOCALS:
        stack.sql("insert into mailbox (address) values (%s)", f"{local}@{domain}", wait=False)
    stack.wait_current()
    boxes = stack.sql("""select address, store_user(address), login_name_fault(address) is null from mailbox
                         where domain = %s and address not in ('anna@' || domain, 'bert@' || domain) order by address""", domain)
    assert len(boxes) == len(LOCALS)
    return boxes


def test_every_local_part(stack, mx, domain):
    boxes = add(stack, domain)
    assert len({user for _, user, _ in boxes}) == len(boxes)
    for number, (address, _, _) in enumerate(boxes):
        session = mx(new_network())
        # A next server might route on these (docs/protocols.md, relay_domains), or read the address as an option (allow_min_user).
        local = address.rpartition("@")[0].strip('"')
        refused = [554] if any(char in local for char in '@%!:"') else [501] if local.startswith("-") else []
        code = session.envelope("friend@pal.test", address).code
        assert code in [250, *refused], address
        if code in refused:  # mail that comes by other ways is stored all the same
            assert lmtp(stack, boxes[number][1], ident=str(number)) == [250]
        else:
            assert session.data(f"Message-ID: <{number}>\r\nSubject: names\r\n\r\nHello\r\n")[0] == 250
        session.close()
    for number, (address, user, logs_in) in enumerate(boxes):
        wait_for(lambda user=user: dovecot_mail(stack, user, "INBOX"), 30, f"mail of {address}")
        assert dovecot_mail(stack, user, "INBOX") == [f"<{number}>"], address
        if logs_in:
            stack.sql("select set_password(%s, %s)", address, PASSWORD, wait=False)
        else:
            with pytest.raises(psycopg.Error):
                stack.sql("select set_password(%s, %s)", address, PASSWORD, wait=False)
    assert sum(logs_in for _, _, logs_in in boxes) > 15
    for number, (address, _, logs_in) in enumerate(boxes):
        if not logs_in:
            with pytest.raises(imaplib.IMAP4.error):
                with imap(stack, address.replace('"', "").replace("\\", "") or "x"):
                    pass
            continue
        with imap(stack, address) as client:
            assert client.select("INBOX")[1] == [b"1"], address
            assert f"<{number}>".encode() in client.fetch("1", "(BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])")[1][0][1]
            assert {line.rpartition(b" ")[2].strip(b'"') for line in client.list()[1]} == {b"INBOX"}, address


def test_the_usage_of_very_long_names(stack, long_domain):
    """A file of the usage is named after its user, whose name may be longer than a file's."""
    room = 254 - len(long_domain) - 1
    users = []
    for local in ('"' + "@" * (room - 2 if room < 64 else 62) + '"', "u", "a" * min(room, 64)):
        stack.sql("insert into mailbox (address) values (%s)", f"{local}@{long_domain}")
        users += stack.sql("select store_user(address), address from mailbox where address = fold_address(%s)", f"{local}@{long_domain}")
    assert len(users[0][0]) > 249
    for user, _ in users:
        assert lmtp(stack, user, ident="long") == [250]
    for user, address in users:
        wait_for(lambda address=address: stack.value("select messages from mailbox_usage where address = %s", address) == 1, 20, f"the usage of {user}")
    # And once more: the folder of its note is there now.
    assert lmtp(stack, users[0][0], ident="second") == [250]
    wait_for(lambda: stack.value("select messages from mailbox_usage where address = %s", users[0][1]) == 2, 20, "a second note")


def test_addresses_that_no_mailbox_can_have(stack, catchall):
    """Senders write what they like: mail to it goes to Undelivered, and takes no candidate's place."""
    stack.sql("insert into setting (name, value) values ('candidates_per_hour', '2') on conflict (name) do update set value = '2'")
    before = len(stack.daemon_log("keeper"))
    try:
        odd = [f"{'o' * 65}{number}@{catchall}" for number in range(3)] + [f"=c3=bc{number}@{catchall}" for number in range(3)]
        for number, user in enumerate([*odd, f"new@{catchall}"]):
            assert lmtp(stack, user, sender=f"s{number}@pal.test", ident=f"odd{number}") == [250]
        undelivered = f".undelivered@{catchall}"
        wait_for(lambda: set(dovecot_mail(stack, undelivered, "Mail")) == {f"<odd{number}>" for number in range(6)}, 40, "the odd mail to be moved")
        wait_for(lambda: stack.value("select count(*) from mailbox where candidate and address = %s", f"new@{catchall}"), 30, "the candidate")
        unsorted = "select count(*) from mailbox_usage where domain = %s and unsorted"
        wait_for(lambda: stack.value(unsorted, catchall) == 0, 30, "the usage of those that are sorted")
        log = stack.daemon_log("keeper")[before:]
        decided = dict(re.findall(rf' tidy: address="?(\S+?)@{re.escape(catchall)}"? action=(\S+ reason=\S+)', log))
        assert collections.Counter(decided.values()) == {"undelivered reason=no-mailbox": 6, "candidate reason=new": 1}, decided
        assert "action=candidate" not in "".join(line for line in log.splitlines() if "new@" not in line)
    finally:
        stack.sql("delete from setting where name = 'candidates_per_hour'")
