-- Addresses with an extension, and local parts that contain the delimiter: the most specific row decides. The same walk as
-- lib/directory/recipient.h.

create or replace function local_part_content(local_part text) returns text
language sql immutable strict parallel safe
return case when local_part like '"%"' then regexp_replace(substring(local_part from 2 for length(local_part) - 2), '\\(.)', '\1', 'g')
  else local_part end;
comment on function local_part_content(text) is 'A local part without quotes and backslashes.';

create or replace function local_part_users(local_part text, delimiters text) returns text[]
language plpgsql immutable strict parallel safe as $$
declare
  content text := emailgency.local_part_content(local_part);
  users text[] := array[content];
  shorter text[] := '{}';
begin
  if delimiters = '' then
    return users;
  end if;
  if length(content) > 20 and substr(right(content, 20), 1, 1) = left(delimiters, 1) and right(content, 19) ~* '^prvs=[0-9]{4}[0-9a-f]{10}$' then
    content := left(content, -20);
    users := users || content;
  end if;
  if content in ('mailer-daemon', 'double-bounce')
    or (strpos(delimiters, '-') > 0 and (content like 'owner-%' or content like '_%-request')) then
    return users;
  end if;
  for i in 2..length(content) loop
    if strpos(delimiters, substr(content, i, 1)) > 0 then
      shorter := left(content, i - 1) || shorter;
    end if;
    exit when cardinality(shorter) = 8;
  end loop;
  return users || shorter;
end
$$;
comment on function local_part_users(text, text) is
  'The users that a row may name for a local part, most specific first: all of it, then without our own BATV tag, then the '
  'part before each delimiter.';

create or replace function recipient_row(address text) returns text
language sql stable strict set search_path = emailgency, pg_temp as $$
  select c.address from (
    select fold_address('"' || regexp_replace(u.name, '(["\\])', '\\\1', 'g') || '"@' || address_domain(recipient_row.address)) as address,
      u.place
    from unnest(local_part_users(address_local_part(recipient_row.address), setting_value('recipient_delimiter')))
      with ordinality as u (name, place)
  ) c
  where exists (select from mailbox m where m.address = c.address) or exists (select from alias a where a.address = c.address)
  order by c.place limit 1
$$;
comment on function recipient_row(text) is
  'The address of the mailbox or alias that decides about an address in a domain itself, with or without extension; null if '
  'there is none.';

create or replace function store_user(address text) returns text
language sql immutable strict parallel safe as $$
  -- A name of two quotes differs from the empty one by the octet 0, which no name has.
  select case when emailgency.local_part_content(emailgency.address_local_part(store_user.address)) = '""' then '=00' else '' end
    || coalesce(string_agg(case
      when c.letter ~ '[a-z0-9!#$%&''^_`{|}~-]' or (c.letter = '.' and c.place > 1)
        or (c.letter = '=' and substr(w.content, c.place::integer + 1, 2) !~ '^[0-9a-f]{2}$') then c.letter
      else regexp_replace(encode(convert_to(c.letter, 'UTF8'), 'hex'), '(..)', '=\1', 'g') end, '' order by c.place), '')
    || '@' || emailgency.address_domain(store_user.address)
  -- The quotes of an empty local part stay: else the folder would be the domain's own.
  from (select coalesce(nullif(emailgency.local_part_content(emailgency.address_local_part(store_user.address)), ''), '""') as content) w
  cross join lateral regexp_split_to_table(w.content, '') with ordinality as c (letter, place)
  where c.letter <> ''
$$;
comment on function store_user(text) is
  'The name of a mailbox in the mail store, as transportmap writes it: octets that Dovecot does not accept, and +, * and ?, as = and '
  'two hexadecimal digits.';
