// SPDX-License-Identifier: BSD-2-Clause
#include "base/network_list.h"

static bool is_separator(char c)
{
    return c == ' ' || c == ',' || c == '\t';
}

bool network_list_next(struct slice *list, struct slice *word)
{
    size_t from = 0, to;
    while (from < list->len && is_separator(list->ptr[from]))
        from++;
    for (to = from; to < list->len && !is_separator(list->ptr[to]);)
        to++;
    *word = slice_make(list->ptr + from, to - from);
    *list = slice_skip(*list, to);
    return word->len > 0;
}

bool network_list_has(struct slice list, const struct ip *address)
{
    struct slice word;
    struct cidr network;
    while (network_list_next(&list, &word))
        if (cidr_parse(word, &network) && cidr_contains(&network, address))
            return true;
    return false;
}

static struct slice without_dot(struct slice name)
{
    return name.len > 0 && name.ptr[name.len - 1] == '.' ? slice_make(name.ptr, name.len - 1) : name;
}

bool network_list_names(struct slice list, struct slice host)
{
    struct slice word;
    while (network_list_next(&list, &word))
        if (slice_equal_nocase(without_dot(word), without_dot(host)))
            return true;
    return false;
}
