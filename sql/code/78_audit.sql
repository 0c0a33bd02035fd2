-- The record of edits, and undo(). It has what people change, not what the daemons do, and never a password.

comment on table audit is 'Edits of rows by operators, domain admins and users of mailboxes. Written by triggers, kept for audit_days.';
comment on column audit.id is 'Number of the edit.';
comment on column audit.at is 'Time of the transaction.';
comment on column audit.xid is 'The transaction.';
comment on column audit.login is 'Its author: a database role, an account of the console, or a mailbox.';
comment on column audit.from_address is 'Address of the client.';
comment on column audit.domain is 'Domain of the row; null: a row of the service, or rows of several domains.';
comment on column audit.kind is 'Table.';
comment on column audit.key is 'Primary key of the row; null: the edits of a statement that changed too many rows, of which new has the number.';
comment on column audit.old is 'Columns that changed, as they were; null: the row is new.';
comment on column audit.new is 'Columns that changed, as they are; null: the row was deleted.';
comment on column audit.undo_of is 'The edit that this one undid.';

create or replace function audit_login() returns text
language plpgsql stable security definer set search_path = emailgency, pg_temp as $$
begin
  if session_user = 'emailgency_console' then
    return coalesce(acting_login(), acting_mailbox(), nullif(current_setting('emailgency.author', true), ''), session_user);
  elsif session_user = 'emailgency_console_auth' or is_notifier() then
    return nullif(current_setting('emailgency.author', true), '');
  end if;
  return case when is_operator() or is_domain_admin() then acting_role() end;
end
$$;
comment on function audit_login() is 'The author of an edit; null: a daemon, whose edits are not recorded.';

create or replace function audit_address() returns inet
language sql stable security definer set search_path = emailgency, pg_temp as $$
  select coalesce((select s.from_address from console_session s where s.id = acting_session()), inet_client_addr());
$$;
comment on function audit_address() is 'Address of the client; null: a local one.';

create or replace function audit_part(row_data jsonb, columns text[]) returns jsonb
language sql immutable parallel safe
return (select jsonb_object_agg(c.name, row_data -> c.name) from unnest(columns) as c (name));
comment on function audit_part(jsonb, text[]) is 'Some columns of a row.';

create or replace function audit_changed(row_data jsonb, other jsonb) returns jsonb
language sql immutable parallel safe
return (select jsonb_object_agg(e.key, case when e.key = 'password' and e.value <> 'null' then '"not recorded"' else e.value end)
  from jsonb_each(row_data) as e where e.value is distinct from coalesce(other -> e.key, 'null'));
comment on function audit_changed(jsonb, jsonb) is 'The columns of a row that differ from another one, or from none; null: none. No password.';

-- A customer can write very many rows in a day. The look stops at the limit.
create or replace function audit_room(domain text) returns boolean
language sql stable security definer set search_path = emailgency, pg_temp as $$
  select count(*) < 10000 from (
    select from audit a where a.domain = audit_room.domain and a.at > now() - interval '1 day' limit 10000) as recorded;
$$;
comment on function audit_room(text) is 'False if 10,000 edits of a domain were recorded within a day: further ones are counted only.';

create or replace function audit_count(author text, from_address inet, domain text, kind text, edits bigint) returns void
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  update audit a set new = jsonb_build_object('rows', (a.new ->> 'rows')::bigint + edits)
  where a.id = (select c.id from audit c where coalesce(c.domain, '') = coalesce(audit_count.domain, '') and c.kind = audit_count.kind and c.key is null
    and c.login = author and c.at > now() - interval '1 hour' order by c.at desc limit 1 for update skip locked);
  if not found then
    insert into audit (login, from_address, domain, kind, new)
    values (author, audit_count.from_address, audit_count.domain, audit_count.kind, jsonb_build_object('rows', edits));
  end if;
end
$$;
comment on function audit_count(text, inet, text, text, bigint) is 'Records a number of edits without the edits, in a row per hour.';

create or replace function audit_record(author text, from_address inet, kind text, was jsonb, now_is jsonb, domain_column text, keys text[]) returns void
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  old_part constant jsonb := audit_changed(was, now_is);
  new_part constant jsonb := audit_changed(now_is, was);
  edited constant jsonb := coalesce(now_is, was);
  edited_key constant jsonb := audit_part(edited, keys);
begin
  if old_part is not null or new_part is not null then
    insert into audit (login, from_address, domain, kind, key, old, new, undo_of)
    values (author, audit_record.from_address, edited ->> domain_column, audit_record.kind, edited_key,
      case when was is not null then coalesce(old_part, '{}') end, case when now_is is not null then coalesce(new_part, '{}') end,
      (select a.id from audit a where a.id = nullif(current_setting('emailgency.undo_of', true), '')::bigint
        and a.kind = audit_record.kind and a.key = edited_key));
  end if;
end
$$;
comment on function audit_record(text, inet, text, jsonb, jsonb, text, text[]) is
  'Records an edit of a row: what it was (null: it is new), and is (null: it is deleted).';

