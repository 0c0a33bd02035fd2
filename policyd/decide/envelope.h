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
    ENVELOPE_SUBMISSION, // "submission": authenticated senders only; SMTP deny and nothing else
};

struct envelope {
    enum policy_state state;
    enum envelope_context context;
    bool stress;
    bool has_client;
    struct ip client;
    char client_name[ADDRESS_DOMAIN_MAX + 1]; // folded; "unknown" unless confirmed forward and back
    char sender[ADDRESS_MAX + 1];             // folded; no address: in lower case; empty: the null sender
    char sender_key[ADDRESS_MAX + 1];         // as greylisting keys it (sender.h), of any bytes
    char recipient[ADDRESS_MAX + 1];          // folded; empty: none, or no address
    char login[ADDRESS_MAX + 1];              // SASL login, folded; empty: not authenticated
    char instance[ENVELOPE_INSTANCE_MAX]; // empty before MAIL is accepted (Postfix src/smtpd/smtpd_check.c)
    char queue_id[32];
};

void envelope_read(const struct policy_request *request, struct envelope *out);

// What stands behind the "@" of a folded address; empty where there is none.
struct slice envelope_domain(const char *address);

#endif
