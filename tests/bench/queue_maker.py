# SPDX-License-Identifier: BSD-2-Clause
"""A big queue of deferred mail in a Postfix instance: copies of one message that Postfix deferred itself, each with an id, an inode, a
recipient, a defer log and a line in a flush log of its own."""

import glob
import os
import subprocess
import time

DIGITS = "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz"
TEMPLATE = "d00000.example"


def domain(number):
    return f"d{number + 1:05}.example"


def number_text(number, base, width):
    text = ""
    while number or len(text) < width:
        number, digit = divmod(number, base)
        text = DIGITS[digit] + text
    return text


def long_id(seconds, microseconds, inode):
    """As Postfix's src/global/mail_queue.h has it."""
    return number_text(seconds, 52, 6) + number_text(microseconds, 52, 4) + "z" + number_text(inode, 51, 1)


def wait_for_one(pattern, seconds=60):
    end = time.monotonic() + seconds
    while not glob.glob(pattern):
        assert time.monotonic() < end, f"Postfix deferred no message: {pattern}"
        time.sleep(0.05)
    return glob.glob(pattern)[0]


def records(content):
    """(type, data) of a queue file's records up to the message's content, and the rest."""
    found, at = [], 0
    while content[at:at + 1] != b"M":
        length, end, shift = 0, at + 1, 0
        while True:
            length |= (content[end] & 0x7F) << shift
            end, shift = end + 1, shift + 7
            if content[end - 1] < 0x80:
                break
        found.append((content[at:at + 1], content[end:end + length]))
        at = end + length
    return found, content[at:]


def record(kind, data):
    length, head = len(data), b""
    while True:
        length, digit = length >> 7, length & 0x7F
        head += bytes([digit | (0x80 if length else 0)])
        if not length:
            return kind + head + data


def renamed(content, old, new):
    """The queue file with another domain in its envelope; its first record tells where the content begins."""
    head, rest = records(content)
    size = head[0][1].split()
    envelope = b"".join(record(kind, data.replace(old, new)) for kind, data in head[1:])
    first = record(b"C", b" ".join(b"%15d" % int(word) for word in size))
    size[1] = b"%d" % (len(first) + len(envelope) + 2)
    return record(b"C", b" ".join(b"%15d" % int(word) for word in size)) + envelope + rest


class QueueMaker:
    """`instance` defers what it takes for TEMPLATE's domain, and logs it for flush(8)."""

    def __init__(self, instance, size=2000):
        self.spool = f"{instance.folder}/spool"
        subprocess.run(["smtp-source", "-4", "-l", str(size), "-f", "sender@elsewhere.example", "-t", f"user@{TEMPLATE}",
                        "-M", "bench.example", instance.address], check=True)
        wait_for_one(f"{self.spool}/flush/*")
        path = wait_for_one(f"{self.spool}/deferred/*/*")
        self.name = os.path.basename(path)
        self.message, self.defer = self.read(path), self.read(wait_for_one(f"{self.spool}/defer/*/{self.name}"))
        self.owner = os.stat(path)
        instance.call("stop")

    @staticmethod
    def read(path):
        with open(path, "rb") as file:
            return file.read()

    def own(self, path, mode):
        os.chown(path, self.owner.st_uid, self.owner.st_gid)
        os.chmod(path, mode)

    def write(self, path, content, mode):
        with open(path, "wb") as file:
            file.write(content)
            inode = os.fstat(file.fileno()).st_ino
        self.own(path, mode)
        return inode

    def folders(self, queue):
        for digit in "0123456789ABCDEF":
            os.makedirs(f"{self.spool}/{queue}/{digit}", exist_ok=True)
            self.own(f"{self.spool}/{queue}/{digit}", 0o700)

    def add(self, name, number, arrival, queue="deferred"):
        """One message of a domain; returns its id. Folders are a digit deep."""
        content = renamed(self.message, TEMPLATE.encode(), name.encode())
        inode = self.write(f"{self.spool}/new", content, 0o700)
        microseconds = number % 1_000_000
        identity, digit = long_id(arrival, microseconds, inode), f"{microseconds:05X}"[0]
        os.rename(f"{self.spool}/new", f"{self.spool}/{queue}/{digit}/{identity}")
        self.write(f"{self.spool}/defer/{digit}/{identity}", self.defer.replace(TEMPLATE.encode(), name.encode()), 0o600)
        return identity

    def fill(self, messages, domains):
        """So many messages, spread over the domains and over the last eight hours, in place of the one there is."""
        subprocess.run(f"rm -f {self.spool}/deferred/*/* {self.spool}/defer/*/* {self.spool}/flush/*", shell=True, check=True)
        self.folders("deferred")
        self.folders("defer")
        logs, now = {}, int(time.time())
        for number in range(messages):
            name = domain(number % domains)
            identity = self.add(name, number * 7919, now - 60 - number % 28800)
            logs.setdefault(name.replace(".", "_"), []).append(identity)
        for name, lines in logs.items():
            self.write(f"{self.spool}/flush/{name}", "".join(f"{line}\n" for line in lines).encode(), 0o600)
