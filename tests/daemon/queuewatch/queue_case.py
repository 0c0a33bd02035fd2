# SPDX-License-Identifier: BSD-2-Clause
"""emailgency-queuewatch on the queue of a real Postfix."""
import collections
import json
import os
import re
import socket
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path += [os.path.join(HERE, "..", "..", "bench")]
import daemon_process  # noqa: E402
from daemon_process import DaemonCase, free_port  # noqa: E402
from postfix_instance import PostfixInstance  # noqa: E402

ROWS = """plan basic
domain d1.example queue_alert_minutes=1 queue_alert_messages=2 alternate_name=d1example.service.example
domain_alias alias.example domain=d1.example
domain a-b.example
domain a.b.example
domain none.example
"""
SETTINGS = r"""enable_long_queue_ids = {long}
hash_queue_names = {hashed}
hash_queue_depth = {depth}
relay_domains = d00000.example, d1.example, d1example.service.example, alias.example, a-b.example, a.b.example, d1.example.store.invalid,
    other.example, slow.example
relay_transport = smtp:[127.0.4.9]:1
transport_maps = inline:{{slow.example=smtp:[127.0.4.9]:{slow}}}
fast_flush_domains = {flushed}
smtpd_client_restrictions = check_recipient_access inline:{{held@d1.example=HOLD}}
smtpd_recipient_restrictions = check_recipient_access inline:{{held@d1.example=HOLD}}
minimal_backoff_time = 1h
maximal_backoff_time = 1h
"""


def netstring(text):
    return f"{len(text)}:{text},".encode()


class QueueCase(DaemonCase):
    program, rows = os.environ["QUEUEWATCH"], ROWS

    def setUp(self):
        super().setUp()
        os.chmod(self.dir, 0o755)
        self.slow = socket.create_server(("127.0.4.9", 0))  # takes connections and stays silent
        self.postfix = None

    def tearDown(self):
        if self.postfix and os.path.exists(f"{self.postfix.folder}/spool/pid/master.pid"):
            subprocess.run(["postfix", "-c", f"{self.postfix.folder}/conf", "stop"], capture_output=True, check=False)
        self.slow.close()
        super().tearDown()

    def start_postfix(self, **settings):
        values = {"long": "yes", "hashed": "deferred, defer", "depth": 1, "flushed": "$relay_domains", "slow": self.slow.getsockname()[1]}
        self.postfix = PostfixInstance(self.dir, "postfix", free_port(), SETTINGS.format(**{**values, **settings}))
        self.spool = f"{self.postfix.folder}/spool"

    def options(self):
        return {**daemon_process.AS_CALLER, "log": "stderr", "log_level": "debug", "listen": "unix:" + self.path, "listen_group": "", "directory": self.dir + "/directory",
                "metrics": self.metrics, "queue_directory": self.dir + "/postfix/spool", "postfix_config": self.dir + "/postfix/conf",
                "queue_interval": 1, "walk_interval": 0}

    def send(self, recipient, count=1):
        subprocess.run(["smtp-source", "-4", "-m", str(count), "-f", "sender@elsewhere.example", "-t", recipient, "-M", "h.example",
                        self.postfix.address], check=True)

    def send_to_all(self, recipients):
        host, port = self.postfix.address.split(":")
        with socket.create_connection((host, int(port))) as client, client.makefile("rw", newline="\r\n") as lines:
            words = ["EHLO h.example", "MAIL FROM:<s@elsewhere.example>", *(f"RCPT TO:<{each}>" for each in recipients), "DATA"]
            lines.readline()
            for word in [*words, "Subject: x\r\n\r\nx\r\n.", "QUIT"]:
                lines.write(word + "\r\n")
                lines.flush()
                while (line := lines.readline())[3:4] == "-":
                    pass
                self.assertIn(line[0], "23", f"{word}: {line}")

    def postqueue(self):
        """Postfix's own account: (queue, recipients' domains) by id."""
        out = subprocess.run(["postqueue", "-c", f"{self.postfix.folder}/conf", "-j"], capture_output=True, text=True, check=True).stdout
        return {message["queue_id"]: (message["queue_name"], {each["address"].rpartition("@")[2] for each in message["recipients"]},
                                      message["arrival_time"]) for message in map(json.loads, out.splitlines())}

    def wait_deferred(self, count):
        self.wait_until(lambda: collections.Counter(queue for queue, *_ in self.postqueue().values())["deferred"] == count,
                        f"{count} deferred messages", 60)

    def ask(self, text, within=10):
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(within)
            client.connect(self.path)
            client.sendall(netstring(text))
            reply = b""
            while not (head := re.match(rb"(\d+):", reply)) or len(reply) < head.end() + int(head[1]) + 1:
                try:
                    part = client.recv(1 << 20)
                except ConnectionResetError:
                    return None
                if not part:
                    return None
                reply += part
        return [line.split(" ") for line in reply[head.end():-1].decode().splitlines()]

    def sample(self):
        """Domain -> (messages, late, oldest), queue -> messages, and the first line."""
        lines = self.ask("sample")
        domains = {words[1]: tuple(map(int, words[2:])) for words in lines if words[0] == "domain"}
        return domains, {words[1]: int(words[2]) for words in lines if words[0] == "queue"}, lines[0]

    def domains(self):
        return {name: counts[0] for name, counts in self.sample()[0].items()}

    def wait_sample(self, wanted, seconds=30):
        seen = {}

        def has_come():
            seen["last"] = self.ask("sample")
            return seen["last"][0][0] == "cycle" and self.domains() == wanted

        try:
            self.wait_until(has_come, f"{wanted} in the sample", seconds)
        except AssertionError as failure:
            raise AssertionError(f"the last sample: {seen}") from failure

    def error(self, name):
        return self.metric(f'emailgency_queuewatch_errors_total{{error="{name}"}}')

    def envelopes(self):
        return self.metric("emailgency_queuewatch_envelopes_total")
