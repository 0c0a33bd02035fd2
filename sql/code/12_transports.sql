-- The syntax of a next hop, and special-use networks. Pure functions, which tables need.

create or replace function transport_host_fault(transport text, host text) returns text
language plpgsql immutable parallel safe as $$
begin
  return case
    when host ~ '^\[[^][]+\]$' then case
      when host ~ '^\[[0-9a-f:.]+\]$' and family(emailgency.parse_network(btrim(host, '[]'))) = 6 then null
      when emailgency.transport_host_fault(transport, btrim(host, '[]')) is null then
        format('transport "%s" has brackets around a host, which are implied here (no MX look-up): write %s', transport,
          translate(transport, '[]', ''))
      else format('transport "%s" has brackets around something other than an IPv6 address: '
        'write it as in [2001:db8::25]:25 or mail.example.com:25', transport)
    end
    when host ~ '[][]' then
      format('transport "%s" has a stray bracket: write it as in [2001:db8::25]:25 or mail.example.com:25', transport)
    when host ~ '^[^:]*:[^:]*$' then
      format('transport "%s" has an impossible port: use 1 to 65535, as in mail.example.com:25', transport)
    when host ~ ':' then
      format('transport "%s" has more than one colon: an IPv6 address goes into brackets, as in [2001:db8::25]:25', transport)
    when host ~ '^[0-9.]+$' then case
      when host ~ '^((25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])\.){3}(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])$' then null
      else format('transport "%s" is a number, but not an IPv4 address: write it as in 192.0.2.25:25', transport)
    end
    when host ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$' then null
    when emailgency.domain_name_fault(host) is null then null
    else format('transport "%s" names no host (%s): write it as in mail.example.com:25', transport,
      coalesce(nullif(split_part(emailgency.domain_name_fault(host), ':', 1), 'a domain name is empty'), 'the host is missing'))
  end;
end
$$;
comment on function transport_host_fault(text, text) is
  'The fault in the host of a transport: a host name, an IPv4 address, or an IPv6 address in brackets, as a message; null if '
  'there is none.';

create or replace function transport_fault(transport text) returns text
language sql immutable parallel safe
return case
  when transport is null then null
  when transport ~ '^(smtp|relay|lmtp|smtps):' and transport !~ '^[a-z]+:[0-9]*$' then
    format('transport "%s" names a delivery agent, which is not part of it: write the host and port alone, as in mail.example.com:25', transport)
  when transport !~ '^(.*[^:]|):[0-9]*$' or transport ~ '^\[[^]]*$' then transport_host_fault(transport, transport)
  when substring(transport from ':([0-9]*)$') !~ '^0*[1-9][0-9]{0,4}$'
    or substring(transport from ':([0-9]*)$')::int > 65535 then
    format('transport "%s" has an impossible port: use 1 to 65535, as in mail.example.com:25', transport)
  when transport ~ '^[^][]*:[^][]*:[0-9]*$' then
    format('transport "%s" has more than one colon: an IPv6 address goes into brackets, as in [2001:db8::25]:25', transport)
  when transport ~ ':0[0-9]*$' then
    format('transport "%s" has a port with leading zeros: write it as in mail.example.com:25', transport)
  else transport_host_fault(transport, substring(transport from '^(.*):[0-9]*$'))
end;
comment on function transport_fault(text) is
  'The fault in a host[:port] for Postfix to relay to (transport(5), "smtp" next hop), as a message; null if there is none.';

create or replace function transport_host(transport text) returns text
language sql immutable parallel safe
return regexp_replace(regexp_replace(transport, ':[0-9]+$', ''), '^\[(.*)\]$', '\1');
comment on function transport_host(text) is 'The host of a well-formed transport, without brackets and port.';

create or replace function inner_address(address inet) returns inet
language sql immutable parallel safe
return case
  when family(address) = 6 and (address <<= '::ffff:0:0/96' or address <<= '64:ff9b::/96' or address <<= '::/96' and address > '::1')
    then '0.0.0.0'::inet + ((address & '::ffff:ffff'::inet) - '::'::inet)
  else address
end;
comment on function inner_address(inet) is
  'The IPv4 address embedded in an IPv6 address (RFC 4291 section 2.5.5, RFC 6052); any other address unchanged.';

create or replace function special_network(address inet) returns text
language sql immutable parallel safe
return (
  select network || ' (' || use || ')' from (values
    ('0.0.0.0/8'::inet, 'unspecified'), ('10.0.0.0/8', 'private'), ('100.64.0.0/10', 'shared by carriers'), ('127.0.0.0/8', 'loopback'),
    ('169.254.0.0/16', 'link-local'), ('172.16.0.0/12', 'private'), ('192.0.0.0/24', 'protocol assignments'), ('192.168.0.0/16', 'private'),
    ('198.18.0.0/15', 'benchmarks'), ('224.0.0.0/4', 'multicast'), ('240.0.0.0/4', 'reserved and broadcast'),
    ('::/128', 'unspecified'), ('::1/128', 'loopback'), ('::/96', 'IPv4-compatible'),
    ('64:ff9b::/96', 'translation to IPv4'), ('64:ff9b:1::/48', 'local translation'), ('100::/64', 'discard'),
    ('2001::/32', 'Teredo'), ('2002::/16', '6to4'),
    ('fc00::/7', 'private'), ('fe80::/10', 'link-local'), ('fec0::/10', 'site-local'), ('ff00::/8', 'multicast')
  ) as t (network, use)
  where inner_address(address) <<= network or address <<= network
  order by (inner_address(address) <<= network) desc
  limit 1
);
comment on function special_network(inet) is
  'The special-use network of an address (RFC 6890), in words; null for an address of the Internet or of documentation.';
