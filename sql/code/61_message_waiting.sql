-- Recipients that wait, of messages that are not kept: Postfix's line of an expired message names no recipient.

create or replace function waiting_recipient(recipient text, is_copy boolean) returns bigint
language sql immutable parallel safe
return hashtextextended(recipient, is_copy::integer);
comment on function waiting_recipient(text, boolean) is 'The key of a recipient in message_waiting.';

create or replace function record_waiting(node text, ids bigint[], queue_ids text[], removed double precision[], messages bigint[],
  event_ids bigint[], times double precision[], kinds text[], recipients text[], domains text[], copies boolean[])
returns table (expired_domain text, at timestamptz)
language plpgsql security definer set search_path = emailgency, pg_temp set plan_cache_mode = force_generic_plan as $$
begin
  with last as materialized (
    select distinct on (t.message, t.recipient, t.is_copy) t.message, waiting_recipient(t.recipient, t.is_copy) as recipient, t.domain, t.kind,
      to_timestamp(t.time) as tried_at
    from unnest(messages, event_ids, times, kinds, recipients, domains, copies) as t (message, id, time, kind, recipient, domain, is_copy)
    where t.recipient is not null and t.kind in ('deferred', 'delivered', 'stored', 'bounced')
    order by t.message, t.recipient, t.is_copy, t.id desc
  ), settled as (
    delete from message_waiting w using last l
    where l.kind <> 'deferred' and w.node = record_waiting.node and w.message = l.message and w.recipient = l.recipient
  )
  insert into message_waiting as w (node, message, recipient, queue_id, domain, tried_at)
  select distinct on (l.message, l.recipient) record_waiting.node, l.message, l.recipient, m.queue_id, l.domain, l.tried_at
  from last l left join unnest(ids, queue_ids) as m (id, queue_id) on m.id = l.message
  where l.kind = 'deferred' and l.domain is not null
  on conflict on constraint message_waiting_repeated do update set tried_at = excluded.tried_at, queue_id = coalesce(w.queue_id, excluded.queue_id);
  return query
    delete from message_waiting w
    using (select t.message, max(t.time) as time from unnest(messages, times, kinds, recipients) as t (message, time, kind, recipient)
      where t.kind = 'expired' and t.recipient is null group by t.message) as e
    where w.node = record_waiting.node and w.message = e.message
    returning w.domain, to_timestamp(e.time);
  delete from message_waiting w using unnest(ids, record_waiting.removed) as m (id, removed_at)
  where m.removed_at is not null and w.node = record_waiting.node and w.message = m.id;
end
$$;
comment on function record_waiting(text, bigint[], text[], double precision[], bigint[], bigint[], double precision[], text[], text[], text[],
  boolean[]) is
  'Notes which recipients wait, and forgets those that are settled; returns the domains of those that expired.';
