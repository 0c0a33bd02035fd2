"""The contract of daemon_run: python3 daemon_test.py PATH/sample_daemon"""

import contextlib
import os
import pty
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAM = sys.argv.pop(1)
USAGE, OSERR, CONFIG = 64, 71, 78


class DaemonTest(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="daemon_test.")
        os.chmod(self.dir, 0o755)
        self.socket = self.dir + "/socket"
        self.pid_file = self.dir + "/pid"
        self.conf = self.dir + "/sample.conf"
        self.running = []
        self.write_conf()

    def tearDown(self):
        for process in self.running:
            if process.poll() is None:
                process.kill()
            process.wait()
            process.stderr.close()
        shutil.rmtree(self.dir)

    def write_conf(self, **values):
        values = {"user": pwd.getpwuid(os.geteuid()).pw_name, "log": "stderr", "listen": "unix:" + self.socket, "pid_file": self.pid_file, **values}
        with open(self.conf, "w") as file:
            file.writelines(f'{key} = "{value}"\n' for key, value in values.items())

    def call(self, *arguments):
        return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=20)

    def start(self, env=None):
        process = subprocess.Popen(
            [PROGRAM, "-c", self.conf], stderr=subprocess.PIPE, text=True, env={**os.environ, **(env or {})}
        )
        self.running.append(process)
        return process

    def start_ready(self):
        process = self.start()
        self.wait_for(process, "ready")
        return process

    def wait_for(self, process, words):
        seen = ""
        for line in process.stderr:
            seen += line
            if words in line:
                return line
        self.fail(f"no {words!r} in: {seen}")

    def stop(self, process, number=signal.SIGTERM):
        process.send_signal(number)
        self.wait_for(process, "stopped")
        return process.wait(timeout=15)

    def greeting(self):
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(10)
            client.connect(self.socket)
            return client.recv(100).decode()

    def fails(self, code, words):
        result = self.call("-c", self.conf)
        self.assertEqual(result.returncode, code, result.stderr)
        self.assertIn(words, result.stderr)

    # Arguments

    def test_version(self):
        result = self.call("-V")
        self.assertEqual(result.returncode, 0)
        self.assertRegex(result.stdout, r"^sample \d+\.\d+\.\d+\n$")

    def test_help_and_usage(self):
        self.assertEqual(self.call("-h").returncode, 0)
        for arguments in (["-x"], ["-c"], ["word"], ["-t", "word"]):
            result = self.call(*arguments)
            self.assertEqual(result.returncode, USAGE, arguments)
            self.assertIn("usage: sample", result.stderr)

    def test_check(self):
        result = self.call("-t", "-c", self.conf)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))
        self.assertFalse(os.path.exists(self.socket))

    def test_check_names_file_and_line(self):
        self.write_conf(metrics="0.0.0.0")
        result = self.call("-t", "-c", self.conf)
        self.assertEqual(result.returncode, CONFIG)
        self.assertIn(self.conf + ":5: metrics: ", result.stderr)
        self.assertEqual(result.stderr.count("\n"), 1)
        self.write_conf(log="paper")
        self.fails(CONFIG, ":2: log: write syslog or stderr")
        self.write_conf(log_level="loud")
        self.fails(CONFIG, "write debug, info, warn or error")

    def test_missing_file(self):
        for arguments in ([], ["-t"], ["-p"]):
            result = self.call(*arguments, "-c", "/nowhere/sample.conf")
            self.assertEqual(result.returncode, CONFIG)
            self.assertIn("/nowhere/sample.conf: No such file", result.stderr)

    def test_missing_default_file(self):
        result = self.call("-p")
        self.assertEqual((result.returncode, result.stdout), (0, self.call("-p", "-c", "/dev/null").stdout))
        # At a terminal it logs there; it does not start, as `listen` is no address.
        terminal, end = pty.openpty()
        process = subprocess.Popen([PROGRAM], stderr=end)
        os.close(end)
        text = self.read_all(terminal)
        self.assertIn(process.wait(timeout=20), (OSERR, CONFIG))
        self.assertEqual(text.count("info: there is no /nowhere/sample.conf, so all options have their defaults"), 1, text)

    def read_all(self, terminal):
        text = b""
        with contextlib.suppress(OSError):  # EIO: nobody has the other end any more
            while part := os.read(terminal, 65536):
                text += part
        os.close(terminal)
        return text.decode()

    def test_what_is_printed_loads_again(self):
        self.write_conf(greeting='a \\"b\\" \\$c')
        first = self.call("-p", "-c", self.conf)
        self.assertEqual(first.returncode, 0)
        with open(self.conf, "w") as file:
            file.write(first.stdout)
        self.assertEqual(self.call("-p", "-c", self.conf).stdout, first.stdout)
        with open("/dev/full", "w") as full:
            code = subprocess.run([PROGRAM, "-p", "-c", self.conf], stdout=full).returncode
        self.assertEqual(code, 74)

    # Life

    def test_runs_and_stops(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            process = self.start_ready()
            self.assertTrue(self.greeting().startswith("hello "))
            with open(self.pid_file) as file:
                self.assertEqual(file.read(), f"{process.pid}\n")
            self.assertEqual(self.stop(process, number), 0)
            self.assertEqual(os.listdir(self.dir), ["sample.conf"])

    def test_stop_may_take_a_while(self):
        self.write_conf(stop_ms=500)
        process = self.start_ready()
        start = time.monotonic()
        self.assertEqual(self.stop(process), 0)
        self.assertGreater(time.monotonic() - start, 0.4)

    def test_stop_ends_within_ten_seconds(self):
        self.write_conf(stop_ms=60000)
        process = self.start_ready()
        start = time.monotonic()
        process.send_signal(signal.SIGTERM)
        self.wait_for(process, "before everything was finished")
        self.assertEqual(process.wait(timeout=5), 0)
        self.assertLess(time.monotonic() - start, 11.5)

    def test_second_signal_stops_at_once(self):
        self.write_conf(stop_ms=60000)
        process = self.start_ready()
        process.send_signal(signal.SIGTERM)
        self.wait_for(process, "stopping signal=15")
        start = time.monotonic()
        self.assertEqual(self.stop(process), 0)
        self.assertLess(time.monotonic() - start, 3)

    def test_reload(self):
        process = self.start_ready()
        self.write_conf(greeting="good day", stop_ms=5)
        process.send_signal(signal.SIGHUP)
        self.wait_for(process, "stop_ms has changed")
        self.wait_for(process, "configuration reloaded")
        self.assertTrue(self.greeting().startswith("good day "))
        self.write_conf(greeting="lost", nonsense=1)
        process.send_signal(signal.SIGHUP)
        line = self.wait_for(process, "the configuration stays as it was")
        self.assertIn("sample.conf:6: no such option 'nonsense'", line)
        self.assertTrue(self.greeting().startswith("good day "))
        self.write_conf(greeting="back", stop_ms=0)
        process.send_signal(signal.SIGHUP)
        self.wait_for(process, "configuration reloaded")
        self.assertTrue(self.greeting().startswith("back "))
        self.assertEqual(self.stop(process), 0)

    def test_readiness_is_told_to_systemd(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
            systemd.bind(self.dir + "/notify")
            systemd.settimeout(10)
            process = self.start({"NOTIFY_SOCKET": self.dir + "/notify"})
            self.assertEqual(systemd.recv(200), b"READY=1")
            self.assertTrue(self.greeting())
            process.send_signal(signal.SIGHUP)
            self.assertRegex(systemd.recv(200), rb"^RELOADING=1\nMONOTONIC_USEC=\d+$")
            self.assertEqual(systemd.recv(200), b"READY=1")
            process.send_signal(signal.SIGTERM)
            self.assertEqual(systemd.recv(200), b"STOPPING=1")
            self.assertEqual(process.wait(timeout=15), 0)

    def test_watchdog_is_fed_while_the_loop_runs(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
            systemd.bind(self.dir + "/notify")
            systemd.settimeout(10)
            process = self.start({"NOTIFY_SOCKET": self.dir + "/notify", "WATCHDOG_USEC": "300000"})
            self.assertEqual(systemd.recv(200), b"READY=1")
            for _ in range(3):
                self.assertEqual(systemd.recv(200), b"WATCHDOG=1")
            self.assertEqual(self.stop(process), 0)

    # A second instance, and what a dead one left

    def test_second_instance_leaves_the_first_alone(self):
        process = self.start_ready()
        self.fails(OSERR, f"another instance runs as process {process.pid}")
        self.write_conf(pid_file="")
        self.fails(OSERR, "another process answers there")
        self.write_conf(pid_file=self.dir + "/other")
        self.fails(OSERR, "another process answers there")
        self.assertFalse(os.path.exists(self.dir + "/other"))
        self.assertTrue(self.greeting())
        with open(self.pid_file) as file:
            self.assertEqual(file.read(), f"{process.pid}\n")
        self.assertEqual(self.stop(process), 0)

    def test_starts_over_what_a_killed_one_left(self):
        process = self.start_ready()
        process.kill()
        process.wait()
        self.assertTrue(os.path.exists(self.socket) and os.path.exists(self.pid_file))
        process = self.start_ready()
        self.assertTrue(self.greeting())
        self.assertEqual(self.stop(process), 0)

    # Faults

    def test_failures_clean_up(self):
        for fault, words in (
            ("start", "cannot start: start fails as configured"),
            ("run", "cannot start: run fails as configured"),
            ("fail", "stopping: as configured"),
            ("fail-later", "stopping: as configured, later"),
        ):
            self.write_conf(fault=fault)
            self.fails(OSERR, words)
            self.assertEqual(os.listdir(self.dir), ["sample.conf"], fault)

    def test_start_fails_visibly_with_syslog_too(self):
        self.write_conf(log="syslog", fault="start")
        self.fails(OSERR, "sample: cannot start: start fails as configured")

    def test_pid_file_that_cannot_be(self):
        self.write_conf(pid_file="/nowhere/at/all")
        self.fails(OSERR, "pid_file /nowhere/at/all: No such file or directory")
        os.symlink(self.dir + "/target", self.pid_file)
        self.write_conf()
        self.fails(OSERR, "pid_file")
        self.assertFalse(os.path.exists(self.dir + "/target"))

    # Privileges

    @unittest.skipIf(os.geteuid() != 0, "needs root")
    def test_becomes_the_user(self):
        user = pwd.getpwnam("nobody")
        self.write_conf(user="nobody")
        process = self.start_ready()
        self.assertEqual(self.greeting(), f"hello uid={user.pw_uid} gid={user.pw_gid} home={user.pw_dir} user=nobody\n")
        self.assertEqual(os.lstat(self.socket).st_uid, user.pw_uid)
        with open(f"/proc/{process.pid}/status") as file:
            status = file.read()
        self.assertIn(f"Uid:\t{user.pw_uid}\t{user.pw_uid}\t{user.pw_uid}\t{user.pw_uid}\n", status)
        self.assertIn("NoNewPrivs:\t1\n", status)
        self.assertEqual(self.stop(process), 0)
        with open(self.pid_file) as file:
            self.assertEqual(file.read(), "")  # it may not remove it any more
        self.assertEqual(self.stop(self.start_ready()), 0)

    @unittest.skipIf(os.geteuid() != 0, "needs root")
    def test_l6_what_it_knows_stays_in_its_memory(self):
        self.write_conf(user="nobody")
        process = self.start_ready()
        with open(f"/proc/{process.pid}/limits") as file:
            self.assertRegex(file.read(), r"Max core file size +0 +0 ")
        # proc(5): what is not dumpable belongs to root there, so that its own account may not look into it.
        self.assertEqual(os.stat(f"/proc/{process.pid}/mem").st_uid, 0)
        self.assertEqual(self.stop(process), 0)

    @unittest.skipIf(os.geteuid() != 0, "needs root")
    def test_becomes_the_group(self):
        self.write_conf(user="nobody", group="daemon")
        process = self.start_ready()
        self.assertRegex(self.greeting(), r" gid=1 ")
        self.assertEqual(self.stop(process), 0)

    @unittest.skipIf(os.geteuid() != 0, "needs root")
    def test_unknown_user_opens_nothing(self):
        self.write_conf(user="no-such-user")
        self.fails(CONFIG, "user no-such-user: there is none such")
        result = self.call("-t", "-c", self.conf)
        self.assertEqual(result.returncode, CONFIG)
        self.assertIn("user no-such-user: there is none such", result.stderr)
        self.write_conf(user="nobody", group="no-such-group")
        self.fails(CONFIG, "group no-such-group: there is none such")
        self.write_conf(user="root")
        self.assertEqual(self.stop(self.start_ready()), 0)


if __name__ == "__main__":
    unittest.main()
