-- NOTIFY only wakes. A queue that somebody's idle listener holds full must not fail everybody's edits; nor may they wait for a
-- session that is writing very many notifications: a commit that notifies has a lock of the whole cluster until they are
-- written (PreCommit_Notify in src/backend/commands/async.c).

create function wake(channel text, full_at double precision default 0.5) returns void
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
  'Notifies a channel while the queue has room and nobody is at writing to it. A full queue fails the transactions that notify, at their commit; who listens polls as well.';

create or replace function directory_change_log() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  kind constant text := tg_argv[0];
  key constant text := array_to_string(array(select quote_ident(c.name) from unnest(tg_argv[1:]) with ordinality as c (name, place) order by c.place), ' || '' '' || ');
  logged bigint := 1;
begin
  if tg_op = 'TRUNCATE' then
    insert into directory_change (kind, key) values (kind, null);
  else
    execute format('insert into directory_change (kind, key) %s', case tg_op
      when 'INSERT' then format('select distinct %L, %s from new_rows', kind, key)
      when 'DELETE' then format('select distinct %L, %s from old_rows', kind, key)
      else format('select distinct %L, %s from ((table old_rows except all table new_rows) union all (table new_rows except all table old_rows)) as c', kind, key)
    end);
    get diagnostics logged = row_count; -- execute sets no found
  end if;
  if logged > 0 then
    perform wake('emailgency_directory');
  end if;
  return null;
end
$$;
comment on function directory_change_log() is
  'Logs the keys of the rows that a statement changed, old and new, and wakes the replicators. Arguments: kind, key columns, which stand in the key with a blank between them.';

create or replace function confirm_reload() returns void
language plpgsql set search_path = emailgency, pg_temp as $$
begin
  update directory_state set reload_confirmed_at = clock_timestamp();
  perform wake('emailgency_directory');
end
$$;

create function notification_queue_holder(older_than interval default '5 s')
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
  'The sessions of the cluster that have been in a transaction for so long and wait for no lock, the oldest first: one that listens too keeps the notification queue from emptying. queue_usage is from 0 to 1.';

revoke execute on function wake(text, double precision), notification_queue_holder(interval) from public;
grant execute on function wake(text, double precision) to emailgency_operator;
grant execute on function notification_queue_holder(interval) to emailgency_daemon, emailgency_operator;
