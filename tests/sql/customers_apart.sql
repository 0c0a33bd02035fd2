-- Limits that keep one customer from holding up or overriding another, or the operator.
begin;
select no_plan();

create role emg_alice login in role emailgency_domain_admin;
create role emg_ann login in role emailgency_domain_admin;
create role emg_bob login connection limit 7 in role emailgency_domain_admin;
alter role emg_bob set statement_timeout = '1h';
create role emg_operator login in role emailgency_operator;
create role emg_daemon login in role emailgency_daemon;
insert into domain (name, plan) values ('a.example', 'basic'), ('b.example', 'premium');
insert into domain_alias values ('alias.a.example', 'a.example');
insert into domain_admin values ('emg_alice', 'a.example'), ('emg_ann', 'a.example'), ('emg_bob', 'b.example');
insert into mailbox (address) values ('u@a.example'), ('u@b.example');
insert into alias (address, target) values ('i@a.example', 'u@a.example');
insert into whitelist values ('a.example', 'x.example');

-- H1: locks.
select is_empty($$select c.relname || ' ' || a.privilege_type from pg_class c, aclexplode(c.relacl) as a
  where c.relnamespace = 'emailgency'::regnamespace and a.grantee = 'emailgency_domain_admin'::regrole and a.privilege_type <> 'SELECT'$$,
  'H1: a domain admin has no right to a whole table but to read it, so none to lock it');
select throws_ok(format('select act(''emg_alice'', %L)', format('lock table %I in %s mode', relname, mode)), '42501', null, format('H1: no lock table %I in %s mode', relname, mode))
from (select relname from pg_class where relnamespace = 'emailgency'::regnamespace and relkind in ('r', 'v', 'p')) as t
cross join unnest(array['row share', 'row exclusive', 'share update exclusive', 'share', 'share row exclusive', 'exclusive', 'access exclusive']) as mode;
select throws_ok(format('select act(%L, %L)', login, statement), '42501', null, format('L3: %s may not: %s', login, statement))
from unnest(array['emg_alice', 'emg_daemon']) as login, unnest(array['select pg_advisory_lock(7164120934)', 'select pg_try_advisory_lock(7164120934)', 'select pg_advisory_xact_lock(1, 2)', 'select pg_advisory_lock_shared(1)',
  $$select domain_check_plan(d) from domain d$$, $$select mailbox_check_room('{a.example}', false)$$, $$select mailbox_check_vips('{a.example}')$$, $$select rows_check_room('{a.example}', 'alias', 'max_aliases', 'x')$$]) as statement;
select throws_ok(format('select act(''emg_alice'', %L)', statement), '42501', null, 'M4: nobody may: ' || statement)
from unnest(array['create temporary table t (x text)', $$select lo_from_bytea(0, 'x')$$, 'select lo_create(0)', 'select lo_creat(-1)', $$select lo_put(1, 0, 'x')$$,
  'select lo_open(1, 131072)', $$select pg_logical_emit_message(false, 'x', 'y')$$, 'create table public.t (x text)']) as statement;

-- L4: what is not theirs.
select throws_ok(format('select act(''emg_alice'', %L)', statement), '42501', null, 'L4: hidden from a domain admin: ' || statement)
from unnest(array[$$select mailbox_check_limits(null)$$, $$select check_deny_lifted('emg_bob', 'x', 'b.example')$$, $$select setting_value('relay_networks')$$, $$select setting_value('trusted_networks')$$,
  $$select setting_value('transport_networks')$$, $$select setting_value('no_such_setting')$$, $$select setting_seconds('greylist_client_interval')$$, $$select setting_in_force('relay_networks')$$,
  $$select transport_reach_fault('10.0.0.1')$$, $$select administered_domain('b.example')$$, 'select * from admin_sessions()', $$select end_admin_sessions('emg_bob')$$, 'select * from notification_queue_holder()',
  $$select bound_login('emg_bob')$$, $$select domain_check_time_zone('UTC')$$]) as statement;
select lives_ok($$select act('emg_alice', 'select setting_value(''recipient_delimiter''), setting_seconds(''greylist_delay'')')$$, 'L4: what is public she is');
select lives_ok($$select act('emg_daemon', 'select setting_value(''relay_networks'')')$$, 'L4: daemons read all settings');
select is(acting_role(), session_user::text, 'the acting role is the login');
select results_eq($$select ask('emg_alice', 'select acting_role()')$$, array['emg_alice'], 'or the role that it took');

