# SPDX-License-Identifier: BSD-2-Clause
"""Locks, full tables and floods of one customer hold up no edit of another."""
import shutil
import tempfile
import time

import psycopg
import pytest
from replica import Cluster, Node, wait_for

MANY = 25_000


@pytest.fixture(scope="module")
def cluster():
    cluster = Cluster()
    yield cluster
    cluster.remove()


@pytest.fixture
def rows(cluster):
    cluster.sql("delete from domain")
    for name in "abcd":
        cluster.sql("insert into domain (name, plan) values (%s, 'premium')", f"{name}.example")
        cluster.sql("insert into mailbox (address) values (%s)", f"user@{name}.example")
    return cluster


@pytest.fixture
def node(rows):
    folder = tempfile.mkdtemp(prefix="emg-node-", dir="/tmp")
    node = Node(rows, folder)
    node.start()
    node.wait_row("mailbox", "user@d.example", 20)
    node.wait_current(20)
    yield node
    if node.process:
        node.stop()
    assert "Sanitizer" not in node.text() and "runtime error" not in node.text(), node.text()
    shutil.rmtree(folder)


def measure(node, statement, kind, key, **columns):
    """Seconds until an edit is in force."""
    node.cluster.sql(statement)
    started = time.monotonic()
    node.wait_row(kind, key, 20, **columns)
    return time.monotonic() - started


def test_h1_a_locked_table_holds_up_no_other(node, rows):
    with rows.connect() as locker:
        locker.execute("update mailbox set vip = true where address = 'user@a.example'")
        with rows.connect() as other:  # a change that the round must read, and the lock of the table
            other.execute("insert into directory_change (kind, key) values ('mailbox', 'user@b.example')")
        locker.execute("lock table mailbox in access exclusive mode")
        rows.sql("insert into directory_change (kind, key) values ('mailbox', 'user@c.example')")
        rows.sql("notify emailgency_directory")
        node.wait_log("a table is locked: .*table=mailbox")
        for number in range(1, 6):
            took = measure(node, f"update domain set stealth = {number % 2 == 1} where name = 'b.example'", "domain", "b.example",
                           stealth="true" if number % 2 else "false")
            assert took < 3, f"edit {number} took {took} s"
        node.wait_log(r"table is locked by a session: .*table=mailbox pid=\d+ login=postgres")
        assert node.metric("kinds_lagging") == 1 and node.metric("failing") == 0
        assert node.has("mailbox", "user@a.example", vip="false")
        locker.commit()
    node.wait_row("mailbox", "user@a.example", vip="true")
    node.wait_log("current again kind=mailbox")
    assert node.metric("kinds_lagging") == 0 and node.metric("reloads_total") == 1


def test_h1_what_changed_while_a_table_was_locked_is_not_lost_by_a_restart(node, rows):
    with rows.connect() as locker:
        locker.execute("update mailbox set vip = true where address = 'user@a.example'")
        locker.execute("lock table mailbox in access exclusive mode")
        rows.sql("insert into directory_change (kind, key) values ('mailbox', 'user@c.example')")
        rows.sql("notify emailgency_directory")
        node.wait_log("a table is locked: .*table=mailbox")
        measure(node, "update domain set stealth = true where name = 'b.example'", "domain", "b.example", stealth="true")
        node.kill()
        node.start()
        measure(node, "update domain set stealth = true where name = 'c.example'", "domain", "c.example", stealth="true")
        locker.commit()
    node.wait_row("mailbox", "user@a.example", vip="true")
    assert node.metric("reloads_total") == 0


def test_h1_a_comparison_of_all_rows_goes_round_a_locked_table(node, rows):
    with rows.connect() as locker:
        locker.execute("update whitelist set entry = entry where false")
        locker.execute("insert into whitelist (domain, entry) values ('a.example', '192.0.2.1')")
        locker.execute("lock table whitelist in access exclusive mode")
        rows.sql("update domain set stealth = true where name = 'b.example'")
        rows.sql("insert into directory_change (kind, key) values ('plan', null)")
        rows.sql("notify emailgency_directory")
        node.wait_log("a table is locked: .*table=whitelist")
        wait_for(lambda: node.metric("reloads_total") == 2, 20, "the comparison of the others")
        assert node.has("domain", "b.example", stealth="true")
        locker.commit()
    node.wait_row("whitelist", "a.example 192.0.2.1")


def test_h1_a_locked_table_at_the_first_load_is_waited_for(rows):
    folder = tempfile.mkdtemp(prefix="emg-node-", dir="/tmp")
    node = Node(rows, folder)
    try:
        with rows.connect() as locker:
            locker.execute("lock table mailbox in access exclusive mode")
            node.start()
            node.wait_log("the table mailbox is locked")
            assert not node.rows("domain")  # no replica with domains and without mailboxes
        node.wait_row("mailbox", "user@d.example")
    finally:
        node.stop()
        shutil.rmtree(folder)


def test_m4_an_edit_of_a_long_white_list_reads_one_row(node, rows):
    rows.sql("""insert into whitelist (domain, entry) select 'a.example', format('w%%s.example', n)
                from generate_series(1, %s::int) n""", 5000)
    node.wait_row("whitelist", "a.example w5000.example", 30)
    rows.sql("insert into whitelist (domain, entry) values ('a.example', 'new.example')")
    node.wait_row("whitelist", "a.example new.example")
    node.wait_log(r"changes applied keys=1 written=1 deleted=0")
    rows.sql("update whitelist set entry = 'other.example' where entry = 'new.example'")
    node.wait_row("whitelist", "a.example other.example")
    node.wait_gone("whitelist", "a.example new.example")
    rows.sql("delete from whitelist where entry = 'w1.example'")
    node.wait_gone("whitelist", "a.example w1.example")
    assert len(node.rows("whitelist")) == 5000
    assert node.metric("reloads_total") == 1


