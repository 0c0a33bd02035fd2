// SPDX-License-Identifier: BSD-2-Clause
// The outcome of a call of console_call().
#ifndef CONSOLE_POOL_CALL_OUTCOME_H
#define CONSOLE_POOL_CALL_OUTCOME_H

#include "pg/pg_statement.h"

enum call_rc {
    CALL_DONE,
    CALL_UNKNOWN, // there is no such page for this session
    CALL_FAULT,   // the database refused the edit; the text says why
    CALL_BUSY,    // too many calls wait, or it took too long: nothing was changed
    CALL_AWAY,    // no connection to the database, or none any more: it may have been changed
    CALL_BROKEN   // anything else; it was logged
};

// `text` is what it returned, or of CALL_FAULT and CALL_UNKNOWN the database's message; it lives as long as
// `result`. Logs what is CALL_BROKEN, with the name of the call.
enum call_rc call_outcome(enum pg_rc rc, const PGresult *result, const char *call, const char **text);

// Registers the counters of what it logs.
void call_outcome_register(void);

#endif
