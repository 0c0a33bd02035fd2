// SPDX-License-Identifier: BSD-2-Clause
#include "console/preview_flow.h"

#include "base/clock.h"
#include "console/console_services.h"
#include "console/preview/preview_report.h"
#include "console/visit_answer.h"

#include <stdio.h>
#include <stdlib.h>

// A mail has styles in it, and nothing that runs or is loaded; with "sandbox" it is of no origin.
#define MAIL_POLICY                                                                                          \
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"

bool preview_flow_has(const struct console_route *route)
{
    return route->page && strchr(route->page, '.') != NULL;
}

static void report_fault(const struct visit *visit, const struct problem *problem)
{
    char subject[sizeof problem->text + 40];
    (void)snprintf(subject, sizeof subject, "template=%s reason=\"%s\"", visit->route->page, problem->text);
    console_fault_report(FAULT_TEMPLATE, subject);
}

static void send_mail(struct visit *visit, const char *figures)
{
    const bool is_html = strcmp(visit->route->page, "report.html") == 0;
    struct problem problem = {.text = ""};
    char *text = preview_report_make(figures, is_html, &problem);
    if (text) {
        visit_answer_document(visit, is_html ? NULL : "text/plain; charset=utf-8", MAIL_POLICY,
                              slice_from(text));
    } else {
        report_fault(visit, &problem);
        visit_answer_error(visit, 500);
    }
    free(text);
}

void preview_flow_show(struct visit *visit)
{
    char *figures = json_dumps(json_object_get(visit->view, "figures"), JSON_COMPACT);
    send_mail(visit, figures ? figures : "");
    free(figures);
}

json_t *preview_flow_params(const struct visit *visit)
{
    const struct slice domain = web_form_get(&visit->parts, "d"),
                       month = web_form_get(&visit->parts, "month");
    struct problem problem = {.text = ""};
    char *figures = json_dumps(json_object_get(visit->view, "figures"), JSON_COMPACT);
    char *message = preview_report_mail(figures ? figures : "", clock_wall(), &problem);
    json_t *params = message ? json_pack("{s:s%, s:s%, s:s}", "d", domain.ptr, domain.len, "month", month.ptr,
                                         month.len, "message", message)
                             : NULL;
    if (!params)
        report_fault(visit, &problem);
    free(message);
    free(figures);
    return params;
}
