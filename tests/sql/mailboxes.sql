-- Mailboxes, aliases and the limits of plans.
begin;
select no_plan();
insert into domain (name, plan) values ('example.com', 'basic'), ('example.net', 'basic');
insert into domain_alias (name, domain) values ('alias.example', 'example.com');

select lives_ok($$insert into mailbox (address) values ('User@Example.com')$$, 'an address makes a mailbox');
select results_eq($$select address, domain, candidate, vip, password, smtp_deny, smtp_denied_by, smtp_deny_exempt, quota, expiry_days, expiry_days_effective,
    receive_only, max_message_size from mailbox$$,
  $$values ('user@example.com' collate "C", 'example.com' collate "C", false, false, null::text, false, null::text, false, null::bigint, null::integer, null::integer,
    false, null::bigint)$$,
  'its domain is filled in, its case folded, its defaults are the documented ones');

select throws_ok(format('insert into mailbox (address, domain) values (%L, %L)', address, domain), message, format('mailbox %s is refused', address))
from (values
  ('user', null, 'address "user" has no @: write it as in user@example.com'),
  ('a..b@example.com', null, 'address "a..b@example.com" has a malformed local part: write it as in first.last@example.com, or "first last"@example.com with quotes'),
  ('user@bücher.example', null, 'domain name "bücher.example" is not ASCII: write an international name as A-labels, as in xn--bcher-kva.example'),
  ('user@nowhere.example', null, 'domain "nowhere.example" does not exist: first insert into domain (name, plan) values (''nowhere.example'', ''basic'')'),
  ('user@alias.example', null, '"alias.example" is the alias domain of "example.com": use the domain itself, as in user@example.com'),
  ('user@examplecom.emailgency.example', null, '"examplecom.emailgency.example" is the alternate domain of "example.com": use the domain itself, as in user@example.com'),
  ('user@example.com', 'example.net', 'address "user@example.com" is not of domain "example.net": write user@example.net, or leave the domain out')
) as t (address, domain, message);
select throws_ok($$insert into mailbox (address) values ('USER@example.com')$$, '23505', null, 'an address is there once');

select throws_ok(format('update mailbox set %s', assignment), message, format('refused: %s', assignment))
from (values
  ($$quota = -1$$, 'quota -1 is out of range: use 0 to 1125899906842624, as in 1'),
  ($$quota = 1073741825$$, 'quota 1073741825 of "user@example.com" is more than plan "basic" gives: use at most 1073741824, or null for exactly that'),
  ($$quota = 104857601, candidate = true$$, 'quota 104857601 of "user@example.com" is more than plan "basic" gives: use at most 104857600, or null for exactly that'),
  ($$expiry_days = 0$$, 'expiry_days 0 is out of range: use 1 to 3650, as in 1'),
  ($$expiry_days = 31$$, 'expiry_days 31 of "user@example.com" is more than plan "basic" gives: use at most 30, or null for exactly that'),
  ($$expiry_days_effective = -1$$, 'expiry_days_effective -1 is out of range: use 0 to 3650, as in 1'),
  ($$max_message_size = 1023$$, 'max_message_size 1023 is out of range: use 1024 to 1099511627776, as in 1024'),
  ($$max_message_size = 26214401$$, 'max_message_size 26214401 of "user@example.com" is more than plan "basic" gives an ordinary mailbox: use at most 26214400, or null for exactly that; '
    'a VIP (vip = true) may have it'),
  ($$max_message_size = 52428801$$, 'max_message_size 52428801 of "user@example.com" is more than plan "basic" gives an ordinary mailbox: use at most 26214400, or null for exactly that'),
  ($$max_message_size = 52428801, vip = true$$, 'max_message_size 52428801 of "user@example.com" is more than plan "basic" gives a VIP: use at most 52428800, or null for exactly that'),
  ($$domain = 'example.net'$$, 'address "user@example.com" is not of domain "example.net": write user@example.net, or leave the domain out'),
  ($$password = 'secret'$$, 'the password is not a hash: use select set_password(''user@example.com'', ''Correct horse 4 battery''), or store a crypt(3) string such as {CRYPT}$y$j9T$salt$hash')
) as t (assignment, message);
select lives_ok($$update mailbox set max_message_size = 26214400, receive_only = true$$, 'a mailbox has the size of the plan');
select lives_ok($$update mailbox set vip = true, max_message_size = 52428800$$, 'a VIP that of a VIP');
select throws_like($$update mailbox set vip = false$$, 'max_message_size 52428800 of "user@example.com" is more than plan "basic" gives an ordinary mailbox: %', 'which goes with it');
update mailbox set max_message_size = null;
select throws_like($$insert into mailbox (address, max_message_size) values ('new@example.com', 26214401)$$,
  'max_message_size 26214401 of "new@example.com" is more than plan "basic" gives an ordinary mailbox: %', 'new mailboxes too');
