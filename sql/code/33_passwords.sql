-- Passwords: every stored hash is one whose check has a bounded cost, since Dovecot checks them in the one process that answers
-- all log-ins. No clear text enters the server's log: the functions set log_min_error_statement, which keeps a refused statement
-- out of it, and a refusal is a trigger with its owner's rights, not a constraint.

do $$
begin
  if exists (select from pg_available_extensions where name = 'pgcrypto') then
    create extension if not exists pgcrypto;
  end if;
end
$$;

create or replace function password_fault(password text) returns text
language sql immutable parallel safe
return case
  when password is null then null
  when octet_length(password) > 200 then
    format('the password hash has %s octets, but no known hash has more than 200: use select set_password(''user@example.com'', ''Correct horse 4 battery'')',
      octet_length(password))
  when password ~* '^\{(plain|cleartext|clear|plain-trunc)(\.[a-z0-9]+)?\}' then
    'the password is stored in clear text: use select set_password(''user@example.com'', ''Correct horse 4 battery''), which hashes it'
  when password !~ '^\{[A-Z0-9-]+(\.(B64|BASE64|HEX))?\}[!-~]+$' then
    'the password is not a hash: use select set_password(''user@example.com'', ''Correct horse 4 battery''), or store a crypt(3) string such as '
    '{CRYPT}$y$j9T$salt$hash'
  when password ~ '^\{(BLF-CRYPT|CRYPT)\}\$2[aby]\$[0-9]{2}\$[./A-Za-z0-9]{53}$' then case
    when substring(password from '\$2[aby]\$([0-9]{2})\$')::integer not between 4 and 12 then
      'the password hash is bcrypt with a cost outside 04 to 12: hash it again, as in doveadm pw -s BLF-CRYPT -r 10' end
  when password ~ '^\{(SHA512-CRYPT|CRYPT)\}\$6\$(rounds=[1-9][0-9]*\$)?[!-#%-9;-~]{0,16}\$[./A-Za-z0-9]{86}$'
    or password ~ '^\{(SHA256-CRYPT|CRYPT)\}\$5\$(rounds=[1-9][0-9]*\$)?[!-#%-9;-~]{0,16}\$[./A-Za-z0-9]{43}$' then case
    when substring(password from '\$rounds=([0-9]+)\$')::numeric > 200000 then
      'the password hash has more than 200000 rounds: hash it again, as in doveadm pw -s SHA512-CRYPT -r 100000' end
  when password ~ '^\{CRYPT\}\$y\$[./A-Za-z0-9]+\$[./A-Za-z0-9]{0,86}\$[./A-Za-z0-9]{43}$' then case
    when password !~ '^\{CRYPT\}\$y\$j(75|85|7T|8T|9T|AT)\$' then
      'the password hash is yescrypt with other parameters than those of costs 1 to 6: hash it again, as in mkpasswd -m yescrypt -R 5' end
  when password ~ '^\{PBKDF2\}\$1\$[!-#%-~]{0,32}\$[1-9][0-9]*\$[0-9a-f]{40}$' then case
    when substring(password from '\$([1-9][0-9]*)\$[0-9a-f]{40}$')::numeric > 100000 then
      'the password hash has more than 100000 rounds: hash it again, as in doveadm pw -s PBKDF2 -r 20000' end
  when password ~ '^\{(MD5-CRYPT|CRYPT)\}\$1\$[!-#%-9;-~]{0,8}\$[./A-Za-z0-9]{22}$' then null
  when password ~ '^\{(SSHA|SSHA256|SSHA512|SMD5)(\.(B64|BASE64))?\}[A-Za-z0-9+/]{24,160}={0,2}$' then null
  when password ~ '^\{(SSHA|SSHA256|SSHA512|SMD5)\.HEX\}([0-9A-Fa-f]{2}){17,90}$' then null
  else 'the password hash has a scheme that is not accepted, or is truncated: use {BLF-CRYPT}, {SHA512-CRYPT}, {SHA256-CRYPT}, {CRYPT} with '
    'yescrypt, {PBKDF2}, {SSHA512} or {SSHA256}, whole, as doveadm pw -s BLF-CRYPT prints it'
end;
comment on function password_fault(text) is
  'The fault in a stored password (a Dovecot scheme in braces, then the hash), as a message; null if there is none. Accepts '
  'schemes, lengths and costs that take Dovecot at most a quarter of a second. The message never contains the value.';

