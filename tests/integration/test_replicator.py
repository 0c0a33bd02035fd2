# SPDX-License-Identifier: BSD-2-Clause
"""The replica follows PostgreSQL through everything that happens to either."""
import shutil
import signal
import subprocess
import tempfile
import time

import pytest
from replica import REPLICATOR, Cluster, Node, wait_for


@pytest.fixture(scope="module")
def cluster():
    cluster = Cluster()
    yield cluster
    cluster.remove()


@pytest.fixture
def rows(cluster):
    """Four domains with mailboxes, and nothing else that tests leave over."""
    cluster.sql("delete from domain")
    for name in "abcd":
        cluster.sql("insert into domain (name, plan) values (%s, 'basic')", f"{name}.example")
        cluster.sql("insert into mailbox (address) values (%s)", f"user@{name}.example")
    return cluster


@pytest.fixture
def node(rows):
    folder = tempfile.mkdtemp(prefix="emg-node-", dir="/tmp")
    node = Node(rows, folder)
    yield node
    if node.process:
        node.stop()
    assert "Sanitizer" not in node.text() and "runtime error" not in node.text(), node.text()
    shutil.rmtree(folder)


def test_loads_all_kinds(node, rows):
    rows.sql("insert into domain_alias (name, domain) values ('alias.example', 'a.example')")
    rows.sql("insert into alias (address, target) values ('info@a.example', 'user@a.example')")
    rows.sql("insert into whitelist (domain, entry) values ('a.example', '192.0.2.0/24'), ('a.example', 'host:.good.example')")
    rows.sql("insert into dnsbl (zone, weight, replies) values ('bl.example', 2, '127.0.0.2-11') on conflict do nothing")
    node.start()
    node.wait_row("mailbox", "user@d.example", domain="d.example", quota="-1")
    found = node.rows()
    assert found["domain", "a.example"]["greylisting"] == "suspicious"
    assert found["domain", "a.example"]["alternate_name"] == "aexample.emailgency.example"
    assert found["domain_alias", "alias.example"]["domain"] == "a.example"
    assert ("alias", "info@a.example user@a.example") in found
    assert ("whitelist", "a.example 192.0.2.0/24") in found
    assert ("whitelist", "a.example host:.good.example") in found
    assert found["dnsbl", "bl.example"]["weight"] == "2"
    assert found["plan", "premium"]["primary_allowed"] == "true"
    assert found["setting", "greylist_delay"]["value"] == "120"
    assert node.metric('rows{kind="domain"}') == 4
    assert node.metric("failing") == 0 and node.metric("connected") == 1


def test_follows_every_change(node, rows):
    node.start()
    node.wait_row("domain", "a.example", stealth="false")
    rows.sql("update domain set stealth = true where name = 'a.example'")
    node.wait_row("domain", "a.example", stealth="true")
    rows.sql("insert into mailbox (address, vip) values ('new@a.example', true)")
    node.wait_row("mailbox", "new@a.example", vip="true")
    rows.sql("delete from mailbox where address = 'new@a.example'")
    node.wait_gone("mailbox", "new@a.example")
    rows.sql("insert into alias (address, target) values ('x@a.example', 'y@b.example'), ('x@a.example', 'z@b.example')")
    node.wait_row("alias", "x@a.example z@b.example")
    rows.sql("delete from alias where target = 'y@b.example'")
    node.wait_gone("alias", "x@a.example y@b.example")
    assert node.has("alias", "x@a.example z@b.example")
    rows.sql("delete from domain where name = 'b.example'")
    node.wait_gone("mailbox", "user@b.example")
    assert node.metric("reloads_total") == 1


def test_an_edit_is_in_force_within_a_second(node, rows):
    node.start()
    node.wait_row("domain", "a.example")
    started = time.monotonic()
    rows.sql("update domain set stealth = true where name = 'a.example'")
    node.wait_row("domain", "a.example", seconds=1, stealth="true")
    assert time.monotonic() - started < 1


