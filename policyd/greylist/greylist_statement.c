// SPDX-License-Identifier: BSD-2-Clause
#include "policyd/greylist/greylist_statement.h"

// The order of keys, and skipping clients that another node renews, prevent deadlocks between nodes. Merging
// is commutative, so the order of nodes and retries does not matter; a passed row's last_seen is updated once
// per day, since each update costs an index entry.
const char greylist_record_sql[] =
    "with asked as (select * from unnest($1::text[], $2::text[], $3::text[]) as a (client, sender, "
    "recipient)),\n"
    "trusted as materialized (\n"
    "  select client, last_pass from greylist_client\n"
    "  where client = any ($1::text[]) and last_pass > now() - make_interval(secs => $6::float8)\n"
    "    and passes >= nullif(case when client like '%/%' then $7::integer else $8::integer end, 0)),\n"
    "renewed as (\n"
    "  update greylist_client c set last_pass = now() from (\n"
    "    select client from greylist_client where client in (select client from trusted)\n"
    "      and last_pass < now() - interval '1 day' for no key update skip locked) as t\n"
    "  where c.client = t.client),\n"
    "written as (\n"
    "  insert into greylist as g (client, sender, recipient, first_seen, last_seen)\n"
    "  select client, sender, recipient, now(), now() from asked\n"
    "  where client not in (select client from trusted)\n"
    "  order by client, sender, recipient\n"
    "  on conflict (client, sender, recipient) do update set\n"
    "    first_seen = case\n"
    "      when g.passed_at is null and g.first_seen < now() - make_interval(secs => $5::float8)\n"
    "        or g.last_seen < now() - make_interval(secs => $6::float8) then excluded.first_seen\n"
    "      else least(g.first_seen, excluded.first_seen) end,\n"
    "    passed_at = case\n"
    "      when g.passed_at is null and g.first_seen < now() - make_interval(secs => $5::float8)\n"
    "        or g.last_seen < now() - make_interval(secs => $6::float8) then null\n"
    "      when g.passed_at is not null then g.passed_at\n"
    "      when g.first_seen <= now() - make_interval(secs => $4::float8) then now() end,\n"
    "    last_seen = case\n"
    "      when g.passed_at is not null and g.last_seen > now() - interval '1 day' then g.last_seen\n"
    "      else greatest(g.last_seen, excluded.last_seen) end\n"
    "  returning client, sender, recipient, passed_at is not null as passed,\n"
    "    case when passed_at = now() then 'passed' when first_seen = now() then 'new' else 'known' end as "
    "state)\n"
    "select client, sender, recipient, passed, state from written\n"
    "union all\n"
    "select client, sender, recipient, true, 'trusted' from asked join trusted using (client)";

const char greylist_pass_sql[] =
    "insert into greylist_client as c (client, passes, first_pass, last_pass)\n"
    "select client, 1, now(), now() from unnest($1::text[]) as a (client) group by client order by client\n"
    "on conflict (client) do update set passes = c.passes + 1, last_pass = now()\n"
    "where c.last_pass <= now() - make_interval(secs => $2::float8)";
