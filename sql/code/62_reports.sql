-- Monthly reports: planned, claimed with a lease, composed by emailgency-report, sent through outbox.

comment on table report is 'Monthly reports, one row per domain and month. Insert a row to have the report of a month sent.';
comment on column report.domain is 'The domain.';
comment on column report.month is 'First day of the month.';
comment on column report.planned_at is 'Time of the row, by which the domain was there.';
comment on column report.due_at is 'Earliest time of the next attempt to make it. Never before the month has ended.';
comment on column report.lease_node is 'Node that makes it.';
comment on column report.lease_until is 'End of the lease of that node.';
comment on column report.attempts is 'Number of attempts.';
comment on column report.made_at is 'When its messages were written; null: not yet.';
comment on column report.failed_at is 'Time of the final failure. update report set failed_at = null, attempts = 0 tries it again.';
comment on column report.mails is 'Number of its messages.';
comment on column report.last_error is 'Error of the latest attempt.';

create or replace function report_attempts() returns integer
language sql immutable parallel safe
return 5;
comment on function report_attempts() is 'Attempts after which a report is given up.';

-- Counts are by day in UTC, so the report waits for that day, too, and for batches that are late.
create or replace function report_due(month date, time_zone text) returns timestamptz
language sql stable
return greatest((month + interval '1 month') at time zone time_zone, (month + interval '1 month') at time zone 'UTC') + interval '1 hour';
comment on function report_due(date, text) is 'When the report of a month can be made.';

-- Functions in plpgsql, which keeps the plans of its queries: planning would take most of the time. Rows of activity are read
-- once, and hashed: the planner expects one row, and would sort them at twice the time.
create or replace function report_counters(domain text, month date) returns jsonb
language plpgsql stable security definer set search_path = emailgency, pg_temp set enable_sort = off as $$
declare
  before constant date := month - interval '1 month';
  after constant date := month + interval '1 month';
begin
  return (
    with counter as materialized (
      select a.metric, case when a.day >= month then (a.day - month) / 7 else -1 end as week, sum(a.count)::bigint as sum, max(a.count) as most
      from activity a
      where a.domain = report_counters.domain and a.day >= before and a.day < after and strpos(a.metric, ':') = 0
      group by 1, 2
    )
    select jsonb_build_object('numbers', coalesce((
        select jsonb_object_agg(n.metric, jsonb_build_array(n.now, n.before))
        from (
          select c.metric, case c.metric when 'delay_max' then max(c.most) filter (where c.week >= 0) else sum(c.sum) filter (where c.week >= 0) end as now,
            case c.metric when 'delay_max' then max(c.most) filter (where c.week < 0) else sum(c.sum) filter (where c.week < 0) end as before
          from counter c group by c.metric) as n), '{}'),
      'weeks', coalesce((
        select jsonb_agg(jsonb_build_array(w.week * 7 + 1, least(w.week * 7 + 7, after - month), w.received, w.refused) order by w.week)
        from (
          select c.week, sum(c.sum) filter (where c.metric = 'accepted_messages') as received,
            sum(c.sum) filter (where c.metric in ('blacklisted', 'spf_refused', 'too_big', 'unknown_recipient', 'backscatter', 'forged')) as refused
          from counter c where c.week >= 0 group by c.week) as w), '[]')));
end
$$;
comment on function report_counters(text, date) is
  'The counters of a domain. numbers: metric to its values in the month and in the month before; null: not counted. weeks of the month: first '
  'and last day, messages received, recipients refused.';

create or replace function report_outages(domain text, time_zone text, month date) returns jsonb
language plpgsql stable security definer set search_path = emailgency, pg_temp as $$
begin
  return (
    with bounds as (
      select month::timestamp at time zone time_zone as low, least((month + interval '1 month') at time zone time_zone, now()) as high
    ), outage as (
      select i.kind, i.opened_at, i.closed_at,
        ceil(extract(epoch from least(coalesce(i.closed_at, b.high), b.high) - greatest(i.opened_at, b.low)) / 60)::bigint as minutes
      from incident i, bounds b
      where i.domain = report_outages.domain and i.kind in ('server', 'unstable') and i.opened_at < b.high
        and coalesce(i.closed_at, b.high) > b.low
    )
    select jsonb_build_object('count', count(*), 'minutes', coalesce(sum(o.minutes) filter (where o.kind = 'server'), 0), 'longest', coalesce((
      select jsonb_agg(jsonb_build_array(l.kind, local_time(l.opened_at, time_zone), local_time(l.closed_at, time_zone), l.minutes) order by l.opened_at)
      from (select * from outage p order by p.minutes desc, p.opened_at limit 10) as l), '[]'))
    from outage o);
