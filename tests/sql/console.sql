-- Sessions of the console, and the record of edits: the same rights by SQL and by the console.
begin;
select no_plan();

create role emg_alice login in role emailgency_domain_admin;
create role emg_operator login in role emailgency_operator;
insert into domain (name, plan) values ('a.example', 'premium'), ('b.example', 'premium');
insert into mailbox (address) values ('u@a.example'), ('u@b.example'), ('v@b.example');
select set_password('v@b.example', 'Correct horse 4 battery');
insert into domain_admin values ('emg_alice', 'a.example');
insert into account (login) values ('Bob@Firm.example'), ('carol@firm.example');
insert into domain_admin values ('BOB@firm.example', 'b.example'), ('carol@firm.example', 'a.example');

-- A request as the console sends it: the secret of a cookie, and the role of the session's kind.
create function console(secret text, statement text, role text default 'emailgency_domain_admin') returns text
language plpgsql as $$
declare
  answer text;
begin
  set local session authorization emailgency_console;
  perform set_config('role', console.role, true), set_config('emailgency.session', secret, true);
  begin
    execute statement into answer;
  exception when others then
    reset session authorization;
    raise;
  end;
  reset session authorization;
  return answer;
end
$$;

-- Accounts.
select is((select string_agg(login, ' ' order by login) from account), 'bob@firm.example carol@firm.example', 'logins are folded');
select is((select string_agg(login, ' ' order by login) from domain_admin), 'bob@firm.example carol@firm.example emg_alice', 'grants may be of accounts and of roles');
select throws_like($$insert into account (login) values ('alice')$$, '%"alice"%', 'an account is an address');
create role "x@firm.example";
select throws_like($$insert into account (login) values ('x@firm.example')$$, 'account "x@firm.example" has the name of a database role%', 'and never the name of a role');
select throws_like($$update account set password = 'secret' where login = 'bob@firm.example'$$, 'the password is not a hash%', 'passwords are hashes');
select throws_like($$insert into domain_admin values ('dave@firm.example', 'a.example')$$, 'login "dave@firm.example" does not exist%', 'no grant to nobody');

-- Sessions.
select is((select count(*) from pg_proc p where p.pronamespace = 'emailgency'::regnamespace and p.proname = 'session_open'
  and has_function_privilege('emailgency_console', p.oid, 'execute')), 0::bigint, 'the console opens no session');
select ok(not has_any_column_privilege('emailgency_console', c.oid, 'select'), 'without a session it reads no row of ' || c.relname)
from pg_class c where c.relnamespace = 'emailgency'::regnamespace and c.relkind in ('r', 'v', 'p') and not c.relispartition;
select ok(not has_column_privilege(role, 'account', 'password', 'select'), role || ' reads no hash of an account')
from unnest(array['emailgency_console', 'emailgency_domain_admin', 'emailgency_mailbox_user', 'emailgency_daemon', 'emailgency_replicator']) as role;
select ok(not has_column_privilege('emailgency_domain_admin', 'mailbox_trash', 'mailbox', 'select'), 'nor a domain admin that of a deleted mailbox');
select session_open(sha256('s1'), 'bob@firm.example', 'admin', '192.0.2.1', 'Firefox');
select session_open(sha256('s2'), 'carol@firm.example', 'admin', '192.0.2.2', 'Firefox');
select session_open(sha256('s3'), 'v@b.example', 'user', '192.0.2.3', 'Firefox');
select throws_like($$select session_open(sha256('x'), 'u@b.example', 'user', null, '')$$, '"u@b.example" cannot log in%', 'no session without a password');
select throws_like($$select session_open(sha256('x'), 'u@b.example', 'admin', null, '')$$, '"u@b.example" cannot log in%', 'nor as an account that is none');
select is(console('s1', 'select acting_login()'), 'bob@firm.example', 'the secret says who acts');
select is(console('s1', $$select string_agg(address, ' ' order by address) from mailbox$$), 'u@b.example v@b.example', 'and sees the rows of the grants');
select is(console('s2', $$select string_agg(address, ' ' order by address) from mailbox$$), 'u@a.example', 'each the own');
select is(console(secret, 'select count(*)::text from mailbox'), '0', 'no row for the secret ' || coalesce(secret, 'null'))
from unnest(array['', 'wrong', 's3', 'bob@firm.example', '\x' || encode(sha256('s1'), 'hex'), null]) as secret;
select is(console('s1', 'select count(*)::text from mailbox', 'emailgency_mailbox_user'), '0', 'an admin''s session is no mailbox');
select is(console('s3', 'select string_agg(address, '' '') from mailbox', 'emailgency_mailbox_user'), 'v@b.example', 'a user sees the own mailbox');
select throws_ok($$select console('s3', 'select password from mailbox', 'emailgency_mailbox_user')$$, '42501', null, 'but not its hash');
select throws_ok($$select console('s3', 'update mailbox set vip = true', 'emailgency_mailbox_user')$$, '42501', null, 'and changes no more than is the user''s');
select is(console('s3', 'update mailbox set expiry_days = 9 returning address', 'emailgency_mailbox_user'), 'v@b.example', 'as the days for which mail is kept');
select throws_ok($$select console('s1', 'select 1', 'emailgency_operator')$$, '42501', null, 'the console is no operator');
select throws_ok($$select console('s1', 'reset role; select login from account', 'emailgency_domain_admin')$$, '42501', null, 'nor reads accounts in its own name');
set local role emg_alice;
set local emailgency.session = 's1';
select is(acting_login(), 'emg_alice', 'an SQL login that sets a secret remains what it is');
select is((select string_agg(address, ' ') from mailbox), 'u@a.example', 'and sees what it saw');
reset role;
set local emailgency.session = '';

