-- Mailboxes as emailgencyctl shows and changes them, with the rights of an admin. The output of the commands is in tests/cases/ctl/mailbox.console.
begin;
select no_plan();

create role emg_lists_admin in role emailgency_domain_admin;
insert into domain (name, plan) values ('a.example', 'basic'), ('b.example', 'basic');
insert into domain_alias values ('alias.a.example', 'a.example');
insert into domain_admin values ('emg_lists_admin', 'a.example');
insert into mailbox (address, blocked) values ('u@a.example', false), ('u_1@a.example', false), ('ux1@a.example', false), ('gone@a.example', true), ('u@b.example', false);

select set_eq(format('select address from list_mailboxes(%L, %L, %L)', 'alias.a.example', pattern, kind), found::text[], format('%s, %s', pattern, kind))
from (values ('*', 'mailbox', '{u@a.example,u_1@a.example,ux1@a.example}'), ('u_1', 'mailbox', '{u_1@a.example}'), ('U?1', 'mailbox', '{u_1@a.example,ux1@a.example}'),
  ('*@a.ex*', 'mailbox', '{u@a.example,u_1@a.example,ux1@a.example}'), ('%', 'mailbox', '{}'), ('\*', 'mailbox', '{}'), ('*', 'blocked', '{gone@a.example}'),
  ('g*', 'all', '{gone@a.example}'), ('*', 'deleted', '{}')) as t (pattern, kind, found);
select results_eq($$select address from list_mailboxes('a.example', '*', 'all', 'gone@a.example', 2)$$, array['u@a.example', 'u_1@a.example'], 'a page');
select throws_like(format('select list_mailboxes(%L, %L, %L, %L, %L)', 'a.example', '*', kind, '', count), message, message)
from (values ('all', 0, 'count 0 is out of range: %'), ('all', 1001, 'count 1001 is out of range: %'), ('some', 1, 'kind "some" is unknown: use one of mailbox, %')) as t (kind, count, message);
select is((select count(*) from list_mailboxes('a.example', '*', null, null, null)), 3::bigint, 'null is the default');

-- Values as people write them.
select is(mailbox_value(name, value), taken, format('%s=%s', name, value))
from (values ('quota', '1000', '1000'), ('quota', '500m', '524288000'), ('quota', '2GB', '2147483648'), ('quota', ' 1 ', '1'), ('quota', 'plan', null),
  ('max_message_size', '10K', '10240'), ('expiry_days', '30', '30'), ('expiry_days', 'Plan', null), ('vip', 'Yes', 'yes'), ('receive_only', 'off', 'off')) as t (name, value, taken);
select throws_like(format('select mailbox_value(%L, %L)', name, value), message, format('refused: %s=%s', name, value))
from (values ('quota', '', 'quota cannot be "": write bytes, %'), ('quota', '1.5G', 'quota cannot be "1.5g": %, as in quota=500M, %'), ('quota', null, 'quota cannot be %'),
  ('vip', '', 'vip cannot be "": write true or false, as in vip=true'), ('vip', null, 'vip cannot be %'), ('expiry_days', '3.5', 'expiry_days cannot be "3.5": %'),
  ('password', 'x', 'a mailbox has no "password" to set: use vip, %'), ('over_quota', 'true', 'a mailbox has no "over_quota" to set: %'),
  ('address', 'x', 'a mailbox has no "address" to set: %'), (null, 'x', 'a mailbox has no "%')) as t (name, value, message);
select throws_like($$select set_mailbox('u@a.example', array_fill('vip'::text, array[21]), array_fill('true'::text, array[21]))$$, 'names 21 is out of range: %', 'not too many');
select throws_ok($$select set_mailbox('u@a.example', '{quota}', '{999999999999T}')$$, '22003', null, 'a number that no column holds');

