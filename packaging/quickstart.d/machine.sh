# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# What the quickstarts of a machine share outside their folders: accounts and packages, and the list of what was made.

# Lines of a kind (folder, account, group, package) and a name. An account goes when the last folder does.
MACHINE_LIST=/var/lib/misc/emailgency-quickstart

# machine_locked COMMAND...: one quickstart at a time. The lock is on the list's folder, so that no file of it stays.
machine_locked() {
    mkdir -p "$(dirname "$MACHINE_LIST")"
    exec 6<"$(dirname "$MACHINE_LIST")"
    flock 6
    "$@"
    exec 6>&-
}

machine_add() {
    mkdir -p "$(dirname "$MACHINE_LIST")"
    grep -qsxF -- "$1 $2" "$MACHINE_LIST" || printf '%s %s\n' "$1" "$2" >>"$MACHINE_LIST"
}

machine_names() { sed -n "s/^$1 //p" "$MACHINE_LIST" 2>/dev/null || true; }

# An account per daemon; group emailgency may read the replica. As packaging/systemd/emailgency.sysusers has them.
machine_accounts() {
    local kind name member
    while read -r kind name member _; do
        case $kind in
        g) getent group "$name" >/dev/null || { groupadd --system "$name" && machine_add group "$name"; } ;;
        u)
            getent passwd "$name" >/dev/null || {
                useradd --system --user-group --home-dir /nonexistent --no-create-home --shell /usr/sbin/nologin "$name" &&
                    machine_add account "$name"
            }
            ;;
        m) # systemd's group may be missing in a container; no part of a quickstart needs it.
            ! getent group "$member" >/dev/null || id -nG "$name" | tr ' ' '\n' | grep -qx -- "$member" || usermod --append --groups "$member" "$name" ;;
        esac
    done <"$SOURCE/packaging/systemd/emailgency.sysusers"
}

# Forgets the folders that were removed, also by hand, and prints the others.
machine_folders() {
    local kind name
    [[ -f $MACHINE_LIST ]] || return 0
    while read -r kind name; do
        [[ $kind != folder || -f $name/$MARKER ]] || continue
        printf '%s %s\n' "$kind" "$name"
    done <"$MACHINE_LIST" >"$MACHINE_LIST.new"
    mv "$MACHINE_LIST.new" "$MACHINE_LIST"
    machine_names folder
}

# Removes the accounts that quickstarts made, unless somebody else may use them by now, and says what stays.
machine_clean() {
    local others name stays=()
    others=$(machine_folders | paste -s -d ,)
    if [[ -n $others ]]; then
        say "the accounts stay, since a quickstart is in $others"
        return
    fi
    if compgen -G '/usr/lib/sysusers.d/emailgency.conf' >/dev/null || compgen -G '/etc/sysusers.d/emailgency.conf' >/dev/null; then
        say "the accounts stay, since an installed Emailgency has them, too"
    else
        for name in $(machine_names account); do
            ! getent passwd "$name" >/dev/null || userdel "$name" || stays+=("$name")
        done
        for name in $(machine_names group); do
            ! getent group "$name" >/dev/null || groupdel "$name" || stays+=("$name")
        done
        ((${#stays[@]} == 0)) || say "in use, so they stay: ${stays[*]}"
    fi
    machine_packages
    rm -f "$MACHINE_LIST"
}

machine_packages() {
    local package packages=() off=()
    for package in $(machine_names package); do
        ! install_is_there "$package" || packages+=("$package")
        [[ $package != @(nsd|pgbouncer|dovecot-core|nginx-light|prometheus|patroni|etcd-server) ]] || off+=("${package%-*}")
        [[ $package != php8.2-fpm ]] || off+=("$package")
    done
    ((${#packages[@]})) || return 0
    say "the Debian packages that were installed stay; to remove them:"
    say "  apt-get purge ${packages[*]} && apt-get autoremove --purge"
    ((${#off[@]} == 0)) || say "of these do not start at boot: ${off[*]} (to have them: systemctl enable --now ${off[*]})"
}
