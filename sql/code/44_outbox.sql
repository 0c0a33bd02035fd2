-- Messages to contacts: claimed with a lease, committed, sent, marked.

comment on table sms_budget is 'Domains with an SMS; a row is locked while the domain''s messages are counted.';
comment on column sms_budget.domain is 'The domain; empty: the operator.';

-- The reason why a message became pointless since its creation. Null: none.
create or replace function outbox_obstacle(message outbox) returns text
language sql stable security definer set search_path = emailgency, pg_temp as $$
  select case
    when message.transition = 'opened' and message.unknowns = 0
      and exists (select from incident i where i.id = message.incident and i.closed_at is not null) then
      'the incident ended before it was sent'
    when message.incident is null and message.transition in ('opened', 'closed') then 'the incident was removed'
    when message.domain is not null and message.transition in ('opened', 'closed') and not exists (
      select from contact c where c.domain = message.domain and c.kind = message.channel and c.address = message.address) then
      'the contact was removed'
  end;
$$;
comment on function outbox_obstacle(outbox) is 'Why a message is no longer to be sent; null: it is.';

-- The row of sms_budget makes nodes count one after the other.
create or replace function sms_left(domain text) returns integer
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  used integer;
begin
  insert into sms_budget (domain) values (coalesce(sms_left.domain, '')) on conflict do nothing;
  perform from sms_budget b where b.domain = coalesce(sms_left.domain, '') for update;
  select count(*) into used from outbox o
  where o.channel = 'sms' and o.domain is not distinct from sms_left.domain and o.counted_at > now() - interval '7 days';
  return setting_value('sms_per_week')::integer - used;
end
$$;
comment on function sms_left(text) is 'How many SMS the domain may still send within seven days. Locks the count until the commit.';

create or replace function local_time(at timestamptz, time_zone text) returns text
language sql stable
return coalesce(to_char(at at time zone coalesce(time_zone, 'UTC'), 'YYYY-MM-DD HH24:MI'), '');
comment on function local_time(timestamptz, text) is 'A time as alerts show it; empty for null.';

create or replace function claim_outbox(node text, channels text[], count integer, lease integer)
returns table (id bigint, channel text, address text, domain text, kind text, transition text, subject text, detail text,
  opened text, closed text, language text, time_zone text, waiting bigint, oldest text,
  attempts integer, last_of_week boolean)
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  message outbox;
  obstacle text;
  budget integer;
begin
  for message in
    select o.* from outbox o
    where o.sent_at is null and o.failed_at is null and o.dropped_at is null and o.due_at <= now() and o.lease_until < now()
      and o.channel = any (claim_outbox.channels)
    order by o.due_at, o.id limit claim_outbox.count for update skip locked
  loop
    budget := null;
    obstacle := outbox_obstacle(message);
    if obstacle is null and message.channel = 'sms' and message.counted_at is null then
      budget := sms_left(message.domain);
      if budget <= 0 then
        obstacle := format('the limit of %s SMS within seven days is reached', setting_value('sms_per_week'));
      end if;
    end if;
    if obstacle is not null then
      update outbox o set dropped_at = now(), last_error = obstacle where o.id = message.id;
      continue;
    end if;
    update outbox o set lease_node = claim_outbox.node, lease_until = now() + make_interval(secs => lease),
      attempts = o.attempts + 1, counted_at = case when o.channel = 'sms' then coalesce(o.counted_at, now()) end
    where o.id = message.id;
    return query
    select message.id, message.channel, message.address, coalesce(message.domain, ''), message.kind, message.transition, coalesce(i.subject, ''),
      coalesce(nullif(message.detail, ''), i.detail, ''),
      local_time(i.opened_at, d.time_zone), local_time(i.closed_at, d.time_zone), coalesce(d.language, 'en'),
      coalesce(d.time_zone, 'UTC'), coalesce(q.waiting, 0), local_time(q.oldest_at, d.time_zone), message.attempts + 1, coalesce(budget = 1, false)
    from (select) as one left join incident i on i.id = message.incident left join domain d on d.name = message.domain
      left join lateral domain_queue(message.domain) as q on true;
  end loop;
end
$$;
comment on function claim_outbox(text, text[], integer, integer) is
  'Leases due messages to a node, for this many seconds, with the content of their texts; times are local to the domain. Drops those that became pointless.';

-- Leases that ended are not: the node that sent last says so.
create or replace function mark_outbox(node text, id bigint, outcome text, error text, delay integer) returns boolean
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  message outbox;
begin
  update outbox o set
    sent_at = case when outcome = 'sent' then now() end,
    failed_at = case when outcome = 'dead' or outcome = 'unknown' and o.unknowns > 0 then now() end,
    due_at = case when outcome in ('retry', 'unknown') then now() + make_interval(secs => delay) else o.due_at end,
    unknowns = o.unknowns + (outcome = 'unknown')::integer,
    counted_at = case when outcome in ('retry', 'dead') and o.unknowns = 0 then null else o.counted_at end,
    last_error = nullif(left(error, 1000), ''),
    lease_until = '-infinity'
  where o.id = mark_outbox.id and o.lease_node = mark_outbox.node and o.sent_at is null and o.failed_at is null
  returning * into message;
  if message.id is null then
    return false;
  end if;
  if message.failed_at is not null and message.kind <> 'outbox' then
    perform open_incident(null, 'outbox', '', format('%s to %s: %s', message.channel, message.address, message.last_error));
  end if;
  if message.incident is not null and message.transition = 'opened'
    and exists (select from incident i where i.id = message.incident and i.closed_at is not null) then
    perform queue_closed(message.incident);
  end if;
  return true;
end
$$;
comment on function mark_outbox(text, bigint, text, text, integer) is
  'What became of a claimed message: sent, retry (certainly not sent; again after so many seconds), dead (refused for good), or '
  'unknown (sent or not; tried once more). False if another node has it.';

create or replace function expire_outbox(count integer) returns integer
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  removed integer;
begin
  delete from outbox o where o.id = any (array(
    select e.id from outbox e
    where e.created_at < now() - interval '90 days' and (e.sent_at is not null or e.failed_at is not null or e.dropped_at is not null)
    limit expire_outbox.count for update skip locked));
  get diagnostics removed = row_count;
  if not exists (select from outbox where failed_at > now() - interval '1 day') then
    perform close_incident(null, 'outbox', '');
  end if;
  return removed;
end
$$;
comment on function expire_outbox(integer) is
  'Removes messages of 90 days ago, at most so many, and ends the incident of failed messages a day after the last.';
