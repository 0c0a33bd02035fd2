-- What the milter goes by: signed senders, addresses that never send, sizes, and what SPF results do.

-- Their bodies hold the row type, which forbids new columns; they come back below, as text, so that later ones are free to.
drop function explain_switches(domain), explain_sending(domain, text);

alter table domain
  add batv text not null default 'off'
    constraint domain_batv_unknown check (accept(choice_fault('batv', batv, 'off', 'report', 'require'))),
  add receive_only boolean not null default false;
comment on column domain.batv is
  'Its users'' mail leaves with a signed envelope sender, and bounces without a valid tag are: off (nothing is signed), counted (report), refused (require). Set require once all of its mail has gone out through here for five weeks.';
comment on column domain.receive_only is 'None of its addresses ever sends mail: bounces to them are refused.';

alter table mailbox
  add receive_only boolean not null default false,
  add max_message_size bigint
    constraint mailbox_max_message_size_out_of_range
    check (accept(range_fault('max_message_size', max_message_size, 1024, 1099511627776)));
comment on column mailbox.receive_only is 'The address never sends mail: bounces to it are refused.';
comment on column mailbox.max_message_size is
  'Largest message to it, in bytes, at most the plan''s (vip_message_size for a VIP); null: the plan''s.';

create or replace function mailbox_check_limits(checked mailbox) returns void
language plpgsql stable security definer set search_path = emailgency, pg_temp as $$
declare
  limits plan;
  room bigint;
  size bigint;
begin
  select p.* into limits from plan p join domain d on d.plan = p.name where d.name = checked.domain;
  room := case when checked.candidate then limits.candidate_quota when checked.vip then limits.vip_quota else limits.mailbox_quota end;
  size := case when checked.vip then limits.vip_message_size else limits.max_message_size end;
  if checked.quota > room then
    raise exception using errcode = 'check_violation', message = format(
      'quota %s of "%s" is more than plan "%s" gives: use at most %s, or null for just that',
      checked.quota, checked.address, limits.name, room);
  elsif checked.expiry_days > limits.expiry_days then
    raise exception using errcode = 'check_violation', message = format(
      'expiry_days %s of "%s" is more than plan "%s" gives: use at most %s, or null for just that',
      checked.expiry_days, checked.address, limits.name, limits.expiry_days);
  elsif checked.max_message_size > size then
    raise exception using errcode = 'check_violation', message = format(
      'max_message_size %s of "%s" is more than plan "%s" gives %s: use at most %s, or null for just that%s',
      checked.max_message_size, checked.address, limits.name, case when checked.vip then 'a VIP' else 'an ordinary mailbox' end, size,
      case when not checked.vip and checked.max_message_size <= limits.vip_message_size then '; a VIP (vip = true) may have it' else '' end);
  end if;
end
$$;
comment on function mailbox_check_limits(mailbox) is 'Refuses a quota, an expiry or a message size beyond the plan.';

create function mailbox_check_size() returns trigger
language plpgsql as $$
begin
  perform emailgency.mailbox_check_limits(new);
  return new;
end
$$;
comment on function mailbox_check_size() is 'Holds the message size of a mailbox to the plan.';

-- After mailbox_check, by name, which fills in the domain.
create trigger mailbox_check_size_insert before insert on mailbox
for each row when (new.max_message_size is not null) execute function mailbox_check_size();

create trigger mailbox_check_size_update before update on mailbox
for each row when (new.max_message_size is not null
  and (new.max_message_size, new.vip) is distinct from (old.max_message_size, old.vip))
execute function mailbox_check_size();

-- A setting that is a list of networks.

create function network_fault(what text, value text) returns text
language sql immutable parallel safe
return case
  when value is null then null
  when parse_network(value) is null then
    format('%s: "%s" is neither an IP address nor a network: write it as in 192.0.2.1, 192.0.2.0/24 or 2001:db8::/32', what, value)
  when masklen(parse_network(value)) = 0 then
    format('%s: "%s" is every address there is: write the networks that are meant, as in 192.0.2.0/24', what, value)
  when network(parse_network(value)) <> parse_network(value) then
    format('%s: "%s" has bits behind its prefix: the network is %s', what, value, network(parse_network(value)))
  when network_text(value) <> value then
    format('%s: "%s" is not in its usual spelling: write %s', what, value, network_text(value))
end;
comment on function network_fault(text, text) is 'What is wrong with an IP address or network; null if nothing.';

create function network_list_text(value text) returns text
language sql immutable parallel safe
return (
  select coalesce(string_agg(network_text(fold(item)), ' ' order by place), '')
  from regexp_split_to_table(value, '[\s,]+') with ordinality as items (item, place)
  where item <> ''
);
comment on function network_list_text(text) is 'A list of networks in its one spelling: parted by one blank; blanks and commas are taken.';

