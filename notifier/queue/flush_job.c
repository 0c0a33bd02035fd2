// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/queue/flush_job.h"

#include "base/fault.h"
#include "base/log.h"
#include "io/loop.h"
#include "io/program.h"
#include "notifier/queue/flush_batch.h"
#include "notifier/queue/queue_client.h"
#include "pg/pg_refusal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

enum {
    PACE_MS = 50,           // between two messages
    SETTLE_MS = 15000,      // until the deliveries have ended, mostly
    POSTQUEUE_MS = 10000,   // for one call
    PROGRESS_MESSAGES = 20, // between two notes of the progress
    TELL_AGAIN_MS = 2000,   // while the database is away
};

enum stage {
    JOB_PROBE,  // of the domain's server
    JOB_LIST,   // of the waiting messages
    JOB_RUN,    // one message after the other
    JOB_SETTLE, // a while for the deliveries
    JOB_COUNT,  // of those that are left
    JOB_TELL    // the database, until it has the end
};

struct flush_job {
    const struct flush_means *means;
    void (*on_end)(void *arg);
    void *arg;
    struct loop_timer timer;
    enum stage stage;
    char request[24], domain[ADDRESS_DOMAIN_MAX + 1];
    struct probe_job *probe;
    struct unix_question *client;
    struct program *program;
    struct flush_batch batch;
    char problem[DIALOGUE_TEXT_MAX + 400]; // as long as a verdict's
};

static struct fault refused = {.name = "flush-refused",
                               .text = "the database refuses a statement about flush",
                               .advice = "run emailgency-migrate, or check the rights of the role",
                               .interval_ms = 60000};
static struct fault failed = {.name = "postqueue",
                              .text = "postqueue cannot have a message delivered",
                              .advice = "check that postqueue in notifier.conf works for this account",
                              .is_warning = true};

void flush_job_register(void)
{
    fault_register(&refused, 1, "emailgency_notifier_errors_total");
    fault_register(&failed, 1, "emailgency_notifier_errors_total");
}

static void on_told(enum pg_rc rc, const PGresult *result, void *arg)
{
    struct flush_job *job = arg;
    void (*on_end)(void *) = job->on_end;
    void *end_arg = job->arg;
    pg_refusal_report(&refused, rc, result);
    if (rc == PG_LOST) {
        loop_timer_set(&job->timer, TELL_AGAIN_MS);
        return;
    }
    flush_job_cancel(job);
    on_end(end_arg);
}

// Of the progress a note that is lost is followed by others.
static void note(struct flush_job *job)
{
    const bool finished = job->stage == JOB_TELL;
    char tried[16], delivered[16], waiting[16];
    snprintf(tried, sizeof tried, "%u", job->batch.tried);
    snprintf(delivered, sizeof delivered, "%u", job->batch.delivered);
    snprintf(waiting, sizeof waiting, "%u", job->batch.waiting);
    const char *values[] = {job->means->node,           job->request, tried, delivered, waiting, job->problem,
                            finished ? "true" : "false"};
    pg_send(job->means->pg,
            &(struct pg_statement){.name = "record_flush",
                                   .sql = "select emailgency.record_flush($1, $2::bigint, $3::integer, "
                                          "$4::integer, $5::integer, $6, $7::boolean)",
                                   .count = 7,
                                   .values = values,
                                   .on_result = finished ? on_told : pg_refusal_only,
                                   .arg = finished ? (void *)job : &refused});
}

static void end(struct flush_job *job, const char *problem)
{
    (void)slice_copy(slice_from(problem), job->problem, sizeof job->problem);
    log_info("flush ended: domain=%s tried=%u delivered=%u waiting=%u%s%s", job->domain, job->batch.tried,
             job->batch.delivered, job->batch.waiting, *problem ? " problem=" : "",
             *problem ? log_value(slice_from(problem)).text : "");
    job->stage = JOB_TELL;
    note(job);
}

