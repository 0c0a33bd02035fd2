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

create view waiting as select channel, address, transition, due_at from outbox where sent_at is null and failed_at is null and dropped_at is null;
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

-- Outcomes.
delete from incident;
delete from outbox;
select open_incident(null, 'dnsbl', 'bl.example', 'no answer');
select set_eq('select channel, address from waiting', $$values ('mail', 'op@out.example'), ('sms', '+41790000000')$$, 'the operator''s own');
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
select throws_like($$update contact set quiet_from = '22:00'$$, 'quiet hours need both ends: %', 'both ends');

-- Contacts that an outage would silence.
insert into domain_alias (name, domain) values ('alias.example', 'a.example');
select throws_like(format('insert into contact (domain, kind, address) values (''a.example'', ''mail'', %L)', 'x@' || name),
  format('contact x@%s is in %s, a name of a.example: %%', name, name), 'no contact in ' || name)
from served_domain where domain = 'a.example';
select lives_ok($$insert into contact (domain, kind, address) values ('a.example', 'mail', 'x@b.example')$$, 'another customer''s domain is elsewhere');

-- Numbers are confirmed.
select throws_like($$select contact_test('a.example', 'sms', '+41791234568')$$, '+41791234568 is not confirmed: %', 'nothing else goes to a number before');
select sms_code('a.example', '+41 79 123 45 68');
select throws_like($$select sms_code('a.example', '+41791234568')$$, 'a code was sent to +41791234568 less than ten minutes ago: %', 'one code at a time');
select matches((select detail from outbox where transition = 'code'), '^[0-9]{6}$', 'the code has six digits');
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
