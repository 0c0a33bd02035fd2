-- trace(): the words, what is one message, who sees what, searches and their plans.
begin;
select no_plan();
set local timezone = 'UTC';
select prepare_trace(current_date - 3);

insert into domain (name, plan, greylisting) values ('a.example', 'premium', 'all'), ('b.example', 'premium', 'suspicious');
insert into domain_alias (name, domain) values ('alias.example', 'a.example');
create role ann login in role emailgency_domain_admin;
create role bob login in role emailgency_domain_admin;
insert into domain_admin values ('ann', 'a.example'), ('bob', 'b.example');

create function at(clock text) returns timestamptz language sql as $$ select (current_date - 1 || ' ' || clock)::timestamptz $$;
create sequence line;
-- A message: its first line comes at a time.
create function message_of(clock text, queue_id text, sender text, client inet, domains text[], parent text default null, login text default null)
returns bigint language sql as $$
  insert into message (id, node, time, queue_id, sender, client, client_name, message_id, queued_at, parent, login, domains)
  select nextval('line'), 'mx1', at(clock), queue_id, sender, client, 'mail.s.example', 'm-' || queue_id || '@s.example', case when queue_id is not null then at(clock) end,
    parent, login, domains returning id $$;
create function event_of(message bigint, clock text, kind text, recipient text, variadic more text[] default '{}') returns void language sql as $$
  insert into message_event select (jsonb_populate_record(null::message_event, jsonb_build_object('message', m.id, 'node', m.node, 'id', nextval('line'),
    'time', at(clock), 'message_time', m.time, 'kind', kind, 'recipient', recipient, 'is_copy', false, 'domain',
    (select s.domain from served_domain s where s.name = address_domain(event_of.recipient))) || jsonb_object(more))).* from message m where m.id = event_of.message $$;
create function stories(login text, call text) returns setof text language sql as $$
  select ask(login, format('select outcome || '': '' || story from trace(%s)', call)) $$;

-- The copy in the store is no delivery to the recipient's own server.
select event_of(m.id, '09:00:01', 'stored', 'anna@a.example', 'is_copy', 'true'),
  event_of(m.id, '09:00:00', 'deferred', 'anna@a.example', 'reply', 'connect to mail.example.com[192.0.2.99]:25: Connection refused',
    'tries', '2', 'last_at', at('09:20')::text, 'next_try', at('09:30')::text)
from message_of('09:00:00', '4jA1', 'copy@s.example', '192.0.2.7', '{a.example}') as m (id);
select alike((select stories('ann', $a$'4jA1'$a$)), 'waiting: %stored in the mail store%', 'mail that waits is not delivered by its copy');
select event_of(m.id, '09:10:01', 'stored', 'anna@a.example', 'is_copy', 'true'),
  event_of(m.id, '09:10:00', 'bounced', 'anna@a.example', 'reply', 'host mail.example.com[192.0.2.99] said: 550 5.1.1 no such user')
from message_of('09:10:00', '4jA2', 'copy@s.example', '192.0.2.7', '{a.example}') as m (id);
select alike((select stories('ann', $a$'4jA2'$a$)), 'returned: %', 'nor is mail that bounced');
select event_of(m.id, '09:15:00', 'deferred', 'anna@a.example', 'reply', 'connect to mx1[private/dovecot-lmtp]: Connection refused',
    'is_copy', 'true', 'tries', '1', 'last_at', at('09:15')::text), event_of(m.id, '09:16:00', 'stored', 'anna@a.example', 'is_copy', 'true')
from message_of('09:15:00', '4jA3', 'copy@s.example', '192.0.2.7', '{a.example}') as m (id);
select alike((select stories('ann', $a$'4jA3'$a$)), 'delivered: %', 'a store that was away for a while has it');

-- One message from the first attempt on.
select event_of(message_of('10:02:11', null, 'news@s.example', '192.0.2.1', '{a.example}'), '10:02:11', 'decided', 'anna@a.example',
  'action', 'defer', 'reason', 'greylist-new', 'reply', '450 4.2.0');
select event_of(m.id, '10:17:40', 'decided', 'anna@a.example', 'action', 'accept', 'reason', 'greylist-passed'),
  event_of(m.id, '10:17:41', 'deferred', 'anna@a.example', 'reply', 'connect to mail.example.com[192.0.2.99]:25: Connection timed out',
    'tries', '3', 'last_at', at('10:37')::text, 'next_try', at('10:47')::text),
  event_of(m.id, '10:17:42', 'stored', 'ben@b.example')
