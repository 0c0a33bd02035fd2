# SPDX-License-Identifier: BSD-2-Clause
"""emailgencyctl check on a real node: each deliberate fault is named, with the line or the command that corrects it, and the
finding is gone when the fault is."""
import contextlib
import json
import pathlib
import re
import shutil

import pytest

from check_node import Node, mode, moved, old_replica, owner, statements
from stack import SOURCE, drop_domain, new_folder, wait_for

POLICY = "check_policy_service { unix:emailgency/policyd, timeout=5s, default_action=DUNNO }"


@pytest.fixture
def node(stack):
    folder = new_folder()
    yield Node(stack, folder)
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def customer(stack):
    """A domain of the rows, with a plan and stored mail."""
    name = "dcheck.example"
    stack.sql("insert into domain (name, plan) values (%s, 'basic')", name)
    yield name
    drop_domain(stack, name)


# ---- faults: context managers that take the node and the customer's domain ----

def main(*lines):
    """Other lines of main.cf; what was there is put back."""
    @contextlib.contextmanager
    def fault(node, domain):
        path = node.folder / "postfix" / "main.cf"
        before = path.read_text()
        node.main(*(line.replace("DOMAIN", domain).replace("FOLDER", str(node.folder)) for line in lines))
        yield
        path.write_text(before)
    return fault


def text(name, old, new):
    """Another text in a file of the node."""
    @contextlib.contextmanager
    def fault(node, _domain):
        path = node.folder / name
        before = path.read_text()
        node.edit(path, old, new)
        yield
        path.write_text(before)
    return fault


def service(name, *overrides):
    """One more smtpd in master.cf. It is never started."""
    @contextlib.contextmanager
    def fault(node, _domain):
        path = node.folder / "postfix" / "master.cf"
        before = path.read_text()
        path.write_text(before + f"{name} inet n - y - - smtpd\n" + "".join(f"  -o {{ {line} }}\n" for line in overrides))
        yield
        path.write_text(before)
    return fault


def without_lmdb():
    """F4: as a Postfix without the package postfix-lmdb."""
    @contextlib.contextmanager
    def fault(node, domain):
        meta = node.folder / "meta"
        meta.mkdir()
        (meta / "dynamicmaps.cf").write_text("pgsql\tpostfix-pgsql.so\tdict_pgsql_open\n")
        with main("meta_directory = FOLDER/meta")(node, domain):
            yield
    return fault


def of_node(manager, *arguments):
    """A fault of the running stack; arguments that are functions get the node."""
    @contextlib.contextmanager
    def fault(node, _domain):
        with manager(*(argument(node) if callable(argument) else argument for argument in arguments)):
            yield
    return fault


def sql(apply, undo):
    return of_node(statements, lambda node: node, apply, undo)


def option(name, value):
    @contextlib.contextmanager
    def fault(node, _domain):
        node.options[name] = value
        yield
        del node.options[name]
    return fault


def stale(seconds):
    @contextlib.contextmanager
    def fault(node, _domain):
        folder = node.folder / "replica"
        old_replica(node.stack.env["EMG_LMDB"], folder, seconds)
        node.options["--directory"] = folder
        yield
        del node.options["--directory"]
    return fault


def auth_socket(node):
    return node.spool / "private" / "auth"


def lmtp_socket(node):
    return node.spool / "private" / "dovecot-lmtp"


def worker(node):
    return pathlib.Path(re.search(r'^spf_worker = "(.*)"', node.conf("milter.conf").read_text(), flags=re.M)[1])


REVOKE = "revoke insert on emailgency.greylist from emailgency_policyd"
GRANT = "grant insert on emailgency.greylist to emailgency_policyd"
LAST = len(list((SOURCE / "sql" / "migrations").glob("*.sql")))
OLD = f"update emailgency.schema_migration set version = 10{LAST} where version = {LAST}"

