// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/best_mx/best_mx_report.h"

#include "base/fault.h"
#include "pg/array_literal.h"

#include <stdlib.h>

enum { WAITING_MAX = 2 };

struct best_mx_report {
    struct best_mx_report_spec spec;
    struct pg *pg;
    struct array_literal domains, hosts;
    unsigned count; // in the arrays
    bool lost;      // something since the last walk was not noted
};

static struct fault refused = {.name = "best-mx-refused",
                               .text = "the database refuses a report on best MX hosts",
                               .advice = "run emailgency-migrate, or check the rights of the role",
                               .interval_ms = 600000};

static struct counter connected = {.name = "emailgency_notifier_database_up",
                                   .help = "1 while the database is connected.",
                                   .kind = COUNTER_GAUGE};

static void begin(struct best_mx_report *report)
{
    array_literal_begin(&report->domains);
    array_literal_begin(&report->hosts);
    report->count = 0;
}

static void on_noted(enum pg_rc rc, const PGresult *result, void *arg)
{
    struct best_mx_report *report = arg;
    if (rc == PG_ERROR)
        fault_report(&refused, PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
    else if (rc != PG_OK)
        report->lost = true;
}

static void on_ready(struct pg *pg, void *arg)
{
    struct best_mx_report *report = arg;
    (void)pg;
    if (report->lost)
        report->spec.on_lost(report->spec.arg);
    report->lost = false;
}

struct best_mx_report *best_mx_report_create(struct event_base *base, const struct best_mx_report_spec *spec)
{
    struct best_mx_report *report = calloc(1, sizeof *report);
    if (!report)
        return NULL;
    report->spec = *spec;
    report->spec.database.on_ready = on_ready;
    report->spec.database.arg = report;
    fault_register(&refused, 1, "emailgency_notifier_errors_total");
    counter_register(&connected);
    begin(report);
    report->pg = pg_create(base, &report->spec.database);
    if (!report->pg) {
        best_mx_report_destroy(report);
        return NULL;
    }
    return report;
}

void best_mx_report_refresh(const struct best_mx_report *report)
{
    if (report)
        counter_set(&connected, pg_ready(report->pg));
}

void best_mx_report_destroy(struct best_mx_report *report)
{
    if (!report)
        return;
    pg_destroy(report->pg);
    array_literal_finish(&report->domains);
    array_literal_finish(&report->hosts);
    free(report);
}

bool best_mx_report_is_full(const struct best_mx_report *report)
{
    return report->count >= BEST_MX_REPORT_BATCH && pg_waiting(report->pg) >= WAITING_MAX;
}

void best_mx_report_add(struct best_mx_report *report, const char *domain, const char *host)
{
    array_literal_add(&report->domains, slice_from(domain));
    array_literal_add(&report->hosts, slice_from(host));
    if (++report->count >= BEST_MX_REPORT_BATCH && !best_mx_report_is_full(report))
        best_mx_report_flush(report);
}

void best_mx_report_flush(struct best_mx_report *report)
{
    const char *values[] = {report->spec.node, array_literal_end(&report->domains),
                            array_literal_end(&report->hosts)};
    if (report->count > 0 && pg_ready(report->pg) && values[1] && values[2])
        pg_send(report->pg,
                &(struct pg_statement){.name = "report_best_mx",
                                       .sql = "select emailgency.report_best_mx($1, $2::text[], $3::text[])",
                                       .count = 3,
                                       .values = values,
                                       .on_result = on_noted,
                                       .arg = report});
    else
        report->lost = report->lost || report->count > 0;
    begin(report);
}
