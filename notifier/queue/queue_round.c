// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/queue/queue_round.h"

#include "base/clock.h"
#include "base/fault.h"
#include "io/loop.h"
#include "notifier/queue/queue_client.h"
#include "notifier/trend/queue_trend.h"
#include "pg/array_literal.h"
#include "pg/pg_refusal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    TICK_MS = 1000, // so soon a changed setting is in force
    FIRST_MS = 2000,
    STALE_INTERVALS = 3, // counts of so many intervals ago are old, and at least …
    STALE_MIN = 300,     // … so many seconds old: the queue watch has an interval of its own
    DAY_SECONDS = 86400
};

struct queue_round {
    struct queue_round_spec spec;
    struct event_base *base;
    struct loop_timer timer;
    struct unix_question *client;
    struct array_literal domains, messages, late, oldest;
    struct queue_trend *trend;
    struct array_literal left; // domains
    unsigned left_count;
    int64_t interval; // seconds
    int64_t asked_ms; // when the queue watch was asked last, monotonic
};

static struct fault silent = {.name = "queuewatch",
                              .text = "the queue watch has no current counts, so queued mail is not judged",
                              .advice = "check that emailgency-queuewatch runs, and its log",
                              .is_warning = true};
static struct fault refused = {.name = "queue-refused",
                               .text = "the database refuses counts of queued mail",
                               .advice = "run emailgency-migrate, or check the rights of the role",
                               .interval_ms = 60000};

static void begin_arrays(struct queue_round *round)
{
    array_literal_begin(&round->domains);
    array_literal_begin(&round->messages);
    array_literal_begin(&round->late);
    array_literal_begin(&round->oldest);
}

static void add_number(struct array_literal *array, uint64_t number)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, number < INT32_MAX ? number : INT32_MAX);
    array_literal_add(array, slice_from(text));
}

// Copies for the mail store wait for this service: no customer is alerted of them.
static void add_domain(struct queue_round *round, const struct queue_domain *domain)
{
    char text[40];
    struct tm tm;
    const time_t oldest = (time_t)domain->oldest;
    if (slice_has_suffix_nocase(domain->name, SLICE(".store.invalid")))
        return;
    array_literal_add(&round->domains, domain->name);
    add_number(&round->messages, domain->messages);
    add_number(&round->late, domain->late);
    const bool known = domain->oldest != QUEUE_NEVER && gmtime_r(&oldest, &tm) &&
                       strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S+00", &tm) > 0;
    array_literal_add(&round->oldest, slice_from(known ? text : "infinity"));
    queue_trend_add(round->trend, domain->name, domain->oldest);
}

static void on_left(struct slice domain, void *arg)
{
    struct queue_round *round = arg;
    array_literal_add(&round->left, domain);
    round->left_count++;
}

static void compare(struct queue_round *round, const struct queue_cycle *cycle)
{
    array_literal_begin(&round->left);
    round->left_count = 0;
    queue_trend_end(round->trend, cycle->complete, cycle->at, (int64_t)round->spec.kept_days * DAY_SECONDS,
                    on_left, round);
}

// Reads a sample into the arrays. Returns NULL, or why it is of no use.
static const char *read_sample(struct queue_round *round, struct slice lines)
{
    struct queue_line line;
    enum queue_line_rc rc;
    struct queue_cycle cycle = {0};
    begin_arrays(round);
    while ((rc = queue_line_next(&lines, &line)) == QUEUE_LINE_OK) {
        if (line.kind == QUEUE_LINE_ERROR)
            return "it has no counts yet";
        if (line.kind == QUEUE_LINE_CYCLE)
            cycle = line.cycle;
        else if (line.kind == QUEUE_LINE_DOMAIN)
            add_domain(round, &line.domain);
    }
    if (rc == QUEUE_LINE_BAD)
        cycle.complete = false;
    compare(round, &cycle);
    if (rc == QUEUE_LINE_BAD)
        return "its reply cannot be read";
    const int64_t stale = STALE_INTERVALS * round->interval;
    return clock_wall() - cycle.at > (stale > STALE_MIN ? stale : STALE_MIN) ? "its counts are old" : NULL;
}

static void record(struct queue_round *round)
{
    const char *values[] = {round->spec.node, array_literal_end(&round->domains),
                            array_literal_end(&round->messages), array_literal_end(&round->late),
                            array_literal_end(&round->oldest)};
    if (!pg_ready(round->spec.pg) || !values[1] || !values[2] || !values[3] || !values[4])
        return;
    pg_send(round->spec.pg,
            &(struct pg_statement){
                .name = "record_queue",
                .sql = "select emailgency.record_queue($1, $2::text[], $3::integer[], $4::integer[], "
                       "$5::timestamptz[])",
                .count = 5,
                .values = values,
                .on_result = pg_refusal_only,
                .arg = &refused});
}

static void record_left(struct queue_round *round)
{
    const char *values[] = {round->spec.node, array_literal_end(&round->left)};
    if (round->left_count && values[1] && pg_ready(round->spec.pg))
        pg_send(round->spec.pg,
                &(struct pg_statement){.name = "record_mail_left",
                                       .sql = "select emailgency.record_mail_left($1, $2::text[])",
                                       .count = 2,
                                       .values = values,
                                       .on_result = pg_refusal_only,
                                       .arg = &refused});
}

static void on_sample(struct slice lines, const char *problem, void *arg)
{
    struct queue_round *round = arg;
    round->client = NULL;
    if (!problem)
        problem = read_sample(round, lines);
    if (problem) {
        (void)fault_report(&silent, problem);
        return;
    }
    fault_clear(&silent);
    record(round);
    record_left(round);
}

static void on_tick(void *arg)
{
    struct queue_round *round = arg;
    const struct directory_snapshot *rows;
    const struct queue_request request = {.kind = QUEUE_REQUEST_SAMPLE};
    const int64_t now = clock_mono_ms();
    loop_timer_set(&round->timer, TICK_MS);
    if (directory_begin(round->spec.directory, &rows) == DIRECTORY_OK) {
        round->interval = directory_setting_number(rows, "queue_interval", 60);
        directory_end(round->spec.directory);
    }
    if (round->client || (round->asked_ms && now - round->asked_ms < round->interval * 1000))
        return;
    round->asked_ms = now;
    round->client = queue_client_ask(round->base, round->spec.socket, &request, on_sample, round);
}

struct queue_round *queue_round_create(struct event_base *base, const struct queue_round_spec *spec)
{
    struct queue_round *round = calloc(1, sizeof *round);
    if (!round)
        return NULL;
    round->spec = *spec;
    round->trend = queue_trend_create();
    if (!round->trend) {
        free(round);
        return NULL;
    }
    round->base = base;
    round->interval = 60;
    fault_register(&silent, 1, "emailgency_notifier_errors_total");
    fault_register(&refused, 1, "emailgency_notifier_errors_total");
    loop_timer_init(&round->timer, base, on_tick, round);
    loop_timer_set(&round->timer, FIRST_MS);
    return round;
}

void queue_round_destroy(struct queue_round *round)
{
    if (!round)
        return;
    unix_question_cancel(round->client);
    array_literal_finish(&round->domains);
    array_literal_finish(&round->messages);
    array_literal_finish(&round->late);
    array_literal_finish(&round->oldest);
    array_literal_finish(&round->left);
    queue_trend_destroy(round->trend);
    loop_timer_finish(&round->timer);
    free(round);
}
