# SPDX-License-Identifier: BSD-2-Clause
"""A node for emailgencyctl check: the running stack, with copies of its configuration that a test may break."""
import contextlib
import ctypes
import json
import os
import pathlib
import re
import shutil
import subprocess
import time

import psycopg

import replica_notes

READABLE = 0o755


class Node:
    def __init__(self, stack, folder):
        self.stack, self.folder = stack, pathlib.Path(folder)
        self.options = {}
        self.superuser = stack.env["EMG_PG"].replace("user=operator", "user=postgres")
        for name in ("postfix", "conf", "dovecot"):
            shutil.copytree(stack.folder / name, self.folder / name)
        for path in (self.folder / "dovecot").iterdir():
            path.write_text(path.read_text().replace(f"{stack.folder}/dovecot/", f"{self.folder}/dovecot/"))
        shutil.copystat(stack.folder / "conf" / "batv.keys", self.conf("batv.keys"))
        shutil.chown(self.conf("batv.keys"), "emailgency-milter")
        self.edit(self.conf("milter.conf"), f"{stack.folder}/conf/batv.keys", str(self.conf("batv.keys")))

    def conf(self, name):
        return self.folder / "conf" / name

    @property
    def dovecot(self):
        return self.folder / "dovecot" / "dovecot.conf"

    @property
    def spool(self):
        return self.stack.folder / "spool"

    # edits; the copies are not restored, each test has its own

    @staticmethod
    def edit(path, old, new):
        text = path.read_text()
        assert old in text, (path, old)
        path.write_text(text.replace(old, new))

    def main(self, *lines):
        subprocess.run(["postconf", "-c", self.folder / "postfix", "-e", *lines], check=True, capture_output=True)

    def admin(self, statement):
        with psycopg.connect(self.superuser, autocommit=True) as connection:
            return connection.execute(statement)

    # what check says

    def command(self, *words):
        options = {"--config": self.folder / "postfix", "--conf": self.folder / "conf", "--dovecot": self.dovecot, **self.options}
        given = [str(part) for option in options.items() for part in option]
        return [self.stack.env["EMG_CTL"], "check", *words, *given]

    def run(self, *words, account=None):
        start = ["setpriv", f"--reuid={account}", "--regid=nogroup", "--clear-groups"] if account else []
        environment = {name: value for name, value in os.environ.items() if not name.startswith("EMG_")}
        done = subprocess.run([*start, *self.command(*words)], capture_output=True, text=True, timeout=120, check=False, cwd="/",
                              env=environment)
        assert "Sanitizer" not in done.stderr and "runtime error" not in done.stderr, done.stderr
        return done

    def findings(self, subject=None):
        done = self.run(*([subject] if subject else []), "--json")
        found = [json.loads(line) for line in done.stdout.splitlines()]
        assert found, done.stderr
        worst = {finding["severity"] for finding in found}
        assert done.returncode == (78 if "error" in worst else 77 if "unknown" in worst else 0), done
        return found

    def wrong(self, subject=None):
        """The lines of all that is not ok, as the text form has them."""
        return [f"{finding['severity']}: {finding['parameter']}: {finding['says']} -> "
                f"{finding.get('write') or finding.get('run') or finding.get('sql')} @ {finding.get('file', '')}"
                for finding in self.findings(subject) if finding["severity"] != "ok"]


    def follow(self, line):
        """Does what a line advises, where a copy or the test's own fault is all that it touches. Returns whether it did."""
        advice, _, file = line.partition(" -> ")[2].rpartition(" @ ")
        if file.startswith(f"{self.folder}/") and not file.endswith("master.cf") and re.match(r"\w+ = ", advice):
            if file.endswith("main.cf"):
                self.main(advice)
            else:
                with open(file, "a", encoding="utf-8") as conf:
                    conf.write(advice + "\n")
        elif not file and re.match(r"(chmod|chown|chgrp|install -d|cd) /?", advice):
            subprocess.run(["sh", "-ec", advice], check=True)
        elif not file and re.match(r"(grant|update) ", advice):
            self.admin(advice)
        else:
            return False
        return True


@contextlib.contextmanager
def moved(path):
    """The file is elsewhere; a Unix socket keeps its server."""
    aside = path.with_name(path.name + ".aside")
    path.rename(aside)
    try:
        yield
    finally:
        aside.rename(path)


@contextlib.contextmanager
def mode(path, bits):
    before = path.stat().st_mode & 0o7777
    path.chmod(bits)
    try:
        yield
    finally:
        path.chmod(before)


@contextlib.contextmanager
def owner(path, name, group):
    before = path.stat()
    shutil.chown(path, name, group)
    try:
        yield
    finally:
        os.chown(path, before.st_uid, before.st_gid)


@contextlib.contextmanager
def statements(node, apply, undo):
    node.admin(apply)
    try:
        yield
    finally:
        node.admin(undo)


def old_replica(source, target, seconds):
    """A copy of the replica that was proved current so many seconds ago."""
    lmdb, environment, transaction, table = replica_notes.lmdb, ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_uint()
    target.mkdir()
    lmdb.mdb_env_create(ctypes.byref(environment))
    lmdb.mdb_env_set_maxdbs(environment, replica_notes.DATABASES)
    assert lmdb.mdb_env_open(environment, str(source).encode(), replica_notes.RDONLY | replica_notes.NOTLS, 0o600) == 0
    assert lmdb.mdb_env_copy(environment, str(target).encode()) == 0
    lmdb.mdb_env_close(environment)
    lmdb.mdb_env_create(ctypes.byref(environment))
    lmdb.mdb_env_set_maxdbs(environment, replica_notes.DATABASES)
    assert lmdb.mdb_env_open(environment, str(target).encode(), 0, 0o660) == 0
    assert lmdb.mdb_txn_begin(environment, None, 0, ctypes.byref(transaction)) == 0
    assert lmdb.mdb_dbi_open(transaction, b"meta", 0, ctypes.byref(table)) == 0
    key, value = b"checked_at", str(int(time.time()) - seconds).encode()
    pair = [replica_notes.Value(len(text), ctypes.cast(ctypes.c_char_p(text), ctypes.c_void_p)) for text in (key, value)]
    assert lmdb.mdb_put(transaction, table, ctypes.byref(pair[0]), ctypes.byref(pair[1]), 0) == 0
    assert lmdb.mdb_txn_commit(transaction) == 0
    lmdb.mdb_env_close(environment)
    for name in ("", "data.mdb", "lock.mdb"):
        shutil.chown(target / name, "emailgency-replicator", "emailgency")
    target.chmod(0o2750)
    (target / "lock.mdb").chmod(0o660)
    (target / "data.mdb").chmod(0o640)