# name: subject, fault, the finding, its remedy (regular expressions)
FAULTS = {
    "no postfix-lmdb": ("postfix", without_lmdb(), r"error: address_verify_map: lmdb:\S+: Postfix has no tables of type lmdb",
                        r"^apt install postfix-lmdb @ $"),
    "no folder of address_verify_map": (
        "postfix", main("address_verify_map = lmdb:FOLDER/none/verify"), r"error: address_verify_map: /\S+/none: No such file",
        r"^install -d -m 0700 -o postfix /\S+/none @"),
    "policy service missing": (
        "postfix", main("smtpd_recipient_restrictions ="), r"error: \S+:25/inet/smtpd_recipient_restrictions: does not ask policyd",
        r"^smtpd_recipient_restrictions = check_policy_service \{ unix:emailgency/policyd.* @ .*/postfix/main.cf$"),
    "wrong order": (
        "postfix", main("smtpd_relay_restrictions =", f"smtpd_recipient_restrictions = {POLICY}, reject_unauth_destination"),
        r"warning: \S+:25/inet/smtpd_recipient_restrictions: asks policyd before reject_unauth_destination",
        r"^smtpd_recipient_restrictions = reject_unauth_destination, check_policy_service .* @ .*/main.cf$"),
    "everybody permitted before": (
        "postfix", main(f"smtpd_recipient_restrictions = permit, {POLICY}"), r"error: \S+: permits all mail before policyd is asked",
        r"check_policy_service .* @ .*/main.cf$"),
    "wrong socket path": (
        "postfix", main("emailgency_policyd = unix:private/policyd"), r"error: \S+/smtpd_recipient_restrictions: does not ask policyd",
        r"unix:emailgency/policyd.* @ .*/main.cf$"),
    "absolute path in a chroot": (
        "postfix", main("emailgency_map = socketmap:unix:/var/spool/postfix/emailgency/transportmap"),
        r"error: relay_domains: \S+ is absolute, and smtpd runs in a chroot",
        r"^relay_domains = socketmap:unix:emailgency/transportmap:relay_domains @ .*/main.cf$"),
    "transport map missing": (
        "postfix", main("transport_maps ="), r"error: transport_maps: is empty",
        r"^transport_maps = socketmap:unix:emailgency/transportmap:transport @ .*/main.cf$"),
    "milter missing": (
        "postfix", main("smtpd_milters ="), r"error: smtpd_milters: no smtpd asks the milter",
        r"^smtpd_milters = \{ unix:emailgency/milter, .* @ .*/main.cf$"),
    "message_size_limit too small": (
        "postfix", main("message_size_limit = 1000000"), r"error: message_size_limit: is 1000000, below the plan basic",
        r"^message_size_limit = \d+ @ .*/main.cf$"),
    "submission without policy_context": (
        "postfix", main(f"emailgency_submission_policy = {POLICY}"),
        r"warning: \S+:587/inet/smtpd_sender_restrictions: asks policyd without policy_context=submission",
        r"policy_context=submission"),
    "a customer's domain in mydestination": (
        "postfix", main("mydestination = localhost, DOMAIN"), r"error: mydestination: holds d\S+, which is in the rows",
        r"^mydestination = localhost @ .*/main.cf$"),
    "an MX that refuses all others": (
        "postfix", service("192.0.2.1:25", f"smtpd_recipient_restrictions = permit_mynetworks, {POLICY}, reject"),
        r"error: 192.0.2.1:25/inet/smtpd_recipient_restrictions: ends in reject", r"reject_unauth_destination, .* @ .*/master.cf$"),
    "the policy socket's mode": (
        "postfix", of_node(mode, lambda node: node.spool / "emailgency" / "policyd", 0o600),
        r"error: \S+/emailgency/policyd: postfix may not write", r"^chgrp postfix \S+ && chmod 0660 \S+ @ $"),
    "private/auth missing": ("dovecot", of_node(moved, auth_socket), r"error: \S+/private/auth: No such file",
                             r"^systemctl restart dovecot @ $"),
    "LMTP socket missing": ("dovecot", of_node(moved, lmtp_socket), r"error: \S+/private/dovecot-lmtp: No such file",
                            r"^systemctl restart dovecot @ $"),
    "LMTP socket of another account": (
        "dovecot", of_node(owner, lmtp_socket, "dovecot", "dovecot"), r"error: \S+/private/dovecot-lmtp: postfix may not write",
        r"^printf 'service lmtp \{\\n unix_listener \S+ \{.* user = postfix.*' >>\S+/dovecot.conf && systemctl restart dovecot @ $"),
    "PAM first": ("dovecot", text("dovecot/dovecot.conf", "protocols =", "passdb {\n  driver = pam\n}\nprotocols ="),
                  r"error: dovecot.passdb.0: pam comes before", r"^#!include auth-system.conf.ext @ .*/conf.d/10-auth.conf$"),
    "log-ins not included": ("dovecot", text("dovecot/dovecot.conf", "!include", "#!include"),
                             r"error: dovecot.passdb: Emailgency's passdb is not included",
                             r"^!include /etc/dovecot/emailgency-auth.conf @ .*/dovecot.conf$"),
    "no LMTP": ("dovecot", text("dovecot/dovecot.conf", "protocols = imap lmtp", "protocols = imap"),
                r'error: dovecot.protocols: is "imap"', r"^protocols = imap lmtp @ .*/dovecot.conf$"),
    "PgBouncer's socket missing": (
        "dovecot", of_node(moved, lambda node: node.stack.folder / "run" / "logins" / ".s.PGSQL.6432"),
        r"error: \S+/\.s\.PGSQL\.6432: No such file", r"^systemctl enable --now emailgency-logins @ $"),
    "a right missing": ("postgresql", sql(REVOKE, GRANT), r"error: pg.policyd: lacks a right: grant insert on table",
                        r"^grant insert on table emailgency.greylist to emailgency_policyd @ $"),
    "a role that needs a password": ("postgresql", text("conf/policyd.conf", "user=emailgency_policyd", "user=emailgency_none"),
                     r"error: pg.policyd: .*password", r"^alter role emailgency_none password '...' -- .* in policyd.conf @ $"),
    "another role than the account's": (
        "postgresql", text("conf/policyd.conf", "user=emailgency_policyd", "user=emailgency_milter"),
        r"error: \S+/pg_ident.conf: .*Peer authentication failed", r"^emailgency emailgency-policyd emailgency_milter @ .*/pg_ident.conf$"),
    "no such database": ("postgresql", text("conf/policyd.conf", "dbname=emailgency", "dbname=none"),
                         r'error: pg.policyd: .*database "none" does not exist', r"^runuser -u postgres -- createdb none @ $"),
    "old schema": ("postgresql", sql(OLD, f"update emailgency.schema_migration set version = {LAST} where version = 10{LAST}"),
                   rf"error: schema: is 10{LAST}, and this program is of {LAST}", r"install the release"),
    "an older schema": ("postgresql", sql(f"update emailgency.schema_migration set version = -{LAST} where version = {LAST}",
                                          f"update emailgency.schema_migration set version = {LAST} where version = -{LAST}"),
                        rf"error: schema: is {LAST - 1}, and this program needs {LAST}", r"^runuser -u postgres -- \S+/sql/migrate 'dbname=emailgency' @ $"),
    "other code": ("postgresql", sql("update emailgency.schema_code set hash = 'x' || hash", "update emailgency.schema_code set hash = substr(hash, 2)"),
                   r"error: schema.code: is x", r"/sql/migrate 'dbname=emailgency' @ $"),
    "stale replica": ("replica", stale(73), r"error: replica.age: was current 7\d s ago", r"^systemctl restart emailgency-replicator"),
    "no replicator": ("replica", stale(1), r"error: replica.writer: no replicator runs", r"^systemctl enable --now emailgency-replicator @ $"),
    "replica's folder closed": ("replica", of_node(mode, lambda node: node.stack.folder / "directory", 0o700),
                                r"error: replica.policyd: emailgency-policyd may not enter", r"chmod 2750"),
    "SPF worker not executable": ("spf", of_node(mode, worker, 0o644), r"error: spf_worker: emailgency-milter may not execute",
                                  r"^chmod 0755 \S+/emailgency-spf-worker @ $"),
    "SPF worker in a closed folder": ("spf", of_node(mode, lambda node: worker(node).parent, 0o700),
                                      r"error: spf_worker: emailgency-milter may not enter \S+", r"^install -D -m 0755"),
    "a secret for all to read": ("files", of_node(mode, lambda node: node.conf("batv.keys"), 0o644),
                                 r"error: \S+/milter.conf: .*batv.keys holds a secret, but others may read it \(mode 0644\): chmod o=,g-w \S+/batv.keys",
                                 r"emailgency-milter -t -c \S+/milter.conf @ $"),
    "a mail log that only root can read": ("log", of_node(mode, lambda node: node.stack.log / "mail.log", 0o600),
                                           r"error: \S+/mail.log: emailgency-tracker may not read", r"^chgrp adm \S+ && chmod 0640 \S+/mail.log @ $"),
    "no mail log": ("log", text("conf/tracker.conf", "log/mail.log", "log/none.log"), r"warning: \S+/none.log: No such file", r"^mail_log = journal @ .*/tracker.conf$"),
    "a password in logins.ini": (
        "files", text("conf/logins.ini", "user=emailgency_dovecot", "user=emailgency_dovecot password=secret"),
        r"error: \S+/logins.ini: holds a secret, and has mode 0644", r"^chown emailgency-logins \S+ && chmod 0400 \S+ @ $"),
    "a word that is no option": ("files", text("conf/policyd.conf", "listen_mode", "lisen_mode"), r"error: \S+/policyd.conf: .*lisen_mode",
                                 r"^emailgency-policyd -t -c \S+/policyd.conf @ $"),
    "no mx_hosts": ("settings", text("conf/notifier.conf", "mx_hosts", "#"), r"warning: notifier.conf/mx_hosts: is empty",
                    r'^mx_hosts = "mx.emailgency.example" @ .*/notifier.conf$'),
    "the example's service_domain": (
        "settings", sql("select 1", "update emailgency.setting set value = 'service.example' where name = 'service_domain'"),
        r"warning: setting.service_domain: is the example", r"^update emailgency.setting set value = "),
    "a host name that is not in DNS": ("dns", main("myhostname = nowhere.invalid"),
                                       r"warning: myhostname/nowhere.invalid: has no address", r"^nowhere.invalid. A .* @ its zone$"),
    "no DNS": ("dns", option("--dns", "127.0.0.1:1"), r"error: dns: 127.0.0.1@1: no answer", r"^cat /etc/resolv.conf"),
}


