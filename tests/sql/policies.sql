-- Row-level security by plan: a domain admin's look at a table reads the granted rows by an index, however many others there are.
begin;
select no_plan();

create role emg_alice login in role emailgency_domain_admin;
insert into domain (name, plan) values ('a.example', 'basic'), ('b.example', 'basic');
insert into domain_admin values ('emg_alice', 'a.example'), ('emg_alice', 'b.example');
insert into mailbox (address) values ('u@a.example'), ('u@b.example'), ('v@b.example');

-- Rows of other customers, without the triggers, which would take a minute.
set local session_replication_role = replica;
create temporary table other as select format('d%s.example', n) collate "C" as name, n from generate_series(1, 3000) as n;
insert into domain (name, plan) select name, 'basic' from other;
insert into domain_alias (name, domain) select 'alias.' || name, name from other;
insert into served_domain (name, role, domain) select name, 'domain', name from other;
insert into mailbox (address, domain) select format('u%s@%s', m, name), name from other, generate_series(1, 7) as m;
insert into alias (address, target, domain) select format('i%s@%s', m, name), 'x@x.example', name from other, generate_series(1, 3) as m;
insert into whitelist (domain, entry) select name, format('w%s.example', m) from other, generate_series(1, 3) as m;
insert into contact (domain, kind, address) select name, 'mail', 'x@x.example' from other;
insert into activity (domain, day, metric) select name, '2026-01-01'::date + m, 'rejected' from other, generate_series(1, 3) as m;
insert into mailbox_usage (address, domain) select address, domain from mailbox;
insert into incident (domain, kind) select name, 'server' from other;
insert into queue_sample (node, domain, messages) select format('n%s', m), name, 1 from other, generate_series(1, 3) as m;
insert into flush_request (domain, done_at) select name, now() from other, generate_series(1, 3) as m;
insert into tidy_request (domain, done_at) select name, now() from other, generate_series(1, 3) as m;
insert into unknown_address (domain, address, sender) select name, format('u%s@%s', m, name), 'x' from other, generate_series(1, 3) as m;
insert into domain_tidy (domain) select name from other;
insert into mailbox_trash (address, domain, mailbox) select 't@' || name, name, '{}' from other;
insert into audit (login, domain, kind) select 'x', name, 'mailbox' from other, generate_series(1, 3) as m;
insert into domain_problem (domain, problem, node) select name, 'best-mx', 'n' from other;
insert into best_mx (domain, host) select name, 'mx.example' from other;
insert into outbound_count (name, domain, hour, hour_messages, hour_recipients, day, day_messages, day_recipients, day_refused)
  select format('u%s@%s', m, name), name, now(), 1, 1, now(), 1, 1, 0 from other, generate_series(1, 3) as m;
insert into outbound_bounce (node, name, domain, day, recipients) select 'n', format('u%s@%s', m, name), name, now(), 1 from other, generate_series(1, 3) as m;
insert into held_message (node, queue_id, login, domain, queued_at) select 'n', format('Q%s%s', m, name), 'x', name, now() from other, generate_series(1, 3) as m;
insert into outbox (dedup_key, domain, kind, transition, channel, address) select 'k' || name || m, name, '', 'test', 'mail', 'x' from other, generate_series(1, 3) as m;
insert into probe (domain) select name from other;
insert into probe_request (domain, requested_by) select name, 'x' from other;
insert into round_trip (domain, due_at) select name, now() from other;
insert into domain_alias_request (name, domain, token, requested_by) select 'x.' || name, name, repeat('0', 32), 'x' from other;
insert into message (id, node, time, domains) select n * 100 + m, 'n', now(), array[name] from other, generate_series(1, 10) as m;
insert into message_event (message, node, id, time, message_time, kind, domain) select n * 10 + m, 'n', 1, now(), now(), 'stored', name from other, generate_series(1, 3) as m;
set local session_replication_role = origin;
analyze domain, domain_alias, served_domain, mailbox, alias, whitelist, contact, activity, mailbox_usage, incident, queue_sample,
  flush_request, tidy_request, unknown_address, domain_tidy, mailbox_trash, audit, domain_problem, best_mx, message, message_event, outbound_count, outbound_bounce, held_message,
  outbox, probe, probe_request, round_trip, domain_alias_request;

create view guarded as
select tablename::text as name, (select string_agg(format('%I', attname), ', ') from pg_attribute
  where attrelid = tablename::regclass and attnum > 0 and not attisdropped and has_column_privilege('emg_alice', attrelid, attnum, 'select')) as columns
from pg_policies where schemaname = 'emailgency' and policyname = 'of_admin';

select bag_eq('select name from guarded', $$select tablename::text from pg_policies where schemaname = 'emailgency' and 'emailgency_domain_admin' = any (roles)
  and tablename <> 'domain_admin' and permissive = 'PERMISSIVE'$$, 'every policy of domain admins is looked at here');
select cmp_ok((select count(*) from guarded), '>=', 15::bigint, 'and there are some');
select is_empty(format($$select plan from ask('emg_alice', 'explain select %s from %I') as plan where plan ~ 'Seq Scan on %s( |$)'$$, columns, name, name),
  'no sequential scan of ' || name) from guarded;
select isnt_empty(format($$select plan from ask('emg_alice', 'explain select %s from %I') as plan
  where exists (select from pg_indexes where tablename in (select %L union all select inhrelid::regclass::text from pg_inherits where inhparent = %L::regclass)
    and plan ~ ('Index (Only )?Scan .*\m' || indexname || '\M'))$$, columns, name, name, name),
  'an index is used for ' || name) from guarded;
select is_empty($$select plan from ask('emg_alice', 'explain update mailbox set vip = true') as plan where plan ~ 'Seq Scan on mailbox'$$, 'nor for an update');
select results_eq($$select ask('emg_alice', 'select address::text from mailbox order by 1')$$, array['u@a.example', 'u@b.example', 'v@b.example'], 'the granted rows are read');
select is_empty($$select tablename from pg_policies where schemaname = 'emailgency' and qual ~ ' IN '$$, 'no policy has the form that reads whole tables');

select * from finish();
rollback;
