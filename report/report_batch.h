// SPDX-License-Identifier: BSD-2-Clause
// A batch of reports: the rows of claim_reports() become the arguments of finish_reports(). No I/O.
#ifndef REPORT_REPORT_BATCH_H
#define REPORT_REPORT_BATCH_H

#include "pg/array_literal.h"
#include "pg/pg_statement.h"
#include "report/compose/report_mail.h"

enum { REPORT_BATCH_VALUES = 8 };

// Zeroed at first; used again for the next batch.
struct report_batch {
    struct array_literal arrays[REPORT_BATCH_VALUES - 1];
};

// Composes the reports of `rows` (domain, month, figures, recipients separated by blanks, error), and
// sets `values` to the arguments for `node`, which live until the next call. A report that cannot be composed
// is handed over with its error. Returns false if out of memory.
bool report_batch_compose(struct report_batch *batch, const struct report_mail *mail, const char *node,
                          const PGresult *rows, const char *values[REPORT_BATCH_VALUES])
    __attribute__((warn_unused_result));
void report_batch_finish(struct report_batch *batch);

#endif
