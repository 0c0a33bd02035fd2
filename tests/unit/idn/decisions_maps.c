// SPDX-License-Identifier: BSD-2-Clause
#include "decisions.h"
#include "transportmap/lookup/lookup.h"

#include <stdio.h>

static void ask(const struct directory_snapshot *rows, enum lookup_map map, const char *key,
                char out[DECISIONS_MAX])
{
    static const struct route_rules rules = {.lmtp_destination = "unix:private/dovecot-lmtp", .ipv4 = true};
    static struct lookup_answer found;
    const size_t len = strlen(out);
    lookup(rows, &rules, map, slice_from(key), &found);
    snprintf(out + len, DECISIONS_MAX - len, "%s %d %.500s %s %s\n", lookup_map_name(map), found.status,
             found.text, lookup_reason_word(found.reason), found.domain);
}

void decisions_of_maps(const struct directory_snapshot *rows, const struct decisions_given *given,
                       char out[DECISIONS_MAX])
{
    const char *domain = strrchr(given->recipient, '@') + 1;
    out[0] = '\0';
    for (int map = 0; map < LOOKUP_MAPS; map++) {
        ask(rows, (enum lookup_map)map, given->recipient, out);
        ask(rows, (enum lookup_map)map, given->sender, out);
        ask(rows, (enum lookup_map)map, domain, out);
    }
}
