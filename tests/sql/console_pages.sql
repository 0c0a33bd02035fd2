-- Pages and actions of the console: as the domain's admin, as another one, as a mailbox's user, and without a session.
begin;
select no_plan();

create role emg_operator login in role emailgency_operator;
insert into domain (name, plan, time_zone) values ('a.example', 'premium', 'Europe/Paris'), ('b.example', 'premium', 'UTC');
insert into domain_alias values ('alias.a.example', 'a.example');
insert into mailbox (address) values ('u@a.example'), ('w@a.example'), ('u@b.example'), ('v@b.example');
insert into mailbox (address, candidate) values ('c@a.example', true), ('d@a.example', true), ('e@a.example', true);
select set_password('v@b.example', 'Correct horse 4 battery');
insert into account (login) values ('alice@firm.example'), ('ann@firm.example'), ('bob@firm.example');
insert into domain_admin values ('alice@firm.example', 'a.example'), ('ann@firm.example', 'a.example'), ('bob@firm.example', 'b.example');
select session_open(sha256('alice'), 'alice@firm.example', 'admin', '192.0.2.1', 'Firefox'), session_open(sha256('ann'), 'ann@firm.example', 'admin', '192.0.2.4', 'Firefox'),
  session_open(sha256('bob'), 'bob@firm.example', 'admin', '192.0.2.2', 'Firefox'), session_open(sha256('user'), 'v@b.example', 'user', '192.0.2.3', 'Firefox');
insert into contact (domain, kind, address) values ('a.example', 'mail', 'x@firm.example'), ('a.example', 'sms', '+41791234567');
insert into node (name) values ('n1');
insert into probe (domain, state, results, checks, checked_at, reply, server) values
  ('a.example', 'up', b'101', array[now() - interval '3 minutes', now() - interval '2 minutes', now() - interval '1 minute'], now() - interval '1 minute', '220 <b>hello</b>', '192.0.2.9');
insert into queue_sample (node, domain, taken_at, messages, late, oldest_at) values ('n1', 'a.example', now() - interval '5 hours', 3, 0, now() - interval '6 hours'),
  ('n1', 'a.example', now(), 7, 1, now() - interval '22 minutes'), ('n2', 'a.example', now(), 2, 0, now() - interval '2 minutes');
insert into activity values ('a.example', (now() at time zone 'UTC')::date, 'accepted_messages', 11), ('a.example', (now() at time zone 'UTC')::date, 'blacklisted', 4),
  ('a.example', (now() at time zone 'UTC')::date, 'greylisted', 2);
insert into mailbox_usage (address, domain, bytes, messages) values ('u@a.example', 'a.example', 9 * 1024::bigint ^ 3, 4) on conflict (address) do update set bytes = excluded.bytes;

-- As the console calls: one role, the session's secret, and the role of its kind.
create function call(secret text, name text, params jsonb, role text default 'emailgency_domain_admin') returns jsonb
language plpgsql as $$
declare
  answer jsonb;
begin
  set local session authorization emailgency_console;
  perform set_config('role', call.role, true), set_config('emailgency.session', coalesce(secret, ''), true);
  begin
    execute format('select emailgency.%I($1)', name) into answer using params;
  exception when others then
    reset session authorization;
    raise;
  end;
  reset session authorization;
  return answer;
end
$$;
create function page(name text, params jsonb default '{}', secret text default 'alice') returns jsonb language sql as $$select call(secret, 'page_' || name, '{"d": "a.example"}' || params)$$;
create function does(name text, params jsonb, secret text) returns text language sql as $$select call(secret, 'act_' || name, '{"d": "a.example"}' || params) ->> 'location'$$;
create function does(name text, params jsonb) returns text language sql as $$select does(name, params, 'alice')$$;

-- Refusals. Each page and action must be here.
create table called (name text, params jsonb);
insert into called values
  ('page_overview', '{}'), ('page_status', '{}'), ('page_filter', '{}'), ('page_route', '{}'), ('page_names', '{}'), ('page_changes', '{}'), ('page_mailboxes', '{}'),
  ('page_mailbox', '{"a": "u@a.example"}'), ('page_mailbox_new', '{}'), ('page_import', '{"csv": "z"}'), ('page_candidates', '{}'), ('page_aliases', '{}'), ('page_sending', '{}'),
  ('page_queue', '{}'), ('page_dns', '{}'), ('page_alerts', '{}'), ('page_why', '{"recipient": "u@a.example"}'), ('page_reports', '{}'),
  ('page_report', jsonb_build_object('month', to_char(now(), 'YYYY-MM'))), ('page_report_mail', jsonb_build_object('month', to_char(now(), 'YYYY-MM'))),
  ('act_alias_claim', '{"alias": "x.example"}'), ('act_alias_check', '{"which": "y.example"}'), ('act_alias_withdraw', '{"which": "y.example"}'),
  ('act_report_send', jsonb_build_object('month', to_char(now(), 'YYYY-MM'), 'message', 'x')),
  ('act_filter', '{"spf": "off"}'), ('act_filter_add', '{"entry": "x.example"}'), ('act_filter_delete', '{"which": "y.example"}'), ('act_why_allow', '{"entry": "x.example"}'),
  ('act_route', '{"by": "mx"}'), ('act_route_test', '{}'), ('act_mailbox_new', '{"address": "new"}'), ('act_import', '{"csv": "new"}'), ('act_mailbox_restore', '{"which": "u@a.example"}'),
  ('act_mailbox', '{"a": "u@a.example", "quota": "1M"}'), ('act_mailbox_password', '{"a": "u@a.example", "password": "Correct horse 5 battery"}'),
  ('act_mailbox_forward', '{"a": "u@a.example", "forward": "x@y.example"}'), ('act_mailbox_delete', '{"a": "u@a.example"}'), ('act_alias_add', '{"address": "i", "targets": "u"}'),
  ('act_alias_delete', '{"which": "i@a.example"}'), ('act_tidy', '{}'), ('act_promote', '{"address": "c@a.example"}'), ('act_discard', '{"address": "c@a.example"}'),
  ('act_deny', '{"name": "u@a.example"}'), ('act_allow', '{"which": "u@a.example"}'), ('act_held_release', '{"which": "a.example"}'), ('act_held_delete', '{"which": "a.example"}'),
  ('act_flush', '{}'), ('act_alerts', '{"monitoring": "off"}'), ('act_contact_add', '{"address": "y@firm.example"}'), ('act_contact_save', '{"which": "mail x@firm.example"}'),
  ('act_contact_delete', '{"which": "mail x@firm.example"}'), ('act_contact_test', '{"which": "mail x@firm.example"}'), ('act_contact_code', '{"which": "sms +41791234567"}'),
  ('act_contact_confirm', '{"which": "sms +41791234567", "code": "X"}'), ('act_undo', jsonb_build_object('id', (select max(id)::text from audit where domain = 'a.example')));
