-- The page of the whole service: who sees it, and what it shows.
begin;
select no_plan();

insert into domain (name, plan) values ('a.example', 'premium'), ('b.example', 'premium');
insert into account (login) values ('ops@firm.example'), ('alice@firm.example');
insert into domain_admin values ('alice@firm.example', 'a.example');
select session_open(sha256('ops'), 'ops@firm.example', 'admin', '192.0.2.1', 'Firefox'), session_open(sha256('alice'), 'alice@firm.example', 'admin', '192.0.2.2', 'Firefox');
delete from node;
insert into node (name, heard_at, replica_at) values ('n1', now(), now() - interval '7 seconds'), ('n2', now() - interval '1 hour', now() - interval '1 hour'), ('n3', now(), null);
insert into incident (domain, kind, subject, detail) values ('a.example', 'server', '', '450 busy'), (null, 'replica', 'n2', 'silent');
insert into incident (domain, kind, closed_at) values ('b.example', 'queue', now());
insert into queue_sample (node, domain, messages, late, oldest_at) values ('n1', 'a.example', 7, 1, now() - interval '22 minutes'), ('n2', 'a.example', 2, 0, now()), ('n1', 'b.example', 1, 0, now());
insert into queue_sample (node, domain, taken_at, messages, late) values ('n3', 'b.example', now() - interval '1 day', 100, 0);
insert into activity select domain, (now() at time zone 'UTC')::date - days, metric, count
from (values ('a.example', 0, 'blacklisted', 4), ('a.example', 1, 'spf_refused', 3), ('b.example', 0, 'blacklisted', 9), ('b.example', 0, 'greylisted', 50), ('b.example', 2, 'blacklisted', 999),
  ('a.example', 0, 'accepted_messages', 70)) as t (domain, days, metric, count);

create function page(secret text) returns jsonb
language plpgsql as $$
declare
  answer jsonb;
begin
  set local session authorization emailgency_console;
  begin
    answer := console_call(secret, 'page_operator', '{}');
    raise exception using errcode = 'UE001', message = answer::text;
  exception
    when sqlstate 'UE001' then
      reset session authorization;
      return sqlerrm::jsonb -> 'view';
    when others then
      reset session authorization;
      raise;
  end;
end
$$;

select throws_ok(format('select page(%L)', secret), 'P0002', null, secret || ' does not watch') from unnest(array['ops', 'alice']) as secret;
select is(watch_account('OPS@firm.example', true)::jsonb, '{"login": "ops@firm.example", "watches": true}', 'an account may watch');
select throws_ok($$select page('alice')$$, 'P0002', null, 'another one still does not');
select is(page(null), null, 'nor does nobody');
create table shown as select page('ops') as page;
select is((select jsonb_agg(jsonb_build_array(n ->> 'name', n -> 'silent', n -> 'stale')) from shown, jsonb_array_elements(page -> 'nodes') as n),
  '[["n1", false, false], ["n2", true, true], ["n3", false, true]]', 'nodes, silent ones and those with an old replica or none');
select is((select page #> '{nodes,0,age}' from shown), '7', 'the age of a replica');
select is((select jsonb_path_query_array(page, '$.daemons[*].name') from shown),
  '["console", "console-auth", "keeper", "milter", "notifier", "policyd", "replicator", "tracker"]', 'daemons');
select is((select (page -> 'incident_count', jsonb_array_length(page -> 'incidents'))::text from shown), '(2,2)', 'open incidents');
select ok((select page -> 'incidents' @> '[{"word": "replica", "domain": null, "subject": "n2"}, {"word": "server", "domain": "a.example", "detail": "450 busy"}]' from shown), 'of the service and of domains');
select is((select page -> 'queues' #- '{rows,0,oldest}' #- '{rows,1,oldest}' from shown), '{"waiting": 10, "domains": 2, "has_rows": true,
  "rows": [{"domain": "a.example", "messages": 9, "late": 1}, {"domain": "b.example", "messages": 1, "late": 0}]}', 'what waits, by the latest counts');
select is((select page #> '{refusals,rows}' from shown), '[{"key": {"greylisted": true}, "refused": 50}, {"key": {"blacklisted": true}, "refused": 13}, {"key": {"spf_refused": true}, "refused": 3}]',
  'refusals of two days by reason');
select is((select page #> '{refusals,domains}' from shown), '[{"domain": "b.example", "refused": 9}, {"domain": "a.example", "refused": 7}]', 'and by domain');
update setting set value = 'admins' where name = 'require_second_factor';
select throws_ok($$select page('ops')$$, 'P0002', null, 'without a second factor where one is required');
update setting set value = 'off' where name = 'require_second_factor';
select lives_ok($$select page('ops')$$, 'with it again');
select is(watch_account('ops@firm.example', false)::jsonb -> 'watches', 'false', 'it watches no longer');
select throws_ok($$select page('ops')$$, 'P0002', null, 'until it may no longer');
select throws_ok($$select watch_account('none@firm.example', true)$$, 'P0002', null, 'there is no such account');
insert into account (login) values ('boss@a.example');
select throws_like($$select watch_account('boss@a.example', true)$$, '%address of customer "a.example", whose admins could take it over%', 'an address of a customer may not watch');
update account set watches = true where login = 'boss@a.example';
select session_open(sha256('boss'), 'boss@a.example', 'admin', '192.0.2.3', 'Firefox');
select throws_ok($$select page('boss')$$, 'P0002', null, 'nor does a row that was written by hand let it');

-- It is set by the operator alone, and there is no action beside the page.
select ok(not has_column_privilege(role, 'account', 'watches', 'update'), role || ' cannot set it')
from unnest(array['emailgency_console', 'emailgency_console_auth', 'emailgency_domain_admin', 'emailgency_mailbox_user', 'emailgency_daemon']) as role;
select ok(not has_function_privilege(role, 'watch_account(text, boolean)', 'execute'), role || ' cannot call it')
from unnest(array['emailgency_console', 'emailgency_console_auth', 'emailgency_domain_admin', 'emailgency_mailbox_user']) as role;
select ok(not has_function_privilege('emailgency_mailbox_user', 'page_operator(jsonb)', 'execute'), 'no page of a mailbox''s user');
select is((select count(*) from pg_proc p where p.pronamespace = 'emailgency'::regnamespace and p.proname ~ '^act_.*operator'), 0::bigint, 'it has no action');
select is((select p.provolatile from pg_proc p where p.proname = 'page_operator'), 's'::"char", 'it writes nothing');
select * from finish();
rollback;
