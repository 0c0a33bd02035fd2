// SPDX-License-Identifier: BSD-2-Clause
#include "resolver/resolver.h"

#include "base/clock.h"
#include "base/memory.h"
#include "dns/dns_packet.h"
#include "resolver/answer_cache.h"
#include "resolver/upstream.h"

#include <stdio.h>
#include <stdlib.h>
#include <unbound-event.h>
#include <unbound.h>
#include <uthash.h>
#include <utlist.h>

#define FAILURE_KEPT_MAX_MS 5000

// One question that libunbound works on, until it answers; it may take longer than any caller waits.
struct lookup {
    struct resolver *resolver;
    struct resolver_query *waiting;
    struct answer_cache_entry *answer; // NULL until it is there, and if out of memory
    struct lookup *prev, *next;        // of those answered
    UT_hash_handle hh;
    struct dns_question question;
};

struct resolver_query {
    struct lookup *lookup;
    struct event *deadline;
    resolver_callback callback;
    void *arg;
    struct resolver_query *prev, *next;
};

struct resolver {
    struct event_base *base;
    struct ub_ctx *upstream;
    struct answer_cache *cache;
    struct lookup *in_flight; // by question
    struct lookup *answered;  // their callbacks are still to be called
    struct event *deliver;
    int64_t timeout_ms, max_ttl;
    unsigned in_flight_max;
    bool closing;
    char scratch[DNS_PACKET_SCRATCH_MAX];
};

static void answer_now(enum dns_rc rc, resolver_callback callback, void *arg)
{
    struct dns_answer answer = {.rc = rc};
    callback(&answer, arg);
}

static void answer_with(struct answer_cache_entry *kept, resolver_callback callback, void *arg)
{
    struct dns_answer answer;
    if (!kept) {
        answer_now(DNS_FAILED, callback, arg);
        return;
    }
    answer_cache_entry_view(kept, clock_mono_ms(), &answer);
    callback(&answer, arg);
}

// Takes the query from its look-up.
static void query_free(struct resolver_query *query)
{
    DL_DELETE(query->lookup->waiting, query);
    event_free(query->deadline);
    free(query);
}

static void lookup_free(struct lookup *lookup)
{
    struct resolver_query *query, *next;
    DL_FOREACH_SAFE(lookup->waiting, query, next)
    query_free(query);
    answer_cache_entry_release(lookup->answer);
    free(lookup);
}

static void on_deliver(int fd, short what, void *arg)
{
    (void)fd, (void)what;
    struct resolver *resolver = arg;
    while (resolver->answered) {
        struct lookup *lookup = resolver->answered;
        struct resolver_query *query = lookup->waiting;
        if (!query) {
            DL_DELETE(resolver->answered, lookup);
            lookup_free(lookup);
            continue;
        }
        resolver_callback callback = query->callback;
        void *callback_arg = query->arg;
        query_free(query);
        answer_with(lookup->answer, callback, callback_arg);
    }
}

static int64_t kept_ms(const struct resolver *resolver, const struct dns_answer *answer)
{
    if (answer->rc == DNS_FOUND || answer->rc == DNS_NONE)
        return (answer->ttl < resolver->max_ttl ? answer->ttl : resolver->max_ttl) * 1000;
    return resolver->timeout_ms < FAILURE_KEPT_MAX_MS ? resolver->timeout_ms : FAILURE_KEPT_MAX_MS;
}

static struct answer_cache_entry *keep(struct resolver *resolver, const struct dns_question *question,
                                       const struct dns_answer *answer)
{
    struct answer_cache_entry *kept = answer_cache_entry_create(question, answer);
    int64_t ms = kept_ms(resolver, answer);
    if (kept && ms > 0)
        answer_cache_put(resolver->cache, kept, clock_mono_ms() + ms);
    return kept;
}

// libunbound is in the midst of its work here and may even be within ub_resolve_event, so callbacks run from
// the loop.
static void on_upstream(void *arg, int rcode, void *packet, int len, int secure, char *why, int limited)
{
    (void)secure, (void)why, (void)limited;
    struct lookup *lookup = arg;
    struct resolver *resolver = lookup->resolver;
    struct dns_answer answer = {.rc = DNS_FAILED};
    if (resolver->closing)
        return;
    if (rcode == 0 && packet && len > 0)
        dns_packet_parse(slice_make(packet, (size_t)len), &lookup->question, resolver->scratch, &answer);
    lookup->answer = keep(resolver, &lookup->question, &answer);
    HASH_DEL(resolver->in_flight, lookup);
    DL_APPEND(resolver->answered, lookup);
    event_active(resolver->deliver, 0, 0);
}

static void on_deadline(int fd, short what, void *arg)
{
    (void)fd, (void)what;
    struct resolver_query *query = arg;
    struct lookup *lookup = query->lookup;
    resolver_callback callback = query->callback;
    void *callback_arg = query->arg;
    query_free(query);
    if (lookup->answer) { // it came in the same turn of the loop
        answer_with(lookup->answer, callback, callback_arg);
        return;
    }
    struct dns_answer timeout = {.rc = DNS_TIMEOUT};
    answer_cache_entry_release(keep(lookup->resolver, &lookup->question, &timeout));
    callback(&timeout, callback_arg);
}

