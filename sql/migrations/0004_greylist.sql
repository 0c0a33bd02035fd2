-- The greylist, shared by all nodes.

create table greylist (
  client text collate "C" not null,
  sender text collate "C" not null,
  recipient text collate "C" not null,
  first_seen timestamptz not null default now(),
  last_seen timestamptz not null default now(),
  passed_at timestamptz,
  constraint greylist_repeated primary key (client, sender, recipient),
  constraint greylist_key_too_long check (octet_length(client) + octet_length(sender) + octet_length(recipient) <= 2000)
) with (
  fillfactor = 80,
  autovacuum_vacuum_scale_factor = 0.02,
  autovacuum_vacuum_insert_scale_factor = 0.1,
  autovacuum_analyze_scale_factor = 0.05,
  autovacuum_vacuum_cost_delay = 1
);

-- A waiting row has one index entry, by its fixed first_seen, so that a repeated attempt remains a HOT update. Passing moves
-- the row to the other index.
create index greylist_waiting on greylist (first_seen) where passed_at is null;
create index greylist_passed on greylist (last_seen) where passed_at is not null;

create table greylist_client (
  client text collate "C" constraint greylist_client_repeated primary key
    constraint greylist_client_too_long check (octet_length(client) <= 2000),
  passes integer not null default 0 constraint greylist_client_passes_negative check (passes >= 0),
  first_pass timestamptz not null default now(),
  last_pass timestamptz not null default now()
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);

create index greylist_client_last_pass on greylist_client (last_pass);
