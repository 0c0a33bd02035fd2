# SPDX-License-Identifier: BSD-2-Clause
"""Random messages through the whole stack, and what became of each: nothing that was accepted may be lost, nothing may bounce."""
import concurrent.futures
import dataclasses
import json
import os
import random
import re
import subprocess

from mail_model import SERVER, STORE, Model, every_domain
from smtp import Reply, Session
from stack import wait_for

OUTSIDE = "outside.test"  # no customer's: the test's DNS sends it to the customer's server
UNPROVED, PROVED = "news@nospf.example", "a@sender.example"
CLIENT = {"client": "192.0.2.10", "name": "mail.sender.example"}  # the one that sender.example's record names
MARK = re.compile(rb"^X-Mark: (\S+)", re.MULTILINE)


class World:
    """Domains, mailboxes and aliases of all kinds, as rows and as the model has them."""

    def __init__(self, stack, tag):
        self.stack, self.tag = stack, tag
        self.model = Model(every_domain(tag))
        for domain in self.model.domains.values():
            self.model.mailboxes |= {f"{local}@{domain.name}" for local in ("u", "v", "a b", "o'brien")}
        names = list(self.model.domains)
        for number, name in enumerate(names):
            self.model.aliases |= {f"team@{name}": [f"u@{name}", f"v@{name}"], f"deep@{name}": [f"team@{name}", f"o'brien@{name}"],
                                   f"self@{name}": [f"self@{name}", f"u@{name}"], f"far@{name}": [f"far{number}@{OUTSIDE}"],
                                   f"all@{name}": [f"deep@{name}", f"far@{name}", f"u@{names[(number + 7) % len(names)]}"],
                                   f"round@{name}": [f"round2@{name}"], f"round2@{name}": [f"round@{name}", f"v@{name}"]}

    def load(self):
        customer = self.stack.env["EMG_CUSTOMER"]
        quoted = [self.quote(address) for address in self.model.mailboxes]
        with self.stack.connect() as connection, connection.cursor() as cursor:
            cursor.executemany(
                """insert into domain (name, plan, greylisting, blacklisting, mode, transport, keep_copy, catchall, bounce_protection,
                                       verify_recipients, spf, batv) values (%s, 'premium', 'off', false, %s, %s, %s, %s, %s, %s, %s, %s)""",
                [(d.name, d.mode, customer if d.routed else None, d.keep_copy, d.catchall, d.bounce_protection, d.verify_recipients, d.spf, d.batv)
                 for d in self.model.domains.values()])
            cursor.executemany("insert into domain_alias (name, domain) values (%s, %s)",
                               [(f"other-{name.removesuffix('.example')}.test", name) for name in self.model.domains])
            cursor.executemany("insert into mailbox (address) values (%s)", [(address,) for address in quoted])
            cursor.executemany("insert into alias (address, target) values (%s, %s)",
                               [(alias, target) for alias, targets in self.model.aliases.items() for target in targets])
            names = cursor.execute("""select alternate_name, name from domain where name like %s and alternate_name is not null
                                      union all select name, domain from domain_alias where domain like %s""", (f"%-{self.tag}.example",) * 2)
            for other, name in names.fetchall():
                self.model.names[other] = self.model.domains[name]
        self.stack.wait_current()

    def drop(self):
        self.stack.sql("delete from domain where name like %s", f"%-{self.tag}.example", wait=False)
        self.stack.sql("select confirm_reload()")
        self.stack.wait_current()

    @staticmethod
    def quote(address):
        local, _, domain = address.rpartition("@")
        return f'"{local}"@{domain}' if " " in local else address


@dataclasses.dataclass
class Message:
    mark: str
    sender: str
    dsn: bool = False
    reports: bool = False  # somebody asked for a report of success
    accepted: list = dataclasses.field(default_factory=list)  # addresses, as the model has them
    refused: list = dataclasses.field(default_factory=list)
    queue_id: str = ""
    dialogue: list = dataclasses.field(default_factory=list)


