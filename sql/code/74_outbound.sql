-- Counts of logins, shared by all nodes, and automatic denials. Limits are those of the plan; policyd compares.

comment on column plan.login_messages_hour is 'Messages that a login may send within an hour (UTC, from minute 0); null: no limit.';
comment on column plan.login_messages_day is 'Messages that a login may send within a day (UTC); null: no limit.';
comment on column plan.login_recipients_hour is 'Recipients of what a login sends within an hour; null: no limit.';
comment on column plan.login_recipients_day is 'Recipients of what a login sends within a day; null: no limit.';
comment on column plan.domain_messages_hour is 'Messages that all logins of a domain may send within an hour; null: no limit.';
comment on column plan.domain_messages_day is 'Messages that all logins of a domain may send within a day; null: no limit.';
comment on column plan.domain_recipients_hour is 'Recipients of what all logins of a domain send within an hour; null: no limit.';
comment on column plan.domain_recipients_day is 'Recipients of what all logins of a domain send within a day; null: no limit.';

comment on table outbound_count is
  'What each login and each domain sent in the current hour and day, by all nodes. One row for a mailbox or domain, removed after two days '
  'without mail.';
comment on column outbound_count.name is 'Address of the mailbox that logged in, or the domain.';
comment on column outbound_count.domain is 'The domain.';
comment on column outbound_count.hour is 'Begin of the hour that is counted.';
comment on column outbound_count.hour_messages is 'Messages of that hour.';
comment on column outbound_count.hour_recipients is 'Their recipients.';
comment on column outbound_count.day is 'Day in UTC that is counted.';
comment on column outbound_count.day_messages is 'Messages of that day.';
comment on column outbound_count.day_recipients is 'Their recipients.';
comment on column outbound_count.day_refused is
  'Messages of that day that were refused since a limit of the login was reached; of a domain, since a limit of the domain was.';
comment on column outbound_count.reset_at is 'sending_allowed_at of the mailbox or domain when counting began; after a later one it begins with 0.';

comment on table outbound_bounce is 'Recipients of each login that bounced or were unknown, by node, as its tracker wrote them.';
comment on column outbound_bounce.node is 'The node, so that no node waits for another.';
comment on column outbound_bounce.name is 'Address of the mailbox that logged in.';
comment on column outbound_bounce.domain is 'Its domain.';
comment on column outbound_bounce.day is 'Day in UTC that is counted.';
comment on column outbound_bounce.recipients is 'Number of recipients.';
comment on column outbound_bounce.reset_at is 'As in outbound_count.';

comment on column domain.sending_allowed_at is 'When the operator allowed sending last: counts of what the domain sent begin with 0 then.';
comment on column mailbox.sending_allowed_at is 'When sending was allowed last: counts of what the login sent begin with 0 then.';

-- Nobody's lock is waited for: domain admins have no right to write these tables, and the rows that they can lock are read.
create or replace function record_outbound(node text, seq bigint, logins text[], domains text[], hours bigint[], messages bigint[],
  recipients bigint[], refused bigint[])
returns table (name text, hour bigint, hour_messages bigint, hour_recipients bigint, day bigint, day_messages bigint, day_recipients bigint)
language plpgsql security definer set search_path = emailgency, pg_temp set timezone = 'UTC' as $$
declare
  fresh boolean := true;
