-- The pages of candidates and aliases.

create or replace function page_candidates(params jsonb) returns jsonb
language plpgsql stable set search_path = emailgency, pg_temp as $$
declare
  shown constant domain := view_domain(params);
  after constant text := coalesce(fold_address(view_text(params, 'after')), '');
  rows jsonb;
  undelivered bigint;
begin
  select coalesce(jsonb_agg(jsonb_build_object('address', c.address, 'path', view_path(shown.name, 'mailboxes', c.address),
    'since', view_time(c.created_at, shown.time_zone), 'messages', coalesce(u.messages, 0), 'size', view_size(coalesce(u.bytes, 0)),
    'sender', nullif(left(k.sender, 254), ''), 'last', view_time(k.seen_at, shown.time_zone)) order by c.address), '[]') into rows
  from (
    select m.address, m.created_at from mailbox m where m.domain = shown.name and m.candidate and m.address > after collate "C" order by m.address limit 51) as c
    left join mailbox_usage u on u.address = c.address
    left join unknown_address k on k.domain = shown.name and k.address = c.address;
  select u.messages into undelivered from mailbox_usage u where u.address = '.undelivered@' || shown.name;
  return view_page(shown, 'candidates', jsonb_build_object('rows', view_rows(rows, 50), 'older', view_link(view_path(shown.name, 'candidates'), '{after}', array[view_older(rows, 50, 'address')]),
    'counts', view_mailbox_counts(shown), 'catchall', shown.catchall, 'undelivered', coalesce(undelivered, 0),
    'every', greatest(setting_value('tidy_interval')::integer / 60, 1),
    'tidied', (select view_time(t.tidied_at, shown.time_zone) from domain_tidy t where t.domain = shown.name),
    'asked', (select jsonb_build_object('at', view_time(r.requested_at, shown.time_zone), 'by', r.requested_by, 'pending', r.done_at is null,
        'candidates', r.candidates, 'moved', r.moved, 'problem', nullif(left(r.problem, 300), ''))
      from (select o.* from tidy_request o where o.domain = shown.name order by o.id desc limit 1) as r)));
end
$$;
comment on function page_candidates(jsonb) is 'The candidates of a domain, 50 from an address on (after), and the latest sort of its catch-all mail.';

create or replace function act_tidy(params jsonb) returns jsonb
language plpgsql set search_path = emailgency, pg_temp as $$
declare
  shown constant domain := view_domain(params);
begin
  perform tidy(shown.name);
  return act_location(shown.name, 'candidates');
end
$$;
comment on function act_tidy(jsonb) is 'Has the catch-all mail of a domain sorted now.';

create or replace function view_ticked(shown domain, params jsonb) returns text[]
language plpgsql stable set search_path = emailgency, pg_temp as $$
declare
  ticked constant text[] := array(select distinct fold_address(left(t.address, 400)) from unnest(view_texts(params, 'address')) as t (address)
    where btrim(t.address) <> '' order by 1);
begin
  if ticked = '{}' then
    raise exception using errcode = 'invalid_parameter_value', message = 'no address is ticked: tick at least one';
  end if;
  perform view_check_home(shown, t.address) from unnest(ticked) as t (address);
  return ticked;
end
$$;
comment on function view_ticked(domain, jsonb) is 'The addresses that are ticked (address), all of the domain that the page is of.';

create or replace function act_promote(params jsonb) returns jsonb
language plpgsql set search_path = emailgency, pg_temp as $$
declare
  shown constant domain := view_domain(params);
  codes jsonb;
begin
  select jsonb_agg(jsonb_build_object('address', p.address, 'code', p.code) order by p.address) into codes
  from (select t.address, promote(t.address) as code from unnest(view_ticked(shown, params)) as t (address)) as p where p.code is not null;
  return case when codes is null then act_location(shown.name, 'candidates') else view_page(shown, 'promoted', jsonb_build_object('codes', codes)) end;
end
$$;
comment on function act_promote(jsonb) is
  'Makes mailboxes of the ticked candidates (address), all or none. Returns the page with their codes, which are shown once; without codes it leads to the candidates.';

