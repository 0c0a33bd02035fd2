# SPDX-License-Identifier: BSD-2-Clause
"""The forms of a page of the console."""
import dataclasses
import html.parser


@dataclasses.dataclass
class Form:
    action: str
    method: str
    fields: list


class Forms(html.parser.HTMLParser):
    """The forms of a page with the values that a browser would send, and the page's text."""

    def __init__(self, text):
        super().__init__()
        self.forms, self.words, self.select = [], [], None
        self.form = self.area = None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "form":
            self.form = Form(given.get("action", ""), given.get("method", "get").lower(), [])
            self.forms.append(self.form)
        elif self.form and tag == "input" and given.get("name"):
            if given.get("type") not in ("checkbox", "radio") or "checked" in given:
                self.form.fields.append((given["name"], given.get("value", "on" if given.get("type") == "checkbox" else "")))
        elif self.form and tag == "select":
            self.select = given.get("name")
        elif self.form and tag == "option" and self.select and "selected" in given:
            self.form.fields.append((self.select, given.get("value", "")))
        elif self.form and tag == "textarea" and given.get("name"):
            self.area = [given["name"], ""]

    def handle_endtag(self, tag):
        if tag == "form":
            self.form = None
        elif tag == "select":
            self.select = None
        elif tag == "textarea" and self.area:
            self.form.fields.append(tuple(self.area))
            self.area = None

    def handle_data(self, data):
        if self.area:
            self.area[1] += data
        self.words.append(data)
