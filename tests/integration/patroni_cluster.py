# SPDX-License-Identifier: BSD-2-Clause
"""Two PostgreSQL servers that Patroni and etcd keep, made of a database that exists, by packaging/patroni/patroni.yml."""
import json
import os
import pathlib
import signal
import subprocess
import urllib.error
import urllib.request

import psycopg
import yaml

from replica import PG_BIN, free_port, wait_for
from stack import SOURCE

SHIPPED = SOURCE / "packaging" / "patroni" / "patroni.yml"
PASSWORD = "patroni"
# As short as Patroni takes them: docs/scaling.md has what the shipped ones make of it.
QUICK = {"ttl": 20, "loop_wait": 1, "retry_timeout": 3}
HBA = ["local all all peer map=quickstart", "local replication postgres peer map=quickstart", "host all all 127.0.0.0/8 trust",
       "host replication standby 127.0.0.0/8 scram-sha-256"]


def address(number):
    return f"127.0.{100 + os.getpid() % 100}.{number + 1}"


def kill_all(postmaster):
    """kill -9 of a server and all its processes at once, as when a machine loses its power."""
    family = subprocess.run(["pgrep", "-P", str(postmaster)], capture_output=True, text=True, check=False).stdout.split()
    doomed = [postmaster, *map(int, family)]
    for pid in doomed:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass  # it ended with the first one
    wait_for(lambda: not any(runs(pid) for pid in doomed), what="the processes to be gone")


def runs(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


class Server:
    """One PostgreSQL with its Patroni: a machine."""

    def __init__(self, cluster, number, data):
        self.cluster, self.name, self.data = cluster, f"pg{number + 1}", pathlib.Path(data)
        self.address, self.api = address(number), f"{address(number)}:{free_port()}"
        self.socket = cluster.folder / self.name
        self.log = cluster.folder / f"{self.name}.log"
        self.process = None
        subprocess.run(["install", "-d", "-o", "postgres", self.socket], check=True)

    def configure(self):
        """The shipped file, with what belongs to this machine."""
        conf = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
        conf["name"] = self.name
        conf["restapi"] = {"listen": self.api, "connect_address": self.api}
        conf["etcd3"] = {"hosts": self.cluster.etcd}
        conf["bootstrap"]["dcs"] |= QUICK
        server = conf["postgresql"]
        own = f"{self.address}:{self.cluster.port}"
        server |= {"listen": own, "connect_address": own, "data_dir": str(self.data), "bin_dir": str(PG_BIN), "pg_hba": HBA,
                   "pgpass": f"{self.socket}/pgpass"}
        server["parameters"] = {"unix_socket_directories": str(self.socket), "hba_file": f"{self.data}/pg_hba.conf", "ident_file": f"{self.data}/pg_ident.conf"}
        for role in ("replication", "rewind"):
            server["authentication"][role]["password"] = PASSWORD
        path = self.socket / "patroni.yml"
        path.write_text(yaml.safe_dump(conf), encoding="utf-8")
        return path

    def start(self):
        path = self.configure()
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "patroni", path], cwd="/",
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def text(self):
        return self.log.read_text(encoding="utf-8", errors="replace")

    def state(self):
        """As Patroni reports it; {} where it does not answer."""
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"http://{self.api}/patroni", timeout=3) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            return json.load(error)
        except OSError:
            return {}

    def leads(self):
        state = self.state()
        return state.get("role") in ("master", "primary") and state.get("state") == "running"

    def follows(self):
        state = self.state()
        return state.get("role") == "replica" and state.get("state") == "running"

    def alive(self):
        return self.process.poll() is None

    def sql(self, statement, *values):
        with psycopg.connect(f"host={self.socket} port={self.cluster.port} dbname=emailgency user=postgres", autocommit=True, connect_timeout=5,
                             options="-c search_path=emailgency,public") as connection:
            cursor = connection.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else None

    def postmaster(self):
        return int((self.data / "postmaster.pid").read_text(encoding="ascii").split("\n", 1)[0])

    def kill_server(self):
        """PostgreSQL alone; Patroni sees it."""
        kill_all(self.postmaster())

    def kill_machine(self):
        """With its Patroni, so that the other one learns of it by the end of the leader's time alone."""
        self.process.kill()
        self.process.wait()
        kill_all(self.postmaster())

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if (self.data / "postmaster.pid").exists():
            subprocess.run(["runuser", "-u", "postgres", "--", PG_BIN / "pg_ctl", "-D", self.data, "-m", "immediate", "-w", "stop"], check=False, cwd="/",
                           capture_output=True, timeout=60)


