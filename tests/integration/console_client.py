# SPDX-License-Identifier: BSD-2-Clause
"""A client of the console as a browser without JavaScript is one: pages, their forms, cookies."""
import http.client
import ssl
import sys
import urllib.parse

from stack import SOURCE

sys.path.append(str(SOURCE / "packaging" / "quickstart.d"))

from console_forms import Forms  # noqa: E402


class Page:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body
        self.location = headers.get("Location")
        parsed = Forms(body)
        self.forms, self.text = parsed.forms, " ".join(" ".join(parsed.words).split())

    def form(self, action):
        return next(form for form in self.forms if urllib.parse.unquote(form.action) == action)

    def __repr__(self):
        return f"{self.status} {self.location or ''} {self.text[:500]}"


class Console:
    def __init__(self, stack):
        self.origin = stack.env["EMG_CONSOLE"]
        self.host = self.origin.removeprefix("https://")
        self.context = ssl.create_default_context(cafile=stack.env["EMG_CA"])
        self.cookies = {}

    def request(self, method, path, fields=None, body=None, **headers):
        connection = http.client.HTTPSConnection(self.host, context=self.context, timeout=30)
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if fields is not None:
            body = urllib.parse.urlencode(fields)
            headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
            headers.setdefault("Origin", self.origin)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _, content = value.partition(";")[0].partition("=")
                self.cookies[key] = content
        return Page(answer.status, dict(answer.getheaders()), text)

    def get(self, path):
        return self.request("GET", path)

    def submit(self, path, action=None, **values):
        """Fills in a form of the page and sends it; a value of None unticks a box. The answer, of the page that it leads to."""
        form = self.get(path).form(action or path)
        fields = [(name, value) for name, value in form.fields if name not in values]
        fields += [(name, value) for name, value in values.items() if value is not None]
        answer = self.request("POST", form.action, fields)
        return self.get(answer.location) if answer.status == 303 else answer

    def log_in(self, login, password):
        return self.submit("/login", login=login, password=password)
