// SPDX-License-Identifier: BSD-2-Clause
// What the milter knows of one connection and of the message on it. libmilter runs successive callbacks of a
// connection on different threads, never two at once: all state is here, none with the thread.
#ifndef MILTER_SESSION_H
#define MILTER_SESSION_H

#include "base/address.h"
#include "milter/decide/no_bounce.h"
#include "milter/decide/rcpt_decide.h"
#include "milter/domain_counts.h"
#include "milter/headers/received_trace.h"
#include "milter/spf/spf_finding.h"

#define SESSION_QUEUE_ID_MAX 32
#define SESSION_FORGED_MAX 100 // header fields that are taken out of one message

// A header field to take out, as the MTA counts: the n-th of that name, from 1.
struct session_field {
    const char *name; // one of our own words
    int number;
};

struct session_message {
    char queue_id[SESSION_QUEUE_ID_MAX];
    char given_sender[SPF_SENDER_MAX + 1]; // as MAIL gave it, without <>, but in A-labels
    char sender[ADDRESS_MAX + 1];          // folded; empty: the null sender
    int64_t declared;                      // SIZE=; -1: none
    int64_t size;                          // bytes so far
    int64_t limit;                         // least of the accepted recipients and the sender; -1: none yet
    unsigned recipients;                   // accepted
    bool mark;                             // one of them wants the results in a header
    struct spf_findings *spf;              // NULL: not checked
    struct domain_counts domains;          // of the accepted recipients: what they count at the end
    struct domain_counts counts;           // of refusals
    struct no_bounce no_bounce;
    struct no_bounce_counts no_bounce_counts; // what came of it
    struct received_trace trace;              // of what a relay brings
    int results_seen;                         // fields called Authentication-Results
    int received_spf_seen;                    // and Received-SPF
    unsigned forged_count;                    // also of those that there was no room for
    struct session_field forged[SESSION_FORGED_MAX];
};

struct session {
    unsigned long silent; // SMFIP_NR_*: the events that the MTA wants no answer to
    bool spaced;          // header values come and go with what stands before them
    bool distinct;        // the MTA tells recipients apart by what they were before it expanded them
    struct rcpt_decide_client client;
    enum rcpt_client_class standing;
    char sender_domain[ADDRESS_DOMAIN_MAX + 1]; // of an authenticated client: the row's name; empty: none
    char helo[SPF_NAME_MAX + 1];
    char mta[SPF_NAME_MAX + 1]; // the MTA's own name, the macro j
    struct session_message message;
};

// Returns NULL without memory.
struct session *session_create(void);
// NULL is allowed.
void session_destroy(struct session *session);

// Our name in Authentication-Results; empty: what the MTA calls itself. Before the threads start; borrowed.
void session_follow(const char *authserv_id);
const char *session_authserv_id(const struct session *session);

// What MAIL begins and a message's end, whatever it is, leaves.
void session_begin_message(struct session *session);

#endif
