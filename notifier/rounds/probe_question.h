// SPDX-License-Identifier: BSD-2-Clause
// Questions to the database about the queue: of a server that did not answer, whether mail for its domain
// left the queue of any node.
#ifndef NOTIFIER_ROUNDS_PROBE_QUESTION_H
#define NOTIFIER_ROUNDS_PROBE_QUESTION_H

#include "notifier/rounds/probe_flight.h"
#include "pg/pg.h"

struct probe_questions;

// A question, with what is needed to go on after the answer.
struct probe_question {
    struct probe_questions *all;
    struct probe_question *next, **link; // of probe_question.c alone
    struct probe_target target;
    struct judge_history history;
    char text[]; // of the verdict
};

struct probe_questions_spec {
    struct pg *pg;
    // Also without an answer: nothing left then. The question is freed afterwards.
    void (*on_answer)(const struct probe_question *question, bool left, void *arg);
    // The database refuses it; before on_answer.
    void (*on_refused)(const PGresult *result, void *arg);
    void *arg;
};

// Returns NULL if out of memory.
struct probe_questions *probe_questions_create(const struct probe_questions_spec *spec);
// The database must have been destroyed before. NULL is allowed.
void probe_questions_destroy(struct probe_questions *questions);

// Asks what the queue shows of the last so many seconds. Returns false if out of memory.
bool probe_questions_ask(struct probe_questions *questions, const struct probe_landing *landing,
                         int64_t interval);

#endif
