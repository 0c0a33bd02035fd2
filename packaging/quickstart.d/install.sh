# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# Debian packages: only what is missing, and none of their services started.

INSTALL_LISTS=(run build)

install_missing() {
    local list package
    for list in "${INSTALL_LISTS[@]}"; do
        while read -r package; do
            [[ $package == \#* || -z $package ]] && continue
            dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed' || echo "$package"
        done <"$PARTS/packages.$list"
    done
}

# The packages would set up a cluster, a mail system and running services for the whole system.
install_forbid_services() {
    # If the package is not installed yet, its conffile must wait for it; the drop-in is read all the same.
    install -d /etc/postgresql-common/createcluster.d
    echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.d/emailgency-quickstart.conf
    echo 'postfix postfix/main_mailer_type select No configuration' | debconf-set-selections
    [[ -e /usr/sbin/policy-rc.d ]] && return 0
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
    chmod 0755 /usr/sbin/policy-rc.d
    INSTALL_POLICY=own
}

install_allow_services() {
    rm -f /etc/postgresql-common/createcluster.d/emailgency-quickstart.conf
    [[ ${INSTALL_POLICY:-} != own ]] || rm -f /usr/sbin/policy-rc.d
}

install_packages() {
    local missing
    mapfile -t missing < <(install_missing)
    ((${#missing[@]})) || return 0
    [[ $INSTALL == yes ]] || die "missing Debian packages (run without --no-install, or install them): ${missing[*]}"
    say "installing ${missing[*]}"
    trap install_allow_services EXIT
    install_forbid_services
    export DEBIAN_FRONTEND=noninteractive
    local log=$SOURCE/build/install.log
    mkdir -p "$SOURCE/build"
    # --no-remove: never take another mail system away from a machine that has one.
    {
        apt-get -q update && apt-get -q install -y --no-install-recommends --no-remove "${missing[@]}"
    } </dev/null >"$log" 2>&1 || { tail -n 20 "$log" >&2 && die "apt-get could not install the packages; see $log"; }
    install_allow_services
    trap - EXIT
}
