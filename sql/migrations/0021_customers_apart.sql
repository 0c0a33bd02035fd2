-- No domain admin holds up another, or overrides the operator. What a raw SQL login may do is bounded here: what it can lock,
-- what it learns of others, whose denial it lifts, what it takes of the server.

-- Who acts. Inside a function with its owner's rights, current_user is the owner; this is the caller all the same.

create function acting_role() returns text
language sql stable
return coalesce(nullif(current_setting('role'), 'none'), session_user);
comment on function acting_role() is
  'The role that a session acts as: that of set role, else the login. Functions with their owner''s rights do not change it.';

create or replace function is_operator() returns boolean
language sql stable
return pg_has_role(acting_role()::name, 'emailgency_operator', 'member');
comment on function is_operator() is 'Whether who acts has the operator''s rights (superusers do).';

create function is_domain_admin() returns boolean
language sql stable
return pg_has_role(acting_role()::name, 'emailgency_domain_admin', 'member') and not is_operator();
comment on function is_domain_admin() is 'Whether who acts has the rights of a domain admin and no more.';

-- Settings: some are the operator's alone.

alter table setting_definition add public boolean not null default false;
comment on column setting_definition.public is 'Domain admins may read the value, by setting_value().';

update setting_definition set public = true
where name in ('service_domain', 'sms_per_week', 'greylist_delay', 'greylist_window', 'greylist_lifetime', 'greylist_shadow',
  'dnsbl_threshold', 'recipient_delimiter', 'message_size_slack', 'null_sender_recipients', 'outgoing_networks', 'spf_include',
  'spf_helo', 'spf_softfail', 'spf_neutral', 'spf_none', 'spf_temperror', 'spf_permerror', 'spf_wide', 'spf_received_header');

create function setting_in_force(setting_name text) returns text
language plpgsql stable security definer set search_path = emailgency, pg_temp as $$
begin
  return (
    select coalesce(s.value, d.default_value)
    from setting_definition d left join setting s on s.name = d.name
    where d.name = setting_name
  );
end
$$;
comment on function setting_in_force(text) is 'The value of any setting, its default where the row is missing. For the schema''s own functions.';

create or replace function setting_value(setting_name text) returns text
language plpgsql stable security definer set search_path = emailgency, pg_temp as $$
begin
  if is_domain_admin() and not coalesce((select d.public from setting_definition d where d.name = setting_name), false) then
    raise exception using errcode = 'insufficient_privilege', message = format(
      'setting "%s" is for the operator alone: use one that is public, such as recipient_delimiter', left(setting_name, 100));
  end if;
  return setting_in_force(setting_name);
end
$$;
comment on function setting_value(text) is
  'The value of a setting, its default where the row is missing. Domain admins get those that setting_definition calls public.';

-- References: a name of another customer is as unknown as one that is not there.

create or replace function require_domain(wanted text, example text) returns void
language plpgsql stable set search_path = emailgency, pg_temp as $$
declare
  holder served_domain;
begin
  if wanted is null or exists (select from domain where name = wanted) then
    return;
  end if;
  select * into holder from served_domain where name = wanted;
  if found then
    raise exception using errcode = 'foreign_key_violation', message = format(
      '"%s" is the %s domain of "%s": use the domain itself, as in %s',
      wanted, holder.role, holder.domain, replace(example, wanted, holder.domain));
  end if;
  perform accept(domain_name_fault(wanted));
  raise exception using errcode = 'foreign_key_violation', message = case
    when is_domain_admin() then format('domain "%s" is none of yours: use %s', wanted, coalesce((
      select string_agg(name, ', ' order by name) from (select name from domain order by name limit 5) as own), 'one that is granted to you'))
    else format('domain "%s" is not there: first insert into domain (name, plan) values (''%s'', ''basic'')', wanted, wanted)
  end;
end
$$;
comment on function require_domain(text, text) is
  'Refuses a reference to a name that is no domain, and names the domain where it is an alias or alternate of one. Sees what the caller sees.';

