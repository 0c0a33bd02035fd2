// SPDX-License-Identifier: BSD-2-Clause
#include "replicator/statement.h"

#include <stdio.h>

// The epoch changes whenever transaction ids that were seen may come again with another meaning: another
// cluster, another time line, a dropped and restored database or table, and a crash, which may take back a
// commit that was visible but not yet on disk (synchronous_commit = off). Crash recovery discards the
// statistics, and so stats_reset tells a crash from a clean restart.
const char statement_server[] =
    "select pg_current_snapshot()::text,"
    " concat_ws(' ', c.system_identifier, p.timeline_id, extract(epoch from w.stats_reset), d.oid,"
    "  'emailgency.directory_change'::regclass::oid),"
    " (select max(version) from emailgency.schema_migration),"
    " (select min(n) from generate_series(1, $3::int) n"
    "  where not exists (select from emailgency.schema_migration where version = n)),"
    " coalesce(s.pruned_xid >= pg_snapshot_xmin(nullif($1::text, '')::pg_snapshot), true),"
    " coalesce(s.reload_confirmed_at > greatest(now() - interval '1 hour', nullif($2::text, "
    "'')::timestamptz), "
    "false),"
    " s.reload_confirmed_at::text"
    " from emailgency.directory_state s, pg_control_system() c, pg_control_checkpoint() p, pg_stat_wal w,"
    " pg_database d where d.datname = current_database()";

// Exactly what the old snapshot did not see and this one does: ids that had not begun, and ids that were
// under way. A transaction that is long under way hides nothing and delays nobody.
const char statement_changes[] =
    "select kind, key from ("
    " select kind, key from emailgency.directory_change where xid >= pg_snapshot_xmax($1::pg_snapshot)"
    " union"
    " select kind, key from emailgency.directory_change"
    " where xid = any (array(select pg_snapshot_xip($1::pg_snapshot)))"
    ") c order by kind, key collate \"C\" limit 20001";

_Static_assert(STATEMENT_CHANGES_MAX == 20000, "the limit of statement_changes is one more");

const char statement_gone[] =
    "with c as (select key from emailgency.directory_change where kind = 'domain'"
    "  and (xid >= pg_snapshot_xmax($1::pg_snapshot) or xid = any (array(select "
    "pg_snapshot_xip($1::pg_snapshot)))))"
    " select distinct key collate \"C\" from c where not exists (select from c where key is null)"
    " and not exists (select from emailgency.domain d where d.name = c.key) order by 1 limit 20000";

// What does not fit is cut; a unit test sees to it that no kind comes near.
static void append(char out[STATEMENT_MAX], const char *first, const char *second)
{
    size_t used = strlen(out);

    snprintf(out + used, STATEMENT_MAX - used, "%s%s", first, second);
}

void statement_rows(enum directory_kind kind, bool keyed, char out[STATEMENT_MAX])
{
    const struct schema_kind *table = &schema_kinds[kind];

    out[0] = '\0';
    for (size_t i = 0; i < table->field_count; i++)
        append(out, i == 0 ? "select " : ", ", table->fields[i].column);
    append(out, " from emailgency.", table->name);
    if (keyed) {
        append(out, " where ", table->fields[0].column);
        append(out, " = any ", "($1::text[])");
    }
    for (size_t i = 0; i < table->key_fields; i++) {
        append(out, i == 0 ? " order by " : ", ", table->fields[i].column);
        append(out, " collate ", "\"C\"");
    }
}
