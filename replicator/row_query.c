// SPDX-License-Identifier: BSD-2-Clause
#include "replicator/row_query.h"

#include <stdio.h>

// A change that was read, distinguishable from another one with its number.
#define MARK "concat_ws(':', c.id, c.xid, extract(epoch from c.changed_at))"

// The epoch changes whenever transaction ids that were seen may come again with another meaning: another
// cluster, another time line, a dropped and restored database or table, and a crash, which may take back a
// commit that was visible but not yet on disk (synchronous_commit = off). Crash recovery discards the
// statistics, so stats_reset distinguishes a crash from a clean restart. It changes with the triggers that
// log, too: a restore makes them last, and what it loads before is in no log.
//
// A copy of the files that was taken while the server was stopped changes nothing of that. Then the server is
// older than the position, or has passed it again, with other transactions. Three signs show it: the position
// lies in the future; a change that was read is gone (the marks: of each transaction of the last round that
// had any, one change); or there is a change that the position sees and whose number is above all that were
// read (the first word of the marks).
const char row_query_server_state[] =
    "with recursive was as ("
    " select nullif($1::text, '')::pg_snapshot as position, string_to_array($4::text, ' ') as marks,"
    "  coalesce(nullif($5::text, ''), nullif($1::text, ''))::pg_snapshot as since"
    "), newest (xid, n) as ("
    " (select xid, 1 from emailgency.directory_change order by xid desc limit 1)"
    " union all"
    " select (select c.xid from emailgency.directory_change c where c.xid < n.xid order by c.xid desc limit "
    "1), n.n + 1"
    " from newest n where n.n < 30 and n.xid is not null"
    ") select pg_current_snapshot()::text,"
    " concat_ws(' ', c.system_identifier, p.timeline_id, extract(epoch from w.stats_reset), d.oid,"
    "  'emailgency.directory_change'::regclass::oid,"
    "  coalesce((select sum(t.xmin::text::bigint) from pg_trigger t where t.tgname like "
    "'directory\\_change\\_%'), 0)),"
    " (select max(version) from emailgency.schema_migration),"
    " (select min(n) from generate_series(1, $3::int) n"
    "  where not exists (select from emailgency.schema_migration where version = n)),"
    " coalesce(s.pruned_xid >= pg_snapshot_xmin(was.position), true),"
    " coalesce(s.reload_confirmed_at > greatest(now() - interval '1 hour', nullif($2::text, "
    "'')::timestamptz), "
    "false),"
    " s.reload_confirmed_at::text,"
    " coalesce(pg_snapshot_xmax(was.position) > pg_snapshot_xmax(pg_current_snapshot()), false)"
    "  or coalesce((select bool_or(pg_visible_in_snapshot(c.xid, was.position)) from"
    "   (select xid from emailgency.directory_change where id > was.marks[1]::bigint order by id limit 1000) "
    "c), false)"
    "  or exists (select from unnest(was.marks[2:]) m where split_part(m, ':', 2)::xid8 > s.pruned_xid"
    "   and not exists (select from emailgency.directory_change c where c.id = split_part(m, ':', 1)::bigint"
    "    and " MARK " = m)),"
    " concat_ws(' ', coalesce((select max(id) from emailgency.directory_change), 0),"
    "  coalesce((select string_agg(m.mark, ' ') from"
    "   (select x.xid from newest x where x.xid is not null and not pg_visible_in_snapshot(x.xid, "
    "was.position)"
    "    union select i from pg_snapshot_xip(was.position) i) x"
    "   cross join lateral (select " MARK
    " as mark from emailgency.directory_change c where c.xid = x.xid limit 1) m),"
    "  array_to_string(was.marks[2:], ' '))),"
    " concat_ws(' ', coalesce((select max(id) from emailgency.directory_change), 0),"
    "  (select string_agg(m.mark, ' ') from newest x cross join lateral"
    "   (select " MARK " as mark from emailgency.directory_change c where c.xid = x.xid limit 1) m)),"
    " (select count(*) > 20000 from ("
    "  select from emailgency.directory_change c where c.xid >= pg_snapshot_xmax(was.since)"
    "  union all"
    "  select from emailgency.directory_change c where c.xid = any (array(select pg_snapshot_xip(was.since)))"
    "  limit 20001) c),"
    " coalesce(s.pruned_xid >= pg_snapshot_xmin(was.since), true),"
    " pg_notification_queue_usage()"
    " from was, emailgency.directory_state s, pg_control_system() c, pg_control_checkpoint() p, pg_stat_wal "
    "w,"
    " pg_database d where d.datname = current_database()";

