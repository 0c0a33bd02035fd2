# SPDX-License-Identifier: BSD-2-Clause
"""Several keepers share the work of one store: each job once, and what a dead one had in work passes on."""
import collections
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

import pytest

from stack import SOURCE, wait_for
from store_mail import DAY, doveadm

BOXES = 24


class Node:
    """A keeper of another node, with the same Dovecot and database."""

    def __init__(self, stack, name):
        self.stack, self.name, self.folder = stack, name, stack.folder / f"keeper-{name}"
        self.pid_file, self.log = self.folder / "pid", self.folder / "log"
        for path in (self.folder, self.folder / "limits", self.folder / "usage"):
            path.mkdir()
            shutil.chown(path, "emailgency-keeper")
        own = {"node": name, "pid_file": self.pid_file, "metrics": "", "limits_directory": self.folder / "limits", "usage_directory": self.folder / "usage"}
        lines = (pathlib.Path(stack.env["EMG_CONF"]) / "keeper.conf").read_text().splitlines()
        kept = [line for line in lines if line.split(" ", 1)[0] not in own]
        (self.folder / "conf").write_text("\n".join(kept + [f'{key} = "{value}"' for key, value in own.items()]) + "\n")
        self.process = None
        self.start()

    def start(self):
        program = SOURCE / "build" / os.environ.get("EMG_PRESET", "release") / "keeper/emailgency-keeper"
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([program, "-c", self.folder / "conf"], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder)
        wait_for(lambda: self.pid_file.exists() and self.pid_file.read_text().strip() == str(self.process.pid), 30, "the second keeper")

    def kill(self, number=signal.SIGKILL):
        self.process.send_signal(number)
        self.process.wait(15)

    def text(self):
        return self.log.read_text(errors="replace")


@pytest.fixture
def node(running):
    """node(name) starts another keeper."""
    nodes = []

    def start(name):
        nodes.append(Node(running, name))
        return nodes[-1]

    yield start
    for one in nodes:
        if one.process.poll() is None:
            one.kill(signal.SIGTERM)
        assert "Sanitizer" not in one.text() and "runtime error" not in one.text(), one.text()[-2000:]
        shutil.rmtree(one.folder)


def maildir(stack, domain, user):
    return stack.folder / "mail" / domain / user / "Maildir"


def fill(stack, domain):
    """Mailboxes with an old message and a new one, of which the database knows, but no keeper yet."""
    users = [f"box{number}" for number in range(BOXES)]
    for user in users:
        for age in (40, 1):
            path = maildir(stack, domain, user) / "new" / f"{int(time.time()) - age * DAY}.{user}-{age}.test"
            for part in ("cur", "new", "tmp"):
                (path.parent.parent / part).mkdir(parents=True, exist_ok=True)
            path.write_text(f"Message-ID: <{age}>\n\ntext\n")
            os.utime(path, (time.time() - age * DAY,) * 2)
    home = stack.folder / "mail" / domain
    subprocess.run(["chown", "-R", "emailgency-store:emailgency-store", home], check=True)
    stack.sql("insert into mailbox (address) select u || '@' || %s::text from unnest(%s::text[]) as u", domain, users)
    stack.sql("""insert into mailbox_usage (address, domain, bytes, messages, oldest_at, passed_at, lease_until)
                 select address, domain, 100, 2, now() - interval '40 days', now() - interval '1 hour', 'infinity' from mailbox
                 where domain = %s and address like 'box%%'
                 on conflict (address) do update set messages = 2, oldest_at = excluded.oldest_at, passed_at = excluded.passed_at, lease_until = 'infinity'""", domain)
    return users


def due(stack, domain):
    stack.sql("update mailbox_usage set lease_until = '-infinity' where domain = %s", domain)


def passed(stack, domain):
    return stack.value("select count(*) from mailbox_usage where domain = %s and address like 'box%%' and passed_at > now() - interval '50 minutes'", domain)


def left(stack, domain, users):
    return {user: doveadm(stack, "-f", "tab", "fetch", "-u", f"{user}@{domain}", "hdr.message-id", "mailbox", "INBOX", "ALL").splitlines()[1:] for user in users}


