// SPDX-License-Identifier: BSD-2-Clause
#include "mailstore/rounds/tidy_statement.h"

#include "mailstore/rounds/store_statement.h"

#include <inttypes.h>
#include <stdio.h>

void tidy_statement_users(struct pg *pg, const char *domain, int count, tidy_statement_result *on_result,
                          void *arg)
{
    char number[16];
    snprintf(number, sizeof number, "%d", count);
    const char *values[] = {domain, number};
    store_statement_send(pg, "tidy_users", "select * from emailgency.tidy_users($1, $2::integer)", values, 2,
                         on_result, arg);
}

void tidy_statement_empty(struct pg *pg, const char *address, int64_t looked,
                          tidy_statement_result *on_result, void *arg)
{
    char time[24];
    snprintf(time, sizeof time, "%" PRId64, looked);
    const char *values[] = {address, time};
    store_statement_send(pg, "tidy_empty", "select emailgency.tidy_empty($1, $2::bigint)", values, 2,
                         on_result, arg);
}

void tidy_statement_decided(struct pg *pg, const char *domain, const char *address,
                            struct tidy_decision decision, tidy_statement_result *on_result, void *arg)
{
    const char *values[] = {domain, address, tidy_action_word(decision.action),
                            tidy_reason_word(decision.reason)};
    store_statement_send(pg, "tidy_decided", "select emailgency.tidy_decided($1, $2, $3, $4)", values, 4,
                         on_result, arg);
}

void tidy_statement_moving(struct pg *pg, const char *node, const char *domain,
                           tidy_statement_result *on_result, void *arg)
{
    const char *values[] = {node, domain};
    store_statement_send(pg, "tidy_moving", "select emailgency.tidy_moving($1, $2)", values, 2, on_result,
                         arg);
}

void tidy_statement_moved(struct pg *pg, const char *address, tidy_statement_result *on_result, void *arg)
{
    const char *values[] = {address};
    store_statement_send(pg, "tidy_moved", "select emailgency.tidy_moved($1)", values, 1, on_result, arg);
}
