# SPDX-License-Identifier: BSD-2-Clause
"""The console as a browser without JavaScript uses it: logs in, edits a domain's routing, and undoes the edit.

console.py stealth|undo URL CA LOGIN PASSWORD-FILE DOMAIN prints what the page says after it."""
import http.cookiejar
import pathlib
import re
import ssl
import sys
import urllib.parse
import urllib.request

from console_forms import Forms


class Page(Forms):
    def named(self, ending):
        """The first form whose action ends so."""
        return next(form for form in self.forms if urllib.parse.unquote(form.action).endswith(ending))

    def says(self, pattern):
        found = re.search(pattern, " ".join(" ".join(self.words).split()))
        return found[0] if found else "the page does not say: " + pattern


class Console:
    def __init__(self, url, authority):
        self.url = url
        self.opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=authority)),
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def open(self, path, fields=None):
        body = urllib.parse.urlencode(fields).encode() if fields else None
        request = urllib.request.Request(self.url + path, body, {"Origin": self.url} if fields else {})
        with self.opener.open(request, timeout=30) as answer:
            return Page(answer.read().decode())

    def submit(self, page, ending, **values):
        form = page.named(ending)
        given = [(name, value) for name, value in form.fields if name not in values]
        return self.open(form.action, [*given, *values.items()])


def main(what, url, authority, login, password, domain):
    console = Console(url, authority)
    console.submit(console.open("/login"), "/login", login=login, password=pathlib.Path(password).read_text(encoding="ascii").strip())
    if what == "stealth":
        page = console.submit(console.open(f"/d/{domain}/route"), f"/d/{domain}/route", stealth="1")
    else:
        changes = console.open(f"/d/{domain}/changes")
        page = console.submit(changes, "/undo")
    print(page.says(r"Saved\. In force on \d+ of \d+ nodes?"))


if __name__ == "__main__":
    main(*sys.argv[1:])
