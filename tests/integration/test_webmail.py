# SPDX-License-Identifier: BSD-2-Clause
"""The webmail: Roundcube in a real browser, and what nginx, PHP, Dovecot and Postfix let it do."""
import contextlib
import http.client
import json
import random
import re
import socket
import ssl
import struct
import urllib.parse

import pytest
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from browser import Browser
from stack import wait_for
from store_mail import PASSWORD, dovecot_mail, imap, lmtp
from test_log_in import conf, network

WAIT = 120
MESSAGE = b"""From: friend@pal.test
Subject: Stored for you
Content-Type: text/html

<p>The words of the message.</p><img src="https://tracker.example/seen.png"><link rel="stylesheet" href="https://tracker.example/seen.css">
<script>console.log("ran")</script>
""".replace(b"\n", b"\r\n")


@pytest.fixture
def anna(stack, domain):
    """Two users with a password; anna has mail."""
    for name in ("anna", "bert"):
        stack.sql("select set_password(%s, %s)", f"{name}@{domain}", PASSWORD)
    address = f"anna@{domain}"
    with imap(stack, address) as client:
        client.append("INBOX", None, None, MESSAGE)
    return address


class Webmail(Browser):
    def __init__(self, stack, **options):
        super().__init__(stack, site="EMG_WEBMAIL", **options)
        self.driver.set_page_load_timeout(WAIT)

    def shown(self, selector, seconds=WAIT):
        """The element, once it can be seen."""
        return self.once(lambda: next((element for element in self.driver.find_elements(By.CSS_SELECTOR, selector) if element.is_displayed()), None),
                         selector, seconds)

    def once(self, look, what, seconds=WAIT):
        """The first true value, while the page may change."""
        def looked():
            try:
                return look()
            except WebDriverException:
                return None
        try:
            return wait_for(looked, seconds, what)
        except AssertionError as late:
            raise AssertionError(f"{late}; the page {self.driver.current_url} says {self.text()!r}") from None

    def log_in(self, login, password=PASSWORD):
        self.open("/")
        self.find("#rcmloginuser").send_keys(login)
        self.find("#rcmloginpwd").send_keys(password)
        self.press("#rcmloginsubmit")

    def read(self, subject):
        """Opens the message of the list, and returns its text."""
        def address():
            links = self.driver.find_elements(By.CSS_SELECTOR, "#messagelist tbody .subject a")
            return next((link.get_attribute("href") for link in links if subject in link.text), None)
        self.driver.get(self.once(address, f"a message with the subject {subject}"))
        return self.shown("#messagebody").text

    def compose(self, recipient, subject, sender=None):
        self.open("/?_task=mail&_action=compose")
        self.shown("#compose-subject")
        if sender:
            self.find("#_from").find_element(By.XPATH, f"option[contains(., '{sender}')]").click()
        self.find("#compose_to input, .compose-headers input[role=combobox]").send_keys(recipient, Keys.TAB)
        self.find("#compose-subject").send_keys(subject)
        self.find("#composebody").send_keys("Written in the browser.")
        self.shown("button.send").click()

    def complaints(self):
        """Errors and warnings of the browser's console; hints on style are Roundcube's matter."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]

    def foreign(self):
        """Addresses of other hosts from which the page has loaded anything."""
        loaded = self.driver.execute_script("return performance.getEntriesByType('resource').map(e => e.name)")
        return [name for name in loaded if not name.startswith((self.origin + "/", "data:", "blob:"))]


@contextlib.contextmanager
def webmail(stack, **options):
    shown = Webmail(stack, **options)
    try:
        yield shown
    finally:
        shown.close()


def errors(stack):
    """Lines of Roundcube's and PHP's errors."""
    log = stack.folder / "webmail/log/errors.log"
    return log.read_text(errors="replace").splitlines() if log.exists() else []


def test_mail_is_read_and_sent(stack, anna):
    before, subject = len(errors(stack)), f"From the browser {random.random()}"
    with webmail(stack) as shown:
        shown.log_in(anna)
        assert "The words of the message." in shown.read("Stored for you")
        assert not shown.driver.find_elements(By.CSS_SELECTOR, "#messagebody img[src*=tracker]") and not shown.foreign()
        shown.compose("friend@pal.test", subject)
        sent = wait_for(lambda: stack.customer_has(subject), WAIT, "the message").read_text()
        assert f"From: {anna}" in sent and "Written in the browser." in sent
        shown.once(lambda: "_action=compose" not in shown.driver.current_url, "the end of the composition")
        assert not shown.foreign() and not shown.complaints()
    with imap(stack, anna) as client:
        client.select("Sent")
        assert client.search(None, "SUBJECT", f'"{subject}"')[1] != [b""]
    assert errors(stack)[before:] == []


def test_undelivered_is_subscribed_to_and_read(stack, catchall):
    assert lmtp(stack, f"{'o' * 65}@{catchall}", ident="odd") == [250]
    wait_for(lambda: dovecot_mail(stack, f".undelivered@{catchall}", "Mail") == ["<odd>"], 60, "the mail to be moved to Undelivered")
    folder = "input[name='_subscribed[]'][value='Undelivered/Mail']"
    with webmail(stack) as shown:
        shown.log_in(f"anna@{catchall}")
        shown.once(lambda: shown.find("#mailboxlist a[rel=INBOX]"), "the list of folders")
        assert not shown.driver.find_elements(By.CSS_SELECTOR, "#mailboxlist a[rel='Undelivered/Mail']")
        shown.open("/?_task=settings&_action=folders")
        shown.once(lambda: shown.find(folder), "Undelivered in the list of folders")
        assert not shown.find(folder).is_selected()
        shown.driver.execute_script("arguments[0].click()", shown.find(folder))  # a part of its tree that is folded
        with imap(stack, f"anna@{catchall}") as client:
            wait_for(lambda: "Undelivered/Mail" in str(client.lsub()), WAIT, "the subscription")
        shown.open("/?_task=mail&_mbox=Undelivered%2FMail")
        shown.once(lambda: shown.find("#mailboxlist a[rel='Undelivered/Mail']"), "Undelivered in the list of the mail's folders")
        assert "x" * 70 in shown.read("t")
        assert not shown.complaints()


def test_wrong_log_ins_are_refused(stack, anna):
    with webmail(stack) as shown:
        for login, password in ((anna, "Wrong horse 4 battery"), ("root", "root"), (anna.partition("@")[0], PASSWORD)):
            shown.log_in(login, password)
            assert "Login failed." in shown.driver.page_source, shown.text()  # it is shown for some seconds only
        link = shown.find("#login-form a").get_attribute("href")
        assert link == stack.env["EMG_CONSOLE"] + "/me"
        shown.log_in(anna.upper())
        shown.shown("#messagelist")
    assert "for root " not in (stack.log / "dovecot.log").read_text(errors="replace")


def test_another_sender_is_refused(stack, domain, anna):
    subject = f"In the name of bert {random.random()}"
    with webmail(stack) as shown:
        shown.log_in(anna)
        shown.open("/?_task=settings&_action=add-identity&_framed=1")
        shown.shown("input[name=_email]").send_keys(f"bert@{domain}")
        shown.find("input[name=_name]").send_keys("Bert")
        shown.shown("button.submit, button.save").click()
        shown.once(lambda: "_iid" in shown.driver.page_source and "uccessfully saved" in shown.driver.page_source, "the identity")
        shown.compose("friend@pal.test", subject, sender=f"bert@{domain}")
        shown.once(lambda: "SMTP Error (553)" in shown.text(), "the refusal")
        shown.driver.execute_script("window.onbeforeunload = null")
    assert not stack.customer_has(subject)
    assert re.search(rf"553 5\.7\.1 <bert@{re.escape(domain)}>: Sender address rejected: not owned by user {re.escape(anna)}", stack.mail_log())


class Client:
    """A user of the webmail without a browser, at a loopback address of choice."""

    def __init__(self, stack, address):
        self.host = stack.env["EMG_WEBMAIL"].removeprefix("https://")
        self.context = ssl.create_default_context(cafile=stack.env["EMG_CA"])
        self.address, self.cookies = address, {}

    def ask(self, method, path, fields=None, **headers):
        connection = http.client.HTTPSConnection(self.host, context=self.context, timeout=60, source_address=(self.address, 0))
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if fields:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            connection.request(method, path, urllib.parse.urlencode(fields) if fields else None, headers)
            answer = connection.getresponse()
            text = answer.read().decode(errors="replace")
        finally:
            connection.close()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _, content = value.partition(";")[0].partition("=")
                self.cookies[key] = content
        return answer, text

    def logs_in(self, login, password, **headers):
        token = re.search(r'name="_token" value="([^"]+)"', self.ask("GET", "/")[1])[1]
        answer, text = self.ask("POST", "/?_task=login", {"_token": token, "_task": "login", "_action": "login", "_user": login, "_pass": password}, **headers)
        assert answer.status in (302, 401), f"{answer.status} {text[:500]}"
        return answer.status == 302


def held_up(stack):
    """Log-ins that were delayed or refused, by the reason."""
    found = {name: re.search(r'logins_total{decision="(\w+)"}', name) for name in stack.metrics("policyd")}
    return {match[1]: stack.metrics("policyd")[name] for name, match in found.items() if match and match[1] != "allowed"}


def test_guesses_count_by_the_browsers_address(stack, domain, anna):
    """Whoever guesses a password is refused at the own network; other users of the webmail are not slowed down."""
    guesser, user = network(), network()
    with conf(stack, login_wrong_passwords=4, login_network_failures=10):
        # A header names no other address.
        answers = [Client(stack, f"{guesser}.1").logs_in(anna, f"guess {number}", **{"X-Forwarded-For": f"192.0.2.{number}"}) for number in range(5)]
        assert not any(answers)
        # Dovecot allows a log-in on which policyd does not decide within a second.
        assert not all(Client(stack, f"{guesser}.{host}").logs_in(anna, PASSWORD) for host in (2, 3, 4))
        assert re.search(rf"action=refuse-login reason=wrong_passwords login={re.escape(anna)} client={re.escape(guesser)}", stack.daemon_log("policyd"))
        before = held_up(stack)
        assert before["delayed"] and before["wrong_passwords"]
        assert all(Client(stack, f"{user}.1").logs_in(login, PASSWORD) for login in (anna, f"bert@{domain}"))
        assert held_up(stack) == before
        # Of a client that is no webmail Dovecot takes no address.
        with pytest.raises(AssertionError):
            names_an_address(stack, f"{guesser}.5", f"{user}.1", anna)


def names_an_address(stack, client, other, user):
    """Logs in by IMAP from one address in the name of another."""
    with socket.create_connection(stack.address("EMG_IMAP"), 60, (client, 0)) as connection:
        file = connection.makefile("rwb")
        file.readline()
        for line in (b'i ID ("x-originating-ip" "%s")\r\n' % other.encode(), b'a LOGIN "%s" "%s"\r\n' % (user.encode(), PASSWORD.encode())):
            file.write(line)
            file.flush()
            while (answer := file.readline().decode()).startswith("*"):
                pass
        assert answer.startswith("a OK"), answer


def test_mail_is_read_while_postgresql_is_away(running, anna):
    assert Client(running, "127.0.0.1").logs_in(anna, PASSWORD)
    running.postgresql("-m", "fast", "stop")
    try:
        with webmail(running) as shown:
            shown.log_in(anna)
            assert "The words of the message." in shown.read("Stored for you")
    finally:
        running.postgresql("start")
    # Of a user without an entry in Dovecot's cache.
    wait_for(lambda: Client(running, "127.0.0.1").logs_in(f"bert@{anna.partition('@')[2]}", PASSWORD), WAIT, "log-ins after the outage")


HIDDEN = """/config/config.inc.php /config/ /logs/errors.log /logs/ /temp/ /installer/ /installer/index.php /SQL/sqlite.initial.sql /bin/updatedb.sh
    /program/include/iniset.php /program/lib/Roundcube/rcube.php /program/localization/en_US/labels.inc /program/steps/ /program/actions/
    /plugins/jqueryui/jqueryui.php /plugins/jqueryui/config.inc.php.dist /plugins/ /skins/ /skins/elastic/meta.json /skins/elastic/templates/login.html.php
    /vendor/autoload.php /.htaccess /composer.json /README.md /webmail.db /index.php/config /index.php.bak /static.php /../config/config.inc.php
    /skins/../config/config.inc.php /skins/elastic/..%2f..%2f..%2fconfig/config.inc.php /program/js/%2e%2e/include/iniset.php /program/js/../../installer/index.php
    /skins/elastic/images/favicon.ico/x.php /program/js/app.min.js/index.php /status /ping""".split()


def test_nothing_else_is_served(stack):
    client = Client(stack, "127.0.0.1")
    served = {path: client.ask("GET", path)[0].status for path in HIDDEN}
    assert {path: status for path, status in served.items() if status not in (400, 404)} == {}
    assert client.ask("GET", "/program/js/app.min.js")[0].status == 200
    for path in ("/", "/index.php", "/no-such-page"):
        headers = client.ask("GET", path)[0].headers
        assert headers["Strict-Transport-Security"] and headers["X-Content-Type-Options"] == "nosniff" and "default-src 'none'" in headers["Content-Security-Policy"]
        assert "X-Powered-By" not in headers and headers["Server"] == "nginx"
    plain = http.client.HTTPConnection(re.sub(":.*", "", client.host), timeout=30)
    plain.request("GET", "/?_task=mail")
    answer = plain.getresponse()
    assert (answer.status, answer.headers["Location"]) == (301, stack.env["EMG_WEBMAIL"] + "/?_task=mail")
    plain.close()


def record(kind, content):
    return struct.pack(">BBHHBx", 1, kind, 1, len(content), 0) + content


def php(stack, script):
    """The output of a script that the webmail's pool runs, asked as nginx does (FastCGI)."""
    def pair(name, value):
        return struct.pack(">BI", len(name), len(value) | 1 << 31) + name.encode() + value.encode()
    path = stack.folder / f"webmail/state/temp/{random.randrange(10**9)}.php"
    path.write_text(script, encoding="utf-8")
    path.chmod(0o644)
    parameters = b"".join(pair(name, value) for name, value in {"SCRIPT_FILENAME": str(path), "REQUEST_METHOD": "GET", "GATEWAY_INTERFACE": "CGI/1.1"}.items())
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(60)
            connection.connect(str(stack.folder / "run/webmail.socket"))
            connection.sendall(record(1, struct.pack(">HB5x", 1, 0)) + record(4, parameters) + record(4, b"") + record(5, b""))
            answer, printed = connection.makefile("rb"), b""
            while len(header := answer.read(8)) == 8:
                kind, length, padding = struct.unpack(">xBxxHBx", header)
                content = answer.read(length)
                answer.read(padding)
                printed += content if kind == 6 else b""
    finally:
        path.unlink()
    return printed.partition(b"\r\n\r\n")[2].decode()


