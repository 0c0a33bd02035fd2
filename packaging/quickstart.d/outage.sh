# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# The tour's last part: a customer's server goes down and comes back: the alerts, and the mail that waits meanwhile.

# Thresholds of seconds instead of minutes. Mail waits for the server from here on, so that it is late when its part of the
# tour begins: the server is down until the end of that. A name of its own each time: SMS are counted per domain and week.
outage_prepare() {
    local rules="'probe_interval', 'probe_window', 'probe_down_after', 'probe_down_min', 'probe_up_after', 'queue_interval', 'sms_after'"
    OUTAGE_SERVER=${NEW_CUSTOMER%:*}:2526 OUTAGE_DOMAIN=outage$RANDOM.example OUTAGE_NUMBER=+4179$((RANDOM % 9000000 + 1000000))
    # The alerts go to another domain, whose mail the first server takes.
    OUTAGE_CONTACT=admin$RANDOM@partner.example
    OUTAGE_RULES_BEFORE=$(postgresql_query -c "select string_agg(format('update setting set value = %L where name = %L', value, name), '; ')
        from setting where name in ($rules)")
    postgresql_query -c "update setting set value = case when name in ('probe_interval', 'queue_interval') then '5'
        when name in ('probe_down_min', 'sms_after') then '0' else '1' end where name in ($rules)" >/dev/null
    stop_pid "$RUN/customer-outage.pid"
    tour_row "insert into domain (name, plan, greylisting, monitoring, transport, queue_alert_messages, queue_alert_minutes)
            values ('$OUTAGE_DOMAIN', 'premium', 'off', 'off', '$OUTAGE_SERVER', 1, 1)"
    tour_row "insert into mailbox (address) values ('dora@$OUTAGE_DOMAIN')"
    tour_row "insert into contact (domain, kind, address) values ('$OUTAGE_DOMAIN', 'mail', '$OUTAGE_CONTACT')"
    tour_to_mx '^250 2.0.0' "to dora@$OUTAGE_DOMAIN, whose server is down: it waits" \
        192.0.2.10 mail.sender.example news@sender.example "dora@$OUTAGE_DOMAIN"
    OUTAGE_SUBJECT=$TOUR_SUBJECT
    install -d -m 0755 "$DIR/customer-outage"
}

outage_restore() {
    postgresql_query -c "$OUTAGE_RULES_BEFORE; update domain set monitoring = 'off' where name = '$OUTAGE_DOMAIN'" >/dev/null || true
}

outage_tour() {
    tour_heading "The customer's server is down and comes back: alerts, and the mail that waits meanwhile"
    [[ -s $RUN/customer.pid ]] || customer_serve customer "$EMG_CUSTOMER" "$EMG_CUSTOMER_MAIL"
    printf "  rows:     settings probe_interval, probe_down_after and others: seconds instead of minutes\n"
    outage_number
    printf "  down:     the customer's server on %s\n" "$OUTAGE_SERVER"
    tour_row "update domain set monitoring = 'simple' where name = '$OUTAGE_DOMAIN'"
    outage_alert "the mail server does not answer"
    outage_sms "an SMS says so" "does not answer"
    outage_alert "mail waits"
    outage_sms_limit
    customer_serve customer-outage "$OUTAGE_SERVER" "$DIR/customer-outage"
    printf "  up:       the customer's server on %s\n" "$OUTAGE_SERVER"
    outage_alert "the mail server is back"
    tour_row "select flush('$OUTAGE_DOMAIN')"
    TOUR_SUBJECT=$OUTAGE_SUBJECT
    tour_arrival "$DIR/customer-outage" "the server on $OUTAGE_SERVER"
}

# outage_alert SUBJECT: a mail that says so is to reach the contact
outage_alert() {
    local tries subject=
    for ((tries = 300; tries > 0; tries--)); do
        subject=$(grep -lsrF "X-Envelope-To: <$OUTAGE_CONTACT>" "$EMG_CUSTOMER_MAIL" | xargs -r grep -hF "$1" | grep -m 1 '^Subject: ') && break
        sleep 0.2
    done
    tour_check "^Subject: .*$1" "${subject:-no such alert arrived for $OUTAGE_CONTACT}"
}

# outage_sms_text PATTERN: prints the latest SMS to the number that has these words
outage_sms_text() {
    local tries
    for ((tries = 150; tries > 0; tries--)); do
        python3 -c '
import json, sys
texts = [json.loads(json.loads(line)["body"]) for line in open(sys.argv[1])]
texts = [t["text"] for t in texts if t["to"] == sys.argv[2] and sys.argv[3] in t["text"]]
print(texts[-1]) if texts else sys.exit(1)' "$EMG_SMS" "$OUTAGE_NUMBER" "$1" 2>/dev/null && return
        sleep 0.2
    done
}

# outage_sms DESCRIPTION PATTERN
outage_sms() {
    printf '  SMS:      %s\n' "$1"
    tour_check "$2" "$(outage_sms_text "$2")"
}

# A number must be confirmed by the code that is sent to it.
outage_number() {
    local code
    tour_row "insert into contact (domain, kind, address) values ('$OUTAGE_DOMAIN', 'sms', '$OUTAGE_NUMBER')"
    tour_row "select sms_code('$OUTAGE_DOMAIN', '$OUTAGE_NUMBER')"
    code=$(outage_sms_text "is your code")
    printf "  row:      select sms_confirm('%s', '%s', '%s')\n" "$OUTAGE_DOMAIN" "$OUTAGE_NUMBER" "${code%% *}"
    tour_check '^\+[0-9]* is confirmed' "$(postgresql_query -c "select sms_confirm('$OUTAGE_DOMAIN', '$OUTAGE_NUMBER', '${code%% *}')")"
}

# Test messages as far as the limit; the next one is held back.
outage_sms_limit() {
    local tries last=
    printf '  SMS:      test messages until there are 16\n'
    postgresql_query -c "insert into outbox (dedup_key, domain, kind, transition, channel, address)
        select format('tour:%s:%s', '$OUTAGE_DOMAIN', n), '$OUTAGE_DOMAIN', '', 'test', 'sms', '$OUTAGE_NUMBER'
        from generate_series(1, 16 - (select count(*) from outbox where domain = '$OUTAGE_DOMAIN' and channel = 'sms')) as n" >/dev/null
    for ((tries = 150; tries > 0 && ${#last} == 0; tries--)); do
        sleep 0.2
        last=$(postgresql_query -c "select last_error from outbox where domain = '$OUTAGE_DOMAIN' and channel = 'sms' and dropped_at is not null limit 1")
    done
    tour_check '^the limit of 15 SMS' "${last:-no SMS was held back}"
    # Each request once: none is on its way, since the last one was decided about.
    sleep 1
    tour_check '^15 ' "$(grep -cF "$OUTAGE_NUMBER" "$EMG_SMS" || true) SMS to $OUTAGE_NUMBER"
}
