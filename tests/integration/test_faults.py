# SPDX-License-Identifier: BSD-2-Clause
"""Real faults: killed processes, a stopped database, a dead resolver, a full disk, broken rows."""
import os
import pathlib
import signal
import socket
import subprocess
import threading
import time

import psycopg
import pytest

from smtp import Session, new_network, new_sender
from stack import DAEMONS, drop_domain, wait_for

UNKNOWN = "[UNAVAILABLE]"


class Load:
    """Sessions that go on asking until stop(); every reply is kept."""

    def __init__(self, stack, recipient, threads=4, sender=new_sender):
        self.stack, self.recipient, self.sender = stack, recipient, sender
        self.replies, self.ending = [], threading.Event()
        self.threads = [threading.Thread(target=self.run) for _ in range(threads)]
        for thread in self.threads:
            thread.start()

    def run(self):
        while not self.ending.is_set():
            with Session(self.stack.address("EMG_SMTP"), new_network(), UNKNOWN) as session:
                self.replies.append((time.monotonic(), session.envelope(self.sender(), self.recipient)))
            time.sleep(0.02)

    def stop(self):
        self.ending.set()
        for thread in self.threads:
            thread.join(60)
        return [reply for _, reply in self.replies]


@pytest.fixture
def three(stack, domain):
    """The domain greylists; beside it one in stealth, and a white-listed sender."""
    quiet = "quiet-" + domain
    stack.sql("insert into domain (name, plan, stealth, verify_recipients) values (%s, 'basic', true, false)", quiet)
    stack.sql("insert into mailbox (address) values (%s)", f"x@{quiet}")
    stack.sql("insert into whitelist (domain, entry) values (%s, 'friend.example')", domain)
    stack.sql("update domain set greylisting = 'all' where name = %s", domain)
    yield domain, quiet
    drop_domain(stack, quiet)


def test_postgresql_stopped(running, three, ask, in_force):
    """No 451, and what needs no database goes on deciding; no counter is lost."""
    stack, (domain, quiet) = running, three
    in_force("450 4.2.0", new_sender(), f"anna@{domain}", client=new_network(), name=UNKNOWN)
    in_force("450 4.3.2", "a@sender.example", f"x@{quiet}")
    total = "select coalesce(sum(count), 0) from activity where domain = %s"
    wait_for(lambda: stack.value(total, quiet) > 0, 10, "the first counters")
    time.sleep(1.5)
    before = stack.value(total, quiet)
    stack.postgresql("-m", "immediate", "stop")
    load = Load(stack, f"anna@{domain}", threads=2)
    sent = 0
    started = time.monotonic()
    while time.monotonic() - started < 5:
        assert str(ask("a@sender.example", f"x@{quiet}")).startswith("450 4.3.2")
        sent += 1
        assert ask("eve@friend.example", f"anna@{domain}", client=new_network(), name=UNKNOWN).code == 250
    replies = load.stop()
    assert replies and {reply.code for reply in replies} == {250}, "an unknown key passes while nobody can say"
    stack.postgresql("start")
    wait_for(lambda: stack.value(total, quiet) == before + sent, 30,
             f"{sent} counted deferrals (now {stack.value(total, quiet)}, before {before})")
    in_force("450 4.2.0", new_sender(), f"anna@{domain}", seconds=15, client=new_network(), name=UNKNOWN)


def test_postgresql_killed_under_load(running, three, in_force):
    stack, (domain, _) = running, three
    in_force("450 4.2.0", new_sender(), f"anna@{domain}", client=new_network(), name=UNKNOWN)
    load = Load(stack, f"anna@{domain}")
    time.sleep(2)
    stack.postgresql_kill()
    time.sleep(3)
    stack.postgresql("start")
    time.sleep(3)
    replies = load.stop()
    assert len(replies) > 20
    wrong = [reply for reply in replies if reply.code != 250 and not str(reply).startswith("450 4.2.0")]
    assert wrong == [], "either greylisted or taken, never an error"
    assert any(reply.code == 450 for reply in replies[:5])
    stack.sql("update domain set stealth = true where name = %s", domain)
    in_force("450 4.3.2", "eve@friend.example", f"anna@{domain}", seconds=15)


def test_postgresql_hangs(running, three, ask, in_force):
    """A server that takes connections and never answers: each answer still comes within policyd's 2 s."""
    stack, (domain, _) = running, three
    in_force("450 4.2.0", new_sender(), f"anna@{domain}", client=new_network(), name=UNKNOWN)
    postmaster = int((pathlib.Path(stack.env["EMG_PGDATA"]) / "postmaster.pid").read_text().split()[0])
    pids = family(postmaster)
    send_signal(pids, signal.SIGSTOP)
    try:
        for _ in range(3):
            started = time.monotonic()
            reply = ask(new_sender(), f"anna@{domain}", client=new_network(), name=UNKNOWN)
            assert reply.code == 250, reply
            assert time.monotonic() - started < 2.5
    finally:
        send_signal(pids, signal.SIGCONT)
    in_force("450 4.2.0", new_sender(), f"anna@{domain}", seconds=15, client=new_network(), name=UNKNOWN)


