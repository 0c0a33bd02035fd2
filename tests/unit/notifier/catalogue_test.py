#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Each text of the alerts has a translation in each language, with the same names in braces: catalogue_test.py SOURCE_FOLDER"""
import glob
import re
import sys

STRING = r'"((?:[^"\\]|\\.)*)"'


def texts_of(path):
    with open(path, encoding="utf-8") as file:
        source = file.read()
    return ["".join(re.findall(STRING, found)) for found in re.findall(rf"\bN_\(((?:\s*{STRING.replace('(', '(?:', 1)})+)\s*\)", source)]


def catalogue(path):
    with open(path, encoding="utf-8") as file:
        entries = re.findall(rf"^msgid ((?:{STRING.replace('(', '(?:', 1)}\n)+)msgstr ((?:{STRING.replace('(', '(?:', 1)}\n?)+)", file.read(), re.M)
    return {"".join(re.findall(STRING, text)): "".join(re.findall(STRING, translated)) for text, translated in entries}


def names(text):
    return sorted(re.findall(r"{[a-z]+}", text))


root = sys.argv[1]
texts = texts_of(f"{root}/notifier/texts/phrase.c")
faults = [] if len(texts) > 60 else [f"only {len(texts)} texts were found"]
for po in glob.glob(f"{root}/notifier/texts/po/*.po"):
    known = catalogue(po)
    faults += [f"{po}: no translation of: {text}" for text in texts if not known.get(text)]
    faults += [f"{po}: other names in braces: {text}" for text in texts if known.get(text) and set(names(known[text])) - set(names(text))]
print("\n".join(faults + [f"{len(texts)} texts, {len(faults)} faults"]))
sys.exit(bool(faults))
