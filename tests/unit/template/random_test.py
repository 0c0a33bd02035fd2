#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Random templates: what pystache (Debian's python3-pystache) makes of them is what lib/template must make of them.

random_test.py PROGRAM [SEED]. Its texts of true, false, null, lists and objects are Python's, so it gets those of lib/template; what that refuses
(unescaped values, other delimiters) is in tests/cases/template."""
import json
import random
import subprocess
import sys

import pystache

TEMPLATES = 1500
NAMES = ["a", "b", "c", "d", "list", "deep.a", "deep.list", "deep.none", "none", "deep", "."]
PARTIALS = ["p0", "p1", "p2"]
TEXTS = ["x", "<p>", " ", "  ", "\n", "\n", "\n\n", "\r\n", "\t", "é€", "} }", "{ x", "&amp;", "\n  ", "end\n", "'\""]


class Renderer(pystache.Renderer):
    def str_coerce(self, val):
        if val is None or isinstance(val, (list, dict)):
            return ""
        return str(val).lower() if isinstance(val, bool) else str(val)


def value(rng, depth=0):
    kind = rng.randrange(10 if depth < 3 else 6)
    if kind == 0:
        return rng.choice([True, False, None])
    if kind < 3:
        return rng.choice(["", "text", "<&>\"'", "two\nlines", "  ", "{{a}}", "0", "ünï"])
    if kind == 3:
        return rng.choice([0, 1, -5, 10**15, 0.0, 0.1, 1.5, 2.0, -3.25, 1e300, 1 / 3, 123456.789])
    if kind == 4:
        return rng.choice([[], {}])
    if kind < 8:
        return [value(rng, depth + 1) for _ in range(rng.randrange(4))]
    return view(rng, depth + 1)


def view(rng, depth=0):
    made = {name: value(rng, depth) for name in ["a", "b", "c", "d"] if rng.random() < 0.7}
    if rng.random() < 0.6:
        made["list"] = [value(rng, depth + 1) for _ in range(rng.randrange(4))]
    if depth < 2 and rng.random() < 0.7:
        made["deep"] = view(rng, depth + 1)
    return made


def blanks(rng):
    return rng.choice(["", "", "", " ", "\n", "  \t"])


def tag(rng, sign, name):
    return "{{" + blanks(rng) + sign + blanks(rng) + name + blanks(rng) + "}}"


def piece(rng, depth, partials):
    kind = rng.randrange(12)
    if kind < 4:
        return "".join(rng.choice(TEXTS) for _ in range(rng.randrange(1, 4)))
    if kind < 6:
        return tag(rng, "", rng.choice(NAMES))
    if kind < 7:
        return "{{!" + rng.choice([" comment ", " of two\nlines ", "x"]) + "}}"
    line = rng.choice([("", ""), ("", ""), ("\n", "\n"), ("\n  ", "\n"), ("\n\t", "\r\n")])
    if kind < 8 and partials:
        return line[0] + tag(rng, ">", rng.choice(partials)) + line[1]
    if depth > 3:
        return "deep"
    name = rng.choice(NAMES)
    inner = template(rng, depth + 1, partials)
    return line[0] + tag(rng, rng.choice("##^"), name) + line[1] + inner + line[0] + tag(rng, "/", name) + line[1]


def template(rng, depth=0, partials=()):
    return "".join(piece(rng, depth, partials) for _ in range(rng.randrange(1, 6)))


def case(rng):
    """Partials use later ones, so that there is an end."""
    made = {name: template(rng, 1, PARTIALS[i + 1:]) for i, name in enumerate(PARTIALS)}
    return {"templates": made | {"main": template(rng, 0, PARTIALS)}, "view": view(rng)}


def expected(made):
    partials = {name: text for name, text in made["templates"].items() if name != "main"}
    return Renderer(partials=partials).render(made["templates"]["main"], made["view"])


def main(program, seed="1"):
    rng = random.Random(int(seed))
    cases = [case(rng) for _ in range(TEMPLATES)]
    lines = "".join(json.dumps(made) + "\n" for made in cases)
    out = subprocess.run([program], input=lines, capture_output=True, text=True, check=True).stdout
    answers = [json.loads(line) for line in out.splitlines()]
    texts = [expected(made) for made in cases]
    wrong = [i for i, made in enumerate(cases) if answers[i].get("text") != texts[i]]
    for i in wrong[:3]:
        print(json.dumps(cases[i], indent=1), "lib/template:", json.dumps(answers[i]), "pystache:", json.dumps(texts[i]), sep="\n")
    full = sum(bool(text.strip()) for text in texts)
    print(f"{len(answers)} templates, {full} with text, {len(wrong)} differ from pystache")
    return 1 if wrong or len(answers) != TEMPLATES or full < TEMPLATES // 2 else 0


sys.exit(main(*sys.argv[1:]))
