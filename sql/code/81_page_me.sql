-- Pages of the console that are about the session's own mailbox or account. Each reads nothing but what the session's secret leads to.

create or replace function page_time(at timestamptz) returns text
language sql stable
return to_char(at at time zone 'UTC', 'YYYY-MM-DD HH24:MI') || ' UTC';
comment on function page_time(timestamptz) is 'A time as pages show it.';

create or replace function page_me(params jsonb) returns jsonb
language sql stable security definer set search_path = emailgency, pg_temp as $$
  select jsonb_build_object(
    'title', '{"me": true}'::jsonb, 'address', m.address, 'vip', m.vip, 'messages', o.messages,
    'used', pg_size_pretty(o.bytes), 'quota', pg_size_pretty(o.quota), 'percent', least(100, round(100.0 * o.bytes / greatest(o.quota, 1))),
    'full', m.over_quota, 'days', o.expiry_days, 'days_effective', o.expiry_days_effective, 'days_reduced', o.expiry_days_effective < o.expiry_days,
    'plan_days', p.expiry_days, 'form', jsonb_build_object('expiry_days', coalesce(m.expiry_days::text, '')))
  from mailbox m join mailbox_listed o on o.address = m.address join domain d on d.name = m.domain join plan p on p.name = d.plan
  where m.address = (select acting_mailbox());
$$;
comment on function page_me(jsonb) is 'The page of a mailbox''s user: room, days for which mail is kept, forms.';

create or replace function act_me_expiry(params jsonb) returns jsonb
language plpgsql set search_path = emailgency, pg_temp as $$
declare
  days constant text := btrim(coalesce(params ->> 'expiry_days', ''));
begin
  if days !~ '^[0-9]{0,6}$' then
    raise exception using errcode = 'invalid_parameter_value', message = format(
      '"%s" is no number of days: write one as in 30, or nothing for as long as the plan keeps mail', left(days, 40));
  end if;
  update mailbox m set expiry_days = nullif(days, '')::integer where m.address = acting_mailbox();
  return '{"location": "/me"}';
end
$$;
comment on function act_me_expiry(jsonb) is 'Sets the days for which mail of the user''s mailbox is kept: {"expiry_days": "30"}; empty: the plan''s.';

create or replace function page_account(params jsonb) returns jsonb
language sql stable security definer set search_path = emailgency, pg_temp as $$
  select jsonb_build_object(
    'title', '{"account": true}'::jsonb, 'login', s.login, 'is_account', a.login is not null, 'second_factor', a.totp is not null,
    'recovery_left', coalesce(cardinality(a.recovery), 0), 'own_password', a.password is not null,
    'sessions', (select jsonb_agg(jsonb_build_object('agent', l.agent, 'from', host(l.from_address), 'since', page_time(l.created_at),
      'seen', page_time(l.seen_at), 'own', l.own, 'handle', l.handle)) from session_list() as l),
    'form', jsonb_build_object('language', jsonb_build_object(coalesce(a.language, 'browser'), true)))
  from console_session s left join account a on a.login = s.login and s.kind = 'admin'
  where s.id = acting_session();
$$;
comment on function page_account(jsonb) is 'The session''s account: its sessions, second factor and language.';

create or replace function act_session_end(params jsonb) returns jsonb
language plpgsql set search_path = emailgency, pg_temp as $$
begin
  if not session_end(params ->> 'id') then
    raise exception using errcode = 'no_data_found', message = 'there is no such session: it may have ended already';
  end if;
  return '{"location": "/account"}';
end
$$;
comment on function act_session_end(jsonb) is 'Ends a session of the same account or mailbox, by its handle: {"id": "…"}.';

create or replace function act_logout(params jsonb) returns jsonb
language plpgsql set search_path = emailgency, pg_temp as $$
begin
  perform session_close();
  return '{"location": "/login"}';
end
$$;
comment on function act_logout(jsonb) is 'Ends the session.';

create or replace function act_language(params jsonb) returns jsonb
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  update account a set language = nullif(params ->> 'language', 'browser')
  where a.login = (select s.login from console_session s where s.id = acting_session() and s.kind = 'admin');
  return '{"location": "/account"}';
end
$$;
comment on function act_language(jsonb) is 'Sets the language of the session''s account: {"language": "fr"}; browser: that which the browser asks for.';

-- A transport, a denial or a password holds a little later than the rows: programs of the node have caches of their own.
create or replace function page_saved(params jsonb) returns jsonb
language plpgsql stable security definer set search_path = emailgency, pg_temp as $$
declare
  entry audit;
  nodes jsonb;
  total integer;
  reached integer;
begin
  select a.* into entry from audit a
  where a.id = case when params ->> 'id' ~ '^[0-9]{1,18}$' then (params ->> 'id')::bigint end
    and (a.domain = any (granted_domains()) and a.kind <> 'domain_admin'
      or a.kind = 'mailbox' and a.key ->> 'address' = acting_mailbox() and a.login = acting_mailbox());
  if not found then
    raise exception using errcode = 'no_data_found', message = 'there is no such edit';
  end if;
  select count(*), count(*) filter (where f.in_force),
    coalesce(jsonb_agg(jsonb_build_object('node', f.node, 'since', page_time(f.reported_at)) order by f.node) filter (where not f.in_force), '[]')
    into total, reached, nodes
  from in_force(entry.id) as f;
  return jsonb_build_object(
    'title', '{"saved": true}'::jsonb, 'audit', entry.id, 'domain', entry.domain, 'total', total, 'reached', reached, 'held', total > 0,
    'all', total > 0 and reached = total, 'waiting', reached < total, 'missing', nodes, 'by_admin', acting_login() is not null,
    'route_later', entry.kind = 'domain' and entry.new ? 'transport',
    'log_in_later', entry.kind in ('domain', 'mailbox') and (entry.new ? 'smtp_deny' or entry.new ? 'password'));
end
$$;
comment on function page_saved(jsonb) is
  'On how many nodes an edit is in force: {"id": "4711"}. held: nodes hold such rows; all, waiting; missing: those that are not known to have it.';