begin
  if seq > 0 then
    insert into activity_batch values (record_outbound.node, record_outbound.seq) on conflict do nothing;
    fresh := found;
  end if;
  if fresh then
    insert into outbound_count as c (name, domain, hour, hour_messages, hour_recipients, day, day_messages, day_recipients, day_refused, reset_at)
    select s.name, s.domain, to_timestamp(s.latest), sum(s.messages) filter (where s.hour = s.latest),
      sum(s.recipients) filter (where s.hour = s.latest), to_timestamp(s.latest)::date,
      coalesce(sum(s.messages) filter (where s.hour / 86400 = s.latest / 86400), 0),
      coalesce(sum(s.recipients) filter (where s.hour / 86400 = s.latest / 86400), 0),
      coalesce(sum(s.refused) filter (where s.hour / 86400 = s.latest / 86400), 0),
      coalesce(max(s.allowed_at), '-infinity')
    from (
      select u.*, max(u.hour) over (partition by u.name) as latest from (
        select m.address as name, m.domain, t.hour, t.messages, t.recipients, t.refused, m.sending_allowed_at as allowed_at
        from unnest(logins, domains, hours, record_outbound.messages, record_outbound.recipients, record_outbound.refused)
          as t (login, domain, hour, messages, recipients, refused)
          join mailbox m on m.address = t.login
        union all
        select d.name, d.name, t.hour, t.messages, t.recipients, case when t.login = t.domain then t.refused else 0 end, d.sending_allowed_at
        from unnest(logins, domains, hours, record_outbound.messages, record_outbound.recipients, record_outbound.refused)
          as t (login, domain, hour, messages, recipients, refused)
          join domain d on d.name = t.domain
        where t.messages > 0 or t.login = t.domain) as u
      where u.messages + u.recipients + u.refused > 0 and u.hour <= extract(epoch from now())::bigint + 86400) as s
    group by s.name, s.domain, s.latest
    order by s.name
    on conflict on constraint outbound_count_repeated do update set
      domain = excluded.domain,
      hour = greatest(c.hour, excluded.hour),
      hour_messages = case when c.hour > excluded.hour then c.hour_messages
        when c.hour = excluded.hour and c.reset_at >= excluded.reset_at then c.hour_messages else 0 end
        + case when excluded.hour >= c.hour then excluded.hour_messages else 0 end,
      hour_recipients = case when c.hour > excluded.hour then c.hour_recipients
        when c.hour = excluded.hour and c.reset_at >= excluded.reset_at then c.hour_recipients else 0 end
        + case when excluded.hour >= c.hour then excluded.hour_recipients else 0 end,
      day = greatest(c.day, excluded.day),
      day_messages = case when c.day > excluded.day then c.day_messages
        when c.day = excluded.day and c.reset_at >= excluded.reset_at then c.day_messages else 0 end
        + case when excluded.day >= c.day then excluded.day_messages else 0 end,
      day_recipients = case when c.day > excluded.day then c.day_recipients
        when c.day = excluded.day and c.reset_at >= excluded.reset_at then c.day_recipients else 0 end
        + case when excluded.day >= c.day then excluded.day_recipients else 0 end,
      day_refused = case when c.day > excluded.day then c.day_refused
        when c.day = excluded.day and c.reset_at >= excluded.reset_at then c.day_refused else 0 end
        + case when excluded.day >= c.day then excluded.day_refused else 0 end,
      reset_at = greatest(c.reset_at, excluded.reset_at);
  end if;
  return query
  select c.name, extract(epoch from c.hour)::bigint, case when r.valid then c.hour_messages else 0 end,
    case when r.valid then c.hour_recipients else 0 end, extract(epoch from c.day)::bigint, case when r.valid then c.day_messages else 0 end,
    case when r.valid then c.day_recipients else 0 end
  from outbound_count c
    left join mailbox m on m.address = c.name
    left join domain d on d.name = c.name
    cross join lateral (select c.reset_at >= coalesce(m.sending_allowed_at, d.sending_allowed_at, '-infinity') as valid) as r
  where c.name = any (logins) or c.name = any (domains);
end
$$;
comment on function record_outbound(text, bigint, text[], text[], bigint[], bigint[], bigint[], bigint[]) is
  'Adds what logins sent in hours (seconds since 1970) and what was refused, once per node and number (0: nothing is added); what a limit of '
  'a domain refused has the domain as its login. Returns what all nodes counted for these logins and domains. Names that have no row are left '
  'out.';

-- One statement per batch of the tracker; of most batches no row qualifies. A recipient that smtpd(8) refused by 5.1.x is unknown.
create or replace function count_bounces() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp set timezone = 'UTC' as $$
begin
  insert into outbound_bounce as b (node, name, domain, day, recipients, reset_at)
  select e.node, m.address, m.domain, max(e.time)::date, count(*), coalesce(max(m.sending_allowed_at), '-infinity')
  from events e
    join message g on g.id = e.message and g.node = e.node and g.time = e.message_time
    join served_domain s on s.name = address_domain(g.login)
    join mailbox m on m.address = address_local_part(g.login) || '@' || s.domain
  where (e.kind in ('bounced', 'expired') or e.kind = 'decided' and e.action = 'reject' and e.reply ~ '^5[0-9][0-9][ -]5\.1\.')
    and g.login is not null
  group by e.node, m.address, m.domain
  order by m.address
  on conflict on constraint outbound_bounce_repeated do update set
    domain = excluded.domain, day = greatest(b.day, excluded.day), reset_at = excluded.reset_at,
    recipients = case when b.day > excluded.day or b.day = excluded.day and b.reset_at >= excluded.reset_at then b.recipients else 0 end
      + case when excluded.day >= b.day then excluded.recipients else 0 end;
  return null;
end
$$;
comment on function count_bounces() is 'Counts recipients of logins that bounced or were unknown.';

create or replace trigger count_bounces after insert on message_event referencing new table as events
for each statement execute function count_bounces();
comment on trigger count_bounces on message_event is 'Counts bounces of logins.';

create or replace function deny_automatically(address text, reason text) returns boolean
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  home text;
begin
  select m.domain into home from mailbox m where m.address = deny_automatically.address and not m.smtp_deny for update skip locked;
  if home is null then
    return false;
  end if;
  perform set_config('emailgency.automatic', 'on', true);
  update mailbox m set smtp_deny = true where m.address = deny_automatically.address;
  perform set_config('emailgency.automatic', '', true);
  perform open_incident(home, 'sending', deny_automatically.address, reason);
  perform open_incident(null, 'sending', deny_automatically.address, reason);
  return true;
end
$$;
comment on function deny_automatically(text, text) is
  'Denies sending to a mailbox in the name of the service, and opens the incidents of its domain and of the operator. False, without effect, '
  'if it is denied already, or somebody holds its row.';

