// SPDX-License-Identifier: BSD-2-Clause
#include "console/view/view_context.h"

#include <stdlib.h>

// Those of console/po.
static const char *const languages[] = {"en", "fr"};

enum { LANGUAGES = sizeof languages / sizeof *languages, RANGES_MAX = 20 };

static json_t *domain_list(const json_t *domains, const char *selected)
{
    json_t *list = json_array();
    bool is_there = !selected;
    size_t i;
    const json_t *name;
    json_array_foreach(domains, i, name)
    {
        const bool is_selected = selected && strcmp(json_string_value(name), selected) == 0;
        is_there = is_there || is_selected;
        json_array_append_new(list, json_pack("{s:O, s:b}", "name", name, "selected", is_selected));
    }
    if (!is_there) // one of an account with very many
        json_array_append_new(list, json_pack("{s:s, s:b}", "name", selected, "selected", 1));
    return list;
}

static const char *fact(const json_t *facts, const char *name)
{
    return json_string_value(json_object_get(facts, name));
}

json_t *view_context_make(const struct view_context *context)
{
    const char *kind = fact(context->facts, "kind");
    json_t *section = json_object();
    if (context->section)
        json_object_set_new(section, context->section, json_true());
    return json_pack(
        "{s:s, s:s*, s:s*, s:b, s:b, s:b, s:s, s:s*, s:o, s:s, s:s*, s:o*, s:s, s:s, s:o}", //
        "language", context->language, "login", fact(context->facts, "login"), "kind", kind, "is_admin",
        kind && strcmp(kind, "admin") == 0, "is_user", kind && strcmp(kind, "user") == 0, "watches",
        json_is_true(json_object_get(context->facts, "watches")), "path", context->path, "domain",
        context->domain, "domains", domain_list(json_object_get(context->facts, "domains"), context->domain),
        "form_key", context->form_key, "fault", context->fault, "saved", context->saved, "public_url",
        context->public_url, "webmail_url", context->webmail_url, "section", section);
}

static const char *known_language(struct slice tag)
{
    struct slice primary, rest;
    (void)slice_split(tag, '-', &primary, &rest);
    for (size_t i = 0; i < LANGUAGES; i++)
        if (slice_equal_nocase(primary, slice_from(languages[i])))
            return languages[i];
    return NULL;
}

// Thousandths; 1000 without a weight.
static unsigned weight_of(struct slice parameters)
{
    char text[8];
    struct slice name, value;
    if (!slice_split(slice_trim(parameters), '=', &name, &value) ||
        !slice_copy(slice_trim(value), text, sizeof text))
        return 1000;
    const double weight = strtod(text, NULL);
    return weight > 0 && weight <= 1 ? (unsigned)(weight * 1000) : 0;
}

static const char *accepted(struct slice header)
{
    const char *best = languages[0];
    unsigned best_weight = 0;
    for (int i = 0; i < RANGES_MAX && header.len > 0; i++) {
        struct slice range, tag, parameters;
        (void)slice_split(header, ',', &range, &header);
        (void)slice_split(range, ';', &tag, &parameters);
        const char *language = known_language(slice_trim(tag));
        const unsigned weight = weight_of(parameters);
        if (language && weight > best_weight) {
            best = language;
            best_weight = weight;
        }
    }
    return best;
}

void view_language(const json_t *facts, struct slice accept_language, char out[VIEW_LANGUAGE_MAX])
{
    const char *own = fact(facts, "language");
    const char *chosen = own ? known_language(slice_from(own)) : NULL;
    (void)slice_copy(slice_from(chosen ? chosen : accepted(accept_language)), out, VIEW_LANGUAGE_MAX);
}
