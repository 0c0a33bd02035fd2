-- Domains: rules for a row. The triggers of a table run in the order of their names: <table>_check normalises the row,
-- the others see the result. A rule that reads what the writer cannot see is a trigger with its owner's rights, which nobody can
-- call.

comment on table domain is
  'A mail domain of a customer. insert into domain (name, plan) values (''example.com'', ''basic'') is enough.';
comment on column domain.name is 'The domain, lower case, international names as A-labels.';
comment on column domain.plan is 'The plan that sets its limits. Written by the operator.';
comment on column domain.mode is
  'backup: the domain''s own server is the first choice; primary: all mail arrives here first. Written by the operator.';
comment on column domain.transport is 'Destination of relayed mail, host[:port]; null: its MX hosts, except this service.';
comment on column domain.stealth is 'Every delivery is deferred with 450 4.3.2, as if the backup MX did not exist.';
comment on column domain.smtp_deny is 'None of its users may send (550 5.7.1).';
comment on column domain.smtp_denied_by is 'Login that set smtp_deny. A domain admin cannot lift the operator''s denial.';
comment on column domain.greylisting is 'Clients to greylist: off, suspicious, all.';
comment on column domain.greylisting_shadow is 'Greylisting is evaluated and counted as would-have, but not applied.';
comment on column domain.blacklisting is 'Clients on the DNS block lists are rejected.';
comment on column domain.whitelisting is 'The white list of the domain is in force.';
comment on column domain.spf is 'SPF: off, mark in a header, or reject on fail.';
comment on column domain.batv is
  'Signed envelope senders (BATV): off; report (sign, and count bounces without a valid tag); require (sign, and reject such '
  'bounces). Set require once all of its mail has left through this service for five weeks.';
comment on column domain.receive_only is 'None of its addresses ever sends mail: bounces to them are rejected.';
comment on column domain.catchall is 'Mail to unknown users is accepted.';
comment on column domain.keep_copy is 'The mail store keeps a copy of relayed mail.';
comment on column domain.bounce_protection is
  'Relayed mail whose sender did not pass SPF requests no bounce, since the sender address may be forged.';
comment on column domain.verify_recipients is 'Addresses without a row are verified at the customer''s server.';
comment on column domain.monitoring is 'Monitoring of the customer''s server: off, simple (connections), active (test mail).';
comment on column domain.probe_address is
  'Recipient of test mail, at the domain or one of its other names, which redirects it to the address in setting round_trip_address; null: none.';
comment on column domain.queue_alert_messages is 'Number of queued messages that triggers an alert.';
comment on column domain.queue_alert_minutes is 'Age of the oldest queued message that triggers an alert, in minutes.';
comment on column domain.alternate_name is
  'Full name of its alternate domain; if written as null, made from the name and setting service_domain.';
comment on column domain.language is 'Language of alerts and reports.';
comment on column domain.time_zone is 'Time zone of alerts and reports, as in pg_timezone_names.';

create or replace function alternate_name_of(domain_name text, service_domain text) returns text
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
  'The name of the alternate domain of a domain; null without a service domain, or if the name would be too long.';

create or replace function domain_check_rename(old_name text, new_name text) returns void
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
comment on function domain_check_rename(text, text) is 'Refuses a new name for a domain that has addresses.';

create or replace function domain_check() returns trigger
language plpgsql as $$
begin
  new.name := emailgency.fold(new.name);
  new.transport := emailgency.fold(new.transport);
  new.probe_address := emailgency.fold_address(new.probe_address);
  new.alternate_name := emailgency.fold(new.alternate_name);
  perform emailgency.accept(emailgency.domain_name_fault(new.name)); -- before other names are derived from it
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
comment on function domain_check() is 'Completes and checks a domain.';

create or replace trigger domain_check before insert or update on domain
for each row execute function domain_check();
comment on trigger domain_check on domain is 'Normalises the row. Fires first, by its name.';

