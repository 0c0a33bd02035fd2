// SPDX-License-Identifier: BSD-2-Clause
#include "spfclient/spf_client.h"

#include "base/memory.h"
#include "installation/installation.h"
#include "worker/worker_pool.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>

#define SLACK_MS 500 // for a worker to say by itself that a check took too long
#define PAUSE_MAX_MS 2000
#define NUMBER_MAX 24
#define WORKER_PROGRAM "emailgency/emailgency-spf-worker"

struct spf_client {
    struct worker_pool *pool;
    atomic_ullong checks, lost, busy, slow;
    char *worker, *user, *servers;
    char timeout_ms[NUMBER_MAX], max_ttl[NUMBER_MAX], cache_max[NUMBER_MAX];
    const char *argv[12];
};

static char *copy_text(const char *text, const char *otherwise)
{
    return memory_or_exit(strdup(text && *text ? text : otherwise));
}

static void copy_number(int64_t number, int64_t otherwise, char out[NUMBER_MAX])
{
    snprintf(out, NUMBER_MAX, "%lld", (long long)(number ? number : otherwise));
}

void spf_client_program(const char *configured, char path[INSTALLATION_PATH_MAX])
{
    struct problem missing;
    const bool given =
        configured && *configured && slice_copy(slice_from(configured), path, INSTALLATION_PATH_MAX);
    // A program that is not there is reported when it is started, again and again, until it is there.
    if (!given && !installation_find(INSTALLATION_LIBEXEC, WORKER_PROGRAM, path, &missing) && !*path)
        (void)slice_copy(SLICE("/usr/libexec/" WORKER_PROGRAM), path, INSTALLATION_PATH_MAX);
}

static void fill(struct spf_client *client, const struct spf_client_spec *spec)
{
    char path[INSTALLATION_PATH_MAX];
    spf_client_program(spec->worker, path);
    client->worker = copy_text(path, "");
    client->user = copy_text(spec->user, "nobody");
    client->servers = copy_text(spec->dns_servers, "");
    copy_number(spec->dns_timeout_ms, 5000, client->timeout_ms);
    copy_number(spec->dns_max_ttl, 3600, client->max_ttl);
    copy_number(spec->dns_cache_max, 10000, client->cache_max);
    const char *const argv[] = {client->worker,  "--user",        client->user,       "--dns",
                                client->servers, "--dns-timeout", client->timeout_ms, "--max-ttl",
                                client->max_ttl, "--cache-max",   client->cache_max,  NULL};
    memcpy(client->argv, argv, sizeof argv);
}

struct spf_client *spf_client_create(const struct spf_client_spec *spec, struct problem *problem)
{
    struct spf_client *client = memory_or_exit(calloc(1, sizeof *client));
    fill(client, spec);
    const struct worker_pool_spec pool = {.argv = client->argv,
                                          .workers = spec->workers ? spec->workers : 1,
                                          .channels = spec->channels ? spec->channels : 64,
                                          .pause_max_ms = PAUSE_MAX_MS};
    client->pool = worker_pool_create(&pool, problem);
    if (client->pool)
        return client;
    spf_client_destroy(client);
    return NULL;
}

void spf_client_destroy(struct spf_client *client)
{
    if (!client)
        return;
    worker_pool_destroy(client->pool);
    free(client->worker);
    free(client->user);
    free(client->servers);
    free(client);
}

// The domain that is checked: the sender's, or the HELO name (RFC 7208 section 2.4).
static struct slice checked_domain(const struct spf_request *request)
{
    struct slice local, domain;
    if (request->identity == SPF_MAIL_FROM && *request->sender &&
        slice_split_last(slice_from(request->sender), '@', &local, &domain))
        return domain;
    return slice_from(request->helo);
}

static uint64_t hash_domain(struct slice domain)
{
    char folded[SPF_SENDER_MAX + 1];
    (void)slice_copy_lower(domain, folded, sizeof folded);
    return XXH3_64bits(folded, strlen(folded));
}

static void temperror(const struct spf_request *request, enum spf_problem problem, struct spf_verdict *out)
{
    struct slice domain = checked_domain(request);
    out->result = SPF_TEMPERROR;
    out->problem = problem;
    out->wide = false;
    out->terms = out->voids = out->queries = 0;
    out->record_domain[0] = out->term[0] = out->explanation[0] = out->trace[0] = '\0';
    (void)slice_copy_lower(domain, out->domain, sizeof out->domain);
    for (char *at = out->domain; *at; at++)
        if (*at < ' ' || *at > '~')
            *at = '?';
}

static enum spf_problem ask(struct spf_client *client, const struct spf_request *request,
                            struct spf_verdict *out)
{
    char bytes[SPF_REQUEST_BYTES_MAX], reply[SPF_VERDICT_BYTES_MAX];
    struct slice encoded = slice_make(bytes, spf_request_encode(request, bytes));
    int64_t within_ms = request->within_ms > 0 ? request->within_ms : 0;
    size_t len;
    switch (worker_pool_call(client->pool, hash_domain(checked_domain(request)), encoded, reply, sizeof reply,
                             &len, within_ms + SLACK_MS)) {
    case WORKER_OK:
        return spf_verdict_decode(slice_make(reply, len), out) ? SPF_NO_PROBLEM : SPF_WORKER_LOST;
    case WORKER_TIMEOUT:
        return SPF_TOO_SLOW;
    case WORKER_BUSY:
        return SPF_WORKERS_BUSY;
    case WORKER_AWAY:
        return SPF_NO_WORKER;
    case WORKER_LOST:
        break;
    }
    return SPF_WORKER_LOST;
}

void spf_client_check(struct spf_client *client, const struct spf_request *request, struct spf_verdict *out)
{
    enum spf_problem problem = ask(client, request, out);
    atomic_fetch_add_explicit(&client->checks, 1, memory_order_relaxed);
    if (problem == SPF_NO_PROBLEM)
        return;
    temperror(request, problem, out);
    if (problem == SPF_TOO_SLOW)
        atomic_fetch_add_explicit(&client->slow, 1, memory_order_relaxed);
    else if (problem == SPF_WORKERS_BUSY)
        atomic_fetch_add_explicit(&client->busy, 1, memory_order_relaxed);
    else
        atomic_fetch_add_explicit(&client->lost, 1, memory_order_relaxed);
}

void spf_client_counts(struct spf_client *client, struct spf_client_counts *out)
{
    struct worker_pool_counts pool;
    worker_pool_read_counts(client->pool, &pool);
    *out = (struct spf_client_counts){.checks = atomic_load(&client->checks),
                                      .lost = atomic_load(&client->lost),
                                      .busy = atomic_load(&client->busy),
                                      .slow = atomic_load(&client->slow),
                                      .restarts = pool.restarts,
                                      .running = pool.running};
}
