-- The rules that look at more than one row. Triggers fold case before the check constraints see a value.

create function alternate_name_of(domain_name text, service_domain text) returns text
language plpgsql immutable parallel safe as $$
begin
  return case
    when service_domain = '' or length(replace(domain_name, '.', '')) > 63
      or length(replace(domain_name, '.', '') || '.' || service_domain) > 253 then null
    else replace(domain_name, '.', '') || '.' || service_domain
  end;
end
$$;
comment on function alternate_name_of(text, text) is
  'The alternate domain made for a domain; null where there is no service domain or no room in a name.';

create function is_operator() returns boolean
language sql stable
return pg_has_role(current_user, 'emailgency_operator', 'member');
comment on function is_operator() is 'Whether the current user has the operator''s rights (superusers do).';

create function domain_check_plan(checked domain) returns void
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  allowed boolean;
begin
  if checked.mode = 'primary' then
    select primary_allowed into allowed from plan where name = checked.plan for share;
  else
    select true into allowed from plan where name = checked.plan;
  end if;
  if allowed is null then
    raise exception using errcode = 'foreign_key_violation',
      message = format('plan "%s" is not there: use one of %s', checked.plan, (select string_agg(name, ', ' order by name) from plan));
  elsif not allowed then
    raise exception using errcode = 'check_violation', message = format(
      'domain "%s" cannot be in mode primary on plan "%s": choose a plan with primary_allowed, as in plan = ''premium''',
      checked.name, checked.plan);
  end if;
end
$$;
comment on function domain_check_plan(domain) is 'Refuses unknown plans, and mode primary where the plan does not have it.';

create function domain_check_time_zone(zone text) returns void
language plpgsql stable security definer set search_path = emailgency, pg_temp as $$
begin
  if zone = 'UTC' or exists (select from domain where time_zone = zone and time_zone <> 'UTC') then
    return;
  end if;
  if not exists (select from pg_timezone_names where name = zone) then
    perform accept(format('time zone "%s" is not known: write it as in UTC or Europe/Zurich (pg_timezone_names has all)', zone));
  end if;
end
$$;
comment on function domain_check_time_zone(text) is
  'Refuses unknown time zones. The list of zones is read from disk, so zones in use are looked up in the table first.';

create function check_deny_lifted(denied_by text, what text, domain_name text) returns void
language plpgsql stable security definer set search_path = emailgency, pg_temp as $$
begin
  if not exists (select from domain_admin where login = denied_by and domain = domain_name) then
    raise exception using errcode = 'insufficient_privilege',
      message = format('sending was denied to %s by the operator, who alone can allow it again', what);
  end if;
end
$$;
comment on function check_deny_lifted(text, text, text) is 'Refuses a domain admin who lifts what none of the domain''s admins denied.';

create function domain_check_rename(old_name text, new_name text) returns void
language plpgsql as $$
begin
  if exists (select from emailgency.mailbox where domain = old_name)
    or exists (select from emailgency.alias where domain = old_name) then
    raise exception using errcode = 'check_violation', message = format(
      'domain "%1$s" cannot be renamed while it has mailboxes or aliases: keep it and add the other name, as in '
      'insert into domain_alias (name, domain) values (''%2$s'', ''%1$s'')', old_name, new_name);
  end if;
end
$$;
comment on function domain_check_rename(text, text) is 'Refuses a new name for a domain whose addresses hold the old one.';

create function domain_check() returns trigger
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
  if tg_op = 'INSERT' or (new.plan, new.mode) is distinct from (old.plan, old.mode) then
    perform emailgency.domain_check_plan(new);
  end if;
  if tg_op = 'INSERT' or new.time_zone <> old.time_zone then
    perform emailgency.domain_check_time_zone(new.time_zone);
  end if;
  if tg_op = 'UPDATE' and old.smtp_deny and not new.smtp_deny and not emailgency.is_operator() then
    perform emailgency.check_deny_lifted(old.smtp_denied_by, format('domain "%s"', old.name), old.name);
  end if;
  if tg_op = 'INSERT' or new.smtp_deny <> old.smtp_deny then
    new.smtp_denied_by := case when new.smtp_deny then current_user end;
  end if;
  return new;
