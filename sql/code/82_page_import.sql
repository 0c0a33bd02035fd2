-- The page on which mailboxes are pasted as CSV: all of them are made, or none.

-- RFC 4180 on one line: commas or semicolons or tabs between fields, quotes around one that has them.
create or replace function import_fields(line text) returns text[]
language sql immutable parallel safe
return array(
  select btrim(case when m[2] is not null then replace(m[2], '""', '"') else m[3] end)
  from regexp_matches(line, '(^|[,;\t])(?:"((?:[^"]|"")*)"|([^",;\t]*))', 'g') with ordinality as t (m, n) order by n limit 6);
comment on function import_fields(text) is 'The fields of a line of CSV.';

create or replace function import_is_hash(password text) returns boolean
language sql immutable parallel safe
return password ~ '^(\{[A-Z0-9.-]+\}|\$[0-9a-z]+\$)';
comment on function import_is_hash(text) is 'True if a password is a hash already.';

create or replace function import_rows(shown domain, csv text) returns table (line integer, address text, password text, vip text, quota text)
language plpgsql stable set search_path = emailgency, pg_temp as $$
begin
  return query
  select t.n::integer, view_address(shown, coalesce(f.fields[1], '')), nullif(f.fields[2], ''), lower(nullif(f.fields[3], '')), nullif(f.fields[4], '')
  from string_to_table(replace(replace(csv, E'\r\n', E'\n'), E'\r', E'\n'), E'\n') with ordinality as t (line, n)
    cross join lateral import_fields(left(t.line, 1000)) as f (fields)
  where btrim(t.line) <> '' and not (t.n = 1 and lower(f.fields[1]) in ('address', 'adresse', 'e-mail', 'email', 'mailbox'))
  order by t.n limit 1001;
end
$$;
comment on function import_rows(domain, text) is 'The mailboxes that a text in CSV has: address, password or hash, vip, quota; a header is left out.';

create or replace function import_value_fault(name text, value text) returns text
language plpgsql stable set search_path = emailgency, pg_temp as $$
begin
  if value is not null then
    perform mailbox_value(name, value);
  end if;
  return null;
exception when check_violation or numeric_value_out_of_range then
  return sqlerrm;
end
$$;
comment on function import_value_fault(text, text) is 'The fault in a value of a mailbox, as a message; null: none.';

-- Passwords are judged when the mailboxes are made: the list of common ones is not the caller's to read.
create or replace function import_faults(shown domain, csv text) returns table (line integer, address text, fault text)
language plpgsql stable set search_path = emailgency, pg_temp as $$
begin
  return query
  select r.line, r.address, case
    when r.address is null then format('an address is missing: write it as in user@%s', shown.name)
    when address_fault(r.address) is not null then address_fault(r.address)
    when address_domain(r.address) <> shown.name then address_of_domain_fault(r.address, shown.name)
    when count(*) over (partition by r.address) > 1 then format('"%s" is there twice', r.address)
    when exists (select from mailbox m where m.address = r.address) then format('"%s" is there already', r.address)
    when r.password is not null and login_name_fault(r.address) is not null then login_name_fault(r.address)
    when import_is_hash(r.password) then
      password_fault(case when r.password like '$%' then '{CRYPT}' || r.password else r.password end)
    when r.vip not in ('true', 'false', 'yes', 'no', '1', '0', 'vip', 'oui', 'non') then
      format('vip cannot be "%s": write yes or no', left(r.vip, 40))
    else import_value_fault('quota', r.quota) end
  from import_rows(shown, csv) r;
end
$$;
comment on function import_faults(domain, text) is 'The lines of a text in CSV with the fault of each; null: none. No message has a password.';

create or replace function import_bound_fault(shown domain, csv text) returns text
language sql stable set search_path = emailgency, pg_temp as $$
  select case when count(*) = 0 then format('there is no mailbox: paste lines as in user@%s,Correct horse 4 battery,no,1G', shown.name)
    when count(*) > 1000 then 'these are more than 1000 mailboxes: paste fewer at once'
    when count(*) filter (where not import_is_hash(r.password)) > 20 then
      'these are more than 20 passwords, each of which is costly to store: paste fewer at once, or their hashes, or none' end
  from import_rows(shown, csv) r;
$$;
comment on function import_bound_fault(domain, text) is 'Why a text in CSV is not taken: there is nothing, or too much; null: it is.';

create or replace function page_import(params jsonb) returns jsonb
language plpgsql stable set search_path = emailgency, pg_temp as $$
declare
  shown constant domain := view_domain(params);
  csv constant text := coalesce(params ->> 'csv', '');
  fault constant text := case when csv <> '' then import_bound_fault(shown, csv) end;
  preview jsonb;
begin
  if csv <> '' and fault is null then
    select jsonb_build_object('rows', count(*), 'faults', count(f.fault), 'good', count(f.fault) = 0, 'more', greatest(count(*) - 100, 0),
      'lines', jsonb_path_query_array(jsonb_agg(jsonb_build_object('line', f.line, 'address', left(f.address, 254), 'fault', f.fault)
        order by f.fault is null, f.line), '$[0 to 99]')) into preview
    from import_faults(shown, csv) f;
  end if;
  return view_page(shown, 'import', jsonb_build_object('limits', view_limits(shown), 'counts', view_mailbox_counts(shown),
    'form', jsonb_build_object('csv', csv), 'fault', fault, 'preview', preview));
end
$$;
comment on function page_import(jsonb) is 'The form for a text in CSV (csv), and a preview of it with the fault of each line.';

create or replace function import_hash(line integer, address text, password text) returns text
language plpgsql set search_path = emailgency, pg_temp as $$
declare
  hidden constant boolean := hide_statement();
begin
  if import_hash.password is null or import_is_hash(import_hash.password) then
    return import_hash.password;
  elsif clock_timestamp() > statement_timestamp() + interval '12 seconds' then
    raise exception using errcode = 'object_not_in_prerequisite_state', message =
      'storing these passwords takes too long just now, so no mailbox was made: paste fewer at once, or their hashes, or none';
  end if;
  return hash_password(import_hash.address, import_hash.password);
exception when check_violation or invalid_parameter_value then
  raise exception using errcode = sqlstate, message = format('line %s: %s', import_hash.line, sqlerrm);
end
$$;
comment on function import_hash(integer, text, text) is 'The hash of a password, which may be one already; null: none. A weak password is refused, with its line.';

create or replace function act_import(params jsonb) returns jsonb
language plpgsql set search_path = emailgency, pg_temp as $$
declare
  hidden constant boolean := hide_statement();
  shown constant domain := view_domain(params);
  csv constant text := coalesce(params ->> 'csv', '');
  bad record;
begin
  perform accept(import_bound_fault(shown, csv));
  select f.line, f.fault into bad from import_faults(shown, csv) f where f.fault is not null order by f.line limit 1;
  if bad.line is not null then
    raise exception using errcode = 'check_violation', message = format('line %s: %s', bad.line, bad.fault);
  end if;
  insert into mailbox (address, password, vip, quota)
  select r.address, import_hash(r.line, r.address, r.password), coalesce(r.vip in ('true', 'yes', '1', 'vip', 'oui'), false),
    mailbox_value('quota', coalesce(r.quota, 'plan'))::bigint
  from import_rows(shown, csv) r;
  return act_location(shown.name, 'mailboxes');
end
$$;
comment on function act_import(jsonb) is 'Makes the mailboxes of a text in CSV (csv), all or none.';
