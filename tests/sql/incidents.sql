-- Incidents, their messages, and who gets which. A transaction has one time, so rows are set back instead of waiting.
begin;
select no_plan();

insert into domain (name, plan, monitoring, queue_alert_messages, time_zone) values
  ('a.example', 'premium', 'simple', 10, 'Europe/Zurich'), ('b.example', 'premium', 'off', 10, 'UTC');
insert into contact (domain, kind, address) values
  ('a.example', 'mail', 'ann@out.example'), ('a.example', 'sms', '+41791234567'), ('a.example', 'sms', '+41791234568'),
  ('b.example', 'mail', 'bob@out.example');
update contact set confirmed_at = now() where address = '+41791234567';
update setting set value = 'op@out.example +41790000000' where name = 'operator_contacts';

create view waiting as select channel, address, transition, due_at, kind from outbox where sent_at is null and failed_at is null and dropped_at is null;
create function sent(address text) returns void language sql as $$
  update outbox o set due_at = now() - interval '1 second' where o.address = sent.address and o.sent_at is null;
  select mark_outbox('n', c.id, 'sent', '', 0) from claim_outbox('n', '{mail,sms}', 100, 60) c where c.address = sent.address;
  update outbox o set lease_until = '-infinity' where o.sent_at is null;
$$;

-- Opening and closing.
select ok(open_incident('a.example', 'server', '', '421 no'), 'an incident opens');
select ok(not open_incident('a.example', 'server', '', '421 still no'), 'once');
select is((select detail from incident), '421 still no', 'with the latest observation');
select set_eq('select channel, address, transition from waiting', $$values ('mail', 'ann@out.example', 'opened'), ('sms', '+41791234567', 'opened')$$,
  'the contacts of the domain get it, but no number that is not confirmed');
select is((select due_at from waiting where channel = 'sms'), now() + interval '300 seconds', 'an SMS waits for sms_after');
select is((select due_at from waiting where channel = 'mail'), now(), 'mail does not');
select sent('ann@out.example');
select ok(close_incident('a.example', 'server', ''), 'it closes');
select ok(not close_incident('a.example', 'server', ''), 'once');
select set_eq('select channel, address, transition from waiting', $$values ('mail', 'ann@out.example', 'closed')$$,
  'the end goes to those who got the start');
select is((select last_error from outbox where channel = 'sms'), 'the incident ended before it was sent', 'the others get nothing');
select ok(not open_incident('gone.example', 'server', '', ''), 'a domain that is gone has none');

-- A message that is being sent while its incident closes.
delete from incident;
delete from outbox;
select open_incident('a.example', 'server', '', '');
select isnt_empty($$select * from claim_outbox('n', '{mail}', 10, 60)$$, 'a node sends');
select is_empty($$select * from claim_outbox('m', '{mail}', 10, 60)$$, 'another does not');
update outbox set lease_until = now() where channel = 'mail';
select close_incident('a.example', 'server', '');
select is_empty($$select * from outbox where transition = 'closed'$$, 'nobody knows yet whether it was sent');
select ok(mark_outbox('n', (select id from outbox where channel = 'mail'), 'sent', '', 0), 'it was');
select is((select count(*) from outbox where transition = 'closed'), 1::bigint, 'so the end follows');
select ok(not mark_outbox('n', (select id from outbox where channel = 'mail' and transition = 'opened'), 'sent', '', 0), 'a message is marked once');

-- An incident that takes the place of another: the end of the last one goes to the recipients of all.
create function go(before text, after text) returns void language sql as $$select change_server_incidents('a.example', go.before, go.after, 'the reply')$$;
delete from incident;
delete from outbox;
select go('up', 'down');
select sent('+41791234567');
select sent('ann@out.example');
select go('down', 'unstable');
select is_empty($$select * from waiting where transition = 'closed'$$, 'it ends without a message');
select set_eq($$select channel, address from waiting$$, $$values ('mail', 'ann@out.example'), ('sms', '+41791234567')$$, 'the new one has its own');
select sent('ann@out.example');
select go('unstable', 'up');
select set_eq($$select kind, channel, address from waiting$$, $$values ('unstable', 'mail', 'ann@out.example'), ('unstable', 'sms', '+41791234567')$$,
  'an address that got the first start only gets the end, too, and each once');
select is((select count(*) from incident where closed_at is null), 0::bigint, 'all have ended');

