# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# NSD serves the root zone from EMG_DNS_ZONES: the whole Internet as far as this stack is concerned.

dns_start() {
    say "starting DNS on $EMG_DNS (records: $EMG_DNS_ZONES)"
    REVERSE=$(awk -F. '{ print $3 "." $2 "." $1 }' <<<"$ADDRESS")
    CUSTOMER_ADDRESS=${EMG_CUSTOMER%:*}
    [[ -s $EMG_DNS_ZONES ]] || render "$PARTS/templates/records" "$EMG_DNS_ZONES"
    render "$PARTS/templates/nsd.conf" "$DIR/dns/nsd.conf"
    python3 "$PARTS/dns-follow.py" --once "$DIR" || die "$EMG_DNS_ZONES holds an error; see above"
    spawn nsd nsd -d -c "$DIR/dns/nsd.conf"
    echo "$SPAWNED" >"$RUN/nsd.pid"
    await "the DNS server did not start" 10 nsd-control -c "$DIR/dns/nsd.conf" status
    spawn dns python3 "$PARTS/dns-follow.py" "$DIR"
    echo "$SPAWNED" >"$RUN/dns-follow.pid"
}

dns_stop() {
    stop_pid "$RUN/dns-follow.pid"
    stop_pid "$RUN/nsd.pid"
}
