// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/outbox/outbox.h"

#include "base/address.h"
#include "base/counter.h"
#include "base/fault.h"
#include "base/log.h"
#include "io/loop.h"
#include "notifier/outbox/outbox_retry.h"
#include "notifier/outbox/outbox_send.h"
#include "pg/pg_refusal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TICK_MS = 1000,
    SHARE = 5,          // of one domain in flight, so that nobody's slow web service holds up the others
    LEASE_SECONDS = 30, // renewed while an attempt lasts, which may be longer
    RENEW_TICKS = 10,
    EXPIRE_TICKS = 600,
    ERROR_MAX = 800,
};

struct outbox_pool;

struct outbox_entry {
    struct outbox_pool *pool;
    struct outbox_entry *next, **link;
    char id[24];
    unsigned attempts;
    struct outbox_send send;
};

// Messages with slots of their own: processes of sendmail(1) and requests to gateways of the operator; and
// requests to web services of customers, which may hang as they like.
enum { OWN, WEBHOOKS, POOLS };
static const unsigned slots[POOLS] = {20, 20};
#define SLOTS_ALL 40

struct outbox_pool {
    struct outbox *outbox;
    unsigned slots, in_flight;
    bool claiming, more; // the last claim had something
    struct outbox_entry *entries;
    char after[ADDRESS_DOMAIN_MAX + 1]; // the domain that had the last turn
};

struct outbox {
    struct outbox_spec spec;
    struct event_base *base;
    struct loop_timer timer;
    struct outbox_pool pools[POOLS];
    unsigned ticks;
    bool resuming, resumed; // the leases of the process before this one
};

static struct counter attempts[SEND_UNKNOWN + 1];

static struct fault refused = {.name = "outbox-refused",
                               .text = "the database refuses a statement about alerts",
                               .advice = "run emailgency-migrate, or check the rights of the role",
                               .interval_ms = 60000};
static struct fault unsent = {.name = "alert-unsent",
                              .text = "an alert could not be sent, and is tried again",
                              .advice = "check sendmail and the gateways in notifier.conf",
                              .is_warning = true};
static struct fault dead = {.name = "alert-dead",
                            .text = "an alert is given up",
                            .advice = "see last_error in table outbox; retry_outbox(id) sends it again"};

static const char *outcome_word(unsigned outcome)
{
    return send_outcome_name((enum send_outcome)outcome);
}

static void remove_entry(struct outbox_entry *entry)
{
    *entry->link = entry->next;
    if (entry->next)
        entry->next->link = entry->link;
    entry->pool->in_flight--;
    free(entry);
}

// An error as the log and the database take it: it can hold bytes of a peer, and a text that is no UTF-8
// would have the mark refused, so that the message were sent again.
static void printable(const char *error, char out[ERROR_MAX])
{
    const size_t len = strnlen(error, ERROR_MAX - 1);
    memcpy(out, error, len);
    for (char *at = out; at < out + len; at++)
        if (*at < ' ' || *at > '~')
            *at = *at == '\n' || *at == '\r' ? ' ' : '?';
    out[len] = '\0';
}

static void claim(struct outbox_pool *pool);

// Marks what became of an entry. A message that was sent while the database is away is sent again when its
// lease ends: late twice is better than never. The faults of a customer's web service are not the operator's.
static void on_sent(const struct send_result *result, void *arg)
{
    struct outbox_entry *entry = arg;
    struct outbox_pool *pool = entry->pool;
    char delay[24], error[ERROR_MAX];
    const unsigned wait = outbox_retry_seconds(entry->attempts);
    const enum send_outcome outcome =
        result->outcome == SEND_RETRY && outbox_gives_up(entry->attempts) ? SEND_DEAD : result->outcome;
    printable(result->error, error);
    snprintf(delay, sizeof delay, "%u", wait < result->retry_after ? result->retry_after : wait);
    const char *values[] = {pool->outbox->spec.node, entry->id, send_outcome_name(outcome), error, delay};
    counter_add(&attempts[outcome], 1);
    if (outcome != SEND_SENT && pool == &pool->outbox->pools[OWN])
        (void)fault_report(outcome == SEND_DEAD ? &dead : &unsent, error);
    pg_call(pool->outbox->spec.pg, "mark_outbox",
            "select emailgency.mark_outbox($1, $2::bigint, $3, $4, $5::integer)", values, 5, pg_refusal_only,
            &refused);
    remove_entry(entry);
    if (pool->more && pool->in_flight <= pool->slots / 2)
        claim(pool);
}

