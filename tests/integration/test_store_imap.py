# SPDX-License-Identifier: BSD-2-Clause
"""Several IMAP clients at once in the same mailboxes: the store holds what they made of it, and the rows know how much."""
import imaplib
import random
import sys

from stack import SOURCE, wait_for
from store_mail import PASSWORD, lmtp

sys.path.append(str(SOURCE / "tests" / "support"))

from imap_exerciser import exercise  # noqa: E402


def test_clients_at_once(stack, domain):
    users, seed = [f"anna@{domain}", f"bert@{domain}"], random.randrange(10**6)
    for user in users:
        stack.sql("select set_password(%s, %s)", user, PASSWORD)

    def connect(user):
        client = imaplib.IMAP4(*stack.address("EMG_IMAP"), timeout=60)
        client.login(user, PASSWORD)
        return client

    def deliver(user, ident):
        assert lmtp(stack, user, ident=ident) == [250]

    counts, messages = exercise(users, 3, 40, connect, deliver, seed, workers=6)
    assert sum(counts.values()) == 240, (seed, counts)
    for user in users:
        wait_for(lambda user=user: stack.value("select messages from mailbox_usage where address = %s", user) == messages[user], 20, f"the usage of {user}, seed {seed}")
