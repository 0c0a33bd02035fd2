// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/best_mx/best_mx.h"

#include "base/clock.h"
#include "base/counter.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/slice_hash.h"
#include "io/loop.h"
#include "notifier/best_mx/best_mx_rules.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    STEP_MS = 2,        // between two domains
    AWAY_MS = 5000,     // until a replica that is away is looked for again
    BUSY_MS = 100,      // until the database may have caught up
    PASSED_MAX = 500,   // domains without a question in one turn of the loop
    CHANGES_MS = 1000,  // between two looks whether the rows have changed
    CHANGES_SHARE = 20, // walks after changes take at most one part in so many of the time
    SEEN_MAX = 65536,   // domains whose last look is remembered
    FAULT_MS = 10000    // until a domain without an answer of DNS may be checked again
};

enum state { NEXT_DOMAIN, ASK_MX, ASK_ADDRESS };
enum step { STEP_FOUND, STEP_MORE, STEP_END };

struct walk {
    bool active;
    char at[ADDRESS_DOMAIN_MAX + 1]; // the last domain; empty: none yet
    int64_t begun, due;              // clock_mono_ms
};

struct best_mx {
    struct best_mx_spec spec;
    struct loop_timer timer;
    struct resolver_query *query;
    enum state state;
    struct walk all, changes;            // the second goes first, and only to domains that were not checked
    uint64_t version;                    // of the rows when a walk last began
    char domain[ADDRESS_DOMAIN_MAX + 1]; // the current one
    bool is_new;                         // it is one of the walk after changes
    struct {
        uint32_t hash;
        int64_t until; // clock_mono_ms
    } seen[SEEN_MAX];
    char hosts[BEST_MX_HOSTS_MAX][ADDRESS_DOMAIN_MAX + 1];
    unsigned host_count;
    unsigned at;                                // the next address question: host at / 2, A or AAAA
    bool unknown;                               // an answer is missing, so that the domain cannot be cleared
    bool again;                                 // no pause after the walk over all
    unsigned long looked_at, found, unanswered; // in the walk over all
};

static struct counter domains = {.name = "emailgency_notifier_best_mx_domains",
                                 .help =
                                     "Backup domains without a transport whose best MX is this service, in "
                                     "the last walk over all.",
                                 .kind = COUNTER_GAUGE};
static struct counter walks = {.name = "emailgency_notifier_best_mx_walks_total",
                               .help = "Walks over the MX records of all backup domains."};

static struct counter unanswered = {
    .name = "emailgency_notifier_best_mx_unanswered_domains",
    .help =
        "Backup domains of the last walk over all without an answer of DNS; what was found before stands.",
    .kind = COUNTER_GAUGE};

static struct fault dns = {.name = "dns-unanswered",
                           .text = "no answer on the best MX of domains, so what was found before stays",
                           .advice = "check the resolvers in dns_servers",
                           .is_warning = true};

static void turn(struct best_mx *best_mx, enum state state, int64_t ms)
{
    best_mx->state = state;
    loop_timer_set(&best_mx->timer, ms);
}

static void note(struct best_mx *best_mx, const char *host)
{
    if (best_mx->spec.report)
        best_mx_report_add(best_mx->spec.report, best_mx->domain, host);
}

static void flush(struct best_mx *best_mx)
{
    if (best_mx->spec.report)
        best_mx_report_flush(best_mx->spec.report);
}

static void begin_walk(struct walk *walk, int64_t now)
{
    walk->active = true;
    walk->begun = now;
    walk->at[0] = '\0';
}

static void report_unanswered(unsigned long count)
{
    char subject[32];
    snprintf(subject, sizeof subject, "domains=%lu", count);
    (void)fault_report(&dns, subject);
}

static void end_walk_over_all(struct best_mx *best_mx, int64_t now)
{
    counter_set(&domains, (double)best_mx->found);
    counter_set(&unanswered, (double)best_mx->unanswered);
    if (best_mx->unanswered > 0)
        report_unanswered(best_mx->unanswered);
    counter_add(&walks, 1);
    log_debug("walk over the MX records of backup domains: looked_at=%lu found=%lu", best_mx->looked_at,
              best_mx->found);
    best_mx->looked_at = best_mx->found = best_mx->unanswered = 0;
    best_mx->all.due = now + (best_mx->again ? BUSY_MS : best_mx->spec.interval_ms);
    best_mx->again = false;
}

static void end_walk(struct best_mx *best_mx, struct walk *walk)
{
    const int64_t now = clock_mono_ms(), rest = (now - walk->begun) * CHANGES_SHARE;
    walk->active = false;
    flush(best_mx);
    if (walk == &best_mx->all)
        end_walk_over_all(best_mx, now);
    else
        walk->due = now + (rest > CHANGES_MS ? rest : CHANGES_MS);
    turn(best_mx, NEXT_DOMAIN, 0);
}

