# SPDX-License-Identifier: BSD-2-Clause
"""docs/install.md, "With packages", on a stock Debian 12 with Postfix; then upgrade, remove and purge. The tests follow one
another on one machine."""
import re
import shutil
import subprocess
import threading

import mail_checks
import pytest
from install_page import blocks, commands
from machine import wait_for

DAEMONS = "replicator policyd transportmap milter queuewatch notifier tracker keeper".split()
RESTARTED, RESTARTS = "policyd transportmap milter replicator".split(), 5


@pytest.fixture(scope="module")
def node(base_with_packages, new_machine):
    return new_machine(base_with_packages)


def test_first_mail(node):
    machine, _ = node
    install = blocks("With packages")[1]
    # A machine has no network: what "apt-get install" needs is in apt's cache. It must not ask; nor must setup.
    machine.run(install.replace("apt-get install", "apt-get install --yes").replace("emailgencyctl setup", "emailgencyctl setup --yes"),
                folder="/packages")
    wait_for(lambda: machine.state() == "running", machine.run("systemctl --failed --no-pager"))
    first_mail = blocks("The first mail")[0].splitlines(keepends=True)
    check = first_mail.pop()
    fetch = first_mail.pop()
    machine.run("".join(first_mail))
    wait_for(lambda: machine.says(f"{fetch.strip()} | grep -q 'Subject: The first mail'"), "the first mail is in the store")
    machine.run(check)


def test_every_daemon_runs(node):
    machine, _ = node
    for daemon in DAEMONS:
        assert machine.says(f"systemctl is-enabled emailgency-{daemon} && systemctl is-active emailgency-{daemon}"), machine.faults()
        wait_for(lambda: machine.says(f"emailgencyctl status | grep -q '^ok  *{daemon}  *runs'"), f"{daemon} answers")


def test_mail(node):
    mail_checks.all_of_it(*node)


def test_restarts_defer_nothing(node):
    """Upgrades and reloads happen at noon, too: sockets outlive their daemons, and whatever got 250 arrives."""
    machine, internet = node
    restarts = threading.Thread(target=lambda: [machine.run(f"systemctl restart emailgency-{daemon}") for _ in range(RESTARTS) for daemon in RESTARTED])
    replies = []
    restarts.start()
    while restarts.is_alive() or len(replies) < 50:
        replies.append(mail_checks.send(internet, "first@sender.example", mail_checks.USER))
    restarts.join()
    assert {code for code, _, _ in replies} == {250}, [reply for reply in replies if reply[0] != 250]
    for _, _, subject in replies:
        wait_for(lambda subject=subject: internet.arrived(subject), f"the customer's server gets {subject!r}")  # a message that is put off would take minutes


def test_configuration_files_start_as_they_are_and_hold_secrets(node):
    machine, _ = node
    for daemon in DAEMONS:
        path = f"/etc/emailgency/{daemon}.conf"
        assert machine.run(f"stat -c %U:%G:%a {path}").strip() == f"root:emailgency-{daemon}:640"
        # The log that the tracker reads is another program's.
        assert re.fullmatch("(.*warning: cannot read mail_log .*)?" if daemon == "tracker" else "", machine.run(f"emailgency-{daemon} -t -c {path}").strip())
        options = machine.run(f"emailgency-{daemon} -p -c /dev/null | grep -o '^[a-z_]* =' | sort")
        assert options == machine.run(f"grep -ohE '^#[a-z_]* =' {path} | tr -d '#' | sort")


def test_hanging_daemon_is_restarted(node):
    machine, _ = node
    machine.run("mkdir -p /run/systemd/system/emailgency-notifier.service.d &&"
                "printf '[Service]\\nWatchdogSec=2\\n' >/run/systemd/system/emailgency-notifier.service.d/watchdog.conf &&"
                "systemctl daemon-reload && systemctl restart emailgency-notifier")
    pid = machine.run("systemctl show -P MainPID emailgency-notifier").strip()
    machine.run(f"kill -STOP {pid}")
    wait_for(lambda: machine.run("systemctl show -P MainPID emailgency-notifier").strip() not in ("0", pid), "a new process")
    wait_for(lambda: "Watchdog timeout" in machine.journal("emailgency-notifier"), "systemd says why")
    machine.run("rm -r /run/systemd/system/emailgency-notifier.service.d && systemctl daemon-reload && systemctl restart emailgency-notifier")


def test_invalid_configuration_is_not_restarted(node):
    machine, _ = node
    machine.run("cp -p /etc/emailgency/notifier.conf /root/; echo nonsense = 1 >>/etc/emailgency/notifier.conf;"
                "! systemctl restart emailgency-notifier")
    wait_for(lambda: machine.run("systemctl show -P ActiveState emailgency-notifier").strip() == "failed", "it has failed for good")
    assert machine.run("systemctl show -P ExecMainStatus emailgency-notifier").strip() == "78"
    machine.run("cp -p /root/notifier.conf /etc/emailgency/; systemctl reset-failed emailgency-notifier; systemctl start emailgency-notifier")


def repacked(package, version, folder):
    """The same package as another version."""
    scratch = folder / "repacked"
    subprocess.run(["dpkg-deb", "-R", package, scratch], check=True)
    control = scratch / "DEBIAN/control"
    control.write_text(re.sub(r"\b0\.1\.0\b", version, control.read_text()))
    out = folder / package.name.replace("0.1.0", version)
    subprocess.run(["dpkg-deb", "-b", scratch, out], check=True, stdout=subprocess.DEVNULL)
    shutil.rmtree(scratch)
    return out