-- M1: whose denial it is.
select lives_ok($$select act('emg_alice', 'select deny_sending(''u@a.example'')')$$, 'M1: an admin denies a mailbox');
select lives_ok($$select act('emg_alice', 'select deny_sending(''a.example'')')$$, 'M1: and her domain');
select lives_ok($$select act('emg_ann', 'update mailbox set smtp_deny = true where address = ''u@a.example''')$$, 'M1: so does another');
select is((select smtp_denied_by from mailbox where address = 'u@a.example'), 'emg_alice', 'M1: the first owner stays');
select lives_ok($$select act('emg_operator', 'select deny_sending(''u@a.example'')')$$, 'M1: the operator denies the mailbox that is denied already');
select lives_ok($$select act('emg_operator', 'update domain set smtp_deny = true where name = ''a.example''')$$, 'M1: and the domain');
select is((select smtp_denied_by from mailbox where address = 'u@a.example'), 'emg_operator', 'M1: the mailbox is denied by the operator');
select is((select smtp_denied_by from domain where name = 'a.example'), 'emg_operator', 'M1: the domain too');
select lives_ok($$select act('emg_alice', 'select deny_sending(''u@a.example'')')$$, 'M1: the admin denies again');
select is((select smtp_denied_by from mailbox where address = 'u@a.example'), 'emg_operator', 'M1: but does not take it back');
select throws_ok(format('select act(''emg_alice'', %L)', statement), '42501', null, 'M1: nor lifts it: ' || statement)
from unnest(array[$$select allow_sending('u@a.example')$$, $$select allow_sending('a.example')$$, $$update mailbox set smtp_deny = false$$, $$update domain set smtp_deny = false$$, $$select delete_mailbox('u@a.example')$$,
  $$insert into mailbox (address) values ('u@a.example') on conflict (address) do update set smtp_deny = false$$]) as statement;
select lives_ok($$select act('emg_alice', 'update mailbox set vip = true where address = ''u@a.example''')$$, 'M1: another edit');
select is((select smtp_denied_by from mailbox where address = 'u@a.example'), 'emg_operator', 'M1: changes no owner');
select lives_ok($$select act('emg_operator', 'select allow_sending(''a.example''), allow_sending(''u@a.example'')')$$, 'M1: the operator lifts both');
select is((select smtp_denied_by from domain where name = 'a.example'), null, 'M1: and nobody owns what is not denied');
select lives_ok($$select act('emg_alice', 'select deny_sending(''u@a.example'')')$$, 'M1: an admin denies');
select lives_ok($$select act('emg_ann', 'select allow_sending(''u@a.example'')')$$, 'M1: and another of the domain allows');

-- M3: logins.
select is((select rolconnlimit from pg_roles where rolname = 'emg_alice'), 3, 'M3: a domain admin''s login gets a connection limit');
select set_eq($$select unnest(rolconfig) from pg_roles where rolname = 'emg_alice'$$,
  array['statement_timeout=60s', 'lock_timeout=5s', 'idle_in_transaction_session_timeout=10s', 'temp_file_limit=256MB'], 'M3: time-outs and a limit of files');
select is((select rolconnlimit from pg_roles where rolname = 'emg_bob'), 7, 'M3: a limit that is there stays');
select set_has($$select unnest(rolconfig) from pg_roles where rolname = 'emg_bob'$$, $$values ('statement_timeout=1h')$$, 'M3: so does a time-out');
select throws_like(format($$insert into domain_admin values (%L, 'a.example')$$, login), format('login "%s" has the rights of "%s", more than a domain admin''s: use one that has none but its own, as in create role alice login connection limit 3 in role emailgency_domain_admin', login, stronger), 'M3: no domain admin: ' || login)
from (values ('emg_operator', 'emailgency_operator'), ('emg_daemon', 'emailgency_daemon')) as t (login, stronger);
create role emg_maker createrole;
select throws_like($$insert into domain_admin values ('emg_maker', 'a.example')$$, 'login "emg_maker" has the rights of "emg_maker"%', 'M3: nor may a login that creates roles');
select throws_like(format($$insert into domain_admin values (%L, 'a.example')$$, current_user), 'login % has the rights of %', 'M3: nor a superuser');

