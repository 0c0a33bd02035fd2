-- The log-ins of the console: secrets, failures, tokens, second factors, as the role of emailgency-console-auth.
begin;
select no_plan();

insert into domain (name, plan) values ('a.example', 'premium'), ('b.example', 'premium');
insert into domain_alias values ('alias.example', 'a.example');
insert into mailbox (address) values ('u@a.example'), ('n@a.example'), ('x@b.example'), ('c@a.example');
update mailbox set candidate = true where address = 'c@a.example';
select set_password('u@a.example', 'Correct horse 4 battery');
insert into account (login, password) values ('alice@firm.example', '{CRYPT}$y$j9T$salt$0123456789012345678901234567890123456789012'), ('u2@a.example', null);
insert into account (login, disabled) values ('off@firm.example', true);
insert into domain_admin values ('alice@firm.example', 'a.example');
update setting set value = 'https://console.example' where name = 'public_url';
create role emg_alice login in role emailgency_domain_admin;

-- Rights: functions alone.
select is((select string_agg(c.relname, ' ') from pg_class c where c.relnamespace = 'emailgency'::regnamespace and c.relkind in ('r', 'v', 'p')
  and has_any_column_privilege('emailgency_console_auth', c.oid, 'select,insert,update')), null, 'it reads and writes no table');
select is((select string_agg(role || ' ' || p.proname, ', ') from pg_proc p, unnest(array['emailgency_console', 'emailgency_domain_admin', 'emailgency_mailbox_user', 'emailgency_daemon', 'emailgency_notifier', 'public']) as role
  where p.pronamespace = 'emailgency'::regnamespace and has_function_privilege(role, p.oid, 'execute')
  and p.proname = any (array['account_secret', 'session_secret', 'session_open', 'session_confirm', 'session_doubt', 'log_in', 'token_make', 'token_look', 'token_take', 'set_password_hash',
    'mailbox_code', 'reset_request', 'invite_account', 'account_link', 'account_notice', 'second_try', 'second_pass', 'totp_pend', 'second_factor_set', 'recovery_set', 'throttle_count', 'throttle_clear', 'captcha_use'])),
  null, 'and nobody else has its functions');

