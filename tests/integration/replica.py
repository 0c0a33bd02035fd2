# SPDX-License-Identifier: BSD-2-Clause
"""A PostgreSQL cluster with our schema, and a node whose replicator follows it."""
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request

import psycopg

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("EMG_BUILD", SOURCE / "build" / os.environ.get("EMG_PRESET", "asan")))
PG_BIN = max(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
DUMP = BUILD / "tests" / "support" / "directory_dump"
REPLICATOR = BUILD / "replicator" / "emailgency-replicator"


def wait_for(condition, seconds=10.0, what="the condition"):
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        time.sleep(0.02)
    return value


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def as_postgres(*command):
    subprocess.run(["runuser", "-u", "postgres", "--", *map(str, command)], check=True, cwd="/",
                   stdout=subprocess.DEVNULL, timeout=60)


class Cluster:
    """PostgreSQL of its own, on a socket in its own folder."""

    def __init__(self, fsync="off"):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="emg-pg-", dir="/tmp"))
        self.folder.chmod(0o755)
        shutil.chown(self.folder, "postgres", "postgres")
        self.data = self.folder / "data"
        self.port = free_port()
        as_postgres(PG_BIN / "initdb", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "-D", self.data)
        with open(self.data / "postgresql.conf", "a", encoding="ascii") as conf:
            conf.write(f"listen_addresses = ''\nport = {self.port}\nunix_socket_directories = '{self.folder}'\n"
                       f"fsync = {fsync}\nmax_connections = 40\n")
        self.start()
        self.dsn = f"host={self.folder} port={self.port} user=postgres dbname=postgres"
        subprocess.run([SOURCE / "sql" / "migrate", self.dsn], check=True, stdout=subprocess.DEVNULL, timeout=60)

    def start(self):
        as_postgres(PG_BIN / "pg_ctl", "-D", self.data, "-l", self.folder / "log", "-w", "start")

    def stop(self, mode="fast"):
        as_postgres(PG_BIN / "pg_ctl", "-D", self.data, "-w", "-m", mode, "stop")

    def kill(self):
        """kill -9 of the server and all its processes; they end themselves once the first is gone."""
        pid = int((self.data / "postmaster.pid").read_text(encoding="ascii").split("\n", 1)[0])
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: not pathlib.Path(f"/proc/{pid}").exists(), what="the server to be gone")

    def restart_after_kill(self):
        deadline = time.monotonic() + 20
        while True:
            try:
                return self.start()
            except subprocess.CalledProcessError:  # its children still hold the shared memory
                assert time.monotonic() < deadline
                time.sleep(0.2)

    def connect(self):
        return psycopg.connect(self.dsn, options="-c search_path=emailgency,public", connect_timeout=5)

    def sql(self, statement, *values):
        with self.connect() as connection:
            cursor = connection.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else None

    def remove(self):
        self.stop("immediate")
        shutil.rmtree(self.folder)


class Node:
    """A replicator and its replica."""

    def __init__(self, cluster, folder, **options):
        self.cluster, self.folder = cluster, pathlib.Path(folder)
        self.lmdb = self.folder / "lmdb"
        self.log = self.folder / "log"
        self.log.touch()
        self.conf = self.folder / "replicator.conf"
        self.port = free_port()
        self.process = None
        self.options = {
            "user": "root", "log": "stderr", "log_level": "debug", "directory": self.lmdb, "map_size": 256 << 20, "poll_interval": 1,
            "metrics": f"127.0.0.1:{self.port}", "reader_check_interval": 1,
            "database": f"host={cluster.folder} port={cluster.port} user=emailgency_daemon dbname=postgres",
        } | options

    def write_conf(self):
        lines = (f"{key} = {value}" if isinstance(value, int) else f'{key} = "{value}"' for key, value in self.options.items())
        self.conf.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def start(self, **options):
        self.options |= options
        self.write_conf()
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([REPLICATOR, "-c", self.conf], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        return self

    def stop(self):
        self.process.terminate()
        assert self.process.wait(10) == 0, self.text()
        self.process = None

    def kill(self):
        self.process.kill()
        self.process.wait(10)
        self.process = None

    def text(self):
        return self.log.read_text(encoding="utf-8", errors="replace")

    def rows(self, kind=None):
        """(kind, key) -> {column: value}; None where there is no replica to read."""
        done = subprocess.run([DUMP, self.lmdb], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode in (0, 69), done.stderr
        if done.returncode == 69:
            return None
        rows = {}
        for line in done.stdout.splitlines():
            word, *fields = line.split(" ")
            if kind in (None, word) and word not in ("name", "network", "meta"):
                columns = dict(field.split("=", 1) for field in re.split(r" (?=\w+=)", " ".join(fields)))  # a value may have blanks
                values = list(columns.values())
                rows[word, " ".join(values[:2]) if word in ("alias", "whitelist") else values[0]] = columns
        return rows

    def has(self, kind, key, **columns):
        row = (self.rows(kind) or {}).get((kind, key))
        return row is not None and all(row[name] == value for name, value in columns.items())

    def wait_row(self, kind, key, seconds=10.0, **columns):
        wait_for(lambda: self.has(kind, key, **columns), seconds, f"{kind} {key} {columns}\n{self.text()[-2000:]}")

    def wait_gone(self, kind, key):
        wait_for(lambda: (rows := self.rows(kind)) is not None and (kind, key) not in rows, what=f"{kind} {key} to go")

    def wait_log(self, pattern, seconds=10.0):
        return wait_for(lambda: re.search(pattern, self.text()), seconds, f"/{pattern}/ in the log:\n{self.text()[-3000:]}")

    def metric(self, name):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=5) as answer:
            text = answer.read().decode()
        found = re.search(rf"^emailgency_replicator_{re.escape(name)} (\S+)$", text, re.M)
        assert found, text
        return float(found[1])

    def wait_current(self, seconds=10.0):
        """Until what is committed now is in the replica."""
        marker = str(time.monotonic_ns())[-12:]
        self.cluster.sql("update setting set value = %s where name = 'sms_per_week'", str(int(marker) % 10000))
        self.wait_row("setting", "sms_per_week", seconds, value=str(int(marker) % 10000))
