-- The tracker's rows: messages, events, counts, places; and their rights.
begin;
select no_plan();
set local timezone = 'UTC';

insert into domain (name, plan) values ('a.example', 'premium'), ('b.example', 'premium');
insert into domain_alias (name, domain) values ('alias.example', 'a.example');
insert into mailbox (address) values ('anna@a.example');
create role ann login in role emailgency_domain_admin;
create role bob login in role emailgency_domain_admin;
insert into domain_admin values ('ann', 'a.example'), ('bob', 'b.example');
alter role ann set search_path = emailgency;

-- Rows as text: messages and events as JSON, by the names of record_trace's parameters without their prefix.
create function pick(rows jsonb, key text) returns text[] language sql as $$
  select coalesce(array_agg(r ->> key order by n), '{}') from jsonb_array_elements(rows) with ordinality as t (r, n) $$;
create function write_trace(node text, was bigint, place bigint, messages jsonb, events jsonb, sent jsonb default '[]') returns boolean language sql as $$
  select record_trace(node, 'mail.log', was, array[place, place, place, place], array['f', 'f'], extract(epoch from now())::double precision,
    pick(messages, 'id')::bigint[], pick(messages, 'time')::double precision[], pick(messages, 'queue_id'), pick(messages, 'client'),
    pick(messages, 'client_name'), pick(messages, 'helo'), pick(messages, 'tls'), pick(messages, 'login'), pick(messages, 'sender'),
    pick(messages, 'message_id'), pick(messages, 'size')::bigint[], pick(messages, 'recipients')::integer[],
    pick(messages, 'queued')::double precision[], pick(messages, 'removed')::double precision[], pick(messages, 'parent'),
    array(select coalesce(b, 'false')::boolean from unnest(pick(messages, 'orphan')) as b), array(select coalesce(b, 'false')::boolean from unnest(pick(messages, 'again')) as b),
    pick(events, 'message')::bigint[], pick(events, 'message_time')::double precision[], pick(events, 'id')::bigint[],
    pick(events, 'time')::double precision[], pick(events, 'kind'), pick(events, 'recipient'), pick(events, 'domain'),
    pick(events, 'login_domain'), pick(events, 'action'), pick(events, 'reason'), pick(events, 'rule'), pick(events, 'host'),
    pick(events, 'reply'), pick(events, 'delay')::real[], pick(events, 'next_try')::double precision[], pick(events, 'size')::bigint[],
    pick(events, 'first')::boolean[], array(select coalesce(b, 'false')::boolean from unnest(pick(events, 'again')) as b),
    array(select coalesce(b, 'false')::boolean from unnest(pick(events, 'is_copy')) as b), pick(sent, 'time')::double precision[], pick(sent, 'login'), pick(sent, 'messages')::bigint[], pick(sent, 'recipients')::bigint[],
    pick(sent, 'bytes')::bigint[]) $$;
create function noon(offset_s integer default 0) returns double precision language sql as $$
  select extract(epoch from current_date + interval '12 hours')::double precision + offset_s $$;
create function row_of(variadic pairs text[]) returns jsonb language sql as $$ select jsonb_object(pairs) $$;
create function event_of(message bigint, id bigint, kind text, recipient text, variadic pairs text[] default '{}') returns jsonb language sql as $$
  select jsonb_build_object('message', message, 'message_time', noon(), 'id', id, 'time', noon(id::integer / 10), 'kind', kind,
    'recipient', recipient, 'domain', split_part(recipient, '@', 2)) || jsonb_object(pairs) $$;
create function counted(domain text) returns setof text language sql as $$
  select metric || ' ' || count from activity a where a.domain = counted.domain $$;

