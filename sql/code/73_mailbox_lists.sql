-- Mailboxes as emailgencyctl and the console show and change them.

create or replace view mailbox_listed as
select m.address, m.domain, case when m.blocked then 'blocked' when m.candidate then 'candidate' else 'mailbox' end as kind, m.vip,
  m.password is not null as log_in, coalesce(u.messages, 0) as messages, coalesce(u.bytes, 0) as bytes, l.quota, l.days as expiry_days,
  l.effective as expiry_days_effective, m.over_quota, m.created_at as since
from mailbox m left join mailbox_limit l on l.address = m.address left join mailbox_usage u on u.address = m.address
union all
select t.address, t.domain, 'deleted', false, false, coalesce(u.messages, 0), coalesce(u.bytes, 0), null, null, null, false, t.deleted_at
from mailbox_trash t left join mailbox_usage u on u.address = t.address;
comment on view mailbox_listed is 'Mailboxes, candidates, blocked addresses and deleted mailboxes.';
comment on column mailbox_listed.address is 'The address.';
comment on column mailbox_listed.domain is 'Its domain.';
comment on column mailbox_listed.kind is 'mailbox, candidate, blocked or deleted.';
comment on column mailbox_listed.vip is 'It is a VIP mailbox.';
comment on column mailbox_listed.log_in is 'It has a password.';
comment on column mailbox_listed.messages is 'Messages that it holds.';
comment on column mailbox_listed.bytes is 'Their size.';
comment on column mailbox_listed.quota is 'Quota in force, in bytes.';
comment on column mailbox_listed.expiry_days is 'Days for which mail is kept while there is room.';
comment on column mailbox_listed.expiry_days_effective is 'Days in force.';
comment on column mailbox_listed.over_quota is 'It is full, and mail to it is refused.';
comment on column mailbox_listed.since is 'Time of its creation, or of its deletion.';

create or replace function list_mailboxes(domain text, pattern text default '*', wanted text default 'mailbox', after text default '', count integer default 100)
returns table (address text, kind text, vip boolean, log_in boolean, messages bigint, bytes bigint, quota bigint, expiry_days integer,
  expiry_days_effective integer, over_quota boolean, since timestamptz)
language plpgsql stable security definer set search_path = emailgency, pg_temp as $$
declare
  home constant text := administered_domain(list_mailboxes.domain);
  -- The local part, or with "@" the address.
  full_pattern constant text := case when list_mailboxes.pattern like '%@%' then list_mailboxes.pattern else list_mailboxes.pattern || '@*' end;
  like_pattern constant text := replace(replace(regexp_replace(lower(left(full_pattern, 1000) collate "C"), '([%_\\])', '\\\1', 'g'), '*', '%'), '?', '_');
begin
  perform accept(choice_fault('kind', list_mailboxes.wanted, variadic array['mailbox', 'candidate', 'blocked', 'deleted', 'all']));
  perform accept(range_fault('count', list_mailboxes.count, 1, 1000));
  return query
  select o.address, o.kind, o.vip, o.log_in, o.messages, o.bytes, o.quota, o.expiry_days, o.expiry_days_effective, o.over_quota, o.since
  from mailbox_listed o
  where o.domain = home and coalesce(list_mailboxes.wanted, 'mailbox') in ('all', o.kind) and o.address > coalesce(list_mailboxes.after, '') collate "C"
    and (list_mailboxes.pattern = '*' or o.address like like_pattern)
  order by o.address limit coalesce(list_mailboxes.count, 100);
end
$$;
comment on function list_mailboxes(text, text, text, text, integer) is
  'The mailboxes of a domain in the order of their addresses, those after an address: select * from list_mailboxes(''example.com'', ''a*''). '
  'Pattern: of the local part, or with @ of the address; * is any text, ? one character. Wanted: mailbox, candidate, blocked, deleted or all.';

create or replace function show_mailbox(address text) returns json
language plpgsql stable security definer set search_path = emailgency, pg_temp as $$
declare
  canonical constant text := administered_mailbox(show_mailbox.address);
