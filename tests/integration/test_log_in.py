# SPDX-License-Identifier: BSD-2-Clause
"""Guessed passwords: what policyd lets Dovecot do, by IMAP and by Postfix's SASL, for clients of many networks."""
import base64
import contextlib
import os
import random
import re
import signal
import smtplib
import socket
import subprocess
import time
import urllib.error
import urllib.request

import pytest

from smtp import Session
from stack import wait_for
from submission import PASSWORD, anna  # noqa: F401

OK, WRONG, REFUSED = "OK", "wrong", "refused"
REFUSAL = "Too many failed log-ins"


def network():
    """A loopback /24 of its own, away from the stack's; the clients in it are .1 to .254."""
    return f"127.{random.randrange(193, 250)}.{random.randrange(256)}"


def imap(stack, client, user, password):
    with socket.create_connection(stack.address("EMG_IMAP"), 60, (client, 0)) as connection:
        file = connection.makefile("rwb")
        file.readline()
        file.write(b'a login "%s" "%s"\r\n' % (user.encode(), password.encode()))
        file.flush()
        answer = file.readline().decode()
        while answer.startswith("*"):
            answer = file.readline().decode()
    if answer.startswith("a OK"):
        return OK
    return REFUSED if REFUSAL in answer else WRONG if "AUTHENTICATIONFAILED" in answer else answer


def smtp(stack, client, user, password):
    with Session(stack.address("EMG_SUBMISSION"), timeout=60, source_address=(client, 0)) as session:
        plain = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
        code, text = session.docmd("AUTH", f"PLAIN {plain}")
    if code == 235:
        return OK
    return REFUSED if REFUSAL in text.decode() else WRONG if code == 535 else f"{code} {text.decode()}"


WAYS = [imap, smtp]


@contextlib.contextmanager
def conf(stack, **options):
    """policyd with other bounds, by a reload."""
    path = f"{stack.env['EMG_CONF']}/policyd.conf"
    with open(path, encoding="utf-8") as file:
        before = file.read()

    def write(text):
        loads = stack.daemon_log("policyd").count("configuration")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.kill(stack.pid("policyd"), signal.SIGHUP)
        wait_for(lambda: stack.daemon_log("policyd").count("configuration") > loads, 10, "policyd to reload")

    write(before + "".join(f"{name} = {value}\n" for name, value in options.items()))
    try:
        yield
    finally:
        write(before)


def guess(stack, way, client, user, times):
    return [way(stack, client, user, f"guess {random.random()}") for _ in range(times)]


@pytest.mark.parametrize("way", WAYS)
def test_three_errors_cost_nothing(stack, anna, way):
    net = network()
    began = time.monotonic()
    assert guess(stack, way, f"{net}.1", anna, 2) == [WRONG] * 2
    assert way(stack, f"{net}.1", anna, PASSWORD) == OK
    assert guess(stack, way, f"{net}.1", anna, 1) == [WRONG]
    assert way(stack, f"{net}.1", anna, PASSWORD) == OK
    assert time.monotonic() - began < 20


def test_a_network_is_refused_past_the_bound_by_both_ways(stack, anna):
    """The fourth is slowed down, the fifth refused; the right password is as well, from there and from nowhere else."""
    with conf(stack, login_wrong_passwords=4):
        net, other = network(), network()
        assert guess(stack, imap, f"{net}.1", anna, 3) == [WRONG] * 3
        began = time.monotonic()
        assert guess(stack, smtp, f"{net}.2", anna, 1) == [WRONG]
        assert time.monotonic() - began >= 1, "no delay"
        for way in WAYS:
            assert guess(stack, way, f"{net}.3", anna, 1) == [REFUSED]
            assert way(stack, f"{net}.1", anna, PASSWORD) == REFUSED
            assert way(stack, f"{other}.1", anna, PASSWORD) == OK
        assert way(stack, f"{other}.2", anna.upper(), PASSWORD) == OK
    wait_for(lambda: stack.metrics("policyd")['emailgency_policyd_logins_total{decision="wrong_passwords"}'] >= 4, 10, "the count")
    assert re.search(rf"action=refuse-login reason=wrong_passwords login={re.escape(anna)} client={re.escape(net)}", stack.daemon_log("policyd"))


def test_a_refusal_ends(stack, anna):
    with conf(stack, login_wrong_passwords=4, login_window=8):
        net = network()
        assert guess(stack, imap, f"{net}.1", anna, 5) == [WRONG] * 4 + [REFUSED]
        wait_for(lambda: imap(stack, f"{net}.1", anna, PASSWORD) == OK, 30, "the end of the refusal")


def test_an_outdated_password_harms_nobody(stack, anna):
    """A program that keeps trying the same one."""
    with conf(stack, login_wrong_passwords=4):
        net = network()
        assert [imap(stack, f"{net}.1", anna, "outdated") for _ in range(8)] == [WRONG] * 8
        assert imap(stack, f"{net}.1", anna, PASSWORD) == OK


