-- The page of the whole service, for accounts that the operator lets watch. It reads as its owner, and there is no action beside it: rows
-- are the operator's to change, by SQL and emailgencyctl.

comment on column account.watches is 'It sees the page of the whole service, with the names of all customers; set by the operator alone.';

create or replace function watch_account(login text, watches boolean) returns json
language plpgsql set search_path = emailgency, pg_temp as $$
declare
  canonical constant text := require_account(watch_account.login);
  home constant text := (select s.domain from served_domain s where s.name = address_domain(canonical));
begin
  if watches and home is not null then
    raise exception using errcode = 'check_violation', message = format(
      'account "%s" is an address of customer "%s", whose admins could take it over: use an address elsewhere, as in night@provider.example', canonical, home);
  end if;
  update account a set watches = watch_account.watches where a.login = canonical;
  return json_build_object('login', canonical, 'watches', watch_account.watches);
end
$$;
comment on function watch_account(text, boolean) is
  'For the operator: lets an account see the page of the whole service, or no longer. Refuses addresses of customers.';

create or replace function account_watches() returns boolean
language sql stable security definer set search_path = emailgency, pg_temp
return exists (select from account a where a.login = acting_login() and a.watches and not a.disabled and not second_factor_missing(a.login)
  and not exists (select from served_domain s where s.name = address_domain(a.login)));
comment on function account_watches() is
  'True if the acting login is an account that may watch the whole service. An address of a customer, whose admins could take it over, may not.';

create or replace function view_nodes() returns jsonb
language sql stable set search_path = emailgency, pg_temp as $$
  select coalesce(jsonb_agg(jsonb_build_object('name', n.name, 'heard', view_time(n.heard_at, 'UTC'), 'silent', n.heard_at < now() - interval '2 minutes',
    'counted', view_time(n.seen_at, 'UTC'), 'age', extract(epoch from now() - n.replica_at)::bigint,
    'stale', coalesce(n.replica_at < now() - make_interval(secs => setting_in_force('node_stale_after')::integer), true),
    'applied', view_time(p.reported_at, 'UTC'), 'traced', view_time(t.updated_at, 'UTC')) order by n.name), '[]')
  from node n left join node_position p on p.node = n.name
    left join (select o.node, max(o.updated_at) as updated_at from tracker_position o group by o.node) as t on t.node = n.name;
$$;
comment on function view_nodes() is 'The nodes: when each was heard, how old its replica is (seconds), and how far it has come.';

-- Beside the programs that speak for a node, what PostgreSQL itself sees.
create or replace function view_daemons() returns jsonb
language sql stable security definer set search_path = emailgency, pg_temp as $$
  select jsonb_agg(jsonb_build_object('name', replace(r.name, '_', '-'), 'connections', (select count(*) from pg_stat_activity s
      where s.usename = 'emailgency_' || r.name and s.datname = current_database())) order by r.name)
  from unnest(array['replicator', 'policyd', 'milter', 'notifier', 'tracker', 'keeper', 'console', 'console_auth']) as r (name);
$$;
comment on function view_daemons() is 'The daemons by their roles, each with its connections to this database.';

create or replace function view_all_incidents(most integer) returns jsonb
language sql stable set search_path = emailgency, pg_temp as $$
  select coalesce(jsonb_agg(jsonb_build_object('word', i.kind, 'kind', view_choice(i.kind), 'domain', i.domain, 'subject', nullif(left(i.subject, 200), ''),
    'since', view_time(i.opened_at, 'UTC'), 'detail', left(i.detail, 300)) order by i.opened_at desc), '[]')
  from (select * from incident o where o.closed_at is null order by o.domain is not null, o.opened_at desc limit most) as i;
$$;
comment on function view_all_incidents(integer) is 'Open incidents of the service and of all domains.';