-- Rules that read what the writer does not see are triggers with their owner's rights; nobody calls them.

create or replace function domain_check() returns trigger
language plpgsql as $$
begin
  new.name := emailgency.fold(new.name);
  new.transport := emailgency.fold(new.transport);
  new.probe_address := emailgency.fold_address(new.probe_address);
  new.alternate_name := emailgency.fold(new.alternate_name);
  perform emailgency.accept(emailgency.domain_name_fault(new.name)); -- before other names are made of it
  if tg_op = 'UPDATE' and new.name <> old.name then
    perform emailgency.domain_check_rename(old.name, new.name);
  end if;
  if tg_op = 'UPDATE' and new.name <> old.name
    and new.alternate_name = emailgency.alternate_name_of(old.name, emailgency.setting_value('service_domain')) then
    new.alternate_name := null;
  end if;
  if new.alternate_name is null then
    new.alternate_name := emailgency.alternate_name_of(new.name, emailgency.setting_value('service_domain'));
  end if;
  return new;
end
$$;

create function domain_check_references() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  if tg_op = 'INSERT' or (new.plan, new.mode) is distinct from (old.plan, old.mode) then
    perform domain_check_plan(new);
  end if;
  if tg_op = 'INSERT' or new.time_zone <> old.time_zone then
    perform domain_check_time_zone(new.time_zone);
  end if;
  return new;
end
$$;
comment on function domain_check_references() is 'Refuses a plan, mode or time zone that the domain cannot have.';

-- After domain_check, by name.
create trigger domain_check_references before insert or update on domain
for each row execute function domain_check_references();

create or replace function mailbox_check() returns trigger
language plpgsql as $$
begin
  new.address := emailgency.fold_address(new.address);
  new.domain := coalesce(emailgency.fold(new.domain), emailgency.address_domain(new.address));
  if tg_op = 'UPDATE' and new.address <> old.address and new.domain = old.domain then
    new.domain := emailgency.address_domain(new.address);
  end if;
  if new.password ~ '^\$[0-9a-z]+\$' then
    new.password := '{CRYPT}' || new.password;
  end if;
  if tg_op = 'INSERT' or (new.address, new.domain) is distinct from (old.address, old.domain) then
    if new.domain is null then
      perform emailgency.accept(emailgency.address_fault(new.address));
    end if;
    perform emailgency.require_domain(new.domain, new.address);
  end if;
  return new;
end
$$;

drop trigger mailbox_check_size_insert on mailbox;
drop trigger mailbox_check_size_update on mailbox;
drop function mailbox_check_size();

create function mailbox_check_plan() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  perform mailbox_check_limits(new);
  return new;
end
$$;
comment on function mailbox_check_plan() is 'Holds quota, expiry and message size of a mailbox to the plan.';

-- After mailbox_check, by name, which fills in the domain and refuses those of others.
create trigger mailbox_check_plan_insert before insert on mailbox
for each row when (coalesce(new.quota, new.expiry_days, new.max_message_size) is not null)
execute function mailbox_check_plan();

create trigger mailbox_check_plan_update before update on mailbox
for each row when (coalesce(new.quota, new.expiry_days) is not null
    and (new.quota, new.expiry_days, new.vip, new.candidate) is distinct from (old.quota, old.expiry_days, old.vip, old.candidate)
  or new.max_message_size is not null and (new.max_message_size, new.vip) is distinct from (old.max_message_size, old.vip))
execute function mailbox_check_plan();

-- SMTP deny has one owner: the operator wherever the operator asks for it, else who asked first.

create or replace function check_deny_lifted(denied_by text, what text, domain_name text) returns void
language plpgsql stable security definer set search_path = emailgency, pg_temp as $$
begin
  if is_operator() then
    return;
  end if;
  if not exists (select from domain_admin where login = denied_by and domain = domain_name)
    or exists (select from pg_roles where rolname = denied_by and pg_has_role(oid, 'emailgency_operator', 'member')) then
    raise exception using errcode = 'insufficient_privilege',
      message = format('sending was denied to %s by the operator, who alone can allow it again', what);
  end if;
