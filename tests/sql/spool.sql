-- Findings from the time in which the database was away: real times, once, and after what others found.
begin;
select no_plan();

insert into domain (name, plan, monitoring) values ('a.example', 'basic', 'simple'), ('b.example', 'basic', 'simple'), ('c.example', 'basic', 'simple');
insert into contact (domain, kind, address) select name, 'mail', 'op@out.example' from domain;
select plan_probes(100);
create function ago(minutes numeric) returns bigint language sql stable as 'select extract(epoch from now())::bigint - (minutes * 60)::bigint';
create function at(minutes numeric) returns timestamptz language sql stable as 'select to_timestamp(ago(minutes))';
update probe set state = 'up', since = at(600), results = b'11', checks = array[at(61), at(60)], checked_at = at(60), lease_until = now() + interval '1 minute', lease_node = 'm';
create view open_kinds as select kind from incident where domain = 'a.example' and closed_at is null;

-- An outage that began and ended meanwhile.
create function went() returns boolean language sql as
  $$select replay_probe('a.example', array['down', 'up'], array[ago(50), ago(20)], array['no reply', 'takes mail'], '0111', array[ago(23), ago(22), ago(21), ago(20)])$$;
select ok(went(), 'a change and another one');
select results_eq($$select kind, opened_at, closed_at, detail from incident$$, $$values ('server', at(50), at(20), 'no reply')$$, 'are an incident with its real times');
select is_empty($$select * from outbox where dropped_at is null$$, 'of which nobody is alerted any more');
select results_eq($$select state, since, results::text, checks, reply from probe where domain = 'a.example'$$,
  $$values ('up', at(20), '0111', array[at(23), at(22), at(21), at(20)], 'takes mail')$$, 'and the state of the server');
select is((select lease_until from probe where domain = 'a.example'), '-infinity', 'the lease of a node that judges by the state before ends');
select ok(went(), 'sent again');
select is((select count(*) from incident), 1::bigint, 'it changes nothing');

-- One that lasts.
select ok(replay_probe('a.example', array['down'], array[ago(10)], array['no reply'], '000', array[ago(12), ago(11), ago(10)]), 'a server that is down');
select results_eq($$select opened_at, closed_at from incident where closed_at is null$$, $$values (at(10), null::timestamptz)$$, 'is an open incident');
select is((select count(*) from outbox where dropped_at is null and sent_at is null), 1::bigint, 'of which the contact is alerted');
select ok(replay_probe('a.example', array['down'], array[ago(10)], array['no reply'], '000', array[ago(12), ago(11), ago(10)]), 'again');
select is((select count(*) from outbox where dropped_at is null), 1::bigint, 'once');

-- Two probes of another node that was there earlier.
update probe set results = b'1101', checks = array[at(61), at(60), at(2), at(1)], checked_at = at(1) where domain = 'b.example';
select ok(replay_probe('b.example', array['down'], array[ago(30)], array['no reply'], '0000', array[ago(33), ago(32), ago(31), ago(30)]), 'changes before those');
select results_eq($$select state, results::text, cardinality(checks), checked_at from probe where domain = 'b.example'$$, $$values ('down', '000001', 6, at(1))$$, 'come before those');

-- The database was away for this node alone.
update probe set results = b'1111', checks = array[at(4), at(3), at(2), at(1)], checked_at = at(1) where domain = 'c.example';
select ok(replay_probe('c.example', array['down'], array[ago(5)], array['no reply'], '0000', array[ago(8), ago(7), ago(6), ago(5)]), 'a server that others watched');
select is_empty($$select * from incident where domain = 'c.example'$$, 'is judged by them');
select results_eq($$select state, results::text from probe where domain = 'c.example'$$, $$values ('up', '1111')$$, 'as it was');

-- Bounds.
select ok(replay_probe('none.example', array['down'], array[ago(5)], array[''], '0', array[ago(5)]), 'a domain that was deleted');
select ok(replay_probe('c.example', '{}', '{}', '{}', repeat('1', 21), array(select ago(22 - n) from generate_series(1, 21) n)), 'a full history');
select ok(replay_probe('a.example', '{}', '{}', '{}', '', '{}'), 'nothing');
select ok(replay_probe('b.example', array['up'], array[ago(-60)], array['takes mail'], '1', array[ago(-60)]), 'a time to come');
select ok(closed_at < now(), 'is none') from incident where domain = 'b.example';

-- Batches.
update probe set lease_node = 'n', lease_until = now() + interval '1 minute';
select is_empty($$select record_probes('n', array['a.example', 'none.example', 'b.example'], array['up', 'up', 'down'], array['111', '1', '00'],
  array[format('{%s,%s,%s}', ago(2), ago(1), ago(0)), '{1}', format('{%s,%s}', ago(1), ago(0))], array['ok', '', 'no'], 60)$$, 'a batch');
select set_eq($$select domain::text, state, reply from probe where domain <> 'c.example'$$, $$values ('a.example', 'up', 'ok'), ('b.example', 'down', 'no')$$, 'is stored');
select is((select since from probe where domain = 'a.example'), at(0), 'a state begins when it was seen');

-- Absences.
select record_absence('n', ago(30), ago(10), 'no answer');
select record_absence('n', ago(30), ago(10), 'no answer');
select results_eq($$select subject, opened_at, closed_at, detail from incident where kind = 'database'$$, $$values ('n', at(30), at(10), 'no answer')$$, 'an absence is noted once');

select * from finish();
rollback;