-- The same rights: each case for both kinds of login.
create function either(kind text, statement text) returns text
language plpgsql as $$
declare
  answer text;
begin
  if kind = 'console' then
    return console('s2', statement);
  end if;
  perform set_config('role', 'emg_alice', true);
  execute statement into answer;
  perform set_config('role', 'none', true);
  return answer;
end
$$;
select is(either(kind, $$select deny_sending('u@a.example')::text$$), '', kind || ': denies') from unnest(array['sql', 'console']) as kind;
select is((select smtp_denied_by from mailbox where address = 'u@a.example'), 'emg_alice', 'the first owner stays');
select is(either('sql', $$select allow_sending('u@a.example')::text$$), '', 'one admin allows what another denied');
select is(either('console', $$select deny_sending('u@a.example')::text$$), '', 'the console denies');
select is((select smtp_denied_by from mailbox where address = 'u@a.example'), 'carol@firm.example', 'in the name of the account');
select is(either('console', $$select allow_sending('u@a.example')::text$$), '', 'and lifts its own denial');
select act('emg_operator', $$select deny_sending('u@a.example')$$);
select throws_like(format('select either(%L, %L)', kind, $$select allow_sending('u@a.example')$$), '%denied%by the operator%', kind || ': the operator''s denial remains')
from unnest(array['sql', 'console']) as kind;
select act('emg_operator', $$select allow_sending('u@a.example')$$);
select throws_like(format('select either(%L, %L)', kind, statement), '%does not exist%', kind || ': not theirs: ' || statement)
from unnest(array['sql', 'console']) as kind, unnest(array[$$select delete_mailbox('u@b.example')$$, $$select flush('b.example')$$, $$select tidy('b.example')$$, $$select discard('u@b.example')$$, $$select promote('u@b.example')$$]) as statement;
select throws_ok(format('select either(%L, %L)', kind, statement), code, null, kind || ': refused: ' || statement)
from unnest(array['sql', 'console']) as kind, (values ($$insert into domain (name, plan) values ('c.example', 'basic')$$, '42501'), ($$select * from account$$, '42501'),
  ($$delete from mailbox$$, '42501'), ($$select * from console_session$$, '42501'), ($$update audit set login = 'x'$$, '42501'), ($$delete from audit$$, '42501'),
  ($$insert into mailbox (address) values ('w@b.example')$$, '23503')) as t (statement, code);
select alike(either(kind, $$select tidy('a.example')$$), 'requested: %', kind || ': asks for a sort') from unnest(array['sql', 'console']) as kind;
select is((select requested_by from tidy_request where domain = 'a.example' and done_at is null), 'emg_alice', 'in the name of who asked first');

