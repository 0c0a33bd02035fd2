// SPDX-License-Identifier: BSD-2-Clause
#include "io/server.h"

#include "base/clock.h"
#include "io/listener.h"
#include "io/loop.h"

#include <stdalign.h>
#include <stdlib.h>
#include <unistd.h>
#include <utlist.h>

enum { DRAIN_EVERY_MS = 10 };

struct server_client {
    struct server *server;
    struct connection *connection;
    struct server_client *prev, *next;
    alignas(max_align_t) char state[];
};

struct server {
    struct server_spec spec;
    struct event_base *base;
    struct listener *listener; // NULL: it no longer accepts
    struct server_client *clients;
    struct loop_timer drain;
    int64_t drain_until; // clock_mono_ms
    void (*on_drained)(void);
};

static size_t on_input(struct connection *connection, struct slice in)
{
    const struct server_client *client = connection_arg(connection);
    return client->server->spec.on_input(connection, in);
}

static void on_close(struct connection *connection)
{
    struct server_client *client = connection_arg(connection);
    struct server *server = client->server;
    if (server->spec.on_close)
        server->spec.on_close(client->state);
    DL_DELETE(server->clients, client);
    counter_add(server->spec.connections, -1);
    free(client);
}

static void on_accept(int fd, void *arg)
{
    struct server *server = arg;
    struct server_client *client = calloc(1, sizeof *client + server->spec.state_size);
    if (!client) {
        close(fd);
        return;
    }
    client->server = server;
    client->connection = connection_create(server->base, fd,
                                           &(struct connection_spec){.request_max = server->spec.request_max,
                                                                     .on_input = on_input,
                                                                     .on_close = on_close,
                                                                     .arg = client});
    if (!client->connection) {
        free(client);
        return;
    }
    DL_APPEND(server->clients, client);
    counter_add(server->spec.connections, 1);
    if (server->spec.on_open)
        server->spec.on_open(client->connection, client->state);
}

static bool is_waiting(const struct server *server)
{
    const struct server_client *client;
    DL_FOREACH(server->clients, client)
    if (connection_deferred(client->connection))
        return true;
    return false;
}

static void on_drain(void *arg)
{
    struct server *server = arg;
    if (is_waiting(server) && clock_mono_ms() < server->drain_until)
        loop_timer_set(&server->drain, DRAIN_EVERY_MS);
    else
        server->on_drained();
}

static void stop_accepting(struct server *server)
{
    listener_destroy(server->listener);
    server->listener = NULL;
}

struct server *server_create(struct event_base *base, const struct server_spec *spec, struct problem *problem)
{
    struct server *server = calloc(1, sizeof *server);
    if (!server) {
        problem_set(problem, "out of memory");
        return NULL;
    }
    server->base = base;
    server->spec = *spec;
    loop_timer_init(&server->drain, base, on_drain, server);
    const struct listener_spec listening = {.address = spec->address,
                                            .group = spec->group,
                                            .mode = spec->mode,
                                            .owner = spec->owner,
                                            .on_accept = on_accept,
                                            .arg = server};
    server->listener = listener_create(base, &listening, problem);
    if (!server->listener) {
        server_destroy(server);
        return NULL;
    }
    return server;
}

void server_destroy(struct server *server)
{
    struct server_client *client, *next;
    if (!server)
        return;
    stop_accepting(server);
    loop_timer_finish(&server->drain);
    DL_FOREACH_SAFE(server->clients, client, next)
    connection_destroy(client->connection);
    free(server);
}

void *server_state(const struct connection *connection)
{
    struct server_client *client = connection_arg(connection);
    return client->state;
}

void server_drain(struct server *server, int64_t within_ms, void (*done)(void))
{
    stop_accepting(server);
    server->on_drained = done;
    server->drain_until = clock_mono_ms() + within_ms;
    loop_timer_set(&server->drain, 0);
}