-- M4: rows and texts.
update plan set max_aliases = 5, max_targets = 3, max_whitelist = 2, max_contacts = 1 where name = 'basic';
select lives_ok($$select act('emg_alice', 'insert into alias (address, target) select ''i@a.example'', format(''t%s@a.example'', n) from generate_series(1, 2) n')$$, 'M4: as many targets as the plan gives');
select throws_like(format('select act(''emg_alice'', %L)', statement), 'alias "i@a.example" would have more than the 3 targets that plan "basic" gives: split it, as in %', 'M4: no more: ' || left(statement, 60))
from unnest(array[$$insert into alias (address, target) values ('i@a.example', 't3@a.example')$$, $$insert into alias (address, target) values ('j@a.example', 't@a.example'); update alias set address = 'i@a.example'$$]) as statement;
select throws_like(format('select act(''emg_alice'', %L)', statement), message, 'M4: no more: ' || left(statement, 60))
from (values
  ($$insert into alias (address, target) select format('k%s@a.example', n), 'u@a.example' from generate_series(1, 3) n$$, 'domain "a.example" would have more than the 5 alias targets that plan "basic" gives: remove some, %'),
  ($$insert into whitelist select 'a.example', format('192.0.2.%s', n) from generate_series(1, 2) n$$, 'domain "a.example" would have more than the 2 white list entries that plan "basic" gives: %'),
  ($$insert into contact (domain, kind, address) select 'a.example', 'mail', format('x%s@x.example', n) from generate_series(1, 2) n$$, 'domain "a.example" would have more than the 1 contacts that plan "basic" gives: %')
) as t (statement, message);
select throws_like($$insert into alias (address, target) select format('k%s@a.example', n), 'u@a.example' from generate_series(1, 3) n$$, 'domain "a.example" would have more than the 5 alias targets%', 'M4: the limit applies to the operator as well');
update plan set max_aliases = 0 where name = 'basic';
select lives_ok($$select act('emg_alice', 'update alias set target = target || ''.example'' where address = ''i@a.example''')$$, 'M4: a smaller plan leaves what is there, and lets it be edited');
update plan set max_aliases = 5 where name = 'basic';
select throws_ok(format('update plan set %s', assignment), message, 'M4: refused: ' || assignment)
from (values ('max_targets = 501', 'max_targets 501 is out of range: use 1 to 500, as in 1'), ('max_aliases = -1', 'max_aliases -1 is out of range: use 0 to 10000000, as in 1'),
  ('max_whitelist = -1', 'max_whitelist -1 is out of range: use 0 to 10000000, as in 1'), ('max_contacts = -1', 'max_contacts -1 is out of range: use 0 to 10000, as in 1')) as t (assignment, message);

create function refusal_length(statement text) returns integer language plpgsql as $$
declare
  said text;
begin
  begin
    perform act('emg_alice', statement);
  exception when others then
    get stacked diagnostics said = message_text;
  end;
  return length(said);
end
$$;
select cmp_ok(refusal_length(replace(statement, '@@', repeat('x', 100000))), '<=', 1300, 'M4: a huge text is refused, and not quoted in full: ' || statement)
from unnest(array[$$update domain set transport = '@@'$$, $$update domain set transport = '@@.example'$$, $$update domain set probe_address = '@@'$$, $$update domain set probe_address = 'u@@@'$$, $$update domain set language = '@@'$$,
  $$update domain set time_zone = '@@'$$, $$update domain set spf = '@@'$$, $$update domain set greylisting = '@@'$$, $$update domain set monitoring = '@@'$$, $$update domain set batv = '@@'$$,
  $$insert into mailbox (address) values ('@@@a.example')$$, $$insert into mailbox (address) values ('@@')$$, $$insert into mailbox (address, domain) values ('x@a.example', '@@')$$,
  $$update mailbox set password = '{CRYPT}@@'$$, $$update mailbox set password = '$y$@@'$$, $$insert into alias (address, target) values ('i@a.example', '@@')$$, $$insert into alias (address, target) values ('i@a.example', 'u@@@.example')$$,
  $$insert into whitelist values ('a.example', '@@')$$, $$insert into whitelist values ('a.example', 'host:@@.example')$$, $$insert into whitelist values ('@@', 'x.example')$$, $$insert into contact (domain, kind, address) values ('a.example', 'mail', 'u@@@')$$,
  $$insert into contact (domain, kind, address) values ('a.example', 'sms', '@@')$$, $$insert into contact (domain, kind, address) values ('a.example', '@@', 'x@x.example')$$, $$select set_password('u@a.example', '@@')$$, $$select set_password('@@@a.example', 'x')$$,
  $$select delete_mailbox('@@')$$, $$select delete_whitelist('a.example', '@@')$$, $$select delete_contact('a.example', '@@', '@@')$$, $$select delete_alias('i@a.example', '@@')$$, $$select flush('@@')$$, $$select setting_value('@@')$$]) as statement;
