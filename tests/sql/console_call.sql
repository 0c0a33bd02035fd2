-- console_call(): pages and actions of the console, with the rights of a session.
begin;
select no_plan();

insert into domain (name, plan) values ('a.example', 'premium'), ('b.example', 'premium'), ('c.example', 'premium');
insert into mailbox (address) values ('u@a.example'), ('v@b.example');
select set_password('u@a.example', 'Correct horse 4 battery');
insert into account (login, language) values ('bob@firm.example', 'fr'), ('carol@firm.example', null), ('none@firm.example', null);
insert into domain_admin values ('bob@firm.example', 'b.example'), ('bob@firm.example', 'c.example'), ('carol@firm.example', 'a.example');
select session_open(sha256('bob'), 'bob@firm.example', 'admin', '192.0.2.1', 'Firefox');
select session_open(sha256('carol'), 'carol@firm.example', 'admin', '192.0.2.2', 'Firefox');
select session_open(sha256('none'), 'none@firm.example', 'admin', '192.0.2.2', 'Firefox');
select session_open(sha256('user'), 'u@a.example', 'user', '192.0.2.3', 'Firefox');
select session_open(sha256('old'), 'bob@firm.example', 'admin', '192.0.2.1', 'Firefox');
update console_session set seen_at = now() - interval '32 minutes' where id = sha256('old');

create function page_test_domains(params jsonb) returns jsonb language sql stable
return (select jsonb_build_object('domains', string_agg(name, ' ' order by name), 'params', params, 'role', current_user) from domain);
create function page_test_writes(params jsonb) returns jsonb language plpgsql as $$
begin
  update domain set stealth = not stealth;
  return '{}';
end
$$;
create function page_test_frees(params jsonb) returns jsonb language plpgsql as $$
begin
  perform set_config('transaction_read_only', 'off', true);
  update domain set stealth = not stealth;
  return '{}';
end
$$;
create function page_test_definer(params jsonb) returns jsonb language plpgsql security definer as $$
begin
  delete from account;
  return '{}';
end
$$;
create function act_test_stealth(params jsonb) returns jsonb language plpgsql as $$
begin
  update domain set stealth = not stealth where name = params ->> 'd';
  insert into contact (domain, kind, address) select name, 'mail', 'x@other.example' from domain where params ? 'contact' and name = params ->> 'd';
  return jsonb_build_object('location', '/d/' || (params ->> 'd'));
end
$$;
create function act_test_fault(params jsonb) returns jsonb language sql return accept('no good: write a better one')::text::jsonb;
create function page_test_mine(params jsonb) returns jsonb language sql stable
return (select jsonb_build_object('mailbox', string_agg(address, ' '), 'role', current_user) from mailbox);
create function page_test_public(params jsonb) returns jsonb language sql return jsonb_build_object('role', current_user);
create function page_test_nobody(params jsonb) returns jsonb language sql return '{}'::jsonb;
create function page_test_text(params text) returns jsonb language sql return '{}'::jsonb;
create function page_test_rows(params jsonb) returns setof jsonb language sql return '{}'::jsonb;
create function helper_test(params jsonb) returns jsonb language sql return '{}'::jsonb;
grant execute on function page_test_domains, page_test_writes, page_test_frees, page_test_definer, act_test_stealth, act_test_fault, page_test_text, page_test_rows, helper_test
  to emailgency_domain_admin;
grant execute on function page_test_mine to emailgency_mailbox_user;
grant execute on function page_test_public to emailgency_console, emailgency_domain_admin, emailgency_mailbox_user;
revoke execute on function page_test_domains, page_test_writes, page_test_frees, page_test_definer, act_test_stealth, act_test_fault, page_test_text, page_test_rows, helper_test, page_test_mine,
  page_test_public, page_test_nobody from public;

-- A call as the console sends it. The transaction of this test goes on, so what the call sets in its own must end with it.
create function called(secret text, call text, params jsonb default '{}') returns jsonb
language plpgsql as $$
declare
  answer jsonb;
begin
  set local session authorization emailgency_console;
  begin
    answer := console_call(secret, call, params);
    raise exception using errcode = 'UE001', message = answer::text;
  exception
    when sqlstate 'UE001' then
      answer := sqlerrm::jsonb;
    when others then
      reset session authorization;
      raise;
  end;
  reset session authorization;
  return answer;
end
$$;

delete from audit; -- what this transaction has edited so far

-- Kinds of sessions.
select is(called('bob', null), '{"kind": "admin", "login": "bob@firm.example", "domains": ["b.example", "c.example"], "language": "fr"}', 'an account has its domains');
select is(called('user', null), '{"kind": "user", "login": "u@a.example", "domains": [], "language": null}', 'a mailbox has none');
select is(called('none', null) -> 'domains', '[]', 'nor an account without grants');
select is(called(secret, null) ->> 'kind', null, 'no session: ' || coalesce(secret, 'null'))
from unnest(array['old', 'forged', '', encode(sha256('bob'), 'hex'), '\x' || encode(sha256('bob'), 'hex'), null]) as secret;
select is(called(secret, 'page_test_domains'), '{"kind": null, "login": null, "domains": [], "language": null}', 'and without one no page: ' || coalesce(secret, 'null'))
from unnest(array['old', 'forged', '', null]) as secret;
select is(called('forged', 'act_test_stealth', '{"d": "b.example"}') ? 'view', false, 'nor an action');
select is((select string_agg(name, ' ') from domain where stealth), null, 'which has no effect');

