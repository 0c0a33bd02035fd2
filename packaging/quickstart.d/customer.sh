# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# Stand-ins for systems of others: a customer's mail server and an SMS gateway.

customer_start() {
    say "starting the customer's server on $EMG_CUSTOMER and the SMS gateway on $SMS_GATEWAY"
    touch "$DIR/customer.refuse" "$EMG_SMS"
    customer_serve customer "$EMG_CUSTOMER" "$EMG_CUSTOMER_MAIL"
    spawn sms python3 "$PARTS/sms.py" "$SMS_GATEWAY" "$EMG_SMS"
    echo "$SPAWNED" >"$RUN/sms.pid"
    await "the SMS gateway does not answer on $SMS_GATEWAY" 10 port_answers "$SMS_GATEWAY"
}

# customer_serve NAME ADDRESS FOLDER: a server that keeps what it takes in FOLDER
customer_serve() {
    spawn "$1" python3 "$PARTS/customer.py" "$2" "$3" "$DIR/customer.refuse"
    echo "$SPAWNED" >"$RUN/$1.pid"
    await "the customer's server does not answer on $2" 10 port_answers "$2"
}

customer_stop() {
    stop_pid "$RUN/customer.pid"
    stop_pid "$RUN/customer-new.pid"
    stop_pid "$RUN/customer-outage.pid"
    stop_pid "$RUN/sms.pid"
}
