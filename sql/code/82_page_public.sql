-- Public pages of the console: they say of a domain what its DNS says, too, and of mailboxes nothing.

create or replace function page_mail_program(params jsonb) returns jsonb
language sql stable security definer set search_path = emailgency, pg_temp as $$
  select jsonb_build_object('domain', s.name, 'host', d.alternate_name)
  from served_domain s join domain d on d.name = s.domain
  where s.name = fold(view_text(params, 'domain', 254)) and d.alternate_name is not null;
$$;
comment on function page_mail_program(jsonb) is
  'The host of a served domain (or of one of its further names) for mail programs: {"domain": "example.com"}; null: it is not served, or has no '
  'alternate domain, whose name is the host''s.';

create or replace function view_record(name text, kind text, value text) returns jsonb
language sql immutable parallel safe
return jsonb_build_object('name', name || '.', 'kind', kind, 'value', value);
comment on function view_record(text, text, text) is 'A DNS record, as pages show it.';

-- RFC 5321 section 5.1: the lowest preference comes first.
create or replace function view_mx_records(name text, host text, is_primary boolean) returns jsonb
language sql immutable parallel safe
return case when host is null then '[]' when is_primary then jsonb_build_array(view_record(name, 'MX', '10 ' || host || '.'))
  else jsonb_build_array(view_record(name, 'MX', '10 mail.' || name || '.') || '{"own": true}', view_record(name, 'MX', '20 ' || host || '.')) end;
comment on function view_mx_records(text, text, boolean) is
  'The MX records of a domain whose mail comes here first (is_primary), or after its own server, whose name is a guess (own).';

-- RFC 6186 section 3.
create or replace function view_program_records(name text, host text, service_domain text) returns jsonb
language sql immutable parallel safe
return case when host is null then '[]' else jsonb_build_array(
  view_record('autoconfig.' || name, 'CNAME', 'autoconfig.' || service_domain || '.'),
  view_record('autodiscover.' || name, 'CNAME', 'autodiscover.' || service_domain || '.'),
  view_record('_imaps._tcp.' || name, 'SRV', '0 1 993 ' || host || '.'),
  view_record('_submission._tcp.' || name, 'SRV', '0 1 587 ' || host || '.')) end;
comment on function view_program_records(text, text, text) is 'The records by which mail programs find their set-up, and the servers themselves.';

create or replace function view_spf_include() returns text
language sql stable set search_path = emailgency, pg_temp
return coalesce(nullif(setting_value('spf_include'), ''), '_spf.' || nullif(setting_value('service_domain'), ''));
comment on function view_spf_include() is 'The name that customers'' SPF records are to include; null: there is none.';

create or replace function view_asked_domain(params jsonb) returns text
language plpgsql stable set search_path = emailgency, pg_temp as $$
declare
  name constant text := rtrim(fold(coalesce(view_text(params, 'domain', 300), '')), '.');
begin
  perform accept(domain_name_fault(name));
  return name;
end
$$;
comment on function view_asked_domain(jsonb) is 'The domain that a public form asks for; refused with a message if it is no domain name.';

-- The answer follows from the name alone, but for a domain that has another alternate name, which its DNS shows.
create or replace function page_assistant_mx(params jsonb) returns jsonb
language plpgsql stable security definer set search_path = emailgency, pg_temp as $$
declare
  asked constant text := view_asked_domain(params);
  is_primary constant boolean := view_text(params, 'mode') is not distinct from 'primary';
  host text;
begin
  select d.alternate_name into host from served_domain s join domain d on d.name = s.domain where s.name = asked;
  host := coalesce(host, alternate_name_of(asked, setting_value('service_domain')));
  return view_has(jsonb_build_object('domain', asked, 'host', host, 'primary', is_primary, 'records', view_mx_records(asked, host, is_primary),
    'form', jsonb_build_object('domain', asked, 'mode', view_choice(case when is_primary then 'primary' else 'backup' end))));
end
$$;
comment on function page_assistant_mx(jsonb) is 'The MX records for a domain: {"domain": "example.com", "mode": "backup"}, or primary.';

create or replace function page_assistant_spf(params jsonb) returns jsonb
language plpgsql stable security definer set search_path = emailgency, pg_temp as $$
declare
  name constant text := view_asked_domain(params);
begin
  return jsonb_build_object('domain', name, 'include', view_spf_include(), 'form', jsonb_build_object('domain', name, 'record', ''));
end
$$;
comment on function page_assistant_spf(jsonb) is 'The name that an SPF record is to include, from which the console makes the record: {"domain": "example.com"}.';

create or replace function page_assistant_client(params jsonb) returns jsonb
language plpgsql stable security definer set search_path = emailgency, pg_temp as $$
declare
  address constant text := fold(coalesce(view_text(params, 'address', 320), ''));
  program constant text := coalesce(view_text(params, 'program', 20), 'thunderbird');
  found jsonb;
begin
  perform accept(choice_fault('program', program, 'thunderbird', 'outlook', 'apple', 'other'));
  found := page_mail_program(jsonb_build_object('domain', address_domain(address)));
  return jsonb_build_object('form', jsonb_build_object('address', address, 'program', view_choice(program)), 'asked', address <> '', 'address', address,
    'profile', '/apple.mobileconfig?address=' || view_encode(address), 'found', found,
    'qr_text', case when program = 'apple' and found is not null then nullif(setting_value('public_url'), '') || '/apple.mobileconfig?address=' || view_encode(address) end);
end
$$;
comment on function page_assistant_client(jsonb) is
  'The settings of a mail program: {"address": "anna@example.com", "program": "thunderbird"}, or outlook, apple, other. It depends on the domain alone.';
