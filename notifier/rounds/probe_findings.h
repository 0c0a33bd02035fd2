// SPDX-License-Identifier: BSD-2-Clause
// Findings of probes beside the outcome: the address of the server, and TLS. Handed to the database in
// batches.
#ifndef NOTIFIER_ROUNDS_PROBE_FINDINGS_H
#define NOTIFIER_ROUNDS_PROBE_FINDINGS_H

#include "notifier/rounds/probe_job.h"
#include "pg/pg.h"

struct probe_findings;

// `pg` is borrowed. Returns NULL if out of memory.
struct probe_findings *probe_findings_create(struct pg *pg);
void probe_findings_destroy(struct probe_findings *findings);

void probe_findings_add(struct probe_findings *findings, const char *domain,
                        const struct probe_verdict *verdict);

// Sends what was added since; without a connection it is dropped, since the next probes find it again.
void probe_findings_send(struct probe_findings *findings);

#endif