from message_of('10:17:40', '4jX1', 'news@s.example', '192.0.2.7', '{a.example,b.example}') as m (id);
select set_eq($$select * from stories('ann', $a$'4jX1'$a$)$$, array['waiting: 10:02:11 refused for now: greylisted (domain.greylisting = all); '
  || '10:17:40 accepted; 10:17:41 waiting: mail.example.com did not answer (3 tries, next at 10:47)'], 'the time line of a message');
select set_eq($$select * from stories('ann', $a$'192.0.2.1'$a$)$$, $$select * from stories('ann', $a$'4jX1'$a$)$$, 'found by its first attempt, too');
select set_eq($$select * from stories('emailgency_operator', $a$'4jX1'$a$)$$, array['partly waiting: 10:02:11 refused for now: greylisted '
  || '(domain.greylisting = all) for anna@a.example; 10:17:40 accepted; 10:17:41 waiting: mail.example.com did not answer (3 tries, next at 10:47) '
  || 'for anna@a.example; 10:17:42 stored in the mail store for ben@b.example'], 'of several recipients each has its part');
select set_eq($$select ask('emailgency_operator', 'select mail || '' '' || source from trace(''4jX1'')')$$,
  array['news@s.example to anna@a.example, ben@b.example client mail.s.example[192.0.2.7], queue id 4jX1, message id <m-4jX1@s.example>, node mx1'], 'and whose it is');
select set_eq($$select ask('ann', 'select setting || ''; '' || change from trace(''4jX1'')')$$,
  array['domain.transport is not set: mode backup, MX records; select flush(''a.example'')'], 'the setting that decided, and the statement that changes it');
select set_eq($$select * from stories('emailgency_operator', 'recipient => ''ben@b.example''')$$,
  array['delivered: 10:17:40 accepted; 10:17:42 stored in the mail store'], 'a search for a recipient shows the part of that one');

-- Each domain sees its own part.
select is_empty($$select line from ask('ann', 'select t::text from trace() as t') as line where line ~ 'ben|b\.example'$$, 'no recipient of another domain');
select is_empty($$select line from ask('bob', 'select t::text from trace() as t') as line where line ~ 'anna|a\.example|greylisted'$$, 'from either side');
select set_eq($$select * from stories('bob', '''news@s.example''')$$, array['delivered: 10:17:40 accepted; 10:17:42 stored in the mail store'], 'the other part');
select is_empty(format($$select * from stories('ann', %L)$$, call), 'nothing of another domain by ' || call)
from unnest(array['''ben@b.example''', '''b.example''', 'recipient => ''*@b.example''', 'domain => ''b.example''', 'recipient => ''ben*''']) as call;
select event_of(message_of('10:20', '4jX2', 'anna@a.example', '192.0.2.50', '{b.example}', null, 'anna@a.example'), '10:21', 'stored', 'ben@b.example');
select is_empty($$select line from ask('bob', 'select t::text from trace(''4jX2'') as t') as line where line ~ 'login'$$, 'nor whose login sent it');
select isnt_empty($$select line from ask('emailgency_operator', 'select t::text from trace(''4jX2'') as t') as line where line ~ 'accepted from the login anna@a.example'$$, 'the operator sees it');
select event_of(message_of('10:22', '4jX3', 'anna@a.example', '192.0.2.50', '{a.example}', null, 'Anna@alias.example'), '10:23', 'delivered', 'x@out.example',
  'domain', 'a.example', 'host', 'mx.out.example[192.0.2.60]:25', 'reply', '250 2.0.0 Ok: queued as 1');
select set_eq($$select * from stories('ann', '''4jX3''')$$, array['delivered: 10:22:00 accepted from the login Anna@alias.example; '
  || '10:23:00 delivered to mx.out.example, which said "250 2.0.0 Ok: queued as 1"'], 'the domain of the login does');
-- Events of mail to another customer are the sender's, too, by its login.
select event_of(m.id, '10:24', 'decided', 'ben@b.example', 'action', 'reject', 'reason', 'over-quota', 'reply', '452 4.2.2 full', 'sender_domain', 'a.example'),
  event_of(m.id, '10:25', 'delivered', 'bea@b.example', 'host', 'mail.b.example[192.0.2.61]:25', 'sender_domain', 'a.example')
