// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/hold/hold_client.h"

#include <string.h>

enum { REPLY_SECONDS = 70 };

static bool parse_line(struct slice bytes, struct slice *reply, const char **problem)
{
    const char *end = bytes.len ? memchr(bytes.ptr, '\n', bytes.len) : NULL;
    if (!end && bytes.len < HOLD_REPLY_MAX)
        return false;
    if (!end || (size_t)(end - bytes.ptr) >= HOLD_REPLY_MAX)
        *problem = "its reply is too long";
    else
        *reply = slice_make(bytes.ptr, (size_t)(end - bytes.ptr));
    return true;
}

struct unix_question *hold_client_ask(struct event_base *base, const char *socket, const char *line,
                                      void (*on_reply)(struct slice reply, const char *problem, void *arg),
                                      void *arg)
{
    return unix_question_ask(base, &(struct unix_question_spec){.path = socket,
                                                                .question = slice_from(line),
                                                                .seconds = REPLY_SECONDS,
                                                                .parse = parse_line,
                                                                .on_reply = on_reply,
                                                                .arg = arg});
}
