# SPDX-License-Identifier: BSD-2-Clause
"""emailgency-queuewatch with few rights, beside faults, and on a file system that hangs."""
import ctypes
import os
import signal
import socket
import struct
import subprocess
import threading
import time
import unittest
import unittest.mock

from queue_case import ROWS, QueueCase, netstring

CAP_DAC_READ_SEARCH = 1 << 2


class RightsTest(QueueCase):
    def fill(self):
        self.start_postfix()
        self.send("u@d1.example", 3)
        self.send("held@d1.example")
        self.wait_deferred(3)

    def test_access_times_stay(self):
        self.fill()
        log = f"{self.spool}/flush/d1_example"
        os.utime(log, (1000000000, os.path.getmtime(log)))
        self.start(ROWS)
        self.wait_sample({"d1.example": 4})
        self.assertEqual(os.stat(log).st_atime, 1000000000)
        self.assertEqual(self.envelopes(), 1)  # of the message on hold

    def test_root_keeps_one_right(self):
        """With a mount of its own it reads the logs without a trace."""
        self.fill()
        log = f"{self.spool}/flush/d1_example"
        os.utime(log, (1000000000, os.path.getmtime(log)))
        self.load_for_nobody()
        process = self.start(None, user="nobody")
        self.wait_sample({"d1.example": 4})
        with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
            fields = dict(line.strip().split(":\t", 1) for line in status if ":\t" in line)
        for name in ("CapEff", "CapPrm"):
            self.assertEqual(int(fields[name], 16), CAP_DAC_READ_SEARCH, name)
        self.assertEqual(int(fields["CapInh"], 16) | int(fields["CapAmb"], 16), 0)
        self.assertEqual(os.stat(log).st_atime, 1000000000)
        self.assertEqual(self.error("flush-logs-touched"), 0)
        self.assertEqual(self.envelopes(), 1)

    def load_for_nobody(self):
        self.load_rows(ROWS)
        subprocess.run(["chown", "-R", "nobody", self.dir + "/directory"], check=True)

    def run_as_nobody(self, *rights):
        self.load_for_nobody()
        self.write_conf()
        os.chmod(self.dir, 0o777)  # for the socket
        command = ["setpriv", "--reuid=nobody", *rights, self.program, "-c", self.conf]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, errors="replace", env=os.environ | {"ASAN_OPTIONS": "detect_leaks=0"})
        process.reader = threading.Thread(target=lambda: self.log.extend(process.stderr))
        process.reader.start()
        self.running.append(process)
        self.wait_log("ready version=")

    def test_logs_that_a_look_would_touch_are_left_alone(self):
        self.fill()
        log = f"{self.spool}/flush/d1_example"
        os.utime(log, (1000000000, os.path.getmtime(log)))
        self.run_as_nobody("--clear-groups", "--bounding-set=-all,+dac_read_search", "--inh-caps=-all,+dac_read_search", "--ambient-caps=+dac_read_search")
        self.wait_sample({"d1.example": 4})
        self.assertEqual(os.stat(log).st_atime, 1000000000)
        self.assertEqual(self.error("flush-logs-touched") > 0, True)
        self.assertEqual(self.envelopes(), 4)

    def test_postqueue_where_the_queue_cannot_be_read(self):
        self.fill()
        self.run_as_nobody("--groups=postdrop", "--no-new-privs")  # the group may ask showq(8)
        self.wait_sample({"d1.example": 4}, 60)
        domains, queues, cycle = self.sample()
        self.assertEqual((queues["deferred"], queues["hold"], cycle[2]), (3, 1, "complete"))
        self.wait_log("the queue cannot be read")
        self.assertEqual(sum("the queue cannot be read" in line for line in self.log), 1)
        subprocess.run(["postfix", "-c", f"{self.postfix.folder}/conf", "stop"], capture_output=True, check=True)
        self.wait_log("postqueue cannot tell what is in the queue either", 1)