RUN, FOLLOWED = set(), set()


def named(lines, finding, remedy):
    return [line for line in lines if re.search(finding, line) and re.search(remedy, line.partition(" -> ")[2])]


@pytest.mark.parametrize("name", FAULTS)
def test_fault_is_named_and_its_remedy(node, customer, request, name):
    subject, fault, finding, remedy = FAULTS[name]
    if subject == "settings":
        request.getfixturevalue("setting")("service_domain", "emailgency.example")
    RUN.add(name)
    with fault(node, customer):
        lines = node.wrong(subject)
        assert named(lines, finding, remedy), "\n".join(lines)
        if node.follow(named(lines, finding, remedy)[0]):
            FOLLOWED.add(name)
            assert not named(node.wrong(subject), finding, remedy), "the remedy does not help"
    wait_for(lambda: not named(node.wrong(subject), finding, remedy), 20, "the finding to be gone")


def test_remedies_were_followed():
    """That of many faults can be, and did help."""
    if RUN != set(FAULTS):
        pytest.skip("not all faults were chosen")
    assert len(FOLLOWED) > 15, FOLLOWED


def test_database_away(running, node):
    """The real server is stopped: one line for all daemons, and the other subjects are judged as before."""
    running.postgresql("stop", "-m", "fast")
    try:
        lines = node.wrong("postgresql")
        assert len(named(lines, r"error: postgresql: ", r"^systemctl start postgresql @ $")) == 1, lines
        assert not [line for line in node.wrong("replica") if line.startswith("error: replica.writer")]
    finally:
        running.postgresql("start")
    wait_for(lambda: not node.wrong("postgresql"), 30, "the database")


