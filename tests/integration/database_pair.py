# SPDX-License-Identifier: BSD-2-Clause
"""A PostgreSQL primary and its streaming standby, reached by TLS with verify-full and passwords, and what runs against them."""
import os
import pathlib
import signal
import subprocess

import psycopg

from replica import BUILD, PG_BIN, Cluster, as_postgres, free_port, wait_for

NAMES = ("pg1.db.example", "pg2.db.example")
PASSWORD = "failover"
ROLES = ("emailgency_replicator", "emailgency_policyd", "emailgency_dovecot")
HBA = """local all postgres trust
local replication postgres trust
hostnossl all all all reject
hostssl all all all scram-sha-256
"""


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, timeout=30)


def address(number):
    return f"127.0.{100 + os.getpid() % 100}.{number + 1}"


def certificates(folder):
    """A CA, and a certificate for each server's name and address."""
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=Test CA", "-keyout", folder / "ca.key", "-out", folder / "ca.crt")
    for number, name in enumerate(NAMES):
        (folder / "san").write_text(f"subjectAltName=DNS:{name},IP:{address(number)}\n")
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-keyout", folder / f"{name}.key", "-out", folder / "csr")
        openssl("x509", "-req", "-days", "2", "-in", folder / "csr", "-CA", folder / "ca.crt", "-CAkey", folder / "ca.key", "-set_serial", number + 1,
                "-extfile", folder / "san", "-out", folder / f"{name}.crt")
        subprocess.run(["chown", "postgres:", folder / f"{name}.key"], check=True)
        (folder / f"{name}.key").chmod(0o600)


class Server:
    """One PostgreSQL of the pair: its files, and its address of its own on loopback."""

    def __init__(self, folder, number):
        self.folder, self.name, self.address = folder, NAMES[number], address(number)
        self.data = folder / f"data{number + 1}"
        self.socket = folder / f"socket{number + 1}"
        subprocess.run(["install", "-d", "-o", "postgres", self.socket], check=True)

    def configure(self, port):
        self.port = port
        with open(self.data / "postgresql.conf", "a", encoding="ascii") as conf:
            conf.write(f"listen_addresses = '{self.address}'\nport = {port}\nunix_socket_directories = '{self.socket}'\nssl = on\n"
                       f"ssl_cert_file = '{self.folder}/{self.name}.crt'\nssl_key_file = '{self.folder}/{self.name}.key'\nwal_keep_size = 64\n")
        (self.data / "pg_hba.conf").write_text(HBA, encoding="ascii")

    def start(self):
        as_postgres(PG_BIN / "pg_ctl", "-D", self.data, "-l", f"{self.socket}/log", "-w", "start")

    def connect(self):
        return psycopg.connect(f"host={self.socket} port={self.port} user=postgres dbname=postgres", autocommit=True, connect_timeout=5,
                               options="-c search_path=emailgency,public")

    def sql(self, statement, *values):
        with self.connect() as connection:
            cursor = connection.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else None

    def postmaster(self):
        return int((self.data / "postmaster.pid").read_text(encoding="ascii").split("\n", 1)[0])

    def kill(self):
        """kill -9 of the server and of all its processes at once, as when a machine loses its power."""
        first = self.postmaster()
        family = subprocess.run(["pgrep", "-P", str(first)], capture_output=True, text=True, check=False).stdout.split()
        for pid in (first, *map(int, family)):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass  # it ended with the first one
        wait_for(lambda: not pathlib.Path(f"/proc/{first}").exists(), what="the server to be gone")

    def stop(self):
        if (self.data / "postmaster.pid").exists():
            subprocess.run(["runuser", "-u", "postgres", "--", PG_BIN / "pg_ctl", "-D", self.data, "-m", "immediate", "-w", "stop"], check=False, cwd="/",
                           capture_output=True, timeout=60)


class Pair:
    def __init__(self):
        self.base = Cluster()  # its files become the primary's
        self.folder = self.base.folder
        certificates(self.folder)
        self.primary, self.standby = Server(self.folder, 0), Server(self.folder, 1)
        self.port = free_port()
        self.base.stop()
        self.base.data.rename(self.primary.data)
        self.primary.configure(self.port)
        self.primary.start()
        for role in ROLES:
            self.primary.sql(f"alter role {role} password '{PASSWORD}'")
        as_postgres(PG_BIN / "pg_basebackup", "-D", self.standby.data, "-h", self.primary.socket, "-p", self.port, "-U", "postgres", "-R", "-X", "stream",
                    "-c", "fast")
        self.standby.configure(self.port)
        self.standby.start()
        self.wait_streaming()
        (self.folder / "password").write_text(PASSWORD + "\n")
        (self.folder / "password").chmod(0o600)

    def wait_streaming(self):
        wait_for(lambda: self.primary.sql("select count(*) from pg_stat_replication where state = 'streaming'") == [(1,)], 20, "the standby to stream")

    def dsn(self, role, names=NAMES):
        """As docs/operations.md says; the addresses are in hostaddr, since DNS has no such names here."""
        return (f"host={','.join(names)} hostaddr={self.primary.address},{self.standby.address} port={self.port} dbname=postgres user={role} "
                f"target_session_attrs=read-write sslmode=verify-full sslrootcert={self.folder}/ca.crt")

    def hold_replication(self):
        """From now on what the primary commits does not reach the standby."""
        for (pid,) in self.primary.sql("select pid from pg_stat_replication"):
            os.kill(pid, signal.SIGSTOP)

    def wait_replicated(self):
        position = self.primary.sql("select pg_current_wal_lsn()::text")[0][0]
        wait_for(lambda: self.standby.sql("select pg_last_wal_replay_lsn() >= %s::pg_lsn", position) == [(True,)], 20, "the standby to have it")

    def promote(self):
        as_postgres(PG_BIN / "pg_ctl", "-D", self.standby.data, "-w", "promote")

    def remove(self):
        self.primary.stop()
        self.standby.stop()
        subprocess.run(["rm", "-rf", self.folder], check=True)


class Daemon:
    """A daemon with a configuration of its own; log and metrics as files and numbers."""

    def __init__(self, program, folder, **options):
        self.folder = pathlib.Path(folder)
        self.log = self.folder / f"{program}.log"
        self.metrics = f"127.0.0.1:{free_port()}"
        self.conf = self.folder / f"{program}.conf"
        options = {"user": "root", "log": "stderr", "log_level": "info", "metrics": self.metrics} | options
        self.conf.write_text("".join(f'{key} = "{value}"\n' for key, value in options.items()), encoding="utf-8")
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([BUILD / program / f"emailgency-{program}", "-c", self.conf], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            self.wait_log("ready version=")
        except AssertionError:
            self.process.kill()
            raise

    def text(self):
        return self.log.read_text(encoding="utf-8", errors="replace")

    def wait_log(self, words, seconds=20):
        wait_for(lambda: words in self.text() or self.process.poll() is not None, seconds, f"{words} in the log:\n{self.text()[-2000:]}")
        assert words in self.text(), f"it ended: {self.text()[-2000:]}"

    def stop(self):
        self.process.terminate()
        assert self.process.wait(15) == 0, self.text()[-2000:]
        assert "Sanitizer" not in self.text() and "runtime error" not in self.text(), self.text()
