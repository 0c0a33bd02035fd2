-- Each daemon's role: its rights, exactly, and that its statements work with them.
begin;
select no_plan();

create view granted as
with tables as (
  select c.oid, c.relname::text as name, a.grantee, lower(a.privilege_type) as privilege from pg_class c, aclexplode(c.relacl) as a
  where c.relnamespace = 'emailgency'::regnamespace
  union all
  select c.oid, c.relname || '.' || t.attname, a.grantee, lower(a.privilege_type) from pg_class c join pg_attribute t on t.attrelid = c.oid, aclexplode(t.attacl) as a
  where c.relnamespace = 'emailgency'::regnamespace
), functions as (
  select p.oid, p.proname::text as name, a.grantee, lower(a.privilege_type) as privilege from pg_proc p, aclexplode(p.proacl) as a
  where p.pronamespace = 'emailgency'::regnamespace
), schemas as (
  select n.oid, n.nspname::text as name, a.grantee, lower(a.privilege_type) as privilege from pg_namespace n, aclexplode(n.nspacl) as a
  where n.nspname <> 'public'
)
select r.rolname::text as role, g.privilege || ' ' || g.name as privilege
from (select * from tables union all select * from functions union all select * from schemas) as g join pg_roles r on r.oid = g.grantee;

create function held(role text) returns setof text
language sql as $$ select privilege from granted where granted.role = held.role $$;

select set_eq($$select * from held('emailgency_replicator') as privilege where privilege not like 'select mailbox.%'$$, array['usage emailgency',
  'select schema_migration', 'select directory_change', 'select directory_state', 'select setting', 'select plan', 'select domain', 'select domain_alias',
  'select alias', 'select whitelist', 'select dnsbl', 'select best_mx', 'execute prune_directory_change', 'execute report_position',
  'execute notification_queue_holder'], 'L6: the replicator reads the rows and prunes their log');
select set_eq($$select * from held('emailgency_replicator') as privilege where privilege like 'select mailbox.%'$$,
  $$select 'select mailbox.' || attname from pg_attribute where attrelid = 'mailbox'::regclass and attnum > 0 and not attisdropped and attname <> 'password'$$,
  'L6: of mailboxes it reads all but the password');
select set_eq($$select * from held('emailgency_policyd')$$, array['usage emailgency', 'select greylist', 'insert greylist', 'update greylist',
  'select greylist_client', 'insert greylist_client', 'update greylist_client', 'execute expire_greylist', 'execute record_activity',
  'execute report_dnsbl', 'execute record_outbound', 'execute judge_sending'], 'L6: policyd has the greylist, its counts and the health of its lists');
select set_eq($$select * from held('emailgency_milter')$$, array['usage emailgency', 'execute record_activity'], 'L6: the milter has its counts');
select set_eq($$select * from held('emailgency_notifier')$$, array['usage emailgency', 'execute report_best_mx', 'execute record_queue',
  'execute plan_probes', 'execute claim_probes', 'execute probe_totals', 'execute record_probe', 'execute record_suspicion',
  'execute open_incident', 'execute close_incident', 'execute claim_outbox', 'execute mark_outbox', 'execute expire_outbox',
  'execute claim_flush', 'execute record_flush', 'execute resume_flush', 'execute claim_round_trips', 'execute plan_round_trips',
  'execute expire_round_trips', 'execute judge_round_trips', 'execute record_round_trip_sent', 'execute record_round_trip_arrival',
  'execute record_round_trip_return', 'execute record_servers', 'execute record_tls', 'execute expire_tls',
  'execute record_mail_left', 'execute mail_left_since', 'execute report_node', 'execute renew_outbox', 'execute resume_outbox',
  'execute plan_reports', 'execute claim_reports', 'execute finish_reports', 'execute expire_reports', 'execute record_probes',
  'execute replay_probe', 'execute record_absence', 'execute search_held', 'execute claim_held', 'execute record_held',
  'execute expire_audit', 'execute expire_sessions', 'execute expire_log_ins', 'execute claim_alias_checks', 'execute record_alias_check'],
  'L6: notifier has its functions, and no table');
select set_eq($$select * from held('emailgency_tracker')$$, array['usage emailgency', 'execute prepare_trace', 'execute record_trace',
  'execute tracker_place'], 'the tracker has its functions, and no table');
select set_eq($$select * from held('emailgency_console')$$, array['usage emailgency', 'execute session_touch', 'execute session_close',
  'execute session_list', 'execute session_end', 'execute session_facts', 'execute session_edit', 'execute console_callable', 'execute console_call',
  'execute page_mail_program', 'execute page_assistant_mx', 'execute page_assistant_spf', 'execute page_assistant_client',
  'execute act_unsubscribe'], 'the console has the session that its secret opens, and no table');
select set_eq($$select * from held('emailgency_console_auth')$$,
  array['usage emailgency', 'execute throttle_state', 'execute throttle_count', 'execute captcha_use', 'execute account_secret', 'execute session_secret',
  'execute session_confirm', 'execute session_doubt', 'execute log_in', 'execute token_make', 'execute token_look', 'execute token_take',
  'execute set_password_hash', 'execute login_rule', 'execute mailbox_code', 'execute reset_request', 'execute second_try', 'execute second_pass',
  'execute totp_pend', 'execute second_factor_set', 'execute recovery_set'], 'what checks passwords opens sessions, and reads no table');
