# SPDX-License-Identifier: BSD-2-Clause
"""PgBouncer in transaction mode before a stack's PostgreSQL, and daemons that are led there."""
import pathlib
import re
import shutil
import signal
import subprocess

import psycopg

from replica import free_port
from stack import wait_for

CONF = """[databases]
emailgency = {server} connect_query='set lock_timeout = 3000'

[pgbouncer]
listen_addr =
listen_port = {port}
unix_socket_dir = {folder}
auth_type = trust
auth_file = {folder}/users
pool_mode = transaction
default_pool_size = 3
logfile = {folder}/log
pidfile = {folder}/pid
"""


class Pooler:
    """It runs as postgres, which may log in as each role."""

    def __init__(self, stack, folder, roles):
        self.stack, self.folder, self.port = stack, pathlib.Path(folder), free_port()
        server = re.sub(r" dbname=.*", "", stack.env["EMG_PG"])
        self.dsn = f"host={folder} port={self.port} dbname=emailgency"
        subprocess.run(["install", "-d", "-o", "postgres", "-m", "0755", folder], check=True)
        (self.folder / "users").write_text("".join(f'"{role}" ""\n' for role in roles), encoding="ascii")
        (self.folder / "pooler.ini").write_text(CONF.format(server=server, port=self.port, folder=folder), encoding="ascii")
        self.ident = pathlib.Path(stack.env["EMG_PGDATA"]) / "pg_ident.conf"
        self.before = self.ident.read_text()
        self.ident.write_text(self.before + "".join(f"quickstart postgres {role}\n" for role in roles))
        stack.postgresql("reload")
        self.process = subprocess.Popen(["pgbouncer", "-q", "-u", "postgres", self.folder / "pooler.ini"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        wait_for((self.folder / f".s.PGSQL.{self.port}").exists, 20, "PgBouncer")

    def lead(self, daemon):
        """The daemon goes on through the pooler; returns what its file was."""
        path = pathlib.Path(self.stack.env["EMG_CONF"]) / f"{daemon}.conf"
        before = path.read_text()
        path.write_text(re.sub(r'^(database = ")host=\S+ port=\d+ dbname=\S+', rf"\1{self.dsn}", before, flags=re.MULTILINE))
        self.restart(daemon)
        return path, before

    def restart(self, daemon):
        self.stack.kill(daemon, signal.SIGTERM)
        self.stack.start(daemon)

    def sql(self, role, statement):
        with psycopg.connect(f"{self.dsn} user={role}", autocommit=True, prepare_threshold=None, connect_timeout=5) as connection:
            return connection.execute(statement).fetchall()

    def stop(self):
        self.process.terminate()
        self.process.wait(15)
        self.ident.write_text(self.before)
        self.stack.postgresql("reload")
        shutil.rmtree(self.folder)