create function network_list_fault(what text, value text) returns text
language sql immutable parallel safe
return case
  when octet_length(value) > 1000 then
    format('%s has %s octets: at most 1000 are possible, so write larger networks, as in 192.0.2.0/24', what, octet_length(value))
  else (
    select network_fault(what, item)
    from regexp_split_to_table(value, ' ') with ordinality as items (item, place)
    where value <> '' and network_fault(what, item) is not null
    order by place
    limit 1
  )
end;
comment on function network_list_fault(text, text) is
  'What is wrong with networks parted by one blank; null if nothing. A replica takes texts of 1024 octets.';

alter table setting_definition
  drop constraint setting_definition_type_unknown,
  add constraint setting_definition_type_unknown
    check (type in ('integer', 'boolean', 'choice', 'domain', 'networks', 'text'));
comment on column setting_definition.type is
  'integer, boolean, choice, domain (a domain name or empty), networks (IP addresses and networks, by blank, or empty) or text.';

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
  else case
    when value !~ definition.pattern then
      format('setting %s cannot be "%s": it must match %s, as in "%s"',
        definition.name, value, definition.pattern, definition.default_value)
  end
end;

create or replace function setting_check() returns trigger
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
  elsif definition.type = 'networks' then
    new.value := network_list_text(new.value);
  end if;
  perform accept(setting_value_fault(definition, new.value));
  return new;
end
$$;

insert into setting_definition (name, type, default_value, minimum, maximum, choices, pattern, comment) values
  ('spf_helo', 'choice', 'mark', null, null, array['off', 'mark', 'reject'], null,
    'SPF of the HELO name: off (looked up for the null sender only), mark in the header, or reject what fails, for domains that reject on SPF fail.'),
  ('spf_softfail', 'choice', 'accept', null, null, array['accept', 'reject'], null,
    'What happens to mail that SPF calls softfail (~all), for domains that reject on SPF fail.'),
  ('spf_neutral', 'choice', 'accept', null, null, array['accept', 'reject'], null,
    'What happens to mail that SPF calls neutral (?all), for domains that reject on SPF fail.'),
  ('spf_none', 'choice', 'accept', null, null, array['accept', 'reject'], null,
    'What happens to mail of senders without an SPF record, for domains that reject on SPF fail.'),
  ('spf_permerror', 'choice', 'accept', null, null, array['accept', 'defer', 'reject'], null,
    'What happens to mail of senders whose SPF record is broken, for domains that reject on SPF fail.'),
  ('spf_wide', 'choice', 'neutral', null, null, array['accept', 'neutral'], null,
    'What a pass counts as that +all or a huge network gives: a pass (accept), or neutral.'),
  ('spf_received_header', 'boolean', 'false', null, null, null, null,
    'Received-SPF is written beside Authentication-Results.'),
  ('trusted_networks', 'networks', '127.0.0.0/8 ::1', null, null, null, null,
    'Clients whose mail is not checked by SPF at all, such as our own hosts: IP addresses and networks by blank, as in 192.0.2.1 2001:db8::/32.'),
  ('relay_networks', 'networks', '', null, null, null, null,
    'Our other MX hosts and the forwarders we trust: SPF goes by the client that their own, topmost Received names. IP addresses and networks by blank.'),
  ('message_size_slack', 'integer', '0', 0, 1048576, null, null,
    'Bytes that a message may have beyond its limit, as room for headers and line ends.'),
  ('null_sender_recipients', 'integer', '1', 0, 1000, null, null,
    'Most recipients of one message from the null sender (a bounce has one); 0: any number.');

update setting_definition set comment = 'What happens to mail whose SPF record cannot be looked up just now, for domains that reject on SPF fail: accept, or defer with 451 4.7.24.'
where name = 'spf_temperror';

insert into setting (name, value)
select d.name, d.default_value from setting_definition d
on conflict do nothing;

-- explain() shows them.

create function explain_sending(domain domain, address text) returns table (source text, value text)
language sql stable set search_path = emailgency, pg_temp as $$
  select case when m.smtp_deny then 'mailbox.smtp_deny' when m.smtp_deny_exempt and domain.smtp_deny then 'mailbox.smtp_deny_exempt'
      else 'domain.smtp_deny' end,
    case when m.smtp_deny then 'denied by ' || coalesce(m.smtp_denied_by, 'someone') || ': 550 5.7.1'
      when m.smtp_deny_exempt and domain.smtp_deny then 'allowed, although the domain is denied'
      when domain.smtp_deny then 'denied by ' || coalesce(domain.smtp_denied_by, 'someone') || ': 550 5.7.1'
      else 'allowed' end
  from (select explain_sending.address as wanted) w
  left join (select address, smtp_deny, smtp_denied_by, smtp_deny_exempt from mailbox) m on m.address = w.wanted;
