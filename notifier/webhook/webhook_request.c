// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/webhook/webhook_request.h"

#include <jansson.h>
#include <stdbool.h>
#include <string.h>

// NULL takes the place of what is not there.
static json_t *text_or_null(const char *text)
{
    return *text ? json_string(text) : json_null();
}

// Also for out of memory, which json_object_set_new(3) passes on.
static void set(json_t *object, const char *name, json_t *value)
{
    if (value)
        (void)json_object_set_new(object, name, value);
}

char *webhook_body_write(const struct webhook_event *event)
{
    const bool test = strcmp(event->transition, "test") == 0;
    json_t *root = json_object(), *data = json_object();
    set(root, "type",
        json_string(test                                       ? "test"
                    : strcmp(event->transition, "closed") == 0 ? "incident.closed"
                                                               : "incident.opened"));
    set(root, "timestamp", text_or_null(event->created));
    set(data, "domain", json_string(event->domain));
    set(data, "title", json_string(event->title));
    set(data, "text", json_string(event->text));
    if (!test) {
        set(data, "kind", json_string(event->kind));
        set(data, "subject", text_or_null(event->subject));
        set(data, "detail", text_or_null(event->detail));
        set(data, "opened_at", text_or_null(event->opened));
        set(data, "closed_at", text_or_null(event->closed));
        set(data, "waiting", json_integer((json_int_t)event->waiting));
    }
    set(root, "data", data);
    char *out = root ? json_dumps(root, JSON_COMPACT | JSON_PRESERVE_ORDER) : NULL;
    json_decref(root);
    return out;
}

enum send_outcome webhook_outcome(unsigned status)
{
    const enum send_outcome outcome = send_outcome_of_http(status);
    return outcome == SEND_UNKNOWN ? SEND_RETRY : outcome;
}
