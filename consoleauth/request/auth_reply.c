// SPDX-License-Identifier: BSD-2-Clause
#include "consoleauth/request/auth_reply.h"

#include "base/bug.h"

#include <jansson.h>

static const struct {
    const char *word, *text;
} reasons[AUTH_REASONS] = {
    [AUTH_OK] = {"ok", NULL},
    [AUTH_WRONG] = {"wrong", "Address or password is wrong."},
    [AUTH_CAPTCHA] = {"captcha",
                      "Please prove that you are no robot: tick the box, or wait 20 seconds, and press "
                      "the button of the form again."},
    [AUTH_NEEDS_SECOND] = {"second", "Enter the code from your app, or a recovery code."},
    [AUTH_WEAK] = {"weak", "The password is too weak."},
    [AUTH_ENDED] = {"ended", "Your session has ended. Log in, and what you entered is still there."},
    [AUTH_BUSY] = {"busy", "Too many people log in just now. Wait a few seconds."},
    [AUTH_AWAY] = {"away", "The console rests for a moment. Your mail flows. Try again in 10 seconds."},
    [AUTH_EXPIRED] = {"expired", "This link is not valid any more. Ask for another one."},
};

const char *auth_reason_word(unsigned reason)
{
    return reasons[reason].word;
}

static void add(struct auth_reply *reply, const char *name, const char *value, bool is_json)
{
    if (reply->count == AUTH_REPLY_FIELDS)
        bug_abort("a reply has too many fields");
    reply->fields[reply->count].name = name;
    reply->fields[reply->count].value = value;
    reply->fields[reply->count].is_json = is_json;
    reply->count++;
}

void auth_reply_add(struct auth_reply *reply, const char *name, const char *value)
{
    add(reply, name, value, false);
}

void auth_reply_add_json(struct auth_reply *reply, const char *name, const char *json)
{
    add(reply, name, json, true);
}

static json_t *codes_of(const struct auth_reply *reply)
{
    json_t *array = json_array();
    for (const char *const *code = reply->codes; array && *code; code++)
        if (json_array_append_new(array, json_string(*code)) != 0) {
            json_decref(array);
            return NULL;
        }
    return array;
}

static bool fill(const struct auth_reply *reply, json_t *object)
{
    const bool ok = reply->reason == AUTH_OK;
    const char *text = reply->text ? reply->text : reasons[reply->reason].text;
    bool good = json_object_set_new(object, "ok", json_boolean(ok)) == 0;
    if (!ok)
        good = good && json_object_set_new(object, "reason", json_string(reasons[reply->reason].word)) == 0 &&
               json_object_set_new(object, "text", json_string(text)) == 0;
    for (unsigned i = 0; i < reply->count; i++) {
        json_t *value = reply->fields[i].is_json ? json_loads(reply->fields[i].value, JSON_DECODE_ANY, NULL)
                                                 : json_string(reply->fields[i].value);
        good = json_object_set_new(object, reply->fields[i].name, value) == 0 && good;
    }
    return good && (!reply->codes || json_object_set_new(object, "codes", codes_of(reply)) == 0);
}

size_t auth_reply_write(const struct auth_reply *reply, char out[AUTH_REPLY_MAX])
{
    json_t *object = json_object();
    size_t size = 0;
    if (object && fill(reply, object))
        size = json_dumpb(object, out, AUTH_REPLY_MAX, JSON_COMPACT);
    json_decref(object);
    return size <= AUTH_REPLY_MAX ? size : 0;
}
