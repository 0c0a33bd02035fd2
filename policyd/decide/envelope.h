// SPDX-License-Identifier: BSD-2-Clause
// A policy request as the decision sees it: parsed, folded, with domains in A-labels, copied out of the
// connection's buffer.
#ifndef POLICYD_DECIDE_ENVELOPE_H
#define POLICYD_DECIDE_ENVELOPE_H

#include "base/address.h"
#include "base/cidr.h"
#include "wire/policy.h"

#define ENVELOPE_INSTANCE_MAX 128

// Which checks a call site in main.cf asks for, by its policy_context.
enum envelope_context {
    ENVELOPE_ALL,        // none, or one that is not known
    ENVELOPE_SUBMISSION, // "submission": authenticated senders only; SMTP deny and outbound limits
};

struct envelope {
    enum policy_state state;
    enum envelope_context context;
    bool stress;
    bool has_client;
    struct ip client;
    char client_name[ADDRESS_DOMAIN_MAX + 1]; // folded; "unknown" unless confirmed forward and back
    struct mail_address sender;               // empty: the null sender; need not be an address
    char sender_key[ADDRESS_MAX + 1];         // the sender in the key of greylisting (sender.h)
    struct mail_address recipient;            // empty: none, or no address
    struct mail_address login;                // SASL login, need not be an address; empty: not authenticated
    char instance[ENVELOPE_INSTANCE_MAX]; // empty before MAIL is accepted (Postfix src/smtpd/smtpd_check.c)
    char queue_id[32];
    int64_t recipient_count; // at DATA and END-OF-MESSAGE; else 0
};

void envelope_read(const struct policy_request *request, struct envelope *out);

#endif
