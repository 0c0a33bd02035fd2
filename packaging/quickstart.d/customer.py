# SPDX-License-Identifier: BSD-2-Clause
"""The customer's mail server: takes mail over SMTP (RFC 5321) and writes each message to a file of its own.

The files hold X-Envelope-From, X-Envelope-To and X-Received-At lines, then the message. Recipients named in the refuse
file (one a line, read at each RCPT) get 550 5.1.1.
"""
import asyncio
import itertools
import os
import re
import sys
import time

SIZE_LIMIT = 100 * 1024 * 1024
LINE_LIMIT = 64 * 1024
PATH = re.compile(r"(?:FROM|TO):\s*<([^<>]*)>(.*)", re.IGNORECASE)
serial = itertools.count()


class Session:
    def __init__(self, reader, writer, folder, refuse_file):
        self.reader, self.writer = reader, writer
        self.folder, self.refuse_file = folder, refuse_file
        self.reset()

    def reset(self):
        self.sender, self.recipients = None, []

    async def reply(self, *lines):
        for line in lines:
            self.writer.write(line.encode() + b"\r\n")
        await self.writer.drain()

    async def run(self):
        await self.reply("220 mail.customer.example ESMTP")
        while line := await self.reader.readline():
            verb, _, rest = line.decode("utf-8", "surrogateescape").strip().partition(" ")
            handler = getattr(self, "on_" + verb.lower(), None) if verb.isalpha() else None
            if handler is None:
                await self.reply("500 5.5.1 unknown command")
            elif await handler(rest):
                return

    async def on_ehlo(self, _):
        self.reset()
        await self.reply("250-mail.customer.example", f"250-SIZE {SIZE_LIMIT}", "250-8BITMIME", "250-SMTPUTF8",
                         "250-DSN", "250-ENHANCEDSTATUSCODES", "250 PIPELINING")

    async def on_helo(self, _):
        self.reset()
        await self.reply("250 mail.customer.example")

    async def on_mail(self, rest):
        path = PATH.match(rest)
        if not path:
            return await self.reply("501 5.5.4 syntax: MAIL FROM:<address>")
        self.reset()
        self.sender = path[1]
        await self.reply("250 2.1.0 ok")

    async def on_rcpt(self, rest):
        path = PATH.match(rest)
        if self.sender is None:
            return await self.reply("503 5.5.1 MAIL first")
        if not path or not path[1]:
            return await self.reply("501 5.5.4 syntax: RCPT TO:<address>")
        if path[1].lower() in self.refused():
            return await self.reply(f"550 5.1.1 <{path[1]}> unknown here")
        self.recipients.append((path[1], path[2].strip()))
        await self.reply("250 2.1.5 ok")

    def refused(self):
        with open(self.refuse_file, encoding="utf-8") as lines:
            return {line.strip().lower() for line in lines}

    async def on_data(self, _):
        if not self.recipients:
            return await self.reply("503 5.5.1 no valid recipients")
        await self.reply("354 go ahead")
        body, size = [], 0
        while (line := await self.reader.readline()) not in (b".\r\n", b""):
            size += len(line)
            if size <= SIZE_LIMIT:
                body.append(line[1:] if line.startswith(b".") else line)
        if line == b"":
            return True
        if size > SIZE_LIMIT:
            await self.reply("552 5.3.4 too big")
        else:
            await self.reply(f"250 2.0.0 taken as {self.store(b''.join(body))}")
        self.reset()

    def store(self, message):
        name = f"{time.time_ns()}-{next(serial)}.eml"
        lines = [f"X-Envelope-From: <{self.sender}>"]
        lines += [f"X-Envelope-To: <{address}>{' ' + options if options else ''}" for address, options in self.recipients]
        lines.append(f"X-Received-At: {time.time():.3f}")
        temporary = f"{self.folder}/.{name}"
        with open(temporary, "wb") as file:
            file.write("".join(line + "\r\n" for line in lines).encode("utf-8", "surrogateescape") + message)
        os.replace(temporary, f"{self.folder}/{name}")
        return name

    async def on_rset(self, _):
        self.reset()
        await self.reply("250 2.0.0 ok")

    async def on_noop(self, _):
        await self.reply("250 2.0.0 ok")

    async def on_vrfy(self, _):
        await self.reply("252 2.5.2 send some mail")

    async def on_quit(self, _):
        await self.reply("221 2.0.0 bye")
        return True


async def serve(listen, folder, refuse_file):
    async def connected(reader, writer):
        try:
            await Session(reader, writer, folder, refuse_file).run()
        except (ConnectionError, ValueError):
            pass  # a peer that went away, or a line beyond LINE_LIMIT
        finally:
            writer.close()

    host, _, port = listen.rpartition(":")
    server = await asyncio.start_server(connected, host, int(port), limit=LINE_LIMIT)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:]))
