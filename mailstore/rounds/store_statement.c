// SPDX-License-Identifier: BSD-2-Clause
#include "mailstore/rounds/store_statement.h"

#include "base/counter.h"
#include "base/fault.h"
#include "mailstore/contract/store_contract.h"

#include <string.h>

static struct fault refused = {.name = "statement",
                               .text = "the database refuses a statement about the mail store",
                               .advice = "run sql/migrate, or check the rights of the role",
                               .interval_ms = 60000};

// Of a domain whose admin has a transaction open: it is tried again later.
static struct counter locked = {.name = "emailgency_keeper_locked_total",
                                .help = "Statements given up, since a session holds a row that they change."};

#define LOCK_NOT_AVAILABLE "55P03"

void store_statement_register(void)
{
    store_contract_register();
    counter_register(&locked);
    fault_register(&refused, 1, "emailgency_keeper_errors_total");
}

bool store_statement_good(enum pg_rc rc, const PGresult *result)
{
    const char *state = rc == PG_ERROR ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    if (state && strcmp(state, LOCK_NOT_AVAILABLE) == 0)
        counter_add(&locked, 1);
    else if (rc == PG_ERROR && !store_contract_refused(rc, result))
        (void)fault_report(&refused, PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
    return rc == PG_OK;
}
