# SPDX-License-Identifier: BSD-2-Clause
"""One stack for all tests, and a customer's domain of its own for each."""
import os
import random
import string
import sys
import time

import dns.resolver
import psycopg
import pytest

sys.path.insert(0, os.path.dirname(__file__))

import store_mail  # noqa: E402
from smtp import Session  # noqa: E402
from stack import DAEMONS, Stack, drop_domain, new_folder, quickstart, wait_for  # noqa: E402

SANITIZER_REPORTS = ("AddressSanitizer", "LeakSanitizer", "ThreadSanitizer", "runtime error:")


@pytest.fixture(scope="session")
def stack():
    """EMG_STACK names a running quickstart's folder to use instead; it is left running."""
    running = os.environ.get("EMG_STACK")
    if running:
        yield Stack(running)
        return
    folder = new_folder()
    quickstart(folder, "--no-install", "--no-tour")
    stack = Stack(folder)
    yield stack
    reports = [f"{log.name}: {line}" for log in stack.log.glob("*.log") for line in log.read_text(errors="replace").splitlines()
               if any(report in line for report in SANITIZER_REPORTS)]
    if reports:
        quickstart(folder, "--down")
        pytest.fail("\n".join(reports[:20]) + f"\n(logs stay in {stack.log})")
    stack.remove()


@pytest.fixture
def running(stack):
    """Whatever a test killed runs again afterwards."""
    yield stack
    try:
        stack.sql("select 1")
    except psycopg.OperationalError:
        stack.postgresql("start")
    for daemon in DAEMONS:
        if not (stack.pid(daemon) and stack.alive(stack.pid(daemon))):
            stack.start(daemon)


@pytest.fixture
def domain(stack):
    """A new backup domain with greylisting off and two mailboxes, in force; gone afterwards."""
    name = "d" + "".join(random.choices(string.ascii_lowercase, k=10)) + ".example"
    stack.sql("""insert into domain (name, plan, greylisting, verify_recipients, transport)
                 values (%s, 'basic', 'off', false, %s)""", name, stack.env["EMG_CUSTOMER"])
    stack.sql("insert into mailbox (address) values (%s), (%s)", f"anna@{name}", f"bert@{name}")
    yield name
    drop_domain(stack, name)


@pytest.fixture
def catchall(stack, domain):
    """The domain takes mail to any address, and one mailbox reads Undelivered."""
    stack.sql("update domain set catchall = true, spf = 'off' where name = %s", domain)
    stack.sql("update mailbox set reads_undelivered = true where address = %s", f"anna@{domain}")
    stack.sql("select set_password(%s, %s)", f"anna@{domain}", store_mail.PASSWORD)
    stack.sql("insert into setting (name, value) values ('tidy_interval', '5') on conflict (name) do update set value = '5'")
    yield domain
    stack.sql("delete from setting where name = 'tidy_interval'")


@pytest.fixture
def mx(stack):
    """mx(client, name) opens a session with the MX as that client; all are closed at the end."""
    sessions = []

    def connect(client="192.0.2.10", name="mail.sender.example"):
        sessions.append(Session(stack.address("EMG_SMTP"), client, name))
        return sessions[-1]

    yield connect
    for session in sessions:
        session.close()


@pytest.fixture
def ask(stack, mx):
    """ask(sender, recipient, client, name): the reply to RCPT of a session of its own."""

    def envelope(sender, recipient, **client):
        with mx(**client) as session:
            return session.envelope(sender, recipient)

    return envelope


@pytest.fixture
def setting(stack):
    """setting(name, value) changes a setting until the end of the test."""
    before = {}

    def change(name, value):
        before.setdefault(name, stack.value("select value from setting where name = %s", name))
        stack.sql("update setting set value = %s where name = %s", str(value), name)

    yield change
    for name, value in before.items():
        stack.sql("update setting set value = %s where name = %s", value, name)


@pytest.fixture
def resolver(stack):
    """Asks the stack's DNS server."""
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = [stack.address("EMG_DNS")[0]]
    resolver.port = stack.address("EMG_DNS")[1]
    resolver.lifetime = 2
    return resolver


def resolve(resolver, name, kind="A"):
    try:
        return [str(record) for record in resolver.resolve(name, kind)]
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []


@pytest.fixture
def records(stack, resolver):
    """records(line...) adds resource records until the end of the test, and returns once they are served. wait=False is for
    lines that the server refuses."""
    path = stack.env["EMG_DNS_ZONES"]
    with open(path, encoding="utf-8") as file:
        before = file.read()

    def add(*lines, wait=True):
        last = f"marker-{time.monotonic_ns()}.test"
        with open(path, "a", encoding="utf-8") as file:
            file.write("".join(line + "\n" for line in (*lines, f"{last} A 192.0.2.1")))
        if wait:
            wait_for(lambda: resolve(resolver, last), 10, "the records to be served")

    yield add
    with open(path, "w", encoding="utf-8") as file:
        file.write(before)


@pytest.fixture
def in_force(ask):
    """in_force(pattern, ...): asks until the reply starts with it; a row has to be in force within a second."""

    def until(expected, sender, recipient, seconds=1.0, **client):
        last = []

        def matches():
            last[:] = [ask(sender, recipient, **client)]
            return str(last[0]).startswith(expected) and last[0]

        try:
            return wait_for(matches, seconds, expected)
        except AssertionError:
            raise AssertionError(f"expected {expected} within {seconds} s, got {last[0]}") from None

    return until