static bool is_in_flight(const struct outbox_pool *pool, const char *id)
{
    for (const struct outbox_entry *entry = pool->entries; entry; entry = entry->next)
        if (strcmp(entry->id, id) == 0)
            return true;
    return false;
}

// A row of claim_outbox(). One that is being sent, and whose lease ended while the database was away, has a
// new lease now. One that cannot be kept is sent when its lease ends.
static void start_entry(struct outbox_pool *pool, const PGresult *result, int row)
{
    struct outbox *outbox = pool->outbox;
    if (is_in_flight(pool, PQgetvalue(result, row, OUTBOX_ID)))
        return;
    struct outbox_entry *entry = calloc(1, sizeof *entry);
    if (!entry || !slice_copy(slice_from(PQgetvalue(result, row, OUTBOX_ID)), entry->id, sizeof entry->id)) {
        free(entry);
        return;
    }
    entry->pool = pool;
    entry->attempts = (unsigned)strtoul(PQgetvalue(result, row, OUTBOX_ATTEMPTS), NULL, 10);
    entry->next = pool->entries;
    entry->link = &pool->entries;
    if (entry->next)
        entry->next->link = &entry->next;
    pool->entries = entry;
    pool->in_flight++;
    outbox_send_start(&entry->send, outbox->base, &outbox->spec, result, row, on_sent, entry);
}

static void on_claimed(enum pg_rc rc, const PGresult *result, void *arg)
{
    struct outbox_pool *pool = arg;
    pool->claiming = pool->more = false;
    if (rc != PG_OK) {
        pg_refusal_report(&refused, rc, result);
        return;
    }
    const int rows = PQntuples(result);
    if (rows > 0) {
        // The operator's messages are those of domain "-" there.
        const char *domain = PQgetvalue(result, rows - 1, OUTBOX_DOMAIN);
        (void)slice_copy(slice_from(*domain ? domain : "-"), pool->after, sizeof pool->after);
    }
    for (int row = 0; row < rows; row++)
        start_entry(pool, result, row);
    pool->more = rows > 0;
}

static const char *channels_of(const struct outbox_pool *pool)
{
    const struct outbox *outbox = pool->outbox;
    if (pool == &outbox->pools[WEBHOOKS])
        return outbox->spec.webhook ? "{webhook}" : NULL;
    return sms_sender_has_route(outbox->spec.sms) ? "{mail,sms}" : "{mail}";
}

static void claim(struct outbox_pool *pool)
{
    char count[16], lease[16], share[16];
    const char *channels = channels_of(pool);
    if (!channels || pool->claiming || pool->in_flight >= pool->slots)
        return;
    snprintf(count, sizeof count, "%u", pool->slots - pool->in_flight);
    snprintf(lease, sizeof lease, "%d", LEASE_SECONDS);
    snprintf(share, sizeof share, "%d", SHARE);
    const char *values[] = {pool->outbox->spec.node, channels, count, lease, share, pool->after};
    pool->claiming = true;
    pg_call(pool->outbox->spec.pg, "claim_outbox",
            "select * from emailgency.claim_outbox($1, $2::text[], $3::integer, $4::integer, "
            "$5::integer, $6)",
            values, 6, on_claimed, pool);
}

