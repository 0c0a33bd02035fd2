// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/rounds/probe_question.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct probe_questions {
    struct probe_questions_spec spec;
    struct probe_question *first;
};

static void remove_question(struct probe_question *question)
{
    *question->link = question->next;
    if (question->next)
        question->next->link = question->link;
    free(question);
}

static void on_result(enum pg_rc rc, const PGresult *result, void *arg)
{
    struct probe_question *question = arg;
    const struct probe_questions_spec *spec = &question->all->spec;
    if (rc == PG_ERROR)
        spec->on_refused(result, spec->arg);
    spec->on_answer(question, rc == PG_OK && PQntuples(result) == 1 && *PQgetvalue(result, 0, 0) == 't',
                    spec->arg);
    remove_question(question);
}

bool probe_questions_ask(struct probe_questions *questions, const struct probe_landing *landing,
                         int64_t interval)
{
    char seconds[24];
    const size_t len = strlen(landing->verdict->text) + 1;
    struct probe_question *question = calloc(1, sizeof *question + len);
    if (!question)
        return false;
    question->all = questions;
    question->target = *landing->target;
    question->history = *landing->history;
    memcpy(question->text, landing->verdict->text, len);
    question->next = questions->first;
    question->link = &questions->first;
    if (question->next)
        question->next->link = &question->next;
    questions->first = question;
    snprintf(seconds, sizeof seconds, "%lld", (long long)interval);
    const char *values[] = {question->target.domain, seconds};
    pg_send(questions->spec.pg,
            &(struct pg_statement){.name = "mail_left_since",
                                   .sql = "select emailgency.mail_left_since($1, $2::integer)",
                                   .count = 2,
                                   .values = values,
                                   .on_result = on_result,
                                   .arg = question});
    return true;
}

struct probe_questions *probe_questions_create(const struct probe_questions_spec *spec)
{
    struct probe_questions *questions = calloc(1, sizeof *questions);
    if (questions)
        questions->spec = *spec;
    return questions;
}

void probe_questions_destroy(struct probe_questions *questions)
{
    if (!questions)
        return;
    for (struct probe_question *next, *question = questions->first; question; question = next) {
        next = question->next;
        free(question);
    }
    free(questions);
}
