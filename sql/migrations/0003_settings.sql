-- What holds for the whole service: the settings and the plans, with their seeds.

create table setting_definition (
  name text collate "C" constraint setting_definition_repeated primary key,
  type text not null constraint setting_definition_type_unknown
    check (type in ('integer', 'boolean', 'choice', 'domain', 'text')),
  default_value text not null,
  minimum bigint,
  maximum bigint,
  choices text[],
  pattern text,
  comment text not null
);
comment on table setting_definition is
  'Every setting that this version knows. Migrations write it; it is read to check and to reset settings.';
comment on column setting_definition.name is 'Name of the setting.';
comment on column setting_definition.type is 'integer, boolean, choice, domain (a domain name or empty) or text.';
comment on column setting_definition.default_value is 'The value in force until an operator sets another.';
comment on column setting_definition.minimum is 'Smallest value of an integer.';
comment on column setting_definition.maximum is 'Largest value of an integer.';
comment on column setting_definition.choices is 'The words that a choice may be.';
comment on column setting_definition.pattern is 'The regular expression that a text must match.';
comment on column setting_definition.comment is 'What the setting does, with its unit.';

create table setting (
  name text collate "C" constraint setting_repeated primary key,
  value text not null
);
comment on table setting is
  'The settings of the service, one row each. Update a value to change it; delete the row to return it to its default.';
comment on column setting.name is 'Name of the setting; setting_definition says what it does.';
comment on column setting.value is 'The value in force, as text of the type that setting_definition names.';

create function setting_value_fault(definition setting_definition, value text) returns text
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
  else case
    when value !~ definition.pattern then
      format('setting %s cannot be "%s": it must match %s, as in "%s"',
        definition.name, value, definition.pattern, definition.default_value)
  end
end;
comment on function setting_value_fault(setting_definition, text) is
  'What is wrong with the value of a setting; null if nothing.';

create function setting_check() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  definition setting_definition;
begin
  select * into definition from setting_definition d where d.name = new.name;
  if not found then
    raise exception using errcode = 'check_violation',
      message = format('setting "%s" is not known: use one of %s', new.name,
        (select string_agg(d.name, ', ' order by d.name) from setting_definition d));
  end if;
  if definition.type in ('boolean', 'domain', 'choice') then
    new.value := fold(new.value);
  end if;
  perform accept(setting_value_fault(definition, new.value));
  return new;
end
$$;
comment on function setting_check() is 'Refuses settings that are not known and values that do not fit.';

create trigger setting_check before insert or update on setting
for each row execute function setting_check();

create function setting_reset() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  insert into setting (name, value)
  select d.name, d.default_value from setting_definition d where d.name = old.name
  on conflict do nothing;
  return null;
end
$$;
comment on function setting_reset() is 'Puts the default back where a setting was deleted, so that readers always find a row.';

create trigger setting_reset after delete on setting
for each row execute function setting_reset();

create function setting_value(setting_name text) returns text
language plpgsql stable security definer set search_path = emailgency, pg_temp as $$
begin
  return (
    select coalesce(s.value, d.default_value)
    from setting_definition d left join setting s on s.name = d.name
    where d.name = setting_name
  );
end
$$;
comment on function setting_value(text) is 'The value of a setting, its default where the row is missing.';

create function setting_check_greylist() returns trigger
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
comment on function setting_check_greylist() is 'Refuses a greylist window that is over before the delay is.';

create trigger setting_check_greylist after insert or update on setting
for each statement execute function setting_check_greylist();

