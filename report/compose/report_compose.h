// SPDX-License-Identifier: BSD-2-Clause
// A monthly report: figures in, subject, text and HTML out, in the domain's language. Pure, but for
// gettext(3), which reads its catalogue once: catalogue_open(REPORT_CATALOGUE, …) must have been called.
#ifndef REPORT_COMPOSE_REPORT_COMPOSE_H
#define REPORT_COMPOSE_REPORT_COMPOSE_H

#include "report/figures/report_figures.h"

enum { REPORT_HTML_MAX = 100000 };

struct report_texts {
    char *subject, *text, *html; // UTF-8 with LF
};

// Returns false if the HTML would exceed REPORT_HTML_MAX; the texts are there all the same. Out of memory
// ends the process.
bool report_compose(const struct report_figures *figures, struct report_texts *texts)
    __attribute__((warn_unused_result));
void report_texts_finish(struct report_texts *texts);

#endif
