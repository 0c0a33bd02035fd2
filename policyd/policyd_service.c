// SPDX-License-Identifier: BSD-2-Clause
#include "policyd/policyd_service.h"

#include "base/counter.h"
#include "io/connection.h"
#include "io/listener.h"
#include "policyd/decision_log.h"

#include <stdlib.h>
#include <utlist.h>

// One connection with room for its one request.
struct client {
    struct connection *session;
    struct request transaction;
    bool skipping; // the rest of a request that was too big
    bool answered; // the request in hand, before request_begin returned
    struct client *prev, *next;
};

static struct {
    const struct request_services *services;
    struct listener *listener;
    struct client *clients;
} service;

static struct counter connections = {
    .name = "emailgency_policyd_connections", .help = "Connected smtpd processes.", .kind = COUNTER_GAUGE};
static struct counter requests = {.name = "emailgency_policyd_requests_total", .help = "Requests taken."};

static void send_action(struct client *client, const char *action)
{
    char reply[POLICY_REPLY_MAX];
    const size_t len = policy_format(slice_from(action), reply);
    connection_reply(client->session, slice_make(reply, len));
}

static void on_answer(const char *action, void *arg)
{
    struct client *client = arg;
    client->answered = true;
    send_action(client, action);
}

static size_t skip(struct client *client, struct slice in)
{
    bool done = false;
    const size_t used = policy_skip(in, &done);
    if (done) {
        client->skipping = false;
        send_action(client, "DUNNO");
    }
    return used;
}

static void begin(struct client *client, const struct policy_request *request)
{
    client->answered = false;
    request_begin(&client->transaction, request);
    if (!client->answered)
        connection_defer(client->session);
}

static size_t on_input(struct connection *session, struct slice in)
{
    struct client *client = connection_arg(session);
    struct policy_request request;
    size_t used = 0;
    if (client->skipping)
        return skip(client, in);
    switch (policy_parse(in, &request, &used)) {
    case POLICY_MORE:
        break;
    case POLICY_OK:
        counter_add(&requests, 1);
        begin(client, &request);
        break;
    case POLICY_BAD:
        decision_log_fault(NULL, DECISION_LOG_BAD_REQUEST);
        send_action(client, "DUNNO");
        break;
    case POLICY_TOO_BIG:
        decision_log_fault(NULL, DECISION_LOG_TOO_BIG);
        client->skipping = true;
        return skip(client, in);
    }
    return used;
}

static void on_close(struct connection *session)
{
    struct client *client = connection_arg(session);
    request_finish(&client->transaction);
    DL_DELETE(service.clients, client);
    counter_add(&connections, -1);
    free(client);
}

static void on_accept(int fd, void *arg)
{
    (void)arg;
    struct client *client = calloc(1, sizeof *client);
    const struct connection_spec spec = {
        .request_max = POLICY_REQUEST_MAX, .on_input = on_input, .on_close = on_close, .arg = client};
    if (!client) {
        evutil_closesocket(fd);
        return;
    }
    client->session = connection_create(service.services->base, fd, &spec);
    if (!client->session) {
        free(client);
        return;
    }
    client->transaction.on_answer = on_answer;
    client->transaction.arg = client;
    request_init(&client->transaction, service.services);
    DL_APPEND(service.clients, client);
    counter_add(&connections, 1);
}

const char *policyd_service_start(const struct request_services *services, const char *address,
                                  const char *group, mode_t mode)
{
    static char problem[512];
    const struct listener_spec spec = {
        .address = address, .mode = mode, .group = group, .on_accept = on_accept};
    service.services = services;
    service.listener = listener_create(services->base, &spec, problem, sizeof problem);
    if (!service.listener)
        return problem;
    counter_register(&connections);
    counter_register(&requests);
    decision_log_register();
    return NULL;
}

void policyd_service_stop_accepting(void)
{
    listener_destroy(service.listener);
    service.listener = NULL;
}

unsigned policyd_service_waiting(void)
{
    const struct client *client;
    unsigned waiting = 0;
    DL_FOREACH(service.clients, client)
    waiting += client->transaction.open;
    return waiting;
}

void policyd_service_finish(void)
{
    struct client *client, *next;
    policyd_service_stop_accepting();
    DL_FOREACH_SAFE(service.clients, client, next)
    connection_destroy(client->session);
}
