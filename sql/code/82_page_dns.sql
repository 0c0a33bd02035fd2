-- The page of a domain's DNS: what is to be there, and what the nodes found.

create or replace function page_dns(params jsonb) returns jsonb
language plpgsql stable set search_path = emailgency, pg_temp as $$
declare
  shown constant domain := view_domain(params);
  host constant text := shown.alternate_name;
begin
  return view_page(shown, 'dns', jsonb_build_object('host', host, 'primary', shown.mode = 'primary',
    'has_mx', host is not null, 'mx_table', jsonb_build_object('records', view_mx_records(shown.name, host, shown.mode = 'primary')), 'include', view_spf_include(),
    'has_programs', host is not null, 'program_table', jsonb_build_object('records', view_program_records(shown.name, host, setting_value('service_domain'))),
    'problem', (select jsonb_build_object('host', s.detail, 'since', view_time(s.since, shown.time_zone), 'checked', view_time(s.checked_at, shown.time_zone))
      from domain_status s where s.domain = shown.name and s.problem = 'best-mx'),
    'server', view_server(shown.name, shown.time_zone), 'watched', shown.monitoring <> 'off',
    'aliases', (select coalesce(jsonb_agg(a.name order by a.name), '[]')
      from (select o.name from domain_alias o where o.domain = shown.name order by o.name limit 20) as a)));
end
$$;
comment on function page_dns(jsonb) is 'The DNS records that a domain is to have, and what is known of those that it has.';