def test_policyd_killed_under_load(running, three, in_force):
    """Mail flows without policyd (default_action=DUNNO), and under it again at once."""
    stack, (domain, quiet) = running, three
    in_force("450 4.3.2", "a@sender.example", f"x@{quiet}")
    load = Load(stack, f"anna@{domain}")
    time.sleep(1)
    stack.kill("policyd")
    time.sleep(2)
    stack.start("policyd")
    in_force("450 4.3.2", "a@sender.example", f"x@{quiet}", seconds=3)
    time.sleep(1)
    assert {reply.code for reply in load.stop()} <= {250, 450}


def test_policyd_restart_refuses_nobody(running, three, in_force):
    stack, (domain, quiet) = running, three
    in_force("450 4.3.2", "a@sender.example", f"x@{quiet}")
    load = Load(stack, f"x@{quiet}")
    for _ in range(3):
        stack.kill("policyd", signal.SIGTERM)
        stack.start("policyd")
        time.sleep(0.5)
    assert {str(reply)[:9] for reply in load.stop()} <= {"450 4.3.2", "250 2.1.5"}


def test_replicator_killed(running, domain, in_force):
    """policyd answers from what is there, and the edits made meanwhile follow."""
    stack = running
    in_force("250", "a@sender.example", f"anna@{domain}")
    stack.kill("replicator")
    stack.sql("update domain set stealth = true where name = %s", domain)
    time.sleep(1.2)
    in_force("250", "a@sender.example", f"anna@{domain}")
    stack.start("replicator")
    in_force("450 4.3.2", "a@sender.example", f"anna@{domain}", seconds=3)


def test_replicator_killed_amid_changes(running, domain, in_force):
    stack = running
    ending = threading.Event()

    def edit():
        flag = False
        with stack.connect() as connection:
            while not ending.is_set():
                flag = not flag
                connection.execute("update domain set queue_alert_minutes = queue_alert_minutes %% 1000 + 1, stealth = %s where name = %s", (flag, domain))

    editor = threading.Thread(target=edit)
    editor.start()
    for _ in range(3):
        time.sleep(0.5)
        stack.kill("replicator")
        stack.start("replicator")
    ending.set()
    editor.join()
    for stealth, reply in ((True, "450 4.3.2"), (False, "250")):
        stack.sql("update domain set stealth = %s where name = %s", stealth, domain)
        in_force(reply, "a@sender.example", f"anna@{domain}", seconds=3)


def test_late_commit_is_not_missed(running, domain, in_force):
    """A transaction that took its number early and commits late, while others commit around it."""
    stack = running
    with psycopg.connect(stack.env["EMG_PG"]) as late:
        late.execute("update domain set stealth = true where name = %s", (domain,))
        for n in range(20):
            stack.sql("update setting set value = %s where name = 'sms_per_week'", str(15 + n % 2))
        time.sleep(1)
        in_force("250", "a@sender.example", f"anna@{domain}")
        late.commit()
    in_force("450 4.3.2", "a@sender.example", f"anna@{domain}")
    stack.sql("update setting set value = '15' where name = 'sms_per_week'")


def test_second_replicator_is_refused(running):
    stack = running
    program = pathlib.Path(f"/proc/{stack.pid('replicator')}/exe").resolve()
    conf = pathlib.Path(stack.env["EMG_CONF"]) / "replicator.conf"
    second = stack.folder / "second.conf"
    second.write_text("".join(line + "\n" for line in conf.read_text().splitlines()
                              if not line.startswith(("pid_file", "metrics"))) + 'metrics = ""\n')
    done = subprocess.run([program, "-c", second], capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode not in (0, -signal.SIGSEGV), done.stderr
    assert stack.env["EMG_LMDB"] in done.stderr
    assert stack.alive(stack.pid("replicator"))


def test_broken_row_is_skipped(running, domain, in_force):
    """A row that bypassed the constraints and is broken: the last good value stays, the rest goes on."""
    stack = running
    in_force("250", "a@sender.example", f"anna@{domain}")
    superuser = stack.env["EMG_PG"].replace("user=operator", "user=postgres")
    name = f"broken{domain}"
    stack.sql("insert into domain (name, plan, stealth, verify_recipients) values (%s, 'basic', true, false)", name)
    in_force("450 4.3.2", "a@sender.example", f"anna@{name}")
    with psycopg.connect(superuser, autocommit=True, options="-c search_path=emailgency") as connection:
        constraint = "domain_greylisting_unknown"
        definition = connection.execute("select pg_get_constraintdef(oid) from pg_constraint where conname = %s", (constraint,)).fetchone()[0]
        connection.execute(f"alter table domain drop constraint {constraint}")
        try:
            connection.execute("update domain set greylisting = 'sometimes', stealth = false where name = %s", (name,))
            stack.sql("update domain set stealth = true where name = %s", domain)
            in_force("450 4.3.2", "a@sender.example", f"anna@{domain}")
            in_force("450 4.3.2", "a@sender.example", f"anna@{name}")
            wait_for(lambda: name in stack.daemon_log("replicator"), 2, "a complaint that names the row")
        finally:
            connection.execute("delete from domain where name = %s", (name,))
            connection.execute(f"alter table domain add constraint {constraint} {definition}")


def family(pid):
    """A process and all below it."""
    children = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False).stdout.split()
    return [pid] + [below for child in children for below in family(int(child))]


