# SPDX-License-Identifier: BSD-2-Clause
"""The notifier's probes of very many servers: a real PostgreSQL, a real notifier, and one server on many addresses of loopback."""

import os
import resource
import signal
import subprocess
import time

import figure
from cluster import Cluster, Daemon, wait_for
from cpu_time import family_seconds, thread_seconds

PORT, METRICS = 2599, "127.0.0.1:19387"
BROKEN = 10  # servers below 127.9.0.0/16, which break on a signal


class Servers:
    def __init__(self, build):
        self.process = subprocess.Popen([f"{build}/tests/bench/smtp_echo", str(PORT)], stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ready\n"

    def stop(self):
        self.process.kill()
        self.process.wait()


class Bench:
    def __init__(self, args, settings):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 65536)), hard))
        self.args, self.cluster = args, Cluster()
        self.servers = Servers(args.build)
        self.notifier = None
        self.settings = {"probe_interval": 60, "transport_networks": "127.0.0.0/8", **settings}
        self.fill()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.notifier:
            self.notifier.stop()
        self.servers.stop()
        self.cluster.destroy()

    def fill(self):
        sql = self.cluster.sql
        sql("alter role emailgency_notifier login")
        for name, value in self.settings.items():
            sql(f"update setting set value = '{value}' where name = '{name}'")
        sql(f"""insert into domain (name, plan, monitoring, transport)
            select format('d%s.example', n), 'basic', 'simple', format('127.%s.%s.%s:{PORT}', case when n <= {BROKEN} then 9 else 10 + n / 62500 end,
                n / 250 % 250, 1 + n % 250) from generate_series(1, {self.args.servers}) n""")
        sql(f"insert into contact (domain, kind, address) select format('d%s.example', n), 'mail', 'admin@elsewhere.test' from generate_series(1, {BROKEN}) n")
        sql("insert into probe (domain, due_at) select name, now() + random() * interval '1 minute' from domain; analyze")

    def start(self):
        rows = "plan basic\n" + "".join(f'setting {name} value="{value}"\n' for name, value in self.settings.items())
        folder = os.path.join(self.cluster.folder, "directory")
        os.makedirs(folder, exist_ok=True)
        subprocess.run([f"{self.args.build}/tests/support/replica_from_rows", folder], input=rows, text=True, check=True)
        self.notifier = Daemon(self.cluster, "notifier", self.args.build, metrics=METRICS, node="bench", sendmail="/bin/true",
                               spool=self.cluster.folder, dns_servers="127.0.0.1@1",
                               database=self.cluster.daemon.replace("emailgency_daemon", "emailgency_notifier"))

    def probed_since(self, moment):
        return int(self.cluster.sql(f"select count(*) from probe where checked_at >= to_timestamp({moment})"))

    def database_seconds(self):
        with open(self.cluster.data + "/postmaster.pid", encoding="ascii") as file:
            return family_seconds(int(file.readline()))

    def all_at_once(self):
        """Seconds until all servers that are due now have been probed."""
        begun = time.time()
        moment = int(begun) + 1
        self.cluster.sql("update probe set due_at = now()")
        wait_for(lambda: self.probed_since(moment) == self.args.servers, 300, "a probe of each server")
        return time.time() - begun

    def steady(self, seconds):
        """The costs of a minute while each server is probed once in it."""
        self.cluster.sql("update probe set due_at = now() + random() * interval '1 minute'")
        time.sleep(65)
        notifier, database, begun = thread_seconds(self.notifier.process.pid), self.database_seconds(), time.time()
        time.sleep(seconds)
        took = time.time() - begun
        return {"notifier": (thread_seconds(self.notifier.process.pid) - notifier) * 60 / took,
                "database": (self.database_seconds() - database) * 60 / took, "probed": self.probed_since(begun + took - 60)}


def peak_megabytes(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) / 1024


def bench_probe(args):
    with Bench(args, {}) as bench:
        bench.start()
        at_once = [bench.all_at_once() for _ in range(args.rounds)]
        steady = bench.steady(60)
        down = int(bench.cluster.sql("select count(*) from probe where state <> 'up'"))
        assert down == 0, f"{down} healthy servers are not up"
        print(f"{args.servers} servers; {steady['probed']} probed in the last 60 s; PostgreSQL used {steady['database']:.1f} s of processor time in 60 s")
        return all([figure.report("all due at once: s until each is probed", at_once, below=60),
                    figure.report("one probe a minute: s of processor time in 60 s", [steady["notifier"]], below=60),
                    figure.report("peak of resident memory, MB", [peak_megabytes(bench.notifier.process.pid)], below=200)])


def bench_alert(args):
    """From the break of a server to its alert in the outbox, while all others are probed, too."""
    interval = args.interval
    rules = {"probe_interval": interval, "probe_window": 5, "probe_down_after": 4, "probe_down_min": 3 * interval}
    with Bench(args, rules) as bench:
        bench.start()
        wait_for(lambda: int(bench.cluster.sql("select count(*) from probe where state = 'up'")) == args.servers, 300, "all up")
        bench.cluster.sql(f"update probe set due_at = now() + random() * interval '{interval} seconds'")
        time.sleep(2 * interval)
        begun = time.time()
        bench.servers.process.send_signal(signal.SIGUSR1)
        wait_for(lambda: int(bench.cluster.sql("select count(*) from outbox")) == BROKEN, 10 * interval, "the alerts")
        waits = [float(text) for text in bench.cluster.sql(f"select extract(epoch from created_at) - {begun} from outbox").split()]
        incidents = int(bench.cluster.sql("select count(*) from incident where kind = 'server'"))
        assert incidents == BROKEN, f"{incidents} incidents of {BROKEN} servers"
        return figure.report(f"s from a server's break to its alert ({3 * interval} + one cycle of {interval})", [max(waits)], below=4 * interval)
