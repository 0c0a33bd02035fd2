// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/queue/flush_round.h"

#include "base/fault.h"
#include "base/log.h"
#include "io/loop.h"
#include "io/program.h"
#include "notifier/queue/queue_client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

enum {
    IDLE_MS = 2000,         // between two looks for a request
    PACE_MS = 50,           // between two messages
    SETTLE_MS = 15000,      // until the deliveries have ended, mostly
    POSTQUEUE_MS = 10000,   // for one call
    PROGRESS_MESSAGES = 20, // between two notes of the progress
    ID_MAX = 40,
};

enum stage { FLUSH_IDLE, FLUSH_PROBE, FLUSH_LIST, FLUSH_RUN, FLUSH_SETTLE, FLUSH_COUNT };

struct flush_round {
    struct flush_round_spec spec;
    struct event_base *base;
    struct loop_timer timer;
    enum stage stage;
    bool claiming;
    char request[24], domain[ADDRESS_DOMAIN_MAX + 1];
    struct probe_job *job;
    struct queue_client *client;
    struct program *program;
    char ids[QUEUE_MESSAGES_MAX][ID_MAX];
    unsigned listed, tried, waiting;
};

static struct fault refused = {.name = "flush-refused",
                               .text = "the database refuses a statement about flush",
                               .advice = "run sql/migrate, or check the rights of the role",
                               .interval_ms = 60000};
static struct fault failed = {.name = "postqueue",
                              .text = "postqueue cannot have a message delivered",
                              .advice = "check that postqueue in notifier.conf works for this account",
                              .is_warning = true};

