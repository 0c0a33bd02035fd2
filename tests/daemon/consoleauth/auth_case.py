# SPDX-License-Identifier: BSD-2-Clause
"""emailgency-console-auth beside a real database, as the console asks it."""
import base64
import hashlib
import hmac
import json
import os
import re
import socket
import threading
import time

import daemon_process
from daemon_process import DaemonCase, psql

DATABASE = daemon_process.DATABASE.replace("emailgency_daemon", "emailgency_console_auth")
PASSWORD = "Correct horse 4 battery"
HASH = "{CRYPT}$y$j8T$abcdefghijklmnop$aLjJyvmCq8pNgHaEkjACLQXgpiZiERuamt8Qje/wwdC"
CLIENT = "192.0.2.1"


def solve(challenge):
    """As the widget of ALTCHA does."""
    parameters = challenge["parameters"]
    for counter in range(100000):
        key = hashlib.pbkdf2_hmac("sha256", bytes.fromhex(parameters["nonce"]) + counter.to_bytes(4, "big"), bytes.fromhex(parameters["salt"]),
                                  parameters["cost"], parameters["keyLength"])
        if key[0] == 0:
            break
    return base64.b64encode(json.dumps({"challenge": challenge, "solution": {"counter": counter, "derivedKey": key.hex(), "time": 1}}).encode()).decode()


def app_code(uri, step=0):
    """The code of an authenticator app, so many steps of 30 seconds from now."""
    secret = base64.b32decode(re.search("secret=([A-Z2-7]+)", uri)[1])
    mac = hmac.digest(secret, (int(time.time()) // 30 + step).to_bytes(8, "big"), "sha1")
    at = mac[-1] & 15
    return f"{(int.from_bytes(mac[at:at + 4], 'big') & 0x7fffffff) % 1000000:06}"


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


class FakeDovecot(threading.Thread):
    """Dovecot's auth socket: what it was asked, and the answer that `answer` gives. The real one is in tests/integration."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.requests, self.answer = [], lambda login, password: "FAIL\t1\tuser=" + login
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(100)
        self.start()

    def run(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        with client, client.makefile("rw", newline="\n") as stream:
            stream.write("VERSION\t1\t2\nMECH\tPLAIN\tplaintext\nSPID\t1\nCUID\t1\nCOOKIE\tx\nDONE\n")
            stream.flush()
            for line in stream:
                words = line.rstrip("\n").split("\t")
                if words[0] != "AUTH":
                    continue
                _, login, password = base64.b64decode(words[-1].removeprefix("resp=")).decode().split("\0")
                self.requests.append((login, password, words[2:-1]))
                reply = self.answer(login, password)
                if reply:
                    stream.write(reply + "\n")
                    stream.flush()

    def stop(self):
        if self.listener.fileno() >= 0:
            self.listener.shutdown(socket.SHUT_RDWR)
            self.listener.close()


class AuthCase(DaemonCase):
    program = os.environ["CONSOLEAUTH"]

    def setUp(self):
        super().setUp()
        psql("alter role emailgency_console_auth login")
        psql("truncate account, console_session, throttle, account_token, captcha_used, outbox; delete from domain_admin; delete from domain; "
             "update setting set value = 'off' where name = 'require_second_factor'; "
             "update setting set value = 'https://console.example' where name = 'public_url'")
        psql("insert into domain (name, plan) values ('a.example', 'premium'), ('b.example', 'premium')")
        psql("insert into mailbox (address) values ('u@a.example'), ('n@a.example'), ('x@b.example')")
        psql(f"select set_password('u@a.example', '{PASSWORD}')")
        self.add_account("alice@firm.example")
        self.dovecot = FakeDovecot(self.dir + "/dovecot")

    def tearDown(self):
        self.dovecot.stop()
        super().tearDown()

    def write_key(self, name, text):
        path = f"{self.dir}/{name}.key"
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
            file.write(text + "\n")
        return path

    def options(self):
        return {**daemon_process.AS_CALLER, "log": "stderr", "listen": "unix:" + self.path, "listen_group": "", "database": DATABASE,
                "metrics": self.metrics, "mailbox_auth": "unix:" + self.dir + "/dovecot", "failure_delay_ms": 0, "captcha_key_file": self.write_key("captcha", "captcha " * 4),
                "captcha_cost": 100, "totp_key_file": self.write_key("totp", "a key of second factors, 32 and more")}

    def start(self, rows=None, **values):
        process = super().start(rows, **values)
        self.wait_until(lambda: self.metric("emailgency_console_auth_database_up") == 1, "the database")
        return process

    @staticmethod
    def add_account(login, hashed=HASH):
        psql(f"insert into account (login, password) values ('{login}', nullif('{hashed}', '')); insert into domain_admin values ('{login}', 'a.example')")

    def begin(self, **request):
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(60)
        client.connect(self.path)
        self.clients.append(client)
        body = json.dumps(request).encode()
        client.sendall(b"%d:%s," % (len(body), body))
        return client

    @staticmethod
    def reply(client):
        data = b""
        while b":" not in data or len(data) < int(data.split(b":")[0]) + len(data.split(b":")[0]) + 2:
            got = client.recv(65536)
            if not got:
                return None
            data += got
        return json.loads(data.split(b":", 1)[1][:-1])

    def ask(self, **request):
        client = self.begin(**request)
        try:
            return self.reply(client)
        finally:
            client.close()
            self.clients.remove(client)

    def log_in(self, login="alice@firm.example", password=PASSWORD, **more):
        return self.ask(**{"do": "login", "login": login, "password": password, "from": CLIENT, "agent": "Firefox", **more})

    def assert_refused(self, reply, reason):
        self.assertEqual((reply["ok"], reply["reason"]), (False, reason), reply)
        self.assertTrue(reply["text"].endswith("."), reply)
        self.assertNotIn("session", reply)

    def assert_session(self, reply, login, kind):
        self.assertEqual((reply.get("ok"), reply.get("login"), reply.get("kind")), (True, login, kind), reply)
        self.assertRegex(reply["session"], "^[0-9a-f]{64}$")
        self.assertEqual(psql(f"select login, kind from console_session where id = decode('{digest(reply['session'])}', 'hex')"), f"{login}|{kind}")
        self.assertNotIn(reply["session"], "".join(self.log))
