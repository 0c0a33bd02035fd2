// SPDX-License-Identifier: BSD-2-Clause
#include "console/view/view_params.h"

static bool is_own(struct slice name)
{
    return slice_equal(name, SLICE("form_key")) || slice_equal(name, SLICE("saved")) ||
           slice_equal(name, SLICE("next")) || slice_equal(name, SLICE("done"));
}

static bool has_field(const struct web_form *form, struct slice name)
{
    for (unsigned i = 0; i < form->count; i++)
        if (slice_equal(form->fields[i].name, name))
            return true;
    return false;
}

// Adds a value to those that a name has already.
static bool add_value(json_t *object, struct slice name, struct slice value)
{
    json_t *text = json_stringn(value.ptr, value.len);
    json_t *before = json_object_getn(object, name.ptr, name.len);
    if (!before)
        return json_object_setn_new(object, name.ptr, name.len, text) == 0;
    if (json_is_array(before))
        return json_array_append_new(before, text) == 0;
    json_t *several = json_array();
    if (json_array_append(several, before) == 0 && json_array_append_new(several, text) == 0)
        return json_object_setn_new(object, name.ptr, name.len, several) == 0;
    json_decref(several);
    return false;
}

json_t *view_params(const struct web_form *parts, const struct web_form *fields)
{
    json_t *object = json_object();
    bool complete = object != NULL;
    for (unsigned i = 0; complete && i < parts->count; i++)
        complete = add_value(object, parts->fields[i].name, parts->fields[i].value);
    for (unsigned i = 0; complete && i < fields->count; i++)
        if (!is_own(fields->fields[i].name) && !has_field(parts, fields->fields[i].name))
            complete = add_value(object, fields->fields[i].name, fields->fields[i].value);
    if (complete)
        return object;
    json_decref(object);
    return NULL;
}

// The value that a field of the form has then; a new reference, or NULL where it stays as it is.
static json_t *laid(const json_t *before, const char *name, const struct web_form *fields, bool is_whole)
{
    const struct slice value = web_form_get(fields, name);
    if (json_is_boolean(before))
        return is_whole || value.ptr ? json_boolean(value.ptr != NULL) : NULL;
    if (!value.ptr)
        return NULL;
    if (!json_is_object(before))
        return json_stringn(value.ptr, value.len);
    if (value.len == 0)
        return NULL;
    json_t *choice = json_object();
    if (json_object_setn_new(choice, value.ptr, value.len, json_true()) == 0)
        return choice;
    json_decref(choice);
    return NULL;
}

bool view_params_lay(json_t *form, const struct web_form *fields, bool is_whole)
{
    const char *name;
    json_t *before;
    void *next;
    json_object_foreach_safe(form, next, name, before)
    {
        json_t *after = laid(before, name, fields, is_whole);
        if (after && json_object_set_new(form, name, after) != 0)
            return false;
    }
    return true;
}