-- The same while the start of the first is being sent.
delete from incident;
delete from outbox;
select go('up', 'down');
select claim_outbox('n', '{mail}', 10, 60);
select go('down', 'unstable');
select mark_outbox('n', id, 'sent', '', 0) from outbox where kind = 'server' and channel = 'mail';
select is_empty($$select * from outbox where transition = 'closed'$$, 'its end is not sent while the other is open');
select go('unstable', 'up');
select set_eq($$select kind, transition, channel from waiting$$, $$values ('unstable', 'closed', 'mail')$$, 'but that of the other, which was not sent itself');
delete from incident;
delete from outbox;
select go('up', 'down');
select claim_outbox('n', '{mail}', 10, 60);
select go('down', 'unstable');
select go('unstable', 'up');
select is_empty($$select * from outbox where transition = 'closed'$$, 'nobody knows yet');
select mark_outbox('n', id, 'sent', '', 0) from outbox where kind = 'server' and channel = 'mail';
select set_eq($$select kind, transition, channel from waiting$$, $$values ('unstable', 'closed', 'mail')$$, 'it was sent, so the end follows');

-- An unknown outcome, and the end of the incident.
delete from incident;
delete from outbox;
select go('up', 'down');
select claim_outbox('n', '{mail}', 10, 60);
select mark_outbox('n', id, 'unknown', 'time-out', 30) from outbox where channel = 'mail';
select go('down', 'up');
select set_eq($$select transition, channel from waiting$$, $$values ('opened', 'mail'), ('closed', 'mail')$$, 'it may have been sent, so its end follows, and the start is tried once more');
update outbox set due_at = now() - interval '1 second' where due_at > now();
select set_eq($$select transition from claim_outbox('n', '{mail}', 10, 60)$$, array['opened', 'closed'], 'in that order');
select mark_outbox('n', id, 'unknown', 'time-out', 30) from outbox where transition = 'opened' and channel = 'mail';
select isnt((select failed_at from outbox where transition = 'opened' and channel = 'mail' and kind = 'server'), null, 'and no more');
delete from incident where kind = 'outbox';

-- Outcomes.
delete from incident;
delete from outbox;
select open_incident(null, 'self', '', '9 of 10 servers fail');
select set_eq('select channel, address, due_at from waiting', $$values ('mail', 'op@out.example', now()), ('sms', '+41790000000', now() + interval '300 seconds')$$,
  'the operator''s own, by SMS if it lasts');
delete from incident;
delete from outbox;
select open_incident(null, 'dnsbl', 'bl.example', 'no answer');
select set_eq('select channel, address from waiting', $$values ('mail', 'op@out.example')$$, 'nobody is woken for a DNS list');
select ok(open_incident(null, 'dnsbl', 'other.example', ''), 'one per subject');
delete from incident where subject = 'other.example';
delete from outbox where incident is null;
select is((select count(*) from claim_outbox('n', '{mail}', 10, 60)), 1::bigint, 'claimed');
select mark_outbox('n', id, 'retry', 'no connection', 30) from outbox where channel = 'mail';
select is((select due_at from outbox where channel = 'mail'), now() + interval '30 seconds', 'again after its delay');
update outbox set due_at = now() where channel = 'mail';
select is((select attempts from claim_outbox('n', '{mail}', 10, 60)), 2, 'the second attempt');
select mark_outbox('n', id, 'unknown', 'time-out', 30) from outbox where channel = 'mail';
select is((select failed_at from outbox where channel = 'mail'), null, 'an unknown outcome is tried again');
update outbox set due_at = now() where channel = 'mail';
select claim_outbox('n', '{mail}', 10, 60);
select mark_outbox('n', id, 'unknown', 'time-out', 30) from outbox where channel = 'mail';
select isnt((select failed_at from outbox where channel = 'mail' and kind = 'dnsbl'), null, 'once');
select is((select count(*) from incident where kind = 'outbox'), 1::bigint, 'a failed message is an incident of the operator');
update outbox set due_at = now(), sent_at = null where kind = 'outbox';
select mark_outbox('n', c.id, 'dead', 'no', 0) from claim_outbox('n', '{mail}', 10, 60) c where c.kind = 'outbox';
select is((select count(*) from incident where kind = 'outbox'), 1::bigint, 'whose own failure is none');
select lives_ok($$select retry_outbox(id) from outbox where kind = 'dnsbl' and failed_at is not null$$, 'it is sent again');
select throws_like($$select retry_outbox(-1)$$, 'message -1 has not failed: select id, %', 'one that has failed');
update outbox set failed_at = failed_at - interval '2 days' where failed_at is not null;
select expire_outbox(100);
select is_empty($$select * from incident where kind = 'outbox' and closed_at is null$$, 'a day after the last failure the incident ends');