class PatroniCluster:
    def __init__(self, folder, data):
        self.folder = pathlib.Path(folder)
        subprocess.run(["install", "-d", "-o", "postgres", "-m", "0755", self.folder], check=True)
        self.port = free_port()
        self.etcd = f"{address(0)}:{free_port()}"
        self.start_etcd()
        self.servers = [Server(self, 0, data), Server(self, 1, self.folder / "data2")]

    def start_etcd(self):
        """One; a service has three, so that the loss of one machine leaves a majority."""
        peers = f"http://{address(0)}:{free_port()}"
        with open(self.folder / "etcd.log", "ab") as log:
            self.keeper = subprocess.Popen(
                ["etcd", "--name", "one", "--data-dir", self.folder / "etcd", "--listen-client-urls", f"http://{self.etcd}", "--advertise-client-urls",
                 f"http://{self.etcd}", "--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers, "--initial-cluster", f"one={peers}"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/")

    def start(self):
        """The first server has the database, and makes the second one."""
        first, second = self.servers
        first.start()
        wait_for(first.leads, 60, "Patroni to lead the first server")
        first.sql(f"create role standby login replication password '{PASSWORD}'")
        first.sql(f"create role rewind login password '{PASSWORD}'")
        for function in ("pg_ls_dir(text, boolean, boolean)", "pg_stat_file(text, boolean)", "pg_read_binary_file(text)",
                         "pg_read_binary_file(text, bigint, bigint, boolean)"):
            with psycopg.connect(f"host={first.socket} port={self.port} dbname=postgres user=postgres", autocommit=True) as connection:
                connection.execute(f"grant execute on function pg_catalog.{function} to rewind")
        second.start()
        self.wait_synchronous()

    def hosts(self):
        return f"host={','.join(server.address for server in self.servers)} port={self.port}"

    def leader(self):
        return next((server for server in self.servers if server.leads()), None)

    def wait_leader(self, seconds=60):
        return wait_for(self.leader, seconds, f"a leader: {[server.text()[-1500:] for server in self.servers]}")

    def other(self, server):
        return self.servers[1 - self.servers.index(server)]

    def replication(self):
        """Of the standby, as the leader sees it: (state, sync_state)."""
        leader = self.leader()
        return leader.sql("select state, sync_state from pg_stat_replication where application_name like 'pg%%'") if leader else []

    def wait_synchronous(self):
        wait_for(lambda: self.replication() == [("streaming", "sync")] and self.names_standby(), 60,
                 f"a synchronous standby: {[server.text()[-1500:] for server in self.servers]}")

    def names_standby(self):
        """Patroni promotes a standby only once its store has it as the synchronous one."""
        members = self.ctl("list", "-f", "json")
        return any(member["Role"] == "Sync Standby" and member["State"] in ("running", "streaming") for member in json.loads(members))

    def wait_asynchronous(self):
        wait_for(lambda: self.replication() == [("streaming", "async")], 60, "an asynchronous standby")

    def ctl(self, *words):
        return subprocess.run(["patronictl", "-c", self.servers[0].socket / "patroni.yml", *words], capture_output=True, text=True, check=True, timeout=60).stdout

    def configure(self, name, value):
        self.ctl("edit-config", "--force", "-s", f"{name}={value}")

    def hold_replication(self):
        """From now on what the leader commits does not reach the standby."""
        for (pid,) in self.leader().sql("select pid from pg_stat_replication"):
            os.kill(pid, signal.SIGSTOP)

    def remove(self):
        for server in self.servers:
            server.stop()
        self.keeper.kill()
        self.keeper.wait()
