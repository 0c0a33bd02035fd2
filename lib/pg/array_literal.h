// SPDX-License-Identifier: BSD-2-Clause
// PostgreSQL array literals, `{"a","b"}`, grown on the heap: one parameter carries a whole batch.
#ifndef PG_ARRAY_LITERAL_H
#define PG_ARRAY_LITERAL_H

#include "base/slice.h"

struct array_literal {
    char *text;
    size_t len, size;
    bool failed; // out of memory; sticky
};

// Starts an empty array; the memory of the last one is used again. A zeroed struct is ready for it.
void array_literal_begin(struct array_literal *array);
void array_literal_add(struct array_literal *array, struct slice value);
// Returns the literal, which lives until the next begin or finish; NULL if out of memory.
const char *array_literal_end(struct array_literal *array);
void array_literal_finish(struct array_literal *array);

#endif