select is_empty($$select p.proname from pg_proc p where p.pronamespace = 'emailgency'::regnamespace and p.proname ~ '^(page|act)_' and p.prosrc ~ '\mview_domain\('
  and p.proname not in (select name from called)$$, 'each page and action of a domain is tested here');
select is((select count(*) from pg_proc p join called c on c.name = p.proname where p.pronamespace = 'emailgency'::regnamespace and p.prosecdef), 0::bigint, 'none has its owner''s rights');
select is((select count(*) from pg_proc p join called c on c.name = p.proname where p.pronamespace = 'emailgency'::regnamespace and p.provolatile = case when p.proname ~ '^page_' then 's' else 'v' end),
  (select count(*) from called), 'no page writes');
create table before as select (select count(*) from audit) as edits, (select count(*) from outbox) as mails, (select count(*) from flush_request) as flushes,
  (select count(*) from tidy_request) as tidies, (select count(*) from probe_request) as tests, (select md5(string_agg(m::text, '' order by m.address)) from mailbox m) as boxes;
select throws_ok(format('select call(%L, %L, %L)', secret, name, '{"d": "a.example"}' || params), 'P0002', null, format('%s by %s: there is no such page', name, coalesce(secret, 'nobody')))
from called, unnest(array['bob', null, 'wrong', 'user']) as secret;
select throws_ok(format('select call(''bob'', %L, %L)', name, '{"d": "b.example"}' || params), null, null, format('%s: a row of another domain is not there', name))
from called where params::text ~ 'a\.example|"id"' and name not in ('page_why', 'page_import', 'act_undo');
select throws_ok(format('select call(''bob'', ''act_undo'', %L)', '{"d": "b.example"}' || params), 'P0002', null, 'nor an edit of it') from called where name = 'act_undo';
select is(page('why', '{"d": "b.example", "recipient": "u@a.example"}', 'bob') -> 'explained', 'null'::jsonb, 'nor explained');
select throws_ok(format('select call(''user'', %L, %L, ''emailgency_mailbox_user'')', name, '{"d": "b.example"}' || params), '42501', null, name || ': no page of a mailbox''s user') from called;
select throws_ok(format('select call(''alice'', %L, %L)', name, params || jsonb_build_object('d', d)), 'P0002', null, name || ': no domain ' || d)
from called, unnest(array['', 'alias.a.example', 'nowhere.example', 'a.example''; select 1--']) as d where name ~ '^page';
select is((select (edits, mails, flushes, tidies, tests, boxes)::text from before), (select ((select count(*) from audit), (select count(*) from outbox), (select count(*) from flush_request),
  (select count(*) from tidy_request), (select count(*) from probe_request), (select md5(string_agg(m::text, '' order by m.address)) from mailbox m))::text), 'all of that changed nothing');

-- Every page has what all of them have.
select is((call('alice', name, '{"d": "A.Example"}' || params)) ->> 'base', '/d/a.example', name || ' by the domain''s admin') from called where name ~ '^page';
select is(jsonb_path_query_array(call('alice', 'page_domains', '{}'), '$.rows[*].name'), '["a.example"]', 'the list of domains');
select is(call('bob', 'page_domains', '{"q": "a.ex"}') -> 'rows', '[]', 'has no domains of others');
select is(call(null, 'page_domains', '{}') -> 'rows', '[]', 'and without a session none');

