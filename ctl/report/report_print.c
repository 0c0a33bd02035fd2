// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/report/report_print.h"

#include "base/clock.h"
#include "catalogue/catalogue.h"
#include "report/compose/report_mail.h"
#include "report/compose/report_words.h"

#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

const char *const report_print_parts[] = {"mail", "text", "html", NULL};

void report_print_open(const char *folder)
{
    catalogue_open(REPORT_CATALOGUE, folder);
}

static int print_mail(const struct report_figures *figures, const struct report_texts *texts)
{
    const struct report_mail mail = {.sender = "postmaster@example.org",
                                     .sender_name = "Emailgency",
                                     .unsubscribe_base = "",
                                     .date = clock_wall()};
    char head[REPORT_HEAD_MAX];
    if (!report_mail_head(&mail, figures, "contact@example.org", head))
        return EX_SOFTWARE;
    char *body = report_mail_body(&mail, figures, texts);
    printf("%s%s", head, body);
    free(body);
    return EX_OK;
}

int report_print(const char *json, enum report_print_part part)
{
    struct report_figures figures;
    struct report_texts texts;
    struct problem problem;
    int code = EX_OK;
    if (!report_figures_parse(slice_from(json), &figures, &problem)) {
        fprintf(stderr, "emailgencyctl: %s\n", problem.text);
        return EX_DATAERR;
    }
    if (!report_compose(&figures, &texts))
        fprintf(stderr, "emailgencyctl: the HTML has more than %d bytes, so this report would not be sent\n",
                REPORT_HTML_MAX);
    if (part == REPORT_PRINT_MAIL)
        code = print_mail(&figures, &texts);
    else
        fputs(part == REPORT_PRINT_TEXT ? texts.text : texts.html, stdout);
    report_texts_finish(&texts);
    return code;
}
