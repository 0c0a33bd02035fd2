// SPDX-License-Identifier: BSD-2-Clause
#include "web/web_form.h"

#include "web/web_decode.h"

bool web_form_add(struct web_form *form, struct slice name, struct slice value)
{
    if (form->count == WEB_FIELDS_MAX)
        return false;
    form->fields[form->count++] = (struct web_field){.name = name, .value = value};
    return true;
}

static bool add_pair(struct slice pair, char *room, struct web_form *form)
{
    struct slice name, value;
    (void)slice_split(pair, '=', &name, &value);
    char *value_room = room + name.len;
    return web_decode(name, WEB_ENCODED_FORM, room, &name) && name.len > 0 &&
           name.len <= WEB_FIELD_NAME_MAX && web_decode(value, WEB_ENCODED_FORM, value_room, &value) &&
           web_form_add(form, name, value);
}

bool web_form_parse(struct slice in, char *room, struct web_form *form)
{
    while (in.len > 0) {
        struct slice pair, rest;
        (void)slice_split(in, '&', &pair, &rest);
        if (pair.len > 0 && !add_pair(pair, room, form))
            return false;
        room += pair.len;
        in = rest;
    }
    return true;
}

struct slice web_form_get(const struct web_form *form, const char *name)
{
    for (unsigned i = 0; i < form->count; i++)
        if (slice_equal(form->fields[i].name, slice_from(name)))
            return form->fields[i].value;
    return slice_make(NULL, 0);
}
