-- Counts of what logins send, limits of plans, automatic denials, and queued mail that is held.

insert into setting_definition (name, public, type, default_value, minimum, maximum, comment) values
  ('sending_refusals', true, 'integer', '20', 0, 1000000,
    'Messages beyond its limits within a day (UTC) after which a login is denied sending automatically; 0: never.'),
  ('sending_bounces', true, 'integer', '100', 0, 1000000,
    'Least number of recipients that bounced or were unknown within a day (UTC), with which a login is denied sending automatically; 0: never.'),
  ('sending_bounce_share', true, 'integer', '30', 1, 100,
    'Percentage of its recipients of the day that must have bounced or been unknown for that.');

insert into setting (name, value)
select name, default_value from setting_definition d where not exists (select from setting s where s.name = d.name);

-- Null: no limit.
alter table plan
  add column login_messages_hour bigint default 500
    constraint plan_login_messages_hour_out_of_range check (accept(range_fault('login_messages_hour', login_messages_hour, 0, 1000000000))),
  add column login_messages_day bigint default 3000
    constraint plan_login_messages_day_out_of_range check (accept(range_fault('login_messages_day', login_messages_day, 0, 1000000000))),
  add column login_recipients_hour bigint default 2000
    constraint plan_login_recipients_hour_out_of_range check (accept(range_fault('login_recipients_hour', login_recipients_hour, 0, 1000000000))),
  add column login_recipients_day bigint default 10000
    constraint plan_login_recipients_day_out_of_range check (accept(range_fault('login_recipients_day', login_recipients_day, 0, 1000000000))),
  add column domain_messages_hour bigint default 5000
    constraint plan_domain_messages_hour_out_of_range check (accept(range_fault('domain_messages_hour', domain_messages_hour, 0, 1000000000))),
  add column domain_messages_day bigint default 30000
    constraint plan_domain_messages_day_out_of_range check (accept(range_fault('domain_messages_day', domain_messages_day, 0, 1000000000))),
  add column domain_recipients_hour bigint default 20000
    constraint plan_domain_recipients_hour_out_of_range check (accept(range_fault('domain_recipients_hour', domain_recipients_hour, 0, 1000000000))),
  add column domain_recipients_day bigint default 100000
    constraint plan_domain_recipients_day_out_of_range check (accept(range_fault('domain_recipients_day', domain_recipients_day, 0, 1000000000)));

update plan set domain_messages_hour = 25000, domain_messages_day = 150000, domain_recipients_hour = 100000, domain_recipients_day = 500000
where name = 'premium';

alter table domain add column sending_allowed_at timestamptz;

alter table mailbox add column sending_allowed_at timestamptz;

create index mailbox_denied_automatically on mailbox (address) where smtp_denied_by = 'emailgency';

create table outbound_count (
  name text collate "C" constraint outbound_count_repeated primary key,
  domain text collate "C" not null,
  hour timestamptz not null,
  hour_messages bigint not null,
  hour_recipients bigint not null,
  day date not null,
  day_messages bigint not null,
  day_recipients bigint not null,
  day_refused bigint not null,
  reset_at timestamptz not null default '-infinity'
) with (fillfactor = 50);

create index outbound_count_domain on outbound_count (domain);
create index outbound_count_day on outbound_count (day);
create index outbound_count_refused on outbound_count (name) where day_refused > 0;

create table outbound_bounce (
  node text collate "C" not null,
  name text collate "C" not null,
  domain text collate "C" not null,
  day date not null,
  recipients bigint not null,
  reset_at timestamptz not null default '-infinity',
  constraint outbound_bounce_repeated primary key (node, name)
) with (fillfactor = 50);

create index outbound_bounce_domain on outbound_bounce (domain);
create index outbound_bounce_day on outbound_bounce (day);

create index message_login on message (login, time) where login is not null;

create table hold_search (
  name text collate "C" constraint hold_search_repeated primary key,
  searches integer not null default 0,
  due_at timestamptz not null default now()
);

create index hold_search_due_at on hold_search (due_at);

create table held_message (
  id bigint generated always as identity constraint held_message_repeated primary key,
  node text collate "C" not null,
  queue_id text collate "C" not null,
  login text collate "C" not null,
  domain text collate "C" not null constraint held_message_domain_unknown references domain on update cascade on delete cascade,
  sender text collate "C",
  queued_at timestamptz not null,
  wanted text not null default 'held' constraint held_message_wanted_unknown check (wanted in ('held', 'released', 'deleted')),
  state text not null default 'queued'
    constraint held_message_state_unknown check (state in ('queued', 'held', 'released', 'deleted', 'gone')),
  requested_by text,
  requested_at timestamptz not null default now(),
  done_at timestamptz,
  due_at timestamptz not null default now(),
  problem text not null default '',
  constraint held_message_twice unique (node, queue_id, queued_at)
);

create index held_message_pending on held_message (node, due_at) where wanted <> state and state in ('queued', 'held');
create index held_message_domain on held_message (domain, login);
create index held_message_queue_id on held_message (queue_id);
create index held_message_done_at on held_message (done_at);
