// SPDX-License-Identifier: BSD-2-Clause
#include "mailstore/doveadm/doveadm_answer.h"

#include <jansson.h>

enum { CODE_MAX = 255 }; // of a process, exit(3)

static void read_error(const json_t *error, struct doveadm_answer *out)
{
    const json_int_t code = json_integer_value(json_object_get(error, "exitCode"));
    if (code < 1 || code > CODE_MAX)
        return;
    out->end = DOVEADM_REFUSED;
    out->code = (int)code;
}

static bool has_fields(const json_t *row, const char *const *fields)
{
    for (; fields && *fields; fields++)
        if (!json_is_string(json_object_get(row, *fields)))
            return false;
    return json_is_object(row);
}

static void read_rows(const json_t *rows, const char *const *fields, struct doveadm_answer *out)
{
    const size_t count = json_array_size(rows);
    for (size_t i = 0; i < count; i++)
        if (!has_fields(json_array_get(rows, i), fields))
            return;
    if (!json_is_array(rows))
        return;
    out->end = DOVEADM_OK;
    out->rows = count;
}

// Puts the rows that are the values of an object into an array in its place. False where there is none.
static bool list_rows(json_t *entry)
{
    const char *user;
    json_t *row, *users = json_array_get(entry, 1), *list = json_is_object(users) ? json_array() : NULL;
    json_object_foreach(users, user, row)
    {
        if (json_array_append(list, row) != 0)
            break;
    }
    const bool all = json_array_size(list) == json_object_size(users);
    return list && json_array_set_new(entry, 1, list) == 0 && all;
}

static bool is_text(const json_t *value, const char *wanted)
{
    const char *text = json_string_value(value);
    return text && strcmp(text, wanted) == 0;
}

static void read_body(struct slice body, const char *const *fields, bool by_user, struct doveadm_answer *out)
{
    *out = (struct doveadm_answer){.end = DOVEADM_UNKNOWN};
    json_t *root = body.len ? json_loadb(body.ptr, body.len, JSON_ALLOW_NUL, NULL) : NULL;
    json_t *entry = json_array_get(root, 0);
    const json_t *kind = json_array_get(entry, 0);
    out->root = root;
    if (json_array_size(root) != 1 || !is_text(json_array_get(entry, 2), DOVEADM_TAG))
        return;
    if (is_text(kind, "error"))
        read_error(json_array_get(entry, 1), out);
    else if (is_text(kind, "doveadmResponse") && (!by_user || list_rows(entry)))
        read_rows(json_array_get(entry, 1), fields, out);
}

void doveadm_answer_read(struct slice body, const char *const *fields, struct doveadm_answer *out)
{
    read_body(body, fields, false, out);
}

void doveadm_answer_read_users(struct slice body, struct doveadm_answer *out)
{
    read_body(body, NULL, true, out);
}

void doveadm_answer_finish(struct doveadm_answer *answer)
{
    json_decref(answer->root);
    answer->root = NULL;
}

const char *doveadm_answer_text(const struct doveadm_answer *answer, size_t row, const char *field)
{
    const json_t *rows = json_array_get(json_array_get(answer->root, 0), 1);
    const char *text = json_string_value(json_object_get(json_array_get(rows, row), field));
    return text ? text : "";
}

bool doveadm_answer_alike(const struct doveadm_answer *answer, size_t a, size_t b, const char *field)
{
    const json_t *rows = json_array_get(json_array_get(answer->root, 0), 1);
    return json_equal(json_object_get(json_array_get(rows, a), field),
                      json_object_get(json_array_get(rows, b), field)) != 0;
}