select lives_ok($$update mailbox set vip = true, quota = 5368709120, expiry_days = 30$$, 'a VIP has the room of a VIP');
select throws_like($$update mailbox set vip = false$$, 'quota 5368709120 of "user@example.com" is more than plan "basic" gives: %', 'and cannot keep it when no more a VIP');
select lives_ok($$update mailbox set password = '$y$j9T$abcdefgh$hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh'$$, 'a crypt(3) string is a password');
select is((select password from mailbox), '{CRYPT}$y$j9T$abcdefgh$hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh', 'and gets its Dovecot scheme');
select lives_ok($$update mailbox set address = 'other@example.net'$$, 'a mailbox moves');
select is((select domain from mailbox), 'example.net', 'and its domain with it');
delete from mailbox;

-- The number of mailboxes and candidates.
update plan set max_mailboxes = 2, max_candidates = 1 where name = 'basic';
select lives_ok($$insert into mailbox (address) values ('a@example.com'), ('b@example.com'), ('a@example.net')$$, 'as many as the plan gives');
select throws_ok($$insert into mailbox (address) values ('c@example.com')$$,
  'domain "example.com" would have 3 mailboxes, plan "basic" gives 2: remove some, or have the plan changed, as in plan = ''premium''', 'one more is refused');
select lives_ok($$insert into mailbox (address, candidate) values ('c@example.com', true)$$, 'candidates are counted by themselves');
select throws_ok($$insert into mailbox (address, candidate) values ('d@example.com', true)$$,
  'domain "example.com" would have 2 candidates, plan "basic" gives 1: remove some, or have the plan changed, as in plan = ''premium''', 'and limited');
select throws_like($$select promote('c@example.com')$$, 'domain "example.com" would have 3 mailboxes, plan "basic" gives 2: %', 'promotion is counted too');

-- The number of VIPs.
select set_eq($$select name || ' ' || max_vips from plan$$, array['basic 10', 'premium 100'], 'VIP: each plan has a number');
update plan set max_vips = 1 where name = 'basic';
select lives_ok($$update mailbox set vip = true where address in ('a@example.com', 'a@example.net')$$, 'VIP: as many as the plan gives, in each domain');
select throws_ok($$update mailbox set vip = true where address = 'b@example.com'$$,
  'domain "example.com" would have 2 VIP mailboxes, plan "basic" gives 1: take it from others, as in update mailbox set vip = false where address = ''user@example.com'', '
  'or have the plan changed', 'VIP: one more is refused');
