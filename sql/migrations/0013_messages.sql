-- Messages and what happened to them, a partition per day; the place in the log of each node.

insert into setting_definition (name, public, type, default_value, choices, comment) values
  ('trace', true, 'choice', 'all', array['off', 'refused', 'all'],
    'Which messages are kept for trace(): none, those that were refused or deferred at RCPT, or all. Counts are made anyway.');

insert into setting_definition (name, public, type, default_value, minimum, maximum, comment) values
  ('trace_days', true, 'integer', '14', 1, 366,
    'Days for which messages and their events are kept.');

insert into setting (name, value)
select name, default_value from setting_definition d where not exists (select from setting s where s.name = d.name);

create table message (
  id bigint not null,
  node text collate "C" not null,
  time timestamptz not null,
  queue_id text collate "C",
  client inet,
  client_name text collate "C",
  helo text collate "C",
  tls text collate "C",
  login text collate "C",
  sender text collate "C",
  message_id text collate "C",
  size bigint,
  recipients integer,
  queued_at timestamptz,
  removed_at timestamptz,
  parent text collate "C",
  domains text[] collate "C" not null default '{}',
  constraint message_repeated primary key (id, node, time)
) partition by range (time);

create index message_queue_id on message (queue_id);
create index message_sender on message (sender, time);
create index message_message_id on message (message_id);
create index message_client on message (client, time);
-- For the policy of domain admins.
create index message_domains on message using gin (domains) with (fastupdate = off);
create index message_time on message using brin (time) with (pages_per_range = 16);

create table message_event (
  message bigint not null,
  node text collate "C" not null,
  id bigint not null,
  time timestamptz not null,
  message_time timestamptz not null,
  kind text collate "C" not null constraint message_event_kind_unknown check (kind in ('received', 'decided', 'queued', 'delivered',
    'deferred', 'bounced', 'held', 'expired', 'stored', 'released')),
  recipient text collate "C",
  domain text collate "C",
  action text collate "C" constraint message_event_action_unknown check (action in ('accept', 'defer', 'reject')),
  reason text collate "C",
  rule text collate "C",
  host text collate "C",
  reply text collate "C",
  delay real,
  tries integer,
  last_at timestamptz,
  next_try timestamptz,
  constraint message_event_repeated primary key (message, node, id, time)
) partition by range (time);

create index message_event_recipient on message_event (recipient, time);
create index message_event_domain on message_event (domain, time);
create index message_event_time on message_event using brin (time) with (pages_per_range = 16);

create table tracker_position (
  node text collate "C" not null,
  log text collate "C" not null,
  position bigint not null constraint tracker_position_position_negative check (position >= 0),
  file text not null default '',
  file_offset bigint not null default 0,
  replay_position bigint not null default 0,
  replay_file text not null default '',
  replay_offset bigint not null default 0,
  log_time timestamptz,
  updated_at timestamptz not null default now(),
  constraint tracker_position_repeated primary key (node, log)
) with (fillfactor = 50);
