// SPDX-License-Identifier: BSD-2-Clause
#include "pg/pg_hosts.h"

#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

// "a,b,c" begun at 1 is "b,c,a".
static char *rotate(const char *list, unsigned first)
{
    unsigned count = 1;
    for (const char *c = list; *c; c++)
        count += *c == ',';
    const char *start = list;
    for (unsigned skip = first % count; skip; skip--)
        start = strchr(start, ',') + 1;
    if (start == list)
        return NULL;
    char *out = malloc(strlen(list) + 1);
    if (!out)
        return NULL;
    char *end = stpcpy(out, start);
    *end++ = ',';
    memcpy(end, list, (size_t)(start - list) - 1);
    end[start - list - 1] = '\0';
    return out;
}

// A rotated copy of the option's value; NULL where it has none.
static char *rotated(const PQconninfoOption *options, const char *keyword, unsigned first)
{
    for (const PQconninfoOption *option = options; option && option->keyword; option++)
        if (option->val && strcmp(option->keyword, keyword) == 0)
            return rotate(option->val, first);
    return NULL;
}

struct pg_hosts pg_hosts_from(const char *conninfo, unsigned first)
{
    PQconninfoOption *options = PQconninfoParse(conninfo, NULL);
    const struct pg_hosts out = {.host = rotated(options, "host", first),
                                 .addr = rotated(options, "hostaddr", first),
                                 .port = rotated(options, "port", first)};
    PQconninfoFree(options);
    return out;
}

void pg_hosts_free(const struct pg_hosts *hosts)
{
    free(hosts->host);
    free(hosts->addr);
    free(hosts->port);
}
