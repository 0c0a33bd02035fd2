// SPDX-License-Identifier: BSD-2-Clause
#include "pg/pg_refusal.h"

void pg_refusal_report(struct fault *fault, enum pg_rc rc, const PGresult *result)
{
    if (rc == PG_ERROR)
        (void)fault_report(fault, PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
}

void pg_refusal_only(enum pg_rc rc, const PGresult *result, void *arg)
{
    pg_refusal_report(arg, rc, result);
}
