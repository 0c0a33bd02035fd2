# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# Debian packages: only what is missing, and none of their services started.

INSTALL_LISTS=(run build)
INSTALL_NOW=() # what this run installs
INSTALL_CLUSTER=/etc/postgresql-common/createcluster.d/emailgency-quickstart.conf
INSTALL_SERVICES=/usr/sbin/policy-rc.d
INSTALL_SIGN='# Written by packaging/quickstart for the time of an installation.'
INSTALL_ANSWER=postfix/main_mailer_type

install_is_there() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q '^install ok installed'; }

install_missing() {
    local list package
    for list in "${INSTALL_LISTS[@]}"; do
        while read -r package; do
            [[ $package == \#* || -z $package ]] && continue
            install_is_there "$package" || echo "$package"
        done <"$PARTS/packages.$list"
    done
}

# The packages would set up a cluster, a mail system and running services for the whole system.
install_forbid_services() {
    # If the package is not installed yet, its conffile must wait for it; the drop-in is read all the same.
    install -d "$(dirname "$INSTALL_CLUSTER")"
    echo 'create_main_cluster = false' >"$INSTALL_CLUSTER"
    # An answer that the admin gave holds, and a Postfix that is there is not asked again.
    if ! install_is_there postfix && ! debconf-show postfix | grep -q "^\* $INSTALL_ANSWER:"; then
        INSTALL_ANSWERED=yes
        echo "postfix $INSTALL_ANSWER select No configuration" | debconf-set-selections
    fi
    [[ ! -e $INSTALL_SERVICES ]] || return 0
    printf '#!/bin/sh\n%s\nexit 101\n' "$INSTALL_SIGN" >"$INSTALL_SERVICES"
    chmod 0755 "$INSTALL_SERVICES"
}

# Also of a run that was killed.
install_allow_services() {
    rm -f "$INSTALL_CLUSTER"
    install_is_there postgresql-common || rmdir -p --ignore-fail-on-non-empty "$(dirname "$INSTALL_CLUSTER")" || true
    ! grep -qsxF "$INSTALL_SIGN" "$INSTALL_SERVICES" || rm -f "$INSTALL_SERVICES"
    install_disable_services || true
    [[ ${INSTALL_ANSWERED:-} == yes ]] || return 0
    INSTALL_ANSWERED=no
    # The value stays where Postfix was installed, or the next upgrade of the package would set up a mail system; but the question
    # counts as never asked, so the admin is asked when Postfix is configured.
    if install_is_there postfix; then
        echo "FSET $INSTALL_ANSWER seen false" | debconf-communicate postfix >/dev/null
    else
        echo "UNREGISTER $INSTALL_ANSWER" | debconf-communicate postfix >/dev/null
    fi
}

# The packages would start servers for the whole machine at the next boot, one on the port that the private DNS server needs.
# Postfix and PostgreSQL do not start without a configuration.
install_disable_services() {
    local package service off=()
    command -v systemctl >/dev/null || return 0
    for package in "${INSTALL_NOW[@]}"; do
        case $package in
        nsd | pgbouncer | dovecot-core | nginx-light | prometheus | patroni | etcd-server) service=${package%-*} ;;
        php8.2-fpm) service=$package ;;
        *) continue ;;
        esac
        install_is_there "$package" && systemctl --quiet disable "$service.service" 2>/dev/null && off+=("$service")
    done
    ((${#off[@]} == 0)) || say "these do not start at boot: ${off[*]} (to have them: systemctl enable --now ${off[*]})"
}

install_packages() {
    mapfile -t INSTALL_NOW < <(install_missing)
    # The drop-in is there without need where a run was killed.
    ((${#INSTALL_NOW[@]})) || [[ -e $INSTALL_CLUSTER ]] || return 0
    ((${#INSTALL_NOW[@]} == 0)) || [[ $INSTALL == yes ]] ||
        die "missing Debian packages (run without --no-install, or install them): ${INSTALL_NOW[*]}"
    # Two at a time would take away each other's policy-rc.d.
    exec 5</var/lib/dpkg
    flock 5
    mapfile -t INSTALL_NOW < <(install_missing)
    if ((${#INSTALL_NOW[@]})); then
        install_now
    else
        install_allow_services
    fi
    exec 5>&-
}

install_failed() {
    grep -E '^(Err|W|E):' "$1" | head -n 12 >&2 || true
    die "apt-get could not install the packages; see $1"
}

install_now() {
    local log=$SOURCE/build/install.log
    mkdir -p "$SOURCE/build"
    say "installing ${INSTALL_NOW[*]}"
    export DEBIAN_FRONTEND=noninteractive
    trap install_allow_services EXIT
    install_forbid_services
    # Lists that are out of date or a repository of others that is away need not matter: the installation says.
    # On a machine that has just started, apt's own timer may hold the lock.
    # --no-remove: never take another mail system away from a machine that has one.
    # A Ctrl-C ends the download; dpkg, which it would leave half-way, is in a session of its own.
    local apt=(apt-get -q install -y -o DPkg::Lock::Timeout=300 --no-install-recommends --no-remove "${INSTALL_NOW[@]}")
    {
        apt-get -q update || true
        "${apt[@]}" --download-only && setsid --wait "${apt[@]}"
    } </dev/null >"$log" 2>&1 5>&- || install_failed "$log"
    install_allow_services
    trap - EXIT
}
