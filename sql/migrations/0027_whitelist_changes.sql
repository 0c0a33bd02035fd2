-- A change of a white list names the entry, not the domain: whoever follows reads one row, however long the list is.

drop trigger directory_change_insert on whitelist;
drop trigger directory_change_update on whitelist;
drop trigger directory_change_delete on whitelist;
drop trigger directory_change_truncate on whitelist;

create trigger directory_change_insert after insert on whitelist referencing new table as new_rows
  for each statement execute function directory_change_log('whitelist', 'domain', 'entry');
create trigger directory_change_update after update on whitelist referencing old table as old_rows new table as new_rows
  for each statement execute function directory_change_log('whitelist', 'domain', 'entry');
create trigger directory_change_delete after delete on whitelist referencing old table as old_rows
  for each statement execute function directory_change_log('whitelist', 'domain', 'entry');
create trigger directory_change_truncate after truncate on whitelist
  for each statement execute function directory_change_log('whitelist', 'domain', 'entry');

comment on column directory_change.key is
  'Primary key of the changed row (whitelist: domain, a blank, entry; alias: its address, read all its rows); null: read the whole table again.';