def test_m4_a_change_that_an_older_release_logged(node, rows):
    with rows.connect() as connection:
        connection.execute("set session_replication_role = replica")
        connection.execute("insert into whitelist (domain, entry) values ('b.example', '192.0.2.7')")
        connection.execute("insert into directory_change (kind, key) values ('whitelist', 'b.example')")
    node.wait_row("whitelist", "b.example 192.0.2.7")


def test_m4_very_many_rows_are_read_in_slices(node, rows):
    """A neighbour's edits are in force meanwhile, and the end is equal to the rows."""
    rows.sql("update plan set max_mailboxes = 10000000, max_vips = 10000000 where name = 'premium'")
    rows.sql("""insert into mailbox (address) select format('m%%s@a.example', n) from generate_series(1, %s::int) n""", MANY)
    took = measure(node, "update domain set stealth = true where name = 'b.example'", "domain", "b.example", stealth="true")
    print(f"an edit beside {MANY} rows: {took:.2f} s")
    rows.sql("update mailbox set vip = true where address like 'm%5@a.example'")
    rows.sql("delete from mailbox where address like 'm%7@a.example'")
    node.wait_log("very many rows changed, and are read in slices kind=mailbox")
    ((count, vips),) = rows.sql("select count(*), count(*) filter (where vip) from mailbox")

    def equal():
        found = node.rows("mailbox")
        return len(found) == count and sum(row["vip"] == "true" for row in found.values()) == vips
    wait_for(equal, 60, "all mailboxes")
    wait_for(lambda: node.metric("kinds_lagging") == 0, 30, "the end of it")
    assert node.metric("reloads_total") == 1
    rows.sql("delete from mailbox where address like 'm%@a.example'")
    wait_for(lambda: len(node.rows("mailbox")) == 4, 60, "the end of them")


def test_h3_edits_without_a_notification_are_found(node, rows):
    """As with a notification queue that is full: the trigger keeps silent."""
    with rows.connect() as connection:
        connection.execute("set session_replication_role = replica")
        connection.execute("update domain set stealth = true where name = 'c.example'")
        connection.execute("insert into directory_change (kind, key) values ('domain', 'c.example')")
        connection.execute("insert into whitelist (domain, entry) values ('c.example', '192.0.2.9')")
        connection.execute("insert into directory_change (kind, key) values ('whitelist', 'c.example 192.0.2.9')")
    node.wait_row("domain", "c.example", 5, stealth="true")
    node.wait_row("whitelist", "c.example 192.0.2.9", 5)


@pytest.fixture
def holders(rows):
    """The function of the schema, as far as it is there."""
    ((there,),) = rows.sql("select to_regprocedure('emailgency.notification_queue_holder(interval)') is not null")
    if not there:
        rows.sql("""create function notification_queue_holder(older_than interval default '5 s')
            returns table (pid integer, login text, database text, since timestamptz, queue_usage double precision)
            language sql stable security definer set search_path = emailgency, pg_temp as
            $$ select pid, usename::text, datname::text, xact_start, 0.0 from pg_stat_activity
               where backend_type = 'client backend' and xact_start < clock_timestamp() - older_than $$""")
    yield
    if not there:
        rows.sql("drop function notification_queue_holder(interval)")


def test_h3_who_holds_the_notification_queue_is_told(node, rows, holders):
    assert holders is None
    filler = "select count(pg_notify('noise', n || repeat('x', 7900))) from generate_series(1, 15000) n"
    with rows.connect() as idle, rows.connect() as loud:
        idle.autocommit = loud.autocommit = True
        idle.execute("listen noise")
        idle.execute("begin")
        idle.execute("select 1")
        usage = 0
        deadline = time.monotonic() + 120
        while usage < 0.025:
            assert time.monotonic() < deadline
            loud.execute(filler)
            usage = loud.execute("select pg_notification_queue_usage()").fetchone()[0]
        pid = idle.info.backend_pid
        node.wait_log("the notification queue fills", 30)
        node.wait_log(rf"pg_terminate_backend\({pid}\)", 30)
        assert node.metric("notification_queue_usage") > 0.02
        idle.execute("rollback")


def test_h3_no_connection_left_is_told_with_advice(node, rows):
    held = []
    try:
        node.stop()
        with pytest.raises(psycopg.OperationalError):
            while True:
                held.append(rows.connect())
        node.start()
        node.wait_log("cannot connect to the database.*limit them", 20)
        assert node.has("domain", "a.example")
    finally:
        for connection in held:
            connection.close()
    node.wait_current(20)


def test_h1_time_limits_of_the_session(node, rows):
    assert node.process
    ((found,),) = rows.sql("select count(*) from pg_stat_activity where application_name = 'emailgency-replicator'")
    assert found == 1
    with rows.connect() as locker:
        locker.execute("lock table directory_change in access exclusive mode")
        node.wait_log("the server refuses a statement: canceling statement due to lock timeout", 20)
    node.wait_current(20)