-- One message for two customers.
select ok(write_trace('mx1', 0, 100, jsonb_build_array(row_of('id', '10', 'time', noon()::text, 'queue_id', '4jX1', 'client', '192.0.2.1',
    'sender', 's@out.example', 'message_id', 'm@out.example', 'size', '1000', 'recipients', '2', 'queued', noon(1)::text)),
  jsonb_build_array(event_of(10, 20, 'delivered', 'Anna@alias.example', 'size', '1000', 'first', 'true', 'delay', '2.5', 'reply', '250 ok'),
    event_of(10, 30, 'stored', 'ben@b.example', 'size', '1000', 'first', 'true', 'delay', '1'))), 'a batch is written');
select set_eq('select node, queue_id, sender, size, domains from message', $$values ('mx1', '4jX1', 's@out.example', 1000::bigint, '{a.example,b.example}'::text[])$$,
  'with the domains of its events');
select set_eq('select recipient, domain, kind from message_event',
  $$values ('Anna@alias.example', 'a.example', 'delivered'), ('ben@b.example', 'b.example', 'stored')$$, 'an alias is its domain');
select set_eq($$select * from counted('a.example')$$, array['delivered 1', 'delay_max 3', 'bytes_in 1000'], 'counted for the domain');
select is((select position from tracker_position), 100::bigint, 'the place moves');

-- Once.
select ok(not write_trace('mx1', 0, 100, '[]', jsonb_build_array(event_of(10, 20, 'delivered', 'anna@a.example'))), 'the same batch has no second effect');
select is((select count(*) from message_event), 2::bigint, 'no row');
select set_eq($$select * from counted('a.example')$$, array['delivered 1', 'delay_max 3', 'bytes_in 1000'], 'no count');
select ok(write_trace('mx2', 0, 7, '[]', '[]'), 'another node has its own place');
select ok(not write_trace('mx2', 3, 9, '[]', '[]'), 'and moves from it only');
select lives_ok($$select write_trace('mx1', 100, 110, jsonb_build_array(row_of('id', '10', 'time', noon()::text, 'queue_id', '4jX1')), '[]')$$,
  'a place that was set back by hand writes again');
select is((select count(*) from message), 1::bigint, 'over the old row');
delete from message;
delete from message_event;
delete from activity;

-- Rights.
select write_trace('mx1', 110, 200, jsonb_build_array(row_of('id', '10', 'time', noon()::text, 'queue_id', '4jX1', 'sender', 's@out.example',
    'recipients', '2', 'login', 'x@b.example')), jsonb_build_array(event_of(10, 20, 'delivered', 'anna@a.example'), event_of(10, 30, 'stored', 'ben@b.example')));
select set_eq($$select ask('ann', 'select recipient::text from message_event')$$, array['anna@a.example'], 'an admin sees the own part');
select set_eq($$select ask('ann', 'select queue_id::text from message')$$, array['4jX1'], 'and the message');
select throws_ok($$select ask('ann', 'select recipients::text from message')$$, '42501', null, 'but not how many recipients it has');
select throws_ok($$select ask('ann', 'select domains::text from message')$$, '42501', null, 'nor whose they are');
select throws_ok($$select ask('ann', 'select login from message')$$, '42501', null, 'nor whose login sent it');
select throws_ok($$select ask('ann', 'select node from tracker_position')$$, '42501', null, 'nor places');
select throws_ok(format('select act(%L, %L)', 'ann', statement), '42501', null, 'nor may she: ' || statement)
from (values ('delete from message_event'), ('insert into message_event (message, node, id, time, message_time, kind) values (1, 1, 1, now(), now(), ''held'')'),
  (format('select * from message_event_%s', to_char(current_date, 'YYYYMMDD'))), ('select prepare_trace()')) as t (statement);
delete from domain_admin where login = 'ann';
select is_empty($$select ask('ann', 'select queue_id::text from message')$$, 'without a grant nothing');
insert into domain_admin values ('ann', 'a.example');
select set_eq($$select ask('emailgency_operator', 'select recipient::text from message_event')$$, array['anna@a.example', 'ben@b.example'], 'the operator sees all');

-- Deferred: a row per recipient and day.
select write_trace('mx1', 200, 300, '[]', jsonb_build_array(
  event_of(10, 40, 'deferred', 'carl@a.example', 'reply', 'first', 'next_try', noon(900)::text), event_of(10, 50, 'deferred', 'carl@a.example', 'reply', 'second'),
  event_of(10, 60, 'deferred', 'dora@a.example')));