// Exactly what the old snapshot did not see and this one does: ids that had not begun, and ids that were in
// progress. A long transaction hides nothing and delays no other.
const char row_query_changes[] =
    "select kind, key from ("
    " select kind, key from emailgency.directory_change where xid >= pg_snapshot_xmax($1::pg_snapshot)"
    " union"
    " select kind, key from emailgency.directory_change"
    " where xid = any (array(select pg_snapshot_xip($1::pg_snapshot)))"
    ") c where kind = any ($2::text[]) order by kind, key collate \"C\" limit 20001";

_Static_assert(ROW_QUERY_CHANGES_MAX == 20000, "the limit of row_query_changes is one more");

const char row_query_crowded_kinds[] =
    "select kind from ("
    " select kind, key from emailgency.directory_change where xid >= pg_snapshot_xmax($1::pg_snapshot)"
    " union"
    " select kind, key from emailgency.directory_change"
    " where xid = any (array(select pg_snapshot_xip($1::pg_snapshot)))"
    ") c group by kind having count(*) > 20000";

const char row_query_deleted_domains[] =
    "with c as (select key from emailgency.directory_change where kind = 'domain'"
    "  and (xid >= pg_snapshot_xmax($1::pg_snapshot) or xid = any (array(select "
    "pg_snapshot_xip($1::pg_snapshot)))))"
    " select distinct key collate \"C\" from c where not exists (select from c where key is null)"
    " and not exists (select from emailgency.domain d where d.name = c.key) order by 1 limit 20000";

const char row_query_lock_holder[] =
    "select a.pid, a.usename from pg_locks l join pg_stat_activity a using (pid)"
    " where l.relation = ('emailgency.' || $1::text)::regclass and l.granted and l.mode = "
    "'AccessExclusiveLock'"
    " and l.database = (select oid from pg_database where datname = current_database()) limit 1";

const char row_query_queue_holders[] =
    "select pid, login, date_trunc('second', since)::text from emailgency.notification_queue_holder()";

// Text that does not fit is cut; a unit test checks that no kind comes near the limit.
static void append(char out[ROW_QUERY_MAX], const char *first, const char *second)
{
    const size_t used = strlen(out);
    snprintf(out + used, ROW_QUERY_MAX - used, "%s%s", first, second);
}

// The key's fields, `after` after each, and commas between.
static void append_key(enum directory_kind kind, const char *after, char out[ROW_QUERY_MAX])
{
    const struct schema_kind *table = &schema_kinds[kind];
    for (size_t i = 0; i < table->key_fields; i++) {
        append(out, i == 0 ? "" : ", ", table->fields[i].column);
        append(out, after, "");
    }
}

static void append_filter(enum directory_kind kind, enum row_query_part part, char out[ROW_QUERY_MAX])
{
    const struct schema_kind *table = &schema_kinds[kind];
    if (part == ROW_QUERY_KEYED && table->change_fields == 1) {
        append(out, " where ", table->fields[0].column);
        append(out, " = any ", "($1::text[])");
    } else if (part == ROW_QUERY_KEYED) {
        append(out, " where (", "");
        append_key(kind, "", out);
        append(out, ") in (select split_part(k, ' ', 1), substr(k, strpos(k, ' ') + 1)",
               " from unnest($1::text[]) k)");
    } else if (part == ROW_QUERY_AFTER) {
        append(out, " where (", "");
        append_key(kind, " collate \"C\"", out);
        append(out, ") > ", table->key_fields == 2 ? "($1, $2)" : "($1)");
    }
}

void row_query_rows(enum directory_kind kind, enum row_query_part part, char out[ROW_QUERY_MAX])
{
    const struct schema_kind *table = &schema_kinds[kind];
    out[0] = '\0';
    for (size_t i = 0; i < table->field_count; i++)
        append(out, i == 0 ? "select " : ", ", table->fields[i].column);
    append(out, " from emailgency.", table->name);
    append_filter(kind, part, out);
    append(out, " order by ", "");
    append_key(kind, " collate \"C\"", out);
    if (part == ROW_QUERY_AFTER)
        append(out, " limit ", "5000");
}

_Static_assert(ROW_QUERY_SLICE == 5000, "the limit of row_query_rows");