def test_an_edit_is_known_to_be_in_force(node, rows):
    def in_force():
        return dict(rows.sql("select node, in_force from in_force()"))

    rows.sql("delete from node_position")
    node.start(node="mx1")
    node.wait_row("domain", "a.example")
    with tempfile.TemporaryDirectory(prefix="emg-node-", dir="/tmp") as folder:
        other = Node(rows, folder).start(node="mx2")
        other.wait_row("domain", "a.example")
        rows.sql("update domain set stealth = true where name = 'a.example'")
        wait_for(lambda: in_force() == {"mx1": True, "mx2": True}, what="both nodes")
        assert node.has("domain", "a.example", stealth="true") and other.has("domain", "a.example", stealth="true")
        other.process.send_signal(signal.SIGSTOP)
        rows.sql("update domain set stealth = false where name = 'a.example'")
        wait_for(lambda: in_force() == {"mx1": True, "mx2": False}, what="the node that runs")
        assert other.has("domain", "a.example", stealth="true")
        other.process.send_signal(signal.SIGCONT)
        wait_for(lambda: in_force() == {"mx1": True, "mx2": True}, what="both nodes again")
        assert other.has("domain", "a.example", stealth="false")
        other.stop()
    # An edit that changes no row of a replica; and a replicator that is restarted.
    rows.sql("update mailbox set password = '{SSHA}MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkw' where address = 'user@a.example'")
    wait_for(lambda: in_force()["mx1"], what="an edit without a row")
    node.kill()
    rows.sql("delete from node_position")
    rows.sql("update domain set stealth = true where name = 'a.example'")
    node.start()
    wait_for(lambda: in_force() == {"mx1": True}, what="the position after a restart")


def test_a_poll_finds_what_no_notification_told(node, rows):
    node.start()
    node.wait_row("domain", "a.example")
    with rows.connect() as connection:
        connection.execute("set session_replication_role = replica")  # no triggers: no log, no NOTIFY
        connection.execute("update domain set stealth = true where name = 'a.example'")
        connection.execute("insert into directory_change (kind, key) values ('domain', 'a.example')")
    node.wait_row("domain", "a.example", seconds=3, stealth="true")


def test_resumes_where_it_stood(node, rows):
    node.start()
    node.wait_row("domain", "a.example")
    node.wait_current()
    node.stop()
    rows.sql("update domain set stealth = true where name = 'b.example'")
    node.start()
    node.wait_row("domain", "b.example", stealth="true")
    assert node.metric("reloads_total") == 0


def test_catches_up_after_the_server_was_away(node, rows):
    node.start()
    node.wait_row("domain", "a.example")
    rows.stop()
    assert node.has("domain", "a.example")  # the replica serves on
    wait_for(lambda: node.metric("connected") == 0, what="the loss to be seen")
    rows.start()
    rows.sql("update domain set stealth = true where name = 'c.example'")
    node.wait_row("domain", "c.example", seconds=20, stealth="true")
    assert node.metric("reloads_total") == 1  # a clean restart loses nothing, so no comparison of all rows


def test_compares_all_rows_after_a_crash_of_the_server(node, rows):
    node.start()
    node.wait_row("domain", "a.example")
    rows.kill()
    rows.restart_after_kill()
    rows.sql("update domain set stealth = true where name = 'd.example'")
    node.wait_row("domain", "d.example", seconds=20, stealth="true")
    node.wait_log("has crashed")


def test_a_late_commit_is_not_missed(node, rows):
    node.start()
    node.wait_row("domain", "a.example")
    with rows.connect() as early, rows.connect() as long:
        long.execute("select pg_current_xact_id()")  # holds xmin back all the time
        early.execute("update domain set stealth = true where name = 'a.example'")
        rows.sql("update domain set stealth = true where name = 'b.example'")
        node.wait_row("domain", "b.example", stealth="true")  # the open ones delay nobody
        node.wait_current()
        assert node.has("domain", "a.example", stealth="false")
        early.commit()
        node.wait_row("domain", "a.example", seconds=2, stealth="true")
        long.execute("update domain set stealth = true where name = 'c.example'")
        node.wait_current()
        node.stop()  # it may also be open over a restart
        long.commit()
    node.start()
    node.wait_row("domain", "c.example", stealth="true")
    assert node.metric("reloads_total") == 0


