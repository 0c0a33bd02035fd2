#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The RFC 7208 test suite of Debian's python3-spf through real DNS: rfc7208_test.py SPF_ASK WORKER.

A server beside the worker serves the zone of each case, and drops what the suite calls TIMEOUT."""
import gzip
import ipaddress
import socket
import subprocess
import sys
import threading

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rdtypes.ANY.MX
import dns.rdtypes.ANY.TXT
import dns.rrset
import yaml

SUITE = "/usr/share/doc/python3-spf/rfc7208-tests.yml.gz"
CASES, TIMEOUT_MS = 203, 300


def wire(text):
    """The suite writes bytes as U+0000 to U+00FF."""
    return text.encode("latin-1")


def name_of(text):
    labels = [label for label in wire(text).lower().split(b".") if label]
    return dns.name.Name(labels + [b""])


def strings(value):
    for part in value if isinstance(value, list) else [value]:
        data = wire(part)
        for at in range(0, max(len(data), 1), 255):
            yield data[at:at + 255]


def rdata(kind, value):
    if kind == "TXT":
        return dns.rdtypes.ANY.TXT.TXT(dns.rdataclass.IN, dns.rdatatype.TXT, list(strings(value)))
    if kind == "MX":
        return dns.rdtypes.ANY.MX.MX(dns.rdataclass.IN, dns.rdatatype.MX, value[0], name_of(value[1]))
    if kind in ("PTR", "CNAME", "NS"):
        return dns.rdata.from_text(dns.rdataclass.IN, kind, name_of(value).to_text())
    return dns.rdata.from_text(dns.rdataclass.IN, kind, str(ipaddress.ip_address(value)))


class Zone:
    """The zone of one scenario: a name's records by type, and its types that time out."""

    def __init__(self, data):
        self.names = {}
        for name, entries in data.items():
            try:
                self.names[name_of(name)] = self.read(entries)
            except dns.exception.DNSException:
                pass  # a label that is too long cannot be published

    @staticmethod
    def read(entries):
        records, silent, given = {}, set(), [entry for entry in entries if isinstance(entry, dict)]
        own_txt = any("TXT" in entry for entry in given)
        for entry in given:
            for kind, value in entry.items():
                kind = "TXT" if kind == "SPF" and not own_txt else kind
                if value == "TIMEOUT":
                    silent.add(kind)
                elif kind != "SPF" and value != "NONE":
                    records.setdefault(kind, []).append(value)
        if "TIMEOUT" in entries:
            silent.add("*")
        return records, silent

    def answer(self, query):
        question = query.question[0]
        response, name = dns.message.make_response(query), question.name
        response.flags |= dns.flags.RA
        kind = dns.rdatatype.to_text(question.rdtype)
        for _ in range(10):
            lowered = dns.name.Name([label.lower() for label in name.labels])
            records, silent = self.names.get(lowered, (None, set()))
            if lowered.labels[:1] == (b"error",):
                return None
            if records is None:
                response.set_rcode(dns.rcode.NXDOMAIN)
                return response
            found = "CNAME" if "CNAME" in records and kind not in records else kind
            if kind in silent or ("*" in silent and found not in records):
                return None
            if found not in records:
                return response
            rdatas = [rdata(found, value) for value in records[found]]
            response.answer.append(dns.rrset.from_rdata_list(name, 60, rdatas))
            if found == kind:
                return response
            name = rdatas[0].target
        return response


class Server:
    def __init__(self):
        self.zone = Zone({})
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", 0))
        self.port = self.udp.getsockname()[1]
        self.tcp = socket.socket()
        self.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.tcp.bind(("127.0.0.1", self.port))
        self.tcp.listen()
        for serve in (self.serve_udp, self.serve_tcp):
            threading.Thread(target=serve, daemon=True).start()

    def serve_udp(self):
        while True:
            data, peer = self.udp.recvfrom(65535)
            response = self.zone.answer(dns.message.from_wire(data))
            if response is None:
                continue
            packet = response.to_wire(max_size=65535)
            if len(packet) > 1232:
                short = dns.message.make_response(dns.message.from_wire(data))
                short.flags |= dns.flags.TC | dns.flags.RA
                packet = short.to_wire()
            self.udp.sendto(packet, peer)

    def serve_tcp(self):
        while True:
            peer, _ = self.tcp.accept()
            with peer:
                size = int.from_bytes(peer.recv(2), "big")
                response = self.zone.answer(dns.message.from_wire(peer.recv(size)))
                if response is not None:
                    packet = response.to_wire(max_size=65535)
                    peer.sendall(len(packet).to_bytes(2, "big") + packet)


def quoted(text):
    return "".join(chr(byte) if 32 <= byte < 127 and byte != 37 else f"%{byte:02x}" for byte in wire(text))


def run(scenario, server, program, worker):
    """A worker of its own for a scenario: none remembers the zone of another."""
    server.zone = Zone(scenario["zonedata"])
    tests = list(scenario["tests"].items())
    requests = "".join(f"{test['host']}\t{quoted(test['helo'])}\t{quoted(test['mailfrom'])}\n" for _, test in tests)
    done = subprocess.run([program, worker, f"127.0.0.1@{server.port}", str(TIMEOUT_MS)], input=requests, text=True,
                          capture_output=True, timeout=170, check=True)
    passed = 0
    for (name, test), line in zip(tests, done.stdout.splitlines(), strict=True):
        result, _, explanation = line.partition("\t")
        allowed = [test["result"]] if isinstance(test["result"], str) else test["result"]
        expected = {"DEFAULT": ""}.get(test.get("explanation"), test.get("explanation"))
        if result in allowed and (expected is None or expected == explanation):
            passed += 1
        else:
            print(f"{name}: {result} {explanation!r}, not {allowed} {expected!r}")
    return passed


def main(program, worker):
    with gzip.open(SUITE, "rt", encoding="utf-8") as file:
        scenarios = list(yaml.safe_load_all(file))
    server = Server()
    passed = sum(run(scenario, server, program, worker) for scenario in scenarios)
    print(f"{passed} of {CASES}")
    return 0 if passed == CASES else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