create or replace function domain_check_plan(checked domain) returns void
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
      message = format('plan "%s" does not exist: use one of %s', checked.plan, (select string_agg(name, ', ' order by name) from plan));
  elsif not allowed then
    raise exception using errcode = 'check_violation', message = format(
      'domain "%s" cannot be in mode primary on plan "%s": choose a plan with primary_allowed, as in plan = ''premium''',
      checked.name, checked.plan);
  end if;
end
$$;
comment on function domain_check_plan(domain) is 'Refuses unknown plans, and mode primary on a plan without it.';

create or replace function domain_check_time_zone(zone text) returns void
language plpgsql stable security definer set search_path = emailgency, pg_temp as $$
begin
  if zone = 'UTC' or exists (select from domain where time_zone = zone and time_zone <> 'UTC') then
    return;
  end if;
  if not exists (select from pg_timezone_names where name = zone) then
    perform accept(format('time zone "%s" is unknown: write it as in UTC or Europe/Zurich (pg_timezone_names has all)', zone));
  end if;
end
$$;
comment on function domain_check_time_zone(text) is
  'Refuses unknown time zones. The list of zones is read from disk, so the table is searched first.';

create or replace function domain_check_references() returns trigger
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

create or replace trigger domain_check_references before insert or update on domain
for each row execute function domain_check_references();
comment on trigger domain_check_references on domain is 'Checks plan, mode and time zone.';

create or replace function plan_check_primary() returns trigger
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
comment on function plan_check_primary() is
  'Refuses to withdraw primary_allowed from a plan while domains on it are in mode primary.';

create or replace trigger plan_check_primary after update of primary_allowed on plan
for each row when (old.primary_allowed and not new.primary_allowed) execute function plan_check_primary();
comment on trigger plan_check_primary on plan is 'Checks that no domain needs mode primary.';

create or replace function transport_reach_fault(transport text) returns text
language plpgsql stable security definer set search_path = emailgency, pg_temp as $$
declare
  host constant text := transport_host(transport_reach_fault.transport);
  address constant inet := parse_network(host);
  example constant text := 'write the customer''s own server, as in mail.example.com:25 or 192.0.2.25:25';
  special text;
begin
  if exists (
    select from regexp_split_to_table(setting_in_force('mx_hosts'), ' ') as own (name)
    where own.name <> '' and (own.name = host or inner_address(parse_network(own.name)) = inner_address(address))
  ) then
    return format('transport "%s" is a host of this service, and mail would loop: %s', transport, example);
  end if;
  if address is null then
    return case
      when host !~ '\.' then format('transport "%s" has a host name with only one label: %s', transport, example)
      when host ~ '(^|\.)(invalid|localhost|localdomain|internal|local|onion|home\.arpa)$' then
        format('transport "%s" has a host name that is not in public DNS: %s', transport, example)
      when exists (select from served_domain s where s.name = host and s.role = 'alternate') then
        format('transport "%s" is a name of this service, and mail would loop: %s', transport, example)
    end;
  end if;
  special := special_network(address);
  if special is null or exists (
    select from regexp_split_to_table(setting_in_force('transport_networks'), ' ') as allowed (network)
    where allowed.network <> '' and (inner_address(address) <<= parse_network(allowed.network) or address <<= parse_network(allowed.network))
  ) then
    return null;
  end if;
  return format('transport "%s" lies in %s: %s; if that is intended, the operator allows it by setting transport_networks',
    transport, special, example);
end
$$;
comment on function transport_reach_fault(text) is
  'The fault in the destination of a well-formed transport, as a message: this service itself, or a special network that '
  'setting transport_networks does not allow. Null if there is none.';

create or replace function domain_check_transport() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  if (tg_op = 'INSERT' or new.transport is distinct from old.transport) and transport_fault(new.transport) is null then
    perform accept(transport_reach_fault(new.transport)); -- the constraint refuses a malformed one
  end if;
  return new;
end
$$;
comment on function domain_check_transport() is
  'Refuses a transport that leads to this service or into special networks. Existing rows remain until they are changed.';

create or replace trigger domain_check_transport before insert or update of transport on domain
for each row when (new.transport is not null) execute function domain_check_transport();
comment on trigger domain_check_transport on domain is 'Checks the destination of a changed transport.';