end
$$;
comment on function check_deny_lifted(text, text, text) is
  'Refuses a domain admin who lifts what none of the domain''s admins denied. What an operator denied is the operator''s, granted domains or not.';

create function deny_owner(was_denied boolean, denied_by text) returns text
language sql stable set search_path = emailgency, pg_temp
return case when was_denied and not is_operator() then denied_by else acting_role() end;
comment on function deny_owner(boolean, text) is 'Whose denial it is that is written now: an operator takes it over, a domain admin never does.';

create function domain_check_deny() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  if tg_op = 'INSERT' then
    new.smtp_denied_by := case when new.smtp_deny then acting_role() end;
  elsif new.smtp_deny then
    new.smtp_denied_by := deny_owner(old.smtp_deny, old.smtp_denied_by);
  else
    if old.smtp_deny then
      perform check_deny_lifted(old.smtp_denied_by, format('domain "%s"', old.name), old.name);
    end if;
    new.smtp_denied_by := null;
  end if;
  return new;
end
$$;
comment on function domain_check_deny() is 'Keeps smtp_denied_by of a domain, and refuses to lift what is not the writer''s.';

-- "of smtp_deny": also where the value written is the one that is there.
create trigger domain_check_deny before insert or update of smtp_deny on domain
for each row execute function domain_check_deny();

create function mailbox_check_deny() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  if tg_op = 'INSERT' then
    new.smtp_denied_by := case when new.smtp_deny then acting_role() end;
  elsif new.smtp_deny then
    new.smtp_denied_by := deny_owner(old.smtp_deny, old.smtp_denied_by);
  else
    if old.smtp_deny then
      perform check_deny_lifted(old.smtp_denied_by, format('"%s"', old.address), old.domain);
    end if;
    new.smtp_denied_by := null;
  end if;
  return new;
end
$$;
comment on function mailbox_check_deny() is 'Keeps smtp_denied_by of a mailbox, and refuses to lift what is not the writer''s.';

create trigger mailbox_check_deny before insert or update of smtp_deny on mailbox
for each row execute function mailbox_check_deny();

create or replace function mailbox_check_removal() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  perform check_deny_lifted(old.smtp_denied_by, format('"%s"', old.address), old.domain);
  return old;
end
$$;

-- Deletes of domain admins. The right to delete from a table is the right to lock it against everybody (lock table), so they
-- have none, and these functions instead.

create function administered_domain(name text) returns text
language plpgsql stable security definer set search_path = emailgency, pg_temp as $$
declare
  home text;
begin
  select s.domain into home from served_domain s
  where s.name = fold(administered_domain.name)
    and (is_operator() or exists (select from domain_admin a where a.login = acting_role() and a.domain = s.domain));
  if home is null then
    raise exception using errcode = 'no_data_found', message = format(
      'domain "%s" is not there: write the name of a domain, or of an alias of it, as in example.com', left(name, 253));
  end if;
  return home;
end
$$;
comment on function administered_domain(text) is
  'The domain that a domain, alias or alternate name stands for, if who acts may edit it; others are as unknown as what is not there.';

create function administered_address(address text) returns text
language plpgsql stable security definer set search_path = emailgency, pg_temp as $$
declare
  folded constant text := fold_address(left(administered_address.address, 1000));
begin
  perform accept(address_fault(folded));
  return address_local_part(folded) || '@' || administered_domain(address_domain(folded));
end
$$;
comment on function administered_address(text) is 'The address at the domain itself that an address stands for, if who acts may edit that domain.';

create function administered_mailbox(address text) returns text
language plpgsql stable security definer set search_path = emailgency, pg_temp as $$
declare
  canonical constant text := administered_address(administered_mailbox.address);
