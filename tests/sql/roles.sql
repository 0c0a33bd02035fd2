-- Rights of each role.
begin;
select no_plan();

create role emg_alice login in role emailgency_domain_admin;
create role emg_bob login in role emailgency_domain_admin;
create role emg_operator login in role emailgency_operator;
create role emg_daemon login in role emailgency_daemon;
create role emg_dovecot login in role emailgency_dovecot;
create role emg_other login;
insert into domain (name, plan) values ('a.example', 'basic'), ('b.example', 'basic');
insert into domain_alias values ('alias.a.example', 'a.example'), ('alias.b.example', 'b.example');
insert into mailbox (address, password) values ('u@a.example', '{CRYPT}$y$j9T$abcdefgh$aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'), ('u@b.example', '{CRYPT}$y$j9T$abcdefgh$bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb');
insert into alias (address, target) values ('i@a.example', 'u@a.example'), ('i@b.example', 'u@b.example');
insert into whitelist values ('a.example', 'x.example'), ('b.example', 'x.example');
insert into contact (domain, kind, address) values ('a.example', 'mail', 'x@x.example'), ('b.example', 'mail', 'x@x.example');
insert into activity values ('a.example', '2026-01-01', 'rejected', 1), ('b.example', '2026-01-01', 'rejected', 1);
insert into mailbox_usage (address, domain) values ('u@a.example', 'a.example'), ('u@b.example', 'b.example');
insert into incident (domain, kind) values ('a.example', 'server'), ('b.example', 'server');
insert into queue_sample (node, domain, messages) values ('mx', 'a.example', 1), ('mx', 'b.example', 1);
insert into domain_admin values ('emg_alice', 'a.example'), ('emg_bob', 'b.example');

-- A domain admin sees the granted domains, in every table.
select results_eq(format('select distinct name from ask(''emg_alice'', %L) as name', 'select domain::text from ' || seen), array['a.example'], 'an admin sees her rows of ' || seen)
from unnest(array['domain_alias', 'served_domain', 'mailbox', 'alias', 'whitelist', 'contact', 'activity', 'mailbox_usage', 'incident', 'queue_sample', 'domain_admin']) as seen;
select results_eq($$select ask('emg_alice', 'select name::text from domain')$$, array['a.example'], 'an admin sees her domain');
select is_empty($$select ask('emg_alice', 'select address::text from mailbox where domain = ''b.example''')$$, 'and no other''s mailbox');

-- Edits of her own rows work, those of others change nothing or are refused.
select is(affected('emg_alice', statement), 1::bigint, 'an admin may: ' || statement)
from unnest(array[
  $$update domain set transport = 'mail.a.example', stealth = true, greylisting = 'all', spf = 'reject', catchall = true, time_zone = 'UTC'$$,
  $$update domain set greylisting_shadow = true, blacklisting = false, whitelisting = false, keep_copy = false, bounce_protection = true, verify_recipients = false$$,
  $$update domain set monitoring = 'off', probe_address = 'p@a.example', queue_alert_messages = 5, queue_alert_minutes = 5, language = 'de', smtp_deny = true$$,
  $$update domain set smtp_deny = false$$,
  $$update domain set batv = 'require', receive_only = true$$,
  $$insert into mailbox (address, receive_only, max_message_size) values ('r@a.example', true, 26214400)$$,
  $$update mailbox set receive_only = false, max_message_size = 1024 where address = 'r@a.example'$$,
  $$insert into mailbox (address, quota) values ('v@a.example', 1000)$$,
  $$update mailbox set quota = 2000, vip = true where address = 'v@a.example'$$,
  $$update mailbox set password = '{CRYPT}$y$j9T$abcdefgh$ccccccccccccccccccccccccccccccccccccccccccc' where address = 'v@a.example'$$,
  $$insert into alias (address, target) values ('j@a.example', 'u@a.example')$$,
  $$update alias set target = 'x@x.example' where address = 'j@a.example'$$,
  $$insert into whitelist values ('a.example', '192.0.2.1')$$,
  $$update whitelist set entry = '192.0.2.2' where entry = '192.0.2.1'$$,
  $$insert into contact (domain, kind, address) values ('a.example', 'sms', '+41791234567')$$,
  $$update contact set alerts = false where kind = 'sms'$$
]) as statement;
-- Deletes are functions: the right to delete would be the right to lock the table.
select lives_ok(format('select act(''emg_alice'', %L)', statement), 'H1: an admin may: ' || statement)
from unnest(array[$$select delete_mailbox('R@alias.a.example')$$, $$select delete_mailbox('v@a.example')$$, $$insert into alias (address, target) values ('j@a.example', 'y@x.example')$$,
  $$select delete_alias('J@a.example', 'X@x.example')$$, $$select delete_alias('j@alias.a.example')$$, $$select delete_whitelist('A.example', '192.0.2.2/32')$$,
  $$select delete_contact('a.example', 'sms', '+41 79 123 45 67')$$]) as statement;
