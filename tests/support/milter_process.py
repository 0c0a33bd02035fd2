# SPDX-License-Identifier: BSD-2-Clause
"""A real emailgency-milter in its own folder, for tests that speak the milter protocol 6 to it as Postfix does."""

import os
import pathlib
import socket
import struct
import subprocess
import sys

from daemon_process import DaemonCase, psql  # noqa: F401

DNS_SERVER = pathlib.Path(__file__).with_name("dns_server.py")

ROWS = """
plan basic max_message_size=10000 vip_message_size=20000
domain reject.example spf=reject verify_recipients=false
domain mark.example spf=mark verify_recipients=false
domain off.example spf=off verify_recipients=false
domain never.example spf=off receive_only=true verify_recipients=false
domain quiet.example spf=mark bounce_protection=true transport=relay.example verify_recipients=false
domain tagged.example spf=off batv=require verify_recipients=false
mailbox anna@reject.example
mailbox vip@reject.example vip=true
mailbox anna@tagged.example
"""

RECORDS = """good.example 60 TXT "v=spf1 ip4:192.0.2.1 -all"
hanging.example 60 TXT "v=spf1 a:slow.hanging.example -all"
"""

# The offer of Postfix: every change, every event, and to go without answers.
ALL_ACTIONS, ALL_EVENTS = 0x1FF, 0x1FFFFF
TAKES_NO_ANSWER = {"C": 0x1000, "H": 0x2000, "M": 0x4000, "L": 0x80, "N": 0x40000, "B": 0x80000}


class Milter:
    """One smtpd process's connection. Returns the answer to each event, or None if none is expected."""

    def __init__(self, path, actions=ALL_ACTIONS, events=ALL_EVENTS):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(30)
        self.socket.connect(path)
        self.send("O", struct.pack(">III", 6, actions, events))
        letter, data = self.receive()
        assert letter == "O", letter
        self.version, self.actions, self.events = struct.unpack(">III", data[:12])

    def send(self, letter, data=b""):
        self.socket.sendall(struct.pack(">I", len(data) + 1) + letter.encode() + data)

    def exactly(self, count):
        data = b""
        while len(data) < count:
            more = self.socket.recv(count - len(data))
            if not more:
                raise ConnectionError("the milter hung up")
            data += more
        return data

    def receive(self):
        size, = struct.unpack(">I", self.exactly(4))
        data = self.exactly(size)
        return data[:1].decode(), data[1:]

    def event(self, letter, *texts, raw=b""):
        self.send(letter, b"".join(text.encode("latin1") + b"\0" for text in texts) + raw)
        if self.events & TAKES_NO_ANSWER.get(letter, 0):
            return None
        letter, data = self.receive()
        return data.rstrip(b"\0").decode("latin1") if letter == "y" else letter

    def macros(self, letter, **values):
        pairs = [text for name, value in values.items()
                 for text in ((f"{{{name}}}" if len(name) > 1 else name), value)]
        self.send("D", letter.encode() + b"".join(text.encode() + b"\0" for text in pairs))

    def connect(self, address="192.0.2.1", name="mail.good.example", helo="mail.good.example"):
        family = "6" if ":" in address else "4"
        self.macros("C", j="mx.test.example")
        self.event("C", raw=name.encode() + b"\0" + family.encode() + struct.pack(">H", 25) + address.encode() + b"\0")
        self.event("H", helo)
        return self

    def mail(self, sender="a@good.example", *parameters, login=None):
        if login:
            self.macros("M", auth_authen=login)
        self.event("M", f"<{sender}>", *parameters)
        return self

    def rcpt(self, recipient, *parameters):
        return self.event("R", f"<{recipient}>", *parameters)

    def end(self, headers=(("Subject", " test"),), body=b"Hello\r\n", queue_id="4ABC", **macros):
        """Sends the rest of the message; returns the changes that the milter requests, and its verdict."""
        self.macros("T", i=queue_id)
        verdict = self.event("T")
        if verdict != "c":
            return [], verdict
        for name, value in headers:
            self.event("L", name, value)
        self.event("N")
        self.event("B", raw=body)
        if macros:
            self.macros("E", **macros)
        self.send("E")
        changes = []
        while True:
            letter, data = self.receive()
            if letter in "crtay":
                return changes, data.rstrip(b"\0").decode("latin1") if letter == "y" else letter
            changes.append((letter, data))

    def close(self):
        self.socket.close()


class MilterCase(DaemonCase):
    program, rows = os.environ["MILTER"], ROWS

    def setUp(self):
        super().setUp()
        self.dns = subprocess.Popen([sys.executable, DNS_SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.dns_port = int(self.dns.stdout.readline())
        for line in RECORDS.splitlines():
            self.tell_dns("add " + line)

    def tearDown(self):
        super().tearDown()
        self.dns.kill()
        self.dns.wait()
        self.dns.stdin.close()
        self.dns.stdout.close()

    def tell_dns(self, command):
        self.dns.stdin.write(command + "\n")
        self.dns.stdin.flush()
        return self.dns.stdout.readline().strip()

    def options(self):
        return {**super().options(), "spf_worker": os.environ["SPF_WORKER"], "dns_servers": f"127.0.0.1@{self.dns_port}",
                "postfix_config": "", "authserv_id": "mx.test.example"}

    def milter(self, **options):
        client = Milter(self.path, **options)
        self.clients.append(client)
        return client

    def workers(self, process):
        """Process ids of the SPF workers."""
        path = f"/proc/{process.pid}/task"
        return [int(child) for task in os.listdir(path)
                for child in pathlib.Path(path, task, "children").read_text().split()]
