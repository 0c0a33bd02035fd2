-- Probes, counts of queued mail and requests to deliver: leases of the nodes, and the incidents that follow.
begin;
select no_plan();

insert into domain (name, plan, monitoring, queue_alert_messages) values
  ('a.example', 'basic', 'simple', 10), ('b.example', 'basic', 'off', 10), ('c.example', 'basic', 'active', 10);
insert into contact (domain, kind, address) select name, 'mail', 'op@out.example' from domain;

-- The domains that are probed.
select plan_probes(100);
select set_eq('select domain::text from probe', array['a.example', 'c.example'], 'the domains that are monitored');
select ok(bool_and(due_at between now() and now() + interval '60 seconds'), 'spread over an interval') from probe;
select is_empty($$select * from claim_probes('n', 10, 30) where true$$, 'not before they are due') where (select min(due_at) from probe) > now();
update probe set due_at = now();
select is((select count(*) from claim_probes('n', 1, 30)), 1::bigint, 'so many at once');
select is((select count(*) from claim_probes('m', 10, 30)), 1::bigint, 'another node takes the rest');
select is_empty($$select * from claim_probes('n', 10, 30)$$, 'a lease keeps others away');
update probe set lease_until = now() - interval '1 second';
select is((select count(*) from claim_probes('n', 10, 30)), 2::bigint, 'until it ends');

-- Incidents that follow.
select ok(not record_probe('m', 'a.example', 'down', '0', array[1], '', 60), 'only the node with the lease says what it found');
create function go(state text) returns void language sql as $$
  update probe set lease_node = 'n', lease_until = now() + interval '30 seconds' where domain = 'a.example';
  select record_probe('n', 'a.example', go.state, '01', array[extract(epoch from now())::bigint - 60, extract(epoch from now())::bigint], 'the reply', 60);
$$;
create view open_kinds as select kind from incident where domain = 'a.example' and closed_at is null;
select go('up');
select is_empty('select * from open_kinds', 'a server that is up');
select is((select due_at from probe where domain = 'a.example'), now() + interval '60 seconds', 'is probed again');
select go('down');
select set_eq('select kind from open_kinds', array['server'], 'that went down');
select is((select detail from incident where domain = 'a.example'), 'the reply', 'with its reply');
select mark_outbox('n', c.id, 'sent', '', 0) from claim_outbox('n', '{mail}', 100, 60) c;
select go('unstable');
select set_eq('select kind from open_kinds', array['unstable'], 'that fails on and off');
select is_empty($$select * from outbox where transition = 'closed'$$, 'did not recover');
select go('down');
select set_eq('select kind from open_kinds', array['server'], 'and is down again');
select go('up');
select is_empty('select * from open_kinds', 'and up again');
select results_eq('select * from probe_totals()', 'values (1::bigint, 0::bigint, 1::bigint, 0::bigint)', 'the latest results of all');
update probe set results = b'10', checks = array[now(), now()];
update probe set checked_at = now();
select results_eq('select * from probe_totals()', 'values (2::bigint, 2::bigint, 2::bigint, 2::bigint)', 'count');
select record_servers('{a.example,c.example,gone.example}', '{192.0.2.7,192.0.2.7,192.0.2.7}');
select results_eq('select * from probe_totals()', 'values (2::bigint, 2::bigint, 1::bigint, 1::bigint)', 'domains on one address have one server');
update probe set results = b'11' where domain = 'c.example';
select results_eq('select * from probe_totals()', 'values (2::bigint, 1::bigint, 1::bigint, 0::bigint)', 'which fails if all of them do');
select go('down');
update domain set monitoring = 'off' where name = 'a.example';
select plan_probes(100);
select set_eq('select domain::text from probe', array['c.example'], 'a domain that is no longer monitored');
select is_empty('select * from open_kinds', 'has no incident');

-- Queues.
delete from incident;
delete from outbox;
create function queued(node text, late integer, messages integer default 100) returns void language sql as $$
  update queue_sample set taken_at = taken_at - interval '60 seconds';
  update incident set calm_since = calm_since - interval '60 seconds';
  select record_queue(queued.node, array['a.example'], array[queued.messages], array[queued.late], array[now() - interval '1 hour']);
$$;
select queued('n', 9);
select is_empty('select * from open_kinds', 'nine late messages');
select queued('m', 1);
select set_eq('select kind from open_kinds', array['queue'], 'ten, on two nodes');
select is((select detail from incident where kind = 'queue'), format('late messages: 10, the oldest of %s UTC', local_time(now() - interval '1 hour', 'UTC')), 'with the oldest');
select queued('n', 4);
select set_eq('select kind from open_kinds', array['queue'], 'five of ten are no recovery');
select queued('m', 0);
select set_eq('select kind from open_kinds', array['queue'], 'four, once');
select queued('n', 5);
select is((select calm_since from incident), null, 'and five again');
select queued('n', 4);
select queued('n', 3);
select is_empty('select * from open_kinds', 'four, twice in a row');
select queued('m', 0);
select results_eq($$select waiting, late from domain_queue('a.example')$$, $$values (200::bigint, 3::bigint)$$, 'the sum over the nodes');
select record_queue('n', '{}', '{}', '{}', '{}');
select is((select waiting from domain_queue('a.example')), 100::bigint, 'mail that has gone is counted no more');
update node set seen_at = now() - interval '10 minutes' where name = 'm';
select is((select waiting from domain_queue('a.example')), 0::bigint, 'nor that of a dead node');
update queue_sample set taken_at = taken_at - interval '8 days';
select record_queue('n', '{}', '{}', '{}', '{}');
select is_empty('select * from queue_sample', 'old counts are removed');

-- While this service is suspected, the mail that waits is its own fault.
delete from incident;
update node set seen_at = now();
select record_suspicion(true, '9 of 10 servers fail');
select queued('n', 50);
select is_empty('select * from open_kinds', 'mail waits while this service is suspected');
select record_suspicion(false, '');
select queued('n', 50);
select set_eq('select kind from open_kinds', array['queue'], 'mail waits after that');
delete from incident;

-- Flush.
update node set seen_at = now() - interval '10 minutes';
select throws_like($$select flush('a.example')$$, 'no node reports its queue, %postqueue -s a.example%', 'nobody would do it');
select record_queue(node, '{}', '{}', '{}', '{}') from (values ('n'), ('m')) as t (node);
select flush('a.example');
select throws_like($$select flush('a.example')$$, 'mail of "a.example" was asked for at %: the next flush is possible from %', 'not twice');
select is((select domain from claim_flush('n')), 'a.example', 'a node takes it');
select is_empty($$select * from claim_flush('n')$$, 'once');
select resume_flush('n');
select isnt_empty($$select * from claim_flush('n')$$, 'again after a restart of the node');
select record_flush('n', (select id from flush_request), 5, 4, 1, '', true);
select is((select done_at from flush_request), null, 'the other node has not finished');
select isnt_empty($$select * from claim_flush('m')$$, 'it takes it too');
select record_flush('m', (select id from flush_request), 0, 0, 0, 'the server does not answer', true);
select isnt((select done_at from flush_request), null, 'both have');
select results_eq('select node, tried, delivered, waiting, problem from flush_part order by node',
  $$values ('m'::text collate "C", 0, 0, 0, 'the server does not answer'), ('n', 5, 4, 1, '')$$, 'what they did');
update flush_request set requested_at = now() - interval '601 seconds';
select lives_ok($$select flush('a.example')$$, 'again after the cool-down');

select * from finish();
rollback;
