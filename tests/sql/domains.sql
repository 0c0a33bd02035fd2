-- Domains, their names, white lists and contacts.
begin;
select no_plan();

select lives_ok($$insert into domain (name, plan) values ('Example.COM', 'basic')$$, 'a name and a plan make a domain');
select results_eq($$select name, mode, transport, stealth, smtp_deny, greylisting, greylisting_shadow, blacklisting, whitelisting, spf, catchall,
    keep_copy, bounce_protection, verify_recipients, monitoring, probe_address, queue_alert_messages, queue_alert_minutes, alternate_name, language, time_zone,
    batv, receive_only from domain$$,
  $$values ('example.com' collate "C", 'backup', null::text, false, false, 'suspicious', false, true, true, 'mark', false, true, true, true, 'simple', null::text,
    100, 60, 'examplecom.emailgency.example' collate "C", 'en', 'UTC', 'off', false)$$, 'its defaults are the documented ones, its name is lower case');

select throws_ok(format('update domain set %s', assignment), message, format('refused: %s', assignment))
from (values
  ($$mode = 'main'$$, 'mode "main" is unknown: use one of backup, primary, as in backup'),
  ($$greylisting = 'some'$$, 'greylisting "some" is unknown: use one of off, suspicious, all, as in off'),
  ($$spf = 'fail'$$, 'spf "fail" is unknown: use one of off, mark, reject, as in off'),
  ($$batv = 'on'$$, 'batv "on" is unknown: use one of off, report, require, as in off'),
  ($$monitoring = 'on'$$, 'monitoring "on" is unknown: use one of off, simple, active, as in off'),
  ($$transport = 'a_b'$$, 'transport "a_b" names no host (domain name "a_b" has only one label): write it as in mail.example.com:25'),
  ($$transport = 'mail.example.com:0'$$, 'transport "mail.example.com:0" has an impossible port: use 1 to 65535, as in mail.example.com:25'),
  ($$probe_address = 'nobody'$$, 'address "nobody" has no @: write it as in user@example.com'),
  ($$queue_alert_messages = 0$$, 'queue_alert_messages 0 is out of range: use 1 to 10000000, as in 1'),
  ($$queue_alert_minutes = 0$$, 'queue_alert_minutes 0 is out of range: use 1 to 525600, as in 1'),
  ($$alternate_name = 'a_b.example'$$, 'domain name "a_b.example" contains "_": only letters, digits and hyphens between them are allowed, as in mail-1.example.com'),
  ($$language = 'English'$$, 'language "English" is no language tag: write it as in en or pt-BR'),
  ($$time_zone = 'Mars/Olympus'$$, 'time zone "Mars/Olympus" is unknown: write it as in UTC or Europe/Zurich (pg_timezone_names has all)'),
  ($$time_zone = 'Foo3'$$, 'time zone "Foo3" is unknown: write it as in UTC or Europe/Zurich (pg_timezone_names has all)'),
  ($$plan = 'gold'$$, 'plan "gold" does not exist: use one of basic, premium'),
  ($$name = 'bücher.example'$$, 'domain name "bücher.example" is not ASCII: write an international name as A-labels, as in xn--bcher-kva.example'),
  ($$mode = 'primary'$$, 'domain "example.com" cannot be in mode primary on plan "basic": choose a plan with primary_allowed, as in plan = ''premium''')
) as t (assignment, message);

select lives_ok(format('update domain set %s', assignment), format('accepted: %s', assignment))
from unnest(array[$$transport = '[2001:DB8::25]:25'$$, $$probe_address = 'Probe@Example.com'$$, $$language = 'pt-BR'$$, $$time_zone = 'Europe/Zurich'$$,
  $$greylisting = 'all', spf = 'reject', monitoring = 'active'$$, $$batv = 'report', receive_only = true$$, $$batv = 'require'$$, $$plan = 'premium', mode = 'primary'$$]) as assignment;
select results_eq('select transport, probe_address from domain', $$values ('[2001:db8::25]:25', 'probe@example.com')$$, 'case is folded');
select throws_ok($$update domain set plan = 'basic'$$,
  'domain "example.com" cannot be in mode primary on plan "basic": choose a plan with primary_allowed, as in plan = ''premium''', 'a plan without primary is refused');
select throws_ok($$update plan set primary_allowed = false where name = 'premium'$$,
  'plan "premium" must keep primary_allowed while domains are in mode primary (example.com): set mode = ''backup'' for them first', 'the plan keeps primary');
update domain set mode = 'backup';
select lives_ok($$update plan set primary_allowed = false where name = 'premium'$$, 'primary goes once no domain needs it');

