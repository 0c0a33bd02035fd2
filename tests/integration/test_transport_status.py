# SPDX-License-Identifier: BSD-2-Clause
"""Contents of domain_status for a domain's admin, by real MX records."""
import psycopg
import pytest

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
