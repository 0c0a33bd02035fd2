comment on table domain is 'A mail domain of a customer. insert into domain (name, plan) values (''example.com'', ''basic'') is enough.';
comment on column domain.name is 'The domain, lower case, international names as A-labels.';
comment on column domain.plan is 'The plan that sets its limits. The operator''s.';
comment on column domain.mode is 'backup: its own server is asked first; primary: all mail comes here first. The operator''s.';
comment on column domain.transport is 'Where its mail is relayed, host[:port]; null: by its MX records, without ourselves.';
comment on column domain.stealth is 'Every delivery is put off with 450 4.3.2, as if the backup MX were not there.';
comment on column domain.smtp_deny is 'None of its users may send (550 5.7.1).';
comment on column domain.smtp_denied_by is 'Login that set smtp_deny. What the operator denied, no domain admin can allow.';
comment on column domain.greylisting is 'Whom to greylist: off, suspicious clients only, all.';
comment on column domain.greylisting_shadow is 'Greylisting is decided and counted as would-have, not applied.';
comment on column domain.blacklisting is 'Clients on the DNS block lists are refused.';
comment on column domain.whitelisting is 'The white list of the domain is in force.';
comment on column domain.spf is 'SPF: off, mark in a header, or reject what fails.';
comment on column domain.catchall is 'Mail to unknown users is taken.';
comment on column domain.keep_copy is 'The mail store keeps a copy of what is relayed.';
comment on column domain.bounce_protection is 'Relayed mail whose sender did not pass SPF asks for no bounce, as it would go to whom the sender claims to be.';
comment on column domain.verify_recipients is 'Addresses that no row names are asked for at the customer''s server.';
comment on column domain.monitoring is 'Watch over the customer''s server: off, simple (connections), active (test mail).';
comment on column domain.probe_address is 'Address that active monitoring writes to; null: none.';
comment on column domain.queue_alert_messages is 'Queued messages from which on an alert is sent.';
comment on column domain.queue_alert_minutes is 'Age of the oldest queued message from which on an alert is sent, in minutes.';
comment on column domain.alternate_name is 'Full name of its alternate domain; null when written: made from the name and setting service_domain.';
comment on column domain.language is 'Language of alerts and reports.';
comment on column domain.time_zone is 'Time zone of alerts and reports, as in pg_timezone_names.';
comment on column domain.batv is
  'Its users'' mail leaves with a signed envelope sender, and bounces without a valid tag are: off (nothing is signed), counted (report), refused (require). Set require once all of its mail has gone out through here for five weeks.';
comment on column domain.receive_only is 'None of its addresses ever sends mail: bounces to them are refused.';

-- The rules that look at more than one row. Triggers fold case before the check constraints see a value.
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
  'The alternate domain made for a domain; null where there is no service domain or no room in a name.';

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
comment on function domain_check_rename(text, text) is 'Refuses a new name for a domain whose addresses hold the old one.';

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
comment on function domain_check() is 'Fills in and checks a domain.';

create or replace trigger domain_check before insert or update on domain
for each row execute function domain_check();

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
      message = format('plan "%s" is not there: use one of %s', checked.plan, (select string_agg(name, ', ' order by name) from plan));
  elsif not allowed then
    raise exception using errcode = 'check_violation', message = format(
      'domain "%s" cannot be in mode primary on plan "%s": choose a plan with primary_allowed, as in plan = ''premium''',
      checked.name, checked.plan);
  end if;
end
$$;
comment on function domain_check_plan(domain) is 'Refuses unknown plans, and mode primary where the plan does not have it.';

create or replace function domain_check_time_zone(zone text) returns void
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

-- After domain_check, by name.
create or replace trigger domain_check_references before insert or update on domain
for each row execute function domain_check_references();

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
comment on function plan_check_primary() is 'Refuses to take primary_allowed from a plan that domains in mode primary are on.';

create or replace trigger plan_check_primary after update of primary_allowed on plan
for each row when (old.primary_allowed and not new.primary_allowed) execute function plan_check_primary();

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
      when host !~ '\.' then format('transport "%s" has a host name of one label only: %s', transport, example)
      when host ~ '(^|\.)(invalid|localhost|localdomain|internal|local|onion|home\.arpa)$' then
        format('transport "%s" has a host name that no DNS server of the Internet knows: %s', transport, example)
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
  return format('transport "%s" lies in %s: %s; where it is meant, the operator allows it by setting transport_networks', transport, special, example);
end
$$;
comment on function transport_reach_fault(text) is
  'What is wrong with where a well-formed transport leads: to ourselves, or into a network of special use that setting transport_networks does not name; null if nothing.';

create or replace function domain_check_transport() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  if (tg_op = 'INSERT' or new.transport is distinct from old.transport) and transport_fault(new.transport) is null then
    perform accept(transport_reach_fault(new.transport)); -- a malformed one is the check's
  end if;
  return new;
end
$$;
comment on function domain_check_transport() is 'Refuses a transport that leads to ourselves or into inner networks. Rows from before stay until they are changed.';

-- After domain_check, by name, which folds case.
create or replace trigger domain_check_transport before insert or update of transport on domain
for each row when (new.transport is not null) execute function domain_check_transport();
