#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The static files of others are as they were published, and the pages of the build name files that are there, by their hash:
static_test.py SOURCE_FOLDER BUILD_FOLDER"""
import gzip
import hashlib
import pathlib
import re
import sys

NOT_PUBLISHED = {"CMakeLists.txt", "README.md", "SHA256SUMS", "captcha.js.in", "console.css", "static_captcha.mustache.in",
                 "static_head.mustache.in"}
FIRST_VISIT_MAX = 60 * 1024  # bytes, compressed, of what each page loads
OWN_CSS_MAX = 6 * 1024


def published_faults(static):
    sums = dict(reversed(line.split()) for line in (static / "SHA256SUMS").read_text().splitlines())
    for path in sorted(static.iterdir()):
        if path.name in NOT_PUBLISHED:
            continue
        if path.name not in sums:
            yield f"{path.name} is not in SHA256SUMS"
        elif hashlib.sha256(path.read_bytes()).hexdigest() != sums.pop(path.name):
            yield f"{path.name} is not as SHA256SUMS says"
    yield from (f"there is no {name}, which SHA256SUMS names" for name in sums if not (static / name).exists())


def named_in(path):
    return re.findall(r'"(?:/static/)?([\w.]+\.[0-9a-f]{12}\.\w+)"', path.read_text(encoding="utf-8"))


def built_faults(build):
    files = {path.name: path for path in (build / "static").iterdir()}
    texts = [*(build / "templates").glob("static_*.mustache"), *(build / "static").glob("captcha.*.js")]
    named = {name for text in texts for name in named_in(text)}
    yield from (f"there is no {name}" for name in named - set(files))
    yield from (f"no page names {name}" for name in set(files) - named)
    for name, path in files.items():
        if name.split(".")[-2] != hashlib.sha256(path.read_bytes()).hexdigest()[:12]:
            yield f"{name} has the hash of another file"
    size = sum(len(gzip.compress(files[name].read_bytes())) for name in named_in(build / "templates/static_head.mustache"))
    if not 0 < size <= FIRST_VISIT_MAX:
        yield f"a page loads {size} bytes"


def main(root, build):
    static = pathlib.Path(root) / "console/static"
    faults = [*published_faults(static), *built_faults(pathlib.Path(build))]
    if (static / "console.css").stat().st_size > OWN_CSS_MAX:
        faults.append("console.css is too large")
    print("\n".join([*faults, f"{len(faults)} faults"]))
    return 1 if faults else 0


sys.exit(main(*sys.argv[1:]))
