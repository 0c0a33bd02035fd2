-- The syntax of names. A `…_fault` function answers null for a good value, else what is wrong with it and how a right
-- one looks; `accept` turns that answer into the error of a check constraint. All of them are pure.

create function accept(fault text) returns boolean
language plpgsql immutable strict parallel safe as $$
begin
  raise exception using errcode = 'check_violation', message = fault;
end
$$;
comment on function accept(text) is
  'Raises a fault as a check_violation with that text as its message. Strict, so that no fault costs no call, and a check passes.';

create function fold(name text) returns text
language sql immutable parallel safe
return lower(name collate "C");
comment on function fold(text) is
  'Lower case as mail understands it: ASCII letters only, whatever the locale of the database.';

create function choice_fault(what text, value text, variadic choices text[]) returns text
language sql immutable parallel safe
return case
  when value is null or value = any (choices) then null
  else format('%s "%s" is not known: use one of %s, as in %s', what, value, array_to_string(choices, ', '), choices[1])
end;
comment on function choice_fault(text, text, text[]) is
  'What is wrong with a value that must be one of a few words; null if nothing.';

create function range_fault(what text, value bigint, minimum bigint, maximum bigint) returns text
language sql immutable parallel safe
return case
  when value is null or value between minimum and maximum then null
  else format('%s %s is out of range: use %s to %s, as in %s', what, value, minimum, maximum, greatest(minimum, 1))
end;
comment on function range_fault(text, bigint, bigint, bigint) is
  'What is wrong with a number that must lie within bounds; null if nothing.';

create function domain_name_fault(name text) returns text
language plpgsql immutable parallel safe as $$
begin
  if name is null or octet_length(name) <= 253 and name ~ '^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]([a-z0-9-]*[a-z0-9])?$'
    and (octet_length(name) <= 63 or name !~ '[^.]{64}') then
    return null;
  end if;
  return case
    when name = '' then 'a domain name is empty: write one such as example.com'
    when name ~ '[^\u0001-\u007f]' then
      format('domain name "%s" is not ASCII: write an international name as A-labels, as in xn--bcher-kva.example', name)
    when octet_length(name) > 253 then
      format('domain name "%s…" has %s octets: at most 253 are possible, as in example.com', left(name, 40), octet_length(name))
    when name ~ '\s' then format('domain name "%s" contains white space: write it as in example.com', name)
    when name ~ '[A-Z]' then format('domain name "%s" is not lower case: write it as in example.com', name)
    when name ~ '^\.|\.$|\.\.' then
      format('domain name "%s" has an empty label: no dot at either end, single dots between, as in mail.example.com', name)
    when name !~ '\.' then format('domain name "%s" has one label only: write the full name, as in example.com', name)
    when name ~ '[^.]{64}' then
      format('domain name "%s" has a label of more than 63 characters: write it as in example.com', name)
    when name ~ '(^|\.)-|-(\.|$)' then
      format('domain name "%s" has a label with a hyphen at its edge: write it as in my-company.example.com', name)
    when name ~ '[^a-z0-9.-]' then
      format('domain name "%s" contains "%s": only letters, digits and inner hyphens are possible, as in mail-1.example.com',
        name, substring(name from '[^a-z0-9.-]'))
    else format('domain name "%s" has a last label that starts with a digit: write it as in example.com', name)
  end;
end
$$;
comment on function domain_name_fault(text) is
  'What is wrong with a mail domain (RFC 5321 section 2.3.5, RFC 1035 section 2.3.1, lower case); null if nothing.';

create function address_domain(address text) returns text
language sql immutable parallel safe
return substring(address from '@([^@]*)$');
comment on function address_domain(text) is 'The domain of a mail address: all behind its last @.';

create function address_local_part(address text) returns text
language sql immutable parallel safe
return substring(address from '^(.*)@[^@]*$');
comment on function address_local_part(text) is 'The local part of a mail address: all before its last @.';