-- One name, one meaning.
select throws_ok($$insert into domain (name, plan) values ('exam.plecom', 'basic')$$,
  'alternate domain "examplecom.emailgency.example" is taken: it is the alternate domain of "example.com"; give domain "exam.plecom" another alternate_name, as in alternate_name = ''exam-plecom.emailgency.example''',
  'two names that collapse to one are refused');
select lives_ok($$insert into domain (name, plan, alternate_name) values ('exam.plecom', 'basic', 'exam-plecom.emailgency.example')$$, 'and go with a name of their own');
select throws_ok($$insert into domain (name, plan) values ('example.com', 'basic')$$, '23505', null, 'a domain is there once');
select lives_ok($$insert into domain_alias (name, domain) values ('Example.NET', 'example.com')$$, 'an alias domain');
select throws_ok($$insert into domain (name, plan) values ('example.net', 'basic')$$, 'domain name "example.net" is taken: it is the alias domain of "example.com"', 'an alias is no domain');
select throws_ok($$insert into domain_alias (name, domain) values ('exam.plecom', 'example.com')$$, 'alias domain "exam.plecom" is taken: it is a domain', 'a domain is no alias');
select throws_ok($$insert into domain_alias (name, domain) values ('examplecom.emailgency.example', 'example.com')$$,
  'alias domain "examplecom.emailgency.example" is taken: it is the alternate domain of "example.com"', 'an alternate is no alias');
select throws_ok($$insert into domain_alias (name, domain) values ('x.example', 'example.net')$$,
  '"example.net" is the alias domain of "example.com": use the domain itself, as in example.com', 'an alias of an alias is refused');
select throws_ok($$insert into domain_alias (name, domain) values ('x.example', 'y.example')$$,
  'domain "y.example" does not exist: first insert into domain (name, plan) values (''y.example'', ''basic'')', 'an alias of nothing is refused');
select throws_ok($$insert into domain_alias (name, domain) values ('x', 'example.com')$$, 'domain name "x" has only one label: write the full name, as in example.com', 'an alias is a name');
select set_eq('select name || role from served_domain', array['example.comdomain', 'examplecom.emailgency.examplealternate', 'exam.plecomdomain',
  'exam-plecom.emailgency.examplealternate', 'example.netalias'], 'each served name has one role');

-- The alternate names follow the service domain.
update setting set value = 'backup.example' where name = 'service_domain';
select set_eq('select alternate_name from domain', array['examplecom.backup.example', 'exam-plecom.emailgency.example'], 'made names follow, own names stay');
update setting set value = '' where name = 'service_domain';
select is((select alternate_name from domain where name = 'example.com'), null, 'without a service domain there is none');
delete from setting where name = 'service_domain';
select is((select alternate_name from domain where name = 'example.com'), 'examplecom.emailgency.example', 'a reset setting brings it back');
select lives_ok(format($$insert into domain (name, plan) values ('%s.%s.example', 'basic')$$, repeat('a', 60), repeat('b', 60)), 'a long domain has no alternate');
update domain set name = 'example.org' where name = 'example.com';
select is((select alternate_name from domain where name = 'example.org'), 'exampleorg.emailgency.example', 'a renamed domain has a new alternate');
select is((select domain from served_domain where name = 'example.net'), 'example.org', 'and keeps its alias domain');
insert into alias (address, target) values ('a@example.org', 'b@example.net');
select throws_ok($$update domain set name = 'example.com' where name = 'example.org'$$, 'domain "example.org" cannot be renamed while it has mailboxes '
  'or aliases: keep it and add the other name, as in insert into domain_alias (name, domain) values (''example.com'', ''example.org'')',
  'addresses hold the name of their domain');
delete from alias;
update domain set name = 'example.com' where name = 'example.org';

-- White lists.
select lives_ok(format('insert into whitelist values (''example.com'', %L)', entry), format('white list entry %s is accepted', entry))
from unnest(array['Friend@Example.net', 'example.net', '.example.net', '192.0.2.1', '192.0.2.0/24', '2001:DB8:0::/32', '2001:db8::1/128', 'host:mail.example.net', 'host:.example.net']) as entry;
select set_eq('select entry from whitelist', array['friend@example.net', 'example.net', '.example.net', '192.0.2.1', '192.0.2.0/24', '2001:db8::/32', '2001:db8::1',
  'host:mail.example.net', 'host:.example.net'], 'entries have one spelling');
