// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/sms/sms_answer.h"

#include <jansson.h>
#include <stdio.h>

enum { NAME_MAX_BYTES = 200, VALUE_TEXT_MAX = 200 };

// NULL: no such value.
static const json_t *value_at(const json_t *root, struct slice path)
{
    const json_t *value = root;
    while (value && path.len) {
        struct slice step;
        char name[NAME_MAX_BYTES];
        unsigned long long index;
        slice_split(path, '.', &step, &path);
        if (!slice_copy(step, name, sizeof name))
            return NULL;
        value = json_is_array(value) && slice_number(step, 1000000, &index) ? json_array_get(value, index)
                                                                            : json_object_get(value, name);
    }
    return value;
}

static void value_text(const json_t *value, char out[VALUE_TEXT_MAX])
{
    *out = '\0';
    if (json_is_string(value))
        snprintf(out, VALUE_TEXT_MAX, "%s", json_string_value(value));
    else if (json_is_integer(value))
        snprintf(out, VALUE_TEXT_MAX, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else if (json_is_boolean(value))
        snprintf(out, VALUE_TEXT_MAX, "%s", json_is_true(value) ? "true" : "false");
}

static json_t *parse(struct slice body)
{
    return body.len ? json_loadb(body.ptr, body.len, 0, NULL) : NULL;
}

static enum send_outcome outcome_of_value(const json_t *value, bool has_wanted, struct slice wanted)
{
    char text[VALUE_TEXT_MAX];
    if (!value)
        return SEND_UNKNOWN;
    value_text(value, text);
    const bool good =
        has_wanted ? slice_equal(slice_from(text), wanted) : !json_is_null(value) && !json_is_false(value);
    return good ? SEND_SENT : SEND_RETRY;
}

static bool is_success_status(const struct sms_gateway *gateway, unsigned status)
{
    struct slice word, rest = slice_from(gateway->success_status);
    unsigned long long number;
    bool listed = rest.len == 0;
    while (rest.len) {
        slice_split(rest, ' ', &word, &rest);
        listed = listed || (slice_number(word, 299, &number) && number == status);
    }
    return listed;
}

enum send_outcome sms_answer_outcome(const struct sms_gateway *gateway, unsigned status, struct slice body)
{
    struct slice path, wanted;
    const enum send_outcome outcome = send_outcome_of_http(status);
    if (outcome != SEND_SENT)
        return outcome;
    if (!is_success_status(gateway, status))
        return SEND_UNKNOWN;
    if (!*gateway->success_path)
        return SEND_SENT;
    const bool has_wanted = slice_split(slice_from(gateway->success_path), '=', &path, &wanted);
    json_t *root = parse(body);
    const enum send_outcome of_value = outcome_of_value(value_at(root, path), has_wanted, wanted);
    json_decref(root);
    return of_value;
}

void sms_answer_id(const struct sms_gateway *gateway, struct slice body, char out[SMS_ID_MAX])
{
    char text[VALUE_TEXT_MAX];
    json_t *root = *gateway->id_path ? parse(body) : NULL;
    value_text(value_at(root, slice_from(gateway->id_path)), text);
    json_decref(root);
    (void)slice_copy(slice_from(text), out, SMS_ID_MAX);
}