end
$$;
comment on function report_outages(text, text, date) is
  'Outages of a domain''s server in a month: number, minutes without a server, and the ten longest with kind, start, end, minutes.';

create or replace function report_mailboxes(domain text) returns jsonb
language plpgsql stable security definer set search_path = emailgency, pg_temp as $$
begin
  return (
    with full_mailbox as (
      select m.address, u.bytes, coalesce(m.quota, case when m.candidate then p.candidate_quota when m.vip then p.vip_quota else p.mailbox_quota end) as quota
      from mailbox_usage u join mailbox m on m.address = u.address join domain d on d.name = m.domain join plan p on p.name = d.plan
      where u.domain = report_mailboxes.domain
    )
    select jsonb_build_object('count', count(*), 'fullest', coalesce((
      select jsonb_agg(jsonb_build_array(l.address, l.bytes, l.quota) order by l.bytes::numeric / l.quota desc, l.address)
      from (select * from full_mailbox n where n.quota > 0 and n.bytes >= n.quota * 0.8 order by n.bytes::numeric / n.quota desc, n.address limit 10) as l), '[]'))
    from full_mailbox f where f.quota > 0 and f.bytes >= f.quota * 0.8);
end
$$;
comment on function report_mailboxes(text) is
  'Mailboxes of a domain at 80 % of their quota or more: number, and the ten fullest with address, bytes, quota.';

create or replace function report_expiry(domain text) returns jsonb
language plpgsql stable security definer set search_path = emailgency, pg_temp as $$
begin
  return (
    with shorter as (
      select m.address, m.expiry_days_effective as days, coalesce(m.expiry_days, p.expiry_days) as usual
      from mailbox m join domain d on d.name = m.domain join plan p on p.name = d.plan
      where m.domain = report_expiry.domain and m.expiry_days_effective < coalesce(m.expiry_days, p.expiry_days)
    )
    select jsonb_build_object('count', count(*), 'shortest', coalesce((
      select jsonb_agg(jsonb_build_array(l.address, l.days, l.usual) order by l.days, l.address)
      from (select * from shorter t order by t.days, t.address limit 10) as l), '[]'))
    from shorter s);
end
$$;
comment on function report_expiry(text) is
  'Mailboxes of a domain whose mail is kept for a shorter time than set: number, and the ten shortest with address, days, usual days.';

create or replace function report_open(domain text, time_zone text) returns jsonb
language plpgsql stable security definer set search_path = emailgency, pg_temp as $$
begin
  return (
    select coalesce(jsonb_agg(jsonb_build_array(l.kind, l.subject, local_time(l.opened_at, time_zone)) order by l.opened_at, l.kind), '[]')
    from (
      select i.kind, i.subject, i.opened_at from incident i where i.domain = report_open.domain and i.closed_at is null
      order by i.opened_at, i.kind limit 10) as l);
end
$$;
comment on function report_open(text, text) is 'Incidents of a domain that are open now: kind, subject, start; at most ten.';

-- A domain without older counts began in the month: when its first count was, or its row of report.
create or replace function report_since(domain text, month date) returns date
language plpgsql stable security definer set search_path = emailgency, pg_temp as $$
begin
  return (
    select case when s.first > month and s.first < month + interval '1 month' then s.first end
    from (select least((select min(a.day) from activity a where a.domain = report_since.domain),
      (select (r.planned_at at time zone 'UTC')::date from report r where r.domain = report_since.domain and r.month = report_since.month)) as first) as s);
end
$$;
comment on function report_since(text, date) is 'The day in the month with which the figures of a domain begin; null: its first day.';

create or replace function report_figures(domain text, month date) returns jsonb
language plpgsql stable security definer set search_path = emailgency, pg_temp as $$
begin
  return (
    select jsonb_build_object('domain', d.name, 'month', to_char(month, 'YYYY-MM'), 'language', d.language, 'zone', d.time_zone, 'mode', d.mode,
      'watched', d.monitoring <> 'off', 'since', coalesce(to_char(report_since(d.name, month), 'YYYY-MM-DD'), ''),
      'outages', report_outages(d.name, d.time_zone, month),
      'mailboxes', report_mailboxes(d.name), 'expiry', report_expiry(d.name), 'open', report_open(d.name, d.time_zone),
      'best_mx', coalesce((select b.host from best_mx b where b.domain = d.name), '')) || report_counters(d.name, month)
    from domain d where d.name = report_figures.domain);
