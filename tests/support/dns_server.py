#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A DNS server on loopback that misbehaves as a test requests.

It prints its port, then takes one command per line on stdin and answers each with a line:
  add NAME TTL TYPE RDATA   serve a record; what is not served is NXDOMAIN (NAME may be *.zone)
  remove NAME               serve none of that name any more
  silent|servfail|garbage|truncate|looping SUFFIX   misbehave for the name and all below
  mute SUFFIX               leave questions for TXT unanswered
  slow SUFFIX SECONDS       answer that long after the name was asked for first, as a recursive server does
  behave                    end all misbehaviour
  count                     answered with the number of queries since the last count
"""
import asyncio
import os
import sys
import time

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

NEGATIVE_TTL = 30
records = {}  # name -> {type -> RRset}
faults = {}  # suffix -> (fault, seconds)
asked = {}  # (name, type) -> when a slow one was asked for first
queries = 0


def fault_of(name):
    for suffix, fault in faults.items():
        if name.is_subdomain(suffix):
            return fault
    return None, 0


def find(name):
    found = records.get(name)
    if found is None and len(name) > 1:
        found = records.get(dns.name.Name((b"*",) + name.parent().labels))
    return found


def fill(response, name, rdtype):
    """Follows CNAMEs, as a recursive server does."""
    for _ in range(20):
        found = find(name)
        if found is None:
            response.set_rcode(dns.rcode.NXDOMAIN)
            break
        rrset = found.get(rdtype) or found.get(dns.rdatatype.CNAME)
        if rrset is None:
            break
        answer = dns.rrset.from_rdata_list(name, rrset.ttl, list(rrset))
        response.answer.append(answer)
        if rrset.rdtype == rdtype:
            return
        name = rrset[0].target
    response.authority.append(
        dns.rrset.from_text(".", NEGATIVE_TTL, "IN", "SOA", f"ns. admin. 1 2 3 4 {NEGATIVE_TTL}"))


def answer(wire, udp):
    """Returns the bytes to send, or None, and how many seconds later."""
    global queries
    queries += 1
    query = dns.message.from_wire(wire)
    question = query.question[0]
    fault, seconds = fault_of(question.name)
    response = dns.message.make_response(query, recursion_available=True)
    if fault == "silent" or (fault == "mute" and question.rdtype == dns.rdatatype.TXT):
        return None, 0
    if fault == "garbage":
        return wire[:2] + b"\x81\x80" + b"\xff" * 60, 0
    if fault == "servfail":
        response.set_rcode(dns.rcode.SERVFAIL)
    elif fault == "truncate" and udp:
        response.flags |= dns.flags.TC
    elif fault == "looping":
        response.answer.append(dns.rrset.from_text(question.name, 60, "IN", "CNAME", question.name.to_text()))
    else:
        fill(response, question.name, question.rdtype)
    if fault == "slow":
        first = asked.setdefault((question.name, question.rdtype), time.monotonic())
        seconds = max(0.0, first + seconds - time.monotonic())
    return response.to_wire(max_size=65535), seconds


class Udp(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, peer):
        reply, seconds = answer(data, True)
        if reply:
            asyncio.get_running_loop().call_later(seconds, self.transport.sendto, reply, peer)


async def on_tcp(reader, writer):
    try:
        while True:
            size = int.from_bytes(await reader.readexactly(2), "big")
            reply, seconds = answer(await reader.readexactly(size), False)
            await asyncio.sleep(seconds)
            if reply:
                writer.write(len(reply).to_bytes(2, "big") + reply)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


def command(line):
    global queries
    words = line.split(None, 4)
    if words[0] == "add":
        name = dns.name.from_text(words[1])
        rrset = dns.rrset.from_text(name, int(words[2]), "IN", words[3], words[4])
        held = records.setdefault(name, {})
        if rrset.rdtype in held:
            held[rrset.rdtype].update(rrset)
        else:
            held[rrset.rdtype] = rrset
    elif words[0] == "remove":
        records.pop(dns.name.from_text(words[1]), None)
    elif words[0] == "behave":
        faults.clear()
        asked.clear()
    elif words[0] == "count":
        count, queries = queries, 0
        return str(count)
    else:
        faults[dns.name.from_text(words[1])] = (words[0], float(words[2]) if len(words) > 2 else 0)
    return "ok"


async def bind(port):
    """UDP and TCP on one port, a free one where none is named."""
    loop = asyncio.get_running_loop()
    for _ in range(50):
        server = await asyncio.start_server(on_tcp, "127.0.0.1", port)
        bound = server.sockets[0].getsockname()[1]
        try:
            await loop.create_datagram_endpoint(Udp, ("127.0.0.1", bound))
            return bound
        except OSError:
            server.close()
    raise OSError("no port is free for UDP and TCP")


async def main():
    port = await bind(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
    print(port, flush=True)
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(0, "rb"))
    while line := await reader.readline():
        print(command(line.decode()), flush=True)


asyncio.run(main())
