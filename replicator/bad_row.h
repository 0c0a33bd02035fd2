// SPDX-License-Identifier: BSD-2-Clause
// Invalid rows that got past the database's constraints: logged once, without flooding the log.
#ifndef REPLICATOR_BAD_ROW_H
#define REPLICATOR_BAD_ROW_H

#include "directory/schema.h"

// Counts the row, and logs its kind, key and `reason`; a row that was logged with the same reason in the last
// day is not logged again, and at most BAD_ROW_LINES lines come in a minute.
#define BAD_ROW_LINES 20
void bad_row_report(enum directory_kind kind, const struct slice *texts, const char *reason);

#endif
