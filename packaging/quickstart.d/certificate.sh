# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# A CA of this folder, and certificates by it for the servers that speak TLS. All are kept.

certificates_make() {
    local place=$DIR/nginx
    EMG_CA=$place/ca.pem
    install -d -m 0755 "$place"
    [[ -s $EMG_CA ]] || (umask 077 && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 \
        -subj '/CN=Emailgency quickstart CA' -addext 'basicConstraints=critical,CA:TRUE' -addext 'keyUsage=critical,keyCertSign' \
        -keyout "$place/ca.key" -out "$EMG_CA" 2>/dev/null)
    chmod 0644 "$EMG_CA"
    certificate console "IP:${EMG_CONSOLE_TCP%:*}"
    certificate webmail "IP:${EMG_WEBMAIL_TCP%:*}"
    certificate mail 'DNS:mx.emailgency.example'
}

# certificate NAME SUBJECT: nginx/NAME.pem and its key
certificate() {
    local file=$DIR/nginx/$1
    [[ ! -s $file.pem ]] || return 0
    (umask 077 && openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=${2#*:}" \
        -keyout "$file.key" -out "$file.csr" 2>/dev/null)
    printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n' "$2" >"$file.ext"
    openssl x509 -req -in "$file.csr" -CA "$EMG_CA" -CAkey "$DIR/nginx/ca.key" -CAcreateserial -days 820 \
        -extfile "$file.ext" -out "$file.pem" 2>/dev/null || die "no certificate could be made for $1"
}
