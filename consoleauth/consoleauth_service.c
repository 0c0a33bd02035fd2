// SPDX-License-Identifier: BSD-2-Clause
#include "consoleauth/consoleauth_service.h"

#include "base/fault.h"
#include "consoleauth/task_start.h"
#include "daemon/daemon.h"
#include "io/server.h"
#include "wire/netstring.h"

// A connection.
struct client {
    struct auth_task *task; // NULL: none is pending
};

static struct server *server;

static struct counter connections = {
    .name = "emailgency_console_auth_connections", .help = "Connected clients.", .kind = COUNTER_GAUGE};

static struct fault bad_request = {.name = "bad-request",
                                   .text = "a client's request is none, so it is disconnected",
                                   .advice = "see that the console is of the same release",
                                   .is_warning = true};

static size_t on_input(struct connection *connection, struct slice in)
{
    static struct auth_request request;
    struct client *client = server_state(connection);
    struct slice content;
    size_t used;
    const enum netstring_rc rc = netstring_parse(in, AUTH_REQUEST_MAX, &content, &used);
    if (rc == NETSTRING_MORE)
        return 0;
    if (rc == NETSTRING_OK && auth_request_parse(content, &request)) {
        auth_task_begin(connection, &request, &client->task, task_start);
        explicit_bzero(&request, sizeof request);
        return used;
    }
    (void)fault_report(&bad_request, NULL);
    connection_destroy(connection);
    return in.len;
}

static void on_close(void *state)
{
    struct client *client = state;
    if (client->task)
        auth_task_abandon(client->task);
}

bool consoleauth_service_start(struct event_base *base, const struct listen_conf *listen,
                               struct problem *problem)
{
    server = server_create(base,
                           &(struct server_spec){.address = listen->address,
                                                 .group = listen->group,
                                                 .mode = option_mode(listen->mode),
                                                 .owner = daemon_owner(),
                                                 .request_max = NETSTRING_HEAD_MAX + AUTH_REQUEST_MAX + 1,
                                                 .state_size = sizeof(struct client),
                                                 .on_input = on_input,
                                                 .on_close = on_close,
                                                 .connections = &connections},
                           problem);
    if (!server)
        return false;
    counter_register(&connections);
    fault_register(&bad_request, 1, "emailgency_console_auth_errors_total");
    return true;
}

void consoleauth_service_drain(int64_t within_ms, void (*done)(void))
{
    server_drain(server, within_ms, done);
}

void consoleauth_service_finish(void)
{
    server_destroy(server);
}
