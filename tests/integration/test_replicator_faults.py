# SPDX-License-Identifier: BSD-2-Clause
"""Whatever is killed, full or gone: the replica ends equal to the rows, and readers never see half of a change."""
import os
import shutil
import subprocess
import tempfile
import threading
import time

import psycopg
import pytest
from replica import DUMP, Cluster, Node, wait_for

DOMAINS = 20
MAILBOXES = 400


@pytest.fixture(scope="module")
def cluster():
    cluster = Cluster()
    cluster.sql("insert into domain (name, plan) select format('d%%s.example', n), 'premium' from generate_series(1, %s) n", DOMAINS)
    cluster.sql("""insert into mailbox (address) select format('u%%s@d%%s.example', n, n %% %s::int + 1)
                   from generate_series(1, %s::int) n""", DOMAINS, MAILBOXES)
    yield cluster
    cluster.remove()


@pytest.fixture
def node(cluster):
    folder = tempfile.mkdtemp(prefix="emg-node-", dir="/tmp")
    node = Node(cluster, folder)
    yield node
    if node.process:
        node.stop()
    assert "Sanitizer" not in node.text() and "runtime error" not in node.text(), node.text()
    shutil.rmtree(folder)


def wait_loaded(node):
    node.wait_row("mailbox", f"u{MAILBOXES}@d{MAILBOXES % DOMAINS + 1}.example", seconds=20)


def assert_equal_to_rows(node, cluster):
    node.wait_current(20)
    found = node.rows()
    wanted = {address: "true" if vip else "false" for address, vip in cluster.sql("select address, vip from mailbox")}
    assert {key: row["vip"] for (kind, key), row in found.items() if kind == "mailbox"} == wanted
    wanted = {name: "true" if stealth else "false" for name, stealth in cluster.sql("select name, stealth from domain")}
    assert {key: row["stealth"] for (kind, key), row in found.items() if kind == "domain"} == wanted


class Load(threading.Thread):
    """Edits of all kinds until stopped; waits for a server that is gone."""

    def __init__(self, cluster):
        super().__init__(daemon=True)
        self.cluster, self.running, self.commits = cluster, True, 0

    def edit(self, connection, number):
        address = f"u{number % MAILBOXES + 1}@d{(number % MAILBOXES + 1) % DOMAINS + 1}.example"
        connection.execute("update mailbox set vip = not vip where address = %s", (address,))
        if number % 3 == 0:
            connection.execute("delete from mailbox where address like 'extra%'")
        if number % 3 == 1:
            connection.execute("insert into mailbox (address) values (%s)", (f"extra{number}@d1.example",))
        connection.commit()
        self.commits += 1

    def run(self):
        number = 0
        while self.running:
            try:
                with self.cluster.connect() as connection:
                    connection.execute("set synchronous_commit = off")
                    while self.running:
                        self.edit(connection, number)
                        number += 1
                        time.sleep(0.003)
            except psycopg.Error:
                time.sleep(0.05)

    def stop(self):
        wait_for(lambda: self.commits > 50, what="50 edits")
        self.running = False
        self.join(20)


@pytest.fixture
def load(cluster):
    load = Load(cluster)
    load.start()
    yield load
    load.running = False
    load.join(20)


def test_replicator_killed_under_load(node, cluster, load):
    node.start()
    wait_loaded(node)
    for pause in (0.3, 0.05, 0.5, 0.11, 0.2):
        time.sleep(pause)
        node.kill()
        assert len(node.rows("domain")) == DOMAINS  # what was committed is whole
        node.start()
    time.sleep(0.3)
    load.stop()
    assert_equal_to_rows(node, cluster)


def test_replicator_killed_during_its_first_load(node, cluster):
    for pause in (0.01, 0.02, 0.03, 0.05):
        node.start()
        time.sleep(pause)
        node.kill()
        found = node.rows("mailbox")
        assert found is None or len(found) >= MAILBOXES
    node.start()
    wait_loaded(node)
    assert_equal_to_rows(node, cluster)


def test_server_killed_under_load(node, cluster, load):
    node.start()
    wait_loaded(node)
    for _ in range(2):
        time.sleep(0.4)
        cluster.kill()
        assert len(node.rows("domain")) == DOMAINS
        cluster.restart_after_kill()
    time.sleep(0.5)
    load.stop()
    assert_equal_to_rows(node, cluster)