select is_empty($$select address from mailbox where address in ('r@a.example', 'v@a.example') union all select address from alias where address = 'j@a.example'
  union all select entry from whitelist where entry like '192.%' union all select address from contact where kind = 'sms'$$, 'H1: what an admin deletes is gone');
select throws_ok(format('select act(''emg_alice'', %L)', statement), message, 'H1: refused: ' || statement)
from (values
  ($$select delete_mailbox('u@b.example')$$, 'domain "b.example" does not exist: write the name of a domain, or of an alias of it, as in example.com'),
  ($$select delete_mailbox('nobody@a.example')$$, 'mailbox "nobody@a.example" does not exist: first insert into mailbox (address) values (''nobody@a.example'')'),
  ($$select delete_mailbox('nobody')$$, 'address "nobody" has no @: write it as in user@example.com'),
  ($$select delete_alias('i@b.example')$$, 'domain "b.example" does not exist: write the name of a domain, or of an alias of it, as in example.com'),
  ($$select delete_alias('i@a.example', 'x@y.example')$$, 'alias "i@a.example" to "x@y.example" does not exist: select address, target from alias shows all'),
  ($$select delete_whitelist('b.example', 'x.example')$$, 'domain "b.example" does not exist: write the name of a domain, or of an alias of it, as in example.com'),
  ($$select delete_whitelist('a.example', 'y.example')$$, 'white list entry "y.example" of domain "a.example" does not exist: select entry from whitelist shows all'),
  ($$select delete_contact('b.example', 'mail', 'x@x.example')$$, 'domain "b.example" does not exist: write the name of a domain, or of an alias of it, as in example.com'),
  ($$select delete_contact('a.example', 'mail', 'y@x.example')$$, 'mail contact "y@x.example" of domain "a.example" does not exist: select kind, address from contact shows all')
) as t (statement, message);
select is(affected('emg_alice', statement), 0::bigint, 'an admin does not reach: ' || statement)
from unnest(array[
  $$update domain set stealth = true where name = 'b.example'$$, $$update mailbox set vip = true where domain = 'b.example'$$,
  $$update domain set batv = 'report', receive_only = true where name = 'b.example'$$, $$update mailbox set receive_only = true, max_message_size = 2048 where domain = 'b.example'$$,
  $$update mailbox set password = null where address = 'u@b.example'$$
]) as statement;
select throws_ok(format('select act(''emg_alice'', %L)', statement), '42501', message, 'refused in words: ' || statement)
from (values
  ('only the operator adds domains, once it is certain whose they are: ask the operator for it', array[
    $$insert into domain (name, plan) values ('c.example', 'basic')$$, $$insert into domain (name, plan) select 'c.example', 'basic' where false$$,
    $$insert into domain (name, plan) values ('a.example', 'basic') on conflict do nothing$$,
    $$insert into domain (name, plan) values ('a.example', 'basic') on conflict (name) do update set stealth = true$$]),
  ('name, plan, mode and alternate_name of a domain are the operator''s: ask the operator for the change, and leave them out of the statement, as in update domain '
    'set stealth = true where name = ''example.com''', array[
    $$update domain set plan = 'premium'$$, $$update domain set mode = 'primary'$$, $$update domain set name = 'c.example'$$, $$update domain set alternate_name = null$$,
    $$update domain set stealth = true, plan = plan$$, $$update domain set plan = 'premium' where name = 'b.example'$$, $$with t as (update domain set mode = 'backup' returning name) select from t$$,
    $$merge into domain d using domain_admin a on a.domain = d.name when matched then update set plan = 'premium'$$]),
  ('only the operator adds alias domains, once it is certain whose they are, since all mail to them goes to the domain: ask the operator for it', array[
    $$insert into domain_alias values ('c.example', 'a.example')$$, $$insert into domain_alias values ('alias.b.example', 'a.example')$$,
    $$insert into domain_alias values ('c.example', 'b.example') on conflict do nothing$$]),
  ('only the operator exempts a mailbox from the denial of its domain: ask the operator for it', array[
    $$update mailbox set smtp_deny_exempt = true$$, $$update mailbox set smtp_deny_exempt = false where address = 'u@b.example'$$,
    $$insert into mailbox (address) values ('u@a.example') on conflict (address) do update set smtp_deny_exempt = true$$])
) as t (message, statements), unnest(statements) as statement;
-- Without the triggers the policies still refuse new rows.
alter table domain disable trigger operator_only_insert;
alter table domain_alias disable trigger operator_only_insert;
select throws_like(format('select act(''emg_alice'', %L)', statement), 'new row violates row-level security policy%', 'a second lock: ' || statement)
from unnest(array[$$insert into domain (name, plan) values ('c.example', 'basic')$$, $$insert into domain_alias values ('c.example', 'a.example')$$]) as statement;
alter table domain enable trigger operator_only_insert;
alter table domain_alias enable trigger operator_only_insert;
select throws_ok(format('select act(''emg_alice'', %L)', statement), '42501', null, 'an admin may not: ' || statement)
from unnest(array[
  $$update domain set plan = 'premium'$$, $$update domain set mode = 'primary'$$, $$update domain set name = 'c.example'$$, $$update domain set alternate_name = 'c.example'$$,
  $$update domain set smtp_denied_by = null$$, $$insert into domain (name, plan) values ('c.example', 'basic')$$, $$delete from domain$$, $$truncate domain cascade$$,
  $$update mailbox set smtp_deny_exempt = true$$, $$insert into mailbox (address, smtp_deny_exempt) values ('w@a.example', true)$$, $$update mailbox set smtp_denied_by = null$$,
  $$update mailbox set expiry_days_effective = 1$$, $$update mailbox set created_at = now()$$, $$update mailbox set address = 'w@a.example'$$,
  $$select password from mailbox$$, $$select * from mailbox$$, $$update mailbox set vip = true returning password$$, $$select * from mailbox where password like '{%'$$,
  $$delete from mailbox$$, $$delete from alias$$, $$delete from whitelist$$, $$delete from contact$$, $$update contact set confirmed_at = now()$$,
  $$insert into domain_alias values ('c.example', 'a.example')$$, $$delete from domain_alias$$, $$insert into domain_admin values ('emg_alice', 'b.example')$$,
  $$delete from domain_admin$$, $$update plan set max_mailboxes = 9$$, $$select value from setting$$, $$update setting set value = '192.0.2.0/24' where name = 'trusted_networks'$$,
  $$update setting set value = 'reject' where name = 'spf_none'$$, $$insert into dnsbl (zone) values ('z.example')$$,
  $$update activity set count = 0$$, $$delete from incident$$, $$select * from greylist$$, $$select * from outbox$$, $$select * from directory_change$$,
  $$select * from dovecot_passdb$$, $$select dovecot_passdb('u@a.example')$$, $$select * from domain_room$$, $$select served_domain_claim('c.example', 'domain', 'c.example')$$,
  $$select mailbox_check_room('{b.example}', true)$$, $$select record_activity('n', 1, '{}', '{}', '{}', '{}')$$, $$select confirm_reload()$$,
  $$select prune_directory_change()$$, $$insert into flush_request (domain) values ('b.example')$$, $$select set_config('role', 'emailgency_operator', true)$$
]) as statement
where statement not like '%set_config%';
select throws_ok(format('select act(''emg_alice'', %L)', statement), '23503', 'domain "b.example" is not one of your domains: use a.example', 'L4: another''s domain is as unknown as none: ' || statement)
from unnest(array[$$insert into mailbox (address) values ('w@b.example')$$, $$insert into alias (address, target) values ('j@b.example', 'u@a.example')$$,
  $$update alias set address = 'j@b.example'$$, $$insert into whitelist values ('b.example', '192.0.2.1')$$, $$update whitelist set domain = 'b.example'$$,
  $$insert into contact (domain, kind, address) values ('b.example', 'mail', 'y@x.example')$$, $$insert into mailbox (address, quota, max_message_size) values ('w@b.example', 1099511627776, 1099511627776)$$,
  $$select require_domain('b.example', 'b.example')$$]) as statement;
