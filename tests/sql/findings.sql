-- Findings that lead to incidents: TLS, nodes, DNS lists, mail that leaves the queue. A transaction has one time, so rows are set back instead
-- of waiting.
begin;
select no_plan();

insert into domain (name, plan, monitoring) values ('a.example', 'basic', 'simple'), ('b.example', 'basic', 'simple');
insert into contact (domain, kind, address) values ('a.example', 'mail', 'ann@out.example');
create view certificates as select subject, closed_at is not null as closed from incident where domain = 'a.example' and kind = 'certificate';

-- One address and certificate; days until its end, or null for a handshake that fails.
create function tls(address text, fingerprint text, days integer) returns void language sql as $$
  select record_tls(array['a.example'], array[tls.address], array['mx.a.example'], array[tls.fingerprint],
    array[extract(epoch from now() + make_interval(days => coalesce(tls.days, 0)))::bigint]);
$$;
create function later(step interval) returns void language sql as $$
  update server_tls set seen_at = seen_at - step, first_seen = first_seen - step;
  update incident set opened_at = opened_at - step;
$$;

-- Certificates that end soon.
select tls('192.0.2.7', 'aa', 90);
select is_empty('select * from certificates', 'a certificate for ninety days');
select tls('192.0.2.8', 'bb', 13);
select set_eq('select * from certificates', $$values ('bb', false)$$, 'one for thirteen days is reported');
select is((select detail from incident), format('mx.a.example [192.0.2.8]: the certificate ends at %s UTC', local_time(now() + interval '13 days', 'UTC')), 'with its server and end');
select set_eq('select kind, channel from outbox', $$values ('certificate', 'mail')$$, 'by mail');
select later('10 minutes');
select tls('192.0.2.8', 'bb', 13);
select tls('192.0.2.7', 'aa', 90);
select later('10 minutes');
select tls('192.0.2.7', 'aa', 90);
select is((select count(*) from certificates), 1::bigint, 'once, also while its server cannot be reached and another can');
select set_eq('select * from certificates', $$values ('bb', false)$$, 'and stays');
select tls('192.0.2.9', 'bb', 13);
select is((select count(*) from incident), 1::bigint, 'one certificate on two addresses is one incident');
select later('10 minutes');
select tls('192.0.2.8', 'cc', 90);
select set_eq('select * from certificates', $$values ('bb', false)$$, 'renewed on one of them');
select tls('192.0.2.9', 'cc', 90);
select tls('192.0.2.8', 'bb', 13);
select later('50 minutes');
select tls('192.0.2.8', 'cc', 90);
select tls('192.0.2.9', 'cc', 90);
select set_eq('select * from certificates', $$values ('bb', false)$$, 'the old one was still seen, as of several servers at an address');
select later('20 minutes');
select tls('192.0.2.8', 'cc', 90);
select tls('192.0.2.9', 'cc', 90);
select set_eq('select * from certificates', $$values ('bb', true)$$, 'an hour without it');
select later('10 minutes');
select tls('192.0.2.8', 'bb', 13);
select set_eq('select * from certificates', $$values ('bb', true)$$, 'which comes back is not reported again');
select tls('192.0.2.8', 'dd', -5);
select alike(detail, '%the certificate ended at %', 'one that has ended') from incident where subject = 'dd';

-- A server that has gone.
select mark_outbox('n', c.id, 'sent', '', 0) from claim_outbox('n', '{mail}', 100, 60) c;
select later('3 days');
select expire_tls(100);
select is_empty('select * from server_tls', 'what was not seen for two days is removed');
select is_empty('select * from certificates where not closed', 'the incident ends');
select is_empty($$select * from outbox o join incident i on i.id = o.incident where i.subject = 'dd' and o.transition = 'closed'$$,
  'without a message, since nothing was renewed');

