# SPDX-License-Identifier: BSD-2-Clause
"""Two notifiers on one database, of which one is killed again and again while alerts are written and sent."""

import glob
import http.server
import os
import random
import re
import signal
import subprocess
import threading
import time

from cluster import Cluster, wait_for

DOMAINS = 40
DELAY = 0.2  # seconds at most, before a gateway has taken a message and before it says so
SENDMAIL = """#!/bin/sh
read -r name </proc/sys/kernel/random/uuid
sleep 0.0${{name%%[!0-9]*}}
cat >"{folder}/$name.part" && mv "{folder}/$name.part" "{folder}/$name.eml"
"""


class Gateway:
    """Takes SMS, some of them slowly, and counts how often it has seen each id."""

    def __init__(self):
        self.seen, lock = {}, threading.Lock()
        seen = self.seen

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                time.sleep(random.random() * DELAY)
                with lock:
                    number = int(re.search(r"id=emailgency-(\d+)", body)[1])
                    seen[number] = seen.get(number, 0) + 1
                time.sleep(random.random() * DELAY)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

            def handle_one_request(self):
                try:
                    super().handle_one_request()
                except OSError:  # the notifier was killed
                    self.close_connection = True

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/"


class Stack:
    def __init__(self, build):
        self.cluster, self.gateway, self.build = Cluster(), Gateway(), build
        self.cluster.sql("alter role emailgency_notifier login; update setting set value = '10000' where name = 'sms_per_week'")
        folder = self.cluster.folder
        self.mail = f"{folder}/mail"
        os.mkdir(self.mail)
        self.sendmail = f"{folder}/sendmail"
        with open(self.sendmail, "w", encoding="ascii") as out:
            out.write(SENDMAIL.format(folder=self.mail))
        os.chmod(self.sendmail, 0o755)
        os.mkdir(f"{folder}/directory")
        subprocess.run([f"{build}/tests/support/replica_from_rows", f"{folder}/directory"], input="plan basic\n", text=True, check=True)
        self.nodes = {name: self.start(name) for name in ("n1", "n2")}

    def start(self, node):
        folder = self.cluster.folder
        options = {"user": "root", "log": "stderr", "metrics": "", "node": node, "directory": f"{folder}/directory",
                   "database": f"host={self.cluster.run} dbname=emailgency user=emailgency_notifier", "sendmail": self.sendmail,
                   "sms_url": self.gateway.url, "plain_hosts": "127.0.0.1", "sms_body": "to={to}&text={text}&id={id}"}
        with open(f"{folder}/{node}.conf", "w", encoding="ascii") as out:
            out.writelines(f'{key} = "{value}"\n' for key, value in options.items())
        with open(f"{folder}/{node}.log", "a", encoding="ascii") as log:
            return subprocess.Popen([f"{self.build}/notifier/emailgency-notifier", "-c", f"{folder}/{node}.conf"], stderr=log)

    def kill_one(self):
        node = random.choice(list(self.nodes))
        self.nodes[node].send_signal(signal.SIGKILL)
        self.nodes[node].wait()
        self.nodes[node] = self.start(node)

    def mails(self):
        """How often each message arrived."""
        seen = {}
        for path in glob.glob(f"{self.mail}/*.eml"):
            with open(path, encoding="utf-8") as file:
                number = int(re.search(r"^Message-ID: <alert-(\d+)@", file.read(), re.M)[1])
            seen[number] = seen.get(number, 0) + 1
        return seen

    def finish(self):
        for process in self.nodes.values():
            process.kill()
            process.wait()
        self.gateway.server.shutdown()
        self.cluster.destroy()


class Writer(threading.Thread):
    """Writes alerts of many domains, half of them SMS, until it is stopped."""

    def __init__(self, cluster, each):
        super().__init__(daemon=True)
        self.cluster, self.each, self.stopped = cluster, each, threading.Event()

    def run(self):
        batch = 0
        while not self.stopped.wait(0.2):
            batch += 1
            self.cluster.sql(
                "insert into outbox (dedup_key, domain, kind, transition, channel, address) "
                f"select '{batch} ' || n, 'd' || (n + {batch} * 7) % {DOMAINS} || '.example', '', 'test', (array['mail', 'sms'])[n % 2 + 1], "
                f"(array['a@out.example', '+41791234567'])[n % 2 + 1] from generate_series(1, {self.each}) as n")


def run(build, rounds, each):
    """The figures: alerts, and the fates that none should have."""
    stack = Stack(build)
    writer = Writer(stack.cluster, each)
    try:
        writer.start()
        begun = time.monotonic()
        for done in range(rounds):
            time.sleep(random.random() * 0.6)
            stack.kill_one()
            if (done + 1) % 100 == 0:
                print(f"{done + 1} rounds in {time.monotonic() - begun:.0f} s", flush=True)
        writer.stopped.set()
        writer.join()
        open_rows = "select count(*) from outbox where sent_at is null and failed_at is null and dropped_at is null"
        wait_for(lambda: stack.cluster.sql(open_rows) == "0", 300, "the end of all messages")
        time.sleep(1)  # programs that outlived their notifier
        rows = [line.split("|") for line in stack.cluster.sql("select id, channel, sent_at is not null, unknowns from outbox").splitlines()]
        return judge(rows, {"sms": dict(stack.gateway.seen), "mail": stack.mails()})
    finally:
        writer.stopped.set()
        stack.finish()


def judge(rows, seen):
    figures = {"alerts": len(rows), "lost": 0, "given up": 0, "repeated without a kill": 0, "repeated under their id after a kill": 0, "in flight at a kill": 0}
    for number, channel, sent, unknowns in rows:
        times = seen[channel].get(int(number), 0)
        figures["lost"] += times == 0
        figures["given up"] += sent != "t"
        figures["in flight at a kill"] += unknowns != "0"
        figures["repeated without a kill"] += times > 1 + int(unknowns)
        figures["repeated under their id after a kill"] += times > 1
    return figures