end
$$;
comment on function domain_check() is 'Fills in and checks a domain.';

create trigger domain_check before insert or update on domain
for each row execute function domain_check();

create function plan_check_primary() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  names text;
begin
  select string_agg(name, ', ') into names
  from (select name from domain where plan = new.name and mode = 'primary' order by name limit 5) as sample;
  if names is not null then
    raise exception using errcode = 'check_violation', message = format(
      'plan "%s" must keep primary_allowed while domains are in mode primary (%s): set mode = ''backup'' for them first',
      new.name, names);
  end if;
  return new;
end
$$;
comment on function plan_check_primary() is 'Refuses to take primary_allowed from a plan that domains in mode primary are on.';

create trigger plan_check_primary after update of primary_allowed on plan
for each row when (old.primary_allowed and not new.primary_allowed) execute function plan_check_primary();

create function served_domain_claim(claimed text, claimed_role text, owner text) returns void
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

create function domain_claim() returns trigger
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

create trigger domain_claim after insert or delete on domain
for each row execute function domain_claim();

create trigger domain_claim_update after update of name, alternate_name on domain
for each row when (old.name <> new.name or old.alternate_name is distinct from new.alternate_name)
execute function domain_claim();

create function require_domain(wanted text, example text) returns void
language plpgsql stable security definer set search_path = emailgency, pg_temp as $$
declare
  holder served_domain;
begin
  if wanted is null or exists (select from domain where name = wanted) then
    return;
  end if;
  select * into holder from served_domain where name = wanted;
  if not found then
    perform accept(domain_name_fault(wanted));
    raise exception using errcode = 'foreign_key_violation', message = format(
      'domain "%s" is not there: first insert into domain (name, plan) values (''%s'', ''basic'')', wanted, wanted);
  end if;
  raise exception using errcode = 'foreign_key_violation', message = format(
    '"%s" is the %s domain of "%s": use the domain itself, as in %s',
    wanted, holder.role, holder.domain, replace(example, wanted, holder.domain));
end
$$;
comment on function require_domain(text, text) is
  'Refuses a reference to a name that is no domain, and names the domain where it is an alias or alternate of one.';

create function domain_alias_check() returns trigger
language plpgsql as $$
begin
  new.name := emailgency.fold(new.name);
  new.domain := emailgency.fold(new.domain);
  perform emailgency.require_domain(new.domain, new.domain);
  return new;
end
$$;
comment on function domain_alias_check() is 'Folds the case of an alias domain.';

create trigger domain_alias_check before insert or update on domain_alias
for each row execute function domain_alias_check();

create function domain_alias_claim() returns trigger
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

create trigger domain_alias_claim after insert or update or delete on domain_alias
for each row execute function domain_alias_claim();

create function served_domain_truncate() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  delete from served_domain where (role = 'alias') = (tg_table_name = 'domain_alias');
  return null;
end
$$;
comment on function served_domain_truncate() is 'Keeps served_domain in step with a truncated table.';

create trigger served_domain_truncate after truncate on domain
for each statement execute function served_domain_truncate();

create trigger served_domain_truncate after truncate on domain_alias
for each statement execute function served_domain_truncate();

create function setting_follow_service_domain() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  update domain set alternate_name = null
  where alternate_name is not distinct from alternate_name_of(name, old.value);
  return null;
end
$$;
comment on function setting_follow_service_domain() is
  'Makes the alternate names anew when setting service_domain changes; those that an operator set stay.';

create trigger setting_follow_service_domain_reset after delete on setting
for each row when (old.name = 'service_domain') execute function setting_follow_service_domain();

create trigger setting_follow_service_domain after update on setting
for each row when (new.name = 'service_domain' and old.value <> new.value)
execute function setting_follow_service_domain();

-- Rows from before these rules.
insert into served_domain (name, role, domain)
select name, 'domain', name from domain
union all
select alternate_name, 'alternate', name from domain where alternate_name is not null
union all
select name, 'alias', domain from domain_alias;

update domain set alternate_name = null where alternate_name is null;
