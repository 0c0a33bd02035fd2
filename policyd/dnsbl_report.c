// SPDX-License-Identifier: BSD-2-Clause
#include "policyd/dnsbl_report.h"

#include "base/fault.h"
#include "io/loop.h"
#include "pg/array_literal.h"
#include "pg/pg_refusal.h"

#include <stdlib.h>

enum { REPORT_MS = 60000, FIRST_MS = 5000 };

struct dnsbl_report {
    struct dnsbl_report_spec spec;
    struct loop_timer timer;
    struct array_literal zones, states;
};

static struct fault refused = {.name = "dnsbl-report",
                               .text = "the database refuses the report on DNS lists",
                               .advice = "run emailgency-migrate, or check the rights of the role",
                               .interval_ms = 600000};

static void on_reported(enum pg_rc rc, const PGresult *result, void *arg)
{
    struct dnsbl_report *report = arg;
    pg_refusal_report(&refused, rc, result);
    loop_timer_set(&report->timer, REPORT_MS);
}

static void add_zone(const char *zone, const char *state, void *arg)
{
    struct dnsbl_report *report = arg;
    array_literal_add(&report->zones, slice_from(zone));
    array_literal_add(&report->states, slice_from(state));
}

static void on_tick(void *arg)
{
    struct dnsbl_report *report = arg;
    array_literal_begin(&report->zones);
    array_literal_begin(&report->states);
    const bool known = dnsbl_visit(report->spec.dnsbl, add_zone, report);
    const char *values[] = {report->spec.node, array_literal_end(&report->zones),
                            array_literal_end(&report->states)};
    if (!known || !values[1] || !values[2] || !pg_ready(report->spec.pg)) {
        loop_timer_set(&report->timer, known ? REPORT_MS : FIRST_MS);
        return;
    }
    pg_send(report->spec.pg,
            &(struct pg_statement){.sql = "select emailgency.report_dnsbl($1, $2::text[], $3::text[])",
                                   .count = 3,
                                   .values = values,
                                   .on_result = on_reported,
                                   .arg = report});
}

struct dnsbl_report *dnsbl_report_create(struct event_base *base, const struct dnsbl_report_spec *spec)
{
    struct dnsbl_report *report = calloc(1, sizeof *report);
    if (!report)
        return NULL;
    report->spec = *spec;
    fault_register(&refused, 1, "emailgency_policyd_errors_total");
    loop_timer_init(&report->timer, base, on_tick, report);
    loop_timer_set(&report->timer, FIRST_MS);
    return report;
}

void dnsbl_report_destroy(struct dnsbl_report *report)
{
    if (!report)
        return;
    loop_timer_finish(&report->timer);
    array_literal_finish(&report->zones);
    array_literal_finish(&report->states);
    free(report);
}