-- Secrets.
create function secret(login text) returns text
language sql as $$ select concat_ws('|', s.login, coalesce(s.kind, '-'), left(s.password, 7), s.second_missing) from account_secret(secret.login) as s $$;
select is(secret(login), expected, login) from (values
  ('ALICE@firm.example', 'alice@firm.example|admin|{CRYPT}|f'), ('u@a.example', 'u@a.example|user|f'), ('U@alias.example', 'u@a.example|user|f'),
  ('n@a.example', 'n@a.example|-|f'), ('u2@a.example', 'u2@a.example|admin|f'), ('off@firm.example', 'off@firm.example|-|f'), ('nobody', 'nobody|-|f'),
  ('', '|-|f'), ('"a"@', 'a@|-|f'), ('''; drop table account', '''; drop table account|-|f')) as t (login, expected);
select is((select count(*) from account_secret(null)), 1::bigint, 'a row for none, too');

-- Failures.
select is((select login_failures || ' ' || network_failures from throttle_count('a', '192.0.2.1')), '0 0', 'the first attempt');
select is((select login_failures || ' ' || network_failures from throttle_count('a', '192.0.2.200')), '1 1', 'the second, from the network');
select is((select login_failures || ' ' || network_failures from throttle_state('a', '198.51.100.1')), '2 0', 'from elsewhere');
select is((select login_failures || ' ' || network_failures from throttle_count('b', '192.0.2.1')), '0 2', 'of another login');
select throttle_clear('a', '192.0.2.1');
select is((select login_failures || ' ' || network_failures from throttle_state('a', '192.0.2.1')), '0 2', 'the right password clears the login, and one of the network');
select is(throttle_network(address::inet), expected, address) from (values ('192.0.2.77', '192.0.2.0/24'), ('2001:db8:1:2ff:3:4:5:6', '2001:db8:1:2ff::/64'), (null, 'unknown')) as t (address, expected);
update throttle set last_at = now() - interval '16 minutes', failures = 50;
select is((select login_failures || ' ' || network_failures from throttle_state('b', '192.0.2.1')), '0 0', 'after 15 minutes none counts');
select is((select login_failures || ' ' || network_failures from throttle_count('b', '192.0.2.1')), '0 0', 'and the count begins again');
select is((select count(*) from throttle where failures > 1), 0::bigint, 'from one');

-- CAPTCHAs.
select is(captcha_use('\x01', now() + interval '1 minute'), true, 'used');
select is(captcha_use('\x01', now() + interval '1 minute'), false, 'and not again');
select is(captcha_use('\x02', now() + interval '1 minute', '192.0.2.0/24 1'), true, 'a ticket of a network');
select is(captcha_use('\x03', now() + interval '1 minute', '192.0.2.0/24 1'), false, 'one at a time');
select is(captcha_use('\x04', now() + interval '1 minute', '198.51.100.0/24 1'), true, 'another network''s is another');

-- Sessions.
select log_in(sha256('s1'), 'alice@firm.example', 'admin', '192.0.2.1', 'Firefox'), log_in(sha256('s2'), 'alice@firm.example', 'admin', null, ''),
  log_in(sha256('s3'), 'u@a.example', 'user', '192.0.2.1', ''), log_in(sha256('s4'), 'u2@a.example', 'admin', null, '');
select throws_like($$select log_in(sha256('x'), 'off@firm.example', 'admin', null, '')$$, '%cannot log in%', 'no session of a disabled account');
select is((select login || ' ' || kind || ' ' || confirmed from session_secret(sha256('s1'))), 'alice@firm.example admin true', 'a session''s secret');
select is((select login || ' ' || kind from session_secret(sha256('s3'))), 'u@a.example user', 'of a mailbox');
select is((select count(*) from session_secret(sha256('none'))), 0::bigint, 'of none');
update console_session set created_at = now() - interval '11 minutes';
select is((select confirmed from session_secret(sha256('s1'))), false, 'the password is ten minutes old');
select session_confirm(sha256('s1'));
select is((select confirmed from session_secret(sha256('s1'))), true, 'and was given again');
insert into account (login, password) values ('u@a.example', '{CRYPT}$y$j9T$salt$0123456789012345678901234567890123456789012');
select is((select kind from session_secret(sha256('s3'))), 'user', 'an account of the same name makes no mailbox''s session its own');
delete from account where login = 'u@a.example';
select is((select bool_and(session_doubt(sha256('s2'))) from generate_series(1, 10)), true, 'ten passwords');
select is(session_doubt(sha256('s2')), false, 'the eleventh ends the session');
select is((select count(*) from session_secret(sha256('s2'))), 0::bigint, 'which has ended');
select is((select count(*) from session_secret(sha256('s1'))), 1::bigint, 'and no other');
select log_in(sha256('s2'), 'alice@firm.example', 'admin', null, '');

-- The own password.
select is(set_password_hash(sha256('s1'), '{CRYPT}$y$j9T$other$0123456789012345678901234567890123456789012', sha256('s5')), true, 'an account changes its password');
select is((select password from account where login = 'alice@firm.example'), '{CRYPT}$y$j9T$other$0123456789012345678901234567890123456789012', 'which is another');
select is((select string_agg(id::text, ' ') from console_session where login = 'alice@firm.example'), sha256('s5')::text, 'its sessions end, but the own, under a new secret');
select is((select string_agg(transition || ' ' || address, ',') from outbox where kind = 'account'), 'changed alice@firm.example', 'a mail tells');
select is(set_password_hash(sha256('s1'), '{CRYPT}$y$j9T$x$0123456789012345678901234567890123456789012', sha256('s6')), false, 'an ended session changes nothing');
select is(set_password_hash(sha256('s3'), '{CRYPT}$y$j9T$salt$0123456789012345678901234567890123456789012', sha256('s7')), true, 'a user changes the mailbox''s');
select is((select left(password, 12) from mailbox where address = 'u@a.example'), '{CRYPT}$y$j9', 'which is another');
select is(set_password_hash(sha256('s4'), '{CRYPT}$y$j9T$x$0123456789012345678901234567890123456789012', sha256('s8')), false, 'an account without a password and a mailbox has none to change');
select throws_like($$select set_password_hash(sha256('s5'), 'Clear text 1', sha256('s9'))$$, 'the password is not a hash%', 'hashes only');

-- Tokens.
select token_make(sha256('t1'), 'alice@firm.example', 'set-password', 60), token_make(sha256('t2'), 'alice@firm.example', 'set-password', 60),
  token_make(sha256('t3'), 'off@firm.example', 'set-password', 60), token_make(sha256('t4'), 'alice@firm.example', 'set-password', -1);
select is((select login || ' ' || use from token_look(sha256('t1'))), 'alice@firm.example set-password', 'a token');
select is((select login from token_look(sha256('t1'))), 'alice@firm.example', 'a look uses nothing up');
select is((select count(*) from token_look(sha256(token))), 0::bigint, 'not valid: ' || encode(token, 'escape')) from unnest(array['t3', 't4', 'none']::bytea[]) as token;
select throws_like($$select token_take(sha256('t1'), 'Clear text 1')$$, 'the password is not a hash%', 'a refused password');
select is((select count(*) from token_look(sha256('t1'))), 1::bigint, 'does not use it up');
select is(token_take(sha256('t1'), '{CRYPT}$y$j9T$third$0123456789012345678901234567890123456789012'), 'alice@firm.example', 'it sets the password');
select is((select count(*) from console_session where login = 'alice@firm.example'), 0::bigint, 'and ends the sessions');
select is(token_take(sha256(token), '{CRYPT}$y$j9T$x$0123456789012345678901234567890123456789012'), null, 'once, and with it all others: ' || encode(token, 'escape'))
from unnest(array['t1', 't2', 't3', 't4', 'none']::bytea[]) as token;
select is((select count(token_make(sha256(n::text::bytea), 'alice@firm.example', 'second', 300)) from generate_series(1, 30) as n), 30::bigint, 'many tokens');
select ok((select count(*) <= 10 from account_token where login = 'alice@firm.example' and use = 'second'), 'of which ten remain');
select is((select count(*) from token_look(sha256('30'))), 0::bigint, 'a ticket sets no password');
select token_make(sha256('invitation'), 'alice@firm.example', 'set-password', 259200);
select token_make(sha256(('asked' || n)::bytea), 'alice@firm.example', 'set-password', 1800) from generate_series(1, 30) as n;
select is((select count(*) from token_look(sha256('invitation'))), 1::bigint, 'links that anybody asks for end no invitation');
select is((select count(*) from token_look(sha256('asked30'))), 1::bigint, 'the latest of them works');
select ok((select count(*) <= 10 from account_token where login = 'alice@firm.example' and use = 'set-password'), 'of which ten remain');
delete from account_token where login = 'alice@firm.example';

-- One-time codes of mailboxes.
select log_in(sha256('s1'), 'alice@firm.example', 'admin', null, ''), log_in(sha256('s3'), 'u@a.example', 'user', null, '');
select is(mailbox_code(sha256('s1'), 'N@alias.example', sha256('c1')), 'n@a.example', 'a code of a mailbox');
select is(mailbox_code(sha256('s1'), address, sha256('x')), null, 'not ' || address) from unnest(array['x@b.example', 'none@a.example', 'c@a.example', '', '@', 'n@', 'n']) as address;
select is(mailbox_code(sha256(session), 'n@a.example', sha256('x')), null, 'not for session ' || encode(session, 'escape')) from unnest(array['s3', 's4', 'none']::bytea[]) as session;
select is(mailbox_code(sha256('s1'), 'n@a.example', sha256('c2')), 'n@a.example', 'another');
select is((select count(*) from token_look(sha256('c1'))), 0::bigint, 'the first has ended');
select is((select login || ' ' || use from token_look(sha256('c2'))), 'n@a.example mailbox-code', 'the second is valid');
select is((select expires_at - now() from account_token where use = 'mailbox-code'), interval '15 minutes', 'for 15 minutes');
select is(token_take(sha256('c2'), '{CRYPT}$y$j9T$salt$0123456789012345678901234567890123456789012'), 'n@a.example', 'and sets the password');
select is((select password is not null from mailbox where address = 'n@a.example'), true, 'of the mailbox');
select is(token_take(sha256('c2'), '{CRYPT}$y$j9T$salt$0123456789012345678901234567890123456789012'), null, 'once');

-- They end with the mailbox and the password that they were made for.
create function code_is_valid(token text) returns boolean
language sql return exists (select from token_look(sha256(token::bytea)));
select mailbox_code(sha256('s1'), 'n@a.example', sha256('d1'));
update mailbox set password = null where address = 'n@a.example';
select ok(code_is_valid('d1'), 'a code outlives a password that is taken away');
select set_password('n@a.example', 'Correct horse 4 battery');
select ok(not code_is_valid('d1'), 'a first password ends it');
select mailbox_code(sha256('s1'), 'n@a.example', sha256('d2'));
select set_password('n@a.example', 'Correct horse 5 battery');
select ok(not code_is_valid('d2'), 'so does any further password, as one that the admin sets since the code went to the wrong person');
select mailbox_code(sha256('s1'), 'n@a.example', sha256('d3'));
update mailbox set address = 'o@a.example' where address = 'n@a.example';
insert into mailbox (address) values ('n@a.example');
select ok(not code_is_valid('d3'), 'a mailbox that takes over a name does not take over its code');
delete from mailbox where address = 'o@a.example';
select mailbox_code(sha256('s1'), 'n@a.example', sha256('d4'));
delete from mailbox where address = 'n@a.example';
insert into mailbox (address) values ('n@a.example');
select ok(not code_is_valid('d4'), 'nor does one that is made again, of the next customer perhaps');

-- Mails with links.
delete from outbox;
select reset_request(login) from unnest(array['Alice@FIRM.example', 'nobody@firm.example', 'off@firm.example', 'u@a.example', '', null]) as login;
select is((select string_agg(address, ' ') from outbox), 'alice@firm.example', 'a mail to who has an account');
select reset_request('alice@firm.example') from generate_series(1, 5);
select is((select count(*) from outbox), 3::bigint, 'three within an hour');
update outbox set created_at = now() - interval '61 minutes' where transition = 'reset';
select reset_request('alice@firm.example');
select is((select count(*) from outbox), 4::bigint, 'and again after it');
create table claimed as select * from claim_outbox('n1', '{mail}', 100, 60);
select is((select string_agg(kind || ' ' || transition || ' ' || address || ' ' || language, ',') from claimed), 'account reset alice@firm.example en', 'it is claimed; what is older than half an hour is not');
select matches((select subject from claimed), '^https://console.example/set-password/[0-9a-f]{64}$', 'with its link');
select is((select login || ' ' || use from token_look(sha256(convert_to(right((select subject from claimed), 64), 'UTF8')))), 'alice@firm.example set-password', 'which is valid');
select ok(not exists (select from outbox o where o::text like '%' || right((select subject from claimed), 64) || '%'), 'and in no row');
select is((select expires_at - now() from account_token where use = 'set-password' and used_at is null and login = 'alice@firm.example'), interval '30 minutes', 'for half an hour');
select invite_account('ALICE@firm.example');
select throws_like($$select invite_account('nobody@firm.example')$$, 'account "nobody@firm.example" does not exist%', 'nobody is invited');
create role emg_operator login in role emailgency_operator;
select is(ask('emg_operator', $$select add_account('New@firm.example', 'alias.example', false)::text$$), '{"login" : "new@firm.example", "domain" : "a.example", "mail" : false}', 'the operator adds an account');
select is((select string_agg(domain, ' ') from domain_admin where login = 'new@firm.example'), 'a.example', 'with a grant');
select throws_like($$select add_account('x@firm.example', 'none.example', false)$$, '%none.example%', 'of a domain that is there');
select throws_like($$select add_account('new@firm.example', null, false)$$, '%account_repeated%', 'once');
select throws_ok($$select ask('emg_alice', 'select add_account(''y@firm.example'', null, false)::text')$$, '42501', null, 'a domain admin does not');
delete from account where login = 'new@firm.example';
update account set language = 'fr' where login = 'alice@firm.example';
select is((select transition || ' ' || language from claim_outbox('n1', '{mail}', 100, 60)), 'invited fr', 'in the language of the account');
select is((select max(expires_at) - now() from account_token where use = 'set-password'), interval '3 days', 'for three days');
update setting set value = '' where name = 'public_url';
select throws_like($$select invite_account('alice@firm.example')$$, 'setting public_url is empty%', 'no link without an address');
select throws_like($$update setting set value = 'http://console.example' where name = 'public_url'$$, '%public_url%', 'nor to one without TLS');
update setting set value = 'https://console.example' where name = 'public_url';

-- Second factors.
select is(second_factor_set(sha256('s1'), decode(repeat('01', 48), 'hex'), 5, array[sha256('r1'), sha256('r2')]), false, 'no secret is pending');
select is(totp_pend(sha256('s3'), '\x01'), false, 'none for a mailbox');
select is(totp_pend(sha256('s1'), decode(repeat('01', 48), 'hex')), true, 'one is pending');
select is((select totp is null and totp_pending is not null from session_secret(sha256('s1'))), true, 'and not in force');
select log_in(sha256('s9'), 'alice@firm.example', 'admin', null, '');
select is(second_factor_set(sha256('s1'), decode(repeat('01', 48), 'hex'), 5, array[sha256('r1'), sha256('r2')]), true, 'set');
select is((select string_agg(id::text, ' ') from console_session where login = 'alice@firm.example'), sha256('s1')::text, 'other sessions end');
select token_make(sha256('k1'), 'alice@firm.example', 'second', 300);
select is((select totp_counter || ' ' || cardinality(recovery) || ' ' || codes from second_try(sha256('k1'))), '5 2 0', 'a try');
select is(second_pass(sha256('k1'), 5, null, sha256('q1'), null, ''), false, 'a counter is not accepted twice');
select is(second_pass(sha256('k1'), 4, null, sha256('q1'), null, ''), false, 'nor an older one');
select is(second_pass(sha256('k1'), 6, null, sha256('q1'), '192.0.2.1', 'x'), true, 'a later one is');
select is((select login from session_secret(sha256('q1'))), 'alice@firm.example', 'and opens the session');
select is(second_pass(sha256('k1'), 7, null, sha256('q2'), null, ''), false, 'a ticket is good once');
select token_make(sha256('k2'), 'alice@firm.example', 'second', 300), token_make(sha256('k3'), 'alice@firm.example', 'second', 300);
select is(second_pass(sha256('k2'), null, sha256('r1'), sha256('q3'), null, ''), true, 'a recovery code');
select is(second_pass(sha256('k3'), null, sha256('r1'), sha256('q4'), null, ''), false, 'is good once');
select is(second_pass(sha256('k3'), null, null, sha256('q4'), null, ''), false, 'none is none');
select is((select count(s.login) from generate_series(1, 10) as n, second_try(sha256(case when n > 0 then 'k3'::bytea end)) as s), 10::bigint, 'ten tries');
select is((select count(*) from second_try(sha256('k3'))), 0::bigint, 'and no more for a ticket');
select token_make(sha256(('k' || n)::bytea), 'alice@firm.example', 'second', 300) from generate_series(4, 6) as n;
select is((select max(s.codes) from generate_series(4, 6) as n, generate_series(1, 10) as m, second_try(sha256(('k' || case when m > 0 then n end)::bytea)) as s), 20, 'twenty within 15 minutes');
select is(recovery_set(sha256('q1'), array[sha256('r3')]), true, 'new recovery codes');
select is(recovery_set(sha256('s4'), array[sha256('r3')]), false, 'none without a second factor');
select is(second_factor_set(sha256('q1'), null, 0, '{}'), true, 'removed');
select is((select totp is null and recovery = '{}' and totp_counter = 6 from account where login = 'alice@firm.example'), true, 'but not the counter');

-- Required of all.
create function granted(secret text) returns text
language plpgsql as $$
declare
  answer text;
begin
  set local session authorization emailgency_console;
  perform set_config('role', 'emailgency_domain_admin', true), set_config('emailgency.session', secret, true);
  select string_agg(d.name, ' ') into answer from domain d;
  reset session authorization;
  return answer;
end
$$;
select is(granted('q1'), 'a.example', 'an admin sees the granted domains');
update setting set value = 'admins' where name = 'require_second_factor';
select is((select second_missing from session_secret(sha256('q1'))), true, 'the second factor is required');
select is(granted('q1'), null, 'until then none is seen');
select is(mailbox_code(sha256('q1'), 'n@a.example', sha256('x')), null, 'and no code made');
insert into domain_admin values ('emg_alice', 'b.example');
set local role emg_alice;
select is((select string_agg(name, ' ') from domain), 'b.example', 'an SQL login needs none');
reset role;

-- Expiry.
update throttle set last_at = now() - interval '16 minutes';
update account_token set expires_at = now() - interval '1 second';
update captcha_used set expires_at = now() - interval '1 second';
select ok(expire_log_ins(1000) > 0, 'what is over is removed');
select is((select count(*) from throttle) + (select count(*) from account_token) + (select count(*) from captcha_used), 0::bigint, 'all of it');

select * from finish();
rollback;