$$;
comment on function explain_sending(domain, text) is 'The row that decides whether a user may send.';

create function explain_switches(domain domain) returns table (source text, value text)
language sql stable set search_path = emailgency, pg_temp as $$
  select t.source, t.value from (values
    ('domain.mode', domain.mode || ', plan ' || domain.plan),
    ('domain.stealth', case when domain.stealth then 'on: every delivery is put off with 450 4.3.2' else 'off' end),
    ('whitelist', case when not domain.whitelisting then 'off'
      else (select count(*) from whitelist w where w.domain = explain_switches.domain.name) || ' entries' end),
    ('dnsbl', case when not domain.blacklisting then 'off: domain.blacklisting'
      else coalesce((select string_agg(zone, ', ' order by zone) from dnsbl where not allow), 'no lists') end),
    ('domain.greylisting', domain.greylisting || case when domain.greylisting_shadow or setting_value('greylist_shadow') = 'true'
      then ', counted as would-have only' else '' end),
    ('domain.spf', domain.spf),
    ('domain.batv', case domain.batv when 'off' then 'off' when 'report' then 'report: bounces without a valid tag are counted'
      else 'require: bounces without a valid tag are refused' end),
    ('domain.transport', coalesce('relay to ' || domain.transport, 'relay by MX')),
    ('domain.keep_copy', case when domain.keep_copy or domain.mode = 'primary' then 'the mail store keeps a copy' else 'no copy is kept' end)
  ) as t (source, value);
$$;
comment on function explain_switches(domain) is 'The switches of a domain in words.';

create function explain_limits(domain domain, address text) returns table (source text, value text)
language sql stable set search_path = emailgency, pg_temp as $$
  select case when m.max_message_size < l.size then 'mailbox.max_message_size'
      when m.vip then 'plan.vip_message_size' else 'plan.max_message_size' end,
    'messages of up to ' || least(m.max_message_size, l.size) || ' bytes'
  from plan p
  left join (select address, vip, max_message_size from mailbox) m on m.address = explain_limits.address
  cross join lateral (select case when m.vip then p.vip_message_size else p.max_message_size end as size) as l
  where p.name = domain.plan
  union all
  select case when domain.receive_only then 'domain.receive_only' else 'mailbox.receive_only' end, 'it never sends: bounces to it are refused'
  where domain.receive_only
    or exists (select from mailbox m where m.address = explain_limits.address and m.receive_only);
$$;
comment on function explain_limits(domain, text) is 'The rows that bound the messages of an address.';

create or replace function explain(name text) returns table (step bigint, source text, value text)
language plpgsql stable set search_path = emailgency, pg_temp as $$
declare
  given constant text := fold_address(explain.name);
  home constant text := canonical_domain(coalesce(address_domain(given), given));
  canonical constant text := case when given like '%@%' then canonical_address(given) end;
  decided domain;
begin
  select * into decided from domain d where d.name = home;
  return query select row_number() over (), t.source, t.value from (
    select 'served_domain' as source, s.name || case s.role when 'domain' then ' is a domain'
      else ' is the ' || s.role || ' domain of ' || s.domain end as value
    from served_domain s where s.name = coalesce(address_domain(given), given)
    union all select * from explain_switches(decided)
    union all select r.* from explain_recipient(decided, canonical) r where canonical is not null
    union all select l.* from explain_limits(decided, canonical) l
    union all select s.* from explain_sending(decided, canonical) s
  ) as t;
end
$$;

-- Who may do what: migration 0013 gave what was there then.

revoke execute on function network_fault(text, text), network_list_text(text), network_list_fault(text, text), mailbox_check_size(),
  explain_switches(domain), explain_limits(domain, text), explain_sending(domain, text)
  from public;

grant execute on function network_fault(text, text), network_list_text(text), network_list_fault(text, text), explain_switches(domain),
  explain_limits(domain, text), explain_sending(domain, text)
  to emailgency_daemon, emailgency_operator, emailgency_domain_admin;

grant select (receive_only, max_message_size) on mailbox to emailgency_daemon, emailgency_domain_admin;

grant update (batv, receive_only) on domain to emailgency_domain_admin;

grant insert (receive_only, max_message_size), update (receive_only, max_message_size) on mailbox to emailgency_domain_admin;
