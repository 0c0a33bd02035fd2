# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# Emailgency's own daemons.

DAEMONS=(replicator policyd transportmap milter queuewatch notifier)

# The programs run from DIR, in folders as those of the build, by which emailgencyctl finds the SPF worker. The accounts that start
# them need not reach the sources (a clone below /root is mode 0700), and the sources may be on a file system mounted noexec.
daemons_install() {
    local daemon
    rm -rf "$PROGRAMS"
    for daemon in "${DAEMONS[@]}"; do
        install -D -m 0755 "$BUILD/$daemon/emailgency-$daemon" "$PROGRAMS/$daemon/emailgency-$daemon"
    done
    install -D -m 0755 "$BUILD/spfworker/emailgency-spf-worker" "$SPF_WORKER"
    install -D -m 0755 "$BUILD/ctl/emailgencyctl" "$PROGRAMS/ctl/emailgencyctl"
    # The folders in which emailgencyctl looks for the worker and the schema.
    install -D -m 0755 "$SPF_WORKER" "$PROGRAMS/installed/libexec/emailgency/emailgency-spf-worker"
    cp -RL "$BUILD/installed/share" "$PROGRAMS/installed/share"
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

daemons_start() {
    local daemon pid_file
    PROGRAMS=$DIR/programs SPF_WORKER=$DIR/programs/spfworker/emailgency-spf-worker
    daemons_install
    daemons_ctl
    daemons_batv_key
    install -d -m 0755 "$SPOOL"
    # As packaging/systemd/emailgency.tmpfiles makes it.
    install -d -m 3770 -o root -g postfix "$SPOOL/emailgency"
    LOCALE=$PROGRAMS/locale
    cp -R "$BUILD/locale/." "$LOCALE"
    for daemon in "${DAEMONS[@]}"; do
        say "starting $daemon"
        pid_file=$RUN/emailgency/$daemon.pid
        render "$PARTS/templates/$daemon.conf" "$EMG_CONF/$daemon.conf"
        spawn "$daemon" "$PROGRAMS/$daemon/emailgency-$daemon" -c "$EMG_CONF/$daemon.conf"
        await "$daemon did not get ready; $EMG_LOG/$daemon.log ends: $(tail -n 3 "$EMG_LOG/$daemon.log" 2>/dev/null)" 30 \
            daemon_is_ready "$SPAWNED" "$pid_file"
    done
}

# The pid file is written when the daemon serves.
daemon_is_ready() { [[ -s $2 && $(tr -dc 0-9 <"$2") == "$1" ]]; }

daemons_stop() {
    local i
    for ((i = ${#DAEMONS[@]} - 1; i >= 0; i--)); do
        stop_pid "$RUN/emailgency/${DAEMONS[i]}.pid"
    done
}

daemons_env() {
    local daemon variable
    echo "EMG_POLICYD=$EMG_POLICYD"
    echo "EMG_TRANSPORTMAP=$EMG_TRANSPORTMAP"
    echo "EMG_MILTER=$EMG_MILTER"
    echo "EMG_QUEUEWATCH=$EMG_QUEUEWATCH"
    for daemon in "${DAEMONS[@]}"; do
        variable=METRICS_${daemon^^}
        echo "EMG_METRICS_${daemon^^}=http://${!variable}/metrics"
        echo "EMG_PID_${daemon^^}=$RUN/emailgency/$daemon.pid"
    done
}
