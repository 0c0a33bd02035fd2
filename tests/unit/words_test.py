#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Comments, messages and documents use none of the words that CONTRIBUTING.md ("English") replaces."""
import pathlib
import re
import sys

SUFFIXES = set(".c .h .py .sh .sql .psql .md .cmake .5 .8 .cases .rows .console .cf .conf .service .socket .txt".split())
NAMES = {"CMakeLists.txt", "quickstart", "migrate", "run"}
# Data (protocol texts, names of domains) up to the comments; the word list itself.
DATA = {".cases", ".rows", ".console"}
SKIPPED = {"CONTRIBUTING.md", "tests/unit/words_test.py", "tests/unit/words_rule_test.py", "tests/fuzz/corpus"}

# Words, where " " is any gap, also one between two lines of a comment -> what to write.
WORDS = [
    (r"behind(?!\.example)", "after"),
    (r"(?:a line )?for people", "a human-readable message"),
    (r"without memory", "if out of memory"),
    (r"(?:is|are|be|was|were) (?:not )?told", "is logged, is notified, gets"),
    (r"told in the log", "logged"),
    (r"anew", "again, restart"),
    (r"strangers?", "remote client, untrusted sender"),
    (r"ha(?:s|ve) (?:a|no) say", "applies, does not apply"),
    (r"says? nothing", "is neutral, is silent"),
    (r"under way", "pending, in flight"),
    (r"ours(?!\.example)", "local, known, own"),
    (r"mend(?:s|ed|ing)?", "fix, correct"),
    (r"(?:is|are|be|was|were) seen to by", "is handled by"),
    (r"goes by(?! MX)", "follows, uses"),
    (r"lets? (?:\w+ )?in", "permits, accepts"),
    (r"(?:takes?|taken) (?:\w+ ){0,2}for (?:an?|the|one|another|no|what)", "is read as, is mistaken for"),
    (r"astray", "wrong"),
    (r"troubles?", "error, fault"),
    (r"whom", "name the recipient"),
    (r"(?:believes|wants)", "trusts, requires"),
    (r"knows (?:no|nothing|of)", "has no, does not support"),
    (r"stands (?:in|for the|beside|here|there|still|where)", "is"),
    (r"(?:an?|one) (?:line|row|process|connection|case|field|figure|option|file|thread|query|command|handle|sender)"
     r" an? (?:daemon|domain|line|row|case|client|message|process|connection|session|problem|list|key|field|file|node)",
     "per"),
]
# File -> lines, by a part of them, that are right: names, quotations, stored keys.
RIGHT = {
    "docs/protocols.md": ["take a snapshot for a loop turn"],
    "replicator/replica_state.c": ["NOTE_LAGGING"],
    "tests/cases/policyd/dnsbl.cases": ['"says nothing" is'],
    "lib/conf/conf.c": ["stands here a second time"],
    "lib/conf/conf.h": ["it stands", "knows no"],
    "lib/daemon/pid_file.c": ["ours"],
    "lib/daemon/privileges.h": ["can be had"],
    "lib/io/connection.h": ["an answer is pending"],
    "lib/io/listening_socket.c": ["a process listens there"],
    "lib/io/metrics.h": ["127.0.0.1:port"],
    "lib/io/readiness.c": ["wants"],
    "milter/batv/batv.h": ["ours (directory"],
}

GAP = r"(?:\s|//|--|#)+"
FORBIDDEN = [(re.compile(rf"(?<![\w@.-])(?:{words.replace(' ', GAP)})(?![\w-])", re.IGNORECASE), better) for words, better in WORDS]
SUMMARY = re.compile(r"""^\s*(?://|\#|--|"{3})\s*(What|Whom|Where|Whether|Who)\b|is '(What|Whom|Where|Whether|Who)\b"""
                     r"""|\.help = "(What|Whom|Where|Whether|Who)\b""")
COMMENT = re.compile(r"^\s*(?://|#|--)(?!.*SPDX)")


def is_text(path):
    return path.suffix in SUFFIXES or path.name in NAMES or path.name.startswith("Makefile")


def sources(folder, root):
    for path in sorted(folder.iterdir()):
        name = str(path.relative_to(root))
        if path.name.startswith((".", "build", "__")) or name in SKIPPED:
            continue
        if path.is_dir():
            yield from sources(path, root)
        elif is_text(path):
            yield path


def readable(path):
    """The text, with the data of golden cases blanked out; lines keep their numbers."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    if path.suffix in DATA:
        lines = [line if line.startswith(("#", "==")) else "" for line in lines]
    return lines


def complaints(lines, right):
    text = "\n".join(lines)
    for pattern, better in FORBIDDEN:
        for found in pattern.finditer(text):
            number = text.count("\n", 0, found.start())
            if not any(quoted in lines[number] for quoted in right):
                yield number + 1, f'"{" ".join(found[0].split())}": write {better}'
    for number, line in enumerate(lines):
        found = SUMMARY.match(line) or ("is '" in line or ".help" in line) and SUMMARY.search(line)
        if found and not (number and COMMENT.match(lines[number - 1])) and not any(quoted in line for quoted in right):
            yield number + 1, "a summary line is a noun or verb phrase, not a question"


def main(root):
    files, bad = list(sources(root, root)), 0
    for path in files:
        name = str(path.relative_to(root))
        for number, text in sorted(complaints(readable(path), RIGHT.get(name, ()))):
            print(f"{name}:{number}: {text}")
            bad += 1
    print(f"{len(files)} files, {bad} words to replace (CONTRIBUTING.md, English)")
    return 1 if bad or not files else 0


sys.exit(main(pathlib.Path(sys.argv[1]).resolve()))
