// SPDX-License-Identifier: BSD-2-Clause
#include "transportmap/best_mx.h"

#include "base/clock.h"
#include "base/counter.h"
#include "base/log.h"
#include "io/loop.h"
#include "transportmap/best_mx_report.h"
#include "transportmap/lookup/best_mx_found.h"

#include <stdlib.h>

enum {
    STEP_MS = 2,      // between two domains
    AWAY_MS = 5000,   // until a replica that is away is looked for again
    BUSY_MS = 100,    // until the database may have caught up
    PASSED_MAX = 500, // domains without a question in one turn of the loop
    HURRY_MAX = 64,   // domains that are looked at before their turn, at a time
    SEEN_MAX = 8192,  // domains whose last look is remembered
    FAULT_MS = 10000  // until a domain that DNS said nothing of may be hurried again
};

enum state { NEXT_DOMAIN, ASK_MX, ASK_ADDRESS };
enum step { STEP_FOUND, STEP_MORE, STEP_END };

struct best_mx {
    struct best_mx_spec spec;
    struct loop_timer timer;
    struct resolver_query *query;
    enum state state;
    char walked[ADDRESS_DOMAIN_MAX + 1]; // where the walk stands; empty: one begins
    char domain[ADDRESS_DOMAIN_MAX + 1]; // the one in hand
    int64_t walk_due;                    // clock_mono_ms
    char hurried[HURRY_MAX][ADDRESS_DOMAIN_MAX + 1];
    unsigned hurried_first, hurried_count;
    struct {
        uint32_t hash;
        int64_t until; // clock_mono_ms
    } seen[SEEN_MAX];
    char hosts[BEST_MX_HOSTS_MAX][ADDRESS_DOMAIN_MAX + 1];
    unsigned host_count;
    unsigned at;  // the next address question: host at / 2, A or AAAA
    bool unknown; // an answer is missing, so that the domain cannot be cleared
    bool again;   // no pause after this walk
    bool hurry;   // the domain in hand is looked at before its turn
    unsigned long looked_at, ours;
};

static struct counter domains = {.name = "emailgency_transportmap_best_mx_domains",
                                 .help =
                                     "Backup domains without a transport whose best MX is this service, in "
                                     "the last walk over all.",
                                 .kind = COUNTER_GAUGE};
static struct counter walks = {.name = "emailgency_transportmap_best_mx_walks_total",
                               .help = "Walks over the MX records of all backup domains."};

static void turn(struct best_mx *best_mx, enum state state, int64_t ms)
{
    best_mx->state = state;
    loop_timer_set(&best_mx->timer, ms);
}

static void end_walk(struct best_mx *best_mx)
{
    counter_set(&domains, (double)best_mx->ours);
    counter_add(&walks, 1);
    log_debug("walk over the MX records of backup domains: looked_at=%lu ours=%lu", best_mx->looked_at,
              best_mx->ours);
    best_mx->walked[0] = '\0';
    best_mx->looked_at = best_mx->ours = 0;
    if (best_mx->spec.report)
        best_mx_report_flush(best_mx->spec.report);
    const int64_t pause = best_mx->again ? BUSY_MS : best_mx->spec.interval_ms;
    best_mx->walk_due = clock_mono_ms() + pause;
    turn(best_mx, NEXT_DOMAIN, pause);
    best_mx->again = false;
}

static void note(struct best_mx *best_mx, const char *host)
{
    best_mx_found_set(best_mx->spec.found, slice_from(best_mx->domain), *host);
    if (best_mx->spec.report)
        best_mx_report_add(best_mx->spec.report, best_mx->domain, host);
}

// FNV-1a, as in lib/directory/expansion.c: domains that collide are only looked at more often.
static uint32_t hash(const char *domain)
{
    uint32_t sum = 2166136261u;
    for (; *domain; domain++)
        sum = (sum ^ (unsigned char)*domain) * 16777619u;
    return sum;
}

static void remember(struct best_mx *best_mx, int64_t ms)
{
    const uint32_t sum = hash(best_mx->domain);
    best_mx->seen[sum % SEEN_MAX].hash = sum;
    best_mx->seen[sum % SEEN_MAX].until = clock_mono_ms() + ms;
}

// Ends the look at a domain.
static void end_domain(struct best_mx *best_mx)
{
    remember(best_mx, best_mx->unknown ? FAULT_MS : best_mx->spec.interval_ms);
    turn(best_mx, NEXT_DOMAIN, best_mx->hurried_count > 0 ? 0 : STEP_MS);
}

static bool is_by_mx(const struct domain_row *row)
{
    return row->mode == DOMAIN_BACKUP && row->transport.len == 0;
}

// Takes the first of the hurried domains in hand, if it is still relayed by MX.
static enum step take_hurried(const struct directory_snapshot *rows, struct best_mx *best_mx)
{
    struct domain_row row;
    const char *name = best_mx->hurried[best_mx->hurried_first];
    best_mx->hurried_first = (best_mx->hurried_first + 1) % HURRY_MAX;
    best_mx->hurried_count--;
    if (directory_domain(rows, slice_from(name), &row) != DIRECTORY_OK || !is_by_mx(&row))
        return STEP_MORE;
    (void)slice_copy(row.name, best_mx->domain, sizeof best_mx->domain);
    return STEP_FOUND;
}

