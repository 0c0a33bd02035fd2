# SPDX-License-Identifier: BSD-2-Clause
"""A running quickstart: its environment, rows, processes and log."""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request

import psycopg

import replica_notes

SOURCE = pathlib.Path(__file__).resolve().parents[2]
DAEMONS = ("replicator", "policyd", "transportmap", "milter", "queuewatch", "notifier", "tracker", "keeper")
REPLICA_SECONDS = 20  # the replicator may be between two tries to reach a database that the test before had stopped
# A change that the replica is certain to take: what a statement logged may be in no column of a replica.
MARK = """insert into emailgency.plan (name) values ('marker') on conflict (name)
          do update set max_candidates = (plan.max_candidates + 1) % 1000000"""
LOGGED = "select pg_current_xact_id()::text from emailgency.directory_change where xid = pg_current_xact_id() limit 1"
QUICKSTART = SOURCE / "packaging" / "quickstart"


def drop_domain(stack, name):
    """Also right after a crash of the server, when the comparison of all rows would refuse to drop all domains there are."""
    stack.sql("delete from domain where name = %s", name, wait=False)
    stack.sql("select confirm_reload()")
    stack.wait_current()


def wait_for(condition, seconds=5.0, what="the condition"):
    """Returns the first true value of condition(); fails with `what` after the deadline."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        time.sleep(0.02)


def read_env(path):
    return dict(line.split("=", 1) for line in path.read_text().splitlines())


def quickstart(folder, *options, check=True):
    command = [QUICKSTART, "--dir", folder, *options]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, check=False)
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done


def new_folder():
    """A short path that the servers' accounts can reach, unlike pytest's own."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="emg-", dir="/tmp"))
    folder.chmod(0o755)
    return folder


class Stack:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.env = read_env(self.folder / "env")
        self.log = pathlib.Path(self.env["EMG_LOG"])

    def address(self, name):
        host, _, port = self.env[name].rpartition(":")
        return host, int(port)

    # rows

    def connect(self, **options):
        return psycopg.connect(self.env["EMG_PG"], autocommit=True, connect_timeout=5, **options)

    def sql(self, statement, *values, wait=True):
        """Runs a statement. If it changed rows of the replica, returns once they are there, unless the replicator does not run;
        wait=False is for tests of what happens before that."""
        with self.connect() as connection:
            with connection.transaction():
                cursor = connection.execute(statement, values or None)
                rows = cursor.fetchall() if cursor.description else None
                written = wait and self.mark(connection)
        self.wait_replica(written)
        return rows

    def mark(self, connection):
        """The number of the transaction, if it changed rows of the replica."""
        if not connection.execute(LOGGED).fetchone():
            return None
        connection.execute(MARK)
        return int(connection.execute(LOGGED).fetchone()[0])

    def wait_replica(self, transaction):
        if transaction and self.runs("replicator"):
            wait_for(lambda: replica_notes.holds(self.env["EMG_LMDB"], transaction) or not self.runs("replicator"), REPLICA_SECONDS,
                     "the replica to hold what was written")

    def wait_current(self):
        """Until all rows that are committed now are in the replica, unless the replicator does not run."""
        self.sql(MARK)

    def value(self, statement, *values):
        rows = self.sql(statement, *values)
        return rows[0][0] if rows else None

    # processes

    def pid(self, daemon):
        try:
            return int(pathlib.Path(self.env[f"EMG_PID_{daemon.upper()}"]).read_text())
        except (FileNotFoundError, ValueError):
            return None

    def state(self, pid):
        """As ps(1) shows it; "" for a process that is gone."""
        try:
            return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return ""

    def alive(self, pid):
        return self.state(pid) not in ("", "Z")

    def runs(self, daemon):
        """Returns whether it is there and was not stopped by a signal."""
        return self.state(self.pid(daemon)) not in ("", "Z", "T")

    def kill(self, daemon, number=signal.SIGKILL):
        pid = self.pid(daemon)
        assert pid and self.alive(pid), f"{daemon} does not run"
        os.kill(pid, number)
        wait_for(lambda: not self.alive(pid), 15, f"the end of {daemon}")

    def start(self, daemon):
        """Starts a daemon as the quickstart does and waits until it says that it is ready."""
        program = SOURCE / "build" / os.environ.get("EMG_PRESET", "release") / daemon / f"emailgency-{daemon}"
        with open(self.log / f"{daemon}.log", "ab") as log:
            process = subprocess.Popen(
                [program, "-c", f"{self.env['EMG_CONF']}/{daemon}.conf"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder, start_new_session=True)
        def ready():
            assert process.poll() is None, f"{daemon} ended with {process.returncode}: {self.daemon_log(daemon)[-500:]}"
            return self.pid(daemon) == process.pid
        wait_for(ready, 30, f"{daemon} to be ready")
        return process

    def daemon_log(self, daemon):
        return (self.log / f"{daemon}.log").read_text(errors="replace")

    def mail_log(self):
        return (self.log / "mail.log").read_text(errors="replace")

    def postgresql(self, *action):
        return subprocess.run(
            ["runuser", "-u", "postgres", "--", "/usr/lib/postgresql/15/bin/pg_ctl", "-D", self.env["EMG_PGDATA"],
             "-l", str(self.log / "postgresql.log"), "-w", "-t", "60", *action],
            cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)

    def postgresql_kill(self):
        postmaster = int((pathlib.Path(self.env["EMG_PGDATA"]) / "postmaster.pid").read_text().split()[0])
        family = subprocess.run(["pgrep", "-P", str(postmaster)], capture_output=True, text=True, check=False).stdout.split()
        os.kill(postmaster, signal.SIGKILL)
        # Backends end by themselves when the postmaster is gone; a new one waits for that.
        wait_for(lambda: not any(self.alive(pid) for pid in family), 20, "the end of the orphaned backends")

    # what can be seen

    def metrics(self, daemon):
        """Samples by name with labels, as in 'emailgency_requests_total{verdict="pass"}'."""
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(self.env[f"EMG_METRICS_{daemon.upper()}"], timeout=5) as answer:
            text = answer.read().decode()
        return {name: float(number) for name, number in re.findall(r"^([a-zA-Z_:].*) ([^ ]+)$", text, re.MULTILINE)}

    def customer_has(self, text):
        folder = pathlib.Path(self.env["EMG_CUSTOMER_MAIL"])
        return next((path for path in folder.glob("[!.]*.eml") if text in path.read_text(errors="replace")), None)

    def processes(self):
        """Command lines of all that works in the folder."""
        found = []
        for proc in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                places = [os.readlink(proc / "cwd"), os.readlink(proc / "root")]
                command = (proc / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if any(f"{place}/".startswith(f"{self.folder}/") for place in places) or f"{self.folder}/" in command:
                if int(proc.name) != os.getpid() and self.alive(proc.name):
                    found.append(f"{proc.name} {command}")
        return found

    def remove(self):
        quickstart(self.folder, "--down")
        shutil.rmtree(self.folder)
