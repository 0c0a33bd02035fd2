# SPDX-License-Identifier: BSD-2-Clause
"""An alias domain that a customer claims in the console: edit, TXT record, look-up, and mail to it."""
import random
import re
import string

import pytest

from console_client import Console
from stack import drop_domain, wait_for


@pytest.fixture
def console(stack, running, domain):
    stack.sql("insert into domain_admin (login, domain) values (%s, %s)", stack.env["EMG_CONSOLE_LOGIN"], domain)
    client = Console(stack)
    client.log_in(stack.env["EMG_CONSOLE_LOGIN"], stack.env["EMG_CONSOLE_PASSWORD"])
    return client


@pytest.fixture
def other(stack):
    """Another customer's domain."""
    name = "o" + "".join(random.choices(string.ascii_lowercase, k=10)) + ".example"
    stack.sql("insert into domain (name, plan) values (%s, 'basic')", name)
    yield name
    drop_domain(stack, name)


def test_a_claimed_name_takes_mail_once_dns_proves_it(stack, console, domain, other, ask, in_force, records):
    stack.sql("update domain set greylisting = 'off' where name = %s", domain)
    claimed = "".join(random.choices(string.ascii_lowercase, k=12)) + ".example"
    names, sender = f"/d/{domain}/names", "news@sender.example"
    page = console.submit(names, names + "/claim", alias=claimed.upper())
    assert page.status == 200 and "These names take no mail." in page.text, page
    text = re.search(r"emailgency=[0-9a-f]{32}", page.text)[0]
    assert f"_emailgency.{claimed}." in page.text
    wait_for(lambda: "There is no such record yet." in console.get(names).text, 30, "the look-up without a record")
    assert ask(sender, f"anna@{claimed}").code == 554, "it is no domain of this service"

    # Another customer's claim of the same name is proved by its own token only.
    assert text not in stack.value("select request_alias(%s, %s)", other, claimed)
    records(f'_emailgency.{claimed} TXT "{text}"')
    assert "The next look-up is possible from" in console.submit(names, names + "/check").text
    wait_for(lambda: console.submit(names, names + "/check").status == 200, 60, "the pause between two look-ups")
    in_force("250", sender, f"anna@{claimed}", seconds=30)
    page = console.get(names)
    assert "Not proved yet" not in page.text and claimed in page.text
    assert claimed in console.get(f"/d/{domain}/changes").text
    assert stack.value("select string_agg(domain, ' ') from domain_alias where name = %s", claimed) == domain
    assert stack.value("select string_agg(domain, ' ') from domain_alias_request where name = %s", claimed) == other
    stack.sql("delete from domain_alias_request where name = %s", claimed)


def test_what_cannot_be_claimed_is_said(console, domain, other):
    names = f"/d/{domain}/names"
    for claimed, words in ((other, f"{other} cannot be claimed: it is a name of this service"), (f"mail.{other}", "cannot be claimed"),
                           (domain, f"{domain} is a name of {domain} already."), ("bücher.example", "is no name of a domain")):
        page = console.submit(names, names + "/claim", alias=claimed)
        assert page.status == 422 and words in page.text, page