select set_eq($$select * from held('emailgency_keeper')$$, array['usage emailgency', 'execute setting_value', 'execute note_usage', 'execute claim_expiry', 'execute record_expiry',
  'execute record_purge', 'execute release_store', 'execute postpone_expiry', 'execute judge_quotas', 'execute claim_tidy', 'execute tidy_users',
  'execute note_unknown', 'execute tidy_decided', 'execute tidy_moving', 'execute tidy_moved', 'execute tidy_empty', 'execute record_tidy'],
  'L6: keeper has its functions, and no table');
select is_empty($$select m.roleid::regrole, m.member::regrole from pg_auth_members m
  where m.member::regrole::text ~ '^emailgency_(replicator|policyd|milter|notifier|tracker|keeper|daemon|dovecot)$'$$, 'L6: no daemon''s role has another''s rights');
select is_empty($$select rolname from pg_roles where rolname ~ '^emailgency_' and (rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls)$$,
  'L6: none is more than a login');

-- The statements work with these rights.
insert into domain (name, plan) values ('l6.example', 'basic');
insert into mailbox (address) values ('u@l6.example');
select set_eq(format('select ask(''emailgency_replicator'', %L)', 'select name::text from domain'), 'select name::text from domain', 'L6: the replicator sees all domains');
select is((select count(*) from ask('emailgency_replicator', 'select address::text from mailbox')), (select count(*) from mailbox), 'L6: and all mailboxes');
select lives_ok(format('select act(%L, %L)', role, statement), 'L6: ' || role || ' may: ' || statement)
from (values
  ('emailgency_replicator', 'select count(*) from setting, plan, domain_alias, alias, whitelist, dnsbl, directory_change, directory_state, schema_migration'),
  ('emailgency_replicator', 'select system_identifier from pg_control_system()'),
  ('emailgency_replicator', 'select prune_directory_change()'),
  ('emailgency_replicator', 'listen emailgency_directory'),
  ('emailgency_policyd', $$insert into greylist (client, sender, recipient) values ('c', 's', 'r') on conflict (client, sender, recipient) do update set passed_at = now()$$),
  ('emailgency_policyd', $$select from greylist_client where client = 'c' for no key update skip locked$$),
  ('emailgency_policyd', $$insert into greylist_client (client) values ('c') on conflict (client) do update set passes = greylist_client.passes + 1$$),
  ('emailgency_policyd', 'select expire_greylist(1000)'),
  ('emailgency_policyd', $$select record_activity('n', 1, '{}', '{}', '{}', '{}')$$),
  ('emailgency_policyd', $$select * from record_outbound('n', 3, '{u@l6.example}', '{l6.example}', '{3600}', '{1}', '{1}', '{0}')$$),
  ('emailgency_policyd', 'select judge_sending()'), ('emailgency_notifier', 'select search_held(10)'),
  ('emailgency_notifier', $$select * from claim_held('n', 10, 60)$$), ('emailgency_notifier', $$select record_held('n', '{1}', '{held}', '{}')$$),
  ('emailgency_milter', $$select record_activity('n', 2, '{}', '{}', '{}', '{}')$$),
  ('emailgency_notifier', $$select report_best_mx('n', '{l6.example}', '{mx.example}')$$),
  ('emailgency_keeper', $$select claim_expiry(1, 'n', 10, 600)$$), ('emailgency_keeper', $$select claim_tidy(1, 'n', 600)$$),
  ('emailgency_keeper', 'select judge_quotas(10)'), ('emailgency_keeper', 'listen emailgency_keeper')
) as t (role, statement);
select throws_ok(format('select act(%L, %L)', role, statement), '42501', null, 'L6: ' || role || ' may not: ' || statement)
from (values
  ('emailgency_replicator', 'select password from mailbox'), ('emailgency_replicator', 'update domain set stealth = true'),
  ('emailgency_replicator', 'select * from greylist'), ('emailgency_replicator', 'select confirm_reload()'), ('emailgency_replicator', 'delete from directory_change'),
  ('emailgency_policyd', 'select name from domain'), ('emailgency_policyd', 'select address from mailbox'), ('emailgency_policyd', 'delete from greylist'),
  ('emailgency_policyd', 'truncate greylist'), ('emailgency_policyd', 'select prune_directory_change()'), ('emailgency_policyd', $$select report_best_mx('n', '{}', '{}')$$),
  ('emailgency_milter', 'select client from greylist'), ('emailgency_milter', 'select value from setting'), ('emailgency_milter', 'select address from mailbox'),
  ('emailgency_milter', 'select * from activity'), ('emailgency_milter', $$select dovecot_passdb('u@l6.example')$$),
  ('emailgency_keeper', 'select address from mailbox'), ('emailgency_keeper', 'delete from mailbox_usage'), ('emailgency_keeper', $$select promote('u@l6.example')$$),
  ('emailgency_notifier', 'select name from domain'), ('emailgency_notifier', 'select * from domain_problem'),
  ('emailgency_notifier', $$select record_activity('n', 3, '{}', '{}', '{}', '{}')$$),
  ('emailgency_tracker', 'select * from message'), ('emailgency_tracker', 'select name from domain')
) as t (role, statement);

-- Nobody's lock holds a log-in, whichever way Dovecot connects.
select set_eq($$select unnest(rolconfig) from pg_roles where rolname = 'emailgency_dovecot'$$,
  array['search_path=emailgency, public', 'lock_timeout=250ms', 'statement_timeout=1s'], 'M6: a log-in waits for no lock');
select set_eq($$select distinct unnest(rolconfig) from pg_roles where rolname ~ '^emailgency_(replicator|policyd|milter|notifier|tracker|keeper)$'$$,
  array['search_path=emailgency, public'], 'L6: every daemon''s role finds the schema');

select * from finish();
rollback;
