#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Messages of the database as pages show them: messages_test.py PAGE_MESSAGE SOURCE_FOLDER. Each pattern of
console/message/database_messages.c is that of a message in sql/code or lib/password, and no message of sql/code shows SQL."""
import pathlib
import re
import subprocess
import sys

LITERALS = re.compile(r"'((?:[^']|'')*)'(?:\s*\n\s*'(?:[^']|'')*')*")
SQL = re.compile(r"\b(select|insert into|delete from|create role|create or replace|update \w+ set|set_\w+)\b|\w\(|\w = '")
# Calls of programs, and what only the operator and psql get.
OTHERS = re.compile(r"\n|^ |%I|%L|\$\d|trace_|^select |^insert into |^update |^delete |^\w+: select |requested: |not confirmed: |^,|^;|^:|^t\.|^case when|^coalesce|^drop |^create |^comment |^alter |^grant |^revoke |^trace\(\) has|^record_")


def literals(text):
    """Strings of SQL, adjacent ones joined."""
    for found in LITERALS.finditer(re.sub(r"--[^\n]*", "", text)):
        yield "".join(part.replace("''", "'") for part in re.findall(r"'((?:[^']|'')*)'", found[0]))


def page_texts(program, messages):
    done = subprocess.run([program], input="".join(message + "\n" for message in messages), capture_output=True, text=True, check=True)
    return done.stdout.split("\n")[:-1]


def main(program, root):
    root = pathlib.Path(root)
    faults = []
    cases = [line.split(" => ") for line in (root / "tests/cases/console/messages.cases").read_text().splitlines() if not line.startswith("#")]
    for (message, wanted), shown in zip(cases, page_texts(program, [case[0] for case in cases]), strict=True):
        if shown != wanted:
            faults.append(f"{message}\n  {wanted} was expected\n  {shown}")

    sources = sorted([*(root / "sql").glob("code/*.sql"), *(root / "sql").glob("migrations/*.sql")])
    texts = [text for path in sources for text in literals(path.read_text(encoding="utf-8"))]
    known = "\n".join(re.sub(r"%(\d\$)?s", "\0", text) for text in texts) + (root / "lib/password/password_rule.c").read_text(encoding="utf-8")
    table = (root / "console/message/database_messages.c").read_text(encoding="utf-8")
    patterns = [eval(" ".join(re.findall(r'"(?:[^"\\]|\\.)*"', row))) for row in re.findall(r"{((?:\s*\"(?:[^\"\\]|\\.)*\")+)\s*,\s*PAGE_TEXT", table)]
    for pattern in patterns:
        # Some messages are made of parts: each word must be there, and two of them together.
        words = re.sub(r"{\w+}", "", pattern).replace('"', "").split()
        pairs = [" ".join(pair) for part in re.split(r'{\w+}|"', pattern) for pair in zip(part.split(), part.split()[1:])]
        if not all(word.strip(",:") in known for word in words) or pairs and not any(pair.rstrip("s") in known for pair in pairs):
            faults.append(f"no message has it: {pattern}")

    messages = [re.sub(r"%(\d\$)?s", "x", text).replace("%%", "%") for text in texts
                if " " in text and ("%s" in text or ": " in text) and not OTHERS.search(text)]
    for message, shown in zip(messages, page_texts(program, messages), strict=True):
        if SQL.search(shown):
            faults.append(f"SQL on a page:\n  {message}\n  {shown}")
    print("\n".join([*faults, f"{len(cases)} cases, {len(patterns)} patterns, {len(messages)} messages, {len(faults)} faults"]))
    return 1 if faults or len(patterns) < 100 or len(messages) < 150 else 0


sys.exit(main(*sys.argv[1:]))