-- The setting, ever new certificates, a domain that is gone.
delete from incident;
update setting set value = '3' where name = 'certificate_days';
select tls('192.0.2.7', 'ee', 5);
select is_empty('select * from certificates', 'five days ahead of three');
update setting set value = '14' where name = 'certificate_days';
select tls('192.0.2.7', 'n' || n, 5) from generate_series(1, 100) n;
select is((select count(*) from certificates), 8::bigint, 'a customer who presents ever new ones gets few incidents');
select is((select count(*) from server_tls), 64::bigint, 'and has few rows');
select lives_ok($$select record_tls('{gone.example}', '{192.0.2.7}', '{mx}', '{aa}', '{1}')$$, 'a domain that is gone');
delete from incident;
delete from server_tls;

-- Handshakes that fail.
select tls('192.0.2.7', '', null);
select is_empty('select * from certificates', 'a handshake that fails once');
select later('10 minutes');
select tls('192.0.2.7', '', null);
select is_empty('select * from certificates', 'for ten minutes');
select later('6 minutes');
select tls('192.0.2.7', '', null);
select set_eq('select * from certificates', $$values ('starttls', false)$$, 'for sixteen');
select is((select detail from incident), 'mx.a.example [192.0.2.7]: STARTTLS is offered and fails', 'with its server');
select tls('192.0.2.7', 'aa', 90);
select set_eq('select * from certificates', $$values ('starttls', false)$$, 'one that succeeds is no end');
select later('61 minutes');
select tls('192.0.2.7', 'aa', 90);
select set_eq('select * from certificates', $$values ('starttls', true)$$, 'an hour is');
delete from incident;
delete from server_tls;
select tls('192.0.2.7', '', null), tls('192.0.2.7', 'aa', 90), later('6 minutes') from generate_series(1, 10);
select is_empty('select * from certificates', 'one that fails now and then');
select tls('192.0.2.7', '', null), later('6 minutes') from generate_series(1, 4);
select set_eq('select * from certificates', $$values ('starttls', false)$$, 'and then always');
update domain set monitoring = 'off' where name = 'a.example';
select plan_probes(100);
select set_eq('select * from certificates', $$values ('starttls', true)$$, 'a domain that is no longer monitored');
delete from incident;

-- Mail that leaves the queue.
select ok(not mail_left_since('a.example', 120), 'no mail left the queue');
select record_mail_left('n', '{a.example,gone.example}');
select ok(mail_left_since('a.example', 120), 'of some node');
select ok(not mail_left_since('b.example', 120), 'of another domain');
update mail_left set seen_at = now() - interval '3 minutes';
select ok(not mail_left_since('a.example', 120), 'long ago');

-- Nodes.
create view nodes as select subject, detail, closed_at is not null as closed from incident where kind = 'replica';
create function go_by(step interval) returns void language sql as $$
  update node set heard_at = heard_at - step, heard_since = heard_since - step, good_since = good_since - step,
    seen_at = seen_at - step;
$$;
-- A node reports every 30 s, so often, with this age of its replica.
create function report(node text, age integer, times integer default 1) returns void language plpgsql as $$
begin
  for n in 1 .. times loop
    perform go_by('30 seconds');
    perform report_node(report.node, age);
  end loop;
end
$$;
create function all_report(age integer, times integer) returns void language plpgsql as $$
begin
  for n in 1 .. times loop
    perform go_by('30 seconds');
    perform report_node('n', 0);
    perform report_node('m', age);
  end loop;
end
$$;
delete from node;
select report('n', -1, 10);
select is_empty('select * from nodes', 'a node that begins has no replica yet');
select report('n', -1, 2);
select results_eq('select subject, detail, closed from nodes', $$values ('n', 'it has no replica', false)$$, 'for long');
select report('n', 5, 9);
select results_eq('select closed from nodes', 'values (false)', 'it has one');
select report('n', 5, 3);
select results_eq('select closed from nodes', 'values (true)', 'for five minutes');
select report('n', 301);
select alike(detail, 'its replica was current last at %', 'one that is old') from nodes where not closed;
select report('n', 0), report('n', 301) from generate_series(1, 30);
select is((select count(*) from nodes), 2::bigint, 'one that is old now and then makes no further incident');
select report('n', 0, 12);
select is((select count(*) from nodes where not closed), 0::bigint, 'until it is well');
delete from incident;