begin
  return (
    select row_to_json(t) from (
      select o.address, o.kind, o.vip, o.log_in, o.messages, o.bytes, o.quota, o.expiry_days, o.expiry_days_effective,
        coalesce(m.max_message_size, case when m.vip then p.vip_message_size else p.max_message_size end) as max_message_size,
        o.over_quota, m.reads_undelivered, m.receive_only, m.smtp_deny,
        coalesce((select string_agg(a.target, ',' order by a.target) from alias a where a.address = o.address), '') as forward,
        d.plan, m.quota as own_quota, m.expiry_days as own_expiry_days, m.max_message_size as own_max_message_size,
        to_char(o.since, 'YYYY-MM-DD HH24:MI:SS') as since
      from mailbox_listed o join mailbox m on m.address = o.address join domain d on d.name = o.domain join plan p on p.name = d.plan
      where o.address = canonical and o.kind <> 'deleted') as t);
end
$$;
comment on function show_mailbox(text) is
  'A mailbox with its limits, its use, and what it has of its own (null: the plan''s): select show_mailbox(''user@example.com'').';

create or replace function mailbox_value(name text, value text) returns text
language plpgsql immutable set search_path = emailgency, pg_temp as $$
declare
  given constant text := lower(btrim(mailbox_value.value));
  parts text[];
begin
  case
  when mailbox_value.name in ('vip', 'reads_undelivered', 'receive_only') then
    perform accept(format('%s cannot be "%s": write true or false, as in %1$s=true', name, left(given, 40)))
    where given is null or given not in ('true', 'false', 'yes', 'no', 'on', 'off');
    return given;
  when mailbox_value.name in ('quota', 'max_message_size') then
    parts := regexp_match(given, '^([0-9]{1,15})([kmgt]?)b?$');
    perform accept(format('%s cannot be "%s": write bytes, or a number with K, M, G or T, as in %1$s=500M, or plan for the plan''s', name, left(given, 40)))
    where parts is null and given <> 'plan' or given is null;
    return parts[1]::numeric * case parts[2] when 'k' then 1024::bigint when 'm' then 1024 ^ 2 when 'g' then 1024 ^ 3 when 't' then 1024 ^ 4 else 1 end::bigint;
  when mailbox_value.name = 'expiry_days' then
    perform accept(format('%s cannot be "%s": write a number of days, as in %1$s=30, or plan for the plan''s', name, left(given, 40)))
    where given is null or given !~ '^([0-9]{1,6}|plan)$';
    return nullif(given, 'plan');
  else
    raise exception using errcode = 'invalid_parameter_value', message = format(
      'a mailbox has no "%s" to set: use vip, quota, expiry_days, max_message_size, reads_undelivered, receive_only or forward, as in quota=500M',
      left(name, 60));
  end case;
end
$$;
comment on function mailbox_value(text, text) is
  'The value of a column of mailbox as the database takes it, from what a person writes: "500M", "plan", "yes". Refuses others, in words.';

create or replace function forward_mailbox(address text, targets text) returns void
language plpgsql set search_path = emailgency, pg_temp as $$
declare
  canonical constant text := require_mailbox(forward_mailbox.address);
  wanted text[];
  target text;
begin
  wanted := array(select distinct fold_address(btrim(t.target)) from string_to_table(left(targets, 100000), ',') as t (target) where btrim(t.target) <> '');
  for target in select a.target from alias a where a.address = canonical and a.target <> all (wanted) loop
    perform delete_alias(canonical, target);
  end loop;
  insert into alias (address, target) select canonical, w.target from unnest(wanted) as w (target)
  where not exists (select from alias a where a.address = canonical and a.target = w.target);
end
$$;
comment on function forward_mailbox(text, text) is
  'Forwards the mail of a mailbox to these addresses, with commas between them, and to no other; none: no longer. Its own address among '
  'them: a copy remains.';

-- With the caller's rights, so that nobody changes more than by an update.
create or replace function set_mailbox(address text, names text[], vals text[]) returns json
language plpgsql set search_path = emailgency, pg_temp as $$
declare
  canonical constant text := require_mailbox(set_mailbox.address);
  changed record;
  assigned text[] := '{}';
