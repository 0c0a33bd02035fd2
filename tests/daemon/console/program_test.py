# SPDX-License-Identifier: BSD-2-Clause
"""Set-up of mail programs by emailgency-console: the answer to each program, which does not depend on a mailbox."""
import json
import plistlib
import subprocess
import unittest
import urllib.parse
import xml.etree.ElementTree as ElementTree

from console_case import ConsoleCase, UnixConnection
from daemon_process import psql

HOST = "aexample.emailgency.example"
RESPONSE = "{http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a}"
HOSTILE = "\"<script>alert(1)</script>&x;\"@a.example"


def outlook(address):
    return ("<?xml version=\"1.0\" encoding=\"utf-8\"?><Autodiscover xmlns=\"http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006\">"
            f"<Request><EMailAddress>{address}</EMailAddress></Request></Autodiscover>")


class ProgramTest(ConsoleCase):
    def thunderbird(self, address="u@a.example", host=None):
        return self.get("/mail/config-v1.1.xml" + ("?" + urllib.parse.urlencode({"emailaddress": address}) if address else ""), **({"Host": host} if host else {}))

    def apple(self, address):
        return self.get("/apple.mobileconfig?" + urllib.parse.urlencode({"address": address}))

    def autodiscover(self, body, path="/autodiscover/autodiscover.xml"):
        return self.ask("POST", path, body=body, Content_Type="text/xml")

    def test_thunderbird(self):
        self.start()
        answer = self.thunderbird()
        self.assertEqual((answer.status, answer.headers["Content-Type"]), (200, "text/xml; charset=utf-8"))
        self.assertTrue(answer.text.startswith("<?xml"))
        provider = ElementTree.fromstring(answer.text).find("emailProvider")
        self.assertEqual([server.findtext(part) for server in provider.findall("incomingServer") for part in ("hostname", "port", "socketType", "username")],
                         [HOST, "993", "SSL", "%EMAILADDRESS%"])
        self.assertEqual([server.findtext(part) for server in provider.findall("outgoingServer") for part in ("hostname", "port", "socketType")], [HOST, "587", "STARTTLS"])
        self.assertEqual(self.get("/.well-known/autoconfig/mail/config-v1.1.xml?emailaddress=u@a.example").text, answer.text)

    def test_port_465_where_it_is_served(self):
        self.start(submissions="yes")
        self.assertEqual([server.findtext("port") for server in ElementTree.fromstring(self.thunderbird().text).iter("outgoingServer")], ["465", "587"])
        self.assertEqual([port.text for port in ElementTree.fromstring(self.autodiscover(outlook("u@a.example")).text).iter(RESPONSE + "Port")], ["993", "465"])
        self.assertEqual(plistlib.loads(self.apple("u@a.example").text.encode())["PayloadContent"][0]["OutgoingMailServerPortNumber"], 465)

    def test_the_host_names_the_domain(self):
        self.start()
        psql("insert into domain_alias values ('alias.example', 'a.example')")
        for host in ("autoconfig.a.example", "AUTOCONFIG.A.example:443", "a.example", "autoconfig." + HOST, "autoconfig.alias.example"):
            answer = self.thunderbird(None, host)
            self.assertEqual(answer.status, 200, host)
            self.assertIn(HOST, answer.text)
        # Thunderbird asks the host of the MX for the customer's domain.
        self.assertIn(HOST, self.thunderbird("u@a.example", "autoconfig.emailgency.example").text)
        self.assertEqual(self.thunderbird(None, "console.example").status, 404)
        self.assertEqual(self.thunderbird(None, "[::1]").status, 400)

    def test_an_answer_says_nothing_of_a_mailbox(self):
        self.start()
        self.assertEqual(self.thunderbird("u@a.example").text, self.thunderbird("nobody@a.example").text)
        for ask in (lambda address: self.autodiscover(outlook(address)), self.apple):
            known, unknown = ask("u@a.example"), ask("x@a.example")
            self.assertEqual((known.status, unknown.status), (200, 200))
            self.assertEqual(sorted(known.headers.keys()), sorted(unknown.headers.keys()))
            self.assertEqual(len(known.text), len(unknown.text))
        for answer in (self.thunderbird("u@other.example"), self.autodiscover(outlook("u@other.example")), self.apple("u@other.example"),
                       self.get("/autodiscover/autodiscover.json?Protocol=AutodiscoverV1&Email=u@other.example")):
            self.assertEqual(answer.status, 404)
        self.assertIn("<ErrorCode>500</ErrorCode>", self.autodiscover(outlook("u@other.example")).text)

    def test_a_domain_without_a_host_is_not_served(self):
        self.start()
        psql("update setting set value = '' where name = 'service_domain'")
        self.addCleanup(psql, "update setting set value = 'emailgency.example' where name = 'service_domain'")
        psql("insert into domain (name, plan) values ('bare.example', 'basic')")
        self.assertEqual(psql("select alternate_name is null from domain where name = 'bare.example'"), "t")
        self.assertEqual(self.thunderbird("u@bare.example").status, 404)

    def test_outlook(self):
        self.start()
        for path in ("/autodiscover/autodiscover.xml", "/Autodiscover/Autodiscover.xml", "/AutoDiscover/AutoDiscover.XML"):
            answer = self.autodiscover(outlook("U@A.example"), path)
            self.assertEqual((answer.status, answer.headers["Content-Type"]), (200, "text/xml; charset=utf-8"))
            protocols = ElementTree.fromstring(answer.text).iter(RESPONSE + "Protocol")
            self.assertEqual([[protocol.findtext(RESPONSE + part) for part in ("Type", "Server", "Port", "LoginName")] for protocol in protocols],
                             [["IMAP", HOST, "993", "u@a.example"], ["SMTP", HOST, "587", "u@a.example"]])
            self.assertIn("<ErrorCode>600</ErrorCode>", self.get(path).text)

    def test_outlook_by_json(self):
        self.start()
        for path in ("/autodiscover/autodiscover.json?Email=u%40a.example&Protocol=Autodiscoverv1", "/AutoDiscover/AutoDiscover.json/v1.0/u%40a.example?protocol=AutodiscoverV1"):
            answer = self.get(path)
            self.assertEqual((answer.status, answer.headers["Content-Type"]), (200, "application/json"))
            self.assertEqual(json.loads(answer.text), {"Protocol": "AutodiscoverV1", "Url": "https://console.example/autodiscover/autodiscover.xml"})
        answer = self.get("/autodiscover/autodiscover.json?Email=u%40a.example&Protocol=ActiveSync")
        self.assertEqual((answer.status, json.loads(answer.text)["ErrorCode"]), (400, "InvalidProtocol"))

    def test_hostile_bodies(self):
        self.start()
        for body in ("", "x", "<", "<EMailAddress>", "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><EMailAddress>&x;@a.example</EMailAddress>",
                     "<!DOCTYPE l [<!ENTITY a 'aa'><!ENTITY b '&a;&a;'>]><EMailAddress>&b;</EMailAddress>", "<EMailAddress>u@a.example" + "<a>" * 50000,
                     outlook("u@a.example") + " " * 9000, "<EMailAddress>" + "a" * 400 + "@a.example</EMailAddress>", "a=b&c=%zz", "\0"):
            answer = self.autodiscover(body)
            self.assertEqual(answer.status, 400, body[:60])
            self.assertIn("<ErrorCode>600</ErrorCode>", answer.text)
            self.assertNotIn("root:", answer.text)
        self.assertEqual(self.autodiscover("<EMailAddress>" + "a" * 200000).status, 400)

    def test_what_is_echoed_is_escaped(self):
        self.start()
        for answer in (self.autodiscover(outlook("&quot;&lt;script&gt;alert(1)&lt;/script&gt;&amp;x;&quot;@a.example")), self.apple(HOSTILE)):
            self.assertEqual(answer.status, 200)
            self.assertNotIn("<script", answer.text)
            self.assertIn("&lt;script&gt;alert(1)&lt;/script&gt;&amp;x;", answer.text)
            ElementTree.fromstring(answer.text.partition("<!DOCTYPE")[0] + answer.text.rpartition("PropertyList-1.0.dtd\">")[2] if "<!DOCTYPE" in answer.text else answer.text)
        self.assertEqual(plistlib.loads(self.apple(HOSTILE).text.encode())["PayloadContent"][0]["EmailAddress"], HOSTILE)

    def test_apple(self):
        self.start()
        answer = self.apple("u@a.example")
        self.assertEqual((answer.status, answer.headers["Content-Type"]), (200, "application/x-apple-aspen-config"))
        profile = plistlib.loads(answer.text.encode())
        account = profile["PayloadContent"][0]
        self.assertEqual([account[key] for key in ("EmailAccountType", "EmailAddress", "IncomingMailServerHostName", "IncomingMailServerPortNumber",
                                                   "OutgoingMailServerHostName", "OutgoingMailServerPortNumber")], ["EmailTypeIMAP", "u@a.example", HOST, 993, HOST, 587])
        self.assertFalse([key for key in account if key.endswith("Password") and isinstance(account[key], str)])
        self.assertEqual(self.apple("u@a.example").text, answer.text)
        self.assertNotEqual(plistlib.loads(self.apple("v@a.example").text.encode())["PayloadUUID"], profile["PayloadUUID"])
        for address in ("", "u", "@a.example", "u@", "u@[192.0.2.1]"):
            self.assertEqual(self.apple(address).status, 400)

    def certificate(self, name):
        key, certificate = f"{self.dir}/{name}.key", f"{self.dir}/{name}.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}.example", "-days", "2", "-keyout", key, "-out", certificate],
                       check=True, capture_output=True)
        subprocess.run(["chmod", "600", key], check=True)
        return {"profile_certificate_file": certificate, "profile_key_file": key}

    def test_a_profile_is_signed_where_there_is_a_key(self):
        files = self.certificate("console")
        self.start(**files)
        connection = UnixConnection(self.path)
        connection.request("GET", "/apple.mobileconfig?address=u@a.example")
        body = connection.getresponse().read()
        connection.close()
        done = subprocess.run(["openssl", "cms", "-verify", "-inform", "DER", "-CAfile", files["profile_certificate_file"], "-purpose", "any"],
                              input=body, capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(plistlib.loads(done.stdout)["PayloadContent"][0]["EmailAddress"], "u@a.example")

    def start_fails(self, options, words):
        self.write_conf(**options)
        done = subprocess.run([self.program, "-c", self.conf], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 71, done.stderr)
        self.assertIn(words, done.stderr)

    def test_a_wrong_key_stops_the_start(self):
        files = {**self.certificate("one"), "profile_key_file": self.certificate("two")["profile_key_file"]}
        self.start_fails(files, "is not the key of profile_certificate_file")
        self.start_fails({"profile_certificate_file": files["profile_certificate_file"]}, "set both profile_certificate_file and profile_key_file")
        subprocess.run(["chmod", "644", files["profile_key_file"]], check=True)
        self.start_fails(files, "holds a secret")


if __name__ == "__main__":
    unittest.main()
