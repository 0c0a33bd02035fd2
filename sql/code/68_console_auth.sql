-- Log-ins of the console: what emailgency-console-auth, and nobody else, reads and writes. Of tokens, codes and sessions the rows have
-- the SHA-256. Passwords come as hashes.

comment on column account.totp_pending is 'Secret of a second factor that is being set up, encrypted; a first code makes it account.totp.';

comment on table throttle is 'Log-ins by login and by network that failed or are being checked. Nobody is locked out: they raise the cost of a CAPTCHA.';
comment on column throttle.key is 'SHA-256 of the login or the network.';
comment on column throttle.failures is 'Their number, while not more than 15 minutes are between two.';
comment on column throttle.last_at is 'Time of the latest.';

comment on table account_token is 'Links of mails, tickets of log-ins that wait for a second factor, one-time codes.';
comment on column account_token.id is 'SHA-256 of the token.';
comment on column account_token.login is 'The account, or the mailbox.';
comment on column account_token.use is
  'set-password: sets an account''s password. second: the password was right. confirm-contact: confirms a contact. mailbox-code: sets a mailbox''s password.';
comment on column account_token.attempts is 'Of second: number of codes that were tried.';
comment on column account_token.created_at is 'Time of creation.';
comment on column account_token.expires_at is 'End of its validity.';
comment on column account_token.used_at is 'When it was used; null: not yet.';

comment on table captcha_used is 'Solved CAPTCHAs, so that none is accepted twice.';
comment on column captcha_used.nonce is 'Its random number.';
comment on column captcha_used.expires_at is 'End of its validity.';

create or replace function throttle_key(kind text, subject text) returns bytea
language sql immutable parallel safe
return sha256(convert_to(kind || ' ' || subject, 'UTF8'));
comment on function throttle_key(text, text) is 'The key of a login, a network or a second factor in throttle.';

create or replace function throttle_network(from_address inet) returns text
language sql immutable parallel safe
return coalesce(network(set_masklen(from_address, case family(from_address) when 4 then 24 else 64 end))::text, 'unknown');
comment on function throttle_network(inet) is 'The network of a client: IPv4 /24, IPv6 /64, as cidr_of_client() of lib/base has it.';

create or replace function throttle_failures(key bytea) returns integer
language sql stable security definer set search_path = emailgency, pg_temp
return coalesce((select t.failures from throttle t where t.key = throttle_failures.key and t.last_at > now() - interval '15 minutes'), 0);
comment on function throttle_failures(bytea) is 'The failures of a key that still count.';

create or replace function throttle_add(key bytea) returns integer
language sql security definer set search_path = emailgency, pg_temp as $$
  insert into throttle as t (key, failures) values (throttle_add.key, 1)
  on conflict on constraint throttle_repeated do update set last_at = now(),
    failures = case when t.last_at > now() - interval '15 minutes' then least(t.failures, 1000000) else 0 end + 1
  returning t.failures - 1;
$$;
comment on function throttle_add(bytea) is 'Counts a failure; returns how many there were before it.';

create or replace function throttle_state(login text, from_address inet) returns table (login_failures integer, network_failures integer)
language sql stable security definer set search_path = emailgency, pg_temp as $$
  select throttle_failures(throttle_key('login', throttle_state.login)),
    throttle_failures(throttle_key('network', throttle_network(throttle_state.from_address)));
$$;
comment on function throttle_state(text, inet) is 'The failures of a login and of the client''s network within 15 minutes.';

-- Before the password is checked, so that log-ins at the same time gain nothing. The login's row first, so that two do not wait for
-- each other.
create or replace function throttle_count(login text, from_address inet) returns table (login_failures integer, network_failures integer)
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  login_failures := throttle_add(throttle_key('login', throttle_count.login));
  network_failures := throttle_add(throttle_key('network', throttle_network(throttle_count.from_address)));
  return next;
end
$$;
comment on function throttle_count(text, inet) is 'Counts an attempt as a failure until throttle_clear() takes it back; returns the failures before it.';

create or replace function throttle_clear(login text, from_address inet) returns void
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  delete from throttle t where t.key = throttle_key('login', throttle_clear.login);
  update throttle t set failures = greatest(0, t.failures - 1)
  where t.key = throttle_key('network', throttle_network(throttle_clear.from_address));
end
$$;
comment on function throttle_clear(text, inet) is 'After a log-in: the login has no failures, and the network one less.';

create or replace function captcha_use(nonce bytea, expires_at timestamptz, place text default null) returns boolean
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  insert into captcha_used (nonce, expires_at) values (captcha_use.nonce, captcha_use.expires_at) on conflict do nothing;
  if found and place is not null then
    insert into captcha_used (nonce, expires_at) values (sha256(convert_to(place, 'UTF8')), now() + interval '1 minute') on conflict do nothing;
  end if;
  return found;
