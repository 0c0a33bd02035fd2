-- Deletion by domain admins. The right to delete from a table is the right to lock it against everybody (lock table), so they
-- have none, and use these functions, which run with their owner's rights.

create or replace function administered_domain(name text) returns text
language plpgsql stable security definer set search_path = emailgency, pg_temp as $$
declare
  home text;
begin
  select s.domain into home from served_domain s
  where s.name = fold(administered_domain.name) and administers(s.domain);
  if home is null then
    raise exception using errcode = 'no_data_found', message = format(
      'domain "%s" does not exist: write the name of a domain, or of an alias of it, as in example.com', left(name, 253));
  end if;
  return home;
end
$$;
comment on function administered_domain(text) is
  'The domain of a domain, alias or alternate name, if the acting role may edit it. Other domains are reported as '
  'nonexistent.';

create or replace function administered_address(address text) returns text
language plpgsql stable security definer set search_path = emailgency, pg_temp as $$
declare
  folded constant text := fold_address(left(administered_address.address, 1000));
begin
  perform accept(address_fault(folded));
  return address_local_part(folded) || '@' || administered_domain(address_domain(folded));
end
$$;
comment on function administered_address(text) is
  'An address in the domain itself, from an address in any of its names, if the acting role may edit that domain.';

create or replace function administered_mailbox(address text) returns text
language plpgsql stable security definer set search_path = emailgency, pg_temp as $$
declare
  canonical constant text := administered_address(administered_mailbox.address);
begin
  if not exists (select from mailbox m where m.address = canonical) then
    raise exception using errcode = 'no_data_found', message = format(
      'mailbox "%s" does not exist: first insert into mailbox (address) values (''%s'')', canonical, canonical);
  end if;
  return canonical;
end
$$;
comment on function administered_mailbox(text) is
  'The address of a mailbox, from its address in any name of the domain, if the acting role may edit it.';

create or replace function delete_mailbox(address text) returns void
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  canonical constant text := administered_mailbox(delete_mailbox.address);
begin
  delete from mailbox m where m.address = canonical;
end
$$;
comment on function delete_mailbox(text) is 'Deletes a mailbox: select delete_mailbox(''user@example.com'').';

create or replace function delete_alias(address text, target text default null) returns void
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  canonical constant text := administered_address(delete_alias.address);
begin
  delete from alias a where a.address = canonical
    and (delete_alias.target is null or a.target = fold_address(left(delete_alias.target, 1000)));
  if not found then
    raise exception using errcode = 'no_data_found', message = format('alias "%s"%s does not exist: select address, target from alias shows all',
      canonical, coalesce(format(' to "%s"', left(delete_alias.target, 254)), ''));
  end if;
end
$$;
comment on function delete_alias(text, text) is
  'Deletes a target of an alias, or the whole alias: select delete_alias(''info@example.com'', ''user@example.com'').';

create or replace function delete_whitelist(domain text, entry text) returns void
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  home constant text := administered_domain(delete_whitelist.domain);
begin
  delete from whitelist w where w.domain = home and w.entry = network_text(fold_address(left(delete_whitelist.entry, 1000)));
  if not found then
    raise exception using errcode = 'no_data_found', message = format(
      'white list entry "%s" of domain "%s" does not exist: select entry from whitelist shows all', left(delete_whitelist.entry, 254), home);
  end if;
end
$$;
comment on function delete_whitelist(text, text) is
  'Deletes a white list entry: select delete_whitelist(''example.com'', ''192.0.2.0/24'').';

create or replace function delete_contact(domain text, kind text, address text) returns void
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  home constant text := administered_domain(delete_contact.domain);
  wanted constant text := case delete_contact.kind when 'sms' then regexp_replace(left(delete_contact.address, 1000), '[ ()./-]', '', 'g')
    when 'webhook' then webhook_text(left(delete_contact.address, 1000))
    else fold_address(left(delete_contact.address, 1000)) end;
begin
  delete from contact c where c.domain = home and c.kind = delete_contact.kind and c.address = wanted;
  if not found then
    raise exception using errcode = 'no_data_found', message = format(
      '%s contact "%s" of domain "%s" does not exist: select kind, address from contact shows all',
      left(delete_contact.kind, 10), left(wanted, 254), home);
  end if;
end
$$;
comment on function delete_contact(text, text, text) is
  'Deletes a contact: select delete_contact(''example.com'', ''sms'', ''+41791234567'').';
