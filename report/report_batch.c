// SPDX-License-Identifier: BSD-2-Clause
#include "report/report_batch.h"

#include <stdio.h>
#include <stdlib.h>

// The columns of the claim.
enum { DOMAIN, MONTH, FIGURES, RECIPIENTS, ERROR };

// The arguments of finish_reports() after the node.
enum { DOMAINS, MONTHS, ERRORS, BODIES, PARTS, ADDRESSES, HEADS };

static void add(struct report_batch *batch, int array, const char *text)
{
    array_literal_add(&batch->arrays[array], slice_from(text));
}

// Adds the messages of the report at `part`. Recipients are separated by blanks, which addresses of contacts
// that a header takes do not have.
static bool add_heads(struct report_batch *batch, const struct report_mail *mail,
                      const struct report_figures *figures, const char *recipients, const char *part,
                      struct problem *problem)
{
    struct slice rest = slice_from(recipients), one;
    while (rest.len > 0) {
        char address[ADDRESS_MAX + 1], head[REPORT_HEAD_MAX];
        (void)slice_split(rest, ' ', &one, &rest);
        if (!slice_copy(one, address, sizeof address) || !report_mail_head(mail, figures, address, head))
            return problem_set(problem, "the contact %.*s cannot be written into a header", (int)one.len,
                               one.ptr);
        add(batch, PARTS, part);
        add(batch, ADDRESSES, address);
        add(batch, HEADS, head);
    }
    return true;
}

static bool add_messages(struct report_batch *batch, const struct report_mail *mail, const PGresult *rows,
                         int row, struct problem *problem)
{
    char part[16];
    struct report_figures figures;
    struct report_texts texts;
    if (!report_figures_parse(slice_from(PQgetvalue(rows, row, FIGURES)), &figures, problem))
        return false;
    snprintf(part, sizeof part, "%d", row + 1);
    bool done = report_compose(&figures, &texts) ||
                problem_set(problem, "the HTML has more than %d bytes", REPORT_HTML_MAX);
    char *body = done ? report_mail_body(mail, &figures, &texts) : NULL;
    done = done && add_heads(batch, mail, &figures, PQgetvalue(rows, row, RECIPIENTS), part, problem);
    if (done)
        add(batch, BODIES, body);
    free(body);
    report_texts_finish(&texts);
    return done;
}

static void add_report(struct report_batch *batch, const struct report_mail *mail, const PGresult *rows,
                       int row)
{
    struct problem problem = {.text = ""};
    const bool wanted = *PQgetvalue(rows, row, RECIPIENTS) && !*PQgetvalue(rows, row, ERROR);
    const bool composed = wanted && add_messages(batch, mail, rows, row, &problem);
    add(batch, DOMAINS, PQgetvalue(rows, row, DOMAIN));
    add(batch, MONTHS, PQgetvalue(rows, row, MONTH));
    add(batch, ERRORS, *problem.text ? problem.text : PQgetvalue(rows, row, ERROR));
    if (!composed)
        add(batch, BODIES, "");
}

bool report_batch_compose(struct report_batch *batch, const struct report_mail *mail, const char *node,
                          const PGresult *rows, const char *values[REPORT_BATCH_VALUES])
{
    bool done = true;
    for (int i = 0; i < REPORT_BATCH_VALUES - 1; i++)
        array_literal_begin(&batch->arrays[i]);
    for (int row = 0; row < PQntuples(rows); row++)
        add_report(batch, mail, rows, row);
    values[0] = node;
    for (int i = 0; i < REPORT_BATCH_VALUES - 1; i++) {
        values[i + 1] = array_literal_end(&batch->arrays[i]);
        done = done && values[i + 1];
    }
    return done;
}

void report_batch_finish(struct report_batch *batch)
{
    for (int i = 0; i < REPORT_BATCH_VALUES - 1; i++)
        array_literal_finish(&batch->arrays[i]);
}
