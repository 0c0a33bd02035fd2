# SPDX-License-Identifier: BSD-2-Clause
"""Mail that Dovecot's zlib plugin compresses: bytes per message, and processor time to store and to read it."""

import base64
import glob
import os
import random
import shutil
import statistics
import tempfile

from cluster import ROOT
from cpu_time import family_seconds
from dovecot_instance import Dovecot

USERS = 20
# None is the same configuration without the plugin.
VARIANTS = {"none": None, "zstd 1": ("zstd", 1), "zstd 3": ("zstd", 3), "gz 1": ("gz", 1), "gz 6": ("gz", 6), "lz4": ("lz4", None)}


def wiring(variant):
    """Instead of what the packaged file says."""
    if not variant:
        return ""
    level = f"    zlib_save_level = {variant[1]}\n" if variant[1] else ""
    return f"\nprotocol lmtp {{\n    mail_plugins = $mail_plugins zlib\n}}\nprotocol doveadm {{\n    mail_plugins = $mail_plugins zlib\n}}\nplugin {{\n" \
           f"    zlib_save = {variant[0]}\n{level}}}\n"


def texts():
    words = []
    for path in sorted(glob.glob(f"{ROOT}/docs/*.md")):
        with open(path, encoding="utf-8") as file:
            words += file.read().encode("ascii", "replace").decode().split()
    return words


def mail(words, chance):
    """Mostly some lines of text, also as HTML; one in ten has an attachment that is compressed already."""
    start = chance.randrange(len(words) - 2000)
    text = " ".join(words[start:start + chance.randrange(50, 600)])
    lines = "\r\n".join(text[i:i + 72] for i in range(0, len(text), 72))
    head = f"Received: from mail.pal.test (mail.pal.test [192.0.2.{chance.randrange(256)}])\r\n\tby mx.example.org (Postfix) with ESMTPS id {chance.randbytes(8).hex()}\r\n" \
           f"From: A friend <friend@pal.test>\r\nTo: u@bench.example\r\nSubject: {' '.join(words[start:start + 6])}\r\nMessage-ID: <{chance.randbytes(12).hex()}@pal.test>\r\n" \
           "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    parts = f"--b\r\nContent-Type: text/plain\r\n\r\n{lines}\r\n--b\r\nContent-Type: text/html\r\n\r\n<html><body><p style=\"margin: 0\">{lines}</p></body></html>\r\n"
    if chance.random() < 0.1:
        parts += "--b\r\nContent-Type: image/jpeg\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(chance.randbytes(100000)).decode().replace("\n", "\r\n")
    return (head + parts + "--b--").encode()


def stored_bytes(store):
    """Of the files of messages, as they are on disk: whole blocks."""
    return sum(os.stat(os.path.join(root, name)).st_blocks * 512 for root, _, files in os.walk(store.mail) if root.endswith(("/new", "/cur")) for name in files)


def read_all(store, users):
    for user in users:
        store.doveadm("fetch", "-u", user, "text", "mailbox", "INBOX", "ALL")


def measure(name, messages, folder):
    os.mkdir(folder)
    store = Dovecot(folder, f"bench-{name.replace(' ', '-')}", extra=wiring(VARIANTS[name]))
    users = [f"u{number}@bench.example" for number in range(USERS)]
    try:
        store.deliver("friend@pal.test", [(user, messages[0]) for user in users])
        used, before = stored_bytes(store), family_seconds(store.pid)
        for first in range(0, len(messages), 20):
            store.deliver("friend@pal.test", list(zip(users, messages[first:first + 20])))
        save = (family_seconds(store.pid) - before) / len(messages)
        children = os.times().children_user + os.times().children_system
        read_all(store, users)
        read = (os.times().children_user + os.times().children_system - children) / len(messages)
        return save * 1000, read * 1000, (stored_bytes(store) - used) / len(messages)
    finally:
        store.stop()


def run(options):
    folder, chance = tempfile.mkdtemp(prefix="emg-bench-"), random.Random(1)
    os.chmod(folder, 0o755)
    words, found = texts(), {name: [] for name in VARIANTS}
    messages = [mail(words, chance) for _ in range(options.messages)]
    try:
        for number in range(options.rounds):
            for name in random.sample(sorted(VARIANTS), len(VARIANTS)):
                found[name].append(measure(name, messages, f"{folder}/{number}-{name.replace(' ', '-')}"))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{len(messages)} messages of {sum(map(len, messages)) / len(messages):.0f} bytes, {options.rounds} rounds")
    for name, rounds in found.items():
        save, read, size = (statistics.median(column) for column in zip(*rounds))
        print(f"{name}: {save:.2f} ms of processor time to store a message, {read:.2f} ms to read it, {size:.0f} bytes on disk")
    return True
