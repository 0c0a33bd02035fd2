-- Passwords: every stored hash is one whose check has a bounded cost, since Dovecot checks them in the one process that answers
-- all log-ins. No clear text enters the server's log: the functions set log_min_error_statement, which keeps a refused statement
-- out of it, and a refusal is a trigger with its owner's rights, not a constraint. Only a superuser may set it, so that a function with
-- the caller's rights calls hide_statement() first, among its declarations.

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

-- With other arguments before.
drop function if exists password_weakness(text);
drop function if exists password_names_user(text, text);
drop function if exists hash_password(text);

-- The same as password_rule_check() of lib/password: tests/cases/password/rule.cases holds them together.
create or replace function password_rule_fault(password text, address text, names text[], min_length integer, min_classes integer) returns text
language plpgsql immutable set search_path = emailgency, pg_temp as $$
declare
  shown constant text := ', as in ''Correct horse 4 battery''';
  folded constant text := lower(password collate "C");
  short constant integer := min_length - length(password);
  missing constant text[] := array_remove(array[
    case when password !~ '[a-z]' then 'a lower-case letter' end, case when password !~ '[A-Z]' then 'an upper-case letter' end,
    case when password !~ '[0-9]' then 'a digit' end, case when password !~ '[^a-zA-Z0-9]' then 'another character, such as a blank' end], null);
  few constant integer := min_classes - (4 - cardinality(missing));
begin
  if octet_length(password) not between 1 and 72 then
    return 'a password has 1 to 72 octets' || shown;
  elsif short > 0 or few > 0 then
    return format('the password is too weak: add %s%s%s%s',
      case when short > 0 then format('%s more character%s', short, case when short > 1 then 's' end) end,
      case when short > 0 and few > 0 then ', and among them ' end,
      case when few > 0 then case when few = cardinality(missing) then '' else few || ' of: ' end || array_to_string(missing, ', ') end, shown);
  elsif strpos(lower(address collate "C"), folded) > 0 or exists (
    select from unnest(names) as n (name) where strpos(lower(address_local_part(address) || '@' || n.name collate "C"), folded) > 0) then
    return 'the password is a part of the address: choose another' || shown;
  elsif is_common_password(folded) then
    return 'the password is one of those that are guessed first: choose another' || shown;
  end if;
  return null;
end
$$;
comment on function password_rule_fault(text, text, text[], integer, integer) is
  'The fault in a new password of an address, whose domain has these names, as a message that lists what is missing; null if there is '
  'none. Address null: any. The message never contains the value. bcrypt uses 72 octets.';

create or replace function password_weakness(address text, password text) returns text
language sql stable security definer set search_path = emailgency, pg_temp
return password_rule_fault(password, address, array(
    select s.name from served_domain s join served_domain o on o.domain = s.domain where o.name = address_domain(address)),
  setting_in_force('password_min_length')::integer, setting_in_force('password_min_classes')::integer);
comment on function password_weakness(text, text) is
  'The fault in a new password of an address by the settings password_min_length and password_min_classes, as a message; null if there is '
  'none.';

create or replace function password_rule(address text) returns table (canonical text, min_length integer, min_classes integer, names text)
language plpgsql stable security definer set search_path = emailgency, pg_temp as $$
declare
  home constant text := administered_address(password_rule.address);
begin
  perform accept(login_name_fault(home));
  return query select home, setting_in_force('password_min_length')::integer, setting_in_force('password_min_classes')::integer,
    (select string_agg(s.name, ' ' order by s.name) from served_domain s where s.domain = address_domain(home));
end
$$;
comment on function password_rule(text) is
  'For a program that judges and hashes a password itself: the address in the domain itself, the settings, and the names of the domain. '
  'Refuses an address that cannot log in.';

create or replace function hide_statement() returns boolean
language sql security definer set search_path = emailgency, pg_temp
return set_config('log_min_error_statement', 'panic', true) = 'panic';
comment on function hide_statement() is
  'Keeps the statement, which has a clear password, and others until the end of the transaction out of the server''s log if they are refused.';

create or replace function hash_password(address text, password text) returns text
language plpgsql security definer set search_path = emailgency, pg_temp set log_min_error_statement = panic as $$
declare
  weakness constant text := password_weakness(administered_address(hash_password.address), hash_password.password);
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
comment on function hash_password(text, text) is
  'A bcrypt hash in Dovecot''s format, of a password that the policy accepts for the address (password_weakness): '
  'select hash_password(''user@example.com'', ''Correct horse 4 battery'').';

create or replace function set_password(address text, password text) returns void
language plpgsql security definer set search_path = emailgency, pg_temp set log_min_error_statement = panic as $$
declare
  canonical constant text := administered_mailbox(set_password.address);
begin
  if set_password.password is not null then
    perform accept(login_name_fault(canonical));
  end if;
  update mailbox m
  set password = case when set_password.password is not null then hash_password(canonical, set_password.password) end
  where m.address = canonical;
end
$$;
comment on function set_password(text, text) is
  'Sets the password of a mailbox, hashed: select set_password(''user@example.com'', ''Correct horse 4 battery''). Null: no login. '
  'Refuses a weak one; a hash that is written into mailbox.password is not judged, nor are stored ones.';