select throws_like($$update mailbox set vip = true$$, 'domain "example.com" would have 3 VIP mailboxes, plan "basic" gives 1: %', 'VIP: so are all at once, candidates too');
select lives_ok($$update mailbox set vip = (address = 'b@example.com') where domain = 'example.com'$$, 'VIP: it passes from one to another in one statement');
update plan set max_vips = 0, max_mailboxes = 9 where name = 'basic';
select lives_ok($$update mailbox set address = 'renamed@example.net', receive_only = true where vip and domain = 'example.net'$$, 'VIP: a smaller plan leaves what is there, and lets it be edited');
select throws_like($$update mailbox set address = 'renamed@example.com' where address = 'renamed@example.net'$$, 'domain "example.com" would have 2 VIP mailboxes, plan "basic" gives 0: %', 'VIP: not moved to another domain');
update mailbox set address = 'a@example.net' where address = 'renamed@example.net';
select throws_ok('update plan set max_vips = -1', 'max_vips -1 is out of range: use 0 to 10000000, as in 1', 'VIP: no negative number');
update plan set max_vips = 10, max_mailboxes = 0 where name = 'basic';
select lives_ok($$update mailbox set vip = true$$, 'a smaller plan leaves what is there');

-- Aliases.
select lives_ok($$insert into alias (address, target) values ('Info@Example.com', 'A@example.com'), ('info@example.com', 'x@elsewhere.example')$$, 'an alias with two targets');
select set_eq('select address || domain || target from alias', array['info@example.comexample.coma@example.com', 'info@example.comexample.comx@elsewhere.example'], 'in lower case, with its domain');
select throws_ok(format('insert into alias (address, target, domain) values (%L, %L, %L)', address, target, domain), message, format('alias %s to %s is refused', address, target))
from (values
  ('info', 'a@example.com', null, 'address "info" has no @: write it as in user@example.com'),
  ('info@example.com', 'a', null, 'address "a" has no @: write it as in user@example.com'),
  ('info@alias.example', 'a@example.com', null, '"alias.example" is the alias domain of "example.com": use the domain itself, as in info@example.com'),
  ('info@nowhere.example', 'a@example.com', null, 'domain "nowhere.example" does not exist: first insert into domain (name, plan) values (''nowhere.example'', ''basic'')'),
  ('info@example.com', 'b@example.com', 'example.net', 'address "info@example.com" is not of domain "example.net": write info@example.net, or leave the domain out')
) as t (address, target, domain, message);
select throws_ok($$insert into alias (address, target) values ('info@example.com', 'a@EXAMPLE.com')$$, '23505', null, 'a target is there once');

delete from domain where name = 'example.com';
select is_empty($$select address from mailbox where domain = 'example.com' union select address from alias$$, 'addresses go with their domain');

-- Plans and settings.
select throws_ok(format('update plan set %s', assignment), message, format('refused: %s', assignment))
from (values
  ('max_message_size = 0', 'max_message_size 0 is out of range: use 1024 to 1099511627776, as in 1024'),
  ('vip_message_size = 0', 'vip_message_size 0 is out of range: use 1024 to 1099511627776, as in 1024'),
  ('mailbox_quota = -1', 'mailbox_quota -1 is out of range: use 0 to 1125899906842624, as in 1'),
  ('vip_quota = -1', 'vip_quota -1 is out of range: use 0 to 1125899906842624, as in 1'),
  ('candidate_quota = -1', 'candidate_quota -1 is out of range: use 0 to 1125899906842624, as in 1'),
  ('max_candidates = -1', 'max_candidates -1 is out of range: use 0 to 10000000, as in 1'),
  ('max_mailboxes = -1', 'max_mailboxes -1 is out of range: use 0 to 10000000, as in 1'),
  ('expiry_days = 0', 'expiry_days 0 is out of range: use 1 to 3650, as in 1')
) as t (assignment, message);
select throws_like($$insert into plan (name) values ('Gold Plan')$$, '%plan_name_malformed%', 'a plan has a simple name');
select lives_ok($$insert into plan (name) values ('gold')$$, 'a plan needs its name only');
select set_eq($$select name || primary_allowed from plan where name in ('basic', 'premium')$$, array['basicfalse', 'premiumtrue'], 'basic and premium are there');

