# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# Removal of what the quickstart made.

# Entries of DIR. Others are somebody's own, and stay.
PURGE_ENTRIES=(conf customer customer-new customer-outage customer.refuse directory dns dovecot emailgencyctl env env.new log mail nginx pgdata ports
    ports.new postfix postfix-data programs report.html report.png report.text report.txt run sms.jsonl spool state webmail chromium lock "$MARKER")

purge() {
    local entry
    if [[ ! -e $REAL ]]; then
        say "there is no $REAL"
    else
        folder_is_ours || die "the quickstart did not make $REAL; nothing was removed"
        layout_lock
        stop
        # The marker goes last, so that a purge that was interrupted can be repeated.
        for entry in "${PURGE_ENTRIES[@]}"; do
            rm -rf --one-file-system -- "${REAL:?}/$entry"
        done
        purge_folder
    fi
    [[ $DIR == "$REAL" ]] || rm -f "$DIR"
    machine_locked machine_clean
    [[ ! -d $SOURCE/build ]] || say "the build stays in $SOURCE/build"
}

purge_folder() {
    local left
    if rmdir "$REAL" 2>/dev/null; then
        say "removed $REAL"
        return
    fi
    left=$(find "$REAL" -mindepth 1 -maxdepth 1 ! -name lost+found -printf '%f\n' | sort | paste -s -d ' ')
    say "removed what the quickstart made in $REAL; the folder stays${left:+ with what others made there: $left}"
}
