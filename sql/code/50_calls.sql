-- The calls of admins, one statement each. They run with the caller's rights, so row-level security decides.

create or replace function canonical_domain(name text) returns text
language plpgsql stable set search_path = emailgency, pg_temp as $$
declare
  found_domain text;
begin
  select s.domain into found_domain from served_domain s where s.name = fold(canonical_domain.name);
  if found_domain is null then
    raise exception using errcode = 'no_data_found', message = format(
      'domain "%s" does not exist: write the name of a domain, or of an alias of it, as in example.com', left(name, 253));
  end if;
  return found_domain;
end
$$;
comment on function canonical_domain(text) is 'The domain of a domain, alias or alternate name.';

create or replace function canonical_address(address text) returns text
language sql stable set search_path = emailgency, pg_temp
return address_local_part(fold_address(address)) || '@' || canonical_domain(address_domain(fold_address(address)));
comment on function canonical_address(text) is 'An address in the domain itself, from an address in any of its names.';

create or replace function require_mailbox(address text) returns text
language plpgsql stable set search_path = emailgency, pg_temp as $$
declare
  canonical text;
begin
  perform accept(address_fault(fold_address(require_mailbox.address)));
  canonical := canonical_address(require_mailbox.address);
  if not exists (select from mailbox m where m.address = canonical) then
    raise exception using errcode = 'no_data_found', message = format(
      'mailbox "%s" does not exist: first insert into mailbox (address) values (''%s'')', canonical, canonical);
  end if;
  return canonical;
end
$$;
comment on function require_mailbox(text) is
  'The address of a mailbox, from its address in any name of the domain; refuses one that does not exist.';
