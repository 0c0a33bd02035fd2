# SPDX-License-Identifier: BSD-2-Clause
"""The console in a real browser: accessibility, both widths, both colour schemes, both languages; the main tasks without JavaScript and by
keyboard."""
import contextlib
import hashlib
import re
import subprocess

import psycopg
import pytest
from selenium.webdriver.common.keys import Keys

from browser import Browser
from stack import wait_for

PUBLIC = ("/login", "/forgot", "/set-password", "/help", "/assistants", "/assistants/mx", "/assistants/spf", "/assistants/client", "/assistants/client?address=anna@{d}&program=apple")
PARTS = ("", "/filter", "/why", "/route", "/names", "/mailboxes", "/mailboxes/new", "/mailboxes/import", "/mailboxes/anna@{d}", "/aliases", "/candidates",
         "/sending", "/queue", "/alerts", "/reports", "/dns", "/changes")
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def customer(stack, domain):
    """The domain with something on each page, of the sample admin."""
    stack.sql("insert into domain_admin (login, domain) values (%s, %s)", stack.env["EMG_CONSOLE_LOGIN"], domain)
    stack.sql("insert into whitelist (domain, entry) values (%s, 'pal.example')", domain)
    stack.sql("insert into alias (address, target) values (%s, %s)", f"sales@{domain}", f"anna@{domain}")
    stack.sql("insert into contact (domain, kind, address) values (%s, 'mail', 'boss@elsewhere.example')", domain)
    stack.sql("insert into mailbox (address, candidate) values (%s, true)", f"new@{domain}")
    stack.sql("select deny_sending(%s)", f"bert@{domain}")
    stack.sql("select watch_account(%s, true)", stack.env["EMG_CONSOLE_LOGIN"])
    yield domain
    stack.sql("select watch_account(%s, false)", stack.env["EMG_CONSOLE_LOGIN"])


@contextlib.contextmanager
def browser(stack, **options):
    shown = Browser(stack, **options)
    try:
        yield shown
    finally:
        shown.close()


@contextlib.contextmanager
def superuser(stack):
    with psycopg.connect(re.sub(r"user=\S+", "user=postgres", stack.env["EMG_PG"]), autocommit=True) as connection:
        connection.execute("set search_path = emailgency")
        yield connection


@pytest.mark.parametrize("language, dark", [("en", False), ("fr", True)])
def test_every_page_can_be_used_by_everybody(stack, customer, language, dark):
    found = []
    with browser(stack, dark=dark, language=language) as shown:
        def look(path):
            for width in (1200, 360):
                shown.open(path, width)
                assert shown.find("html").get_attribute("lang") == language
                found.extend(f"{path} at {width}: {fault}" for fault in shown.faults())
                shown.picture(path.replace(customer, "domain"), f"{width}-{'dark' if dark else 'light'}-{language}")
        for path in PUBLIC:
            look(path.format(d=customer))
        shown.log_in(stack.env["EMG_CONSOLE_LOGIN"], stack.env["EMG_CONSOLE_PASSWORD"])
        for path in ("/", "/account", "/operator", *(f"/d/{customer}{part.format(d=customer)}" for part in PARTS)):
            look(path)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("scripts", [True, False])
def test_stealth_takes_two_clicks_and_its_end_one(stack, customer, ask, scripts):
    with browser(stack, scripts=scripts) as shown:
        shown.log_in(stack.env["EMG_CONSOLE_LOGIN"], stack.env["EMG_CONSOLE_PASSWORD"])
        shown.open(f"/d/{customer}/route")
        shown.find("input[name=stealth]").click()
        shown.press("main form button[type=submit]")
        wait_for(lambda: "1 of 1" in shown.text(), 30, "the edit to be in force")
        assert ask("a@sender.example", f"anna@{customer}").code == 450
        shown.press("#saved form button")
        wait_for(lambda: "1 of 1" in shown.text(), 30, "the undo to be in force")
        assert ask("a@sender.example", f"anna@{customer}").code == 250


def test_by_keyboard_alone(stack, customer):
    with browser(stack) as shown:
        shown.open("/login")
        keys = shown.driver.switch_to.active_element  # the first field has the focus
        keys.send_keys(stack.env["EMG_CONSOLE_LOGIN"], Keys.TAB)
        shown.leave(lambda: shown.driver.switch_to.active_element.send_keys(stack.env["EMG_CONSOLE_PASSWORD"], Keys.ENTER))
        shown.open(f"/d/{customer}/route")
        for _ in range(60):
            focused = shown.driver.switch_to.active_element
            if focused.get_attribute("name") == "stealth":
                break
            focused.send_keys(Keys.TAB)
        focused.send_keys(Keys.SPACE)
        shown.leave(lambda: shown.driver.switch_to.active_element.send_keys(Keys.ENTER))
        assert "Saved." in shown.text()


