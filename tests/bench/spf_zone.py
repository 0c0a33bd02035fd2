# SPDX-License-Identifier: BSD-2-Clause
"""SPF records as senders publish them, served by nsd(8) on loopback: DNS that is always warm."""

import os
import shutil
import subprocess
import tempfile

import dns.exception
import dns.resolver

from cluster import wait_for

ADDRESS = "127.0.5.53"
SERVER = f"{ADDRESS}@53"  # the syntax of emailgencyctl; other programs ask port 53 alone
DOMAINS = 100  # of each kind; milter_load.c counts on it
CLIENT = "192.0.2.10"  # passes, as does all of 127.0.0.0/8
HEAD = """$TTL 86400
@ SOA ns admin 1 86400 86400 864000 86400
@ NS ns
ns A {address}
@ TXT "v=spf1 ip4:127.0.0.0/8 ip4:192.0.2.0/24 -all"
_spf TXT "v=spf1 include:_netblocks include:_netblocks2 include:_netblocks3 ~all"
_netblocks TXT "v=spf1 {first} ~all"
_netblocks2 TXT "v=spf1 {second} ~all"
_netblocks3 TXT "v=spf1 {third} ip4:192.0.2.0/24 ip4:127.0.0.0/8 ~all"
"""
NETWORKS = {
    "first": "ip4:35.190.247.0/24 ip4:64.233.160.0/19 ip4:66.102.0.0/20 ip4:66.249.80.0/20 ip4:72.14.192.0/18 ip4:74.125.0.0/16 "
             "ip4:108.177.8.0/21 ip4:173.194.0.0/16 ip4:209.85.128.0/17 ip4:216.58.192.0/19 ip4:216.239.32.0/19",
    "second": "ip6:2001:4860:4000::/36 ip6:2404:6800:4000::/36 ip6:2607:f8b0:4000::/36 ip6:2800:3f0:4000::/36 "
              "ip6:2a00:1450:4000::/36 ip6:2c0f:fb50:4000::/36",
    "third": "ip4:172.217.0.0/19 ip4:172.217.32.0/20 ip4:172.217.128.0/19 ip4:172.217.160.0/20 ip4:172.217.192.0/19 "
             "ip4:172.253.56.0/21 ip4:172.253.112.0/20",
}
KINDS = {
    "simple": '"v=spf1 ip4:198.51.100.0/24 ip4:192.0.2.0/24 ip4:127.0.0.0/8 -all"',
    "chain": '"v=spf1 redirect=_spf.bench.example"',  # as large providers have it: five records, four terms that look up
    "fail": '"v=spf1 ip4:198.51.100.0/24 -all"',
    "soft": '"v=spf1 ip4:198.51.100.0/24 ~all"',
    "none": '"some other text"',
}
CONF = """server:
  ip-address: {address}@53
  server-count: 1
  username: ""
  database: ""
  zonesdir: {folder}
  pidfile: {folder}/nsd.pid
  xfrdfile: {folder}/xfrd.state
  zonelistfile: {folder}/zone.list
  logfile: {folder}/nsd.log
  rrl-ratelimit: 0
remote-control:
  control-enable: no
zone:
  name: bench.example
  zonefile: bench.zone
"""


def zone_text():
    text = HEAD.format(address=ADDRESS, **NETWORKS)
    for name in ("_netblocks", "_netblocks2", "_netblocks3"):
        text = text.replace(f"include:{name} ", f"include:{name}.bench.example ")
    return text + "".join(f"{kind}{number} TXT {record}\n" for kind, record in KINDS.items() for number in range(DOMAINS))


class NameServer:
    """A folder and a server of its own, gone when the with block ends."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="emg-bench-dns-")
        self.write("bench.zone", zone_text())
        self.write("nsd.conf", CONF.format(address=ADDRESS, folder=self.folder))
        self.resolv_conf = self.write("resolv.conf", f"nameserver {ADDRESS}\n")
        self.process = subprocess.Popen(["nsd", "-d", "-c", f"{self.folder}/nsd.conf"], stderr=subprocess.DEVNULL)
        self.resolver = dns.resolver.Resolver(configure=False)
        self.resolver.nameservers = [ADDRESS]
        wait_for(self.answers, 10, f"nsd; see {self.folder}/nsd.log")

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="ascii") as out:
            out.write(text)
        return path

    def answers(self):
        try:
            return bool(self.resolver.resolve("chain0.bench.example", "TXT", lifetime=1))
        except dns.exception.DNSException:
            return False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)
