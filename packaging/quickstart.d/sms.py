# SPDX-License-Identifier: BSD-2-Clause
"""The SMS gateway: takes every HTTP request and appends it to a file, one JSON object a line."""
import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BODY_LIMIT = 1024 * 1024


class Gateway(BaseHTTPRequestHandler):
    def do_GET(self):
        size = min(int(self.headers.get("Content-Length") or 0), BODY_LIMIT)
        body = self.rfile.read(size).decode("utf-8", "replace")
        request = {"at": time.time(), "method": self.command, "path": self.path, "headers": dict(self.headers), "body": body}
        # One write to a file opened for append: lines of concurrent requests do not mix.
        with open(self.server.path, "ab", buffering=0) as file:
            file.write(json.dumps(request).encode() + b"\n")
        answer = b'{"status":"accepted"}\n'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_POST = do_PUT = do_GET


if __name__ == "__main__":
    host, _, port = sys.argv[1].rpartition(":")
    server = ThreadingHTTPServer((host, int(port)), Gateway)
    server.path = sys.argv[2]
    server.serve_forever()
