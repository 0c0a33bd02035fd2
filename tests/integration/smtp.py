# SPDX-License-Identifier: BSD-2-Clause
"""SMTP sessions as any client (XCLIENT), reply by reply."""
import itertools
import random
import smtplib
import string
import time

serial = itertools.count()


def new_network():
    """A client address in a /24 that was most likely never seen."""
    return f"10.{random.randrange(256)}.{random.randrange(256)}.{random.randrange(1, 255)}"


def new_sender(domain="unknown.example"):
    """Letters only: greylisting reads digits as a serial number."""
    return "".join(random.choices(string.ascii_lowercase, k=12)) + "@" + domain


class Reply:
    def __init__(self, reply):
        self.code, text = reply
        self.text = text.decode("utf-8", "replace")

    def __str__(self):
        return f"{self.code} {self.text}"

    __repr__ = __str__


class Session(smtplib.SMTP):
    """One connection. The client's name is "unknown" unless given; Postfix treats it as confirmed."""

    def __init__(self, address, client=None, name="[UNAVAILABLE]", timeout=30, source_address=None):
        super().__init__(*address, local_hostname="client.example", timeout=timeout, source_address=source_address)
        self.ehlo()
        if client:
            ip = f"IPV6:{client}" if ":" in client else client
            reply = Reply(self.docmd(f"XCLIENT ADDR={ip} NAME={name} HELO={self.local_hostname}"))
            assert reply.code == 220, reply
            self.ehlo()

    def envelope(self, sender, *recipients):
        """MAIL and RCPT; the recipients' replies, or MAIL's where it was refused."""
        reply = Reply(self.docmd(f"MAIL FROM:<{sender}>"))
        if reply.code != 250:
            return reply
        replies = [Reply(self.docmd(f"RCPT TO:<{recipient}>")) for recipient in recipients]
        return replies[0] if len(replies) == 1 else replies

    def send_body(self, subject=None):
        subject = subject or f"test {time.time_ns()}-{next(serial)}"
        return Reply(self.data(f"Subject: {subject}\r\n\r\nHello\r\n"))

    def message(self, sender, recipient, subject=None):
        """A whole transaction; the reply that decided it."""
        reply = self.envelope(sender, recipient)
        if reply.code != 250:
            self.rset()
            return reply
        return self.send_body(subject)

    def __exit__(self, *_):
        self.close()