select write_trace('mx1', 300, 400, '[]', jsonb_build_array(event_of(10, 70, 'deferred', 'carl@a.example', 'reply', 'third', 'next_try', noon(1800)::text)));
select set_eq($$select recipient, tries, reply, time, last_at, next_try from message_event where kind = 'deferred'$$,
  $$values ('carl@a.example', 3, 'third', to_timestamp(noon(4)), to_timestamp(noon(7)), to_timestamp(noon(1800))),
    ('dora@a.example', 1, null, to_timestamp(noon(6)), to_timestamp(noon(6)), null)$$, 'attempts are counted, the last is kept');
select is((select count from activity where domain = 'a.example' and metric = 'deferred'), 4::bigint, 'each attempt counts');

-- Lines about whole messages.
select write_trace('mx1', 400, 500, '[]', jsonb_build_array(event_of(10, 80, 'expired', null, 'reply', 'returned to sender')));
select set_eq($$select recipient from message_event where kind = 'expired'$$, array['carl@a.example', 'dora@a.example'], 'who waits has expired, who got it has not');
select is((select count from activity where domain = 'a.example' and metric = 'expired'), 2::bigint, 'counted');
select write_trace('mx1', 500, 600, '[]', jsonb_build_array(event_of(99, 90, 'held', null)));
select is((select count(*) from message_event where kind = 'held' and recipient is null), 1::bigint, 'without known recipients it is the operator''s');

-- A message that began before the tracker.
select write_trace('mx1', 600, 700, jsonb_build_array(row_of('id', '650', 'time', noon(50)::text, 'queue_id', '4jX1', 'orphan', 'true', 'again', 'true', 'removed', noon(60)::text)),
  jsonb_build_array(event_of(650, 660, 'delivered', 'dora@a.example', 'message_time', noon(50)::text)));
select set_eq($$select message from message_event where id = 660$$, array[10::bigint], 'an event finds its message by queue id');
select is((select removed_at from message where id = 10), to_timestamp(noon(60)), 'and completes it');
select write_trace('mx1', 700, 800, jsonb_build_array(row_of('id', '750', 'time', noon(70)::text, 'queue_id', '4jX1', 'sender', 's@out.example', 'orphan', 'true', 'again', 'true')), '[]');
select is((select count(*) from message where queue_id = '4jX1'), 2::bigint, 'an id that is used again is another message');

-- Such a message has its login and size, and counts its bytes once.
select write_trace('mx1', 800, 801, jsonb_build_array(row_of('id', '790', 'time', noon(71)::text, 'queue_id', '4jX9', 'login', 'anna@a.example', 'size', '77', 'sender', '')), '[]');
delete from activity;
select write_trace('mx1', 801, 802, jsonb_build_array(row_of('id', '795', 'time', noon(72)::text, 'queue_id', '4jX9', 'orphan', 'true', 'again', 'true')),
  jsonb_build_array(event_of(795, 796, 'delivered', 'z@out.example'), event_of(795, 797, 'delivered', 'b@b.example'), event_of(795, 798, 'stored', 'b@b.example')));
select write_trace('mx1', 802, 803, jsonb_build_array(row_of('id', '799', 'time', noon(72)::text, 'queue_id', '4jX9', 'orphan', 'true', 'again', 'true')),
  jsonb_build_array(event_of(799, 799, 'delivered', 'c@b.example')));
select set_eq($$select domain || ' ' || metric || ' ' || count from activity where metric ~ '(deliver|store|bytes)'$$,
  array['a.example outgoing_delivered 1', 'b.example delivered 2', 'b.example stored 1', 'b.example bytes_in 77'], 'an old message counts as a new one does');
select is((select count(*) from message_event where message = 790), 4::bigint, 'its events are those of the row');

