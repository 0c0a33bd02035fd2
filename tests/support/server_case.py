# SPDX-License-Identifier: BSD-2-Clause
"""emailgency-notifier beside mail servers that a test makes, a DNS server, and a sendmail that keeps what it is handed."""
import glob
import os
import subprocess
import sys

import daemon_process
from daemon_process import DaemonCase, free_port, psql
from smtp_stand_in import StandIn

DNS_SERVER = os.environ["DNS_SERVER"]
# Two failures make an outage, one success its end. Nearly all servers fail here, so this service must not be suspected.
RULES = {"probe_interval": 1, "probe_window": 2, "probe_down_after": 2, "probe_down_min": 0, "probe_up_after": 1, "suspect_self_percent": 100,
         "transport_networks": "127.0.0.0/8"}
DATABASE = daemon_process.DATABASE.replace("user=emailgency_daemon", "user=emailgency_notifier")


def rows_of(rules):
    return "plan basic\n" + "".join(f'setting {name} value="{value}"\n' for name, value in rules.items())


class ServerCase(DaemonCase):
    program = os.environ["NOTIFIER"]
    rows = rows_of(RULES)

    def setUp(self):
        super().setUp()
        psql("alter role emailgency_notifier login")
        psql("update setting set value = '127.0.0.0/8' where name = 'transport_networks'")
        psql("update setting set value = '5' where name = 'probe_interval'")  # the first probes are spread over it
        psql("insert into plan (name) values ('probed') on conflict do nothing; delete from outbox; delete from incident; delete from domain; delete from best_mx")
        self.servers = []
        self.mail = self.dir + "/mail"
        os.makedirs(self.mail)
        self.sendmail = self.dir + "/sendmail"
        self.write_sendmail("")
        self.dns = subprocess.Popen([sys.executable, DNS_SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.dns_port = self.dns.stdout.readline().split()[-1]

    def tearDown(self):
        super().tearDown()
        for server in self.servers:
            server.close()
        self.dns.kill()
        self.dns.communicate()

    # A message is there when it is whole.
    def write_sendmail(self, before):
        with open(self.sendmail + ".new", "w", encoding="ascii") as file:
            file.write(f'#!/bin/sh\n{before}\ncat >{self.mail}/$$.part && mv {self.mail}/$$.part {self.mail}/$$.eml\n')
        os.chmod(self.sendmail + ".new", 0o755)
        os.replace(self.sendmail + ".new", self.sendmail)

    def options(self):
        return {**daemon_process.AS_CALLER, "log": "stderr", "directory": self.dir + "/directory", "database": DATABASE,
                "metrics": self.metrics, "node": "n1", "helo_name": "probe.example", "dns_servers": f"127.0.0.1@{self.dns_port}",
                "sendmail": self.sendmail}

    def serve(self, behaviour, contexts=None):
        self.servers.append(StandIn(behaviour, contexts))
        return self.servers[-1]

    def add_domain(self, name, port, contact=None):
        psql(f"insert into domain (name, plan, monitoring, transport) values ('{name}', 'probed', 'simple', '127.0.0.1:{port}')")
        if contact:
            psql(f"insert into contact (domain, kind, address) values ('{name}', 'mail', '{contact}')")

    def state(self, name):
        return psql(f"select state from probe where domain = '{name}'")

    def messages(self):
        texts = []
        for path in glob.glob(self.mail + "/*.eml"):
            with open(path, encoding="utf-8") as file:
                texts.append(file.read())
        return texts

    # Runs another daemon beside, with a configuration and metrics of its own.
    def start_beside(self, **values):
        self.conf, before = f"{self.dir}/{values['node']}.conf", self.conf
        process = self.start(None, metrics=f"127.0.0.1:{free_port()}", **values)
        self.conf = before
        return process
