# SPDX-License-Identifier: BSD-2-Clause
"""A real emailgency-policyd in a folder of its own, for tests that ask it as Postfix does."""

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

PROGRAM = os.environ["POLICYD"]
ROWS_LOADER = os.environ["REPLICA_FROM_ROWS"]
DATABASE = f"host={os.environ['PG_TEST_HOST']} dbname=postgres user=emailgency_daemon"

ROWS = """
setting greylist_delay value=120
plan basic
domain stealth.example stealth=true verify_recipients=false
domain grey.example greylisting=all blacklisting=false verify_recipients=false
domain open.example greylisting=off blacklisting=false verify_recipients=false
domain listed.example greylisting=off blacklisting=true verify_recipients=false
domain denied.example smtp_deny=true greylisting=off blacklisting=false verify_recipients=false
mailbox cracked@open.example smtp_deny=true
dnsbl bl.example weight=1
"""


def request(**attributes):
    """A request's bytes; a value may be bytes."""
    lines = {"request": "smtpd_access_policy", "protocol_state": "RCPT", "client_address": "192.0.2.1",
             "client_name": "unknown", "sender": "a@sender.example", "recipient": "u@open.example", **attributes}
    values = {name: value if isinstance(value, bytes) else value.encode() for name, value in lines.items()}
    return b"".join(name.encode() + b"=" + value + b"\n" for name, value in values.items()) + b"\n"


def psql(statement):
    command = ["psql", "-qXAt", "-h", os.environ["PG_TEST_HOST"], "-U", "postgres", "-d", "postgres",
               "-c", "set search_path = emailgency", "-c", statement]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


class Client:
    """One smtpd process's connection."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(10)
        self.socket.connect(path)

    def send(self, data):
        self.socket.sendall(data)

    def receive(self):
        """What one read gives: a reply leaves in one write."""
        return self.socket.recv(65536).decode()

    def ask(self, **attributes):
        self.send(request(**attributes))
        return self.receive()

    def close(self):
        self.socket.close()


class PolicydCase(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="policyd_test.")
        self.path = self.dir + "/policyd"
        self.conf = self.dir + "/policyd.conf"
        self.spool = self.dir + "/spool"
        self.running, self.clients, self.log = [], [], []
        # A resolver that takes every question and answers none.
        self.dns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.dns.bind(("127.0.0.1", 0))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.metrics = f"127.0.0.1:{free.getsockname()[1]}"

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
        self.dns.close()
        shutil.rmtree(self.dir)

    def write_conf(self, **values):
        values = {"log": "stderr", "listen": "unix:" + self.path, "listen_group": "", "directory": self.dir + "/directory",
                  "database": DATABASE, "activity_spool": self.spool, "activity_interval_ms": 50,
                  "dns_servers": f"127.0.0.1@{self.dns.getsockname()[1]}", "metrics": self.metrics, **values}
        with open(self.conf, "w", encoding="utf-8") as file:
            file.writelines(f'{key} = "{value}"\n' for key, value in values.items())

    def load_rows(self, rows=ROWS):
        os.makedirs(self.dir + "/directory", exist_ok=True)
        subprocess.run([ROWS_LOADER, self.dir + "/directory"], input=rows, text=True, check=True)

    def run_policyd(self):
        process = subprocess.Popen([PROGRAM, "-c", self.conf], stderr=subprocess.PIPE, text=True, errors="replace")
        process.reader = threading.Thread(target=lambda: self.log.extend(process.stderr))
        process.reader.start()
        self.running.append(process)
        return process

    def start(self, rows=ROWS, **values):
        if rows:
            self.load_rows(rows)
        self.write_conf(**values)
        process = self.run_policyd()
        self.wait_log("ready version=")
        return process

    def wait_until(self, condition, what, seconds=10):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                self.fail(f"waited for {what} in vain: {''.join(self.log)}")
            time.sleep(0.02)

    def wait_log(self, words, times=1):
        self.wait_until(lambda: sum(words in line for line in self.log) >= times, f"{words!r} in the log")

    def client(self):
        client = Client(self.path)
        self.clients.append(client)
        return client

    def connected(self):
        """Waits for the database."""
        self.wait_until(lambda: self.metric("emailgency_policyd_greylist_database_up") == 1, "the database")

    def metric(self, name):
        return self.all_metrics().get(name)

    def all_metrics(self):
        with urllib.request.urlopen(f"http://{self.metrics}/metrics", timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if line[:1] != "#")}

    def stop(self, process, number=signal.SIGTERM):
        process.send_signal(number)
        code = process.wait(timeout=15)
        process.reader.join()
        return code

    def assert_took(self, begun, least, most):
        took = time.monotonic() - begun
        self.assertTrue(least <= took <= most, f"it took {took:.2f} s")
