// SPDX-License-Identifier: BSD-2-Clause
#include "mailstore/rounds/second_copy_job.h"

#include "base/clock.h"
#include "base/log.h"
#include "mailstore/rounds/second_copy.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

// Copies of a move that broke off are new. Where a week's mail is more than an answer may list, less is.
enum { LOOK_BACK_S = 7 * 86400, LOOK_BACK_MIN_S = 1200, NARROWER = 8 };

static const char failure[] = "Dovecot did not remove second copies";

struct second_copy_job {
    const struct store_means *means;
    const char *owner;
    void (*on_end)(const char *problem, void *arg);
    void *arg;
    struct doveadm_call *call;
    int64_t look_back; // seconds
    size_t at, count;
    struct second_copy copies[SECOND_COPY_MAX];
};

static void end(struct second_copy_job *job, const char *problem)
{
    void (*on_end)(const char *, void *) = job->on_end;
    void *arg = job->arg;
    second_copy_cancel(job);
    on_end(problem, arg);
}

static void command(struct second_copy_job *job, const struct doveadm_request *request,
                    void (*on_answer)(const struct doveadm_answer *answer, void *arg))
{
    job->call = doveadm_send(job->means->doveadm, request, on_answer, job);
    if (!job->call)
        end(job, "out of memory");
}

static bool is_done(const struct doveadm_answer *answer)
{
    return answer->end == DOVEADM_OK ||
           (answer->end == DOVEADM_REFUSED && answer->code == DOVEADM_CODE_NO_FOLDER);
}

static void compare_next(struct second_copy_job *job);

static void on_expunged(const struct doveadm_answer *answer, void *arg)
{
    struct second_copy_job *job = arg;
    job->call = NULL;
    if (!is_done(answer)) {
        end(job, failure);
        return;
    }
    job->at++;
    compare_next(job);
}

static void expunge(struct second_copy_job *job)
{
    const struct second_copy *copy = &job->copies[job->at];
    const char *query[] = {"mailbox-guid", copy->folder, "UID", copy->extra, NULL};
    log_info("tidy: second copy removed: user=%s uid=%s of=%s", log_value(slice_from(job->owner)).text,
             copy->extra, copy->first);
    command(job, &(struct doveadm_request){.command = "expunge", .user = job->owner, .query = query},
            on_expunged);
}

// Two that are too long to be compared stay.
static void on_texts(const struct doveadm_answer *answer, void *arg)
{
    struct second_copy_job *job = arg;
    job->call = NULL;
    if (!is_done(answer) && !answer->too_long) {
        end(job, failure);
    } else if (second_copy_proved(answer, &job->copies[job->at])) {
        expunge(job);
    } else {
        job->at++;
        compare_next(job);
    }
}

static void compare_next(struct second_copy_job *job)
{
    char uids[sizeof job->copies->first + sizeof job->copies->extra];
    const struct second_copy *copy = &job->copies[job->at];
    if (job->at == job->count) {
        end(job, job->count == SECOND_COPY_MAX ? "there may be more second copies" : "");
        return;
    }
    snprintf(uids, sizeof uids, "%s,%s", copy->first, copy->extra);
    const char *query[] = {"mailbox-guid", copy->folder, "UID", uids, NULL};
    command(job,
            &(struct doveadm_request){
                .command = "fetch", .user = job->owner, .fields = second_copy_text_fields, .query = query},
            on_texts);
}

static void look(struct second_copy_job *job);

static void on_looked(const struct doveadm_answer *answer, void *arg)
{
    struct second_copy_job *job = arg;
    job->call = NULL;
    if (answer->too_long && job->look_back > LOOK_BACK_MIN_S) {
        job->look_back /= NARROWER;
        look(job);
    } else if (!is_done(answer)) {
        end(job, failure);
    } else {
        job->count = second_copy_find(answer, job->copies);
        compare_next(job);
    }
}

static void look(struct second_copy_job *job)
{
    char since[24];
    const char *query[] = {"mailbox", STORE_UNDELIVERED_FOLDER, "SAVEDSINCE", since, NULL};
    snprintf(since, sizeof since, "%" PRId64, clock_wall() - job->look_back);
    command(job,
            &(struct doveadm_request){
                .command = "fetch", .user = job->owner, .fields = second_copy_look_fields, .query = query},
            on_looked);
}

static void on_deduplicated(const struct doveadm_answer *answer, void *arg)
{
    struct second_copy_job *job = arg;
    job->call = NULL;
    if (is_done(answer))
        look(job);
    else
        end(job, failure);
}

struct second_copy_job *second_copy_start(const struct store_means *means, const char *owner,
                                          void (*on_end)(const char *problem, void *arg), void *arg)
{
    static const char *const query[] = {"mailbox", STORE_UNDELIVERED_FOLDER, NULL};
    struct second_copy_job *job = calloc(1, sizeof *job);
    if (!job)
        return NULL;
    *job = (struct second_copy_job){
        .means = means, .owner = owner, .on_end = on_end, .arg = arg, .look_back = LOOK_BACK_S};
    job->call = doveadm_send(
        means->doveadm, &(struct doveadm_request){.command = "deduplicate", .user = owner, .query = query},
        on_deduplicated, job);
    if (job->call)
        return job;
    free(job);
    return NULL;
}

void second_copy_cancel(struct second_copy_job *job)
{
    if (!job)
        return;
    if (job->call)
        doveadm_cancel(job->call);
    free(job);
}