create function local_part_fault(address text, local_part text) returns text
language plpgsql immutable parallel safe as $$
begin
  return case
    when octet_length(local_part) <= 64
      and local_part ~ '^[a-z0-9!#$%&''*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&''*+/=?^_`{|}~-]+)*$' then null
    when octet_length(local_part) > 64 then
      format('address "%s" has a local part of %s octets: at most 64 are possible, as in user@example.com',
        address, octet_length(local_part))
    when local_part ~ '^"([ !#-\[\]-~]|\\[ -~])*"$' and local_part !~ '[A-Z]' then null
    when local_part = '' then format('address "%s" has no local part: write it as in user@example.com', address)
    when local_part ~ '[^\u0001-\u007f]' then
      format('address "%s" has a local part that is not ASCII: write it as in user@example.com', address)
    when local_part ~ '[A-Z]' then format('address "%s" is not lower case: write it as in user@example.com', address)
    else format('address "%s" has a malformed local part: write it as in first.last@example.com, or "first last"@example.com '
      'with quotes', address)
  end;
end
$$;
comment on function local_part_fault(text, text) is
  'What is wrong with the local part of an address (RFC 5321 section 4.1.2: dot-string or quoted string); null if nothing.';

create function address_fault(address text) returns text
language plpgsql immutable parallel safe as $$
begin
  if address is null or octet_length(address) <= 64
    and address ~ '^[a-z0-9_+-]+(\.[a-z0-9_+-]+)*@([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]([a-z0-9-]*[a-z0-9])?$' then
    return null; -- the common case: too short to break a limit of length
  end if;
  return case
    when address !~ '@' then format('address "%s" has no @: write it as in user@example.com', address)
    when octet_length(address) > 254 then
      format('address "%s…" has %s octets: at most 254 are possible, as in user@example.com',
        left(address, 40), octet_length(address))
    else coalesce(
      emailgency.local_part_fault(address, emailgency.address_local_part(address)),
      emailgency.domain_name_fault(emailgency.address_domain(address)))
  end;
end
$$;
comment on function address_fault(text) is
  'What is wrong with a mail address (RFC 5321 sections 4.1.2 and 4.5.3.1, lower case); null if nothing.';

create function fold_address(address text) returns text
language plpgsql immutable parallel safe as $$
declare
  content text;
begin
  if address not like '"%"@%' then
    return lower(address collate "C");
  end if;
  content := regexp_replace(substring(emailgency.address_local_part(address) from '^"(.*)"$'), '\\(.)', '\1', 'g');
  if content !~* '^[a-z0-9!#$%&''*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&''*+/=?^_`{|}~-]+)*$' then
    content := '"' || regexp_replace(content, '(["\\])', '\\\1', 'g') || '"';
  end if;
  return lower((content || '@' || emailgency.address_domain(address)) collate "C");
end
$$;
comment on function fold_address(text) is
  'The one spelling of an address: lower case, quotes and backslashes only where they are needed (RFC 5321 section 4.1.2).';

create function parse_network(value text) returns inet
language plpgsql immutable parallel safe as $$
begin
  return value::inet;
exception when invalid_text_representation then
  return null;
end
$$;
comment on function parse_network(text) is 'The IP address or network that a text spells; null if it spells none.';

create function transport_host_fault(transport text, host text) returns text
language plpgsql immutable parallel safe as $$
begin
  return case
    when host ~ '^\[[^][]+\]$' then case
      when host ~ '^\[[0-9a-f:.]+\]$' and family(emailgency.parse_network(btrim(host, '[]'))) = 6 then null
      else format('transport "%s" has brackets around something else than an IPv6 address: '
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
      else format('transport "%s" is a number, but no IPv4 address: write it as in 192.0.2.25:25', transport)
    end
    when host ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$' then null
    when emailgency.domain_name_fault(host) is null then null
    else format('transport "%s" names no host (%s): write it as in mail.example.com:25', transport,
      coalesce(nullif(split_part(emailgency.domain_name_fault(host), ':', 1), 'a domain name is empty'), 'the host is missing'))
  end;
end
$$;
comment on function transport_host_fault(text, text) is
  'What is wrong with the host of a transport: a host name, an IPv4 address, or an IPv6 address in brackets; null if nothing.';

create function transport_fault(transport text) returns text
language sql immutable parallel safe
return case
  when transport is null then null
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
  'What is wrong with a host[:port] that Postfix is to relay to (transport(5), "smtp" next hop); null if nothing.';