def test_php_is_shut_in(stack):
    """Code that runs in the webmail all the same: it reads the webmail's own files, and nothing else."""
    places = {"system": "/etc/passwd", "key": f"{stack.env['EMG_CONF']}/login.key", "conf": f"{stack.env['EMG_CONF']}/policyd.conf", "mail": f"{stack.folder}/mail",
              "own": f"{stack.env['EMG_CONF']}/webmail.php", "url": stack.env["EMG_CONSOLE"] + "/login"}
    found = json.loads(php(stack, f"""<?php
        $found = ['user' => posix_getpwuid(posix_geteuid())['name'], 'programs' => []];
        foreach (json_decode('{json.dumps(places)}', true) as $name => $place)
            $found[$name] = @is_dir($place) || @file_get_contents($place) !== false;
        foreach (['exec', 'system', 'passthru', 'shell_exec', 'popen', 'proc_open', 'pcntl_exec', 'mail', 'dl'] as $function)
            if (function_exists($function)) $found['programs'][] = $function;
        echo json_encode($found);"""))
    assert found == {"user": "emailgency-webmail", "programs": [], "system": False, "key": False, "conf": False, "mail": False, "own": True, "url": False}


def test_the_console_links_to_the_webmail(stack, anna):
    with contextlib.closing(Browser(stack, language="fr")) as shown:
        shown.open("/login")
        assert shown.find("main a[href^='" + stack.env["EMG_WEBMAIL"] + "']").text == "Pour lire votre courrier, allez au webmail."
        shown.log_in(anna, PASSWORD)
        shown.open("/me")
        shown.press("main a[href^='" + stack.env["EMG_WEBMAIL"] + "']")
        assert shown.find("#rcmloginuser") and shown.find("html").get_attribute("lang") == "fr"
