-- The syntax of IP addresses, networks and hosts, and of lists of them. Pure functions.

create or replace function parse_network(value text) returns inet
language plpgsql immutable parallel safe as $$
begin
  return value::inet;
exception when invalid_text_representation then
  return null;
end
$$;
comment on function parse_network(text) is 'The IP address or network in a text; null if it contains none.';

create or replace function network_text(value text) returns text
language plpgsql immutable parallel safe as $$
begin
  return case
    when emailgency.parse_network(value) is null then value
    when masklen(emailgency.parse_network(value)) = case family(emailgency.parse_network(value)) when 4 then 32 else 128 end
      then host(emailgency.parse_network(value))
    else text(emailgency.parse_network(value))
  end;
end
$$;
comment on function network_text(text) is
  'The canonical form of an IP address or network (RFC 5952 for IPv6); any other text unchanged.';

create or replace function network_fault(what text, value text) returns text
language sql immutable parallel safe
return case
  when value is null then null
  when parse_network(value) is null then
    format('%s: "%s" is neither an IP address nor a network: write it as in 192.0.2.1, 192.0.2.0/24 or 2001:db8::/32', what, value)
  when masklen(parse_network(value)) = 0 then
    format('%s: "%s" covers all addresses: write the networks that you mean, as in 192.0.2.0/24', what, value)
  when network(parse_network(value)) <> parse_network(value) then
    format('%s: "%s" has bits set to the right of its prefix: the network is %s', what, value, network(parse_network(value)))
  when network_text(value) <> value then
    format('%s: "%s" is not in its usual spelling: write %s', what, value, network_text(value))
end;
comment on function network_fault(text, text) is 'The fault in an IP address or network, as a message; null if there is none.';

create or replace function network_list_text(value text) returns text
language sql immutable parallel safe
return (
  select coalesce(string_agg(network_text(fold(item)), ' ' order by place), '')
  from regexp_split_to_table(value, '[\s,]+') with ordinality as items (item, place)
  where item <> ''
);
comment on function network_list_text(text) is
  'The canonical form of a list of networks, separated by blanks; input may also contain commas.';

create or replace function network_list_fault(what text, value text) returns text
language sql immutable parallel safe
return case
  when octet_length(value) > 1000 then
    format('%s has %s octets: at most 1000 are allowed, so write larger networks, as in 192.0.2.0/24', what, octet_length(value))
  else (
    select network_fault(what, item)
    from regexp_split_to_table(value, ' ') with ordinality as items (item, place)
    where value <> '' and network_fault(what, item) is not null
    order by place
    limit 1
  )
end;
comment on function network_list_fault(text, text) is
  'The fault in a list of networks separated by blanks, as a message; null if there is none. A replica holds texts of 1024 '
  'octets.';

create or replace function host_fault(what text, value text) returns text
language sql immutable parallel safe
return case
  when value is null then null
  when parse_network(value) is null then case
    when domain_name_fault(value) is not null then format('%s: %s', what, domain_name_fault(value)) end
  when network_text(value) <> value or value ~ '/' then
    format('%s: "%s" is not a host: write a name or one IP address in its usual spelling, as in mx1.example.com or 192.0.2.25', what, value)
end;
comment on function host_fault(text, text) is 'The fault in a host name or IP address, as a message; null if there is none.';

create or replace function host_list_fault(what text, value text) returns text
language sql immutable parallel safe
return case
  when octet_length(value) > 1000 then format('%s has %s octets: at most 1000 are allowed', what, octet_length(value))
  else (
    select host_fault(what, item)
    from regexp_split_to_table(value, ' ') with ordinality as items (item, place)
    where value <> '' and host_fault(what, item) is not null
    order by place
    limit 1
  )
end;
comment on function host_list_fault(text, text) is
  'The fault in a list of hosts separated by blanks, as a message; null if there is none. A replica holds texts of 1024 '
  'octets.';
