// SPDX-License-Identifier: BSD-2-Clause
#include "mailstore/doveadm/doveadm_request.h"

#include "mailstore/doveadm/doveadm_answer.h"

#include <jansson.h>
#include <stdbool.h>
#include <string.h>

static bool add_text(json_t *object, const char *name, const char *value)
{
    return !value || json_object_set_new(object, name, json_string(value)) == 0;
}

static bool add_list(json_t *object, const char *name, const char *const *values)
{
    json_t *list;
    if (!values)
        return true;
    list = json_array();
    for (; list && *values; values++)
        if (json_array_append_new(list, json_string(*values)) != 0) {
            json_decref(list);
            return false;
        }
    return json_object_set_new(object, name, list) == 0;
}

static const char *folders_name(const char *command)
{
    return strcmp(command, "mailboxCreate") == 0 ? "mailbox"
           : strcmp(command, DOVEADM_USER) == 0  ? "userMask"
                                                 : "mailboxMask";
}

static json_t *parameters(const struct doveadm_request *request)
{
    json_t *object = json_object();
    const bool good = object && add_text(object, "user", request->user) &&
                      add_text(object, "destinationMailbox", request->destination) &&
                      add_text(object, "sourceType", request->source ? "user" : NULL) &&
                      add_text(object, "sourceUser", request->source) &&
                      add_list(object, "field", request->fields) &&
                      add_list(object, folders_name(request->command), request->folders) &&
                      add_list(object, "query", request->query);
    if (good)
        return object;
    json_decref(object);
    return NULL;
}

char *doveadm_request_text(const struct doveadm_request *request)
{
    json_t *object = parameters(request);
    json_t *all = object ? json_pack("[[soo]]", request->command, object, json_string(DOVEADM_TAG)) : NULL;
    char *text = all ? json_dumps(all, JSON_COMPACT) : NULL;
    json_decref(all);
    return text;
}
