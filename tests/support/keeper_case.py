# SPDX-License-Identifier: BSD-2-Clause
"""emailgency-keeper beside a real database and a stand-in for Dovecot."""
import os

import daemon_process
from daemon_process import DaemonCase, free_port, psql
from doveadm_stand_in import DoveadmStandIn

DATABASE = daemon_process.DATABASE.replace("emailgency_daemon", "emailgency_keeper")
DOMAIN = "k.example"
KEPT = f"select bytes, messages, passed_at = '-infinity' from mailbox_usage where address = '%s@{DOMAIN}'"


class KeeperCase(DaemonCase):
    program, rows = os.environ["KEEPER"], "plan basic\n"

    def setUp(self):
        super().setUp()
        psql("alter role emailgency_keeper login")
        psql("delete from domain; delete from mailbox_usage; delete from mailbox_trash; delete from tidy_request; insert into setting (name, value) values ('tidy_interval', '86400') on conflict (name) do update set value = excluded.value")
        psql(f"insert into domain (name, plan, catchall) values ('{DOMAIN}', 'basic', true)")
        for name in ("limits", "usage"):
            os.makedirs(f"{self.dir}/{name}")
        with open(f"{self.dir}/key", "w", encoding="ascii") as file:
            os.chmod(file.name, 0o600)
            file.write("secret\n")
        self.port = free_port()
        self.dovecot = None
        self.serve()

    def tearDown(self):
        super().tearDown()
        if self.dovecot:
            self.dovecot.close()

    def serve(self):
        self.dovecot, before = DoveadmStandIn(self.port), self.dovecot
        if before:
            self.dovecot.store = before.store

    def options(self):
        return {**daemon_process.AS_CALLER, "log": "stderr", "directory": self.dir + "/directory", "database": DATABASE, "metrics": self.metrics,
                "node": "n1", "limits_directory": f"{self.dir}/limits", "usage_directory": f"{self.dir}/usage", "poll_interval": 1,
                "doveadm_url": f"http://127.0.0.1:{self.port}/doveadm/v1", "doveadm_key_file": f"{self.dir}/key", "doveadm_timeout_ms": 1000}

    def mailbox(self, name):
        """With an old message and a new one, of which the database knows, and with other figures than the store's."""
        user = f"{name}@{DOMAIN}"
        for ident, age in (("old", 40), ("new", 1)):
            self.dovecot.put(user, ident, age)
        psql(f"insert into mailbox (address) values ('{user}');"
             f"insert into mailbox_usage (address, domain, bytes, messages, oldest_at, measured_at, passed_at) values ('{user}', '{DOMAIN}', 777, 7, "
             "now() - interval '40 days', now() - interval '1 hour', '-infinity') on conflict (address) do update set bytes = excluded.bytes, "
             "messages = excluded.messages, oldest_at = excluded.oldest_at, measured_at = excluded.measured_at, passed_at = excluded.passed_at")
        return user

    def unknown(self, name):
        user = f"{name}@{DOMAIN}"
        self.dovecot.put(user, name, 0)
        psql(f"insert into mailbox_usage (address, domain, bytes, messages) values ('{user}', '{DOMAIN}', 100, 1)")
        return user

    def row(self, name):
        return psql(KEPT % name)

    def is_done(self, name):
        return self.dovecot.mail(f"{name}@{DOMAIN}") == ["new"] and self.row(name) == "100|1|f"

    def due_again(self):
        """Makes due at once all that was put off."""
        psql("update mailbox_usage set lease_until = '-infinity' where lease_until < now() + interval '2 minutes'")

    def tried(self, names, command):
        return all(self.dovecot.counted(command).count(f"{name}@{DOMAIN}") for name in names)

    def recovered(self, names):
        self.dovecot.faults.clear()
        self.due_again()
        self.wait_until(lambda: all(self.is_done(name) for name in names), "the mailboxes whose answers failed")
