# SPDX-License-Identifier: BSD-2-Clause
"""A domain admin with a raw SQL login holds up no neighbour for longer than a second or so."""
import contextlib
import imaplib
import random
import string
import threading
import time

import psycopg
import pytest

from stack import drop_domain, wait_for
from submission import PASSWORD, anna, authenticates  # noqa: F401

COSTLY = "{BLF-CRYPT}$2y$18$" + "x" * 53


class Mallory:
    """A domain admin with a login of her own, and all the time-outs lifted that she can lift."""

    def __init__(self, stack, login, domain):
        self.stack, self.login, self.domain = stack, login, domain

    @contextlib.contextmanager
    def session(self):
        with self.stack.connect() as connection:
            connection.execute(f"set session authorization {self.login}")
            for name in ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"):
                connection.execute(f"set {name} = 0")
            yield connection

    def refused(self, statement, *values):
        with self.session() as connection, pytest.raises(psycopg.Error) as refusal, connection.transaction():
            connection.execute(statement, values or None)
        return str(refusal.value)


@pytest.fixture
def mallory(stack):
    """Her sessions come by the superuser's socket: what counts is the role."""
    name = "mallory" + "".join(random.choices(string.ascii_lowercase, k=8))
    domain = f"{name}.example"
    superuser = stack.env["EMG_PG"].replace("user=operator", "user=postgres")
    before, stack.env["EMG_PG"] = stack.env["EMG_PG"], superuser
    stack.sql("insert into emailgency.domain (name, plan, transport) values (%s, 'basic', %s)", domain, stack.env["EMG_CUSTOMER"])
    stack.sql("insert into emailgency.mailbox (address) values (%s)", f"u@{domain}")
    stack.sql(f"create role {name} login in role emailgency_domain_admin")
    stack.sql(f"alter role {name} set search_path = emailgency")
    stack.sql("insert into emailgency.domain_admin values (%s, %s)", name, domain)
    stack.sql("alter role postgres set search_path = emailgency, public")
    yield Mallory(stack, name, domain)
    stack.sql("select end_admin_sessions(%s)", name)
    drop_domain(stack, domain)
    stack.sql(f"drop role {name}")
    stack.sql("alter role postgres reset search_path")
    stack.env["EMG_PG"] = before


@contextlib.contextmanager
def meanwhile(work):
    """Runs work(stop) beside the test until its end, and fails with what it raised."""
    stop, failures = threading.Event(), []

    def run():
        try:
            work(stop)
        except Exception as failure:  # noqa: BLE001
            failures.append(failure)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    assert not failures, failures[0]


def logs_in(stack, user):
    session = imaplib.IMAP4(*stack.address("EMG_IMAP"), timeout=20)
    try:
        return session.login(user, PASSWORD)[0] == "OK"
    finally:
        session.shutdown()


class Neighbour:
    """Another customer's user: what takes how long beside an attack, against what it takes without one on this machine."""

    def __init__(self, stack, in_force, user):
        self.stack, self.in_force, self.user = stack, in_force, user
        self.domain = user.partition("@")[2]
        self.usual = {}
        self.do_all(self.usual.__setitem__, 20)

    def do_all(self, note, within):
        fresh = f"n{random.randrange(10**9)}@{self.domain}"
        for what, action in (
                ("IMAP log-in", lambda: logs_in(self.stack, self.user)),
                ("SMTP AUTH", lambda: authenticates(self.stack, self.user)),
                ("an edit in force", lambda: self.edit("450 4.3.2", "true", within)),
                ("the next", lambda: self.edit("250", "false", within)),
                ("a new mailbox", lambda: self.run("insert into mailbox (address) values (%s)", fresh)),
                ("a password", lambda: self.run("select set_password(%s, %s)", fresh, PASSWORD)),
                ("a first log-in", lambda: logs_in(self.stack, fresh))):
            started = time.monotonic()
            assert action(), what
            note(what, time.monotonic() - started)

    def run(self, statement, *values):
        self.stack.sql(statement, *values, wait=False)
        return True

    def edit(self, answer, stealth, within):
        self.stack.sql("update domain set stealth = %s where name = %s", stealth, self.domain, wait=False)
        return self.in_force(answer, "a@sender.example", self.user, within)

    def assert_served(self):
        def note(what, seconds):
            bound = 1 + 3 * self.usual[what]
            assert seconds < bound, f"{what} took {seconds:.1f} s, and {self.usual[what]:.1f} s without the attack"

        self.do_all(note, 20)


@pytest.fixture
def neighbour(stack, in_force, anna):  # noqa: F811
    return Neighbour(stack, in_force, anna)


def test_h1_lock_table(stack, mallory, neighbour):
    for mode in ("", "in row exclusive mode", "in share row exclusive mode"):
        for table in ("mailbox", "domain", "whitelist", "alias", "directory_change", "setting"):
            assert "permission denied" in mallory.refused(f"lock table {table} {mode}")
    with mallory.session() as connection, connection.transaction():
        connection.execute("lock table domain in access share mode")
        neighbour.assert_served()


