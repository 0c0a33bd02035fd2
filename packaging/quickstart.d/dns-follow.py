# SPDX-License-Identifier: BSD-2-Clause
"""Brings edits of DIR/dns/records into force: checks them, and keeps the last good state when they do not hold."""
import os
import subprocess
import sys
import time

HEADER = """$ORIGIN .
$TTL 1
. SOA ns.emailgency.example. hostmaster.emailgency.example. {serial} 60 60 3600 1
. NS ns.emailgency.example.
"""
POLL_SECONDS = 0.1


def publish(folder):
    """Returns whether the records were good; they are in root.zone then."""
    with open(f"{folder}/records", "rb") as records:
        text = records.read()
    candidate = f"{folder}/root.zone.new"
    header = HEADER.format(serial=int(time.time() * 10) % 2**32)
    with open(candidate, "wb") as zone:
        zone.write(header.encode() + text)
    checked = subprocess.run(["nsd-checkzone", ".", candidate], capture_output=True, text=True, check=False)
    if checked.returncode:
        lines = header.count("\n")
        print(f"{folder}/records: the last good state stays (line numbers count {lines} lines before the first record):")
        print(checked.stdout + checked.stderr, flush=True)
        return False
    os.replace(candidate, f"{folder}/root.zone")
    return True


def state(path):
    try:
        seen = os.stat(path)
    except FileNotFoundError:
        return None  # between an editor's unlink and its rename
    return seen.st_mtime_ns, seen.st_size, seen.st_ino


def follow(folder, control):
    seen = None
    while True:
        now = state(f"{folder}/records")
        if now != seen and now is not None and publish(folder):
            subprocess.run(["nsd-control", "-c", control, "reload"], stdout=subprocess.DEVNULL, check=False)
        seen = now
        time.sleep(POLL_SECONDS)


if __name__ == "__main__":
    root = f"{sys.argv[-1]}/dns"
    if sys.argv[1] == "--once":
        sys.exit(not publish(root))
    follow(root, f"{root}/nsd.conf")
