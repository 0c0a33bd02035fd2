-- The mail store: usage, expiry, quotas, candidates, deleted mailboxes. A transaction has one time, so rows are set back instead of
-- waiting.
begin;
select no_plan();

insert into plan (name, mailbox_quota, candidate_quota, max_message_size, expiry_days, max_candidates) values ('tiny', 1000000, 1000, 2000, 30, 3);
insert into domain (name, plan, catchall) values ('s.example', 'tiny', true), ('t.example', 'tiny', false);
insert into mailbox (address) values ('ann@s.example'), ('x+y@s.example'), ('"a b"@s.example');
insert into contact (domain, kind, address) values ('s.example', 'mail', 'boss@out.example');

create function dovecot(store_user text, bytes bigint, messages bigint) returns void language sql as $$
  select note_usage(store_contract(), array[store_user], array[bytes], array[messages]);
$$;
create function claimed() returns setof text language sql as $$ select address from claim_expiry(store_contract(), 'n', 100, 600) $$;

-- Usage as Dovecot writes it.
select is(store_address(store_user(a collate "C")), a collate "C", 'the store''s name of ' || a || ' leads back') from unnest(array['ann@s.example', 'x+y@s.example',
  '"a b"@s.example', '"a\"b"@s.example', 'a=20b@s.example', '"a=20 b"@s.example', 'o''neil@s.example', '""@s.example', '"\"\""@s.example', '".."@s.example']) as a;
select is(store_user('"\"\""@s.example'), '=00=22=22@s.example', 'nor has a local part of two quotes the folder of the empty one');
select is(store_user('""@s.example'), '=22=22@s.example', 'an empty local part is no folder of all');
select lives_ok(format('select act(%L, %L)', 'emailgency_keeper', $$select note_usage(1, '{x=2by@s.example,x=2by@s.example}', '{9,5}', '{2,1}')$$),
  'the keeper notes usage, of which the last counts');
select set_eq($$select address, domain, bytes from mailbox_usage where address like 'x%'$$, $$values ('x+y@s.example', 's.example', 5::bigint)$$,
  'under the address');
select dovecot('ann@s.example', 0, 0);
select set_eq($$select address, passed_s > 0 from claim_expiry(store_contract(), 'n', 100, 600) where address = 'ann@s.example'$$, $$values ('ann@s.example', true)$$,
  'a mailbox that was never looked at, and is empty, is due once');
delete from mailbox_usage where address = 'ann@s.example';
update mailbox_usage set lease_until = '-infinity', lease_node = null;
select dovecot('nobody@s.example', 10, 1);
select dovecot('.undelivered@s.example', 10, 1);
select dovecot('gone@u.example', 10, 1);
select set_eq('select address from mailbox_usage where messages > 0', array['x+y@s.example', 'nobody@s.example', '.undelivered@s.example'],
  'also of users without a row, but of no domain that is not served');
select throws_ok($$select act('emailgency_dovecot', 'select from mailbox_usage')$$, '42501', null, 'Dovecot reads and writes none');
select lives_ok($$select note_usage(store_contract(), '{nobody@s.example,lost@s.example}', '{-1,-1}', '{-1,-1}')$$, 'a note that cannot be read');
select set_eq($$select address, bytes, messages, oldest_at = '-infinity' from mailbox_usage where address in ('nobody@s.example', 'lost@s.example')$$,
  $$values ('nobody@s.example', 10::bigint, 1::bigint, true), ('lost@s.example', 0::bigint, 1::bigint, false)$$, 'has the user looked at');
update mailbox_usage set oldest_at = now() where address = 'nobody@s.example';
delete from mailbox_usage where address = 'lost@s.example';

-- A keeper of another release gets no work, and what it hands in is not taken.
select throws_ok(format('select %s', c), 'EMG01', format('this emailgency-keeper was built for contract %s of the mail store, and the database has contract %s', n,
    store_contract()), c || ' is refused')