def test_h1_open_transaction_on_her_rows(stack, mallory, neighbour):
    with mallory.session() as connection, connection.transaction():
        connection.execute("select address from mailbox for update")
        connection.execute("select name from domain for update")
        connection.execute("update mailbox set vip = true")
        connection.execute("update domain set stealth = true")
        connection.execute("insert into alias (address, target) values (%s, %s)", (f"i@{mallory.domain}", f"u@{mallory.domain}"))
        neighbour.assert_served()
        stack.sql("update plan set expiry_days = expiry_days where name = 'basic'")


def test_h1_deletes_by_function(stack, mallory):
    with mallory.session() as connection:
        connection.execute("insert into mailbox (address) values (%s)", (f"v@{mallory.domain}",))
        connection.execute("select delete_mailbox(%s)", (f"v@{mallory.domain}",))
    assert stack.value("select count(*) from mailbox where address = %s", f"v@{mallory.domain}") == 0


def test_h2_costly_password_hashes(stack, mallory, neighbour):
    user = f"u@{mallory.domain}"
    for stored in (COSTLY, COSTLY.replace("$18$", "$31$"), "{CRYPT}" + "x" * 1000000, "{SHA512-CRYPT}$6$rounds=999999999$salt$" + "x" * 86,
                   "{PBKDF2}$1$salt$999999999$" + "0" * 40, "{ARGON2ID}$argon2id$v=19$m=1048576,t=99,p=1$" + "x" * 22 + "$" + "x" * 43):
        said = mallory.refused("update mailbox set password = %s where address = %s", stored, user)
        assert "password hash" in said and stored[9:] not in said, said

    # A row from before that has one: she cannot log in, and costs nobody anything.
    stack.sql("alter table mailbox disable trigger mailbox_check_password_update")
    try:
        stack.sql("update mailbox set password = %s where address = %s", COSTLY, user)
    finally:
        stack.sql("alter table mailbox enable trigger mailbox_check_password_update")

    def attack(stop):
        while not stop.is_set():
            with contextlib.suppress(imaplib.IMAP4.error, OSError):
                logs_in(stack, user)

    with meanwhile(attack):
        neighbour.assert_served()


def test_h3_notifications_and_an_idle_listener(stack, mallory, neighbour):
    def attack(stop):
        with mallory.session() as connection:
            for _ in range(50):
                if stop.is_set():
                    break
                connection.execute("select count(pg_notify('x', repeat('x', 7000) || n)) from generate_series(1, 500) n")

    with mallory.session() as listener:
        listener.execute("listen x")
        with listener.transaction():
            listener.execute("select 1")
            with meanwhile(attack):
                neighbour.assert_served()
                wait_for(lambda: stack.value("select pg_notification_queue_usage()") > 0, 10, "notifications in the queue")
            held = stack.sql("select pid from notification_queue_holder('0 s')")
            assert (listener.info.backend_pid,) in held, held
    stack.sql("select deny_sending(%s)", neighbour.user)
    stack.sql("select allow_sending(%s)", neighbour.user)


def test_m1_the_operators_denial_stays(stack, mallory):
    user = f"u@{mallory.domain}"
    for name in (user, mallory.domain):
        with mallory.session() as connection:
            connection.execute("select deny_sending(%s)", (name,))
        stack.sql("select deny_sending(%s)", name)
        assert "denied to" in mallory.refused("select allow_sending(%s)", name)
    assert "denied to" in mallory.refused("select delete_mailbox(%s)", user)
    assert stack.value("select smtp_deny from mailbox where address = %s", user)
    assert stack.value("select smtp_deny from domain where name = %s", mallory.domain)


def test_m4_rows_of_one_customer(stack, mallory, neighbour):
    with mallory.session() as connection:
        connection.execute("insert into whitelist select %s, format('x%%s.example', n) from generate_series(1, 10000) n", (mallory.domain,))
        with pytest.raises(psycopg.Error, match="would have more than the 10000 white list entries"):
            connection.execute("insert into whitelist values (%s, 'y.example')", (mallory.domain,))
        with pytest.raises(psycopg.Error, match="would have more than the 500 targets"):
            connection.execute("insert into alias (address, target) select %s, format('t%%s@x.example', n) from generate_series(1, 501) n",
                               (f"i@{mallory.domain}",))
    neighbour.assert_served()


def test_m7_transport_leads_out(mallory):
    for transport in ("169.254.169.254:80", "10.0.0.1", "[::1]", "localhost", "0.0.0.0", "metadata.google.internal", "x.store.invalid"):
        assert f'transport "{transport}"' in mallory.refused("update domain set transport = %s", transport)
