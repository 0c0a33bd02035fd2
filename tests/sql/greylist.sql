-- Expiry of the shared greylist.
begin;
select no_plan();

insert into greylist (client, sender, recipient, first_seen, last_seen, passed_at) values
  ('waiting young', 's', 'r', now() - interval '86399 s', now(), null),
  ('waiting old', 's', 'r', now() - interval '86401 s', now(), null),
  ('waiting older', 's', 'r', now() - interval '9 days', now(), null),
  ('passed young', 's', 'r', now() - interval '99 days', now() - interval '3110399 s', now() - interval '99 days'),
  ('passed old', 's', 'r', now() - interval '99 days', now() - interval '3110401 s', now() - interval '99 days');
insert into greylist_client (client, passes, first_pass, last_pass) values
  ('client young', 3, now() - interval '99 days', now() - interval '3110399 s'),
  ('client old', 3, now() - interval '99 days', now() - interval '3110401 s');

select is(expire_greylist(1), 3::bigint, 'at most batch rows of each kind go');
select set_eq('select client from greylist', array['waiting young', 'waiting old', 'passed young'], 'the oldest first');
select is(expire_greylist(), 1::bigint, 'the rest goes');
select is(expire_greylist(), 0::bigint, 'then nothing');
select set_eq('select client from greylist union select client from greylist_client', array['waiting young', 'passed young', 'client young'], 'what is young stays');
update setting set value = '3600' where name = 'greylist_lifetime';
select is(expire_greylist(), 2::bigint, 'the settings decide what is old');
select throws_like($$insert into greylist (client, sender, recipient) values ('c', repeat('x', 2000), 'r')$$, '%greylist_key_too_long%', 'a key has a bound');
select throws_like($$insert into greylist_client (client) values (repeat('x', 2001))$$, '%greylist_client_too_long%', 'a client has a bound');
select throws_like($$insert into greylist_client (client, passes) values ('c', -1)$$, '%greylist_client_passes_negative%', 'passes are counted up');
insert into greylist (client, sender, recipient) values ('c', 's', 'r');
select throws_ok($$insert into greylist (client, sender, recipient) values ('c', 's', 'r')$$, '23505', null, 'a key is there once');

-- Counters count once.
select ok(record_activity('mx1', 1, '{a.example,a.example,b.example}', '{2026-01-31,2026-01-31,2026-02-01}', '{greylisted,greylisted,rejected}', '{1,2,4}'), 'a batch is taken');
select ok(not record_activity('mx1', 1, '{a.example}', '{2026-01-31}', '{greylisted}', '{1}'), 'a batch that is in is not taken again');
select ok(record_activity('mx2', 1, '{a.example}', '{2026-01-31}', '{greylisted}', '{10}'), 'numbers belong to a node');
select ok(record_activity('mx1', 2, '{}', '{}', '{}', '{}'), 'an empty batch is taken');
select set_eq('select domain || day || metric || count from activity', array['a.example2026-01-31greylisted13', 'b.example2026-02-01rejected4'], 'counts are added');
select throws_ok($$select record_activity('mx1', 3, '{a.example}', '{}', '{greylisted}', '{1}')$$,
  'batch 3 of mx1 has 1 domains, 0 days, 1 metrics, 1 counts: pass equally many', 'a batch with arrays of different lengths is refused');
select ok(record_activity('mx1', 3, '{a.example}', '{2026-01-31}', '{greylisted}', '{1}'), 'and its number stays free');
update activity_batch set applied_at = now() - interval '31 days' where node = 'mx2';
select ok(record_activity('mx1', 4, '{}', '{}', '{}', '{}'), 'another batch');
select is_empty($$select seq from activity_batch where node = 'mx2'$$, 'old numbers go');
select throws_like($$insert into activity values ('a', '2026-01-01', 'x', -1)$$, '%activity_count_negative%', 'counters count up');

select * from finish();
rollback;
