# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# The guided tour: real mail through the running stack, each with the row that decides about it.

TOUR_DELAY=3 # seconds that a first-time sender waits, instead of two minutes

tour() {
    TOUR_FAILED=0 TOUR_BOLD='' TOUR_PLAIN=''
    # Not into a file, and not where the reader asked for none (no-color.org).
    if [[ -t 1 && -z ${NO_COLOR:-} && ${TERM:-dumb} != dumb ]]; then
        TOUR_BOLD=$'\e[1m' TOUR_PLAIN=$'\e[0m'
    fi
    # Another network and sender each time: a sender that passed once stays known over runs.
    TOUR_CLIENT=10.$((RANDOM % 256)).$((RANDOM % 256)).25
    TOUR_SENDER=$(tr -dc '[:lower:]' </dev/urandom | head -c 8 || true)@unknown.example
    tour_prepare
    outage_prepare
    trap 'tour_restore; advise_stop' EXIT
    tour_greylisting
    tour_whitelist
    tour_blocklist
    tour_stealth
    tour_submission
    tour_names
    tour_unknown
    tour_store
    tour_spf
    tour_sizes
    tour_backscatter
    tour_route
    store_tour
    sending_tour
    console_tour
    outage_tour
    trace_tour
    tour_report
    tour_restore
    trap advise_stop EXIT
    tour_heading "The end"
    echo "  Rows:      psql \"$EMG_PG\""
    echo "  Mail log:  $EMG_LOG/mail.log"
    echo "  Decisions: $EMG_LOG/policyd.log, $EMG_LOG/milter.log"
    echo "  Console:   $EMG_CONSOLE as $EMG_CONSOLE_LOGIN, password in $EMG_CONSOLE_PASSWORD_FILE"
    echo "  Why:       $EMG_CTL explain anna@tour.example"
    ((TOUR_FAILED == 0)) || die "$TOUR_FAILED of the answers above were not those expected (✘)"
}

tour_heading() { printf '\n%s%s%s\n' "$TOUR_BOLD" "$*" "$TOUR_PLAIN"; }

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

# tour_submit EXPECTED DESCRIPTION USER PASSWORD RECIPIENT
tour_submit() {
    tour_mail "$1" "$2" --server "$EMG_SUBMISSION" --helo laptop.example --auth PLAIN --auth-user "$3" \
        --auth-password "$4" --from "$3" --to "$5"
}

tour_to_submission() { tour_submit "$1" "$2" anna@tour.example 'correct horse' bert@tour.example; }

# tour_arrival [FOLDER [SERVER [RECIPIENT]]]: the last message is to arrive in the folder of that server, for that recipient
tour_arrival() {
    local folder=${1:-$EMG_CUSTOMER_MAIL} server=${2:-"the customer's server"} recipient=${3:-} tries file=
    for ((tries = 100; tries > 0; tries--)); do
        file=$(grep -lsrF "Subject: $TOUR_SUBJECT" "$folder") && break
        sleep 0.2
    done
    if [[ -n $recipient && -n $file ]]; then
        tour_check "^at $server for $recipient" "at $server for $(sed -n 's/^X-Envelope-To: <\(.*\)>.*/\1/p' "$file")"
    else
        tour_check "^at $server" "$([[ -n $file ]] && echo "at $server" || echo 'never arrived there')"
    fi
}

