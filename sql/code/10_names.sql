-- The syntax of names and addresses. A ..._fault function returns null for a good value, or else a message with the fault and a
-- right value; accept() raises that message as the error of a check constraint. Pure functions, which tables need.

-- A message quotes the value, but not all of a huge one.
create or replace function accept(fault text) returns boolean
language plpgsql immutable strict parallel safe as $$
begin
  raise exception using errcode = 'check_violation',
    message = case when length(fault) > 1000 then left(fault, 1000) || '…' else fault end;
end
$$;
comment on function accept(text) is
  'Raises a fault as a check_violation with that text. Strict: without a fault it is not called, and a check passes.';

create or replace function fold(name text) returns text
language sql immutable parallel safe
return lower(name collate "C");
comment on function fold(text) is 'Lower case of ASCII letters only, whatever the locale of the database.';

create or replace function choice_fault(what text, value text, variadic choices text[]) returns text
language sql immutable parallel safe
return case
  when value is null or value = any (choices) then null
  else format('%s "%s" is unknown: use one of %s, as in %s', what, value, array_to_string(choices, ', '), choices[1])
end;
comment on function choice_fault(text, text, text[]) is
  'The fault in a value that must be one of a few words, as a message; null if there is none.';

create or replace function range_fault(what text, value bigint, minimum bigint, maximum bigint) returns text
language sql immutable parallel safe
return case
  when value is null or value between minimum and maximum then null
  else format('%s %s is out of range: use %s to %s, as in %s', what, value, minimum, maximum, greatest(minimum, 1))
end;
comment on function range_fault(text, bigint, bigint, bigint) is
  'The fault in a number with bounds, as a message; null if there is none.';

create or replace function domain_name_fault(name text) returns text
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
      format('domain name "%s…" has %s octets: at most 253 are allowed, as in example.com', left(name, 40), octet_length(name))
    when name ~ '\s' then format('domain name "%s" contains white space: write it as in example.com', name)
    when name ~ '[A-Z]' then format('domain name "%s" is not lower case: write it as in example.com', name)
    when name ~ '^\.|\.$|\.\.' then
      format('domain name "%s" has an empty label: write single dots, between labels only, as in mail.example.com', name)
    when name !~ '\.' then format('domain name "%s" has only one label: write the full name, as in example.com', name)
    when name ~ '[^.]{64}' then
      format('domain name "%s" has a label of more than 63 characters: write it as in example.com', name)
    when name ~ '(^|\.)-|-(\.|$)' then
      format('domain name "%s" has a label that starts or ends with a hyphen: write it as in my-company.example.com', name)
    when name ~ '[^a-z0-9.-]' then
      format('domain name "%s" contains "%s": only letters, digits and hyphens between them are allowed, as in mail-1.example.com',
        name, substring(name from '[^a-z0-9.-]'))
    else format('domain name "%s" ends in a label that starts with a digit: write it as in example.com', name)
  end;
end
$$;
comment on function domain_name_fault(text) is
  'The fault in a mail domain (RFC 5321 section 2.3.5, RFC 1035 section 2.3.1, lower case), as a message; null if there is '
  'none.';

create or replace function address_domain(address text) returns text
language sql immutable parallel safe
return substring(address from '@([^@]*)$');
comment on function address_domain(text) is 'The domain of a mail address: the part after its last @.';

create or replace function address_local_part(address text) returns text
language sql immutable parallel safe
return substring(address from '^(.*)@[^@]*$');
comment on function address_local_part(text) is 'The local part of a mail address: the part before its last @.';

create or replace function local_part_fault(address text, local_part text) returns text
language plpgsql immutable parallel safe as $$
begin
  return case
    when octet_length(local_part) <= 64
      and local_part ~ '^[a-z0-9!#$%&''*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&''*+/=?^_`{|}~-]+)*$' then null
    when octet_length(local_part) > 64 then
      format('address "%s" has a local part of %s octets: at most 64 are allowed, as in user@example.com',
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
  'The fault in the local part of an address (RFC 5321 section 4.1.2: dot-string or quoted string), as a message; null if '
  'there is none.';

create or replace function address_fault(address text) returns text
language plpgsql immutable parallel safe as $$
begin
  if address is null or octet_length(address) <= 64
    and address ~ '^[a-z0-9_+-]+(\.[a-z0-9_+-]+)*@([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]([a-z0-9-]*[a-z0-9])?$' then
    return null; -- the common case: too short to exceed a length limit
  end if;
  return case
    when address !~ '@' then format('address "%s" has no @: write it as in user@example.com', address)
    when octet_length(address) > 254 then
      format('address "%s…" has %s octets: at most 254 are allowed, as in user@example.com',
        left(address, 40), octet_length(address))
    else coalesce(
      emailgency.local_part_fault(address, emailgency.address_local_part(address)),
      emailgency.domain_name_fault(emailgency.address_domain(address)))
  end;
end
$$;
comment on function address_fault(text) is
  'The fault in a mail address (RFC 5321 sections 4.1.2 and 4.5.3.1, lower case), as a message; null if there is none.';

create or replace function address_of_domain_fault(address text, domain_name text) returns text
language sql immutable parallel safe
return case
  when address_domain(address) = domain_name then null
  else format('address "%s" is not of domain "%s": write %s@%s, or leave the domain out',
    address, domain_name, address_local_part(address), domain_name)
end;
comment on function address_of_domain_fault(text, text) is
  'The fault in an address that must be in a domain, as a message; null if there is none.';

create or replace function fold_address(address text) returns text
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
  'The canonical form of an address: lower case, with quotes and backslashes only if needed (RFC 5321 section 4.1.2).';
