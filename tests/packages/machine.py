# SPDX-License-Identifier: BSD-2-Clause
"""A Debian 12 that boots systemd in namespaces of its own: network, processes, mounts, host name, cgroups.

Its files are an overlay on a root that is made once (base_root.py), so that a machine starts as a stock Debian with Postfix."""
import contextlib
import ctypes
import os
import pathlib
import signal
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent
CLONE_NEWNET = 0x40000000
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}


def wait_for(condition, what, within=60):
    """The first true value of condition(); fails after `within` seconds."""
    end = time.monotonic() + within
    while True:
        if value := condition():
            return value
        assert time.monotonic() < end, f"not within {within} s: {what}"
        time.sleep(0.2)


@contextlib.contextmanager
def network_of(pid):
    """The calling thread is in that process's network meanwhile."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/proc/self/ns/net", "rb") as own, open(f"/proc/{pid}/ns/net", "rb") as theirs:
        assert libc.setns(theirs.fileno(), CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
        try:
            yield
        finally:
            assert libc.setns(own.fileno(), CLONE_NEWNET) == 0


class Machine:
    def __init__(self, base, folder, name):
        self.name, self.folder, self.root = name, folder, folder / "root"
        for part in ("upper", "work", "root"):
            (folder / part).mkdir(parents=True)
        layers = f"lowerdir={base},upperdir={folder}/upper,workdir={folder}/work"
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o", layers, self.root], check=True)
        self.mounts, self.unshare, self.pid = [self.root], None, None
        (self.root / "etc/hostname").write_text(f"{name}\n")

    def bind(self, folder):
        """Shows a folder of the host under the same path, where writes stay in the machine."""
        target = self.root / str(folder).lstrip("/")
        parts = [self.folder / f"bind{len(self.mounts)}" / part for part in ("upper", "work")]
        for part in (target, *parts):
            part.mkdir(parents=True, exist_ok=True)
        layers = f"lowerdir={folder},upperdir={parts[0]},workdir={parts[1]}"
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o", layers, target], check=True)
        self.mounts.append(target)

    def boot(self):
        """Starts systemd and waits until it has started all units."""
        command = ["unshare", "-n", "-m", "-p", "-f", "-u", "-i", "-C", "--kill-child", HERE / "boot", self.root]
        log = open(self.folder / "console.log", "wb")
        self.unshare = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        log.close()
        self.pid = wait_for(self._init, f"systemd of {self.name} starts: {self.console()}")
        wait_for(lambda: self.state() in ("running", "degraded"), f"{self.name} has booted: {self.console()}")
        self.run(f"hostname {self.name}; postconf -e myhostname={self.name}; systemctl restart postfix")

    def console(self):
        with contextlib.suppress(FileNotFoundError):
            return (self.folder / "console.log").read_text(errors="replace")[-2000:]
        return ""

    def _init(self):
        """The process number of the machine's systemd, as the host counts."""
        assert self.unshare.poll() is None, f"no systemd in namespaces here: {self.console()}"
        try:
            children = pathlib.Path(f"/proc/{self.unshare.pid}/task/{self.unshare.pid}/children").read_text().split()
            is_systemd = pathlib.Path(f"/proc/{children[0]}/comm").read_text() == "systemd\n"
        except (FileNotFoundError, IndexError):
            return None
        return int(children[0]) if is_systemd else None

    def state(self):
        return self._enter(["systemctl", "is-system-running"]).stdout.strip()

    def _enter(self, command, **options):
        return subprocess.run(["nsenter", "-t", str(self.pid), "-a", *command], env=ENVIRONMENT, text=True, errors="replace",
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600, **options)

    def run(self, script, code=0, folder="/root", umask="022"):
        """The output of a script of bash on the machine. It ends at the first command that fails; `code` is the expected exit
        code."""
        done = self._enter(["bash", "-ec", f"umask {umask}; cd {folder}; {script}"])
        assert done.returncode == code, f"exit code {done.returncode} of:\n{script}\n{done.stdout}\n{self.faults()}"
        return done.stdout

    def resolve_by(self, server, address):
        """Its resolver, also that in Postfix's chroot, and its own name."""
        self.run(f"echo nameserver {server} >/etc/resolv.conf; cp /etc/resolv.conf /var/spool/postfix/etc/")
        self.run(f"echo '{address} {self.name} {self.name.partition('.')[0]}' >>/etc/hosts")

    def says(self, script):
        """Returns whether a script succeeds."""
        return self._enter(["bash", "-ec", script]).returncode == 0

    def sql(self, *statements):
        """The output of the statements, a row per line."""
        words = " ".join(f'-c "{statement}"' for statement in ("set search_path = emailgency", *statements))
        return self.run(f"runuser -u postgres -- psql -qAtX emailgency {words}", folder="/").strip()

    def faults(self):
        """For a test that failed."""
        return self._enter(["journalctl", "-b", "--no-pager", "-n", "30", "-u", "emailgency-*"]).stdout

    def journal(self, unit="*"):
        return self.run(f"journalctl -b --no-pager -o cat -u '{unit}'")

    def stop(self):
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            self.unshare.wait(timeout=60)
        for mount in reversed(self.mounts):
            subprocess.run(["umount", "-l", mount], check=True)