-- Pages and actions.
select is(called('bob', 'page_test_domains', '{"x": "1"}') -> 'view', '{"domains": "b.example c.example", "params": {"x": "1"}, "role": "emailgency_domain_admin"}', 'a page sees the session''s rows');
select is(called('carol', 'page_test_domains') -> 'view' ->> 'domains', 'a.example', 'each the own');
select is(called('none', 'page_test_domains') -> 'view' ->> 'domains', null, 'or none');
select is(called('user', 'page_test_mine') -> 'view', '{"mailbox": "u@a.example", "role": "emailgency_mailbox_user"}', 'a user the mailbox');
select is(called(secret, 'page_test_public') -> 'view' ->> 'role', role, 'a public page needs no session: ' || secret)
from (values ('', 'emailgency_console'), ('old', 'emailgency_console'), ('bob', 'emailgency_domain_admin'), ('user', 'emailgency_mailbox_user')) as t (secret, role);
select throws_ok(format($$select called('bob', %L)$$, call), '25006', null, 'a page does not write: ' || call)
from unnest(array['page_test_writes', 'page_test_definer']) as call;
select throws_like($$select called('bob', 'page_test_frees')$$, '%read-write%', 'nor becomes an action');
select is(called('bob', 'act_test_stealth', '{"d": "b.example"}') - 'audit' - 'domains',
  '{"kind": "admin", "login": "bob@firm.example", "language": "fr", "view": {"location": "/d/b.example"}}', 'an action says where to go');
select is(called('bob', 'page_test_domains') ->> 'audit', null, 'a page has no edit');
select is(called('bob', 'act_test_stealth', '{"d": "a.example"}') ->> 'audit', null, 'nor an action that edits nothing, as that of another''s domain');
select throws_ok($$select called('bob', 'act_test_fault')$$, '23514', null, 'faults are raised as usual');

-- Edits.
create function edit_of(secret text, params jsonb) returns text
language plpgsql as $$
declare
  answer jsonb;
begin
  set local session authorization emailgency_console;
  answer := console_call(secret, 'act_test_stealth', params);
  reset session authorization;
  return (select a.login || ' ' || a.kind || ' ' || a.domain || ' ' || (a.id = (select max(o.id) from audit o where o.kind = a.kind)) from audit a where a.id = (answer ->> 'audit')::bigint);
end
$$;
select is(edit_of('bob', '{"d": "b.example"}'), 'bob@firm.example domain b.example true', 'the call returns its edit');
select is(edit_of('bob', '{"d": "c.example", "contact": "1"}'), 'bob@firm.example domain c.example true', 'of several that which nodes hold');

-- Each kind of session has its own functions.
select throws_ok(format('select called(%L, %L)', secret, call), 'P0002', 'there is no such page', secret || ' does not reach ' || call)
from (values ('user', 'page_test_domains'), ('user', 'act_test_stealth'), ('bob', 'page_test_mine'), ('bob', 'page_me'), ('bob', 'act_me_expiry'),
  ('bob', 'page_test_nobody'), ('user', 'page_test_nobody'), ('bob', 'page_test_none'), ('bob', 'page_test_text'), ('bob', 'page_test_rows'), ('bob', 'helper_test'),
  ('bob', 'session_close'), ('bob', 'undo'), ('bob', 'console_call'), ('bob', 'emailgency.page_test_domains'), ('bob', 'page_test_domains(jsonb)'),
  ('bob', 'page_test_domains"'), ('bob', 'PAGE_TEST_DOMAINS'), ('bob', ''), ('bob', 'page_'), ('bob', 'page_test_domains; drop table domain')) as t (secret, call);
select throws_ok(format($$select called('user', %L)$$, p.proname), 'P0002', 'there is no such page', 'a user reaches no function of admins: ' || p.proname)
from pg_proc p where p.pronamespace = 'emailgency'::regnamespace and p.proname ~ '^(page|act)_' and p.proname !~ '_test_'
  and has_function_privilege('emailgency_domain_admin', p.oid, 'execute') and not has_function_privilege('emailgency_mailbox_user', p.oid, 'execute')
  and p.pronargs = 1 and p.proargtypes[0] = 'jsonb'::regtype;
select is_empty($$select p.oid::regprocedure::text from pg_proc p where p.pronamespace = 'emailgency'::regnamespace and p.proname ~ '^act_' and p.proname !~ '_test_' and p.prosecdef
  and p.proname not in ('act_language', 'act_unsubscribe')$$, 'an action edits with the caller''s rights, unless it is about the session itself, or there is none');

