-- Settings: checks, defaults, values.

comment on table setting_definition is 'All settings of this version. Written by migrations.';
comment on column setting_definition.name is 'Name of the setting.';
comment on column setting_definition.type is
  'integer, boolean, choice, domain (a domain name, or empty), networks (IP addresses and networks separated by blanks, or '
  'empty), hosts (host names and IP addresses separated by blanks, or empty) or text.';
comment on column setting_definition.default_value is 'The value in force unless an operator sets another.';
comment on column setting_definition.minimum is 'Smallest value of an integer.';
comment on column setting_definition.maximum is 'Largest value of an integer.';
comment on column setting_definition.choices is 'The possible values of a choice.';
comment on column setting_definition.pattern is 'The regular expression that a text must match.';
comment on column setting_definition.public is 'Domain admins may read the value, with setting_value().';
comment on column setting_definition.comment is 'Effect of the setting, with its unit.';

comment on table setting is
  'The settings of the service, one row each. Update a value to change it; delete the row to restore the default.';
comment on column setting.name is 'Name of the setting, as in setting_definition.';
comment on column setting.value is 'The value in force, as text of the type in setting_definition.';

create or replace function setting_value_fault(definition setting_definition, value text) returns text
language sql immutable parallel safe
return case definition.type
  when 'integer' then case
    when value !~ '^-?[0-9]{1,18}$' or value::bigint not between definition.minimum and definition.maximum then
      format('setting %s cannot be "%s": use a whole number from %s to %s, as in %s',
        definition.name, value, definition.minimum, definition.maximum, definition.default_value)
  end
  when 'boolean' then case
    when value not in ('true', 'false') then
      format('setting %s cannot be "%s": use true or false, as in %s', definition.name, value, definition.default_value)
  end
  when 'choice' then case
    when value <> all (definition.choices) then
      format('setting %s cannot be "%s": use one of %s, as in %s', definition.name, value,
        array_to_string(definition.choices, ', '), definition.default_value)
  end
  when 'domain' then case
    when value <> '' and domain_name_fault(value) is not null then
      format('setting %s: %s', definition.name, domain_name_fault(value))
  end
  when 'networks' then network_list_fault('setting ' || definition.name, value)
  when 'hosts' then host_list_fault('setting ' || definition.name, value)
  else case
    when value !~ definition.pattern then
      format('setting %s cannot be "%s": it must match %s, as in "%s"',
        definition.name, value, definition.pattern, definition.default_value)
  end
end;
comment on function setting_value_fault(setting_definition, text) is
  'The fault in the value of a setting, as a message; null if there is none.';

create or replace function setting_check() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  definition setting_definition;
begin
  select * into definition from setting_definition d where d.name = new.name;
  if not found then
    raise exception using errcode = 'check_violation',
      message = format('setting "%s" is unknown: use one of %s', new.name,
        (select string_agg(d.name, ', ' order by d.name) from setting_definition d));
  end if;
  if definition.type in ('boolean', 'domain', 'choice') then
    new.value := fold(new.value);
  elsif definition.type in ('networks', 'hosts') then
    new.value := network_list_text(new.value);
  end if;
  perform accept(setting_value_fault(definition, new.value));
  return new;
end
$$;
comment on function setting_check() is 'Refuses unknown settings, and values that do not fit.';

create or replace trigger setting_check before insert or update on setting
for each row execute function setting_check();
comment on trigger setting_check on setting is 'Checks a value.';

create or replace function setting_reset() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  insert into setting (name, value)
  select d.name, d.default_value from setting_definition d where d.name = old.name
  on conflict do nothing;
  return null;
end
$$;
comment on function setting_reset() is 'Restores the default of a deleted setting, so that readers always find a row.';

create or replace trigger setting_reset after delete on setting
for each row execute function setting_reset();
comment on trigger setting_reset on setting is 'Restores the default of a deleted setting.';

create or replace function setting_in_force(setting_name text) returns text
language plpgsql stable security definer set search_path = emailgency, pg_temp as $$
begin
  return (
    select coalesce(s.value, d.default_value)
    from setting_definition d left join setting s on s.name = d.name
    where d.name = setting_name
  );
end
$$;
comment on function setting_in_force(text) is
  'The value of any setting, or its default if the row is missing. Called by the functions of the schema only.';

create or replace function setting_value(setting_name text) returns text
language plpgsql stable security definer set search_path = emailgency, pg_temp as $$
begin
  if is_domain_admin() and not coalesce((select d.public from setting_definition d where d.name = setting_name), false) then
    raise exception using errcode = 'insufficient_privilege', message = format(
      'setting "%s" is reserved for the operator: use a public one, such as recipient_delimiter', left(setting_name, 100));
  end if;
  return setting_in_force(setting_name);
end
$$;
comment on function setting_value(text) is
  'The value of a setting, or its default if the row is missing. Domain admins can read public settings only.';

create or replace function setting_seconds(setting_name text) returns interval
language sql stable security definer set search_path = emailgency, pg_temp
return make_interval(secs => setting_value(setting_name)::double precision);
comment on function setting_seconds(text) is 'The value of a setting in seconds, as an interval.';

create or replace function setting_check_greylist() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  delay constant integer := setting_value('greylist_delay');
  retry_within constant integer := setting_value('greylist_window');
begin
  if delay >= retry_within then
    raise exception using errcode = 'check_violation', message = format(
      'setting greylist_delay (%s) must be less than greylist_window (%s), or no retry ever passes, as in 120 and 86400',
      delay, retry_within);
  end if;
  return null;
end
$$;
comment on function setting_check_greylist() is 'Refuses a greylist window that ends before the delay.';

create or replace trigger setting_check_greylist after insert or update on setting
for each statement execute function setting_check_greylist();
comment on trigger setting_check_greylist on setting is 'Checks that the greylist delay ends within the window.';

create or replace function setting_check_postmaster() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  new.value := fold_address(new.value);
  if new.value <> '' and address_fault(new.value) is not null then
    raise exception using errcode = 'check_violation',
      message = format('setting postmaster: %s; or leave it empty', address_fault(new.value));
  end if;
  return new;
end
$$;
comment on function setting_check_postmaster() is 'Refuses a postmaster that is not a mail address.';

create or replace trigger setting_check_postmaster before insert or update on setting
for each row when (new.name = 'postmaster') execute function setting_check_postmaster();
comment on trigger setting_check_postmaster on setting is 'Checks setting postmaster.';