-- Arguments: the column of the domain, or empty; key columns; columns that are not recorded.
create or replace function audit_edit() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  author constant text := audit_login();
  from_address constant inet := audit_address();
  keys constant text[] := string_to_array(tg_argv[1], ' ');
  hidden constant text[] := string_to_array(tg_argv[2], ' ');
  changed constant text := case tg_op when 'INSERT' then 'new_rows' when 'DELETE' then 'old_rows'
    else '(table new_rows except all table old_rows)' end;
  edits bigint;
  home text;
  last_home text;
  room boolean;
  edit record;
begin
  if author is null then
    return null;
  end if;
  execute format('select count(*), %s from %s', case tg_argv[0] when '' then 'null::text'
    else format('case when min(%1$I) = max(%1$I) then min(%1$I) end', tg_argv[0]) end, changed || ' as changed')
    into edits, home;
  if edits > 1000 then
    perform audit_count(author, from_address, home, tg_table_name, edits);
    return null;
  end if;
  edits := 0; -- of a domain that has no room for more
  for edit in execute case tg_op
    when 'INSERT' then 'select null::jsonb as was, to_jsonb(n) as now_is from new_rows n'
    when 'DELETE' then 'select to_jsonb(o) as was, null::jsonb as now_is from old_rows o'
    else 'select o.was, n.now_is from (
        select to_jsonb(t) as was, audit_part(to_jsonb(t), $1) as key from (table old_rows except all table new_rows) as t) as o
      full join (
        select to_jsonb(t) as now_is, audit_part(to_jsonb(t), $1) as key from (table new_rows except all table old_rows) as t) as n using (key)'
    end using keys
  loop
    home := coalesce(edit.now_is, edit.was) ->> tg_argv[0];
    if room is null or home is distinct from last_home then
      if edits > 0 then
        perform audit_count(author, from_address, last_home, tg_table_name, edits);
      end if;
      edits := 0;
      last_home := home;
      room := home is null or audit_room(home);
    end if;
    if room then
      perform audit_record(author, from_address, tg_table_name, edit.was - hidden, edit.now_is - hidden, tg_argv[0], keys);
    else
      edits := edits + 1;
    end if;
  end loop;
  if edits > 0 then
    perform audit_count(author, from_address, last_home, tg_table_name, edits);
  end if;
  return null;
end
$$;
comment on function audit_edit() is 'Records the edits of a statement; of more than a thousand rows only their number.';

do $$
declare
  edited record;
begin
  for edited in
    select t.name, t.home, t.keys, t.hidden, e.event, e.rows
    from (values
      ('setting', '', 'name', ''), ('plan', '', 'name', ''), ('dnsbl', '', 'zone', ''),
      ('domain', 'name', 'name', 'smtp_denied_by sending_allowed_at'), ('domain_alias', 'domain', 'name', ''), ('domain_admin', 'domain', 'login domain', ''),
      ('mailbox', 'domain', 'address', 'smtp_denied_by expiry_days_effective over_quota created_at sending_allowed_at'),
      ('alias', 'domain', 'address target', ''), ('whitelist', 'domain', 'domain entry', ''),
      ('contact', 'domain', 'domain kind address', 'confirmed_at')
    ) as t (name, home, keys, hidden)
    cross join (values
      ('insert', 'referencing new table as new_rows'), ('update', 'referencing old table as old_rows new table as new_rows'),
      ('delete', 'referencing old table as old_rows')
    ) as e (event, rows)
  loop
    execute format('create or replace trigger %I after %s on %I %s for each statement execute function audit_edit(%L, %L, %L)',
      'audit_' || edited.event, edited.event, edited.name, edited.rows, edited.home, edited.keys, edited.hidden);
    execute format('comment on trigger %I on %I is ''Records edits.''', 'audit_' || edited.event, edited.name);
  end loop;
end
$$;

create or replace function undo_refuse(id bigint, reason text) returns void
language plpgsql as $$
begin
  raise exception using errcode = 'object_not_in_prerequisite_state', message = format('edit %s cannot be undone: %s', undo_refuse.id, reason);
end
$$;
comment on function undo_refuse(bigint, text) is 'Refuses to undo an edit.';

-- Each of these runs with the caller's rights.
create or replace function undo_columns(kind text, columns jsonb) returns text
language sql stable set search_path = emailgency, pg_temp
return (select string_agg(format('%I', k.key), ', ' order by k.key) from jsonb_object_keys(columns) as k (key)
  where has_column_privilege(undo_columns.kind, k.key, 'insert'));
comment on function undo_columns(text, jsonb) is 'Those columns of an edit that the caller may insert, for a statement.';

create or replace function undo_match(kind text, columns jsonb, source text) returns text
language sql stable set search_path = emailgency, pg_temp
return coalesce((select string_agg(format('t.%1$I is not distinct from (jsonb_populate_record(null::%2$I, %3$s)).%1$I', k.key, undo_match.kind, undo_match.source), ' and ')
  from jsonb_object_keys(columns) as k (key) where k.key <> 'password'), 'true');
