# SPDX-License-Identifier: BSD-2-Clause
"""Chooses the loopback addresses and ports of a quickstart folder, or checks that they are free."""
import pathlib
import socket
import subprocess
import sys
import zlib

# Variable, last octet of its address, port wished for. The customer's server has an address of its own: it is another
# host, and Postfix would take mail to its own address for a loop. So has the webmail: browsers keep cookies by host, not by port.
LISTENERS = [
    ("EMG_DNS", 1, 53),
    ("EMG_SMTP", 1, 25),
    ("EMG_SUBMISSION", 1, 587),
    ("EMG_IMAP", 1, 143),
    ("EMG_PG_TCP", 1, 5432),
    ("SMS_GATEWAY", 1, 8025),
    ("METRICS_REPLICATOR", 1, 9101),
    ("METRICS_POLICYD", 1, 9102),
    ("METRICS_TRANSPORTMAP", 1, 9103),
    ("METRICS_MILTER", 1, 9104),
    ("METRICS_NOTIFIER", 1, 9105),
    ("METRICS_QUEUEWATCH", 1, 9106),
    ("METRICS_TRACKER", 1, 9107),
    ("METRICS_KEEPER", 1, 9108),
    ("METRICS_CONSOLE", 1, 9109),
    ("METRICS_CONSOLE_AUTH", 1, 9110),
    ("EMG_CONSOLE_TCP", 1, 443),
    ("CONSOLE_HTTP", 1, 80),
    ("DOVEADM", 1, 8099),
    ("LOGIN_POLICY", 1, 8098),
    ("EMG_CUSTOMER", 2, 25),
    ("NEW_CUSTOMER", 3, 2525),
    ("EMG_WEBMAIL_TCP", 4, 443),
    ("WEBMAIL_HTTP", 4, 80),
]
NETWORKS = 128 * 256  # 127.64.0.0 - 127.191.255.0: away from 127.0.0.x, which are in use by hand
ALTERNATIVES = 50


def is_free(address, port):
    kinds = [socket.SOCK_STREAM] + ([socket.SOCK_DGRAM] if port == 53 else [])
    for kind in kinds:
        with socket.socket(socket.AF_INET, kind) as s:
            if kind == socket.SOCK_STREAM:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind((address, port))
            except OSError:
                return False
    return True


def read(path):
    text = path.read_text(encoding="ascii") if path.exists() else ""
    return dict(line.strip().split("=", 1) for line in text.splitlines() if line.strip())


def free_prefix(folder):
    start = zlib.crc32(folder.encode())
    for attempt in range(ALTERNATIVES):
        network = (start + attempt) % NETWORKS
        prefix = f"127.{64 + network // 256}.{network % 256}"
        # A resolver's config names no port, so the DNS server must have 53.
        if is_free(f"{prefix}.1", 53):
            return prefix
    return None


def choose(folder):
    """Prints what the folder has, and what it lacks where listeners came with a release."""
    kept = read(pathlib.Path(folder, "ports"))
    prefix = kept["EMG_DNS"].rpartition(".")[0] if "EMG_DNS" in kept else free_prefix(folder)
    if prefix is None:
        return 1
    for name, host, wished in LISTENERS:
        if name in kept:
            print(f"{name}={kept[name]}")
            continue
        address = f"{prefix}.{host}"
        port = next((p for p in [wished, *range(wished + 20000, wished + 20000 + ALTERNATIVES)] if is_free(address, p)), None)
        if port is None:
            return 1
        print(f"{name}={address}:{port}")
    return 0


def holder(port):
    shown = subprocess.run(["ss", "-Hlntup", f"sport = :{port}"], capture_output=True, text=True, check=False).stdout
    return " ".join(shown.split()) or "an unknown process"


def check(path):
    for name, value in read(pathlib.Path(path)).items():
        address, _, port = value.rpartition(":")
        if not is_free(address, int(port)):
            print(f"quickstart: error: port {port} on {address} ({name}) is in use: {holder(port)}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit({"choose": choose, "check": check}[sys.argv[1]](sys.argv[2]))
