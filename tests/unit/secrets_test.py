#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""No file of the tree holds a secret: private keys, tokens of well-known services, values of random characters for a name such as
password, secret or key. Values that tests and documents need are listed here, with the reason."""
import math
import pathlib
import re
import subprocess
import sys

TOKENS = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_\w{36}|\bgithub_pat_\w{50}|\bglpat-[\w-]{20}|\bxox[abprs]-\w+"
                    r"|\bAIza[\w-]{35}|\beyJ[\w-]{10,}\.eyJ[\w-]{10,}|\bsk_live_\w{20}|\bSG\.[\w-]{16,}\.[\w-]{16,}|\bdop_v1_[0-9a-f]{64}"
                    r"|\b\w+://[^\s/:@\"'<>{}$%]+:[^\s/:@\"'<>{}$%]{6,}@[\w.-]+")
NAMED = re.compile(r"(?i)\b[\w-]*(?:password|passwd|secret|token|api[_-]?key|private[_-]?key)[\w-]*[\"']?\s*[:=]+\s*[\"']?([A-Za-z0-9+/_=-]{20,})")
RANDOM_BITS = 3.6  # per character: of words and names less, of base64 more
KNOWN = {
    "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ": "the secret of RFC 6238's test vectors, in base32",
}


def entropy(text):
    return -sum(count / len(text) * math.log2(count / len(text)) for count in (text.count(one) for one in set(text)))


def is_random(value):
    """Words with underscores, paths and names of functions are none."""
    return value not in KNOWN and re.search(r"\d", value) and entropy(value) >= RANDOM_BITS and not re.fullmatch(r"[a-z_]+\w{0,3}", value)


def findings(text):
    for number, line in enumerate(text.splitlines(), 1):
        if TOKENS.search(line):
            yield number, f"looks like a secret: {TOKENS.search(line)[0][:16]}…"
        for value in NAMED.findall(line):
            if is_random(value):
                yield number, f"a random value as a secret: {value[:8]}…"


def files(root):
    names = subprocess.run(["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"], capture_output=True, text=True, check=True)
    return [root / name for name in names.stdout.split("\0") if name]


def main(root):
    bad, count = 0, 0
    for path in files(root):
        if not path.is_file() or path.name == "secrets_test.py":
            continue
        count += 1
        for number, finding in findings(path.read_text(encoding="utf-8", errors="replace")):
            print(f"{path.relative_to(root)}:{number}: {finding}")
            bad += 1
    print(f"{count} files, {bad} findings")
    return 1 if bad or count < 500 else 0


def self_check():
    """It finds what it is for."""
    for line in ("-----BEGIN " + "EC PRIVATE KEY-----", "password = " + "aZ3kQ9xP0vL7mT2rB8nW", "https://" + "user:hunter22@example.com/"):
        assert list(findings(line)), line


self_check()
sys.exit(main(pathlib.Path(sys.argv[1]).resolve()))
