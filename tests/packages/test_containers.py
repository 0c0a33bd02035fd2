# SPDX-License-Identifier: BSD-2-Clause
"""The image made of the packages, and the services of packaging/container/compose.yaml, as docs/containers.md starts them. The tests
follow one another on one set of containers, in a network of their own."""
import contextlib
import http.client
import os
import pathlib
import re
import ssl
import subprocess

import mail_checks
import pytest
from compose import CONTAINER, Podman, Service
from internet import GATEWAY, Internet
from machine import network_of, wait_for
from mail_checks import USER

NAMES = ("postgresql", "mx", "console")
WAITING = "waits@other.example"  # no server answers there


class Node:
    """The three services on one host, which has a network, and no more than that, of its own."""

    def __init__(self, podman, folder):
        self.folder, self.image = folder, "localhost/emailgency:latest"
        self.holder = subprocess.Popen(["unshare", "-n", "sleep", "infinity"], stdin=subprocess.DEVNULL)
        self.pid = self.holder.pid
        wait_for(lambda: pathlib.Path(f"/proc/{self.pid}/comm").read_text() == "sleep\n", "a network")
        self.services = {name: Service(podman, name, folder, f"/proc/{self.pid}/ns/net", GATEWAY) for name in NAMES}
        self.mx = self.services["mx"]

    def resolve_by(self, server, address):
        """podman run --dns writes it."""

    def run(self, script):
        return self.mx.run(script)

    def says(self, script):
        return self.mx.says(script)

    def sql(self, *statements):
        words = [word for statement in ("set search_path = emailgency", *statements) for word in ("-c", statement)]
        return self.mx.podman.run("exec", "--user=postgres", "emailgency-postgresql", "psql", "-qAtX", "emailgency", *words).strip()

    def up(self):
        for name, service in self.services.items():
            for other, wanted in service.spec.get("depends_on", {}).items():
                assert wanted == {"condition": "service_healthy"} and NAMES.index(other) < NAMES.index(name)
                self.services[other].wait_until_healthy()
            service.up(self.image)
        for service in self.services.values():
            service.wait_until_healthy()

    def down(self):
        """Exit codes, by service."""
        codes = {name: self.services[name].stop() for name in reversed(NAMES)}
        for service in self.services.values():
            service.podman.run("rm", service.container)
        return codes

    def queued(self):
        return self.run("postqueue -j")


def build_image(podman, work):
    if podman("image", "exists", "localhost/emailgency:latest").returncode == 0:
        return
    with open(work / "image.log", "wb") as log:
        built = subprocess.run([CONTAINER / "build", "--packages", work / "packages"], env=podman.environment, stdin=subprocess.DEVNULL,
                               stdout=log, stderr=log)
    assert built.returncode == 0, (work / "image.log").read_text(errors="replace")[-3000:]


@pytest.fixture(scope="module")
def podman(packages, work):
    """A podman that has the image; with EMG_PACKAGES_WORK it stays for the next run."""
    tried = subprocess.run(["unshare", "-n", "-m", "-p", "-f", "true"], text=True, stderr=subprocess.PIPE)
    if tried.returncode != 0:
        pytest.skip(f"this host allows no namespaces, so no container runs: {tried.stderr.strip()}")
    podman = Podman(work)
    build_image(podman, work)
    tried = podman("run", "--rm", "--network=none", "localhost/emailgency:latest", "true")
    if tried.returncode != 0:
        pytest.skip(f"podman runs no container on this host: {tried.stdout.strip()[-300:]}")
    yield podman
    podman("rm", "--all", "--force", "--time=0")
    podman("volume", "rm", "--all", "--force")
    if not os.environ.get("EMG_PACKAGES_WORK"):
        podman("system", "reset", "--force")


@pytest.fixture(scope="module")
def node(podman, tmp_path_factory):
    folder = tmp_path_factory.mktemp("compose")
    subprocess.run([CONTAINER / "make-folders", folder], check=True)
    node = Node(podman, folder)
    internet = Internet(node)
    yield node, internet
    internet.stop()
    node.holder.terminate()
    node.holder.wait(timeout=30)