end
$$;
comment on function captcha_use(bytea, timestamptz, text) is
  'Uses a solved CAPTCHA; false if it was used before. Place: of which one is accepted only, such as a network and a span of time.';

-- One row for any login, so that an unknown one looks like any other.
create or replace function account_secret(login text, kind text default null) returns table (login text, kind text, password text, totp bytea,
  totp_counter bigint, totp_pending bytea, recovery bytea[], second_missing boolean)
language sql stable security definer set search_path = emailgency, pg_temp as $$
  select coalesce(a.login, m.address, f.folded, ''), case when a.login is null then m.kind when not a.disabled then 'admin' end, a.password, a.totp,
    coalesce(a.totp_counter, 0), a.totp_pending, coalesce(a.recovery, '{}'), second_factor_missing(a.login)
  from (select fold_address(left(account_secret.login, 1000)) as folded) as f
  left join account a on a.login = f.folded and account_secret.kind is distinct from 'user'
  left join lateral (select p.address, 'user' as kind from dovecot_passdb(f.folded) as p
    where a.login is null and p.password is not null and account_secret.kind is distinct from 'admin') as m on true;
$$;
comment on function account_secret(text, text) is
  'What a log-in is checked by: kind admin (an account) or user (a mailbox), null if it cannot log in. Password null: by Dovecot.';

create or replace function session_secret(id bytea) returns table (login text, kind text, password text, totp bytea,
  totp_counter bigint, totp_pending bytea, recovery bytea[], second_missing boolean, confirmed boolean)
language sql stable security definer set search_path = emailgency, pg_temp as $$
  select a.*, coalesce(greatest(s.confirmed_at, s.created_at) > now() - interval '10 minutes', false)
  from console_session s cross join lateral account_secret(s.login, s.kind) as a
  where s.id = session_secret.id and a.kind is not null and not session_has_ended(s.seen_at, s.created_at);
$$;
comment on function session_secret(bytea) is
  'Likewise for a session, and whether the password was given within ten minutes; no row if it has ended.';

create or replace function session_confirm(id bytea) returns void
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  update console_session s set confirmed_at = now() where s.id = session_confirm.id;
  delete from throttle t where t.key = throttle_key('confirm', encode(session_confirm.id, 'hex'));
end
$$;
comment on function session_confirm(bytea) is 'Notes that the password was given again.';

-- A session that somebody else has taken is no way to find the password out, nor to keep the owner from giving it.
create or replace function session_doubt(id bytea) returns boolean
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  if throttle_add(throttle_key('confirm', encode(session_doubt.id, 'hex'))) < 10 then
    return true;
  end if;
  delete from console_session s where s.id = session_doubt.id;
  return false;
end
$$;
comment on function session_doubt(bytea) is
  'Counts a password that is being checked; false, and the session has ended, after ten within 15 minutes.';

create or replace function log_in(id bytea, login text, kind text, from_address inet, agent text) returns void
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  perform throttle_clear(log_in.login, log_in.from_address);
  perform session_open(log_in.id, log_in.login, log_in.kind, log_in.from_address, log_in.agent);
end
$$;
comment on function log_in(bytea, text, text, inet, text) is 'Opens a session after all checks, and clears the login''s failures.';

-- Links, tickets and codes.
-- A link that anybody can ask for is valid for minutes: those that end first go, so that it ends no invitation.
create or replace function token_make(id bytea, login text, use text, seconds integer) returns void
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  delete from account_token t where t.id = any (array(
    select o.id from account_token o where o.login = token_make.login and o.use = token_make.use order by o.expires_at desc offset 9));
  insert into account_token (id, login, use, expires_at)
  values (token_make.id, token_make.login, token_make.use, now() + make_interval(secs => token_make.seconds));
end
$$;
comment on function token_make(bytea, text, text, integer) is
  'Stores the SHA-256 of a token that is valid for so many seconds. A login has at most ten of a use; those that end first go.';

create or replace function token_look(id bytea) returns table (login text, use text)
language sql stable security definer set search_path = emailgency, pg_temp as $$
  select t.login, t.use from account_token t
  where t.id = token_look.id and t.used_at is null and t.expires_at > now() and case t.use
    when 'set-password' then exists (select from account a where a.login = t.login and not a.disabled)
    when 'mailbox-code' then exists (select from mailbox m where m.address = t.login and not m.blocked)
    else false end;
$$;
comment on function token_look(bytea) is 'A token that sets a password, if it is valid. Uses nothing up.';

create or replace function account_notice(login text, transition text) returns void
language sql security definer set search_path = emailgency, pg_temp as $$
  insert into outbox (dedup_key, kind, transition, channel, address)
  values ('account ' || gen_random_uuid(), 'account', account_notice.transition, 'mail', account_notice.login);
$$;
comment on function account_notice(text, text) is 'Sends a mail to an account: reset or invited, with a link, or changed.';

create or replace function token_take(id bytea, password text) returns text
language plpgsql security definer set search_path = emailgency, pg_temp set log_min_error_statement = panic as $$
declare
  taken record;
