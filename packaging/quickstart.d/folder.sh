# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# DIR: where it is, whether it can be used, and whether the quickstart made it.

# Longest socket below DIR: spool/emailgency/transportmap; sun_path holds 107 bytes.
DIR_LONGEST=75
# Only this program writes it; --purge removes nothing from a folder without it.
MARKER=made-by-quickstart

# DIR is what the servers' files name, REAL the folder. They differ where those files could not name it: a blank separates words
# in some of them, and the path of a Unix socket has a bound. Then DIR is a symbolic link to REAL.
folder_locate() {
    REAL=$(realpath -m -- "$DIR")
    DIR=$REAL
    if ((${#REAL} > DIR_LONGEST)) || [[ ! $REAL =~ ^/[A-Za-z0-9/._-]+$ ]]; then
        DIR=/run/emailgency-quickstart-$(printf '%s' "$REAL" | cksum | cut -d ' ' -f 1)
        ! folder_is_ours || folder_link
    fi
    EMG_LOG=$DIR/log EMG_CONF=$DIR/conf EMG_LMDB=$DIR/directory EMG_PGDATA=$DIR/pgdata
    EMG_POSTFIX=$DIR/postfix EMG_DOVECOT=$DIR/dovecot/dovecot.conf
    EMG_CUSTOMER_MAIL=$DIR/customer EMG_DNS_ZONES=$DIR/dns/records EMG_SMS=$DIR/sms.jsonl
    RUN=$DIR/run SPOOL=$DIR/spool EMG_CUSTOMER_PID=$DIR/run/customer.pid
    EMG_POLICYD=$SPOOL/emailgency/policyd EMG_TRANSPORTMAP=$SPOOL/emailgency/transportmap
    EMG_MILTER=$SPOOL/emailgency/milter EMG_QUEUEWATCH=$RUN/emailgency/queuewatch
    EMG_QUEUEHOLD=$RUN/emailgency/queuehold
    EMG_CTL=$DIR/emailgencyctl
}

folder_link() {
    [[ $DIR != "$REAL" ]] || return 0
    [[ ! -e $DIR || $(readlink "$DIR") == "$REAL" ]] || die "$DIR is in use for $(readlink -f "$DIR"); choose another --dir"
    ln -sfn "$REAL" "$DIR"
}

# Releases before the marker are known by what else they wrote.
folder_is_ours() { [[ -f $REAL/$MARKER ]] || grep -qsE '^EMG_DNS=127\.' "$REAL/ports"; }

# Whatever would fail later is refused before anything is installed, built or made.
folder_check() {
    local place=$REAL
    [[ ! -e $REAL || -d $REAL ]] || die "--dir $REAL is a file; name a folder"
    folder_is_ours || [[ ! -d $REAL || -z $(find "$REAL" -mindepth 1 -maxdepth 1 ! -name lost+found -print -quit) ]] ||
        die "$REAL holds files that the quickstart did not make; choose an empty or a new folder with --dir"
    while
        place=$(dirname "$place")
        [[ ! -e $place ]]
    do :; done
    [[ -d $place && -w $place ]] || die "nothing can be written in $place; choose another --dir"
    (cd / && runuser -u nobody -- test -x "$place") ||
        die "the servers' accounts cannot reach $REAL: give the folders above it o+x, or choose another --dir"
    [[ ! -d $REAL ]] || place=$REAL
    [[ ,$(findmnt -n -o OPTIONS -T "$place" 2>/dev/null | tail -n 1), != *,noexec,* ]] ||
        die "$REAL is on a file system mounted noexec, and programs run from there; choose another --dir"
}

folder_create() {
    mkdir -p "$REAL" || die "cannot make $REAL; choose another --dir"
    folder_link
    chmod 0755 "$REAL"
    (cd / && runuser -u nobody -- test -x "$REAL") ||
        die "the servers' accounts cannot reach $REAL: give the folders above it o+x, or choose another --dir"
    echo "packaging/quickstart made this folder, and removes it with --purge." >"$REAL/$MARKER"
    machine_locked machine_add folder "$REAL"
}
