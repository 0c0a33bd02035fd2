# SPDX-License-Identifier: BSD-2-Clause
"""Two MX nodes, each with its Postfix, its daemons and its replica, on one PostgreSQL of Patroni; the first node has the mail store."""
import concurrent.futures
import os
import pathlib
import re
import shutil
import signal
import subprocess

from patroni_cluster import PatroniCluster
from stack import DAEMONS, Stack, new_folder, quickstart
from store_mail import doveadm

NODES = ("mx1", "mx2")


def new_stack():
    folder = new_folder()
    quickstart(folder, "--no-install", "--no-tour")
    return Stack(folder)


class Service:
    def __init__(self):
        with concurrent.futures.ThreadPoolExecutor() as pool:
            self.nodes = [future.result() for future in [pool.submit(new_stack) for _ in NODES]]
        first = self.nodes[0]
        for node in self.nodes:
            node.postgresql("stop", "-m", "fast")
        self.cluster = PatroniCluster(first.folder / "patroni", first.env["EMG_PGDATA"])
        self.cluster.start()
        self.share_store()
        for name, node in zip(NODES, self.nodes):
            self.lead(node, name)

    def lead(self, node, name):
        """Each `database` names both servers, as docs/scaling.md says."""
        conf = pathlib.Path(node.env["EMG_CONF"])
        for path in conf.glob("*.conf"):
            text = re.sub(r'^(database = ")host=\S+ port=\d+ (.*)"$', rf'\1{self.cluster.hosts()} \2 target_session_attrs=read-write"', path.read_text(),
                          flags=re.MULTILINE)
            named = "" if path.stem in ("transportmap", "queuewatch") else f'node = "{name}"\n'
            path.write_text(text + named)
        logins = conf / "logins.ini"
        logins.write_text(re.sub(r"host=\S+ port=\d+", self.cluster.hosts(), logins.read_text()))
        os.kill(int((node.folder / "run" / "logins" / "pid").read_text()), signal.SIGHUP)
        node.env["EMG_PG"] = f"{self.cluster.hosts()} dbname=emailgency user=operator target_session_attrs=read-write"
        for daemon in DAEMONS:
            node.kill(daemon, signal.SIGTERM)
            if daemon != "keeper" or name == NODES[0]:
                node.start(daemon)

    def share_store(self):
        """As `emailgencyctl node add` prints it: the second node hands mail to the Dovecot of the first one."""
        first, second = self.nodes
        dsn = f"{self.cluster.hosts()} dbname=emailgency user=operator"
        plan = subprocess.run([first.env["EMG_CTL"], "node", "add", "mx2.example.net", "192.0.2.26", "--database", dsn], capture_output=True, text=True,
                              check=True).stdout
        with open(first.env["EMG_DOVECOT"], "a", encoding="ascii") as conf:
            conf.write(re.search(r"^   service lmtp \{\n(?:.*\n)*?   \}\n", plan, re.MULTILINE)[0])
        doveadm(first, "reload")
        path = pathlib.Path(second.env["EMG_CONF"]) / "transportmap.conf"
        line = re.search(r"^   (lmtp_destination = .*)$", plan, re.MULTILINE)[1]
        line = re.sub(r"inet:[^:]+:", f"inet:{first.address('EMG_SMTP')[0]}:", line)
        path.write_text(re.sub(r"^lmtp_destination.*$", line, path.read_text(), flags=re.MULTILINE))

    def sql(self, statement, *values, wait=True):
        """Returns once both nodes hold what was written."""
        first, second = self.nodes
        with first.connect() as connection:
            with connection.transaction():
                cursor = connection.execute(statement, values or None)
                rows = cursor.fetchall() if cursor.description else None
                written = wait and first.mark(connection)
        for node in (first, second):
            node.wait_replica(written)
        return rows

    def value(self, statement, *values):
        rows = self.sql(statement, *values, wait=False)
        return rows[0][0] if rows else None

    def remove(self):
        for node in self.nodes:
            quickstart(node.folder, "--down", check=False)
        self.cluster.remove()
        for node in self.nodes:
            shutil.rmtree(node.folder)