create or replace function login_name_fault(address text) returns text
language sql immutable parallel safe
return case
  when address_local_part(address) !~ '^[a-z0-9.!#$%&''*+=?^_`{|}~-]+$' then format(
    'mailbox "%s" cannot have a password: Dovecot accepts no log-in name with %s in its local part; give another mailbox the password, and '
    'forward this one''s mail to it, as in insert into alias (address, target) values (''%s'', ''user@%s'')', address,
    case when address like '"%' then 'quotes' else 'a slash' end, replace(address, '''', ''''''), address_domain(address))
end;
comment on function login_name_fault(text) is
  'The fault in an address as a log-in name (auth_username_chars in packaging/dovecot), as a message; null if there is none.';

create or replace function mailbox_check_password() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp set log_min_error_statement = panic as $$
begin
  perform accept(password_fault(new.password));
  perform accept(login_name_fault(new.address));
  return new;
end
$$;
comment on function mailbox_check_password() is
  'Refuses passwords that are not hashes of a known, bounded cost, and passwords of mailboxes that cannot log in.';

create or replace trigger mailbox_check_password_insert before insert on mailbox
for each row when (new.password is not null) execute function mailbox_check_password();
comment on trigger mailbox_check_password_insert on mailbox is 'Checks the password of a new mailbox.';

create or replace trigger mailbox_check_password_update before update on mailbox
for each row when (new.password is not null and (new.password, new.address) is distinct from (old.password, old.address))
execute function mailbox_check_password();
comment on trigger mailbox_check_password_update on mailbox is 'Checks a changed password, and the password of a renamed mailbox.';

create or replace function password_weakness(password text) returns text
language plpgsql stable security definer set search_path = emailgency, pg_temp as $$
declare
  short constant integer := setting_in_force('password_min_length')::integer - length(password);
  wanted constant integer := setting_in_force('password_min_classes')::integer;
  missing constant text[] := array_remove(array[
    case when password !~ '[a-z]' then 'a lower-case letter' end, case when password !~ '[A-Z]' then 'an upper-case letter' end,
    case when password !~ '[0-9]' then 'a digit' end, case when password !~ '[^a-zA-Z0-9]' then 'another character, such as a blank' end], null);
  few constant integer := wanted - (4 - cardinality(missing));
begin
  if octet_length(password) not between 1 and 72 then
    return 'a password has 1 to 72 octets: select set_password(''user@example.com'', ''Correct horse 4 battery''), or null for no login';
  elsif short > 0 or few > 0 then
    return format('the password is too weak: add %s%s%s, as in select set_password(''user@example.com'', ''Correct horse 4 battery'')',
      case when short > 0 then format('%s more character%s', short, case when short > 1 then 's' end) end,
      case when short > 0 and few > 0 then ', and among them ' end,
      case when few > 0 then case when few = cardinality(missing) then '' else few || ' of: ' end || array_to_string(missing, ', ') end);
  end if;
  return null;
end
$$;
comment on function password_weakness(text) is
  'The fault in a new password (settings password_min_length and password_min_classes; bcrypt uses 72 octets), as a message '
  'that lists what is missing; null if there is none. The message never contains the value.';

create or replace function password_names_user(password text, address text) returns boolean
language plpgsql stable security definer set search_path = emailgency, pg_temp as $$
declare
  folded constant text := fold(password);
  local_part constant text := address_local_part(address);
begin
  return folded in (local_part, local_part_content(local_part)) or exists (
    select from served_domain s where s.domain = address_domain(address) and folded in (s.name, local_part || '@' || s.name));
end
$$;
comment on function password_names_user(text, text) is
  'True if a password is the address of its mailbox, in any name of the domain, or a part of it.';

create or replace function hash_password(password text) returns text
language plpgsql security definer set search_path = emailgency, pg_temp set log_min_error_statement = panic as $$
declare
  weakness constant text := password_weakness(password);
  home text;
  hash text;
begin
  if weakness is not null then
    raise exception using errcode = 'invalid_parameter_value', message = weakness;
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
comment on function hash_password(text) is
  'A bcrypt hash in Dovecot''s format, of a password that the policy accepts (password_weakness).';

create or replace function set_password(address text, password text) returns void
language plpgsql security definer set search_path = emailgency, pg_temp set log_min_error_statement = panic as $$
declare
  canonical constant text := administered_mailbox(set_password.address);
begin
  if set_password.password is not null then
    perform accept(login_name_fault(canonical));
    if password_names_user(set_password.password, canonical) then
      raise exception using errcode = 'invalid_parameter_value', message =
        'the password is the user''s address or a part of it: choose another, as in select set_password(''user@example.com'', ''Correct horse 4 battery'')';
    end if;
  end if;
  update mailbox m set password = hash_password(set_password.password) where m.address = canonical;
end
$$;
comment on function set_password(text, text) is
  'Sets the password of a mailbox, hashed: select set_password(''user@example.com'', ''Correct horse 4 battery''). Null: no login. '
  'Refuses a weak one; a hash that is written into mailbox.password is not judged, nor are stored ones.';
