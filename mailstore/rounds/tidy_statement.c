// SPDX-License-Identifier: BSD-2-Clause
#include "mailstore/rounds/tidy_statement.h"

#include "mailstore/contract/store_contract.h"
#include "mailstore/rounds/store_statement.h"
#include "pg/array_literal.h"

#include <inttypes.h>
#include <stdio.h>

void tidy_statement_users(struct pg *pg, const char *domain, int count, tidy_statement_result *on_result,
                          void *arg)
{
    char number[16];
    snprintf(number, sizeof number, "%d", count);
    const char *values[] = {STORE_CONTRACT, domain, number};
    pg_call(pg, "tidy_users", "select * from emailgency.tidy_users($1::integer, $2, $3::integer)", values, 3,
            on_result, arg);
}

bool tidy_statement_unknown(struct pg *pg, const char *domain, const struct tidy_entry *entries, size_t count,
                            tidy_statement_result *on_result, void *arg)
{
    struct array_literal addresses = {.text = NULL}, senders = {.text = NULL};
    array_literal_begin(&addresses);
    array_literal_begin(&senders);
    for (size_t i = 0; i < count; i++) {
        if (entries[i].facts.state != TIDY_UNKNOWN || !entries[i].facts.looked_into || entries[i].empty)
            continue;
        array_literal_add(&addresses, slice_from(entries[i].address));
        array_literal_add(&senders, slice_from(entries[i].sender));
    }
    const char *values[] = {domain, array_literal_end(&addresses), array_literal_end(&senders)};
    const bool good = values[1] && values[2];
    if (good)
        pg_call(pg, "note_unknown", "select * from emailgency.note_unknown($1, $2::text[], $3::text[])",
                values, 3, on_result, arg);
    array_literal_finish(&addresses);
    array_literal_finish(&senders);
    return good;
}

void tidy_statement_empty(struct pg *pg, const char *address, int64_t looked,
                          tidy_statement_result *on_result, void *arg)
{
    char time[24];
    snprintf(time, sizeof time, "%" PRId64, looked);
    const char *values[] = {address, time};
    pg_call(pg, "tidy_empty", "select emailgency.tidy_empty($1, $2::bigint)", values, 2, on_result, arg);
}

void tidy_statement_decided(struct pg *pg, const char *domain, const char *address,
                            struct tidy_decision decision, tidy_statement_result *on_result, void *arg)
{
    const char *values[] = {domain, address, tidy_action_word(decision.action),
                            tidy_reason_word(decision.reason)};
    pg_call(pg, "tidy_decided", "select emailgency.tidy_decided($1, $2, $3, $4)", values, 4, on_result, arg);
}

void tidy_statement_moving(struct pg *pg, const char *node, const char *domain,
                           tidy_statement_result *on_result, void *arg)
{
    const char *values[] = {STORE_CONTRACT, node, domain};
    pg_call(pg, "tidy_moving", "select emailgency.tidy_moving($1::integer, $2, $3)", values, 3, on_result,
            arg);
}

void tidy_statement_moved(struct pg *pg, const char *address, tidy_statement_result *on_result, void *arg)
{
    const char *values[] = {address};
    pg_call(pg, "tidy_moved", "select emailgency.tidy_moved($1)", values, 1, on_result, arg);
}

void tidy_statement_record(struct pg *pg, const char *node, const char *domain, const struct tidy_end *end,
                           tidy_statement_result *on_result, void *arg)
{
    char candidates[16], moved[16];
    snprintf(candidates, sizeof candidates, "%u", end->candidates);
    snprintf(moved, sizeof moved, "%u", end->moved);
    const char *values[] = {
        STORE_CONTRACT, node, domain, candidates, moved, end->problem, end->has_more ? "true" : "false"};
    pg_call(pg, "record_tidy",
            "select emailgency.record_tidy($1::integer, $2, $3, $4::integer, $5::integer, $6, "
            "$7::boolean)",
            values, 7, on_result, arg);
}
