-- Where domain.transport may lead: to customers' servers, not to ourselves and not into the operator's inner networks.

alter table setting_definition
  drop constraint setting_definition_type_unknown,
  add constraint setting_definition_type_unknown
    check (type in ('integer', 'boolean', 'choice', 'domain', 'networks', 'hosts', 'text'));
comment on column setting_definition.type is
  'integer, boolean, choice, domain (a domain name or empty), networks (IP addresses and networks, by blank, or empty), hosts (host names and IP addresses, by blank, or empty) or text.';

create function host_fault(what text, value text) returns text
language sql immutable parallel safe
return case
  when value is null then null
  when parse_network(value) is null then case
    when domain_name_fault(value) is not null then format('%s: %s', what, domain_name_fault(value)) end
  when network_text(value) <> value or value ~ '/' then
    format('%s: "%s" is no host: write a name or one IP address in its usual spelling, as in mx1.example.com or 192.0.2.25', what, value)
end;
comment on function host_fault(text, text) is 'What is wrong with a host name or IP address; null if nothing.';

create function host_list_fault(what text, value text) returns text
language sql immutable parallel safe
return case
  when octet_length(value) > 1000 then format('%s has %s octets: at most 1000 are possible', what, octet_length(value))
  else (
    select host_fault(what, item)
    from regexp_split_to_table(value, ' ') with ordinality as items (item, place)
    where value <> '' and host_fault(what, item) is not null
    order by place
    limit 1
  )
end;
comment on function host_list_fault(text, text) is
  'What is wrong with host names and IP addresses parted by one blank; null if nothing. A replica takes texts of 1024 octets.';

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
  elsif definition.type in ('networks', 'hosts') then
    new.value := network_list_text(new.value);
  end if;
  perform accept(setting_value_fault(definition, new.value));
  return new;
end
$$;

insert into setting_definition (name, type, default_value, minimum, maximum, choices, pattern, comment) values
  ('transport_networks', 'networks', '', null, null, null, null,
    'Networks that domain.transport may lead to although they are loopback, private or otherwise special: IP addresses and networks by blank, as in 10.20.0.0/16. Empty: none.'),
  ('mx_hosts', 'hosts', '', null, null, null, null,
    'Names and addresses of our own MX hosts, by blank, as in mx1.example.com 192.0.2.25, beside those of each node''s transportmap.conf: domain.transport may not lead to them, or mail would loop.');

insert into setting (name, value)
select d.name, d.default_value from setting_definition d
on conflict do nothing;

create function transport_host(transport text) returns text
language sql immutable parallel safe
return regexp_replace(regexp_replace(transport, ':[0-9]+$', ''), '^\[(.*)\]$', '\1');
comment on function transport_host(text) is 'The host of a well-formed transport, without brackets and port.';

create function inner_address(address inet) returns inet
language sql immutable parallel safe
return case
  when family(address) = 6 and (address <<= '::ffff:0:0/96' or address <<= '64:ff9b::/96' or address <<= '::/96' and address > '::1')
    then '0.0.0.0'::inet + ((address & '::ffff:ffff'::inet) - '::'::inet)
  else address
end;
comment on function inner_address(inet) is
  'The IPv4 address that an IPv6 address stands for (RFC 4291 section 2.5.5, RFC 6052); any other address as it is.';

create function special_network(address inet) returns text
language sql immutable parallel safe
return (
  select network || ' (' || use || ')' from (values
    ('0.0.0.0/8'::inet, 'unspecified'), ('10.0.0.0/8', 'private'), ('100.64.0.0/10', 'shared by carriers'), ('127.0.0.0/8', 'loopback'),
    ('169.254.0.0/16', 'link-local'), ('172.16.0.0/12', 'private'), ('192.0.0.0/24', 'protocol assignments'), ('192.168.0.0/16', 'private'),
    ('198.18.0.0/15', 'benchmarks'), ('224.0.0.0/4', 'multicast'), ('240.0.0.0/4', 'reserved and broadcast'),
    ('::/128', 'unspecified'), ('::1/128', 'loopback'), ('::/96', 'IPv4-compatible'), ('64:ff9b::/96', 'translation to IPv4'), ('64:ff9b:1::/48', 'local translation'), ('100::/64', 'discard'), ('2001::/32', 'Teredo'), ('2002::/16', '6to4'),
    ('fc00::/7', 'private'), ('fe80::/10', 'link-local'), ('fec0::/10', 'site-local'), ('ff00::/8', 'multicast')
  ) as t (network, use)
  where inner_address(address) <<= network or address <<= network
  order by (inner_address(address) <<= network) desc
  limit 1
);
comment on function special_network(inet) is
  'The network of special use that an address lies in (RFC 6890), in words; null: it is an address of the Internet, or of documentation.';

create function transport_reach_fault(transport text) returns text
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

create function domain_check_transport() returns trigger
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
create trigger domain_check_transport before insert or update of transport on domain
for each row when (new.transport is not null) execute function domain_check_transport();

-- What is routed today stays so: addresses are listed, and names are told of.
update setting set value = kept.networks
from (
  select network_list_text(string_agg(distinct host(parse_network(transport_host(transport))), ' ')) as networks from domain
  where transport_fault(transport) is null and special_network(parse_network(transport_host(transport))) is not null
) as kept
where name = 'transport_networks' and kept.networks is not null;

do $$
declare
  names text;
begin
  select string_agg(format('%s (%s)', name, transport), ', ' order by name) into names
  from domain where transport_fault(transport) is null and transport_reach_fault(transport) is not null;
  if names is not null then
    raise warning 'mail of these domains waits until their transport is the customer''s own server: %', names;
  end if;
end
$$;

revoke execute on function host_fault(text, text), host_list_fault(text, text), transport_host(text), inner_address(inet),
  special_network(inet), transport_reach_fault(text), domain_check_transport()
  from public;

grant execute on function host_fault(text, text), host_list_fault(text, text)
  to emailgency_daemon, emailgency_operator, emailgency_domain_admin;
