// SPDX-License-Identifier: BSD-2-Clause
// A page as HTML for mail readers: tables and cells with a colour, which each of them shows; no image, no
// script, nothing that is loaded. Light and dark. Pure.
#ifndef REPORT_COMPOSE_REPORT_HTML_H
#define REPORT_COMPOSE_REPORT_HTML_H

#include "report/compose/report_page.h"

#include <stdio.h>

// Writes a document in `language`; below 100 kB, since Gmail clips from 102 kB on.
void report_html_write(FILE *out, const struct report_page *page, const char *language);

#endif
