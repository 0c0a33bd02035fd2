# SPDX-License-Identifier: BSD-2-Clause
"""A private Dovecot with the packaged configuration of the mail store, on a socket and a port of its own."""

import os
import pwd
import re
import shutil
import smtplib
import socket
import subprocess

from cluster import ROOT, wait_for

STORE = "emailgency-store"
MAIN = """base_dir = {run}
state_dir = {run}
instance_name = {name}
log_path = {folder}/dovecot.log
protocols = lmtp
ssl = no
listen = 127.0.0.1
default_process_limit = 200
passdb {{
    driver = static
    args = nopassword=y
}}
{wiring}
namespace inbox {{
    inbox = yes
    separator = /
}}
"""
# The same accounts and quotas in one passwd-file, and nothing else of this project.
PASSWD_FILE = """first_valid_uid = 1
recipient_delimiter = +
userdb {{
    driver = passwd-file
    args = username_format=%Lu {folder}/users
    default_fields = uid=emailgency-store gid=emailgency-store home={folder}/mail/%Ld/%Ln mail=maildir:~/Maildir
}}
service lmtp {{
    unix_listener {folder}/spool/private/dovecot-lmtp {{
        mode = 0600
    }}
}}
mail_plugins = $mail_plugins quota
mailbox_list_index = yes
quota_full_tempfail = yes
plugin {{
    quota = count:User quota
    quota_vsizes = yes
}}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def accounts():
    """The account of the mail store, made where there is none, as the quickstart makes it."""
    try:
        pwd.getpwnam(STORE)
    except KeyError:
        subprocess.run(["useradd", "--system", "--user-group", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", STORE], check=True)


class Dovecot:
    """`packaged`: with emailgency-store.conf; else with a passwd-file."""

    def __init__(self, folder, name="store", packaged=True, extra=""):
        accounts()
        self.folder, self.name, self.key = folder, name, "bench"
        self.conf, self.mail = os.path.join(folder, "dovecot.conf"), os.path.join(folder, "mail")
        self.usage, self.limits = os.path.join(folder, "usage"), os.path.join(folder, "limits")
        self.lmtp, self.port = os.path.join(folder, "spool/private/dovecot-lmtp"), free_port()
        for path in (self.mail, self.usage, self.limits, os.path.join(folder, "run")):
            os.makedirs(path)
        os.makedirs(os.path.dirname(self.lmtp))
        os.chmod(folder, 0o755)
        for path in (self.mail, self.usage):
            shutil.chown(path, STORE, STORE)
        wiring = self.packaged_wiring() if packaged else PASSWD_FILE.format(folder=folder)
        with open(self.conf, "w", encoding="ascii") as out:
            out.write(MAIN.format(run=f"{folder}/run", name=name, folder=folder, wiring=wiring + extra))
        self.start()

    def packaged_wiring(self):
        with open(f"{ROOT}/packaging/dovecot/emailgency-store.conf", encoding="ascii") as file:
            text = file.read()
        for packaged, here in (("/var/spool/postfix/", f"{self.folder}/spool/"), ("/var/lib/emailgency-store/", f"{self.mail}/"),
                           ("/var/lib/emailgency/limits", self.limits), ("/var/lib/emailgency/usage", self.usage),
                           ("port = 8099", f"port = {self.port}"), ("user = postfix", "user = root")):
            text = text.replace(packaged, here)
        return re.sub(r"!include_try .*", f"doveadm_api_key = {self.key}", text)

    def start(self):
        # Its master keeps standard output open.
        subprocess.run(["dovecot", "-c", self.conf], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        path = f"{self.folder}/run/master.pid"
        wait_for(lambda: os.path.exists(self.lmtp) and os.path.exists(path) and os.path.getsize(path), 30, "Dovecot's LMTP socket")
        with open(path, encoding="ascii") as file:
            self.pid = int(file.read())

    def stop(self):
        subprocess.run(["doveadm", "-c", self.conf, "stop"], check=False)

    def doveadm(self, *command):
        return subprocess.run(["doveadm", "-c", self.conf, *command], capture_output=True, text=True, check=False).stdout

    def deliver(self, sender, messages):
        """Stores messages, each a recipient and a text, in one session, as lmtp(8) does."""
        client = smtplib.LMTP(self.lmtp, timeout=60)
        client.ehlo("bench.example")
        for recipient, text in messages:
            client.mail(sender)
            answer = client.rcpt(recipient)
            assert answer[0] == 250, (answer, self.log_end())
            client.putcmd("data")
            client.getreply()
            client.send(text.replace(b"\r\n.", b"\r\n..") + b"\r\n.\r\n")
            code, answer = client.getreply()
            assert code == 250, answer
        client.close()

    def log_end(self):
        with open(f"{self.folder}/dovecot.log", encoding="utf-8") as file:
            return file.read()[-2000:]