def send_signal(pids, number):
    for pid in pids:
        os.kill(pid, number)


@pytest.fixture
def name_server(stack):
    """The DNS server's processes; a block list is in force, and they go on afterwards."""
    stack.sql("insert into dnsbl (zone) values ('bl.emailgency.example') on conflict do nothing")
    pids = family(int((stack.folder / "run/nsd.pid").read_text()))
    yield pids
    send_signal(pids, signal.SIGCONT)
    stack.sql("delete from dnsbl where zone = 'bl.emailgency.example'")


def test_dead_resolver(stack, domain, name_server, in_force, mx):
    """Block lists are neutral then, and every answer comes within the deadline."""
    listed = dict(client="203.0.113.99", name=UNKNOWN)
    stack.sql("update domain set spf = 'off', bounce_protection = false where name = %s", domain)  # which may take their 20 s
    in_force("554", "a@spam.example", f"anna@{domain}", **listed)
    time.sleep(1)
    send_signal(name_server, signal.SIGSTOP)
    for n in range(3):
        session = mx(f"198.51.100.{n + 1}", UNKNOWN)
        started = time.monotonic()
        reply = session.envelope("a@sender.example", f"anna@{domain}")
        assert reply.code == 250, reply
        assert time.monotonic() - started < 2.5
    send_signal(name_server, signal.SIGCONT)
    in_force("554", "a@spam.example", f"anna@{domain}", seconds=60, **listed)


def test_slow_resolver(stack, domain, name_server, in_force, mx):
    """An answer that takes half a second still counts."""
    in_force("554", "a@spam.example", f"anna@{domain}", client="203.0.113.99", name=UNKNOWN)
    time.sleep(1.5)  # beyond what the resolver remembers
    session = mx("203.0.113.99", UNKNOWN)
    send_signal(name_server, signal.SIGSTOP)
    threading.Timer(0.5, send_signal, (name_server, signal.SIGCONT)).start()
    started = time.monotonic()
    reply = session.envelope("a@spam.example", f"anna@{domain}")
    assert str(reply).startswith("554 5.7.1"), reply
    assert 0.3 < time.monotonic() - started < 2


def test_full_disk(running, domain, in_force):
    """No room for the replica: readers go on with the last state, the replicator says so and recovers."""
    stack = running
    folder = pathlib.Path(stack.env["EMG_LMDB"])
    logged = len(stack.daemon_log("replicator"))
    in_force("250", "a@sender.example", f"anna@{domain}")
    for daemon in reversed(DAEMONS):
        stack.kill(daemon, signal.SIGTERM)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m,mode=2750,uid=emailgency-replicator,gid=emailgency", "emg", folder], check=True)
    try:
        for daemon in DAEMONS:
            stack.start(daemon)
        in_force("250", "a@sender.example", f"anna@{domain}", seconds=3)
        filler = folder / "filler"
        with pytest.raises(OSError, match="No space"), open(filler, "wb", buffering=0) as file:
            while True:
                file.write(b"\0" * 4096)
        stack.sql("insert into mailbox (address) select format('user%%s@%%s', n, %s::text) from generate_series(1, 900) n", domain, wait=False)
        stack.sql("update domain set stealth = true where name = %s", domain, wait=False)
        wait_for(lambda: "no space left on the file system of" in stack.daemon_log("replicator")[logged:], 5, "a complaint about the disk")
        in_force("250", "a@sender.example", f"anna@{domain}")
        filler.unlink()
        if not stack.alive(stack.pid("replicator")):
            stack.start("replicator")
        in_force("450 4.3.2", "a@sender.example", f"anna@{domain}", seconds=10)
    finally:
        for daemon in reversed(DAEMONS):
            if stack.pid(daemon) and stack.alive(stack.pid(daemon)):
                stack.kill(daemon, signal.SIGTERM)
        subprocess.run(["umount", folder], check=True)


def test_idle_policy_connection_is_kept(stack, domain):
    """Postfix keeps connections open for up to 300 s of silence; a garbage request does not disturb others."""
    with socket.socket(socket.AF_UNIX) as idle, socket.socket(socket.AF_UNIX) as rude:
        for client in (idle, rude):
            client.settimeout(5)
            client.connect(stack.env["EMG_POLICYD"])
        rude.sendall(b"GET / HTTP/1.0\r\n\r\n" + b"\0" * 70000)
        time.sleep(0.5)
        idle.sendall(f"request=smtpd_access_policy\nprotocol_state=RCPT\nsender=a@b.example\nrecipient=anna@{domain}\nclient_address=192.0.2.1\nclient_name=unknown\ninstance=i.1\n\n".encode())
        assert idle.recv(1000) == b"action=DUNNO\n\n"
