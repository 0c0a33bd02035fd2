// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/candidate_command.h"

#include "ctl/database_query.h"

#include <sysexits.h>

enum { DATABASE, JSON, UNDELIVERED };
static const struct ctl_option options[] = {
    [DATABASE] = DATABASE_QUERY_OPTION,
    [JSON] = DATABASE_QUERY_JSON,
    {.name = NULL},
};
static const struct ctl_option list_options[] = {
    [DATABASE] = DATABASE_QUERY_OPTION,
    [JSON] = DATABASE_QUERY_JSON,
    [UNDELIVERED] = {"undelivered", 0, NULL, NULL, NULL,
                     "the unknown addresses that became none, and why: the latest 1000"},
    {.name = NULL},
};

static int list_candidates(char *const *operands, const char *const *values)
{
    static const char candidates[] =
        "select m.address, coalesce(u.messages, 0) as messages, coalesce(u.bytes, 0) as bytes, "
        "to_char(m.created_at, 'YYYY-MM-DD HH24:MI') as since, coalesce(k.sender, '') as sender "
        "from emailgency.mailbox m left join emailgency.mailbox_usage u on u.address = m.address "
        "left join emailgency.unknown_address k on k.domain = m.domain and k.address = m.address "
        "where m.domain = emailgency.canonical_domain($1) and m.candidate order by m.address";
    static const char unknown[] =
        "select k.address, k.reason, k.sender, to_char(k.seen_at, 'YYYY-MM-DD HH24:MI') as at "
        "from emailgency.unknown_address k where k.domain = emailgency.canonical_domain($1) and "
        "k.action = 'undelivered' order by k.seen_at desc, k.address limit 1000";
    return database_query_list(values[DATABASE], values[JSON], values[UNDELIVERED] ? unknown : candidates, 1,
                               (const char *const *)operands,
                               values[UNDELIVERED] ? "no mail to unknown addresses went to Undelivered"
                                                   : "there is no candidate");
}

const struct ctl_command candidate_list_command = {
    .name = "candidate list",
    .operands = "DOMAIN",
    .summary = "print the candidate mailboxes of a domain",
    .options = list_options,
    .run = list_candidates,
};

// The code is shown this once: the database keeps its hash only.
static int promote(char *const *operands, const char *const *values)
{
    static const char text[] =
        "select case when p.code is null then 'is a mailbox' else 'is a mailbox; the code by which its user "
        "sets the first password, good once and for 14 days: ' || p.code end as message "
        "from emailgency.promote($1) as p (code)";
    static const char json[] = "select emailgency.canonical_address($1) as address, p.code "
                               "from emailgency.promote($1) as p (code)";
    return database_query_list(values[DATABASE], values[JSON], values[JSON] ? json : text, 1,
                               (const char *const *)operands, NULL);
}

const struct ctl_command candidate_promote_command = {
    .name = "candidate promote",
    .operands = "ADDRESS",
    .summary = "make a candidate a mailbox, and print the code for its first password",
    .options = options,
    .run = promote,
};

static int discard(char *const *operands, const char *const *values)
{
    static const char text[] = "select 'mail to it is refused, and what it had goes to Undelivered' as "
                               "message from (select emailgency.discard($1)) as one";
    static const char json[] = "select emailgency.canonical_address($1) as address, true as blocked "
                               "from (select emailgency.discard($1)) as one";
    return database_query_list(values[DATABASE], values[JSON], values[JSON] ? json : text, 1,
                               (const char *const *)operands, NULL);
}

const struct ctl_command candidate_discard_command = {
    .name = "candidate discard",
    .operands = "ADDRESS",
    .summary = "block an address for good: mail to it is refused",
    .options = options,
    .run = discard,
};
