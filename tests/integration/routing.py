# SPDX-License-Identifier: BSD-2-Clause
"""Servers of the customer, and what tests of routes ask of Postfix."""
import json
import os
import subprocess

import pytest

from stack import SOURCE, wait_for

CUSTOMER = SOURCE / "packaging" / "quickstart.d" / "customer.py"
SENDER = "a@sender.example"


class Server:
    """Another server of the customer, on a port of its own."""

    def __init__(self, stack, folder, port):
        self.address = f"{stack.address('EMG_CUSTOMER')[0]}:{port}"
        self.folder, self.refuse = folder / "mail", folder / "refuse"
        self.folder.mkdir()
        self.refuse.touch()
        self.process = None

    def start(self):
        self.process = subprocess.Popen(["/usr/bin/python3", CUSTOMER, self.address, self.folder, self.refuse])
        host, _, port = self.address.rpartition(":")

        def answers():
            return subprocess.run(["bash", "-c", f"exec 7<>/dev/tcp/{host}/{port}"], stderr=subprocess.DEVNULL, check=False).returncode == 0

        wait_for(answers, 10, "the server")

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(10)
            self.process = None

    def texts(self):
        return [path.read_text(errors="replace") for path in self.folder.glob("[!.]*.eml")]

    def recipients(self, subject):
        """Recipients of the message at the server; one per copy."""
        return [line.partition("<")[2].partition(">")[0] for text in self.texts() if f"Subject: {subject}\n" in text
                for line in text.splitlines() if line.startswith("X-Envelope-To:")]

    def subjects(self):
        return {line.partition(":")[2].strip() for text in self.texts() for line in text.splitlines() if line.startswith("Subject:")}


@pytest.fixture
def server(stack, tmp_path):
    server = Server(stack, tmp_path, 2600)
    yield server
    server.stop()


@pytest.fixture
def routed(stack, domain, server):
    """The domain, its mail routed to a running server of its own."""
    server.start()
    route(stack, domain, server.address)
    return domain


def transportmap_program():
    return SOURCE / "build" / os.environ.get("EMG_PRESET", "release") / "transportmap" / "emailgency-transportmap"


def look_up(stack, name, key):
    table = f"socketmap:unix:{stack.env['EMG_TRANSPORTMAP']}:{name}"
    done = subprocess.run(["postmap", "-c", stack.env["EMG_POSTFIX"], "-q", key, table], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode in (0, 1) and not done.stderr else f"error {done.stderr}"


def route(stack, domain, transport):
    stack.sql("update domain set transport = %s where name = %s", transport, domain)
    host, _, port = transport.rpartition(":")
    wait_for(lambda: look_up(stack, "transport", domain) == f"relay:[{host}]:{port}", 1, "the route to be in force")


def send(mx, recipient, subject):
    with mx() as session:
        return session.message(SENDER, recipient, subject)


def queue(stack, domain):
    """Queue entries with a recipient whose address names the domain."""
    shown = subprocess.run(["postqueue", "-c", stack.env["EMG_POSTFIX"], "-j"], capture_output=True, text=True, check=True).stdout
    entries = [json.loads(line) for line in shown.splitlines()]
    return [entry for entry in entries if any(domain in recipient["address"] for recipient in entry["recipients"])]


def retry(stack, domain):
    for entry in queue(stack, domain):
        subprocess.run(["postqueue", "-c", stack.env["EMG_POSTFIX"], "-i", entry["queue_id"]], check=True)


def bounces(stack, domain, since):
    """Mail log lines on bounces of the domain's mail."""
    return [line for line in stack.mail_log()[since:].splitlines() if domain in line and "status=bounced" in line]