tour_prepare() {
    tour_heading "Two customers: their own servers come first, we are the backup MX"
    TOUR_DELAY_BEFORE=$(postgresql_query -c "select value from setting where name = 'greylist_delay'")
    postgresql_query -c "delete from domain where name in ('tour.example', 'quiet.example')" >/dev/null
    tour_row "insert into domain (name, plan, greylisting) values ('tour.example', 'basic', 'all'), ('quiet.example', 'basic', 'off')"
    tour_row "insert into mailbox (address) values ('anna@tour.example'), ('bert@tour.example'), ('carl@quiet.example')"
    # Without one, mail goes by MX (the records name the customer's server), and that means port 25.
    [[ ${EMG_CUSTOMER##*:} == 25 ]] ||
        tour_row "update domain set transport = '$EMG_CUSTOMER' where name in ('tour.example', 'quiet.example')"
}

# Takes back the changes that are for the tour alone, also where it was interrupted.
tour_restore() {
    postgresql_query -c "update setting set value = '$TOUR_DELAY_BEFORE' where name = 'greylist_delay'" || true
    outage_restore
    sending_restore
    [[ -s $RUN/customer.pid ]] || customer_serve customer "$EMG_CUSTOMER" "$EMG_CUSTOMER_MAIL"
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

tour_names() {
    local alternate
    tour_heading "An alias domain, the alternate domain and an alias lead to the same mailbox"
    tour_row "insert into domain_alias (name, domain) values ('tour-alias.example', 'quiet.example')"
    tour_row "insert into alias (address, target) values ('sales@quiet.example', 'carl@quiet.example')"
    alternate=$(postgresql_query -c "select alternate_name from domain where name = 'quiet.example'")
    for recipient in carl@tour-alias.example "carl@$alternate" sales@quiet.example; do
        tour_to_mx '^250 2.0.0' "to $recipient" 192.0.2.10 mail.sender.example news@sender.example "$recipient"
        tour_arrival "$EMG_CUSTOMER_MAIL" "the customer's server" carl@quiet.example
    done
}

tour_unknown() {
    tour_heading "An unknown recipient is refused: the customer's server is asked (verify_recipients)"
    grep -qxF nobody@quiet.example "$DIR/customer.refuse" || echo nobody@quiet.example >>"$DIR/customer.refuse"
    printf '  refused:  nobody@quiet.example, by the customer (%s)\n' "$DIR/customer.refuse"
    tour_to_mx '^550 5.1.1 .*Unknown recipient' "to nobody@quiet.example" \
        192.0.2.10 mail.sender.example news@sender.example nobody@quiet.example
    tour_row "update domain set verify_recipients = false where name = 'quiet.example'"
    tour_to_mx '^550 5.1.1' "to nobody-else@quiet.example, by the rows alone" \
        192.0.2.10 mail.sender.example news@sender.example nobody-else@quiet.example
}

tour_store() {
    tour_heading "A copy of what is relayed stays here, and can be read by IMAP (keep_copy)"
    tour_to_mx '^250 2.0.0' "eve@friend.example to anna@tour.example" 192.0.2.10 mail.sender.example eve@friend.example anna@tour.example
    tour_arrival
    printf '  imap:     anna@tour.example logs in at %s\n' "$EMG_IMAP"
    tour_check '^in the INBOX' "$(tour_inbox anna@tour.example 'correct horse' 2>&1 | tail -n 1)"
}

# tour_inbox USER PASSWORD: whether the last message is there
tour_inbox() {
    python3 - "$EMG_IMAP" "$1" "$2" "$TOUR_SUBJECT" <<'PYTHON'
import imaplib, sys, time
listen, user, password, subject = sys.argv[1:]
host, _, port = listen.rpartition(":")
with imaplib.IMAP4(host, int(port)) as imap:
    imap.login(user, password)
    for _ in range(50):
        imap.select("INBOX", readonly=True)
        if imap.search(None, "SUBJECT", f'"{subject}"')[1][0]:
            sys.exit(print("in the INBOX"))
        time.sleep(0.2)
print("not in the INBOX")
PYTHON
}

tour_spf() {
    tour_heading "A forged sender is refused where the domain rejects by SPF, and marked elsewhere"
    printf '  record:   %s\n' "$(grep -m 1 '^sender.example.*TXT' "$EMG_DNS_ZONES" || echo "(removed from $EMG_DNS_ZONES)")"
    tour_row "update domain set spf = 'reject' where name = 'quiet.example'"
    tour_to_mx '^550 5.7.23' "news@sender.example from 198.51.100.7, which the record does not name" \
        198.51.100.7 '[UNAVAILABLE]' news@sender.example carl@quiet.example
    tour_to_mx '^250 2.0.0' "and from 192.0.2.10, which it names" \
        192.0.2.10 mail.sender.example news@sender.example carl@quiet.example
    tour_arrival
    tour_header Authentication-Results 'spf=pass smtp.mailfrom=("news@sender.example"|news@sender.example|sender.example)'
    tour_row "update domain set greylisting = 'off', spf = 'mark' where name = 'tour.example'"
    tour_to_mx '^250 2.0.0' "news@sender.example from 198.51.100.7 again, to another domain" \
        198.51.100.7 '[UNAVAILABLE]' news@sender.example bert@tour.example
    tour_arrival
    tour_header Authentication-Results 'spf=fail .*smtp.mailfrom='
}

# tour_header FIELD PATTERN: a header of the last message, unfolded, as the customer's server got it
tour_header() {
    local file
    file=$(grep -lsrF "Subject: $TOUR_SUBJECT" "$EMG_CUSTOMER_MAIL" | head -n 1)
    tour_check "^$1: .*$2" "$([[ -n $file ]] && sed '/^\r\?$/q' "$file" | tr -d '\r' | sed -e ':a' -e 'N;s/\n[ \t]\+/ /;ta' -e 'P;D' | grep -m 1 "^$1:")"
}

# A plan of its own, so that a small message shows it.
tour_sizes() {
    tour_heading "A message over the plan's size is refused before it is sent, and accepted for a VIP"
    tour_row "insert into plan (name, max_message_size, vip_message_size) values ('tour', 100000, 200000) on conflict do nothing"
    tour_row "update domain set plan = 'tour' where name = 'quiet.example'"
    tour_sized '^552 5.2.3' 150000 "to carl@quiet.example" carl@quiet.example
    tour_row "update mailbox set vip = true where address = 'carl@quiet.example'"
    tour_sized '^250 2.0.0' 150000 "the same again" carl@quiet.example
    tour_arrival
    tour_sized '^552 5.2.3' 250000 "more than a VIP's" carl@quiet.example
}

# tour_sized EXPECTED BYTES DESCRIPTION RECIPIENT: a message whose size is declared with MAIL (RFC 1870), as servers do
tour_sized() {
    printf '  mail:     %s bytes, %s\n' "$2" "$3"
    TOUR_SUBJECT="tour $RANDOM$RANDOM"
    tour_check "$1" "$(python3 - "$EMG_SMTP" "$TOUR_SUBJECT" "$2" "$4" <<'PYTHON'
import smtplib, sys
listen, subject, size, recipient = sys.argv[1:]
host, _, port = listen.rpartition(":")
head = f"Subject: {subject}\r\n\r\n"
lines, rest = divmod(int(size) - len(head), 72)
message = head + ("x" * 70 + "\r\n") * lines + ("x" * max(rest - 2, 0) + "\r\n" if rest > 1 else "")
with smtplib.SMTP(host, int(port)) as smtp:
    smtp.ehlo("client.example")
    smtp.docmd("XCLIENT", "ADDR=192.0.2.10 NAME=mail.sender.example")
    smtp.ehlo("client.example")
    steps = [lambda: smtp.mail("news@sender.example", [f"SIZE={len(message)}"]), lambda: smtp.rcpt(recipient), lambda: smtp.data(message)]
    for step in steps:
        code, text = step()
        if code >= 400:
            break
    print(code, text.decode())
PYTHON
    )"
}

tour_backscatter() {
    tour_heading "A bounce to an address that never sends is refused"
    tour_row "insert into mailbox (address, receive_only) values ('orders@quiet.example', true)"
    tour_to_mx '^550 5.7.1' "from the null sender" 192.0.2.10 mail.sender.example '<>' orders@quiet.example
    tour_to_mx '^250 2.0.0' "from somebody" 192.0.2.10 mail.sender.example news@sender.example orders@quiet.example
    tour_arrival
}

# The customer's server goes down for good, and another takes its place.
tour_route() {
    tour_heading "Mail that waits follows a changed route"
    local queued new=$DIR/customer-new
    install -d -m 0755 "$new"
    stop_pid "$RUN/customer.pid"
    printf "  down:     the customer's server on %s\n" "$EMG_CUSTOMER"
    tour_to_mx '^250 2.0.0' "to carl@quiet.example" 192.0.2.10 mail.sender.example news@sender.example carl@quiet.example
    sleep 2
    queued=$(tour_queue_id)
    tour_check '^waits in the queue' "$([[ -n $queued ]] && echo "waits in the queue as $queued" || echo 'is not in the queue')"
    [[ -s $RUN/customer-new.pid ]] || customer_serve customer-new "$NEW_CUSTOMER" "$new"
    tour_row "update domain set transport = '$NEW_CUSTOMER' where name = 'quiet.example'"
    printf '  retry:    postqueue -c %s -i %s\n' "$EMG_POSTFIX" "$queued"
    [[ -z $queued ]] || postqueue -c "$EMG_POSTFIX" -i "$queued"
    tour_arrival "$new" "the server on $NEW_CUSTOMER"
}

# With the figures of this month so far; the month's own mail goes out when it has ended.
tour_report() {
    tour_heading "The monthly report of a domain"
    local month part
    month=$(date -u +%Y-%m)
    for part in text html; do
        EMG_PG=$EMG_PG "$EMG_CTL" report preview quiet.example "$month" --part "$part" >"$DIR/report.$part" || true
    done
    printf '  report:   %s report preview quiet.example %s --part text\n' "$EMG_CTL" "$month"
    tour_check '^Received +[1-9]' "$(grep -m 1 '^Received  ' "$DIR/report.text" || echo "no such report in $DIR/report.text")"
    sed 's/^/            /' "$DIR/report.text"
    mv "$DIR/report.text" "$DIR/report.txt"
    tour_picture
}

# As a mail program shows it, where there is a browser.
tour_picture() {
    rm -f "$DIR/report.png"
    if ! command -v chromium >/dev/null; then
        printf '  picture:  none, without chromium (apt-get install chromium); the HTML is %s\n' "$DIR/report.html"
        return
    fi
    timeout 60 chromium --headless=new --no-sandbox --disable-gpu --hide-scrollbars --window-size=720,1400 \
        --user-data-dir="$DIR/chromium" --screenshot="$DIR/report.png" "file://$DIR/report.html" >/dev/null 2>&1 || true
    rm -rf "$DIR/chromium"
    printf '  picture:  %s\n' "$(ls "$DIR/report.png" 2>/dev/null || echo "none, as chromium failed; the HTML is $DIR/report.html")"
}

tour_queue_id() {
    postqueue -c "$EMG_POSTFIX" -j | grep -F '"address": "carl@quiet.example"' | sed -n 's/.*"queue_id": "\([^"]*\)".*/\1/p' | head -n 1
}
