# SPDX-License-Identifier: BSD-2-Clause
"""Model of where mail must arrive, by the rows alone: written from the documents, without a line of the daemons' code."""
import dataclasses
import itertools

SERVER, STORE = "customer's server", "mail store"


@dataclasses.dataclass
class Domain:
    name: str
    mode: str
    routed: bool  # has a transport
    keep_copy: bool
    catchall: bool
    bounce_protection: bool
    verify_recipients: bool
    spf: str = "mark"
    batv: str = "off"

    @property
    def relayed(self):
        return self.mode == "backup" or self.routed

    @property
    def stored(self):
        return self.mode == "primary" or self.keep_copy

    def ends(self, local, known=True):
        """A copy for the customer's server, and one for the store; mail to an address that only the customer's server has is not stored."""
        return {(place, f"{local}@{self.name}") for place, here in ((SERVER, self.relayed), (STORE, self.stored and known)) if here}


def every_domain(tag):
    """Domains with every combination of the switches that say where mail goes, and the others in turn."""
    switches = itertools.product(("backup", "primary"), *((False, True),) * 5)
    return [Domain(f"d{number}-{tag}.example", *values, spf=("mark", "off", "reject")[number % 3], batv=("off", "report")[number // 3 % 2])
            for number, values in enumerate(switches)]


class Model:
    """Addresses are "local@domain" in lower case, without quotes."""

    def __init__(self, domains):
        self.domains = {domain.name: domain for domain in domains}
        self.names = {domain.name: domain for domain in domains}  # other names of a domain, too
        self.mailboxes, self.aliases = set(), {}

    def ends(self, address, on_the_way=frozenset()):
        """Destinations of mail for an address: (SERVER or STORE, address). Empty: nobody has it."""
        local, _, name = address.rpartition("@")
        if name not in self.names:
            return {(SERVER, address)}
        domain = self.names[name]
        local = local.partition("+")[0]
        address = f"{local}@{domain.name}"
        if address in self.aliases:
            found = set()
            for target in self.aliases[address]:
                if target == address:
                    found |= domain.ends(local)
                elif target not in on_the_way:
                    found |= self.ends(target, on_the_way | {address})
            return found
        if address in self.mailboxes or domain.catchall:
            return domain.ends(local)
        if domain.verify_recipients and domain.mode == "backup":
            return domain.ends(local, known=False)
        return set()
