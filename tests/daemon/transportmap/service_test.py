#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""emailgency-transportmap over its socket, asked by the real postmap(1) and by clients that misbehave:
service_test.py PROGRAM MAKE_REPLICA"""
import os
import pwd
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

MAKE_REPLICA, PROGRAM = sys.argv.pop(), sys.argv.pop()
ROWS = """plan basic
domain example.com verify_recipients=false
domain_alias example.net domain=example.com
mailbox user@example.com
domain routed.example transport=192.0.2.25:2525 keep_copy=false
"""


def netstring(text):
    data = text if isinstance(text, bytes) else text.encode()
    return b"%d:%s," % (len(data), data)


class Client:
    """A connection that sends any bytes and reads netstrings."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        self.socket.connect(path)
        self.file = self.socket.makefile("rb")

    def send(self, data):
        self.socket.sendall(data)

    def read(self):
        length = b""
        while not length.endswith(b":"):
            byte = self.file.read(1)
            if not byte:
                return None
            length += byte
        content = self.file.read(int(length[:-1]) + 1)
        assert content.endswith(b","), content
        return content[:-1].decode()

    def ask(self, text):
        self.send(netstring(text))
        return self.read()

    def close(self):
        self.file.close()
        self.socket.close()


class ServiceTest(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="service_test.")
        self.path, self.replica, self.log = (f"{self.dir}/{name}" for name in ("socket", "directory", "log"))
        self.processes, self.clients = [], []
        os.mkdir(f"{self.dir}/postfix")
        with open(f"{self.dir}/postfix/main.cf", "w", encoding="ascii") as main_cf:
            main_cf.write(f"compatibility_level = 3.6\nqueue_directory = {self.dir}\n")

    def tearDown(self):
        for client in self.clients:
            client.close()
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe:
                    pipe.close()
        shutil.rmtree(self.dir)

    def load(self, rows=ROWS, *broken):
        subprocess.run([MAKE_REPLICA, self.replica, *broken], input=rows, text=True, check=True)

    def configure(self, **options):
        options = {"user": pwd.getpwuid(os.geteuid()).pw_name, "log": "stderr", "metrics": f"unix:{self.dir}/metrics", "pid_file": f"{self.dir}/pid",
                   "listen": f"unix:{self.path}", "listen_group": "", "directory": self.replica, **options}
        with open(f"{self.dir}/conf", "w", encoding="ascii") as conf:
            conf.writelines(f'{key} = "{value}"\n' for key, value in options.items())

    def start(self, files=None, **options):
        self.configure(**options)
        limit = (lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))) if files else None
        with open(self.log, "w", encoding="ascii") as log:
            process = subprocess.Popen([PROGRAM, "-c", f"{self.dir}/conf"], stderr=log, preexec_fn=limit)
        self.processes.append(process)
        self.wait_for(lambda: os.path.exists(f"{self.dir}/pid") and os.path.getsize(f"{self.dir}/pid"))
        return process

    def wait_for(self, condition, seconds=15):
        end = time.monotonic() + seconds
        while not condition():
            self.assertLess(time.monotonic(), end, self.logged())
            time.sleep(0.02)

    def logged(self, words=""):
        with open(self.log, encoding="ascii") as log:
            return [line for line in log if words in line]

    def client(self):
        self.clients.append(Client(self.path))
        return self.clients[-1]

    def postmap(self, name, *keys):
        command = ["postmap", "-c", f"{self.dir}/postfix", "-q", "-", f"socketmap:unix:{self.path}:{name}"]
        out = subprocess.run(command, input="".join(f"{key}\n" for key in keys), capture_output=True, text=True, timeout=30)
        return out.stdout.splitlines(), out.stderr

    def metric(self, name):
        with socket.socket(socket.AF_UNIX) as http:
            http.connect(f"{self.dir}/metrics")
            http.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
            text = b"".join(iter(lambda: http.recv(65536), b"")).decode()
        return next((float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(name + " ")), None)

    def test_postmap_is_answered(self):
        self.load()
        self.start()
        found, errors = self.postmap("relay_domains", "example.com", "EXAMPLE.NET", "elsewhere.example", "routed.example")
        self.assertEqual((found, errors), (["example.com\tOK", "EXAMPLE.NET\tOK", "routed.example\tOK"], ""))
        found, _ = self.postmap("relay_recipients", "user@example.com", "User+x@example.net", "nobody@example.com")
        self.assertEqual(found, ["user@example.com\tOK", "User+x@example.net\tOK"])
        found, _ = self.postmap("virtual_alias", "user@example.net")
        self.assertEqual(found, ["user@example.net\tuser@example.com,user@example.com.store.invalid"])
        found, _ = self.postmap("transport", "user@example.com.store.invalid", "a@routed.example", "*", "b@c.example")
        self.assertEqual(found, ["user@example.com.store.invalid\tlmtp:unix:private/dovecot-lmtp",
                                 "a@routed.example\trelay:[192.0.2.25]:2525"])
        found, _ = self.postmap("sender_login", "user@example.net", "nobody@example.com")
        self.assertEqual(found, ["user@example.net\tuser@example.com"])
        self.assertEqual(self.metric('emailgency_transportmap_answers_total{map="relay_domains",answer="found"}'), 3)

    def test_without_a_replica_everything_waits_until_there_is_one(self):
        self.start()
        self.assertEqual(self.metric("emailgency_transportmap_replica_age_seconds"), -1)
        for name in ("transport", "probe_transport", "relay_domains", "relay_recipients", "virtual_alias", "sender_login"):
            self.assertRegex(self.client().ask(f"{name} user@example.com"), "^TEMP .+")
        self.assertIn("temporary error", self.postmap("relay_domains", "example.com")[1])
        self.assertEqual(len(self.logged("no replica")), 1)
        self.load()
        self.wait_for(lambda: self.client().ask("relay_domains example.com") == "OK OK", 5)
        shutil.rmtree(self.replica)
        time.sleep(1.5)
        self.assertEqual(self.client().ask("relay_domains example.com"), "OK OK")

    def test_answers_come_in_order(self):
        self.load()
        self.start()
        client = self.client()
        keys = [f"transport a@{('routed.example', 'nowhere.example')[number % 3 == 0]}" for number in range(2000)]
        expected = ["NOTFOUND " if number % 3 == 0 else "OK relay:[192.0.2.25]:2525" for number in range(2000)]
        data = b"".join(map(netstring, keys))
        pieces = [data[at:at + 1777] for at in range(0, len(data), 1777)]
        sender = threading.Thread(target=lambda: [client.send(piece) for piece in pieces])
        sender.start()
        self.assertEqual([client.read() for _ in keys], expected)
        sender.join()

    def test_byte_by_byte(self):
        self.load()
        self.start()
        client = self.client()
        for byte in netstring("relay_domains example.com"):
            client.send(bytes([byte]))
        self.assertEqual(client.read(), "OK OK")

    def test_a_client_that_has_sent_its_last_still_gets_its_answers(self):
        self.load()
        self.start()
        client = self.client()
        client.send(netstring("relay_domains example.com") * 50)
        client.socket.shutdown(socket.SHUT_WR)
        self.assertEqual([client.read() for _ in range(51)], ["OK OK"] * 50 + [None])

    def test_a_thousand_connections(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
        self.load()
        self.start()
        clients = [self.client() for _ in range(1200)]
        for client in clients:
            client.send(netstring("relay_domains example.com"))
        self.assertEqual({client.read() for client in clients}, {"OK OK"})
        self.assertEqual(self.metric("emailgency_transportmap_connections"), 1200)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    def test_more_connections_than_descriptors(self):
        self.load()
        self.start(files=64)
        clients = [self.client() for _ in range(100)]
        for client in clients:
            client.send(netstring("relay_domains example.com"))
        self.assertEqual(clients[0].read(), "OK OK")
        for client in clients[:60]:
            client.close()
        self.assertEqual([client.read() for client in clients[60:]], ["OK OK"] * 40)

    def test_malformed_requests_end_the_connection(self):
        self.load()
        self.start()
        for data in (b"GET / HTTP/1.0\r\n\r\n", b"03:a b,", b"3:a b;", b"99999999999:", b",", b"request=x\n\n"):
            client = self.client()
            client.send(data)
            self.assertEqual(client.read(), "PERM malformed request")
            self.assertIsNone(client.read())
        self.assertEqual(len(self.logged("malformed socketmap request")), 1)
        self.assertEqual(self.client().ask("relay_domains example.com"), "OK OK")

    def test_requests_that_cannot_be_served_keep_the_connection(self):
        self.load()
        self.start()
        client = self.client()
        self.assertEqual(client.ask("virtual a@example.com"), "PERM no such map")
        self.assertEqual(client.ask(b"\x00\x01\xff" * 10 + b" a"), "PERM no such map")
        self.assertEqual(client.ask("transport"), "PERM the request has no key")
        self.assertEqual(client.ask("relay_recipients " + "a" * 20000), "PERM the request is too long")
        self.assertEqual(client.ask("relay_recipients " + "a" * 3000000), "PERM the request is too long")
        self.assertEqual(client.ask("relay_recipients " + "a" * 9980 + "@example.com"), "NOTFOUND ")
        self.assertEqual(client.ask(b"relay_recipients \x00us\x01er\xff@example.com"), "NOTFOUND ")
        self.assertEqual(client.ask(b"transport \x00us\x01er\xff@example.com"), "OK relay:example.com")
        self.assertEqual(client.ask("relay_domains example.com"), "OK OK")
        for words, count in (("no such map", 2), ("no key", 1), ("longer than", 1)):
            self.assertEqual(len(self.logged(words)), count, words)

    def test_a_broken_transport_waits_and_is_logged_once(self):
        self.load(ROWS, "broken.example", "[127.0.0.1")
        self.start()
        client = self.client()
        for _ in range(3):
            self.assertRegex(client.ask("transport user@broken.example"), "^TEMP .+")
        self.assertEqual(len(self.logged("broken.example")), 1)
        self.assertEqual(client.ask("transport user@routed.example"), "OK relay:[192.0.2.25]:2525")
        self.assertEqual(self.metric('emailgency_transportmap_errors_total{error="broken-route"}'), 3)

    def test_options_follow_a_reload(self):
        self.load()
        process = self.start(log_level="debug")
        client = self.client()
        self.assertEqual(client.ask("transport u@example.com.store.invalid"), "OK lmtp:unix:private/dovecot-lmtp")
        self.configure(log_level="debug", lmtp_destination="inet:127.0.0.1:24", inet_protocols="ipv6")
        process.send_signal(signal.SIGHUP)
        self.wait_for(lambda: client.ask("transport u@example.com.store.invalid") == "OK lmtp:inet:127.0.0.1:24")
        self.assertRegex(client.ask("transport u@routed.example"), "^TEMP .+")
        self.wait_for(lambda: self.logged("map=transport key=u@routed.example answer=temp reason=unreachable"))

    def test_bad_options_are_refused(self):
        for options in ({"lmtp_destination": "dovecot"}, {"lmtp_destination": "unix:a b"}, {"inet_protocols": "ipx"},
                        {"mx_hosts": "a..b"}, {"listen": "socket"}, {"directory": "x"}, {"listen_mode": "9"}):
            self.configure(**options)
            out = subprocess.run([PROGRAM, "-t", "-c", f"{self.dir}/conf"], capture_output=True, text=True, timeout=20)
            self.assertEqual(out.returncode, 78, options)
            self.assertIn(next(iter(options)), out.stderr)

    def test_it_ends_at_once_with_clients_connected(self):
        self.load()
        process = self.start()
        client = self.client()
        self.assertEqual(client.ask("relay_domains example.com"), "OK OK")
        process.terminate()
        self.assertEqual(process.wait(10), 0)
        self.assertIsNone(client.read())
        self.assertFalse(os.path.exists(self.path))


if __name__ == "__main__":
    unittest.main()
