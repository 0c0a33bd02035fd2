// SPDX-License-Identifier: BSD-2-Clause
#include "mailstore/rounds/tidy_job.h"

#include "base/clock.h"
#include "base/counter.h"
#include "base/log.h"
#include "mailstore/rounds/second_copy_job.h"
#include "mailstore/rounds/store_layout.h"
#include "mailstore/rounds/store_statement.h"
#include "mailstore/rounds/tidy_look.h"
#include "mailstore/rounds/tidy_move.h"
#include "mailstore/rounds/tidy_statement.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static struct counter made = {.name = "emailgency_keeper_candidates_total",
                              .help = "Candidates that were made."};
static struct counter moves = {.name = "emailgency_keeper_moves_total",
                               .help = "Addresses whose mail was moved to Undelivered."};

struct tidy_job {
    struct job_link link;
    const struct store_means *means;
    struct job_list *list;
    struct tidy_task task;
    void (*on_end)(bool more, void *arg);
    void *arg;
    struct doveadm_call *call;
    struct second_copy_job *copies;
    int64_t looked; // seconds since 1970
    size_t at, count;
    unsigned candidates, moved;
    const char *problem; // "": none
    char owner[STORE_USER_MAX];
    struct tidy_entry *entries;
};

void tidy_job_register(void)
{
    counter_register(&made);
    counter_register(&moves);
}

static void end(struct tidy_job *job, bool more)
{
    void (*on_end)(bool, void *) = job->on_end;
    void *arg = job->arg;
    job_list_remove(job->list, &job->link);
    tidy_job_cancel(job);
    on_end(more, arg);
}

// There are users after those that one sort takes, and it was not in vain.
static bool has_more(const struct tidy_job *job)
{
    return job->count == TIDY_LOOK_USERS_MAX && !*job->problem && job->candidates + job->moved > 0;
}

static void on_recorded(enum pg_rc rc, const PGresult *result, void *arg)
{
    struct tidy_job *job = arg;
    end(job, store_statement_good(rc, result) && has_more(job));
}

static void record(struct tidy_job *job)
{
    const struct tidy_end done = {.candidates = job->candidates,
                                  .moved = job->moved,
                                  .problem = job->problem,
                                  .has_more = has_more(job)};
    log_info("tidy: domain=%s addresses=%zu candidates=%u moved=%u%s%s", job->task.domain, job->count,
             job->candidates, job->moved, *job->problem ? " problem=" : "",
             *job->problem ? log_value(slice_from(job->problem)).text : "");
    tidy_statement_record(job->means->pg, job->means->node, job->task.domain, &done, on_recorded, job);
}

// The work until then stays; `unclean` stays, too, where a move may have ended in the middle.
static void stop(struct tidy_job *job, const char *problem)
{
    job->problem = problem;
    record(job);
}

static void command(struct tidy_job *job, const struct doveadm_request *request,
                    void (*on_answer)(const struct doveadm_answer *answer, void *arg))
{
    job->call = doveadm_send(job->means->doveadm, request, on_answer, job);
    if (!job->call)
        stop(job, "out of memory");
}

static void on_single(const char *problem, void *arg)
{
    struct tidy_job *job = arg;
    job->copies = NULL;
    stop(job, *problem ? problem : job->problem);
}

static void remove_second_copies(struct tidy_job *job)
{
    if (!job->task.unclean) {
        record(job);
        return;
    }
    job->copies = second_copy_start(job->means, job->owner, on_single, job);
    if (!job->copies)
        stop(job, "out of memory");
}

static void move_next(struct tidy_job *job);

static void on_noted(enum pg_rc rc, const PGresult *result, void *arg)
{
    (void)arg;
    (void)store_statement_good(rc, result);
}

static void note_moved(struct tidy_job *job)
{
    tidy_statement_moved(job->means->pg, job->entries[job->at].address, on_noted, NULL);
}

// The next sort takes it after all others.
static void put_off(struct tidy_job *job)
{
    const struct tidy_decision decision = {.action = TIDY_WAIT, .reason = TIDY_NOT_MOVED};
    tidy_statement_decided(job->means->pg, job->task.domain, job->entries[job->at].address, decision,
                           on_noted, NULL);
}

static bool is_away(const struct doveadm_answer *answer)
{
    return answer->end == DOVEADM_REFUSED && answer->code == 0;
}