select all_report(0, 12);
select report('n', 0, 10);
select is_empty('select * from nodes', 'a node that is silent for five minutes');
select report('n', 0, 1);
select results_eq('select subject, closed from nodes', $$values ('m', false)$$, 'for longer');
select alike(detail, 'its notifier reported last at %', 'with its last report') from nodes;
select all_report(0, 10);
select results_eq('select closed from nodes', 'values (false)', 'it reports again');
select all_report(0, 1);
select results_eq('select closed from nodes', 'values (true)', 'for five minutes');
delete from incident;
select go_by('1 hour');
select all_report(0, 1), go_by('-30 seconds');
select report('n', 0, 1);
select is_empty('select * from nodes', 'after an hour without the database nobody is missed');
select report('n', 0, 12);
select results_eq('select subject, closed from nodes', $$values ('m', false)$$, 'but for who does not come back');
delete from node where name = 'm';
select report('n', 0);
select results_eq('select closed from nodes', 'values (true)', 'a node that was deleted has none');
delete from incident;
delete from outbox;

select all_report(0, 12);
update node set seen_at = now() - interval '1 minute' where name = 'n';
select report('n', 0);
select is_empty('select * from nodes', 'a queue watch that never reported is none');
update node set seen_at = now() - interval '10 minutes' where name = 'n';
select report('n', 0);
select alike(detail, 'its queue watch reported last at %', 'one that no longer does is a fault') from nodes where subject = 'n';
delete from incident;
delete from node;

-- DNS lists.
create view lists as select subject, detail, closed_at is not null as closed from incident where kind = 'dnsbl';
create function wait(step interval) returns void language sql as $$
  update dnsbl_health set since = since - step, checked_at = checked_at - step;
$$;
select report_dnsbl('n', '{bl.example,other.example}', '{good,good}');
select report_dnsbl('n', '{bl.example,other.example}', '{silent,good}');
select wait('9 minutes');
select report_dnsbl('n', '{bl.example,other.example}', '{refusing,good}');
select is_empty('select * from lists', 'a list that is left out for nine minutes');
select wait('1 minute');
select report_dnsbl('n', '{bl.example,other.example}', '{silent,good}');
select results_eq('select subject, detail, closed from lists', $$values ('bl.example', 'n: silent', false)$$, 'for ten');
select is_empty($$select * from outbox where channel = 'sms'$$, 'wakes nobody');
select report_dnsbl('m', '{bl.example,other.example}', '{lists-all,good}');
select wait('10 minutes');
select report_dnsbl('m', '{bl.example,other.example}', '{lists-all,good}');
select results_eq('select detail, closed from lists', $$values ('m: lists-all, n: silent', false)$$, 'on another node, too');
select report_dnsbl('n', '{bl.example,other.example}', '{good,good}');
select report_dnsbl('m', '{bl.example,other.example}', '{good,good}');
select wait('59 minutes');
select report_dnsbl('n', '{bl.example,other.example}', '{good,good}');
select report_dnsbl('m', '{bl.example,other.example}', '{good,good}');
select results_eq('select closed from lists', 'values (false)', 'used again');
select wait('1 minute');
select report_dnsbl('n', '{bl.example,other.example}', '{good,good}');
select results_eq('select closed from lists', 'values (true)', 'for an hour, by all nodes');
delete from incident;
select report_dnsbl('n', '{bl.example}', '{silent}');
select wait('20 minutes');
select report_dnsbl('n', '{bl.example}', '{silent}');
select report_dnsbl('m', '{bl.example}', '{silent}');
select report_dnsbl('n', '{}', '{}');
select results_eq('select closed from lists', 'values (false)', 'another node has it still');
select report_dnsbl('m', '{}', '{}');
select results_eq('select closed from lists', 'values (true)', 'a list whose row was deleted');
select is_empty($$select * from outbox where transition = 'closed' and kind = 'dnsbl' and created_at = now() and sent_at is not null$$, 'is no news');
select throws_like($$select report_dnsbl('n', '{bl.example}', '{odd}')$$, '%dnsbl_health_state_unknown%', 'a state that is none');

select * from finish();
rollback;
