# SPDX-License-Identifier: BSD-2-Clause
"""A stand-in for doveadm's HTTP interface with a store in memory, whose answers a test can spoil: FAULTS, by user and command."""
import contextlib
import http.server
import itertools
import json
import os
import re
import threading
import time


with open(os.path.join(os.path.dirname(__file__), "../../packaging/dovecot/emailgency-store.conf"), encoding="ascii") as packaged:
    LAYOUT = re.search(r"emailgency_layout=(\w+)", packaged.read()).group(1)


def spoil(text):
    """An answer of that text instead, whatever the command."""
    return lambda server, handler, honest: handler.reply(text)


def hang(server, handler, honest):
    server.hanging.add(threading.get_ident())
    server.closed.wait(60)


def cut(server, handler, honest):
    """The connection ends in the middle of the answer."""
    handler.head(len(honest))
    handler.wfile.write(honest[:len(honest) // 2])


def endless(server, handler, honest):
    """A gigabyte, if the client takes it."""
    handler.head(1 << 30)
    block = b'[["doveadmResponse",[' + b'{"uid":"1"},' * 10000
    while server.sent < 1 << 30:
        handler.wfile.write(block)
        server.sent += len(block)


def late(server, handler, honest):
    """It was done, and the answer says otherwise."""
    handler.reply(b"<html>bad gateway</html>", 502)


FAULTS = {
    "not-json": spoil(b"<html>hello</html>"),
    "empty": spoil(b""),
    "other-tag": spoil(b'[["doveadmResponse",[],"2"]]'),
    "no-rows": spoil(b'[["doveadmResponse",{},"1"]]'),
    "no-fields": spoil(b'[["doveadmResponse",[{}],"1"]]'),
    "numbers": spoil(b'[["doveadmResponse",[{"guid":5,"messages":0,"mailbox":1}],"1"]]'),
    "two": spoil(b'[["doveadmResponse",[],"1"],["doveadmResponse",[],"1"]]'),
    "deep": spoil(b"[" * 100000),
    "binary": spoil(bytes(range(256)) * 10),
    "exit-75": spoil(b'[["error",{"type":"exitCode","exitCode":75},"1"]]'),
    "exit-wide": spoil(b'[["error",{"type":"exitCode","exitCode":4294967364},"1"]]'),
    "unknown-method": spoil(b'[["error",{"type":"unknownMethod"},"1"]]'),
    "bad-gateway": late,
    "cut": cut,
    "hang": hang,
}


class Handler(http.server.BaseHTTPRequestHandler):
    def head(self, length, status=200):
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        self.send_header("Connection", "close")
        self.end_headers()

    def reply(self, text, status=200):
        self.head(len(text), status)
        self.wfile.write(text)

    def do_POST(self):
        [[command, parameters, tag]] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        user = parameters.get("sourceUser") or parameters.get("user") or parameters["userMask"][0]
        server = self.server
        with server.lock:
            server.commands.append((command, user))
            fault = server.faults.get((user, command)) or server.faults.get((user, "*"))
            # A fault in the answer does not tell whether the command was carried out; here it was not, but for "bad-gateway".
            done = server.carry_out(command, parameters) if fault in (None, late) else ["error", {"type": "exitCode", "exitCode": 75}]
        honest = json.dumps([[*done, tag]]).encode()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            if fault:
                fault(server, self, honest)
            else:
                self.reply(honest)

    def log_message(self, *_):
        pass


class DoveadmStandIn(http.server.ThreadingHTTPServer):
    daemon_threads, allow_reuse_address = True, True

    def __init__(self, port=0):
        self.lock, self.closed, self.commands, self.faults, self.hanging, self.sent = threading.Lock(), threading.Event(), [], {}, set(), 0
        self.layout = LAYOUT  # None: as of a release that has none
        self.store, self.uids = {}, itertools.count(1)  # user: {folder: [message: {id, uid, when, saved, recipient, received, text}]}
        super().__init__(("127.0.0.1", port), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def close(self):
        self.closed.set()
        self.shutdown()
        self.server_close()

    def put(self, user, ident, age, folder="INBOX", **more):
        """Each message is a delivery of its own, unless `received` says otherwise."""
        when = time.time() - age * 86400 - 60
        self.store.setdefault(user, {"INBOX": []}).setdefault(folder, []).append(
            {"id": ident, "uid": str(next(self.uids)), "when": when, "saved": when, "recipient": user, "received": f"by d with LMTP id {ident}", "text": ident, **more})

    def mail(self, user, folder="INBOX"):
        with self.lock:
            return [message["id"] for message in self.store.get(user, {}).get(folder, [])]

    def counted(self, command):
        with self.lock:
            return [user for name, user in self.commands if name == command]

    def folders(self, parameters):
        mine = self.store.setdefault(parameters.get("sourceUser") or parameters["user"], {"INBOX": []})
        query = parameters.get("query", ["mailbox", "*"])
        return mine, [name for name in mine if query[1] in ("*", name, f"guid-{name}")]

    @staticmethod
    def chosen(query, messages):
        def holds(message):
            tests = {"BEFORE": lambda value: message["when"] < int(value), "SAVEDBEFORE": lambda value: int(message["saved"]) < int(value),
                     "SAVEDSINCE": lambda value: message["saved"] >= int(value), "UID": lambda value: message["uid"] in value.split(",")}
            return all(tests[word](query[place + 1]) for place, word in enumerate(query) if word in tests)
        return [message for message in messages if holds(message)]

    def carry_out(self, command, parameters):
        if command == "user":
            return ["doveadmResponse", {user: {"uid": "1", **({"emailgency_layout": self.layout} if self.layout else {})} for user in parameters["userMask"]}]
        mine, names = self.folders(parameters)
        query, rows = parameters.get("query", []), []
        if command == "mailboxStatus":
            wanted = parameters["mailboxMask"]
            rows = [{"mailbox": name, "guid": f"guid-{name}", "messages": str(len(mine[name]))} for name in mine if wanted in (["*"], [name])]
        elif command == "fetch":
            rows = [self.shown(name, message) for name in names for message in self.chosen(query, mine[name])]
        elif command == "mailboxCreate":
            mine[parameters["mailbox"][0]] = []
        elif command in ("expunge", "move"):
            for name in names:
                gone = self.chosen(query, mine[name])
                mine[name] = [message for message in mine[name] if message not in gone]
                if command == "move":
                    self.store[parameters["user"]][parameters["destinationMailbox"]] += gone
        return ["doveadmResponse", rows]

    @staticmethod
    def shown(folder, message):
        return {"date.received": time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(message["when"])), "size.virtual": "100", "flags": "",
                "hdr.return-path": f"<{message['id']}@pal.test>", "hdr.authentication-results": "", "date.saved.unixtime": str(int(message["saved"])),
                "mailbox-guid": f"guid-{folder}", "uid": message["uid"], "size.physical": str(len(message["text"])), "text": message["text"],
                "hdr.delivered-to": message["recipient"], "hdr.received": message["received"]}
