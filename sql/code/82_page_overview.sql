-- The list of domains, the overview of a domain, and its state.

create or replace function page_domains(params jsonb) returns jsonb
language plpgsql stable set search_path = emailgency, pg_temp as $$
declare
  after constant text := coalesce(fold(view_text(params, 'after', 254)), '');
  wanted constant text := coalesce(fold(view_text(params, 'q', 254)), '');
  rows jsonb;
begin
  select coalesce(jsonb_agg(jsonb_build_object('name', d.name, 'base', view_path(d.name), 'mode', view_choice(d.mode), 'stealth', d.stealth,
    'denied', d.smtp_deny, 'waiting', (select q.waiting from view_queue(d.name) q), 'server', view_choice(coalesce(p.state, 'unknown')),
    'watched', d.monitoring <> 'off', 'incidents', (select count(*) from incident i where i.domain = d.name and i.closed_at is null)) order by d.name), '[]')
  into rows
  from (
    select g.name from unnest(granted_domains()) as g (name)
    where g.name > after collate "C" and (wanted = '' or strpos(g.name, wanted) > 0) order by g.name collate "C" limit 51) as g
    join domain d on d.name = g.name left join probe p on p.domain = d.name;
  return view_has(jsonb_build_object('title', view_choice('domains'), 'rows', view_rows(rows, 50), 'older', view_link('/', '{q,after}', array[wanted, view_older(rows, 50, 'name')]),
    'form', jsonb_build_object('q', wanted)));
end
$$;
comment on function page_domains(jsonb) is 'The domains of the session, 50 from a name on (after), whose names have a text (q).';

-- By an index alone.
create or replace function view_mailbox_counts(shown domain) returns jsonb
language plpgsql stable set search_path = emailgency, pg_temp as $$
declare
  limits plan;
begin
  select p.* into limits from plan p where p.name = shown.plan;
  return (
    select jsonb_build_object('mailboxes', count(*) filter (where not m.candidate and not m.blocked), 'max_mailboxes', limits.max_mailboxes,
      'candidates', count(*) filter (where m.candidate), 'max_candidates', limits.max_candidates,
      'vips', count(*) filter (where m.vip), 'max_vips', limits.max_vips)
    from mailbox m where m.domain = shown.name);
end
$$;
comment on function view_mailbox_counts(domain) is 'How many mailboxes, candidates and VIPs a domain has and may have.';

-- Few are full: the others are sorted out by their size alone.
create or replace function view_full(shown domain) returns bigint
language plpgsql stable set search_path = emailgency, pg_temp as $$
declare
  limits plan;
begin
  select p.* into limits from plan p where p.name = shown.plan;
  return (
    select count(*) from mailbox_usage u join mailbox m on m.address = u.address
    where u.domain = shown.name and u.bytes > 0 and not m.blocked
      and u.bytes >= 0.8 * least(m.quota, case when m.candidate then limits.candidate_quota when m.vip then limits.vip_quota else limits.mailbox_quota end));
end
$$;
comment on function view_full(domain) is 'How many mailboxes of a domain are full to 80 % or more.';

create or replace function view_week(domain text) returns jsonb
language plpgsql stable set search_path = emailgency, pg_temp as $$
#variable_conflict use_column
begin
  return (
  with counted as (
    select a.day, sum(a.count) filter (where a.metric = 'accepted_messages')::bigint as received,
      sum(a.count) filter (where a.metric in ('blacklisted', 'spf_refused', 'too_big', 'unknown_recipient', 'backscatter', 'forged'))::bigint as refused,
      sum(a.count) filter (where a.metric = 'greylisted')::bigint as greylisted,
      sum(a.count) filter (where a.metric = 'blacklisted')::bigint as blacklisted,
      sum(a.count) filter (where a.metric = 'spf_refused')::bigint as spf
    from activity a
    where a.domain = view_week.domain and a.day > (now() at time zone 'UTC')::date - 7
      and a.metric in ('accepted_messages', 'greylisted', 'blacklisted', 'spf_refused', 'too_big', 'unknown_recipient', 'backscatter', 'forged')
    group by a.day
  ), days as (
    select g.day::date as day, coalesce(c.received, 0) as received, coalesce(c.refused, 0) as refused, coalesce(c.greylisted, 0) as greylisted,
      coalesce(c.blacklisted, 0) as blacklisted, coalesce(c.spf, 0) as spf
    from generate_series((now() at time zone 'UTC')::date - 6, (now() at time zone 'UTC')::date, interval '1 day') as g (day) left join counted c on c.day = g.day
  )
  select jsonb_build_object('received', sum(d.received), 'refused', sum(d.refused), 'greylisted', sum(d.greylisted), 'blacklisted', sum(d.blacklisted),
    'spf', sum(d.spf), 'chart', view_chart(array_agg(d.received order by d.day)),
    'rows', jsonb_agg(jsonb_build_object('day', to_char(d.day, 'YYYY-MM-DD'), 'received', d.received, 'refused', d.refused, 'greylisted', d.greylisted) order by d.day))
  from days d);
