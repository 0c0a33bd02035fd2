# SPDX-License-Identifier: BSD-2-Clause
"""M5: a damaged replica is recognised, set aside and loaded again by the replicator itself; readers end cleanly at worst."""
import os
import random
import shutil
import signal
import subprocess
import tempfile

import pytest
from replica import BUILD, DUMP, Cluster, Node, wait_for

PAGE = 4096
MAILBOXES = 4000
LAST = "u4000@d1.example"


@pytest.fixture(scope="module")
def cluster():
    cluster = Cluster()
    cluster.sql("insert into domain (name, plan) values ('d1.example', 'premium')")
    cluster.sql("insert into mailbox (address) select format('u%%s@d1.example', n) from generate_series(1, %s::int) n", MAILBOXES)
    yield cluster
    cluster.remove()


@pytest.fixture
def node(cluster):
    folder = tempfile.mkdtemp(prefix="emg-node-", dir="/tmp")
    node = Node(cluster, folder)
    node.start()
    node.wait_row("mailbox", LAST, 30)
    yield node
    if node.process:
        node.stop()
    assert "Sanitizer" not in node.text() and "runtime error" not in node.text(), node.text()
    shutil.rmtree(folder)


def overwrite(data, at, noise):
    with open(data, "r+b") as file:
        file.seek(at)
        file.write(noise)


def cut(data):
    os.truncate(data, data.stat().st_size // 2)


def cut_to_a_page(data):
    os.truncate(data, PAGE)


def zero_meta_pages(data):
    overwrite(data, 0, bytes(2 * PAGE))


def zero_roots(data):
    for page in (0, PAGE):
        overwrite(data, page + 40, bytes(96))


def noise_everywhere(data):
    chosen = random.Random(7)
    for at in range(2 * PAGE, data.stat().st_size - PAGE, PAGE):
        overwrite(data, at + chosen.randrange(PAGE - 64), chosen.randbytes(64))


def no_lmdb_at_all(data):
    data.write_bytes(b"no replica " * 10000)


def rows_are_right(node):
    node.wait_row("mailbox", LAST, 30)
    assert len(node.rows("mailbox")) == MAILBOXES


@pytest.mark.parametrize("damage", [cut, cut_to_a_page, zero_meta_pages, zero_roots, noise_everywhere, no_lmdb_at_all])
def test_m5_a_damaged_file_at_the_start(node, damage):
    """One start, no crash: it is the same process that loads the new one."""
    node.stop()
    damage(node.lmdb / "data.mdb")
    node.start()
    node.wait_log("the replica was damaged: ")
    rows_are_right(node)
    assert node.process.poll() is None
    assert node.metric("damaged_total") == 1
    assert (node.lmdb / "data.mdb.damaged").exists()


def test_m5_an_empty_file_is_a_new_replica(node):
    node.stop()
    os.truncate(node.lmdb / "data.mdb", 0)
    node.start()
    rows_are_right(node)
    assert node.metric("damaged_total") == 0


def test_m5_one_damaged_file_is_kept(node):
    for _ in range(2):
        node.stop()
        cut(node.lmdb / "data.mdb")
        node.start()
        rows_are_right(node)
    assert sorted(path.name for path in node.lmdb.iterdir()) == [
        "data.mdb", "data.mdb.damaged", "lock.mdb", "suspect", "writer.lock"]


def test_m5_a_file_that_is_cut_while_it_is_mapped(node):
    """The replicator sees it with its next look; a reader that was in it ends with a message, and reports it."""
    with subprocess.Popen([DUMP, "--hold", node.lmdb], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "held\n"
        node.process.send_signal(signal.SIGSTOP)
        os.truncate(node.lmdb / "data.mdb", 2 * PAGE)
        holder.send_signal(signal.SIGUSR1)
        said = holder.communicate(timeout=30)[1]
        assert holder.returncode == 71 and "is damaged" in said, said
    assert (node.lmdb / "suspect").stat().st_size == 1
    assert node.rows() is None  # nor does a new reader die of it
    node.process.send_signal(signal.SIGCONT)
    node.wait_log("the replica was damaged: ", 30)
    rows_are_right(node)
    assert node.process.poll() is None
    wait_for(lambda: (node.lmdb / "suspect").stat().st_size == 0, 30, "the suspicion to be forgotten")


def test_m5_damage_that_only_a_reader_met(node):
    """Noise in pages that the replicator has no reason to look at: a reader's end makes it look."""
    wait_for(lambda: node.metric("connected") == 1, 20, "the connection")
    data = node.lmdb / "data.mdb"
    node.process.send_signal(signal.SIGSTOP)
    noise_everywhere(data)
    with open(node.lmdb / "suspect", "ab") as file:
        file.write(b"!")
    node.process.send_signal(signal.SIGCONT)
    node.wait_log("the replica was damaged: ", 30)
    rows_are_right(node)
    assert node.process.poll() is None


def test_m5_a_wrong_suspicion_costs_nothing(node):
    with open(node.lmdb / "suspect", "ab") as file:
        file.write(b"!")
    node.wait_current(20)
    rows_are_right(node)
    assert node.metric("damaged_total") == 0 and node.metric("reloads_total") == 1


def test_m5_without_a_server_readers_have_no_replica_rather_than_a_wrong_one(node):
    node.stop()
    cut(node.lmdb / "data.mdb")
    assert node.rows() is None
    node.options["database"] += " host=/nonexistent"
    node.start()
    node.wait_log("the replica was damaged: ")
    node.wait_log("cannot connect to the database")
    assert node.rows() is None and node.process.poll() is None


def test_m5_explain_says_what_is_wrong(node):
    node.stop()
    cut(node.lmdb / "data.mdb")
    done = subprocess.run([BUILD / "ctl" / "emailgencyctl", "explain", LAST, "--directory", node.lmdb],
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode > 0 and "is damaged" in done.stdout + done.stderr, done
