// SPDX-License-Identifier: BSD-2-Clause
// What decides about an address, step by step. One JSON document holds it; people get the same, a line a
// step.
#ifndef CTL_EXPLAIN_EXPLANATION_H
#define CTL_EXPLAIN_EXPLANATION_H

#include "directory/schema.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

struct explanation {
    json_t *document; // {"steps": [{"step", "key", "columns", "says"}, …], "action", "reason"}
    bool incomplete;  // memory ran out
};

void explanation_init(struct explanation *out);
void explanation_finish(struct explanation *explanation);

// A row that has a say. `row` is one of schema.h's structs, of that kind; all its columns are shown. `says`
// is what it decides; NULL: it speaks for itself.
void explanation_row(struct explanation *explanation, enum directory_kind kind, const void *row,
                     const char *says);

// A step that is no row of its own. `key` is what was asked about, of any bytes; it may be empty.
void explanation_step(struct explanation *explanation, const char *step, struct slice key, const char *format,
                      ...) __attribute__((format(printf, 4, 5)));

// The end: Postfix's access(5) action or SMTP reply, and in a word or two why. Of two calls the last counts.
void explanation_answer(struct explanation *explanation, const char *action, const char *reason);

// Both return false where the stream or memory failed.
bool explanation_print(const struct explanation *explanation, FILE *out) __attribute__((warn_unused_result));
bool explanation_print_json(const struct explanation *explanation, FILE *out)
    __attribute__((warn_unused_result));

#endif
