# SPDX-License-Identifier: BSD-2-Clause
"""A real daemon in a folder of its own, beside the database that with_schema made."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.request

ROWS_LOADER = os.environ["REPLICA_FROM_ROWS"]
DATABASE = f"host={os.environ['PG_TEST_HOST']} dbname=postgres user=emailgency_daemon"

# The test's folder is the caller's, and the accounts of the daemons need not exist.
AS_CALLER = {"user": "root"} if os.geteuid() == 0 else {}


def psql(statement):
    command = ["psql", "-qXAt", "-h", os.environ["PG_TEST_HOST"], "-U", "postgres", "-d", "postgres",
               "-c", "set search_path = emailgency", "-c", statement]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class DaemonCase(unittest.TestCase):
    program, rows = None, None

    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="daemon_test.")
        self.path = self.dir + "/socket"
        self.conf = self.dir + "/daemon.conf"
        self.spool = self.dir + "/spool"
        self.metrics = f"127.0.0.1:{free_port()}"
        self.running, self.clients, self.log = [], [], []

    def tearDown(self):
        for client in self.clients:
            client.close()
        for process in self.running:
            if process.poll() is None:
                process.kill()
            process.wait()
        for process in self.running:
            process.reader.join()
            process.stderr.close()
        shutil.rmtree(self.dir)

    def options(self):
        """The daemon's configuration unless a test overrides it."""
        return {**AS_CALLER, "log": "stderr", "listen": "unix:" + self.path, "listen_group": "",
                "directory": self.dir + "/directory", "database": DATABASE, "activity_spool": self.spool,
                "activity_interval_ms": 50, "metrics": self.metrics}

    def write_conf(self, **values):
        with open(self.conf, "w", encoding="utf-8") as file:
            file.writelines(f'{key} = "{value}"\n' for key, value in {**self.options(), **values}.items())

    def load_rows(self, rows=None):
        os.makedirs(self.dir + "/directory", exist_ok=True)
        subprocess.run([ROWS_LOADER, self.dir + "/directory"], input=rows or self.rows, text=True, check=True)

    def run_daemon(self):
        process = subprocess.Popen([self.program, "-c", self.conf], stderr=subprocess.PIPE, text=True, errors="replace")
        process.reader = threading.Thread(target=lambda: self.log.extend(process.stderr))
        process.reader.start()
        self.running.append(process)
        return process

    def start(self, rows="", **values):
        """`rows` None: without a replica."""
        if rows is not None:
            self.load_rows(rows)
        self.write_conf(**values)
        process = self.run_daemon()
        self.wait_until(lambda: process.poll() is not None or any("ready version=" in line for line in self.log), "the start")
        if process.poll() is not None:
            process.reader.join()
            self.fail(f"it ended instead of starting: {''.join(self.log[-40:])}")
        return process

    def stop(self, process, number=signal.SIGTERM):
        process.send_signal(number)
        code = process.wait(timeout=15)
        process.reader.join()
        return code

    def wait_until(self, condition, what, seconds=30):  # for a machine with much other work
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                self.fail(f"waited for {what} in vain: {''.join(self.log[-40:])}")
            time.sleep(0.05)

    def wait_log(self, words, times=1):
        self.wait_until(lambda: sum(words in line for line in self.log) >= times, f"{words!r} in the log")

    def metric(self, name):
        return self.all_metrics().get(name)

    def all_metrics(self):
        with urllib.request.urlopen(f"http://{self.metrics}/metrics", timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if line[:1] != "#")}

    def assert_took(self, begun, least, most):
        took = time.monotonic() - begun
        self.assertTrue(least <= took <= most, f"it took {took:.2f} s")