-- The record.
delete from audit;
select is(either(kind, format($$insert into alias (address, target) values ('%s@a.example', 'u@a.example') returning domain$$, kind)), 'a.example', kind || ': adds') from unnest(array['sql', 'console']) as kind;
select is(either(kind, $$update domain set stealth = not stealth, spf = 'reject' returning name$$), 'a.example', kind || ': changes') from unnest(array['sql', 'console']) as kind;
select is(either(kind, format($$select delete_alias('%s@a.example')::text$$, kind)), '', kind || ': deletes') from unnest(array['sql', 'console']) as kind;
select results_eq($$select concat_ws('|', login collate "default", host(from_address), domain collate "default", kind, key, coalesce(old::text, '-'), coalesce(new::text, '-')) from audit order by id$$,
  array[
    'emg_alice|a.example|alias|{"target": "u@a.example", "address": "sql@a.example"}|-|{"domain": "a.example", "target": "u@a.example", "address": "sql@a.example"}',
    'carol@firm.example|192.0.2.2|a.example|alias|{"target": "u@a.example", "address": "console@a.example"}|-|{"domain": "a.example", "target": "u@a.example", "address": "console@a.example"}',
    'emg_alice|a.example|domain|{"name": "a.example"}|{"spf": "mark", "stealth": false}|{"spf": "reject", "stealth": true}',
    'carol@firm.example|192.0.2.2|a.example|domain|{"name": "a.example"}|{"stealth": true}|{"stealth": false}',
    'emg_alice|a.example|alias|{"target": "u@a.example", "address": "sql@a.example"}|{"domain": "a.example", "target": "u@a.example", "address": "sql@a.example"}|-',
    'carol@firm.example|192.0.2.2|a.example|alias|{"target": "u@a.example", "address": "console@a.example"}|{"domain": "a.example", "target": "u@a.example", "address": "console@a.example"}|-'
  ], 'each edit is recorded, with who made it, and what changed');
select is(console('s1', 'select count(*)::text from audit'), '0', 'other customers do not see it');
select is(either(kind, 'select count(*)::text from audit'), '6', kind || ': the domain''s admins do') from unnest(array['sql', 'console']) as kind;
create role emg_keeper login in role emailgency_keeper;
select act('emg_keeper', $$select tidy_decided('a.example', 'new@a.example', 'candidate', '')$$);
select is((select count(*) from mailbox where address = 'new@a.example'), 1::bigint, 'a daemon makes a row');
select is((select count(*) from audit), 6::bigint, 'which is no edit');
select set_password('u@a.example', 'Correct horse 4 battery');
select is((select new::text from audit order by id desc limit 1), '{"password": "not recorded"}', 'no password is recorded');
select is((select count(*) from audit where old::text || new::text ~ '\$2[aby]\$'), 0::bigint, 'nor its hash');