def test_one_network_against_many_addresses(stack, domain, anna):
    """The neighbour who has logged in from there before still does."""
    net, other = network(), network()
    assert imap(stack, f"{net}.9", anna, PASSWORD) == OK
    stack.sql("select set_password(%s, %s)", f"bert@{domain}", PASSWORD)
    with conf(stack, login_network_failures=10):
        answers = [imap(stack, f"{net}.{n + 1}", f"user{n}@{domain}", "guess") for n in range(12)]
        assert answers[:10] == [WRONG] * 10 and answers[11] == REFUSED
        assert smtp(stack, f"{net}.9", anna, PASSWORD) == OK
        assert smtp(stack, f"{net}.8", f"bert@{domain}", PASSWORD) == REFUSED
        assert imap(stack, f"{other}.1", f"bert@{domain}", PASSWORD) == OK


@pytest.mark.parametrize("name", ["anna@{}", "a+b@{}", "Anna@alias-{}"])
@pytest.mark.usefixtures("anna")
def test_many_networks_against_one_address(stack, domain, name):
    """The user is not locked out at home, nor are other users, whatever Dovecot calls the user after the log-in."""
    stack.sql("insert into domain_alias (name, domain) values (%s, %s)", f"alias-{domain}", domain)
    stack.sql("insert into mailbox (address) values (%s)", f"a+b@{domain}")
    stack.sql("select set_password(%s, %s)", f"a+b@{domain}", PASSWORD)
    user = name.format(domain)
    home, attackers = network(), [network() for _ in range(24)]
    assert imap(stack, f"{home}.1", user, PASSWORD) == OK
    stack.sql("select set_password(%s, %s)", f"bert@{domain}", PASSWORD)
    with conf(stack, login_address_failures=10):
        answers = [answer for net in attackers for answer in guess(stack, imap, f"{net}.1", user, 1)]
        assert answers[:10] == [WRONG] * 10 and answers[-1] == REFUSED
        assert imap(stack, f"{attackers[-1]}.1", user, PASSWORD) == REFUSED
        for way in WAYS:
            assert way(stack, f"{home}.1", user, PASSWORD) == OK
            assert way(stack, f"{home}.2", user, PASSWORD) == OK
        assert imap(stack, f"{attackers[-1]}.1", f"bert@{domain}", PASSWORD) == OK


@contextlib.contextmanager
def hangs(stack):
    os.kill(stack.pid("policyd"), signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(stack.pid("policyd"), signal.SIGCONT)


@contextlib.contextmanager
def is_down(stack):
    stack.kill("policyd", signal.SIGTERM)
    try:
        yield
    finally:
        stack.start("policyd")


@pytest.mark.parametrize("fault", [is_down, hangs])
def test_log_ins_work_without_the_policy_server(running, anna, fault):
    net = network()
    with fault(running):
        for way in WAYS:
            began = time.monotonic()
            assert way(running, f"{net}.1", anna, PASSWORD) == OK
            assert time.monotonic() - began < 8
            assert way(running, f"{net}.1", anna, "guess") == WRONG
    assert imap(running, f"{net}.1", anna, PASSWORD) == OK


def test_the_mail_store_is_commanded_all_the_same(stack, anna):
    """doveadm asks for no password, whoever is refused."""
    with conf(stack, login_wrong_passwords=4):
        net = network()
        assert guess(stack, imap, f"{net}.1", anna, 5)[-1] == REFUSED
        done = subprocess.run(["doveadm", "-c", stack.env["EMG_DOVECOT"], "mailbox", "list", "-u", anna], capture_output=True,
                              text=True, timeout=60, check=False)
        assert done.returncode == 0 and "INBOX" in done.stdout, done.stderr


def test_questions_need_the_key(stack):
    url = re.search(r"auth_policy_server_url = (\S+)", open(f"{stack.folder}/dovecot/emailgency-login-key.conf.ext", encoding="ascii").read())[1]
    request = urllib.request.Request(url + "?command=report", b'{"login":"x@y.example","pwhash":"1","remote":"192.0.2.1","success":true}')
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10)
    assert refused.value.code == 403


def test_no_password_in_a_log(stack, anna):
    net, secret = network(), f"Secret{random.randrange(10**9)}"
    for way in WAYS:
        assert way(stack, f"{net}.1", anna, secret) == WRONG
    stack.sql("select set_password(%s, %s)", anna, secret)
    for way in WAYS:
        wait_for(lambda way=way: way(stack, f"{net}.2", anna, secret) == OK, 10, "the password")
    for log in stack.log.glob("*.log"):
        assert secret not in log.read_text(errors="replace"), log
