# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# The guided tour: real mail through the running stack, each with the row that decides about it.

TOUR_DELAY=3 # seconds that a first-time sender waits, instead of two minutes

tour() {
    TOUR_FAILED=0
    # Another network and sender each time: who passed once is known, and stays so over runs.
    TOUR_CLIENT=10.$((RANDOM % 256)).$((RANDOM % 256)).25
    TOUR_SENDER=$(tr -dc '[:lower:]' </dev/urandom | head -c 8 || true)@stranger.example
    tour_prepare
    trap tour_restore EXIT
    tour_greylisting
    tour_whitelist
    tour_blocklist
    tour_stealth
    tour_submission
    tour_restore
    trap - EXIT
    tour_heading "The end"
    echo "  Rows:      psql \"$EMG_PG\""
    echo "  Mail log:  $EMG_LOG/mail.log"
    echo "  Decisions: $EMG_LOG/policyd.log"
    ((TOUR_FAILED == 0)) || die "$TOUR_FAILED of the answers above were not those expected (✘)"
}

tour_heading() { printf '\n\e[1m%s\e[0m\n' "$*"; }

# tour_row SQL: shows a statement and runs it; what is committed is in force within a second
tour_row() {
    printf '  row:      %s\n' "$1"
    postgresql_query -c "$1" >/dev/null
    sleep 1
}

# tour_mail EXPECTED DESCRIPTION SWAKS-OPTION...: sends a message; the answer must match the pattern EXPECTED
tour_mail() {
    local expected=$1 transcript answer
    printf '  mail:     %s\n' "$2"
    shift 2
    TOUR_SUBJECT="tour $RANDOM$RANDOM"
    transcript=$(swaks --header "Subject: $TOUR_SUBJECT" --body 'Sent by packaging/quickstart.' --hide-informational "$@" 2>&1 || true)
    answer=$(grep -m 1 '^<\*\*' <<<"$transcript" || grep '^<-  250 2.0.0' <<<"$transcript" || tail -n 1 <<<"$transcript")
    [[ $answer =~ ^\<[-*\ ]*(.*) ]] && answer=${BASH_REMATCH[1]}
    tour_check "$expected" "$answer"
}

tour_check() {
    if [[ $2 =~ $1 ]]; then
        printf '  answer: ✔ %s\n' "$2"
    else
        printf '  answer: ✘ %s\n            expected: %s\n' "$2" "$1"
        TOUR_FAILED=$((TOUR_FAILED + 1))
    fi
}

# To the MX as the client ADDRESS [NAME] (XCLIENT), from SENDER to RECIPIENT
tour_to_mx() {
    local expected=$1 description=$2 address=$3 name=$4 sender=$5 recipient=$6
    tour_mail "$expected" "$description" --server "$EMG_SMTP" --helo client.example --xclient-addr "$address" \
        --xclient-name "$name" --from "$sender" --to "$recipient"
}

tour_to_submission() {
    tour_mail "$1" "$2" --server "$EMG_SUBMISSION" --helo laptop.example --auth PLAIN --auth-user anna@tour.example \
        --auth-password 'correct horse' --from anna@tour.example --to bert@tour.example
}

tour_arrival() {
    local tries
    for ((tries = 50; tries > 0; tries--)); do
        grep -qsrF "Subject: $TOUR_SUBJECT" "$EMG_CUSTOMER_MAIL" && break
        sleep 0.2
    done
    tour_check '^at the customer' "$( ((tries > 0)) && echo "at the customer's server" || echo 'never arrived there')"
}

tour_prepare() {
    tour_heading "Two customers: their own servers come first, we are the backup MX"
    TOUR_DELAY_BEFORE=$(postgresql_query -c "select value from setting where name = 'greylist_delay'")
    postgresql_query -c "delete from domain where name in ('tour.example', 'quiet.example')" >/dev/null
    tour_row "insert into domain (name, plan, greylisting) values ('tour.example', 'basic', 'all'), ('quiet.example', 'basic', 'off')"
    tour_row "insert into mailbox (address) values ('anna@tour.example'), ('bert@tour.example'), ('carl@quiet.example')"
}

tour_restore() {
    postgresql_query -c "update setting set value = '$TOUR_DELAY_BEFORE' where name = 'greylist_delay'" || true
}

tour_greylisting() {
    tour_heading "A first-time sender is greylisted, and accepted on retry"
    tour_row "update setting set value = '$TOUR_DELAY' where name = 'greylist_delay'"
    tour_to_mx '^450 4.2.0' "$TOUR_SENDER from $TOUR_CLIENT, never seen before" \
        "$TOUR_CLIENT" '[UNAVAILABLE]' "$TOUR_SENDER" bert@tour.example
    sleep $((TOUR_DELAY + 1))
    tour_to_mx '^250 2.0.0' "the same again, $((TOUR_DELAY + 1)) s later, as a mail server would" \
        "$TOUR_CLIENT" '[UNAVAILABLE]' "$TOUR_SENDER" bert@tour.example
    tour_arrival
}

tour_whitelist() {
    tour_heading "A white-listed sender is accepted at once"
    tour_row "insert into whitelist (domain, entry) values ('tour.example', 'friend.example')"
    tour_to_mx '^250 2.0.0' "eve@friend.example from a network never seen before" \
        "10.$((RANDOM % 256)).$((RANDOM % 256)).25" '[UNAVAILABLE]' eve@friend.example bert@tour.example
    tour_arrival
}

tour_blocklist() {
    tour_heading "A client on a DNS block list is refused"
    tour_row "insert into dnsbl (zone) values ('bl.emailgency.example') on conflict do nothing"
    printf '  record:   %s\n' "$(grep -m 1 '^99.113.0.203.*TXT' "$EMG_DNS_ZONES" || echo "(removed from $EMG_DNS_ZONES)")"
    tour_to_mx '^554 5.7.1 .*bl.emailgency.example.*Listed' "spam from 203.0.113.99" \
        203.0.113.99 '[UNAVAILABLE]' offer@spam.example bert@tour.example
}

tour_stealth() {
    tour_heading "A domain in stealth mode defers everything, and a row edit ends it"
    tour_row "update domain set stealth = true where name = 'quiet.example'"
    tour_to_mx '^450 4.3.2' "to carl@quiet.example" 192.0.2.10 mail.sender.example news@sender.example carl@quiet.example
    tour_row "update domain set stealth = false where name = 'quiet.example'"
    tour_to_mx '^250 2.0.0' "the same again" 192.0.2.10 mail.sender.example news@sender.example carl@quiet.example
    tour_arrival
}

tour_submission() {
    tour_heading "A mailbox on SMTP deny cannot send"
    tour_row "select set_password('anna@tour.example', 'correct horse')"
    tour_to_submission '^250 2.0.0' "anna@tour.example logs in at $EMG_SUBMISSION and sends"
    tour_arrival
    tour_row "select deny_sending('anna@tour.example')"
    tour_to_submission '^535 5.7.8' "anna@tour.example tries again"
    tour_row "select allow_sending('anna@tour.example')"
    sleep 1 # Dovecot remembers a refusal for up to two seconds
    tour_to_submission '^250 2.0.0' "and again, allowed"
}