-- All at once or none.
select throws_like($$select act('emg_lists_admin', 'select set_mailbox(''u@a.example'', ''{vip,quota}'', ''{true,1000T}'')')$$, 'quota % of "u@a.example" is more than plan "basic" gives: %', 'beyond the plan');
select ok(not (select vip from mailbox where address = 'u@a.example'), 'nothing is changed then');
select lives_ok($$select act('emg_lists_admin', 'select set_mailbox(''U@alias.a.example'', ''{quota,vip}'', ''{5G,true}'')')$$, 'what a VIP may have, in any order');
select is((show_mailbox('u@a.example') ->> 'quota')::bigint, 5368709120, 'is in force');
select lives_ok($$select act('emg_lists_admin', 'select set_mailbox(''u@a.example'', ''{}'', ''{}'')')$$, 'no change is none');

-- Forwarding.
select act('emg_lists_admin', $$select set_mailbox('u@a.example', '{forward}', '{"U@a.example, x@Else.example"}')$$);
select set_eq($$select target from alias where address = 'u@a.example'$$, array['u@a.example', 'x@else.example'], 'the mail is forwarded');
select act('emg_lists_admin', $$select set_mailbox('u@a.example', '{forward}', '{y@else.example}')$$);
select set_eq($$select target from alias where address = 'u@a.example'$$, array['y@else.example'], 'to these and no other');
select throws_ok($$select act('emg_lists_admin', 'select set_mailbox(''u@a.example'', ''{forward}'', ''{nobody}'')')$$, null, null, 'not to what is no address');
select act('emg_lists_admin', $$select set_mailbox('u@a.example', '{forward}', '{""}')$$);
select is_empty($$select from alias where address = 'u@a.example'$$, 'nor any more');

-- New ones.
select lives_ok($$select act('emg_lists_admin', 'select add_mailbox(''New@alias.a.example'', ''{CRYPT}$y$j8T$abcdefgh$bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb'', ''{quota}'', ''{1M}'')')$$,
  'an admin makes a mailbox');
select set_eq($$select password is not null, quota from mailbox where address = 'new@a.example'$$, 'values (true, 1048576::bigint)', 'with its password and quota');
select throws_ok(format('select act(%L, %L)', 'emg_lists_admin', format('select add_mailbox(%L, %L)', address, password)), message, address)
from (values ('new@a.example', null, '"new@a.example" is a mailbox already: change it by set_mailbox()'),
  ('gone@a.example', null, '"gone@a.example" is blocked: promote it, if mail to it is to be stored again'),
  ('clear@a.example', 'clear text', (select password_fault('clear text')))) as t (address, password, message);

-- The worst customer.
select throws_like(format('select act(%L, %L)', 'emg_lists_admin', statement), 'domain "b.example" does not exist: %', 'not another''s: ' || statement)
from unnest(array[$$select list_mailboxes('b.example')$$, $$select show_mailbox('u@b.example')$$, $$select set_mailbox('u@b.example', '{vip}', '{true}')$$,
  $$select forward_mailbox('u@b.example', 'x@a.example')$$, $$select add_mailbox('v@b.example', null)$$, $$select domain_usage('b.example')$$]) as statement;
select throws_ok(format('select act(%L, %L)', 'emg_lists_admin', statement), '42501', null, 'nor: ' || statement)
from unnest(array['select from mailbox_listed', 'select common_passwords()', $$select is_common_password('x')$$, $$select password_rule_fault('x', null, null, 8, 2)$$]) as statement;

-- How much of the plan is used.
insert into mailbox_usage (address, domain, bytes, messages) values ('u@a.example', 'a.example', 1000, 1), ('ux1@a.example', 'a.example', 2000, 1), ('.undelivered@a.example', 'a.example', 30, 1)
on conflict (address) do update set bytes = excluded.bytes;
select results_eq($$select name, used, allowed from domain_usage('alias.a.example') where part = 'fullest'$$,
  $$values ('ux1@a.example', 2000::bigint, 1073741824::bigint), ('u@a.example', 1000, 5368709120)$$, 'the fullest by their share');
select set_eq($$select name, used, allowed from domain_usage('a.example') where name in ('mailboxes', 'VIP mailboxes', 'Undelivered', 'mail')$$,
  $$values ('mailboxes', 4::bigint, 1000::bigint), ('VIP mailboxes', 1, 10), ('Undelivered', 30, null), ('mail', 3000, 5368709120 + 2 * 1073741824::bigint + 1048576)$$, 'rows and bytes');

select * from finish();
rollback;