def test_many_interleaved_transactions(node, rows):
    """Random commits, rollbacks and overlaps end in equality."""
    node.start()
    # Of one domain sessions add aliases one after the other, since they are counted.
    rows.sql("insert into domain (name, plan) select format('d%s.example', n), 'basic' from generate_series(0, 119) as n")
    node.wait_row("domain", "d119.example")
    open_ones = []
    for number in range(120):
        connection = rows.connect()
        connection.execute("insert into alias (address, target) values (%s, 'user@a.example')", (f"u@d{number}.example",))
        open_ones.append(connection)
        if len(open_ones) > 8:
            chosen = open_ones.pop((number * 7) % 8)
            chosen.rollback() if number % 5 == 0 else chosen.commit()
            chosen.close()
    for connection in reversed(open_ones):
        connection.commit()
        connection.close()
    node.wait_current()
    wanted = {("alias", f"{address} user@a.example") for (address,) in rows.sql("select address from alias")}
    assert len(wanted) > 90 and set(node.rows("alias")) == wanted
    assert node.metric("reloads_total") == 1


def test_a_pruned_gap_is_a_reload(node, rows):
    node.start()
    node.wait_row("domain", "a.example")
    node.stop()
    rows.sql("update domain set stealth = true where name = 'a.example'")
    rows.sql("select prune_directory_change('0 seconds')")
    node.start()
    node.wait_row("domain", "a.example", stealth="true")
    node.wait_log("pruned")


def test_truncate_empties_a_kind(node, rows):
    rows.sql("insert into whitelist (domain, entry) values ('a.example', 'good.example')")
    node.start()
    node.wait_row("whitelist", "a.example good.example")
    rows.sql("truncate whitelist")
    node.wait_gone("whitelist", "a.example good.example")
    assert node.has("domain", "a.example")


def test_a_reload_that_drops_most_domains_waits_for_confirmation(node, rows):
    node.start()
    node.wait_row("domain", "a.example")
    node.stop()
    rows.sql("delete from domain where name <> 'd.example'")
    rows.sql("select prune_directory_change('0 seconds')")
    node.start()
    node.wait_log(r"would drop 3 of 4 domains.*confirm_reload\(\)")
    assert node.has("domain", "a.example") and node.metric("refused_reloads_total") == 1
    assert node.metric("failing") == 1
    rows.sql("select confirm_reload()")
    node.wait_gone("domain", "a.example")
    assert node.has("domain", "d.example")
    node.wait_log("current again")


def crash(cluster):
    cluster.stop("immediate")
    cluster.start()


def test_deletions_before_a_crash_need_no_confirmation(node, rows):
    """The comparison of all rows after it would drop most domains, but the change log says that somebody deleted them."""
    node.start()
    node.wait_row("domain", "a.example")
    node.stop()
    rows.sql("delete from domain where name <> 'd.example'")
    crash(rows)
    node.start()
    node.wait_gone("domain", "a.example")
    node.wait_log("has crashed")
    assert node.has("domain", "d.example") and node.has("mailbox", "user@d.example")
    assert not node.has("mailbox", "user@a.example")
    assert node.metric("refused_reloads_total") == 0


def test_rows_lost_before_a_crash_wait_for_confirmation(node, rows):
    """One domain was deleted, but all of them are gone."""
    node.start()
    node.wait_row("domain", "a.example")
    node.stop()
    rows.sql("delete from domain where name = 'a.example'")
    rows.sql("truncate domain cascade")
    crash(rows)
    node.start()
    node.wait_log("would drop 4 of 4 domains")
    assert node.has("domain", "a.example")


def test_a_confirmation_counts_once(node, rows):
    node.start()
    node.wait_row("domain", "a.example")
    for _ in range(2):
        rows.sql("select confirm_reload()")
        rows.sql("truncate domain cascade")
        node.wait_gone("domain", "a.example")
        rows.sql("insert into domain (name, plan) values ('a.example', 'basic'), ('b.example', 'basic')")
        node.wait_row("domain", "b.example")
    rows.sql("truncate domain cascade")
    node.wait_log("would drop 2 of 2 domains")
    assert node.has("domain", "a.example")