end
$$;
comment on function report_figures(text, date) is 'All figures of the report of a domain; docs/protocols.md describes them. Null: no such domain.';

create or replace function report_preview(domain text, month date) returns jsonb
language plpgsql stable security definer set search_path = emailgency, pg_temp as $$
begin
  return report_figures(administered_domain(report_preview.domain), date_trunc('month', report_preview.month)::date);
end
$$;
comment on function report_preview(text, date) is 'The figures of the report of a domain that the acting role may edit, as in report_preview(''example.com'', ''2026-11-01'').';

create or replace function report_copies() returns integer
language sql immutable parallel safe
return 5;
comment on function report_copies() is 'Reports that an account may have sent to itself in a day (UTC).';

-- Counted by the keys of the messages, of which a domain's admins and two sessions at once have the same. The console composed the
-- message; an SQL log-in has no account, so nobody else can have one sent.
create or replace function send_report_copy(domain text, month date, message text) returns void
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  home constant text := administered_domain(send_report_copy.domain);
  acting constant text := (select a.login from account a where a.login = acting_login() and not a.disabled);
  written integer := 0;
begin
  if acting is null then
    raise exception using errcode = 'insufficient_privilege', message = format(
      'role "%s" has no mail address: use the console, or select report_preview(''%s'', ''%s'')', acting_login(), home, send_report_copy.month);
  elsif octet_length(message) > 1000000 then
    raise exception using errcode = 'program_limit_exceeded', message = 'the message has more than 1,000,000 octets';
  end if;
  for n in 1..report_copies() loop
    insert into outbox (dedup_key, domain, kind, transition, channel, address, detail)
    values (format('report-copy:%s:%s:%s', acting, to_char(now() at time zone 'UTC', 'YYYY-MM-DD'), n), home, 'report_copy', 'report', 'mail', acting, message)
    on conflict on constraint outbox_dedup_key_repeated do nothing;
    get diagnostics written = row_count;
    exit when written > 0;
  end loop;
  if written = 0 then
    raise exception using errcode = 'object_not_in_prerequisite_state', message = format(
      '%s reports were sent to %s today, which is the maximum: look at it with select report_preview(''%s'', ''%s''), or wait until tomorrow (UTC)',
      report_copies(), acting, home, send_report_copy.month);
  end if;
end
$$;
comment on function send_report_copy(text, date, text) is
  'Sends a report that the console composed to the account that acts, without From, To and Message-ID, which the notifier adds; at most '
  'report_copies() in a day.';

-- The first row of a domain is that of the month in which it is seen first: a new domain gets no report of earlier months. Months
-- that nobody planned, since no node ran, follow later.
create or replace function plan_reports() returns bigint
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  planned bigint;
begin
  with place as (
    select d.name, d.time_zone, date_trunc('month', now() at time zone d.time_zone)::date as this_month,
      (select max(r.month) from report r where r.domain = d.name) as latest
    from domain d for key share of d skip locked
  )
  insert into report (domain, month, due_at)
  select p.name, m.month::date, report_due(m.month::date, p.time_zone)
  from place p cross join lateral generate_series(
    greatest(coalesce(p.latest + interval '1 month', p.this_month), p.this_month - interval '11 months'), p.this_month, interval '1 month') as m (month)
  where p.latest is null or p.latest < p.this_month
  on conflict do nothing;
  get diagnostics planned = row_count;
  return planned;
end
$$;
comment on function plan_reports() is 'Writes the rows of the reports of this month and of those that were missed; returns how many. Domains in use are left for the next call.';

create or replace function claim_reports(node text, count integer, lease integer)
returns table (domain text, month date, figures jsonb, recipients text[], error text)
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  claimed report;
begin
  for claimed in
    select r.* from report r join domain d on d.name = r.domain
    where r.made_at is null and r.failed_at is null and r.due_at <= now() and r.lease_until < now() and report_due(r.month, d.time_zone) <= now()
    order by r.attempts, r.due_at limit claim_reports.count for update of r skip locked
  loop
    domain := claimed.domain;
    month := claimed.month;
    figures := null;
    error := '';
    recipients := array(select c.address from contact c where c.domain = claimed.domain and c.kind = 'mail' and c.monthly_report order by c.address);
    update report r set lease_node = claim_reports.node, lease_until = now() + make_interval(secs => lease), attempts = r.attempts + 1
    where r.domain = claimed.domain and r.month = claimed.month;
    if claimed.attempts >= report_attempts() then
      error := 'it ended the program that makes it';
    elsif cardinality(recipients) > 0 then
      begin
        figures := report_figures(claimed.domain, claimed.month);
      exception when others then
        error := sqlerrm;
      end;
    end if;
    return next;
  end loop;
