// SPDX-License-Identifier: BSD-2-Clause
#include "console/preview/preview_report.h"

#include "catalogue/catalogue.h"
#include "report/compose/report_compose.h"
#include "report/compose/report_mail.h"
#include "report/compose/report_words.h"

#include <stdlib.h>

void preview_report_open(const char *folder)
{
    catalogue_open(REPORT_CATALOGUE, folder);
}

static bool compose(const char *figures, struct report_figures *parsed, struct report_texts *texts,
                    struct problem *problem)
{
    if (!report_figures_parse(slice_from(figures), parsed, problem))
        return false;
    if (report_compose(parsed, texts))
        return true;
    report_texts_finish(texts);
    return problem_set(problem, "the HTML has more than %d bytes", REPORT_HTML_MAX);
}

char *preview_report_make(const char *figures, bool is_html, struct problem *problem)
{
    struct report_figures parsed;
    struct report_texts texts;
    if (!compose(figures, &parsed, &texts, problem))
        return NULL;
    char **kept = is_html ? &texts.html : &texts.text, *made = *kept;
    *kept = NULL;
    report_texts_finish(&texts);
    return made;
}

char *preview_report_mail(const char *figures, int64_t now, struct problem *problem)
{
    const struct report_mail mail = {.sender = "", .date = now};
    struct report_figures parsed;
    struct report_texts texts;
    if (!compose(figures, &parsed, &texts, problem))
        return NULL;
    char *message = report_mail_body(&mail, &parsed, &texts);
    report_texts_finish(&texts);
    return message;
}
