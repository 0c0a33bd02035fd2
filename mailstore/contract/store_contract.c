// SPDX-License-Identifier: BSD-2-Clause
#include "mailstore/contract/store_contract.h"

#include "base/counter.h"
#include "base/fault.h"
#include "base/log.h"

#include <string.h>

// As require_store_contract() raises it; and of a function that an earlier or later release has not.
#define OTHER_CONTRACT "EMG01"
#define UNDEFINED_FUNCTION "42883"

static struct counter differs = {
    .name = "emailgency_keeper_database_differs",
    .help = "1 while the database is of another release than the keeper, and so hands out no work.",
    .kind = COUNTER_GAUGE};
static struct fault other = {.name = "contract",
                             .text = "the database is of another release than this keeper, which deletes, "
                                     "moves and counts no mail until they match",
                             .advice = "install the keeper of the release that migrated the database, or run "
                                       "sql/migrate of this one",
                             .interval_ms = 3600000};

void store_contract_register(void)
{
    counter_register(&differs);
    fault_register(&other, 1, "emailgency_keeper_errors_total");
}

bool store_contract_refused(enum pg_rc rc, const PGresult *result)
{
    const char *state = rc == PG_ERROR ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    if (!state || (strcmp(state, OTHER_CONTRACT) != 0 && strcmp(state, UNDEFINED_FUNCTION) != 0))
        return false;
    counter_set(&differs, 1);
    (void)fault_report(&other,
                       log_value(slice_from(PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY))).text);
    return true;
}

void store_contract_met(void)
{
    counter_set(&differs, 0);
    fault_clear(&other);
}
