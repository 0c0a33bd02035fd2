-- The acting role, and the log-ins of domain admins. A log-in with SQL can neither hold up nor override others: this bounds its
-- resources, and lets the operator end its sessions.

comment on table domain_admin is 'The domains that each login administers. Written by the operator.';
comment on column domain_admin.login is 'Database role, a member of emailgency_domain_admin; or an account of the console.';
comment on column domain_admin.domain is 'A domain that it may see and edit.';

-- In a function with its owner's rights, current_user is the owner.
create or replace function acting_role() returns text
language sql stable
return coalesce(nullif(current_setting('role'), 'none'), session_user);
comment on function acting_role() is
  'The role that the session acts as: that of set role, or else the login. Functions with their owner''s rights do not '
  'change it.';

create or replace function is_operator() returns boolean
language sql stable
return pg_has_role(acting_role()::name, 'emailgency_operator', 'member');
comment on function is_operator() is 'True if the acting role has the operator''s rights. Superusers do.';

create or replace function is_domain_admin() returns boolean
language sql stable
return pg_has_role(acting_role()::name, 'emailgency_domain_admin', 'member') and not is_operator();
comment on function is_domain_admin() is 'True if the acting role has the rights of a domain admin and no more.';

create or replace function is_notifier() returns boolean
language sql stable
return pg_has_role(acting_role()::name, 'emailgency_notifier', 'member') and not is_operator() and not is_domain_admin();
comment on function is_notifier() is 'True if the acting role has the rights of emailgency-notifier and neither an operator''s nor a customer''s.';

-- The console has one database role for all of its users, so the session's secret says who acts. Only a superuser can change
-- session_user, so whoever sets emailgency.session in another database session gains nothing.
create or replace function acting_session() returns bytea
language plpgsql stable security definer set search_path = emailgency, pg_temp as $$
begin
  if session_user <> 'emailgency_console' then
    return null;
  end if;
  return (
    select s.id from console_session s
    where s.id = sha256(convert_to(current_setting('emailgency.session', true), 'UTF8'))
      and not session_has_ended(s.seen_at, s.created_at));
end
$$;
comment on function acting_session() is 'The session of the console whose secret is in emailgency.session; null: none, or it has ended.';

create or replace function acting_login() returns text
language plpgsql stable security definer set search_path = emailgency, pg_temp as $$
begin
  if session_user <> 'emailgency_console' then
    return acting_role();
  end if;
  return (select s.login from console_session s where s.id = acting_session() and s.kind = 'admin');
end
$$;
comment on function acting_login() is
  'Whose grants apply: the account of the console''s session, or else the acting role. Null: a session that has ended, or of a mailbox.';

create or replace function acting_mailbox() returns text
language plpgsql stable security definer set search_path = emailgency, pg_temp as $$
begin
  return (select s.login from console_session s where s.id = acting_session() and s.kind = 'user');
end
$$;
comment on function acting_mailbox() is 'The mailbox of the console''s session; null: none.';

create or replace function second_factor_missing(login text) returns boolean
language plpgsql stable security definer set search_path = emailgency, pg_temp as $$
begin
  return setting_in_force('require_second_factor') = 'admins'
    and exists (select from account a where a.login = second_factor_missing.login and a.totp is null);
end
$$;
comment on function second_factor_missing(text) is
  'True of an account that needs a second factor (setting require_second_factor) and has none: it has no grants until one is set up.';

-- Read once for a statement, as (select granted_domains())::text[], and then looked up by an index.
create or replace function granted_domains() returns text[]
language plpgsql stable security definer set search_path = emailgency, pg_temp as $$
declare
  acting constant text := acting_login();
begin
  if second_factor_missing(acting) then
    return '{}';
  end if;
  return array(select a.domain from domain_admin a where a.login = acting);
end
$$;
comment on function granted_domains() is 'The domains that are granted to the acting login; none while it lacks a second factor that it needs.';

create or replace function administers(domain text) returns boolean
language sql stable set search_path = emailgency, pg_temp
return is_operator() or administers.domain = any (granted_domains());
comment on function administers(text) is 'True if the acting login may edit the rows of a domain: an operator, or a login with a grant of it.';

