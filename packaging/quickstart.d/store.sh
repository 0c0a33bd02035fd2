# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# The tour's part about the mail store: what users read while their own server is down, what becomes of mail to unknown
# addresses, and of a mailbox without room. What VIPs may receive is shown by tour_sizes.

STORE_PASSWORD='Correct horse 4 battery'

store_tour() {
    # A name of its own each time: the mail of deleted mailboxes is kept.
    STORE_DOMAIN=store$RANDOM.example
    store_down
    store_candidate
    store_quota
}

# store_value STATEMENT [SHOWN]: shows the statement, or SHOWN, and leaves its value in STORE_VALUE
store_value() {
    printf '  row:      %s\n' "${2:-$1}"
    STORE_VALUE=$(postgresql_query -c "$1" 2>&1 | tail -n 1) || true
}

# store_until PATTERN SECONDS STATEMENT: the statement's value is to become what the pattern says
store_until() {
    local tries=$(($2 * 5)) value=
    until value=$(postgresql_query -c "$3" 2>&1 | tail -n 1) && [[ $value =~ $1 ]]; do
        ((tries-- > 0)) || break
        sleep 0.2
    done
    tour_check "$1" "${value:-no row}"
}

store_read() {
    printf '  imap:     %s logs in at %s\n' "$1" "$EMG_IMAP"
    tour_check '^in the INBOX' "$(tour_inbox "$1" "$STORE_PASSWORD" 2>&1 | tail -n 1)"
}

# Nothing listens on the port.
store_down() {
    local server=${NEW_CUSTOMER%:*}:2599 waiting
    tour_heading "While a customer's server is down, its users read their mail here"
    tour_row "insert into domain (name, plan, greylisting, verify_recipients, transport)
            values ('$STORE_DOMAIN', 'basic', 'off', false, '$server')"
    tour_row "insert into mailbox (address) values ('emma@$STORE_DOMAIN')"
    tour_row "select set_password('emma@$STORE_DOMAIN', '$STORE_PASSWORD')"
    printf "  down:     the customer's server on %s\n" "$server"
    tour_to_mx '^250 2.0.0' "to emma@$STORE_DOMAIN" 192.0.2.10 mail.sender.example news@sender.example "emma@$STORE_DOMAIN"
    store_read "emma@$STORE_DOMAIN"
    waiting=$(postqueue -c "$EMG_POSTFIX" -j | grep -cF "\"address\": \"emma@$STORE_DOMAIN\"" || true)
    tour_check '^1 message waits' "$waiting message waits for the customer's server"
}

store_candidate() {
    local newcomer=newcomer@$STORE_DOMAIN code
    tour_heading "Mail to an unknown address makes a candidate, which the admin promotes (catchall)"
    tour_row "update domain set catchall = true where name = '$STORE_DOMAIN'"
    tour_to_mx '^250 2.0.0' "to $newcomer, which no row names" 192.0.2.10 mail.sender.example news@sender.example "$newcomer"
    store_stored "$newcomer"
    tour_row "select tidy('$STORE_DOMAIN')"
    store_until '^newcomer@.* is a candidate' 30 "select address || ' is a candidate' from mailbox where candidate and domain = '$STORE_DOMAIN'"
    store_value "select promote('$newcomer')"
    code=$STORE_VALUE
    tour_check '^([A-HJ-NP-Z2-9]{4}-){3}[A-HJ-NP-Z2-9]{4}$' "$code"
    store_value "select set_first_password('$newcomer', '$code', '$STORE_PASSWORD')"
    store_read "$newcomer"
}

# The mail store has taken mail for that address, so that there is something to sort.
store_stored() {
    local tries
    for ((tries = 100; tries > 0; tries--)); do
        [[ $(postgresql_query -c "select messages from mailbox_usage where address = '$1'") == [1-9]* ]] && return
        sleep 0.2
    done
}

store_quota() {
    local user=emma@$STORE_DOMAIN
    tour_heading "A mailbox without room keeps mail for fewer days, and its user is notified"
    tour_row "update mailbox set quota = 400000 where address = '$user'"
    printf '  imap:     %s stores mail of the last weeks, 80 KB each\n' "$user"
    tour_check '^stored 4 messages, 1 to 22 days old' "$(store_append "$user" 2>&1 | tail -n 1)"
    tour_sized '^250 2.0.0' 80000 "to $user, which has no room for it" "$user"
    store_until '^[0-9]+ days instead of 30' 60 "select expiry_days_effective || ' days instead of 30' from mailbox
        where address = '$user' and expiry_days_effective < 30"
    store_read "$user"
    printf '  notice:   to %s, read by IMAP\n' "$user"
    tour_check '^Subject: .*kept for a shorter time' "$(store_notice "$user" 2>&1 | tail -n 1)"
}

# store_append USER: mail that arrived before, as its date says
store_append() {
    python3 - "$EMG_IMAP" "$1" "$STORE_PASSWORD" <<'PYTHON'
import imaplib, sys, time
listen, user, password = sys.argv[1:]
host, _, port = listen.rpartition(":")
ages = (1, 8, 15, 22)
with imaplib.IMAP4(host, int(port)) as imap:
    imap.login(user, password)
    for days in ages:
        when = imaplib.Time2Internaldate(time.time() - days * 86400 - 60)
        code, text = imap.append("INBOX", None, when, f"Subject: {days} days old\r\n\r\n".encode() + (b"x" * 70 + b"\r\n") * 1100)
        if code != "OK":
            sys.exit(print(text[0].decode()))
print(f"stored {len(ages)} messages, {ages[0]} to {ages[-1]} days old")
PYTHON
}

# store_notice USER: the subject of the notice
store_notice() {
    python3 - "$EMG_IMAP" "$1" "$STORE_PASSWORD" <<'PYTHON'
import imaplib, sys, time
listen, user, password = sys.argv[1:]
host, _, port = listen.rpartition(":")
with imaplib.IMAP4(host, int(port)) as imap:
    imap.login(user, password)
    for _ in range(150):
        imap.select("INBOX", readonly=True)
        found = imap.search(None, "SUBJECT", '"shorter time"')[1][0].split()
        if found:
            header = imap.fetch(found[-1], "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")[1][0][1].decode()
            sys.exit(print(" ".join(header.split())))
        time.sleep(0.2)
print("no notice arrived")
PYTHON
}
