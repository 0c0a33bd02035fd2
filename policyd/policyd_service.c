// SPDX-License-Identifier: BSD-2-Clause
#include "policyd/policyd_service.h"

#include "base/counter.h"
#include "daemon/daemon.h"
#include "io/server.h"
#include "policyd/decision_log.h"

// One connection with room for its one request.
struct client {
    struct connection *connection;
    struct request request;
    bool skipping; // the rest of a request that was too big
};

static const struct request_services *services;
static struct server *server;

static struct counter connections = {
    .name = "emailgency_policyd_connections", .help = "Connected smtpd processes.", .kind = COUNTER_GAUGE};
static struct counter requests = {.name = "emailgency_policyd_requests_total", .help = "Requests taken."};

static void send_action(const struct client *client, const char *action)
{
    char reply[POLICY_REPLY_MAX];
    const size_t len = policy_format(slice_from(action), reply);
    connection_reply(client->connection, slice_make(reply, len));
}

static void on_answer(const char *action, void *arg)
{
    send_action(arg, action);
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

static size_t on_input(struct connection *connection, struct slice in)
{
    struct client *client = server_state(connection);
    struct policy_request request;
    size_t used = 0;
    if (client->skipping)
        return skip(client, in);
    switch (policy_parse(in, &request, &used)) {
    case POLICY_MORE:
        break;
    case POLICY_OK:
        counter_add(&requests, 1);
        connection_defer(connection);
        request_begin(&client->request, &request); // which may answer at once
        break;
    case POLICY_BAD:
        decision_log_fault(DECISION_LOG_BAD_REQUEST, NULL);
        send_action(client, "DUNNO");
        break;
    case POLICY_TOO_BIG:
        decision_log_fault(DECISION_LOG_TOO_BIG, NULL);
        client->skipping = true;
        return skip(client, in);
    }
    return used;
}

static void on_open(struct connection *connection, void *state)
{
    struct client *client = state;
    client->connection = connection;
    client->request.on_answer = on_answer;
    client->request.arg = client;
    request_init(&client->request, services);
}

static void on_close(void *state)
{
    struct client *client = state;
    request_finish(&client->request);
}

bool policyd_service_start(const struct request_services *of_request, const struct listen_conf *listening,
                           struct problem *problem)
{
    services = of_request;
    server = server_create(services->base,
                           &(struct server_spec){.address = listening->address,
                                                 .group = listening->group,
                                                 .mode = option_mode(listening->mode),
                                                 .owner = daemon_owner(),
                                                 .request_max = POLICY_REQUEST_MAX,
                                                 .state_size = sizeof(struct client),
                                                 .on_open = on_open,
                                                 .on_input = on_input,
                                                 .on_close = on_close,
                                                 .connections = &connections},
                           problem);
    if (!server)
        return false;
    counter_register(&connections);
    counter_register(&requests);
    decision_log_register();
    return true;
}

void policyd_service_drain(int64_t within_ms, void (*done)(void))
{
    server_drain(server, within_ms, done);
}

void policyd_service_finish(void)
{
    server_destroy(server);
}
