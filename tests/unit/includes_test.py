#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Every #include of the layers and daemons stays within these tables (docs/architecture.md draws them)."""
import pathlib
import re
import sys

DAEMONS = "replicator policyd milter spfworker transportmap notifier mailstore ctl".split()

# Folder of lib/ -> folders whose headers it may include, besides its own. A daemon may include all of them, and of
# the daemons only itself.
LAYERS = {
    "base": "",
    "idn": "base",
    "wire": "base",
    "conf": "base",
    "directory": "base",
    "io": "base",
    "dns": "base",
    "pg": "base io",
    "activity": "base io pg",
    "spf": "base wire dns",
    "worker": "base",
    "spfclient": "base wire worker",
    "daemon": "base conf io",
}

# Whose pure decisions a program may include besides.
EXPLAINED = {"ctl": "milter policyd transportmap"}

# Header of an outside library -> folders that may include it. What stands neither here nor in LIBC is refused.
LIBRARIES = {
    "confuse.h": "conf",
    "lmdb.h": "directory",
    "xxhash.h": "directory policyd spfclient",
    "systemd/": "io",
    "spf2/": "spf",
    "unbound.h": "dns",
    "unbound-event.h": "dns",
    "libpq-fe.h": "pg",
    "libpsl.h": "policyd",
    "openssl/": "milter",
    "libmilter/": "milter",
    "idn2.h": "idn",
    "jansson.h": "ctl",
    "seccomp.h": "spfworker",
    "event2/": "io dns pg activity worker daemon " + " ".join(DAEMONS),
    "uthash.h": " ".join([*LAYERS, *DAEMONS]),
    "utlist.h": " ".join([*LAYERS, *DAEMONS]),
}

LIBC = """assert ctype dirent endian err errno fcntl fnmatch getopt glob grp inttypes limits locale math netdb poll
pthread pwd sched signal spawn stdalign stdarg stdatomic stdbool stddef stdint stdio stdlib string strings sysexits
syslog threads time unistd""".split()
LIBC_FOLDERS = "arpa linux net netinet sys".split()

INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')


def outside(header, folder):
    """What is wrong with `#include <header>` in a file of `folder`; None where nothing is."""
    if header.removesuffix(".h") in LIBC or header.split("/")[0] in LIBC_FOLDERS:
        return None
    for library, folders in LIBRARIES.items():
        if header == library or (library.endswith("/") and header.startswith(library)):
            return None if folder in folders.split() else f"only {folders} may include it"
    return "no table of this test names it"


def inside(header, folder):
    """The same for `#include "header"`."""
    target = header.split("/")[0]
    if target == header:
        return f'say which folder it is in: "{folder}/{header}"'
    if target == folder:
        return None
    allowed = LAYERS[folder].split() if folder in LAYERS else [*LAYERS, *EXPLAINED.get(folder, "").split()]
    return None if target in allowed else f"{folder} may include: {' '.join([folder, *allowed])}"


def violations(path, folder):
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if found := INCLUDE.match(line):
            wrong = (inside if found[1] == '"' else outside)(found[2], folder)
            if wrong:
                yield f"{path}:{number}: {line.strip()}: {wrong}"


def main(root):
    folders = [p for p in (root / "lib").iterdir() if p.is_dir()] + [root / d for d in DAEMONS if (root / d).is_dir()]
    bad = [f"{p}: no row in LAYERS" for p in folders if p.name not in LAYERS and p.name not in DAEMONS]
    files = 0
    for folder in sorted(folders):
        for path in sorted(folder.rglob("*.[ch]")):
            files += 1
            if folder.name in LAYERS or folder.name in DAEMONS:
                bad += violations(path, folder.name)
    print("\n".join(bad), f"{files} files, {len(bad)} wrong includes", sep="\n")
    return 1 if bad or not files else 0


sys.exit(main(pathlib.Path(sys.argv[1])))