def expired(domain, *logs):
    """How often each mailbox had mail expunged."""
    return collections.Counter(re.findall(rf" expired: mailbox=(\S+@{re.escape(domain)}) ", "".join(logs)))


def test_each_job_is_one_keepers(running, node, domain):
    stack, users = running, fill(running, domain)
    other, before = node("n2"), len(stack.daemon_log("keeper"))
    due(stack, domain)
    wait_for(lambda: passed(stack, domain) == BOXES, 60, "each mailbox to be looked at")
    logs = stack.daemon_log("keeper")[before:], other.text()
    assert expired(domain, *logs) == {f"{user}@{domain}": 1 for user in users}
    assert left(stack, domain, users) == {user: ["<1>"] for user in users}


def test_killed_keepers_leave_their_jobs_to_others(running, node, domain):
    stack, users = running, fill(running, domain)
    other = node("n2")
    due(stack, domain)
    # Both have work now; Dovecot may carry on its commands.
    wait_for(lambda: passed(stack, domain) > 0, 30, "the first")
    stack.kill("keeper")
    other.kill()
    third = node("n3")
    leased = "select count(*) from mailbox_usage where domain = %s and lease_node = 'n2' and lease_until > now() and lease_until < 'infinity'"
    before = stack.value(leased, domain)
    stack.start("keeper")  # it ends the leases of its own earlier process
    wait_for(lambda: passed(stack, domain) == BOXES - before, 60, "all that no dead keeper has")
    assert stack.value(leased, domain) == before
    stack.sql("update mailbox_usage set lease_until = now() - interval '1 second' where domain = %s and lease_node = 'n2' and lease_until > now()", domain)
    wait_for(lambda: passed(stack, domain) == BOXES, 60, "the rest, once the lease has ended")
    assert left(stack, domain, users) == {user: ["<1>"] for user in users}
    assert third.process.poll() is None


@pytest.fixture
def other_layout(running):
    """Dovecot with the store's configuration of another release: other_layout("2"), or None: of one that states none."""
    conf = pathlib.Path(running.env["EMG_DOVECOT"]).parent / "emailgency-store.conf"
    text = conf.read_text()

    def put(layout):
        conf.write_text(re.sub(r" \\\n *emailgency_layout=\w+", f" emailgency_layout={layout}" if layout else "", text))
        doveadm(running, "reload")

    yield put
    conf.write_text(text)
    doveadm(running, "reload")


def differs(stack):
    return stack.metrics("keeper").get("emailgency_keeper_dovecot_differs")


def stated(stack, domain):
    """The layout that Dovecot states of a user; None: none."""
    fields = dict(line.split("\t", 1) for line in doveadm(stack, "user", f"a@{domain}").splitlines() if "\t" in line)
    return fields.get("emailgency_layout") if "home" in fields else "no user"


@pytest.mark.parametrize("layout", [None, "2"])
def test_a_store_of_another_layout_is_left_alone(running, domain, other_layout, layout):
    stack, users = running, fill(running, domain)
    other_layout(layout)
    wait_for(lambda: stated(stack, domain) == layout, 30, "Dovecot's reload")
    time.sleep(3)  # what Dovecot stated before holds for two seconds
    time_before = len(stack.daemon_log("keeper"))
    due(stack, domain)
    wait_for(lambda: differs(stack) == 1, 30, "the keeper to notice")
    wait_for(lambda: stack.value("select count(*) from mailbox_usage where domain = %s and lease_until > now()", domain) >= 8, 30, "jobs that were put off")
    assert passed(stack, domain) == 0 and "expired: " not in stack.daemon_log("keeper")[time_before:]
    assert left(stack, domain, users) == {user: ["<40>", "<1>"] for user in users}
    other_layout("1")
    wait_for(lambda: stated(stack, domain) == "1", 30, "Dovecot's reload")
    in_work = "select count(*) from mailbox_usage where domain = %s and lease_until > now() + interval '1 minute'"
    wait_for(lambda: stack.value(in_work, domain) == 0, 30, "the jobs that met the other layout")
    due(stack, domain)
    wait_for(lambda: passed(stack, domain) == BOXES, 60, "each mailbox, with the right layout")
    assert left(stack, domain, users) == {user: ["<1>"] for user in users}
    assert differs(stack) == 0
