-- The change log that replicas follow: triggers on the replicated tables, and the notification that wakes the replicators.

comment on table directory_change is
  'The change log: the keys of changed rows that replicas hold, written by triggers in the writer''s transaction.';
comment on column directory_change.id is 'Order of writing, not of commit.';
comment on column directory_change.xid is
  'The writer''s transaction. It has certainly ended if it is below pg_snapshot_xmin(pg_current_snapshot()).';
comment on column directory_change.kind is 'Table that changed.';
comment on column directory_change.key is
  'Primary key of the changed row (whitelist: domain, a blank, entry; alias: the address, for all its rows); null: the whole '
  'table.';
comment on column directory_change.changed_at is 'When it was written.';

comment on table directory_state is 'One row: the state of the change log.';
comment on column directory_state.id is 'Always true: there is one row.';
comment on column directory_state.pruned_xid is
  'Highest transaction whose changes were removed. A replica that has not read past it must reload everything.';
comment on column directory_state.reload_confirmed_at is
  'When an operator last confirmed, by confirm_reload(), the loss of many domains.';

-- A notification only wakes. A queue that one session's idle listener keeps full must not fail all edits. Nor may edits wait
-- for a session that writes very many notifications: a commit that notifies holds a lock of the whole cluster until they are
-- written (PreCommit_Notify in src/backend/commands/async.c).
create or replace function wake(channel text, full_at double precision default 0.5) returns void
language plpgsql set search_path = emailgency, pg_temp as $$
declare
  used constant double precision := pg_notification_queue_usage();
begin
  if used < full_at and (used = 0 or not exists (
    select from pg_locks
    where locktype = 'object' and database = 0 and classid = 'pg_database'::regclass and objid = 0 and granted
  )) then
    perform pg_notify(channel, '');
  end if;
end
$$;
comment on function wake(text, double precision) is
  'Notifies a channel, unless the notification queue is filling up or another session is writing to it. A full queue fails '
  'the transactions that notify, at commit; listeners also poll.';

create or replace function directory_change_log() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  kind constant text := tg_argv[0];
  key constant text := array_to_string(array(
    select quote_ident(c.name) from unnest(tg_argv[1:]) with ordinality as c (name, place) order by c.place
  ), ' || '' '' || ');
  logged bigint := 1;
begin
  if tg_op = 'TRUNCATE' then
    insert into directory_change (kind, key) values (kind, null);
  else
    execute format('insert into directory_change (kind, key) %s', case tg_op
      when 'INSERT' then format('select distinct %L, %s from new_rows', kind, key)
      when 'DELETE' then format('select distinct %L, %s from old_rows', kind, key)
      else format('select distinct %L, %s from (
        (table old_rows except all table new_rows) union all (table new_rows except all table old_rows)
      ) as c', kind, key)
    end);
    get diagnostics logged = row_count; -- execute does not set found
  end if;
  if logged > 0 then
    perform wake('emailgency_directory');
  end if;
  return null;
end
$$;
comment on function directory_change_log() is
  'Logs the old and new keys of the rows that a statement changed, and wakes the replicators. Arguments: kind, key columns, '
  'which are joined by a blank.';

-- A trigger that is as wanted is not created again: a replicator that sees another one compares all rows, since changes may be
-- missing from the log.
do $$
declare
  wanted record;
begin
  for wanted in
    select t.kind, e.event, e.rows, 'directory_change_' || e.event as name, array_to_string(t.kind || t.key, '\000') || '\000' as stored, (
      select string_agg(quote_literal(a.value), ', ' order by a.place) from unnest(t.kind || t.key) with ordinality as a (value, place)
    ) as arguments
    from (values
      ('setting', array['name']), ('plan', array['name']), ('domain', array['name']), ('domain_alias', array['name']),
      ('mailbox', array['address']), ('alias', array['address']), ('whitelist', array['domain', 'entry']), ('dnsbl', array['zone']),
      ('best_mx', array['domain'])
    ) as t (kind, key)
    cross join (values
      ('insert', 'referencing new table as new_rows'), ('update', 'referencing old table as old_rows new table as new_rows'),
      ('delete', 'referencing old table as old_rows'), ('truncate', '')
    ) as e (event, rows)
  loop
    if not exists (
      select from pg_trigger g
      where g.tgrelid = wanted.kind::regclass and g.tgname = wanted.name and g.tgfoid = 'directory_change_log'::regproc
        and encode(g.tgargs, 'escape') = wanted.stored and g.tgenabled = 'O'
    ) then
      execute format('create or replace trigger %I after %s on %I %s for each statement execute function directory_change_log(%s)',
        wanted.name, wanted.event, wanted.kind, wanted.rows, wanted.arguments);
    end if;
    execute format('comment on trigger %I on %I is ''Logs the keys of changed rows.''', wanted.name, wanted.kind);
  end loop;
end
$$;

create or replace function confirm_reload() returns void
language plpgsql set search_path = emailgency, pg_temp as $$
begin
  update directory_state set reload_confirmed_at = clock_timestamp();
  perform wake('emailgency_directory');
end
$$;
comment on function confirm_reload() is
  'Allows replicators to drop more than half of the domains: confirms that the rows are as intended.';

-- One customer can write very many rows in a week, so their number is limited too.
create or replace function prune_directory_change(keep interval default '7 days', batch integer default 10000) returns bigint
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  removed bigint;
  removed_to xid8;
begin
  with old as (
    select id from directory_change
    where (changed_at < clock_timestamp() - keep or id <= (select max(id) from directory_change) - 2000000)
      and xid < pg_snapshot_xmin(pg_current_snapshot())
    order by xid limit batch
    for update skip locked
  ), gone as (
    delete from directory_change c using old where c.id = old.id returning c.xid
  )
  select count(*), max(xid) into removed, removed_to from gone;
  update directory_state set pruned_xid = removed_to where pruned_xid < removed_to;
  return removed;
end
$$;
comment on function prune_directory_change(interval, integer) is
  'Removes changes older than keep, and all but the newest two million, at most batch of them; returns how many. Replicas '
  'that have not read that far reload everything.';

create or replace function notification_queue_holder(older_than interval default '5 s')
returns table (pid integer, login text, database text, since timestamptz, queue_usage double precision)
language sql stable security definer set search_path = emailgency, pg_temp as $$
  select a.pid, a.usename::text, a.datname::text, a.xact_start, pg_notification_queue_usage()
  from pg_stat_activity a
  where a.backend_type = 'client backend' and a.xact_start < clock_timestamp() - older_than and a.pid <> pg_backend_pid()
    and a.wait_event_type is distinct from 'Lock'
  order by a.xact_start
  limit 5;
$$;
comment on function notification_queue_holder(interval) is
  'The sessions of the cluster whose transaction is older than older_than and that do not wait for a lock, oldest first. One '
  'that listens keeps the notification queue from emptying. queue_usage: 0 to 1.';
