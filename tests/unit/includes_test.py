#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Every #include of the layers and daemons stays within these tables (docs/architecture.md draws them), and no two headers
share a base name or define the same identifier."""
import collections
import pathlib
import re
import sys

DAEMONS = "replicator policyd milter spfworker transportmap queuewatch notifier mailstore ctl".split()

# Folder of lib/ -> folders whose headers it may include, besides its own. A daemon may include all of them, and of
# the daemons only itself.
LAYERS = {
    "base": "",
    "installation": "base",
    "idn": "base",
    "wire": "base",
    "conf": "base",
    "directory": "base",
    "io": "base",
    "dns": "base",
    "resolver": "base dns",
    "pg": "base conf io",
    "transfer": "base",
    "activity": "base io pg",
    "spfrecord": "base wire",
    "spf": "base wire dns spfrecord",
    "worker": "base",
    "spfclient": "base wire worker installation",
    "daemon": "base conf io",
}

# Part of a program -> folders whose headers it may include, besides its own. What is in the program's own folder may
# include all of them.
PARTS = {
    "policyd/identity": "base directory",
    "policyd/decide": "base directory wire idn policyd/identity",
    "policyd/dnsbl": "base directory dns resolver io policyd/decide",
    "policyd/greylist": "base directory pg io policyd/decide policyd/identity",
    "milter/headers": "base directory wire milter/spf",
    "milter/batv": "base",
    "milter/spf": "base directory wire",
    "milter/decide": "base directory wire idn milter/batv milter/spf",
    "transportmap/lookup": "base directory idn",
    "notifier/judge": "base",
    "notifier/dialogue": "base",
    "notifier/texts": "base",
    "notifier/probe": "base dns resolver io notifier/dialogue",
    "notifier/outcome": "base",
    "notifier/sms": "base notifier/outcome",
    "notifier/outbox": "base io pg transfer notifier/outcome notifier/sms notifier/texts",
    "notifier/queue": "base directory wire resolver dns io pg notifier/dialogue notifier/probe notifier/rounds",
    "notifier/rounds": "base directory dns resolver io pg notifier/judge notifier/dialogue notifier/probe",
    "queuewatch/postfix": "base",
    "queuewatch/tally": "base directory wire queuewatch/postfix",
    "queuewatch/queue": "base wire queuewatch/postfix queuewatch/tally",
    "notifier/best_mx": "base directory dns resolver io pg",
    "ctl/command": "base",
    "ctl/worker": "base wire worker spfclient ctl/command",
    "ctl/check": "base directory",
    "ctl/status": "base",
    "ctl/setup": "base",
    "ctl/spf": "base idn wire dns spfrecord directory ctl/check",
    "ctl/explain": "base directory wire idn ctl/command ctl/worker"
    " milter/decide milter/spf milter/batv policyd/decide policyd/identity transportmap/lookup",
}

# Functions of what they are given: they may include no I/O, neither directly nor through another header.
PURE = """base idn wire dns spfrecord spf directory policyd/identity policyd/decide milter/headers milter/batv milter/spf
milter/decide transportmap/lookup queuewatch/postfix queuewatch/tally notifier/judge notifier/dialogue notifier/outcome notifier/sms
notifier/texts ctl/check ctl/setup ctl/spf ctl/status""".split()
# base logs and reads clocks, directory reads the replica, spf keeps libspf2's threads apart.
PURE_IN_PARTS = [folder for folder in PURE if folder not in ("base", "directory", "spf")]

# Header of an outside library -> folders that may include it. Headers in neither this table nor LIBC are refused.
LIBRARIES = {
    "confuse.h": "conf",
    "curl/": "transfer",
    "lmdb.h": "directory",
    "xxhash.h": "base directory policyd spfclient",
    "systemd/": "io",
    "spf2/": "spf",
    "unbound.h": "resolver",
    "unbound-event.h": "resolver",
    "libpq-fe.h": "pg ctl",
    "libpsl.h": "policyd/identity",
    "openssl/": "milter/batv notifier notifier/probe notifier/rounds notifier/outbox notifier/sms",
    "libmilter/": "milter",
    "idn2.h": "idn",
    "jansson.h": "queuewatch/queue notifier/sms ctl ctl/check ctl/spf ctl/explain ctl/status",
    "seccomp.h": "spfworker",
    "event2/": "io resolver pg transfer activity worker daemon policyd/dnsbl policyd/greylist notifier/best_mx notifier/probe notifier/rounds notifier/outbox notifier/queue " + " ".join(DAEMONS),
    "uthash.h": " ".join([*LAYERS, *PARTS, *DAEMONS]),
    "utlist.h": " ".join([*LAYERS, *PARTS, *DAEMONS]),
}

LIBC = """assert ctype dirent endian err errno fcntl fnmatch getopt glob grp ifaddrs inttypes libintl limits locale math netdb poll
pthread pwd sched signal spawn stdalign stdarg stdatomic stdbool stddef stdint stdio stdlib string strings sysexits
syslog threads time unistd""".split()
LIBC_FOLDERS = "arpa linux net netinet sys".split()

IO_HEADERS = "err fcntl ifaddrs netdb poll pthread pwd grp sched signal spawn sys/ syslog threads unistd".split()

INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')


def does_io(header):
    return any(header.startswith(name) if name.endswith("/") else header == f"{name}.h" for name in IO_HEADERS)


def outside(header, folder):
    """The fault of `#include <header>` in a file of `folder`, or None."""
    if folder in PURE_IN_PARTS and does_io(header):
        return "a pure part does no I/O"
    if header.removesuffix(".h") in LIBC or header.split("/")[0] in LIBC_FOLDERS:
        return None
    for library, folders in LIBRARIES.items():
        if header == library or (library.endswith("/") and header.startswith(library)):
            return None if folder in folders.split() else f"only {folders} may include it"
    return "no table of this test names it"


def allowed_in(folder):
    if folder in LAYERS:
        return LAYERS[folder].split()
    return PARTS[folder].split() if folder in PARTS else [*LAYERS, *(part for part in PARTS if part.startswith(f"{folder}/"))]


def inside(header, folder):
    """The same for `#include "header"`."""
    target = header.rpartition("/")[0]
    if not target:
        return f'say which folder it is in: "{folder}/{header}"'
    if target == folder or target in allowed_in(folder):
        return None
    return f"{folder} may include: {' '.join([folder, *allowed_in(folder)])}"


def violations(path, folder):
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if found := INCLUDE.match(line):
            wrong = (inside if found[1] == '"' else outside)(found[2], folder)
            if wrong:
                yield f"{path}:{number}: {line.strip()}: {wrong}"


def folder_of(path, root):
    """The layer, part or program that a file belongs to; None where no table has it."""
    folder = str(path.parent.relative_to(root)).removeprefix("lib/")
    return folder if folder in LAYERS or folder in PARTS or folder in DAEMONS else None


def impure_tables():
    for folder in PURE:
        for target in allowed_in(folder):
            if target not in PURE:
                yield f"this test's tables: {folder} is pure and may include {target}, which is not"


COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
ENUMERATION = re.compile(r"\benum(?:\s+\w+)?\s*\{([^}]*)\}")
DEFINITIONS = [
    re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)", re.MULTILINE),
    re.compile(r"^(?:typedef[ \t]+)?(?:struct|union|enum)[ \t]+(\w+)[ \t]*\{", re.MULTILINE),
    re.compile(r"^typedef[^;{]*?\(\*(\w+)\)\(", re.MULTILINE),
    re.compile(r"^(?!typedef|#)[a-z][\w \t*]*?[ \t*](\w+)\(", re.MULTILINE),
]


def identifiers(text):
    """Identifiers that a header defines: macros, tags, enumerators, function types and functions."""
    text = COMMENT.sub("", text)
    found = {name for pattern in DEFINITIONS for name in pattern.findall(text)}
    for body in ENUMERATION.findall(text):
        found.update(re.findall(r"(?:^|,)\s*(\w+)", body))
    return found - {"__attribute__"}


def names_used_twice(headers):
    where = collections.defaultdict(list)
    for header in headers:
        where[header.name].append(header)
        for name in identifiers(header.read_text(encoding="utf-8")):
            where[name].append(header)
    for name, users in sorted(where.items()):
        if len(users) > 1:
            yield f"{name} is in {' and in '.join(map(str, users))}: give one of them another name"


def main(root):
    bad, files, headers = list(impure_tables()), 0, []
    for folder in [root / "lib", *(root / daemon for daemon in DAEMONS)]:
        for path in sorted(folder.rglob("*.[ch]")):
            files += 1
            headers += [path] if path.suffix == ".h" else []
            belongs = folder_of(path, root)
            bad += violations(path, belongs) if belongs else [f"{path}: its folder is in no table of this test"]
    bad += names_used_twice(headers)
    print("\n".join(bad), f"{files} files, {len(bad)} wrong includes or names", sep="\n")
    return 1 if bad or not files else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