class Generator:
    def __init__(self, world, seed, dsn):
        self.choose, self.world, self.dsn = random.Random(seed), world, dsn
        self.unprobed = [domain for domain in world.model.domains.values() if domain.verify_recipients and domain.mode == "backup"]

    def some_case(self, text):
        return "".join(self.choose.choice((letter.upper(), letter.lower())) for letter in text) if text.isascii() else text

    def address(self, names):
        """One as the model has it."""
        kind = self.choose.random()
        name = self.choose.choice(names)
        if kind < 0.5:
            local = self.choose.choice(("u", "v", "a b", "o'brien"))
        elif kind < 0.85:
            local = self.choose.choice(("team", "deep", "self", "far", "all", "round"))
        elif kind < 0.97:
            local = self.choose.choice(("nobody", "someone.else", "j\u00f6rg", "x/y"))
            if self.world.model.names[name] in self.unprobed and not self.world.model.names[name].catchall:
                local = "u"
        else:
            name, local = self.choose.choice(self.unprobed).name, f"maybe{self.choose.randrange(2)}"  # a probe takes a second
        return f"{local}@{name}"

    def written(self, address):
        """The same as a client may write it."""
        local, _, domain = address.rpartition("@")
        style = self.choose.random()
        if self.choose.random() < 0.25 and " " not in local:
            local += f"+tag{self.choose.randrange(3)}"
        if self.choose.random() < 0.3:
            local, domain = self.some_case(local), self.some_case(domain)
        path = f'"{local}"@{domain}' if " " in local or style < 0.05 else f"{local}@{domain}"
        odd = {1: path + ".", 2: path.replace("@", "(x)@", 1), 3: "@a.example:" + path, 4: path.replace("@", " @ ", 1)}
        return odd.get(int(style * 40), path)

    def parameters(self, message):
        if not message.dsn or self.choose.random() < 0.3:
            return ""
        notify = self.choose.choice(("", " NOTIFY=NEVER", " NOTIFY=NEVER", " NOTIFY=FAILURE", " NOTIFY=FAILURE,DELAY", " NOTIFY=SUCCESS"))
        message.reports |= "SUCCESS" in notify
        return notify + self.choose.choice(("", f" ORCPT=rfc822;list{self.choose.randrange(2)}@x.example"))

    def message(self, number):
        names = self.choose.sample(list(self.world.model.names), self.choose.choice((1, 1, 2, 3)))
        sender = self.choose.choice((UNPROVED,) * 6 + (PROVED, PROVED, ""))
        message = Message(f"{self.world.tag}-{number}", sender, dsn=self.dsn and self.choose.random() < 0.7)
        some = [self.address(names) for _ in range(self.choose.randrange(1, 9))] if sender else [self.address(names)]
        again = [self.choose.choice(some) for _ in range(self.choose.choice((0, 0, 1, 4)))] if sender else []
        rcpts = [(address, self.written(address)) for address in some + again]
        if sender and self.choose.random() < 0.3:
            rcpts.append(rcpts[0])  # byte by byte
        self.choose.shuffle(rcpts)
        return message, [(address, f"RCPT TO:<{written}>{self.parameters(message)}") for address, written in rcpts]


def command(session, message, line):
    session.send((line + "\r\n").encode())
    reply = Reply(session.getreply())
    message.dialogue.append(f"{line} -> {reply}")
    return reply


def transmit(session, generator, number):
    message, rcpts = generator.message(number)
    choose = generator.choose
    options = choose.choice(("", " BODY=8BITMIME")) + (choose.choice(("", " RET=HDRS", " RET=FULL ENVID=x+2By")) if message.dsn else "")
    if session.has_extn("smtputf8") and any(not line.isascii() for _, line in rcpts):
        options += " SMTPUTF8"
    assert command(session, message, f"MAIL FROM:<{message.sender}>{options}").code == 250, message.dialogue
    for address, line in rcpts:
        taken = command(session, message, line).code == 250
        (message.accepted if taken else message.refused).append(address)
    if not message.accepted:
        command(session, message, "RSET")
        return message
    subject = choose.choice(("plain", "gr\u00fc\u00df"))
    body = f"From: <{message.sender or 'mailer-daemon@sender.example'}>\r\nSubject: {subject}\r\nX-Mark: {message.mark}\r\n\r\nHello\r\n"
    reply = Reply(session.data(body.encode()))
    message.dialogue.append(f"DATA -> {reply}")
    queued = re.search(r"queued as (\S+)", reply.text)
    if reply.code == 250:
        message.queue_id = queued[1]
    return message


def connect(address):
    return Session(address, **CLIENT)


def send_many(world, doors, seed, count):
    """`count` messages, at each of the (address, whether it offers DSN) at once."""

    def send(part):
        address, dsn = doors[part]
        generator = Generator(world, seed + part, dsn)
        with connect(address) as session:
            return [transmit(session, generator, f"{part}-{number}") for number in range(part, count, len(doors))]

    with concurrent.futures.ThreadPoolExecutor(len(doors)) as pool:
        return [message for messages in pool.map(send, range(len(doors))) for message in messages]