def test_first_start(node):
    """No schema, no certificate, no configuration: all three are well by themselves."""
    machine, _ = node
    machine.up()
    assert machine.says("emailgencyctl status | grep -qE '^ok +schema'")
    assert "certificate is signed by itself" in machine.mx.logs()


def test_mail(node):
    machine, internet = node
    machine.sql("insert into domain (name, plan) values ('customer.example', 'basic'), ('other.example', 'basic')",
                f"insert into mailbox (address) values ('{USER}')", "update setting set value = 'backup.example.net' where name = 'service_domain'")
    mail_checks.prepare(machine)
    subject = mail_checks.greylisted_then_accepted(machine, internet)
    mail_checks.copy_is_in_the_store(machine, subject)
    mail_checks.denied_log_in(machine, internet)
    mail_checks.unknown_is_refused(internet)
    mail_checks.alert_arrives(machine, internet)


def traced(machine):
    return machine.sql(f"select count(*) from message_event where recipient = '{USER}'")


def test_tracker_reads_the_log_that_the_container_prints(node):
    machine, _ = node
    wait_for(lambda: traced(machine) not in ("", "0"), "the tracker has written events")
    assert re.search(r" postfix/\w+\[\d+\]: \w+: .*status=sent", machine.mx.podman.run("logs", "emailgency-mx"))


def get(machine, path):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with network_of(machine.pid):
        client = http.client.HTTPSConnection("127.0.0.1", 443, timeout=30, context=context)
        with contextlib.closing(client):
            client.request("GET", path, headers={"Host": "console.backup.example.net"})
            reply = client.getresponse()
            return reply.status, reply.read().decode()


def test_console_shows_its_log_in_page(node):
    machine, _ = node
    status, page = get(machine, "/login")
    assert status == 200 and 'type="password"' in page and "</html>" in page


def processes(service):
    """(account, effective capabilities, no-new-privileges, command) of each."""
    names = {line.split(":")[2]: line.split(":")[0] for line in service.run("getent passwd").splitlines()}
    status = service.run("for file in /proc/[0-9]*/status; do tr '\\n' '\\t' <$file && echo || true; done")
    found = [dict(re.findall(r"(\w+):\t([^\t]*(?:\t\d+)*)", line)) for line in status.splitlines() if "\tCapEff:" in line]
    return [(names[one["Uid"].split()[1]], int(one["CapEff"], 16), one["NoNewPrivs"], one["Name"]) for one in found]


def test_processes_have_few_rights(node):
    machine, _ = node
    for service in machine.services.values():
        assert service.inspect()["HostConfig"]["ReadonlyRootfs"]
        assert not service.says("touch /usr/x"), "the root file system is read-only"
        for user, rights, closed, command in processes(service):
            assert closed == "1", f"{command} may gain rights"
            if user != "root" and command != "emailgency-queu":
                assert rights == 0, f"{command} of {user} has capabilities {rights:x}"
    accounts = {user for user, _, _, _ in processes(machine.mx)}
    daemons = "replicator policyd transportmap milter queuewatch notifier tracker keeper console-auth logins".split()
    assert accounts >= {f"emailgency-{daemon}" for daemon in daemons} | {"postfix", "dovecot"}
    assert machine.services["postgresql"].inspect()["HostConfig"]["NetworkMode"] == "none"


def test_accounts_keep_their_numbers(node):
    """Files in the volumes outlive the image."""
    machine, _ = node
    lines = [line.split() for line in (CONTAINER / "accounts").read_text().splitlines() if not line.startswith("#")]
    for name, uid, gid in lines:
        assert machine.run(f"getent group {name}").split(":")[2] == gid
        assert uid == "-" or machine.run(f"id -u {name}").strip() == uid
    known = {uid for _, uid, _ in lines} | {"0"}
    assert set(machine.run("find /var/spool/postfix /var/lib/emailgency /var/lib/emailgency-store -printf '%U\\n'").split()) <= known
    assert {gid for _, _, gid in lines} | {"0", "4"} >= set(
        machine.run("find /var/spool/postfix /var/lib/emailgency /var/lib/emailgency-store -printf '%G\\n'").split())


