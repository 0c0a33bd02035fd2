# SPDX-License-Identifier: BSD-2-Clause
"""All that a machine sees of the world: addresses on its own interface, a DNS server with the root zone, and a customer's mail
server. The processes are the host's, in the machine's network."""
import pathlib

from machine import wait_for

SOURCE = pathlib.Path(__file__).resolve().parents[2]
MX, SENDER, OTHER, CUSTOMER = "192.0.2.25", "198.51.100.7", "198.51.100.99", "203.0.113.25"
ZONE = f"""$TTL 60
. SOA ns. root. 1 3600 600 86400 60
. NS ns.
ns. A 127.0.0.1
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
"""
NSD = """server:
    ip-address: 127.0.0.1@53
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
        folder = machine.folder / "internet"
        self.mail = folder / "customer"
        self.mail.mkdir(parents=True)
        (folder / "refused").touch()
        (folder / "root.zone").write_text(ZONE)
        (folder / "nsd.conf").write_text(NSD.format(folder=folder))
        for address in (MX, SENDER, OTHER, CUSTOMER):
            machine.run(f"ip address add {address}/32 dev lo")
        machine.run("echo nameserver 127.0.0.1 >/etc/resolv.conf; cp /etc/resolv.conf /var/spool/postfix/etc/")
        machine.run(f"echo '{MX} {machine.name} {machine.name.partition('.')[0]}' >>/etc/hosts")
        customer = SOURCE / "packaging/quickstart.d/customer.py"
        self.processes = [
            machine.spawn(["nsd", "-d", "-c", str(folder / "nsd.conf")], folder / "nsd.log"),
            machine.spawn(["/usr/bin/python3", str(customer), f"{CUSTOMER}:25", str(self.mail), str(folder / "refused")],
                          folder / "customer.log")]
        wait_for(lambda: machine.says("getent ahostsv4 mail.customer.example"), "DNS answers")

    def arrived(self, subject):
        """Whether the customer's server has a message of this subject."""
        return any(f"Subject: {subject}\r\n".encode() in path.read_bytes() for path in self.mail.glob("*.eml"))

    def stop(self):
        for process in self.processes:
            process.terminate()
            process.wait(timeout=30)
