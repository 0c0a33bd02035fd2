# SPDX-License-Identifier: BSD-2-Clause
"""Random IMAP commands of many clients at once, several of them in one mailbox, and what must be in it afterwards.

Each client has messages of its own, which no other touches, and a model of them: so the outcome is known although the order is not.
"""
import collections
import concurrent.futures
import imaplib
import random
import re

FOLDERS = ("INBOX", "Archive", "Archive/2026", "Sent items")
FLAGS = ("\\Seen", "\\Flagged", "\\Answered", "\\Draft", "$Label1")
WEIGHTS = {"append": 8, "deliver": 1, "store": 6, "copy": 3, "move": 4, "expunge": 2, "search": 2, "fetch": 5}


class Unexpected(Exception):
    """The server's answer is not what the model says."""


def quoted(folder):
    return f'"{folder}"'


def expect(what, got, wanted):
    if got != wanted:
        raise Unexpected(f"{what}: {got!r} instead of {wanted!r}")


class Message:
    def __init__(self, ident, flags, size):
        self.ident, self.flags, self.size = ident, set(flags), size


class Client:
    def __init__(self, name, connect, deliver, seed):
        self.name, self.connect, self.store_mail, self.random = name, connect, deliver, random.Random(seed)
        self.imap = self.selected = None
        self.made = 0
        self.messages = {}  # by folder and UID
        self.delivered = []  # by LMTP, to the INBOX
        self.counts = collections.Counter()

    def run(self, commands):
        self.imap = self.connect()
        for folder in FOLDERS[1:]:
            self.imap.create(quoted(folder))  # another client may have made it
        for _ in range(commands):
            command = self.random.choices(list(WEIGHTS), WEIGHTS.values())[0]
            if command not in ("append", "deliver") and not self.messages:
                command = "append"
            try:
                getattr(self, command)()
            except (Unexpected, imaplib.IMAP4.error) as error:
                raise Unexpected(f"{self.name}, command {sum(self.counts.values())}, {command}: {error}") from error
            self.counts[command] += 1
        self.imap.logout()

    def pick(self):
        """One of the messages, in the folder that is selected then."""
        folder, uid = self.random.choice(sorted(self.messages))
        if self.selected != folder:
            expect("SELECT", self.imap.select(quoted(folder))[0], "OK")
            self.selected = folder
        else:
            self.imap.noop()
        return folder, uid, self.messages[folder, uid]

    def uid(self, *command):
        code, data = self.imap.uid(*command)
        expect(" ".join(command), code, "OK")
        return data

    def code(self, name):
        """The numbers of a response code, as in [APPENDUID 38505 3955]."""
        data = self.imap.response(name)[1]
        if not data or data[-1] is None:
            raise Unexpected(f"no {name}")
        return data[-1].decode().split()

    def some_flags(self):
        return {flag for flag in FLAGS if self.random.random() < 0.3}

    def append(self):
        self.made += 1
        ident, flags, folder = f"{self.name}-{self.made}", self.some_flags(), self.random.choice(FOLDERS)
        text = f"Message-ID: <{ident}>\r\nSubject: exercise\r\n\r\n" + "A line of text.\r\n" * self.random.randrange(200)
        expect("APPEND", self.imap.append(quoted(folder), " ".join(sorted(flags)), None, text.encode())[0], "OK")
        self.messages[folder, int(self.code("APPENDUID")[1])] = Message(ident, flags, len(text))

    def deliver(self):
        self.made += 1
        self.store_mail(f"{self.name}-{self.made}")
        self.delivered.append(f"{self.name}-{self.made}")

    def store(self):
        _, uid, message = self.pick()
        flags, add = self.some_flags() or {FLAGS[0]}, self.random.random() < 0.5
        self.uid("STORE", str(uid), "+FLAGS" if add else "-FLAGS", f"({' '.join(sorted(flags))})")
        message.flags = message.flags | flags if add else message.flags - flags

    def copy(self):
        _, uid, message = self.pick()
        to = self.random.choice(FOLDERS)
        self.uid("COPY", str(uid), quoted(to))
        self.messages[to, int(self.code("COPYUID")[2])] = Message(message.ident, message.flags, message.size)

    def move(self):
        folder, uid, message = self.pick()
        to = self.random.choice([name for name in FOLDERS if name != folder])
        self.uid("MOVE", str(uid), quoted(to))
        del self.messages[folder, uid]
        self.messages[to, int(self.code("COPYUID")[2])] = message

    def expunge(self):
        folder, uid, _ = self.pick()
        self.uid("STORE", str(uid), "+FLAGS", "(\\Deleted)")
        self.uid("EXPUNGE", str(uid))
        del self.messages[folder, uid]

    def search(self):
        folder, _, message = self.pick()
        found = self.uid("SEARCH", "HEADER", "Message-ID", f'"<{message.ident}>"')[0].split()
        expect("SEARCH", sorted(map(int, found)),
               sorted(uid for (name, uid), other in self.messages.items() if name == folder and other.ident == message.ident))

    def fetch(self):
        _, uid, message = self.pick()
        data = self.uid("FETCH", str(uid), "(FLAGS RFC822.SIZE BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])")
        # Beside the answer there may be news of other clients' messages.
        text = next((b" ".join(part).decode() for part in data if isinstance(part, tuple) and b"UID %d " % uid in part[0]), "")
        expect("FETCH", f"<{message.ident}>" in text, True)
        expect("size", int(re.search(r"RFC822\.SIZE (\d+)", text)[1]), message.size)
        expect("flags", set(re.search(r"FLAGS \(([^)]*)\)", text)[1].split()) - {"\\Recent"}, message.flags)

    def state(self):
        return collections.Counter((folder, message.ident, frozenset(message.flags)) for (folder, _), message in self.messages.items()) + \
            collections.Counter(("INBOX", ident, frozenset()) for ident in self.delivered)


def seen(imap):
    """The state of a mailbox, as a client without a history sees it."""
    found = collections.Counter()
    for folder in FOLDERS:
        if imap.select(quoted(folder), readonly=True)[1] == [b"0"]:
            continue
        for part in imap.fetch("1:*", "(FLAGS BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])")[1]:
            if isinstance(part, tuple):
                text = b" ".join(part).decode()
                flags = frozenset(re.search(r"FLAGS \(([^)]*)\)", text)[1].split()) - {"\\Recent"}
                found[folder, re.search(r"<([^>]*)>", text)[1], flags] += 1
    return found


def exercise(users, clients, commands, connect, deliver, seed, workers=16):
    """connect(user) returns a connection that is logged in, deliver(user, ident) stores a message by LMTP. Returns the number of commands, and for
    each user the number of its messages; raises Unexpected if a mailbox is not what its clients made of it."""
    everyone = {user: [Client(f"{user.split('@')[0]}c{number}", lambda user=user: connect(user), lambda ident, user=user: deliver(user, ident),
                              f"{seed}-{user}-{number}") for number in range(clients)] for user in users}
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        for done in [pool.submit(client.run, commands) for group in everyone.values() for client in group]:
            done.result()
    for user, group in everyone.items():
        imap = connect(user)
        wanted, got = sum((client.state() for client in group), collections.Counter()), seen(imap)
        imap.logout()
        if wanted != got:
            raise Unexpected(f"{user}: missing {list((wanted - got).items())[:5]}, too many {list((got - wanted).items())[:5]}")
    counts = sum((client.counts for group in everyone.values() for client in group), collections.Counter())
    return counts, {user: sum(sum(client.state().values()) for client in group) for user, group in everyone.items()}
