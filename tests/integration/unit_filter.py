# SPDX-License-Identifier: BSD-2-Clause
"""Runs a command as systemd would under a unit: account, groups, capabilities, and what seccomp keeps from it. Its folders
and devices are not shut away: that needs systemd itself.

As a program: unit_filter.py FILTER COMMAND..., where FILTER is what seccomp_rules() gives, as JSON."""
import ctypes
import errno
import json
import os
import re
import subprocess
import sys

ALLOW, ERRNO, KILL = 0x7FFF0000, 0x00050000, 0x80000000
NE, EQ, MASKED_EQ = 1, 4, 7
FAMILIES = {"AF_UNIX": 1, "AF_NETLINK": 16, "AF_INET": 2, "AF_INET6": 10}
CLONE_NEW = (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000)
PROT_WRITE, PROT_EXEC = 2, 4


def unit_options(unit):
    """Option -> its values, one per line of the unit."""
    options = {}
    for name, value in re.findall(r"^(\w+)=(.*)$", unit.read_text(encoding="utf-8"), re.MULTILINE):
        options.setdefault(name, []).append(value)
    return options


def expand(word):
    """The system calls of a group such as @chown, or the one that is named."""
    if not word.startswith("@"):
        return {word}
    text = subprocess.run(["systemd-analyze", "syscall-filter", "--no-pager", word], capture_output=True, text=True, check=True).stdout
    words = [line.strip() for line in text.splitlines()[1:] if line.strip() and not line.strip().startswith("#")]
    return set().union(*(expand(each) for each in words))


def seccomp_rules(unit):
    options, allowed = unit_options(unit), set()
    for value in options["SystemCallFilter"]:
        calls = set().union(*(expand(word) for word in value.removeprefix("~").split()))
        allowed = allowed - calls if value.startswith("~") else allowed | calls
    families = [FAMILIES[word] for word in " ".join(options["RestrictAddressFamilies"]).split()]
    for name in ("MemoryDenyWriteExecute", "RestrictNamespaces", "NoNewPrivileges"):
        assert options[name] == ["yes"], name
    return {"allowed": sorted(allowed | {"execve"}), "families": families}


def command(unit, *words):
    """The words that run `words` under the unit, for a process of root."""
    options, account = unit_options(unit), unit.stem
    groups = [word for value in options.get("SupplementaryGroups", []) for word in value.split()]
    groups = ["--groups", ",".join(groups)] if groups else ["--clear-groups"]
    kept = ",".join(f"+{word.lower().removeprefix('cap_')}" for value in options.get("AmbientCapabilities", []) for word in value.split())
    rights = [f"--bounding-set=-all,{kept}", f"--inh-caps=-all,{kept}", f"--ambient-caps={kept}"] if kept else ["--bounding-set=-all", "--inh-caps=-all"]
    with open(__file__, encoding="utf-8") as own:
        text = own.read()  # the account may not reach this tree
    return ["setpriv", "--reuid", account, "--regid", options.get("Group", [account])[0], *groups, *rights, "--no-new-privs", "/usr/bin/python3", "-c", text, json.dumps(seccomp_rules(unit)), *map(str, words)]


class Argument(ctypes.Structure):
    _fields_ = [("arg", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]


def confine(rules):
    library = ctypes.CDLL("libseccomp.so.2")
    library.seccomp_init.restype = ctypes.c_void_p
    library.seccomp_rule_add_array.argtypes = [ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint, ctypes.POINTER(Argument)]

    def load(default, entries):
        context = library.seccomp_init(default)
        for action, name, arguments in entries:
            number = library.seccomp_syscall_resolve_name(name.encode())
            if number >= 0:
                array = (Argument * len(arguments))(*[Argument(*each) for each in arguments])
                assert library.seccomp_rule_add_array(context, action, number, len(arguments), array) == 0, name
        assert library.seccomp_load(ctypes.c_void_p(context)) == 0

    refuse = ERRNO | errno.EPERM
    # As systemd's own: no memory that is written and executed, no namespace, no other family of sockets.
    denied = [(refuse, "mmap", [(2, MASKED_EQ, PROT_WRITE | PROT_EXEC, PROT_WRITE | PROT_EXEC)]),
              (refuse, "mprotect", [(2, MASKED_EQ, PROT_EXEC, PROT_EXEC)]), (refuse, "unshare", []), (refuse, "setns", []),
              (ERRNO | errno.ENOSYS, "clone3", [])]
    denied += [(refuse, "clone", [(0, MASKED_EQ, bit, bit)]) for bit in CLONE_NEW]
    denied += [(ERRNO | errno.EAFNOSUPPORT, "socket", [(0, EQ, family, 0)]) for family in range(46) if family not in rules["families"]]
    load(refuse, [(ALLOW, name, []) for name in rules["allowed"]] + [(ALLOW, "seccomp", []), (ALLOW, "prctl", [])])
    load(ALLOW, denied)


if __name__ == "__main__":
    confine(json.loads(sys.argv[1]))
    os.execv(sys.argv[2], sys.argv[2:])
