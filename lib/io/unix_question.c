// SPDX-License-Identifier: BSD-2-Clause
#include "io/unix_question.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

struct unix_question {
    struct unix_question_spec spec;
    struct bufferevent *stream;
};

void unix_question_cancel(struct unix_question *question)
{
    if (!question)
        return;
    bufferevent_free(question->stream);
    free(question);
}

static void finish_question(struct unix_question *question, struct slice reply, const char *problem)
{
    const struct unix_question ended = *question;
    free(question);
    ended.spec.on_reply(reply, problem, ended.spec.arg);
    bufferevent_free(ended.stream);
}

static void on_readable(struct bufferevent *stream, void *arg)
{
    struct unix_question *question = arg;
    struct evbuffer *input = bufferevent_get_input(stream);
    const size_t size = evbuffer_get_length(input);
    const struct slice bytes = slice_make((const char *)evbuffer_pullup(input, -1), size);
    struct slice reply = SLICE("");
    const char *problem = NULL;
    if (question->spec.parse(bytes, &reply, &problem))
        finish_question(question, problem ? SLICE("") : reply, problem);
}

static void on_event(struct bufferevent *stream, short what, void *arg)
{
    (void)stream;
    if (what & BEV_EVENT_CONNECTED)
        return;
    if (what & BEV_EVENT_TIMEOUT)
        finish_question(arg, SLICE(""), "it does not answer");
    else if (what & BEV_EVENT_EOF)
        finish_question(arg, SLICE(""), "it closed the connection");
    else
        finish_question(arg, SLICE(""), strerrordesc_np(EVUTIL_SOCKET_ERROR()));
}

static bool send_question(struct unix_question *question)
{
    const struct unix_question_spec *spec = &question->spec;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const struct timeval limit = {.tv_sec = spec->seconds};
    if (!slice_copy(slice_from(spec->path), address.sun_path, sizeof address.sun_path))
        return false;
    bufferevent_setcb(question->stream, on_readable, NULL, on_event, question);
    bufferevent_set_timeouts(question->stream, &limit, &limit);
    // Bytes written before the connection is there wait for it.
    return bufferevent_write(question->stream, spec->question.ptr, spec->question.len) == 0 &&
           bufferevent_enable(question->stream, EV_READ | EV_WRITE) == 0 &&
           bufferevent_socket_connect(question->stream, (const struct sockaddr *)&address, sizeof address) ==
               0;
}

struct unix_question *unix_question_ask(struct event_base *base, const struct unix_question_spec *spec)
{
    struct unix_question *question = calloc(1, sizeof *question);
    if (!question)
        return NULL;
    question->spec = *spec;
    question->stream = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
    if (question->stream && send_question(question))
        return question;
    if (question->stream)
        bufferevent_free(question->stream);
    free(question);
    return NULL;
}