insert into setting_definition (name, type, default_value, minimum, maximum, choices, pattern, comment) values
  ('service_domain', 'domain', 'emailgency.example', null, null, null, null,
    'Domain of the service, below which alternate domains are made; empty: none are made.'),
  ('sms_per_week', 'integer', '15', 0, 10000, null, null,
    'SMS sent to the contacts of one domain in any seven days; 0: none.'),
  ('greylist_delay', 'integer', '120', 0, 86400, null, null,
    'Seconds that a first-time sender has to wait before a retry passes.'),
  ('greylist_window', 'integer', '86400', 60, 2592000, null, null,
    'Seconds within which the retry must come.'),
  ('greylist_lifetime', 'integer', '3110400', 3600, 315360000, null, null,
    'Seconds that a sender or client network which passed stays known after it was last seen.'),
  ('greylist_shadow', 'boolean', 'false', null, null, null, null,
    'Greylisting of all domains is decided and counted as would-have, not applied.'),
  ('greylist_network_cap', 'integer', '100', 1, 1000000, null, null,
    'Waiting greylist rows of one client network; further attempts share one row of the whole network.'),
  ('greylist_client_passes', 'integer', '3', 0, 1000, null, null,
    'Passes after which an unnamed client network is white-listed; 0: never.'),
  ('greylist_named_client_passes', 'integer', '1', 0, 1000, null, null,
    'Passes after which a client known by its confirmed name is white-listed; 0: never.'),
  ('greylist_client_interval', 'integer', '3600', 0, 2592000, null, null,
    'Seconds that must lie between two passes of a client network that count.'),
  ('dnsbl_threshold', 'integer', '1', 1, 1000, null, null,
    'Sum of the weights of the DNS block lists that name a client from which on it is refused.'),
  ('spf_temperror', 'choice', 'accept', null, null, array['accept', 'defer'], null,
    'What happens to mail whose SPF record cannot be looked up, for domains that reject on SPF fail.'),
  ('recipient_delimiter', 'text', '+', null, null, null, '^[-+=_.#~]{0,3}$',
    'Characters that part a user from an extension, as in Postfix (recipient_delimiter); empty: none.');

insert into setting (name, value)
select name, default_value from setting_definition;

create table plan (
  name text collate "C" constraint plan_repeated primary key
    constraint plan_name_malformed check (name ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
  max_message_size bigint not null default 26214400,
  vip_message_size bigint not null default 52428800,
  mailbox_quota bigint not null default 1073741824,
  vip_quota bigint not null default 5368709120,
  candidate_quota bigint not null default 104857600,
  max_candidates integer not null default 100,
  max_mailboxes integer not null default 1000,
  expiry_days integer not null default 30,
  primary_allowed boolean not null default false,
  sms_allowed boolean not null default false,
  constraint plan_max_message_size_out_of_range
    check (accept(range_fault('max_message_size', max_message_size, 1024, 1099511627776))),
  constraint plan_vip_message_size_out_of_range
    check (accept(range_fault('vip_message_size', vip_message_size, 1024, 1099511627776))),
  constraint plan_mailbox_quota_out_of_range check (accept(range_fault('mailbox_quota', mailbox_quota, 0, 1125899906842624))),
  constraint plan_vip_quota_out_of_range check (accept(range_fault('vip_quota', vip_quota, 0, 1125899906842624))),
  constraint plan_candidate_quota_out_of_range
    check (accept(range_fault('candidate_quota', candidate_quota, 0, 1125899906842624))),
  constraint plan_max_candidates_out_of_range check (accept(range_fault('max_candidates', max_candidates, 0, 10000000))),
  constraint plan_max_mailboxes_out_of_range check (accept(range_fault('max_mailboxes', max_mailboxes, 0, 10000000))),
  constraint plan_expiry_days_out_of_range check (accept(range_fault('expiry_days', expiry_days, 1, 3650)))
);
comment on table plan is 'What a customer has bought: the limits of a domain.';
comment on column plan.name is 'Name of the plan: lower-case letters, digits, hyphen, underscore.';
comment on column plan.max_message_size is 'Largest message to an ordinary mailbox, in bytes.';
comment on column plan.vip_message_size is 'Largest message to a VIP mailbox, in bytes.';
comment on column plan.mailbox_quota is 'Room of an ordinary mailbox, in bytes.';
comment on column plan.vip_quota is 'Room of a VIP mailbox, in bytes.';
comment on column plan.candidate_quota is 'Room of a candidate mailbox, in bytes.';
comment on column plan.max_candidates is 'Candidate mailboxes of a domain.';
comment on column plan.max_mailboxes is 'Mailboxes of a domain, candidates not counted.';
comment on column plan.expiry_days is 'Days that mail is kept in the store.';
comment on column plan.primary_allowed is 'Whether a domain may be in mode primary.';
comment on column plan.sms_allowed is 'Whether alerts go out by SMS.';

insert into plan (name) values ('basic')
on conflict do nothing;

insert into plan (name, max_message_size, vip_message_size, mailbox_quota, vip_quota, candidate_quota, max_candidates,
  max_mailboxes, expiry_days, primary_allowed, sms_allowed)
values ('premium', 52428800, 104857600, 10737418240, 53687091200, 1073741824, 1000, 10000, 90, true, true)
on conflict do nothing;
