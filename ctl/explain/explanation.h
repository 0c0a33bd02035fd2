// SPDX-License-Identifier: BSD-2-Clause
// The decision on an address, step by step: a JSON document, or the same as text, one line per step.
#ifndef CTL_EXPLAIN_EXPLANATION_H
#define CTL_EXPLAIN_EXPLANATION_H

#include "directory/schema.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

struct explanation {
    json_t *document; // {"steps": [{"step", "key", "columns", "says"}, …], "action", "reason"}
    bool incomplete;  // out of memory
};

void explanation_init(struct explanation *out);
void explanation_finish(struct explanation *explanation);

// A row that applies. `row` is one of schema.h's structs, of that kind; all its columns are shown. `says` is
// its effect; NULL: obvious.
void explanation_row(struct explanation *explanation, enum directory_kind kind, const void *row,
                     const char *says);

// A step that is no row. `key` is the key of the look-up, of any bytes; it may be empty.
void explanation_step(struct explanation *explanation, const char *step, struct slice key, const char *format,
                      ...) __attribute__((format(printf, 4, 5)));

// The end: Postfix's access(5) action or SMTP reply, and the reason in a word or two. The last call counts.
void explanation_answer(struct explanation *explanation, const char *action, const char *reason);

// Both return false if the stream failed or if out of memory.
bool explanation_print(const struct explanation *explanation, FILE *out) __attribute__((warn_unused_result));
bool explanation_print_json(const struct explanation *explanation, FILE *out)
    __attribute__((warn_unused_result));

#endif