from message_of('10:24', '4jX4', 'anna@a.example', '192.0.2.50', '{a.example,b.example}', null, 'anna@a.example') as m (id);
select set_eq(format($$select * from stories('ann', %L)$$, call), array['partly refused: 10:24:00 accepted from the login anna@a.example; '
  || '10:24:00 refused: the mailbox is full (mailbox.quota) for ben@b.example; 10:25:00 delivered to mail.b.example for bea@b.example'], 'by ' || call)
from unnest(array['''4jX4''', 'domain => ''a.example'', queue_id => ''4jX4''', 'recipient => ''be*@b.example'', client => ''192.0.2.50''']) as call;
select is_empty($$select ask('ann', 'select change from trace(''4jX4'') where change is not null')$$, 'but nothing to change there');
select event_of(message_of('10:26', '4jX5', 'anna@a.example', '192.0.2.66', '{b.example}'), '10:26', 'delivered', 'ben@b.example');
select is_empty($$select * from stories('ann', '''4jX5''')$$, 'an envelope sender proves nothing');
delete from message_event where message in (select id from message where queue_id in ('4jX2', '4jX3', '4jX4', '4jX5'));
delete from message where queue_id in ('4jX2', '4jX3', '4jX4', '4jX5');

-- The domain of a sender in any case, its local part as it is.
select event_of(message_of('10:50', '4jX6', 'New.User@s.example', '192.0.2.50', '{a.example}'), '10:50', 'stored', 'anna@a.example');
select is((select count(*) from stories('ann', format('sender => %L', sender))), found, 'sender ' || sender)
from (values ('New.User@S.Example', 1::bigint), ('New.User@s.example', 1), ('new.user@s.example', 0), ('New.User@*', 1), ('*user@s.example', 1)) as t (sender, found);
delete from message_event where message in (select id from message where queue_id = '4jX6');
delete from message where queue_id = '4jX6';

-- The clock was set back by ten minutes.
select event_of(m.id, '10:51', 'delivered', 'anna@a.example', 'host', 'mail.a.example[192.0.2.3]:25')
from message_of('11:01', '4jX7', 'clock@s.example', '192.0.2.50', '{a.example}') as m (id);
select set_eq($$select * from stories('ann', '''4jX7''')$$, array['delivered: 10:51:00 delivered to mail.a.example; 11:01:00 accepted'], 'an event before its message');
delete from message_event where message in (select id from message where queue_id = '4jX7');
delete from message where queue_id = '4jX7';

-- Rows that are one message.
select event_of(message_of('11:' || minute, null, 'two@s.example', '192.0.2.1', '{a.example}'), '11:' || minute, 'decided', 'anna@a.example', 'action', 'defer',
  'reason', 'greylist-new') from unnest(array['00', '05']) as minute;
select set_eq($$select * from stories('ann', '''two@s.example''')$$, array['refused for now: 11:00:00 refused for now: greylisted (domain.greylisting = all); '
  || '11:05:00 refused for now: greylisted (domain.greylisting = all)'], 'attempts in a row');
select event_of(message_of('11:10', '4jY1', 'two@s.example', '192.0.3.1', '{a.example}'), '11:10', 'stored', 'anna@a.example');
select is((select count(*) from stories('ann', '''two@s.example''')), 2::bigint, 'a message from another network is another one');
select event_of(message_of('11:15', '4jY2', 'two@s.example', '192.0.2.9', '{a.example}'), '11:15', 'stored', 'anna@a.example');
select set_has($$select * from stories('ann', '''two@s.example''')$$, $$values ('delivered: 11:00:00 refused for now: greylisted (domain.greylisting = all); '
  || '11:05:00 refused for now: greylisted (domain.greylisting = all); 11:15:00 accepted; 11:15:00 stored in the mail store')$$, 'from the same network it is the retry');
select event_of(message_of('11:16', '4jY3', 'two@s.example', '192.0.2.9', '{a.example}'), '11:16', 'stored', 'anna@a.example');
select set_eq($$select * from stories('ann', 'sender => ''two@s.example'', client => ''192.0.2.0/24''')$$, array['refused for now: 11:00:00 refused for now: greylisted '
  || '(domain.greylisting = all); 11:05:00 refused for now: greylisted (domain.greylisting = all)', 'delivered: 11:15:00 accepted; 11:15:00 stored in the mail store',
  'delivered: 11:16:00 accepted; 11:16:00 stored in the mail store'], 'of two at a time it is not certain which');
