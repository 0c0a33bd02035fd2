# SPDX-License-Identifier: BSD-2-Clause
"""python-policyd-spf, Debian's policy server for SPF, as Postfix's spawn(8) runs it: one process per connection."""

import os
import subprocess
import threading
import time

POLICYD_SPF = "/usr/bin/policyd-spf"
# One check a request, as in our column: none of the HELO name beside the sender.
CONF = "debugLevel = 0\nTestOnly = 1\nHELO_reject = No_Check\nMail_From_reject = Fail\n"
REQUEST = """request=smtpd_access_policy
protocol_state=RCPT
protocol_name=ESMTP
client_address={client}
client_name=unknown
helo_name=helo.example
sender={sender}
recipient=user@mark.example
instance={instance}

"""


class PolicydSpf:
    """In a mount namespace of its own, where /etc/resolv.conf names the bench's server."""

    def __init__(self, name_server):
        conf = name_server.write("policyd-spf.conf", CONF)
        script = f"mount --bind {name_server.resolv_conf} /etc/resolv.conf && exec {POLICYD_SPF} {conf}"
        self.process = subprocess.Popen(["unshare", "-m", "--propagation", "private", "sh", "-c", script],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.number = 0

    def check(self, client, sender):
        """The action, such as PREPEND Received-SPF: Pass …"""
        self.number += 1
        self.process.stdin.write(REQUEST.format(client=client, sender=sender, instance=f"{os.getpid()}.{self.number}"))
        self.process.stdin.flush()
        action = self.process.stdout.readline()
        assert self.process.stdout.readline() == "\n", "an answer ends with an empty line"
        return action.strip()

    def stop(self):
        self.process.stdin.close()
        self.process.wait(10)


def check_all(server, client, senders, count, failures):
    for number in range(count):
        action = server.check(client, senders[number % len(senders)])
        if "Received-SPF: Pass" not in action:
            failures.append(action)


def rate(servers, client, senders, count):
    """Checks a second of all `servers` at once, `count` by each."""
    failures = []
    threads = [threading.Thread(target=check_all, args=(server, client, senders, count, failures)) for server in servers]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures[0]
    return count * len(servers) / (time.monotonic() - started)
