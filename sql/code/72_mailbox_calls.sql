-- Calls of admins on candidates, catch-all mail and deleted mailboxes. They run with their owner's rights, and look only at domains
-- that the acting role may edit.

comment on table first_password is 'Codes by which the users of promoted candidates set their first password.';
comment on column first_password.address is 'The mailbox.';
comment on column first_password.hash is 'SHA-256 of the code with the address.';
comment on column first_password.attempts is 'Number of codes that were tried.';
comment on column first_password.created_at is 'Time of the code. It is good for 14 days.';

create or replace function first_password_hash(code text, address text) returns bytea
language sql immutable
return sha256(convert_to(code || ' ' || address, 'UTF8'));
comment on function first_password_hash(text, text) is 'The hash of a code as first_password keeps it.';

-- Each byte of a hash of 366 random bits gives one of 32 letters and digits.
create or replace function one_time_code_text() returns text
language sql volatile
return (
  select regexp_replace(string_agg(substr('ABCDEFGHJKLMNPQRSTUVWXYZ23456789', get_byte(r.bytes, n) % 32 + 1, 1), '' order by n), '(.{4})(?=.)', '\1-', 'g')
  from (select sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())) as bytes) as r, generate_series(0, 15) as n);
comment on function one_time_code_text() is 'A code of 80 random bits, as in K7QM-2XRA-99TD-BHWE, which is how emailgency-console-auth writes those that people type.';

create or replace function promote(address text) returns text
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  canonical constant text := administered_mailbox(promote.address);
  code constant text := one_time_code_text();
  has_password boolean;
begin
  update mailbox m set candidate = false, blocked = false where m.address = canonical and (m.candidate or m.blocked)
  returning m.password is not null into has_password;
  if has_password is null then
    raise exception using errcode = 'object_not_in_prerequisite_state',
      message = format('"%s" is a mailbox already, not a candidate', canonical);
  elsif has_password or login_name_fault(canonical) is not null then
    return null;
  end if;
  insert into first_password as f (address, hash) values (canonical, first_password_hash(replace(code, '-', ''), canonical))
  on conflict on constraint first_password_repeated do update set hash = excluded.hash, attempts = 0, created_at = now();
  delete from account_token t where t.login = canonical and t.use = 'mailbox-code';
  perform token_make(sha256(convert_to(code, 'UTF8')), canonical, 'mailbox-code', 14 * 86400);
  return code;
end
$$;
comment on function promote(text) is
  'Makes a candidate a mailbox, which has the candidate''s mail: select promote(''user@example.com''). Returns a code, good once and '
  'for 14 days, by which the user sets the first password (in the console, or set_first_password()); null if there is a password. Also lifts discard().';

create or replace function set_first_password(address text, code text, password text) returns void
language plpgsql security definer set search_path = emailgency, pg_temp set log_min_error_statement = panic as $$
declare
  -- Of the own domains: else an admin could use up the attempts of another domain's codes.
  canonical constant text := administered_mailbox(left(set_first_password.address, 1000));
  issued first_password;
  hash text;
begin
  update first_password f set attempts = f.attempts + 1
  where f.address = canonical and f.attempts < 10 and f.created_at > now() - interval '14 days'
  returning f.* into issued;
  if issued.address is null or issued.hash <> first_password_hash(upper(translate(set_first_password.code, ' -', '')), canonical) then
    -- No error: it would take the count of attempts back.
    raise warning 'the code is wrong, used or too old, or it was tried ten times: have the admin call promote() or set_password()';
    return;
  end if;
  hash := hash_password(canonical, set_first_password.password);
  update mailbox m set password = hash where m.address = canonical and m.password is null;
  delete from first_password f where f.address = canonical;
end
$$;
comment on function set_first_password(text, text, text) is
  'Sets the first password of a promoted candidate, by the code that promote() returned: select '
  'set_first_password(''user@example.com'', ''K7QM-2XRA-99TD-BHWE'', ''Correct horse 4 battery''). A wrong code raises a warning, and counts: ten are allowed.';

-- A code is for the mailbox and the password as they were: it must not open what somebody else has later.
create or replace function first_password_end() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  if tg_op = 'UPDATE' then
    delete from first_password f where f.address = new.address;
  end if;
  delete from account_token t where t.login = old.address and t.use = 'mailbox-code' and t.used_at is null;
  return null;
end
$$;
comment on function first_password_end() is
  'Removes the codes of a mailbox once it has another password or address, is blocked, or is deleted.';

create or replace trigger first_password_end after update on mailbox
for each row when (new.password is not null and new.password is distinct from old.password or new.blocked or new.address <> old.address)
execute function first_password_end();
comment on trigger first_password_end on mailbox is 'Ends the codes of the mailbox.';

create or replace trigger first_password_end_delete after delete on mailbox
for each row execute function first_password_end();
comment on trigger first_password_end_delete on mailbox is 'Ends the codes of the mailbox.';

-- The row is locked also where there is one, so that no sort takes the request before it sees what this transaction did.
create or replace function request_tidy(domain text) returns void
language sql security definer set search_path = emailgency, pg_temp as $$
  insert into tidy_request as r (domain, requested_by) values (request_tidy.domain, acting_login())
  on conflict (domain) where done_at is null and lease_until = '-infinity' do update set requested_at = now();
$$;
comment on function request_tidy(text) is 'Has the catch-all mail of a domain sorted. Called by the functions of the schema only.';

create or replace function discard(address text) returns void
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  canonical constant text := administered_address(discard.address);
  box mailbox;
begin
  select m.* into box from mailbox m where m.address = canonical for no key update;
  if box.address is not null and not box.candidate and not box.blocked then
    raise exception using errcode = 'object_not_in_prerequisite_state', message = format(
      '"%s" is a mailbox, not a candidate: delete it, as in select delete_mailbox(''%s''), then discard the address', canonical, canonical);
  end if;
  insert into mailbox as m (address, blocked) values (canonical, true)
  on conflict on constraint mailbox_repeated do update set blocked = true, candidate = false, password = null;
  perform request_tidy(address_domain(canonical));
end
$$;
comment on function discard(text) is
  'Blocks an address for good: mail to it is refused, and what it had goes to Undelivered: select discard(''user@example.com''). '
  'promote() lifts it.';

create or replace function tidy(domain text) returns text
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  home constant text := administered_domain(tidy.domain);
  number bigint;
begin
  perform request_tidy(home);
  select max(r.id) into number from tidy_request r where r.domain = home;
  perform wake('emailgency_keeper');
  return format('requested: select candidates, moved, problem, done_at from tidy_request where id = %s shows what was done', number);
end
$$;
comment on function tidy(text) is
  'Has the catch-all mail of a domain sorted now: select tidy(''example.com''). Returns the statement that shows what was done.';

create or replace function restore_mailbox(address text) returns void
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  canonical constant text := administered_address(restore_mailbox.address);
  box mailbox;
begin
  select (jsonb_populate_record(null::mailbox, t.mailbox)).* into box from mailbox_trash t where t.address = canonical for update;
  if box.address is null then
    raise exception using errcode = 'no_data_found', message = format(
      'no deleted mailbox "%s" is kept: select address, deleted_at from mailbox_trash shows all', canonical);
  end if;
  box.over_quota := false;
  insert into mailbox select box.*;
end
$$;
comment on function restore_mailbox(text) is
  'Brings a deleted mailbox back, with its mail, within trash_days: select restore_mailbox(''user@example.com'').';