begin
  select l.* into taken from token_look(token_take.id) as l;
  update account_token t set used_at = now() where t.id = token_take.id and t.used_at is null;
  if taken.login is null or not found then
    return null;
  end if;
  perform set_config('emailgency.author', taken.login, true);
  if taken.use = 'mailbox-code' then
    update mailbox m set password = token_take.password where m.address = taken.login;
  else
    update account a set password = token_take.password where a.login = taken.login;
    perform account_notice(taken.login, 'changed');
  end if;
  delete from account_token t where t.login = taken.login and t.use <> 'confirm-contact' and t.used_at is null;
  return taken.login;
end
$$;
comment on function token_take(bytea, text) is
  'Sets the password of a token''s account or mailbox, as a hash, and uses the token up with all others of it. Returns the login; null: the token is not valid.';

create or replace function set_password_hash(id bytea, password text, renewed bytea) returns boolean
language plpgsql security definer set search_path = emailgency, pg_temp set log_min_error_statement = panic as $$
declare
  acting console_session;
begin
  select s.* into acting from console_session s where s.id = set_password_hash.id and not session_has_ended(s.seen_at, s.created_at) for update;
  if acting.id is null then
    return false;
  end if;
  perform set_config('emailgency.author', acting.login, true);
  if acting.kind = 'admin' and exists (select from account a where a.login = acting.login and a.password is not null) then
    update account a set password = set_password_hash.password where a.login = acting.login;
    perform account_notice(acting.login, 'changed');
  else
    update mailbox m set password = set_password_hash.password
    where m.address = (select p.address from dovecot_passdb(acting.login) as p where p.password is not null);
    if not found then
      return false;
    end if;
  end if;
  delete from console_session s where s.id = acting.id;
  insert into console_session (id, login, kind, created_at, from_address, agent, confirmed_at)
  values (renewed, acting.login, acting.kind, acting.created_at, acting.from_address, acting.agent, now());
  return true;
end
$$;
comment on function set_password_hash(bytea, text, bytea) is
  'Sets the own password of a session''s account or mailbox, as a hash. All of its sessions end; this one goes on under a new secret. False if it has ended.';

create or replace function login_rule(login text) returns table (min_length integer, min_classes integer, names text)
language sql stable security definer set search_path = emailgency, pg_temp as $$
  select setting_in_force('password_min_length')::integer, setting_in_force('password_min_classes')::integer,
    coalesce((select string_agg(s.name, ' ' order by s.name) from served_domain s join served_domain o on o.domain = s.domain
      where o.name = address_domain(login_rule.login)), '');
$$;
comment on function login_rule(text) is 'The rule for the new password of an account or a mailbox, as password_rule() has it.';

create or replace function mailbox_code(id bytea, address text, token bytea) returns text
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  canonical text;
begin
  select m.address into canonical
  from console_session s join domain_admin a on a.login = s.login
  join served_domain n on n.domain = a.domain and n.name = address_domain(fold_address(left(mailbox_code.address, 1000)))
  join mailbox m on m.address = address_local_part(fold_address(left(mailbox_code.address, 1000))) || '@' || n.domain
  where s.id = mailbox_code.id and s.kind = 'admin' and not session_has_ended(s.seen_at, s.created_at)
    and not m.blocked and not m.candidate and login_name_fault(m.address) is null and not second_factor_missing(s.login);
  if canonical is not null then
    delete from account_token t where t.login = canonical and t.use = 'mailbox-code';
    perform token_make(mailbox_code.token, canonical, 'mailbox-code', 900);
  end if;
  return canonical;
end
$$;
comment on function mailbox_code(bytea, text, bytea) is
  'Stores a code, as SHA-256, that sets the password of a mailbox within 15 minutes; an earlier one ends. Returns the address; null: the session does not administer it.';

-- Rows are small and of one index each; a storm of log-ins makes a row per login.
create or replace function expire_log_ins(count integer) returns integer
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  removed integer;
  total integer := 0;
begin
  delete from throttle t where t.key = any (array(
    select e.key from throttle e where e.last_at < now() - interval '15 minutes' limit 100 * expire_log_ins.count for update skip locked));
  get diagnostics removed = row_count;
  total := total + removed;
  delete from account_token t where t.id = any (array(
    select e.id from account_token e where e.expires_at < now() limit 100 * expire_log_ins.count for update skip locked));
  get diagnostics removed = row_count;
  total := total + removed;
  delete from captcha_used c where c.nonce = any (array(
    select e.nonce from captcha_used e where e.expires_at < now() limit 100 * expire_log_ins.count for update skip locked));
  get diagnostics removed = row_count;
  return total + removed;
end
$$;
comment on function expire_log_ins(integer) is
  'Removes failures that no longer count, and tokens and CAPTCHAs that are no longer valid, at most a hundred times as many of each; returns how many.';