select throws_ok($$select act('emg_alice', 'select require_domain(''alias.b.example'', ''x'')')$$, 'domain "alias.b.example" is not one of your domains: use a.example', 'L4: nor does the message show whose alias a name is');
select throws_ok($$select act('emg_alice', 'select require_domain(''none.example'', ''x'')')$$, 'domain "none.example" is not one of your domains: use a.example', 'L4: what is not there is answered alike');
select throws_like($$select act('emg_alice', 'update mailbox set quota = 1099511627776')$$, 'quota 1099511627776 of "u@a.example" is more than plan "basic" gives: %', 'an admin stays within the plan');
select throws_ok($$select act('emg_alice', 'update mailbox set max_message_size = 26214401')$$, 'max_message_size 26214401 of "u@a.example" is more than plan "basic" gives '
  'an ordinary mailbox: use at most 26214400, or null for exactly that; a VIP (vip = true) may have it', 'in message sizes too');
select is((select password from mailbox where address = 'u@b.example'), '{CRYPT}$y$j9T$abcdefgh$bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb', 'another''s password is as it was');

-- The functions of an admin.
select lives_ok($$select act('emg_alice', 'select set_password(''U@alias.a.example'', ''correct horse'')')$$, 'an admin sets a password, by an alias domain too');
select matches((select password from mailbox where address = 'u@a.example'), '^\{BLF-CRYPT\}\$2a\$10\$.{53}$', 'hashed');
select throws_ok($$select act('emg_alice', 'select set_password(''u@b.example'', ''secret'')')$$,
  'domain "b.example" does not exist: write the name of a domain, or of an alias of it, as in example.com', 'not in another''s domain');
