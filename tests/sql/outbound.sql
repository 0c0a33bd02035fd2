-- Counts of several nodes, automatic denials and their incidents; held mail, and the rights to release it.
begin;
select no_plan();

insert into domain (name, plan) values ('out.example', 'basic'), ('other.example', 'basic');
insert into mailbox (address) values ('anna@out.example'), ('bert@out.example'), ('eve@other.example');
create role out_admin in role emailgency_domain_admin;
create role other_admin in role emailgency_domain_admin;
create role out_operator in role emailgency_operator;
alter role out_admin set search_path = emailgency;
insert into domain_admin values ('out_admin', 'out.example'), ('other_admin', 'other.example');
update setting set value = 'op@service.example' where name = 'operator_contacts';
insert into contact (domain, kind, address) values ('out.example', 'mail', 'boss@elsewhere.example');

create function hour() returns bigint language sql stable as $$select extract(epoch from date_trunc('hour', now(), 'UTC'))::bigint$$;
create function sent(node text, seq bigint, login text, messages bigint, recipients bigint, refused bigint default 0, at bigint default hour())
returns table (name text, hour bigint, hour_messages bigint, hour_recipients bigint, day bigint, day_messages bigint, day_recipients bigint)
language sql as $$
  select * from record_outbound(node, seq, array[login], array[split_part(login, '@', 2)], array[at], array[messages], array[recipients], array[refused])
$$;

-- Counts.
select set_eq($$select name, hour_messages, hour_recipients, day_messages, day_recipients from sent('a', 1, 'anna@out.example', 2, 10)$$,
  $$values ('anna@out.example', 2::bigint, 10::bigint, 2::bigint, 10::bigint), ('out.example', 2, 10, 2, 10)$$, 'a node counts for login and domain');
select set_eq($$select name, hour_messages, hour_recipients from sent('b', 1, 'anna@out.example', 1, 5)$$,
  $$values ('anna@out.example', 3::bigint, 15::bigint), ('out.example', 3, 15)$$, 'another node adds to the same counts');
select set_eq($$select name, hour_messages from sent('b', 1, 'anna@out.example', 1, 5)$$,
  $$values ('anna@out.example', 3::bigint), ('out.example', 3)$$, 'a batch that is sent twice counts once');
select set_eq($$select name, hour_messages from sent('c', 0, 'anna@out.example', 0, 0)$$,
  $$values ('anna@out.example', 3::bigint), ('out.example', 3)$$, 'a look changes nothing');
select set_eq($$select name, hour_messages from sent('a', 2, 'bert@out.example', 1, 1)$$,
  $$values ('bert@out.example', 1::bigint), ('out.example', 4)$$, 'a domain is the sum of its logins');
select set_eq($$select name, hour_messages, day_messages from sent('a', 3, 'anna@out.example', 7, 7, 0, hour() - 7200)$$,
  $$select 'anna@out.example' as a, 3::bigint as b, 3::bigint + case when (hour() - 7200) / 86400 = hour() / 86400 then 7 else 0 end as c
    union all select 'out.example', 4::bigint, 4::bigint + case when (hour() - 7200) / 86400 = hour() / 86400 then 7 else 0 end$$,
  'what comes late counts for its day, and not for this hour');
select set_eq($$select name, hour_messages from record_outbound('a', 4, '{bert@out.example,bert@out.example}', '{out.example,out.example}',
    array[hour(), hour() + 3600], '{1,2}', '{1,2}', '{0,0}')$$, $$values ('bert@out.example', 2::bigint), ('out.example', 2)$$, 'a new hour begins with 0');
delete from outbound_count;
select is_empty($$select * from sent('a', 5, 'nobody@nowhere.example', 1, 1)$$, 'a domain that no row has is not counted');
select is_empty($$select name from sent('a', 6, 'ghost@out.example', 0, 0, 5)$$, 'a login without a row makes none');
select is_empty($$select name from sent('a', 7, 'anna@out.example', 1, 1, 0, hour() + 864000)$$, 'an hour that is far ahead is not counted');
select is((select count(*) from outbound_count), 0::bigint, 'so the table grows with the mailboxes only');

