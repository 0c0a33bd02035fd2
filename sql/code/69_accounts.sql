-- Accounts of the console: the operator's calls, and the mails that they get.

-- Mails with links. The notifier's claim makes the token, so that no row ever has it.
create or replace function reset_request(login text) returns void
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  known text;
begin
  -- Else the request after this one would wait for the disk, of a login that is known only.
  perform set_config('synchronous_commit', 'off', true);
  select a.login into known from account a where a.login = fold_address(left(reset_request.login, 1000)) and not a.disabled for no key update;
  if known is not null and setting_in_force('public_url') <> '' and (
    select count(*) from outbox o where o.kind = 'account' and o.transition = 'reset' and o.address = known and o.created_at > now() - interval '1 hour') < 3 then
    perform account_notice(known, 'reset');
  end if;
end
$$;
comment on function reset_request(text) is 'Sends a link to set the password to an account, at most three within an hour; does nothing for others.';

create or replace function invite_account(login text) returns void
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  if setting_in_force('public_url') = '' then
    raise exception using errcode = 'object_not_in_prerequisite_state', message =
      'setting public_url is empty, so no link can be sent: update setting set value = ''https://console.example.com'' where name = ''public_url''';
  end if;
  perform account_notice(require_account(invite_account.login), 'invited');
end
$$;
comment on function invite_account(text) is 'Sends a link, valid for three days, by which the owner of an account sets its password.';

create or replace function require_account(login text) returns text
language plpgsql stable set search_path = emailgency, pg_temp as $$
declare
  canonical constant text := fold_address(require_account.login);
begin
  if not exists (select from account a where a.login = canonical) then
    raise exception using errcode = 'no_data_found', message = format(
      'account "%s" does not exist: make it, as in emailgencyctl account add %s --domain example.com', require_account.login, canonical);
  end if;
  return canonical;
end
$$;
comment on function require_account(text) is 'The canonical login of an account; refuses others.';

create or replace function add_account(login text, domain text, mail boolean) returns json
language plpgsql set search_path = emailgency, pg_temp as $$
declare
  home constant text := case when add_account.domain is not null then canonical_domain(add_account.domain) end;
  canonical text;
begin
  insert into account (login) values (add_account.login) returning account.login into canonical;
  if home is not null then
    insert into domain_admin (login, domain) values (canonical, home);
  end if;
  if mail then
    perform invite_account(canonical);
  end if;
  return json_build_object('login', canonical, 'domain', home, 'mail', mail);
end
$$;
comment on function add_account(text, text, boolean) is
  'For the operator: makes an account of the console, grants it a domain (null: none), and sends it a link to set its password: '
  'select add_account(''alice@firm.example'', ''example.com'', true).';

create or replace function change_account(login text, disabled boolean) returns json
language plpgsql set search_path = emailgency, pg_temp as $$
declare
  canonical constant text := require_account(change_account.login);
begin
  update account a set disabled = change_account.disabled where a.login = canonical;
  return json_build_object('login', canonical, 'disabled', change_account.disabled);
end
$$;
comment on function change_account(text, boolean) is 'For the operator: disables an account, which ends its sessions, or enables it.';

create or replace function grant_account(login text, domain text, granted boolean) returns json
language plpgsql set search_path = emailgency, pg_temp as $$
declare
  canonical constant text := require_account(grant_account.login);
  home constant text := canonical_domain(grant_account.domain);
begin
  if granted then
    insert into domain_admin (login, domain) values (canonical, home) on conflict do nothing;
  else
    delete from domain_admin a where a.login = canonical and a.domain = home;
  end if;
  return json_build_object('login', canonical, 'domain', home, 'granted', granted);
end
$$;
comment on function grant_account(text, text, boolean) is 'For the operator: lets an account administer a domain, or no longer.';

create or replace function end_account_sessions(login text) returns json
language plpgsql set search_path = emailgency, pg_temp as $$
declare
  ended integer;
begin
  delete from console_session s where s.login = fold_address(end_account_sessions.login);
  get diagnostics ended = row_count;
  return json_build_object('login', fold_address(end_account_sessions.login), 'ended', ended);
end
$$;
comment on function end_account_sessions(text) is 'For the operator: ends the sessions of an account and of the mailbox of that name; says how many.';

create or replace function account_link(message outbox) returns text
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  -- 366 random bits.
  token constant text := encode(sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())), 'hex');
