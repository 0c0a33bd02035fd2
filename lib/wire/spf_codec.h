// SPDX-License-Identifier: BSD-2-Clause
// An SPF check (RFC 7208) on the socket between a client and the worker that evaluates it: request and
// verdict, to bytes and back. Pure; the bytes come from a process that may have been taken over, so the
// decoders check everything.
#ifndef WIRE_SPF_CODEC_H
#define WIRE_SPF_CODEC_H

#include "base/cidr.h"
#include "base/slice.h"

enum spf_identity { SPF_HELO, SPF_MAIL_FROM };

#define SPF_SENDER_MAX 512 // bytes of a MAIL FROM address (RFC 5321 allows 254)
#define SPF_NAME_MAX 255   // bytes of a HELO name or a host name

struct spf_request {
    enum spf_identity identity;
    struct ip client;                // whose message it is
    char helo[SPF_NAME_MAX + 1];     // as the client gave it; any bytes but NUL; may be empty
    char sender[SPF_SENDER_MAX + 1]; // MAIL FROM without <>; empty: the null sender, postmaster@helo
    char receiver[SPF_NAME_MAX + 1]; // the host name of this node, %{r}
    int64_t within_ms;               // of the whole check, from its arrival; past it: temperror
    bool trace;                      // fill in the verdict's `trace`
};

enum spf_result {
    SPF_NONE,
    SPF_NEUTRAL,
    SPF_PASS,
    SPF_FAIL,
    SPF_SOFTFAIL,
    SPF_TEMPERROR,
    SPF_PERMERROR,
    SPF_RESULTS
};

// The cause of a result that the record's own terms do not explain.
enum spf_problem {
    SPF_NO_PROBLEM,
    SPF_NO_DOMAIN,      // none: the identity is no domain name that can be asked
    SPF_NO_RECORD,      // none: no record
    SPF_DNS_FAILED,     // temperror: SERVFAIL, or no answer in time
    SPF_TOO_SLOW,       // temperror: within_ms is over
    SPF_WORKER_LOST,    // temperror: the worker ended during it; set by the client
    SPF_WORKERS_BUSY,   // temperror: too many checks at once; set by the client
    SPF_SYNTAX,         // permerror: a term of a record that is not in RFC 7208; `term` shows it
    SPF_MANY_RECORDS,   // permerror: a domain has more than one
    SPF_LONG_RECORD,    // permerror: longer than SPF_RECORD_MAX
    SPF_TOO_MANY_TERMS, // permerror: over 10 terms that cause look-ups (RFC 7208 section 4.6.4)
    SPF_TOO_MANY_VOIDS, // permerror: over 2 look-ups without an answer
    SPF_TOO_MANY_MX,    // permerror: over 10 MX records for an mx term
    SPF_TARGET_MISSING, // permerror: include or redirect names a domain without record
    SPF_NO_WORKER,      // temperror: no worker could be started; set by the client
    SPF_PROBLEMS
};

#define SPF_TERM_MAX 512        // bytes of a term as shown
#define SPF_EXPLANATION_MAX 512 // bytes
#define SPF_TRACE_MAX 16384     // bytes
#define SPF_RECORD_MAX 4096     // bytes of a record that is evaluated

// Texts are printable ASCII; of texts from a sender's DNS every other byte is "?".
struct spf_verdict {
    enum spf_result result;
    enum spf_problem problem;
    bool wide;                            // passed through +all or a network too large to identify the sender
    char domain[SPF_NAME_MAX + 1];        // that was checked
    char record_domain[SPF_NAME_MAX + 1]; // whose record held the term that decided; empty: none
    char term[SPF_TERM_MAX + 1];          // that term as published, "default" where none matched; or the
                                          // one that a permerror is about
    char explanation[SPF_EXPLANATION_MAX + 1]; // of a fail: exp= expanded; empty: none
    unsigned terms, voids, queries; // spent: terms that look up, look-ups without answer, DNS queries
    char trace[SPF_TRACE_MAX + 1];  // one human-readable line per step: record found, look-up and answer
};

const char *spf_result_word(enum spf_result result);     // "pass"
const char *spf_problem_words(enum spf_problem problem); // a human-readable phrase; "" for SPF_NO_PROBLEM

#define SPF_REQUEST_BYTES_MAX 2048
#define SPF_VERDICT_BYTES_MAX 20480

// Both return the length.
size_t spf_request_encode(const struct spf_request *request, char out[SPF_REQUEST_BYTES_MAX]);
size_t spf_verdict_encode(const struct spf_verdict *verdict, char out[SPF_VERDICT_BYTES_MAX]);

// Both return false for bytes that the encoder cannot have written; `out` is then undefined.
bool spf_request_decode(struct slice in, struct spf_request *out) __attribute__((warn_unused_result));
bool spf_verdict_decode(struct slice in, struct spf_verdict *out) __attribute__((warn_unused_result));

#endif