def test_daemon_killed(running, node):
    """Its socket is still there, and no server."""
    running.kill("policyd")
    lines = node.wrong("postfix")
    assert named(lines, r"error: \S+/emailgency/policyd: no server is there", r"systemctl restart .*emailgency-policyd"), lines
    running.start("policyd")
    assert not [line for line in node.wrong("postfix") if "policyd" in line]


def test_right_node(stack, customer):
    """All subjects, by the stack's own emailgencyctl: nothing but what a stand-in cannot have."""
    node = Node.__new__(Node)
    node.stack, node.options = stack, {}
    node.command = lambda *words: [stack.env["EMG_CTL"], "check", *words]
    lines = node.wrong()
    assert [line for line in lines if not line.startswith("warning: setting.")] == [], lines
    brief = node.run().stdout.splitlines()
    summary = re.findall(r"^ok: (\w+): \d+ of \d+ checks$", "\n".join(brief), flags=re.M)
    assert {"postfix", "dovecot", "postgresql", "replica", "spf", "files", "log", "dns", "disk"} <= set(summary), brief


def test_another_account(stack, node):
    """F23: a monitoring account gets no false alarm."""
    node.folder.chmod(0o755)
    done = node.run("--json", account="nobody")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 77, done.stdout + done.stderr
    assert not [finding for finding in found if finding["severity"] == "error"], done.stdout
    unknown = {finding["subject"] for finding in found if finding["severity"] == "unknown"}
    assert {"postfix", "dovecot", "postgresql", "replica"} <= unknown, unknown
    assert all(finding["run"].startswith("sudo emailgencyctl check") for finding in found if finding["severity"] == "unknown")
