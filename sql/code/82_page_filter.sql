-- The page of the filter: what is checked at the door, and the white list.

create or replace function view_filter_form(shown domain) returns jsonb
language sql immutable set search_path = emailgency, pg_temp as $$
  select jsonb_build_object('blacklisting', shown.blacklisting, 'greylisting', view_choice(shown.greylisting),
    'greylisting_shadow', shown.greylisting_shadow, 'spf', view_choice(shown.spf), 'bounce_protection', shown.bounce_protection,
    'batv', view_choice(shown.batv), 'receive_only', shown.receive_only, 'whitelisting', shown.whitelisting);
$$;
comment on function view_filter_form(domain) is 'The fields of the filter of a domain.';

create or replace function page_filter(params jsonb) returns jsonb
language plpgsql stable set search_path = emailgency, pg_temp as $$
declare
  shown constant domain := view_domain(params);
  after constant text := coalesce(view_text(params, 'after'), '');
  wanted constant text := coalesce(fold(view_text(params, 'q')), '');
  form constant jsonb := view_filter_form(shown);
  rows jsonb;
begin
  select coalesce(jsonb_agg(jsonb_build_object('entry', w.entry) order by w.entry), '[]') into rows
  from (
    select o.entry from whitelist o where o.domain = shown.name and o.entry > after collate "C" and (wanted = '' or strpos(o.entry, wanted) > 0)
    order by o.entry limit 51) as w;
  return view_page(shown, 'filter', jsonb_build_object('form', form || jsonb_build_object('entry', '', 'q', wanted), 'seen', view_seen(form),
    'lists', coalesce((select jsonb_agg(z.zone order by z.zone) from (select l.zone from dnsbl l where not l.allow order by l.zone limit 20) as z), '[]'),
    'shadow', setting_value('greylist_shadow') = 'true', 'rows', view_rows(rows, 50), 
    'older', view_link(view_path(shown.name, 'filter'), '{q,after}', array[wanted, view_older(rows, 50, 'entry')]),
    'let_through', (select coalesce(sum(a.count), 0) from activity a
      where a.domain = shown.name and a.day > (now() at time zone 'UTC')::date - 30 and a.metric = 'whitelisted')));
end
$$;
comment on function page_filter(jsonb) is 'The filter of a domain, and 50 entries of its white list from one on (after), that have a text (q).';

create or replace function act_filter(params jsonb) returns jsonb
language plpgsql set search_path = emailgency, pg_temp as $$
declare
  shown constant domain := view_domain(params);
begin
  perform view_check_seen(params, view_filter_form(shown), shown.name, 'domain', jsonb_build_object('name', shown.name));
  update domain d set blacklisting = view_flag(params, 'blacklisting'), greylisting = coalesce(view_text(params, 'greylisting'), d.greylisting),
    greylisting_shadow = view_flag(params, 'greylisting_shadow'), spf = coalesce(view_text(params, 'spf'), d.spf),
    bounce_protection = view_flag(params, 'bounce_protection'), batv = coalesce(view_text(params, 'batv'), d.batv),
    receive_only = view_flag(params, 'receive_only'), whitelisting = view_flag(params, 'whitelisting')
  where d.name = shown.name;
  return act_location(shown.name, 'filter');
end
$$;
comment on function act_filter(jsonb) is 'Saves the filter of a domain.';

create or replace function view_allow(domain text, entry text) returns void
language plpgsql set search_path = emailgency, pg_temp as $$
begin
  if coalesce(entry, '') = '' then
    raise exception using errcode = 'invalid_parameter_value',
      message = 'an entry of the white list is missing: write it as in user@example.org, example.org, .example.org, 192.0.2.1 or host:mail.example.org';
  end if;
  insert into whitelist (domain, entry) values (view_allow.domain, view_allow.entry);
exception when unique_violation then
  raise exception using errcode = 'unique_violation', message = format('"%s" is on the white list already', left(entry, 254));
end
$$;
comment on function view_allow(text, text) is 'Adds an entry to the white list of a domain.';

create or replace function act_filter_add(params jsonb) returns jsonb
language plpgsql set search_path = emailgency, pg_temp as $$
declare
  shown constant domain := view_domain(params);
begin
  perform view_allow(shown.name, view_text(params, 'entry'));
  return act_location(shown.name, 'filter');
end
$$;
comment on function act_filter_add(jsonb) is 'Adds an entry to the white list of a domain (entry).';

create or replace function act_filter_delete(params jsonb) returns jsonb
language plpgsql set search_path = emailgency, pg_temp as $$
declare
  shown constant domain := view_domain(params);
begin
  perform delete_whitelist(shown.name, coalesce(view_text(params, 'which'), ''));
  return act_location(shown.name, 'filter');
end
$$;
comment on function act_filter_delete(jsonb) is 'Removes an entry of the white list of a domain (which).';
