// SPDX-License-Identifier: BSD-2-Clause
// A page as plain text, for readers without HTML: complete by itself. Pure.
#ifndef REPORT_COMPOSE_REPORT_TEXT_H
#define REPORT_COMPOSE_REPORT_TEXT_H

#include "report/compose/report_page.h"

#include <stdio.h>

// Writes UTF-8 with LF, in lines of at most 72 characters where words allow it.
void report_text_write(FILE *out, const struct report_page *page);

#endif