select throws_ok($$select act('emg_alice', 'select set_password(''nobody@a.example'', ''secret'')')$$,
  'mailbox "nobody@a.example" does not exist: first insert into mailbox (address) values (''nobody@a.example'')', 'not of nobody');
select throws_like($$select act('emg_alice', 'select set_password(''u@a.example'', '''')')$$, 'a password has 1 to 72 octets, as in %', 'not an empty one');
select throws_like(format($$select act('emg_alice', 'select set_password(''u@a.example'', ''%s'')')$$, repeat('x', 73)), 'a password has 1 to 72 octets, as in %', 'not one that bcrypt cuts');
insert into node (name) values ('mx1');
select lives_ok($$select act('emg_alice', 'select flush(''a.example'')')$$, 'an admin flushes');
select set_eq('select domain::text from flush_request', array['a.example'], 'once');
select throws_like($$select act('emg_alice', 'select flush(''b.example'')')$$, 'domain "b.example" does not exist: %', 'another''s she cannot flush');
insert into mailbox (address, candidate) values ('cand@a.example', true);
select lives_ok($$select act('emg_alice', 'select promote(''cand@a.example'')')$$, 'an admin promotes a candidate');
select is((select candidate from mailbox where address = 'cand@a.example'), false, 'which is a mailbox then');
select throws_ok($$select act('emg_alice', 'select promote(''cand@a.example'')')$$, '"cand@a.example" is a mailbox already, not a candidate', 'once');

-- The admin who denied sending may allow it; a denial of the operator stays.
select lives_ok($$select act('emg_alice', 'select deny_sending(''u@a.example'')')$$, 'an admin denies');
select is((select smtp_denied_by from mailbox where address = 'u@a.example'), 'emg_alice', 'which is noted');
select lives_ok($$select act('emg_alice', 'select allow_sending(''u@a.example'')')$$, 'and allows again');
select lives_ok($$select act('emg_operator', 'select deny_sending(''u@a.example'')')$$, 'the operator denies');
select throws_ok(format('select act(''emg_alice'', %L)', statement), 'sending was denied to "u@a.example" by the operator; only the operator can allow it again', 'an admin may not: ' || statement)
from unnest(array[$$select allow_sending('u@a.example')$$, $$update mailbox set smtp_deny = false$$, $$select delete_mailbox('u@a.example')$$]) as statement;
select lives_ok($$select act('emg_operator', 'select deny_sending(''alias.a.example'')')$$, 'the operator denies a domain');
select throws_ok($$select act('emg_alice', 'update domain set smtp_deny = false')$$, 'sending was denied to domain "a.example" by the operator; only the operator can allow it again', 'which stays');
select throws_like($$select act('emg_alice', 'select allow_sending(''cand@a.example'')')$$, 'the whole domain "a.example" is denied sending; only the operator can exempt a mailbox: %', 'without exemptions by an admin');
select lives_ok($$select act('emg_operator', 'select allow_sending(''u@a.example'')')$$, 'the operator exempts a mailbox');
select set_eq($$select login, smtp_deny from (values ('U@alias.a.example'), ('u@aexample.emailgency.example'), ('cand@a.example'), ('u@b.example')) as t (name),
  dovecot_passdb(name)$$, $$values ('U@alias.a.example', false), ('u@aexample.emailgency.example', false), ('cand@a.example', true), ('u@b.example', false)$$,
  'a login is denied by its mailbox or domain, under all its names');
select is_empty($$select * from dovecot_passdb('nobody@a.example') union all select * from dovecot_passdb('nobody')$$, 'nobody is nobody');
select set_has($$select login || address from dovecot_passdb$$, $$values ('u@alias.a.exampleu@a.example'), ('u@b.exampleu@b.example')$$, 'the view shows every name');
select set_has($$select ask('emg_alice', 'select source || '' '' || value from explain(''u+x@alias.a.example'')')$$,
  $$values ('served_domain alias.a.example is the alias domain of a.example'), ('mailbox.address u@a.example is a mailbox'),
    ('domain.stealth on: every delivery is deferred with 450 4.3.2'), ('domain.batv require: bounces without a valid tag are refused'),
    ('plan.max_message_size messages of up to 26214400 bytes (setting message_size_slack is 0)'), ('domain.receive_only it never sends: bounces to it are refused')$$,
  'an admin has decisions explained');
select lives_ok($$select act('emg_alice', 'update mailbox set max_message_size = 5000 where address = ''u@a.example''')$$, 'a smaller size');
select set_has($$select ask('emg_alice', 'select source || '' '' || value from explain(''u@alias.a.example'')')$$,
  $$values ('mailbox.max_message_size messages of up to 5000 bytes (setting message_size_slack is 0)')$$, 'is explained too');