def test_what_outsiders_write_stays_text(stack, customer):
    stack.sql("update mailbox set quota = 1000 where address = %s", f"anna@{customer}")
    stack.sql("insert into incident (domain, kind, subject, detail) values (%s, 'server', '', %s)", customer, HOSTILE)
    with browser(stack) as shown:
        shown.log_in(stack.env["EMG_CONSOLE_LOGIN"], stack.env["EMG_CONSOLE_PASSWORD"])
        for part in PARTS:
            shown.open(f"/d/{customer}{part.format(d=customer)}")
            assert not shown.driver.find_elements("css selector", "img[src=x]"), part
        shown.open("/operator")
        assert HOSTILE in shown.text() and not shown.driver.find_elements("css selector", "img[src=x]")
        shown.open(f"/d/{customer}/why?sender={HOSTILE}")
        assert not shown.driver.find_elements("css selector", "img[src=x]")
        assert not shown.driver.get_log("browser")


def test_the_right_password_is_never_locked_out(stack, customer):
    """After very many wrong ones a proof of work is asked for, as costly as the login's failures ask."""
    login, password = stack.env["EMG_CONSOLE_LOGIN"], stack.env["EMG_CONSOLE_PASSWORD"]
    with superuser(stack) as connection:
        for _ in range(14):
            connection.execute("select throttle_add(throttle_key('login', %s::text))", [login])
        with browser(stack) as shown:
            shown.log_in(login, password)
            assert shown.driver.find_elements("css selector", "altcha-widget")
            shown.find("input[name=password]").send_keys(password)
            shown.find("altcha-widget input[type=checkbox]").click()
            wait_for(lambda: shown.driver.execute_script("return document.querySelector('input[name=captcha]')?.value"), 120, "the proof")
            shown.press("main form button[type=submit]")
            assert login in shown.text(), shown.text()[:500]
        assert connection.execute("select login_failures from throttle_state(%s::text, '127.0.0.1'::inet)", [login]).fetchone() == (0,)


def test_the_token_of_a_link_is_in_no_log(stack, customer):
    """A browser's Referer has no path, so nginx logs none; the form is sent with its Origin all the same."""
    login, token = f"invited@{customer}.example", hashlib.sha256(customer.encode()).hexdigest()
    stack.sql("insert into account (login) values (%s)", login)
    with superuser(stack) as connection:
        connection.execute("select token_make(sha256(convert_to(%s, 'UTF8')), %s::text, 'set-password', 600)", [token, login])
    with browser(stack) as shown:
        shown.open("/set-password/" + token)
        shown.press("header a[href='/help']")
        shown.open("/set-password/" + token)
        shown.find("input[name=password]").send_keys("Correct horse 4 battery")
        shown.press("main form button")
        assert "The new password is set." in shown.text(), shown.text()[:500]
    logs = [stack.log / name for name in ("nginx-access.log", "nginx.log")]
    assert "GET /help" in logs[0].read_text()
    assert not [log for log in logs if token in log.read_text()]
    stack.sql("delete from account where login = %s", login)


def scanned(shown):
    """The text of the page's QR code, as a camera reads it."""
    read = subprocess.run(["zbarimg", "--quiet", "--raw", "--nodbus", "PNG:-"], input=shown.find("main svg").screenshot_as_png, capture_output=True, check=True)
    return read.stdout.decode().strip()


@pytest.mark.parametrize("dark", [False, True])
def test_a_phone_scans_the_second_factor(stack, dark):
    login, password = stack.env["EMG_CONSOLE_LOGIN"], stack.env["EMG_CONSOLE_PASSWORD"]
    with browser(stack, dark=dark) as shown:
        shown.open("/login?next=/account")
        shown.find("input[name=login]").send_keys(login)
        shown.find("input[name=password]").send_keys(password)
        shown.press("main form button")
        shown.find("form[action='/account/confirm'] input[type=password]").send_keys(password)
        shown.press("form[action='/account/confirm'] button")
        shown.press("form[action='/account/second-factor'] button")
        uri = shown.find("main a[href^='otpauth:']").text
        assert scanned(shown) == uri
        assert shown.find("main code").text.replace(" ", "") in uri
        for width in (1200, 360):
            shown.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600})
            assert not shown.faults()


def test_an_assistant_answers_after_its_captcha(stack):
    with browser(stack) as shown:
        shown.open("/assistants/mx")
        shown.find("input[name=domain]").send_keys("customer.example")
        shown.press("main form button[type=submit]")
        assert not shown.driver.find_elements("css selector", "main code")
        shown.find("altcha-widget input[type=checkbox]").click()
        wait_for(lambda: shown.driver.execute_script("return document.querySelector('input[name=captcha]')?.value"), 120, "the proof")
        shown.press("main form button[type=submit]")
        service = stack.value("select value from setting where name = 'service_domain'")
        assert f"20 customerexample.{service}." in shown.text(), shown.text()[:500]
