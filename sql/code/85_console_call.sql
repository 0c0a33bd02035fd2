-- The one function by which the console reads and edits: a page or an action, in the name of the session whose secret it gets.

create or replace function session_facts() returns jsonb
language sql security definer set search_path = emailgency, pg_temp as $$
  select jsonb_build_object(
    'kind', s.kind, 'login', s.login, 'language', (select a.language from account a where a.login = s.login and s.kind = 'admin'),
    'domains', coalesce((select jsonb_agg(d.name order by d.name) from (
      select g.name from unnest(granted_domains()) as g (name) order by g.name limit 100) as d), '[]'))
    || case when s.kind = 'admin' and account_watches() then '{"watches": true}'::jsonb else '{}' end
  from (select session_touch() as kind, coalesce(acting_login(), acting_mailbox()) as login) as s;
$$;
comment on function session_facts() is
  'Notes a request of the session; returns its kind (null: it has ended), login, language (null: that of the browser), the first hundred domains '
  'that it administers; watches: true of an account that may watch the whole service.';

-- Tables that nodes hold come first, since in_force() has no row for the others.
create or replace function session_edit() returns bigint
language sql stable security definer set search_path = emailgency, pg_temp as $$
  select a.id from audit a
  where a.at = now() and a.xid = pg_current_xact_id_if_assigned()
  order by a.kind in ('contact', 'domain_admin'), a.id desc limit 1;
$$;
comment on function session_edit() is 'The latest edit that this transaction recorded; null: none.';

create or replace function console_callable(call text) returns boolean
language sql stable set search_path = emailgency, pg_temp
return exists (select from pg_proc p
  where p.pronamespace = 'emailgency'::regnamespace and p.proname = console_callable.call and p.proname ~ '^(page|act)_[a-z0-9_]+$'
    and p.pronargs = 1 and p.proargtypes[0] = 'jsonb'::regtype and p.prorettype = 'jsonb'::regtype and not p.proretset
    and has_function_privilege(current_user, p.oid, 'execute'));
comment on function console_callable(text) is
  'True if the acting role may call a page (page_…) or an action (act_…) of this name. Its argument and result are JSON objects.';

-- Runs with the caller's rights, which are few until the role of the session is taken. A page cannot write.
create or replace function console_call(secret text, call text, params jsonb) returns jsonb
language plpgsql set search_path = emailgency, pg_temp as $$
declare
  facts jsonb;
  view jsonb;
  callable boolean;
begin
  perform set_config('emailgency.session', coalesce(secret, ''), true);
  facts := session_facts();
  if facts ->> 'kind' is not null then
    perform set_config('role', case facts ->> 'kind' when 'admin' then 'emailgency_domain_admin' else 'emailgency_mailbox_user' end, true);
  end if;
  if call is null then
    return facts;
  end if;
  callable := console_callable(call);
  if not callable and facts ->> 'kind' is null then
    return facts;
  elsif not callable then
    raise exception using errcode = 'no_data_found', message = 'there is no such page';
  end if;
  if starts_with(call, 'page_') then
    perform set_config('transaction_read_only', 'on', true);
  end if;
  execute format('select emailgency.%I($1)', call) into view using params;
  return facts || jsonb_build_object('audit', session_edit(), 'view', view);
end
$$;
comment on function console_call(text, text, jsonb) is
  'Calls a page or an action with the rights of the session of a secret. Returns the facts of the session, the latest edit (audit) and what was '
  'called returned (view). Without a session only public ones are called: kind is null, and there may be no view. Without a name it calls none. '
  'A page that the session may not see is no_data_found.';
