-- Rows that the daemons write: counters, sizes, incidents, messages to contacts, probes, requests, problems.

create table activity (
  domain text collate "C" not null,
  day date not null,
  metric text collate "C" not null,
  count bigint not null default 0 constraint activity_count_negative check (count >= 0),
  constraint activity_repeated primary key (domain, day, metric)
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);

create table activity_batch (
  node text collate "C" not null,
  seq bigint not null,
  applied_at timestamptz not null default now(),
  constraint activity_batch_repeated primary key (node, seq)
);

create index activity_batch_applied_at on activity_batch (applied_at);

create table mailbox_usage (
  address text collate "C" constraint mailbox_usage_repeated primary key
    constraint mailbox_usage_mailbox_unknown references mailbox on update cascade on delete cascade,
  domain text collate "C" not null,
  bytes bigint not null default 0 constraint mailbox_usage_bytes_negative check (bytes >= 0),
  messages bigint not null default 0 constraint mailbox_usage_messages_negative check (messages >= 0),
  measured_at timestamptz not null default now()
) with (fillfactor = 80);

create index mailbox_usage_domain on mailbox_usage (domain);

create table incident (
  id bigint generated always as identity constraint incident_repeated primary key,
  domain text collate "C" not null constraint incident_domain_unknown references domain on update cascade on delete cascade,
  kind text not null constraint incident_kind_unknown check (kind in ('server', 'queue', 'quota', 'dnsbl', 'unstable')),
  opened_at timestamptz not null default now(),
  closed_at timestamptz constraint incident_closed_before_opened check (closed_at >= opened_at),
  detail text not null default ''
);

create unique index incident_open_twice on incident (domain, kind) where closed_at is null;
create index incident_domain_opened_at on incident (domain, opened_at);

create table outbox (
  id bigint generated always as identity constraint outbox_repeated primary key,
  dedup_key text not null constraint outbox_dedup_key_repeated unique,
  domain text collate "C",
  incident bigint constraint outbox_incident_unknown references incident on delete set null,
  channel text not null constraint outbox_channel_unknown check (channel in ('mail', 'sms')),
  address text collate "C" not null,
  subject text not null default '',
  body text not null,
  created_at timestamptz not null default now(),
  due_at timestamptz not null default now(),
  lease_until timestamptz not null default '-infinity',
  attempts integer not null default 0,
  sent_at timestamptz,
  failed_at timestamptz,
  last_error text
);

create index outbox_due on outbox (due_at) where sent_at is null and failed_at is null;
create index outbox_sent on outbox (domain, channel, sent_at) where sent_at is not null;

create table probe (
  domain text collate "C" constraint probe_repeated primary key
    constraint probe_domain_unknown references domain on update cascade on delete cascade,
  due_at timestamptz not null default now(),
  lease_until timestamptz not null default '-infinity',
  state text not null default 'unknown' constraint probe_state_unknown check (state in ('unknown', 'up', 'down', 'unstable')),
  since timestamptz not null default now(),
  results bit varying(21) not null default b'',
  checked_at timestamptz,
  reply text
);

create index probe_due_at on probe (due_at);

create table queue_sample (
  node text collate "C" not null,
  domain text collate "C" not null,
  taken_at timestamptz not null default now(),
  messages integer not null constraint queue_sample_messages_negative check (messages >= 0),
  oldest_at timestamptz,
  constraint queue_sample_repeated primary key (domain, node, taken_at)
);

create index queue_sample_taken_at on queue_sample (taken_at);

create table flush_request (
  id bigint generated always as identity constraint flush_request_repeated primary key,
  domain text collate "C" not null constraint flush_request_domain_unknown references domain on update cascade on delete cascade,
  requested_by text not null default session_user,
  requested_at timestamptz not null default now(),
  lease_until timestamptz not null default '-infinity',
  done_at timestamptz
);

create unique index flush_request_waiting on flush_request (domain) where done_at is null;
create index flush_request_domain on flush_request (domain);

create table tidy_request (
  id bigint generated always as identity constraint tidy_request_repeated primary key,
  domain text collate "C" not null constraint tidy_request_domain_unknown references domain on update cascade on delete cascade,
  requested_by text not null default session_user,
  requested_at timestamptz not null default now(),
  lease_until timestamptz not null default '-infinity',
  done_at timestamptz
);

create unique index tidy_request_waiting on tidy_request (domain) where done_at is null;
create index tidy_request_domain on tidy_request (domain);

create table domain_problem (
  domain text collate "C" not null constraint domain_problem_domain_unknown references domain on update cascade on delete cascade,
  problem text not null constraint domain_problem_problem_unknown check (problem in ('best-mx')),
  node text collate "C" not null,
  detail text not null default '',
  since timestamptz not null default now(),
  checked_at timestamptz not null default now(),
  constraint domain_problem_repeated primary key (domain, problem, node)
) with (fillfactor = 80);

create index domain_problem_checked_at on domain_problem (checked_at);

-- Written only when the result changes, since every change goes to all nodes.
create table best_mx (
  domain text collate "C" constraint best_mx_repeated primary key
    constraint best_mx_domain_unknown references domain on update cascade on delete cascade,
  host text not null
);
