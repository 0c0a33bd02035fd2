// SPDX-License-Identifier: BSD-2-Clause
// The fate of an attempt to send a message. Pure.
#ifndef NOTIFIER_OUTCOME_SEND_OUTCOME_H
#define NOTIFIER_OUTCOME_SEND_OUTCOME_H

// The words are those of mark_outbox().
enum send_outcome {
    SEND_SENT,
    SEND_RETRY,  // certainly not sent, and worth another attempt
    SEND_DEAD,   // certainly not sent, and refused for good
    SEND_UNKNOWN // sent or not
};

const char *send_outcome_name(enum send_outcome outcome);

struct send_result {
    enum send_outcome outcome;
    unsigned retry_after; // seconds that the other side asks to wait; 0: it does not say
    const char *error;    // a human-readable message; "" if sent. Valid during the call.
};

// Of the last reply of an SMTP server, which has answered: 2yz, 4yz or 5yz.
enum send_outcome send_outcome_of_smtp(unsigned code);

// Of the status of a web service (RFC 9110 section 15). A server error, even an overload, can come from a
// proxy before a service that has taken the request.
enum send_outcome send_outcome_of_http(unsigned status);

#endif
