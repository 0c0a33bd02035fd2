# SPDX-License-Identifier: BSD-2-Clause
"""Packages, the root that machines start from, and machines. The work is in one folder, which is removed at the end; with
EMG_PACKAGES_WORK=FOLDER it is that one, and packages and root that are in it are used again."""
import itertools
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import base_root
from internet import Internet
from machine import Machine

SOURCE = pathlib.Path(__file__).resolve().parents[2]
# The packages of Debian that the page installs, to be downloaded before.
NODE = "postgresql postfix-lmdb dovecot-imapd dovecot-lmtpd dovecot-pgsql pgbouncer publicsuffix".split()


def package_list(name):
    lines = (SOURCE / f"packaging/quickstart.d/packages.{name}").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


@pytest.fixture(scope="session")
def work():
    kept = os.environ.get("EMG_PACKAGES_WORK")
    folder = pathlib.Path(kept or tempfile.mkdtemp(prefix="emg-packages-", dir="/tmp"))
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    yield folder
    if not kept:
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def building(work):
    """packaging/deb, which builds while the root is made."""
    if list((work / "packages").glob("*.changes")):
        yield None
        return
    log = open(work / "deb.log", "wb")
    build = subprocess.Popen([SOURCE / "packaging/deb", work / "packages"], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                             env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEB_BUILD_OPTIONS": "noautodbgsym"})
    log.close()
    yield build
    if build.poll() is None:
        build.terminate()
        build.wait(timeout=60)


@pytest.fixture(scope="session")
def packages(building, work):
    """The built packages' paths."""
    assert not building or building.wait(timeout=900) == 0, (work / "deb.log").read_text(errors="replace")[-3000:]
    return sorted((work / "packages").glob("*.deb"))


@pytest.fixture(scope="session")
def base(building, work):
    if (work / "base.done").exists():
        return work / "base"
    return base_root.make(work, NODE + package_list("build"))


@pytest.fixture(scope="session")
def base_with_packages(base, packages, work):
    """The root with the packages in /packages, and the archives that they need in apt's cache."""
    if not (work / "base.done").exists():
        base_root.download(base, packages, work / "base.log")
        (work / "base.done").touch()
    return base


@pytest.fixture(scope="session")
def new_machine(work):
    """new_machine(base, bind...) boots a machine and its Internet; all of them end with the session."""
    tried = subprocess.run(["unshare", "-n", "-m", "-p", "-f", "-u", "-i", "-C", "true"], text=True, stderr=subprocess.PIPE)
    if tried.returncode != 0:
        pytest.skip(f"this host allows no namespaces, so nothing is installed: {tried.stderr.strip()}")
    started, serial = [], itertools.count()
    machines = pathlib.Path(tempfile.mkdtemp(prefix="machines-", dir=work))

    def boot(base, *binds):
        machine = Machine(base, machines / f"machine{next(serial)}", "mx1.backup.example.net")
        started.append((machine, None))
        for folder in binds:
            machine.bind(folder)
        machine.boot()
        internet = Internet(machine)
        started[-1] = (machine, internet)
        return machine, internet
    yield boot
    for machine, internet in reversed(started):
        if internet:
            internet.stop()
        machine.stop()
    shutil.rmtree(machines)
