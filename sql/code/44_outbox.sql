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
    when message.channel = 'webhook' and not setting_in_force('webhooks_allowed')::boolean then 'webhooks are off'
    when message.domain is not null and message.transition in ('opened', 'closed') and not exists (
      select from contact c where c.domain = message.domain and c.kind = message.channel and c.address = message.address)
      -- The user of a mailbox is no contact.
      and not exists (select from incident i join mailbox m on m.address = i.subject
        where i.id = message.incident and i.subject = message.address) then
      'the contact was removed'
    when message.kind = 'report_copy' and not exists (select from domain_admin g join account a on a.login = g.login
      where g.domain = message.domain and g.login = message.address and not a.disabled) then
      'the account has no right to the domain any more'
    when message.transition = 'report' and message.kind <> 'report_copy' and not exists (
      select from contact c where c.domain = message.domain and c.kind = 'mail' and c.address = message.address and c.monthly_report) then
      'the contact receives no reports any more'
    when message.kind = 'account' and not exists (select from account a where a.login = message.address and not a.disabled) then
      'the account was removed or disabled'
    when message.transition = 'reset' and message.created_at < now() - interval '30 minutes' then 'it was asked for too long ago'
    when message.transition in ('reset', 'invited') and setting_in_force('public_url') = '' then 'setting public_url is empty'
  end;
$$;
comment on function outbox_obstacle(outbox) is 'Why a message is no longer to be sent; null: it is.';

create or replace function sms_limit(domain text) returns integer
language sql stable security definer set search_path = emailgency, pg_temp
return case when domain is null then setting_value('operator_sms_per_week') else setting_value('sms_per_week') end::integer;
comment on function sms_limit(text) is 'How many SMS the domain may send within seven days; null: the operator.';

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
  return sms_limit(sms_left.domain) - used;
end
$$;
comment on function sms_left(text) is
  'How many SMS the domain (null: the operator) may still send within seven days. Locks the count until the commit.';

create or replace function local_time(at timestamptz, time_zone text) returns text
language sql stable
return coalesce(to_char(at at time zone coalesce(time_zone, 'UTC'), 'YYYY-MM-DD HH24:MI'), '');
comment on function local_time(timestamptz, text) is 'A time as alerts show it; empty for null.';

create or replace function utc_time(at timestamptz) returns text
language sql stable
return to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"');
comment on function utc_time(timestamptz) is 'A time as programs read it (RFC 3339), in UTC.';

-- A walk over the index outbox_due from domain to domain: its cost depends on the number of domains with messages, not on the number
-- of messages.
create or replace function due_outbox(node text, channels text[], count integer, share integer, after text) returns setof outbox
language sql security definer set search_path = emailgency, pg_temp as $$
  with recursive home (name) as (
    (select coalesce(o.domain, '-') from outbox o
    where o.sent_at is null and o.failed_at is null and o.dropped_at is null and coalesce(o.domain, '-') > due_outbox.after
    order by 1 limit 1)
    union all
    select (select coalesce(o.domain, '-') from outbox o
      where o.sent_at is null and o.failed_at is null and o.dropped_at is null and coalesce(o.domain, '-') > h.name
      order by 1 limit 1)
    from home h where h.name is not null
  )
  select d.* from home h cross join lateral (
    select o.* from outbox o
    where o.sent_at is null and o.failed_at is null and o.dropped_at is null and coalesce(o.domain, '-') = h.name
      and o.due_at <= now() and o.lease_until < now() and o.channel = any (due_outbox.channels)
    order by o.due_at, o.id
    limit greatest(0, due_outbox.share - (select count(*) from outbox b
      where b.sent_at is null and b.failed_at is null and b.dropped_at is null and coalesce(b.domain, '-') = h.name
        and b.lease_node = due_outbox.node and b.lease_until > now() and b.channel = any (due_outbox.channels)))
    for update skip locked) as d
  where h.name is not null
  limit due_outbox.count;
$$;
comment on function due_outbox(text, text[], integer, integer, text) is
  'Messages that a node may claim now: of each domain after the given one in turn, so many that it works on at most share at once.';

-- Reports a message that is given up. What a customer's web service refuses is no concern of the operator, nor is a wrong number
-- that a customer tries.
create or replace function outbox_failed(message outbox) returns void
language sql security definer set search_path = emailgency, pg_temp as $$
  select open_incident(null, 'outbox', '', format('%s to %s: %s', message.channel, message.address, message.last_error))
  where message.kind <> 'outbox' and message.channel <> 'webhook'
    and not (message.domain is not null and message.channel = 'sms' and message.transition in ('test', 'code'));
$$;
comment on function outbox_failed(outbox) is 'Opens the incident of the operator on messages that failed.';

-- A lease that ended without a mark: the node died, or the database did not hear from it. The attempt is one of which nobody knows;
-- the message is sent again at once, since an alert twice is better than none. After the fourth such attempt it waits, twice as long
-- each time, since it may be what ends the node; 57 attempts are as many as outbox_retry.c gives to others.
create or replace function claim_outbox(node text, channels text[], count integer, lease integer, share integer default 1000,
  after text default '')
