-- The change log that the replicas follow. A row names what changed; who follows re-reads it. Position and pruning are
-- counted in transaction ids, since a row of a long transaction becomes visible after rows with higher ids.

create table directory_change (
  id bigint generated always as identity constraint directory_change_repeated primary key,
  xid xid8 not null default pg_current_xact_id(),
  kind text not null,
  key text,
  changed_at timestamptz not null default clock_timestamp()
);
comment on table directory_change is 'What changed in the rows that replicas hold, written by triggers in the writer''s transaction.';
comment on column directory_change.id is 'Order of writing; not of commit.';
comment on column directory_change.xid is 'Transaction that wrote it: finished for certain once below pg_snapshot_xmin(pg_current_snapshot()).';
comment on column directory_change.kind is 'Table that changed.';
comment on column directory_change.key is 'Primary key of the changed row (whitelist: its domain; alias: its address); null: read the whole table again.';
comment on column directory_change.changed_at is 'When it was written.';

create index directory_change_xid on directory_change (xid);

create table directory_state (
  id boolean constraint directory_state_repeated primary key default true constraint directory_state_second check (id),
  pruned_xid xid8 not null default '0',
  reload_confirmed_at timestamptz
);
comment on table directory_state is 'One row on the change log.';
comment on column directory_state.id is 'Always true: there is one row.';
comment on column directory_state.pruned_xid is
  'Highest transaction whose changes were removed: a replica that has not read past it must load everything.';
comment on column directory_state.reload_confirmed_at is
  'When an operator last confirmed, by confirm_reload(), that many domains are really gone.';

insert into directory_state default values;

create function directory_change_log() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  kind constant text := tg_argv[0];
  key constant text := tg_argv[1];
  logged bigint := 1;
begin
  if tg_op = 'TRUNCATE' then
    insert into directory_change (kind, key) values (kind, null);
  else
    execute format('insert into directory_change (kind, key) %s', case tg_op
      when 'INSERT' then format('select distinct %L, %I from new_rows', kind, key)
      when 'DELETE' then format('select distinct %L, %I from old_rows', kind, key)
      else format('select %1$L, %2$I from old_rows union select %1$L, %2$I from new_rows', kind, key)
    end);
    get diagnostics logged = row_count; -- execute sets no found
  end if;
  if logged > 0 then
    notify emailgency_directory;
  end if;
  return null;
end
$$;
comment on function directory_change_log() is
  'Logs the keys that a statement changed, old and new, and wakes the replicators. Arguments: kind, key column.';

do $$
declare
  logged record;
begin
  for logged in
    select * from (values
      ('setting', 'name'), ('plan', 'name'), ('domain', 'name'), ('domain_alias', 'name'), ('mailbox', 'address'),
      ('alias', 'address'), ('whitelist', 'domain'), ('dnsbl', 'zone')
    ) as t (kind, key)
  loop
    execute format('create trigger directory_change_insert after insert on %I referencing new table as new_rows
      for each statement execute function directory_change_log(%L, %L)', logged.kind, logged.kind, logged.key);
    execute format('create trigger directory_change_update after update on %I
      referencing old table as old_rows new table as new_rows
      for each statement execute function directory_change_log(%L, %L)', logged.kind, logged.kind, logged.key);
    execute format('create trigger directory_change_delete after delete on %I referencing old table as old_rows
      for each statement execute function directory_change_log(%L, %L)', logged.kind, logged.kind, logged.key);
    execute format('create trigger directory_change_truncate after truncate on %I
      for each statement execute function directory_change_log(%L, %L)', logged.kind, logged.kind, logged.key);
  end loop;
end
$$;

create function confirm_reload() returns void
language sql
begin atomic
  update directory_state set reload_confirmed_at = clock_timestamp();
  select pg_notify('emailgency_directory', '');
end;
comment on function confirm_reload() is
  'Lets replicators that refuse to drop more than half of the domains go on: what the rows say now is meant.';

create function prune_directory_change(keep interval default '7 days', batch integer default 10000) returns bigint
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  removed bigint;
  removed_to xid8;
begin
  with old as (
    select id from directory_change
    where changed_at < clock_timestamp() - keep and xid < pg_snapshot_xmin(pg_current_snapshot())
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
  'Removes changes older than keep, at most batch of them, and notes how far; returns how many went. Replicas that have not read that far load everything.';
