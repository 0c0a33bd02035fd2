# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# The tour's messages, as emailgencyctl trace prints them.

trace_tour() {
    tour_heading "The tour's own messages: emailgencyctl trace, from the mail log within a second"
    trace_of ': delivered .*refused for now: greylisted .*accepted.*delivered to' "the first-time sender" --sender "$TOUR_SENDER"
    trace_of ': refused .*the client is on the DNS list bl.emailgency.example' "the client on a block list" --client 203.0.113.99
    trace_of 'accepted from the login anna@tour.example.*delivered to' "mail that a login sent" --sender anna@tour.example
    trace_of ': delivered .*waited: .*delivered to' "mail that waited for a server" "dora@$OUTAGE_DOMAIN"
}

# trace_of PATTERN DESCRIPTION ARGUMENT...: what trace prints, on one line, is to match the pattern
trace_of() {
    local pattern=$1 description=$2 end=$((SECONDS + 15)) text=
    shift 2
    printf '  trace:    %s: %s trace %s\n' "$description" "$EMG_CTL" "$*"
    while ((SECONDS < end)); do
        text=$(EMG_PG=$EMG_PG COLUMNS=120 "$EMG_CTL" trace --since '30 minutes' "$@" 2>&1 || true)
        [[ $(tr -s '\n ' ' ' <<<" $text") =~ $pattern ]] && end=0
        ((end == 0)) || sleep 0.2
    done
    printf '            %s\n' "${text//$'\n'/$'\n            '}"
    ((end == 0)) || tour_check "$pattern" "$(head -n 1 <<<"${text:-nothing was printed}")"
}
