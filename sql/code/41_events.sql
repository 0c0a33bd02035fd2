comment on table activity is 'Counters of a domain and day. They outlive the domain.';
comment on column activity.domain is 'The domain, never an alias of it.';
comment on column activity.day is 'Day in UTC.';
comment on column activity.metric is 'What was counted, such as greylisted.';
comment on column activity.count is 'How often.';

comment on table activity_batch is 'Batches of counters that are in activity already, so that a repeated one counts once. Kept 30 days.';
comment on column activity_batch.node is 'Who sent the batch.';
comment on column activity_batch.seq is 'Its number there; never used twice.';
comment on column activity_batch.applied_at is 'When it was added.';

comment on table mailbox_usage is 'How full each mailbox is.';
comment on column mailbox_usage.address is 'The mailbox.';
comment on column mailbox_usage.domain is 'Its domain.';
comment on column mailbox_usage.bytes is 'Bytes in use.';
comment on column mailbox_usage.messages is 'Messages in it.';
comment on column mailbox_usage.measured_at is 'When that was measured.';

comment on table incident is 'Trouble of a domain, from its start to its end.';
comment on column incident.id is 'Number of the incident.';
comment on column incident.domain is 'The domain.';
comment on column incident.kind is 'server (customer''s server fails), queue (too many or too old), quota, dnsbl, unstable (comes and goes).';
comment on column incident.opened_at is 'When it began.';
comment on column incident.closed_at is 'When it ended; null: still open.';
comment on column incident.detail is 'What was seen, such as the server''s reply.';

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

comment on table probe is 'What is known of the customers'' servers.';
comment on column probe.domain is 'The domain.';
comment on column probe.due_at is 'When to look next.';
comment on column probe.lease_until is 'Until when the node that took it may work on it.';
comment on column probe.state is 'unknown, up, down or unstable.';
comment on column probe.since is 'Since when it is in that state.';
comment on column probe.results is 'The latest results, oldest first, 1 for good.';
comment on column probe.checked_at is 'When it was last looked at.';
comment on column probe.reply is 'What the server last said.';

comment on table queue_sample is 'How much mail waits for a domain on a node.';
comment on column queue_sample.node is 'The node.';
comment on column queue_sample.domain is 'The domain.';
comment on column queue_sample.taken_at is 'When it was counted.';
comment on column queue_sample.messages is 'Messages in the queue.';
comment on column queue_sample.oldest_at is 'Arrival of the oldest.';

comment on table flush_request is 'Wishes to deliver the queued mail of a domain now; flush() writes them.';
comment on column flush_request.id is 'Number of the request.';
comment on column flush_request.domain is 'The domain.';
comment on column flush_request.requested_by is 'Login that asked.';
comment on column flush_request.requested_at is 'When.';
comment on column flush_request.lease_until is 'Until when the node that took it may work on it.';
comment on column flush_request.done_at is 'When it was done; null: not yet.';

comment on table tidy_request is 'Wishes to sort the catch-all mail of a domain now; tidy() writes them.';
comment on column tidy_request.id is 'Number of the request.';
comment on column tidy_request.domain is 'The domain.';
comment on column tidy_request.requested_by is 'Login that asked.';
comment on column tidy_request.requested_at is 'When.';
comment on column tidy_request.lease_until is 'Until when the node that took it may work on it.';
comment on column tidy_request.done_at is 'When it was done; null: not yet.';

create or replace function record_activity(node text, seq bigint, domains text[], days date[], metrics text[], counts bigint[]) returns boolean
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