from (values (store_contract() - 1), (store_contract() + 1)) as w (n) cross join lateral unnest(array[
  format('claim_expiry(%s, ''n'', 100, 600)', n), format('record_expiry(%s, ''n'', ''x+y@s.example'', 30, null, 0, 0, false, 0)', n),
  format('record_purge(%s, ''x+y@s.example'')', n), format('claim_tidy(%s, ''n'', 600)', n), format('tidy_users(%s, ''s.example'', 100)', n),
  format('tidy_moving(%s, ''n'', ''s.example'')', n), format('record_tidy(%s, ''n'', ''s.example'', 0, 0, '''')', n),
  format('note_usage(%s, ''{x=2by@s.example}'', ''{9}'', ''{2}'')', n)]) as c;
select throws_ok('select note_usage(null, ''{x=2by@s.example}'', ''{9}'', ''{2}'')', 'EMG01', null, 'so is one without a number');
select is_empty($$select from pg_proc p where p.pronamespace = 'emailgency'::regnamespace and p.proargnames[1] <> 'contract' and p.proname in
  ('claim_expiry', 'record_expiry', 'record_purge', 'claim_tidy', 'tidy_users', 'tidy_moving', 'record_tidy', 'note_usage')$$, 'none of them takes work without one');

-- Expiry: who is due.
select is_empty('select * from claimed()', 'new mail makes nobody due');
select is((select count(*) from mailbox_usage where due_at <= now()), 0::bigint, 'and nobody is judged again before something can be due');
update mailbox_usage set passed_at = '-infinity', oldest_at = now() - interval '40 days' where address = 'nobody@s.example';
select is_empty('select * from claimed()', 'a user without a mailbox is never due');
select is((select due_at from mailbox_usage where address = 'nobody@s.example'), now() + interval '1 day', 'nor judged again at once');
select is((select due_at from mailbox_usage where address = '.undelivered@s.example'), now() + interval '1 day', 'or a day has passed');
update mailbox_usage set oldest_at = now() - interval '31 days', passed_at = now() - interval '1 hour' where address in ('x+y@s.example', 'nobody@s.example');
select set_eq('select address, store_user, days, effective, quota, room from claim_expiry(store_contract(), ''n'', 100, 600)',
  $$values ('x+y@s.example', 'x=2by@s.example', 30, 30, 1000000::bigint, 100000::bigint)$$, 'a mailbox with old mail is due, an unknown address is not');
select is_empty('select * from claimed()', 'another node does not get it meanwhile');
select ok(not record_expiry(store_contract(), 'm', 'x+y@s.example', 30, null, 0, 0, false, 0), 'nor can it record it');
select ok(record_expiry(store_contract(), 'n', 'x+y@s.example', 30, extract(epoch from now() - interval '5 days')::bigint, 5, 1, false, 0), 'its node does');
select is_empty('select * from claimed()', 'then it is not due');
select is((select count(*) from incident), 0::bigint, 'and nothing was said');
update mailbox set expiry_days = 3 where address = 'x+y@s.example';
select set_eq('select * from claimed()', array['x+y@s.example'], 'a changed expiry makes it due');
select record_expiry(store_contract(), 'n', 'x+y@s.example', 3, null, 0, 0, false, extract(epoch from now())::bigint + 1);
select set_eq($$select bytes, messages, oldest_at from mailbox_usage where address = 'x+y@s.example'$$, $$values (0::bigint, 0::bigint, 'infinity'::timestamptz)$$,
  'an empty mailbox is due no more');
select is((select count(*) from incident), 0::bigint, 'the user''s own choice is no news');
select dovecot('x=2by@s.example', 5, 1);
select is((select oldest_at from mailbox_usage where address = 'x+y@s.example'), now(), 'until it gets mail');
update mailbox_usage set oldest_at = now() - interval '31 days', passed_at = now() - interval '1 hour' where address = '.undelivered@s.example';
select set_eq('select address, days, quota from claim_expiry(store_contract(), ''n'', 100, 600)', $$values ('.undelivered@s.example', 30, 0::bigint)$$, 'Undelivered has its own expiry');

-- A quota that needs room.
insert into mailbox (address) values ('soon@s.example');
select dovecot('soon@s.example', 950000, 9);
select set_eq('select * from claimed()', array['soon@s.example'], 'a mailbox whose first note says that it is almost full is due');
delete from mailbox where address = 'soon@s.example';
delete from mailbox_trash where address = 'soon@s.example';
delete from mailbox_usage where address = 'soon@s.example';
select dovecot('ann@s.example', 950000, 9);
update mailbox_usage set measured_at = now(), passed_at = now() - interval '1 hour' where address = 'ann@s.example';
select set_eq('select * from claimed()', array['ann@s.example'], 'a mailbox that is almost full is due');
select record_expiry(store_contract(), 'n', 'ann@s.example', 12, extract(epoch from now() - interval '5 days')::bigint, 700000, 7, false, 0);
select set_eq('select kind, subject, detail from incident', $$values ('expiry', 'ann@s.example', '30 days before, 12 days now; 30 days while there is room')$$,
  'a reduction has a notice, with the old and the new value');
select set_eq('select address, transition from outbox', $$values ('ann@s.example', 'opened'), ('boss@out.example', 'opened')$$, 'to the user and the contacts');
select set_eq($$select address from claim_outbox('n', '{mail}', 100, 60)$$, array['ann@s.example', 'boss@out.example'], 'and sent to both');
update mailbox_usage set lease_node = 'n', lease_until = now() + interval '1 hour' where address = 'ann@s.example';
select record_expiry(store_contract(), 'n', 'ann@s.example', 12, extract(epoch from now() - interval '5 days')::bigint, 700000, 7, false, 0);
select is((select count(*) from outbox), 2::bigint, 'once per change');
update mailbox_usage set lease_node = 'n', lease_until = now() + interval '1 hour' where address = 'ann@s.example';
select record_expiry(store_contract(), 'n', 'ann@s.example', 15, extract(epoch from now() - interval '5 days')::bigint, 700000, 7, false, 0);
select is((select count(*) from outbox where transition = 'opened'), 4::bigint, 'a step back up is one');
update mailbox_usage set lease_node = 'n', lease_until = now() + interval '1 hour' where address = 'ann@s.example';
select record_expiry(store_contract(), 'n', 'ann@s.example', 30, extract(epoch from now() - interval '5 days')::bigint, 700000, 7, true, 0);
select is((select count(*) from incident where closed_at is null), 0::bigint, 'the wanted days end it');
select ok((select over_quota from mailbox where address = 'ann@s.example'), 'a full mailbox is marked for the replicas');

-- Warnings, with hysteresis.
select is(quota_level(b, 1000, w::smallint), l::smallint, format('%s of 1000 bytes after level %s is level %s', b, w, l))
from (values (799, 0, 0), (800, 0, 80), (949, 0, 80), (950, 0, 95), (949, 95, 95), (900, 95, 95), (899, 95, 80), (760, 80, 80), (749, 80, 0), (749, 95, 0), (0, 95, 0)) as t (b, w, l);
delete from incident; delete from outbox;
select dovecot('ann@s.example', 800000, 9);
select is(judge_quotas(100), 1, 'a crossing is judged');
select is(judge_quotas(100), 0, 'once');
select is((select detail from incident where kind = 'quota'), '800000 of 1000000 bytes are in use, which is 80 percent', 'and told');
update mailbox set quota = 810000 where address = 'ann@s.example';
select is(judge_quotas(100), 1, 'a quota that was lowered is one, too');
select is((select count(*) from outbox where kind = 'quota' and address = 'boss@out.example'), 2::bigint, 'each crossing has one notice');
select dovecot('ann@s.example', 10, 1);
select is(judge_quotas(100), 1, 'room again');
select is((select count(*) from incident where closed_at is null), 0::bigint, 'ends it');

-- Tidy.
select set_eq('select * from tidy_domains(120)', array['s.example'], 'a domain with an unknown address is due');
create temporary table task as select * from claim_tidy(store_contract(), 'n', 600);
select set_eq('select domain, catchall, unclean, candidates_left, hour_left, candidate_quota from task', $$values ('s.example', true, false, 3, 20, 1000::bigint)$$,
  'with what the plan leaves');
select is_empty($$select * from claim_tidy(store_contract(), 'm', 600)$$, 'another node does not get it meanwhile');
select set_eq($$select address, store_user, state from tidy_users(store_contract(), 's.example', 100)$$, $$values ('nobody@s.example', 'nobody@s.example', 'unknown')$$, 'its unknown users');
select set_eq($$select * from note_unknown('s.example', '{a@s.example,b@s.example,c@s.example}', '{x,x,y}')$$,
  $$values ('a@s.example', 2::bigint), ('b@s.example', 2::bigint), ('c@s.example', 1::bigint)$$, 'senders are counted');
select set_eq($$select * from note_unknown('s.example', '{d@s.example,a@s.example}', '{x,x}')$$, $$values ('d@s.example', 3::bigint), ('a@s.example', 3::bigint)$$,
  'over a day, each address once');
select ok(tidy_decided('s.example', 'nobody@s.example', 'candidate', 'new'), 'a candidate is made');
select ok(not tidy_decided('s.example', 'nobody@s.example', 'candidate', 'new'), 'once');
select ok(not tidy_decided('s.example', 'a@s.example', 'undelivered', 'spf-failed'), 'another decision makes none');
select ok(tidy_decided('s.example', 'b@s.example', 'candidate', 'new') and tidy_decided('s.example', 'c@s.example', 'candidate', 'new'), 'others');
select is(tidy_decided('s.example', 'd@s.example', 'candidate', 'new'), null, 'the plan bounds them');
select is(tidy_decided('s.example', repeat('a', 65) || '@s.example', 'candidate', 'new'), null, 'nor can there be one that no mailbox can be');
select set_eq($$select action, reason from unknown_address where address like 'aaa%'$$, $$values ('undelivered', 'no-mailbox')$$, 'so its mail goes to Undelivered');
select ok(tidy_moving(store_contract(), 'n', 's.example') and not tidy_moving(store_contract(), 'm', 's.example'), 'the node with the lease moves');
select ok(record_tidy(store_contract(), 'n', 's.example', 3, 1, 'Dovecot does not answer'), 'it ends');
select ok((select unclean from domain_tidy where domain = 's.example'), 'a move that broke off is remembered');
update domain_tidy set tidied_at = '-infinity', broken_at = now() - interval '4 minutes';
select set_eq('select domain, unclean from claim_tidy(store_contract(), ''n'', 600)', $$values ('s.example', true)$$, 'so the domain is sorted again');
select record_tidy(store_contract(), 'n', 's.example', 0, 0, '');
select ok((select unclean from domain_tidy where domain = 's.example'), 'Dovecot may carry the move on for five minutes');
update domain_tidy set lease_node = 'n', lease_until = now() + interval '1 hour', broken_at = now() - interval '6 minutes';
select dovecot('again@s.example', 10, 1);
select tidy_decided('s.example', 'again@s.example', 'undelivered', 'dictionary-run');
update unknown_address set seen_at = now() - interval '7 minutes' where address = 'again@s.example';
select record_tidy(store_contract(), 'n', 's.example', 0, 0, '');
select ok((select unclean and broken_at is not null from domain_tidy where domain = 's.example'), 'an address that was to be moved before has mail still');
update domain_tidy set lease_node = 'n', lease_until = now() + interval '1 hour';
select dovecot('again@s.example', 0, 0);
select record_tidy(store_contract(), 'n', 's.example', 0, 0, '');
select ok((select not unclean and broken_at is null from domain_tidy where domain = 's.example'), 'then it is over');
update domain_tidy set lease_node = 'n', lease_until = now() + interval '1 hour', unclean = true;
select record_tidy(store_contract(), 'n', 's.example', 1, 1, '');
select ok((select not unclean from domain_tidy where domain = 's.example'), 'a sort that reports its end leaves nothing');
update domain_tidy set lease_node = 'm', lease_until = now() + interval '1 hour';
select ok(not record_tidy(store_contract(), 'n', 's.example', 0, 1, ''), 'a node that lost the lease records nothing');
select ok((select unclean and broken_at is not null from domain_tidy where domain = 's.example'), 'but that it moved mail beside the other');
update domain_tidy set lease_until = '-infinity', unclean = false, broken_at = null, tidied_at = now();
select is((select tidy('t.example')) like 'requested:%', true, 'tidy() asks for it');
select set_eq('select domain from claim_tidy(store_contract(), ''n'', 600)', array['t.example'], 'at once');
select tidy('t.example');
select record_tidy(store_contract(), 'n', 't.example', 0, 2, '');
select set_eq('select moved, done_at is not null from tidy_request', 'values (2, true), (0, false)',
  'the request shows what was done; one that was made meanwhile, about what the sort may not have seen, stays open');
select set_eq('select domain from claim_tidy(store_contract(), ''n'', 600)', array['t.example'], 'and is due at once');
select record_tidy(store_contract(), 'n', 't.example', 0, 0, '');
select tidy('t.example');
select set_eq('select domain from claim_tidy(store_contract(), ''n'', 600)', array['t.example'], 'a domain with more addresses than a sort takes');
select record_tidy(store_contract(), 'n', 't.example', 1, 3, '', true);
select set_eq('select candidates, moved from tidy_request where done_at is null', 'values (1, 3)', 'has its request open until all are sorted');
select set_eq('select domain from claim_tidy(store_contract(), ''n'', 600)', array['t.example'], 'and is due at once');
select record_tidy(store_contract(), 'n', 't.example', 0, 4, '');
select set_eq('select candidates, moved from tidy_request where done_at is not null and candidates > 0', 'values (1, 7)', 'which adds up');
select dovecot(format('q%s@t.example', n), 1, 1) from generate_series(1, 3) as n;
select tidy_decided('t.example', 'q1@t.example', 'wait', 'not-read');
select tidy_decided('t.example', 'q2@t.example', 'undelivered', 'no-catchall');
select is((select array_agg(u.address order by u.place) from tidy_users(store_contract(), 't.example', 2) with ordinality as u (address, store_user, messages, bytes, state, since, place)),
  array['q3@t.example', 'q2@t.example'], 'an address that Dovecot did not show lets the others go first');
delete from mailbox_usage where domain = 't.example';

select dovecot('nobody@s.example', 900, 5);
update mailbox_usage set oldest_at = now(), passed_at = now() where address = 'nobody@s.example';
select set_eq($$select address, state, since_s from tidy_users(store_contract(), 's.example', 100) where state = 'full'$$, $$values ('nobody@s.example', 'full', 3::bigint)$$,
  'of a full candidate the older half is to be moved');
select is_empty($$select from claim_expiry(store_contract(), 'n', 100, 600) where address = 'nobody@s.example'$$, 'and nothing of it is expired for that');
select dovecot('nobody@s.example', 10, 1);

-- Candidates: promote and discard.
select is(length(promote('nobody@s.example')), 19, 'promote() returns a code');
select set_eq($$select candidate, blocked from mailbox where address = 'nobody@s.example'$$, 'values (false, false)', 'and makes a mailbox');
select throws_ok($$select promote('nobody@s.example')$$, '55000', null, 'once');
update first_password set hash = first_password_hash('CODE', address);
select throws_ok($$select set_first_password('nobody@s.example', 'code', 'weak')$$, '22023', null, 'a weak password is refused');
select set_first_password('nobody@s.example', 'WRONG', 'Correct horse 4 battery');
select is((select password from mailbox where address = 'nobody@s.example'), null, 'a wrong code sets none');
select set_first_password('nobody@s.example', 'co de', 'Correct horse 4 battery');
select isnt((select password from mailbox where address = 'nobody@s.example'), null, 'the code does');
select is_empty('select from first_password', 'once');
insert into mailbox (address, candidate) values ('coded@s.example', true);
select matches(promote('coded@s.example'), '^([A-HJ-NP-Z2-9]{4}-){3}[A-HJ-NP-Z2-9]{4}$', 'a code has 80 random bits');
select results_eq($$select use, expires_at = now() + interval '14 days' from account_token where login = 'coded@s.example'$$, $$values ('mailbox-code', true)$$,
  'by which the console sets the password, too');
update first_password set hash = first_password_hash('CODE', address);
do $$
begin
  for i in 1..10 loop
    perform set_first_password('coded@s.example', 'GUESS' || i, 'Correct horse 4 battery');
  end loop;
  perform set_first_password('coded@s.example', 'CODE', 'Correct horse 4 battery');
end
$$;
select set_eq($$select m.password, f.attempts from mailbox m join first_password f using (address)$$, 'values (null::text, 10)',
  'after ten guesses the code itself is refused');
update first_password set attempts = 0, created_at = now() - interval '15 days';
select set_first_password('coded@s.example', 'CODE', 'Correct horse 4 battery');
select is((select password from mailbox where address = 'coded@s.example'), null, 'nor after 14 days');
update first_password set created_at = now();
select set_password('coded@s.example', 'Correct horse 4 battery');
select is_empty('select from first_password', 'a password that the admin sets ends the code');
select delete_mailbox('coded@s.example');
select discard('b@s.example');
select set_eq($$select candidate, blocked from mailbox where address = 'b@s.example'$$, 'values (false, true)', 'discard() blocks a candidate');
select discard('leaked@s.example');
select ok((select blocked from mailbox where address = 'leaked@s.example'), 'and an address without a row');
select throws_ok($$select discard('ann@s.example')$$, '55000', null, 'but no mailbox');
select throws_ok($$update mailbox set password = '{BLF-CRYPT}$2y$05$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234' where address = 'b@s.example'$$, '23514', null,
  'nobody logs in to a blocked address');
select dovecot('b@s.example', 10, 1);
select set_eq($$select address, state from tidy_users(store_contract(), 's.example', 100)$$, $$values ('b@s.example', 'blocked')$$, 'its mail is to be moved');
select promote('b@s.example');
select ok(not (select blocked from mailbox where address = 'b@s.example'), 'promote() lifts it');

-- Deleted mailboxes.
select delete_mailbox('ann@s.example');
select set_eq('select address from mailbox_trash', array['ann@s.example'], 'a deleted mailbox is kept');
select is_empty($$select * from claim_expiry(store_contract(), 'n', 100, 600) where task = 'purge'$$, 'for trash_days');
select is_empty($$select from tidy_users(store_contract(), 's.example', 100) where address = 'ann@s.example'$$, 'its mail is not sorted');
update mailbox_usage set measured_at = now() + interval '1 second' where address = 'ann@s.example';
select set_eq($$select state, since_s >= extract(epoch from now())::bigint from tidy_users(store_contract(), 's.example', 100) where address = 'ann@s.example'$$, $$values ('deleted', true)$$,
  'but mail that came since is');
select restore_mailbox('ann@s.example');
select is((select quota from mailbox where address = 'ann@s.example'), 810000::bigint, 'restore_mailbox() brings it back as it was');
select throws_ok($$select restore_mailbox('ann@s.example')$$, 'P0002', null, 'once');
select delete_mailbox('ann@s.example');
update mailbox_trash set deleted_at = now() - interval '31 days';
select set_eq($$select address, until_s from claim_expiry(store_contract(), 'n', 100, 600) where task = 'purge'$$,
  $$select 'ann@s.example', floor(extract(epoch from now() - interval '31 days'))::bigint$$, 'then its mail is removed');
select is_empty($$select * from claim_expiry(store_contract(), 'm', 100, 600) where task = 'purge'$$, 'by one node');
select record_purge(store_contract(), 'ann@s.example');
select is_empty('select from mailbox_trash', 'and it is forgotten');
select lives_ok($$delete from domain where name = 's.example'$$, 'a domain goes with all of it');

-- Edits that have a mailbox judged again. Without that they would wait for a day.
insert into domain (name, plan) values ('j.example', 'tiny');
insert into mailbox (address) values ('a@j.example'), ('b@j.example');
select dovecot('a@j.example', 10, 1);
select dovecot('b@j.example', 10, 1);
create function judged_by(statement text) returns setof text language plpgsql as $$
begin
  update mailbox_usage set due_at = 'infinity', lease_until = '-infinity';
  execute statement;
  return query select address::text from mailbox_usage where due_at = '-infinity' and address like '%@j.example';
end
$$;
select set_eq(format('select judged_by(%L)', edit), edited, edit)
from (values ($$update mailbox set quota = 500 where address = 'a@j.example'$$, array['a@j.example']),
  ($$update mailbox set expiry_days = 5 where address = 'a@j.example'$$, array['a@j.example']),
  ($$update mailbox set vip = true where address = 'a@j.example'$$, array['a@j.example']),
  ($$select set_password('a@j.example', 'Correct horse 4 battery')$$, array['a@j.example']),
  ($$select note_usage(store_contract(), '{a@j.example}', '{11}', '{1}')$$, array['a@j.example']),
  ($$update plan set expiry_days = 20 where name = 'tiny'$$, array['a@j.example', 'b@j.example']),
  ($$update domain set plan = 'basic' where name = 'j.example'$$, array['a@j.example', 'b@j.example']),
  ($$update setting set value = '9' where name = 'undelivered_days'$$, array['a@j.example', 'b@j.example'])) as t (edit, edited);
select is_empty($$select judged_by('update mailbox set receive_only = true where address = ''a@j.example''')$$, 'what changes no limit does not');
delete from domain where name = 'j.example';

-- The worst customer.
insert into domain (name, plan, catchall) values ('own.example', 'tiny', true), ('other.example', 'tiny', true);
create role emg_store_admin in role emailgency_domain_admin;
insert into domain_admin values ('emg_store_admin', 'own.example');
select lives_ok($$select act('emg_store_admin', 'select discard(''x@own.example'')')$$, 'an admin blocks an address of the own domain');
insert into mailbox (address, candidate) values ('x@other.example', true);
select isnt(promote('x@other.example'), null, 'another domain has a code');
update first_password set hash = first_password_hash('CODE', address);
select throws_ok(format('select act(%L, %L)', 'emg_store_admin', statement), code, null, 'but may not: ' || statement)
from (values ($$select discard('x@other.example')$$, 'P0002'), ($$select tidy('other.example')$$, 'P0002'), ($$select restore_mailbox('x@other.example')$$, 'P0002'),
  ($$select promote('x@other.example')$$, 'P0002'), ($$select set_first_password('x@other.example', 'CODE', 'Correct horse 4 battery')$$, 'P0002'), ($$select claim_expiry(1, 'n', 1, 1)$$, '42501'), ($$update mailbox set blocked = true$$, '42501'),
  ($$update mailbox set over_quota = true$$, '42501'), ($$select hash from first_password$$, '42501')) as t (statement, code);
select is_empty($$select ask('emg_store_admin', 'select domain from mailbox_trash union all select domain from unknown_address where domain <> ''own.example''')$$,
  'nor see others');
select is((select attempts from first_password where address = 'x@other.example'), 0, 'nor use up the attempts of another''s code');

select * from finish();
rollback;