create or replace function act_discard(params jsonb) returns jsonb
language plpgsql set search_path = emailgency, pg_temp as $$
declare
  shown constant domain := view_domain(params);
begin
  perform discard(t.address) from unnest(view_ticked(shown, params)) as t (address);
  return act_location(shown.name, 'candidates');
end
$$;
comment on function act_discard(jsonb) is 'Blocks the ticked addresses (address), all or none; what they have goes to Undelivered.';

create or replace function page_aliases(params jsonb) returns jsonb
language plpgsql stable set search_path = emailgency, pg_temp as $$
declare
  shown constant domain := view_domain(params);
  after constant text := coalesce(fold_address(view_text(params, 'after')), '');
  wanted constant text := coalesce(fold(view_text(params, 'q')), '');
  rows jsonb;
begin
  -- An alias may have 500 targets: of each a few are shown, and all of one that is asked for.
  with recursive page (address, n) as (
    (select a.address, 1 from alias a where a.domain = shown.name and a.address > after collate "C" and (wanted = '' or strpos(a.address, wanted) > 0
      or strpos(a.target, wanted) > 0) order by a.address limit 1)
    union all
    select x.address, p.n + 1 from page p cross join lateral (
      select a.address from alias a where a.domain = shown.name and a.address > p.address and (wanted = '' or strpos(a.address, wanted) > 0
        or strpos(a.target, wanted) > 0) order by a.address limit 1) as x
    where p.n < 51
  )
  select coalesce(jsonb_agg(jsonb_build_object('address', p.address, 'targets', t.targets, 'more', case when t.total > 3 and p.address <> wanted then t.total end,
    'all', view_link(view_path(shown.name, 'aliases'), '{q}', array[p.address])) order by p.address), '[]')
  into rows
  from page p cross join lateral (
    select jsonb_agg(jsonb_build_object('target', s.target, 'copy', s.target = p.address) order by s.target) filter (where s.n <= 3 or p.address = wanted) as targets, count(*) as total
    from (select a.target, row_number() over (order by a.target) as n from alias a where a.domain = shown.name and a.address = p.address) as s) as t;
  return view_page(shown, 'aliases', jsonb_build_object('rows', view_rows(rows, 50), 'older', view_link(view_path(shown.name, 'aliases'), '{q,after}', array[wanted, view_older(rows, 50, 'address')]),
    'form', jsonb_build_object('q', wanted, 'address', '', 'targets', '')));
end
$$;
comment on function page_aliases(jsonb) is 'The aliases of a domain, 50 from an address on (after), whose address or target has a text (q).';

create or replace function act_alias_add(params jsonb) returns jsonb
language plpgsql set search_path = emailgency, pg_temp as $$
declare
  shown constant domain := view_domain(params);
  wanted constant text := view_address(shown, coalesce(view_text(params, 'address'), ''));
  targets constant text[] := array(select distinct view_address(shown, t.target)
    from regexp_split_to_table(coalesce(view_text(params, 'targets', 130000), ''), '[\s,;]+') as t (target) where t.target <> '' order by 1);
begin
  perform view_check_home(shown, wanted);
  if targets = '{}' then
    raise exception using errcode = 'invalid_parameter_value', message = format(
      'the targets of the alias "%s" are missing: write one address per line, as in user@%s', wanted, shown.name);
  end if;
  insert into alias (address, target) select wanted, t.target from unnest(targets) as t (target)
  where not exists (select from alias a where a.address = wanted and a.target = t.target);
  return act_location(shown.name, 'aliases');
end
$$;
comment on function act_alias_add(jsonb) is 'Adds targets to an alias, or a new alias (address, targets).';

create or replace function act_alias_delete(params jsonb) returns jsonb
language plpgsql set search_path = emailgency, pg_temp as $$
declare
  shown constant domain := view_domain(params);
  wanted constant text := fold_address(view_text(params, 'which'));
begin
  perform view_check_home(shown, wanted);
  perform delete_alias(wanted, nullif(view_text(params, 'target'), ''));
  return act_location(shown.name, 'aliases');
end
$$;
comment on function act_alias_delete(jsonb) is 'Removes a target of an alias, or the whole alias (which, target).';
