# SPDX-License-Identifier: BSD-2-Clause
"""The manners of every daemon: python3 every_daemon_test.py PATH/emailgency-policyd … PATH/emailgency-spf-worker"""

import contextlib
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

PROGRAMS = {os.path.basename(path): path for path in sys.argv[1:]}
del sys.argv[1:]
SPF_WORKER = PROGRAMS.pop("emailgency-spf-worker")
USAGE, CONFIG = 64, 78
UID, GID, EXTRA_GID = 64001, 64002, 64003  # of the account that the tests make up


def name_of(program):
    """The daemon's short name."""
    return os.path.basename(program).removeprefix("emailgency-")


def call(program, *arguments, **options):
    return subprocess.run([program, *arguments], capture_output=True, text=True, timeout=60, check=False, **options)


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def each_daemon(test):
    def run(self):
        for name, program in PROGRAMS.items():
            with self.subTest(name), self.folder():
                test(self, program)
    return run


class EveryDaemonTest(unittest.TestCase):
    @contextlib.contextmanager
    def folder(self):
        self.dir = tempfile.mkdtemp(prefix="every_daemon_test.")
        os.chmod(self.dir, 0o755)
        self.conf = self.dir + "/conf"
        self.log = self.dir + "/log"
        self.metrics = f"127.0.0.1:{free_port()}"
        try:
            yield
        finally:
            shutil.rmtree(self.dir)

    def options(self, program):
        """Its own folders and sockets; nothing that the machine has."""
        name = name_of(program)
        state = self.dir + "/state"
        options = {"log": "stderr", "metrics": self.metrics, "directory": state + "/replica"}
        if name not in ("replicator", "notifier"):
            options |= {"listen": f"unix:{state}/socket", "listen_group": ""}
        if name in ("policyd", "milter"):
            options |= {"activity_spool": state + "/activity"}
        if name != "transportmap":
            options |= {"database": "host=/nowhere dbname=none"}
        if name == "milter":
            options |= {"spf_worker": SPF_WORKER, "postfix_config": ""}
        return options

    def write_conf(self, program, **values):
        os.makedirs(self.dir + "/state/replica", exist_ok=True)
        with open(self.conf, "w", encoding="utf-8") as file:
            for key, value in {**self.options(program), **values}.items():
                if value is not None:
                    file.write(f'{key} = "{value}"\n')

    def write_file(self, name, text, mode):
        path = f"{self.dir}/{name}"
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)
        return path

    def alone(self, program, *arguments, account=True, network=True):
        """A command line that runs the daemon where the machine's configuration and accounts are not seen."""
        own = os.path.basename(program)
        for file, line in (("passwd", f"{own}:x:{UID}:{GID}::/var/lib/made-up:/bin/false\n"),
                           ("group", f"{own}:x:{GID}:\nmade-up-readers:x:{EXTRA_GID}:{own}\n")):
            with open(f"/etc/{file}", encoding="utf-8") as here:
                lines = [text for text in here if not text.startswith("emailgency")]
            self.write_file(file, "".join(lines) + (line if account else ""), 0o644)
        script = (f"mount --bind {self.dir}/passwd /etc/passwd && mount --bind {self.dir}/group /etc/group && "
                  "{ test ! -d /etc/emailgency || mount -t tmpfs none /etc/emailgency; } && " + ("" if network else "ip link set lo up && ") +
                  'exec "$0" "$@"')
        return ["unshare", "-m" if network else "-mn", "--propagation", "private", "sh", "-c", script, program, *arguments]

    def check(self, program, *arguments, code=CONFIG, **options):
        done = call(*self.alone(program, "-t", *arguments, **options))
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stderr

    def refuses(self, program, words, start=True, **values):
        """-t says so, and so does the start."""
        self.write_conf(program, **values)
        for mode in ["-t"], []:
            if not mode and not start:
                continue
            done = call(*self.alone(program, *mode, "-c", self.conf))
            self.assertEqual(done.returncode, CONFIG, done.stderr)
            self.assertIn(words, done.stderr)

    @contextlib.contextmanager
    def running(self, program, **options):
        with open(self.log, "w", encoding="utf-8") as log:
            process = subprocess.Popen(self.command(program, **options), stderr=log)
        try:
            self.wait_log("ready version=")
            if name_of(program) == "milter":
                self.wait_for_libmilter()
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(timeout=60), 0, self.logged())

    def command(self, program, **options):
        """Without root it runs as the caller, beside the machine's own."""
        return self.alone(program, "-c", self.conf, **options) if os.geteuid() == 0 else [program, "-c", self.conf]

    def wait_for_libmilter(self):
        """A signal before its threads are there may end them as a failure."""
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(60)
            client.connect(self.dir + "/state/socket")
            client.sendall(struct.pack(">IcIII", 13, b"O", 6, 0x1FF, 0x1FFFFF))
            self.assertTrue(client.recv(1))

    def logged(self):
        with open(self.log, encoding="utf-8") as file:
            return file.read()

    def wait_log(self, words):
        end = time.monotonic() + 60
        while words not in self.logged():
            self.assertLess(time.monotonic(), end, f"no {words!r} in: {self.logged()}")
            time.sleep(0.02)

    def get(self, path):
        with urllib.request.urlopen(f"http://{self.metrics}{path}", timeout=20) as answer:
            return answer.read().decode()

    # Arguments

    def test_help_and_version(self):
        for name, program in [*PROGRAMS.items(), ("emailgency-spf-worker", SPF_WORKER)]:
            with self.subTest(name):
                for option in "-h", "--help":
                    done = call(program, option)
                    self.assertEqual((done.returncode, done.stderr), (0, ""))
                    self.assertIn("--version", done.stdout)
                for option in "-V", "--version":
                    done = call(program, option)
                    self.assertEqual((done.returncode, done.stderr), (0, ""))
                    self.assertRegex(done.stdout, rf"^{name} \d+\.\d+\.\d+\n$")
                self.assertEqual(call(program, "--nonsense").returncode, USAGE)

    @each_daemon
    def test_long_options(self, program):
        self.write_conf(program)
        self.assertEqual(call(program, "--print", "--config", self.conf).stdout, call(program, "-p", "-c", self.conf).stdout)
        self.assertEqual(call(program, "--print", f"--config={self.conf}").returncode, 0)
        self.write_conf(program, log="paper")
        for arguments in ("-t", "-c", self.conf), ("--check", "--config", self.conf):
            self.assertEqual(call(program, *arguments).returncode, CONFIG)

    # Configuration

    @each_daemon
    def test_a_named_file_must_exist(self, program):
        for mode in ["-t"], ["-p"], []:
            done = call(program, *mode, "-c", self.dir + "/none")
            self.assertEqual(done.returncode, CONFIG)
            self.assertIn(f"cannot read {self.dir}/none: No such file", done.stderr)

    @each_daemon
    def test_one_wording_for_a_wrong_database(self, program):
        words = "; write a libpq connection string in double quotes, such as "
        if name_of(program) == "transportmap":
            return
        for line in "host=/run dbname=x", '"hosst=/run dbname=x"', '"dbname"':
            self.write_conf(program, database=None)
            with open(self.conf, "a", encoding="utf-8") as file:
                file.write(f"database = {line}\n")
            for mode in ["-t"], []:
                done = call(program, *mode, "-c", self.conf)
                self.assertEqual(done.returncode, CONFIG, done.stderr)
                self.assertRegex(done.stderr, re.escape(self.conf) + r":\d+: database: ")
                self.assertIn(words, done.stderr)

    @unittest.skipIf(os.geteuid() != 0, "needs root")
    @each_daemon
    def test_a_missing_default_file_is_an_empty_one(self, program):
        default = f"/etc/emailgency/{name_of(program)}.conf"
        done = call(*self.alone(program, "-p"))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.stdout, call(program, "-p", "-c", "/dev/null").stdout)
        done = call(*self.alone(program, "-t"))  # whether it can start is a matter of the machine
        self.assertIn(f"there is no {default}, so all options have their defaults\n", done.stderr)

    # Accounts

    @unittest.skipIf(os.geteuid() != 0, "needs root")
    @each_daemon
    def test_root_without_an_account_is_refused(self, program):
        self.write_conf(program)
        before = sorted(os.listdir(self.dir + "/state"))
        for mode in ["-t"], []:
            done = call(*self.alone(program, *mode, "-c", self.conf, account=False))
            self.assertEqual(done.returncode, CONFIG, done.stderr)
            self.assertIn(f"started by root without `user`, and there is no account {os.path.basename(program)}", done.stderr)
            self.assertIn("systemd-sysusers(8)", done.stderr)
        self.assertEqual(sorted(os.listdir(self.dir + "/state")), before)
        self.assertEqual(os.listdir(self.dir + "/state/replica"), [])
        self.refuses(program, "user no-such-user: there is none such", user="no-such-user")
        self.refuses(program, "group no-such-group: there is none such", group="no-such-group")

    @unittest.skipIf(os.geteuid() != 0, "needs root")
    @each_daemon
    def test_root_becomes_the_account_of_the_daemon(self, program):
        self.write_conf(program)
        for path in "/state", "/state/replica":
            os.chown(self.dir + path, UID, GID)
        with self.running(program) as process:
            with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
                status = file.read()
            self.assertIn(f"Uid:\t{UID}\t{UID}\t{UID}\t{UID}\n", status)
            self.assertIn(f"Gid:\t{GID}\t{GID}\t{GID}\t{GID}\n", status)
            self.assertRegex(status, rf"Groups:\t(\d+ )*{EXTRA_GID} ?\n")
            for folder, _, files in os.walk(self.dir + "/state"):
                for name in files:
                    self.assertEqual(os.lstat(f"{folder}/{name}").st_uid, UID, name)
        self.assertNotIn("runs as root", self.logged())

    @unittest.skipIf(os.geteuid() != 0, "needs root")
    @each_daemon
    def test_root_on_demand_is_warned_of(self, program):
        self.write_conf(program, user="root")
        with self.running(program):
            self.assertIn("warning: it runs as root", self.logged())

    # -t with the account's rights

    @unittest.skipIf(os.geteuid() != 0, "needs root")
    @each_daemon
    def test_check_finds_nothing_wrong(self, program):
        self.write_conf(program)
        for path in "/state", "/state/replica":
            os.chown(self.dir + path, UID, GID)
        reachable = shutil.copy(SPF_WORKER, self.dir + "/spf-worker")
        self.write_conf(program, **({"spf_worker": reachable} if name_of(program) == "milter" else {}))
        self.assertEqual(self.check(program, "-c", self.conf, code=0), "")

    @unittest.skipIf(os.geteuid() != 0, "needs root")
    @each_daemon
    def test_an_unknown_group_of_the_socket_is_named(self, program):
        if name_of(program) in ("replicator", "notifier"):
            return
        self.refuses(program, "listen_group: there is no group nosuch;", listen_group="nosuch")

    @unittest.skipIf(os.geteuid() != 0, "needs root")
    @each_daemon
    def test_a_replica_out_of_reach_is_found(self, program):
        self.write_conf(program)
        os.chmod(self.dir + "/state", 0o700)
        words = self.check(program, "-c", self.conf)
        self.assertIn(f"it may not enter {self.dir}/state (Permission denied); chmod o+x {self.dir}/state", words)
        self.assertIn(" directory: account ", words)
        os.chmod(self.dir + "/state", 0o755)
        os.chmod(self.dir + "/state/replica", 0o700)
        self.assertIn(f"{self.dir}/state/replica: Permission denied; ", self.check(program, "-c", self.conf))

    @unittest.skipIf(os.geteuid() != 0, "needs root")
    def test_files_of_root_in_the_replica_are_found(self):
        program = PROGRAMS["emailgency-replicator"]
        with self.folder():
            self.write_conf(program)
            os.chown(self.dir + "/state/replica", UID, GID)
            lock = self.write_file("state/replica/writer.lock", "", 0o600)
            self.assertIn(f"directory: account emailgency-replicator cannot write {lock}: ", self.check(program, "-c", self.conf))
            done = call(*self.alone(program, "-c", self.conf))
            self.assertEqual(done.returncode, 71, done.stderr)
            self.assertIn(f"{lock}: Permission denied; give the folder and all files in it", done.stderr)

    @unittest.skipIf(os.geteuid() != 0, "needs root")
    @each_daemon
    def test_a_spool_that_cannot_be_written_is_found(self, program):
        if name_of(program) not in ("policyd", "milter"):
            return
        self.write_conf(program)
        self.assertIn("activity_spool: account ", self.check(program, "-c", self.conf))

    @unittest.skipIf(os.geteuid() != 0, "needs root")
    @each_daemon
    def test_a_secret_that_others_read_is_refused(self, program):
        options = {"milter": ["database_password_file", "batv_keys_file"], "transportmap": []}
        for option in options.get(name_of(program), ["database_password_file"]):
            secret = self.write_file("secret", "1 0123456789abcdef-secret\n", 0o644)
            self.refuses(program, f"others may read it (mode 0644): chmod o=,g-w {secret}", **{option: secret})
            os.chmod(secret, 0o620)
            self.refuses(program, f"others may write it (mode 0620): chmod o=,g-w {secret}", **{option: secret})
            os.chmod(secret, 0o600)
            self.refuses(program, f"{option}: ", start=False, **{option: secret})  # of root alone
            os.chown(secret, UID, GID)
            self.assertNotIn(option, self.check(program, "-c", self.conf, code=self.check_code(program)))
            os.chown(secret, 0, GID)
            os.chmod(secret, 0o640)
            self.assertNotIn(option, self.check(program, "-c", self.conf, code=self.check_code(program)))
            os.unlink(secret)

    def check_code(self, program):
        """The folders of these tests are root's, which a daemon that writes there cannot use."""
        return 0 if name_of(program) in ("transportmap", "notifier") else CONFIG

    @unittest.skipIf(os.geteuid() != 0, "needs root")
    def test_an_spf_worker_that_cannot_run_is_found(self):
        program = PROGRAMS["emailgency-milter"]
        with self.folder():
            self.write_conf(program, spf_worker=self.dir + "/none")
            self.assertIn(f"spf_worker: there is no {self.dir}/none\n", self.check(program, "-c", self.conf))
            os.mkdir(self.dir + "/closed", 0o700)
            worker = self.write_file("closed/worker", "#!/bin/sh\n", 0o755)
            self.write_conf(program, spf_worker=worker)
            self.assertIn(f"execute {worker}: it may not enter {self.dir}/closed ", self.check(program, "-c", self.conf))
            os.chmod(self.dir + "/closed", 0o755)
            os.chmod(worker, 0o744)
            self.assertIn(f"cannot execute {worker}: Permission denied; ", self.check(program, "-c", self.conf))
            self.write_conf(program, spf_worker_user="nosuch")
            self.assertIn("spf_worker_user: there is no account nosuch", self.check(program, "-c", self.conf))

    # Metrics

    @each_daemon
    def test_metrics_of_the_process(self, program):
        prefix = f"emailgency_{name_of(program)}"
        self.write_conf(program)
        if os.geteuid() == 0:  # with the rights of the account: its /proc/self belongs to root
            os.chown(self.dir + "/state", UID, GID)
            os.chown(self.dir + "/state/replica", UID, GID)
        with self.running(program):
            text = self.get("/metrics")
            self.assertEqual(self.get("/health"), "ok\n")
            self.assertIn("/metrics", self.get("/"))
            self.assertNotIn("other machines", self.logged())
        self.assertRegex(text, rf'(?m)^{prefix}_build_info{{version="\d+\.\d+\.\d+"}} 1$')
        for name in ("process_start_time_seconds", "process_cpu_seconds_total", "process_resident_memory_bytes",
                     "process_virtual_memory_bytes", "process_open_fds", "process_max_fds"):
            value = re.search(rf"(?m)^{name} (\S+)$", text)
            self.assertTrue(value and float(value[1]) > 0, name)
        for name in set(re.findall(r"(?m)^([a-z_]+)[{ ]", text)):
            self.assertRegex(name, rf"^(process_|emailgency_activity_|{prefix}_)")

    @unittest.skipIf(os.geteuid() != 0, "needs root")
    @each_daemon
    def test_an_address_beyond_loopback_is_warned_of(self, program):
        port = free_port()
        warning = "`{}` can be reached from other machines, without a password: let a firewall admit"
        values = {"metrics": f"0.0.0.0:{port}"}
        if name_of(program) in ("policyd", "transportmap"):
            values["listen"] = f"0.0.0.0:{free_port()}"
        self.write_conf(program, user="root", **values)
        with self.running(program, network=False):  # where nobody else can connect
            pass
        for option in values:
            self.assertIn(warning.format(option), self.logged())


if __name__ == "__main__":
    unittest.main()
