// SPDX-License-Identifier: BSD-2-Clause
// The statements of a sort to the database (sql/code/71_tidy.sql).
#ifndef MAILSTORE_ROUNDS_TIDY_STATEMENT_H
#define MAILSTORE_ROUNDS_TIDY_STATEMENT_H

#include "mailstore/rounds/tidy_look.h"
#include "mailstore/tidy/tidy.h"
#include "pg/pg.h"

#include <stdint.h>

typedef void tidy_statement_result(enum pg_rc rc, const PGresult *result, void *arg);

// The users to sort, `count` at most.
void tidy_statement_users(struct pg *pg, const char *domain, int count, tidy_statement_result *on_result,
                          void *arg);

// The senders of the unknown addresses whose mail was looked at. False if out of memory; then there is no
// result.
bool tidy_statement_unknown(struct pg *pg, const char *domain, const struct tidy_entry *entries, size_t count,
                            tidy_statement_result *on_result, void *arg);

// A user that had no mail at that time, in seconds since 1970.
void tidy_statement_empty(struct pg *pg, const char *address, int64_t looked,
                          tidy_statement_result *on_result, void *arg);

// The decision on an address.
void tidy_statement_decided(struct pg *pg, const char *domain, const char *address,
                            struct tidy_decision decision, tidy_statement_result *on_result, void *arg);

// Before the first move; after each.
void tidy_statement_moving(struct pg *pg, const char *node, const char *domain,
                           tidy_statement_result *on_result, void *arg);
void tidy_statement_moved(struct pg *pg, const char *address, tidy_statement_result *on_result, void *arg);

struct tidy_end {
    unsigned candidates, moved;
    const char *problem; // "": none
    bool has_more;
};

// The end of a sort.
void tidy_statement_record(struct pg *pg, const char *node, const char *domain, const struct tidy_end *end,
                           tidy_statement_result *on_result, void *arg);

#endif