// Steps to the next domain that is relayed by MX.
static enum step find_next(const struct directory_snapshot *rows, struct best_mx *best_mx)
{
    struct domain_row row = {.name = slice_from(best_mx->walked)};
    for (int passed = 0; passed < PASSED_MAX; passed++) {
        if (directory_domain_after(rows, row.name, &row) != DIRECTORY_OK)
            return STEP_END;
        if (!slice_copy(row.name, best_mx->walked, sizeof best_mx->walked))
            continue;
        (void)slice_copy(row.name, best_mx->domain, sizeof best_mx->domain);
        if (is_by_mx(&row))
            return STEP_FOUND;
        note(best_mx, "");
    }
    return STEP_MORE;
}

static void next_domain(struct best_mx *best_mx)
{
    const struct directory_snapshot *rows;
    const bool hurried = best_mx->hurried_count > 0;
    const int64_t pause = best_mx->walk_due - clock_mono_ms();
    if (!hurried && best_mx->walked[0] == '\0' && pause > 0) {
        turn(best_mx, NEXT_DOMAIN, pause);
        return;
    }
    if (best_mx->spec.report && best_mx_report_is_full(best_mx->spec.report)) {
        turn(best_mx, NEXT_DOMAIN, BUSY_MS);
        return;
    }
    if (directory_begin(best_mx->spec.directory, &rows) != DIRECTORY_OK) {
        turn(best_mx, NEXT_DOMAIN, AWAY_MS);
        return;
    }
    const enum step step = hurried ? take_hurried(rows, best_mx) : find_next(rows, best_mx);
    directory_end(best_mx->spec.directory);
    if (step == STEP_END) {
        end_walk(best_mx);
    } else if (step == STEP_MORE) {
        turn(best_mx, NEXT_DOMAIN, STEP_MS);
    } else {
        best_mx->looked_at += !hurried;
        best_mx->hurry = hurried;
        best_mx->unknown = false;
        turn(best_mx, ASK_MX, 0);
    }
}

static bool is_known(const struct dns_answer *answer)
{
    return answer->rc == DNS_FOUND || answer->rc == DNS_NONE;
}

static void report(struct best_mx *best_mx, const char *host)
{
    best_mx->ours += !best_mx->hurry;
    best_mx->unknown = false;
    log_warn("its best MX is this service, so that mail relayed by MX waits; set domain.transport, or "
             "have the customer's server as best MX: domain=%s mx=%s",
             best_mx->domain, host);
    note(best_mx, host);
    end_domain(best_mx);
    if (best_mx->hurry && best_mx->spec.report)
        best_mx_report_flush(best_mx->spec.report);
}

static void on_mx(const struct dns_answer *answer, void *arg)
{
    struct best_mx *best_mx = arg;
    best_mx->query = NULL;
    best_mx->at = 0;
    best_mx->unknown = !is_known(answer);
    best_mx->host_count = best_mx_hosts(answer, best_mx->domain, best_mx->hosts);
    for (unsigned i = 0; i < best_mx->host_count; i++) {
        if (best_mx_is_named(best_mx->spec.hosts, best_mx->hosts[i])) {
            report(best_mx, best_mx->hosts[i]);
            return;
        }
    }
    turn(best_mx, ASK_ADDRESS, 0);
}

static void on_address(const struct dns_answer *answer, void *arg)
{
    struct best_mx *best_mx = arg;
    const char *host = best_mx->hosts[best_mx->at++ / 2];
    best_mx->query = NULL;
    best_mx->unknown = best_mx->unknown || !is_known(answer);
    for (unsigned i = 0; answer->rc == DNS_FOUND && i < answer->count; i++) {
        if (best_mx_is_addressed(best_mx->spec.hosts, answer->data[i])) {
            report(best_mx, host);
            return;
        }
    }
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
    counter_register(&walks);
    loop_timer_init(&best_mx->timer, base, on_turn, best_mx);
    turn(best_mx, NEXT_DOMAIN, 0);
    return best_mx;
}

void best_mx_again(struct best_mx *best_mx)
{
    if (best_mx->walked[0] != '\0') {
        best_mx->again = true;
        return;
    }
    best_mx->walk_due = 0;
    if (best_mx->state == NEXT_DOMAIN)
        turn(best_mx, NEXT_DOMAIN, 0);
}

static bool is_hurried(const struct best_mx *best_mx, const char *domain)
{
    for (unsigned i = 0; i < best_mx->hurried_count; i++)
        if (strcmp(best_mx->hurried[(best_mx->hurried_first + i) % HURRY_MAX], domain) == 0)
            return true;
    return false;
}

void best_mx_hurry(struct best_mx *best_mx, const char *domain)
{
    const uint32_t sum = hash(domain);
    if (best_mx->seen[sum % SEEN_MAX].hash == sum && best_mx->seen[sum % SEEN_MAX].until > clock_mono_ms())
        return;
    if (best_mx->hurried_count == HURRY_MAX || is_hurried(best_mx, domain))
        return;
    const unsigned at = (best_mx->hurried_first + best_mx->hurried_count) % HURRY_MAX;
    if (!slice_copy(slice_from(domain), best_mx->hurried[at], sizeof best_mx->hurried[at]))
        return;
    best_mx->hurried_count++;
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