-- Decisions.
select write_trace('mx1', 803, 900, jsonb_build_array(row_of('id', '810', 'time', noon(80)::text, 'client', '2001:db8::1')),
  jsonb_build_array(event_of(810, 820, 'decided', 'anna@a.example', 'action', 'defer', 'reason', 'greylist-new')));
select write_trace('mx1', 900, 1000, '[]', jsonb_build_array(event_of(810, 820, 'decided', 'anna@a.example', 'action', 'defer', 'reason', 'greylist-new', 'reply', '450 4.2.0', 'again', 'true')));
select set_eq($$select reason, reply from message_event where message = 810$$, $$values ('greylist-new', '450 4.2.0')$$, 'the reply joins a decision that is written');
select write_trace('mx1', 1000, 1000, jsonb_build_array(row_of('id', '830', 'time', noon(80)::text)), jsonb_build_array(
  event_of(830, 840, 'decided', 'anna@a.example', 'action', 'defer', 'reason', 'postfix', 'reply', '450 4.2.0'),
  event_of(830, 840, 'decided', null, 'action', 'defer', 'reason', 'greylist-new', 'again', 'true')));
select set_eq($$select reason, reply from message_event where message = 830$$, $$values ('greylist-new', '450 4.2.0')$$, 'a reason that comes later joins, in the same batch, too');

-- Sent by a login.
delete from activity;
select write_trace('mx1', 1000, 1100, '[]', jsonb_build_array(event_of(810, 1010, 'delivered', 'z@out.example', 'login_domain', 'alias.example')),
  jsonb_build_array(row_of('time', noon()::text, 'login', 'anna@alias.example', 'messages', '1', 'recipients', '3', 'bytes', '500'),
    row_of('time', noon()::text, 'login', 'nobody@a.example', 'messages', '1', 'recipients', '1')));
select set_eq($$select * from counted('a.example')$$, array['outgoing_delivered 1', 'outgoing_messages 2', 'outgoing_recipients 4', 'bytes_out 500',
  'outgoing_messages:anna@a.example 1', 'outgoing_recipients:anna@a.example 3'], 'counts of a login, if it is a mailbox');
select is((select domain from message_event where id = 1010), 'a.example', 'the event is the sender''s domain''s');

-- Setting trace.
update setting set value = 'refused' where name = 'trace';
select write_trace('mx1', 1100, 1200, jsonb_build_array(row_of('id', '1110', 'time', noon()::text), row_of('id', '1120', 'time', noon()::text)),
  jsonb_build_array(event_of(1110, 1111, 'decided', 'anna@a.example', 'action', 'reject'), event_of(1120, 1121, 'delivered', 'anna@a.example')));
select set_eq($$select id from message where id > 1100$$, array[1110::bigint], 'refused: what was refused');
select set_eq($$select message from message_event where message > 1100$$, array[1110::bigint], 'and its events');
select is((select count from activity where domain = 'a.example' and metric = 'delivered'), 1::bigint, 'counted all the same');
update setting set value = 'off' where name = 'trace';
select write_trace('mx1', 1200, 1300, jsonb_build_array(row_of('id', '1210', 'time', noon()::text)), jsonb_build_array(event_of(1210, 1211, 'stored', 'anna@a.example')));
select is_empty('select from message where id > 1200', 'off: nothing');
select is((select count from activity where domain = 'a.example' and metric = 'stored'), 1::bigint, 'counted all the same');
-- Recipients that expire are counted, though none of them is kept.
delete from activity;
select write_trace('mx1', 1300, 1400, jsonb_build_array(row_of('id', '1310', 'time', noon()::text, 'queue_id', '4jW1')), jsonb_build_array(
  event_of(1310, 1311, 'deferred', 'anna@a.example'), event_of(1310, 1312, 'deferred', 'bea@a.example'), event_of(1310, 1313, 'stored', 'bea@a.example', 'is_copy', 'true'),
  event_of(1310, 1314, 'deferred', 'ben@b.example'), event_of(1310, 1315, 'deferred', 'carl@a.example'), event_of(1310, 1316, 'delivered', 'carl@a.example'),
  event_of(1310, 1317, 'deferred', 'x@out.example')));
