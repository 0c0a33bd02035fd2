# SPDX-License-Identifier: BSD-2-Clause
"""The quickstart where a newcomer runs it: odd folders, modes, locales and terminals; what --down and --purge leave."""
import os
import pathlib
import pty
import shutil
import signal
import subprocess
import tempfile
import time

import pytest

from stack import QUICKSTART, SOURCE, Stack, new_folder, quickstart, wait_for

MACHINE_LIST = pathlib.Path("/var/lib/misc/emailgency-quickstart")


@pytest.fixture
def closed():
    """A folder with a blank in its name that nobody but root enters, as /root is."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="emg closed ", dir="/tmp"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def place():
    """The path of a folder that is not there yet, with a blank in its name."""
    parent = new_folder()
    yield parent / "quick start"
    quickstart(parent / "quick start", "--purge", check=False)
    shutil.rmtree(parent)


def copy_sources(folder):
    """The tracked files as they are now."""
    listed = subprocess.run(["git", "-C", SOURCE, "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
                            capture_output=True, check=True).stdout
    subprocess.run(["cp", "--parents", "-t", folder, *[name for name in listed.decode().split("\0") if name]], cwd=SOURCE, check=True)


def mounted(options, folder, script):
    """Runs a shell script as root with a file system of its own, which nobody else sees, at a folder."""
    program = f'mount -t tmpfs -o {options} tmpfs "$0" && cd / && {script}'
    return subprocess.run(["unshare", "-m", "bash", "-c", program, folder, QUICKSTART], capture_output=True, text=True, check=False)


def test_first_command_of_a_closed_folder(closed, place):
    """The first command of README, from a clone of its own, into a file: with nothing that helps."""
    clone = closed / "my clone"
    clone.mkdir()
    copy_sources(clone)
    subprocess.run(["chmod", "-R", "go=", clone], check=True)  # as after umask 077
    environment = {"LANG": "fr_FR.UTF-8", "LANGUAGE": "fr", "PATH": "/usr/games:/bin", "EMG_PRESET": "debug", "PGHOST": "nowhere.example",
                   "MAIL_CONFIG": "/nowhere", "TZ": "Pacific/Auckland"}
    # With ccache the second run of this test finds what the first compiled, wherever the clone was.
    environment |= {"CCACHE_BASEDIR": str(clone), "CCACHE_NOHASHDIR": "1"}
    for name in ("CMAKE_C_COMPILER_LAUNCHER", "HOME"):
        environment |= {name: os.environ[name]} if name in os.environ else {}
    command = 'umask 077; sh "$0" --no-install --dir "$1" >output 2>&1'

    def run(*options):
        return subprocess.run([clone / "packaging/quickstart", "--dir", place, *options], env=environment, capture_output=True, text=True,
                              check=True).stdout

    done = subprocess.run(["sh", "-c", command, clone / "packaging/quickstart", place], cwd=closed, env=environment, check=False)
    output = (closed / "output").read_text()
    assert done.returncode == 0 and "✘" not in output and "✔ in the INBOX" in output, output
    assert "\x1b" not in output
    stack = Stack(place)
    noise = [f"{log.name}: {line}" for log in stack.log.glob("*.log") for line in log.read_text(errors="replace").splitlines()
             if "setlocale" in line.lower() or "perl: warning" in line]
    assert noise == []
    explained = subprocess.run([stack.env["EMG_CTL"], "explain", "anna@tour.example"], capture_output=True, text=True, check=False)
    assert "anna@tour.example" in explained.stdout, explained

    assert "stopped" in run("--down") and stack.processes() == []
    assert "nothing runs" in run("--down")
    assert "removed" in run("--purge")
    assert not place.exists() and not pathlib.Path(stack.env["EMG_LOG"]).exists()
    assert f"folder {place}" not in (MACHINE_LIST.read_text().splitlines() if MACHINE_LIST.exists() else [])
    assert "there is no" in run("--purge")


def test_purge_keeps_what_others_made(place):
    quickstart(place, "--no-install", "--no-tour")
    stack = Stack(place)
    (place / "notes").write_text("mine")
    done = quickstart(place, "--purge")
    assert "notes" in done.stdout
    assert [entry.name for entry in place.iterdir()] == ["notes"] and stack.processes() == []
    refused = quickstart(place, "--purge", check=False)
    assert refused.returncode == 1 and "did not make" in refused.stderr and (place / "notes").exists()
    assert not pathlib.Path(stack.env["EMG_LOG"]).parent.is_symlink()
    refused = quickstart(place, "--no-install", check=False)
    assert refused.returncode == 1 and "holds files" in refused.stderr


def test_accounts_stay_while_another_folder_uses_them(stack, place):
    quickstart(place, "--no-install", "--no-tour")
    done = quickstart(place, "--purge")
    assert f"{stack.folder}" in done.stdout
    lines = MACHINE_LIST.read_text().splitlines()
    assert f"folder {stack.folder}" in lines and f"folder {place}" not in lines
    assert subprocess.run(["id", "emailgency-milter"], capture_output=True, check=False).returncode == 0
    assert stack.alive(stack.pid("milter"))


@pytest.mark.parametrize("options, complaint", [
    ("size=200m", "271 MB are needed there (151 MB that Postfix requires before it takes mail"),
    ("size=900m,noexec", "mounted noexec"),
    ("size=900m,ro", "nothing can be written"),
])
def test_unfit_file_system(options, complaint):
    folder = new_folder()
    done = mounted(options, folder, '"$1" --no-install --no-tour --dir "$0/quick"; code=$?; ls "$0"; exit $code')
    folder.rmdir()
    assert done.returncode == 1 and complaint in done.stderr and done.stdout == ""


def test_full_temporary_folder():
    done = mounted("size=1m", "/tmp", '"$1" --no-install --no-tour --dir /var/tmp/emg-never')
    assert done.returncode == 1 and "20 MB for temporary files in /tmp" in done.stderr


def interrupt(place, pattern, act):
    """Runs the quickstart on a terminal and calls act(terminal) once it printed the pattern; returns its exit status."""
    pid, terminal = pty.fork()
    if pid == 0:
        for number in (signal.SIGINT, signal.SIGHUP):  # ignored where the tests run in the background
            signal.signal(number, signal.SIG_DFL)
        os.execv(QUICKSTART, ["quickstart", "--no-install", "--no-tour", "--dir", place])
    output = b""
    while pattern not in output:
        output += os.read(terminal, 4096)
    act(terminal)
    try:
        while os.read(terminal, 4096):
            pass
    except OSError:
        pass  # the terminal is closed, by us or by its last process
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def press_twice(terminal):
    os.write(terminal, b"\x03")
    time.sleep(0.2)
    os.write(terminal, b"\x03")


@pytest.mark.parametrize("act, status", [(press_twice, 128 + signal.SIGINT), (os.close, 128 + signal.SIGHUP)])
def test_interrupted_start_leaves_nothing_running(place, act, status):
    assert interrupt(place, b"starting transportmap", act) == status
    wait_for(lambda: not processes_in(place), 5, "the end of what was started")
    assert "nothing runs" in quickstart(place, "--down").stdout


def processes_in(place):
    found = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            found += [process.name] if os.readlink(process / "cwd").startswith(str(place)) else []
        except OSError:
            continue
    return found


def test_parallel_runs(place):
    quickstart(place, "--no-install", "--no-tour")
    command = [QUICKSTART, "--no-install", "--no-tour", "--dir", place]
    runs = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    outputs = [run.communicate(timeout=300) for run in runs]
    assert sorted(run.returncode for run in runs) in ([0, 0], [0, 1]), outputs
    assert all("another quickstart is working" in error for run, (_, error) in zip(runs, outputs) if run.returncode)
