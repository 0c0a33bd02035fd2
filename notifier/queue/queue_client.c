// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/queue/queue_client.h"

#include "wire/netstring.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

enum { REPLY_SECONDS = 10 };

struct queue_client {
    struct bufferevent *stream;
    void (*on_reply)(struct slice lines, const char *problem, void *arg);
    void *arg;
};

void queue_client_cancel(struct queue_client *client)
{
    bufferevent_free(client->stream);
    free(client);
}

static void finish_client(struct queue_client *client, struct slice lines, const char *problem)
{
    const struct queue_client ended = *client;
    free(client);
    ended.on_reply(lines, problem, ended.arg);
    bufferevent_free(ended.stream);
}

static void on_readable(struct bufferevent *stream, void *arg)
{
    struct evbuffer *input = bufferevent_get_input(stream);
    const size_t size = evbuffer_get_length(input);
    const struct slice bytes = slice_make((const char *)evbuffer_pullup(input, -1), size);
    struct slice content;
    size_t whole;
    const enum netstring_rc rc = netstring_parse(bytes, QUEUE_REPLY_MAX, &content, &whole);
    if (rc == NETSTRING_OK)
        finish_client(arg, content, NULL);
    else if (rc != NETSTRING_MORE)
        finish_client(arg, SLICE(""), "its reply is no netstring");
}

static void on_event(struct bufferevent *stream, short what, void *arg)
{
    (void)stream;
    if (what & BEV_EVENT_CONNECTED)
        return;
    if (what & BEV_EVENT_TIMEOUT)
        finish_client(arg, SLICE(""), "it does not answer");
    else if (what & BEV_EVENT_EOF)
        finish_client(arg, SLICE(""), "it closed the connection");
    else
        finish_client(arg, SLICE(""), strerrordesc_np(EVUTIL_SOCKET_ERROR()));
}

static bool send_request(struct queue_client *client, const char *path, const struct queue_request *request)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const struct timeval limit = {.tv_sec = REPLY_SECONDS};
    char text[QUEUE_REQUEST_MAX], head[NETSTRING_HEAD_MAX];
    const size_t len = queue_request_format(request, text);
    if (len == 0 || !slice_copy(slice_from(path), address.sun_path, sizeof address.sun_path))
        return false;
    bufferevent_setcb(client->stream, on_readable, NULL, on_event, client);
    bufferevent_set_timeouts(client->stream, &limit, &limit);
    // Bytes written before the connection is there wait for it.
    return bufferevent_write(client->stream, head, netstring_head(len, head)) == 0 &&
           bufferevent_write(client->stream, text, len) == 0 &&
           bufferevent_write(client->stream, ",", 1) == 0 &&
           bufferevent_enable(client->stream, EV_READ | EV_WRITE) == 0 &&
           bufferevent_socket_connect(client->stream, (const struct sockaddr *)&address, sizeof address) == 0;
}

struct queue_client *queue_client_ask(struct event_base *base, const char *socket,
                                      const struct queue_request *request,
                                      void (*on_reply)(struct slice lines, const char *problem, void *arg),
                                      void *arg)
{
    struct queue_client *client = calloc(1, sizeof *client);
    if (!client)
        return NULL;
    client->on_reply = on_reply;
    client->arg = arg;
    client->stream = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
    if (client->stream && send_request(client, socket, request))
        return client;
    if (client->stream)
        bufferevent_free(client->stream);
    free(client);
    return NULL;
}
