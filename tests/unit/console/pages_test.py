#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Pages of the console from the views of tests/cases/console/*.json: pages_test.py RENDERER TEMPLATES CASES

Each file is a list of {"page", "view", "language", "has", "lacks"}; what is in all views is in common.json. "times" has for lists of the view
how many items they are to have: theirs are repeated. Every page must be
right HTML (Debian's tidy), have no script or style in it, which the Content-Security-Policy would refuse, and each template that
is a page must have a case."""
import json
import pathlib
import re
import subprocess
import sys

TIDY = ["tidy", "-quiet", "-errors", "-utf8", "--custom-tags", "blocklevel", "--warn-proprietary-attributes", "no"]
REFUSED = re.compile(r"<script(?![^>]* src=)|<style|<[^>]*\s(?:style|on\w+)=|=\"javascript:", re.IGNORECASE)
PAGE_MAX = 50 * 1024


def merged(common, view):
    return {name: merged(common.get(name) or {}, value) if isinstance(value, dict) and isinstance(common.get(name), dict) else value
            for name, value in (common | view).items()}


def faults_of(case, text):
    done = subprocess.run(TIDY, input=text, capture_output=True, text=True)
    yield from (line for line in done.stderr.splitlines() if line)
    yield from (f"refused by the policy: {found[0]}" for found in REFUSED.finditer(text))
    yield from (f"{brace} is no part of a tag" for brace in ("{{", "}}") if brace in text)
    yield from (f"lacks {part!r}" for part in case.get("has", []) if part not in text)
    yield from (f"has {part!r}" for part in case.get("lacks", []) if part in text)
    if len(text.encode()) > PAGE_MAX:
        yield f"{len(text)} characters"
    ids = re.findall(r'\sid="([^"]*)"', text)
    yield from (f"two elements have the id {name}" for name in set(ids) if ids.count(name) > 1)
    yield from (f"there is no element #{name}" for name in re.findall(r' (?:href="#|for="|aria-describedby=")([^"]+)"', text) if name not in ids)


def cases_in(folder):
    common = json.loads((folder / "common.json").read_text(encoding="utf-8"))
    for path in sorted(folder.glob("*.json")):
        if path.name != "common.json":
            for case in json.loads(path.read_text(encoding="utf-8")):
                case["view"] = merged(common, case.get("view", {}))
                for name, count in case.get("times", {}).items():
                    case["view"][name] = (case["view"][name] * count)[:count]
                yield case


def render(renderer, templates, cases):
    lines = "".join(json.dumps({"folder": str(templates), "name": case["page"], "view": case["view"],
                                "language": case.get("language", "en")}) + "\n" for case in cases)
    out = subprocess.run([renderer], input=lines, capture_output=True, text=True, check=True).stdout
    return [json.loads(line) for line in out.splitlines()]


def main(renderer, templates, folder):
    templates, cases = pathlib.Path(templates), list(cases_in(pathlib.Path(folder)))
    bad = 0
    for case, answer in zip(cases, render(renderer, templates, cases), strict=True):
        faults = [answer["fault"]] if "fault" in answer else list(faults_of(case, answer["text"]))
        for fault in faults:
            print(f"{case['page']} ({case.get('language', 'en')}): {fault}")
        bad += len(faults)
    pages = {path.stem for path in templates.glob("*.mustache") if "{{>head}}" in path.read_text(encoding="utf-8")}
    for page in sorted(pages - {case["page"] for case in cases}):
        print(f"{page}: there is no case of it")
        bad += 1
    print(f"{len(cases)} pages, {bad} faults")
    return 1 if bad or not cases else 0


sys.exit(main(*sys.argv[1:]))
