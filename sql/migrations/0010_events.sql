-- What the service writes about its work. Internal; sql/README.md documents it.

create table activity (
  domain text collate "C" not null,
  day date not null,
  metric text collate "C" not null,
  count bigint not null default 0 constraint activity_count_negative check (count >= 0),
  constraint activity_repeated primary key (domain, day, metric)
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);
comment on table activity is 'Counters of a domain and day. They outlive the domain.';
comment on column activity.domain is 'The domain, never an alias of it.';
comment on column activity.day is 'Day in UTC.';
comment on column activity.metric is 'What was counted, such as greylisted.';
comment on column activity.count is 'How often.';

create table activity_batch (
  node text collate "C" not null,
  seq bigint not null,
  applied_at timestamptz not null default now(),
  constraint activity_batch_repeated primary key (node, seq)
);
comment on table activity_batch is 'Batches of counters that are in activity already, so that a repeated one counts once. Kept 30 days.';
comment on column activity_batch.node is 'Who sent the batch.';
comment on column activity_batch.seq is 'Its number there; never used twice.';
comment on column activity_batch.applied_at is 'When it was added.';

create index activity_batch_applied_at on activity_batch (applied_at);

create function record_activity(node text, seq bigint, domains text[], days date[], metrics text[], counts bigint[]) returns boolean
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  if (cardinality(domains), cardinality(domains), cardinality(domains))
    is distinct from (cardinality(days), cardinality(metrics), cardinality(counts)) then
    raise exception using errcode = 'invalid_parameter_value', message = format(
      'batch %s of %s has %s domains, %s days, %s metrics, %s counts: give as many of each', seq, node,
      cardinality(domains), cardinality(days), cardinality(metrics), cardinality(counts));
  end if;
  insert into activity_batch values (record_activity.node, record_activity.seq)
  on conflict do nothing;
  if not found then
    return false;
  end if;
  insert into activity as a (domain, day, metric, count)
  select t.domain, t.day, t.metric, sum(t.count)
  from unnest(domains, days, metrics, counts) as t (domain, day, metric, count)
  group by t.domain, t.day, t.metric
  order by t.domain, t.day, t.metric
  on conflict (domain, day, metric) do update set count = a.count + excluded.count;
  delete from activity_batch b where b.ctid = any (array(
    select ctid from activity_batch where applied_at < now() - interval '30 days' limit 100 for update skip locked));
  return true;
end
$$;
comment on function record_activity(text, bigint, text[], date[], text[], bigint[]) is
  'Adds a batch of counters once: false, and nothing done, if that node''s batch of that number is in already. Rows are added in key order, so that nodes cannot deadlock.';

create table mailbox_usage (
  address text collate "C" constraint mailbox_usage_repeated primary key
    constraint mailbox_usage_mailbox_unknown references mailbox on update cascade on delete cascade,
  domain text collate "C" not null,
  bytes bigint not null default 0 constraint mailbox_usage_bytes_negative check (bytes >= 0),
  messages bigint not null default 0 constraint mailbox_usage_messages_negative check (messages >= 0),
  measured_at timestamptz not null default now()
) with (fillfactor = 80);
comment on table mailbox_usage is 'How full each mailbox is.';
comment on column mailbox_usage.address is 'The mailbox.';
comment on column mailbox_usage.domain is 'Its domain.';
comment on column mailbox_usage.bytes is 'Bytes in use.';
comment on column mailbox_usage.messages is 'Messages in it.';
comment on column mailbox_usage.measured_at is 'When that was measured.';

create index mailbox_usage_domain on mailbox_usage (domain);

