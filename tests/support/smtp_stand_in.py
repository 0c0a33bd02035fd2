# SPDX-License-Identifier: BSD-2-Clause
"""A mail server on loopback that answers as well or as badly as a test asks for.

A behaviour maps a stage to what happens there instead of the good reply. The stages are banner, ehlo, helo, starttls, tls, mail, rcpt
and quit; an action is a reply ("450 later"), or one of
  hang     no reply, the connection stays
  close    the connection ends
  drip     the reply comes byte by byte, one a second, and does not end
  lines    the lines of one reply come one a second, and do not end
  flood    a line that does not end, as fast as it is taken
  endless  a reply that does not end, as fast as it is taken
  slow     the good reply after 14 s
  broken   (tls) bytes that are no handshake
`tls` "good" or "expired" offers STARTTLS with such a certificate; so does any other action of starttls or tls.
"""
import contextlib
import datetime
import itertools
import socket
import ssl
import subprocess
import threading
import time

VERBS = {"EHLO": "ehlo", "HELO": "helo", "STARTTLS": "starttls", "MAIL": "mail", "RCPT": "rcpt", "QUIT": "quit"}
SLOW_SECONDS = 14


class Ended(Exception):
    pass


def certificate(folder, name, days):
    """A self-signed certificate that ends in so many days; returns a context that serves it."""
    base = f"{folder}/{name}"
    end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)
    begin = end - datetime.timedelta(days=100)
    run = {"check": True, "capture_output": True}
    subprocess.run(["openssl", "req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", base + ".key", "-out", base + ".csr", "-subj", "/CN=mail.example"], **run)
    with open(base + ".cnf", "w", encoding="ascii") as file:
        file.write(f"[ca]\ndefault_ca=d\n[d]\ndatabase={base}.db\nserial={base}.srl\nnew_certs_dir={folder}\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n")
    open(base + ".db", "w", encoding="ascii").close()
    with open(base + ".srl", "w", encoding="ascii") as file:
        file.write("01\n")
    subprocess.run(["openssl", "ca", "-batch", "-selfsign", "-config", base + ".cnf", "-keyfile", base + ".key", "-in", base + ".csr", "-out", base + ".pem", "-notext",
                    "-startdate", begin.strftime("%Y%m%d%H%M%SZ"), "-enddate", end.strftime("%Y%m%d%H%M%SZ")], **run)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(base + ".pem", base + ".key")
    return context


class StandIn:
    """One server; `behaviour` may be changed while it runs. `contexts` is by the names that `tls` has."""

    def __init__(self, behaviour, contexts=None):
        self.behaviour, self.contexts = behaviour, contexts or {}
        self.connections, self.said = 0, []
        self.open = set()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def close(self):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for client in list(self.open):
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                self.connections += 1
                threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        self.open.add(client)
        try:
            with contextlib.suppress(OSError, Ended, ssl.SSLError):
                self.talk(client)
        finally:
            self.open.discard(client)
            client.close()

    def talk(self, client):
        self.reply(client, "banner", "220 mail.example ESMTP")
        with contextlib.ExitStack() as used:
            self.converse(client, used)

    def converse(self, client, used):
        stream = client
        file = used.enter_context(stream.makefile("rb"))
        while line := file.readline():
            self.said.append(line.decode("ascii", "replace").strip())
            stage = VERBS.get(line.split()[0].decode("ascii", "replace").upper(), "")
            self.reply(stream, stage, self.good(stage, stream))
            if stage == "quit":
                return
            if stage == "starttls" and self.behaviour.get("starttls") is None:
                stream = used.enter_context(self.handshake(client))
                self.open.add(stream)
                used.callback(self.open.discard, stream)
                file = used.enter_context(stream.makefile("rb"))

    def good(self, stage, stream):
        if stage != "ehlo":
            return {"quit": "221 bye", "starttls": "220 go"}.get(stage, "250 ok")
        offers = not isinstance(stream, ssl.SSLSocket) and ("tls" in self.behaviour or "starttls" in self.behaviour)
        return "250-mail.example\r\n250-STARTTLS\r\n250 SIZE 1000" if offers else "250 mail.example"

    def handshake(self, client):
        action = self.behaviour["tls"]
        if action in self.contexts:
            return self.contexts[action].wrap_socket(client, server_side=True)
        if action == "broken":
            client.sendall(b"500 this is no handshake\r\n" * 20)
            raise Ended
        self.act(client, action, "")
        raise Ended

    def reply(self, stream, stage, good):
        action = self.behaviour.get(stage)
        if action is None or stage == "tls":
            stream.sendall(good.encode() + b"\r\n")
        else:
            self.act(stream, action, good)

    def act(self, stream, action, good):
        if action == "hang":
            time.sleep(300)
        elif action == "slow":
            time.sleep(SLOW_SECONDS)
            stream.sendall(good.encode() + b"\r\n")
            return
        elif action in ("drip", "lines"):
            for byte in itertools.chain("220 ", itertools.repeat("x")) if action == "drip" else itertools.repeat("220-more\r\n"):
                stream.sendall(byte.encode())
                time.sleep(1)
        elif action in ("flood", "endless"):
            while True:
                stream.sendall(b"220 " + b"x" * 60000 if action == "flood" else b"220-more of it\r\n" * 4000)
        elif action != "close":
            stream.sendall(action.encode() + b"\r\n")
            return
        raise Ended
