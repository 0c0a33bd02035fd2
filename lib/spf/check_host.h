// SPDX-License-Identifier: BSD-2-Clause
// The state of one check: the request, the answers used, the limits spent, and the current term.
#ifndef SPF_CHECK_HOST_H
#define SPF_CHECK_HOST_H

#include "spf/client_record.h"
#include "spf/spf_question.h"
#include "spf/spf_trace.h"

#define CHECK_HOST_TERMS_MAX 10 // that look up (RFC 7208 section 4.6.4); so are the other two
#define CHECK_HOST_VOIDS_MAX 2
#define CHECK_HOST_HOSTS_MAX 10
#define CHECK_HOST_RECORDS_MAX (1 + CHECK_HOST_TERMS_MAX)

enum check_host_state {
    CHECK_HOST_GOING,
    CHECK_HOST_WAITING, // for an answer
    CHECK_HOST_OVER,    // ended by an error, which is in `out`
};

// The host names of a term: MX exchanges, or the client's names.
struct check_host_names {
    unsigned count;
    char names[CHECK_HOST_HOSTS_MAX][DNS_NAME_MAX + 1];
};

struct check_host {
    const struct spf_request *request;
    const struct spf_answers *answers;
    struct spf_verdict *out;
    struct spf_needs *needs;
    enum check_host_state state;
    struct slice sender, local, sender_domain;
    char sender_text[SPF_SENDER_MAX + SPF_NAME_MAX + 16];
    struct spf_trace trace;
    unsigned records;
    struct client_record record[CHECK_HOST_RECORDS_MAX];
    unsigned at, next;             // the record, and which of its terms is evaluated next
    bool term_void;                // that term has found nothing so far
    struct check_host_names hosts; // of that term
    bool client_names_known;
    struct check_host_names client_names; // that are confirmed by an address (RFC 7208 section 5.5)
};

// Finds the domain whose record is asked for. Returns false where the identity is no domain name (RFC 7208
// section 4.3).
bool check_host_begin(struct check_host *check, const struct spf_request *request,
                      const struct spf_answers *answers, struct spf_verdict *out, struct spf_needs *needs)
    __attribute__((warn_unused_result));

// The answer to a question; NULL, and the check waits for it, where it is not known yet. `name` is folded.
const struct dns_answer *check_host_ask(struct check_host *check, enum dns_type type, const char *name);

// The same, where the answer is not yet used: it neither counts nor shows in the trace.
const struct dns_answer *check_host_prefetch(struct check_host *check, enum dns_type type, const char *name);

// Adds a question to those that are worth asking while the check waits.
void check_host_need(struct check_host *check, enum dns_type type, const char *name);

// Ends the check with an error in the record of `domain`, at a term of it; empty: at none.
void check_host_end(struct check_host *check, enum spf_result result, enum spf_problem problem,
                    const char *domain, struct slice term);

// The same for a term of the current record.
void check_host_end_at(struct check_host *check, enum spf_result result, enum spf_problem problem,
                       const struct term *term);

// The term that is evaluated next; NULL after the last.
const struct term *check_host_term(const struct check_host *check);

// Counts a term that looks up. Returns false, and the check is over, where it is one too many.
bool check_host_count_term(struct check_host *check, const struct term *term)
    __attribute__((warn_unused_result));

// The same for a term whose look-ups found nothing.
bool check_host_count_void(struct check_host *check, const struct term *term)
    __attribute__((warn_unused_result));

#endif