select throws_ok(format('insert into whitelist values (''example.com'', %L)', entry), message, format('white list entry %s is refused', entry))
from (values
  ('', 'a white list entry is empty: write user@example.com, example.com, .example.com, 192.0.2.0/24 or host:mail.example.com'),
  ('192.0.2.1/24', 'white list entry "192.0.2.1/24" has bits set to the right of its prefix: the network is 192.0.2.0/24'),
  ('2001:db8::1/32', 'white list entry "2001:db8::1/32" has bits set to the right of its prefix: the network is 2001:db8::/32'),
  ('192.0.2.0/33', 'white list entry "192.0.2.0/33" is neither an IP address nor a network: write it as in 192.0.2.1, 192.0.2.0/24 or 2001:db8::/32'),
  ('192.0.2.256', 'white list entry "192.0.2.256" is neither an IP address nor a network: write it as in 192.0.2.1, 192.0.2.0/24 or 2001:db8::/32'),
  ('@example.net', 'white list entry "@example.net" has no local part: write example.net for all its senders'),
  ('*@example.net', 'white list entry "*@example.net" has a star: write example.net for all its senders'),
  ('*.example.net', 'white list entry "*.example.net" has a star: write .example.net for the domain and all its subdomains'),
  ('[192.0.2.1]', 'white list entry "[192.0.2.1]" has brackets: write the address without, as in 2001:db8::25'),
  ('host:', 'a domain name is empty: write one such as example.com'),
  ('bücher.example', 'domain name "bücher.example" is not ASCII: write an international name as A-labels, as in xn--bcher-kva.example')
) as t (entry, message);
select throws_ok($$insert into whitelist values ('x.example', 'example.net')$$,
  'domain "x.example" does not exist: first insert into domain (name, plan) values (''x.example'', ''basic'')', 'a white list belongs to a domain');
select throws_ok($$insert into whitelist values ('example.com', 'EXAMPLE.net')$$, '23505', null, 'an entry is there once');

-- Contacts.
select lives_ok($$insert into contact (domain, kind, address) values ('example.com', 'sms', '+41 79 123-45-67'), ('example.com', 'sms', '+41791234568'),
  ('example.com', 'mail', 'Admin@example.org')$$, 'two telephones and a mailbox');
select set_eq('select address from contact', array['+41791234567', '+41791234568', 'admin@example.org'], 'are stored in one spelling');
select throws_ok($$insert into contact (domain, kind, address) values ('example.com', 'sms', '+41791234569')$$,
  'domain "example.com" has two sms contacts already, which is the maximum: delete one before adding +41791234569', 'a third telephone is refused');
select throws_ok($$update contact set kind = 'sms', address = '+41791234569' where kind = 'mail'$$,
  'domain "example.com" has two sms contacts already, which is the maximum: delete one before adding +41791234569', 'also by an update');
select throws_ok($$insert into contact (domain, kind, address) values ('example.com', 'fax', '+41791234569')$$, 'kind "fax" is unknown: use one of mail, sms, webhook, as in mail', 'no fax');
select throws_ok($$update contact set address = '0791234567' where address = '+41791234567'$$,
  'telephone number "0791234567" is not in E.164 form: write it as in +41791234567', 'a telephone number has its country');
select throws_ok($$update contact set address = 'admin' where kind = 'mail'$$, 'address "admin" has no @: write it as in user@example.com', 'a mail contact is an address');
update contact set confirmed_at = now();
update contact set address = 'other@example.org' where kind = 'mail';
select is((select confirmed_at from contact where kind = 'mail'), null, 'a changed contact is to be confirmed again');

-- DNS lists.
select lives_ok($$insert into dnsbl (zone) values ('Zen.Spamhaus.org')$$, 'a list needs its zone only');
select results_eq('select zone, weight, replies, allow from dnsbl', $$values ('zen.spamhaus.org' collate "C", 1, null::text, false)$$, 'and has defaults');
select throws_ok($$insert into dnsbl (zone) values ('zen')$$, 'domain name "zen" has only one label: write the full name, as in example.com', 'a zone is a name');
select throws_ok($$update dnsbl set weight = 0$$, 'weight 0 is out of range: use 1 to 1000, as in 1', 'a weight weighs');
select throws_like($$update dnsbl set replies = '300'$$, 'reply "300" has an octet above 255: %', 'replies are checked');

-- A domain goes with all that is its own.
delete from domain;
select is_empty('select name from served_domain', 'no name is left');
select is_empty('select domain from whitelist union select domain from contact union select domain from domain_alias', 'no row is left');
truncate domain cascade;
select throws_ok($$insert into domain_admin values ('nobody_there', 'example.com')$$,
  'domain "example.com" does not exist: first insert into domain (name, plan) values (''example.com'', ''basic'')', 'a grant is of a domain');
insert into domain (name, plan) values ('example.com', 'basic');
select throws_ok($$insert into domain_admin values ('nobody_there', 'example.com')$$,
  'login "nobody_there" does not exist: first create role nobody_there login connection limit 3 in role emailgency_domain_admin', 'a grant is to a login');

select * from finish();
rollback;