-- At most sms_per_week messages.
delete from incident;
delete from outbox;
update setting set value = '3' where name = 'sms_per_week';
insert into outbox (dedup_key, domain, kind, transition, channel, address) select 'w' || n, 'a.example', '', 'test', 'sms', '+41791234567' from generate_series(1, 5) n;
select results_eq($$select last_of_week from claim_outbox('n', '{sms}', 10, 60) order by id$$, array[false, false, true], 'the last one says so, the others are held back');
select is((select count(*) from outbox where last_error = 'the limit of 3 SMS within seven days is reached'), 2::bigint, 'visibly');
select mark_outbox('n', min(id), 'dead', 'refused', 0) from outbox where dropped_at is null;
insert into outbox (dedup_key, domain, kind, transition, channel, address) values ('w6', 'a.example', '', 'test', 'sms', '+41791234567');
select is((select count(*) from claim_outbox('n', '{sms}', 10, 60) where domain = 'a.example'), 1::bigint, 'what was certainly not sent does not count');
update outbox set counted_at = now() - interval '7 days';
insert into outbox (dedup_key, domain, kind, transition, channel, address) values ('w7', 'a.example', '', 'test', 'sms', '+41791234567');
select is((select count(*) from claim_outbox('n', '{sms}', 10, 60) where domain = 'a.example'), 1::bigint, 'nor what is a week old');
update setting set value = '15' where name = 'sms_per_week';

-- Quiet hours.
select is(end_of_quiet_hours(a::time, b::time, 'Europe/Zurich', at::timestamptz), due::timestamptz, format('%s to %s at %s', a, b, at))
from (values
  ('22:00', '07:00', '2026-07-01 20:30+00', '2026-07-02 05:00+00'),
  ('22:00', '07:00', '2026-07-02 04:59+00', '2026-07-02 05:00+00'),
  ('22:00', '07:00', '2026-07-02 05:00+00', '2026-07-02 05:00+00'),
  ('12:00', '13:00', '2026-07-02 10:30+00', '2026-07-02 11:00+00'),
  ('12:00', '13:00', '2026-07-02 09:30+00', '2026-07-02 09:30+00'),
  (null, null, '2026-07-02 09:30+00', '2026-07-02 09:30+00')) as t (a, b, at, due);
-- They are judged again at their end. Now is always within these.
delete from incident;
delete from outbox;
update contact set quiet_from = (now() at time zone 'Europe/Zurich')::time - interval '1 hour', quiet_until = (now() at time zone 'Europe/Zurich')::time + interval '6 hours'
where address = 'ann@out.example';
select go('up', 'down');
select ok(due_at between now() + interval '5 hours' and now() + interval '7 hours', 'mail waits until the end of the quiet hours') from outbox where channel = 'mail';
select is_empty($$select * from claim_outbox('n', '{mail}', 10, 60)$$, 'not before');
select go('down', 'up');
select is_empty('select * from waiting', 'an incident that ended meanwhile has no message, nor its end');
delete from incident;
delete from outbox;
select go('up', 'down');
update outbox set due_at = now() - interval '1 second' where channel = 'mail';
select results_eq($$select address, transition from claim_outbox('n', '{mail}', 10, 60)$$, $$values ('ann@out.example', 'opened')$$, 'one that lasts has one at their end');
delete from incident;
delete from outbox;
select go('up', 'down');
select go('down', 'unstable');
update outbox set due_at = now() - interval '1 second' where channel = 'mail';
select results_eq($$select kind, transition from claim_outbox('n', '{mail}', 10, 60)$$, $$values ('unstable', 'opened')$$, 'one that another took the place of is not, but the other');
update contact set quiet_from = null, quiet_until = null;

-- An incident that opens while a contact has no alerts, or is deleted before its message is due.
delete from incident;
delete from outbox;
update contact set alerts = false where address = 'ann@out.example';
select go('up', 'down');
select set_eq($$select address from waiting$$, array['+41791234567'], 'a contact without alerts gets none');
delete from contact where address = '+41791234567';
update outbox set due_at = now() - interval '1 second';
select is_empty($$select * from claim_outbox('n', '{mail,sms}', 10, 60)$$, 'nor one that was deleted');
select is((select last_error from outbox), 'the contact was removed', 'visibly');
update contact set alerts = true;

