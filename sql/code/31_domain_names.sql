comment on table domain_alias is 'A further name of a domain: all addresses of the domain exist there too.';
comment on column domain_alias.name is 'The further name, lower case, international names as A-labels.';
comment on column domain_alias.domain is 'The domain that it stands for.';

comment on table served_domain is
  'Every domain name that mail is taken for, kept by triggers. Its key makes a name one domain, alias or alternate only.';
comment on column served_domain.name is 'The name in an address.';
comment on column served_domain.role is 'domain, alias (of domain_alias) or alternate (domain.alternate_name).';
comment on column served_domain.domain is 'The domain that it stands for.';

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
  'Takes a name for a domain, alias or alternate; refuses one that is taken, also by a transaction that is still running.';

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
comment on function domain_claim() is 'Keeps served_domain in step with domain.';

create or replace trigger domain_claim after insert or delete on domain
for each row execute function domain_claim();

create or replace trigger domain_claim_update after update of name, alternate_name on domain
for each row when (old.name <> new.name or old.alternate_name is distinct from new.alternate_name)
execute function domain_claim();

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

create or replace function domain_alias_check() returns trigger
language plpgsql as $$
begin
  new.name := emailgency.fold(new.name);
  new.domain := emailgency.fold(new.domain);
  perform emailgency.require_domain(new.domain, new.domain);
  return new;
end
$$;
comment on function domain_alias_check() is 'Folds the case of an alias domain.';

create or replace trigger domain_alias_check before insert or update on domain_alias
for each row execute function domain_alias_check();

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
comment on function domain_alias_claim() is 'Keeps served_domain in step with domain_alias.';

create or replace trigger domain_alias_claim after insert or update or delete on domain_alias
for each row execute function domain_alias_claim();

create or replace function served_domain_truncate() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  delete from served_domain where (role = 'alias') = (tg_table_name = 'domain_alias');
  return null;
end
$$;
comment on function served_domain_truncate() is 'Keeps served_domain in step with a truncated table.';

create or replace trigger served_domain_truncate after truncate on domain
for each statement execute function served_domain_truncate();

create or replace trigger served_domain_truncate after truncate on domain_alias
for each statement execute function served_domain_truncate();

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
comment on function setting_follow_service_domain() is
  'Makes the alternate names anew when setting service_domain changes; those that an operator set stay.';

create or replace trigger setting_follow_service_domain_reset after delete on setting
for each row when (old.name = 'service_domain') execute function setting_follow_service_domain();

create or replace trigger setting_follow_service_domain after update on setting
for each row when (new.name = 'service_domain' and old.value <> new.value)
execute function setting_follow_service_domain();
