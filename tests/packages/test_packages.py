# SPDX-License-Identifier: BSD-2-Clause
"""The packages and units themselves, and the installation page."""
import re
import subprocess
import sys

import pytest
from conftest import SOURCE, package_list
from install_page import blocks, commands

sys.path.insert(0, str(SOURCE / "tests"))
import hardening_test  # noqa: E402

UNITS = sorted((SOURCE / "packaging/systemd").glob("*.service"))


def test_lintian_finds_no_error(packages, work):
    changes = next((work / "packages").glob("*.changes"))
    found = subprocess.run(["lintian", "--allow-root", "--fail-on", "error", changes], text=True, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT)
    assert found.returncode == 0, found.stdout


def test_programs_are_hardened(packages, tmp_path):
    for package in packages:
        subprocess.run(["dpkg-deb", "-x", package, tmp_path], check=True)
    count, missing = hardening_test.findings(tmp_path)
    assert count >= 14 and not missing


def test_packages_are_built_from_the_build_packages():
    text = (SOURCE / "packaging/debian/control").read_text()
    field = re.search(r"^Build-Depends:\n((?: .*\n)+)", text, re.MULTILINE)[1]
    names = {line.split()[0].rstrip(",") for line in field.splitlines()}
    # A compiler and the C library come with build-essential.
    assert names - {"debhelper-compat", "dh-sequence-installsysusers"} == set(package_list("build")) - {"gcc", "libc6-dev"}


def test_missing_libraries_are_named_together(tmp_path):
    done = subprocess.run(["cmake", "-S", SOURCE, "-B", tmp_path, "-DBUILD_TESTING=OFF"], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, env={"PATH": "/usr/bin:/bin", "PKG_CONFIG_LIBDIR": str(tmp_path)})
    named = set(re.search(r"apt-get\s+install\s+(.*?)\n\s*\n", done.stdout, re.DOTALL)[1].split())
    assert done.returncode != 0 and len(named) >= 12
    assert named <= set(package_list("build"))


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_unit_exposes_little(unit):
    said = subprocess.run(["systemd-analyze", "security", "--offline=true", unit], text=True, check=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT).stdout
    assert float(re.search(r"exposure level for \S+: ([\d.]+)", said)[1]) <= 2.5, said


@pytest.mark.parametrize("unit", [unit for unit in UNITS if not re.search("logins|report|queuehold", unit.name)], ids=lambda unit: unit.name)
def test_unit_is_watched_and_ready(unit):
    lines = unit.read_text().splitlines()
    assert {"Type=notify", "WatchdogSec=1min", "RestartPreventExitStatus=64 78"} <= set(lines)


@pytest.mark.parametrize("ways", [[("With packages", 0), ("With packages", 1)], [("Without packages", 0), ("Without packages", 1)]])
def test_page_needs_few_commands(ways):
    texts = [blocks(heading)[number] for heading, number in [*ways, ("The first mail", 0)]]
    assert sum(len(commands(text)) for text in texts) <= 10
