# SPDX-License-Identifier: BSD-2-Clause
"""emailgency-console with its packaged nginx settings, and beside it the same page as PHP makes it, on one PostgreSQL."""

import hashlib
import os
import secrets
import shutil
import socket
import subprocess

from cluster import ROOT, Daemon, wait_for

NGINX = """
user www-data;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log warn;
daemon off;
events {{ worker_connections 512; }}
http {{
    include /etc/nginx/mime.types;
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    gzip on;
    gzip_min_length 512;
    gzip_types text/css application/javascript text/javascript application/json image/svg+xml;
    upstream console {{ server unix:{folder}/console.sock fail_timeout=0; keepalive 32; }}
    server {{
        listen 127.0.0.1:{console};
        location /static/ {{ alias {static}/; }}
        location / {{ proxy_pass http://console; include {root}/packaging/nginx/emailgency-console.proxy; }}
    }}
    server {{
        listen 127.0.0.1:{php};
        location / {{
            include /etc/nginx/fastcgi_params;
            fastcgi_param SCRIPT_FILENAME {root}/tests/bench/console_mailboxes.php;
            fastcgi_param DATABASE "{database}";
            fastcgi_pass unix:{folder}/php.sock;
        }}
    }}
}}
"""

PHP = """
[global]
error_log = {folder}/php.log
daemonize = no
[bench]
user = www-data
listen = {folder}/php.sock
listen.owner = www-data
pm = static
pm.max_children = 2
php_admin_value[opcache.enable] = 1
"""

FILL = """
insert into domain (name, plan) select format('d%s.example', n), 'basic' from generate_series(0, {domains} - 1) as n;
insert into mailbox (address) select format('u%s@d%s.example', u, n) from generate_series(0, {domains} - 1) as n, generate_series(1, {mailboxes}) as u;
insert into mailbox_usage (address, domain, bytes, messages) select address, domain, random() * 10000000, random() * 1000 from mailbox;
insert into account (login) select format('a%s@admins.example', n) from generate_series(0, {users} - 1) as n;
insert into domain_admin (login, domain) select format('a%s@admins.example', n % {users}), format('d%s.example', n) from generate_series(0, {users} * 10 - 1) as n;
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def fill(cluster, domains, mailboxes, users):
    """Rows without their triggers' notes to the nodes, which nobody reads here."""
    cluster.sql(FILL.format(domains=domains, mailboxes=mailboxes, users=users))
    cluster.sql("vacuum analyze")
    cluster.sql("alter role emailgency_console login")


def open_session(cluster, login):
    """Returns the secret of a new session."""
    secret = secrets.token_hex(32)
    key = hashlib.sha256(secret.encode()).hexdigest()
    cluster.sql(f"select session_open(decode('{key}', 'hex'), '{login}', 'admin', '127.0.0.1', 'bench')")
    return secret


class Servers:
    """Console, php-fpm with two workers, and one nginx worker before both."""

    def __init__(self, cluster, build):
        folder, self.processes = cluster.folder, []
        installed = f"{build}/installed/share/emailgency"
        database = f"host={cluster.run} dbname=emailgency user=emailgency_console"
        self.console = Daemon(cluster, "console", build, directory=None, database=database, listen=f"unix:{folder}/console.sock",
                              auth_socket=f"{folder}/no-auth", public_url="https://console.example",
                              templates=f"{installed}/console/templates", locale_folder=f"{build}/installed/share/locale")
        names = {"folder": folder, "root": ROOT, "static": f"{installed}/console/static", "database": database,
                 "console": free_port(), "php": free_port()}
        self.port = names["console"], names["php"]
        for name, text in (("nginx.conf", NGINX), ("php.conf", PHP)):
            with open(f"{folder}/{name}", "w", encoding="ascii") as out:
                out.write(text.format(**names))
        self.php = self.spawn(f"{folder}/php.sock", shutil.which("php-fpm8.2") or "/usr/sbin/php-fpm8.2", "-y", f"{folder}/php.conf", "-F")
        self.nginx = self.spawn(f"{folder}/nginx.pid", "nginx", "-c", f"{folder}/nginx.conf", "-e", f"{folder}/nginx.log")

    def spawn(self, sign, *command):
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        self.processes.append(process)
        wait_for(lambda: os.path.exists(sign), 15, command[0])
        return process.pid

    def stop(self):
        for process in self.processes:
            process.terminate()
            process.wait(15)
        self.console.stop()