select throws_like($$select act('emg_alice', 'select explain(''u@b.example'')')$$, 'domain "b.example" does not exist: %', 'not another''s');

-- The daemons.
select lives_ok(format('select act(''emg_daemon'', %L)', statement), 'a daemon may: ' || statement)
from unnest(array['select * from setting, plan, domain, domain_alias, alias, whitelist, dnsbl, contact, directory_change, directory_state, schema_migration limit 1',
  'select address, domain, candidate, vip, smtp_deny, smtp_deny_exempt, receive_only, max_message_size, quota, expiry_days from mailbox', 'select expire_greylist()', 'select prune_directory_change()',
  $$insert into greylist (client, sender, recipient) values ('c', 's', 'r') on conflict (client, sender, recipient) do update set passed_at = now()$$,
  $$insert into greylist_client (client) values ('c') on conflict (client) do update set passes = greylist_client.passes + 1$$,
  $$select record_activity('n', 1, '{}', '{}', '{}', '{}')$$, $$update flush_request set lease_until = now(), done_at = now()$$, 'select * from postfix_relay_domains']) as statement;
select is((select count(*) from ask('emg_daemon', 'select domain::text from mailbox')), (select count(*) from mailbox), 'a daemon sees all mailboxes');
select throws_ok(format('select act(''emg_daemon'', %L)', statement), '42501', null, 'a daemon may not: ' || statement)
from unnest(array['select password from mailbox', 'update domain set stealth = true', 'delete from mailbox', $$insert into whitelist values ('a.example', '192.0.2.1')$$,
  'update setting set value = 1', 'delete from directory_change', 'update activity set count = 1', 'select confirm_reload()', $$select dovecot_passdb('u@a.example')$$,
  $$insert into domain_admin values ('emg_daemon', 'a.example')$$, 'create table emailgency.x (y int)']) as statement;