static void renew(struct outbox *outbox)
{
    char ids[SLOTS_ALL * sizeof((struct outbox_entry *)0)->id + 3] = "{", lease[16];
    size_t used = 1;
    for (unsigned i = 0; i < POOLS; i++)
        for (const struct outbox_entry *entry = outbox->pools[i].entries; entry; entry = entry->next)
            used += (size_t)snprintf(ids + used, sizeof ids - used, "%s%s", used > 1 ? "," : "", entry->id);
    snprintf(ids + used, sizeof ids - used, "}");
    snprintf(lease, sizeof lease, "%d", LEASE_SECONDS);
    const char *values[] = {outbox->spec.node, ids, lease};
    if (used > 1)
        pg_call(outbox->spec.pg, "renew_outbox",
                "select emailgency.renew_outbox($1, $2::bigint[], $3::integer)", values, 3, pg_refusal_only,
                &refused);
}

static void work(struct outbox *outbox)
{
    const char *count[] = {"1000"};
    if (outbox->ticks % EXPIRE_TICKS == 0) {
        pg_call(outbox->spec.pg, "expire_outbox", "select emailgency.expire_outbox($1::integer)", count, 1,
                pg_refusal_only, &refused);
        pg_call(outbox->spec.pg, "expire_audit",
                "select emailgency.expire_audit($1::integer), emailgency.expire_sessions($1::integer), "
                "emailgency.expire_log_ins($1::integer)",
                count, 1, pg_refusal_only, &refused);
    }
    if (outbox->ticks++ % RENEW_TICKS == 0)
        renew(outbox);
    for (unsigned i = 0; i < POOLS; i++)
        claim(&outbox->pools[i]);
}

static void on_resumed(enum pg_rc rc, const PGresult *result, void *arg)
{
    struct outbox *outbox = arg;
    outbox->resuming = false;
    outbox->resumed = rc == PG_OK;
    pg_refusal_report(&refused, rc, result);
    if (outbox->resumed)
        work(outbox);
}

// Frees the leases of this node's last process, before it claims anything.
static void resume(struct outbox *outbox)
{
    const char *values[] = {outbox->spec.node};
    if (outbox->resuming)
        return;
    outbox->resuming = true;
    pg_call(outbox->spec.pg, "resume_outbox", "select emailgency.resume_outbox($1)", values, 1, on_resumed,
            outbox);
}

static void on_tick(void *arg)
{
    struct outbox *outbox = arg;
    loop_timer_set(&outbox->timer, TICK_MS);
    if (!pg_ready(outbox->spec.pg))
        return;
    if (outbox->resumed)
        work(outbox);
    else
        resume(outbox);
}

static void register_figures(const struct outbox *outbox)
{
    counter_family_register(&(struct counter_family){.name = "emailgency_notifier_alert_attempts_total",
                                                     .help = "Attempts to send an alert, by outcome.",
                                                     .label = "outcome",
                                                     .word = outcome_word,
                                                     .count = sizeof attempts / sizeof *attempts,
                                                     .counters = attempts});
    if (outbox->spec.webhook)
        webhook_sender_register();
    fault_register(&refused, 1, "emailgency_notifier_errors_total");
    fault_register(&unsent, 1, "emailgency_notifier_errors_total");
    fault_register(&dead, 1, "emailgency_notifier_errors_total");
}

struct outbox *outbox_create(struct event_base *base, const struct outbox_spec *spec)
{
    struct outbox *outbox = calloc(1, sizeof *outbox);
    if (!outbox)
        return NULL;
    outbox->spec = *spec;
    outbox->base = base;
    for (unsigned i = 0; i < POOLS; i++)
        outbox->pools[i] = (struct outbox_pool){.outbox = outbox, .slots = slots[i]};
    register_figures(outbox);
    loop_timer_init(&outbox->timer, base, on_tick, outbox);
    loop_timer_set(&outbox->timer, 0);
    return outbox;
}

void outbox_destroy(struct outbox *outbox)
{
    if (!outbox)
        return;
    for (unsigned i = 0; i < POOLS; i++)
        for (struct outbox_entry *next, *entry = outbox->pools[i].entries; entry; entry = next) {
            next = entry->next;
            outbox_send_cancel(&entry->send);
            free(entry);
        }
    loop_timer_finish(&outbox->timer);
    free(outbox);
}
