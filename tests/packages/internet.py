# SPDX-License-Identifier: BSD-2-Clause
"""All that a machine sees of the world: a network of its own at the other end of the machine's cable, with a DNS server for the
root zone, the customer's mail server, and the addresses of senders. The processes are the host's."""
import contextlib
import pathlib
import subprocess

import dns.exception
import dns.message
import dns.query
from machine import network_of, wait_for

SOURCE = pathlib.Path(__file__).resolve().parents[2]
MX, GATEWAY, SENDER, OTHER, CUSTOMER = "192.0.2.25", "192.0.2.1", "198.51.100.7", "198.51.100.99", "203.0.113.25"
ZONE = f"""$TTL 60
. SOA ns. root. 1 3600 600 86400 60
. NS ns.
ns. A {GATEWAY}
mx1.backup.example.net. A {MX}
25.2.0.192.in-addr.arpa. PTR mx1.backup.example.net.
backup.example.net. MX 10 mx1.backup.example.net.
customer.example. MX 10 mail.customer.example.
customer.example. MX 20 mx1.backup.example.net.
mail.customer.example. A {CUSTOMER}
sender.example. MX 10 mail.sender.example.
sender.example. TXT "v=spf1 ip4:{SENDER} -all"
mail.sender.example. A {SENDER}
7.100.51.198.in-addr.arpa. PTR mail.sender.example.
other.example. A {OTHER}
contacts.example. MX 10 mail.customer.example.
"""
NSD = """server:
    ip-address: {gateway}@53
    server-count: 1
    username: ""
    database: ""
    zonesdir: "{folder}"
    pidfile: ""
    zonelistfile: "{folder}/zone.list"
    xfrdfile: "{folder}/xfrd.state"
    xfrdir: "{folder}"
    rrl-ratelimit: 0
remote-control:
    control-enable: no
zone:
    name: "."
    zonefile: "root.zone"
"""


class Internet:
    def __init__(self, machine):
        self.folder = machine.folder / "internet"
        self.mail = self.folder / "customer"
        self.mail.mkdir(parents=True)
        (self.folder / "refused").touch()
        (self.folder / "root.zone").write_text(ZONE)
        (self.folder / "nsd.conf").write_text(NSD.format(folder=self.folder, gateway=GATEWAY))
        holder = subprocess.Popen(["unshare", "-n", "sleep", "infinity"], stdin=subprocess.DEVNULL)
        self.pid, self.processes = holder.pid, [holder]
        wait_for(lambda: pathlib.Path(f"/proc/{self.pid}/comm").read_text() == "sleep\n", "a network")
        self.connect(machine)
        customer = SOURCE / "packaging/quickstart.d/customer.py"
        self.spawn("nsd", "-d", "-c", self.folder / "nsd.conf")
        self.spawn("/usr/bin/python3", customer, f"{CUSTOMER}:25", self.mail, self.folder / "refused")
        wait_for(self.answers, "DNS answers")

    def connect(self, machine):
        subprocess.run(["ip", "link", "add", "mx", "netns", str(self.pid), "type", "veth", "peer", "name", "eth0", "netns",
                        str(machine.pid)], check=True)
        addresses = [f"ip address add {address}/32 dev lo" for address in (SENDER, OTHER, CUSTOMER)]
        self.run("; ".join(["ip link set lo up", "ip link set mx up", f"ip address add {GATEWAY}/24 dev mx", *addresses]))
        self.run(f"ip link set lo up; ip address add {MX}/24 dev eth0; ip link set eth0 up; ip route add default via {GATEWAY}", machine.pid)
        machine.resolve_by(GATEWAY, MX)

    def answers(self):
        query = dns.message.make_query("mail.customer.example", "A")
        with network_of(self.pid), contextlib.suppress(OSError, dns.exception.DNSException):
            return dns.query.udp(query, GATEWAY, timeout=1).answer
        return None

    def run(self, script, pid=None):
        """In this network, or that of another process."""
        subprocess.run(["nsenter", "-t", str(pid or self.pid), "-n", "bash", "-ec", script], check=True)

    def spawn(self, *command):
        """A process in this network; it ends with the network."""
        with open(self.folder / f"{len(self.processes)}.log", "wb") as log:
            self.processes.append(subprocess.Popen(["nsenter", "-t", str(self.pid), "-n", *command], stdin=subprocess.DEVNULL,
                                                   stdout=log, stderr=log))

    def arrived(self, subject):
        """Returns whether the customer's server has a message of this subject."""
        return any(f"Subject: {subject}\r\n".encode() in path.read_bytes() for path in self.mail.glob("*.eml"))

    def arrived_for(self, recipient, words):
        """Looks for a message to this recipient with these words at that server."""
        found = [path.read_bytes() for path in self.mail.glob("*.eml")]
        return any(f"To: <{recipient}>".encode() in text and words.encode() in text for text in found)

    def stop(self):
        for process in reversed(self.processes):
            process.terminate()
            process.wait(timeout=30)