def test_upgrade(node, packages, tmp_path):
    machine, internet = node
    (machine.root / "next").mkdir(parents=True, exist_ok=True)
    for package in packages:
        shutil.copy(repacked(package, "0.1.1", tmp_path), machine.root / "next")
    machine.run("echo '# kept' >>/etc/emailgency/policyd.conf")
    before = {daemon: machine.run(f"systemctl show -P MainPID emailgency-{daemon}").strip() for daemon in DAEMONS}
    machine.run("apt-get install --yes ./emailgency*.deb", folder="/next")
    for daemon in DAEMONS:
        assert machine.run(f"systemctl is-active emailgency-{daemon}").strip() == "active"
        assert machine.run(f"systemctl show -P MainPID emailgency-{daemon}").strip() != before[daemon], f"{daemon} was restarted"
        assert machine.run(f"dpkg-query -f '${{Version}}' -W emailgency-{daemon}") == "0.1.1"
    assert "# kept" in machine.run("cat /etc/emailgency/policyd.conf")
    mail_checks.known_sender_is_accepted(machine, internet)
    # Again the same: the maintainer scripts change nothing more.
    machine.run("dpkg-reconfigure emailgency-common emailgency-replicator emailgency-policyd")
    assert machine.state() == "running"


def test_remove_keeps_what_the_node_has(node):
    machine, _ = node
    undo = commands(blocks("Removal")[0])[0]
    machine.run(undo.replace("setup", "setup --yes"))
    assert machine.run("systemctl list-units --failed --no-legend 'emailgency-*'") == ""
    machine.run("apt-get remove --yes 'emailgency*'")
    assert not machine.says("pgrep -x 'emailgency-.*'")
    for path in ("/var/lib/emailgency/replica/data.mdb", "/etc/emailgency/policyd.conf", "/var/lib/emailgency-store/customer.example"):
        assert machine.says(f"test -e {path}"), path
    assert machine.run("postconf -h smtpd_milters").strip() == ""


def test_purge_keeps_only_stored_mail(node):
    machine, _ = node
    said = machine.run(commands(blocks("Removal")[0])[1].replace("purge", "purge --yes"))
    assert "stored mail stays in /var/lib/emailgency-store" in said and "rm -r /var/lib/emailgency-store" in said
    for path in ("/var/lib/emailgency", "/etc/emailgency", "/var/spool/postfix/emailgency", "/run/emailgency-queuewatch",
                 "/usr/share/locale/fr/LC_MESSAGES/emailgency.mo"):
        assert not machine.says(f"test -e {path}"), path
    assert machine.says("test -d /var/lib/emailgency-store/customer.example")
    assert machine.run("find /etc/systemd -name '*emailgency*'") == ""


def test_layout_of_earlier_installations_is_moved(node):
    """Replica, counts and mail in one folder of one account; a daemon of theirs runs."""
    machine, _ = node
    machine.run("""rm -r /var/lib/emailgency-store
        useradd --system --gid emailgency emailgency
        install -d -o emailgency -g emailgency -m 0750 /var/lib/emailgency /var/lib/emailgency/mail/customer.example/user/Maildir/cur
        cd /var/lib/emailgency
        echo rows >data.mdb; echo readers >lock.mdb; echo counts >policyd.activity; echo Hello >mail/customer.example/user/Maildir/cur/1
        chown -R emailgency: .
        printf '[Service]\nExecStart=/bin/sleep infinity\n' >/etc/systemd/system/emailgency-policyd.service
        systemctl daemon-reload; systemctl start emailgency-policyd""")
    before = machine.run("systemctl show -P MainPID emailgency-policyd")
    machine.run("apt-get install --yes --no-install-recommends ./emailgency-common_*.deb ./emailgency-policyd_*.deb", folder="/next")
    found = machine.run("cd /var/lib; find emailgency emailgency-store -type f -printf '%p %u %g %m\n'").splitlines()
    assert sorted(found) == ["emailgency-store/customer.example/user/Maildir/cur/1 emailgency-store emailgency-store 644",
                             "emailgency/replica/data.mdb emailgency-replicator emailgency 640",
                             "emailgency/spool/policyd/activity emailgency-policyd emailgency-policyd 644"]
    folders = "/var/lib/emailgency /var/lib/emailgency/replica /var/lib/emailgency/spool/policyd /var/lib/emailgency-store"
    assert machine.run(f"stat -c '%U %a' {folders}").splitlines() == [
        "root 755", "emailgency-replicator 2750", "emailgency-policyd 700", "emailgency-store 700"]
    assert machine.run("systemctl is-active emailgency-policyd").strip() == "active"
    assert machine.run("systemctl show -P MainPID emailgency-policyd") != before
    machine.run("systemctl stop emailgency-policyd; rm /etc/systemd/system/emailgency-policyd.service; systemctl daemon-reload")


def test_by_hand(node):
    """The page's commands for those who do not want setup, from a new database on."""
    machine, internet = node
    machine.run("runuser -u postgres -- dropdb emailgency", folder="/")
    machine.run("apt-get purge --yes 'emailgency*'; rm -r /var/lib/emailgency-store; apt-get install --yes ./emailgency*.deb", folder="/next")
    for text in blocks("By hand"):
        machine.run(text)
    machine.run("".join(blocks("The first mail")[0].splitlines(keepends=True)[:2]))
    machine.sql("update domain set greylisting = 'off'")
    mail_checks.set_password(machine)
    mail_checks.known_sender_is_accepted(machine, internet)
    mail_checks.denied_log_in(machine, internet)
    mail_checks.alert_arrives(machine, internet)
    mail_checks.waiting_mail_is_counted_and_retried(machine, internet)
    machine.run("emailgencyctl check")
