#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""emailgencyctl status against servers of all kinds: status_test.py ROOT BUILD. The real daemons are in tests/integration."""

import http.server
import json
import os
import re
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
import unittest

ROOT, BUILD = sys.argv[1:3]
del sys.argv[1:3]
CTL = os.path.join(BUILD, "ctl/emailgencyctl")
DAEMONS = ["replicator", "policyd", "transportmap", "milter", "queuewatch", "notifier", "tracker", "keeper"]
ENVIRONMENT = {key: value for key, value in os.environ.items() if not key.startswith("EMG_")}
CORPUS = os.path.join(ROOT, "tests/fuzz/corpus/status_metrics")


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(self.server.text)

    def log_message(self, *_):
        pass


class Status(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="emg-status-")
        self.addCleanup(shutil.rmtree, self.folder)
        os.chmod(self.folder, 0o755)

    def serve(self, text, status=200):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        server.text, server.status = text, status
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return f"127.0.0.1:{server.server_port}"

    def listen(self, address=("127.0.0.1", 0), family=socket.AF_INET):
        """A server that is never served: what a daemon that was stopped by a signal looks like."""
        listener = socket.socket(family)
        listener.bind(address)
        listener.listen()
        self.addCleanup(listener.close)
        return listener

    def conf(self, daemon, text):
        path = os.path.join(self.folder, f"{daemon}.conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def nowhere(self):
        """Every daemon at a socket that is not there."""
        for daemon in DAEMONS:
            self.conf(daemon, f'metrics = "unix:{self.folder}/{daemon}"\n')

    def status(self, *options, prefix=(), **environment):
        result = subprocess.run([*prefix, CTL, "status", "--conf", self.folder, "-d", f"{self.folder}/replica", *options],
                                capture_output=True, text=True, check=False, env={**ENVIRONMENT, **environment}, timeout=60, cwd="/")
        self.assertEqual(result.stderr, "")
        return result

    def checks(self, *options, **keywords):
        document = json.loads(self.status("--json", *options, **keywords).stdout)
        found = {}
        for check in document["checks"]:
            found.setdefault(check["check"], (check["level"], check["says"]))
        return found

    def test_nobody_there(self):
        self.nowhere()
        result = self.status()
        self.assertEqual(result.returncode, 2)
        self.assertIn("critical policyd      does not run: nobody listens at unix:", result.stdout)
        self.assertIn("critical replica      there is no replica", result.stdout)

    def test_hanging_daemons(self):
        self.nowhere()
        self.conf("policyd", f"metrics = 127.0.0.1:{self.listen().getsockname()[1]}\n")
        path = f"{self.folder}/hangs"
        self.listen(path, socket.AF_UNIX)
        self.conf("milter", f"metrics = unix:{path}\n")
        started = time.monotonic()
        checks = self.checks()
        self.assertGreaterEqual(time.monotonic() - started, 1.9)
        for daemon in ["policyd", "milter"]:
            self.assertEqual(checks[daemon][0], "critical")
            self.assertRegex(checks[daemon][1], "does not answer at .* within 2 s")

    def test_answers(self):
        self.nowhere()
        for daemon in ["replicator", "policyd", "milter", "queuewatch", "notifier"]:
            with open(os.path.join(CORPUS, daemon), "rb") as file:
                self.conf(daemon, f'user = "someone else"\nmetrics = {self.serve(file.read())}\nno_such_option = 1\n')
        checks = self.checks()
        for name in ["replicator", "policyd", "milter", "queuewatch", "notifier", "database", "spf", "schema", "spools", "domains", "replica"]:
            self.assertEqual(checks[name][0], "ok", (name, checks[name]))

    def test_other_servers(self):
        self.nowhere()
        self.conf("policyd", f"metrics = {self.serve(b'hello', 404)}\n")
        self.conf("milter", f"metrics = {self.serve(b'emailgency_policyd_requests_total 1')}\n")
        for daemon in ["policyd", "milter"]:
            self.assertRegex(self.checks()[daemon][1], "something else answers at 127.0.0.1")

    def test_endless_answer(self):
        """Neither its time nor its memory is the server's choice."""
        self.nowhere()
        listener = self.listen()
        self.conf("policyd", f"metrics = 127.0.0.1:{listener.getsockname()[1]}\n")

        def serve():
            connection, _ = listener.accept()
            try:
                connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n")
                while True:
                    connection.sendall(b"emailgency_policyd_requests_total 1\n" * 10000)
            except OSError:
                connection.close()

        threading.Thread(target=serve, daemon=True).start()
        self.assertNotEqual(self.checks()["policyd"][0], "ok")

    @unittest.skipIf(os.geteuid() != 0, "runs as another account")
    def test_no_right_is_no_fault(self):
        locked = os.path.join(self.folder, "locked")
        os.mkdir(locked, 0o700)
        self.listen(f"{locked}/metrics", socket.AF_UNIX)
        for daemon in DAEMONS:
            queuehold = f'queuehold = "{locked}/queuehold"\n' if daemon == "notifier" else ""
            os.chmod(self.conf(daemon, f'metrics = "unix:{locked}/metrics"\n{queuehold}'), 0o644)
        os.chmod(os.path.join(self.folder, "milter.conf"), 0o600)
        os.mkdir(os.path.join(self.folder, "replica"), 0o700)
        with open(os.path.join(self.folder, "logins.ini"), "w", encoding="ascii") as file:
            file.write(f"[pgbouncer]\nunix_socket_dir = {locked}\n")
        # nobody cannot reach a build folder below /root or the like
        program = os.path.join(self.folder, "emailgencyctl")
        shutil.copy(CTL, program)
        os.chmod(program, stat.S_IRWXU | stat.S_IRGRP | stat.S_IXGRP | stat.S_IROTH | stat.S_IXOTH)
        result = subprocess.run(["runuser", "-u", "nobody", "--", program, "status", "--conf", self.folder, "-d", f"{self.folder}/replica",
                                 "-c", "/nonexistent"], capture_output=True, text=True, check=False, env=ENVIRONMENT, cwd="/", timeout=60)
        levels = {line.split()[0] for line in result.stdout.splitlines() if line[0] != " "}
        self.assertEqual((levels, result.returncode), ({"unknown", "overall:"}, 3), result.stdout)
        self.assertIn("milter.conf cannot be read: Permission denied", result.stdout)

    def answering(self, path, answer):
        """A socket as systemd's with Accept=yes: answer(connection) for each."""
        listener = self.listen(path, socket.AF_UNIX)

        def serve():
            while True:
                try:
                    connection = listener.accept()[0]
                except OSError:
                    return
                with connection:
                    answer(connection)
        threading.Thread(target=serve, daemon=True).start()

    def test_queuehold(self):
        self.nowhere()
        path = f"{self.folder}/queuehold"
        self.conf("notifier", f'queuehold = "{path}"\n')
        self.assertEqual(self.checks()["queuehold"], ("warning", f"does not run: nobody listens at unix:{path}; queued mail of denied logins goes on"))
        self.answering(path, lambda connection: subprocess.run([os.path.join(BUILD, "queuehold/emailgency-queuehold")], stdin=connection, stdout=connection,
                                                               check=True))
        self.assertEqual(self.checks()["queuehold"], ("ok", f"answers at unix:{path}"))
        self.answering(path + "2", lambda connection: connection.sendall(b"220 mail.example ESMTP\r\n"))
        self.conf("notifier", f'queuehold = "{path}2"\n')
        self.assertEqual(self.checks()["queuehold"], ("warning", f"something else answers at unix:{path}2"))
        self.conf("notifier", 'queuehold = ""\n')
        self.assertNotIn("queuehold", self.checks())

    def test_logins(self):
        self.nowhere()
        self.assertNotIn("logins", self.checks())
        with open(os.path.join(self.folder, "logins.ini"), "w", encoding="ascii") as file:
            file.write(f"; a comment\n[pgbouncer]\nunix_socket_dir={self.folder}\n listen_port = 7001\n")
        self.assertEqual(self.checks()["logins"][0], "critical")
        listener = self.listen(f"{self.folder}/.s.PGSQL.7001", socket.AF_UNIX)
        self.assertRegex(self.checks()["logins"][1], "does not answer")

        def serve():
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                if connection.recv(8) == b"\0\0\0\x08\x04\xd2\x16\x2f":
                    connection.sendall(b"N")

        listener.close()
        os.unlink(f"{self.folder}/.s.PGSQL.7001")
        listener = self.listen(f"{self.folder}/.s.PGSQL.7001", socket.AF_UNIX)
        threading.Thread(target=serve, daemon=True).start()
        self.assertEqual(self.checks()["logins"][0], "ok")

    def queue(self, script):
        """A postqueue of our own, as a slow or broken one behaves."""
        self.nowhere()
        path = os.path.join(self.folder, "bin")
        os.mkdir(path)
        with open(os.path.join(path, "postqueue"), "w", encoding="ascii") as file:
            file.write(f"#!/bin/sh\n{script}\n")
        os.chmod(os.path.join(path, "postqueue"), 0o755)
        started = time.monotonic()
        found = self.checks("-c", "/nonexistent", PATH=f"{path}:/usr/bin:/bin")["queue"]
        return found, time.monotonic() - started

    def test_endless_queue(self):
        found, took = self.queue("""exec yes '{"queue_name": "deferred", "arrival_time": 1700000000, "sender": "a@b.example"}'""")
        self.assertEqual(found[0], "ok")
        self.assertRegex(found[1], r"^at least \d+ messages, \d+ deferred; the oldest is \d+ days old$")
        self.assertGreater(took, 1.4)

    def test_hanging_queue(self):
        found, _ = self.queue("sleep 1000 & sleep 1000")
        self.assertEqual(found, ("unknown", "cannot look: postqueue does not answer within 1500 ms"))
        left = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
        self.assertNotIn(f"{self.folder}/bin/postqueue", left)

    def test_broken_queue(self):
        found, _ = self.queue("echo 'postqueue: fatal: some reason' >&2; exit 1")
        self.assertEqual(found, ("unknown", "cannot look: postqueue: fatal: some reason"))

    def test_stopped_postfix(self):
        found, _ = self.queue("echo 'postqueue: fatal: Queue report unavailable - mail system is down' >&2; exit 69")
        self.assertEqual(found[0], "critical")

    def test_malformed_file(self):
        self.nowhere()
        with open(os.path.join(CORPUS, "milter"), "rb") as file:
            self.conf("milter", f"metrics = {self.serve(file.read())}\nspf_workers = 1000\n")
        self.assertIn(self.checks()["milter"][0], ["critical", "warning"])
        self.assertRegex(self.status().stdout, r"milter\.conf:2: spf_workers: ")

    def test_one_form_of_output(self):
        result = subprocess.run([CTL, "status", "--json", "--nagios"], capture_output=True, text=True, check=False)
        self.assertEqual((result.returncode, result.stdout), (64, ""))
        with open("/dev/full", "w", encoding="ascii") as full:
            self.nowhere()
            self.assertEqual(subprocess.run([CTL, "status", "--conf", self.folder], stdout=full, check=False).returncode, 74)

    def test_defaults_are_the_daemons(self):
        """ctl/daemon_settings.c has the defaults of five options again, since no program includes another's headers."""
        with open(os.path.join(ROOT, "ctl/daemon_settings.c"), encoding="utf-8") as file:
            source = file.read()
        for daemon in DAEMONS:
            printed = subprocess.run([os.path.join(BUILD, daemon, f"emailgency-{daemon}"), "-p", "-c", "/dev/null"], capture_output=True,
                                     text=True, check=True).stdout
            own = dict(re.findall(r"^(\w+) = \"?([^\"\n]*)\"?$", printed, flags=re.M))
            self.assertIn(f'[STATUS_{daemon.upper()}] = "{own["metrics"]}"', source)
            if "directory" in own:  # the tracker reads no replica
                self.assertIn(f'{{CONF_TEXT(directory), .fallback = "{own["directory"]}"', source)
            if "queuehold" in own:
                self.assertIn(f'{{CONF_TEXT(queuehold), .fallback = "{own["queuehold"]}"', source)
            for option in ["spf_workers", "greylist_cache"]:
                if option in own:
                    self.assertIn(f'{{CONF_COUNT({option}), .fallback = "{own[option]}"', source)

    def test_thresholds_are_the_documents(self):
        with open(os.path.join(ROOT, "docs/operations.md"), encoding="utf-8") as file:
            rows = dict(re.findall(r"^\| `(\w+)`[^|]*\|[^|]*\| ([^|]*) \|$", file.read(), flags=re.M))
        with open(os.path.join(ROOT, "ctl/status/status_judge.h"), encoding="utf-8") as file:
            limits = dict(re.findall(r"STATUS_JUDGE_(\w+)(?: =)? ([\d.]+)", file.read()))
        for metric, name in [("lag_seconds", "REPLICA_AGE"), ("replica_age_seconds", "REPLICA_AGE"), ("batches_waiting", "BATCHES"),
                             ("notification_queue_usage", "NOTIFICATIONS"), ("file_used_bytes", "FILE")]:
            self.assertRegex(rows[metric], f"^above {re.escape(limits[name])}\\b", metric)


if __name__ == "__main__":
    unittest.main()