# ---- what became of them ----

def wait_for_queue(stack, messages, seconds):
    """Until none of the messages is in the queue; the spool's folders are read, as postqueue(1) reads each file."""
    wanted = {message.queue_id for message in messages if message.queue_id}
    spool = subprocess.run(["postconf", "-c", stack.env["EMG_POSTFIX"], "-hx", "queue_directory"], capture_output=True, text=True, check=True).stdout.strip()

    def waiting():
        return {name for queue in ("incoming", "active", "deferred", "maildrop", "hold")
                for _, _, files in os.walk(f"{spool}/{queue}") for name in files} & wanted

    try:
        wait_for(lambda: not waiting(), seconds, "the queue to drain")
    except AssertionError:
        shown = subprocess.run(["postqueue", "-c", stack.env["EMG_POSTFIX"], "-j"], capture_output=True, text=True, check=True).stdout
        left = [entry for entry in map(json.loads, shown.splitlines()) if entry["queue_id"] in wanted]
        raise AssertionError(f"{len(left)} messages are still queued after {seconds} s: {left[:3]}") from None


def plain(address):
    """As the model has it."""
    local, _, domain = address.strip().lower().rpartition("@")
    return f"{local.strip(chr(34)).partition('+')[0]}@{domain}"


def stored_name(name):
    """The local part that a folder of the store stands for (docs/protocols.md)."""
    return re.sub(rb"=([0-9a-f]{2})", lambda byte: bytes.fromhex(byte[1].decode()), name.encode()).decode("utf-8", "replace").partition("+")[0]


def arrivals(stack, tag):
    """{mark: {(place, address)}} of all files that the customer's server and the store have."""
    found = {}

    def note(path, ends):
        data = path.read_bytes()
        mark = MARK.search(data)
        if mark and mark[1].decode().startswith(f"{tag}-"):
            found.setdefault(mark[1].decode(), set()).update(ends(data))

    def recipients(data):
        return {(SERVER, plain(to.decode("utf-8", "replace"))) for to in re.findall(rb"^X-Envelope-To: <(.*?)>[^>]*$", data, re.MULTILINE)}

    with os.scandir(stack.env["EMG_CUSTOMER_MAIL"]) as entries:
        names = [entry.path for entry in entries if entry.name.endswith(".eml") and not entry.name.startswith(".")]
    for name in names:
        note(stack.folder / name, recipients)
    # The keeper moves what no mailbox is for: Undelivered says in a header whose it was.
    def stored(folder, data):
        if folder.name != ".undelivered":
            return {(STORE, f"{stored_name(folder.name)}@{folder.parent.name}")}
        names = (to.decode("utf-8", "replace").rpartition("@") for to in re.findall(rb"^Delivered-To: <?([^>\r\n]*)>?\r?$", data, re.MULTILINE)[:1])
        return {(STORE, f"{stored_name(local)}@{domain}") for local, _, domain in names}

    for folder in stack.folder.glob(f"*/*-{tag}.example/*/Maildir"):
        for path in folder.rglob("*"):
            if path.is_file() and path.parent.name in ("new", "cur"):
                note(path, lambda data, folder=folder.parent: stored(folder, data))
    return found


def reports(stack, since):
    """Queue ids of messages with a report to their senders: none, except of success if requested."""
    text = stack.mail_log()[since:]
    return (set(re.findall(r"bounce\[\d+\]: (\w+): (?:sender non-delivery|sender delay|postmaster non-delivery) notification", text)),
            set(re.findall(r"bounce\[\d+\]: (\w+): sender delivery status notification", text)))


def faults(world, messages, since):
    """One line for each message that is lost, or bounced, or was refused by mistake."""
    found, lines = arrivals(world.stack, world.tag), []
    bounced, reported = reports(world.stack, since)
    for message in messages:
        expected = set().union(*(world.model.ends(address) for address in message.accepted)) if message.queue_id else set()
        missing = expected - found.get(message.mark, set())
        nowhere = [address for address in message.accepted if not world.model.ends(address)]
        mistaken = [address for address in message.refused if message.sender and address.isascii() and world.model.ends(address)]
        notified = message.queue_id in bounced or (message.queue_id in reported and not message.reports)
        for what, fault in (("lost", missing), ("without a recipient", nowhere), ("refused", mistaken), ("bounced or reported", notified)):
            if fault:
                lines.append(f"{what}: {fault if fault is not True else ''}\n    " + "\n    ".join(message.dialogue))
    return lines