def test_bad_rows_are_skipped_and_reported(node, rows):
    node.start()
    node.wait_row("domain", "a.example", transport="")
    with rows.connect() as connection:  # bypassing the constraints
        connection.execute("alter table domain drop constraint domain_transport_malformed")
        connection.execute("alter table mailbox drop constraint mailbox_address_malformed")
        connection.execute("set session_replication_role = replica")
        connection.execute("update domain set transport = '[mail', stealth = true where name = 'a.example'")
        connection.execute("insert into mailbox (address, domain) values ('UPPER@a.example', 'a.example')")
        connection.execute("update domain set stealth = true where name = 'b.example'")
        connection.execute("insert into directory_change (kind, key) values ('domain', 'a.example'), ('domain', 'b.example'), "
                           "('mailbox', 'UPPER@a.example')")
    try:
        node.wait_row("domain", "b.example", stealth="true")
        node.wait_log(r"invalid row skipped.*kind=domain key=a\.example reason=\"column transport")
        node.wait_log(r"invalid row skipped.*kind=mailbox key=UPPER@a\.example")
        assert node.has("domain", "a.example", stealth="false", transport="")
        assert node.metric("bad_rows_total") == 2
        node.stop()
        node.start()  # nor does a full load stumble over them
        shutil.rmtree(node.lmdb)
        node.wait_row("domain", "b.example", stealth="true")
        assert ("domain", "a.example") not in node.rows("domain")
    finally:
        with rows.connect() as connection:
            connection.execute("set session_replication_role = replica")
            connection.execute("delete from mailbox where address = 'UPPER@a.example'")
            connection.execute("update domain set transport = null")
            connection.execute("alter table domain add constraint domain_transport_malformed check (accept(transport_fault(transport)))")
            connection.execute("alter table mailbox add constraint mailbox_address_malformed check (accept(address_fault(address)))")


def test_another_schema_is_refused_and_the_replica_kept(node, rows):
    node.start()
    node.wait_row("domain", "a.example")
    ((version, name),) = rows.sql("select version, name from schema_migration order by version desc limit 1")
    rows.sql("delete from schema_migration where version = %s", version)
    try:
        rows.sql("update domain set stealth = true where name = 'a.example'")
        node.wait_log(rf"lacks migration {version} \({name}\).*run emailgency-migrate")
        assert node.has("domain", "a.example", stealth="false")
    finally:
        rows.sql("insert into schema_migration (version, name) values (%s, %s)", version, name)
    node.wait_row("domain", "a.example", stealth="true")
    rows.sql("insert into schema_migration (version, name) values (%s, 'future')", version + 1)
    try:
        node.wait_log(f"has migration {version + 1}, and this release ends at {version}")
    finally:
        rows.sql("delete from schema_migration where version = %s", version + 1)


def test_a_second_replicator_is_refused(node):
    node.start()
    node.wait_row("domain", "a.example")
    node.options["metrics"] = ""
    node.write_conf()
    second = subprocess.run([REPLICATOR, "-c", node.conf], capture_output=True, text=True, timeout=20, check=False)
    assert second.returncode == 71 and "another" in second.stderr, second.stderr
    assert node.has("domain", "a.example")


@pytest.mark.parametrize("line, expected", [
    ("directry = /tmp", "directry"),
    ("poll_interval = 0", "poll_interval"),
    ("directory = relative", "absolute path"),
    ("database_password_file = /nonexistent", "/nonexistent"),
])
def test_a_bad_configuration_is_refused(node, line, expected):
    del node.options["directory" if line.startswith("directory") else "poll_interval"]
    node.write_conf()
    with open(node.conf, "a", encoding="utf-8") as conf:
        conf.write(line + "\n")
    done = subprocess.run([REPLICATOR, "-c", node.conf], capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 78 and expected in done.stderr, done.stderr
