-- Domain names: every name is one domain, one alias or one alternate domain.

comment on table domain_alias is 'A further name of a domain, with all addresses of the domain.';
comment on column domain_alias.name is 'The further name, lower case, international names as A-labels.';
comment on column domain_alias.domain is 'The domain.';

comment on table served_domain is
  'Every domain name that mail is accepted for, written by triggers. Its key makes a name one domain, alias or alternate '
  'only.';
comment on column served_domain.name is 'The name in an address.';
comment on column served_domain.role is 'domain, alias (of domain_alias) or alternate (domain.alternate_name).';
comment on column served_domain.domain is 'The domain itself.';

create or replace function served_domain_claim(claimed text, claimed_role text, owner text) returns void
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  holder served_domain;
begin
  insert into served_domain (name, role, domain) values (claimed, claimed_role, owner)
  on conflict do nothing;
  if found then
    return;
  end if;
  select * into holder from served_domain where name = claimed;
  raise exception using errcode = 'unique_violation', message = format(
    '%s "%s" is taken: it is %s%s', case claimed_role when 'domain' then 'domain name' else claimed_role || ' domain' end, claimed,
    case holder.role when 'domain' then 'a domain' else format('the %s domain of "%s"', holder.role, holder.domain) end,
    case claimed_role when 'alternate' then format(
      '; give domain "%s" another alternate_name, as in alternate_name = ''%s''', owner,
      replace(replace(owner, '-', '--'), '.', '-') || substring(claimed from '\..*$')) else '' end);
end
$$;
comment on function served_domain_claim(text, text, text) is
  'Reserves a name for a domain, alias or alternate; refuses a name that is taken, also by a running transaction.';

create or replace function domain_claim() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  if tg_op <> 'INSERT' then
    delete from served_domain where name in (old.name, old.alternate_name) and domain = old.name and role <> 'alias';
  end if;
  if tg_op <> 'DELETE' then
    perform served_domain_claim(new.name, 'domain', new.name);
    perform served_domain_claim(new.alternate_name, 'alternate', new.name) where new.alternate_name is not null;
  end if;
  return null;
end
$$;
comment on function domain_claim() is 'Copies changes of domain to served_domain.';

create or replace trigger domain_claim after insert or delete on domain
for each row execute function domain_claim();
comment on trigger domain_claim on domain is 'Reserves or releases the names of a domain.';

create or replace trigger domain_claim_update after update of name, alternate_name on domain
for each row when (old.name <> new.name or old.alternate_name is distinct from new.alternate_name)
execute function domain_claim();
comment on trigger domain_claim_update on domain is 'Replaces the reserved names of a domain.';

-- Another customer's name is reported as nonexistent.
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
    when is_domain_admin() then format('domain "%s" is not one of your domains: use %s', wanted, coalesce((
      select string_agg(name, ', ' order by name) from (select name from domain order by name limit 5) as own),
      'a domain that is granted to you'))
    else format('domain "%s" does not exist: first insert into domain (name, plan) values (''%s'', ''basic'')', wanted, wanted)
  end;
end
$$;
comment on function require_domain(text, text) is
  'Refuses a name that is not a domain; for an alias or alternate name, the message names the domain. Runs with the '
  'caller''s rights.';

create or replace function domain_alias_check() returns trigger
language plpgsql as $$
begin
  new.name := emailgency.fold(new.name);
  new.domain := emailgency.fold(new.domain);
  perform emailgency.require_domain(new.domain, new.domain);
  return new;
end
$$;
comment on function domain_alias_check() is 'Completes and checks an alias domain.';

create or replace trigger domain_alias_check before insert or update on domain_alias
for each row execute function domain_alias_check();
comment on trigger domain_alias_check on domain_alias is 'Normalises the row.';

create or replace function domain_alias_claim() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  if tg_op <> 'INSERT' then
    delete from served_domain where name = old.name and role = 'alias';
  end if;
  if tg_op <> 'DELETE' then
    perform served_domain_claim(new.name, 'alias', new.domain);
  end if;
  return null;
end
$$;
comment on function domain_alias_claim() is 'Copies changes of domain_alias to served_domain.';

create or replace trigger domain_alias_claim after insert or update or delete on domain_alias
for each row execute function domain_alias_claim();
comment on trigger domain_alias_claim on domain_alias is 'Reserves or releases the name of an alias domain.';

create or replace function served_domain_truncate() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  delete from served_domain where (role = 'alias') = (tg_table_name = 'domain_alias');
  return null;
end
$$;
comment on function served_domain_truncate() is 'Copies the truncate of a table to served_domain.';

create or replace trigger served_domain_truncate after truncate on domain
for each statement execute function served_domain_truncate();
comment on trigger served_domain_truncate on domain is 'Releases the names of a truncated table.';

create or replace trigger served_domain_truncate after truncate on domain_alias
for each statement execute function served_domain_truncate();
comment on trigger served_domain_truncate on domain_alias is 'Releases the names of a truncated table.';

-- A customer's open transaction may hold row locks: a change of many domains does not wait long for any of them.
create or replace function setting_follow_service_domain() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp set lock_timeout = '800ms' as $$
begin
  update domain set alternate_name = null
  where alternate_name is not distinct from alternate_name_of(name, old.value);
  return null;
exception when lock_not_available then
  raise exception using errcode = 'lock_not_available', message = format(
    'setting service_domain renames the alternate domains, and another session is editing one of them (%s): try again, or end that '
    'session by select end_admin_sessions(''login'')',
    coalesce((select string_agg(distinct s.login, ', ') from admin_sessions() s where s.writing), 'no domain admin'));
end
$$;
comment on function setting_follow_service_domain() is
  'Renames the alternate domains when setting service_domain changes; names that an operator set remain.';

create or replace trigger setting_follow_service_domain_reset after delete on setting
for each row when (old.name = 'service_domain') execute function setting_follow_service_domain();
comment on trigger setting_follow_service_domain_reset on setting is 'Renames the alternate domains after service_domain returned to its default.';

create or replace trigger setting_follow_service_domain after update on setting
for each row when (new.name = 'service_domain' and old.value <> new.value)
execute function setting_follow_service_domain();
comment on trigger setting_follow_service_domain on setting is 'Renames the alternate domains after a change of service_domain.';
