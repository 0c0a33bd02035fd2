// SPDX-License-Identifier: BSD-2-Clause
// A PostgreSQL array literal that holds one column of many rows. Texts are made safe on the way in: control
// bytes and what is no UTF-8 become "?", and a text that is too long ends at a character.
#ifndef TRACKER_BATCH_TRACE_COLUMN_H
#define TRACKER_BATCH_TRACE_COLUMN_H

#include "base/slice.h"

#include <stdint.h>

struct trace_column {
    char *text;
    size_t len, size;
};

// A zeroed struct is an empty column. Out of memory ends the process, here and below.
void trace_column_clear(struct trace_column *column);
void trace_column_finish(struct trace_column *column);

// At most `max` bytes of it; a NULL pointer is null.
void trace_column_text(struct trace_column *column, struct slice value, size_t max);
// Of letters, digits and punctuation other than quotes and backslashes: nothing is looked at.
void trace_column_word(struct trace_column *column, struct slice value);
// Negative: null.
void trace_column_number(struct trace_column *column, int64_t value);
// Microseconds, written as seconds; negative: null.
void trace_column_time(struct trace_column *column, int64_t time);
void trace_column_flag(struct trace_column *column, bool value);

// The literal, which lives until the next call for this column.
const char *trace_column_literal(struct trace_column *column);

#endif