static void on_moved(const struct doveadm_answer *answer, void *arg)
{
    struct tidy_job *job = arg;
    job->call = NULL;
    // It may have copied some mail, and not removed it: the next sort looks for second copies.
    if (answer->end != DOVEADM_OK && answer->code != DOVEADM_CODE_NO_FOLDER && !is_away(answer)) {
        put_off(job);
        job->problem = "Dovecot did not move the mail of an address";
    }
    if (answer->end == DOVEADM_UNKNOWN || is_away(answer)) {
        stop(job, "Dovecot does not answer");
        return;
    }
    if (answer->end == DOVEADM_OK) {
        job->moved++;
        counter_add(&moves, 1);
        note_moved(job);
    }
    job->at++;
    move_next(job);
}

static bool is_moved(const struct tidy_entry *entry)
{
    return entry->decision.action == TIDY_UNDELIVERED && !entry->empty && !entry->none_due;
}

static void move_next(struct tidy_job *job)
{
    struct tidy_move move;
    while (job->at < job->count && !is_moved(&job->entries[job->at]))
        job->at++;
    if (job->at == job->count) {
        remove_second_copies(job);
        return;
    }
    tidy_move_make(&job->entries[job->at], job->owner, job->looked, &move);
    command(job, &move.request, on_moved);
}

static void on_moving(enum pg_rc rc, const PGresult *result, void *arg)
{
    struct tidy_job *job = arg;
    if (!store_statement_good(rc, result) || PQntuples(result) != 1 || *PQgetvalue(result, 0, 0) != 't') {
        end(job, false); // the lease is another's, or the database is away
        return;
    }
    job->at = 0;
    move_next(job);
}

static void note_moving(struct tidy_job *job)
{
    tidy_statement_moving(job->means->pg, job->means->node, job->task.domain, on_moving, job);
}

static const char *const undelivered[] = {STORE_UNDELIVERED_FOLDER, NULL};

static void on_made(const struct doveadm_answer *answer, void *arg)
{
    struct tidy_job *job = arg;
    job->call = NULL;
    if (answer->end != DOVEADM_OK && answer->code != DOVEADM_CODE_EXISTS)
        stop(job, "Undelivered cannot be made");
    else
        note_moving(job);
}

static void on_folder(const struct doveadm_answer *answer, void *arg)
{
    struct tidy_job *job = arg;
    job->call = NULL;
    if (answer->end == DOVEADM_UNKNOWN || is_away(answer))
        stop(job, "Dovecot does not answer");
    else if (answer->rows > 0)
        note_moving(job);
    else
        command(
            job,
            &(struct doveadm_request){.command = "mailboxCreate", .user = job->owner, .folders = undelivered},
            on_made);
}

static void begin_moves(struct tidy_job *job)
{
    static const char *const fields[] = {"guid", NULL};
    size_t wanted = 0;
    for (size_t i = 0; i < job->count; i++)
        wanted += is_moved(&job->entries[i]);
    if (wanted == 0 && !job->task.unclean)
        record(job);
    else
        command(job,
                &(struct doveadm_request){
                    .command = "mailboxStatus", .user = job->owner, .fields = fields, .folders = undelivered},
                on_folder);
}

static void store_next(struct tidy_job *job);

// As it is in force: the database may have refused a candidate.
static void log_decision(const struct tidy_entry *entry)
{
    log_info("tidy: address=%s action=%s reason=%s sender=%s", log_value(slice_from(entry->address)).text,
             tidy_action_word(entry->decision.action), tidy_reason_word(entry->decision.reason),
             log_value(slice_from(entry->sender)).text);
}

static void on_stored(enum pg_rc rc, const PGresult *result, void *arg)
{
    struct tidy_job *job = arg;
    if (!store_statement_good(rc, result)) {
        end(job, false);
        return;
    }
    struct tidy_entry *entry = &job->entries[job->at];
    if (PQntuples(result) == 1 && *PQgetvalue(result, 0, 0) == 't') {
        job->candidates++;
        counter_add(&made, 1);
    } else if (PQntuples(result) == 1 && PQgetisnull(result, 0, 0) && !entry->empty) {
        entry->decision = tidy_decide_refused(&job->task.room);
    }
    if (!entry->empty)
        log_decision(entry);
    job->at++;
    store_next(job);
}

