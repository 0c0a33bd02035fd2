# SPDX-License-Identifier: BSD-2-Clause
"""Random IMAP commands of many clients in the packaged store, compared with a model of each mailbox, and with the notes of its usage."""

import imaplib
import os
import shutil
import sys
import tempfile
import time

from cluster import ROOT, wait_for
from dovecot_instance import Dovecot, free_port

sys.path.append(f"{ROOT}/tests/support")

from imap_exerciser import Unexpected, exercise  # noqa: E402

IMAP = """
protocols = lmtp imap
disable_plaintext_auth = no
service imap-login {{
    inet_listener imap {{
        address = 127.0.0.1
        port = {port}
    }}
    inet_listener imaps {{
        port = 0
    }}
}}
"""


def noted(store, user):
    """The messages of a user by the note of its usage."""
    with open(f"{store.usage}/{user}.usage", encoding="ascii") as file:
        lines = file.read().split("\n")
    return int(lines[lines.index("priv/quota/messages") + 1])


def run(options):
    folder, port, store = tempfile.mkdtemp(prefix="emg-bench-"), free_port(), None
    users = [f"u{number}@imap.example" for number in range(options.mailboxes)]

    def connect(user):
        client = imaplib.IMAP4("127.0.0.1", port, timeout=120)
        client.login(user, "any")
        return client

    def deliver(user, ident):
        store.deliver("friend@pal.test", [(user, b"Message-ID: <%s>\r\n\r\ntext" % ident.encode())])

    try:
        store = Dovecot(folder, "bench-imap", extra=IMAP.format(port=port))
        begin = time.monotonic()
        try:
            counts, messages = exercise(users, options.clients, options.commands, connect, deliver, options.seed)
            wait_for(lambda: all(noted(store, user) == messages[user] for user in users), 30, "the notes of the usage")
        except (Unexpected, TimeoutError) as error:
            print(f"seed {options.seed}: {error}")
            return False
        made = counts["append"] + counts["deliver"] + counts["copy"]
        print(f"{options.mailboxes} mailboxes, {options.clients} clients in each, seed {options.seed}: {sum(counts.values())} commands {dict(counts)}, "
              f"{made} messages made, {sum(messages.values())} left, in {time.monotonic() - begin:.0f} s; each mailbox is as its clients made it")
        return True
    finally:
        if store:
            store.stop()
        shutil.rmtree(folder, ignore_errors=True)
