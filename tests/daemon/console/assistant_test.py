# SPDX-License-Identifier: BSD-2-Clause
"""The public assistants of emailgency-console."""
import unittest

from console_case import ConsoleCase, open_session

CHALLENGE = {"ok": False, "reason": "captcha", "challenge": {"a": 1}, "wait": "w" * 20, "text": "Please prove it."}


class AssistantTest(ConsoleCase):
    def setUp(self):
        super().setUp()
        self.auth.replies["prove"] = lambda request: {"ok": True} if request.get("captcha") == "solved" else CHALLENGE

    def submit(self, path, captcha="solved", **fields):
        page = self.get(path)
        return self.ask("POST", path, body={"form_key": page.form_key(), "captcha": captcha, **fields}, cookie="__Host-emg-pre=" + page.cookie("__Host-emg-pre"))

    def test_the_log_in_page_leads_to_them(self):
        self.start()
        self.assertIn('href="/assistants"', self.get("/login").text.partition("<main")[0])
        page = self.get("/assistants")
        for path in ("/assistants/mx", "/assistants/spf", "/assistants/client"):
            self.assertIn(f'href="{path}"', page.text)
            self.assertEqual(self.get(path).status, 200)

    def test_a_form_needs_a_captcha(self):
        self.start()
        for path in ("/assistants/mx", "/assistants/spf"):
            answer = self.submit(path, "", domain="example.com", mode="primary")
            self.assertEqual(answer.status, 422)
            self.assertIn("<altcha-widget", answer.text)
            self.assertIn('name="domain" value="example.com"', answer.text)
            self.assertNotIn("<code>", answer.text)
            self.assertEqual(self.auth.requests[-1], {"do": "prove", "from": "::", "agent": "unknown"})
        self.assertIn('value="primary" checked', self.submit("/assistants/mx", "", domain="example.com", mode="primary").text)
        self.assertNotIn("<code>", self.get("/assistants/mx?domain=example.com").text)

    def test_mx(self):
        self.start()
        page = self.submit("/assistants/mx", domain="Example.com", mode="backup")
        self.assertEqual(page.status, 200)
        self.assertIn("<code>20 examplecom.emailgency.example.</code>", page.text)
        self.assertIn("<code>10 examplecom.emailgency.example.</code>", self.submit("/assistants/mx", domain="example.com", mode="primary").text)
        page = self.submit("/assistants/mx", domain="B\u00fccher.example", mode="primary")
        self.assertIn("<code>10 xn--bcher-kvaexample.emailgency.example.</code>", page.text)
        self.assertIn('value="B\u00fccher.example"', page.text)
        page = self.submit("/assistants/mx", domain="<b>..x", mode="backup")
        self.assertEqual(page.status, 422)
        self.assertIn("is no name of a domain", page.text)
        self.assertIn('value="&lt;b&gt;..x"', page.text)

    def test_spf(self):
        self.start()
        for record, proposed in (("", '"v=spf1 include:_spf.emailgency.example mx ~all"'), ("v=spf1 mx -all", '"v=spf1 mx include:_spf.emailgency.example -all"'),
                                 ('"v=spf1 a +all"\r\n', '"v=spf1 a include:_spf.emailgency.example ~all"')):
            page = self.submit("/assistants/spf", domain="example.com", record=record)
            self.assertEqual(page.status, 200)
            self.assertIn(proposed, page.text)
        self.assertIn("includes this service already", self.submit("/assistants/spf", domain="example.com", record="v=spf1 include:_spf.emailgency.example -all").text)

    def test_spf_is_refused_in_words(self):
        self.start()
        for record, words in (("v=spf2", "begins with v=spf1"), ("<script>", "begins with v=spf1"), ("v=spf1x", "begins with v=spf1"),
                              ("v=spf1 " + "a " * 1000, "longer than 2000 characters"), ("v=spf1 \x01", "a character that SPF does not have"),
                              ("v=spf1 \u00fc", "a character that SPF does not have"), ("v=spf1 mx -all\nv=spf1 a -all", "several SPF records")):
            page = self.submit("/assistants/spf", domain="example.com", record=record)
            self.assertEqual(page.status, 422, record)
            self.assertIn(words, page.text)
            self.assertNotIn("<script>", page.text)
            self.assertNotIn("<h2>Record for", page.text)
            self.assertIn('name="domain" value="example.com"', page.text)

    def test_spf_loses_no_sender(self):
        self.start()
        for record, proposed in (('"v=spf1 include:a.example" " include:b.example ~all"', "v=spf1 include:a.example include:b.example include:_spf.emailgency.example ~all"),
                                 ('"v=spf1 ip4:192.0"\r\n".2.1 x=y -all"', "v=spf1 ip4:192.0.2.1 include:_spf.emailgency.example -all x=y"),
                                 ("v=spf1 include:a.example\r\ninclude:b.example ~all", "v=spf1 include:a.example include:b.example include:_spf.emailgency.example ~all")):
            page = self.submit("/assistants/spf", domain="example.com", record=record)
            self.assertEqual(page.status, 200, record)
            self.assertIn(f'<code>"{proposed}" </code>', page.text)
            self.assertNotIn("are left out", page.text)
        page = self.submit("/assistants/spf", domain="example.com", record="v=spf1 ip4:192.0.2.1, mx <b> -all")
        self.assertEqual(page.status, 422)
        self.assertIn("Receivers take this record for broken", page.text)
        self.assertIn("<code>ip4:192.0.2.1,</code>: Right is a term such as <code>ip4:192.0.2.1</code>", " ".join(page.text.split()).replace("</code>:  ", "</code>: "))
        self.assertIn("<code>&lt;b&gt;</code>", page.text)
        self.assertNotIn("<h2>Record for", page.text)

    def test_spf_after_all_is_never_reached(self):
        self.start()
        page = self.submit("/assistants/spf", domain="example.com", record="v=spf1 mx all include:_spf.emailgency.example include:b.example")
        self.assertNotIn("includes this service already", page.text)
        self.assertIn('<code>"v=spf1 mx include:_spf.emailgency.example ~all" </code>', page.text)
        self.assertIn("<li><code>include:b.example</code></li>", page.text)
        self.assertNotIn("<li><code>include:_spf.emailgency.example</code></li>", page.text)

    def test_spf_strings_are_at_most_255_bytes(self):
        self.start()
        page = self.submit("/assistants/spf", domain="example.com", record="v=spf1 " + " ".join(f"ip4:192.0.2.{number}" for number in range(30)) + " -all")
        value = page.text.partition('<dd><code>"')[2].partition("</code>")[0]
        strings = [part for part in value.split('"') if part.strip()]
        self.assertEqual([len(part) <= 255 for part in strings], [True, True])
        self.assertTrue("".join(strings).startswith("v=spf1 ip4:192.0.2.0 "))

    def test_a_mail_program(self):
        self.start()
        for address in ("u@a.example", "nobody@a.example"):
            page = self.get(f"/assistants/client?program=apple&address={address}")
            self.assertIn("<code>aexample.emailgency.example</code>", page.text)
            self.assertIn(f'href="/apple.mobileconfig?address={address}"', page.text)
        self.assertEqual(self.get(f"/apple.mobileconfig?address={address}").status, 200)
        self.assertIn("has no mailboxes here", self.get("/assistants/client?program=other&address=u@other.example").text)

    def test_who_is_logged_in_stays_so(self):
        self.start()
        session = open_session("alice@firm.example", "admin")
        answer = self.ask("POST", "/assistants/mx", session, {"form_key": self.key(session), "captcha": "solved", "domain": "example.com"})
        self.assertEqual(answer.status, 200)
        self.assertIn("alice@firm.example", answer.text)
        self.assertIsNone(answer.cookie("__Host-emg"))


if __name__ == "__main__":
    unittest.main()