-- Beyond the limits several times.
select count(*) from sent('a', 8, 'anna@out.example', 3, 3, 19);
select is(judge_sending(), 0, 'less than sending_refusals denies nobody');
select count(*) from sent('b', 8, 'anna@out.example', 0, 0, 1);
select is((select day_refused from outbound_count where name = 'out.example'), 0::bigint, 'refusals of a login are not those of its domain');
select is(judge_sending(), 1, 'as many do, of all nodes');
select is(judge_sending(), 0, 'once');
select results_eq($$select smtp_deny, smtp_denied_by from mailbox where address = 'anna@out.example'$$, $$values (true, 'emailgency')$$, 'in the name of the service');
select set_eq($$select domain, kind, subject, detail from incident where closed_at is null$$,
  $$values ('out.example', 'sending', 'anna@out.example', '20 messages beyond the limits within a day'),
    (null, 'sending', 'anna@out.example', '20 messages beyond the limits within a day')$$, 'incidents of the domain and of the operator open');
select is((select count(*) from outbox where kind = 'sending' and transition = 'opened' and address = 'boss@elsewhere.example'), 1::bigint, 'a contact is notified once');
select is((select count(*) from outbox where kind = 'sending' and transition = 'opened' and domain is null), 1::bigint, 'and the operator');
select throws_ok($$select act('other_admin', 'select allow_sending(''anna@out.example'')')$$, 'P0002', null, 'another domain''s admin cannot allow it');
select throws_ok($$select act('other_admin', 'select deny_sending(''bert@out.example'')')$$, 'P0002', null, 'nor deny');
select is(affected('other_admin', $$update mailbox set smtp_deny = false where address = 'anna@out.example'$$), 0::bigint, 'nor by the row');
select lives_ok($$select act('out_admin', 'select allow_sending(''anna@out.example'')')$$, 'an admin of the domain lifts an automatic denial');
select is(judge_sending(), 0, 'it does not come back by itself');
select is((select count(*) from incident where closed_at is null), 0::bigint, 'the incidents end');
select is((select hour_messages from sent('a', 0, 'anna@out.example', 0, 0) where name = 'anna@out.example'), 0::bigint, 'the login''s counts begin again');
select is((select hour_messages from sent('a', 0, 'anna@out.example', 0, 0) where name = 'out.example'), 3::bigint, 'those of the domain do not');
select count(*) from sent('a', 9, 'anna@out.example', 1, 1);
select is((select hour_messages from outbound_count where name = 'anna@out.example'), 1::bigint, 'and go on from there');
select act('out_admin', 'select allow_sending(''out.example'')');
select is((select hour_messages from sent('a', 0, 'anna@out.example', 0, 0) where name = 'out.example'), 4::bigint, 'a domain admin does not set back the domain''s counts');
select allow_sending('out.example');
select is((select hour_messages from sent('a', 0, 'anna@out.example', 0, 0) where name = 'out.example'), 0::bigint, 'the operator does');

-- A domain beyond its limits.
select count(*) from record_outbound('a', 30, '{out.example}', '{out.example}', array[hour()], '{0}', '{0}', '{19}');
select judge_sending();
select is((select count(*) from incident where kind = 'sending_limit'), 0::bigint, 'a few refusals of a domain''s limit are nobody''s alarm');
select count(*) from record_outbound('b', 30, '{out.example}', '{out.example}', array[hour()], '{0}', '{0}', '{1}');
select is(judge_sending(), 0, 'a domain beyond its limits is not denied: they hold');
select judge_sending();
select set_eq($$select domain, subject, detail from incident where kind = 'sending_limit' and closed_at is null$$,
  $$values ('out.example', 'out.example', '20 messages beyond the limits of plan basic today (UTC)'),
    (null, 'out.example', '20 messages beyond the limits of plan basic today (UTC)')$$, 'its contacts and the operator are notified, once');
select allow_sending('out.example');
select judge_sending();
select is((select count(*) from incident where kind = 'sending_limit' and closed_at is null), 0::bigint, 'until the operator allows it, or the day ends');
update setting set value = '0' where name = 'sending_refusals';
select count(*) from sent('a', 10, 'anna@out.example', 0, 0, 500);
select is(judge_sending(), 0, 'sending_refusals = 0 denies nobody');
select throws_ok(format('select act(%L, %L)', role, statement), '42501', null, role || ' may not: ' || statement)
from (values ('out_admin', 'delete from outbound_count'), ('out_admin', 'update outbound_count set day_refused = 0'), ('out_admin', 'select judge_sending()'),
  ('out_admin', $$select deny_automatically('eve@other.example', '')$$), ('out_admin', 'update mailbox set sending_allowed_at = now()'),
  ('out_admin', $$select * from record_outbound('a', 0, '{}', '{}', '{}', '{}', '{}', '{}')$$),
  ('out_admin', $$update held_message set wanted = 'released'$$), ('out_admin', 'select count(*) from hold_search'),
  ('out_admin', 'select * from claim_held(''a'', 1, 1)'), ('emailgency_policyd', 'select * from outbound_count'),
  ('emailgency_policyd', 'update mailbox set smtp_deny = true')) as t (role, statement);