select event_of(message_of('12:00', '4jZ1', 'sue@out.example', '192.0.2.9', '{a.example}'), '12:00:05', 'bounced', 'anna@a.example', 'host', 'mail.a.example[192.0.2.3]:25',
  'reply', 'host mail.a.example[192.0.2.3] said: 550 5.1.1 unknown user (in reply to RCPT TO command)');
select event_of(message_of('12:00:06', '4jZ2', '', null, '{}', '4jZ1'), '12:00:07', 'delivered', 'sue@out.example', 'host', 'mx.out.example[192.0.2.60]:25');
select set_eq($$select * from stories('emailgency_operator', '''4jZ2''')$$, array['returned: 12:00:00 accepted; 12:00:05 returned to the sender: mail.a.example said '
  || '"550 5.1.1 unknown user"; 12:00:06 a bounce was made, queue id 4jZ2; 12:00:07 the bounce was delivered to mx.out.example'], 'a bounce is part of its message');
select set_eq($$select * from stories('ann', '''4jZ1''')$$, array['returned: 12:00:00 accepted; 12:00:05 returned to the sender: mail.a.example said '
  || '"550 5.1.1 unknown user"'], 'which an admin sees as far as it is the own domain''s');
select event_of(m.id, '12:30', 'deferred', 'anna@a.example', 'tries', '7', 'reply', 'lost connection with mail.a.example[192.0.2.3] while receiving the initial server greeting'),
  event_of(m.id, '13:00', 'delivered', 'anna@a.example', 'host', 'mail.a.example[192.0.2.3]:25')
from message_of('12:30', '4jZ3', 'tim@out.example', '192.0.2.9', '{a.example}') as m (id);
select set_eq($$select * from stories('ann', '''4jZ3''')$$, array['delivered: 12:30:00 accepted; 12:30:00 waited: mail.a.example broke off the connection (7 tries); '
  || '13:00:00 delivered to mail.a.example'], 'what waited waits no more');

-- The words of every decision.
create view decided as select r.reason, row(1, 'mx1', 1, now(), now(), 'decided', 'anna@a.example', 'a.example', a.action, r.reason, a.rule, null, a.reply, null, null, null, null, false, null)::message_event as event
from (values ('domain-stealth', 'defer', null, null), ('domain-denied', 'reject', null, null), ('mailbox-denied', 'reject', null, null), ('login-limit', 'defer', null, null), ('domain-limit', 'defer', null, null), ('dns-listed', 'reject', 'zone=bl.example', null),
  ('dns-allowed', 'accept', 'zone=wl.example', null), ('greylist-new', 'defer', null, null), ('greylist-passed', 'accept', null, null), ('greylist-shadowed', 'accept', null, null),
  ('greylist-away', 'accept', null, null), ('whitelisted', 'accept', 'entry=192.0.2.1', null), ('not-suspicious', 'accept', null, null), ('authenticated', 'accept', null, null),
  ('nothing-applies', 'accept', null, null), ('not-local', 'accept', null, null), ('spf', 'reject', null, null), ('spf-helo', 'reject', null, null), ('too-big', 'reject', null, null),
  ('too-big-for-sender', 'reject', null, null), ('over-quota', 'defer', null, null), ('other-limit', 'defer', null, null), ('never-sends', 'reject', null, null), ('tag-missing', 'reject', null, null),
  ('tag-reported', 'accept', null, null), ('many-recipients', 'reject', null, null), ('many-forged', 'reject', null, null),
  ('postfix', 'reject', null, '5.1.1 <anna@a.example>: Recipient address rejected: User unknown')) as a (reason, action, rule, reply)
  cross join lateral (select a.reason) as r;
