// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/status/queue_listing.h"

#include <jansson.h>
#include <stdlib.h>

// Envelope addresses may hold any bytes, and jansson takes UTF-8 only.
static json_t *parse(struct slice line)
{
    char *text = line.len ? malloc(line.len) : NULL;
    if (!text)
        return NULL;
    for (size_t i = 0; i < line.len; i++) {
        const char byte = line.ptr[i];
        text[i] = (char)(byte & 0x80 ? '?' : byte);
    }
    json_t *out = json_loadb(text, line.len, JSON_ALLOW_NUL, NULL);
    free(text);
    return out;
}

bool queue_listing_add(struct queue_summary *summary, struct slice line)
{
    json_t *message = parse(line);
    const char *queue = json_string_value(json_object_get(message, "queue_name"));
    const int64_t arrival = json_integer_value(json_object_get(message, "arrival_time"));
    if (queue) {
        summary->messages++;
        summary->deferred += strcmp(queue, "deferred") == 0;
        summary->held += strcmp(queue, "hold") == 0;
        if (arrival > 0 && (summary->oldest == 0 || arrival < summary->oldest))
            summary->oldest = arrival;
    }
    const bool known = queue != NULL;
    json_decref(message);
    return known;
}
