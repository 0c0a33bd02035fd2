# SPDX-License-Identifier: BSD-2-Clause
"""emailgencyctl spf: the worker, real DNS and the node's replica."""
import json
import os
import socket
import subprocess
import time

import pytest

from stack import wait_for


@pytest.fixture
def spf(stack):
    """spf(word, ...): what `emailgencyctl spf` prints and its exit code; the DNS is the stack's unless --dns says otherwise."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("EMG_")}

    def run(*words):
        done = subprocess.run([stack.env["EMG_CTL"], "spf", *words], env=environment, capture_output=True, text=True,
                              timeout=60, check=False)
        assert "Sanitizer" not in done.stderr, done.stderr
        return done

    return run


@pytest.fixture
def publish(records, spf):
    """publish(line...) adds records; `name TXT …` of the last one is in force when it returns."""

    def add(*lines):
        records(*lines)
        name = lines[-1].split()[0]
        wait_for(lambda: spf("check", "192.0.2.1", name, f"a@{name}").stdout.split()[0] != "none", 5, f"the record of {name}")

    return add


def check(spf, *words):
    done = spf("check", *words)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def record(spf, *words):
    done = spf("record", "--json", *words)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def wrong(advice):
    return {(finding["severity"], finding["parameter"]) for finding in advice["findings"] if finding["severity"] != "ok"}


def test_check(spf, publish):
    publish("host.check.example A 192.0.2.7", "why.check.example TXT \"%{i} is none of %{d}\"",
            "check.example TXT \"v=spf1 a:host.check.example ip6:2001:db8::/64 ~ip4:198.51.100.0/24 -all exp=why.check.example\"")
    lines = check(spf, "192.0.2.7", "host.check.example", "bob@check.example")
    assert lines[:2] == ["pass", "mechanism    a:host.check.example, in the record of check.example"]
    assert lines[2] == "look-ups     1 of 10 terms, 0 of 2 without an answer, 2 DNS queries"
    assert "trail        host.check.example A: 192.0.2.7" in lines
    assert check(spf, "::ffff:192.0.2.7", "x.example", "<bob@check.example>")[0] == "pass"
    assert check(spf, "2001:db8::1", "x.example", "bob@check.example")[0] == "pass"
    assert check(spf, "198.51.100.1", "x.example", "bob@check.example")[0] == "softfail"
    lines = check(spf, "203.0.113.1", "x.example", "bob@check.example")
    assert lines[0] == "fail"
    assert "explanation  203.0.113.1 is none of check.example" in lines


def test_check_identities(spf, publish):
    publish("helo.check.example TXT \"v=spf1 ip4:192.0.2.7 -all\"")
    for words in [["192.0.2.7", "helo.check.example", ""], ["192.0.2.7", "helo.check.example", "<>"],
                  ["--helo", "192.0.2.7", "helo.check.example"], ["192.0.2.7", "helo.check.example", "a@b.example", "--helo"]]:
        assert check(spf, *words)[0] == "pass", words
    assert check(spf, "192.0.2.7", "helo.check.example", "a@nowhere.check.example")[0] == "none"
    document = json.loads(spf("check", "--json", "192.0.2.8", "helo.check.example", "").stdout)
    assert {name: document[name] for name in ["result", "identity", "client", "helo", "sender", "domain", "mechanism", "problem"]} == {
        "result": "fail", "identity": "mailfrom", "client": "192.0.2.8", "helo": "helo.check.example", "sender": "",
        "domain": "helo.check.example", "mechanism": "-all", "problem": None}
    assert document["trail"][0] == "helo.check.example TXT: v=spf1 ip4:192.0.2.7 -all"


def test_check_of_a_bad_record(spf, publish):
    publish("bad.check.example TXT \"v=spf1 ipv4:192.0.2.7 -all\"")
    done = spf("check", "192.0.2.7", "x.example", "a@bad.check.example")
    assert (done.returncode, done.stdout.split()[0]) == (0, "permerror")
    assert "mechanism    ipv4:192.0.2.7, in the record of bad.check.example\n" in done.stdout


def test_check_without_dns(spf):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        started = time.monotonic()
        done = spf("check", "192.0.2.7", "x.example", "a@b.example", "--dns", f"127.0.0.1:{silent.getsockname()[1]}")
    assert (done.returncode, done.stdout.split()[0]) == (75, "temperror")
    assert time.monotonic() - started < 22


def test_spellings_of_the_server(spf, stack, publish):
    publish("named.check.example TXT \"v=spf1 ip4:192.0.2.7 -all\"")
    host, port = stack.address("EMG_DNS")
    for server in [f"{host}:{port}", f"[::ffff:{host}]:{port}"]:
        assert check(spf, "192.0.2.7", "x.example", "a@named.check.example", "--dns", server)[0] == "pass", server


@pytest.mark.parametrize("words", [
    ["check"], ["check", "192.0.2.1", "x.example"], ["check", "host", "x.example", "a@b.example"],
    ["check", "192.0.2.1", "x.example", "a@b.example", "c"], ["check", "192.0.2.1", "x" * 256, "a@b.example"],
    ["check", "192.0.2.1", "x.example", "a@b.example", "--dns", "127.0.0.1:dns"],
    ["check", "192.0.2.1", "x.example", "a@b.example", "--dns", "127.0.0.1:0"],
    ["check", "192.0.2.1", "x.example", "a@b.example", "--dns", "[::1"],
    ["record"], ["record", "a.example", "b.example"], ["record", "a.example", "--hosts", "host.invalid"],
    ["record", "a.example", "--include", "a b"]])
def test_usage(spf, words):
    done = spf(*words)
    assert (done.returncode, done.stdout) == (64, "")
    assert "emailgencyctl" in done.stderr


def test_no_worker(spf):
    done = spf("check", "192.0.2.1", "x.example", "a@b.example", "--worker", "/nonexistent")
    assert (done.returncode, done.stdout) == (69, "")
    assert "/nonexistent" in done.stderr


def test_record_with_an_include(spf, publish, setting, stack):
    """The rows name our hosts; what is proposed passes once it is published."""
    setting("outgoing_networks", "192.0.2.0/28 2001:db8::25")
    setting("spf_include", "_spf.mail.example")
    publish("customer.example MX 10 mx.customer.example", "mx.customer.example A 198.51.100.7",
            "_spf.mail.example TXT \"v=spf1 ip4:192.0.2.0/28 ip6:2001:db8::25 -all\"",
            "customer.example TXT \"v=spf1 mx -all\"")
    wait_for(lambda: record(spf, "customer.example")["hosts"], 5, "the setting in the replica")
    advice = record(spf, "customer.example")
    assert advice["present"] == "v=spf1 mx -all"
    assert advice["proposed"] == "v=spf1 mx include:_spf.mail.example -all"
    assert [(host["client"], host["result"]) for host in advice["hosts"]] == [
        ("192.0.2.1", "fail"), ("192.0.2.14", "fail"), ("2001:db8::25", "fail")]
    assert wrong(advice) == {("error", host["client"]) for host in advice["hosts"]}
    zones = stack.env["EMG_DNS_ZONES"]
    with open(zones, encoding="utf-8") as file:
        text = file.read()
    with open(zones, "w", encoding="utf-8") as file:
        file.write(text.replace("v=spf1 mx -all", advice["proposed"]))
    wait_for(lambda: record(spf, "customer.example")["present"] == advice["proposed"], 5, "the amended record")
    advice = record(spf, "customer.example")
    assert wrong(advice) == set()
    assert advice["proposed"] == advice["present"]


def test_record_of_nobody(spf, publish):
    publish("_spf.mail.example TXT \"v=spf1 ip4:192.0.2.25 -all\"")
    advice = record(spf, "nobody.example", "--include", "_spf.mail.example")
    assert (advice["present"], advice["proposed"]) == (None, "v=spf1 include:_spf.mail.example mx ~all")
    assert wrong(advice) == {("error", "record")}
    advice = record(spf, "nobody.example", "--include", "_spf.nobody.example", "--hosts", "192.0.2.25")
    assert advice["proposed"] == "v=spf1 ip4:192.0.2.25 mx ~all"
    assert wrong(advice) == {("error", "record"), ("warning", "_spf.nobody.example")}
    text = spf("record", "Nobody.Example", "--hosts", "192.0.2.25").stdout
    assert text.startswith("present   none\nproposed  nobody.example. TXT \"v=spf1 ip4:192.0.2.25 mx ~all\"\n")


def test_record_that_is_wrong(spf, publish):
    publish("two.customer.example TXT \"v=spf1 mx -all\"", "two.customer.example TXT \"v=spf1 a -all\"",
            "open.customer.example TXT \"v=spf1 +all redirect=_spf.mail.example\"",
            "bad.customer.example TXT \"v=spf1 ipv4:192.0.2.1 ptr mx:gone.customer.example -all\"",
            "strings.customer.example TXT \"v=spf1 ip4:198.51\" \".100.7 -all\"")
    advice = record(spf, "two.customer.example", "--hosts", "192.0.2.25")
    assert (advice["present"], sorted(advice["several"])) == (None, ["v=spf1 a -all", "v=spf1 mx -all"])
    assert sorted(advice["proposed"].split()) == ["-all", "a", "ip4:192.0.2.25", "mx", "v=spf1"]
    assert wrong(advice) == {("error", "record")}
    advice = record(spf, "open.customer.example", "--hosts", "192.0.2.25")
    assert advice["proposed"] == "v=spf1 ip4:192.0.2.25 ~all"
    assert wrong(advice) == {("error", "all"), ("warning", "record")}
    advice = record(spf, "bad.customer.example", "--hosts", "192.0.2.25")
    assert advice["proposed"] is None
    assert wrong(advice) == {("error", "record"), ("warning", "record")}
    assert "ip4:192.0.2.1" in [finding.get("write") for finding in advice["findings"]]
    advice = record(spf, "strings.customer.example", "--hosts", "192.0.2.25")
    assert advice["proposed"] == "v=spf1 ip4:198.51.100.7 ip4:192.0.2.25 -all"


def test_record_with_many_terms(spf, publish):
    chain = [f"_{n}.chain.example TXT \"v=spf1 include:_{n + 1}.chain.example ~all\"" for n in range(1, 12)]
    publish(*chain, "_12.chain.example TXT \"v=spf1 -all\"", "many.chain.example TXT \"v=spf1 include:_1.chain.example -all\"",
            "near.chain.example TXT \"v=spf1 include:_4.chain.example -all\"")
    advice = record(spf, "many.chain.example", "--hosts", "192.0.2.25")
    assert wrong(advice) == {("error", "look-ups")}
    assert advice["proposed"] == "v=spf1 ip4:192.0.2.25 include:_1.chain.example -all"
    advice = record(spf, "near.chain.example", "--hosts", "192.0.2.25")
    assert (advice["terms"], wrong(advice)) == (9, {("error", "192.0.2.25"), ("warning", "look-ups")})


def test_record_without_replica(spf):
    done = spf("record", "a.example", "-d", "/nonexistent")
    assert (done.returncode, done.stdout) == (69, "")
    assert "emailgency-replicator" in done.stderr


def test_record_without_dns(spf):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        done = spf("record", "a.example", "--hosts", "192.0.2.1", "--dns", f"127.0.0.1:{silent.getsockname()[1]}")
    assert (done.returncode, done.stdout) == (75, "")
    assert "DNS did not answer" in done.stderr