select results_eq($$select trace_words(event, false) || coalesce(' | ' || trace_change(event, '192.0.2.1', 'anna@a.example'), '') from decided$$, array[
  'refused for now: the domain takes no mail at present (domain.stealth = false) | update domain set stealth = false where name = ''a.example''',
  'refused: sending is disabled for the domain (domain.smtp_deny = false) | select allow_sending(''a.example'')',
  'refused: sending is disabled for the account (mailbox.smtp_deny) | select allow_sending(''anna@a.example'')',
  'refused for now: the account sent as much as its plan allows (a limit of the plan) | select allow_sending(''anna@a.example'')',
  'refused for now: the accounts of the domain sent as much as its plan allows (a limit of the plan)',
  'refused: the client is on the DNS list bl.example (domain.blacklisting = true) | insert into whitelist (domain, entry) values (''a.example'', ''192.0.2.1'')',
  'accepted: the client is on the DNS allow list wl.example (dnsbl wl.example)',
  'refused for now: greylisted (domain.greylisting = all) | insert into whitelist (domain, entry) values (''a.example'', ''192.0.2.1'')',
  'accepted: known to the greylist (domain.greylisting = all)', 'accepted: it would have been greylisted (domain.greylisting_shadow = false)',
  'accepted: not greylisted, as the database did not answer',
  'accepted: white-listed as 192.0.2.1 (whitelist 192.0.2.1) | select delete_whitelist(''a.example'', ''192.0.2.1'')',
  'accepted', 'accepted', 'accepted', 'accepted',
  'refused: SPF of the sender''s domain forbids this client (domain.spf = mark) | insert into whitelist (domain, entry) values (''a.example'', ''192.0.2.1'')',
  'refused: SPF of the HELO name forbids this client (setting spf_helo = ' || setting_value('spf_helo') || ') | insert into whitelist (domain, entry) values (''a.example'', ''192.0.2.1'')',
  'refused: too big (plan.max_message_size = ' || (select max_message_size from plan where name = 'premium') || ') | select * from explain(''anna@a.example'')',
  'refused: too big for the sender''s plan (plan.max_message_size = ' || (select max_message_size from plan where name = 'premium') || ') | select * from explain(''anna@a.example'')',
  'refused for now: the mailbox is full (mailbox.quota) | select * from explain(''anna@a.example'')',
  'refused for now: the recipients before it have another size limit; the sender tries it again by itself',
  'refused: a bounce to an address that never sends (domain.receive_only = false) | update domain set receive_only = false where name = ''a.example''',
  'refused: a bounce of a message that was not sent from here (domain.batv = off) | update domain set batv = ''report'' where name = ''a.example''',
  'accepted: a bounce of a message that was not sent from here (domain.batv = off)', 'refused: a bounce to several recipients', 'refused: too many forged header fields',
  'refused: there is no such recipient "5.1.1 <anna@a.example>: Recipient address rejected: User unknown" | insert into mailbox (address) values (''anna@a.example'')'],
  'every reason has its words');
select set_eq('select reason from trace_reasons()', $$select reason from decided where reason <> 'postfix'$$, 'and is looked at here');
select lives_ok('explain ' || change, 'is a statement: ' || change) from (select trace_change(event, '192.0.2.1', 'anna@a.example') as change from decided) as c
where change is not null;
select results_eq($$select trace_reply('none', reply) from unnest(array['connect to mx.x.example[192.0.2.1]:25: Connection refused', 'connect to mx.x.example[2001:db8::1]:25: Network is unreachable',
    'Host or domain name not found. Name service error for name=x.example type=MX: Host not found', 'conversation with mx.x.example[192.0.2.1] timed out while sending RCPT TO',
    'host mx.x.example[192.0.2.1] said: 451 4.7.1 Greylisted; 10:00 delivered (in reply to RCPT TO command)', 'mail transport unavailable', null]) as reply$$,
  array['mx.x.example refused the connection', 'mx.x.example did not answer', 'the DNS has no address of x.example', 'mx.x.example broke off the connection',
    'mx.x.example said "451 4.7.1 Greylisted; 10:00 delivered"', '"mail transport unavailable"', 'no reason is known'], 'Postfix''s texts');

-- Hostile texts.
select event_of(message_of('14:00', '4jH1', E'"a; 10:00 delivered\x1b[31m<script>"@s.example', '192.0.2.9', '{a.example}'), '14:00', 'deferred', E'x\u202e\u009b31m''--@a.example',
  'host', E'evil"\x1b[2J[192.0.2.1]:25', 'reply', E'host h.example[192.0.2.1] said: 450 "\x1b]0;x\x07; 14:01 delivered" <b>');
