# SPDX-License-Identifier: BSD-2-Clause
"""People who use the console: each asks for a page, reads for a moment, asks for the next."""

import asyncio
import random
import time

PAGES = ("", "/filter", "/why", "/route", "/mailboxes", "/mailboxes?q=u1", "/candidates", "/sending", "/queue", "/alerts", "/changes", "/status")


async def ask(reader, writer, path, secret):
    """Returns the status, and the size of the body."""
    writer.write(f"GET {path} HTTP/1.1\r\nHost: console.example\r\nCookie: __Host-emg={secret}\r\n\r\n".encode())
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    if "content-length:" in head:
        size = int(head.partition("content-length:")[2].split()[0])
        await reader.readexactly(size)
    else:
        size = 0
        while chunk := int((await reader.readline()).strip(), 16):
            size += len((await reader.readexactly(chunk + 2))) - 2
        await reader.readline()
    return int(head.split()[1]), size


async def user(port, number, secret, users, end, seen):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    pick = random.Random(number)
    while time.monotonic() < end:
        await asyncio.sleep(pick.uniform(0.1, 0.3))
        domain = f"d{number + users * pick.randrange(10)}.example"
        page = pick.choice(PAGES)
        began = time.perf_counter()
        status, size = await ask(reader, writer, f"/d/{domain}{page}", secret)
        seen.append((page, time.perf_counter() - began, status, size))
    writer.close()


def visit(port, secrets, seconds):
    """Page, seconds, status and bytes of each request that so many users made at once."""
    async def visit_all():
        seen, end = [], time.monotonic() + seconds
        await asyncio.gather(*(user(port, number, secret, len(secrets), end, seen) for number, secret in enumerate(secrets)))
        return seen

    return asyncio.run(visit_all())
