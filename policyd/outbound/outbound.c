// SPDX-License-Identifier: BSD-2-Clause
#include "policyd/outbound/outbound.h"

#include "base/clock.h"
#include "base/counter.h"
#include "policyd/outbound/outbound_batch.h"

#include <stdlib.h>

enum { NAMES_MAX = 100000, OLD_MS = 2000, FRESH_MS = 500 };

struct outbound {
    struct pg *pg;
    struct outbound_memory *memory;
    struct outbound_batch *batch;
};

static struct counter messages = {.name = "emailgency_policyd_outbound_messages_total",
                                  .help = "Messages of logins that were counted."};
static struct counter recipients_sent = {.name = "emailgency_policyd_outbound_recipients_total",
                                         .help = "Recipients of messages of logins that were counted."};
static struct counter names = {.name = "emailgency_policyd_outbound_names",
                               .help = "Logins and domains whose counts are in memory.",
                               .kind = COUNTER_GAUGE};
static struct counter waiting = {.name = "emailgency_policyd_outbound_waiting",
                                 .help = "Logins whose counts are not in the database yet.",
                                 .kind = COUNTER_GAUGE};
static struct counter connected = {.name = "emailgency_policyd_outbound_database_up",
                                   .help = "1 while the database of the counts is connected.",
                                   .kind = COUNTER_GAUGE};

struct outbound *outbound_create(struct event_base *base, const struct outbound_spec *spec)
{
    struct outbound *outbound = calloc(1, sizeof *outbound);
    if (!outbound)
        return NULL;
    outbound->memory = outbound_memory_create(NAMES_MAX);
    outbound->pg = pg_create(base, &spec->database);
    if (outbound->memory)
        outbound->batch =
            outbound_batch_create(base, &(struct outbound_batch_spec){.pg = outbound->pg,
                                                                      .node = spec->node,
                                                                      .timeout_ms = spec->timeout_ms,
                                                                      .memory = outbound->memory});
    if (!outbound->batch) {
        outbound_destroy(outbound);
        return NULL;
    }
    counter_register(&messages);
    counter_register(&recipients_sent);
    counter_register(&names);
    counter_register(&waiting);
    counter_register(&connected);
    return outbound;
}

void outbound_destroy(struct outbound *outbound)
{
    if (!outbound)
        return;
    pg_destroy(outbound->pg);
    outbound_batch_destroy(outbound->batch);
    outbound_memory_destroy(outbound->memory);
    free(outbound);
}

static int64_t this_hour(void)
{
    return clock_wall() / 3600 * 3600;
}

bool outbound_look(struct outbound *outbound, struct slice login, struct slice domain,
                   struct outbound_facts *out)
{
    static const struct outbound_count nothing = {0};
    const int64_t now_ms = clock_mono_ms();
    const int64_t of_login = outbound_memory_read_at(outbound->memory, login);
    const int64_t of_domain = outbound_memory_read_at(outbound->memory, domain);
    const int64_t read_ms = of_login < of_domain ? of_login : of_domain;
    out->now = clock_wall();
    outbound_memory_read(outbound->memory, login, out->now, &out->login);
    outbound_memory_read(outbound->memory, domain, out->now, &out->domain);
    if (read_ms < now_ms - OLD_MS && pg_ready(outbound->pg))
        (void)outbound_batch_add(outbound->batch, login, domain, this_hour(), &nothing, 0);
    return read_ms >= now_ms - FRESH_MS;
}

struct outbound_ask *outbound_ask(struct outbound *outbound, struct slice login, struct slice domain,
                                  void (*callback)(void *arg), void *arg)
{
    return outbound_batch_ask(outbound->batch, login, domain, this_hour(), callback, arg);
}

void outbound_cancel(struct outbound_ask *ask)
{
    outbound_batch_cancel(ask);
}

void outbound_sent(struct outbound *outbound, struct slice login, struct slice domain, int64_t recipients)
{
    const struct outbound_count sent = {1, recipients};
    const int64_t hour = this_hour();
    counter_add(&messages, 1);
    counter_add(&recipients_sent, (double)recipients);
    outbound_memory_add(outbound->memory, login, hour, &sent);
    outbound_memory_add(outbound->memory, domain, hour, &sent);
    (void)outbound_batch_add(outbound->batch, login, domain, hour, &sent, 0);
}

void outbound_refused(struct outbound *outbound, struct slice name, struct slice domain)
{
    static const struct outbound_count nothing = {0};
    (void)outbound_batch_add(outbound->batch, name, domain, this_hour(), &nothing, 1);
}

void outbound_flush(struct outbound *outbound, void (*done)(void *arg), void *arg)
{
    outbound_batch_flush(outbound->batch, done, arg);
}

void outbound_refresh(const struct outbound *outbound)
{
    counter_set(&names, (double)outbound_memory_count(outbound->memory));
    counter_set(&waiting, (double)outbound_batch_waiting(outbound->batch));
    counter_set(&connected, pg_ready(outbound->pg));
}