begin
  perform accept(range_fault('names', cardinality(names), 0, 20));
  for changed in select c.name, c.value from unnest(names, vals) as c (name, value) loop
    if changed.name = 'forward' then
      perform forward_mailbox(canonical, changed.value);
    else
      assigned := assigned || format('%I = %L', changed.name, mailbox_value(changed.name, changed.value));
    end if;
  end loop;
  if cardinality(assigned) > 0 then
    execute format('update mailbox set %s where address = %L', array_to_string(assigned, ', '), canonical);
  end if;
  return show_mailbox(canonical);
end
$$;
comment on function set_mailbox(text, text[], text[]) is
  'Changes a mailbox, all values at once: select set_mailbox(''user@example.com'', ''{vip,quota}'', ''{true,2G}''). Returns it as '
  'show_mailbox() does.';

create or replace function add_mailbox(address text, password text, names text[] default '{}', vals text[] default '{}') returns json
language plpgsql set search_path = emailgency, pg_temp as $$
declare
  hidden constant boolean := hide_statement();
  canonical constant text := canonical_address(left(add_mailbox.address, 1000));
  present text;
begin
  select case when m.blocked then 'blocked: promote it, if mail to it is to be stored again' when m.candidate then 'a candidate: promote it'
    else 'a mailbox already: change it by set_mailbox()' end into present
  from mailbox m where m.address = canonical;
  if present is not null then
    raise exception using errcode = 'unique_violation', message = format('"%s" is %s', canonical, present);
  end if;
  insert into mailbox (address, password) values (canonical, add_mailbox.password);
  return set_mailbox(canonical, names, vals);
end
$$;
comment on function add_mailbox(text, text, text[], text[]) is
  'Makes a mailbox, with a password hash (null: no login) and values as set_mailbox() takes them. Returns it as show_mailbox() does. A '
  'clear password, which is refused, does not enter the server''s log.';

create or replace function domain_usage(domain text) returns table (part text, name text, used bigint, allowed bigint, unit text)
language plpgsql stable security definer set search_path = emailgency, pg_temp as $$
declare
  home constant text := administered_domain(domain_usage.domain);
begin
  return query
  with boxes as materialized (
    select o.address, o.kind, o.vip, o.bytes, o.quota from mailbox_listed o where o.domain = home
  ), counted as (
    select count(*) filter (where b.kind = 'mailbox') as mailboxes, count(*) filter (where b.vip) as vips,
      count(*) filter (where b.kind = 'candidate') as candidates,
      coalesce(sum(b.bytes) filter (where b.kind in ('mailbox', 'candidate')), 0)::bigint as bytes, coalesce(sum(b.quota), 0)::bigint as quota,
      coalesce(sum(b.bytes) filter (where b.kind = 'deleted'), 0)::bigint as deleted
    from boxes b
  ), undelivered as (
    select coalesce(sum(u.bytes), 0)::bigint as bytes from mailbox_usage u where u.address = '.undelivered@' || home
  )
  (select t.* from counted c, undelivered n, emailgency.domain d join plan p on p.name = d.plan cross join lateral (values
    ('rows', 'mailboxes', c.mailboxes, p.max_mailboxes::bigint, 'rows'), ('rows', 'VIP mailboxes', c.vips, p.max_vips::bigint, 'rows'),
    ('rows', 'candidates', c.candidates, p.max_candidates::bigint, 'rows'),
    ('rows', 'aliases', (select count(*) from alias a where a.domain = home), p.max_aliases::bigint, 'rows'),
    ('rows', 'white list', (select count(*) from whitelist w where w.domain = home), p.max_whitelist::bigint, 'rows'),
    ('rows', 'contacts', (select count(*) from contact k where k.domain = home), p.max_contacts::bigint, 'rows'),
    ('store', 'mail', c.bytes, c.quota, 'bytes'), ('store', 'Undelivered', n.bytes, null, 'bytes'), ('store', 'deleted', c.deleted, null, 'bytes')
  ) as t (part, name, used, allowed, unit) where d.name = home)
  union all
  (select 'fullest', b.address, b.bytes, b.quota, 'bytes' from boxes b where b.bytes > 0 and b.quota > 0
  order by b.bytes::numeric / b.quota desc, b.address limit 10);
end
$$;
comment on function domain_usage(text) is
  'How much of the plan a domain uses: rows, bytes in the mail store, and the ten fullest mailboxes: select * from domain_usage(''example.com''). '
  'Allowed null: nothing limits it.';