// Domains that collide are only checked more often.
static uint32_t hash(const char *domain)
{
    return (uint32_t)slice_hash(slice_from(domain), 0);
}

static void remember(struct best_mx *best_mx, int64_t ms)
{
    const uint32_t sum = hash(best_mx->domain);
    best_mx->seen[sum % SEEN_MAX].hash = sum;
    best_mx->seen[sum % SEEN_MAX].until = clock_mono_ms() + ms;
}

static bool is_seen(const struct best_mx *best_mx, const char *domain)
{
    const uint32_t sum = hash(domain);
    return best_mx->seen[sum % SEEN_MAX].hash == sum && best_mx->seen[sum % SEEN_MAX].until > clock_mono_ms();
}

// Ends the check of a domain.
static void end_domain(struct best_mx *best_mx)
{
    best_mx->unanswered += best_mx->unknown && !best_mx->is_new;
    remember(best_mx, best_mx->unknown ? FAULT_MS : best_mx->spec.interval_ms);
    turn(best_mx, NEXT_DOMAIN, STEP_MS);
}

static bool is_by_mx(const struct domain_row *row)
{
    return row->mode == DOMAIN_BACKUP && row->transport.len == 0;
}

// Steps to the next domain of the walk. The walk over all clears the findings of the domains that it
// passes.
static enum step find_next(const struct directory_snapshot *rows, struct best_mx *best_mx, struct walk *walk)
{
    struct domain_row row = {.name = slice_from(walk->at)};
    for (int passed = 0; passed < PASSED_MAX; passed++) {
        if (directory_domain_after(rows, row.name, &row) != DIRECTORY_OK)
            return STEP_END;
        if (!slice_copy(row.name, walk->at, sizeof walk->at))
            continue;
        memcpy(best_mx->domain, walk->at, sizeof best_mx->domain);
        if (is_by_mx(&row) && (walk == &best_mx->all || !is_seen(best_mx, walk->at)))
            return STEP_FOUND;
        if (walk == &best_mx->all)
            note(best_mx, "");
    }
    return STEP_MORE;
}

// The walk that is in progress or due; NULL: none.
static struct walk *choose_walk(struct best_mx *best_mx, const struct directory_snapshot *rows)
{
    const int64_t now = clock_mono_ms();
    const uint64_t version = directory_version(rows);
    struct walk *all = &best_mx->all, *changes = &best_mx->changes;
    if (!all->active && now >= all->due) {
        begin_walk(all, now);
        if (best_mx->version == 0) // the first walk looks at all
            best_mx->version = version;
    }
    if (!changes->active && now >= changes->due) {
        changes->due = now + CHANGES_MS;
        if (version != best_mx->version)
            begin_walk(changes, now);
        best_mx->version = version;
    }
    if (changes->active)
        return changes;
    return all->active ? all : NULL;
}

static void take_step(struct best_mx *best_mx, struct walk *walk, enum step step)
{
    if (step == STEP_END) {
        end_walk(best_mx, walk);
    } else if (step == STEP_MORE) {
        turn(best_mx, NEXT_DOMAIN, STEP_MS);
    } else {
        best_mx->is_new = walk == &best_mx->changes;
        best_mx->looked_at += !best_mx->is_new;
        best_mx->unknown = false;
        turn(best_mx, ASK_MX, 0);
    }
}

static void next_domain(struct best_mx *best_mx)
{
    const struct directory_snapshot *rows;
    if (best_mx->spec.report && best_mx_report_is_full(best_mx->spec.report)) {
        turn(best_mx, NEXT_DOMAIN, BUSY_MS);
        return;
    }
    if (directory_begin(best_mx->spec.directory, &rows) != DIRECTORY_OK) {
        turn(best_mx, NEXT_DOMAIN, AWAY_MS);
        return;
    }
    struct walk *walk = choose_walk(best_mx, rows);
    const enum step step = walk ? find_next(rows, best_mx, walk) : STEP_MORE;
    directory_end(best_mx->spec.directory);
    if (walk) {
        take_step(best_mx, walk, step);
    } else {
        const int64_t all = best_mx->all.due, changes = best_mx->changes.due;
        turn(best_mx, NEXT_DOMAIN, (all < changes ? all : changes) - clock_mono_ms());
    }
}

static bool is_known(const struct dns_answer *answer)
{
    return answer->rc == DNS_FOUND || answer->rc == DNS_NONE;
}

static void report(struct best_mx *best_mx, const char *host)
{
    best_mx->found += !best_mx->is_new;
    best_mx->unknown = false;
    log_warn("its best MX is this service, so that mail relayed by MX waits; set domain.transport, or "
             "have the customer's server as best MX: domain=%s mx=%s",
             best_mx->domain, host);
    note(best_mx, host);
    end_domain(best_mx);
    if (best_mx->is_new)
        flush(best_mx);
}

