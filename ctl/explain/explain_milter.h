// SPDX-License-Identifier: BSD-2-Clause
// What the milter does with mail for an address, and why: its own decision, with a worker's SPF checks.
#ifndef CTL_EXPLAIN_EXPLAIN_MILTER_H
#define CTL_EXPLAIN_EXPLAIN_MILTER_H

#include "ctl/explain/explain_message.h"
#include "ctl/explain/explanation.h"
#include "directory/directory.h"
#include "wire/spf_codec.h"

// "ask" a worker, or a result that SPF is taken to have; ends in NULL.
extern const char *const explain_spf_words[];

struct explain_spf_results {
    int word;                 // of the above
    const char *dns, *worker; // for "ask", as for spf_worker_start
};

// What the rows say of any message for `local`, folded, at the domain: its limit and the row that gives it,
// bounces, SPF, bounce_protection.
void explain_milter_rows(const struct directory_snapshot *rows, const struct domain_row *domain,
                         struct slice local, struct explanation *explanation);

#define EXPLAIN_REPLY_MAX 512

// What the milter says of this message at RCPT, with its sender, or login, known.
// Asks a worker where SPF is needed: for 40 s at most. Returns whether it takes it; else `reply` is what the
// client is told, and `*reason` a word why.
bool explain_milter(const struct directory_snapshot *rows, const struct explain_spf_results *spf,
                    const struct explain_message *message, struct explanation *explanation,
                    char reply[EXPLAIN_REPLY_MAX], const char **reason);

#endif