comment on function undo_match(text, jsonb, text) is 'The condition that a row t has the values of an edit, for a statement.';

create or replace function undo_update(entry audit) returns void
language plpgsql set search_path = emailgency, pg_temp as $$
declare
  undone bigint;
begin
  if entry.old ? 'password' then
    perform undo_refuse(entry.id, 'a password is not recorded; set one with select set_password(''user@example.com'', ''Correct horse 4 battery'')');
  end if;
  execute format('update %I t set %s where %s and %s', entry.kind,
    (select string_agg(format('%1$I = (jsonb_populate_record(null::%2$I, $1)).%1$I', k.key, entry.kind), ', ') from jsonb_object_keys(entry.old) as k (key)),
    undo_match(entry.kind, entry.key, '$2'), undo_match(entry.kind, entry.new, '$3'))
    using entry.old, entry.key, entry.new;
  get diagnostics undone = row_count;
  if undone = 0 then
    perform undo_refuse(entry.id, 'it was changed again since');
  end if;
exception when insufficient_privilege then
  perform undo_refuse(entry.id, 'it changed what only the service or its operator may change');
end
$$;
comment on function undo_update(audit) is 'Restores the columns that an edit changed, if they still have the values that it wrote.';

create or replace function undo_insert(entry audit) returns void
language plpgsql set search_path = emailgency, pg_temp as $$
declare
  there boolean;
begin
  execute format('select exists (select t.%4$I from %1$I t where %2$s and %3$s)', entry.kind, undo_match(entry.kind, entry.key, '$1'),
    undo_match(entry.kind, entry.new, '$2'), (select min(k.key) from jsonb_object_keys(entry.key) as k (key))) into there using entry.key, entry.new;
  if not there or exists (
    select from audit a where a.domain is not distinct from entry.domain and a.at >= entry.at and a.id > entry.id and (a.kind, a.key) = (entry.kind, entry.key)
  ) then
    perform undo_refuse(entry.id, 'it was changed again since');
  end if;
  case entry.kind
    when 'mailbox' then perform delete_mailbox(entry.key ->> 'address');
    when 'alias' then perform delete_alias(entry.key ->> 'address', entry.key ->> 'target');
    when 'whitelist' then perform delete_whitelist(entry.key ->> 'domain', entry.key ->> 'entry');
    when 'contact' then perform delete_contact(entry.key ->> 'domain', entry.key ->> 'kind', entry.key ->> 'address');
    else execute format('delete from %I t where %s', entry.kind, undo_match(entry.kind, entry.key, '$1')) using entry.key;
  end case;
end
$$;
comment on function undo_insert(audit) is 'Deletes a row that an edit made, if it is still as it was made.';

create or replace function undo_delete(entry audit) returns void
language plpgsql set search_path = emailgency, pg_temp as $$
begin
  if entry.kind = 'mailbox' and exists (select t.address from mailbox_trash t where t.address = entry.key ->> 'address') then
    perform restore_mailbox(entry.key ->> 'address');
    return;
  end if;
  execute format('insert into %1$I (%2$s) select %2$s from jsonb_populate_record(null::%1$I, $1)', entry.kind,
    undo_columns(entry.kind, entry.old - 'password')) using entry.old;
end
$$;
comment on function undo_delete(audit) is
  'Makes a deleted row again: a mailbox with its mail, while that is kept; without a password if there was no mail.';

create or replace function undo(id bigint) returns text
language plpgsql set search_path = emailgency, pg_temp as $$
declare
  entry audit;
begin
  select a.* into entry from audit a where a.id = undo.id;
  if entry.id is null then
    raise exception using errcode = 'no_data_found', message = format(
      'edit %s does not exist: select id, at, login, kind, key, old, new from audit order by id desc limit 20 shows the latest', undo.id);
  elsif entry.key is null then
    perform undo_refuse(undo.id, format('it is the number of %s edits, which were too many to record', entry.new ->> 'rows'));
  end if;
  perform set_config('emailgency.undo_of', undo.id::text, true);
  case
    when entry.old is null then perform undo_insert(entry);
    when entry.new is null then perform undo_delete(entry);
    else perform undo_update(entry);
  end case;
  perform set_config('emailgency.undo_of', '', true);
  return format('undone: %s %s', entry.kind, (select string_agg(e.value, ' ' order by e.key) from jsonb_each_text(entry.key) as e));
end
$$;
comment on function undo(bigint) is
  'Undoes an edit, with the caller''s rights, if nobody changed the row since: select undo(4711). The undoing is an edit too, and can be undone.';

create or replace function expire_audit(count integer) returns integer
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  removed integer;
begin
  delete from audit a where a.id = any (array(
    select e.id from audit e where e.at < now() - make_interval(days => setting_value('audit_days')::integer)
    limit expire_audit.count for update skip locked));
  get diagnostics removed = row_count;
  return removed;
end
$$;
comment on function expire_audit(integer) is 'Removes edits of more than audit_days ago, at most so many; returns how many.';
