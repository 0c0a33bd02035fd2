// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/queue/queue_client.h"

#include "wire/netstring.h"

#include <string.h>

enum { REPLY_SECONDS = 10 };

static bool parse_reply(struct slice bytes, struct slice *reply, const char **problem)
{
    size_t whole;
    const enum netstring_rc rc = netstring_parse(bytes, QUEUE_REPLY_MAX, reply, &whole);
    if (rc != NETSTRING_OK && rc != NETSTRING_MORE)
        *problem = "its reply is no netstring";
    return rc != NETSTRING_MORE;
}

struct unix_question *queue_client_ask(struct event_base *base, const char *socket,
                                       const struct queue_request *request,
                                       void (*on_reply)(struct slice lines, const char *problem, void *arg),
                                       void *arg)
{
    char text[QUEUE_REQUEST_MAX], question[NETSTRING_HEAD_MAX + sizeof text + 1];
    const size_t len = queue_request_format(request, text);
    if (len == 0)
        return NULL;
    const size_t head = netstring_head(len, question);
    memcpy(question + head, text, len);
    question[head + len] = ',';
    return unix_question_ask(base,
                             &(struct unix_question_spec){.path = socket,
                                                          .question = slice_make(question, head + len + 1),
                                                          .seconds = REPLY_SECONDS,
                                                          .parse = parse_reply,
                                                          .on_reply = on_reply,
                                                          .arg = arg});
}