select set_eq($$select ask('ann', 'select mail || ''; '' || story from trace(''4jH1'')')$$, array['"''a; 10:00 delivered?[31m<script>''@s.example" to "x??31m''--@a.example"; '
  || '14:00:00 accepted; 14:00:00 waiting: h.example said "450 ''?]0;x?; 14:01 delivered'' <b>" (one try)'], 'are quoted, and control nothing');
select is_empty($$select t from trace('4jH1') as t where t::text ~ '[\u0001-\u001f\u007f-\u009f\u202e]|\\u00[01]'$$, 'nowhere');
select is_empty(format('select * from stories(%L, %L)', 'ann', 'sender => ' || quote_literal(quoted)), 'SQL is text: ' || quoted)
from unnest(array[''' or true --', '\', '$1', '%', '_', '''; drop table message; --', '%s']) as quoted;
select is((select count(*) from trace(recipient => E'x\u202e\u009b31m''--@a.example')), 1::bigint, 'and is found as it is');

-- Wild cards.
select event_of(message_of('15:00', '4jW' || n, s, '198.51.100.7', '{a.example}'), '15:00', 'stored', 'w@alias.example')
from (values (1, 'a_b@w.example'), (2, 'axb@w.example'), (3, 'a%b@w.example'), (4, 'A_B@W.example'), (5, 'a\b@w.example')) as t (n, s);
select set_eq(format($$select ask('ann', 'select details ->> ''sender'' from trace(sender => ' || quote_literal(%L) || ')')$$, pattern), found, 'sender ' || pattern)
from (values ('a_b@w.example', array['a_b@w.example']), ('a_*@w.example', array['a_b@w.example']), ('a%*', array['a%b@w.example']),
  ('*\b@w.example', array['a\b@w.example']), ('*@w.example', array['a_b@w.example', 'axb@w.example', 'a%b@w.example', 'A_B@W.example', 'a\b@w.example']),
  ('*B@W.EXAMPLE', array['a_b@w.example', 'axb@w.example', 'a%b@w.example', 'A_B@W.example', 'a\b@w.example']), ('%@w.example', '{}'), ('A*B@W.example', array['a_b@w.example',
  'axb@w.example', 'a%b@w.example', 'A_B@W.example', 'a\b@w.example'])) as t (pattern, found);
select is((select count(*) from trace(call)), 5::bigint, 'found by ' || call) from unnest(array['w@alias.example', '*@alias.example', '198.51.100.7', '198.51.100.0/25', 'w.example', 'w@*']) as call;
select is((select count(*) from stories('ann', format('%s => %L', key, value))), 5::bigint, format('by %s %s', key, value))
from (values ('recipient', 'W@alias.example'), ('recipient', '*@alias.example'), ('client', '198.51.100.0/24'), ('client', '198.51.100.7'), ('message_id', '<m-4jW*')) as t (key, value);
select is((select count(*) from trace(message_id => '<m-4jW1@s.example>', queue_id => '4jW1', sender => 'a_b@w.example', recipient => 'w@*', domain => 'alias.example')), 1::bigint, 'by all at once');
select is((select count(*) from trace(queue_id => '4jW1', recipient => 'other@a.example')), 0::bigint, 'which all must fit');
select is((select count(*) from trace(sender => '<>')), 1::bigint, 'the null sender');
select is((select count(*) from trace('*@w.example', since => at('14:59'), until => at('15:01'))), 5::bigint, 'in a range of time');
select is((select count(*) from trace('*@w.example', until => at('15:00'))), 0::bigint, 'of which the end is outside');
select is((select count(*) from trace('*@w.example', most => 2)), 2::bigint, 'no more than asked for');
select throws_like(format('select * from trace(%s)', call), 'trace() cannot search for %' || message || '%', 'refused: ' || call)
from (values ('most => 1001', 'from 1 to 1000'), ('most => 0', 'from 1 to 1000'), ('''****''', 'three \*'), ('queue_id => ''4*''', 'whole queue id'), ('client => ''1.2.3.4/99''', '192.0.2.0/24'),
  ('domain => ''none.example''', 'domain of a customer'), ('sender => repeat(''x'', 600)', '500 characters'), ('''nothing''''s''', 'an address, a domain'), ('recipient => ''''', '<> is the null')) as t (call, message);

-- Times.
select is(trace_time(given, '2026-11-29 10:00+00'), wanted::timestamptz, given)
from (values ('2 hours', '2026-11-29 08:00+00'), ('30m', '2026-11-29 09:30+00'), ('9:15', '2026-11-29 09:15+00'), ('2026-11-01', '2026-11-01 00:00+00'), ('2026-11-01 10:00+01', '2026-11-01 09:00+00')) as t (given, wanted);
select throws_like(format('select trace_time(%L)', given), '%write a time%', 'no time: ' || given) from unnest(array['soon', '25:00', '2026-13-01', '3 moons', '']) as given;

-- The plans of searches, for the operator and through row-level security.
set local session_replication_role = replica;
insert into message (id, node, time, queue_id, client, sender, message_id, domains)
select n, 'n', current_date - 3 + n % 3 + interval '1 hour' + n % 20000 * interval '1 second', 'q' || n, '10.0.0.0'::inet + n, 's' || n || '@x.example', 'i' || n, array['d' || n % 1000 || '.example']
from generate_series(1000000, 1020000) as n;
insert into message_event (message, node, id, time, message_time, kind, recipient, domain)
select id, node, id * 3 + k, time, time, 'stored', 'r' || id || '@' || domains[1], domains[1] from message, generate_series(0, 2) as k where node = 'n';
set local session_replication_role = origin;
analyze message, message_event;
create function plan_of_search(login text, by_event boolean, of_message text, of_event text) returns setof text language sql as $$
  select ask(login, 'explain ' || replace(replace(replace(trace_statement(by_event, of_message, of_event), '$1', quote_literal(current_date - 2) || '::timestamptz'),
    '$2', quote_literal(current_date - 1) || '::timestamptz'), '$3', '100')) $$;
create view search as
select s.*, l.login from (values (false, $$m.queue_id = 'q1000005'$$, null, 'queue_id'), (false, trace_condition('m.message_id', 'i1000005', false), null, 'message_id'),
  (false, trace_condition('m.sender', 's1000005@x.example', false), null, 'sender'), (false, trace_client_condition('10.15.66.69'), null, 'client'),
  (true, null, trace_condition('e.recipient', 'r1000005@d5.example', true), 'recipient'), (true, null, $$e.domain = 'd5.example'$$, 'domain'),
  (true, null, $$(e.domain = 'd5.example' or e.sender_domain = 'd5.example')$$, 'domain'),
  (true, trace_condition('m.sender', '*@x.example', false), $$e.domain = 'd5.example'$$, 'domain'), (true, null, trace_condition('e.recipient', 'r10000*', true), '(recipient|domain)'),
  (true, trace_condition('m.sender', 's1000005@x.example', false), trace_condition('e.recipient', 'r1000005@d5.example', true), '(recipient|pkey)'))
  as s (by_event, of_message, of_event, key) cross join (values ('emailgency_operator'), ('ann')) as l (login);
select is_empty(format($$select plan from plan_of_search(%L, %L, %L, %L) as plan where plan ~ 'Seq Scan on message'$$, login, by_event, of_message, of_event),
  format('no partition is read as a whole: %s, %s', login, coalesce(of_event, of_message))) from search;
select isnt_empty(format($$select plan from plan_of_search(%L, %L, %L, %L) as plan where plan ~ 'Index (Only )?Scan (Backward )?(using|on) message.*_%s'$$, login, by_event, of_message, of_event, key),
  format('but by its index: %s, %s', login, coalesce(of_event, of_message))) from search;
select is_empty(format($$select plan from plan_of_search(%L, %L, %L, %L) as plan where plan ~ 'on message_event_20' and plan !~ %L$$, login, by_event, of_message, of_event,
  'message_event_' || to_char(current_date - 2, 'YYYYMMDD')), format('of the days alone: %s, %s', login, of_event)) from search where by_event;
select isnt_empty($$select plan from plan_of_search('ann', true, trace_condition('m.sender', '*', false), null) as plan where plan ~ 'Index Scan (using|on) message_event_.*domain'$$,
  'an admin''s wild card looks through the events of the own domain');
select is_empty($$select plan from plan_of_search('ann', true, trace_condition('m.sender', '*', false), null) as plan where plan ~ 'Seq Scan on message'$$, 'and no others');

select * from finish();
rollback;
