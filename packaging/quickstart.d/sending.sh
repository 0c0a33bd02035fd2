# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# The tour's part about what users send: mail of a denied one is held, and who sends too much is denied.

sending_tour() {
    SENDING_DOMAIN=sending$RANDOM.example
    SENDING_USER=fred@$SENDING_DOMAIN
    SENDING_BEFORE=$(postgresql_query -c "select value from setting where name = 'sending_refusals'")
    sending_held
    sending_limits
    sending_restore
}

sending_restore() {
    [[ -z ${SENDING_BEFORE:-} ]] || postgresql_query -c "update setting set value = '$SENDING_BEFORE' where name = 'sending_refusals'" || true
}

# sending_mail EXPECTED DESCRIPTION: from the user, to one whose server is down
sending_mail() { tour_submit "$1" "$2" "$SENDING_USER" "$STORE_PASSWORD" "emma@$STORE_DOMAIN"; }

sending_held() {
    tour_heading "Queued mail of a user who may not send is held, and the user goes on to read"
    tour_row "insert into plan (name, login_messages_hour) values ('sending', null) on conflict (name) do update set login_messages_hour = null"
    tour_row "insert into domain (name, plan) values ('$SENDING_DOMAIN', 'sending')"
    tour_row "insert into mailbox (address) values ('$SENDING_USER')"
    tour_row "select set_password('$SENDING_USER', '$STORE_PASSWORD')"
    sending_mail '^250 2.0.0' "$SENDING_USER to emma@$STORE_DOMAIN, whose server is down"
    tour_row "select deny_sending('$SENDING_USER')"
    store_until '^held, of fred@' 30 "select state || ', of ' || login from held_message where login = '$SENDING_USER'"
    sending_mail '^535 5.7.8' "$SENDING_USER tries again"
    sending_reads
    tour_row "select allow_sending('$SENDING_USER')"
    tour_row "select release_held('$SENDING_USER')"
    store_until '^released, of fred@' 30 "select state || ', of ' || login from held_message where login = '$SENDING_USER'"
}

sending_reads() {
    printf '  imap:     %s logs in at %s\n' "$SENDING_USER" "$EMG_IMAP"
    tour_check '^reads INBOX' "$(
        python3 - "$EMG_IMAP" "$SENDING_USER" "$STORE_PASSWORD" 2>&1 <<'PYTHON' | tail -n 1
import imaplib, sys
listen, user, password = sys.argv[1:]
host, _, port = listen.rpartition(":")
with imaplib.IMAP4(host, int(port)) as imap:
    imap.login(user, password)
    print("reads INBOX" if imap.select("INBOX", readonly=True)[0] == "OK" else "cannot read INBOX")
PYTHON
    )"
}

sending_limits() {
    local try
    tour_heading "Who sends more than the plan allows is refused, and then denied"
    tour_row "update setting set value = '3' where name = 'sending_refusals'"
    tour_row "update plan set login_messages_hour = 1 where name = 'sending'"
    sleep 1 # Dovecot remembers a refusal for up to two seconds
    sending_mail '^250 2.0.0' "the first message since sending was allowed"
    for try in second third fourth; do
        sending_mail '^450 4.7.1 .*login_messages_hour' "a $try message within the hour"
    done
    store_until '^denied by emailgency' 30 "select 'denied by ' || smtp_denied_by from mailbox where address = '$SENDING_USER' and smtp_deny"
    sending_mail '^535 5.7.8' "and one more"
    store_until '^3 messages beyond the limits' 30 "select detail from incident where domain = '$SENDING_DOMAIN' and kind = 'sending' and closed_at is null"
    tour_row "update plan set login_messages_hour = null where name = 'sending'"
    tour_row "select allow_sending('$SENDING_USER')"
    sleep 1
    sending_mail '^250 2.0.0' "allowed again"
}