create table incident (
  id bigint generated always as identity constraint incident_repeated primary key,
  domain text collate "C" not null constraint incident_domain_unknown references domain on update cascade on delete cascade,
  kind text not null constraint incident_kind_unknown check (kind in ('server', 'queue', 'quota', 'dnsbl', 'unstable')),
  opened_at timestamptz not null default now(),
  closed_at timestamptz constraint incident_closed_before_opened check (closed_at >= opened_at),
  detail text not null default ''
);
comment on table incident is 'Trouble of a domain, from its start to its end.';
comment on column incident.id is 'Number of the incident.';
comment on column incident.domain is 'The domain.';
comment on column incident.kind is 'server (customer''s server fails), queue (too many or too old), quota, dnsbl, unstable (comes and goes).';
comment on column incident.opened_at is 'When it began.';
comment on column incident.closed_at is 'When it ended; null: still open.';
comment on column incident.detail is 'What was seen, such as the server''s reply.';

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
comment on table outbox is 'Messages to contacts, written in the transaction of their cause, sent by whichever node holds the lease.';
comment on column outbox.id is 'Number of the message.';
comment on column outbox.dedup_key is 'Names the message, so that one cause makes one message: domain, kind, incident, transition, address.';
comment on column outbox.domain is 'The domain that it is about.';
comment on column outbox.incident is 'The incident that it is about.';
comment on column outbox.channel is 'mail or sms.';
comment on column outbox.address is 'Whom it goes to.';
comment on column outbox.subject is 'Subject of a mail.';
comment on column outbox.body is 'Text.';
comment on column outbox.created_at is 'When it was written.';
comment on column outbox.due_at is 'Not sent before.';
comment on column outbox.lease_until is 'Until when the node that took it may work on it.';
comment on column outbox.attempts is 'How often sending was tried.';
comment on column outbox.sent_at is 'When it went out.';
comment on column outbox.failed_at is 'When it was given up.';
comment on column outbox.last_error is 'Why the latest try failed.';

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
comment on table probe is 'What is known of the customers'' servers.';
comment on column probe.domain is 'The domain.';
comment on column probe.due_at is 'When to look next.';
comment on column probe.lease_until is 'Until when the node that took it may work on it.';
comment on column probe.state is 'unknown, up, down or unstable.';
comment on column probe.since is 'Since when it is in that state.';
comment on column probe.results is 'The latest results, oldest first, 1 for good.';
comment on column probe.checked_at is 'When it was last looked at.';
comment on column probe.reply is 'What the server last said.';

create index probe_due_at on probe (due_at);

create table queue_sample (
  node text collate "C" not null,
  domain text collate "C" not null,
  taken_at timestamptz not null default now(),
  messages integer not null constraint queue_sample_messages_negative check (messages >= 0),
  oldest_at timestamptz,
  constraint queue_sample_repeated primary key (domain, node, taken_at)
);
comment on table queue_sample is 'How much mail waits for a domain on a node.';
comment on column queue_sample.node is 'The node.';
comment on column queue_sample.domain is 'The domain.';
comment on column queue_sample.taken_at is 'When it was counted.';
comment on column queue_sample.messages is 'Messages in the queue.';
comment on column queue_sample.oldest_at is 'Arrival of the oldest.';

create index queue_sample_taken_at on queue_sample (taken_at);

create table flush_request (
  id bigint generated always as identity constraint flush_request_repeated primary key,
  domain text collate "C" not null constraint flush_request_domain_unknown references domain on update cascade on delete cascade,
  requested_by text not null default session_user,
  requested_at timestamptz not null default now(),
  lease_until timestamptz not null default '-infinity',
  done_at timestamptz
);
comment on table flush_request is 'Wishes to deliver the queued mail of a domain now; flush() writes them.';
comment on column flush_request.id is 'Number of the request.';
comment on column flush_request.domain is 'The domain.';
comment on column flush_request.requested_by is 'Login that asked.';
comment on column flush_request.requested_at is 'When.';
comment on column flush_request.lease_until is 'Until when the node that took it may work on it.';
comment on column flush_request.done_at is 'When it was done; null: not yet.';

create unique index flush_request_waiting on flush_request (domain) where done_at is null;

create table tidy_request (
  id bigint generated always as identity constraint tidy_request_repeated primary key,
  domain text collate "C" not null constraint tidy_request_domain_unknown references domain on update cascade on delete cascade,
  requested_by text not null default session_user,
  requested_at timestamptz not null default now(),
  lease_until timestamptz not null default '-infinity',
  done_at timestamptz
);
comment on table tidy_request is 'Wishes to sort the catch-all mail of a domain now; tidy() writes them.';
comment on column tidy_request.id is 'Number of the request.';
comment on column tidy_request.domain is 'The domain.';
comment on column tidy_request.requested_by is 'Login that asked.';
comment on column tidy_request.requested_at is 'When.';
comment on column tidy_request.lease_until is 'Until when the node that took it may work on it.';
comment on column tidy_request.done_at is 'When it was done; null: not yet.';

create unique index tidy_request_waiting on tidy_request (domain) where done_at is null;