def test_process_1_reaps(node):
    machine, _ = node
    machine.run("for i in 1 2 3; do (setsid sleep 0.1 &); done")
    wait_for(lambda: not machine.says("grep -l '^State:.Z' /proc/[0-9]*/status"), "no process stays a zombie")


def test_daemon_that_dies_is_started_and_nothing_is_put_off(node):
    """Its socket is process 1's, so that Postfix waits."""
    machine, internet = node
    for daemon in ("policyd", "transportmap"):
        pid = machine.run(f"s6-svstat -o pid /run/service/{daemon}").strip()
        machine.run(f"kill -9 {pid}")
        code, text, _ = mail_checks.send(internet, "first@sender.example", USER)
        assert code == 250, text
        wait_for(lambda pid=pid, daemon=daemon: machine.run(f"s6-svstat -o pid /run/service/{daemon}").strip() not in ("-1", pid), "a new process")
    machine.mx.wait_until_healthy()


def queue_one(machine, internet):
    """Mail that waits, as its server is away."""
    machine.sql("update domain set greylisting = 'off' where name = 'other.example'")
    mail_checks.until(250, lambda: mail_checks.send(internet, "first@sender.example", WAITING), "mail for a server that is away is accepted")
    wait_for(lambda: WAITING in machine.queued(), "it is in the queue")


def test_next_image_has_the_mail(node, podman):
    """A stop with mail in the queue, and containers of another image on the same volumes."""
    machine, internet = node
    queue_one(machine, internet)
    subject = mail_checks.send(internet, "first@sender.example", USER)[2]
    mail_checks.copy_is_in_the_store(machine, subject)
    events = wait_for(lambda: traced(machine), "events")
    assert machine.down() == {"console": 0, "mx": 0, "postgresql": 0}
    podman.run("tag", machine.image, "localhost/emailgency:next")
    machine.image = "localhost/emailgency:next"
    machine.up()
    assert WAITING in machine.queued()
    mail_checks.copy_is_in_the_store(machine, subject)
    assert int(traced(machine)) >= int(events)
    mail_checks.known_sender_is_accepted(machine, internet)


def test_killed_containers_come_back(node):
    machine, internet = node
    for service in machine.services.values():
        service.kill()
    for service in machine.services.values():
        wait_for(lambda service=service: service.inspect()["RestartCount"] >= 1 and service.inspect()["State"]["Running"],
                 f"{service.container} is started again")
        service.wait_until_healthy()
    assert WAITING in machine.queued()
    mail_checks.known_sender_is_accepted(machine, internet)


def certificate(machine):
    with network_of(machine.pid):
        return ssl.get_server_certificate(("127.0.0.1", 993), timeout=30)


def test_certificate_and_configuration_are_the_operators(node):
    """A certificate is in force at SIGHUP; files of /config are those of /etc/emailgency."""
    machine, _ = node
    place = machine.folder / "tls"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=mx1.backup.example.net",
                    "-keyout", place / "privkey.pem", "-out", place / "fullchain.pem"], check=True, stderr=subprocess.DEVNULL)
    machine.mx.podman.run("kill", "--signal=HUP", "emailgency-mx")
    wait_for(lambda: ssl.PEM_cert_to_DER_cert(certificate(machine)) == ssl.PEM_cert_to_DER_cert((place / "fullchain.pem").read_text()), "IMAP has it")
    (machine.folder / "config/mx/policyd.conf").write_text("log_level = debug\n")
    (machine.folder / "config/mx/notifier.conf").write_text("nonsense = 1\n")
    machine.mx.podman.run("restart", "emailgency-mx")
    wait_for(lambda: machine.says("emailgency-policyd -p | grep -q '^log_level = \"debug\"'"), "it is in force")
    # A wrong file ends one daemon until somebody acts, and the mail goes on.
    wait_for(lambda: machine.says("s6-svstat /run/service/notifier | grep -q '^down .*exitcode 78'"), "it is not started again and again")
    wait_for(lambda: machine.mx.health()[0] == 0, "the rest is well")


def test_stop_is_quick_and_clean(node):
    """By SIGTERM: within the time of each, and without a kill."""
    machine, _ = node
    assert machine.down() == {"console": 0, "mx": 0, "postgresql": 0}
