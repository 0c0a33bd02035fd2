# SPDX-License-Identifier: BSD-2-Clause
"""The console end to end, without JavaScript: what is saved there changes what SMTP, submission and IMAP answer."""
import imaplib
import re

import pytest

from console_client import Console
from stack import wait_for
from submission import authenticates

PASSWORD = "Correct horse 4 battery"


@pytest.fixture
def admin(stack, domain):
    """The sample admin, who administers the domain."""
    stack.sql("insert into domain_admin (login, domain) values (%s, %s)", stack.env["EMG_CONSOLE_LOGIN"], domain)
    console = Console(stack)
    page = console.log_in(stack.env["EMG_CONSOLE_LOGIN"], stack.env["EMG_CONSOLE_PASSWORD"])
    assert page.status in (200, 303), page
    return console


def edits(stack, domain):
    return stack.value("select count(*) from audit where domain = %s", domain)


def test_stealth_is_in_force_when_the_page_says_so_and_undone_with_a_click(stack, domain, admin, ask):
    page = admin.submit(f"/d/{domain}/route", stealth="1")
    assert "Saved." in page.text and "1 of 1" in page.text, page
    assert ask("a@sender.example", f"anna@{domain}").code == 450
    undo = next(form for form in page.forms if form.action.endswith("/undo"))
    answer = admin.request("POST", undo.action, undo.fields)
    assert answer.status == 303, answer
    assert "1 of 1" in admin.get(answer.location).text
    assert ask("a@sender.example", f"anna@{domain}").code == 250


def test_a_sender_is_white_listed(stack, domain, admin, ask):
    stack.sql("update domain set greylisting = 'all' where name = %s", domain)
    assert ask("friend@pal.example", f"anna@{domain}", client="198.51.100.77").code == 450
    page = admin.submit(f"/d/{domain}/filter", f"/d/{domain}/filter/entries", entry="pal.example")
    assert "Saved." in page.text, page
    assert ask("friend@pal.example", f"anna@{domain}", client="198.51.100.77").code == 250


def test_a_refusal_of_the_database_keeps_what_was_typed(stack, domain, admin):
    before = edits(stack, domain)
    page = admin.submit(f"/d/{domain}/route", by="host", transport="mail.example.com:0")
    assert page.status == 422 and "mail.example.com:0" in page.text and 'value="mail.example.com:0"' in page.body, page
    assert edits(stack, domain) == before


def test_sending_is_denied_and_allowed(stack, domain, admin):
    user = f"anna@{domain}"
    stack.sql("select set_password(%s, %s)", user, PASSWORD)
    wait_for(lambda: authenticates(stack, user, PASSWORD), 5, "the password")
    page = admin.submit(f"/d/{domain}/sending", f"/d/{domain}/sending/deny", name=user)
    assert "Saved." in page.text, page
    wait_for(lambda: not authenticates(stack, user, PASSWORD), 5, "the denial")
    admin.submit(f"/d/{domain}/sending", f"/d/{domain}/sending/allow", name=user)
    wait_for(lambda: authenticates(stack, user, PASSWORD), 5, "sending again")


def test_another_domain_is_not_there(stack, domain, admin):
    stack.sql("insert into domain (name, plan) values (%s, 'basic')", f"x{domain}")
    try:
        before = edits(stack, f"x{domain}")
        form = admin.get(f"/d/{domain}/route").form(f"/d/{domain}/route")
        for path in ("", "/filter", "/route", "/mailboxes", "/changes", "/queue", "/sending", "/alerts"):
            assert admin.get(f"/d/x{domain}{path}").status == 404
        assert admin.request("POST", f"/d/x{domain}/route", [*form.fields, ("stealth", "1")]).status == 404
        assert edits(stack, f"x{domain}") == before
        assert not stack.value("select stealth from domain where name = %s", f"x{domain}")
    finally:
        stack.sql("delete from domain where name = %s", f"x{domain}")


