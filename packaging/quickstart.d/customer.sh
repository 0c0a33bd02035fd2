# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# Stand-ins for what is not ours: a customer's mail server and an SMS gateway.

customer_start() {
    say "starting the customer's server on $EMG_CUSTOMER and the SMS gateway on $SMS_GATEWAY"
    touch "$DIR/customer.refuse" "$EMG_SMS"
    spawn customer python3 "$PARTS/customer.py" "$EMG_CUSTOMER" "$EMG_CUSTOMER_MAIL" "$DIR/customer.refuse"
    echo "$SPAWNED" >"$RUN/customer.pid"
    spawn sms python3 "$PARTS/sms.py" "$SMS_GATEWAY" "$EMG_SMS"
    echo "$SPAWNED" >"$RUN/sms.pid"
    await "the customer's server does not answer on $EMG_CUSTOMER" 10 port_answers "$EMG_CUSTOMER"
    await "the SMS gateway does not answer on $SMS_GATEWAY" 10 port_answers "$SMS_GATEWAY"
}

customer_stop() {
    stop_pid "$RUN/customer.pid"
    stop_pid "$RUN/sms.pid"
}
