# SPDX-License-Identifier: BSD-2-Clause
"""docs/install.md, "Without packages": with umask 077 below /opt/emailgency, and what setup does by hand."""
import subprocess

import mail_checks
import pytest
from conftest import SOURCE
from install_page import blocks

PREFIX = "/opt/emailgency"


@pytest.fixture(scope="module")
def node(base, new_machine):
    # Compiled by the host, which is a Debian 12 too: the machine's own build finds all of it done.
    for step in (["--preset", "release"], ["--build", "--preset", "release"]):
        subprocess.run(["cmake", *step], cwd=SOURCE, check=True, stdout=subprocess.DEVNULL)
    return new_machine(base, SOURCE)


def test_build_needs_what_the_page_installs(node):
    machine, _ = node
    machine.run(blocks("Without packages")[0].replace("apt-get install", "apt-get install --yes"), folder=SOURCE, umask="077")


def test_install_below_another_folder(node):
    machine, _ = node
    install = blocks("Without packages")[2].replace("emailgencyctl setup", "emailgencyctl setup --yes")
    machine.run(install, folder=SOURCE, umask="077")


def test_mail(node):
    machine, internet = node
    first_mail = blocks("The first mail")[0].splitlines(keepends=True)
    machine.run("".join(first_mail[:-2]))
    machine.run(f"PATH={PREFIX}/sbin:$PATH; {first_mail[-1]}")
    mail_checks.all_of_it(machine, internet)


def test_uninstall(node):
    machine, _ = node
    machine.run(f"{PREFIX}/sbin/emailgencyctl setup --undo --yes")
    machine.run(blocks("Removal")[1], folder=SOURCE)
    assert not machine.says(f"test -e {PREFIX}")
