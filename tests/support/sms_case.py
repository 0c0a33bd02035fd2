# SPDX-License-Identifier: BSD-2-Clause
"""A notifier beside a real database that records each attempt to send, and gateways over real TLS."""
import os
import shutil
import tempfile

import daemon_process
import sms_gateway
from daemon_process import DaemonCase, psql
from sms_gateway import Gateway

BODY = '{\\"to\\":\\"{to}\\",\\"text\\":\\"{text}\\",\\"id\\":\\"{id}\\"}'


def status(code, headers="", body="{}"):
    return f"HTTP/1.1 {code} Status\r\n{headers}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode()


# The outcome of each attempt, whether or not the next one begins before the test looks.
HISTORY = """
alter role emailgency_notifier login;
create table if not exists attempt (id bigint, state text, unknowns text, wait text, counted text, attempts text, error text);
create or replace function note_attempt() returns trigger language plpgsql security definer set search_path = emailgency as $$
begin
  insert into attempt select new.id, case when new.sent_at is not null then 'sent' when new.failed_at is not null then 'failed'
    when new.dropped_at is not null then 'dropped' else 'waits' end, new.unknowns, round(extract(epoch from new.due_at - now())),
    new.counted_at is not null, new.attempts, coalesce(new.last_error, '');
  return null;
end $$;
create or replace trigger note_attempt after update on outbox for each row
when (new.lease_until = '-infinity' and (old.lease_until <> '-infinity' or new.dropped_at is not null)) execute function note_attempt();
truncate attempt, outbox, sms_budget cascade;
delete from incident;
"""
DATABASE = daemon_process.DATABASE.replace("emailgency_daemon", "emailgency_notifier")


class SmsCase(DaemonCase):
    program = os.environ["NOTIFIER"]
    keys = 0

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = tempfile.mkdtemp(prefix="daemon_test_ca.")
        cls.addClassCleanup(shutil.rmtree, folder)
        cls.authority = sms_gateway.Authority(folder)
        cls.pem = cls.authority.certificate("gateway")

    def setUp(self):
        super().setUp()
        psql(HISTORY)
        self.servers = []

    def tearDown(self):
        super().tearDown()
        for server in self.servers:
            server.close()

    def gateway(self, answer=None, pem=None, **more):
        self.servers.append(Gateway(pem or self.pem, answer, **more))
        return self.servers[-1]

    def options(self):
        return {**daemon_process.AS_CALLER, "log": "stderr", "directory": self.dir + "/directory", "database": DATABASE, "metrics": self.metrics,
                "node": "n1", "dns_servers": "127.0.0.1@1", "ca_file": self.authority.file, "sms_content": "json", "sms_body": BODY,
                "sms_success_path": "ok=1", "sms_id_path": "id"}

    def run_with(self, gateway, **options):
        return self.start("", sms_url=f"https://127.0.0.1:{gateway.port}/send", **options)

    @classmethod
    def message(cls, number="+41791234567", domain=None, transition="test", channel="sms", kind="", detail=""):
        cls.keys += 1
        return psql("insert into outbox (dedup_key, domain, kind, transition, channel, address, detail) values "
                    f"('sms_test {cls.keys}', {repr(domain) if domain else 'null'}, '{kind}', '{transition}', '{channel}', "
                    f"'{number}', '{detail}') returning id").splitlines()[0]

    @staticmethod
    def fate(number, condition="true"):
        """Of an attempt: the message's state, unknowns, seconds until the next attempt, counted, attempts, error."""
        row = psql("select state, unknowns, wait, counted, attempts, error from attempt "
                   f"where id = {number} and {condition} limit 1").split("|", 5)
        return row if len(row) == 6 else None

    def wait_for(self, number, condition, seconds):
        def ended():
            return all(process.poll() is not None for process in self.running)
        self.wait_until(lambda: self.fate(number, condition) or ended(), f"message {number}, {condition}", seconds)
        fate = self.fate(number, condition)
        self.assertTrue(fate, f"the daemon ended: {''.join(self.log[-40:])}")
        return fate

    def wait_fate(self, number, wanted, seconds=60):
        return self.wait_for(number, f"state = '{wanted}'", seconds)

    def wait_attempt(self, number, attempts, seconds=60):
        return self.wait_for(number, f"attempts = '{attempts}'", seconds)

    def again(self, number):
        psql(f"delete from attempt; update outbox set sent_at = null, due_at = now() where id = {number}")
        self.wait_fate(number, "sent")

    @staticmethod
    def due(number):
        psql(f"update outbox set due_at = now() where id = {number}")