create or replace function excessive_senders() returns table (address text, reason text)
language sql stable security definer set search_path = emailgency, pg_temp set timezone = 'UTC' as $$
  with bounds as materialized (
    select setting_value('sending_refusals')::bigint as refusals, setting_value('sending_bounces')::bigint as bounces,
      setting_value('sending_bounce_share')::bigint as share
  )
  select m.address, format('%s messages beyond the limits within a day', c.day_refused)
  from bounds b cross join outbound_count c join mailbox m on m.address = c.name
  where b.refusals > 0 and c.day_refused >= b.refusals and c.day_refused > 0 and c.day = now()::date and not m.smtp_deny
    and c.reset_at >= coalesce(m.sending_allowed_at, '-infinity')
  union all
  select m.address, format('%s of %s recipients within a day bounced or are unknown', x.recipients, greatest(x.recipients, coalesce(c.day_recipients, 0)))
  from bounds b cross join (
      select o.name, sum(o.recipients)::bigint as recipients from outbound_bounce o join mailbox n on n.address = o.name
      where o.day = now()::date and o.reset_at >= coalesce(n.sending_allowed_at, '-infinity')
      group by o.name) as x
    join mailbox m on m.address = x.name
    left join outbound_count c on c.name = x.name and c.day = now()::date and c.reset_at >= coalesce(m.sending_allowed_at, '-infinity')
  where b.bounces > 0 and x.recipients >= b.bounces and not m.smtp_deny
    and x.recipients * 100 >= b.share * greatest(x.recipients, coalesce(c.day_recipients, 0));
$$;
comment on function excessive_senders() is 'Mailboxes that may send and sent too much, with the reason: beyond their limits, or to unknown recipients.';

create or replace function excessive_domains() returns table (domain text, reason text)
language sql stable security definer set search_path = emailgency, pg_temp set timezone = 'UTC' as $$
  select d.name, format('%s messages beyond the limits of plan %s today (UTC)', c.day_refused, d.plan)
  from outbound_count c join domain d on d.name = c.name
  where c.day_refused > 0 and c.day = now()::date and c.day_refused >= setting_value('sending_refusals')::bigint
    and setting_value('sending_refusals')::bigint > 0 and c.reset_at >= coalesce(d.sending_allowed_at, '-infinity');
$$;
comment on function excessive_domains() is 'Domains of which the limits of the plan refused mail often today. A login is denied, a domain is not: its limits hold.';

create or replace function judge_domains() returns void
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  found record;
begin
  for found in
    select x.domain, x.reason, h.home from excessive_domains() x cross join lateral (values (x.domain), (null)) as h (home)
    where not exists (select from incident i where coalesce(i.domain, '') = coalesce(h.home, '') and i.kind = 'sending_limit'
      and i.subject = x.domain and i.closed_at is null)
    limit 100
  loop
    perform open_incident(found.home, 'sending_limit', found.domain, found.reason);
  end loop;
  for found in
    select i.domain, i.subject from incident i
    where i.kind = 'sending_limit' and i.closed_at is null and i.subject not in (select x.domain from excessive_domains() x)
    limit 100
  loop
    perform close_incident(found.domain, 'sending_limit', found.subject);
  end loop;
end
$$;
comment on function judge_domains() is 'Opens and ends the incidents of domains that send more than their plans allow.';

-- Incidents end here, not in the statement that allows sending again: a customer's transaction holds no row of the operator's.
create or replace function judge_sending() returns integer
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  found record;
  denied integer := 0;
begin
  -- Rows that a customer holds take no place of others'.
  for found in
    select s.address, s.reason from mailbox m join excessive_senders() s on s.address = m.address limit 100 for update of m skip locked
  loop
    denied := denied + deny_automatically(found.address, found.reason)::integer;
  end loop;
  for found in
    select m.address, m.domain, h.home from mailbox m cross join lateral (values (m.domain), (null)) as h (home)
    where m.smtp_denied_by = 'emailgency' and m.smtp_deny and not exists (
      select from incident i where coalesce(i.domain, '') = coalesce(h.home, '') and i.kind = 'sending' and i.subject = m.address
        and i.closed_at is null)
    limit 100
  loop
    perform open_incident(found.home, 'sending', found.address, 'sending was denied automatically');
  end loop;
  for found in
    select i.id, i.domain, i.subject from incident i
    where i.kind = 'sending' and i.closed_at is null and not exists (select from mailbox m where m.address = i.subject and m.smtp_deny)
    limit 100
  loop
    perform close_incident(found.domain, 'sending', found.subject);
  end loop;
  perform judge_domains();
  delete from outbound_count c where c.name = any (array(
    select e.name from outbound_count e where e.day < (now() at time zone 'UTC')::date - 1 limit 1000 for update skip locked));
  delete from outbound_bounce b where (b.node, b.name) in (
    select e.node, e.name from outbound_bounce e where e.day < (now() at time zone 'UTC')::date - 1 limit 1000 for update skip locked);
  return denied;
end
$$;
comment on function judge_sending() is
  'Denies sending to those who sent too much, and returns their number; opens and ends the incidents; removes old counts. Each node calls it '
  'every few seconds.';
