// SPDX-License-Identifier: BSD-2-Clause
// SPF checks by worker processes, for callers that need only a verdict: whatever becomes of the worker, there
// is a verdict.
#ifndef SPFCLIENT_SPF_CLIENT_H
#define SPFCLIENT_SPF_CLIENT_H

#include "base/problem.h"
#include "installation/installation.h"
#include "wire/spf_codec.h"

struct spf_client;

// Texts may be freed after spf_client_create; NULL is empty.
struct spf_client_spec {
    const char *worker;      // path of emailgency-spf-worker; empty: where it is installed
    const char *user;        // of the workers if the caller is root; empty: "nobody"
    const char *dns_servers; // "ip[@port]" separated by blanks or commas; empty: those of /etc/resolv.conf
    int64_t dns_timeout_ms;  // of one look-up; at most 60,000; 0: 5000
    int64_t dns_max_ttl;     // seconds that an answer is kept at most; 0: 3600
    unsigned dns_cache_max;  // names that each worker keeps; 0: 10000
    unsigned workers;        // processes, 1 to 64; 0: 1
    unsigned channels;       // checks at once in each, 1 to 1024; 0: 64
};

// The path of the program that a spec with this `worker` runs: that of the installation where it is empty.
void spf_client_program(const char *configured, char path[INSTALLATION_PATH_MAX]);

// Starts the workers and returns without waiting for them. Returns NULL with a human-readable message in
// `problem` where none can be started. The workers end with the caller, however it ends.
struct spf_client *spf_client_create(const struct spf_client_spec *spec, struct problem *problem);

// No check may be in flight. Ends the workers and waits for them. NULL is allowed.
void spf_client_destroy(struct spf_client *client);

// Checks, and waits for the verdict: request->within_ms, and at most 500 ms more where the worker does not
// keep to it. Checks of one sender's domain go to one worker, which has what it looked up for it. Never
// fails: without a worker's verdict `out` is a temperror with SPF_WORKER_LOST, SPF_NO_WORKER,
// SPF_WORKERS_BUSY or SPF_TOO_SLOW. Safe to call from any thread; it blocks that thread only.
void spf_client_check(struct spf_client *client, const struct spf_request *request, struct spf_verdict *out);

// All since the start, but `running`.
struct spf_client_counts {
    uint64_t checks;   // asked for
    uint64_t lost;     // ended as SPF_WORKER_LOST or SPF_NO_WORKER
    uint64_t busy;     // as SPF_WORKERS_BUSY
    uint64_t slow;     // as SPF_TOO_SLOW, set by the client, not by a worker
    uint64_t restarts; // of workers that ended
    unsigned running;  // workers
};
void spf_client_counts(struct spf_client *client, struct spf_client_counts *out);

#endif