-- Undo.
create function latest(kind text) returns bigint language sql as $$select max(id) from audit a where a.kind = latest.kind$$;
select throws_like(format('select act(''emg_alice'', ''select undo(%s)'')', latest('mailbox')), '%a password is not recorded%', 'a password is not restored');
select throws_like(format('select console(''s1'', ''select undo(%s)'')', id), format('edit %s does not exist%%', id), 'nobody undoes what is not theirs')
from (select id from audit order by id) as t;
select is(either(kind, format('select undo(%s)', latest('alias'))), 'undone: alias ' || t.key, kind || ': undoes')
from (values ('console', 'console@a.example u@a.example'), ('sql', 'console@a.example u@a.example')) as t (kind, key);
select is((select undo_of from audit order by id desc limit 1), (select id from audit order by id desc offset 1 limit 1), 'an undoing is an edit, and says of which');
select is(either('sql', $$update domain set stealth = true, queue_alert_messages = 7 returning name$$), 'a.example', 'an edit');
select latest('domain') as edit \gset
select is(either('sql', $$update domain set queue_alert_messages = 8 returning name$$), 'a.example', 'and another of the same column');
select throws_like(format('select either(''sql'', ''select undo(%s)'')', :edit), '%it was changed again since', 'so the first is not undone');
select is(either('console', format('select undo(%s)', latest('domain'))), 'undone: domain a.example', 'but the second');
select is(either('sql', format('select undo(%s)', :edit)), 'undone: domain a.example', 'and then the first');
select is((select (stealth, queue_alert_messages)::text from domain where name = 'a.example'), '(f,100)', 'all is as it was');
select is(either('console', $$insert into mailbox (address) values ('w@a.example') returning address$$), 'w@a.example', 'a new mailbox');
select latest('mailbox') as edit \gset
select is(either('sql', $$update mailbox set vip = true where address = 'w@a.example' returning address$$), 'w@a.example', 'that is changed');
select throws_like(format('select either(''sql'', ''select undo(%s)'')', :edit), '%it was changed again since', 'is not removed by undo');
select is(either('sql', format('select undo(%s)', latest('mailbox'))), 'undone: mailbox w@a.example', 'before that is undone');
select throws_like(format('select either(''sql'', ''select undo(%s)'')', :edit), '%it was changed again since', 'and not then');
insert into mailbox_usage (address, domain, bytes, messages) values ('w@a.example', 'a.example', 7, 1);
select is(either('sql', $$select delete_mailbox('w@a.example')::text$$), '', 'a mailbox with mail is deleted');
select is(either('console', format('select undo(%s)', latest('mailbox'))), 'undone: mailbox w@a.example', 'and comes back');
select is((select count(*) from mailbox_trash), 0::bigint, 'with its mail');

-- Bounds.
delete from audit;
insert into mailbox (address) select format('m%s@a.example', n) from generate_series(1, 1001) as n;
select is((select concat_ws('|', domain collate "default", kind, key, new) from audit), 'a.example|mailbox|{"rows": 1001}', 'of a great many rows the number is recorded');
select throws_like(format('select undo(%s)', latest('mailbox')), '%the number of 1001 edits%', 'which cannot be undone');
delete from mailbox where address ~ '^m[0-9]+@';
select is((select new ->> 'rows' from audit), '2002', 'a row per hour');
delete from audit;
update mailbox set vip = (address = 'u@a.example') where domain = 'a.example';
select is((select count(*) from audit where key is not null and new = '{"vip": true}'), 1::bigint, 'of a statement that writes all rows, those that changed are recorded');
insert into mailbox (address) select format('m%s@a.example', n) from generate_series(1, 1001) as n;
update mailbox set receive_only = (address = 'u@a.example') where domain = 'a.example';
select is((select count(*) from audit where new = '{"receive_only": true}'), 1::bigint, 'however many it writes');
delete from mailbox where address ~ '^m[0-9]+@';
insert into audit (login, domain, kind, key) select 'emg_alice', 'a.example', 'domain', '{}' from generate_series(1, 10000);
select is(either('sql', $$update domain set spf = 'off' returning name$$), 'a.example', 'a customer with very many edits still edits');
select is((select new ->> 'rows' from audit where kind = 'domain' and key is null), '1', 'but they are counted only');
insert into audit (login, domain, kind, key) select 'emg_alice', 'b.example', 'domain', '{}' from generate_series(1, 10000);
delete from audit where kind = 'mailbox';
update mailbox set max_message_size = 7000;
select results_eq($$select domain::text, (new ->> 'rows')::bigint from audit where kind = 'mailbox' order by 1$$,
  $$select domain::text, count(*) from mailbox group by domain order by 1$$, 'each domain''s by itself');
update audit set at = now() - interval '91 days';
select is(expire_audit(4000), 4000, 'old edits are removed in parts');

