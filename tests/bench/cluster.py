# SPDX-License-Identifier: BSD-2-Clause
"""A PostgreSQL cluster of the benches' own, with the schema in it, gone when they end."""

import glob
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BIN = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]


def as_postgres(command, **options):
    account = pwd.getpwnam("postgres")
    return subprocess.run(command, user=account.pw_uid, group=account.pw_gid, extra_groups=[], check=True, cwd="/tmp",
                          stdout=subprocess.DEVNULL, **options)


class Cluster:
    """Durable as PostgreSQL comes (fsync and synchronous_commit on), reached by a Unix socket."""

    def __init__(self, root=ROOT):
        self.folder = tempfile.mkdtemp(prefix="emg-bench-")
        os.chmod(self.folder, 0o755)
        self.run = os.path.join(self.folder, "pg")
        self.data = os.path.join(self.run, "data")
        os.mkdir(self.run)
        shutil.chown(self.run, "postgres")
        self.conninfo = f"host={self.run} dbname=emailgency user=postgres"
        as_postgres([f"{BIN}/initdb", "-D", self.data, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"])
        self.start()
        as_postgres(["createdb", "-h", self.run, "emailgency"])
        subprocess.run([f"{root}/sql/migrate", self.conninfo], check=True, stdout=subprocess.DEVNULL)
        self.sql("alter role emailgency_daemon login")
        self.daemon = f"host={self.run} dbname=emailgency user=emailgency_daemon"

    def start(self):
        as_postgres([f"{BIN}/pg_ctl", "-D", self.data, "-w", "-l", f"{self.run}/log", "-o",
                     f"-k {self.run} -c listen_addresses='' -c shared_buffers=512MB -c max_wal_size=4GB", "start"])

    def stop(self, mode="fast"):
        as_postgres([f"{BIN}/pg_ctl", "-D", self.data, "-w", "-m", mode, "stop"])

    def sql(self, text):
        command = ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", "set search_path = emailgency",
                   "-c", text, self.conninfo]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def destroy(self):
        try:
            self.stop("immediate")
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)


class Daemon:
    """One of our programs in the foreground, with its configuration written for it; `under` is a command that runs it."""

    def __init__(self, cluster, name, build, under=(), **options):
        self.pid_file = os.path.join(cluster.folder, f"{name}.pid")
        self.log = os.path.join(cluster.folder, f"{name}.log")
        conf = os.path.join(cluster.folder, f"{name}.conf")
        options = {"user": "root", "log": "stderr", "pid_file": self.pid_file, "metrics": "",
                   "directory": os.path.join(cluster.folder, "directory"), "database": cluster.daemon, **options}
        with open(conf, "w", encoding="ascii") as out:
            out.writelines(f'{key} = "{value}"\n' for key, value in options.items() if value is not None)
        with open(self.log, "w", encoding="ascii") as log:
            self.process = subprocess.Popen([*under, f"{build}/{name}/emailgency-{name}", "-c", conf], stderr=log)
        try:
            wait_for(lambda: os.path.exists(self.pid_file) and os.path.getsize(self.pid_file) > 0, 10, name)
        except TimeoutError:
            with open(self.log, encoding="utf-8", errors="replace") as log:
                sys.exit(f"{name} did not start:\n{log.read()}")

    def private_kib(self):
        """Memory that is this process's alone: anonymous pages, not the shared pages of the mapped replica."""
        with open(f"/proc/{self.process.pid}/smaps_rollup", encoding="ascii") as smaps:
            return sum(int(line.split()[1]) for line in smaps if line.startswith(("Anonymous:", "Swap:")))

    def stop(self):
        self.process.terminate()
        self.process.wait(15)


def wait_for(condition, seconds, what):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {seconds} s in vain: {what}")
        time.sleep(0.05)
