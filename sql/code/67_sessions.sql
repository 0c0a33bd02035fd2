-- Sessions of the console. The console holds a session's secret and no right to open one; the rows have the secret's hash only.

comment on table account is 'Log-ins of the console by domain admins. What an account may see is in domain_admin.';
comment on column account.login is 'An address, so that it is never the name of a database role.';
comment on column account.password is 'Hash with its Dovecot scheme in braces; null: the password of the mailbox of that name.';
comment on column account.totp is 'Secret of the second factor, encrypted; null: none.';
comment on column account.totp_counter is 'The latest counter that was accepted, so that none is accepted twice.';
comment on column account.recovery is 'SHA-256 of each recovery code that is left.';
comment on column account.language is 'Language of the pages; null: that of the browser.';
comment on column account.disabled is 'No log-in.';
comment on column account.created_at is 'Time of creation.';
comment on column account.last_login_at is 'Time of the latest log-in.';
comment on column account.last_login_from is 'Address of the latest log-in.';

comment on table console_session is 'Sessions of the console.';
comment on column console_session.id is 'SHA-256 of the secret in the cookie.';
comment on column console_session.login is 'The account, or the mailbox.';
comment on column console_session.kind is 'admin: an account; user: a mailbox.';
comment on column console_session.created_at is 'Time of the log-in.';
comment on column console_session.seen_at is 'Time of the latest request, to the minute.';
comment on column console_session.from_address is 'Address of the client.';
comment on column console_session.agent is 'Name of the browser, as it gave it.';
comment on column console_session.confirmed_at is 'When the password was given again.';

create or replace function account_check() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp set log_min_error_statement = panic as $$
begin
  new.login := fold_address(new.login);
  if exists (select from pg_roles where rolname = new.login) then
    raise exception using errcode = 'check_violation', message = format(
      'account "%s" has the name of a database role, which may have other rights: use another address, as in alice@firm.example', new.login);
  end if;
  perform accept(password_fault(new.password));
  return new;
end
$$;
comment on function account_check() is 'Folds the login of an account; refuses names of roles, and passwords that are not hashes.';

create or replace trigger account_check before insert or update of login, password on account
for each row execute function account_check();
comment on trigger account_check on account is 'Checks an account.';

create or replace function account_removed() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  delete from console_session s where s.login = old.login and s.kind = 'admin';
  if tg_op = 'DELETE' or new.login <> old.login then
    delete from domain_admin a where a.login = old.login;
  end if;
  return null;
end
$$;
comment on function account_removed() is
  'Ends the sessions of an account that is removed, renamed or disabled, or has another password; a removed or renamed one loses its grants.';

create or replace trigger account_removed_delete after delete on account
for each row execute function account_removed();
comment on trigger account_removed_delete on account is 'Ends sessions and grants.';

create or replace trigger account_removed_update after update on account
for each row when (new.disabled or (new.login, new.password) is distinct from (old.login, old.password)) execute function account_removed();
comment on trigger account_removed_update on account is 'Ends sessions, and the grants of a renamed account.';

-- A user who changes the own password goes on.
create or replace function mailbox_sessions_end() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  delete from console_session s where s.login = old.address
    and (s.kind = 'user' or exists (select from account a where a.login = s.login and a.password is null))
    and (tg_op = 'DELETE' or s.id is distinct from acting_session());
  return null;
end
$$;
comment on function mailbox_sessions_end() is 'Ends the sessions of a mailbox that is deleted or has another password, and of an account that has its password.';

create or replace trigger mailbox_sessions_end_delete after delete on mailbox
for each row when (old.password is not null) execute function mailbox_sessions_end();
comment on trigger mailbox_sessions_end_delete on mailbox is 'Ends sessions.';

create or replace trigger mailbox_sessions_end_update after update on mailbox
for each row when (old.password is not null and (new.address, new.password) is distinct from (old.address, old.password))
execute function mailbox_sessions_end();
comment on trigger mailbox_sessions_end_update on mailbox is 'Ends sessions.';

-- A request is noted to the minute.
create or replace function session_has_ended(seen_at timestamptz, created_at timestamptz) returns boolean
language plpgsql stable set search_path = emailgency, pg_temp as $$
begin
  return seen_at <= now() - make_interval(secs => setting_in_force('session_idle')::integer + 60)
    or created_at <= now() - make_interval(secs => setting_in_force('session_max')::integer);
end
$$;
comment on function session_has_ended(timestamptz, timestamptz) is 'True if a session of the console that was used and opened at these times has ended.';

create or replace function session_open(id bytea, login text, kind text, from_address inet, agent text) returns void
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  folded constant text := fold_address(left(session_open.login, 1000));
begin
  if kind = 'admin' and not exists (select from account a where a.login = folded and not a.disabled)
    or kind = 'user' and not exists (select from mailbox m where m.address = folded and m.password is not null) then
    raise exception using errcode = 'no_data_found', message = format('"%s" cannot log in: it is no %s with a password', folded,
      case kind when 'admin' then 'account' else 'mailbox' end);
  end if;
  -- As many as people have devices; the one that was used least goes.
  delete from console_session s where s.id = any (array(
    select o.id from console_session o where o.login = folded and o.kind = session_open.kind order by o.seen_at desc offset 19));
  insert into console_session (id, login, kind, from_address, agent)
  values (session_open.id, folded, session_open.kind, session_open.from_address, left(session_open.agent, 300));
  update account a set last_login_at = now(), last_login_from = session_open.from_address where session_open.kind = 'admin' and a.login = folded;
end
$$;
comment on function session_open(bytea, text, text, inet, text) is
  'Opens a session for an account (admin) or a mailbox (user), after its password and second factor were checked. Takes the '
  'SHA-256 of the secret. An account or mailbox has at most 20.';

create or replace function session_touch() returns text
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  acting constant bytea := acting_session();
begin
  update console_session s set seen_at = now() where s.id = acting and s.seen_at < now() - interval '1 minute';
  return (select s.kind from console_session s where s.id = acting);
end
$$;
comment on function session_touch() is 'Notes a request of the session; returns its kind, or null if it has ended.';

create or replace function session_close() returns void
language sql security definer set search_path = emailgency, pg_temp
begin atomic
  delete from console_session s where s.id = acting_session();
end;
comment on function session_close() is 'Ends the session.';

create or replace function session_list() returns table (created_at timestamptz, seen_at timestamptz, from_address inet, agent text, own boolean, handle text)
language sql stable security definer set search_path = emailgency, pg_temp as $$
  select o.created_at, o.seen_at, o.from_address, o.agent, o.id = s.id, encode(sha256(o.id), 'hex')
  from console_session s join console_session o on (o.login, o.kind) = (s.login, s.kind)
  where s.id = acting_session() order by o.seen_at desc;
$$;
comment on function session_list() is 'The sessions of the same account or mailbox, with a handle by which session_end() ends one.';

create or replace function session_end(handle text) returns boolean
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  delete from console_session o using console_session s
  where s.id = acting_session() and (o.login, o.kind) = (s.login, s.kind) and encode(sha256(o.id), 'hex') = session_end.handle;
  return found;
end
$$;
comment on function session_end(text) is 'Ends one session of the same account or mailbox.';

create or replace function expire_sessions(count integer) returns integer
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  removed integer;
begin
  delete from console_session s where s.id = any (array(
    select e.id from console_session e
    where session_has_ended(e.seen_at, e.created_at)
    limit expire_sessions.count for update skip locked));
  get diagnostics removed = row_count;
  return removed;
end
$$;
comment on function expire_sessions(integer) is 'Removes ended sessions, at most so many; returns how many.';
