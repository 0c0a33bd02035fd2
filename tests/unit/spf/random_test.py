#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Random zones and senders: what pyspf (Debian's python3-spf) makes of them is what we must say.

random_test.py PROGRAM [SEED]. What RFC 7208 leaves open, and pyspf does in another way, is left out: pyspf counts void
look-ups where we count terms, counts the terms of a record before it evaluates it, and refuses a record that includes
itself at once."""
import random
import socket
import subprocess
import sys
import tempfile

import spf

ZONES = 250
DOMAINS = [f"d{i}.example" for i in range(8)]
OTHERS = ["none1.example", "none2.example", "none3.example"]
OPEN_TO_TASTE = ("Too many DNS lookups", "trivial recursion")

zone = {}


def answer(name, kind, *_args, **_kwargs):
    """In the place of pyspf's DNS look-up."""
    for found, data in zone.get(".".join(filter(None, name.lower().split("."))), []):
        if found == kind and data == "TIMEOUT":
            raise spf.TempError("DNS timeout")
        if found == kind == "AAAA":
            data = socket.inet_pton(socket.AF_INET6, data)
        yield (name, found), (data.encode(),) if found == "TXT" else data


def choose(rng, *weighted):
    return rng.choices([value for value, _ in weighted], [weight for _, weight in weighted])[0]


def address(rng, family=4):
    return f"192.0.2.{rng.randrange(4)}" if family == 4 else f"2001:db8::{rng.randrange(4)}"


def target(rng):
    domain = rng.choice(DOMAINS)
    return rng.choice([domain, domain, "%{d}", "%{d2}", "%{h}", f"x.%{{l}}.{domain}", f"%{{ir}}.%{{v}}.{domain}",
                       f"%{{p}}.{domain}", f"%{{l1r-}}.{domain}", rng.choice(OTHERS)])


def mechanism(rng):
    maybe_target = rng.choice(["", ":" + target(rng)])
    lengths = rng.choice(["", "", "", f"/{rng.choice([0, 8, 24, 30, 31, 32, 33])}", f"//{rng.choice([0, 64, 127, 128])}",
                          "/30//126"])
    return rng.choice(["", "", "", "-", "~", "?", "+"]) + choose(
        rng, ("a" + maybe_target + lengths, 2), ("mx" + maybe_target + lengths, 2), ("ptr" + maybe_target, 1),
        ("exists:" + target(rng), 2), ("include:" + rng.choice(DOMAINS), 3), ("all", 1),
        (f"ip4:{address(rng)}{rng.choice(['', '/31', '/32', '/30', '/0'])}", 2),
        (f"ip6:{address(rng, 6)}{rng.choice(['', '/127', '/0'])}", 1))


def record(rng):
    terms = [mechanism(rng) for _ in range(rng.randrange(1, 6))]
    if rng.random() < .3:
        terms.insert(rng.randrange(len(terms) + 1), "redirect=" + target(rng))
    if rng.random() < .1:
        terms.insert(rng.randrange(len(terms) + 1), rng.choice("foo=bar exp=x.example moo a: =x redirect:x.y".split()))
    return " ".join(["v=spf1", *terms, *choose(rng, (["-all"], 1), (["~all"], 1), (["?all"], 1), ([], 2))])


def records(rng):
    """(name, type, data) of a zone."""
    for domain in DOMAINS:
        yield from choose(rng, ([(domain, "TXT", record(rng))], 90), ([(domain, "TXT", "TIMEOUT")], 3), ([], 7))
        yield from [(domain, "A", address(rng)) for _ in range(rng.randrange(3))]
        yield from [(domain, "AAAA", address(rng, 6)) for _ in range(rng.randrange(2))]
        yield from [(domain, "MX", (i, rng.choice(DOMAINS + OTHERS))) for i in range(rng.randrange(3))]
        yield from [(f"{name}.{domain}", "A", "127.0.0.2") for name in ("bob", "x.bob", "john", "1.2.0.192.in-addr")
                    if rng.random() < .2]
    for i in range(4):
        yield from [(f"{i}.2.0.192.in-addr.arpa", "PTR", rng.choice(DOMAINS)) for _ in range(rng.randrange(3))]


def cases(rng):
    for _ in range(6):
        client, sender = address(rng, rng.choice([4, 4, 6])), f"{rng.choice(['bob', 'john-smith'])}@{rng.choice(DOMAINS)}"
        query = spf.query(i=client, s=sender, h=rng.choice(DOMAINS), strict=True)
        result, _, text = query.check()
        if not any(phrase in text for phrase in OPEN_TO_TASTE):
            yield f"> client={client} helo={query.h} sender={sender}"
            yield f"= {result}" + (" permerror" if query.void_lookups > 2 else "")


def lines(rng):
    for _ in range(ZONES):
        zone.clear()
        yield "zone"
        for name, kind, data in records(rng):
            zone.setdefault(name, []).append((kind, data))
            yield f"{name} {kind} " + (f"{data[0]} {data[1]}" if kind == "MX" else data)
        yield from cases(rng)


def main(program, seed=1):
    spf.DNSLookup = answer
    spf.MAX_VOID_LOOKUPS = 1000
    text = list(lines(random.Random(int(seed))))
    with tempfile.NamedTemporaryFile("w", suffix=".cases") as out:
        out.write("\n".join(text) + "\n")
        out.flush()
        count = sum(line.startswith(">") for line in text)
        return subprocess.run([program, out.name, str(count)], check=False).returncode


sys.exit(main(*sys.argv[1:]))
