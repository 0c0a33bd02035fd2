// SPDX-License-Identifier: BSD-2-Clause
#include "console/preview/preview_report.h"

#include "catalogue/catalogue.h"
#include "report/compose/report_compose.h"
#include "report/compose/report_words.h"

#include <stdlib.h>

void preview_report_open(const char *folder)
{
    catalogue_open(REPORT_CATALOGUE, folder);
}

char *preview_report_make(const char *figures, bool is_html, struct problem *problem)
{
    struct report_figures parsed;
    struct report_texts texts;
    if (!report_figures_parse(slice_from(figures), &parsed, problem))
        return NULL;
    if (!report_compose(&parsed, &texts)) {
        problem_set(problem, "the HTML has more than %d bytes", REPORT_HTML_MAX);
        report_texts_finish(&texts);
        return NULL;
    }
    char **kept = is_html ? &texts.html : &texts.text, *made = *kept;
    *kept = NULL;
    report_texts_finish(&texts);
    return made;
}
