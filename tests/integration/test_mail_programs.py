# SPDX-License-Identifier: BSD-2-Clause
"""Set-up of mail programs through nginx, by the names that they try."""
import http.client
import json
import pathlib
import plistlib
import re
import xml.etree.ElementTree as ElementTree

from console_client import Console

OUTLOOK = "<Autodiscover><Request><EMailAddress>anna@{}</EMailAddress></Request></Autodiscover>"


def test_thunderbird_finds_its_set_up_at_autoconfig(stack, domain):
    console, host = Console(stack), stack.value("select alternate_name from domain where name = %s", domain)
    answers = [console.request("GET", f"/mail/config-v1.1.xml?emailaddress={user}@{domain}", Host=f"autoconfig.{domain}") for user in ("anna", "nobody")]
    assert [answer.status for answer in answers] == [200, 200] and answers[0].body == answers[1].body
    provider = ElementTree.fromstring(answers[0].body).find("emailProvider")
    assert (provider.get("id"), provider.findtext("incomingServer/hostname")) == (domain, host)
    assert console.request("GET", "/.well-known/autoconfig/mail/config-v1.1.xml", Host=f"autoconfig.{domain}").body == answers[0].body
    assert console.request("GET", "/login", Host=f"autoconfig.{domain}").status == 404
    assert console.request("GET", "/mail/config-v1.1.xml", Host="autoconfig.unserved.example").status == 404


def test_outlook_finds_its_set_up_at_autodiscover(stack, domain):
    console, host = Console(stack), stack.value("select alternate_name from domain where name = %s", domain)
    found = console.request("GET", f"/autodiscover/autodiscover.json?Email=anna@{domain}&Protocol=AutodiscoverV1", Host=f"autodiscover.{domain}")
    path = json.loads(found.body)["Url"].removeprefix(console.origin)
    assert path == "/autodiscover/autodiscover.xml"
    for asked, name in ((path, console.host), ("/Autodiscover/Autodiscover.xml", f"autodiscover.{domain}")):
        answer = console.request("POST", asked, body=OUTLOOK.format(domain), Host=name)
        assert answer.status == 200 and f"<Server>{host}</Server>" in answer.body, answer
    hostile = "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>" + OUTLOOK.format(domain)
    assert console.request("POST", path, body=hostile).status == 400


def test_apple_gets_a_profile(stack, domain):
    answer = Console(stack).get(f"/apple.mobileconfig?address=anna@{domain}")
    assert plistlib.loads(answer.body.encode())["PayloadContent"][0]["EmailAddress"] == f"anna@{domain}"


def test_customers_names_need_no_certificate(stack, domain):
    """Without TLS Thunderbird gets its set-up, and nothing else is there; Outlook is led to TLS."""
    conf = (pathlib.Path(stack.env["EMG_CA"]).parent / "emailgency-autoconfig.conf").read_text()
    place = re.search(r"listen ([0-9.:]+);", conf)[1]

    def ask(path, host):
        connection = http.client.HTTPConnection(place, timeout=30)
        connection.request("GET", path, headers={"Host": host})
        answer = connection.getresponse()
        body = answer.read().decode()
        connection.close()
        return answer.status, answer.getheader("Location"), body
    status, _, body = ask("/mail/config-v1.1.xml", f"autoconfig.{domain}")
    assert status == 200 and f"<domain>{domain}</domain>" in body
    assert ask("/login", f"autoconfig.{domain}")[0] == 404
    assert ask("/Autodiscover/Autodiscover.xml", f"autodiscover.{domain}")[:2] == (302, stack.env["EMG_CONSOLE"] + "/Autodiscover/Autodiscover.xml")