-- In force.
delete from audit;
select is(either(kind, 'select count(*)::text from in_force()'), '0', kind || ': nobody has edited') from unnest(array['sql', 'console']) as kind;
select report_position('n1', '1:1:', 'e'), report_position('n2', '1:1:', 'e');
select is(either('console', $$update domain set spf = 'mark' returning name$$), 'a.example', 'an edit');
select is(either('console', 'select string_agg(node || in_force, '' '' order by node) from in_force()'), 'n1false n2false', 'is in force nowhere at first');
select is(either('sql', 'select count(*)::text from in_force()'), '0', 'another admin asks for the own edits');
select is(either('sql', format('select count(*)::text from in_force(%s)', latest('domain'))), '2', 'or for one by its number');
select is(console('s1', format('select count(*)::text from in_force(%s)', latest('domain'))), '0', 'but not for those of others');
select report_position('n1', format('%s:%s:', x, x)::pg_snapshot, 'e') from (select pg_current_xact_id()::text::bigint + 1 as x) as t;
select is(either('console', 'select string_agg(node || in_force, '' '' order by node) from in_force()'), 'n1true n2false', 'then where the replica has it');
update node_position set reported_at = now() - interval '2 minutes' where node = 'n1';
select is(either('console', 'select string_agg(node || in_force, '' '' order by node) from in_force()'), 'n1false n2false', 'a silent node is not known to have it');
insert into node (name) values ('n2') on conflict do nothing;
delete from node where name = 'n2';
select is(either('console', 'select string_agg(node || in_force, '' '' order by node) from in_force()'), 'n1false', 'a node that was removed is not waited for');
insert into contact (domain, kind, address) values ('a.example', 'mail', 'x@firm.example');
select is((select count(*) from in_force(latest('contact'))), 0::bigint, 'what no node holds is in force at once');

-- The end of sessions.
select is(console('s1', 'select session_touch()'), 'admin', 'a request');
select session_open(sha256('s4'), 'bob@firm.example', 'admin', null, 'phone');
select is(console('s1', 'select string_agg(agent || own, '' '' order by own) from session_list()'), 'phonefalse Firefoxtrue', 'own sessions are listed');
select is(console('s2', format('select session_end(%L)::text', encode(sha256(sha256('s4')), 'hex'))), 'false', 'nobody ends those of others');
select is(console('s1', format('select session_end(%L)::text', encode(sha256(sha256('s4')), 'hex'))), 'true', 'but own ones');
select is(console('s4', 'select acting_login()'), null, 'which end');
update console_session set seen_at = now() - interval '32 minutes' where login = 'bob@firm.example';
select is(console('s1', 'select acting_login()'), null, 'an idle session has ended');
update console_session set seen_at = now() where login = 'bob@firm.example';
select is(console('s1', 'select acting_login()'), 'bob@firm.example', 'and a used one has not');
update console_session set created_at = now() - interval '13 hours' where login = 'bob@firm.example';
select is(console('s1', 'select acting_login()'), null, 'no session is longer than session_max');
select is(expire_sessions(10), 1, 'it is removed');
update account set disabled = true where login = 'carol@firm.example';
select is(console('s2', 'select acting_login()'), null, 'a disabled account has no session');
select throws_like($$select session_open(sha256('s5'), 'carol@firm.example', 'admin', null, '')$$, '"carol@firm.example" cannot log in%', 'and gets none');
select set_password('v@b.example', 'Correct horse 5 battery');
select is(console('s3', 'select acting_mailbox()', 'emailgency_mailbox_user'), null, 'a new password ends the user''s sessions');
-- An account with the password of its mailbox.
insert into account (login) values ('v@b.example');
select throws_like($$insert into domain_admin values ('v@b.example', 'a.example')$$, '%whose admins could take it over%', 'an account at another customer''s address gets no grant');
insert into domain_admin values ('v@b.example', 'b.example');
select session_open(sha256('s6'), 'v@b.example', 'admin', null, '');
select is(console('s6', 'select acting_login()'), 'v@b.example', 'an account may have the password of a mailbox');
select set_password('v@b.example', 'Correct horse 6 battery');
select is(console('s6', 'select acting_login()'), null, 'whose change ends its sessions, too');
select is(either('sql', 'select count(*)::text from audit where kind = ''domain_admin'''), '0', 'customers do not see who was granted what');
select session_open(sha256(convert_to('n' || n, 'UTF8')), 'v@b.example', 'user', null, '') from generate_series(1, 30) as n;
select is((select count(*) from console_session where login = 'v@b.example'), 20::bigint, 'sessions are bounded');
delete from account where login = 'bob@firm.example';
select is((select count(*) from domain_admin where login = 'bob@firm.example'), 0::bigint, 'a deleted account leaves no grant');

select * from finish();
rollback;
