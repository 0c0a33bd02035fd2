// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/rounds/probe_job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct probe_job;

struct attempt {
    struct probe_job *job;
    struct next_hop hop;
    struct probe_session *session; // NULL: not started, or done
};

struct probe_job {
    const struct probe_means *means;
    struct probe_target target;
    struct dialogue_spec dialogue;
    struct next_hop_search *search;
    struct attempt attempts[NEXT_HOPS_MAX];
    unsigned running;
    struct probe_verdict verdict;
    void (*on_done)(const struct probe_verdict *verdict, void *arg);
    void *arg;
};

void probe_job_cancel(struct probe_job *job)
{
    if (job->search)
        next_hop_cancel(job->search);
    for (unsigned i = 0; i < NEXT_HOPS_MAX; i++)
        if (job->attempts[i].session)
            probe_session_cancel(job->attempts[i].session);
    free(job);
}

static void finish_job(struct probe_job *job)
{
    const struct probe_verdict verdict = job->verdict;
    void (*on_done)(const struct probe_verdict *, void *) = job->on_done;
    void *arg = job->arg;
    probe_job_cancel(job);
    on_done(&verdict, arg);
}

static void note_tls(struct probe_verdict *verdict, const struct next_hop *hop,
                     const struct probe_found *found)
{
    if (!found->tls_failed && !*found->certificate.fingerprint)
        return;
    struct probe_tls *tls = &verdict->tls[verdict->tls_count++];
    memcpy(tls->address, hop->text, sizeof tls->address);
    memcpy(tls->host, hop->host, sizeof tls->host);
    tls->certificate = found->certificate;
}

// The text is that of the first address that takes mail, or else of the first.
static void note_found(struct probe_verdict *verdict, const struct next_hop *hop,
                       const struct probe_found *found)
{
    const bool up = dialogue_is_up(found->outcome);
    const bool named = strstr(hop->text, hop->host) == NULL;
    if (!verdict->known || (up && !verdict->up))
        snprintf(verdict->text, sizeof verdict->text, "%s%s%s%s: %s at %s: %s", hop->host, named ? " [" : "",
                 named ? hop->text : "", named ? "]" : "", dialogue_outcome_name(found->outcome),
                 dialogue_stage_name(found->stage), found->reply);
    verdict->known = true;
    verdict->up = verdict->up || up;
    verdict->refuses = verdict->refuses || found->outcome == DIALOGUE_REFUSES;
    if (!*verdict->server || strcmp(hop->text, verdict->server) < 0)
        memcpy(verdict->server, hop->text, sizeof verdict->server);
    note_tls(verdict, hop, found);
}

static void on_found(const struct probe_found *found, void *arg)
{
    struct attempt *attempt = arg;
    struct probe_job *job = attempt->job;
    attempt->session = NULL;
    note_found(&job->verdict, &attempt->hop, found);
    if (--job->running == 0)
        finish_job(job);
}

// An address that this host cannot connect to, such as IPv6 without a route, is no fault of the server.
static bool start_attempt(struct attempt *attempt)
{
    struct probe_job *job = attempt->job;
    const struct probe_session_spec spec = {.address = &attempt->hop.address,
                                            .source = job->means->source,
                                            .dialogue = &job->dialogue,
                                            .server_name = attempt->hop.host,
                                            .tls = job->means->tls,
                                            .on_found = on_found,
                                            .arg = attempt};
    attempt->session = probe_session_start(job->means->base, &spec);
    return attempt->session != NULL;
}

static void on_hops(const struct next_hop *hops, unsigned count, const char *why, void *arg)
{
    struct probe_job *job = arg;
    job->search = NULL;
    for (unsigned i = 0; i < count; i++) {
        job->attempts[i] = (struct attempt){.job = job, .hop = hops[i]};
        job->running += start_attempt(&job->attempts[i]);
    }
    if (job->running > 0)
        return;
    snprintf(job->verdict.text, sizeof job->verdict.text, "%s", count ? "no route to any address" : why);
    finish_job(job);
}

struct probe_job *probe_job_start(const struct probe_means *means, const struct probe_target *target,
                                  void (*on_done)(const struct probe_verdict *verdict, void *arg), void *arg)
{
    struct probe_job *job = calloc(1, sizeof *job);
    if (!job)
        return NULL;
    job->means = means;
    job->target = *target;
    job->dialogue = (struct dialogue_spec){.helo = means->helo, .recipient = job->target.recipient};
    job->on_done = on_done;
    job->arg = arg;
    job->search = next_hop_find(means->base, &(struct next_hop_spec){.domain = job->target.domain,
                                                                     .transport = job->target.transport,
                                                                     .own_hosts = means->own_hosts,
                                                                     .directory = means->directory,
                                                                     .allowed = slice_from(means->allowed),
                                                                     .resolver = means->resolver,
                                                                     .on_found = on_hops,
                                                                     .arg = job});
    if (!job->search) {
        free(job);
        return NULL;
    }
    return job;
}
