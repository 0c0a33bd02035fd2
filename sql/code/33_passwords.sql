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
    format('the password hash has %s octets, but no known hash has more than 200: use select set_password(''user@example.com'', ''secret'')',
      octet_length(password))
  when password ~* '^\{(plain|cleartext|clear|plain-trunc)(\.[a-z0-9]+)?\}' then
    'the password is stored in clear text: use select set_password(''user@example.com'', ''secret''), which hashes it'
  when password !~ '^\{[A-Z0-9-]+(\.(B64|BASE64|HEX))?\}[!-~]+$' then
    'the password is not a hash: use select set_password(''user@example.com'', ''secret''), or store a crypt(3) string such as '
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

create or replace function hash_password(password text) returns text
language plpgsql security definer set search_path = emailgency, pg_temp set log_min_error_statement = panic as $$
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
comment on function hash_password(text) is 'A bcrypt hash in Dovecot''s format. bcrypt uses 72 octets.';

create or replace function set_password(address text, password text) returns void
language plpgsql security definer set search_path = emailgency, pg_temp set log_min_error_statement = panic as $$
declare
  canonical constant text := administered_mailbox(set_password.address);
begin
  if set_password.password is not null then
    perform accept(login_name_fault(canonical));
  end if;
  update mailbox m set password = hash_password(set_password.password) where m.address = canonical;
end
$$;
comment on function set_password(text, text) is
  'Sets the password of a mailbox, hashed: select set_password(''user@example.com'', ''secret''). Null: no login.';
