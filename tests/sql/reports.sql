-- Monthly reports: which are planned, one per domain and month, shared by two nodes, each failing alone. A transaction has one time,
-- so rows are set back instead of waiting.
begin;
select no_plan();

insert into domain (name, plan, time_zone, language) values ('a.example', 'premium', 'Europe/Zurich', 'fr'), ('b.example', 'basic', 'UTC', 'en'),
  ('c.example', 'basic', 'UTC', 'en');
insert into contact (domain, kind, address, monthly_report) values ('a.example', 'mail', 'ann@out.example', true), ('a.example', 'mail', 'al@out.example', true),
  ('a.example', 'mail', 'no@out.example', false), ('a.example', 'sms', '+41791234567', true), ('b.example', 'mail', 'bob@out.example', true);

-- Planning.
create view planned as select domain || ' ' || month as row from report;
create function this_month(ago integer) returns date language sql as $$ select (date_trunc('month', now() at time zone 'UTC') - make_interval(months => ago))::date $$;
select is(plan_reports(), (select count(*) from domain), 'a row per domain');
select is(plan_reports(), 0::bigint, 'once');
select is((select count(*) from report where domain = 'b.example' and month = this_month(0)), 1::bigint, 'of this month: a new domain has no report of the last one');
select is_empty($$select * from claim_reports('n', 100, 60)$$, 'which has not ended');
update report set month = this_month(3), due_at = now() where domain = 'b.example';
update report set month = this_month(20), due_at = now(), made_at = now() where domain = 'c.example';
select is(plan_reports(), 3::bigint + 12, 'after months without a node those that were missed follow, twelve at most');
select set_eq($$select month from report where domain = 'b.example'$$, $$select this_month(n) from generate_series(0, 3) as n$$, 'each once');
select throws_like($$insert into report (domain, month) values ('a.example', '2026-11-02')$$, 'month 2026-11-02 of a report is not the first day%', 'a month has a first day');
select is(report_due('2026-10-01', 'Europe/Zurich'), '2026-11-01 01:00+00'::timestamptz, 'east of Greenwich the day in UTC ends last');
select is(report_due('2026-11-01', 'America/New_York'), '2026-12-01 06:00+00'::timestamptz, 'west of it the day of the domain does');

-- Two nodes.
delete from report;
insert into report (domain, month, planned_at) values ('a.example', '2026-10-01', '2026-01-01'), ('b.example', '2026-10-01', '2026-01-01'), ('c.example', '2026-10-01', '2026-01-01');
create temporary table first_claim as select * from claim_reports('n', 2, 60);
create temporary table second_claim as select * from claim_reports('m', 100, 60);
select is((select count(*) from first_claim), 2::bigint, 'a node claims some');
select is((select count(*) from second_claim), 1::bigint, 'another the rest');
select is_empty($$select domain from first_claim intersect select domain from second_claim$$, 'none twice');
create temporary table claim as select 'n' as node, * from first_claim union all select 'm', * from second_claim;
select is((select recipients from claim where domain = 'a.example'), '{al@out.example,ann@out.example}'::text[], 'its contacts by mail that want it');
select is((select figures from claim where domain = 'c.example'), null, 'no contact, no figures');

create function finish(node text, of_domain text, problem text) returns bigint language sql as $$
  select count(*) from claim c cross join lateral (
      select array_agg(1) as parts, array_agg(r.address order by r.n) as addresses, array_agg('head' || r.n || ' ' order by r.n) as heads
      from unnest(c.recipients) with ordinality as r (address, n)) as m
    cross join lateral finish_reports(finish.node, array[c.domain], '{2026-10-01}', array[problem], '{body}', m.parts, m.addresses, m.heads)
  where c.domain = of_domain $$;
select is(finish('x', 'a.example', ''), 0::bigint, 'a node without the lease');
select is_empty('select * from outbox', 'writes nothing');
select finish(node, domain, '') from claim where domain in ('a.example', 'c.example');
select set_eq($$select address, detail, transition, channel from outbox$$, $$values ('al@out.example', 'head1 body', 'report', 'mail'),
  ('ann@out.example', 'head2 body', 'report', 'mail')$$, 'a message per contact');
