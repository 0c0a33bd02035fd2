// SPDX-License-Identifier: BSD-2-Clause
// The blocks of a report. Pure, but for gettext(3).
#ifndef REPORT_COMPOSE_REPORT_CONTENT_H
#define REPORT_COMPOSE_REPORT_CONTENT_H

#include "report/compose/report_page.h"
#include "report/figures/report_figures.h"

// Writes the title, as "Mail report of example.com for November 2026", in the language of
// catalogue_language().
void report_content_title(const struct report_figures *figures, char *out, size_t size);

// Fills an empty page.
void report_content_fill(struct report_page *page, const struct report_figures *figures);

#endif
