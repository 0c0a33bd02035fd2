#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Every #include of the layers and daemons stays within these tables (docs/architecture.md draws them), and no two headers
share a base name or define the same identifier."""
import collections
import pathlib
import re
import sys

from source_folders import PROGRAMS

# Folder of lib/ -> folders whose headers it may include, besides its own. A daemon may include all of them, and of
# the daemons only itself.
LAYERS = {
    "base": "",
    "catalogue": "",
    "password": "base",
    "mime": "base",
    "unsubscribe": "base",
    "installation": "base",
    "idn": "base",
    "wire": "base",
    "template": "base",
    "altcha": "base",
    "conf": "base",
    "directory": "base",
    "io": "base",
    "dns": "base",
    "resolver": "base dns",
    "pg": "base conf io",
    "transfer": "base io",
    "activity": "base io pg",
    "spfrecord": "base wire",
    "spf": "base wire dns spfrecord",
    "worker": "base",
    "spfclient": "base wire worker installation",
    "daemon": "base conf io",
    "web": "base",
    "webserver": "base io web",
}

# Part of a program -> folders whose headers it may include, besides its own. What is in the program's own folder may
# include all of them.
PARTS = {
    "policyd/identity": "base directory",
    "policyd/decide": "base directory wire idn policyd/identity",
    "policyd/dnsbl": "base directory dns resolver io policyd/decide",
    "policyd/greylist": "base directory pg io policyd/decide policyd/identity",
    "policyd/logins": "base",
    "policyd/outbound": "base pg io policyd/decide",
    "milter/headers": "base directory wire milter/spf",
    "milter/batv": "base",
    "milter/spf": "base directory wire",
    "milter/decide": "base directory wire idn milter/batv milter/spf",
    "transportmap/lookup": "base directory idn",
    "notifier/judge": "base",
    "notifier/dialogue": "base",
    "notifier/texts": "base catalogue",
    "notifier/probe": "base directory dns resolver io notifier/dialogue",
    "notifier/outcome": "base",
    "notifier/trend": "base",
    "notifier/sms": "base notifier/outcome",
    "notifier/webhook": "base notifier/outcome",
    "notifier/outbox": "base dns resolver io mime pg transfer notifier/outcome notifier/sms notifier/texts notifier/webhook",
    "notifier/queue": "base directory wire resolver dns io pg notifier/dialogue notifier/probe notifier/rounds notifier/trend",
    "notifier/rounds": "base directory dns resolver io pg notifier/judge notifier/dialogue notifier/probe notifier/spool",
    "notifier/spool": "base",
    "notifier/away": "base directory dns resolver io pg transfer notifier/outcome notifier/sms notifier/outbox notifier/spool notifier/texts",
    "notifier/token": "base",
    "notifier/lmtp": "base",
    "notifier/roundtrip": "base directory dns resolver io pg transfer notifier/outcome notifier/outbox notifier/token notifier/lmtp",
    "report/figures": "base",
    "report/compose": "base catalogue mime unsubscribe report/figures",
    "tracker/parse": "base",
    "tracker/batch": "base",
    "tracker/join": "base tracker/parse tracker/batch",
    "tracker/follow": "base",
    "tracker/journal": "base tracker/follow",
    "mailstore/expire": "base",
    "mailstore/tidy": "base",
    "mailstore/doveadm": "base transfer",
    "mailstore/limits": "base directory io",
    "mailstore/contract": "base pg",
    "mailstore/usage": "base io pg mailstore/contract",
    "mailstore/rounds": "base transfer directory pg io mailstore/contract mailstore/doveadm mailstore/expire mailstore/tidy",
    "queuewatch/postfix": "base",
    "queuewatch/tally": "base directory wire queuewatch/postfix",
    "queuewatch/queue": "base io wire queuewatch/postfix queuewatch/tally",
    "queuehold/request": "base",
    "notifier/hold": "base io pg",
    "notifier/aliases": "base dns resolver io pg",
    "notifier/best_mx": "base directory dns resolver io pg",
    "consoleauth/request": "base",
    "consoleauth/decide": "base",
    "consoleauth/factor": "base",
    "consoleauth/hash": "altcha base password",
    "consoleauth/dovecot": "base io",
    "console/routes": "base web",
    "console/view": "base web",
    "console/message": "base",
    "console/pool": "base conf io pg",
    "console/auth": "base io wire",
    "console/mua": "base idn web",
    "console/qr": "base",
    "console/preview": "base catalogue report/compose report/figures",
    "ctl/command": "base",
    "ctl/worker": "base wire worker spfclient ctl/command",
    "ctl/check": "base directory",
    "ctl/status": "base",
    "ctl/report": "base catalogue report/compose report/figures",
    "ctl/setup": "base",
    "ctl/contact": "base notifier/webhook",
    "ctl/queue": "base wire",
    "ctl/node": "base",
    "ctl/usage": "base",
    "ctl/probe": "base directory idn conf dns resolver io ctl/command notifier/dialogue notifier/probe",
    "ctl/spf": "base idn wire dns spfrecord directory ctl/check",
    "ctl/explain": "base directory wire idn ctl/command ctl/worker"
    " milter/decide milter/spf milter/batv policyd/decide policyd/identity transportmap/lookup",
}

# Functions of what they are given: they may include no I/O, neither directly nor through another header.
PURE = """base idn wire template altcha dns spfrecord spf directory policyd/identity policyd/decide policyd/logins milter/headers milter/batv milter/spf
milter/decide transportmap/lookup queuewatch/postfix queuewatch/tally queuehold/request notifier/judge notifier/dialogue notifier/outcome notifier/sms notifier/webhook notifier/trend
consoleauth/request consoleauth/decide consoleauth/factor notifier/texts notifier/token notifier/lmtp catalogue password mime unsubscribe report/figures report/compose tracker/parse tracker/batch tracker/join mailstore/expire mailstore/tidy web console/routes console/view console/message console/mua console/qr console/preview ctl/check ctl/contact ctl/usage ctl/setup ctl/spf ctl/status ctl/queue""".split()
# base logs and reads clocks, directory reads the replica, spf keeps libspf2's threads apart.
PURE_IN_PARTS = [folder for folder in PURE if folder not in ("base", "directory", "spf")]

# Header of an outside library -> folders that may include it. Headers in neither this table nor LIBC are refused.
LIBRARIES = {
    "confuse.h": "conf",
    "crypt.h": "password",
    "curl/": "transfer",
    "liboath/": "consoleauth/factor",
    "lmdb.h": "directory",
    "xxhash.h": "base directory policyd spfclient",
    "systemd/": "io tracker/journal",
    "spf2/": "spf",
    "unbound.h": "resolver",
    "unbound-event.h": "resolver",
    "libpq-fe.h": "pg report ctl consoleauth console/pool",
    "libpsl.h": "policyd/identity",
    "openssl/": "altcha consoleauth/dovecot consoleauth/factor mailstore/doveadm mailstore/limits mime unsubscribe report/compose milter/batv notifier notifier/probe notifier/rounds notifier/outbox notifier/sms notifier/token notifier/webhook web console console/auth console/mua",
    "libmilter/": "milter",
    "idn2.h": "idn",
    "jansson.h": "template altcha consoleauth/request report/figures policyd/logins queuewatch/queue mailstore/doveadm notifier/sms notifier/webhook ctl ctl/check ctl/spf ctl/explain ctl/status ctl/queue ctl/probe console console/view console/auth",
    "qrencode.h": "console/qr",
    "seccomp.h": "spfworker",
    "event2/": "consoleauth/dovecot consoleauth/hash mailstore/limits mailstore/usage io resolver pg transfer activity worker daemon policyd/dnsbl policyd/greylist policyd/outbound notifier/aliases notifier/best_mx notifier/probe notifier/rounds notifier/outbox notifier/queue notifier/hold webserver console/pool console/auth " + " ".join(PROGRAMS),
    "uthash.h": " ".join([*LAYERS, *PARTS, *PROGRAMS]),
    "utlist.h": " ".join([*LAYERS, *PARTS, *PROGRAMS]),
}

LIBC = """assert ctype dirent endian err errno fcntl fnmatch getopt glob grp ifaddrs inttypes libintl limits locale math netdb poll
pthread pwd sched signal spawn stdalign stdarg stdatomic stdbool stddef stdint stdio stdlib string strings sysexits
syslog termios threads time unistd""".split()
LIBC_FOLDERS = "arpa linux net netinet sys".split()

IO_HEADERS = "err fcntl ifaddrs netdb poll pthread pwd grp sched signal spawn sys/ syslog termios threads unistd".split()

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
    return folder if folder in LAYERS or folder in PARTS or folder in PROGRAMS else None


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
    for folder in [root / "lib", *(root / daemon for daemon in PROGRAMS)]:
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
