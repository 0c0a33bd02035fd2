# SPDX-License-Identifier: BSD-2-Clause
"""A real emailgency-policyd in a folder of its own, for tests that ask it as Postfix does."""

import os
import socket

from daemon_process import DaemonCase, psql  # noqa: F401

PROGRAM = os.environ["POLICYD"]

ROWS = """
setting greylist_delay value=120
plan basic
domain stealth.example stealth=true verify_recipients=false
domain grey.example greylisting=all blacklisting=false verify_recipients=false
domain open.example greylisting=off blacklisting=false verify_recipients=false
domain listed.example greylisting=off blacklisting=true verify_recipients=false
domain denied.example smtp_deny=true greylisting=off blacklisting=false verify_recipients=false
mailbox cracked@open.example smtp_deny=true
dnsbl bl.example weight=1
"""


def request(**attributes):
    """A request's bytes; a value may be bytes."""
    lines = {"request": "smtpd_access_policy", "protocol_state": "RCPT", "client_address": "192.0.2.1",
             "client_name": "unknown", "sender": "a@sender.example", "recipient": "u@open.example", **attributes}
    values = {name: value if isinstance(value, bytes) else value.encode() for name, value in lines.items()}
    return b"".join(name.encode() + b"=" + value + b"\n" for name, value in values.items()) + b"\n"


class Client:
    """One smtpd process's connection."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(10)
        self.socket.connect(path)

    def send(self, data):
        self.socket.sendall(data)

    def receive(self):
        """The result of one read: a reply leaves in one write."""
        return self.socket.recv(65536).decode()

    def ask(self, **attributes):
        self.send(request(**attributes))
        return self.receive()

    def close(self):
        self.socket.close()


class PolicydCase(DaemonCase):
    program, rows = PROGRAM, ROWS

    def setUp(self):
        super().setUp()
        # A resolver that takes every question and answers none.
        self.dns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.dns.bind(("127.0.0.1", 0))

    def tearDown(self):
        super().tearDown()
        self.dns.close()

    def options(self):
        return {**super().options(), "dns_servers": f"127.0.0.1@{self.dns.getsockname()[1]}"}

    def client(self):
        client = Client(self.path)
        self.clients.append(client)
        return client

    def connected(self):
        """Waits for the database."""
        self.wait_until(lambda: self.metric("emailgency_policyd_greylist_database_up") == 1, "the database")
