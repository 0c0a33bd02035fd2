# SPDX-License-Identifier: BSD-2-Clause
"""A Postfix instance of the benches' own, and smtp-source(1) that sends to it."""

import os
import shutil
import subprocess
import sys
import time

DELIVERY_SECONDS = 60
MASTER = """{address} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
relay unix - - n - - smtp
smtp unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""
MAIN = """compatibility_level = 3.6
queue_directory = {folder}/spool
data_directory = {folder}/data
maillog_file_prefixes = {folder}
maillog_file = {folder}/mail.log
myhostname = mx.bench.example
mydestination =
inet_interfaces = 127.0.0.1
proxy_interfaces = 127.0.4.1
inet_protocols = ipv4
mynetworks =
alias_maps =
smtpd_client_event_limit_exceptions = 127.0.0.0/8
smtpd_client_connection_count_limit = 0
relay_destination_concurrency_limit = 50
in_flow_delay = 0
virtual_alias_domains =
parent_domain_matches_subdomains =
smtpd_relay_restrictions = reject_unauth_destination
"""


class Mail:
    """Rate of one smtp-source."""

    def __init__(self, sender, recipient, size=2000, helo="bench.example"):
        self.options = ["-l", str(size), "-f", sender, "-t", recipient, "-M", helo]


class PostfixInstance:
    """Listens on 127.0.4.1:port; `settings` are the lines of main.cf that the instances of a bench differ in."""

    def __init__(self, folder, name, port, settings):
        self.folder, self.address = f"{folder}/{name}", f"127.0.4.1:{port}"
        for part in ("", "/conf", "/spool", "/data"):
            os.mkdir(self.folder + part, 0o755)
        shutil.chown(self.folder + "/data", "postfix")
        self.write("main.cf", MAIN.format(folder=self.folder) + settings)
        self.write("master.cf", MASTER.format(address=self.address))
        self.log = f"{self.folder}/mail.log"
        self.read, self.sent = 0, 0
        self.call("start")

    def write(self, name, text):
        with open(f"{self.folder}/conf/{name}", "w", encoding="ascii") as out:
            out.write(text)

    def call(self, verb):
        subprocess.run(["postfix", "-c", f"{self.folder}/conf", verb], check=True, stdin=subprocess.DEVNULL,
                       capture_output=True)

    def delivered(self):
        """Deliveries since the start."""
        with open(self.log, "rb") as log:
            log.seek(self.read)
            lines = log.read()
        lines = lines[:lines.rfind(b"\n") + 1]
        self.read += len(lines)
        self.sent += lines.count(b"status=sent")
        return self.sent

    def fail(self, why):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            sys.exit(f"{why}; the log ends:\n{''.join(log.readlines()[-20:])}")

    def carry(self, messages, mails, sessions):
        """Messages a second until the last one is delivered; an smtp-source with so many sessions for each of `mails`."""
        each = messages // len(mails)
        expected = self.delivered() + each * len(mails)
        started = time.monotonic()
        sources = [subprocess.Popen(["smtp-source", "-4", "-s", str(sessions), "-m", str(each), *mail.options, self.address])
                   for mail in mails]
        if any([source.wait() for source in sources]):
            self.fail("smtp-source failed")
        while self.delivered() < expected:
            if time.monotonic() > started + DELIVERY_SECONDS:
                self.fail(f"{expected - self.sent} messages are not delivered")
            time.sleep(0.005)
        return each * len(mails) / (time.monotonic() - started)
