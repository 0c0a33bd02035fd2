// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/rounds/probe_findings.h"

#include "base/fault.h"
#include "pg/array_literal.h"
#include "pg/pg_refusal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { SERVER_COLUMNS = 2, TLS_COLUMNS = 5 };

struct probe_findings {
    struct pg *pg;
    struct array_literal servers[SERVER_COLUMNS]; // domain, server
    struct array_literal tls[TLS_COLUMNS];        // domain, address, host, fingerprint, end
    unsigned server_count, tls_count;
};

static struct fault refused = {.name = "findings-refused",
                               .text = "the database refuses what probes found",
                               .advice = "run emailgency-migrate, or check the rights of the role",
                               .interval_ms = 60000};

static void begin(struct array_literal *columns, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        array_literal_begin(&columns[i]);
}

static void begin_all(struct probe_findings *findings)
{
    begin(findings->servers, SERVER_COLUMNS);
    begin(findings->tls, TLS_COLUMNS);
    findings->server_count = findings->tls_count = 0;
}

struct probe_findings *probe_findings_create(struct pg *pg)
{
    struct probe_findings *findings = calloc(1, sizeof *findings);
    if (!findings)
        return NULL;
    findings->pg = pg;
    fault_register(&refused, 1, "emailgency_notifier_errors_total");
    begin_all(findings);
    return findings;
}

void probe_findings_destroy(struct probe_findings *findings)
{
    if (!findings)
        return;
    for (unsigned i = 0; i < SERVER_COLUMNS; i++)
        array_literal_finish(&findings->servers[i]);
    for (unsigned i = 0; i < TLS_COLUMNS; i++)
        array_literal_finish(&findings->tls[i]);
    free(findings);
}

static void add_row(struct array_literal *columns, const char *const *values, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        array_literal_add(&columns[i], slice_from(values[i]));
}

void probe_findings_add(struct probe_findings *findings, const char *domain,
                        const struct probe_verdict *verdict)
{
    if (*verdict->server) {
        add_row(findings->servers, (const char *const[]){domain, verdict->server}, SERVER_COLUMNS);
        findings->server_count++;
    }
    for (unsigned i = 0; i < verdict->tls_count; i++) {
        const struct probe_tls *tls = &verdict->tls[i];
        char ends[24];
        snprintf(ends, sizeof ends, "%" PRId64, tls->certificate.ends);
        add_row(findings->tls,
                (const char *const[]){domain, tls->address, tls->host, tls->certificate.fingerprint, ends},
                TLS_COLUMNS);
        findings->tls_count++;
    }
}

// Out of memory a batch is dropped, too.
static void send_batch(struct pg *pg, const char *name, const char *sql, struct array_literal *columns,
                       int count)
{
    const char *values[TLS_COLUMNS];
    for (int i = 0; i < count; i++)
        if (!(values[i] = array_literal_end(&columns[i])))
            return;
    pg_send(pg, &(struct pg_statement){.name = name,
                                       .sql = sql,
                                       .count = count,
                                       .values = values,
                                       .on_result = pg_refusal_only,
                                       .arg = &refused});
}

void probe_findings_send(struct probe_findings *findings)
{
    const bool ready = pg_ready(findings->pg);
    if (ready && findings->server_count)
        send_batch(findings->pg, "record_servers", "select emailgency.record_servers($1::text[], $2::text[])",
                   findings->servers, SERVER_COLUMNS);
    if (ready && findings->tls_count)
        send_batch(
            findings->pg, "record_tls",
            "select emailgency.record_tls($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[])",
            findings->tls, TLS_COLUMNS);
    begin_all(findings);
}