def test_one_backend_killed(node, cluster, load):
    """The server goes through crash recovery without a restart of its own."""
    node.start()
    wait_loaded(node)
    ((pid,),) = cluster.sql("select pid from pg_stat_activity where application_name = 'emailgency-replicator'")
    os.kill(pid, 9)
    node.wait_log("has crashed", 20)
    load.stop()
    assert_equal_to_rows(node, cluster)


def test_readers_never_see_half_a_change(node, cluster):
    node.start()
    wait_loaded(node)
    deadline = time.monotonic() + 4
    states = set()
    while time.monotonic() < deadline:
        with cluster.connect() as connection:  # all domains in one transaction, and a reload of everything with it
            connection.execute("update domain set stealth = not stealth")
            connection.execute("insert into directory_change (kind, key) values ('plan', null)")
        found = node.rows("domain")
        assert len(found) == DOMAINS
        values = {row["stealth"] for row in found.values()}
        assert len(values) == 1, "some domains are of the old state and some of the new"
        states |= values
    assert states == {"true", "false"}
    assert node.metric("reloads_total") > 5
    assert_equal_to_rows(node, cluster)


def test_a_killed_reader_pins_nothing(node, cluster, load):
    node.start()
    wait_loaded(node)
    with subprocess.Popen([DUMP, "--hold", node.lmdb], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "held\n"
        holder.kill()
        holder.wait(5)
    node.wait_log(r"dead readers count=1")
    time.sleep(1)
    used = node.metric("file_used_bytes")
    time.sleep(2)
    load.stop()
    assert node.metric("file_used_bytes") <= used + 16 * 4096  # a pinned state makes it grow with each edit


def test_a_removed_replica_is_made_anew(node, cluster):
    node.start()
    wait_loaded(node)
    shutil.rmtree(node.lmdb)
    wait_loaded(node)
    assert node.metric("reloads_total") == 2
    assert_equal_to_rows(node, cluster)


def test_a_removed_reader_table_is_made_again(node, cluster):
    """The rows stay: nothing is read from the server again."""
    node.start()
    wait_loaded(node)
    (node.lmdb / "lock.mdb").unlink()
    assert node.rows("mailbox") is None
    wait_loaded(node)
    assert node.metric("reloads_total") == 1
    assert_equal_to_rows(node, cluster)


@pytest.fixture
def small_disk(node):
    node.lmdb.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", node.lmdb], check=True)
    yield node.lmdb / "ballast"
    if node.process:
        node.stop()
    subprocess.run(["umount", node.lmdb], check=True)


def fill(ballast):
    with open(ballast, "wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            pass


def test_l11_a_full_disk_keeps_the_last_state(node, cluster, small_disk):
    node.start()
    wait_loaded(node)
    fill(small_disk)
    cluster.sql("update mailbox set vip = not vip")
    node.wait_log(r"error: the replica stays as it is: .*no space left on the file system of .*; make room")
    assert node.metric("failing") == 1
    assert len(node.rows("mailbox")) >= MAILBOXES
    small_disk.unlink()
    node.wait_log("current again", 20)
    assert_equal_to_rows(node, cluster)


def test_l11_a_full_disk_at_the_start_is_waited_for(node, cluster, small_disk):
    fill(small_disk)
    node.start()
    node.wait_log("no space left on the file system of .*; make room")
    assert node.process.poll() is None
    small_disk.unlink()
    wait_for(lambda: node.rows("mailbox"), 20, "the first load")
    assert_equal_to_rows(node, cluster)


def test_full_map_says_what_to_do(node, cluster):
    node.start(map_size=1 << 20, poll_interval=1)
    wait_loaded(node)
    cluster.sql("""insert into alias (address, target) select format('%s%s@d1.example', repeat('a', 40), n), 'u1@d2.example'
                   from generate_series(1, 12000) n""")
    try:
        node.wait_log(r"MAP_FULL.*raise map_size", 20)
        assert len(node.rows("mailbox")) >= MAILBOXES
        node.stop()
        node.start(map_size=64 << 20)
        wait_for(lambda: len(node.rows("alias")) == 12000, 20, "the aliases")
    finally:
        cluster.sql("delete from alias")
