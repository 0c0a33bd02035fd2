-- A change of a white list names the entry, not the domain: whoever follows reads one row, however long the list is.

create function directory_change_log_pair() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  kind constant text := tg_argv[0];
  key constant text := format('%I || '' '' || %I', tg_argv[1], tg_argv[2]);
  logged bigint := 1;
begin
  if tg_op = 'TRUNCATE' then
    insert into directory_change (kind, key) values (kind, null);
  else
    execute format('insert into directory_change (kind, key) %s', case tg_op
      when 'INSERT' then format('select %L, %s from new_rows', kind, key)
      when 'DELETE' then format('select %L, %s from old_rows', kind, key)
      else format('select distinct %L, %s from ((table old_rows except all table new_rows) union all (table new_rows except all table old_rows)) as c', kind, key)
    end);
    get diagnostics logged = row_count; -- execute sets no found
  end if;
  if logged > 0 then
    perform wake('emailgency_directory');
  end if;
  return null;
end
$$;
comment on function directory_change_log_pair() is
  'As directory_change_log(), for rows with two key columns, which stand in the key with a blank between them. Arguments: kind, first and second key column.';

drop trigger directory_change_insert on whitelist;
drop trigger directory_change_update on whitelist;
drop trigger directory_change_delete on whitelist;
drop trigger directory_change_truncate on whitelist;

create trigger directory_change_insert after insert on whitelist referencing new table as new_rows
  for each statement execute function directory_change_log_pair('whitelist', 'domain', 'entry');
create trigger directory_change_update after update on whitelist referencing old table as old_rows new table as new_rows
  for each statement execute function directory_change_log_pair('whitelist', 'domain', 'entry');
create trigger directory_change_delete after delete on whitelist referencing old table as old_rows
  for each statement execute function directory_change_log_pair('whitelist', 'domain', 'entry');
create trigger directory_change_truncate after truncate on whitelist
  for each statement execute function directory_change_log_pair('whitelist', 'domain', 'entry');

comment on column directory_change.key is
  'Primary key of the changed row (whitelist: domain, a blank, entry; alias: its address, read all its rows); null: read the whole table again.';

revoke execute on function directory_change_log_pair() from public;
