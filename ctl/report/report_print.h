// SPDX-License-Identifier: BSD-2-Clause
// A monthly report on standard output, by the code of emailgency-report.
#ifndef CTL_REPORT_REPORT_PRINT_H
#define CTL_REPORT_REPORT_PRINT_H

enum report_print_part { REPORT_PRINT_MAIL, REPORT_PRINT_TEXT, REPORT_PRINT_HTML };

// Their words, in that order; ends in NULL.
extern const char *const report_print_parts[];

// Opens the translated texts below `folder`; languages that are not there are English.
void report_print_open(const char *folder);

// Prints a part of the report that the figures make (report/figures/report_figures.h). Returns an exit code:
// EX_DATAERR, after a message on stderr, if they are none.
int report_print(const char *json, enum report_print_part part);

#endif
