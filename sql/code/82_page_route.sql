-- The pages of routing and of the names of a domain.

create or replace function view_route_form(shown domain) returns jsonb
language sql immutable set search_path = emailgency, pg_temp as $$
  select jsonb_build_object('by', view_choice(case when shown.transport is null then 'mx' else 'host' end), 'transport', coalesce(shown.transport, ''),
    'stealth', shown.stealth, 'keep_copy', shown.keep_copy, 'catchall', shown.catchall, 'verify_recipients', shown.verify_recipients);
$$;
comment on function view_route_form(domain) is 'The fields of the routing of a domain.';

create or replace function page_route(params jsonb) returns jsonb
language plpgsql stable set search_path = emailgency, pg_temp as $$
declare
  shown constant domain := view_domain(params);
  form constant jsonb := view_route_form(shown);
begin
  return view_page(shown, 'route', jsonb_build_object('form', form, 'seen', view_seen(form), 'primary', shown.mode = 'primary',
    'best_mx', (select b.host from best_mx b where b.domain = shown.name), 'server', view_server(shown.name, shown.time_zone),
    'watched', shown.monitoring <> 'off'));
end
$$;
comment on function page_route(jsonb) is 'The routing of a domain.';

create or replace function act_route(params jsonb) returns jsonb
language plpgsql set search_path = emailgency, pg_temp as $$
declare
  shown constant domain := view_domain(params);
  host constant text := nullif(view_text(params, 'transport'), '');
begin
  perform view_check_seen(params, view_route_form(shown), shown.name, 'domain', jsonb_build_object('name', shown.name));
  if view_text(params, 'by') = 'host' and host is null then
    raise exception using errcode = 'invalid_parameter_value',
      message = 'the host to deliver to is missing: write host or host:port, as in mail.example.com:2525, or choose delivery by MX';
  end if;
  update domain d set transport = case when coalesce(view_text(params, 'by'), 'host') = 'host' then host end, stealth = view_flag(params, 'stealth'),
    keep_copy = view_flag(params, 'keep_copy'), catchall = view_flag(params, 'catchall'), verify_recipients = view_flag(params, 'verify_recipients')
  where d.name = shown.name;
  return act_location(shown.name, 'route');
end
$$;
comment on function act_route(jsonb) is 'Saves the routing of a domain.';

create or replace function act_route_test(params jsonb) returns jsonb
language plpgsql set search_path = emailgency, pg_temp as $$
declare
  shown constant domain := view_domain(params);
begin
  perform test_server(shown.name);
  return act_location(shown.name, 'route');
end
$$;
comment on function act_route_test(jsonb) is 'Has the server of a domain probed now.';

create or replace function view_claims(shown domain) returns jsonb
language plpgsql stable set search_path = emailgency, pg_temp as $$
#variable_conflict use_column
begin
  return (
    select coalesce(jsonb_agg(jsonb_build_object('name', r.name, 'record', '_emailgency.' || r.name || '.', 'value', 'emailgency=' || r.token,
      'asked', r.due_at <= now(), 'checked', view_time(r.checked_at, shown.time_zone), 'outcome', view_choice(r.outcome)) order by r.name), '[]')
    from domain_alias_request r where r.domain = shown.name);
end
$$;
comment on function view_claims(domain) is 'The names that a domain claims, with the records that prove them, and what the latest look-ups found.';

create or replace function page_names(params jsonb) returns jsonb
language plpgsql stable set search_path = emailgency, pg_temp as $$
declare
  shown constant domain := view_domain(params);
  after constant text := coalesce(fold(view_text(params, 'after', 254)), '');
  rows jsonb;
begin
  select coalesce(jsonb_agg(jsonb_build_object('name', n.name) order by n.name), '[]') into rows
  from (select o.name from domain_alias o where o.domain = shown.name and o.name > after collate "C" order by o.name limit 51) as n;
  return view_page(shown, 'names', jsonb_build_object('alternate', shown.alternate_name, 'rows', view_rows(rows, 50), 'claims', view_claims(shown),
    'may_claim', setting_value('alias_self_service') <> 'off', 'claim_days', alias_request_days(), 'form', '{"alias": ""}'::jsonb,
    'older', view_link(view_path(shown.name, 'names'), '{after}', array[view_older(rows, 50, 'name')])));
end
$$;
comment on function page_names(jsonb) is 'The further names of a domain: the alternate domain, 50 alias domains from one on (after), and the names that it claims.';

create or replace function act_alias_claim(params jsonb) returns jsonb
language plpgsql set search_path = emailgency, pg_temp as $$
declare
  shown constant domain := view_domain(params);
begin
  perform request_alias(shown.name, coalesce(view_text(params, 'alias', 300), ''));
  return act_location(shown.name, 'names');
end
$$;
comment on function act_alias_claim(jsonb) is 'Claims a name (alias) as an alias domain.';

create or replace function act_alias_check(params jsonb) returns jsonb
language plpgsql set search_path = emailgency, pg_temp as $$
declare
  shown constant domain := view_domain(params);
begin
  perform check_alias(shown.name, coalesce(view_text(params, 'which', 300), ''));
  return act_location(shown.name, 'names');
end
$$;
comment on function act_alias_check(jsonb) is 'Has the record of a claimed name (which) looked up now.';

create or replace function act_alias_withdraw(params jsonb) returns jsonb
language plpgsql set search_path = emailgency, pg_temp as $$
declare
  shown constant domain := view_domain(params);
begin
  perform withdraw_alias(shown.name, coalesce(view_text(params, 'which', 300), ''));
  return act_location(shown.name, 'names');
end
$$;
comment on function act_alias_withdraw(jsonb) is 'Ends the claim of a name (which).';