select is((select count(*) from message_waiting), 3::bigint, 'who waits is noted, of the customers');
select write_trace('mx1', 1400, 1500, jsonb_build_array(row_of('id', '1410', 'time', noon()::text, 'queue_id', '4jW1', 'orphan', 'true', 'again', 'true')),
  jsonb_build_array(event_of(1410, 1411, 'delivered', 'ben@b.example', 'size', '500', 'first', 'true'), event_of(1410, 1412, 'deferred', 'anna@a.example')));
select write_trace('mx1', 1500, 1600, jsonb_build_array(row_of('id', '1510', 'time', noon()::text, 'queue_id', '4jW1', 'orphan', 'true', 'again', 'true')),
  jsonb_build_array(event_of(1510, 1511, 'expired', null)));
select set_eq($$select * from counted('a.example') as c where c like 'expired%'$$, array['expired 2'], 'off: two have expired, over two restarts of the tracker');
select is_empty($$select * from counted('b.example') as c where c ~ 'expired|bytes'$$, 'who got it has not, and its bytes counted before');
select is_empty('select from message_waiting', 'nobody waits any more');
update setting set value = 'refused' where name = 'trace';
select write_trace('mx1', 1600, 1700, jsonb_build_array(row_of('id', '1610', 'time', noon()::text, 'queue_id', '4jW2')), jsonb_build_array(
  event_of(1610, 1611, 'deferred', 'anna@a.example'), event_of(1610, 1612, 'expired', null)));
select set_eq($$select * from counted('a.example') as c where c like 'expired%'$$, array['expired 3'], 'refused: in one batch, too');
select write_trace('mx1', 1700, 1800, jsonb_build_array(row_of('id', '1710', 'time', noon()::text, 'queue_id', '4jW3')), jsonb_build_array(event_of(1710, 1711, 'deferred', 'anna@a.example')));
select write_trace('mx1', 1800, 1900, jsonb_build_array(row_of('id', '1710', 'time', noon()::text, 'queue_id', '4jW3', 'again', 'true', 'removed', noon()::text)), '[]');
select is_empty('select from message_waiting', 'a message that is gone waits no more');
insert into message_waiting values ('mx1', 1, 1, '4jW4', 'a.example', now() - interval '8 days');
select prepare_trace();
select is_empty('select from message_waiting', 'nor one of which the log says no more');
update setting set value = 'all' where name = 'trace';

-- The copy in the store is a delivery of its own.
delete from activity;
select write_trace('mx1', 1900, 2000, jsonb_build_array(row_of('id', '1910', 'time', noon()::text, 'queue_id', '4jC1')), jsonb_build_array(
  event_of(1910, 1911, 'deferred', 'anna@a.example', 'reply', 'relay'), event_of(1910, 1912, 'deferred', 'anna@a.example', 'is_copy', 'true', 'reply', 'copy'),
  event_of(1910, 1913, 'stored', 'anna@a.example', 'is_copy', 'true'), event_of(1910, 1920, 'expired', null)));
select set_eq($$select kind || ' ' || is_copy || coalesce(' ' || reply, '') from message_event where message = 1910$$,
  array['deferred false relay', 'deferred true copy', 'stored true', 'expired false'], 'the copy is stored, the delivery has expired');
select is((select count from activity where domain = 'a.example' and metric = 'expired'), 1::bigint, 'and is counted');

