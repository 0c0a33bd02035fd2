# SPDX-License-Identifier: BSD-2-Clause
"""Mail of the store: stored by LMTP and IMAP, and seen as Dovecot lists it."""
import contextlib
import imaplib
import smtplib
import subprocess
import time

PASSWORD = "Correct horse 4 battery"
DAY = 86400


def lmtp(stack, *recipients, sender="friend@pal.test", ident="x", size=100):
    """Stores a message as Postfix does; returns the code for each recipient."""
    client = smtplib.LMTP(f"{stack.folder}/spool/private/dovecot-lmtp")
    client.ehlo("test.example")
    client.mail(sender)
    for recipient in recipients:
        assert client.rcpt(recipient)[0] == 250
    client.putcmd("data")
    client.getreply()
    client.send(f"Message-ID: <{ident}>\r\nSubject: t\r\n\r\n{('x' * 70 + chr(13) + chr(10)) * (size // 72)}.\r\n".encode())
    codes = [client.getreply()[0] for _ in recipients]
    client.close()
    return codes


@contextlib.contextmanager
def imap(stack, user):
    client = imaplib.IMAP4(*stack.address("EMG_IMAP"), timeout=60)
    client.login(client._quote(user), PASSWORD)  # some legal names are no atoms
    try:
        yield client
    finally:
        client.logout()


def put_old(stack, user, *days, flags=None, size=100):
    with imap(stack, user) as client:
        for age in days:
            when = imaplib.Time2Internaldate(time.time() - age * DAY - 60)
            assert client.append("INBOX", flags, when, b"Subject: old\r\n\r\n" + (b"x" * 70 + b"\r\n") * (size // 72))[0] == "OK"


def doveadm(stack, *command):
    return subprocess.run(["doveadm", "-c", stack.env["EMG_DOVECOT"], *command], capture_output=True, text=True, timeout=60, check=False).stdout


def dovecot_mail(stack, user, folder):
    """The Message-IDs in a folder of the store's user, as Dovecot lists them."""
    return doveadm(stack, "-f", "tab", "fetch", "-u", user, "hdr.message-id", "mailbox", folder, "ALL").splitlines()[1:]


def ages(stack, user):
    with imap(stack, user) as client:
        client.select("INBOX")
        found = client.fetch("1:*", "(INTERNALDATE)")[1]
    return sorted(int((time.time() - time.mktime(imaplib.Internaldate2tuple(line))) / DAY) for line in found if line)