select throws_like($$update contact set quiet_from = '22:00'$$, 'quiet hours need both ends: %', 'both ends');

-- Contacts that an outage would silence.
insert into domain_alias (name, domain) values ('alias.example', 'a.example');
select throws_like(format('insert into contact (domain, kind, address) values (''a.example'', ''mail'', %L)', 'x@' || name),
  format('contact x@%s is in %s, a name of a.example: %%', name, name), 'no contact in ' || name)
from served_domain where domain = 'a.example';
select lives_ok($$insert into contact (domain, kind, address) values ('a.example', 'mail', 'x@b.example')$$, 'another customer''s domain is elsewhere');

-- A line feed would begin a header, or a command.
select throws_ok(format('insert into contact (domain, kind, address) values (''a.example'', %L, %L)', kind, address), '23514', null, kind || ' contact with a line feed')
from (values ('mail', E'x@b.example\nBcc: y@b.example'), ('mail', E'x\n@b.example'), ('mail', E'x@b.example\n'), ('sms', E'+41791234569\n'), ('sms', E'+4179\n1234569'),
  ('sms', E'+41791234569\r\nX: y')) as t (kind, address);

-- Tests are bounded, since mail contacts are not confirmed.
select contact_test('a.example', 'mail', 'x@b.example');
select throws_like($$select contact_test('a.example', 'mail', 'x@b.example')$$, 'a test message to x@b.example was written within this minute: %',
  'one test per minute and contact');
insert into outbox (dedup_key, domain, kind, transition, channel, address)
select 'test:' || n, 'a.example', '', 'test', 'mail', 'x@b.example' from generate_series(1, 19) as n;
update outbox set dedup_key = 'test:0' where dedup_key like 'test:a.example:%';
select throws_like($$select contact_test('a.example', 'mail', 'x@b.example')$$, 'twenty test messages of "a.example" went out within an hour%',
  'twenty tests per hour and domain');
delete from outbox where transition = 'test';

update plan set sms_allowed = false;
select throws_like($$select sms_code('a.example', '+41791234568')$$, 'the plan of "a.example" has no SMS %', 'no code without SMS in the plan');
update plan set sms_allowed = true;

-- Numbers are confirmed.
select throws_like($$select contact_test('a.example', 'sms', '+41791234568')$$, '+41791234568 is not confirmed: %', 'nothing else goes to a number before');
select sms_code('a.example', '+41 79 123 45 68');
select throws_like($$select sms_code('a.example', '+41791234568')$$, 'a code was sent to +41791234568 less than ten minutes ago: %', 'one code at a time');
-- A contact that is deleted takes its code with it, but not the message.
select throws_like($$with gone as (delete from contact_code returning 1) select sms_code('a.example', '+41791234568') from gone$$,
  'a code was sent to +41791234568 less than ten minutes ago: %', 'nor for a contact that was made again');
select outbox_failed(o) from outbox o where transition = 'code';
select is_empty($$select * from incident where kind = 'outbox'$$, 'a number that no gateway takes is the customer''s concern');
select matches((select detail from outbox where transition = 'code'), '^[2-9A-HJ-NP-Z]{8}$', 'the code has eight letters and digits');
select alike(sms_confirm('a.example', '+41791234568', 'x'), 'not confirmed: "x" is not the code %', 'a wrong code');
select is((select attempts from contact_code), 1, 'is counted');
update contact_code set attempts = 5;
select alike(sms_confirm('a.example', '+41791234568', detail), 'not confirmed: there is no code %', 'after five attempts none is right') from outbox where transition = 'code';
update contact_code set attempts = 0, created_at = now() - interval '61 minutes';
select alike(sms_confirm('a.example', '+41791234568', detail), 'not confirmed: there is no code %', 'nor after an hour') from outbox where transition = 'code';
update contact_code set created_at = now(), attempts = 0;
select is(sms_confirm('a.example', '+41791234568', detail), '+41791234568 is confirmed', 'the right one confirms') from outbox where transition = 'code';
select isnt((select confirmed_at from contact where address = '+41791234568'), null, 'the contact');
select is_empty('select * from contact_code', 'and is used up');

select * from finish();
rollback;
