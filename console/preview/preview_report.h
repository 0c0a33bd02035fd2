// SPDX-License-Identifier: BSD-2-Clause
// A monthly report as it is sent by mail, composed by the code of emailgency-report. Pure, but for
// gettext(3).
#ifndef CONSOLE_PREVIEW_PREVIEW_REPORT_H
#define CONSOLE_PREVIEW_PREVIEW_REPORT_H

#include "base/problem.h"

#include <stdint.h>

// Opens the catalogue of its texts below `folder` (share/locale).
void preview_report_open(const char *folder);

// Composes the report of figures as report_figures(domain, month) of the database gives them: its HTML, or
// its text for readers without. The caller frees it. Returns NULL with what is wrong in `problem`. The
// language of the catalogues is that of the domain then.
char *preview_report_make(const char *figures, bool is_html, struct problem *problem)
    __attribute__((warn_unused_result));

// Composes the whole message of the report, without From, To and Message-ID; `now` is seconds since 1970. The
// rest as above.
char *preview_report_mail(const char *figures, int64_t now, struct problem *problem)
    __attribute__((warn_unused_result));

#endif
