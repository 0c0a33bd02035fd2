-- What an admin calls with one statement. All of it runs with the caller's rights, so row-level security decides.

do $$
begin
  if exists (select from pg_available_extensions where name = 'pgcrypto') then
    create extension if not exists pgcrypto;
  end if;
end
$$;

create function canonical_domain(name text) returns text
language plpgsql stable set search_path = emailgency, pg_temp as $$
declare
  found_domain text;
begin
  select s.domain into found_domain from served_domain s where s.name = fold(canonical_domain.name);
  if found_domain is null then
    raise exception using errcode = 'no_data_found', message = format(
      'domain "%s" is not there: write the name of a domain, or of an alias of it, as in example.com', name);
  end if;
  return found_domain;
end
$$;
comment on function canonical_domain(text) is 'The domain that a domain, alias or alternate name stands for.';

create function canonical_address(address text) returns text
language sql stable set search_path = emailgency, pg_temp
return address_local_part(fold_address(address)) || '@' || canonical_domain(address_domain(fold_address(address)));
comment on function canonical_address(text) is 'The address at the domain itself that an address at one of its names stands for.';

create function require_mailbox(address text) returns text
language plpgsql stable set search_path = emailgency, pg_temp as $$
declare
  canonical text;
begin
  perform accept(address_fault(fold_address(require_mailbox.address)));
  canonical := canonical_address(require_mailbox.address);
  if not exists (select from mailbox m where m.address = canonical) then
    raise exception using errcode = 'no_data_found', message = format(
      'mailbox "%s" is not there: first insert into mailbox (address) values (''%s'')', canonical, canonical);
  end if;
  return canonical;
end
$$;
comment on function require_mailbox(text) is 'The address of the mailbox that an address stands for; refuses one that is not there.';

create function promote(address text) returns void
language plpgsql set search_path = emailgency, pg_temp as $$
declare
  canonical constant text := require_mailbox(promote.address);
begin
  update mailbox m set candidate = false where m.address = canonical and m.candidate;
  if not found then
    raise exception using errcode = 'object_not_in_prerequisite_state',
      message = format('"%s" is a mailbox already, no candidate', canonical);
  end if;
end
$$;
comment on function promote(text) is 'Makes a candidate a mailbox: select promote(''user@example.com'').';

create function flush(domain text) returns void
language sql set search_path = emailgency, pg_temp
begin atomic
  insert into flush_request (domain) values (canonical_domain(flush.domain)) on conflict do nothing;
end;
comment on function flush(text) is 'Asks to deliver the queued mail of a domain now: select flush(''example.com'').';

create function tidy(domain text) returns void
language sql set search_path = emailgency, pg_temp
begin atomic
  insert into tidy_request (domain) values (canonical_domain(tidy.domain)) on conflict do nothing;
end;
comment on function tidy(text) is 'Asks to sort the catch-all mail of a domain into candidates now: select tidy(''example.com'').';

create function hash_password(password text) returns text
language plpgsql set search_path = emailgency, pg_temp as $$
declare
  home text;
  hash text;
begin
  if password = '' or octet_length(password) > 72 then
    raise exception using errcode = 'invalid_parameter_value', message =
      'a password has 1 to 72 octets: select set_password(''user@example.com'', ''secret''), or null for no login';
  end if;
  select quote_ident(n.nspname) into home from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'pgcrypto';
  if home is null then
    raise exception using errcode = 'undefined_file', message =
      'extension pgcrypto is not installed: run create extension pgcrypto (Debian: postgresql-contrib), '
      'or store the output of doveadm pw -s BLF-CRYPT';
  end if;
  execute format('select %1$s.crypt($1, %1$s.gen_salt(''bf'', 10))', home) into hash using password;
  return '{BLF-CRYPT}' || hash;
end
$$;
comment on function hash_password(text) is 'A bcrypt hash as Dovecot reads it; bcrypt takes 72 octets.';