// Without a replica only the option is known, so that a domain can be found but not cleared.
static void take_rows(struct best_mx *best_mx, struct own_hosts *own)
{
    if (!own_host_begin(own, best_mx->spec.directory, best_mx->spec.hosts))
        best_mx->unknown = true;
}

// NULL: no best MX host has one of our names.
static const char *find_named(struct best_mx *best_mx)
{
    struct own_hosts own;
    const char *found = NULL;
    take_rows(best_mx, &own);
    for (unsigned i = 0; i < best_mx->host_count && !found; i++)
        if (own_host_is_name(&own, slice_from(best_mx->hosts[i])))
            found = best_mx->hosts[i];
    own_host_end(&own, best_mx->spec.directory);
    return found;
}

static bool has_own_address(struct best_mx *best_mx, const struct dns_answer *answer)
{
    struct own_hosts own;
    bool found = false;
    take_rows(best_mx, &own);
    for (unsigned i = 0; answer->rc == DNS_FOUND && i < answer->count && !found; i++)
        found = best_mx_is_addressed(&own, answer->data[i]);
    own_host_end(&own, best_mx->spec.directory);
    return found;
}

static void on_mx(const struct dns_answer *answer, void *arg)
{
    struct best_mx *best_mx = arg;
    best_mx->query = NULL;
    best_mx->at = 0;
    best_mx->unknown = !is_known(answer) || answer->truncated;
    best_mx->host_count = best_mx_hosts(answer, best_mx->domain, best_mx->hosts);
    const char *named = find_named(best_mx);
    if (named) {
        report(best_mx, named);
        return;
    }
    // A domain with very many hosts must not hold up the walk; it cannot be cleared by a part of them.
    if (best_mx->host_count > BEST_MX_ADDRESSED_MAX) {
        best_mx->host_count = BEST_MX_ADDRESSED_MAX;
        best_mx->unknown = true;
    }
    turn(best_mx, ASK_ADDRESS, 0);
}

static void on_address(const struct dns_answer *answer, void *arg)
{
    struct best_mx *best_mx = arg;
    const char *host = best_mx->hosts[best_mx->at++ / 2];
    best_mx->query = NULL;
    best_mx->unknown = best_mx->unknown || !is_known(answer);
    if (has_own_address(best_mx, answer))
        report(best_mx, host);
    else
        turn(best_mx, ASK_ADDRESS, 0);
}

static void clear(struct best_mx *best_mx)
{
    if (!best_mx->unknown)
        note(best_mx, "");
    end_domain(best_mx);
}

static void ask(struct best_mx *best_mx, const char *name, enum dns_type type, resolver_callback callback)
{
    struct resolver_query *query = resolver_ask(best_mx->spec.resolver, name, type, callback, best_mx);
    if (query)
        best_mx->query = query;
}

// Each question is asked from the loop, never from an answer, so that answers from the cache do not nest.
static void on_turn(void *arg)
{
    struct best_mx *best_mx = arg;
    if (best_mx->state == NEXT_DOMAIN)
        next_domain(best_mx);
    else if (best_mx->state == ASK_MX)
        ask(best_mx, best_mx->domain, DNS_TYPE_MX, on_mx);
    else if (best_mx->at < best_mx->host_count * 2)
        ask(best_mx, best_mx->hosts[best_mx->at / 2], best_mx->at % 2 ? DNS_TYPE_AAAA : DNS_TYPE_A,
            on_address);
    else
        clear(best_mx);
}

struct best_mx *best_mx_create(struct event_base *base, const struct best_mx_spec *spec)
{
    struct best_mx *best_mx = calloc(1, sizeof *best_mx);
    if (!best_mx)
        return NULL;
    best_mx->spec = *spec;
    counter_register(&domains);
    counter_register(&unanswered);
    counter_register(&walks);
    fault_register(&dns, 1, "emailgency_notifier_errors_total");
    loop_timer_init(&best_mx->timer, base, on_turn, best_mx);
    turn(best_mx, NEXT_DOMAIN, 0);
    return best_mx;
}

void best_mx_again(struct best_mx *best_mx)
{
    if (best_mx->all.active) {
        best_mx->again = true;
        return;
    }
    best_mx->all.due = 0;
    if (best_mx->state == NEXT_DOMAIN)
        turn(best_mx, NEXT_DOMAIN, 0);
}

void best_mx_destroy(struct best_mx *best_mx)
{
    if (!best_mx)
        return;
    if (best_mx->query)
        resolver_cancel(best_mx->query);
    loop_timer_finish(&best_mx->timer);
    free(best_mx);
}
