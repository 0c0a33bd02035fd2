// SPDX-License-Identifier: BSD-2-Clause
#include "tracker/join/tracked_message.h"

#include <stdlib.h>

struct tracked_message *tracked_message_create(int64_t id, int64_t time)
{
    struct tracked_message *message = calloc(1, sizeof *message);
    if (!message)
        return NULL;
    message->id = id;
    message->time = time;
    message->queued = message->removed = message->size = message->recipients = -1;
    return message;
}

void tracked_message_destroy(struct tracked_message *message)
{
    if (!message)
        return;
    free(message->texts);
    free(message);
}

void tracked_message_put(struct tracked_message *message, enum tracked_text text, struct slice value,
                         size_t max)
{
    const size_t len = value.len < max ? value.len : max;
    if (!value.ptr || (message->known & 1U << text) || message->used + len > UINT16_MAX)
        return;
    char *texts = realloc(message->texts, message->used + len + 1);
    if (!texts)
        return;
    memcpy(texts + message->used, value.ptr, len);
    message->texts = texts;
    message->starts[text] = message->used;
    message->lengths[text] = (uint16_t)len;
    message->used = (uint16_t)(message->used + len);
    message->known = (uint16_t)(message->known | 1U << text);
}

struct slice tracked_message_text(const struct tracked_message *message, enum tracked_text text)
{
    if (!(message->known & 1U << text))
        return (struct slice){NULL, 0};
    return slice_make(message->texts + message->starts[text], message->lengths[text]);
}

void tracked_message_shrink(struct tracked_message *message)
{
    char *old = message->texts;
    const struct slice login = tracked_message_text(message, TRACKED_LOGIN);
    message->texts = NULL;
    message->known = 0;
    message->used = 0;
    tracked_message_put(message, TRACKED_LOGIN, login, login.len);
    free(old);
}

enum tracked_first tracked_message_first(struct tracked_message *message, uint32_t hash)
{
    for (unsigned i = 0; i < message->domain_count; i++)
        if (message->domains[i] == hash)
            return TRACKED_AGAIN;
    if (message->domain_count == TRACKED_DOMAINS)
        return TRACKED_UNSURE;
    message->domains[message->domain_count++] = hash;
    return TRACKED_FIRST;
}
