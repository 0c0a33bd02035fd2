-- Contacts of kind webhook: which URLs are taken, where they are allowed, and who gets an alert by them.
begin;
select no_plan();

insert into domain (name, plan) values ('hook.example', 'basic'), ('other.example', 'basic');

-- URLs.
select is(webhook_text(url), usual, url) from (values
  ('HTTPS://Hooks.Example.COM/Path?Q=1', 'https://hooks.example.com/Path?Q=1'), ('https://hooks.example.com', 'https://hooks.example.com/'),
  (' https://hooks.example.com:443?a=b ', 'https://hooks.example.com:443/?a=b'), ('nonsense', 'nonsense'), ('', '')) as t (url, usual);
select is(webhook_fault(url), null, url || ' is good') from unnest(array['https://hooks.example.com/', 'https://hooks.example.com:443/a/b?c=d&e=%20',
  'https://h-1.example.com:8443/~x']) as url;
select alike(webhook_fault(webhook_text(url)), words, coalesce(nullif(left(url, 60), ''), 'the empty URL')) from (values
  ('http://hooks.example.com/', '% is no HTTPS URL: write it as in https://hooks.example.com/emailgency'), ('', '% is no HTTPS URL%'),
  ('ftp://hooks.example.com/', '% is no HTTPS URL%'), ('https:/hooks.example.com/', '% is no HTTPS URL%'), ('hooks.example.com', '% is no HTTPS URL%'),
  ('https://hooks.example.com/a b', '%write %20 for a blank%'), (E'https://hooks.example.com/a\r\nX: y', '%has a character%'),
  ('https://hooks.example.com/é', '%has a character%'), ('https://hooks.example.com\@127.0.0.1/', '%has a character%'),
  ('https://hooks.example.com/#x', '%fragment%'), ('https://a:b@hooks.example.com/', '%user name%'), ('https://hooks.example.com@10.0.0.1/', '%user name%'),
  ('https://10.0.0.1/', '%IP address%'), ('https://[::1]/', '%IP address%'), ('https://127.1:443/', '%IP address%'), ('https://2130706433/', '%IP address%'),
  ('https://0x7f.1/', '%ends in a label that starts with a digit%'), ('https://localhost/', '%only one label%'), ('https://hooks.example.com./', '%empty label%'),
  ('https://a.localhost/', '%not on the Internet%'), ('https://metadata.google.internal/', '%not on the Internet%'), ('https://nas.local/', '%not on the Internet%'),
  ('https://hooks.example.com:80/', '%another port%'), ('https://hooks.example.com:65536/', '%another port%'), ('https://hooks.example.com:/', '%another port%'),
  ('https://hooks.example.com:443:25/', '%another port%'), ('https:///x', '%is empty%'), ('https://hooks_1.example.com/', '%contains "_"%'),
  ('https://hooks.example.com/' || repeat('x', 1000), '% has 1026 octets: at most 1000 are allowed')) as t (url, words);

-- Off, unless the operator allows them.
select throws_like($$insert into contact (domain, kind, address) values ('hook.example', 'webhook', 'https://hooks.example.com/a')$$,
  'this service sends no webhooks, so https://hooks.example.com/a would get nothing: add a mail contact, %', 'off by default');
update setting set value = 'true' where name = 'webhooks_allowed';
select lives_ok($$insert into contact (domain, kind, address) values ('hook.example', 'webhook', ' HTTPS://Hooks.example.com/Aa')$$, 'on');
select is((select address from contact where domain = 'hook.example'), 'https://hooks.example.com/Aa', 'in its usual spelling');
select throws_like($$insert into contact (domain, kind, address) values ('hook.example', 'webhook', 'http://hooks.example.com')$$,
  '%write it as in https://hooks.example.com/emailgency', 'a bad one is refused in words');
select throws_like($$insert into contact (domain, kind, address) values ('hook.example', 'fax', '1')$$, '%webhook%', 'the kinds are named');
select lives_ok($$insert into contact (domain, kind, address) values ('hook.example', 'webhook', 'https://hooks.example.com/b')$$, 'two');
select throws_like($$insert into contact (domain, kind, address) values ('hook.example', 'webhook', 'https://hooks.example.com/c')$$,
  'domain "hook.example" has two webhook contacts already, %', 'no third');
select lives_ok($$select delete_contact('hook.example', 'webhook', 'https://HOOKS.example.com/b')$$, 'deleted by any spelling');

-- A domain admin.
create role hook_admin;
grant emailgency_domain_admin to hook_admin;
insert into domain_admin (login, domain) values ('hook_admin', 'hook.example');
select lives_ok(format('select act(%L, %L)', 'hook_admin', $$insert into contact (domain, kind, address) values ('hook.example', 'webhook', 'https://hooks.example.com/b')$$),
  'a domain admin adds one');
select throws_like(format('select act(%L, %L)', 'hook_admin', $$insert into contact (domain, kind, address) values ('hook.example', 'webhook', 'https://127.0.0.1/')$$),
  '%IP address%', 'with the same checks');
select lives_ok(format('select act(%L, %L)', 'hook_admin', $$select contact_test('hook.example', 'webhook', 'https://hooks.example.com/b')$$), 'and tests it');

-- Alerts.
select open_incident('hook.example', 'server', '', 'no');
select is((select count(*) from outbox where channel = 'webhook' and transition = 'opened' and due_at = now()), 2::bigint, 'an alert goes to each at once');
update contact set quiet_from = (now() at time zone 'UTC')::time - interval '1 hour', quiet_until = (now() at time zone 'UTC')::time + interval '1 hour'
where address = 'https://hooks.example.com/b';
select open_incident('hook.example', 'queue', '', 'no');
select is((select count(*) from outbox where channel = 'webhook' and kind = 'queue' and due_at > now()), 1::bigint, 'quiet hours hold for it');
select is_empty($$select * from claim_outbox('n', '{mail,sms}', 10, 60)$$, 'a node without a key leaves them alone');
select set_eq($$select opened_utc ~ '^20..-..-..T..:..:..Z$' from claim_outbox('n', '{webhook}', 10, 60) where transition = 'opened'$$, array[true], 'with times for programs');
select mark_outbox('n', min(id), 'dead', 'HTTP status 404', 0) from outbox where lease_node = 'n';
select is((select count(*) from outbox where channel = 'webhook' and failed_at is not null), 1::bigint, 'a refusal is final');
select is_empty($$select * from incident where kind = 'outbox'$$, 'and no concern of the operator');
update outbox set lease_until = '-infinity', due_at = now() - interval '1 second' where failed_at is null;
update setting set value = 'false' where name = 'webhooks_allowed';
select is_empty($$select * from claim_outbox('n', '{webhook}', 10, 60)$$, 'nothing is sent once they are off');
select isnt_empty($$select * from outbox where last_error = 'webhooks are off'$$, 'visibly');
select open_incident('hook.example', 'certificate', '', 'no');
select is_empty($$select * from outbox where channel = 'webhook' and kind = 'certificate'$$, 'nor written');

select * from finish();
rollback;