end
$$;
comment on function claim_reports(text, integer, integer) is
  'Leases due reports to a node, for this many seconds, with figures and recipients, or with the error for which there are no figures.';

create or replace function report_failed(domain text, month date, error text) returns void
language sql security definer set search_path = emailgency, pg_temp as $$
  update report r set lease_until = '-infinity', last_error = left(error, 1000),
    due_at = now() + interval '30 minutes', failed_at = case when r.attempts >= report_attempts() then now() end
  where r.domain = report_failed.domain and r.month = report_failed.month;
$$;
comment on function report_failed(text, date, text) is 'Notes that an attempt failed: the next is in half an hour, or there is none.';

create or replace function report_mails(domain text, month date, addresses text[], heads text[], body text) returns integer
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  written integer;
begin
  insert into outbox (dedup_key, domain, kind, transition, channel, address, detail, due_at)
  select format('report:%s:%s:%s', report_mails.domain, to_char(month, 'YYYY-MM'), t.address), report_mails.domain, 'report', 'report', 'mail',
    t.address, t.head || body, now() + random() * make_interval(hours => setting_value('report_hours')::integer)
  from unnest(addresses, heads) as t (address, head)
  on conflict on constraint outbox_dedup_key_repeated do nothing;
  get diagnostics written = row_count;
  return written;
end
$$;
comment on function report_mails(text, date, text[], text[], text) is 'Writes the messages of a report, spread over report_hours; returns how many.';

-- `parts` are positions in `domains`. An error undoes its own report alone.
create or replace function finish_reports(node text, domains text[], months date[], errors text[], bodies text[], parts integer[],
  addresses text[], heads text[]) returns table (domain text, month date, error text)
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  for i in 1..coalesce(cardinality(domains), 0) loop
    domain := domains[i];
    month := months[i];
    error := errors[i];
    perform from report r
    where r.domain = domains[i] and r.month = months[i] and r.lease_node = finish_reports.node and r.made_at is null for update;
    continue when not found;
    if error = '' then
      begin
        update report r set lease_until = '-infinity', made_at = now(), last_error = null, mails = report_mails(r.domain, r.month,
          array(select a.address from unnest(parts, addresses) as a (part, address) where a.part = i),
          array(select h.head from unnest(parts, heads) as h (part, head) where h.part = i), bodies[i])
        where r.domain = domains[i] and r.month = months[i];
      exception when others then
        error := sqlerrm;
      end;
    end if;
    if error <> '' then
      perform report_failed(domain, month, error);
      return next;
    end if;
  end loop;
end
$$;
comment on function finish_reports(text, text[], date[], text[], text[], integer[], text[], text[]) is
  'Writes the messages of claimed reports, each of a head and the body of its report, or notes why there are none. Returns the reports '
  'that failed. Leaves out those that another node has claimed since.';

create or replace function expire_reports(count integer) returns bigint
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  emptied bigint;
begin
  update outbox o set detail = '' where o.id = any (array(
    select e.id from outbox e where e.transition = 'report' and e.detail <> '' and (e.sent_at is not null or e.dropped_at is not null)
    limit expire_reports.count for update skip locked));
  get diagnostics emptied = row_count;
  delete from report r where r.ctid = any (array(
    select e.ctid from report e where e.month < now() - interval '25 months' limit expire_reports.count for update skip locked));
  return emptied;
end
$$;
comment on function expire_reports(integer) is
  'Removes the text of reports that were sent, and the rows of reports of more than two years ago, at most so many; returns how many texts.';

create or replace function unsubscribe_report(domain text, address text) returns boolean
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  update contact c set monthly_report = false
  where c.domain = unsubscribe_report.domain and c.kind = 'mail' and c.address = unsubscribe_report.address;
  return found;
end
$$;
comment on function unsubscribe_report(text, text) is
  'Ends the monthly reports to a contact, for a caller that has checked the signature of the address''s link (lib/unsubscribe). False: no such '
  'contact.';
