# SPDX-License-Identifier: BSD-2-Clause
"""emailgencyctl setup on a running Postfix, Dovecot and PostgreSQL that know nothing of Emailgency."""
import contextlib
import imaplib
import os
import re
import signal
import socket
import subprocess
import threading

import pytest

from operator_host import CTL, LOCAL_PASSWORD, Host
from stack import wait_for
from submission import PASSWORD, log_in

OPERATORS_SERVER = "doveadm"  # the command after which Postfix's files are written


@pytest.fixture(scope="module")
def stack():
    host = Host()
    yield host
    host.remove()


@pytest.fixture
def host(stack):
    """As the operator has it, before and after."""
    before = stack.files()
    yield stack
    stack.remove_shims()
    stack.setup("--undo", "--yes", "--overwrite")
    assert stack.files() == before


@pytest.fixture
def wired(host):
    host.setup("--yes")
    host.restart_daemons()
    return host


def imap_log_in(stack, user, password):
    with imaplib.IMAP4(*stack.address("EMG_IMAP")) as imap:
        imap.login(user, password)
        imap.select("INBOX", readonly=True)
        return len(imap.search(None, "ALL")[1][0].split())


def check_postfix(stack):
    return subprocess.run([CTL, "check-postfix", "-c", stack.postfix, "-d", stack.env["EMG_LMDB"]], capture_output=True, text=True,
                          check=False)


def test_dry_run_shows_and_changes_nothing(host):
    before = host.files()
    shown = host.setup("--dry-run").stdout
    assert host.files() == before
    for path in (host.postfix / "main.cf", host.postfix / "master.cf", host.dovecot / "dovecot.conf", host.pgdata / "pg_hba.conf"):
        assert f"--- {path}\n+++ {path}\n" in shown
    assert f"--- /dev/null\n+++ {host.dovecot}/emailgency-auth.conf\n" in shown
    assert f"$ postfix -c {host.postfix} reload\n" in shown


def test_no_answer_changes_nothing(host):
    before = host.files()
    assert "--yes" in host.setup(code=64).stderr
    assert host.files() == before


def test_mail_flows_and_users_log_in(wired, domain, mx):
    assert wired.setup("--yes").stdout == "nothing to do\n"
    assert check_postfix(wired).returncode == 0, check_postfix(wired).stdout
    warnings = subprocess.run(["postconf", "-c", wired.postfix, "-n"], capture_output=True, text=True, check=True).stderr
    assert warnings == ""
    wired.sql("update domain set keep_copy = true where name = %s", domain)
    wired.sql("select set_password(%s, %s)", f"anna@{domain}", PASSWORD)
    with mx() as session:
        assert session.message("sender@remote.example", f"anna@{domain}", f"setup {domain}").code == 250
        assert session.envelope("sender@remote.example", f"nobody@{domain}").code == 550
        session.rset()
        assert session.envelope("sender@remote.example", "someone@elsewhere.example").code == 554
    wait_for(lambda: wired.customer_has(f"setup {domain}"), 20, "the mail at the customer's server")
    wait_for(lambda: imap_log_in(wired, f"anna@{domain}", PASSWORD) == 1, 20, "the store's copy")
    with log_in(wired, f"anna@{domain}") as session:
        assert session.envelope(f"anna@{domain}", "someone@elsewhere.example").code == 250
        session.rset()
        assert session.envelope(f"bert@{domain}", "someone@elsewhere.example").code == 553
        session.rset()
        # The service was there before, with users of its own: a sender without a row may be one of them.
        assert session.envelope("other@elsewhere.example", "someone@elsewhere.example").code == 250


def test_mx_hosts_have_names_and_addresses_of_the_node(wired):
    """Another name of the node, as a customer's MX may be, is known by its addresses."""
    for daemon in ("transportmap", "notifier"):
        line = re.search(r'^mx_hosts = "(.*)"$', (wired.conf / f"{daemon}.conf").read_text(), re.M)
        assert line, daemon
        assert {"mx.emailgency.example", wired.address("EMG_SMTP")[0]} <= set(line[1].split())
        assert "127.0.0.1" not in line[1].split()


def test_users_of_the_host_still_log_in(wired):
    assert imap_log_in(wired, "local", LOCAL_PASSWORD) == 0
    assert (wired.folder / "local" / "Maildir").is_dir()


@contextlib.contextmanager
def clients_of_submission(stack):
    """One connection after the other."""
    done = threading.Event()

    def connect():
        while not done.is_set():
            with contextlib.suppress(OSError):
                with socket.create_connection(stack.address("EMG_SUBMISSION"), timeout=5) as client:
                    client.recv(100)
    thread = threading.Thread(target=connect)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def test_undo_gives_postfix_back(stack, host, domain, mx):
    with clients_of_submission(host):
        host.setup("--yes")
        undone = host.setup("--undo", "--yes").stdout
    assert "throttling" not in host.mail_log()
    assert "the database emailgency and its roles stay" in undone and "stored mail" in undone
    assert host.setup("--undo", "--yes").stdout == "nothing to do\n"

    def refused():
        with mx() as session:
            return session.envelope("sender@remote.example", f"anna@{domain}").code == 454
    wait_for(refused, 10, "Postfix to relay for nobody, as before")
    assert stack.value("select count(*) from domain where name = %s", domain) == 1


@pytest.mark.parametrize("file, line", [("postfix/main.cf", "emailgency_unused = 1\n"),
                                        ("dovecot/emailgency-auth.conf", "no_such_setting = 1\n")])