select is((select mails from report where domain = 'a.example'), 2, 'counted');
select isnt((select made_at from report where domain = 'c.example'), null, 'a report without contacts is done');
select ok(bool_and(due_at between now() and now() + interval '6 hours'), 'spread over report_hours') from outbox;
select finish(node, domain, '') from claim where domain = 'a.example';
select is((select count(*) from outbox), 2::bigint, 'finished again it writes no more');
select is_empty($$select * from claim_reports('n', 100, 60) where domain <> 'b.example'$$, 'and is not claimed again');
update report set made_at = null where domain = 'a.example';
select is((select count(*) from claim_reports('n', 100, 60)), 1::bigint, 'if its row were lost');
select finish('n', 'a.example', '');
select is((select count(*) from outbox), 2::bigint, 'the messages would still be there once');

-- One fails.
select is((select finish(node, domain, 'too long') from claim where domain = 'b.example'), 1::bigint, 'a failure is handed back');
select is((select last_error from report where domain = 'b.example'), 'too long', 'and noted');
select is_empty($$select * from claim_reports('n', 100, 60)$$, 'the next attempt is later');
update report set due_at = now(), attempts = 4 where domain = 'b.example';
select claim_reports('n', 100, 60);
select finish('n', 'b.example', 'too long');
select isnt((select failed_at from report where domain = 'b.example'), null, 'the fifth is the last');
update report set failed_at = null, attempts = 5, due_at = now() where domain = 'b.example';
select is((select error from claim_reports('n', 100, 60)), 'it ended the program that makes it', 'as is one after which nobody reported');
update report set made_at = null, failed_at = null, attempts = 0, due_at = now(), lease_until = '-infinity';
update domain set time_zone = 'UTC';
alter table mailbox_usage rename to mailbox_usage_away;
select is((select count(*) from claim_reports('n', 100, 60) where error like '%mailbox_usage%'), 2::bigint, 'figures that cannot be had are the error of their report');
alter table mailbox_usage_away rename to mailbox_usage;
update report set lease_until = '-infinity', due_at = now();
delete from outbox;
create temporary table both_claim as select domain, recipients from claim_reports('n', 100, 60) where domain <> 'c.example';
select is((select string_agg(domain, ' ') from finish_reports('n', '{a.example,b.example}', '{2026-10-01,2026-10-01}', '{"",""}', array[null, 'body'], '{1,2}',
  '{ann@out.example,bob@out.example}', '{head,head}')), 'a.example', 'a report that the database refuses');
select set_eq('select address from outbox', array['bob@out.example'], 'does not stop the next');

-- The fate of the messages.
update outbox set due_at = now() - interval '1 second';
update contact set monthly_report = false where domain = 'b.example';
select is_empty($$select * from claim_outbox('n', '{mail}', 10, 60)$$, 'a contact without monthly_report gets none');
select is((select last_error from outbox), 'the contact receives no reports any more', 'and why');
select is(expire_reports(100), 1::bigint, 'the text goes');
select is((select detail from outbox), '', 'and the row remains');
select ok(unsubscribe_report('a.example', 'ann@out.example'), 'unsubscribed');
select ok(not (select monthly_report from contact where address = 'ann@out.example'), 'the contact is');
select ok(not unsubscribe_report('a.example', 'nobody@out.example'), 'an unknown one is not');

-- A copy for the admin that asks: the notifier sends it while the account may see the domain. There is no contact of its address.
insert into account (login) values ('alice@firm.example');
insert into domain_admin values ('alice@firm.example', 'a.example');
create function sent_copy(login text, name text) returns text
language plpgsql as $$
begin
  delete from console_session;
  perform session_open(sha256('s'), login, 'admin', '192.0.2.1', 'test');
  perform set_config('emailgency.session', 's', true);
  set local session authorization emailgency_console;
  set local role emailgency_domain_admin;
  begin
    perform send_report_copy(name, '2026-10-01', E'Subject: x\n\ny\n');
  exception when others then
    reset session authorization;
    return sqlerrm;
  end;
  reset session authorization;
  return (select string_agg(address || ' ' || domain || ' ' || transition, ', ') from outbox where kind = 'report_copy');
end
$$;
select is(sent_copy('alice@firm.example', 'a.example'), 'alice@firm.example a.example report', 'a copy to the account');
select matches(sent_copy('alice@firm.example', 'b.example'), '^domain "b.example" does not exist', 'not of another customer''s domain');
select is(outbox_obstacle(o), null, 'it is sent') from outbox o where o.kind = 'report_copy';
update account set disabled = true where login = 'alice@firm.example';
select is(outbox_obstacle(o), 'the account has no right to the domain any more', 'not to an account that was disabled') from outbox o where o.kind = 'report_copy';
update account set disabled = false where login = 'alice@firm.example';
delete from domain_admin where login = 'alice@firm.example';
select is(outbox_obstacle(o), 'the account has no right to the domain any more', 'nor after its grant ended') from outbox o where o.kind = 'report_copy';
select throws_ok($$select send_report_copy('a.example', '2026-10-01', 'x')$$, '42501', null, 'an SQL log-in has no address');
update outbox set sent_at = now() where kind = 'report_copy';
select is(expire_reports(100), 1::bigint, 'its text goes once it is sent');
delete from outbox where kind = 'report_copy';

