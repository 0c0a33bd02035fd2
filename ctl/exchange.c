// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/exchange.h"

#include "io/socket_address.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdlib.h>

enum { REPLY_MAX = 8 << 20 };

struct exchange_round {
    struct event_base *base;
    size_t pending;
};

static void end(struct exchange *exchange, enum status_answer rc)
{
    if (!exchange->round)
        return;
    exchange->rc = rc;
    if (--exchange->round->pending == 0)
        event_base_loopbreak(exchange->round->base);
    exchange->round = NULL;
    bufferevent_disable(exchange->event, EV_READ | EV_WRITE);
}

static void take_reply(struct exchange *exchange)
{
    struct evbuffer *input = bufferevent_get_input(exchange->event);
    const size_t more = evbuffer_get_length(input);
    char *text =
        exchange->len + more <= REPLY_MAX ? realloc(exchange->reply, exchange->len + more + 1) : NULL;
    if (!text) {
        end(exchange, STATUS_GARBLED);
        return;
    }
    exchange->reply = text;
    const int got = evbuffer_remove(input, text + exchange->len, more);
    exchange->len += got > 0 ? (size_t)got : 0;
    text[exchange->len] = '\0';
    if (exchange->enough > 0 && exchange->len >= exchange->enough)
        end(exchange, STATUS_ANSWERS);
}

static void on_read(struct bufferevent *event, void *arg)
{
    (void)event;
    take_reply(arg);
}

static enum status_answer why(int error)
{
    if (error == EACCES || error == EPERM)
        return STATUS_NO_RIGHT;
    return error == ECONNREFUSED || error == ENOENT ? STATUS_REFUSED : STATUS_GARBLED;
}

static void on_event(struct bufferevent *event, short what, void *arg)
{
    struct exchange *exchange = arg;
    const int error = EVUTIL_SOCKET_ERROR();
    (void)event;
    if (what & BEV_EVENT_ERROR)
        end(exchange, why(error));
    else if (what & BEV_EVENT_EOF)
        end(exchange, exchange->enough == 0 && exchange->len > 0 ? STATUS_ANSWERS : STATUS_GARBLED);
}

static void start(struct exchange *exchange, struct exchange_round *round)
{
    struct socket_address address;
    struct problem problem;
    exchange->round = round;
    exchange->event = bufferevent_socket_new(round->base, -1, BEV_OPT_CLOSE_ON_FREE);
    if (!exchange->event || !socket_address_parse(exchange->address, &address, &problem)) {
        exchange->round = NULL;
        exchange->rc = STATUS_GARBLED;
        round->pending--;
        return;
    }
    bufferevent_setcb(exchange->event, on_read, NULL, on_event, exchange);
    bufferevent_enable(exchange->event, EV_READ | EV_WRITE);
    (void)bufferevent_write(exchange->event, exchange->request.ptr, exchange->request.len);
    // A refusal comes as an event, other failures at once.
    if (bufferevent_socket_connect(exchange->event, (struct sockaddr *)&address.storage, (int)address.len) !=
        0)
        end(exchange, why(errno));
}

void exchange_run(struct exchange *exchanges, size_t count, int wait_ms)
{
    const struct timeval wait = {.tv_sec = wait_ms / 1000, .tv_usec = wait_ms % 1000 * 1000L};
    struct exchange_round round = {.base = event_base_new(), .pending = count};
    for (size_t i = 0; i < count; i++) {
        exchanges[i].rc = STATUS_SILENT;
        if (round.base)
            start(&exchanges[i], &round);
    }
    if (round.base && round.pending > 0 && event_base_loopexit(round.base, &wait) == 0)
        event_base_dispatch(round.base);
    for (size_t i = 0; i < count; i++) {
        if (exchanges[i].event)
            bufferevent_free(exchanges[i].event);
        exchanges[i].event = NULL;
        exchanges[i].round = NULL;
    }
    if (round.base)
        event_base_free(round.base);
}

void exchange_finish(struct exchange *exchanges, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(exchanges[i].reply);
        exchanges[i].reply = NULL;
        exchanges[i].len = 0;
    }
}

struct slice exchange_http_body(struct exchange *exchange)
{
    static const char blank[] = "\r\n\r\n";
    const struct slice reply = slice_make(exchange->reply, exchange->len);
    struct slice version, status, head;
    const char *body = reply.len ? memmem(reply.ptr, reply.len, blank, sizeof blank - 1) : NULL;
    if (exchange->rc != STATUS_ANSWERS)
        return slice_make(NULL, 0);
    slice_split(reply, ' ', &version, &head);
    slice_split(head, ' ', &status, &head);
    if (!body || !slice_has_prefix(version, SLICE("HTTP/1.")) || !slice_equal(status, SLICE("200"))) {
        exchange->rc = STATUS_GARBLED;
        return slice_make(NULL, 0);
    }
    return slice_skip(reply, (size_t)(body - reply.ptr) + sizeof blank - 1);
}
