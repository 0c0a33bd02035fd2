# SPDX-License-Identifier: BSD-2-Clause
"""A disk that is full: mail waits, nothing that was taken is lost, and all goes on once there is room."""
import contextlib
import os
import pathlib
import shutil
import subprocess

import pytest

from smtp import new_network
from stack import wait_for
from store_mail import doveadm, dovecot_mail, lmtp


@pytest.fixture
def small(running):
    """small(path, size) puts a small file system in place of a folder, with what is in it."""
    mounted = []

    def mount(path, size):
        path.mkdir(exist_ok=True)
        state, before = path.stat(), path.parent / f"{path.name}.before"
        subprocess.run(["cp", "-a", path, before], check=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode={state.st_mode & 0o7777:o},uid={state.st_uid},gid={state.st_gid}", "tmpfs", path], check=True)
        mounted.append(path)
        subprocess.run(["cp", "-a", f"{before}/.", path], check=True)
        shutil.rmtree(before)
        return path

    yield mount
    for path in mounted:
        subprocess.run(["umount", "-l", path], check=True)


def fill(path):
    with contextlib.suppress(OSError), open(path / "filler", "wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))


def resize(path, size):
    subprocess.run(["mount", "-o", f"remount,size={size}", path], check=True)


def test_a_full_store(running, small, mx, domain):
    stack, anna, stored = running, f"anna@{domain}", []
    stack.sql("update domain set keep_copy = true, spf = 'off' where name = %s", domain)
    home = stack.folder / "mail" / domain
    home.mkdir()
    shutil.chown(home, "emailgency-store", "emailgency-store")
    small(home, "1m")
    for number in range(60):
        code = lmtp(stack, anna, ident=f"m{number}", size=50000)[0]
        if code != 250:
            break
        stored.append(f"<m{number}>")
    assert 400 <= code < 500 and stored, code
    # By way of Postfix, too: its copy waits, and the sender hears nothing.
    session = mx(new_network())
    assert session.envelope("friend@pal.test", anna).code == 250
    assert session.data(f"Message-ID: <waits>\r\nSubject: waits\r\n\r\n{'x' * 60000}\r\n")[0] == 250
    wait_for(lambda: f"to=<{anna}.store.invalid>" in stack.mail_log() and "status=deferred" in
             next(line for line in reversed(stack.mail_log().splitlines()) if f"to=<{anna}.store.invalid>" in line), 30, "the copy to be deferred")
    assert dovecot_mail(stack, anna, "INBOX") == stored
    # The keeper works on, and beside that mailbox.
    stack.sql("update mailbox_usage set oldest_at = '-infinity', lease_until = '-infinity' where address = %s", anna)
    assert lmtp(stack, f"other@e{domain}", ident="elsewhere") == [250]
    resize(home, "64m")
    subprocess.run(["postqueue", "-c", stack.env["EMG_POSTFIX"], "-f"], check=True)
    wait_for(lambda: "<waits>" in dovecot_mail(stack, anna, "INBOX"), 60, "the deferred mail")
    assert dovecot_mail(stack, anna, "INBOX") == [*stored, "<waits>"]
    stack.sql("update mailbox_usage set oldest_at = '-infinity', lease_until = '-infinity' where address = %s", anna)
    wait_for(lambda: stack.value("select oldest_at > '-infinity' and messages = %s from mailbox_usage where address = %s", len(stored) + 1, anna), 60, "a pass")


def test_full_folders_of_the_keeper(running, small, catchall):
    stack, state = running, running.folder / "state"
    anna, new = f"anna@{catchall}", f"new@{catchall}"
    stack.kill("keeper")
    for name in ("usage", "limits"):
        fill(small(state / name, "4m"))
    stack.start("keeper")
    stack.sql("update mailbox set quota = 123456 where address = %s", anna)
    assert lmtp(stack, anna, new, ident="during") == [250, 250]
    wait_for(lambda: stack.metrics("keeper")['emailgency_keeper_errors_total{error="limits"}'], 30, "the fault of the quotas")
    assert stack.value("select count(*) from mailbox_usage where address = %s", new) == 0
    for name in ("usage", "limits"):
        (state / name / "filler").unlink()
    wait_for(lambda: "=123456" in doveadm(stack, "user", anna), 30, "Dovecot to have the quota")
    # As docs/operations.md says, what Dovecot could not note is looked at.
    home = stack.folder / "mail" / catchall
    for user in os.listdir(home):
        (state / "usage" / f"{user}@{catchall}.usage").touch()
    wait_for(lambda: stack.value("select count(*) from mailbox where candidate and address = %s", new), 60, "the mail to be sorted")
    wait_for(lambda: stack.value("select messages from mailbox_usage where address = %s", anna) == 1, 30, "the usage of the mailbox")
    assert (dovecot_mail(stack, anna, "INBOX"), dovecot_mail(stack, new, "INBOX")) == (["<during>"], ["<during>"])
    stack.kill("keeper")
    assert pathlib.Path(state / "usage").is_mount()
