# SPDX-License-Identifier: BSD-2-Clause
"""A quickstart from which all of Emailgency's wiring is taken: a host as an operator has it before emailgencyctl setup."""
import os
import pathlib
import re
import shutil
import subprocess

from stack import DAEMONS, SOURCE, Stack, new_folder, quickstart

CTL = SOURCE / "build" / os.environ.get("EMG_PRESET", "release") / "ctl" / "emailgencyctl"
MARK = "# ---- packaging/postfix/main.cf ----"
LOCAL_PASSWORD = "of this host"
OPERATORS_MAIN_CF = """smtpd_relay_restrictions = permit_mynetworks permit_sasl_authenticated defer_unauth_destination
message_size_limit = 20480000
"""
OPERATORS_SUBMISSION = """    -o syslog_name=postfix/operator
    -o smtpd_sasl_auth_enable=yes
    -o smtpd_relay_restrictions=permit_sasl_authenticated,reject
    -o max_use=1
"""
DOVECOT_AUTH = """auth_mechanisms = plain
passdb {{
    driver = passwd-file
    args = scheme=PLAIN {folder}/users
}}
userdb {{
    driver = passwd-file
    args = {folder}/users
}}
mail_location = maildir:~/Maildir
"""


class Host(Stack):
    """Its files that setup writes, and setup itself."""

    def __init__(self):
        folder = new_folder()
        quickstart(folder, "--no-install", "--no-tour")
        super().__init__(folder)
        self.share = self.folder / "share"
        self.shims = self.folder / "shims"
        self.postfix = self.folder / "postfix"
        self.dovecot = self.folder / "dovecot"
        self.conf = self.folder / "conf"
        self.pgdata = pathlib.Path(self.env["EMG_PGDATA"])
        self.make_share()
        # A process of Postfix that met half of this would have its service stopped for a minute.
        subprocess.run(["postfix", "-c", self.postfix, "stop"], check=True, capture_output=True)
        self.strip_postfix()
        self.strip_dovecot()
        self.strip_database()
        self.restart_services()

    # as the operator has it

    def make_share(self):
        """The shipped files, with the store and the socket of PgBouncer in this folder."""
        shutil.copytree(SOURCE / "packaging" / "postfix", self.share / "postfix")
        shutil.copytree(SOURCE / "packaging" / "pgbouncer", self.share / "pgbouncer")
        (self.share / "dovecot").mkdir()
        (self.share / "sql").symlink_to(SOURCE / "sql")
        for file in (SOURCE / "packaging" / "dovecot").iterdir():
            text = file.read_text().replace("/var/lib/emailgency-store/", f"{self.folder}/mail/")
            text = text.replace("/run/emailgency-logins ", f"{self.folder}/run/logins ")
            (self.share / "dovecot" / file.name).write_text(text)

    def strip_postfix(self):
        main_cf, master_cf = self.postfix / "main.cf", self.postfix / "master.cf"
        main_cf.write_text(main_cf.read_text().partition(MARK)[0] + OPERATORS_MAIN_CF)
        services = re.sub(r"^(\S+:587 inet .*\n)(?:[ \t].*\n)*", rf"\1{OPERATORS_SUBMISSION}", master_cf.read_text(), flags=re.M)
        master_cf.write_text(re.sub(r"^emailgency-(?:probe|round-trip) .*\n(?:[ \t].*\n)*", "", services, flags=re.M))

    def strip_dovecot(self):
        """Debian's layout, with a user of the host's own."""
        conf = self.dovecot / "dovecot.conf"
        text = re.sub(r"^!include.*\n|^protocols.*\n", "", conf.read_text(), flags=re.M)
        text = re.sub(r"^service auth \{.*?^\}\n", "", text, flags=re.M | re.S)
        (self.dovecot / "local.conf").write_text(text)
        conf.write_text("protocols = imap\n!include conf.d/*.conf\n!include_try local.conf\n")
        (self.dovecot / "conf.d").mkdir()
        (self.dovecot / "conf.d" / "10-auth.conf").write_text(DOVECOT_AUTH.format(folder=self.dovecot))
        home = self.folder / "local"
        home.mkdir()
        os.chown(home, 65534, 65534)
        (self.dovecot / "users").write_text(f"local:{LOCAL_PASSWORD}:65534:65534::{home}:\n")
        for file in self.dovecot.glob("emailgency-*"):
            file.unlink()

    def strip_database(self):
        for file in (self.pgdata / "pg_hba.conf", self.pgdata / "pg_ident.conf"):
            file.write_text("".join(line for line in file.read_text().splitlines(True) if "emailgency" not in line))
        for file in self.conf.glob("*.conf"):
            file.write_text("".join(line for line in file.read_text().splitlines(True)
                                    if not line.startswith(("database ", "mx_hosts "))))

    def restart_services(self):
        self.postgresql("reload")
        subprocess.run(["postfix", "-c", self.postfix, "start"], check=True, capture_output=True)
        subprocess.run(["doveadm", "-c", self.dovecot / "dovecot.conf", "reload"], check=True, capture_output=True)

    def restart_daemons(self):
        for daemon in DAEMONS:
            if self.runs(daemon):
                self.kill(daemon, 15)
            self.start(daemon)

    # setup

    def command(self, *options):
        database = f"host={self.folder}/run/postgresql port={self.env['EMG_PG'].partition('port=')[2].split()[0]} dbname=emailgency"
        return [CTL, "setup", "--share", self.share, "--postfix", self.postfix, "--dovecot", self.dovecot, "--etc", self.conf,
                "--database", database, "--service-domain", "backup.example.net", *options]

    def environment(self):
        return {**os.environ, "PATH": f"{self.shims}:/usr/sbin:/usr/bin:/sbin:/bin"}

    def setup(self, *options, code=0):
        done = subprocess.run(self.command(*options), capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
                              timeout=120, env=self.environment())
        assert done.returncode == code, done.stdout + done.stderr
        return done

    def files(self):
        """Text, owner and mode of all that setup may write."""
        found = {}
        for folder in (self.postfix, self.dovecot, self.conf):
            for path in sorted(folder.rglob("*")):
                found[path] = self.look(path)
        for name in ("pg_hba.conf", "pg_ident.conf"):
            found[self.pgdata / name] = self.look(self.pgdata / name)
        return found

    def look(self, path):
        status = path.lstat()
        content = os.readlink(path) if path.is_symlink() else path.read_bytes() if path.is_file() else None
        return status.st_mode, status.st_uid, status.st_gid, content

    def shim(self, name, script):
        """A program that is found before the system's."""
        self.shims.mkdir(exist_ok=True)
        (self.shims / name).write_text(f"#!/bin/sh\n{script}\n")
        (self.shims / name).chmod(0o755)

    def remove_shims(self):
        shutil.rmtree(self.shims, ignore_errors=True)