class FaultTest(QueueCase):
    def test_killed_and_stopped(self):
        self.start_postfix()
        self.send("u@d1.example", 2)
        self.wait_deferred(2)
        process = self.start(ROWS)
        self.wait_sample({"d1.example": 2})
        process.send_signal(signal.SIGSTOP)
        with self.assertRaises(TimeoutError):
            self.ask("sample", within=1)
        process.send_signal(signal.SIGCONT)
        self.wait_sample({"d1.example": 2})
        process.kill()
        process.wait()
        self.run_daemon()
        self.wait_log("ready version=", 2)
        self.wait_sample({"d1.example": 2})

    def test_a_queue_that_comes_and_goes(self):
        process = self.start(ROWS)
        self.wait_log("the queue cannot be read")
        self.wait_until(lambda: self.ask("sample")[0][0] == "cycle", "a sample")
        self.assertEqual(self.sample()[2][2], "incomplete")
        self.start_postfix()
        self.send("u@d1.example")
        self.wait_sample({"d1.example": 1}, 60)
        self.assertEqual(self.sample()[2][2], "complete")
        self.assertEqual(self.stop(process), 0)

    def test_a_postfix_that_stops(self):
        running = "emailgency_queuewatch_postfix_running"
        self.start(ROWS)
        self.wait_log("the queue cannot be read")
        self.assertEqual(self.metric(running), -1)
        self.start_postfix()
        self.wait_until(lambda: self.metric(running) == 1, "a Postfix that runs")
        subprocess.run(["postfix", "-c", f"{self.postfix.folder}/conf", "stop"], capture_output=True, check=True)
        self.wait_until(lambda: self.metric(running) == 0, "a Postfix that is stopped")

    def test_it_waits_for_a_replica(self):
        self.start_postfix()
        self.send("u@d1.example")
        self.wait_deferred(1)
        self.start(None)
        self.assertEqual(self.ask("sample"), [["error", *"no look at the queue has ended yet".split()]])
        self.assertEqual(self.metric("emailgency_queuewatch_replica_age_seconds"), -1)
        self.load_rows(ROWS)
        self.wait_sample({"d1.example": 1})

    def test_what_is_no_request(self):
        self.start_postfix()
        self.start(ROWS)
        for text in ("", "x", "messages d1.example", "messages d1.example 1001", "sample " + "x" * 400):
            self.assertIsNone(self.ask(text), text)
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(self.path)
            client.sendall(b"GET / HTTP/1.0\r\n\r\n")
            self.assertEqual(client.recv(1), b"")
        self.wait_until(lambda: self.ask("sample")[0][0] == "cycle", "a sample")
        self.assertGreaterEqual(self.error("bad-request"), 6)

    def test_many_requests_at_once(self):
        self.start_postfix()
        self.start(ROWS)
        self.wait_until(lambda: self.ask("sample")[0][0] == "cycle", "a sample")
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(20)
            client.connect(self.path)
            client.sendall((netstring("sample") + netstring("messages d1.example 5")) * 50)
            client.shutdown(socket.SHUT_WR)
            reply = b"".join(iter(lambda: client.recv(65536), b""))
        self.assertEqual(reply.count(b"cycle "), 50)
        self.assertEqual(reply.count(b"0:,"), 50)

    def test_bad_options_are_refused(self):
        for key, value in (("queue_interval", 0), ("queue_directory", "x"), ("walk_rate", 1), ("listen", "nowhere")):
            self.write_conf(**{key: value})
            out = subprocess.run([self.program, "-t", "-c", self.conf], capture_output=True, text=True, timeout=20, check=False)
            self.assertEqual(out.returncode, 78, key)
            self.assertIn(key, out.stderr)


class HangingFolder:
    """Whoever opens a folder waits, as on an NFS server that is gone (fanotify(7))."""

    CLASS_CONTENT, CLOEXEC, MARK_ADD, OPEN_PERM, ONDIR, ALLOW = 4, 1, 1, 0x10000, 0x40000000, 1
    EVENT = struct.Struct("=IBBHQii")

    def __init__(self, path):
        self.library = ctypes.CDLL(None, use_errno=True)
        self.fd = self.library.fanotify_init(self.CLASS_CONTENT | self.CLOEXEC, os.O_RDONLY | os.O_CLOEXEC)
        mask = ctypes.c_uint64(self.OPEN_PERM | self.ONDIR)
        if self.fd < 0 or self.library.fanotify_mark(self.fd, self.MARK_ADD, mask, -100, path.encode()) != 0:
            raise unittest.SkipTest("this kernel has no fanotify permission events")

    def release(self):
        os.close(self.fd)  # the kernel then permits all


class HangTest(QueueCase):
    def test_a_file_system_that_does_not_answer(self):
        self.start_postfix()
        self.send("u@d1.example", 2)
        self.wait_deferred(2)
        # The check for leaks would wait for the thread that hangs.
        with unittest.mock.patch.dict(os.environ, ASAN_OPTIONS="detect_leaks=0"):
            process = self.start(ROWS)
        self.wait_sample({"d1.example": 2})
        hanging = HangingFolder(f"{self.spool}/deferred")
        self.wait_until(lambda: self.metric("emailgency_queuewatch_cycle_age_seconds") > 3, "a cycle that hangs")
        self.assertEqual(self.domains(), {"d1.example": 2})
        begun = time.monotonic()
        self.assertEqual(self.ask("messages d1.example 5"), [["error", *"the queue does not answer".split()]])
        self.assert_took(begun, 2.5, 15)
        hanging.release()
        self.wait_until(lambda: self.metric("emailgency_queuewatch_cycle_age_seconds") < 2, "a cycle")
        self.assertEqual(len(self.ask("messages d1.example 5")), 2)
        hanging = HangingFolder(f"{self.spool}/deferred")
        self.wait_until(lambda: self.metric("emailgency_queuewatch_cycle_age_seconds") > 3, "a cycle that hangs")
        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)
        try:
            self.assertEqual(process.wait(timeout=30), 0)
            self.assert_took(begun, 1, 20)
        finally:
            hanging.release()
        self.wait_log("so what waits for it is given up")


if __name__ == "__main__":
    unittest.main()
