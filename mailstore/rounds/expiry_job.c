// SPDX-License-Identifier: BSD-2-Clause
#include "mailstore/rounds/expiry_job.h"

#include "base/clock.h"
#include "base/counter.h"
#include "base/log.h"
#include "mailstore/contract/store_contract.h"
#include "mailstore/rounds/expiry_mail.h"
#include "mailstore/rounds/store_layout.h"
#include "mailstore/rounds/store_statement.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { DAY_S = 86400, AGAIN_MAX = 3 };

static struct counter expunged = {.name = "emailgency_keeper_expunges_total",
                                  .help = "Folders that mail was expunged from, since it had expired."};
static struct counter passes = {.name = "emailgency_keeper_expiry_passes_total",
                                .help = "Mailboxes whose mail was looked at."};

struct expiry_job {
    struct job_link link;
    const struct store_means *means;
    struct job_list *list;
    struct expiry_task task;
    void (*on_end)(bool good, void *arg);
    void *arg;
    struct doveadm_call *call;
    struct expiry_mail *mail;
    struct expire_decision decision;
    size_t at; // folder
    bool unanswered;
    unsigned again; // times that mail of this folder went while it was listed
};

void expiry_job_register(void)
{
    counter_register(&expunged);
    counter_register(&passes);
}

static void on_postponed(enum pg_rc rc, const PGresult *result, void *arg)
{
    (void)arg;
    (void)store_statement_good(rc, result);
}

static void end(struct expiry_job *job, bool good)
{
    const char *values[] = {job->means->node, job->task.address};
    if (!good)
        pg_call(job->means->pg, "postpone_expiry", "select emailgency.postpone_expiry($1, $2)", values, 2,
                on_postponed, NULL);
    void (*on_end)(bool, void *) = job->on_end;
    void *arg = job->arg;
    job_list_remove(job->list, &job->link);
    expiry_job_cancel(job);
    on_end(good, arg);
}

static void command(struct expiry_job *job, const struct doveadm_request *request,
                    void (*on_answer)(const struct doveadm_answer *answer, void *arg))
{
    job->call = doveadm_send(job->means->doveadm, request, on_answer, job);
    if (!job->call)
        end(job, false);
}

static void on_recorded(enum pg_rc rc, const PGresult *result, void *arg)
{
    end(arg, store_statement_good(rc, result));
}

static void record_purge(struct expiry_job *job)
{
    const char *values[] = {STORE_CONTRACT, job->task.address};
    log_info("deleted mailbox removed: mailbox=%s", log_value(slice_from(job->task.address)).text);
    pg_call(job->means->pg, "record_purge", "select emailgency.record_purge($1::integer, $2)", values, 2,
            on_recorded, job);
}

static void record(struct expiry_job *job)
{
    char effective[24], oldest[24], bytes[24], messages[24], looked[24];
    const struct expiry_rest rest = expiry_mail_rest(job->mail, &job->decision);
    if (job->task.purge) {
        record_purge(job);
        return;
    }
    snprintf(effective, sizeof effective, "%" PRId64, job->decision.effective);
    snprintf(oldest, sizeof oldest, "%" PRId64, rest.oldest);
    snprintf(bytes, sizeof bytes, "%" PRIu64, job->decision.left);
    snprintf(messages, sizeof messages, "%" PRIu64, rest.messages);
    snprintf(looked, sizeof looked, "%" PRId64, job->mail->now);
    const char *values[] = {STORE_CONTRACT,
                            job->means->node,
                            job->task.address,
                            effective,
                            rest.oldest == EXPIRY_NEVER ? NULL : oldest,
                            job->mail->listed ? bytes : NULL,
                            job->mail->listed ? messages : NULL,
                            job->decision.over_quota ? "true" : "false",
                            looked};
    counter_add(&passes, 1);
    pg_call(job->means->pg, "record_expiry",
            "select emailgency.record_expiry($1::integer, $2, $3, $4::integer, $5::bigint, "
            "$6::bigint, $7::bigint, $8::boolean, $9::bigint)",
            values, 9, on_recorded, job);
}

static void expunge_next(struct expiry_job *job);

// A folder that is gone has no mail.
static bool is_done(const struct doveadm_answer *answer)
{
    return answer->end == DOVEADM_OK ||
           (answer->end == DOVEADM_REFUSED && answer->code == DOVEADM_CODE_NO_FOLDER);
}

static void on_expunged(const struct doveadm_answer *answer, void *arg)
{
    struct expiry_job *job = arg;
    job->call = NULL;
    if (!is_done(answer)) {
        end(job, false);
        return;
    }
    counter_add(&expunged, 1);
    job->at++;
    expunge_next(job);
}

static void expunge(struct expiry_job *job)
{
    char before[24];
    const struct expiry_folder *folder = &job->mail->folders[job->at];
    const char *query[8] = {"mailbox",
                            folder->name,
                            "mailbox-guid",
                            folder->guid,
                            job->task.purge ? "SAVEDBEFORE" : "BEFORE",
                            before,
                            NULL,
                            NULL};
    if (!job->task.purge && !job->decision.flagged_too)
        query[6] = "UNFLAGGED";
    snprintf(before, sizeof before, "%" PRId64,
             job->task.purge ? job->task.until : job->mail->now - job->decision.effective * DAY_S + 1);
    log_info("%s: mailbox=%s folder=%s before=%s", job->task.purge ? "deleted mailbox" : "expired",
             log_value(slice_from(job->task.address)).text, folder->guid, before);
    command(job, &(struct doveadm_request){.command = "expunge", .user = job->task.user, .query = query},
            on_expunged);
}