end
$$;
comment on function view_week(text) is 'Mail received and refused in the latest seven days (UTC), as totals, a chart and rows.';

-- A request that no node has worked on within this time is as good as none.
create or replace function view_flush(domain text, zone text) returns jsonb
language plpgsql stable set search_path = emailgency, pg_temp as $$
#variable_conflict use_column
begin
  return (
  select jsonb_build_object('at', view_time(r.requested_at, zone), 'by', r.requested_by, 'pending', r.done_at is null,
    'again', case when r.requested_at + c.cooldown > now() then view_time(r.requested_at + c.cooldown, zone) end,
    'tried', coalesce(w.tried, 0), 'delivered', coalesce(w.delivered, 0), 'left', coalesce(w.waiting, 0), 'problem', nullif(left(w.problem, 300), ''))
  from (select o.* from flush_request o where o.domain = view_flush.domain order by o.id desc limit 1) as r
    cross join (select make_interval(secs => setting_value('flush_cooldown')::integer) as cooldown) as c
    left join lateral (select sum(p.tried) as tried, sum(p.delivered) as delivered, sum(p.waiting) as waiting, max(p.problem) as problem
      from flush_part p where p.request = r.id) as w on true);
end
$$;
comment on function view_flush(text, text) is 'The latest request to deliver the mail of a domain now, and what came of it; null: none.';

create or replace function page_overview(params jsonb) returns jsonb
language plpgsql stable set search_path = emailgency, pg_temp as $$
declare
  shown constant domain := view_domain(params);
begin
  return view_page(shown, 'overview', view_status(shown) || jsonb_build_object(
    'plan', shown.plan, 'mode', view_choice(shown.mode), 'transport', shown.transport, 'alternate', shown.alternate_name,
    'watched', shown.monitoring <> 'off',
    'best_mx', (select b.host from best_mx b where b.domain = shown.name and shown.mode = 'backup' and shown.transport is null),
    'counts', view_mailbox_counts(shown), 'full', view_full(shown), 'week', view_week(shown.name),
    'changes', view_changes(shown.name, shown.time_zone, null, null, null, 5)));
end
$$;
comment on function page_overview(jsonb) is 'The overview of a domain.';

create or replace function view_status(shown domain) returns jsonb
language plpgsql stable set search_path = emailgency, pg_temp as $$
#variable_conflict use_column
begin
  return (
  select jsonb_build_object('now', view_time(now(), shown.time_zone), 'server', view_server(shown.name, shown.time_zone),
    'queue', jsonb_build_object('waiting', q.waiting, 'late', q.late, 'oldest', view_time(q.oldest_at, shown.time_zone),
      'minutes', floor(extract(epoch from now() - q.oldest_at) / 60)::bigint, 'nodes', q.nodes),
    'chart', view_queue_chart(shown.name, shown.time_zone, 24, 48), 'flush', view_flush(shown.name, shown.time_zone))
  from view_queue(shown.name) q);
end
$$;
comment on function view_status(domain) is 'The part of the overview that changes by itself: the server and the waiting mail.';

create or replace function page_status(params jsonb) returns jsonb
language plpgsql stable set search_path = emailgency, pg_temp as $$
declare
  shown constant domain := view_domain(params);
begin
  return view_page(shown, 'overview', view_status(shown) || jsonb_build_object('transport', shown.transport, 'watched', shown.monitoring <> 'off'));
end
$$;
comment on function page_status(jsonb) is 'The part of the overview that changes by itself.';
