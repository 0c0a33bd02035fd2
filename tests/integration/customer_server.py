# SPDX-License-Identifier: BSD-2-Clause
"""A customer's mail server that tests take down, and the alerts about it."""
import pathlib
import re
import socket
import subprocess
import sys

from stack import SOURCE, wait_for

# Two failures make an outage, one success its end.
RULES = {"probe_interval": 5, "probe_window": 2, "probe_down_after": 2, "probe_down_min": 0, "probe_up_after": 1}


class Server:
    """A customer's mail server that can be stopped while that of all other domains goes on."""

    def __init__(self, stack, folder):
        self.folder, self.refuse = folder, folder / "refuse"
        self.refuse.touch()
        with socket.socket() as free:
            free.bind((stack.address("EMG_CUSTOMER")[0], 0))
            self.host, self.port = free.getsockname()
        self.process = None

    def start(self):
        self.process = subprocess.Popen([sys.executable, SOURCE / "packaging/quickstart.d/customer.py", f"{self.host}:{self.port}", self.folder, self.refuse])
        wait_for(self.answers, 20, "the customer's server")

    def answers(self):
        try:
            socket.create_connection((self.host, self.port), 1).close()
            return True
        except OSError:
            return False

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
        self.process = None


def mail_to(stack, address):
    """The messages to the address, oldest first."""
    paths = sorted(pathlib.Path(stack.env["EMG_CUSTOMER_MAIL"]).glob("[!.]*.eml"))
    return [text for text in (path.read_text(errors="replace") for path in paths) if f"X-Envelope-To: <{address}>" in text]


def message_ids(texts):
    return {re.search(r"^Message-ID: (\S+)", text, re.MULTILINE)[1] for text in texts}