static void on_noted(enum pg_rc rc, const PGresult *result, void *arg)
{
    (void)arg;
    if (rc == PG_ERROR)
        (void)fault_report(&refused, PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
}

static void note(struct flush_round *round, unsigned waiting, const char *problem, bool finished)
{
    char tried[16], delivered[16], left[16];
    snprintf(tried, sizeof tried, "%u", round->tried);
    snprintf(delivered, sizeof delivered, "%u", finished && !*problem ? round->listed - waiting : 0);
    snprintf(left, sizeof left, "%u", waiting);
    const char *values[] = {round->spec.node,           round->request, tried, delivered, left, problem,
                            finished ? "true" : "false"};
    pg_send(round->spec.pg,
            &(struct pg_statement){.name = "record_flush",
                                   .sql = "select emailgency.record_flush($1, $2::bigint, $3::integer, "
                                          "$4::integer, $5::integer, $6, $7::boolean)",
                                   .count = 7,
                                   .values = values,
                                   .on_result = on_noted,
                                   .arg = round});
}

static void end_request(struct flush_round *round, unsigned waiting, const char *problem)
{
    log_info("flush ended: domain=%s tried=%u waiting=%u%s%s", round->domain, round->tried, waiting,
             *problem ? " problem=" : "", *problem ? log_value(slice_from(problem)).text : "");
    note(round, waiting, problem, true);
    round->stage = FLUSH_IDLE;
    loop_timer_set(&round->timer, IDLE_MS);
}

static bool is_listed(const struct flush_round *round, struct slice id)
{
    for (unsigned i = 0; i < round->listed; i++)
        if (slice_equal(slice_from(round->ids[i]), id))
            return true;
    return false;
}

// Keeps the ids of a list, or counts those of the first list that are still there. What is held is not
// delivered.
static const char *read_list(struct flush_round *round, struct slice lines, bool first)
{
    struct queue_line line;
    enum queue_line_rc rc;
    while ((rc = queue_line_next(&lines, &line)) == QUEUE_LINE_OK) {
        if (line.kind == QUEUE_LINE_ERROR)
            return "the queue watch has no list";
        if (line.kind != QUEUE_LINE_MESSAGE || line.message.queue == QUEUE_HOLD)
            continue;
        if (!first)
            round->waiting += is_listed(round, line.message.id);
        else if (round->listed < QUEUE_MESSAGES_MAX &&
                 slice_copy(line.message.id, round->ids[round->listed], ID_MAX))
            round->listed++;
    }
    return rc == QUEUE_LINE_BAD ? "the queue watch's list cannot be read" : NULL;
}

static void on_list(struct slice lines, const char *problem, void *arg)
{
    struct flush_round *round = arg;
    const bool first = round->stage == FLUSH_LIST;
    round->client = NULL;
    if (!problem)
        problem = read_list(round, lines, first);
    if (problem) {
        end_request(round, round->listed, problem);
    } else if (first) {
        round->stage = FLUSH_RUN;
        loop_timer_set(&round->timer, 0);
    } else {
        end_request(round, round->waiting, "");
    }
}

static void ask_list(struct flush_round *round)
{
    const struct queue_request request = {
        .kind = QUEUE_REQUEST_MESSAGES, .domain = slice_from(round->domain), .count = QUEUE_MESSAGES_MAX};
    round->client = queue_client_ask(round->base, round->spec.socket, &request, on_list, round);
    if (!round->client)
        end_request(round, round->listed, "the queue watch cannot be asked");
}

static void on_probed(const struct probe_verdict *verdict, void *arg)
{
    struct flush_round *round = arg;
    round->job = NULL;
    if (!verdict->up) {
        end_request(round, 0, verdict->text);
        return;
    }
    round->stage = FLUSH_LIST;
    ask_list(round);
}

// A message that has left the queue meanwhile is no fault.
static void on_postqueue(int status, const char *output, void *arg)
{
    struct flush_round *round = arg;
    round->program = NULL;
    if (status < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        (void)fault_report(&failed, log_value(slice_from(output)).text);
    loop_timer_set(&round->timer, PACE_MS);
}

static void run_next(struct flush_round *round)
{
    if (round->tried == round->listed) {
        round->stage = FLUSH_SETTLE;
        note(round, round->listed, "", false);
        loop_timer_set(&round->timer, round->listed ? SETTLE_MS : 0);
        return;
    }
    const char *argv[] = {round->spec.postqueue, "-i", round->ids[round->tried], NULL};
    if (round->tried++ % PROGRESS_MESSAGES == 0)
        note(round, round->listed, "", false);
    round->program = program_start(
        round->base, &(struct program_spec){
                         .argv = argv, .deadline_ms = POSTQUEUE_MS, .on_end = on_postqueue, .arg = round});
    if (!round->program) {
        (void)fault_report(&failed, strerrordesc_np(errno));
        end_request(round, round->listed, "postqueue cannot be run");
    }
}

static void on_claimed(enum pg_rc rc, const PGresult *result, void *arg)
{
    struct flush_round *round = arg;
    struct probe_target target = {.transport = ""};
    const struct directory_snapshot *rows;
    struct domain_row row;
    round->claiming = false;
    if (rc != PG_OK || PQntuples(result) != 1) {
        on_noted(rc, result, NULL);
        return;
    }
    loop_timer_stop(&round->timer);
    round->listed = round->tried = round->waiting = 0;
    (void)slice_copy(slice_from(PQgetvalue(result, 0, 0)), round->request, sizeof round->request);
    (void)slice_copy(slice_from(PQgetvalue(result, 0, 1)), round->domain, sizeof round->domain);
    memcpy(target.domain, round->domain, sizeof target.domain);
    snprintf(target.recipient, sizeof target.recipient, "postmaster@%.*s", ADDRESS_DOMAIN_MAX, round->domain);
    if (directory_begin(round->spec.directory, &rows) == DIRECTORY_OK) {
        if (directory_domain(rows, slice_from(round->domain), &row) == DIRECTORY_OK)
            (void)slice_copy(row.transport, target.transport, sizeof target.transport);
        directory_end(round->spec.directory);
    }
    round->stage = FLUSH_PROBE;
    round->job = probe_job_start(round->spec.means, &target, on_probed, round);
    if (!round->job)
        end_request(round, 0, "out of memory");
}

static void claim(struct flush_round *round)
{
    const char *values[] = {round->spec.node};
    loop_timer_set(&round->timer, IDLE_MS);
    if (round->claiming || !pg_ready(round->spec.pg))
        return;
    round->claiming = true;
    pg_send(round->spec.pg, &(struct pg_statement){.name = "claim_flush",
                                                   .sql = "select * from emailgency.claim_flush($1)",
                                                   .count = 1,
                                                   .values = values,
                                                   .on_result = on_claimed,
                                                   .arg = round});
}

static void on_turn(void *arg)
{
    struct flush_round *round = arg;
    if (round->stage == FLUSH_IDLE) {
        claim(round);
    } else if (round->stage == FLUSH_RUN) {
        run_next(round);
    } else if (round->stage == FLUSH_SETTLE) {
        round->stage = FLUSH_COUNT;
        ask_list(round);
    }
}

struct flush_round *flush_round_create(struct event_base *base, const struct flush_round_spec *spec)
{
    struct flush_round *round = calloc(1, sizeof *round);
    if (!round)
        return NULL;
    round->spec = *spec;
    round->base = base;
    fault_register(&refused, 1, "emailgency_notifier_errors_total");
    fault_register(&failed, 1, "emailgency_notifier_errors_total");
    loop_timer_init(&round->timer, base, on_turn, round);
    loop_timer_set(&round->timer, IDLE_MS);
    return round;
}

void flush_round_destroy(struct flush_round *round)
{
    if (!round)
        return;
    if (round->job)
        probe_job_cancel(round->job);
    if (round->client)
        queue_client_cancel(round->client);
    if (round->program)
        program_cancel(round->program);
    loop_timer_finish(&round->timer);
    free(round);
}