select throws_ok(format('update setting set value = %L where name = %L', value, name), message, format('setting %s = %s is refused', name, value))
from (values
  ('greylist_delay', 'soon', 'setting greylist_delay cannot be "soon": use a whole number from 0 to 86400, as in 120'),
  ('greylist_delay', '86401', 'setting greylist_delay cannot be "86401": use a whole number from 0 to 86400, as in 120'),
  ('greylist_delay', '99999999999999999999', 'setting greylist_delay cannot be "99999999999999999999": use a whole number from 0 to 86400, as in 120'),
  ('greylist_shadow', 'maybe', 'setting greylist_shadow cannot be "maybe": use true or false, as in false'),
  ('spf_temperror', 'reject', 'setting spf_temperror cannot be "reject": use one of accept, defer, as in accept'),
  ('service_domain', 'a_b.example', 'setting service_domain: domain name "a_b.example" contains "_": only letters, digits and hyphens between them are allowed, as in mail-1.example.com'),
  ('spf_helo', 'accept', 'setting spf_helo cannot be "accept": use one of off, mark, reject, as in mark'),
  ('spf_softfail', 'defer', 'setting spf_softfail cannot be "defer": use one of accept, reject, as in accept'),
  ('spf_neutral', 'defer', 'setting spf_neutral cannot be "defer": use one of accept, reject, as in accept'),
  ('spf_none', 'defer', 'setting spf_none cannot be "defer": use one of accept, reject, as in accept'),
  ('spf_permerror', 'mark', 'setting spf_permerror cannot be "mark": use one of accept, defer, reject, as in accept'),
  ('spf_wide', 'pass', 'setting spf_wide cannot be "pass": use one of accept, neutral, as in neutral'),
  ('spf_received_header', 'yes', 'setting spf_received_header cannot be "yes": use true or false, as in false'),
  ('message_size_slack', '1048577', 'setting message_size_slack cannot be "1048577": use a whole number from 0 to 1048576, as in 0'),
  ('null_sender_recipients', '-1', 'setting null_sender_recipients cannot be "-1": use a whole number from 0 to 1000, as in 1'),
  ('trusted_networks', 'mx.example.com', 'setting trusted_networks: "mx.example.com" is neither an IP address nor a network: write it as in 192.0.2.1, 192.0.2.0/24 or 2001:db8::/32'),
  ('trusted_networks', '192.0.2.1 192.0.2.300', 'setting trusted_networks: "192.0.2.300" is neither an IP address nor a network: write it as in 192.0.2.1, 192.0.2.0/24 or 2001:db8::/32'),
  ('trusted_networks', '192.0.2.1;192.0.2.2', 'setting trusted_networks: "192.0.2.1;192.0.2.2" is neither an IP address nor a network: write it as in 192.0.2.1, 192.0.2.0/24 or 2001:db8::/32'),
  ('trusted_networks', '192.0.2.1/24', 'setting trusted_networks: "192.0.2.1/24" has bits set to the right of its prefix: the network is 192.0.2.0/24'),
  ('relay_networks', '2001:db8::/32 0.0.0.0/0', 'setting relay_networks: "0.0.0.0/0" covers all addresses: write the networks that you mean, as in 192.0.2.0/24'),
  ('relay_networks', '::/0', 'setting relay_networks: "::/0" covers all addresses: write the networks that you mean, as in 192.0.2.0/24'),
  ('relay_networks', repeat('192.0.2.1 ', 101), 'setting relay_networks has 1009 octets: at most 1000 are allowed, so write larger networks, as in 192.0.2.0/24'),
  ('outgoing_networks', 'mx.example.com', 'setting outgoing_networks: "mx.example.com" is neither an IP address nor a network: write it as in 192.0.2.1, 192.0.2.0/24 or 2001:db8::/32'),
  ('spf_include', 'v=spf1 -all', 'setting spf_include cannot be "v=spf1 -all": it must match ^(([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?)?$, as in ""'),
  ('spf_include', '_spf.example.com.', 'setting spf_include cannot be "_spf.example.com.": it must match ^(([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?)?$, as in ""'),
  ('recipient_delimiter', '++++', 'setting recipient_delimiter cannot be "++++": it must match ^[-+=_.#~]{0,3}$, as in "+"')
) as t (name, value, message);
select throws_ok(format('update setting set value = %L where name = %L', value, 'postmaster'), message, format('F9: setting postmaster = %s is refused', value))
from (values
  ('admin', 'setting postmaster: address "admin" has no @: write it as in user@example.com; or leave it empty'),
  ('admin@example..org', 'setting postmaster: ' || domain_name_fault('example..org') || '; or leave it empty')
) as t (value, message);
select lives_ok($$update setting set value = '"Admin"@Example.org' where name = 'postmaster'$$, 'F9: the operator''s address');
select is(setting_value('postmaster'), 'admin@example.org', 'F9: in its one spelling');
select lives_ok($$update setting set value = '' where name = 'postmaster'$$, 'F9: or none');
select throws_like($$insert into setting values ('greylist_dely', '1')$$, 'setting "greylist_dely" is unknown: use one of %greylist_delay, %', 'an unknown setting is refused');
select lives_ok($$update setting set value = 'TRUE' where name = 'greylist_shadow'$$, 'a known one is set');
select is(setting_value('greylist_shadow'), 'true', 'in its one spelling');
update setting set value = E' 192.0.2.1/32,2001:DB8:0::/32\n198.51.100.0/24 ' where name = 'relay_networks';
select is(setting_value('relay_networks'), '192.0.2.1 2001:db8::/32 198.51.100.0/24', 'networks are separated by one blank');
update setting set value = ' ' where name = 'relay_networks';
select is(setting_value('relay_networks'), '', 'or there are none');
select lives_ok(format('update setting set value = %L where name = %L', value, name), format('setting %s = %s', name, value))
from (values ('spf_helo', 'Reject'), ('spf_softfail', 'reject'), ('spf_neutral', 'reject'), ('spf_none', 'reject'), ('spf_permerror', 'defer'), ('spf_permerror', 'reject'),
  ('spf_temperror', 'defer'), ('spf_wide', 'accept'), ('spf_received_header', 'true'), ('message_size_slack', '65536'), ('null_sender_recipients', '0'),
  ('spf_include', '_spf.mail.example'), ('outgoing_networks', '192.0.2.0/24 2001:db8::1')) as t (name, value);