-- Mail between customers is of both, by the login.
select write_trace('mx1', 2000, 2100, jsonb_build_array(row_of('id', '2010', 'time', noon()::text, 'queue_id', '4jS1', 'login', 'bert@b.example', 'sender', 'bert@b.example'),
    row_of('id', '2020', 'time', noon()::text, 'queue_id', '4jS2', 'sender', 'ben@b.example'), row_of('id', '2030', 'time', noon()::text, 'login', 'bert@b.example')),
  jsonb_build_array(event_of(2010, 2011, 'delivered', 'anna@a.example', 'login_domain', 'b.example'), event_of(2010, 2012, 'stored', 'anna@a.example', 'login_domain', 'b.example', 'is_copy', 'true'),
    event_of(2020, 2021, 'delivered', 'anna@a.example'), event_of(2030, 2031, 'decided', 'anna@a.example', 'login_domain', 'b.example', 'action', 'reject', 'reason', 'too-big'),
    event_of(2010, 2013, 'deferred', 'carl@a.example', 'login_domain', 'b.example'), event_of(2010, 2014, 'delivered', 'ben@b.example', 'login_domain', 'b.example')));
select set_eq($$select id || ' ' || coalesce(sender_domain, '-') from message_event where message between 2010 and 2030$$,
  array['2011 b.example', '2012 -', '2021 -', '2031 b.example', '2013 b.example', '2014 -'], 'the sender''s domain, of a login, of another customer, not of the copy');
select set_eq($$select ask('bob', 'select id::text from message_event where message between 2010 and 2030')$$, array['2011', '2031', '2013', '2014'], 'its admin sees what came of it');
select set_eq($$select ask('bob', 'select id::text from message where id between 2010 and 2030')$$, array['2010', '2030'], 'and the messages, but not by an envelope sender');
select set_eq($$select ask('ann', 'select id::text from message_event where message between 2010 and 2030')$$, array['2011', '2012', '2021', '2031', '2013'], 'the recipient''s sees its part as ever');

-- Partitions.
select has_table('message_' || to_char(current_date + 3, 'YYYYMMDD'), 'days are made ahead');
select is(prepare_trace(current_date - 5), 0, 'a node that reads an old log asks for older days');
select has_table('message_event_' || to_char(current_date - 5, 'YYYYMMDD'), 'which are made');
update setting set value = '3' where name = 'trace_days';
select is(prepare_trace(), 1, 'old days are dropped, one at a time');
select is(prepare_trace(), 1, 'and the next');
select is(prepare_trace(), 0, 'until none is older than trace_days');
select is((select min(d) from unnest(trace_days_present()) as d), current_date - 3, 'that many days remain');
select ok(write_trace('mx1', 2100, 2200, jsonb_build_array(row_of('id', '2110', 'time', (noon() - 86400 * 30)::text)),
  jsonb_build_array(event_of(2110, 2111, 'delivered', 'anna@a.example', 'time', (noon() - 86400 * 30)::text))), 'a line of a day that is gone');
select is_empty('select from message where id = 2110', 'leaves no row');
select is((select count from activity where domain = 'a.example' and metric = 'delivered' and day = current_date - 30), 1::bigint, 'but counts');
select throws_like($$update setting set value = 'some' where name = 'trace'$$, '%use one of off, refused, all%', 'a wrong mode is refused');

-- Exact look-ups use indexes.
create function plan_of(query text) returns text language plpgsql set enable_seqscan = off as $$
declare line text; plan text := '';
begin
  for line in execute 'explain ' || query loop plan := plan || line || E'\n'; end loop;
  return plan;
end $$;
select alike(plan_of(format('select * from %s where %s', source, condition)), '%Index%' || condition_index || '%', condition || ' comes from an index')
from (values ('message', $$sender = 's'$$, 'sender'), ('message', $$queue_id = 'q'$$, 'queue_id'), ('message', $$message_id = 'm'$$, 'message_id'),
  ('message', $$client = '192.0.2.1'$$, 'client'), ('message', $$client <<= '192.0.2.0/24'$$, 'client'), ('message', $$time between now() - interval '1 minute' and now()$$, 'time_idx'),
  ('message', 'id = 5', 'pkey'), ('message', $$sender like 'ann%'$$, 'sender'),
  ('message_event', $$recipient = 'r'$$, 'recipient'), ('message_event', $$domain = 'd'$$, 'domain'), ('message_event', 'message = 5', 'pkey')) as t (source, condition, condition_index);

select * from finish();
rollback;