-- Overview.
select is(page('overview') #> '{queue,waiting}', '9', 'the latest counts of all nodes');
select is(page('overview') #> '{queue,minutes}', '22', 'the age of the oldest');
select is(page('overview') #> '{server,state}', '{"up": true}', 'the server');
select is(page('overview') #>> '{server,reply}', '220 <b>hello</b>', 'whose reply is text');
select is(page('overview') #> '{week,received}', '11', 'the week');
select is(page('overview') #> '{counts,mailboxes}', '2', 'mailboxes');
select is(page('overview') #> '{counts,candidates}', '3', 'candidates');
select is(page('overview') -> 'full', '1', 'full ones');
select is(jsonb_array_length(page('overview') -> 'changes'), 5, 'the last changes');
select is((select count(*) from regexp_matches(page('overview') #>> '{chart,points}', '[0-9.]+,[0-9.]+', 'g')), 48::bigint, 'a chart of half hours');
select is(page('overview') #> '{chart,peak}', '9', 'with its peak');
select is(view_chart(array[0, 0]), null, 'nothing to draw');
select is(view_chart(array[0, 5, 10]) ->> 'points', '0.0,40.0 120.0,21.0 240.0,2.0', 'points of a chart');
select is(view_time('2026-11-30 11:04:31+00', 'Europe/Paris'), '{"text": "2026-11-30 12:04", "iso": "2026-11-30T11:04:31Z"}', 'a time in the domain''s zone');
select is(view_size(n), words, words) from (values (0::bigint, '0 B'), (1023, '1023 B'), (1024, '1 KB'), (1536, '1.5 KB'), (1073741824, '1 GB')) as t (n, words);
select is(view_share(used, 200), share, 'a part in percent') from (values (null::bigint, 0), (0, 0), (1, 0), (100, 50), (5000, 999)) as t (used, share);
select is(view_path('a.example', 'mailboxes', 'o''x+y/ü&"@a.example'), '/d/a.example/mailboxes/o%27x%2By%2F%C3%BC%26%22@a.example', 'paths are encoded');
select is(view_link('/x', '{q,after}', array['a&b', 'c d']), '/x?q=a%26b&after=c%20d', 'queries, too');
select is(view_link('/x', '{q,after}', array['a', null]), null, 'and no link where there is no more');

-- DNS.
select is(page('dns') #>> '{mx_table,records,1,value}', '20 aexample.emailgency.example.', 'the MX that a backup domain is to have');
select is(jsonb_path_query_array(page('dns'), '$.program_table.records[*].kind'), '["CNAME", "CNAME", "SRV", "SRV"]', 'the records for mail programs');
select is(page('dns') #>> '{program_table,records,2}', '{"kind": "SRV", "name": "_imaps._tcp.a.example.", "value": "0 1 993 aexample.emailgency.example."}', 'with the host');
select is(page('dns') -> 'aliases', '["alias.a.example"]', 'alias domains');
select is(page('dns') -> 'problem', 'null', 'no problem is known');
select report_best_mx('n1', '{a.example}', '{mx.emailgency.example}');
select is(page('dns') #>> '{problem,host}', 'mx.emailgency.example', 'a best MX that is this service');
select report_best_mx('n1', '{a.example}', array['']);

-- Filter.
select is(page('filter') #> '{form,spf}', '{"mark": true}', 'the form has what is in force');
select is(does('filter', '{"blacklisting": "1", "greylisting": "all", "spf": "reject", "batv": "report", "receive_only": "1"}'), '/d/a.example/filter', 'a filter is saved');
select is((select (blacklisting, greylisting, greylisting_shadow, spf, bounce_protection, batv, receive_only, whitelisting)::text from domain where name = 'a.example'),
  '(t,all,f,reject,f,report,t,f)', 'as the form had it');
select throws_ok($$select does('filter', '{"spf": "<b>"}')$$, '23514', 'spf "<b>" is unknown: use one of off, mark, reject, as in off', 'a wrong choice is refused in words');
select page('filter') ->> 'seen' as seen \gset
select is(does('filter', '{"spf": "off", "whitelisting": "1"}', 'ann'), '/d/a.example/filter', 'another admin saves');
select throws_like(format('select does(''filter'', %L)', jsonb_build_object('spf', 'mark', 'seen', :'seen')), 'ann@firm.example changed this at %', 'what was changed meanwhile is not overwritten');
select is(does('filter', jsonb_build_object('spf', 'mark', 'whitelisting', '1', 'seen', page('filter') ->> 'seen')), '/d/a.example/filter', 'but by who saw it');
select is(does('filter_add', '{"entry": " .Partner.example "}'), '/d/a.example/filter', 'an entry is added');
select throws_like($$select does('filter_add', '{"entry": ".partner.example"}')$$, '%is on the white list already', 'once');
select throws_like($$select does('filter_add', '{"entry": ""}')$$, '%is missing%', 'and none that is empty');
select is(page('filter', '{"q": "PART"}') #>> '{rows,0,entry}', '.partner.example', 'found');
select is(does('filter_delete', '{"which": ".partner.example"}'), '/d/a.example/filter', 'and removed');
select is(page('filter') -> 'rows', '[]', 'it is gone');
insert into whitelist select 'a.example', format('h%s.example', lpad(n::text, 3, '0')) from generate_series(1, 120) as n;
select is(jsonb_array_length(page('filter') -> 'rows'), 50, 'a page has 50 entries');
select is(page('filter') ->> 'older', '/d/a.example/filter?after=h050.example', 'and the next');
select is(page('filter', '{"after": "h100.example"}') ->> 'older', null, 'the last has none');
select is(jsonb_array_length(page('filter', '{"after": "h100.example"}') -> 'rows'), 20, 'and the rest');

-- Changes.
select is(page('changes') #>> '{rows,0,kind}', '{"whitelist": true}', 'the latest first');
select is(jsonb_path_query_array(page('changes', '{"login": "ann@firm.example"}'), '$.rows[0].columns[*] ? (@.name == "spf")'), '[{"is": "off", "was": "reject", "name": "spf"}]', 'what an admin changed');
select is(page('changes', '{"login": "ann@firm.example"}') #>> '{rows,0,login}', 'ann@firm.example', 'in the name of the account');
select is(page('changes', '{"login": "nobody"}') -> 'rows', '[]', 'nobody''s');
select is((select count(distinct r ->> 'id') from generate_series(0, 0), lateral (select jsonb_path_query(page('changes'), '$.rows[*]') union all
  select jsonb_path_query(page('changes', jsonb_build_object('after', substring(page('changes') ->> 'older' from '[0-9]+$'))), '$.rows[*]')) as t (r)), 100::bigint, 'pages do not overlap');
select is(does('undo', jsonb_build_object('id', (select max(id)::text from audit where login = 'alice@firm.example' and kind = 'domain'))), '/d/a.example/changes', 'an edit is undone');
select is((select spf from domain where name = 'a.example'), 'off', 'as it was before');
select is(page('changes', '{"kind": "domain"}') #> '{rows,0,undoes}', 'true', 'the undoing is shown');
select is(page('changes', '{"kind": "domain"}') #> '{rows,1,undone}', 'true', 'and what was undone');
select throws_ok($$select does('undo', '{"id": "x"}')$$, 'P0002', null, 'no number');
select throws_ok($$select does('undo', '{"id": "999999999999999999"}')$$, 'P0002', null, 'no such edit');
select is(page('changes', '{"after": "x"}') ->> 'days', '90', 'a wrong place is none');

-- Routing.
select is(does('route', '{"by": "host", "transport": " Mail.Customer.example:2525 ", "stealth": "1", "keep_copy": "1"}'), '/d/a.example/route', 'routing is saved');
select is((select (transport, stealth, keep_copy, catchall, verify_recipients)::text from domain where name = 'a.example'), '(mail.customer.example:2525,t,t,f,f)', 'as the form had it');
select is(page('route') #> '{banner,stealth}', 'true', 'stealth is shown on all pages');
select is(page('route') #> '{form,by}', '{"host": true}', 'the form');
select throws_like($$select does('route', '{"by": "host", "transport": "mail.customer.example:0"}')$$, 'transport "mail.customer.example:0"%', 'a port is checked');
select throws_like($$select does('route', '{"by": "host"}')$$, 'the host to deliver to is missing%', 'a host is needed');
select is(does('route', '{"by": "mx", "transport": "mail.customer.example", "catchall": "1"}'), '/d/a.example/route', 'by MX');
select is((select transport from domain where name = 'a.example'), null, 'there is none');
select is(does('route_test', '{}'), '/d/a.example/route', 'a test is asked for');
select is((select requested_by from probe_request where domain = 'a.example'), 'alice@firm.example', 'in the name of the account');
select isnt(page('route') #>> '{server,asked,text}', null, 'and shown');
update probe set due_at = now() + interval '1 hour';
select is((select domain from claim_probes('n1', 10, 60)), 'a.example', 'the probe is made at once');
select is((select count(*) from probe_request), 0::bigint, 'once');
update probe set checked_at = now(), lease_until = '-infinity';
select throws_like($$select does('route_test', '{}')$$, '%the next test is possible from%', 'not again within 30 seconds');
update domain set monitoring = 'off' where name = 'b.example';
select throws_like($$select call('bob', 'act_route_test', '{"d": "b.example"}')$$, '%is not monitored%', 'nor without monitoring');
select throws_ok($$select act('emg_operator', 'insert into probe_request values (''a.example'', ''x'')')$$, '42501', null, 'only by the call');
select is(page('names') #>> '{rows,0,name}', 'alias.a.example', 'alias domains');
select is(does('alias_claim', '{"alias": "Claimed.Example"}'), '/d/a.example/names', 'a name is claimed');
select matches(page('names') -> 'claims' ->> 0, '^{"name": "claimed.example", "asked": true, "value": "emailgency=[0-9a-f]{32}", "record": "_emailgency.claimed.example.", "checked": null, "outcome": {}}$', 'its record is shown');
update domain_alias_request set due_at = now() + interval '1 hour', checked_at = now() - interval '1 minute', outcome = 'missing';
select is(page('names') #> '{claims,0,outcome}', '{"missing": true}', 'what the look-up found');
select is(does('alias_check', '{"which": "claimed.example"}'), '/d/a.example/names', 'it is looked up again');
select is(page('names') #> '{claims,0,asked}', 'true', 'which is said');
select is(does('alias_withdraw', '{"which": "claimed.example"}'), '/d/a.example/names', 'and withdrawn');
select is(page('names') -> 'claims', '[]', 'it is gone');

-- Mailboxes.
select is(does('mailbox_new', '{"address": "Nina", "password": "Correct horse 6 battery", "vip": "1", "quota": "2G"}'), '/d/a.example/mailboxes/nina@a.example', 'a mailbox is made');
select is((select (vip, quota, password ~ '^{BLF-CRYPT}')::text from mailbox where address = 'nina@a.example'), '(t,2147483648,t)', 'with a password, hashed');
select throws_like(format('select does(''mailbox_new'', %L)', params), message, message) from (values ('{"address": ""}'::jsonb, 'an address is missing%'),
  ('{"address": "x@b.example"}', 'address "x@b.example" is not of domain%'), ('{"address": "nina"}', '"nina@a.example" is a mailbox already%'), ('{"address": "a b"}', 'address "a b@a.example" has a malformed%'),
  ('{"address": "x", "password": "weak"}', 'the password is too weak%'), ('{"address": "x", "quota": "much"}', 'quota cannot be "much"%'), ('{"address": "x", "quota": "9T"}', 'quota % is more than plan%')) as t (params, message);
select is((select count(*) from mailbox where address = 'x@a.example'), 0::bigint, 'none of them is made');
select is(page('mailbox', '{"a": "NINA@a.example"}') -> 'form', '{"vip": true, "quota": "2G", "forward": "", "expiry_days": "", "receive_only": false, "max_message_size": "", "reads_undelivered": false}', 'its form');
select is(page('mailbox', '{"a": "nina@a.example"}') -> 'log_in', 'true', 'it can log in');
select ok(page('mailbox', '{"a": "nina@a.example"}')::text !~ 'BLF-CRYPT', 'its hash is not shown');
select is(does('mailbox', '{"a": "nina@a.example", "quota": "500M", "expiry_days": "30", "max_message_size": "", "receive_only": "1"}'), '/d/a.example/mailboxes/nina@a.example', 'a mailbox is saved');
select is((select (vip, quota, expiry_days, max_message_size, receive_only)::text from mailbox where address = 'nina@a.example'), '(f,524288000,30,,t)', 'as the form had it');
select throws_like($$select does('mailbox', '{"a": "nina@a.example", "expiry_days": "99999"}')$$, 'expiry_days 99999 % is more than plan%', 'within the plan');
select throws_like($$select does('mailbox', '{"a": "nina@a.example", "seen": "x"}')$$, '%changed this at%', 'and not what was changed meanwhile');
select password as hash from mailbox where address = 'nina@a.example' \gset
select is(does('mailbox_password', '{"a": "nina@a.example", "password": "Correct horse 7 battery"}'), '/d/a.example/mailboxes/nina@a.example', 'a password is set');
select isnt((select password from mailbox where address = 'nina@a.example'), :'hash', 'another one');
select throws_like($$select does('mailbox_password', '{"a": "nina@a.example"}')$$, 'a password has 1 to 72 octets%', 'none is none');
select is(does('mailbox_forward', '{"a": "nina@a.example", "forward": "nina@a.example\r\nx@y.example ;"}'), '/d/a.example/mailboxes/nina@a.example', 'mail is forwarded');
select is((select string_agg(target, ' ' order by target) from alias where address = 'nina@a.example'), 'nina@a.example x@y.example', 'to each');
select is(page('mailbox', '{"a": "nina@a.example"}') #>> '{form,forward}', E'nina@a.example\nx@y.example', 'as the form shows');
select is(does('mailbox_forward', '{"a": "nina@a.example", "forward": ""}'), '/d/a.example/mailboxes/nina@a.example', 'and no longer');
select is((select count(*) from alias where address = 'nina@a.example'), 0::bigint, 'to nobody');
insert into mailbox (address) select format('m%s@a.example', lpad(n::text, 3, '0')) from generate_series(1, 60) as n;
select is(jsonb_array_length(page('mailboxes') -> 'rows'), 50, 'a page has 50 mailboxes');
select is(page('mailboxes', '{"q": "M0"}') ->> 'older', '/d/a.example/mailboxes?q=m0&after=m050@a.example', 'the next page has the search');
select is((select count(distinct r ->> 'address') from (select jsonb_path_query(page('mailboxes'), '$.rows[*]') union all
  select jsonb_path_query(page('mailboxes', '{"after": "m050@a.example"}'), '$.rows[*]')) as t (r)), 63::bigint, 'all are there, and no candidate');
select is(page('mailboxes', '{"q": "u@"}') #>> '{rows,0,share}', '90', 'use in percent');
select is(jsonb_array_length(page('mailboxes', '{"only": "vip"}') -> 'rows'), 0, 'VIPs only');
select throws_like($$select page('mailboxes', '{"only": "x"}')$$, 'only "x" is unknown%', 'a wrong choice');
select is(does('mailbox_delete', '{"a": "nina@a.example"}'), '/d/a.example/mailboxes', 'a mailbox is deleted');
select throws_ok($$select page('mailbox', '{"a": "nina@a.example"}')$$, 'P0002', null, 'then there is no page of it');
insert into mailbox_trash (address, domain, mailbox) select 'nina@a.example', 'a.example', '{"address": "nina@a.example", "domain": "a.example"}' on conflict do nothing;

-- Import.
select is(import_fields('a;"x,""y";;1G'), array['a', 'x,"y', '', '1G'], 'fields of CSV, in quotes and empty');
select is(page('import') -> 'preview', 'null', 'nothing to preview');
create table previewed as select page('import', jsonb_build_object('csv', E'address,password,vip,quota\nina,,yes,1G\r\n\npaul@a.example,{CRYPT}geheim,,\nina\nu\n<b>,,\nx@b.example\nkim,,perhaps\nlea,,,much\nmia')) -> 'preview' as preview;
select is((select (preview -> 'rows', preview -> 'faults', preview -> 'good')::text from previewed), '(9,8,false)', 'a preview counts');
select is((select jsonb_path_query_array(preview, '$.lines[*].line') from previewed), '[2, 4, 5, 6, 7, 8, 9, 10, 11]', 'lines with a fault come first');
select alike((select preview #>> array['lines', n::text, 'fault'] from previewed), message, message) from (values (0, '"ina@a.example" is there twice'), (1, '%password%'), (2, '"ina@a.example" is there twice'),
  (3, '"u@a.example" is there already'), (4, 'address "<b>@a.example"%'), (5, 'address "x@b.example" is not of domain "a.example"%'), (6, 'vip cannot be "perhaps"%'), (7, 'quota cannot be "much"%')) as t (n, message);
select ok((select preview::text from previewed) !~ 'geheim', 'a preview repeats no password');
select throws_like($$select does('import', '{"csv": "ina,,,1G\nu"}')$$, 'line 2: "u@a.example" is there already', 'a wrong line');
select throws_like($$select does('import', '{"csv": "ina,,,1G\npaul,weak"}')$$, 'line 2: the password is too weak%', 'a weak password');
select is((select count(*) from mailbox where address in ('ina@a.example', 'paul@a.example')), 0::bigint, 'all or none');
select is(does('import', '{"csv": "ina,,yes,1G\npaul,Correct horse 8 battery\n\"kim\";;no"}'), '/d/a.example/mailboxes', 'an import');
select is((select string_agg((address, vip, quota, password is not null)::text, ' ' order by address) from mailbox where address in ('ina@a.example', 'paul@a.example', 'kim@a.example')),
  '(ina@a.example,t,1073741824,f) (kim@a.example,f,,f) (paul@a.example,f,,t)', 'makes all');
select throws_like($$select does('import', '{"csv": " "}')$$, 'there is no mailbox%', 'nothing');
select throws_like($$select does('import', jsonb_build_object('csv', (select string_agg('p' || n || ',Correct horse 8 battery', E'\n') from generate_series(1, 21) as n)))$$, '%more than 20 passwords%', 'too many passwords');
select throws_like($$select does('import', jsonb_build_object('csv', (select string_agg('p' || n, E'\n') from generate_series(1, 1001) as n)))$$, '%more than 1000 mailboxes%', 'too many mailboxes');
select is(does('import', jsonb_build_object('csv', (select string_agg('p' || n, E'\n') from generate_series(1, 1000) as n))), '/d/a.example/mailboxes', 'a thousand');

-- Candidates and aliases.
select is(does('tidy', '{}'), '/d/a.example/candidates', 'a sort is asked for');
select is(page('candidates') #>> '{asked,by}', 'alice@firm.example', 'in the name of the account');
select is(jsonb_path_query_array(page('candidates'), '$.rows[*].address'), '["c@a.example", "d@a.example", "e@a.example"]', 'the candidates');
select throws_like($$select does('promote', '{}')$$, 'no address is ticked%', 'none is ticked');
select throws_like($$select does('promote', '{"address": ["c@a.example", "u@b.example"]}')$$, 'address "u@b.example" is not of domain "a.example"%', 'one of another domain');
select throws_like($$select does('promote', '{"address": ["c@a.example", "u@a.example"]}')$$, '"u@a.example" is a mailbox already%', 'one that is none');
select is((select count(*) from mailbox where domain = 'a.example' and candidate), 3::bigint, 'all or none');
select is(call('alice', 'act_promote', '{"d": "a.example", "address": ["c@a.example", "d@a.example"]}') -> 'codes' -> 1 ->> 'address', 'd@a.example', 'two are promoted, with codes');
select is(does('discard', '{"address": "e@a.example"}'), '/d/a.example/candidates', 'one is discarded');
select results_eq($$select address collate "default", candidate, blocked from mailbox where address ~ '^[cde]@a' order by address$$,
  $$values ('c@a.example', false, false), ('d@a.example', false, false), ('e@a.example', false, true)$$, 'all at once');
select is(page('candidates') -> 'rows', '[]', 'then there is none');
select is(page('mailboxes', '{"only": "blocked"}') #>> '{rows,0,address}', 'e@a.example', 'blocked addresses are listed');
select is(does('alias_add', '{"address": "Sales", "targets": "u\r\nbob@y.example"}'), '/d/a.example/aliases', 'an alias is added');
select is((select string_agg(target, ' ' order by target) from alias where address = 'sales@a.example'), 'bob@y.example u@a.example', 'with its targets');
select throws_like($$select does('alias_add', '{"address": "sales"}')$$, 'the targets of the alias "sales@a.example" are missing%', 'targets are needed');
select throws_like($$select does('alias_add', '{"address": "x@b.example", "targets": "u"}')$$, '%is not of domain "a.example"%', 'not of another domain');
insert into alias (address, target) select format('l%s@a.example', n), format('t%s@y.example', t) from generate_series(100, 155) as n, generate_series(1, 12) as t;
select is(jsonb_array_length(page('aliases') -> 'rows'), 50, 'a page has 50 aliases');
select is(jsonb_array_length(page('aliases') #> '{rows,0,targets}'), 3, 'and three targets of each');
select is(page('aliases') #> '{rows,0,more}', '12', 'of so many');
select is(page('aliases') #>> '{rows,0,all}', '/d/a.example/aliases?q=l100@a.example', 'which are');
select is(jsonb_array_length(page('aliases', '{"q": "l100@a.example"}') #> '{rows,0,targets}'), 12, 'all of one');
select is(page('aliases') ->> 'older', '/d/a.example/aliases?after=l149@a.example', 'the next page');
select is(page('aliases', '{"q": "bob@"}') #>> '{rows,0,address}', 'sales@a.example', 'found by a target');
select is(does('alias_delete', '{"which": "sales@a.example", "target": "bob@y.example"}'), '/d/a.example/aliases', 'a target is removed');
select is((select string_agg(target, ' ') from alias where address = 'sales@a.example'), 'u@a.example', 'the other remains');
select is(does('alias_delete', '{"which": "sales@a.example", "target": ""}'), '/d/a.example/aliases', 'and all of it');

-- Sending, held mail, queue.
select is(does('deny', '{"name": "u"}'), '/d/a.example/sending', 'a mailbox is denied');
select is((select smtp_denied_by from mailbox where address = 'u@a.example'), 'alice@firm.example', 'in whose name');
select is(page('sending') #> '{rows,0,by}', '{"you": true}', 'by you');
select is((call('ann', 'page_sending', '{"d": "a.example"}')) #>> '{rows,0,by,admin}', 'alice@firm.example', 'by another admin');
select is(does('allow', '{"which": "u@a.example"}'), '/d/a.example/sending', 'and allowed');
select act('emg_operator', $$select deny_sending('w@a.example')$$);
select is(page('sending') #> '{rows,0,by}', '{"operator": true}', 'by the operator');
select throws_like($$select does('allow', '{"which": "w@a.example"}')$$, '%by the operator%', 'who alone allows it');
select is(does('deny', '{"name": "a.example"}'), '/d/a.example/sending', 'the whole domain');
select is(page('sending') #> '{banner,denied}', 'true', 'is shown on all pages');
select is(does('allow', '{"which": "a.example"}'), '/d/a.example/sending', 'and allowed');
insert into held_message (node, queue_id, login, domain, sender, queued_at, state) values ('n1', '4A1', 'u@a.example', 'a.example', '"<i>"@x.example', now(), 'held'), ('n1', '4A2', 'u@a.example', 'a.example', '', now(), 'held'),
  ('n1', '4B1', 'u@b.example', 'b.example', '', now(), 'held');
select is(jsonb_path_query_array(page('sending'), '$.held[*].queue_id'), '["4A1", "4A2"]', 'held mail of the domain');
select is(page('sending') #>> '{held,0,sender}', '"<i>"@x.example', 'whose sender is text');
select is(does('held_release', '{"which": "4A1"}'), '/d/a.example/sending', 'is released');
select is(does('held_delete', '{"which": "4A2"}'), '/d/a.example/sending', 'or deleted');
select throws_like(format('select does(''held_delete'', %L)', jsonb_build_object('which', w)), '%', 'not that of others: ' || w) from unnest(array['4B1', 'b.example', 'u@b.example', '', '%']) as w;
select is((select string_agg(wanted, ' ' order by queue_id) from held_message), 'released deleted held', 'of nobody else');
select is(does('flush', '{}'), '/d/a.example/queue', 'mail is asked for');
select throws_like($$select does('flush', '{}')$$, '%the next flush is possible from%', 'not again at once');
insert into flush_part (request, domain, node, tried, delivered, waiting) select id, domain, 'n1', 14, 9, 5 from flush_request;
select is((page('queue') -> 'flush') - '{at,again}'::text[], '{"by": "alice@firm.example", "left": 5, "tried": 14, "pending": true, "problem": null, "delivered": 9}', 'what came of it');
select isnt(page('queue') #>> '{flush,again,text}', null, 'and from when on again');

-- Alerts.
select is(does('alerts', '{"monitoring": "simple", "queue_alert_messages": "7", "queue_alert_minutes": "8", "language": "fr", "time_zone": "UTC"}'), '/d/a.example/alerts', 'monitoring is saved');
select is((select (monitoring, probe_address, queue_alert_messages, queue_alert_minutes, language, time_zone)::text from domain where name = 'a.example'), '(simple,,7,8,fr,UTC)', 'as the form had it');
select throws_like(format('select does(''alerts'', %L)', params), message, message) from (values ('{"queue_alert_messages": "many"}'::jsonb, 'the number of messages cannot be "many"%'),
  ('{"time_zone": "Mars/Base"}', 'time zone "Mars/Base" is unknown%'), ('{"probe_address": "p@b.example"}', 'probe_address "p@b.example" is not at%'), ('{"queue_alert_minutes": "0"}', 'queue_alert_minutes 0 is out of range%')) as t (params, message);
select is(does('contact_add', '{"kind": "mail", "address": "Y@Firm.example", "alerts": "1"}'), '/d/a.example/alerts', 'a contact is added');
select is((select (alerts, quota_warnings, monthly_report)::text from contact where address = 'y@firm.example'), '(t,f,f)', 'for what is ticked');
select throws_like(format('select does(''contact_add'', %L)', params), message, message) from (values ('{"address": "y@firm.example"}'::jsonb, '%is a contact already'), ('{"address": "p@a.example"}', 'contact p@a.example is in a.example%'),
  ('{"address": ""}', 'the address of the contact is missing%'), ('{"kind": "fax", "address": "1"}', 'kind "fax" is unknown%')) as t (params, message);
select is(does('contact_save', '{"which": "mail y@firm.example", "send_report": "1", "quiet_from": "22:00", "quiet_until": "7:00"}'), '/d/a.example/alerts', 'a contact is saved');
select is((select (alerts, quota_warnings, monthly_report, quiet_from, quiet_until)::text from contact where address = 'y@firm.example'), '(f,f,t,22:00:00,07:00:00)', 'as ticked');
select throws_like($$select does('contact_save', '{"which": "mail y@firm.example", "quiet_from": "25:00"}')$$, '"25:00" is no time of day%', 'a wrong time');
select is(does('contact_test', '{"which": "mail y@firm.example"}'), '/d/a.example/alerts', 'a test is sent');
select is(page('alerts') #> '{sent,0,transition}', '{"test": true}', 'and listed');
select is(does('contact_code', '{"which": "sms +41791234567"}'), '/d/a.example/alerts', 'a code is sent');
select ok(page('alerts')::text !~ (select detail from outbox where transition = 'code'), 'and not shown');
select is(does('contact_confirm', '{"which": "sms +41791234567", "code": "WRONG"}'), '/d/a.example/alerts?wrong=code', 'a wrong code');
select is((select attempts from contact_code where domain = 'a.example'), 1, 'is counted');
select is(does('contact_confirm', jsonb_build_object('which', 'sms +41791234567', 'code', (select detail from outbox where transition = 'code'))), '/d/a.example/alerts', 'the right one');
select isnt((select confirmed_at from contact where kind = 'sms'), null, 'confirms');
select is(does('contact_delete', '{"which": "sms +41791234567"}'), '/d/a.example/alerts', 'a contact is removed');
select is((select count(*) from contact where kind = 'sms'), 0::bigint, 'it is gone');
select throws_ok($$select does('contact_delete', '{"which": "sms +41791234567"}')$$, 'P0002', null, 'and cannot be removed again');

-- Why.
select prepare_trace(current_date - 3);
create sequence line;
create function refused(sender text, client inet, client_name text, domain text, recipient text, ago interval, event jsonb) returns void language sql as $$
  with m as (
    insert into message (id, node, time, sender, client, client_name, domains) values (nextval('line'), 'mx1', now() - ago, sender, client, client_name, array[domain]) returning *)
  insert into message_event select (jsonb_populate_record(null::message_event, jsonb_build_object('message', m.id, 'node', 'mx1', 'id', nextval('line'), 'time', m.time, 'message_time', m.time,
    'kind', 'decided', 'recipient', recipient, 'is_copy', false, 'domain', refused.domain) || event)).* from m $$;
select refused('news@shop.example', '192.0.2.7', 'mx.shop.example', 'a.example', 'u@a.example', '1 hour',
  '{"action": "reject", "reason": "dns-listed", "rule": "zone=zen.example", "reply": "554 5.7.1 <script>alert(1)</script>"}');
select refused('"<b>x"@evil.example', '192.0.2.8', 'unknown', 'a.example', 'w@a.example', '2 hours', '{"action": "defer", "reason": "greylist-new", "reply": "450 4.2.0"}');
select refused('y@z.example', '192.0.2.9', 'unknown', 'a.example', 'nobody@a.example', '3 hours', '{"action": "reject", "reason": "postfix", "reply": "550 5.1.1 <nobody@a.example>: User unknown"}');
select refused('secret@z.example', '192.0.2.9', 'unknown', 'b.example', 'u@b.example', '1 hour', '{"action": "reject", "reason": "dns-listed", "rule": "zone=zen.example"}');
select refused('fine@z.example', '192.0.2.9', 'unknown', 'a.example', 'u@a.example', '1 hour', '{"action": "accept", "reason": "nothing-applies"}');
select is(jsonb_path_query_array(page('why'), '$.rows[*].sender'), '["news@shop.example", "\"<b>x\"@evil.example", "y@z.example"]', 'the latest refusals of the domain');
select is(page('why') #> '{rows,0,decision}', '{"word": "dns-listed", "rule": "zen.example", "reply": "554 5.7.1 <script>alert(1)</script>", "action": {"reject": true},
  "reason": {"dns_listed": true}, "unknown": false, "recipient": "u@a.example"}', 'what decided');
select is(jsonb_path_query_array(page('why'), '$.rows[0].offers[*].entry'),
  '["shop.example", ".shop.example", "192.0.2.7", "news@shop.example", "host:mx.shop.example", "host:.shop.example"]', 'what lets it through');
select is(jsonb_path_query_array(page('why'), '$.rows[1].offers[*].entry'), '["\"<b>x\"@evil.example", "evil.example", ".evil.example", "192.0.2.8"]', 'no name that was not confirmed; an address is text');
select is(page('why') #>> '{rows,2,make}', '/d/a.example/mailboxes/new?address=nobody@a.example', 'an unknown recipient may be made');
select is(page('mailbox_new', '{"address": "nobody@a.example"}') #>> '{form,address}', 'nobody@a.example', 'in a form that has it');
select is(page('why') #> '{rows,2,offers}', '[]', 'and no entry helps');
select is(page('why', '{"sender": "*@shop.example"}') #> '{rows,0,outcome}', '{"refused": true}', 'a search by sender');
select is(jsonb_array_length(page('why', '{"recipient": "u"}') -> 'rows'), 2, 'by recipient, with what was accepted');
select is(page('why', '{"recipient": "u"}') #>> '{explained,0,value}', 'a.example is a domain', 'and what holds for it');
select is(page('why', '{"recipient": "u@b.example"}') -> 'rows', '[]', 'not of others');
select is(page('why', jsonb_build_object('from', to_char(now() at time zone 'UTC' - interval '90 minutes', 'YYYY-MM-DD HH24:MI'))) #> '{rows,1,sender}', '"news@shop.example"', 'by time');
select is(jsonb_array_length(page('why', jsonb_build_object('from', to_char(now() at time zone 'UTC' - interval '90 minutes', 'YYYY-MM-DD"T"HH24:MI'))) -> 'rows'), 2, 'as browsers write it');
select throws_like(format('select page(''why'', %L)', jsonb_build_object('from', t)), '"' || t || '" is no time%', 'no time: ' || t) from unnest(array['yesterday', '2026-99-99', '<b>']) as t;
select throws_like($$select page('why', '{"sender": "****"}')$$, 'trace() cannot search for%', 'too many *');
select refused('n' || n || '@x.example', '192.0.2.9', 'unknown', 'a.example', 'u@a.example', make_interval(hours => 4, mins => n), '{"action": "defer", "reason": "greylist-new"}') from generate_series(1, 40) as n;
select is(jsonb_array_length(page('why') -> 'rows'), 20, 'a page has 20 messages');
select is((select count(distinct r ->> 'sender') from (select jsonb_path_query(page('why'), '$.rows[*]') union all
  select jsonb_path_query(page('why', jsonb_build_object('before', substring(page('why') ->> 'older' from '[0-9]+$'))), '$.rows[*]')) as t (r)), 40::bigint, 'the next has others');
select is(does('why_allow', '{"entry": "news@shop.example"}'), '/d/a.example/why', 'a sender is let through');
select is((select count(*) from whitelist where entry = 'news@shop.example'), 1::bigint, 'by an entry of the white list');

-- Reports.
select is(page('reports') #>> '{rows,0,month}', to_char(now() at time zone 'UTC', 'YYYY-MM'), 'this month');
select is(page('report', jsonb_build_object('month', to_char(now() at time zone 'UTC', 'YYYY-MM'))) #> '{numbers,0}', '{"key": {"received": true}, "now": 11, "before": null}', 'its figures');
select throws_ok(format('select page(%L, %L)', name, jsonb_build_object('month', m)), 'P0002', null, 'no ' || name || ' of ' || m)
from unnest(array['report', 'report_mail']) as name, unnest(array['', 'x', '2026-13', '2000-01', '2099-12']) as m;
select is(page('report_mail', jsonb_build_object('month', to_char(now() at time zone 'UTC', 'YYYY-MM'))) #>> '{figures,domain}', 'a.example', 'figures of the mail');
select * from finish();
rollback;
