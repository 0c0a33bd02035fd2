# SPDX-License-Identifier: BSD-2-Clause
"""An smtpd of its own that offers DSN, whose milter is reached through us: we can hang up after any of its edits."""
import contextlib
import socket
import struct
import subprocess
import threading

from stack import wait_for

RECIPIENT_EDITS = b"2+-"  # SMFIR_ADDRCPT_PAR, SMFIR_ADDRCPT, SMFIR_DELRCPT


def exactly(source, count):
    data = b""
    while len(data) < count:
        more = source.recv(count - len(data))
        if not more:
            raise ConnectionError
        data += more
    return data


class MilterDoor:
    def __init__(self, stack):
        self.stack, self.limit, self.was_cut = stack, None, False
        host = stack.address("EMG_SMTP")[0]
        self.listener = socket.create_server((host, 0))
        with socket.create_server((host, 0)) as free:
            self.address = free.getsockname()[:2]
        self.service = "{}:{}/inet".format(*self.address)
        threading.Thread(target=self.accept, daemon=True).start()
        self.configure("-M", "{}={}:{} inet n - y - - smtpd -o smtpd_discard_ehlo_keywords= -o smtpd_command_filter= -o smtpd_milters=inet:{}:{} -o milter_default_action=accept"
                       .format(self.service, *self.address, *self.listener.getsockname()[:2]))
        wait_for(self.answers, 20, "the entrance")

    def configure(self, *options):
        subprocess.run(["postconf", "-c", self.stack.env["EMG_POSTFIX"], *options], check=True)
        subprocess.run(["postfix", "-c", self.stack.env["EMG_POSTFIX"], "reload"], capture_output=True, check=True)

    def answers(self):
        try:
            with socket.create_connection(self.address, 5) as connection:
                return connection.recv(4).startswith(b"220")
        except OSError:
            return False

    def close(self):
        self.configure("-MX", self.service)
        self.listener.close()

    @contextlib.contextmanager
    def broken_after(self, edits):
        """The milter is gone after so many edits of recipients."""
        self.limit, self.was_cut = edits, False
        yield
        self.limit = None

    def accept(self):
        while True:
            try:
                mta, _ = self.listener.accept()
            except OSError:
                return
            milter = socket.socket(socket.AF_UNIX)
            try:
                milter.connect(self.stack.env["EMG_MILTER"])
            except OSError:
                mta.close()
                continue
            for run in (self.pump, self.relay):
                threading.Thread(target=run, args=(mta, milter), daemon=True).start()

    @staticmethod
    def hang_up(*sockets):
        for each in sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def pump(self, mta, milter):
        with contextlib.suppress(OSError):
            while data := mta.recv(65536):
                milter.sendall(data)
        self.hang_up(mta, milter)

    def relay(self, mta, milter):
        """The milter's answers, packet by packet."""
        edits = 0
        with contextlib.suppress(OSError):
            while True:
                size = exactly(milter, 4)
                packet = exactly(milter, *struct.unpack(">I", size))
                if packet[:1] in RECIPIENT_EDITS:
                    if self.limit is not None and edits >= self.limit:
                        self.was_cut = True
                        break
                    edits += 1
                mta.sendall(size + packet)
        self.hang_up(mta, milter)