begin
  if not exists (select from mailbox m where m.address = canonical) then
    raise exception using errcode = 'no_data_found', message = format(
      'mailbox "%s" is not there: first insert into mailbox (address) values (''%s'')', canonical, canonical);
  end if;
  return canonical;
end
$$;
comment on function administered_mailbox(text) is 'The address of the mailbox that an address stands for, if who acts may edit it.';

create function delete_mailbox(address text) returns void
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  canonical constant text := administered_mailbox(delete_mailbox.address);
begin
  delete from mailbox m where m.address = canonical;
end
$$;
comment on function delete_mailbox(text) is 'Deletes a mailbox: select delete_mailbox(''user@example.com'').';

create function delete_alias(address text, target text default null) returns void
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  canonical constant text := administered_address(delete_alias.address);
begin
  delete from alias a where a.address = canonical
    and (delete_alias.target is null or a.target = fold_address(left(delete_alias.target, 1000)));
  if not found then
    raise exception using errcode = 'no_data_found', message = format('alias "%s"%s is not there: select address, target from alias shows all',
      canonical, coalesce(format(' to "%s"', left(delete_alias.target, 254)), ''));
  end if;
end
$$;
comment on function delete_alias(text, text) is
  'Deletes a target of an alias, or the whole alias: select delete_alias(''info@example.com'', ''user@example.com'').';

create function delete_whitelist(domain text, entry text) returns void
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  home constant text := administered_domain(delete_whitelist.domain);
begin
  delete from whitelist w where w.domain = home and w.entry = network_text(fold_address(left(delete_whitelist.entry, 1000)));
  if not found then
    raise exception using errcode = 'no_data_found', message = format(
      'white list entry "%s" of domain "%s" is not there: select entry from whitelist shows all', left(delete_whitelist.entry, 254), home);
  end if;
end
$$;
comment on function delete_whitelist(text, text) is 'Deletes a white list entry: select delete_whitelist(''example.com'', ''192.0.2.0/24'').';

create function delete_contact(domain text, kind text, address text) returns void
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  home constant text := administered_domain(delete_contact.domain);
  wanted constant text := case delete_contact.kind when 'sms' then regexp_replace(left(delete_contact.address, 1000), '[ ()./-]', '', 'g')
    else fold_address(left(delete_contact.address, 1000)) end;
begin
  delete from contact c where c.domain = home and c.kind = delete_contact.kind and c.address = wanted;
  if not found then
    raise exception using errcode = 'no_data_found', message = format(
      '%s contact "%s" of domain "%s" is not there: select kind, address from contact shows all',
      left(delete_contact.kind, 10), left(wanted, 254), home);
  end if;
end
$$;
comment on function delete_contact(text, text, text) is 'Deletes a contact: select delete_contact(''example.com'', ''sms'', ''+41791234567'').';

revoke delete on mailbox, alias, contact from emailgency_domain_admin;
revoke insert, update, delete on whitelist from emailgency_domain_admin;
grant insert (domain, entry), update (domain, entry) on whitelist to emailgency_domain_admin;

-- Row locks of a customer's open transaction: a change over many domains waits for none of them for long.

create or replace function setting_follow_service_domain() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp set lock_timeout = '800ms' as $$
begin
  update domain set alternate_name = null
  where alternate_name is not distinct from alternate_name_of(name, old.value);
  return null;
exception when lock_not_available then
  raise exception using errcode = 'lock_not_available', message = format(
    'setting service_domain renames the alternate domains, and somebody edits one of them just now (%s): try again, or end that '
    'session by select end_admin_sessions(''login'')',
    coalesce((select string_agg(distinct s.login, ', ') from admin_sessions() s where s.writing), 'no domain admin'));
end
$$;

-- Logins of domain admins.

create function bound_login(login text) returns void
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
  'Gives a domain admin''s login three connections, time-outs and a limit of temporary files, each where it has none of its own.';

