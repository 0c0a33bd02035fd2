# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# The inside of the folder: its loopback addresses and ports, templates, and DIR/env.

layout_create() {
    install -d -m 0755 "$EMG_LOG" "$EMG_CONF" "$RUN" "$DIR/dns" "$EMG_POSTFIX" "$DIR/dovecot" "$EMG_CUSTOMER_MAIL"
    install -d -m 2750 -o emailgency-replicator -g emailgency "$EMG_LMDB"
    install -d -m 0755 "$DIR/state" "$RUN/emailgency"
    install -d -m 0700 -o emailgency-policyd -g emailgency-policyd "$DIR/state/policyd"
    install -d -m 0700 -o emailgency-milter -g emailgency-milter "$DIR/state/milter"
    install -d -m 0700 -o emailgency-notifier -g emailgency-notifier "$DIR/state/notifier"
    install -d -m 2750 -o emailgency-keeper -g dovecot "$DIR/state/limits"
    install -d -m 2770 -o emailgency-store -g emailgency-keeper "$DIR/state/usage"
    install -d -m 0700 -o emailgency-store -g emailgency-store "$DIR/mail"
    # Leftovers of a release with one account for all.
    find "$EMG_LMDB" -mindepth 1 ! -user emailgency-replicator -delete
    chown -R emailgency-store:emailgency-store "$DIR/mail"
    install -d -m 0755 -o postgres -g postgres "$RUN/postgresql"
    install -d -m 0755 -o nsd -g nsd "$RUN/nsd"
}

# One quickstart at a time in a folder. Children close the descriptor, so that they do not inherit the lock.
layout_lock() {
    exec 9>"$DIR/lock"
    flock -n 9 || die "another quickstart is working in $DIR"
}

# Each folder has loopback addresses of its own, so that two stacks can use the same well-known ports. They are chosen
# once, kept in DIR/ports, and may be edited there.
layout_addresses() {
    python3 "$PARTS/ports.py" choose "$DIR" >"$DIR/ports.new" || die "no free loopback address with port 53 for the DNS server"
    mv "$DIR/ports.new" "$DIR/ports"
    python3 "$PARTS/ports.py" check "$DIR/ports" ||
        die "stop what uses it, or remove $DIR/ports to have others chosen"
    local name value
    while IFS='=' read -r name value; do
        printf -v "$name" '%s' "$value"
    done <"$DIR/ports"
    ADDRESS=${EMG_DNS%:*} PG_PORT=${EMG_PG_TCP##*:}
    EMG_CONSOLE=https://${EMG_CONSOLE_TCP%:443} EMG_WEBMAIL=https://${EMG_WEBMAIL_TCP%:443}
    EMG_PG="host=$RUN/postgresql port=$PG_PORT dbname=emailgency user=operator"
}

# render TEMPLATE FILE: replaces @NAME@ by the shell variable NAME
render() {
    local text name
    text=$(<"$1")
    while [[ $text =~ @([A-Z_]+)@ ]]; do
        name=${BASH_REMATCH[1]}
        text=${text//"@$name@"/${!name}}
    done
    printf '%s\n' "$text" >"$2"
}

layout_write_env() {
    local name names=(EMG_SMTP EMG_SUBMISSION EMG_IMAP EMG_PG EMG_PGDATA EMG_POSTFIX EMG_DOVECOT EMG_CUSTOMER
        EMG_CUSTOMER_MAIL EMG_CUSTOMER_PID EMG_DNS EMG_DNS_ZONES EMG_SMS EMG_CONF EMG_LMDB EMG_LOG EMG_CTL)
    for name in "${names[@]}"; do
        printf '%s=%s\n' "$name" "${!name}"
    done >"$DIR/env.new"
    { daemons_env && console_env; } >>"$DIR/env.new"
    mv "$DIR/env.new" "$DIR/env"
}
