-- The list of what the schema stores and no program acts on yet, and its notices. A commit that adds the program removes the entry;
-- tests/sql/not_in_force.sh compares the list with the programs.

create or replace function not_in_force() returns table (object text, missing text)
language sql immutable parallel safe as $$
  select e.object, e.missing from (values
    (null, null) -- of none: the list is empty at present
  ) as e (object, missing) where e.object is not null;
$$;
comment on function not_in_force() is
  'What no program acts on yet: columns, settings (setting.NAME), tables, functions, and what is missing. Writing a value other '
  'than the default into such a column, or a row into such a table, raises a notice.';

create or replace function not_in_force_refuse(object text, instead text) returns void
language plpgsql as $$
begin
  raise exception using errcode = 'feature_not_supported',
    message = format('%s does nothing yet, since %s', object, instead),
    hint = 'select * from not_in_force() lists what no program acts on yet.';
end
$$;
comment on function not_in_force_refuse(text, text) is 'Refuses a call that would have no effect.';

-- A statement may change very many rows: one notice for all of them. A statement is known by its time, and the notices that it
-- raised are kept in a variable of the transaction.
create or replace function not_in_force_notice() returns trigger
language plpgsql as $$
declare
  statement constant text := extract(epoch from statement_timestamp())::text;
  raised text := coalesce(current_setting('emailgency.raised', true), '');
begin
  if not starts_with(raised, statement || ' ') then
    raised := statement || ' ';
  end if;
  if strpos(raised, ' ' || tg_argv[0] || ' ') = 0 then
    raise notice '% is stored, but not in force yet: %', tg_argv[0], tg_argv[1]
      using hint = 'select * from not_in_force() lists what no program acts on yet.';
    perform set_config('emailgency.raised', raised || tg_argv[0] || ' ', true);
  end if;
  return null;
end
$$;
comment on function not_in_force_notice() is
  'Raises a notice, once per statement, that a value is not in force. Arguments: the object, what is missing.';

do $$
declare
  entry record;
begin
  for entry in -- of an entry that is gone
    select t.tgname, t.tgrelid::regclass as relation from pg_trigger t
    where t.tgfoid = 'emailgency.not_in_force_notice'::regproc
      and not exists (select from not_in_force() n where n.object in (t.tgrelid::regclass::text || '.' || substr(t.tgname, 8), t.tgrelid::regclass::text)
        and n.object !~ '\(\)$')
  loop
    execute format('drop trigger %I on %s', entry.tgname, entry.relation);
  end loop;
  for entry in
    select n.object, n.missing, split_part(n.object, '.', 1) as relation, c.part, a.attname,
      coalesce(pg_get_expr(d.adbin, d.adrelid), 'null') as standard, s.default_value
    from not_in_force() n cross join lateral (select regexp_replace(n.object, '^.*\.', '') as part) as c
    left join pg_attribute a on a.attrelid = to_regclass('emailgency.' || split_part(n.object, '.', 1)) and a.attname = c.part
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    left join setting_definition s on n.object = 'setting.' || s.name
    where n.object !~ '\(\)$'
  loop
    execute format('create or replace trigger %I after insert or update%s on %I for each row%s execute function not_in_force_notice(%L, %L)',
      'notice_' || entry.part, ' of ' || quote_ident(entry.attname), entry.relation, case
        when entry.attname is not null then format(' when (new.%I is distinct from %s)', entry.attname, entry.standard)
        when entry.default_value is not null then format(' when (new.name = %L and new.value <> %L)', entry.part, entry.default_value)
      end, entry.object, entry.missing);
    execute format('comment on trigger %I on %I is ''Raises a notice that a value is not in force yet.''', 'notice_' || entry.part, entry.relation);
  end loop;
end
$$;
