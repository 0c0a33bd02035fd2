// SPDX-License-Identifier: BSD-2-Clause
// State of one SMTP connection and of its current message. libmilter runs successive callbacks of a
// connection on different threads, never two at once: all state is here, none in the thread.
#ifndef MILTER_SESSION_H
#define MILTER_SESSION_H

#include "base/address.h"
#include "milter/decide/no_bounce.h"
#include "milter/decide/rcpt_decide.h"
#include "milter/domain_counts.h"
#include "milter/headers/received_trace.h"
#include "milter/spf/spf_finding.h"

#define SESSION_QUEUE_ID_MAX 32
#define SESSION_FORGED_MAX 100 // header fields that are removed from one message

// A header field to remove, as the MTA counts: the n-th of that name, from 1.
struct session_field {
    const char *name; // a string literal
    int number;
};

struct session_message {
    char queue_id[SESSION_QUEUE_ID_MAX];
    char given_sender[SPF_SENDER_MAX + 1]; // of the MAIL command, without <>, in A-labels
    struct mail_address sender;            // empty: the null sender
    int64_t declared;                      // SIZE=; -1: none
    int64_t size;                          // bytes so far
    int64_t limit;                         // least of the accepted recipients and the sender; -1: none yet
    unsigned recipients;                   // accepted
    bool add_results_header;               // a recipient's domain has SPF on
    struct spf_findings *spf;              // NULL: not checked
    struct domain_counts domains;          // of the accepted recipients; counted at the end
    struct domain_counts counts;           // of refusals
    struct no_bounce no_bounce;
    struct no_bounce_counts no_bounce_counts; // result of those edits
    struct received_trace trace;              // of a message from a relay
    int results_seen;                         // Authentication-Results fields so far
    int received_spf_seen;                    // Received-SPF fields so far
    unsigned forged_count;                    // may exceed SESSION_FORGED_MAX; the rest is not kept
    struct session_field forged[SESSION_FORGED_MAX];
};

struct session {
    unsigned long no_reply;   // SMFIP_NR_*: the events that the MTA expects no reply to
    bool leading_space;       // SMFIP_HDR_LEADSPC: header values include the space after the colon
    bool original_recipients; // Postfix's enable_original_recipient: it compares recipients as they were
                              // before alias expansion
    struct rcpt_decide_client client;
    enum rcpt_client_class client_class;
    char sender_domain[ADDRESS_DOMAIN_MAX + 1]; // of an authenticated client: the row's name; empty: none
    char helo[SPF_NAME_MAX + 1];
    char mta[SPF_NAME_MAX + 1]; // the MTA's own name, the macro j
    struct session_message message;
};

// Returns NULL if out of memory.
struct session *session_create(void);
// NULL is allowed.
void session_destroy(struct session *session);

// Sets the authserv-id of Authentication-Results; empty: the MTA's own name. Call before the threads start.
// The text is borrowed.
void session_set_authserv_id(const char *authserv_id);
const char *session_authserv_id(const struct session *session);

// Starts a new message: posts the counts of the previous one and frees its memory.
void session_begin_message(struct session *session);

#endif
