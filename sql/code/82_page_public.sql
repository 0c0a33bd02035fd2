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