select throws_ok($$update setting set value = '120' where name = 'greylist_window'$$,
  'setting greylist_delay (120) must be less than greylist_window (120), or no retry ever passes, as in 120 and 86400', 'a window that is over too soon is refused');
select throws_like($$update setting set value = '86400' where name = 'greylist_delay'$$, 'setting greylist_delay (86400) must be less than %', 'and a delay that outlasts it');
select lives_ok($$update setting set value = case name when 'greylist_delay' then '10' else '60' end where name in ('greylist_delay', 'greylist_window')$$,
  'both are changed at once');
select throws_like($$delete from setting where name = 'greylist_delay'$$, 'setting greylist_delay (120) must be less than %', 'a default that does not fit is refused too');
delete from setting;
select set_eq('select name, value from setting', 'select name, default_value from setting_definition', 'deleted settings return to their defaults');
select is_empty('select name from setting_definition d where setting_value_fault(d, default_value) is not null', 'every default is a good value');
select set_has('select name, value from setting', $$values ('service_domain', 'emailgency.example'), ('sms_per_week', '15'), ('greylist_delay', '120'),
  ('greylist_window', '86400'), ('greylist_lifetime', '3110400'), ('spf_helo', 'mark'), ('spf_softfail', 'accept'), ('spf_neutral', 'accept'),
  ('spf_none', 'accept'), ('spf_temperror', 'accept'), ('spf_permerror', 'accept'), ('spf_wide', 'neutral'), ('spf_received_header', 'false'),
  ('trusted_networks', '127.0.0.0/8 ::1'), ('relay_networks', ''), ('message_size_slack', '0'), ('null_sender_recipients', '1'),
  ('outgoing_networks', ''), ('spf_include', '')$$, 'the documented defaults are in force');

select * from finish();
rollback;