returns table (id bigint, channel text, address text, domain text, kind text, transition text, subject text, detail text,
  opened text, closed text, language text, time_zone text, waiting bigint, oldest text,
  attempts integer, last_of_week boolean, created_utc text, opened_utc text, closed_utc text)
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  message outbox;
  obstacle text;
  budget integer;
  start text := claim_outbox.after;
  claimed integer := 0;
begin
  loop
    for message in
      select o.* from due_outbox(claim_outbox.node, claim_outbox.channels, claim_outbox.count - claimed, claim_outbox.share, start) o
    loop
      budget := null;
      message.unknowns := message.unknowns + (message.lease_until > '-infinity')::integer;
      obstacle := outbox_obstacle(message);
      if obstacle is null and message.channel = 'sms' and message.counted_at is null then
        budget := sms_left(message.domain);
        if budget <= 0 then
          obstacle := format('the limit of %s SMS within seven days is reached', sms_limit(message.domain));
        end if;
      end if;
      if obstacle is not null then
        update outbox o set dropped_at = now(), last_error = obstacle, lease_until = '-infinity' where o.id = message.id;
        continue;
      end if;
      if message.lease_until > '-infinity' and message.unknowns > 3 then
        update outbox o set due_at = now() + make_interval(secs => least(3600, 5 * 2 ^ (message.unknowns - 3))),
          failed_at = case when o.attempts >= 57 then now() end, unknowns = message.unknowns, lease_until = '-infinity',
          last_error = 'the nodes that sent it stopped before they knew the outcome'
        where o.id = message.id returning * into message;
        if message.failed_at is not null then
          perform outbox_failed(message);
        end if;
        continue;
      end if;
      update outbox o set lease_node = claim_outbox.node, lease_until = now() + make_interval(secs => lease), unknowns = message.unknowns,
        attempts = o.attempts + 1, counted_at = case when o.channel = 'sms' then coalesce(o.counted_at, now()) end
      where o.id = message.id;
      claimed := claimed + 1;
      return query
      select message.id, message.channel, message.address, coalesce(message.domain, ''), message.kind, message.transition,
        case message.kind when 'account' then account_link(message) else coalesce(i.subject, '') end,
        coalesce(nullif(message.detail, ''), i.detail, ''),
        local_time(i.opened_at, d.time_zone), local_time(i.closed_at, d.time_zone), coalesce(d.language, a.language, 'en'),
        coalesce(d.time_zone, 'UTC'), coalesce(q.waiting, 0), local_time(q.oldest_at, d.time_zone), message.attempts + 1, coalesce(budget = 1, false),
        utc_time(message.created_at), utc_time(i.opened_at), utc_time(i.closed_at)
      from (select) as one left join incident i on i.id = message.incident left join domain d on d.name = message.domain
        left join account a on message.kind = 'account' and a.login = message.address
        left join lateral domain_queue(message.domain) as q on true;
    end loop;
    exit when start = '' or claimed >= claim_outbox.count;
    start := '';
  end loop;
end
$$;
comment on function claim_outbox(text, text[], integer, integer, integer, text) is
  'Leases due messages to a node, for this many seconds, with the content of their texts; opened, closed and oldest are local to the '
  'domain. The domains have turns, from the one after the given name on; a node works on at most share messages of one at once. Drops '
  'messages that became pointless.';

create or replace function renew_outbox(node text, ids bigint[], lease integer) returns integer
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  renewed integer;
begin
  update outbox o set lease_until = now() + make_interval(secs => lease)
  where o.id = any (renew_outbox.ids) and o.lease_node = renew_outbox.node and o.lease_until > '-infinity'
    and o.sent_at is null and o.failed_at is null and o.dropped_at is null;
  get diagnostics renewed = row_count;
  return renewed;
end
$$;
comment on function renew_outbox(text, bigint[], integer) is
  'Extends the leases of messages that a node is sending, by this many seconds from now.';

create or replace function resume_outbox(node text) returns integer
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  resumed integer;
begin
  update outbox o set lease_until = now()
  where o.lease_node = resume_outbox.node and o.lease_until > now()
    and o.sent_at is null and o.failed_at is null and o.dropped_at is null;
  get diagnostics resumed = row_count;
  return resumed;
end
$$;
comment on function resume_outbox(text) is
  'Ends the leases of a node that has just started: it sends nothing now, and nobody else has its name.';

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
  if message.failed_at is not null then
    perform outbox_failed(message);
  end if;
  if message.incident is not null and message.transition = 'opened'
    and exists (select from incident i where i.id = last_of_chain(message.incident) and i.closed_at is not null) then
    perform queue_closed(last_of_chain(message.incident));
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
  if not exists (select from outbox where failed_at > now() - interval '1 day' and channel <> 'webhook') then
    perform close_incident(null, 'outbox', '');
  end if;
  return removed;
end
$$;
comment on function expire_outbox(integer) is
  'Removes messages of 90 days ago, at most so many, and ends the incident of failed messages a day after the last.';
