-- The tables that the daemons write, and the counters.

comment on table activity is 'Counters per domain and day. They outlive the domain.';
comment on column activity.domain is 'The domain, never one of its aliases.';
comment on column activity.day is 'Day in UTC.';
comment on column activity.metric is 'Name of the counter, such as greylisted.';
comment on column activity.count is 'Value of the counter.';

comment on table activity_batch is 'Batches that activity contains, so that a repeated one counts once. Kept for 30 days.';
comment on column activity_batch.node is 'Sender of the batch.';
comment on column activity_batch.seq is 'Its number at the sender, which is never used twice.';
comment on column activity_batch.applied_at is 'Time of the addition.';

comment on table mailbox_usage is 'Disk usage of each mailbox.';
comment on column mailbox_usage.address is 'The mailbox.';
comment on column mailbox_usage.domain is 'Its domain.';
comment on column mailbox_usage.bytes is 'Bytes in use.';
comment on column mailbox_usage.messages is 'Number of messages.';
comment on column mailbox_usage.measured_at is 'Time of the measurement.';

comment on table tidy_request is 'Requests to sort the catch-all mail of a domain now, written by tidy().';
comment on column tidy_request.id is 'Number of the request.';
comment on column tidy_request.domain is 'The domain.';
comment on column tidy_request.requested_by is 'Login that requested it.';
comment on column tidy_request.requested_at is 'Time of the request.';
comment on column tidy_request.lease_until is 'End of the lease of the sort that will complete it; -infinity: it waits for one.';
comment on column tidy_request.done_at is 'Time of completion; null: pending.';

create or replace function record_activity(node text, seq bigint, domains text[], days date[], metrics text[], counts bigint[]) returns boolean
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  if (cardinality(domains), cardinality(domains), cardinality(domains))
    is distinct from (cardinality(days), cardinality(metrics), cardinality(counts)) then
    raise exception using errcode = 'invalid_parameter_value', message = format(
      'batch %s of %s has %s domains, %s days, %s metrics, %s counts: pass equally many', seq, node,
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
  'Adds a batch of counters once: returns false, without effect, if that batch of the node is in already. Rows are added in '
  'key order, so that nodes cannot deadlock.';
