# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# A private Postfix instance: own configuration, queue and log; the system's /etc/postfix is not read.

postfix_configure() {
    render "$PARTS/templates/main.cf" "$EMG_POSTFIX/main.cf"
    cat "$SOURCE/packaging/postfix/main.cf" >>"$EMG_POSTFIX/main.cf"
    render "$PARTS/templates/master.cf" "$EMG_POSTFIX/master.cf"
    install -d -m 0755 -o root "$SPOOL" "$SPOOL/etc"
    install -d -m 0700 -o postfix "$DIR/postfix-data"
    # The files that a resolver in the chroot reads.
    echo "nameserver $ADDRESS" >"$SPOOL/etc/resolv.conf"
    echo 'hosts: files dns' >"$SPOOL/etc/nsswitch.conf"
    echo '127.0.0.1 localhost' >"$SPOOL/etc/hosts"
    cp /etc/services "$SPOOL/etc/"
    # The tracker reads it by its group.
    touch "$EMG_LOG/mail.log"
    chgrp adm "$EMG_LOG/mail.log"
    chmod 0640 "$EMG_LOG/mail.log"
}

postfix_start() {
    say "starting Postfix on $EMG_SMTP (MX) and $EMG_SUBMISSION (submission)"
    (cd / && postfix -c "$EMG_POSTFIX" start </dev/null >>"$EMG_LOG/postfix.log" 2>&1 9>&-) || die "Postfix did not start; see $EMG_LOG/postfix.log and mail.log"
    await "Postfix does not answer on $EMG_SMTP" 10 port_answers "$EMG_SMTP"
    await "Postfix does not answer on $EMG_SUBMISSION" 10 port_answers "$EMG_SUBMISSION"
}

port_answers() { (exec 7<>"/dev/tcp/${1%:*}/${1##*:}"); }

# As "postfix stop" does it, without its whole seconds of waiting.
postfix_stop() { stop_pid "$SPOOL/pid/master.pid"; }