static void store_next(struct tidy_job *job)
{
    if (job->at == job->count) {
        begin_moves(job);
        return;
    }
    struct tidy_entry *entry = &job->entries[job->at];
    if (entry->empty) {
        tidy_statement_empty(job->means->pg, entry->address, job->looked, on_stored, job);
        return;
    }
    entry->decision = tidy_decide(&job->task.room, &entry->facts);
    tidy_statement_decided(job->means->pg, job->task.domain, entry->address, entry->decision, on_stored, job);
}

static void on_alike(enum pg_rc rc, const PGresult *result, void *arg)
{
    struct tidy_job *job = arg;
    if (!store_statement_good(rc, result)) {
        end(job, false);
        return;
    }
    for (int row = 0; row < PQntuples(result); row++)
        tidy_look_alike(job->entries, job->count, PQgetvalue(result, row, 0), PQgetvalue(result, row, 1));
    job->at = 0;
    store_next(job);
}

static void note_senders(struct tidy_job *job)
{
    if (!tidy_statement_unknown(job->means->pg, job->task.domain, job->entries, job->count, on_alike, job))
        stop(job, "out of memory");
}

static void look_next(struct tidy_job *job);

static void on_looked(const struct doveadm_answer *answer, void *arg)
{
    struct tidy_job *job = arg;
    job->call = NULL;
    if (is_away(answer)) {
        stop(job, "Dovecot does not answer");
        return;
    }
    tidy_look_read(&job->entries[job->at], answer, job->looked);
    if (job->entries[job->at].none_due && job->entries[job->at].facts.state == TIDY_DELETED)
        note_moved(job);
    job->at++;
    // A command may take minutes: those after it are the next sort's first.
    if (answer->end == DOVEADM_UNKNOWN) {
        job->problem = "Dovecot does not show the mail of an address";
        job->count = job->at;
    }
    look_next(job);
}

static void look_next(struct tidy_job *job)
{
    struct tidy_move look;
    if (job->at == job->count) {
        note_senders(job);
        return;
    }
    tidy_move_look(&job->entries[job->at], job->looked, &look);
    command(job, &look.request, on_looked);
}

static void on_layout(const struct doveadm_answer *answer, void *arg)
{
    struct tidy_job *job = arg;
    job->call = NULL;
    if (store_layout_is_right(answer))
        look_next(job);
    else
        stop(job, answer->end == DOVEADM_OK ? "Dovecot has the configuration of another release"
                                            : "Dovecot does not answer");
}

static void look(struct tidy_job *job)
{
    const char *mask[2];
    const struct doveadm_request request = store_layout_request(job->owner, mask);
    if (store_layout_proved())
        look_next(job);
    else
        command(job, &request, on_layout);
}

static void on_users(enum pg_rc rc, const PGresult *result, void *arg)
{
    struct tidy_job *job = arg;
    if (!store_statement_good(rc, result)) {
        end(job, false);
        return;
    }
    for (int row = 0; row < PQntuples(result) && job->count < TIDY_LOOK_USERS_MAX; row++)
        if (tidy_look_entry(result, row, &job->entries[job->count]))
            job->count++;
    look(job);
}

struct tidy_job *tidy_job_start(const struct store_means *means, const struct tidy_task *task,
                                struct job_list *list, void (*on_end)(bool more, void *arg), void *arg)
{
    struct tidy_job *job = calloc(1, sizeof *job);
    if (!job || !(job->entries = calloc(TIDY_LOOK_USERS_MAX, sizeof *job->entries))) {
        free(job);
        return NULL;
    }
    job->means = means;
    job->list = list;
    job->task = *task;
    job->on_end = on_end;
    job->arg = arg;
    job->problem = "";
    job->looked = clock_wall();
    snprintf(job->owner, sizeof job->owner, STORE_UNDELIVERED_USER "%s", task->domain);
    job_list_add(list, &job->link);
    tidy_statement_users(means->pg, task->domain, TIDY_LOOK_USERS_MAX, on_users, job);
    return job;
}

bool tidy_job_is_of(const struct tidy_job *job, const char *domain)
{
    return strcmp(job->task.domain, domain) == 0;
}

void tidy_job_cancel(struct tidy_job *job)
{
    if (job->call)
        doveadm_cancel(job->call);
    second_copy_cancel(job->copies);
    free(job->entries);
    free(job);
}
