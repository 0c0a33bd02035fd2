-- The change log that the replicas follow. Position and pruning are counted in transaction ids, since a row of a long
-- transaction becomes visible after rows with higher ids.

create table directory_change (
  id bigint generated always as identity constraint directory_change_repeated primary key,
  xid xid8 not null default pg_current_xact_id(),
  kind text not null,
  key text,
  changed_at timestamptz not null default clock_timestamp()
);

create index directory_change_xid on directory_change (xid);

create table directory_state (
  id boolean constraint directory_state_repeated primary key default true constraint directory_state_second check (id),
  pruned_xid xid8 not null default '0',
  reload_confirmed_at timestamptz
);

insert into directory_state default values;