create function set_password(address text, password text) returns void
language plpgsql set search_path = emailgency, pg_temp as $$
declare
  canonical constant text := require_mailbox(set_password.address);
begin
  update mailbox m set password = hash_password(set_password.password) where m.address = canonical;
end
$$;
comment on function set_password(text, text) is
  'Sets the password of a mailbox, hashed: select set_password(''user@example.com'', ''secret''); null: no login.';

create function deny_sending(name text) returns void
language plpgsql set search_path = emailgency, pg_temp as $$
declare
  changed text;
begin
  if deny_sending.name like '%@%' then
    changed := require_mailbox(deny_sending.name);
    update mailbox m set smtp_deny = true where m.address = changed;
    if is_operator() then
      update mailbox m set smtp_deny_exempt = false where m.address = changed;
    end if;
  else
    changed := canonical_domain(deny_sending.name);
    update domain d set smtp_deny = true where d.name = changed;
  end if;
end
$$;
comment on function deny_sending(text) is 'Denies sending to a mailbox or to all of a domain: select deny_sending(''user@example.com'').';

create function allow_sending(name text) returns void
language plpgsql set search_path = emailgency, pg_temp as $$
declare
  changed text;
begin
  if allow_sending.name not like '%@%' then
    changed := canonical_domain(allow_sending.name);
    update domain d set smtp_deny = false where d.name = changed;
    return;
  end if;
  changed := require_mailbox(allow_sending.name);
  update mailbox m set smtp_deny = false where m.address = changed;
  if exists (select from domain d where d.name = address_domain(changed) and d.smtp_deny) then
    if not is_operator() then
      raise exception using errcode = 'insufficient_privilege', message = format(
        'all of domain "%1$s" is denied sending, and only the operator can exempt a mailbox: select allow_sending(''%1$s'')',
        address_domain(changed));
    end if;
    update mailbox m set smtp_deny_exempt = true where m.address = changed;
  end if;
end
$$;
comment on function allow_sending(text) is
  'Allows sending again, to a mailbox or to a domain. Where the whole domain is denied, an operator''s call exempts the mailbox from it.';

create view postfix_relay_domains as
select name, domain from served_domain;
comment on view postfix_relay_domains is 'Every name that mail is taken for, as a Postfix look-up: select domain from postfix_relay_domains where name = ''%s''.';
comment on column postfix_relay_domains.name is 'A domain, alias or alternate name.';
comment on column postfix_relay_domains.domain is 'The domain that it stands for.';

create view dovecot_passdb as
select address_local_part(m.address) || '@' || s.name as login, m.address, m.password,
  m.smtp_deny or (d.smtp_deny and not m.smtp_deny_exempt) as smtp_deny
from served_domain s join domain d on d.name = s.domain join mailbox m on m.domain = d.name;
comment on view dovecot_passdb is 'Every login under every name of its domain. Look one up by the function of the same name, which reads three rows.';
comment on column dovecot_passdb.login is 'Name to log in with.';
comment on column dovecot_passdb.address is 'The mailbox that it opens.';
comment on column dovecot_passdb.password is 'Hash with its Dovecot scheme in braces; null: no login.';
comment on column dovecot_passdb.smtp_deny is 'May not send: refuse at SMTP AUTH; IMAP goes on.';

create function dovecot_passdb(login text) returns setof dovecot_passdb
language sql stable security definer rows 1 set search_path = emailgency, pg_temp
begin atomic
  select dovecot_passdb.login, m.address, m.password, m.smtp_deny or (d.smtp_deny and not m.smtp_deny_exempt)
  from served_domain s join domain d on d.name = s.domain
  join mailbox m on m.address = address_local_part(fold_address(dovecot_passdb.login)) || '@' || s.domain
  where s.name = address_domain(fold_address(dovecot_passdb.login));
end;
comment on function dovecot_passdb(text) is
  'The row that decides a login, as a Dovecot query: select address as user, password, smtp_deny from dovecot_passdb(''%u'').';