static void on_list(struct slice lines, const char *problem, void *arg)
{
    struct flush_job *job = arg;
    job->client = NULL;
    if (!problem)
        problem = flush_batch_read(&job->batch, lines);
    if (problem || !job->batch.listed) {
        end(job, problem ? problem : "");
        return;
    }
    job->stage = JOB_RUN;
    loop_timer_set(&job->timer, 0);
}

static void ask_list(struct flush_job *job)
{
    const struct queue_request request = {
        .kind = QUEUE_REQUEST_MESSAGES, .domain = slice_from(job->domain), .count = QUEUE_MESSAGES_MAX};
    job->client = queue_client_ask(job->means->base, job->means->socket, &request, on_list, job);
    if (!job->client)
        end(job, "the queue watch cannot be asked");
}

static void on_probed(const struct probe_verdict *verdict, void *arg)
{
    struct flush_job *job = arg;
    job->probe = NULL;
    if (!verdict->up) {
        end(job, verdict->text);
        return;
    }
    job->stage = JOB_LIST;
    ask_list(job);
}

// A message that has left the queue meanwhile is no fault.
static void on_postqueue(int status, const char *output, void *arg)
{
    struct flush_job *job = arg;
    job->program = NULL;
    if (status < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        (void)fault_report(&failed, log_value(slice_from(output)).text);
    loop_timer_set(&job->timer, PACE_MS);
}

static void run_next(struct flush_job *job)
{
    const char *id = flush_batch_next(&job->batch);
    if (!id) {
        job->stage = JOB_SETTLE;
        note(job);
        loop_timer_set(&job->timer, SETTLE_MS);
        return;
    }
    if (job->batch.tried % PROGRESS_MESSAGES == 1)
        note(job);
    const char *argv[] = {job->means->postqueue, "-i", id, NULL};
    job->program = program_start(
        job->means->base, &(struct program_spec){
                              .argv = argv, .deadline_ms = POSTQUEUE_MS, .on_end = on_postqueue, .arg = job});
    if (!job->program) {
        (void)fault_report(&failed, strerrordesc_np(errno));
        end(job, "postqueue cannot be run");
    }
}

static void on_turn(void *arg)
{
    struct flush_job *job = arg;
    if (job->stage == JOB_RUN) {
        run_next(job);
    } else if (job->stage == JOB_SETTLE) {
        job->stage = JOB_COUNT;
        ask_list(job);
    } else {
        note(job);
    }
}

static struct probe_target target_of(const struct flush_job *job)
{
    struct probe_target target = {.transport = ""};
    const struct directory_snapshot *rows;
    struct domain_row row;
    memcpy(target.domain, job->domain, sizeof target.domain);
    snprintf(target.recipient, sizeof target.recipient, "postmaster@%.*s", ADDRESS_DOMAIN_MAX, job->domain);
    if (directory_begin(job->means->directory, &rows) != DIRECTORY_OK)
        return target;
    if (directory_domain(rows, slice_from(job->domain), &row) == DIRECTORY_OK)
        (void)slice_copy(row.transport, target.transport, sizeof target.transport);
    directory_end(job->means->directory);
    return target;
}

struct flush_job *flush_job_start(const struct flush_means *means, const char *request, const char *domain,
                                  void (*on_end)(void *arg), void *arg)
{
    struct flush_job *job = calloc(1, sizeof *job);
    if (!job)
        return NULL;
    job->means = means;
    job->on_end = on_end;
    job->arg = arg;
    (void)slice_copy(slice_from(request), job->request, sizeof job->request);
    (void)slice_copy(slice_from(domain), job->domain, sizeof job->domain);
    loop_timer_init(&job->timer, means->base, on_turn, job);
    const struct probe_target target = target_of(job);
    job->probe = probe_job_start(means->probes, &target, on_probed, job);
    if (!job->probe) {
        flush_job_cancel(job);
        return NULL;
    }
    return job;
}

void flush_job_cancel(struct flush_job *job)
{
    if (job->probe)
        probe_job_cancel(job->probe);
    unix_question_cancel(job->client);
    if (job->program)
        program_cancel(job->program);
    loop_timer_finish(&job->timer);
    free(job);
}
