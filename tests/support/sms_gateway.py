# SPDX-License-Identifier: BSD-2-Clause
"""An SMS gateway over real TLS, with a CA of its own, that answers as a test says; and an SMTP server with STARTTLS."""
import os
import socket
import ssl
import subprocess
import threading
import time


def run(*command):
    subprocess.run(command, check=True, capture_output=True)


class Authority:
    """A CA and its certificates, in a folder."""

    def __init__(self, folder):
        self.folder = folder
        self.file = folder + "/ca.pem"
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
            "-subj", "/CN=test CA", "-keyout", folder + "/ca.key", "-out", self.file)

    def certificate(self, name, address="IP:127.0.0.1", days=30):
        """The path of a file with key and certificate; 0 days: it has expired a second later."""
        path = f"{self.folder}/{name}"
        with open(path + ".ext", "w", encoding="ascii") as file:
            file.write(f"subjectAltName={address}\n")
        run("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
            "-keyout", path + ".key", "-out", path + ".csr")
        run("openssl", "x509", "-req", "-in", path + ".csr", "-CA", self.file, "-CAkey", self.folder + "/ca.key",
            "-CAcreateserial", "-days", str(days), "-extfile", path + ".ext", "-out", path + ".crt")
        with open(path + ".pem", "wb") as file:
            for part in (".key", ".crt"):
                with open(path + part, "rb") as source:
                    file.write(source.read())
        if days == 0:
            time.sleep(1.1)
        return path + ".pem"


class Server:
    """Accepts connections on loopback, each in a thread."""

    def __init__(self, pem=None, port=0, host="127.0.0.1"):
        self.context = None
        if pem:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(pem)
        self.lock = threading.Lock()
        self.closing = threading.Event()
        self.connections, self.threads = 0, []
        self.listener = socket.create_server((host, port), backlog=100)
        self.port = self.listener.getsockname()[1]
        self.start(self.accept)

    def start(self, target, *arguments):
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self.threads.append(thread)
        thread.start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                self.connections += 1
            self.start(self.talk, connection)

    def talk(self, connection):
        connection.settimeout(30)
        try:
            self.serve(connection)
        except (OSError, ValueError):
            pass
        finally:
            connection.close()

    def close(self):
        self.closing.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for thread in self.threads:
            thread.join(10)


class Gateway(Server):
    """`answer(request)` gives the bytes to send before it closes, or None: it hangs. The default answer is a success."""

    OK = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n{"ok":1,"id":"G-7"}\n'

    def __init__(self, pem=None, answer=None, port=0, silent=False, host="127.0.0.1"):
        self.requests, self.silent = [], silent
        self.answer = answer or (lambda request: self.OK)
        super().__init__(pem, port, host)

    def serve(self, connection):
        if self.silent:
            self.closing.wait(60)
            return
        stream = self.context.wrap_socket(connection, server_side=True) if self.context else connection
        with stream:
            request = self.read_request(stream)
            with self.lock:
                self.requests.append(request)
            answer = self.answer(request)
            if answer is None:
                self.closing.wait(60)
            elif callable(answer):
                answer(stream)
            else:
                stream.sendall(answer)

    @staticmethod
    def read_request(stream):
        data = b""
        while b"\r\n\r\n" not in data:
            got = stream.recv(65536)
            if not got:
                raise ValueError("the request breaks off")
            data += got
        head, body = data.split(b"\r\n\r\n", 1)
        lines = head.decode().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:])}
        while len(body) < int(headers.get("content-length", 0)):
            body += stream.recv(65536)
        return {"line": lines[0], "headers": headers, "body": body.decode(), "at": time.time()}


class Smarthost(Server):
    """An SMTP server that takes messages, with STARTTLS if it has a certificate, and AUTH PLAIN within TLS. `replies` are the
    lines that it says instead of its own, by command."""

    def __init__(self, pem=None, replies=None):
        self.messages, self.replies = [], replies or {}
        super().__init__(pem)

    def serve(self, connection):
        stream, lines = connection, connection.makefile("rb")
        message = {"tls": False, "auth": "", "recipients": []}
        stream.sendall(b"220 smarthost.example\r\n")
        while line := lines.readline():
            verb = line.split()[0].decode().upper() if line.strip() else ""
            reply = self.replies.get(verb, b"250 2.0.0 Ok")
            if verb == "EHLO":
                extra = [b"STARTTLS"] if self.context and not message["tls"] else [b"AUTH PLAIN"] if message["tls"] else []
                reply = b"\r\n".join([b"250-" + word for word in [b"smarthost.example", *extra]] + [b"250 8BITMIME"])
            elif verb == "STARTTLS":
                stream.sendall(b"220 2.0.0 Ready\r\n")
                stream = self.context.wrap_socket(connection, server_side=True)
                lines, message["tls"] = stream.makefile("rb"), True
                continue
            elif verb == "AUTH":
                stream.sendall(b"334 \r\n")
                message["auth"], reply = lines.readline().decode().strip(), b"235 2.7.0 Ok"
            elif verb == "MAIL":
                message["sender"] = line.decode().strip()
            elif verb == "RCPT":
                message["recipients"].append(line.decode().strip())
            elif verb == "DATA":
                stream.sendall(b"354 Go on\r\n")
                message["data"] = b"".join(iter(lines.readline, b".\r\n"))
                with self.lock:
                    self.messages.append(dict(message))
                reply = self.replies.get(".", b"250 2.0.0 Ok")
                if reply == "close":
                    return
            elif verb == "QUIT":
                reply = b"221 2.0.0 Bye"
            stream.sendall(reply + b"\r\n")


def closed_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def temporary_file(folder, name, text):
    """It may hold a secret, so that only its owner reads it."""
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(text)
    return path