def test_a_form_of_elsewhere_changes_nothing(stack, domain, admin):
    form = admin.get(f"/d/{domain}/route").form(f"/d/{domain}/route")
    fields, before = [*form.fields, ("stealth", "1")], edits(stack, domain)
    without = [field for field in fields if field[0] != "form_key"]
    for sent, headers in ((without, {}), (fields, {"Origin": "https://evil.example"}), (fields, {"Content-Type": "text/plain"})):
        assert admin.request("POST", form.action, sent, **headers).status == 403
    assert edits(stack, domain) == before


def test_a_user_changes_the_own_password_and_expiry(stack, domain):
    user = f"bert@{domain}"
    stack.sql("select set_password(%s, %s)", user, PASSWORD)
    console = Console(stack)
    page = console.log_in(user, PASSWORD)
    assert page.location == "/me" or page.status == 200, page
    page = console.submit("/me", "/me/expiry", expiry_days="7")
    assert stack.value("select expiry_days from mailbox where address = %s", user) == 7, page
    assert console.get(f"/d/{domain}").status == 404
    fresh = "Another horse 5 battery"
    page = console.submit("/me", "/me/password", current=PASSWORD, new=fresh)
    assert page.status == 200, page

    def reads():
        with imaplib.IMAP4(*stack.address("EMG_IMAP")) as imap:
            try:
                return imap.login(user, fresh)[0] == "OK"
            except imaplib.IMAP4.error:
                return False
    wait_for(reads, 5, "a log-in with the new password")


def test_an_ended_session_is_no_session(stack, domain, admin):
    before = edits(stack, domain)
    form = admin.get(f"/d/{domain}/route").form(f"/d/{domain}/route")
    stack.sql("delete from console_session where login = %s", stack.env["EMG_CONSOLE_LOGIN"])
    assert admin.get(f"/d/{domain}").status in (303, 403, 404)
    assert admin.request("POST", form.action, [*form.fields, ("stealth", "1")]).status in (303, 403, 422)
    assert edits(stack, domain) == before


def test_a_form_that_is_too_large_is_refused_in_words(stack, domain, admin):
    before = edits(stack, domain)
    form = admin.get(f"/d/{domain}/mailboxes/import").form(f"/d/{domain}/mailboxes/import/preview")
    page = admin.request("POST", form.action, [*form.fields, ("csv", "a@example.com,\n" * 20000)])
    assert page.status == 413 and "paste fewer lines at once" in page.text and "Nothing was changed" in page.text, page
    assert edits(stack, domain) == before


def reads(stack, user, password):
    with imaplib.IMAP4(*stack.address("EMG_IMAP")) as imap:
        try:
            return imap.login(user, password)[0] == "OK"
        except imaplib.IMAP4.error:
            return False


def codes_of(page):
    return re.findall(r"<code>([A-Z2-9-]{19})</code>", page.body)


def test_a_one_time_code_sets_the_password_of_a_mailbox(stack, domain, admin):
    """Of a candidate that was promoted, and of a mailbox whose user has forgotten it; each once."""
    user = f"new@{domain}"
    stack.sql("insert into mailbox (address, candidate) values (%s, true)", user)
    (first,) = codes_of(admin.submit(f"/d/{domain}/candidates", f"/d/{domain}/candidates/promote", address=user))
    (second,) = codes_of(admin.submit(f"/d/{domain}/mailboxes/{user}", f"/d/{domain}/mailboxes/{user}/code"))
    visitor = Console(stack)
    for code, password, good in ((first, "Another horse 5 battery", False), (second.lower().replace("-", " "), "Another horse 6 battery", True),
                                 (second, "Another horse 7 battery", False)):
        page = visitor.submit("/set-password", token=code, password=password)
        assert ("The new password is set." in page.text) == good, page
    wait_for(lambda: reads(stack, user, "Another horse 6 battery"), 5, "a log-in with the new password")
