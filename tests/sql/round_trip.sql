-- Round trips of probe mail: whose, when, one at a time; what arrives, late, twice, never; the incidents that follow.
begin;
select no_plan();

insert into domain (name, plan, monitoring) values ('a.example', 'basic', 'active'), ('b.example', 'basic', 'active'), ('c.example', 'basic', 'simple');
insert into domain_alias (name, domain) values ('alias.example', 'a.example');
insert into contact (domain, kind, address) values ('a.example', 'mail', 'op@out.example');

-- The addresses that probe mail may go to.
select throws_like(format('update domain set probe_address = %L where name = ''a.example''', address), message, address)
from (values
  ('probe@victim.example', 'probe_address "probe@victim.example" is not at "a.example" or one of its other names: %probe@a.example%'),
  ('probe@b.example', '%is not at "a.example"%'),
  ('probe@sub.a.example', '%is not at "a.example"%'),
  ('probe-of-the-first-server+{token}@a.example', '%no room for a token of 47 characters%'),
  ('{token}{token}@a.example', '%no room for a token%')) as t (address, message);
select lives_ok(format('update domain set probe_address = %L where name = ''a.example''', address), address)
from unnest(array['probe@alias.example', 'probe@' || (select alternate_name from domain where name = 'a.example'), 'Probe+{token}@a.example']) as address;
select throws_like($$insert into domain (name, plan, probe_address) values ('d.example', 'basic', 'p@a.example')$$, '%is not at "d.example"%', 'a new domain');
select is((select probe_address from domain where name = 'a.example'), 'probe+{token}@a.example', 'case is folded');
update domain set name = 'a2.example' where name = 'a.example';
select is((select probe_address from domain where name = 'a2.example'), 'probe+{token}@a2.example', 'it follows the name of the domain');
update domain set name = 'a.example' where name = 'a2.example';
update domain set probe_address = 'probe@' || name where name < 'c';

-- The address that it comes back to.
select throws_like(format('update setting set value = %L where name = ''round_trip_address''', address), message, address)
from (values ('rt', '%must match%'), ('rt+x@probe.example', '%must match%'), ('a-long-local-part@probe.example', '%must match%'), ('rt@-.example', 'setting round_trip_address: %'),
  ('rt@a.example', '%"a.example", which is a name of the customer''s domain "a.example"%'), ('rt@alias.example', '%domain "a.example"%')) as t (address, message);
select plan_round_trips(100);
select is_empty('select * from round_trip', 'without an address nothing goes round');
update setting set value = 'rt@Probe.example' where name = 'round_trip_address';
select throws_like($$insert into domain (name, plan) values ('probe.example', 'basic')$$, '%is that of setting round_trip_address%', 'no customer can have its domain');
select throws_like($$insert into domain_alias (name, domain) values ('probe.example', 'a.example')$$, '%is that of setting round_trip_address%', 'nor as an alias');

-- Whose, and when.
select plan_round_trips(1);
select plan_round_trips(100);
select set_eq('select domain::text from round_trip', array['a.example', 'b.example'], 'monitoring = active and an address');
select ok(bool_and(due_at between now() and now() + interval '300 seconds'), 'spread over an interval') from round_trip;
update round_trip set due_at = now();
select is_empty($$select * from claim_round_trips('n', 10, 60)$$, 'not before the server was seen to take mail');
insert into probe (domain, state, results, checks, checked_at) values ('a.example', 'up', b'01', array[now(), now()], now()), ('b.example', 'up', b'10', array[now(), now()], now());
select results_eq($$select domain::text, sequence, sent, recipient from claim_round_trips('n', 10, 60)$$,
  $$values ('a.example', 1, extract(epoch from now())::bigint, 'probe@a.example')$$, 'nor while it does not');
select is_empty($$select * from claim_round_trips('m', 10, 60)$$, 'one at a time');
update round_trip set lease_until = now() - interval '1 second';
select is((select sequence from claim_round_trips('m', 10, 60)), 2, 'a node that died before it sent is taken over from');
select ok(not record_round_trip_sent('n', 'a.example', 1, ''), 'and does not count any more');
select ok(record_round_trip_sent('m', 'a.example', 2, ''), 'the other has sent it');
update round_trip set due_at = now();
select is_empty($$select * from claim_round_trips('n', 10, 60)$$, 'while it is pending no other is sent');

create function arrive(sequence integer) returns text language sql as $$
  select outcome from record_round_trip_arrival((select id from round_trip where domain = 'a.example'), arrive.sequence) $$;
create function go(minutes integer default 0) returns text language plpgsql as $$
begin
  update round_trip set due_at = now() where domain = 'a.example';
  perform record_round_trip_sent('n', c.domain, c.sequence, '') from claim_round_trips('n', 10, 60) c;
  update round_trip set sent_at = now() - make_interval(mins => go.minutes), due_at = now() + interval '1 day' where domain = 'a.example';
  return (select state from round_trip where domain = 'a.example');
end $$;
create view open_kinds as select domain, kind, subject from incident where closed_at is null;

