# SPDX-License-Identifier: BSD-2-Clause
"""emailgencyctl check console on a host with an /etc of its own, with the packaged configuration of nginx before the daemons of the stack."""
import os
import re
import socket
import subprocess

import pytest

from stack import SOURCE, wait_for

CTL = SOURCE / "build" / os.environ.get("EMG_PRESET", "release") / "ctl" / "emailgencyctl"
HOST = "console.example"
LIVE = f"/etc/letsencrypt/live/{HOST}"
ETC = f"""set -e
mount -t tmpfs none {{folder}}
mkdir {{folder}}/upper {{folder}}/work
mount -t overlay none -o lowerdir=/etc,upperdir={{folder}}/upper,workdir={{folder}}/work /etc
mkdir -p /etc/emailgency {LIVE}
cp {{conf}}/console-auth.conf /etc/emailgency/
sed 's|^public_url.*|public_url = "https://{HOST}"|' {{conf}}/console.conf >/etc/emailgency/console.conf
sed 's|/usr/share/emailgency/nginx/|{SOURCE}/packaging/nginx/|' {SOURCE}/packaging/nginx/emailgency-console.conf >/etc/nginx/sites-enabled/emailgency-console.conf
make() {{{{
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days $2 -subj /CN=x -addext subjectAltName=DNS:$1 \\
        -keyout {LIVE}/privkey.pem -out {LIVE}/fullchain.pem 2>/dev/null
}}}}
make {HOST} 30
{{change}}
{CTL} check console --verbose 2>/dev/null || true
"""
CASES = {
    "right": ("true", None),
    "no site": ("rm /etc/nginx/sites-enabled/emailgency-console.conf", f"warning: nginx: has no server with the name {HOST}"),
    "broken": ("echo 'x;' >>/etc/nginx/sites-enabled/emailgency-console.conf", "warning: nginx: nginx: configuration file /etc/nginx/nginx.conf test failed"),
    "another name": ("make other.example 30", f"warning: nginx/ssl_certificate: {LIVE}/fullchain.pem is not valid for {HOST}"),
    "it ends": (f"make {HOST} 3", f"warning: nginx/ssl_certificate: {LIVE}/fullchain.pem ends within a week"),
    "no public_url": ("sed -i /public_url/d /etc/emailgency/console.conf", "warning: console.conf/public_url: is not set"),
    "no socket": ("sed -i 's|^listen = .*|listen = \"unix:/run/none/socket\"|' /etc/emailgency/console.conf", "warning: /run/none/socket: /run/none: No such file or directory"),
    "nginx of another account": ("sed -i 's/^user .*/user nobody nogroup;/' /etc/nginx/nginx.conf", "nobody may not"),
}


@pytest.mark.parametrize("name", CASES)
def test_what_keeps_browsers_away_is_found(stack, tmp_path, name):
    change, said = CASES[name]
    script = ETC.format(folder=tmp_path, conf=stack.env["EMG_CONF"], change=change)
    done = subprocess.run(["unshare", "-m", "bash", "-c", script], capture_output=True, text=True, check=True)
    warnings = [line for line in done.stdout.splitlines() if not line.startswith(("ok: ", "warning: setting."))]
    if said:
        assert [line for line in warnings if said in line], done.stdout
    else:
        assert not warnings, done.stdout
        assert f"ok: nginx/ssl_certificate: is valid for {HOST}" in done.stdout


def test_limits_count_the_network_of_an_ipv6_client(tmp_path):
    """By the map of the packaged configuration: the first four groups of an address, as nginx writes it."""
    packaged = (SOURCE / "packaging/nginx/emailgency-console.conf").read_text()
    (tmp_path / "nginx.conf").write_text(f"""daemon off; pid {tmp_path}/pid; error_log {tmp_path}/error.log;
        events {{}}
        http {{
            access_log off; client_body_temp_path {tmp_path}/a; proxy_temp_path {tmp_path}/b; fastcgi_temp_path {tmp_path}/c; uwsgi_temp_path {tmp_path}/d;
            scgi_temp_path {tmp_path}/e;
            {re.search(r"^map .*?^}", packaged, re.DOTALL | re.MULTILINE)[0]}
            server {{
                listen unix:{tmp_path}/socket; set_real_ip_from unix:; real_ip_header X-Real-IP;
                location / {{ return 200 $emailgency_client; }}
            }}
        }}""")
    with subprocess.Popen(["nginx", "-c", tmp_path / "nginx.conf", "-e", tmp_path / "error.log"]) as nginx:
        try:
            wait_for((tmp_path / "socket").exists, 20, "nginx")

            def client(address):
                with socket.socket(socket.AF_UNIX) as connection:
                    connection.connect(str(tmp_path / "socket"))
                    connection.sendall(f"GET / HTTP/1.0\r\nX-Real-IP: {address}\r\n\r\n".encode())
                    return connection.makefile().read().split("\n\n", 1)[1]

            for address, counted in (("192.0.2.7", "192.0.2.7"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2:"), ("2001:db8:1:2::1", "2001:db8:1:2:"), ("2001:db8:1:3::1", "2001:db8:1:3:"),
                                     ("2001:db8::1", "2001:db8::"), ("2001:db8::1:2:3:4", "2001:db8::"), ("::1", "::")):
                assert client(address) == counted, address
        finally:
            nginx.terminate()