-- Figures.
insert into activity values ('a.example', '2026-10-31', 'accepted_messages', 5), ('a.example', '2026-10-02', 'accepted_messages', 6), ('a.example', '2026-09-30', 'accepted_messages', 7),
  ('a.example', '2026-11-01', 'accepted_messages', 100), ('a.example', '2026-10-05', 'delay_max', 50), ('a.example', '2026-10-06', 'delay_max', 70),
  ('a.example', '2026-10-06', 'outgoing_messages:u@a.example', 1), ('a.example', '2026-10-30', 'blacklisted', 2), ('b.example', '2026-10-12', 'delivered', 1);
select is(report_counters('a.example', '2026-10-01') -> 'numbers', '{"accepted_messages": [11, 7], "delay_max": [70, null], "blacklisted": [2, null]}', 'sums of the month and of the one before; no zero for what nobody counted');
select is(report_counters('a.example', '2026-10-01') -> 'weeks', '[[1, 7, 6, null], [29, 31, 5, 2]]', 'weeks, the last one short');
select is(report_since('a.example', '2026-10-01'), null, 'a domain with older counts has the whole month');
select is(report_since('b.example', '2026-10-01'), null, 'as has one with an older row');
update report set planned_at = '2026-10-14' where domain = 'b.example';
select is(report_since('b.example', '2026-10-01'), '2026-10-12'::date, 'a new one begins with its first count');
update domain set time_zone = 'Europe/Zurich' where name = 'a.example';
insert into incident (domain, kind, opened_at, closed_at) values
  ('a.example', 'server', '2026-09-30 21:30+00', '2026-09-30 23:00+00'), -- an hour of it after midnight in Zurich
  ('a.example', 'server', '2026-10-25 00:30+00', '2026-10-25 01:30+00'), -- from 02:30 to 02:30 local time: the clock goes back
  ('a.example', 'server', '2026-10-31 22:50+00', null), ('a.example', 'unstable', '2026-10-10 00:00+00', '2026-10-10 05:00+00'),
  ('a.example', 'server', '2026-10-31 23:30+00', '2026-10-31 23:40+00') on conflict do nothing;
select is(report_outages('a.example', 'Europe/Zurich', '2026-10-01') - 'longest', '{"count": 4, "minutes": 130}', 'outages within the month of the time zone, 60 + 60 + 10 minutes');
select is(report_outages('a.example', 'Europe/Zurich', '2026-10-01') #>> '{longest,2}', '["server", "2026-10-25 02:30", "2026-10-25 02:30", 60]', 'an hour is an hour when the clock goes back');
insert into mailbox (address, quota, expiry_days) values ('full@a.example', 1000, null), ('half@a.example', 1000, 30), ('none@a.example', 0, null);
update mailbox set expiry_days_effective = 10 where address = 'half@a.example';
insert into mailbox_usage (address, domain, bytes) values ('full@a.example', 'a.example', 960), ('half@a.example', 'a.example', 500), ('none@a.example', 'a.example', 5);
select is(report_mailboxes('a.example'), '{"count": 1, "fullest": [["full@a.example", 960, 1000]]}', 'mailboxes near their quota');
select is(report_expiry('a.example'), '{"count": 1, "shortest": [["half@a.example", 10, 30]]}', 'mail kept for a shorter time');
select is(report_open('a.example', 'Europe/Zurich'), '[["server", "", "2026-10-31 23:50"]]', 'what is open');
select is(report_figures('none.example', '2026-10-01'), null, 'no domain, no figures');

-- Rights.
create role reporting_admin login in role emailgency_domain_admin;
insert into domain_admin values ('reporting_admin', 'a.example');
select is((select ask('reporting_admin', $$select report_preview('a.example', '2026-10-17') ->> 'month'$$)), '2026-10', 'a domain admin previews the own report');
select throws_ok($$select act('reporting_admin', $q$select report_preview('b.example', '2026-10-01')$q$)$$, null, null, 'and no other');
select throws_ok($$select act('reporting_admin', $q$select report_figures('b.example', '2026-10-01')$q$)$$, '42501', null, 'nor by the inner function');

select * from finish();
rollback;