-- It comes back.
select is(arrive(1), 'expired', 'the one that was never sent, or before');
select is(arrive(3), 'expired', 'one of the future');
select is((select outcome from record_round_trip_arrival(-1, 1)), 'unknown', 'of another domain');
select is(arrive(2), 'arrived', 'the pending one');
select is(arrive(2), 'repeated', 'has no effect twice');
select results_eq($$select state, arrived, losses, late from round_trip where domain = 'a.example'$$, $$values ('idle', 2, 0, 0)$$, 'as is noted');
select ok(due_at between sent_at + interval '270 seconds' and sent_at + interval '330 seconds', 'the next after an interval, with jitter') from round_trip where domain = 'a.example';

-- Before the node has said that it is sent.
update round_trip set due_at = now();
select is((select sequence from claim_round_trips('n', 10, 60)), 3, 'claimed');
select is(arrive(3), 'arrived', 'it may be back already');
select ok(not record_round_trip_sent('n', 'a.example', 3, ''), 'which stays so');
select is((select state from round_trip where domain = 'a.example'), 'idle', 'and is over');

-- Not sent is not lost.
update round_trip set due_at = now();
select is((select sequence from claim_round_trips('n', 10, 60)), 4, 'claimed');
select ok(record_round_trip_sent('n', 'a.example', 4, 'no disk'), 'a node that could not send');
select results_eq($$select state, losses, reply, due_at - now() from round_trip where domain = 'a.example'$$, $$values ('idle', 0, 'no disk', interval '1 minute')$$, 'tries again');

-- Late is not lost.
select go(2);
select is_empty('select * from expire_round_trips(10)', 'two minutes are no loss');
select is(arrive(5), 'late', 'but late');
select results_eq($$select late, losses from round_trip where domain = 'a.example'$$, $$values (1, 0)$$, 'which is counted apart');
select go();
select is(arrive(6), 'arrived', 'in time again');
select is((select late from round_trip where domain = 'a.example'), 0, 'ends the count');

-- Losses.
select go(6);
select is((select domain || ' ' || losses from expire_round_trips(10)), 'a.example 1', 'a loss');
select ok(not judge_round_trips(10), 'one loss');
select is_empty('select * from open_kinds', 'is no incident');
select ok(due_at < now() + interval '31 seconds', 'the next probe follows soon') from round_trip where domain = 'a.example';
select is(arrive(7), 'expired', 'it comes back after all, which is no recovery');
select is((select losses from round_trip where domain = 'a.example'), 1, 'and the loss stays');
select go(6);
select ok(record_round_trip_return((select id from round_trip where domain = 'a.example'), 8), 'a bounce');
select is((select state from round_trip where domain = 'a.example'), 'sent', 'the probe may still come');
select is((select losses from expire_round_trips(10)), 2, 'two in a row');
select judge_round_trips(10);
select set_eq('select domain::text, kind, subject from open_kinds', $$values ('a.example', 'round_trip', '')$$, 'are an incident');
select is((select detail from incident), '2 probe mails to probe@a.example in a row did not come back within 300 seconds; it came back to its sender: undeliverable, or answered automatically', 'with its story');
select set_eq('select kind, transition, address::text from outbox', $$values ('round_trip', 'opened', 'op@out.example')$$, 'with its message');
select judge_round_trips(10);
select is((select count(*) from incident), 1::bigint, 'once');
select mark_outbox('n', c.id, 'sent', '', 0) from claim_outbox('n', '{mail}', 100, 60) c;
select ok(bool_and((select extract(epoch from round_trip_pause(losses)) between 270 * factor and 330 * factor)), 'after losses it takes its time')
from (values (2, 1), (3, 2), (4, 4), (5, 8), (6, 12), (1000, 12)) as t (losses, factor), generate_series(1, 20);
select go();
select is(arrive((select sequence from round_trip where domain = 'a.example')), 'arrived', 'the redirect is repaired');
select is_empty('select * from open_kinds', 'the end');
select is((select count(*) from outbox where transition = 'closed'), 1::bigint, 'with its message, too');

-- A server that is down has its own incident.
update round_trip set losses = 2 where domain = 'a.example';
update probe set state = 'down' where domain = 'a.example';
select judge_round_trips(10);
select is_empty('select * from open_kinds', 'a server that is down has its own incident');
update probe set state = 'up' where domain = 'a.example';

-- All at once.
insert into domain (name, plan, monitoring, probe_address) select format('d%s.example', n), 'basic', 'active', format('p@d%s.example', n) from generate_series(1, 10) n;
select plan_round_trips(100);
update round_trip set losses = 2;
select ok(judge_round_trips(100), 'very many losses at once');
select set_eq('select coalesce(domain, '''')::text, kind, subject from open_kinds', $$values ('', 'self', 'round_trip')$$, 'are the operator''s incident');
update round_trip set losses = 0, arrived_at = now() where domain <> 'a.example';
select ok(not judge_round_trips(100), 'they come back');
select set_eq('select domain::text, kind, subject from open_kinds', $$values ('a.example', 'round_trip', '')$$, 'what is left is the customer''s');

-- No longer.
update domain set probe_address = null where name = 'a.example';
select plan_round_trips(100);
select is((select count(*) from round_trip where domain = 'a.example'), 0::bigint, 'no address, no probes');
select is_empty('select * from open_kinds', 'and no incident');
update setting set value = '' where name = 'round_trip_address';
select plan_round_trips(100);
select is_empty('select * from round_trip', 'nor without the round-trip address');

select * from finish();
rollback;