begin
  if message.kind <> 'account' or message.transition = 'changed' then
    return message.address;
  end if;
  perform token_make(sha256(convert_to(token, 'UTF8')), message.address, 'set-password', case message.transition when 'reset' then 1800 else 259200 end);
  return setting_in_force('public_url') || '/set-password/' || token;
end
$$;
comment on function account_link(outbox) is 'The link of a mail to an account, with a token that is made now; of another message its recipient.';

-- Second factors.
create or replace function second_try(ticket bytea) returns table (login text, kind text, password text, totp bytea,
  totp_counter bigint, totp_pending bytea, recovery bytea[], second_missing boolean, codes integer)
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  waiting text;
begin
  update account_token t set attempts = t.attempts + 1
  where t.id = second_try.ticket and t.use = 'second' and t.used_at is null and t.expires_at > now() and t.attempts < 10
  returning t.login into waiting;
  if waiting is null then
    return;
  end if;
  -- Only who has the password comes here, so this bound locks nobody out but him; it ends 15 minutes after the last code that counted.
  codes := throttle_failures(throttle_key('second', waiting));
  if codes < 20 then
    codes := throttle_add(throttle_key('second', waiting));
  end if;
  return query select a.*, second_try.codes from account_secret(waiting, 'admin') as a where a.kind is not null;
end
$$;
comment on function second_try(bytea) is
  'Counts a code for a ticket, at most ten, and returns what it is checked by; codes: how many were tried before within 15 minutes, at most 20. '
  'No row: the ticket has ended.';

create or replace function second_pass(ticket bytea, counter bigint, recovery bytea, id bytea, from_address inet, agent text) returns boolean
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  waiting text;
begin
  select t.login into waiting from account_token t
  where t.id = second_pass.ticket and t.use = 'second' and t.used_at is null and t.expires_at > now() for update;
  update account a set totp_counter = coalesce(second_pass.counter, a.totp_counter), recovery = array_remove(a.recovery, second_pass.recovery)
  where a.login = waiting and not a.disabled
    and case when second_pass.counter is not null then a.totp_counter < second_pass.counter else second_pass.recovery = any (a.recovery) end;
  if not found then
    return false;
  end if;
  delete from account_token t where t.id = second_pass.ticket;
  delete from throttle t where t.key = throttle_key('second', waiting);
  perform log_in(second_pass.id, waiting, 'admin', second_pass.from_address, second_pass.agent);
  return true;
end
$$;
comment on function second_pass(bytea, bigint, bytea, bytea, inet, text) is
  'Opens the session of a ticket by a counter that was not accepted before, or else by a recovery code, which is used up. False: neither.';

create or replace function totp_pend(id bytea, secret bytea) returns boolean
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  update account a set totp_pending = totp_pend.secret
  where a.login = (select s.login from console_session s where s.id = totp_pend.id and s.kind = 'admin');
  return found;
end
$$;
comment on function totp_pend(bytea, bytea) is 'Stores the encrypted secret of a second factor that is being set up.';

create or replace function second_factor_set(id bytea, secret bytea, counter bigint, recovery bytea[]) returns boolean
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  acting text;
begin
  update account a set totp = second_factor_set.secret, totp_pending = null, recovery = second_factor_set.recovery,
    totp_counter = greatest(a.totp_counter, second_factor_set.counter)
  where a.login = (select s.login from console_session s where s.id = second_factor_set.id and s.kind = 'admin')
    and (second_factor_set.secret is null or a.totp_pending = second_factor_set.secret)
  returning a.login into acting;
  if acting is null then
    return false;
  end if;
  delete from console_session s where s.login = acting and s.kind = 'admin' and s.id <> second_factor_set.id;
  delete from account_token t where t.login = acting and t.use = 'second';
  perform account_notice(acting, 'changed');
  return true;
end
$$;
comment on function second_factor_set(bytea, bytea, bigint, bytea[]) is
  'Makes the pending secret that of the session''s account, or with null removes the second factor; with the hashes of its recovery codes. Other sessions end.';

create or replace function recovery_set(id bytea, recovery bytea[]) returns boolean
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  update account a set recovery = recovery_set.recovery
  where a.login = (select s.login from console_session s where s.id = recovery_set.id and s.kind = 'admin') and a.totp is not null;
  return found;
end
$$;
comment on function recovery_set(bytea, bytea[]) is 'Replaces the recovery codes of the session''s account, as SHA-256; false if it has no second factor.';
