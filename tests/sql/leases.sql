-- The leases of messages: what a node had that died, who is next, and how many SMS the operator has.
begin;
select no_plan();

create function put(key text, domain text, channel text default 'mail') returns void language sql as $$
  insert into outbox (dedup_key, domain, kind, transition, channel, address, due_at)
  values (key, domain, '', 'test', channel, case channel when 'sms' then '+41790000000' else 'a@out.example' end, now() - interval '1 hour');
$$;
create function lapse() returns void language sql as $$ update outbox set lease_until = now() - interval '1 second' where lease_until > now() $$;
create function lapse_and_claim() returns bigint language sql as $$
  select lapse();
  select count(*) from claim_outbox('n', '{mail}', 10, 30);
$$;

-- A node that died.
select put('a', 'a.example');
select is((select count(*) from claim_outbox('n', '{mail}', 10, 30)), 1::bigint, 'a node claims it');
select is((select unknowns from outbox), 0::smallint, 'and knows what it does');
select is(renew_outbox('n', (select array_agg(id) from outbox), 60), 1, 'its lease is renewed');
select is((select lease_until from outbox), now() + interval '60 seconds', 'from now on');
select is(renew_outbox('m', (select array_agg(id) from outbox), 60), 0, 'by nobody else');
select is(resume_outbox('m'), 0, 'another node that starts takes none of its');
select is(resume_outbox('n'), 1, 'itself does, when it has started again');
update outbox set lease_until = lease_until - interval '1 second';
select is((select attempts from claim_outbox('m', '{mail}', 10, 30)), 2, 'the next one sends it again');
select is((select unknowns from outbox), 1::smallint, 'after an attempt of which nobody knows');
select ok(not mark_outbox('n', (select id from outbox), 'sent', '', 0), 'the mark of the first one does not apply any more');
select mark_outbox('m', id, 'unknown', 'time-out', 10) from outbox;
select isnt((select failed_at from outbox), null, 'a time-out after that is the end');
select retry_outbox(id) from outbox;
select claim_outbox('n', '{mail}', 10, 30);
select lapse_and_claim() from generate_series(1, 3);
select results_eq($$select unknowns::integer, lease_until > now() from outbox where channel = 'mail' and domain = 'a.example'$$, $$values (3, true)$$,
  'nodes that die are no reason to give it up');
select lapse_and_claim();
select results_eq($$select unknowns::integer, due_at, lease_until from outbox where domain = 'a.example'$$,
  $$values (4, now() + interval '10 seconds', '-infinity'::timestamptz)$$, 'but it waits then, since it may be what they die of');
update outbox set due_at = now(), attempts = 57 where domain = 'a.example';
select claim_outbox('n', '{mail}', 10, 30);
select lapse_and_claim();
select isnt((select failed_at from outbox where domain = 'a.example'), null, 'and has an end');
select isnt_empty($$select * from incident where kind = 'outbox' and closed_at is null$$, 'which the operator hears of');
delete from outbox;
delete from incident;

-- Its incident ended while nobody knew.
insert into domain (name, plan) values ('a.example', 'basic'), ('b.example', 'basic');
insert into contact (domain, kind, address) values ('a.example', 'mail', 'a@out.example');
select open_incident('a.example', 'server', '', '');
select claim_outbox('n', '{mail}', 10, 30);
select lapse();
select close_incident('a.example', 'server', '');
select is_empty($$select * from outbox where dropped_at is not null$$, 'an alert that may have been sent is not dropped');
select isnt_empty($$select * from claim_outbox('m', '{mail}', 10, 30)$$, 'but sent again');
select mark_outbox('m', id, 'sent', '', 0) from outbox where transition = 'opened';
select is((select count(*) from outbox where transition = 'closed'), 1::bigint, 'with the end after it');
delete from outbox;

-- Turns.
insert into contact (domain, kind, address) values ('b.example', 'mail', 'a@out.example'), ('a.example', 'sms', '+41790000000');
select put('many ' || n, 'a.example') from generate_series(1, 2000) n;
select put('one ' || n, 'b.example') from generate_series(1, 3) n;
select put('operator', null);
select results_eq($$select domain, count(*) from claim_outbox('n', '{mail}', 20, 30, 4) group by 1 order by 1$$,
  $$values ('', 1::bigint), ('a.example', 4), ('b.example', 3)$$, 'each domain has its share, whatever waits of another');
select is_empty($$select * from claim_outbox('n', '{mail}', 20, 30, 4)$$, 'which bounds what a node works on at once');
select is((select count(*) from claim_outbox('m', '{mail}', 20, 30, 4) where domain = 'a.example'), 4::bigint, 'another node has its own');
update outbox set lease_until = '-infinity';
select is((select string_agg(domain, ' ') from claim_outbox('n', '{mail}', 2, 30, 1, 'a.example')), 'b.example ', 'after the last domain comes the next, then the first');

-- Its cost.
delete from outbox;
select put('n' || n, 'd' || n % 500 || '.example') from generate_series(1, 20000) n;
analyze outbox;
do $$
declare
  begun constant timestamptz := clock_timestamp();
begin
  for turn in 1..20 loop
    perform claim_outbox('n' || turn, '{mail}', 20, 30, 4, 'd' || turn || '.example');
  end loop;
  raise notice '20 claims took %', clock_timestamp() - begun;
  if clock_timestamp() - begun > interval '5 seconds' then
    raise exception '20 claims among 20000 messages took %', clock_timestamp() - begun;
  end if;
end
$$;
select is((select count(*) from outbox where lease_until > now()), 400::bigint, 'claims among many messages are full');

-- The operator's SMS.
delete from outbox;
update setting set value = '1' where name = 'sms_per_week';
update setting set value = '2' where name = 'operator_sms_per_week';
select put('op ' || n, null, 'sms') from generate_series(1, 3) n;
select put('cust ' || n, 'a.example', 'sms') from generate_series(1, 2) n;
select results_eq($$select domain, count(*) from claim_outbox('n', '{sms}', 20, 30) group by 1 order by 1$$,
  $$values ('', 2::bigint), ('a.example', 1)$$, 'the operator has a limit of its own');
select set_eq($$select domain, last_error from outbox where dropped_at is not null$$, $$values (null::text, 'the limit of 2 SMS within seven days is reached'),
  ('a.example', 'the limit of 1 SMS within seven days is reached')$$, 'and each message names its own');

select * from finish();
rollback;