create or replace function admin_sessions()
returns table (pid integer, login text, since timestamptz, in_transaction_since timestamptz, writing boolean, blocks integer)
language sql stable security definer set search_path = emailgency, pg_temp as $$
  select a.pid, a.usename::text, a.backend_start, a.xact_start, a.backend_xid is not null,
    (select count(*)::integer from pg_stat_activity w where w.wait_event_type = 'Lock' and a.pid = any (pg_blocking_pids(w.pid)))
  from pg_stat_activity a
  where pg_has_role(a.usesysid, 'emailgency_domain_admin', 'member')
    and not pg_has_role(a.usesysid, 'emailgency_operator', 'member')
  order by a.xact_start, a.backend_start;
$$;
comment on function admin_sessions() is
  'The sessions of domain admins in all databases, oldest transaction first: start, whether it has written, number of '
  'sessions that wait for it.';

create or replace function end_admin_sessions(login text) returns integer
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  ended integer;
begin
  select count(pg_terminate_backend(s.pid)) into ended from admin_sessions() s where s.login = end_admin_sessions.login;
  return ended;
end
$$;
comment on function end_admin_sessions(text) is
  'Ends the sessions of a domain admin, which releases their locks; returns how many. To keep the login out: alter role … '
  'nologin.';

create or replace function bound_login(login text) returns void
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  bounded record;
begin
  if (select rolconnlimit from pg_roles where rolname = bound_login.login) = -1 then
    execute format('alter role %I connection limit 3', bound_login.login);
  end if;
  for bounded in
    select * from (values ('statement_timeout', '60s'), ('lock_timeout', '5s'), ('idle_in_transaction_session_timeout', '10s'),
      ('temp_file_limit', '256MB')) as t (name, value)
    where not exists (select from pg_roles r, unnest(r.rolconfig) as option
      where r.rolname = bound_login.login and option like replace(t.name, '_', '\_') || '=%')
  loop
    execute format('alter role %I set %s = %L', bound_login.login, bounded.name, bounded.value);
  end loop;
end
$$;
comment on function bound_login(text) is
  'Gives a domain admin''s login three connections, time-outs and a limit of temporary files, each unless it has a value of '
  'its own.';

create or replace function domain_admin_check() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  home text;
  stronger text;
begin
  new.domain := fold(new.domain);
  perform require_domain(new.domain, new.domain);
  if exists (select from account a where a.login = fold_address(new.login)) then
    new.login := fold_address(new.login);
    select s.domain into home from served_domain s where s.name = address_domain(new.login) and s.domain <> new.domain;
    if found then
      raise exception using errcode = 'check_violation', message = format(
        'account "%s" is an address of customer "%s", whose admins could take it over: use an address elsewhere, or one of "%s", as in admin@%s',
        new.login, home, new.domain, new.domain);
    end if;
    return new;
  end if;
  if not exists (select from pg_roles where rolname = new.login) then
    raise exception using errcode = 'foreign_key_violation', message = format(
      'login "%s" does not exist: first create role %s login connection limit 3 in role emailgency_domain_admin',
      new.login, quote_ident(new.login));
  end if;
  select rolname into stronger from pg_roles
  where pg_has_role(new.login::name, oid, 'member') and rolname <> 'emailgency_domain_admin'
    and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication
      or rolname <> new.login and rolname ~ '^(pg|emailgency)_')
  order by rolname <> new.login, rolname limit 1;
  if found then
    raise exception using errcode = 'check_violation', message = format(
      'login "%s" has the rights of "%s", more than a domain admin''s: use one that has none but its own, as in create role alice '
      'login connection limit 3 in role emailgency_domain_admin', new.login, stronger);
  end if;
  perform bound_login(new.login);
  return new;
end
$$;
comment on function domain_admin_check() is
  'Refuses grants to logins, or of domains, that do not exist, and to logins with more rights; limits the resources of the '
  'login.';

create or replace trigger domain_admin_check before insert or update on domain_admin
for each row execute function domain_admin_check();
comment on trigger domain_admin_check on domain_admin is 'Checks a grant.';