select isnt(refusal_length($$select flush('b.example')$$), null, 'M4: the measure measures');

-- H3: waking.
select lives_ok($$select wake('emailgency_directory', 0)$$, 'H3: with a full queue nobody is woken, and nothing fails');
select is_empty($$select p.oid::regprocedure::text from pg_proc p where p.pronamespace = 'emailgency'::regnamespace and p.proname <> 'wake'
  and (p.prosrc ~* '(^|\s)notify\s' or p.prosrc ~* 'pg_notify')$$, 'H3: nobody notifies but through wake()');
select is_empty($$select pid from notification_queue_holder('1 hour')$$, 'H3: nobody has been in a transaction for an hour');

-- F15: log-in names.
select throws_like(format('update mailbox set address = %L, password = %L where address = ''u@b.example''', address, '{SSHA}5zyFrKzQI0xZZXjNhqiyhB7RMtNTmmVQ'),
  format('mailbox "%s" cannot have a password: Dovecot accepts no log-in name with %s in its local part; give another mailbox the password, and forward this one''s mail to it, as in insert into alias (address, target) values (''%s'', ''user@b.example'')',
    address, what, replace(address, '''', '''''')), 'F15: no password for ' || address)
from (values ('"a b"@b.example', 'quotes'), ('a/b@b.example', 'a slash')) as t (address, what);
select lives_ok($$insert into mailbox (address) values ('"a b"@b.example')$$, 'F15: the mailbox itself is taken');
select throws_like($$select set_password('"a b"@b.example', 'secret')$$, 'mailbox ""a b"@b.example" cannot have a password: %', 'F15: set_password says so too');
select lives_ok($$select set_password('"a b"@b.example', null)$$, 'F15: no password is none');
select lives_ok($$insert into mailbox (address, password) values ('o''brien+#$%x@b.example', '{SSHA}5zyFrKzQI0xZZXjNhqiyhB7RMtNTmmVQ')$$, 'F15: all that Dovecot takes is taken');

-- H2: rows from before.
alter table mailbox disable trigger mailbox_check_password_update;
update mailbox set password = '{BLF-CRYPT}$2y$31$' || repeat('x', 53) where address = 'u@b.example';
alter table mailbox enable trigger mailbox_check_password_update;
select results_eq($$select password from dovecot_passdb('u@b.example')$$, array[null::text], 'H2: an unbounded hash from before is not shown to Dovecot');
select lives_ok($$update mailbox set vip = true where address = 'u@b.example'$$, 'H2: other edits of such a row work');
select throws_like($$select act('emg_bob', 'update mailbox set password = ''{BLF-CRYPT}$2y$18$' || repeat('x', 53) || ''' where address = ''u@b.example''')$$, 'the password hash is bcrypt with a cost outside 04 to 12: %', 'H2: an admin cannot store one');

-- M7: where mail is relayed.
update setting set value = 'mx1.service.example,192.0.2.99 2001:DB8:0::99' where name = 'mx_hosts';
select is(setting_value('mx_hosts'), 'mx1.service.example 192.0.2.99 2001:db8::99', 'M7: our hosts have one spelling');
select throws_like(format('select act(''emg_alice'', %L)', format('update domain set transport = %L', transport)), 'transport "' || transport || '" ' || fault || '%', 'M7: refused: ' || transport)
from (values ('127.0.0.1:5432', 'lies in 127.0.0.0/8 (loopback): write the customer''s own server, as in mail.example.com:25 or 192.0.2.25:25; if that is intended'), ('127.1.2.3', 'lies in 127.0.0.0/8'), ('0.0.0.0', 'lies in 0.0.0.0/8'), ('0.1.2.3', 'lies in'),
  ('10.0.0.1', 'lies in 10.0.0.0/8 (private)'), ('172.31.255.255', 'lies in 172.16.0.0/12'), ('192.168.1.1:25', 'lies in'), ('100.64.0.1', 'lies in'), ('169.254.169.254:80', 'lies in 169.254.0.0/16 (link-local)'),
  ('224.0.0.1', 'lies in'), ('240.0.0.1', 'lies in'), ('255.255.255.255', 'lies in'), ('[::]', 'lies in ::/128'), ('[::1]:25', 'lies in ::1/128'), ('[fe80::1]', 'lies in'), ('[fc00::1]', 'lies in'), ('[fd12::1]', 'lies in'), ('[ff02::1]', 'lies in'),
  ('[::ffff:127.0.0.1]', 'lies in 127.0.0.0/8'), ('[::ffff:7f00:1]:25', 'lies in 127.0.0.0/8'), ('[::ffff:10.0.0.1]', 'lies in 10.0.0.0/8'), ('[::127.0.0.1]', 'lies in 127.0.0.0/8'), ('[64:ff9b::7f00:1]', 'lies in 127.0.0.0/8'), ('[64:ff9b::a9fe:a9fe]', 'lies in 169.254'), ('[2002:7f00:1::]', 'lies in 2002::/16'),
  ('localhost', 'has a host name with only one label: '), ('localhost:25', 'has a host name with only one label'), ('mailhost', 'has a host name with only one label'), ('metadata.google.internal', 'has a host name that is not in public DNS'),
  ('x.store.invalid', 'has a host name that'), ('a.example.store.invalid:25', 'has a host name that'), ('x.invalid', 'has a host name that'), ('foo.localhost', 'has a host name that'), ('printer.local', 'has a host name that'),
  ('mx1.service.example', 'is a host of this service, and mail would loop: '), ('mx1.service.example:2525', 'is a host of this service'), ('192.0.2.99', 'is a host of this service'), ('[::ffff:192.0.2.99]:25', 'is a host of this service'), ('[2001:db8::99]', 'is a host of this service'),
  ('aexample.emailgency.example', 'is a name of this service')) as t (transport, fault);
select throws_like(format('update domain set transport = %L where name = ''a.example''', transport), 'transport %', 'M7: the operator is stopped too: ' || transport)
from unnest(array['127.0.0.1', 'MX1.service.example', 'localhost']) as transport;
select lives_ok(format('select act(''emg_alice'', %L)', format('update domain set transport = %L', transport)), 'M7: taken: ' || transport)
from unnest(array['mail.a.example', 'mail.a.example:2525', '192.0.2.25', '198.51.100.1:25', '[2001:db8::25]:25', '[::ffff:192.0.2.1]', 'mx1.service.example.com', 'invalid.example', 'localhost.example', '172.32.0.1', '11.0.0.1', '100.63.0.1']) as transport;
update setting set value = '127.0.0.0/8 10.1.0.0/16 fd00::/8' where name = 'transport_networks';
select lives_ok(format('select act(''emg_alice'', %L)', format('update domain set transport = %L', transport)), 'M7: taken once the operator allows it: ' || transport)
from unnest(array['127.0.0.1:25', '10.1.2.3', '[fd00::1]', '[::ffff:127.0.0.1]']) as transport;
select throws_like(format('update domain set transport = %L where name = ''a.example''', transport), 'transport %', 'M7: and no more than that: ' || transport)
from unnest(array['10.2.0.1', '[fc00::1]', '[::1]', 'localhost', '169.254.169.254']) as transport;
update setting set value = '' where name = 'transport_networks';
select lives_ok($$select act('emg_alice', 'update domain set transport = transport, stealth = true')$$, 'M7: a row from before stays as it is');
select throws_ok(format('update setting set value = %L where name = ''mx_hosts''', value), message, 'M7: mx_hosts refuses: ' || value)
from (values ('mx_1.example', 'setting mx_hosts: domain name "mx_1.example" contains "_": only letters, digits and hyphens between them are allowed, as in mail-1.example.com'),
  ('192.0.2.0/24', 'setting mx_hosts: "192.0.2.0/24" is not a host: write a name or one IP address in its usual spelling, as in mx1.example.com or 192.0.2.25')) as t (value, message);

select * from finish();
rollback;