create or replace function domain_admin_check() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  stronger text;
begin
  new.domain := fold(new.domain);
  perform require_domain(new.domain, new.domain);
  if not exists (select from pg_roles where rolname = new.login) then
    raise exception using errcode = 'foreign_key_violation', message = format(
      'login "%s" is not there: first create role %s login connection limit 3 in role emailgency_domain_admin', new.login, quote_ident(new.login));
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
  'Refuses grants to logins or of domains that are not there, and to logins that may do more; bounds what the login takes of the server.';

create function admin_sessions() returns table (pid integer, login text, since timestamptz, in_transaction_since timestamptz, writing boolean, blocks integer)
language sql stable security definer set search_path = emailgency, pg_temp as $$
  select a.pid, a.usename::text, a.backend_start, a.xact_start, a.backend_xid is not null,
    (select count(*)::integer from pg_stat_activity w where w.wait_event_type = 'Lock' and a.pid = any (pg_blocking_pids(w.pid)))
  from pg_stat_activity a
  where pg_has_role(a.usesysid, 'emailgency_domain_admin', 'member')
    and not pg_has_role(a.usesysid, 'emailgency_operator', 'member')
  order by a.xact_start, a.backend_start;
$$;
comment on function admin_sessions() is
  'The sessions of domain admins in all databases, the oldest transaction first: since when, whether it has written, how many others wait for it.';

create function end_admin_sessions(login text) returns integer
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  ended integer;
begin
  select count(pg_terminate_backend(s.pid)) into ended from admin_sessions() s where s.login = end_admin_sessions.login;
  return ended;
end
$$;
comment on function end_admin_sessions(text) is
  'Ends the sessions of a domain admin, and with them what they hold; returns how many. To keep the login out: alter role … nologin.';

-- What PostgreSQL gives to every role of a database, and what would be everybody's loss: temporary tables and large objects fill
-- the disk, advisory locks and pg_logical_emit_message exhaust what all share.

do $$
declare
  shared record;
begin
  execute format('revoke temporary on database %I from public', current_database());
  if to_regnamespace('public') is not null then
    revoke create on schema public from public;
  end if;
  for shared in
    select p.oid::regprocedure as signature from pg_proc p
    where p.pronamespace = 'pg_catalog'::regnamespace and p.prokind = 'f'
      and (p.proname ~ '^(lo_(creat|create|from_bytea|import|open|put|truncate|truncate64|unlink)|lowrite|pg_logical_emit_message)$'
        or p.proname ~ '^pg_(try_)?advisory_')
  loop
    execute format('revoke execute on function %s from public', shared.signature);
  end loop;
end
$$;

select bound_login(r.rolname) from pg_roles r
where r.rolname in (select login from domain_admin) and not r.rolsuper;

-- Who may call what.

revoke execute on function acting_role(), is_domain_admin(), setting_in_force(text), domain_check_references(), mailbox_check_plan(),
  deny_owner(boolean, text), domain_check_deny(), mailbox_check_deny(), administered_domain(text), administered_address(text),
  administered_mailbox(text), delete_mailbox(text), delete_alias(text, text), delete_whitelist(text, text),
  delete_contact(text, text, text), bound_login(text), admin_sessions(), end_admin_sessions(text)
  from public;

revoke execute on function domain_check_plan(domain), domain_check_time_zone(text), check_deny_lifted(text, text, text),
  mailbox_check_limits(mailbox)
  from emailgency_daemon, emailgency_operator, emailgency_domain_admin;

grant execute on function acting_role(), is_domain_admin() to emailgency_daemon, emailgency_operator, emailgency_domain_admin;

grant execute on function delete_mailbox(text), delete_alias(text, text), delete_whitelist(text, text), delete_contact(text, text, text)
  to emailgency_operator, emailgency_domain_admin;

grant execute on function admin_sessions(), end_admin_sessions(text) to emailgency_operator;

-- Dovecot asks for one login at a time.
revoke select on dovecot_passdb from emailgency_dovecot;
