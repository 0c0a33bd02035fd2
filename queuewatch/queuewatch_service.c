// SPDX-License-Identifier: BSD-2-Clause
#include "queuewatch/queuewatch_service.h"

#include "base/fault.h"
#include "base/memory.h"
#include "io/loop.h"
#include "io/server.h"
#include "wire/netstring.h"

#include <stdio.h>

enum {
    ANSWER_WITHIN_MS = 3000, // to a request for messages
    WATCH_MS = 10000,        // between two looks whether the watcher hangs
    LATE_CYCLES = 3          // so many intervals without a cycle are a fault, and at least …
};
#define LATE_MS_MIN 120000

// A connection.
struct client {
    struct connection *connection;
    struct watcher_job *job; // that it waits for; NULL: none
    struct loop_timer deadline;
};

static struct {
    struct event_base *base;
    struct server *server;
    struct watcher *watcher;
    struct event *done;
    struct loop_timer watch;
    int64_t late_ms;
} service;

static struct counter connections = {
    .name = "emailgency_queuewatch_connections", .help = "Connected clients.", .kind = COUNTER_GAUGE};

enum { FAULT_HANGS, FAULT_REQUEST };

static struct fault faults[] = {
    [FAULT_HANGS] = {.name = "cycle-hangs",
                     .text = "the queue's file system does not answer, so the figures stay as they were",
                     .advice = "see whether ls can read queue_directory",
                     .interval_ms = 600000},
    [FAULT_REQUEST] = {.name = "bad-request",
                       .text = "a client's request is none, so it is disconnected",
                       .advice = "see that it is of the same release",
                       .is_warning = true},
};

static void reply(struct slice bytes, void *connection)
{
    connection_reply(connection, bytes);
}

static void refuse(struct connection *connection, const char *why)
{
    struct sample sample = {0};
    sample_write_error(&sample, why);
    connection_reply(connection, sample.reply);
    sample_finish(&sample);
}

// The job stays the watcher's, which answers it to nobody.
static void give_up(struct client *client)
{
    loop_timer_stop(&client->deadline);
    if (client->job)
        client->job->owner = NULL;
    client->job = NULL;
}

static void on_deadline(void *arg)
{
    struct client *client = arg;
    give_up(client);
    refuse(client->connection, "the queue does not answer");
}

static void on_done(evutil_socket_t fd, short what, void *arg)
{
    struct watcher_job *job;
    (void)fd;
    (void)what;
    (void)arg;
    while ((job = watcher_take_done(service.watcher)) != NULL) {
        struct client *client = job->owner;
        if (client) {
            give_up(client);
            connection_reply(client->connection, job->answer.reply);
        }
        watcher_job_destroy(service.watcher, job);
    }
}

static void ask(struct client *client, const struct queue_request *request)
{
    client->job = watcher_ask(service.watcher, request->domain, request->count, client);
    if (!client->job) {
        refuse(client->connection, "too many requests wait for the queue");
        return;
    }
    connection_defer(client->connection);
    loop_timer_set(&client->deadline, ANSWER_WITHIN_MS);
}

static void serve(struct client *client, const struct queue_request *request)
{
    if (!service.watcher)
        refuse(client->connection, "the daemon starts");
    else if (request->kind == QUEUE_REQUEST_MESSAGES)
        ask(client, request);
    else if (!watcher_use_sample(service.watcher, reply, client->connection))
        refuse(client->connection, "no look at the queue has ended yet");
}

static size_t on_input(struct connection *connection, struct slice in)
{
    struct slice content;
    struct queue_request request;
    size_t used;
    const enum netstring_rc rc = netstring_parse(in, QUEUE_REQUEST_MAX, &content, &used);
    if (rc == NETSTRING_MORE)
        return 0;
    if (rc == NETSTRING_OK && queue_request_parse(content, &request)) {
        serve(server_state(connection), &request);
        return used;
    }
    (void)fault_report(&faults[FAULT_REQUEST], NULL);
    connection_destroy(connection);
    return in.len;
}

static void on_open(struct connection *connection, void *state)
{
    struct client *client = state;
    client->connection = connection;
    loop_timer_init(&client->deadline, service.base, on_deadline, client);
}

static void on_close(void *state)
{
    struct client *client = state;
    give_up(client);
    loop_timer_finish(&client->deadline);
}

bool queuewatch_service_start(struct event_base *base, const struct listen_conf *listen,
                              struct problem *problem)
{
    service.base = base;
    service.server = server_create(base,
                                   &(struct server_spec){.address = listen->address,
                                                         .group = listen->group,
                                                         .mode = option_mode(listen->mode),
                                                         .request_max = QUEUE_REQUEST_MAX + 16,
                                                         .state_size = sizeof(struct client),
                                                         .on_open = on_open,
                                                         .on_input = on_input,
                                                         .on_close = on_close,
                                                         .connections = &connections},
                                   problem);
    if (!service.server)
        return false;
    counter_register(&connections);
    fault_register(faults, sizeof faults / sizeof faults[0], "emailgency_queuewatch_errors_total");
    return true;
}

static void on_watch(void *arg)
{
    char subject[64];
    const int64_t age_ms = watcher_age_ms(service.watcher);
    (void)arg;
    snprintf(subject, sizeof subject, "seconds=%lld", (long long)(age_ms / 1000));
    if (age_ms >= service.late_ms)
        (void)fault_report(&faults[FAULT_HANGS], subject);
    else
        fault_clear(&faults[FAULT_HANGS]);
    loop_timer_set(&service.watch, WATCH_MS);
}

void queuewatch_service_serve(struct event_base *base, struct watcher *watcher, int64_t interval_ms)
{
    service.watcher = watcher;
    service.late_ms = LATE_CYCLES * interval_ms > LATE_MS_MIN ? LATE_CYCLES * interval_ms : LATE_MS_MIN;
    service.done = memory_or_exit(event_new(base, watcher_fd(watcher), EV_READ | EV_PERSIST, on_done, NULL));
    event_add(service.done, NULL);
    loop_timer_init(&service.watch, base, on_watch, NULL);
    loop_timer_set(&service.watch, WATCH_MS);
}

void queuewatch_service_finish(void)
{
    server_destroy(service.server);
    loop_timer_finish(&service.watch);
    if (service.done)
        event_free(service.done);
}
