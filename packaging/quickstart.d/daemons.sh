# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# Emailgency's own daemons.

DAEMONS=(replicator policyd transportmap milter queuewatch notifier tracker keeper)

# The programs run from DIR, in folders as those of the build, by which emailgencyctl finds the SPF worker. The accounts that start
# them need not reach the sources (a clone below /root is mode 0700), and the sources may be on a file system mounted noexec.
daemons_install() {
    local daemon
    rm -rf "$PROGRAMS"
    for daemon in "${DAEMONS[@]}"; do
        install -D -m 0755 "$BUILD/$daemon/emailgency-$daemon" "$PROGRAMS/$daemon/emailgency-$daemon"
    done
    install -D -m 0755 "$BUILD/queuehold/emailgency-queuehold" "$PROGRAMS/queuehold/emailgency-queuehold"
    # Not a daemon: a timer runs it.
    install -D -m 0755 "$BUILD/report/emailgency-report" "$PROGRAMS/report/emailgency-report"
    install -D -m 0755 "$BUILD/spfworker/emailgency-spf-worker" "$SPF_WORKER"
    install -D -m 0755 "$BUILD/ctl/emailgencyctl" "$PROGRAMS/ctl/emailgencyctl"
    # The folders in which emailgencyctl looks for the worker and the schema.
    install -D -m 0755 "$SPF_WORKER" "$PROGRAMS/installed/libexec/emailgency/emailgency-spf-worker"
    cp -RL "$BUILD/installed/share" "$PROGRAMS/installed/share"
    # The daemons read it, and in a clone that was made with umask 077 root alone may.
    chmod -R u=rwX,go=rX "$PROGRAMS/installed/share"
}

# emailgencyctl of this stack: its replica, its Postfix and its DNS, unless options name others.
daemons_ctl() {
    render "$PARTS/templates/emailgencyctl" "$EMG_CTL"
    chmod 0755 "$EMG_CTL"
}

# The key that signs bounce addresses; the milter reads it under its own account.
daemons_batv_key() {
    local file=$EMG_CONF/batv.keys
    [[ -s $file ]] || (umask 077 && printf '0 %s\n' "$(od -An -N 32 -t x1 /dev/urandom | tr -d ' \n')" >"$file")
    chown emailgency-milter "$file"
}

# daemons_key FILE ACCOUNT: a random key, kept; the account reads it
daemons_key() {
    local file=$EMG_CONF/$1
    [[ -s $file ]] || (umask 077 && od -An -v -N 32 -t x1 /dev/urandom | tr -d ' \n' >"$file")
    chown "$2" "$file"
}

# A daemon whose decisions the tracker looks for in the mail log, where syslogd would put them. What copies them has a session
# of its own, as the daemon: it ends with it, and not with the terminal.
spawn_decider() {
    local pipe=$RUN/$1.pipe
    rm -f "$pipe"
    mkfifo -m 0600 "$pipe"
    # shellcheck disable=SC2016
    spawn "$1" sh -c 'tee -a "$0" <"$1" | postlog -c "$2" -t "$3" >/dev/null 2>&1' "$EMG_LOG/$1.log" "$pipe" "$EMG_POSTFIX" "emailgency-$1"
    (cd "$DIR" && exec setsid "$PROGRAMS/$1/emailgency-$1" -c "$EMG_CONF/$1.conf" >"$pipe" 2>&1 </dev/null 9>&-) &
    SPAWNED=$!
}

# emailgency-queuehold is started per request, as packaging/systemd has it.
queuehold_start() {
    rm -f "$EMG_QUEUEHOLD"
    spawn queuehold systemd-socket-activate --accept --inetd --listen="$EMG_QUEUEHOLD" \
        "$PROGRAMS/queuehold/emailgency-queuehold" -c "$EMG_POSTFIX"
    echo "$SPAWNED" >"$RUN/emailgency/queuehold.pid"
    await "systemd-socket-activate did not listen; see $EMG_LOG/queuehold.log" 30 test -S "$EMG_QUEUEHOLD"
    chgrp emailgency-notifier "$EMG_QUEUEHOLD"
    chmod 0660 "$EMG_QUEUEHOLD"
}

daemons_start() {
    PROGRAMS=$DIR/programs SPF_WORKER=$DIR/programs/spfworker/emailgency-spf-worker
    LOCALE=$PROGRAMS/locale
    daemons_install
    daemons_ctl
    daemons_batv_key
    "$SOURCE/packaging/dovecot/make-keeper-key" "$EMG_CONF" "$DIR/dovecot"
    "$SOURCE/packaging/dovecot/make-login-key" "$EMG_CONF" "$DIR/dovecot" "$LOGIN_POLICY"
    daemons_key round-trip.key emailgency-notifier # signs probe mail
    daemons_key report.key emailgency-notifier     # signs the links of reports
    install -d -m 0755 "$SPOOL"
    # As packaging/systemd/emailgency.tmpfiles makes it.
    install -d -m 3770 -o root -g postfix "$SPOOL/emailgency"
    cp -R "$BUILD/locale/." "$LOCALE"
    EMG_CONSOLE=https://${EMG_CONSOLE_TCP%:443} render "$PARTS/templates/report.conf" "$EMG_CONF/report.conf"
    queuehold_start
    daemons_run "${DAEMONS[@]}"
}

# daemons_run NAME...: starts each with its configuration, and waits until it is ready
daemons_run() {
    local daemon
    for daemon; do
        say "starting $daemon"
        render "$PARTS/templates/$daemon.conf" "$EMG_CONF/$daemon.conf"
        case $daemon in
            policyd | milter) spawn_decider "$daemon" ;;
            *) spawn "$daemon" "$PROGRAMS/$daemon/emailgency-$daemon" -c "$EMG_CONF/$daemon.conf" ;;
        esac
        await "$daemon did not get ready; $EMG_LOG/$daemon.log ends: $(tail -n 3 "$EMG_LOG/$daemon.log" 2>/dev/null)" 30 \
            daemon_is_ready "$SPAWNED" "$RUN/emailgency/$daemon.pid"
    done
}

# The pid file is written when the daemon serves.
daemon_is_ready() { [[ -s $2 && $(tr -dc 0-9 <"$2") == "$1" ]]; }

daemons_stop() {
    local i
    for ((i = ${#DAEMONS[@]} - 1; i >= 0; i--)); do
        stop_pid "$RUN/emailgency/${DAEMONS[i]}.pid"
    done
    stop_pid "$RUN/emailgency/queuehold.pid"
}

daemons_env() {
    echo "EMG_POLICYD=$EMG_POLICYD"
    echo "EMG_TRANSPORTMAP=$EMG_TRANSPORTMAP"
    echo "EMG_MILTER=$EMG_MILTER"
    echo "EMG_QUEUEWATCH=$EMG_QUEUEWATCH"
    daemons_env_of "${DAEMONS[@]}"
}

# daemons_env_of NAME...: where its metrics are, and its process id
daemons_env_of() {
    local daemon name variable
    for daemon; do
        name=${daemon^^}
        name=${name//-/_}
        variable=METRICS_$name
        echo "EMG_METRICS_$name=http://${!variable}/metrics"
        echo "EMG_PID_$name=$RUN/emailgency/$daemon.pid"
    done
}
