# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# A private Dovecot: passwords for Postfix's submission service, the mail store, and IMAP.

# The PgBouncer that asks PostgreSQL for log-ins, with the packaged configuration.
logins_start() {
    local conf=$EMG_CONF/logins.ini socket=$RUN/logins
    sed "s|/run/emailgency-logins|$socket|; s|host=/run/postgresql |host=$RUN/postgresql port=$PG_PORT |" \
        "$SOURCE/packaging/pgbouncer/logins.ini" >"$conf"
    printf 'user = emailgency-logins\npidfile = %s/pid\n' "$socket" >>"$conf"
    install -d -m 2750 -o emailgency-logins -g dovecot "$socket"
    spawn logins pgbouncer "$conf"
    await "PgBouncer does not answer in $socket" 10 test -S "$socket/.s.PGSQL.6432"
}

dovecot_start() {
    local file
    logins_start
    say "starting Dovecot on $EMG_IMAP"
    IMAP_HOST=${EMG_IMAP%:*} IMAP_PORT=${EMG_IMAP##*:}
    render "$PARTS/templates/dovecot.conf" "$EMG_DOVECOT"
    for file in "$SOURCE"/packaging/dovecot/emailgency-*; do
        sed "s|/etc/dovecot/|$DIR/dovecot/|; s|/var/spool/postfix/|$SPOOL/|; s|/var/lib/emailgency-store/|$DIR/mail/|; s|/run/emailgency-logins |$RUN/logins |; s|/var/lib/emailgency/limits|$DIR/state/limits|; s|/var/lib/emailgency/usage|$DIR/state/usage|; s|address = 127.0.0.1|address = ${DOVEADM%:*}|; s|port = 8099|port = ${DOVEADM##*:}|" "$file" \
            >"$DIR/dovecot/$(basename "$file")"
    done
    install -d -m 0755 "$SPOOL"
    install -d -m 0700 -o postfix "$SPOOL/private"
    # Its master keeps standard error; were that the caller's, whoever reads our output would wait for Dovecot's end.
    dovecot -c "$EMG_DOVECOT" </dev/null >>"$EMG_LOG/dovecot.log" 2>&1 9>&- || die "Dovecot did not start; see $EMG_LOG/dovecot.log"
    await "Dovecot does not answer on $EMG_IMAP" 10 port_answers "$EMG_IMAP"
    await "Dovecot does not serve Postfix" 10 test -S "$SPOOL/private/auth" -a -S "$SPOOL/private/dovecot-lmtp"
}

dovecot_stop() {
    stop_pid "$RUN/dovecot/master.pid"
    stop_pid "$RUN/logins/pid"
}