-- Dovecot.
select lives_ok($$select act('emg_dovecot', 'select address, password from dovecot_passdb(''u@a.example'')')$$, 'Dovecot reads a login');
select throws_ok(format('select act(''emg_dovecot'', %L)', statement), '42501', null, 'Dovecot may not: ' || statement)
from unnest(array['select password from mailbox', 'select * from domain', 'select * from setting', 'select * from dovecot_passdb', $$select set_password('u@a.example', 'x')$$]) as statement;

-- The operator.
select lives_ok(format('select act(''emg_operator'', %L)', statement), 'the operator may: ' || statement)
from unnest(array[$$update domain set plan = 'premium', mode = 'primary'$$, $$insert into domain (name, plan) values ('c.example', 'basic')$$, $$delete from domain where name = 'c.example'$$,
  $$update setting set value = '60' where name = 'greylist_delay'$$, $$update setting set value = '192.0.2.0/24' where name = 'relay_networks'$$, $$update plan set expiry_days = 60$$, $$insert into dnsbl (zone) values ('z.example')$$,
  $$select confirm_reload()$$, 'select * from admin_sessions()', $$select end_admin_sessions('emg_nobody')$$, 'select * from notification_queue_holder()', $$delete from domain_admin where login = 'emg_bob'$$, $$update mailbox set smtp_deny_exempt = true$$, $$delete from greylist$$]) as statement;
select is((select count(*) from ask('emg_operator', 'select name::text from domain')), 2::bigint, 'the operator sees all domains');
select throws_ok(format('select act(''emg_operator'', %L)', statement), '42501', null, 'the operator may not: ' || statement)
from unnest(array['delete from directory_change', 'delete from served_domain', 'delete from schema_migration', 'update setting_definition set maximum = 1', 'drop table emailgency.domain']) as statement;
select is_empty($$select ask('emg_bob', 'select name::text from domain')$$, 'a withdrawn grant shows nothing');
select throws_ok(format('select act(''emg_other'', %L)', statement), '42501', null, 'another login may not: ' || statement)
from unnest(array['select * from emailgency.domain', $$select emailgency.setting_value('greylist_delay')$$]) as statement;

select * from finish();
rollback;
