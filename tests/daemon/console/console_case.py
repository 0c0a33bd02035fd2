# SPDX-License-Identifier: BSD-2-Clause
"""emailgency-console beside a real database, and a stand-in for emailgency-console-auth that opens sessions there."""
import base64
import hashlib
import hmac
import http.client
import json
import os
import re
import secrets
import socket
import subprocess
import threading
import urllib.parse

import daemon_process
from daemon_process import DaemonCase, psql

DATABASE = daemon_process.DATABASE.replace("emailgency_daemon", "emailgency_console")
ORIGIN = "https://console.example"
FORM = "application/x-www-form-urlencoded"
PASSWORD = "Correct horse 4 battery"


def routes():
    """The daemon's own table: method, pattern, role, call, template."""
    text = subprocess.run([os.environ["CONSOLE"], "--routes"], check=True, capture_output=True, text=True).stdout
    return [line.split() for line in text.splitlines()]


def fill(pattern, **parts):
    """A path of a pattern."""
    return re.sub(r"{(\w+)}", lambda name: urllib.parse.quote(parts.get(name[1], "1"), safe=""), pattern)


def unsubscribe_link(domain, address, key):
    """The path of a link that ends reports, as lib/unsubscribe makes it."""
    digest = hmac.new(key.encode(), b"".join(part.encode() + b"\0" for part in ("unsubscribe-report", domain, address)), hashlib.sha256).digest()
    return "/unsubscribe?" + "&".join(f"{name}={urllib.parse.quote(value, safe='')}" for name, value in (
        ("domain", domain), ("address", address), ("signature", base64.urlsafe_b64encode(digest).decode().rstrip("="))))


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("console.example", timeout=30)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(30)
        self.sock.connect(self.path)


class Answer:
    def __init__(self, reply):
        self.status, self.headers = reply.status, reply.headers
        self.text = reply.read().decode()
        self.location = reply.headers.get("Location")

    def form_key(self):
        return re.search(r'name="form_key" value="([0-9a-f]{128})"', self.text)[1]

    def cookie(self, name):
        for value in self.headers.get_all("Set-Cookie") or []:
            if value.startswith(name + "="):
                return value.split(";")[0].split("=", 1)[1]
        return None


class AuthStandIn:
    """Answers each request as a test says; a session is opened with the right password."""

    def __init__(self, path):
        self.requests, self.replies = [], {}
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(50)
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                data = b""
                while not re.match(rb"\d+:", data) or len(data) <= int(data.split(b":")[0]) + len(data.split(b":")[0]) + 1:
                    data += connection.recv(65536) or self.fail(data)
                request = json.loads(data.split(b":", 1)[1][:-1])
                self.requests.append(request)
                reply = self.replies.get(request["do"], self.default)(request)
                if isinstance(reply, dict):
                    text = json.dumps(reply).encode()
                    reply = b"%d:%s," % (len(text), text)
                connection.sendall(reply)

    @staticmethod
    def fail(data):
        raise AssertionError(f"no netstring: {data!r}")

    @staticmethod
    def default(request):
        if request["do"] != "login" or request["password"] != PASSWORD:
            return {"ok": False, "reason": "wrong", "text": "Address or password is wrong."}
        kind = "admin" if request["login"].endswith("@firm.example") else "user"
        return {"ok": True, "session": open_session(request["login"], kind)}


def open_session(login, kind):
    secret = secrets.token_hex(32)
    psql(f"select session_open(decode('{hashlib.sha256(secret.encode()).hexdigest()}', 'hex'), '{login}', '{kind}', '192.0.2.1', 'test')")
    return secret


class ConsoleCase(DaemonCase):
    program = os.environ["CONSOLE"]

    def setUp(self):
        super().setUp()
        psql("delete from domain; delete from account; delete from console_session; delete from node_position; truncate audit")
        psql("insert into domain (name, plan) values ('a.example', 'premium'), ('b.example', 'premium'), ('c.example', 'premium')")
        psql("insert into mailbox (address) values ('u@a.example'), ('v@b.example')")
        psql(f"select set_password('u@a.example', '{PASSWORD}')")
        psql("insert into account (login) values ('alice@firm.example'), ('bob@firm.example')")
        psql("insert into domain_admin values ('alice@firm.example', 'a.example'), ('alice@firm.example', 'c.example'), ('bob@firm.example', 'b.example')")
        psql("truncate audit")
        self.auth = AuthStandIn(self.dir + "/auth")
        self.link_key = secrets.token_hex(32)
        with open(self.dir + "/link.key", "w", encoding="ascii", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write(self.link_key + "\n")

    def tearDown(self):
        print("".join(self.log)) if os.environ.get("SHOW") else None
        alive = [process.poll() is None for process in self.running]
        self.auth.close()
        super().tearDown()
        self.assertTrue(all(alive), "the daemon ended: " + "".join(self.log[-60:]))

    def options(self):
        return {**daemon_process.AS_CALLER, "log": "stderr", "listen": "unix:" + self.path, "listen_group": "", "database": DATABASE,
                "metrics": self.metrics, "auth_socket": self.dir + "/auth", "public_url": ORIGIN, "unsubscribe_key_file": self.dir + "/link.key", "templates": os.environ["TEMPLATES"],
                "locale_folder": self.dir}

    def start(self, rows=None, **values):
        process = super().start(rows, **values)
        self.wait_until(lambda: self.metric("emailgency_console_database_connections") == 4, "the database")
        return process

    def ask(self, method, path, session=None, body=None, cookie=None, **headers):
        """One request; `body` a dict is a form."""
        connection = UnixConnection(self.path)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        cookies = [cookie] if cookie else []
        if session:
            cookies.append("__Host-emg=" + session)
        if cookies:
            sent["Cookie"] = "; ".join(cookies)
        if isinstance(body, dict):
            body = urllib.parse.urlencode(body, doseq=True)
            sent.setdefault("Content-Type", FORM)
            sent.setdefault("Origin", ORIGIN)
        connection.request(method, path, body, sent)
        answer = Answer(connection.getresponse())
        connection.close()
        return answer

    def get(self, path, session=None, **headers):
        return self.ask("GET", path, session, **headers)

    def key(self, session):
        return self.get("/account", session).form_key()

    def post(self, path, session, **fields):
        return self.ask("POST", path, session, {"form_key": self.key(session), **fields})
