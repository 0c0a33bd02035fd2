# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# Messages, and processes that are started, awaited and stopped by their pid file.

say() { printf 'quickstart: %s\n' "$*"; }

die() {
    printf 'quickstart: error: %s\n' "$*" >&2
    exit 1
}

# A start that failed half-way leaves nothing running.
# In a trap a bare `return` means the status that led there, so the functions called here return numbers.
failed() {
    trap - EXIT
    trap '' HUP INT TERM PIPE # a second Ctrl-C would leave half of it running
    say "start failed; stopping what was started (logs: $EMG_LOG)" >&2 || true # whoever read this may be gone
    stop || true
    exit "$1"
}

require_root() {
    ((EUID == 0)) || die "must run as root: it binds ports below 1024, makes users and runs servers under their own accounts"
}

require_debian() {
    [[ $(. /etc/os-release 2>/dev/null && echo "${ID:-} ${VERSION_ID:-}") == 'debian 12' ]] ||
        say "this is made for Debian 12; here its packages may be missing or behave differently" >&2
    command -v apt-get >/dev/null && command -v dpkg-query >/dev/null || die "needs Debian 12: there is no apt-get here"
}

# await WHAT SECONDS COMMAND...: until COMMAND succeeds
await() {
    local what=$1 tries=$(($2 * 10))
    shift 2
    until "$@" >/dev/null 2>&1; do
        ((tries-- > 0)) || die "$what; see $EMG_LOG"
        sleep 0.1
    done
}

# spawn NAME COMMAND...: in the background, its output in EMG_LOG/NAME.log, its process id in $SPAWNED
spawn() {
    local name=$1
    shift
    (cd "$DIR" && exec setsid "$@" >>"$EMG_LOG/$name.log" 2>&1 </dev/null 9>&-) &
    SPAWNED=$!
}

# A zombie has ended; only its parent has not noticed yet.
is_running() { grep -qs '^State:.[^ZX]' "/proc/${1:-none}/status"; }

# A pid file may outlive its process, and the number be another's by now: what we run works inside DIR.
is_own() {
    is_running "$1" || return 1
    local place
    for place in cwd root; do
        [[ $(readlink "/proc/$1/$place" 2>/dev/null)/ == "$REAL"/* ]] && return 0
    done
    { tr '\0' '\n' <"/proc/$1/cmdline"; } 2>/dev/null | grep -qF "$DIR/"
}

# stop_pid FILE: asks, waits 12 s (a daemon has 10 s to finish what is pending), then insists. The process may end at
# any moment, so no signal is required to arrive.
stop_pid() {
    local file=$1 pid='' tries
    [[ -r $file ]] && pid=$(tr -dc 0-9 <"$file")
    if is_own "$pid"; then
        kill -TERM "$pid" 2>/dev/null || true
        for ((tries = 120; tries > 0; tries--)); do
            is_running "$pid" || break
            sleep 0.1
        done
        ((tries > 0)) || kill -KILL "$pid" 2>/dev/null || true
    fi
    rm -f "$file"
}

# The programs that the quickstart starts; an admin's shell or editor inside DIR does not count.
OWN='^(master|smtpd?|lmtp|qmgr|pickup|cleanup|proxymap|tlsmgr|anvil|trivial-rewrite|verify|postlogd|bounce|scache|showq'
OWN+='|error|discard|flush|postgres|pgbouncer|nsd.*|dovecot|auth|log|config|imap|imap-login|stats|emailgency-.*|nginx|php-fpm8.2|systemd-socket-|python3)$'

# The process ids of all that runs in DIR.
own_processes() {
    local comm pid
    for pid in /proc/[0-9]*; do
        pid=${pid#/proc/}
        { read -r comm <"/proc/$pid/comm"; } 2>/dev/null || continue
        [[ $comm =~ $OWN ]] && is_own "$pid" || continue
        [[ $comm != python3 ]] || { tr '\0' '\n' <"/proc/$pid/cmdline"; } 2>/dev/null | grep -qF /packaging/quickstart.d/ || continue
        echo "$pid"
    done
}

# Processes orphaned by a kill -9 (smtpd of a dead master, a backend of a dead postmaster) hold ports and locks.
stop_strays() {
    local pid strays tries
    mapfile -t strays < <(own_processes)
    ((${#strays[@]})) || return 0
    kill -KILL "${strays[@]}" 2>/dev/null || true
    for ((tries = 50; tries > 0; tries--)); do
        for pid in "${strays[@]}"; do
            is_running "$pid" && break
        done || break
        sleep 0.1
    done
}