def test_a_fault_puts_everything_back(host, file, line):
    before = host.files()
    shipped = host.share / file
    text = shipped.read_text()
    shipped.write_text(text + line)
    try:
        failed = host.setup("--yes", code=69)
    finally:
        shipped.write_text(text)
    assert re.search("unused parameter: emailgency_unused|no_such_setting", failed.stderr + failed.stdout)
    assert host.files() == before


def test_a_file_that_changes_meanwhile_is_not_lost(host):
    main_cf = host.postfix / "main.cf"
    before = host.files()
    host.shim(OPERATORS_SERVER, f"echo '# by the operator' >>{main_cf}; exec /usr/bin/{OPERATORS_SERVER} \"$@\"")
    failed = host.setup("--yes", code=69)
    assert f"{main_cf} was changed meanwhile" in failed.stderr
    assert main_cf.read_text().endswith("# by the operator\n")
    main_cf.write_bytes(before[main_cf][3])
    assert host.files() == before


def kill_in_the_middle(host):
    """Ends setup while it waits for Dovecot's reload: PostgreSQL's and Dovecot's files are written, Postfix's are not."""
    reached = host.folder / "reached"
    reached.unlink(missing_ok=True)
    host.shim(OPERATORS_SERVER, f"echo $$ >{reached}.new; mv {reached}.new {reached}; exec sleep 60")
    process = subprocess.Popen(host.command("--yes"), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=host.environment())
    wait_for(reached.exists, 60, "Dovecot's reload")
    process.kill()
    process.wait()
    os.kill(int(reached.read_text()), signal.SIGKILL)
    host.remove_shims()


def test_a_second_run_heals_a_killed_one(host):
    kill_in_the_middle(host)
    (host.postfix / ".main.cf.emailgency-setup").write_text("cut off")
    shown = host.setup("--yes").stdout
    assert f"$ doveadm -c {host.dovecot}/dovecot.conf reload" in shown
    assert f"writing {host.postfix}/main.cf" in shown
    assert not (host.postfix / ".main.cf.emailgency-setup").exists()
    assert host.setup("--yes").stdout == "nothing to do\n"


def test_undo_heals_a_killed_run(host):
    before = host.files()
    kill_in_the_middle(host)
    assert host.files() != before
    host.setup("--undo", "--yes")
    assert host.files() == before


def test_symbolic_links_owners_and_modes_stay(host):
    main_cf, real = host.postfix / "main.cf", host.postfix / "main.cf.real"
    before = host.files()
    main_cf.rename(real)
    main_cf.symlink_to("main.cf.real")
    real.chmod(0o440)
    os.chown(real, 0, 65534)
    host.setup("--yes", "--only", "postfix")
    assert main_cf.is_symlink() and "emailgency_map" in real.read_text()
    assert (real.stat().st_mode & 0o7777, real.stat().st_gid) == (0o440, 65534)
    host.setup("--undo", "--yes", "--only", "postfix")
    assert real.read_bytes() == before[main_cf][3]
    main_cf.unlink()
    real.rename(main_cf)
    main_cf.chmod(before[main_cf][0] & 0o7777)
    os.chown(main_cf, 0, 0)


def test_edits_between_the_marks_are_not_lost_by_mistake(host):
    main_cf = host.postfix / "main.cf"
    host.setup("--yes", "--only", "postfix")
    main_cf.write_text(main_cf.read_text().replace("maximal_queue_lifetime = 30d", "maximal_queue_lifetime = 60d"))
    for options in (("--yes",), ("--undo", "--yes")):
        assert "was edited after line" in host.setup("--only", "postfix", *options, code=65).stderr
        assert "maximal_queue_lifetime = 60d" in main_cf.read_text()
    host.setup("--yes", "--only", "postfix", "--overwrite")
    assert "maximal_queue_lifetime = 30d" in main_cf.read_text()


def test_two_do_not_run_at_once(host):
    host.shim(OPERATORS_SERVER, "exec sleep 60")
    process = subprocess.Popen(host.command("--yes"), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=host.environment())
    try:
        for line in process.stdout:
            if line.startswith(b"writing"):
                break
        assert "another setup runs" in host.setup("--yes", code=75).stderr
    finally:
        process.kill()
        process.wait()
    host.remove_shims()


def test_the_settings_are_asked_for(host):
    host.sql("update setting set value = 'emailgency.example' where name = 'service_domain'")
    command = [word for word in host.command("--yes", "--only", "postgresql") if word not in ("--service-domain", "backup.example.net")]
    failed = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    assert failed.returncode == 69 and "--service-domain" in failed.stderr
    host.setup("--yes", "--only", "postgresql", "--postmaster", "admin@operator.example")
    assert host.value("select value from setting where name = 'service_domain'") == "backup.example.net"
    assert host.value("select value from setting where name = 'postmaster'") == "admin@operator.example"


def test_a_reader_that_goes_away_stops_nothing(host):
    process = subprocess.Popen(host.command("--yes"), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                               env=host.environment())
    for line in process.stdout:
        if line.startswith(b"writing"):
            break
    process.stdout.close()
    process.wait(timeout=120)
    assert host.setup("--yes").stdout == "nothing to do\n"


def test_a_remote_database_is_named_to_the_daemons(host):
    shown = host.setup("--dry-run", "--database", "host=db.example.net dbname=emailgency").stdout
    assert "PostgreSQL is on another host" in shown
    assert '+database = "host=db.example.net dbname=emailgency user=emailgency_policyd"' in shown
    assert f"+++ {host.pgdata}" not in shown
