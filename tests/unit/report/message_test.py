# SPDX-License-Identifier: BSD-2-Clause
"""The messages of tests/cases/report as Python's parser of mail reads them: message_test.py ROOT."""

import email
import email.policy
import glob
import html.parser
import json
import os
import sys
import unittest

CASES = os.path.join(sys.argv.pop(1), "tests/cases/report")
NAMES = sorted(os.path.basename(path)[:-len(".json")] for path in glob.glob(f"{CASES}/*.json"))


def content(name, ending):
    with open(f"{CASES}/{name}.{ending}", "rb") as file:
        return file.read()


def message(name):
    return email.message_from_bytes(content(name, "eml"), policy=email.policy.default)


class Page(html.parser.HTMLParser):
    """The elements, and whether each that is opened is closed in its turn."""
    EMPTY = ("meta",)

    def __init__(self, text):
        super().__init__()
        self.elements, self.stack, self.text = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in self.EMPTY:
            self.stack.append(tag)

    def handle_endtag(self, tag):
        assert self.stack.pop() == tag, f"</{tag}> is not in its place"

    def handle_data(self, data):
        if self.stack[-1:] != ["style"]:
            self.text.append(data)


class MessageTest(unittest.TestCase):
    def each(self):
        self.assertGreater(len(NAMES), 5)
        for name in NAMES:
            yield name, message(name)

    def test_lines_are_short_ascii(self):
        for name, _ in self.each():
            lines = content(name, "eml").decode("ascii").split("\n")
            body = lines.index("")
            self.assertLessEqual(max(map(len, lines[body:])), 76)
            self.assertLessEqual(max(map(len, lines[:body])), 998)
            self.assertFalse([line for line in lines if line.startswith("From ") or line == "." or line.endswith((" ", "\t")) or "\r" in line])

    def test_parts_are_what_was_composed(self):
        for name, mail in self.each():
            self.assertEqual(mail.defects, [])
            self.assertEqual(mail.get_content_type(), "multipart/alternative")
            parts = list(mail.iter_parts())
            self.assertEqual([part.get_content_type() for part in parts], ["text/plain", "text/html"])
            for part, ending in zip(parts, ("txt", "html")):
                self.assertEqual(part.defects, [])
                self.assertEqual(part.get_content_charset(), "utf-8")
                self.assertEqual(part.get_content(), content(name, ending).decode())

    def test_header(self):
        for name, mail in self.each():
            with open(f"{CASES}/{name}.json", encoding="utf-8") as file:
                figures = json.load(file)
            for field in mail.keys():
                self.assertEqual(mail[field].defects, (), field)
                self.assertEqual(len(mail.get_all(field)), 1, field)
            self.assertIn(figures["domain"], mail["Subject"])
            self.assertEqual(mail["Subject"], content(name, "txt").decode().split("\n")[0])
            self.assertEqual(mail["From"].addresses[0].display_name, 'Poste de l\u2019h\u00f4te, "Test"')
            self.assertEqual(mail["From"].addresses[0].addr_spec, "reports@service.example")
            self.assertEqual(mail["To"].addresses[0].addr_spec, "o'hara+x@example.org")
            self.assertRegex(mail["Message-ID"], rf"^<report\.{figures['month'].replace('-', '')}\.[0-9a-f]{{20}}@service\.example>$")
            self.assertEqual(mail["Auto-Submitted"], "auto-generated")
            self.assertEqual(mail["Date"].datetime.timestamp(), 1796083200)
            self.assertEqual(mail["List-Unsubscribe-Post"], "List-Unsubscribe=One-Click")
            self.assertRegex(mail["List-Unsubscribe"], r"^<https://console\.example/unsubscribe\?domain=[a-z.-]+"
                             r"&address=o%27hara%2Bx%40example\.org&signature=[A-Za-z0-9_-]{43}>$")

    def test_html_loads_nothing_and_is_well_formed(self):
        for name, mail in self.each():
            text = mail.get_body(("html",)).get_content()
            self.assertLess(len(text.encode()), 100_000)
            page = Page(text)
            self.assertEqual(page.stack, [])
            self.assertLessEqual({tag for tag, _ in page.elements}, {
                "html", "head", "meta", "style", "title", "body", "table", "tr", "td", "div", "p", "h1", "h2"})
            self.assertFalse({attribute for _, attributes in page.elements for attribute in attributes} & {"src", "href", "background", "action"})
            self.assertFalse([attribute for _, attributes in page.elements for attribute in attributes if attribute.startswith("on")])
            self.assertNotRegex(text, r"url\(|@import")
            if name.startswith("hostile"):
                self.assertIn("<img/src=//evil.example>&amp;'@example.com", "".join(page.text))

    def test_the_text_is_complete(self):
        """Whatever the HTML says is in the text, too."""
        for _, mail in self.each():
            text = mail.get_body(("plain",)).get_content()
            page = Page(mail.get_body(("html",)).get_content())
            for words in page.text:
                self.assertIn("".join(words.split()), "".join(text.split()))

    def test_no_control_characters(self):
        for name, mail in self.each():
            for part in mail.iter_parts():
                self.assertNotRegex(part.get_content(), r"[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", name)


if __name__ == "__main__":
    unittest.main()