static struct lookup *lookup_start(struct resolver *resolver, const struct dns_question *question)
{
    if (HASH_COUNT(resolver->in_flight) >= resolver->in_flight_max)
        return NULL;
    struct lookup *lookup = calloc(1, sizeof *lookup);
    if (!lookup)
        return NULL;
    lookup->resolver = resolver;
    lookup->question = *question;
    HASH_ADD_KEYPTR(hh, resolver->in_flight, &lookup->question,
                    (unsigned)dns_question_size(&lookup->question), lookup);
    char name[DNS_NAME_ESCAPED_MAX + 1];
    dns_name_escape(question->name, name);
    int rc = ub_resolve_event(resolver->upstream, name, question->type, 1, lookup, on_upstream, NULL);
    if (rc != 0) {
        HASH_DEL(resolver->in_flight, lookup);
        lookup_free(lookup);
        return NULL;
    }
    return lookup;
}

static struct resolver_query *lookup_join(struct lookup *lookup, resolver_callback callback, void *arg)
{
    int64_t ms = lookup->resolver->timeout_ms;
    struct timeval wait = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
    struct resolver_query *query = calloc(1, sizeof *query);
    if (!query)
        return NULL;
    query->deadline = evtimer_new(lookup->resolver->base, on_deadline, query);
    if (!query->deadline || evtimer_add(query->deadline, &wait) < 0) {
        if (query->deadline)
            event_free(query->deadline);
        free(query);
        return NULL;
    }
    query->lookup = lookup;
    query->callback = callback;
    query->arg = arg;
    DL_APPEND(lookup->waiting, query);
    return query;
}

static struct resolver_query *ask_upstream(struct resolver *resolver, const struct dns_question *question,
                                           resolver_callback callback, void *arg)
{
    struct lookup *lookup = NULL;
    HASH_FIND(hh, resolver->in_flight, question, (unsigned)dns_question_size(question), lookup);
    if (!lookup)
        lookup = lookup_start(resolver, question);
    struct resolver_query *query = lookup ? lookup_join(lookup, callback, arg) : NULL;
    if (!query)
        answer_now(DNS_FAILED, callback, arg);
    return query;
}

bool resolver_peek(struct resolver *resolver, const char *name, enum dns_type type,
                   resolver_callback callback, void *arg)
{
    struct dns_question question = {.type = (uint16_t)type};
    if (!dns_name_fold_bytes(name, question.name))
        return false;
    struct answer_cache_entry *kept = answer_cache_hold(resolver->cache, &question, clock_mono_ms());
    if (!kept)
        return false;
    answer_with(kept, callback, arg);
    answer_cache_entry_release(kept);
    return true;
}

struct resolver_query *resolver_ask(struct resolver *resolver, const char *name, enum dns_type type,
                                    resolver_callback callback, void *arg)
{
    struct dns_question question = {.type = (uint16_t)type};
    if (resolver_peek(resolver, name, type, callback, arg))
        return NULL;
    if (dns_name_fold_bytes(name, question.name))
        return ask_upstream(resolver, &question, callback, arg);
    answer_now(DNS_FAILED, callback, arg);
    return NULL;
}

struct resolver_query *resolver_refresh(struct resolver *resolver, const char *name, enum dns_type type,
                                        resolver_callback callback, void *arg)
{
    struct dns_question question = {.type = (uint16_t)type};
    if (dns_name_fold_bytes(name, question.name))
        return ask_upstream(resolver, &question, callback, arg);
    answer_now(DNS_FAILED, callback, arg);
    return NULL;
}

void resolver_cancel(struct resolver_query *query)
{
    query_free(query);
}

struct resolver *resolver_create(struct event_base *base, const struct resolver_spec *spec,
                                 struct problem *problem)
{
    struct resolver *resolver = memory_or_exit(calloc(1, sizeof *resolver));
    resolver->base = base;
    resolver->timeout_ms = spec->timeout_ms;
    resolver->max_ttl = spec->max_ttl;
    resolver->in_flight_max = spec->in_flight_max;
    resolver->cache = answer_cache_create(spec->cache_max);
    resolver->deliver = memory_or_exit(event_new(base, -1, 0, on_deliver, resolver));
    resolver->upstream = upstream_create(base, spec, problem);
    if (resolver->upstream)
        return resolver;
    resolver_destroy(resolver);
    return NULL;
}

void resolver_destroy(struct resolver *resolver)
{
    struct lookup *lookup, *next;
    if (!resolver)
        return;
    resolver->closing = true;
    if (resolver->upstream)
        ub_ctx_delete(resolver->upstream);
    lookup = resolver->in_flight;
    HASH_CLEAR(hh, resolver->in_flight); // which leaves the entries and their order
    for (; lookup; lookup = next) {
        next = lookup->hh.next;
        lookup_free(lookup);
    }
    DL_FOREACH_SAFE(resolver->answered, lookup, next)
    lookup_free(lookup);
    answer_cache_destroy(resolver->cache);
    if (resolver->deliver)
        event_free(resolver->deliver);
    free(resolver);
}
