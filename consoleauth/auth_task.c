// SPDX-License-Identifier: BSD-2-Clause
#include "consoleauth/auth_task.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/hex.h"
#include "base/log_line.h"
#include "consoleauth/consoleauth_conf.h"
#include "pg/pg_refusal.h"
#include "wire/netstring.h"

#include <stdlib.h>
#include <sys/random.h>
#include <utlist.h>

enum { STATEMENTS_MAX = 256 };

static struct auth_task_means means;
static struct auth_task *tasks;
static struct counter outcomes[AUTH_VERBS][AUTH_REASONS];
static struct counter waiting = {.name = "emailgency_console_auth_waiting",
                                 .help = "Requests that have no reply yet.",
                                 .kind = COUNTER_GAUGE};

static struct fault refused = {
    .name = "database-refused",
    .text = "PostgreSQL refuses a statement, so a request of the console has no answer",
    .advice = "see that sql/migrate has run, and that the role has its rights",
};

void auth_task_register(void)
{
    counter_register(&waiting);
    fault_register(&refused, 1, "emailgency_console_auth_errors_total");
    for (unsigned verb = 0; verb < AUTH_VERBS; verb++)
        counter_family_register(
            &(struct counter_family){.name = "emailgency_console_auth_requests_total",
                                     .help = "Requests by what they do and by the reason of the reply.",
                                     .shared = {.name = "do", .value = auth_verb_word(verb)},
                                     .label = "reason",
                                     .word = auth_reason_word,
                                     .count = AUTH_REASONS,
                                     .counters = outcomes[verb]});
}

void auth_task_start(const struct auth_task_means *given)
{
    means = *given;
}

const struct auth_task_means *auth_task_means(void)
{
    return &means;
}

static void end_task(struct auth_task *task)
{
    DL_DELETE(tasks, task);
    if (task->slot)
        *task->slot = NULL;
    loop_timer_finish(&task->late);
    auth_check_cancel(task->check);
    explicit_bzero(task, sizeof *task);
    free(task);
    counter_add(&waiting, -1);
}

void auth_task_finish(void)
{
    struct auth_task *task, *after;
    DL_FOREACH_SAFE(tasks, task, after)
    end_task(task);
}

static void on_late(void *arg)
{
    struct auth_task *task = arg;
    auth_task_refuse(task, AUTH_WRONG, task->late_text);
}

static void send_reply(struct connection *connection, const struct auth_reply *reply)
{
    char out[NETSTRING_HEAD_MAX + AUTH_REPLY_MAX + 1], content[AUTH_REPLY_MAX];
    const size_t size = auth_reply_write(reply, content);
    if (size) {
        const size_t head = netstring_head(size, out);
        memcpy(out + head, content, size);
        out[head + size] = ',';
        connection_reply(connection, slice_make(out, head + size + 1));
    } else {
        connection_destroy(connection);
    }
    explicit_bzero(out, sizeof out);
    explicit_bzero(content, sizeof content);
}

void auth_task_begin(struct connection *connection, const struct auth_request *request,
                     struct auth_task **slot, void (*start)(struct auth_task *task))
{
    struct auth_task *task = calloc(1, sizeof *task);
    if (!task) {
        send_reply(connection, &(struct auth_reply){.reason = AUTH_BUSY});
        return;
    }
    task->request = *request;
    task->connection = connection;
    task->begun = clock_mono_ms();
    task->slot = slot;
    *slot = task;
    DL_APPEND(tasks, task);
    counter_add(&waiting, 1);
    loop_timer_init(&task->late, means.base, on_late, task);
    connection_defer(connection);
    start(task);
}

void auth_task_abandon(struct auth_task *task)
{
    const bool waits = loop_timer_running(&task->late);
    task->slot = NULL;
    task->connection = NULL;
    if (waits)
        end_task(task);
}

static void log_reply(const struct auth_task *task, const struct auth_reply *reply)
{
    const char *from = auth_request_text(&task->request, AUTH_FIELD_FROM);
    const int64_t took = clock_mono_ms() - task->begun;
    struct log_line line;
    log_line_begin(&line);
    log_line_put(&line, "do", slice_from(auth_verb_word(task->request.verb)));
    log_line_put(&line, "outcome", slice_from(auth_reason_word(reply->reason)));
    if (*task->secret.login)
        log_line_put(&line, "login", slice_from(task->secret.login));
    if (*from)
        log_line_put(&line, "client", slice_from(from));
    log_line_number(&line, "took_ms", took > 0 ? (uint64_t)took : 0);
    log_line_write(&line, task->request.verb == AUTH_CHALLENGE ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO);
}

void auth_task_reply(struct auth_task *task, const struct auth_reply *reply)
{
    counter_add(&outcomes[task->request.verb][reply->reason], 1);
    log_reply(task, reply);
    if (task->connection)
        send_reply(task->connection, reply);
    end_task(task);
}

void auth_task_refuse(struct auth_task *task, enum auth_reason reason, const char *text)
{
    auth_task_reply(task, &(struct auth_reply){.reason = reason, .text = text});
}

void auth_task_refuse_late(struct auth_task *task, const char *text)
{
    const int64_t grid = consoleauth_conf.failure_delay_ms, took = clock_mono_ms() - task->begun;
    task->late_text = text;
    if (!task->connection)
        end_task(task);
    else
        loop_timer_set(&task->late, grid > 0 ? grid - took % grid : 0);
}

static void on_result(enum pg_rc rc, const PGresult *result, void *arg)
{
    struct auth_task *task = arg;
    pg_refusal_report(&refused, rc, result);
    if (rc == PG_OK)
        task->on_rows(task, result);
    else
        auth_task_refuse(task, AUTH_AWAY, NULL);
}

void auth_task_query(struct auth_task *task, const struct auth_task_query *query)
{
    if (!task->connection) {
        end_task(task);
    } else if (pg_waiting(means.pg) >= STATEMENTS_MAX) {
        auth_task_refuse(task, AUTH_BUSY, NULL);
    } else {
        task->on_rows = query->then;
        pg_send(means.pg, &(struct pg_statement){.name = query->name,
                                                 .sql = query->sql,
                                                 .count = query->count,
                                                 .values = query->values,
                                                 .on_result = on_result,
                                                 .arg = task});
    }
}

const char *auth_task_address(const struct auth_task *task, enum auth_field field, char out[IDN_TEXT_MAX + 1])
{
    return idn_to_ascii(auth_request_field(&task->request, field), out).ptr;
}

bool auth_task_make_token(struct auth_task *task)
{
    unsigned char bytes[TOKEN_BYTES];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return false;
    hex_write(bytes, sizeof bytes, task->token);
    token_hash(slice_from(task->token), task->id);
    explicit_bzero(bytes, sizeof bytes);
    return true;
}
