# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# A private Dovecot: passwords for Postfix's submission service, the mail store, and IMAP.

dovecot_start() {
    local file
    say "starting Dovecot on $EMG_IMAP"
    IMAP_HOST=${EMG_IMAP%:*} IMAP_PORT=${EMG_IMAP##*:}
    render "$PARTS/templates/dovecot.conf" "$EMG_DOVECOT"
    for file in "$SOURCE"/packaging/dovecot/*; do
        sed "s|/etc/dovecot/|$DIR/dovecot/|; s|/var/spool/postfix/|$SPOOL/|; s|/var/lib/emailgency/mail/|$DIR/mail/|; s|^connect = host=[^ ]*|connect = host=$RUN/postgresql port=$PG_PORT|" "$file" \
            >"$DIR/dovecot/$(basename "$file")"
    done
    install -d -m 0755 "$SPOOL"
    install -d -m 0700 -o postfix "$SPOOL/private"
    # Its master keeps standard error; were that the caller's, whoever reads our output would wait for Dovecot's end.
    dovecot -c "$EMG_DOVECOT" </dev/null >>"$EMG_LOG/dovecot.log" 2>&1 9>&- || die "Dovecot did not start; see $EMG_LOG/dovecot.log"
    await "Dovecot does not answer on $EMG_IMAP" 10 port_answers "$EMG_IMAP"
    await "Dovecot does not serve Postfix" 10 test -S "$SPOOL/private/auth" -a -S "$SPOOL/private/dovecot-lmtp"
}

dovecot_stop() { stop_pid "$RUN/dovecot/master.pid"; }