-- The rights of the console's own role.
select is(has_function_privilege('emailgency_console', 'console_call(text, text, jsonb)', 'execute'), true, 'the console may call');
select is(has_function_privilege(role, 'console_call(text, text, jsonb)', 'execute'), false, role || ' may not')
from unnest(array['emailgency_domain_admin', 'emailgency_mailbox_user', 'emailgency_console_auth', 'emailgency_daemon']) as role;
select set_eq($$select p.proname::text from pg_proc p where p.pronamespace = 'emailgency'::regnamespace and p.proname ~ '^(page|act)_' and p.proname !~ '_test_'
  and has_function_privilege('emailgency_console', p.oid, 'execute')$$, array['page_mail_program', 'page_assistant_mx', 'page_assistant_spf', 'page_assistant_client', 'act_unsubscribe'],
  'public pages, and the action of a signed link');

-- The pages of a mailbox and of an account.
select is((called('user', 'page_me') -> 'view') - 'quota' - 'used',
  '{"title": {"me": true}, "address": "u@a.example", "vip": false, "messages": 0, "percent": 0, "full": false, "days": 90, "days_effective": 90, "days_reduced": false, "plan_days": 90, "form": {"expiry_days": ""}}',
  'the page of a mailbox');
select throws_like($$select called('user', 'act_me_expiry', '{"expiry_days": "1e3"}')$$, '"1e3" is no number of days%', 'days are a number');
select throws_like($$select called('user', 'act_me_expiry', '{"expiry_days": "9999"}')$$, '%is more than plan%', 'within the plan');
select is(called('user', 'act_me_expiry', '{"expiry_days": " 7 "}') -> 'view', '{"location": "/me"}', 'and may be changed');
select is(called('user', 'act_me_expiry', '{}') -> 'view', '{"location": "/me"}', 'or left to the plan');
select is((called('bob', 'page_account') -> 'view') - 'sessions', '{"form": {"language": {"fr": true}}, "login": "bob@firm.example", "title": {"account": true}, "is_account": true, "own_password": false, "recovery_left": 0, "second_factor": false}', 'an account');
select is(jsonb_array_length(called('bob', 'page_account') -> 'view' -> 'sessions'), 2, 'with its sessions');
select is(called('user', 'page_account') -> 'view' ->> 'is_account', 'false', 'a mailbox is none');
select throws_ok(format($$select called('carol', 'act_session_end', '{"id": %s}')$$, to_json(encode(sha256(sha256('old')), 'hex'))), 'P0002', null, 'nobody ends the session of another');
select is(called('bob', 'act_session_end', jsonb_build_object('id', encode(sha256(sha256('old')), 'hex'))) -> 'view', '{"location": "/account"}', 'but an own one');
select is(called('user', 'act_language', '{"language": "fr"}') -> 'view', '{"location": "/account"}', 'a mailbox has no language of its own');
select throws_like($$select called('bob', 'act_language', '{"language": "<b>"}')$$, 'language "<b>" is no language tag%', 'a language is a tag');

-- In force.
select edit_of('bob', '{"d": "b.example"}');
create function last_edit() returns text language sql return (select max(id)::text from audit where kind = 'domain');
select report_position('n1', '1:1:', 'e'), report_position('n2', '1:1:', 'e');
create function saved(secret text) returns jsonb language sql
return (called(secret, 'page_saved', jsonb_build_object('id', last_edit())) -> 'view') - 'audit' - 'title' - 'missing';
select is(saved('bob'), '{"all": false, "held": true, "total": 2, "domain": "b.example", "reached": 0, "waiting": true, "by_admin": true, "route_later": false, "log_in_later": false}', 'an edit waits for two nodes');
select report_position('n1', format('%s:%s:', x, x)::pg_snapshot, 'e') from (select pg_current_xact_id()::text::bigint + 1 as x) as t;
select is(saved('bob') - 'domain' - 'held', '{"all": false, "total": 2, "reached": 1, "waiting": true, "by_admin": true, "route_later": false, "log_in_later": false}', 'one has it');
select is(called('bob', 'page_saved', jsonb_build_object('id', last_edit())) -> 'view' #>> '{missing,0,node}', 'n2', 'the other is named');
select report_position('n2', format('%s:%s:', x, x)::pg_snapshot, 'e') from (select pg_current_xact_id()::text::bigint + 1 as x) as t;
select is(saved('bob') -> 'all', 'true', 'both have it');
update node_position set reported_at = now() - interval '2 minutes' where node = 'n1';
select is(saved('bob') -> 'all', 'false', 'one that has not reported for a minute is not known to have it');
select throws_ok(format($$select saved(%L)$$, secret), 'P0002', null, 'not for ' || secret) from unnest(array['carol', 'user']) as secret;
select throws_ok(format($$select called('bob', 'page_saved', '{"id": %s}')$$, to_json(id)), 'P0002', null, 'nor is there an edit ' || id)
from unnest(array['', '-1', '1e3', '99999999999999999999', 'x', '0']) as id;

select * from finish();
rollback;
