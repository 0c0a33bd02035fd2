// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/setup/setup_value.h"

#include <ctype.h>
#include <stdint.h>

#define MAP "$emailgency_map:relay_domains"

bool setup_value_has(struct slice list, struct slice word)
{
    for (struct slice next; setup_word_next(&list, &next);)
        if (slice_equal_nocase(next, word))
            return true;
    return false;
}

static void add_word(struct setup_text *out, size_t start, struct slice word, const char *separator)
{
    if (out->len > start)
        setup_text_print(out, "%s", separator);
    setup_text_add(out, word);
}

void setup_value_join(struct slice first, struct slice second, const char *separator, struct setup_text *out)
{
    const size_t start = out->len;
    struct slice rest = first;
    for (struct slice word; setup_word_next(&rest, &word);)
        add_word(out, start, word, separator);
    for (struct slice word; setup_word_next(&second, &word);)
        if (!setup_value_has(first, word))
            add_word(out, start, word, separator);
}

// The length of a reference to the parameter at the start of `text`; 0: none.
static size_t measure_name(struct slice text, struct slice name)
{
    const bool closed = text.len > 1 && (text.ptr[1] == '{' || text.ptr[1] == '(');
    const size_t skip = closed ? 2 : 1, len = skip + name.len;
    if (text.len < len || text.ptr[0] != '$' || memcmp(text.ptr + skip, name.ptr, name.len) != 0)
        return 0;
    if (closed)
        return text.len > len && (text.ptr[len] == '}' || text.ptr[len] == ')') ? len + 1 : 0;
    return text.len > len && (isalnum((unsigned char)text.ptr[len]) || text.ptr[len] == '_') ? 0 : len;
}

bool setup_value_names(struct slice value, const char *parameter)
{
    for (; value.len; value = slice_skip(value, 1))
        if (measure_name(value, slice_from(parameter)))
            return true;
    return false;
}

void setup_value_replace(struct slice value, const char *parameter, struct slice by, struct setup_text *out)
{
    while (value.len) {
        const size_t len = measure_name(value, slice_from(parameter));
        setup_text_add(out, len ? by : slice_make(value.ptr, 1));
        value = slice_skip(value, len ? len : 1);
    }
}

struct slice setup_value_larger(struct slice present, struct slice shipped)
{
    unsigned long long a, b;
    if (!slice_number(present, INT64_MAX, &a) || !slice_number(shipped, INT64_MAX, &b) || a == 0)
        return present;
    return b == 0 || b > a ? shipped : present;
}

static bool read_seconds(struct slice value, char unit, unsigned long long *out)
{
    static const char units[] = "smhdw";
    static const unsigned long long seconds[] = {1, 60, 3600, 86400, 604800};
    if (value.len && isalpha((unsigned char)value.ptr[value.len - 1]))
        unit = value.ptr[--value.len];
    const char *at = strchr(units, unit);
    if (!at || !slice_number(value, INT32_MAX, out))
        return false;
    *out *= seconds[at - units];
    return true;
}

struct slice setup_value_longer(struct slice present, struct slice shipped, char unit)
{
    unsigned long long a, b;
    if (!read_seconds(present, unit, &a) || !read_seconds(shipped, unit, &b))
        return present;
    return b > a ? shipped : present;
}

static bool is_one_of(struct slice word, const char *const *names)
{
    for (; *names; names++)
        if (slice_equal_nocase(word, slice_from(*names)))
            return true;
    return false;
}

static const char *const stops[] = {"reject_unauth_destination", "defer_unauth_destination", NULL};
static const char *const ends[] = {"permit", "reject", "defer", "defer_if_permit", NULL};
static const char *const permits[] = {"permit_mynetworks", "permit_sasl_authenticated", NULL};

static bool has_one_of(struct slice list, const char *const *names)
{
    for (struct slice word; setup_word_next(&list, &word);)
        if (is_one_of(word, names))
            return true;
    return false;
}

// The next word of a list, and whether a comma is before it.
static bool next_word(struct slice *rest, struct slice *word, bool *comma)
{
    const struct slice from = *rest;
    if (!setup_word_next(rest, word))
        return false;
    *comma = memchr(from.ptr, ',', (size_t)(word->ptr - from.ptr)) != NULL;
    return true;
}

static bool is_dropped(struct slice word, bool drop_permit_mynetworks)
{
    return drop_permit_mynetworks && slice_equal_nocase(word, slice_from(permits[0]));
}

void setup_value_relay(struct slice present, bool drop_permit_mynetworks, struct setup_text *out)
{
    const bool has_map =
        setup_value_has(present, SLICE(MAP)) || setup_value_has(present, SLICE("$relay_domains"));
    bool added = has_map, stopped = false;
    const size_t start = out->len;
    bool comma;
    for (struct slice word; next_word(&present, &word, &comma);) {
        const bool stop = is_one_of(word, stops);
        if (is_dropped(word, drop_permit_mynetworks))
            continue;
        if (!added && (stop || is_one_of(word, ends))) {
            add_word(out, start, SLICE("check_recipient_access " MAP), ", ");
            added = comma = true;
        }
        stopped = stopped || stop;
        add_word(out, start, stop ? slice_from(stops[0]) : word, comma ? ", " : " ");
    }
    if (!added)
        add_word(out, start, SLICE("check_recipient_access " MAP), ", ");
    if (!stopped)
        add_word(out, start, slice_from(stops[0]), ", ");
}

struct slice setup_value_relay_control(struct slice present)
{
    struct slice rest = present;
    for (struct slice word; setup_word_next(&rest, &word);)
        if (is_one_of(word, stops))
            return slice_make(present.ptr, (size_t)(word.ptr + word.len - present.ptr));
    return present;
}

// Returns whether the list asks policyd already.
static bool asks_policyd(struct slice list)
{
    return setup_value_names(list, "emailgency_policyd") || setup_text_holds(list, "emailgency/policyd");
}

void setup_value_recipient(struct slice present, struct slice policy, bool drop_permit_mynetworks,
                           struct setup_text *out)
{
    const bool stopped = has_one_of(present, stops);
    bool added = asks_policyd(present);
    const size_t start = out->len;
    bool comma;
    for (struct slice word; next_word(&present, &word, &comma);) {
        if (is_dropped(word, drop_permit_mynetworks))
            continue;
        if (!added && !stopped && !is_one_of(word, permits)) {
            add_word(out, start, policy, ", ");
            added = comma = true;
        }
        add_word(out, start, word, comma ? ", " : " ");
        if (!added && stopped && is_one_of(word, stops)) {
            add_word(out, start, policy, ", ");
            added = true;
        }
    }
    if (!added)
        add_word(out, start, policy, ", ");
}
