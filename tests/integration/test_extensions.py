# SPDX-License-Identifier: BSD-2-Clause
"""Address extensions, and rows whose local part holds the delimiter: through Postfix, LMTP, IMAP and SMTP AUTH."""
import imaplib
import pathlib
import shutil
import subprocess

import pytest

from milter_mail import arrived, set_domain, unique  # noqa: F401
from routing import look_up, queue, send
from smtp import Reply
from stack import wait_for
from submission import PASSWORD, log_in


def give_password(stack, user):
    stack.sql("select set_password(%s, %s)", user, PASSWORD)
    wait_for(lambda: inbox(stack, user) is not None, 10, f"the password of {user}")


def inbox(stack, user):
    """Subjects in the user's INBOX, by IMAP; None where the log-in is refused."""
    with imaplib.IMAP4(*stack.address("EMG_IMAP")) as imap:
        try:
            imap.login(user, PASSWORD)
        except imaplib.IMAP4.error:
            return None
        imap.select("INBOX", readonly=True)
        numbers = imap.search(None, "ALL")[1][0].split()
        headers = [imap.fetch(number.decode(), "(BODY[HEADER.FIELDS (SUBJECT)])")[1][0][1] for number in numbers]
    return sorted(header.decode().partition(":")[2].strip() for header in headers)


@pytest.fixture
def split(stack, domain):
    """The domain, a copy of its mail kept, with rows that hold delimiters; a domain alias of it, too."""
    stack.sql("update domain set keep_copy = true where name = %s", domain)
    stack.sql("insert into domain_alias (name, domain) values (%s, %s)", f"alias-{domain}", domain)
    for local in ("x", "x+y", "x+y+z", "x-y"):
        stack.sql("insert into mailbox (address) values (%s)", f"{local}@{domain}")
        give_password(stack, f"{local}@{domain}")
    for local, target in (("sales", "x"), ("sales+de", "x+y"), ("team", "x"), ("team", "x+y+z")):
        stack.sql("insert into alias (address, target) values (%s, %s)", f"{local}@{domain}", f"{target}@{domain}")
    wait_for(lambda: "," in look_up(stack, "virtual_alias", f"team@{domain}"), 5, "the rows to be in force")
    return domain


# Recipients of mail for an address, with the delimiters "+" and "+-".
OWNERS = {
    "+": {"x": ["x"], "X+Y": ["x+y"], "x+q": ["x"], "x+y+q": ["x+y"], "x+y+z": ["x+y+z"], "x+y+z+q": ["x+y+z"], '"x+y"': ["x+y"], '"x+y+q q"': ["x+y"],
          "x+yz": ["x"], "x+z+y": ["x"], "x-y": ["x-y"], "x-y+q": ["x-y"], "x+y-q": ["x"], "sales": ["x"], "sales+de": ["x+y"], "sales+DE+q": ["x+y"],
          "sales+q": ["x"], "sales+y": ["x+y"], "team": ["x", "x+y+z"], "team+y": ["x+y", "x+y+z"]},
    "+-": {"x-y": ["x-y"], "x-y-q": ["x-y"], "x-q": ["x"], "x+y-q": ["x+y"], "x+y-z": ["x+y"], "x-y+z": ["x-y"], "sales-de": ["x"], "sales+de-q": ["x+y"]},
}


@pytest.mark.parametrize("delimiters", OWNERS)
def test_f18_each_row_has_its_own_mail(stack, split, mx, setting, delimiters):
    setting("recipient_delimiter", delimiters)
    owners = OWNERS[delimiters]
    wait_for(lambda: (look_up(stack, "relay_recipients", f"x-q@{split}") == "OK") == ("-" in delimiters), 5, "the delimiters")
    expected = {row: [] for row in ("x", "x+y", "x+y+z", "x-y")}
    for name in (split, f"alias-{split}"):
        for local, rows in owners.items():
            reply = send(mx, f"{local}@{name}", f"for {local} {name}")
            assert reply.code == 250, (local, reply)
            for row in rows:
                expected[row].append(f"for {local} {name}")
    for row, subjects in expected.items():
        wait_for(lambda row=row, subjects=subjects: len(inbox(stack, f"{row}@{split}")) >= len(subjects), 20, f"the mail of {row}")
    assert {row: inbox(stack, f"{row}@{split}") for row in expected} == {row: sorted(subjects) for row, subjects in expected.items()}


def test_f18_each_row_sends_as_itself(stack, split):
    own = {"x": ["x", "x+q", "sales"], "x+y": ["x+y", "x+y+q", "sales+de", "sales+de+q", "sales+y"]}
    for login, senders in own.items():
        with log_in(stack, f"{login}@{split}") as session:
            for sender in own["x"] + own["x+y"]:
                reply = Reply(session.docmd(f"MAIL FROM:<{sender}@{split}>"))
                reply = Reply(session.docmd(f"RCPT TO:<x@{split}>"))
                session.rset()
                assert (reply.code == 250) == (sender in senders), (login, sender, reply)