-- Bounces.
create function written(queue_id text, login text, kinds text[], replies text[] default '{}') returns void language sql as $$
  select prepare_trace();
  insert into message (id, node, time, queue_id, login, sender, queued_at, domains)
  values ((select coalesce(max(id), 0) + 1 from message), 'n', now(), queue_id, login, login, now(), array[split_part(login, '@', 2)]);
  insert into message_event (message, node, id, time, message_time, kind, recipient, domain, action, reply)
  select m.id, 'n', k.n, now(), m.time, k.kind, 'r' || k.n || '@far.example', split_part(written.login, '@', 2), case when k.kind = 'decided' then 'reject' end, replies[1]
  from message m, unnest(kinds) with ordinality as k (kind, n) where m.queue_id = written.queue_id;
$$;
update setting set value = '4' where name = 'sending_bounces';
select written('Q1', 'bert@out.example', array['bounced', 'delivered', 'bounced', 'queued']);
select written('Q2', 'bert@out.example', array['decided'], array['450 4.1.1 later']);
select is((select recipients from outbound_bounce where name = 'bert@out.example'), 2::bigint, 'recipients that bounced count');
select is(judge_sending(), 0, 'less than sending_bounces denies nobody');
select written('Q3', 'bert@out.example', array['decided', 'decided'], array['550 5.1.1 <x@y>: Recipient address rejected']);
select is((select recipients from outbound_bounce where name = 'bert@out.example'), 4::bigint, 'and those that are unknown');
select count(*) from sent('a', 20, 'bert@out.example', 4, 40);
select is(judge_sending(), 0, 'a small share denies nobody');
update setting set value = '10' where name = 'sending_bounce_share';
select is(judge_sending(), 1, 'a larger one does');
select is((select detail from incident where closed_at is null and domain is null), '4 of 40 recipients within a day bounced or are unknown', 'with the figures');
select act('out_admin', 'select allow_sending(''bert@out.example'')');
select is(judge_sending(), 0, 'bounces of before do not count again');

-- An operator's denial remains the operator's.
select deny_sending('anna@out.example');
select throws_ok($$select act('out_admin', 'select allow_sending(''anna@out.example'')')$$, '42501', null, 'an admin does not lift the operator''s');
select throws_ok($$select act('out_admin', $q$set emailgency.automatic = 'on'; select deny_sending('anna@out.example'); select allow_sending('anna@out.example')$q$)$$,
  '42501', null, 'nor by a pretence');
select allow_sending('anna@out.example');

-- Held mail.
delete from hold_search;
select written('H1', 'anna@out.example', array['queued']);
select written('H2', 'eve@other.example', array['queued']);
update message set node = 'm' where queue_id = 'H2';
select is(search_held(10), 0, 'without a denial nothing is held');
select act('out_admin', 'select deny_sending(''anna@out.example'')');
select deny_sending('other.example');
select is(search_held(10), 2, 'a denial has the queued mail of a login, and of a domain, held');
select is(search_held(10), 0, 'once');
select set_eq($$select queue_id, login, wanted, state from claim_held('n', 10, 60)$$, $$values ('H1', 'anna@out.example', 'held', 'queued')$$, 'each node takes its own');
select is_empty($$select * from claim_held('n', 10, 60)$$, 'once');
select record_held('n', array_agg(id), array_agg('failed'::text), array_agg('no answer'::text)) from held_message where node = 'n';
select results_eq($$select state, problem from held_message where queue_id = 'H1'$$, $$values ('queued', 'no answer')$$, 'what failed is tried again');
select record_held('n', array_agg(id), array_agg('held'::text), array_agg(''::text)) from held_message where node = 'n';
select record_held('n', array_agg(id), array_agg('held'::text), array_agg(''::text)) from held_message where node = 'm';
select set_eq($$select queue_id || state from held_message order by 1$$, array['H1held', 'H2queued'], 'a node records its own only');
select set_eq($$select ask('out_admin', 'select queue_id::text from held_message')$$, array['H1'], 'an admin sees the own domain''s');
select throws_ok(format('select act(%L, %L)', login, statement), state, null, login || ' may not: ' || statement)
from (values ('out_admin', $$select release_held('H2')$$, 'P0002'), ('out_admin', $$select delete_held('eve@other.example')$$, 'P0002'),
  ('out_admin', $$select release_held('other.example')$$, 'P0002'), ('other_admin', $$select release_held('eve@other.example')$$, '42501'),
  ('other_admin', $$select release_held('H2')$$, '42501'), ('out_admin', $$select release_held('')$$, '22023')) as t (login, statement, state);
