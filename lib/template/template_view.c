// SPDX-License-Identifier: BSD-2-Clause
#include "template/template_view.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const json_t *find_outwards(const struct template_view *view, struct slice name)
{
    const json_t *found = NULL;
    for (; view && !found; view = view->outer)
        found = json_object_getn(view->value, name.ptr, name.len);
    return found;
}

const json_t *template_view_find(const struct template_view *view, struct slice name)
{
    struct slice part, rest;
    if (slice_equal(name, SLICE(".")))
        return view->value;
    bool more = slice_split(name, '.', &part, &rest);
    const json_t *found = find_outwards(view, part);
    while (more && found) {
        more = slice_split(rest, '.', &part, &rest);
        found = json_object_getn(found, part.ptr, part.len);
    }
    return found;
}

bool template_view_is_true(const json_t *value)
{
    switch (value ? json_typeof(value) : JSON_NULL) {
    case JSON_OBJECT:
        return json_object_size(value) > 0;
    case JSON_ARRAY:
        return json_array_size(value) > 0;
    case JSON_STRING:
        return json_string_length(value) > 0;
    case JSON_INTEGER:
        return json_integer_value(value) != 0;
    case JSON_REAL:
        return fpclassify(json_real_value(value)) != FP_ZERO;
    case JSON_TRUE:
        return true;
    case JSON_FALSE:
    case JSON_NULL:
        break;
    }
    return false;
}

// The shortest decimal that is read as the same number, with a fraction: 0.1, 2.0.
static struct slice real_text(double value, char number[TEMPLATE_NUMBER_MAX])
{
    int len = 0;
    for (int digits = 15; digits <= 17; digits++) {
        len = snprintf(number, TEMPLATE_NUMBER_MAX - 2, "%.*g", digits, value);
        if (!islessgreater(strtod(number, NULL), value))
            break;
    }
    if (!strpbrk(number, ".e"))
        len += snprintf(number + len, 3, ".0");
    return slice_make(number, (size_t)len);
}

struct slice template_view_text(const json_t *value, char number[TEMPLATE_NUMBER_MAX])
{
    switch (value ? json_typeof(value) : JSON_NULL) {
    case JSON_STRING:
        return slice_make(json_string_value(value), json_string_length(value));
    case JSON_INTEGER:
        return slice_make(number, (size_t)snprintf(number, TEMPLATE_NUMBER_MAX, "%" JSON_INTEGER_FORMAT,
                                                   json_integer_value(value)));
    case JSON_REAL:
        return real_text(json_real_value(value), number);
    case JSON_TRUE:
        return SLICE("true");
    case JSON_FALSE:
        return SLICE("false");
    case JSON_OBJECT:
    case JSON_ARRAY:
    case JSON_NULL:
        break;
    }
    return SLICE("");
}

unsigned long template_view_count(const json_t *value)
{
    const double count = value ? json_number_value(value) : 0;
    return count > 0 && count < 1e15 ? (unsigned long)count : 0;
}