def test_f18_a_row_that_comes_later_finds_its_mail(stack, split, mx):
    stack.sql("update domain set catchall = true where name = %s", split)
    wait_for(lambda: look_up(stack, "relay_recipients", f"q+r@{split}") == "OK", 5, "the catch-all")
    for local in ("q", "q+r"):
        assert send(mx, f"{local}@{split}", f"for {local}").code == 250
    stack.sql("insert into mailbox (address) values (%s), (%s)", f"q@{split}", f"q+r@{split}")
    for local in ("q", "q+r"):
        give_password(stack, f"{local}@{split}")
        wait_for(lambda local=local: inbox(stack, f"{local}@{split}") == [f"for {local}"], 20, f"the mail of {local}")


@pytest.mark.parametrize("sender", ["x+y", "sales+de"])
def test_f11_bounces_to_a_signed_row_are_taken(stack, split, set_domain, in_force, sender):
    set_domain(batv="require")

    def signed():
        subject = unique("tag ")
        with log_in(stack, f"x+y@{split}") as session:
            reply = session.message(f"{sender}@{split}", f"bert@{split}", subject)
            assert reply.code == 250, reply
        given = arrived(stack, subject)["X-Envelope-From"].strip("<> ")
        return given if "+prvs=" in given else None

    tagged = wait_for(signed, 15, "a signed sender")
    assert tagged.startswith(f"{sender}+prvs="), tagged
    in_force("550 5.7.1", "", f"{sender}@{split}")
    in_force("250", "", tagged)
    in_force("250", "", tagged.upper())
    in_force("550 5.7.1", "", tagged.replace(sender, "x", 1))


@pytest.fixture
def stock(stack, tmp_path):
    """stock(rows) gives the running Postfix a virtual(5) table of its own, and the delimiter, until the end of the test."""
    folder = pathlib.Path(stack.env["EMG_POSTFIX"])
    table = pathlib.Path(stack.folder) / "stock-virtual"
    shutil.copy(folder / "main.cf", tmp_path / "main.cf")

    def change(rows):
        table.write_text("".join(f"{address} {', '.join(targets)}\n" for address, targets in rows.items()), encoding="ascii")
        table.chmod(0o644)
        subprocess.run(["postconf", "-c", folder, "-e", "recipient_delimiter = +",
                        f"virtual_alias_maps = $emailgency_map:virtual_alias, texthash:{table}"], check=True)
        subprocess.run(["postfix", "-c", folder, "reload"], check=True, capture_output=True)

    yield change
    shutil.copy(tmp_path / "main.cf", folder / "main.cf")
    subprocess.run(["postfix", "-c", folder, "reload"], check=True, capture_output=True)
    table.unlink()


def test_f13_extensions_go_where_stock_postfix_sends_them(stack, domain, stock):
    """The same aliases as rows and in a virtual(5) table. Only a row that holds the delimiter is found at more addresses here."""
    other = f"stock-{domain}"
    aliases = {"one": ["o@elsewhere.example"], "two": ["one@{}", "t@elsewhere.example"], "own": ["own@{}", "w@elsewhere.example"],
               "tagged": ["g+tag@elsewhere.example"], "chain": ["two+c@{}"], "sales+de": ["de@elsewhere.example"], "sales": ["en@elsewhere.example"],
               "quoted": ['"q q"@elsewhere.example']}
    asked = [local + extension for local in aliases for extension in ("", "+x", "+x+y", "+", "+de")] + ['"one+x y"']
    for local, targets in aliases.items():
        for target in targets:
            stack.sql("insert into alias (address, target) values (%s, %s)", f"{local}@{domain}", target.format(domain))
    stock({f"{local}@{other}": [target.format(other) for target in targets] for local, targets in aliases.items()})
    wait_for(lambda: look_up(stack, "virtual_alias", f"quoted@{domain}").startswith('"q q"'), 5, "the rows to be in force")
    sent = {}
    for name in (domain, other):
        for local in asked:
            sent[name, local] = subject = unique(f"stock {name} ")
            subprocess.run(["sendmail", "-C", stack.env["EMG_POSTFIX"], "-f", "a@sender.example", "--", f"{local}@{name}"], input=f"Subject: {subject}\n\nx\n",
                           text=True, check=True, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "MAIL_CONFIG": stack.env["EMG_POSTFIX"]})

    def recipients(name, local):
        """As the customer's server was given them; the domain's own name left out."""
        return sorted(line.partition("<")[2].partition(">")[0].replace(name, "") for text in texts if f"Subject: {sent[name, local]}\n" in text
                      for line in text.splitlines() if line.startswith("X-Envelope-To:"))

    texts = []

    def all_there():
        texts[:] = [path.read_text(errors="replace") for path in pathlib.Path(stack.env["EMG_CUSTOMER_MAIL"]).glob("[!.]*.eml")]
        return all(recipients(*key) for key in sent) and not queue(stack, "elsewhere.example") and not queue(stack, domain)

    wait_for(all_there, 60, "the mail")
    own, stocks = ({local: recipients(name, local) for local in asked} for name in (domain, other))
    for extension in ("x", "x+y", "", "de"):
        assert own.pop(f"sales+de+{extension}") == [f"de+{extension}@elsewhere.example"]
        assert stocks.pop(f"sales+de+{extension}") == [f"en+de+{extension}@elsewhere.example"]
    assert own == stocks