create or replace function view_all_queues(most integer) returns jsonb
language sql stable set search_path = emailgency, pg_temp as $$
  with latest as (
    select distinct on (s.domain, s.node) s.domain, s.node, s.messages, s.late, s.oldest_at from queue_sample s
    where s.taken_at > now() - 3 * make_interval(secs => setting_in_force('queue_interval')::integer)
    order by s.domain, s.node, s.taken_at desc
  )
  select jsonb_build_object('waiting', (select coalesce(sum(l.messages), 0) from latest l), 'domains', (select count(distinct l.domain) from latest l where l.messages > 0),
    'rows', (select coalesce(jsonb_agg(jsonb_build_object('domain', d.domain, 'messages', d.messages, 'late', d.late, 'oldest', view_time(d.oldest_at, 'UTC'))
        order by d.messages desc, d.domain), '[]')
      from (select l.domain, sum(l.messages) as messages, sum(l.late) as late, min(l.oldest_at) as oldest_at from latest l
        group by l.domain having sum(l.messages) > 0 order by sum(l.messages) desc, l.domain limit most) as d));
$$;
comment on function view_all_queues(integer) is 'Mail of all domains that waits, and the domains with the most of it.';

-- A domain has a few rows a day, which its index finds, one domain after the other; a look at all days of all domains would take seconds.
create or replace function view_all_refusals(most integer) returns jsonb
language sql stable set search_path = emailgency, pg_temp as $$
  with counted as materialized (
    select d.name as domain, a.* from domain d cross join lateral (
      select coalesce(sum(o.count) filter (where o.metric = 'blacklisted'), 0) as blacklisted,
        coalesce(sum(o.count) filter (where o.metric = 'spf_refused'), 0) as spf_refused,
        coalesce(sum(o.count) filter (where o.metric = 'too_big'), 0) as too_big,
        coalesce(sum(o.count) filter (where o.metric = 'unknown_recipient'), 0) as unknown_recipient,
        coalesce(sum(o.count) filter (where o.metric = 'backscatter'), 0) as backscatter,
        coalesce(sum(o.count) filter (where o.metric = 'forged'), 0) as forged,
        coalesce(sum(o.count) filter (where o.metric = 'greylisted'), 0) as greylisted
      from activity o where o.domain = d.name and o.day >= (now() at time zone 'UTC')::date - 1) as a
  ), total as (
    select sum(c.blacklisted) as blacklisted, sum(c.spf_refused) as spf_refused, sum(c.too_big) as too_big, sum(c.unknown_recipient) as unknown_recipient, sum(c.backscatter) as backscatter, sum(c.forged) as forged, sum(c.greylisted) as greylisted from counted c
  ), worst as (
    select c.domain, c.blacklisted + c.spf_refused + c.too_big + c.unknown_recipient + c.backscatter + c.forged as refused from counted c order by 2 desc, 1 limit most
  )
  select jsonb_build_object('rows', (select coalesce(jsonb_agg(jsonb_build_object('key', view_choice(m.key), 'refused', m.value::bigint) order by m.value::bigint desc, m.key), '[]')
      from total t cross join lateral jsonb_each_text(to_jsonb(t)) as m where m.value::bigint > 0),
    'domains', (select coalesce(jsonb_agg(jsonb_build_object('domain', w.domain, 'refused', w.refused) order by w.refused desc, w.domain), '[]') from worst w where w.refused > 0));
$$;
comment on function view_all_refusals(integer) is 'Refusals of yesterday and today (UTC) by their reason, and the domains with most of them.';

create or replace function page_operator(params jsonb) returns jsonb
language plpgsql stable security definer set search_path = emailgency, pg_temp as $$
begin
  if not account_watches() then
    raise exception using errcode = 'no_data_found', message = 'there is no such page';
  end if;
  return view_has(jsonb_build_object('title', '{"operator": true}'::jsonb, 'now', view_time(now(), 'UTC'), 'nodes', view_nodes(), 'daemons', view_daemons(),
    'incidents', view_all_incidents(50), 'incident_count', (select count(*) from incident i where i.closed_at is null),
    'queues', view_has(view_all_queues(20)), 'refusals', view_has(view_all_refusals(10)),
    'failed', (select count(*) from outbox o where o.failed_at > now() - interval '1 day')));
end
$$;
comment on function page_operator(jsonb) is 'The whole service: nodes, daemons, incidents, queues, refusals. For accounts that may watch it; for others it is not there.';