static void expunge_next(struct expiry_job *job)
{
    while (job->at < job->mail->folder_count && !job->task.purge &&
           !expiry_mail_due(job->mail, job->at, &job->decision))
        job->at++;
    if (job->at < job->mail->folder_count)
        expunge(job);
    else
        record(job);
}

static void decide(struct expiry_job *job)
{
    // Without a count the days in force stay.
    if (!job->mail->listed)
        job->task.box.may_raise = false;
    job->decision = expire_decide(&job->task.box, &job->mail->ages);
    if (job->decision.effective != job->task.box.effective)
        log_info("expiry changed: mailbox=%s days=%" PRId64 " before=%" PRId64 " wanted=%" PRId64,
                 log_value(slice_from(job->task.address)).text, job->decision.effective,
                 job->task.box.effective, job->task.box.days);
    job->at = 0;
    expunge_next(job);
}

static void list_next(struct expiry_job *job);

static bool has_changed(const struct doveadm_answer *answer)
{
    return answer->end == DOVEADM_REFUSED && answer->code == DOVEADM_CODE_AGAIN;
}

// The folder may have too much mail for an answer, or for one in time, or its mail goes whenever it is
// listed: it can expire by its wanted age all the same. Where a second folder has no answer, either, Dovecot
// hangs.
static bool may_skip(struct expiry_job *job, const struct doveadm_answer *answer)
{
    const bool first = !job->unanswered;
    if (has_changed(answer)) {
        job->mail->listed = false;
        return true;
    }
    if (answer->end != DOVEADM_UNKNOWN)
        return false;
    job->mail->listed = false;
    job->unanswered = job->unanswered || !answer->too_long;
    return answer->too_long || first;
}

static void on_listed(const struct doveadm_answer *answer, void *arg)
{
    struct expiry_job *job = arg;
    job->call = NULL;
    if (has_changed(answer) && job->again < AGAIN_MAX) {
        job->again++;
        list_next(job);
        return;
    }
    if (is_done(answer)) {
        expiry_mail_add(job->mail, job->at, answer);
    } else if (!may_skip(job, answer)) {
        end(job, false);
        return;
    }
    job->at++;
    job->again = 0;
    list_next(job);
}

static void list_next(struct expiry_job *job)
{
    static const char *const fields[] = {"date.received", "size.virtual", "flags", NULL};
    if (job->at == job->mail->folder_count) {
        decide(job);
        return;
    }
    const struct expiry_folder *folder = &job->mail->folders[job->at];
    const char *query[] = {"mailbox", folder->name, "mailbox-guid", folder->guid, "ALL", NULL};
    command(job,
            &(struct doveadm_request){.command = "fetch",
                                      .user = job->task.user,
                                      .fields = fields,
                                      .query = query,
                                      .asks_again = job->again < AGAIN_MAX},
            on_listed);
}

static void on_folders(const struct doveadm_answer *answer, void *arg)
{
    struct expiry_job *job = arg;
    job->call = NULL;
    if (answer->end != DOVEADM_OK || !expiry_mail_folders(job->mail, answer))
        end(job, false);
    else if (job->task.purge)
        expunge_next(job);
    else
        list_next(job);
}

// Returns NULL if out of memory.
static struct doveadm_call *ask_folders(struct expiry_job *job)
{
    static const char *const fields[] = {"guid", "messages", NULL}, *const folders[] = {"*", NULL};
    return doveadm_send(
        job->means->doveadm,
        &(struct doveadm_request){
            .command = "mailboxStatus", .user = job->task.user, .fields = fields, .folders = folders},
        on_folders, job);
}

static void on_layout(const struct doveadm_answer *answer, void *arg)
{
    struct expiry_job *job = arg;
    job->call = store_layout_is_right(answer) ? ask_folders(job) : NULL;
    if (!job->call)
        end(job, false);
}

static struct doveadm_call *ask_layout(struct expiry_job *job)
{
    const char *mask[2];
    const struct doveadm_request request = store_layout_request(job->task.user, mask);
    return doveadm_send(job->means->doveadm, &request, on_layout, job);
}

struct expiry_job *expiry_job_start(const struct store_means *means, const struct expiry_task *task,
                                    struct job_list *list, void (*on_end)(bool good, void *arg), void *arg)
{
    struct expiry_job *job = calloc(1, sizeof *job);
    if (!job)
        return NULL;
    job->means = means;
    job->list = list;
    job->task = *task;
    job->on_end = on_end;
    job->arg = arg;
    job->mail = expiry_mail_create(clock_wall());
    if (job->mail)
        job->call = store_layout_proved() ? ask_folders(job) : ask_layout(job);
    if (!job->call) {
        expiry_job_cancel(job);
        return NULL;
    }
    job_list_add(list, &job->link);
    return job;
}

void expiry_job_cancel(struct expiry_job *job)
{
    if (job->call)
        doveadm_cancel(job->call);
    expiry_mail_destroy(job->mail);
    free(job);
}
