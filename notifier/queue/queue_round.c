// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/queue/queue_round.h"

#include "base/clock.h"
#include "base/fault.h"
#include "io/loop.h"
#include "notifier/queue/queue_client.h"
#include "pg/array_literal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { FIRST_MS = 2000, STALE_INTERVALS = 3 };

struct queue_round {
    struct queue_round_spec spec;
    struct event_base *base;
    struct loop_timer timer;
    struct queue_client *client;
    struct array_literal domains, messages, late, oldest;
    int64_t interval;
};

static struct fault silent = {.name = "queuewatch",
                              .text = "the queue watch has no current counts, so queued mail is not judged",
                              .advice = "check that emailgency-queuewatch runs, and its log",
                              .is_warning = true};
static struct fault refused = {.name = "queue-refused",
                               .text = "the database refuses counts of queued mail",
                               .advice = "run sql/migrate, or check the rights of the role",
                               .interval_ms = 60000};

static void on_recorded(enum pg_rc rc, const PGresult *result, void *arg)
{
    (void)arg;
    if (rc == PG_ERROR)
        (void)fault_report(&refused, PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
}

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
}

// Reads a sample into the arrays. Returns NULL, or why it is of no use.
static const char *read_sample(struct queue_round *round, struct slice lines)
{
    struct queue_line line;
    enum queue_line_rc rc;
    int64_t counted = 0;
    begin_arrays(round);
    while ((rc = queue_line_next(&lines, &line)) == QUEUE_LINE_OK) {
        if (line.kind == QUEUE_LINE_ERROR)
            return "it has no counts yet";
        if (line.kind == QUEUE_LINE_CYCLE)
            counted = line.cycle.at;
        else if (line.kind == QUEUE_LINE_DOMAIN)
            add_domain(round, &line.domain);
    }
    if (rc == QUEUE_LINE_BAD)
        return "its reply cannot be read";
    return clock_wall() - counted > STALE_INTERVALS * round->interval ? "its counts are old" : NULL;
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
                .on_result = on_recorded,
                .arg = round});
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
}

static void on_tick(void *arg)
{
    struct queue_round *round = arg;
    const struct directory_snapshot *rows;
    const struct queue_request request = {.kind = QUEUE_REQUEST_SAMPLE};
    if (directory_begin(round->spec.directory, &rows) == DIRECTORY_OK) {
        round->interval = directory_setting_number(rows, "queue_interval", 60);
        directory_end(round->spec.directory);
    }
    loop_timer_set(&round->timer, round->interval * 1000);
    if (!round->client)
        round->client = queue_client_ask(round->base, round->spec.socket, &request, on_sample, round);
}

struct queue_round *queue_round_create(struct event_base *base, const struct queue_round_spec *spec)
{
    struct queue_round *round = calloc(1, sizeof *round);
    if (!round)
        return NULL;
    round->spec = *spec;
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
    if (round->client)
        queue_client_cancel(round->client);
    array_literal_finish(&round->domains);
    array_literal_finish(&round->messages);
    array_literal_finish(&round->late);
    array_literal_finish(&round->oldest);
    loop_timer_finish(&round->timer);
    free(round);
}
