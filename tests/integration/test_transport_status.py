# SPDX-License-Identifier: BSD-2-Clause
"""Contents of domain_status for a domain's admin, by real MX records."""
import pathlib
import re
import subprocess

import psycopg
import pytest

from routing import bounces, look_up, queue, send
from stack import wait_for

OWN_MX = "mx.emailgency.example"


@pytest.fixture
def by_mx(stack, domain):
    stack.sql("update domain set transport = null where name = %s", domain)
    return domain


def status(stack, domain):
    return stack.sql("select problem, detail from domain_status where domain = %s", domain)


def own_mx(records, domain, preference=5):
    records(f"{domain} MX {preference} {OWN_MX}")


def test_best_mx_is_shown_until_the_records_are_mended(stack, by_mx, records):
    assert status(stack, by_mx) == [(None, None)]
    own_mx(records, by_mx)
    wait_for(lambda: status(stack, by_mx) == [("best-mx", OWN_MX)], 15, "the problem")
    assert stack.value("select since <= checked_at and checked_at > now() - interval '1 minute' from domain_status where domain = %s", by_mx)
    records(f"{by_mx} MX 1 mail.customer.example")
    wait_for(lambda: status(stack, by_mx) == [(None, None)], 15, "the end of the problem")


@pytest.fixture
def names_alone(running):
    """The notifier's mx_hosts holds the name of the node, and none of its addresses, as an operator may write it."""
    path = pathlib.Path(running.env["EMG_CONF"]) / "notifier.conf"
    before = path.read_text()

    def restart():
        running.kill("notifier")
        running.start("notifier")

    path.write_text(re.sub(r"^mx_hosts.*$", f'mx_hosts = "{OWN_MX}"', before, flags=re.MULTILINE))
    restart()
    yield
    path.write_text(before)
    restart()


def waits_without_a_bounce(stack, domain, mx, host):
    since = len(stack.mail_log())
    wait_for(lambda: status(stack, domain) == [("best-mx", host)], 30, "the problem")
    wait_for(lambda: "best MX" in look_up(stack, "transport", f"anna@{domain}"), 15, "the route")
    assert send(mx, f"anna@{domain}", f"comes back {domain}").code == 250
    wait_for(lambda: any("best MX" in (recipient.get("delay_reason") or "") for entry in queue(stack, domain)
                         for recipient in entry["recipients"]), 30, "it to wait")
    assert bounces(stack, domain, since) == []


def test_an_alternate_name_as_best_mx_makes_mail_wait(stack, by_mx, records, names_alone, mx):
    """The console tells customers to take this MX."""
    alternate = stack.value("select alternate_name from domain where name = %s", by_mx)
    records(f"{alternate} A {stack.address('EMG_SMTP')[0]}", f"{by_mx} MX 10 {alternate}")
    waits_without_a_bounce(stack, by_mx, mx, alternate)


def test_a_host_of_the_setting_as_best_mx_makes_mail_wait(stack, by_mx, records, names_alone, setting, mx):
    host = f"mx2-{by_mx}"
    setting("mx_hosts", host)
    records(f"{host} A {stack.address('EMG_SMTP')[0]}", f"{by_mx} MX 10 {host}")
    waits_without_a_bounce(stack, by_mx, mx, host)


def test_a_probe_leaves_out_the_alternate_name(stack, by_mx, records, names_alone):
    """This service would answer for the customer's server, which is down."""
    alternate, own = stack.value("select alternate_name from domain where name = %s", by_mx), stack.address("EMG_SMTP")[0]
    down = f"{own.rpartition('.')[0]}.77"
    records(f"{alternate} A {own}", f"down.{by_mx} A {down}", f"{by_mx} MX 10 down.{by_mx}", f"{by_mx} MX 20 {alternate}")
    shown = subprocess.run([stack.env["EMG_CTL"], "probe", by_mx], capture_output=True, text=True, check=False)
    assert shown.returncode == 1, shown
    assert down in shown.stdout and own + "]" not in shown.stdout and alternate not in shown.stdout, shown


def test_a_transport_ends_it_at_once(stack, by_mx, records):
    own_mx(records, by_mx)
    wait_for(lambda: status(stack, by_mx) == [("best-mx", OWN_MX)], 15, "the problem")
    stack.sql("update domain set transport = %s where name = %s", stack.env["EMG_CUSTOMER"], by_mx)
    assert status(stack, by_mx) == [(None, None)]
    wait_for(lambda: stack.value("select count(*) from domain_problem where domain = %s", by_mx) == 0, 15, "the note to be gone too")


def test_what_happened_while_the_database_was_away_is_noted(stack, by_mx, records):
    stack.postgresql("-m", "immediate", "stop")
    try:
        walks = stack.metrics("notifier")["emailgency_notifier_best_mx_walks_total"]
        own_mx(records, by_mx)
        wait_for(lambda: stack.metrics("notifier")["emailgency_notifier_best_mx_walks_total"] > walks + 1, 15, "a walk without a database")
    finally:
        stack.postgresql("start")

    def shown():
        try:
            return status(stack, by_mx) == [("best-mx", OWN_MX)]
        except psycopg.OperationalError:
            return False

    wait_for(shown, 15, "the problem")
