// SPDX-License-Identifier: BSD-2-Clause
#include "console/pool/call_outcome.h"

#include "base/fault.h"
#include "base/log.h"

#include <stdio.h>
#include <string.h>

static struct fault refused = {
    .name = "call",
    .text = "PostgreSQL refused a call, whose page is shown as faulty",
    .advice = "see PostgreSQL's log; run emailgency-migrate of this release if a function is missing",
    .by_subject = true};

// SQLSTATEs, or the two digits of their class (appendix A of PostgreSQL's manual).
static const struct {
    const char *state;
    enum call_rc rc;
} meanings[] = {
    {"P0002", CALL_UNKNOWN}, // no_data_found
    {"57014", CALL_BUSY},    // statement_timeout
    {"55P03", CALL_BUSY},    // lock_timeout
    {"40", CALL_BUSY},       // serialization, deadlock
    {"53", CALL_BUSY},       // disk, memory, connections
    {"57P", CALL_AWAY},      // shutdown
    {"42501", CALL_FAULT},   // what is the operator's alone
    {"22", CALL_FAULT},      // values
    {"23", CALL_FAULT},      // constraints
    {"55", CALL_FAULT},      // an edit that cannot be undone
    {"0A", CALL_FAULT},      // not in force
    {"P0001", CALL_FAULT},   // raise
};

static enum call_rc meaning_of(const char *state)
{
    for (size_t i = 0; state && i < sizeof meanings / sizeof *meanings; i++)
        if (strncmp(state, meanings[i].state, strlen(meanings[i].state)) == 0)
            return meanings[i].rc;
    return CALL_BROKEN;
}

// True for a human-readable message, by "raise"; a right that a role lacks is a fault of this release.
static bool is_raised(const PGresult *result)
{
    const char *function = PQresultErrorField(result, PG_DIAG_SOURCE_FUNCTION);
    return function && strcmp(function, "exec_stmt_raise") == 0;
}

static void report(const PGresult *result, const char *state, const char *call)
{
    char subject[600];
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    (void)snprintf(subject, sizeof subject, "call=%s sqlstate=%s reason=%s", call ? call : "-",
                   state ? state : "-", log_value(slice_from(message)).text);
    (void)fault_report(&refused, subject);
}

enum call_rc call_outcome(enum pg_rc rc, const PGresult *result, const char *call, const char **text)
{
    if (rc == PG_TIMEOUT || rc == PG_LOST)
        return CALL_AWAY;
    if (rc == PG_OK) {
        *text = PQgetvalue(result, 0, 0);
        return CALL_DONE;
    }
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    enum call_rc meaning = meaning_of(state);
    if (state && strcmp(state, "42501") == 0 && !is_raised(result))
        meaning = CALL_BROKEN;
    if (meaning == CALL_FAULT || meaning == CALL_UNKNOWN)
        *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    else if (meaning == CALL_BROKEN)
        report(result, state, call);
    return meaning;
}

void call_outcome_register(void)
{
    fault_register(&refused, 1, "emailgency_console_errors_total");
}