select is(ask('out_admin', 'select release_held(''anna@out.example'')::text'), '1', 'the own denial''s mail is released');
select set_eq($$select queue_id, wanted, state from claim_held('n', 10, 60)$$, $$values ('H1', 'released', 'held')$$, 'by its node');
select record_held('n', array_agg(id), array_agg('released'::text), array_agg(''::text)) from held_message where node = 'n';
select is(search_held(10), 0, 'and is not held again');
select is(delete_held('eve@other.example'), 1, 'the operator deletes');
select set_eq($$select queue_id, wanted from claim_held('m', 10, 60)$$, $$values ('H2', 'deleted')$$, 'what was not held yet, too');
select allow_sending('other.example');
select written('H3', 'eve@other.example', array['queued']);
select deny_sending('eve@other.example');
select is(search_held(10), 1, 'a search after the denial');
select allow_sending('eve@other.example');
select is_empty($$select * from claim_held('n', 10, 60)$$, 'a denial that was lifted meanwhile holds nothing');

-- A login with very many messages, and others that are denied later.
select deny_sending('anna@out.example');
select deny_sending('eve@other.example');
insert into held_message (node, queue_id, login, domain, queued_at, wanted, state, due_at)
select 't', 'A' || n, 'anna@out.example', 'out.example', now(), 'released', 'held', now() - interval '1 hour' from generate_series(1, 25000) n
union all
select 't', 'B' || n, 'bert@out.example', 'out.example', now(), 'released', 'held', now() - interval '1 minute' from generate_series(1, 30) n
union all
select 't', 'E' || n, 'eve@other.example', 'other.example', now(), 'held', 'queued', now() from generate_series(1, 30) n;
select set_eq($$select left(queue_id, 1), count(*) from claim_held('t', 20, 60) group by 1$$, $$values ('A', 5::bigint), ('B', 5::bigint), ('E', 10::bigint)$$,
  'domains take turns, and the logins of one');
select set_eq($$select left(queue_id, 1), count(*) from claim_held('t', 100, 60) group by 1$$, $$values ('A', 55::bigint), ('B', 25::bigint), ('E', 20::bigint)$$,
  'a long list gets what others leave');
delete from held_message where node = 't';
select allow_sending('anna@out.example');
select allow_sending('eve@other.example');

-- An operator's denial of the whole domain: a customer gets no mail of it out.
select written('H4', 'anna@out.example', array['queued']);
select written('H5', 'bert@out.example', array['queued']);
select act('out_operator', 'select deny_sending(''out.example'')');
select cmp_ok(search_held(10), '>=', 2, 'the operator denies a domain');
select throws_ok(format('select act(%L, %L)', 'out_admin', statement), '42501', null, 'its admin may not: ' || statement)
from unnest(array[$$select release_held('anna@out.example')$$, $$select release_held('out.example')$$, $$select release_held('H4')$$, $$select delete_mailbox('anna@out.example')$$]) as statement;
delete from mailbox where address = 'bert@out.example';
select throws_ok($$select act('out_admin', 'select release_held(''bert@out.example'')')$$, '42501', null, 'nor what a mailbox had that is gone');
select is(ask('out_admin', 'select delete_held(''H4'')::text'), '1', 'but delete it');
select act('out_operator', 'select allow_sending(''out.example'')');
-- A pretence makes no automatic denial.
select act('out_admin', 'select set_config(''emailgency.automatic'', ''on'', true)');
select act('out_admin', 'select deny_sending(''anna@out.example'')');
select is((select smtp_denied_by from mailbox where address = 'anna@out.example'), 'out_admin', 'who pretends to be the service is the owner of the denial');

select * from finish();
rollback;
