-- The page of changes: the record of edits, with undo.

create or replace function view_value(value jsonb) returns text
language sql immutable parallel safe
return case jsonb_typeof(value) when 'null' then null else left(value #>> '{}', 60) end;
comment on function view_value(jsonb) is 'The value of a column, for a list of changes; null: none.';

create or replace function view_change(edit audit, zone text) returns jsonb
language plpgsql stable set search_path = emailgency, pg_temp as $$
#variable_conflict use_column
begin
  return (
  select jsonb_build_object('id', edit.id, 'at', view_time(edit.at, zone), 'login', edit.login, 'from', host(edit.from_address),
    'kind', view_choice(edit.kind),
    'key', (select string_agg(left(e.value, 254), ' → ' order by e.key) from jsonb_each_text(edit.key) as e where e.key not in ('domain', 'kind')
      or edit.kind = 'domain'),
    'added', edit.key is not null and edit.old is null, 'removed', edit.new is null,
    'many', case when edit.key is null then edit.new -> 'rows' end,
    'columns', case when edit.old is not null and edit.new is not null and edit.key is not null then coalesce((
      select jsonb_agg(jsonb_build_object('name', c.key, 'was', view_value(edit.old -> c.key), 'is', view_value(c.value)) order by c.key)
      from (select e.key, e.value from jsonb_each(edit.new) as e order by e.key limit 8) as c), '[]') end,
    'undone', u.undone, 'undoes', edit.undo_of is not null,
    'undo', edit.key is not null and not u.undone and edit.kind in ('domain', 'mailbox', 'alias', 'whitelist', 'contact')
      and not (edit.old is not null and edit.new ? 'password' and edit.old ? 'password'))
  from (select exists (select from audit o where o.undo_of = edit.id) as undone) as u);
end
$$;
comment on function view_change(audit, text) is 'An edit as pages show it.';

-- A filter looks through a bounded number of edits. Planned with the number of rows that are asked for, so that it reads an index in its order.
create or replace function view_changes(domain text, zone text, before bigint, login text, kind text, most integer) returns jsonb
language plpgsql stable set search_path = emailgency, pg_temp set plan_cache_mode = force_custom_plan as $$
declare
  last audit;
begin
  select a.* into last from audit a where a.id = view_changes.before and a.domain = view_changes.domain;
  return (
    select coalesce(jsonb_agg(view_change(c.edit, zone) order by c.n), '[]') from (
      select a.edit, row_number() over (order by a.at desc, a.id desc) as n from (
        select o as edit, o.at, o.id, o.login, o.kind from audit o
        where o.domain = view_changes.domain and (last.id is null or o.at <= last.at and (o.at, o.id) < (last.at, last.id))
        order by o.at desc, o.id desc limit case when coalesce(view_changes.login, view_changes.kind) is null then most else 20000 end) as a
      where (view_changes.login is null or a.login = view_changes.login) and (view_changes.kind is null or a.kind = view_changes.kind)
      limit most) as c);
end
$$;
comment on function view_changes(text, text, bigint, text, text, integer) is
  'The latest edits of a domain, or those before one, of an author and of a table (null: of any), as pages show them.';

create or replace function page_changes(params jsonb) returns jsonb
language plpgsql stable set search_path = emailgency, pg_temp as $$
declare
  shown constant domain := view_domain(params);
  login constant text := nullif(view_text(params, 'login', 254), '');
  kind constant text := nullif(view_text(params, 'kind', 30), '');
  rows constant jsonb := view_changes(shown.name, shown.time_zone, substring(view_text(params, 'after') from '^[0-9]{1,18}$')::bigint, login, kind, 51);
begin
  return view_page(shown, 'changes', jsonb_build_object('rows', view_rows(rows, 50), 'older', view_link(view_path(shown.name, 'changes'), '{login,kind,after}', array[login, kind, view_older(rows, 50, 'id')]),
    'days', setting_value('audit_days')::integer, 'filtered', coalesce(login, kind) is not null,
    'form', jsonb_build_object('login', coalesce(login, ''), 'kind', view_choice(kind))));
end
$$;
comment on function page_changes(jsonb) is 'The page of changes: 50 edits, those before the edit "after", of an author (login) and of a table (kind).';

create or replace function act_undo(params jsonb) returns jsonb
language plpgsql set search_path = emailgency, pg_temp as $$
declare
  shown constant domain := view_domain(params);
  wanted constant bigint := substring(view_text(params, 'id') from '^[0-9]{1,18}$')::bigint;
begin
  if not exists (select from audit a where a.id = wanted and a.domain = shown.name) then
    raise exception using errcode = 'no_data_found', message = 'there is no such page';
  end if;
  perform undo(wanted);
  return act_location(shown.name, 'changes');
end
$$;
comment on function act_undo(jsonb) is 'Undoes an edit of the domain (id).';
