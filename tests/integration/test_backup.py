# SPDX-License-Identifier: BSD-2-Clause
"""docs/backup.md, followed literally: what it backs up and restores is rows, passwords and mail."""
import imaplib
import os
import pathlib
import re
import shutil
import subprocess

import pytest

from smtp import Session
from stack import SOURCE, Stack, new_folder, quickstart, wait_for

PAGE = SOURCE / "docs" / "backup.md"
PASSWORD = "Keep-it-9"


def commands(heading):
    """The commands below a heading of the page, up to the next one of the same depth or above."""
    depth = heading.index(" ")
    text = PAGE.read_text(encoding="utf-8").split(f"\n{heading}\n", 1)[1]
    text = re.split(rf"\n#{{1,{depth}}} ", text, maxsplit=1)[0]
    return "\n".join(re.findall(r"```sh\n(.*?)```", text, re.DOTALL))


@pytest.fixture(scope="module")
def stack():
    """A stack of its own: its database and its mail are destroyed."""
    folder = new_folder()
    quickstart(folder, "--no-install", "--no-tour")
    yield Stack(folder)
    quickstart(folder, "--down", check=False)
    shutil.rmtree(folder)


@pytest.fixture
def node(stack, tmp_path):
    """Runs commands of the page with the stack's folders in place of the system's."""
    programs = tmp_path / "bin"
    programs.mkdir()
    dovecot = f"dovecot -c {stack.env['EMG_DOVECOT']} >{stack.log}/dovecot.log 2>&1"  # its master keeps standard error
    for name, body in {
        "emailgency-migrate": f'exec {SOURCE}/sql/migrate "$@"',
        "systemctl": f'[ "$2" = dovecot ] && case $1 in stop) doveadm -c {stack.env["EMG_DOVECOT"]} stop ;; start) {dovecot} ;; esac',
    }.items():
        (programs / name).write_text(f"#!/bin/sh\n{body}\n")
        (programs / name).chmod(0o755)
    tmp_path.chmod(0o755)
    programs.chmod(0o755)
    for folder in programs.parents:  # postgres runs emailgency-migrate
        if folder.stat().st_uid == os.getuid() and folder.is_relative_to("/tmp"):
            folder.chmod(folder.stat().st_mode | 0o011)
    mail = stack.folder / "mail"
    places = {
        "/srv/backup/emailgency-store": f"{stack.folder}/backup/mail",
        "/srv/backup": f"{stack.folder}/backup",
        "/var/lib/emailgency-store": str(mail),
        "/var/lib/\n": f"{stack.folder}/\n",
        "/etc/emailgency /etc/postfix /etc/dovecot": f"{stack.env['EMG_CONF']} {stack.env['EMG_POSTFIX']} {stack.folder}/dovecot",
    }

    def run(text):
        for place, own in places.items():
            text = text.replace(place, own)
        environment = {"PATH": f"{programs}:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8",
                       "PGHOST": f"{stack.folder}/run/postgresql", "PGPORT": port(stack)}
        done = subprocess.run(["bash", "-euc", text], env=environment, cwd="/", stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=120, check=False)
        assert done.returncode == 0, f"{text}\n{done.stdout}{done.stderr}"
        return done

    return run


def port(stack):
    return re.search(r"port=(\d+)", stack.env["EMG_PG"]).group(1)


def deliver(stack, recipient, text):
    with Session(stack.address("EMG_SMTP"), "192.0.2.10", "mail.sender.example") as session:
        reply = session.message("a@sender.example", recipient, text)
        assert reply.code == 250, reply


def inbox(stack, user):
    with imaplib.IMAP4(*stack.address("EMG_IMAP"), timeout=30) as imap:
        imap.login(user, PASSWORD)
        count = int(imap.select("INBOX", readonly=True)[1][0])
        return [imap.fetch(str(number), "(BODY[HEADER.FIELDS (SUBJECT)])")[1][0][1].decode() for number in range(1, count + 1)]


def test_what_is_lost_is_restored(stack, node):
    stack.sql("""insert into domain (name, plan, greylisting, verify_recipients, transport)
                 values ('kept.example', 'basic', 'off', false, %s)""", stack.env["EMG_CUSTOMER"])
    stack.sql("insert into mailbox (address) values ('anna@kept.example')")
    stack.sql("select set_password('anna@kept.example', %s)", PASSWORD)
    deliver(stack, "anna@kept.example", "the only copy")
    wait_for(lambda: "the only copy" in "".join(inbox(stack, "anna@kept.example")), 60, "the copy in the store")
    node(commands("## Back up"))
    destroy(stack)
    said = node(commands("### The database")).stderr
    assert [line for line in said.splitlines() if "ERROR" in line and "already exists" not in line] == []
    node(commands("### A node"))
    assert pathlib.Path(stack.env["EMG_CONF"], "policyd.conf").exists()
    wait_for(lambda: stack.metrics("replicator")["emailgency_replicator_failing"] == 0, 60, "the replicator to follow again")
    assert "the only copy" in "".join(inbox(stack, "anna@kept.example"))
    # An edit after the restore is in force: the rights of all roles are there again.
    stack.sql("insert into mailbox (address) values ('bert@kept.example')")
    deliver(stack, "bert@kept.example", "after the restore")
    wait_for(lambda: stack.customer_has("after the restore"), 60, "the mail at the customer's server")


def destroy(stack):
    """The loss of a disk: the database, stored mail and the configuration of the node."""
    subprocess.run(["runuser", "-u", "postgres", "--", "psql", "-Xq", "-h", f"{stack.folder}/run/postgresql", "-p", port(stack),
                    "-d", "postgres", "-c", "drop database emailgency with (force)"], cwd="/", check=True)
    for path in (stack.folder / "mail").iterdir():
        shutil.rmtree(path)
    pathlib.Path(stack.env["EMG_CONF"], "policyd.conf").unlink()
