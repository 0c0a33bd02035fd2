-- Alias domains that domain admins claim, and that DNS proves.
begin;
select no_plan();

create role emg_alice login in role emailgency_domain_admin;
create role emg_notifier login in role emailgency_notifier;
insert into domain (name, plan) values ('a.example', 'premium'), ('b.example', 'premium'), ('d.example', 'premium');
insert into account (login) values ('bob@firm.example');
insert into domain_admin values ('emg_alice', 'a.example'), ('emg_alice', 'd.example'), ('bob@firm.example', 'b.example');
select session_open(sha256('bob'), 'bob@firm.example', 'admin', '192.0.2.2', 'Firefox');
truncate audit;

-- An SQL log-in, a session of the console, and the notifier: what a statement returns, or its error.
create function as_login(login text, statement text) returns text
language plpgsql as $$
declare
  answer text;
begin
  if login = 'bob' then
    set local session authorization emailgency_console;
    perform set_config('role', 'emailgency_domain_admin', true), set_config('emailgency.session', 'bob', true);
  else
    execute format('set local session authorization %I', login);
  end if;
  begin
    execute statement into answer;
  exception when others then
    answer := sqlerrm;
  end;
  reset session authorization;
  return answer;
end
$$;
create function claim(login text, domain text, name text) returns text language sql as $$select as_login(login, format('select request_alias(%L, %L)', domain, name))$$;

update setting set value = 'off' where name = 'alias_self_service';
select matches(claim('emg_alice', 'a.example', 'alias.example'), '^only the operator adds alias domains here', 'an operator may do without it');
update setting set value = 'dns' where name = 'alias_self_service';

-- A claim, of both kinds of login.
select matches(claim('emg_alice', 'a.example', ' Alias.Example. '), '^_emailgency\.alias\.example\. TXT "emailgency=[0-9a-f]{32}"$', 'by an SQL log-in: the record to publish');
select matches(claim('bob', 'b.example', 'alias.example'), '^_emailgency\.alias\.example\. TXT "emailgency=[0-9a-f]{32}"$', 'by the console, the same name: nobody can keep it from its owner');
select is((select count(distinct r.token) from domain_alias_request r), 2::bigint, 'each with a token of its own');
select is((select string_agg(r.requested_by, ' ' order by r.domain) from domain_alias_request r), 'emg_alice bob@firm.example', 'and its author');
select matches(claim('emg_alice', 'a.example', 'alias.example'), 'is claimed for "a.example" already$', 'once');
select is((select count(*) from domain_alias) + (select count(*) from served_domain s where s.name = 'alias.example'), 0::bigint, 'a claim takes no mail');

-- Names that are no customer's to claim.
insert into domain_alias values ('operators.example', 'b.example');
update setting set value = 'mx1.provider.example mx2.provider.example' where name = 'mx_hosts';
select matches(claim('emg_alice', 'a.example', name), 'cannot be claimed: it is a name of this service, or below one; ask the operator', name)
from unnest(array['b.example', 'B.example', 'operators.example', 'sub.b.example', 'x.sub.operators.example', 'emailgency.example', 'x.emailgency.example',
  'bexample.emailgency.example', 'mx2.provider.example']) as name;
select matches(claim('emg_alice', 'a.example', name), 'is a name of "a.example" already', name) from unnest(array['a.example', 'A.Example.']) as name;
select matches(claim('emg_alice', 'a.example', name), fault, name) from (values ('bücher.example', 'as in xn--bcher-kva\.example'), ('example', 'only one label'), ('', 'is empty'),
  ('192.0.2.1', 'digit'), ('x y.example', 'white space'), (repeat('a', 64) || '.example', '63')) as t (name, fault);
select matches(claim('emg_alice', 'b.example', 'x.example'), '^domain "b.example" does not exist', 'nor for another customer');
select matches(claim('bob', 'a.example', 'x.example'), '^domain "a.example" does not exist', 'by the console, too');
select matches(as_login(login, $$with made as (insert into domain_alias values ('x.example', 'a.example') returning 1) select count(*) from made$$), '^only the operator adds alias domains', login || ': no row without a claim')
from unnest(array['emg_alice', 'bob']) as login;
select matches(as_login('emg_alice', format('with made as (%s returning 1) select count(*) from made', statement)), '^permission denied for table domain_alias_request', statement)
from unnest(array[$$insert into domain_alias_request (name, domain, token, requested_by) values ('x.example', 'a.example', repeat('0', 32), 'x')$$,
  'update domain_alias_request set token = repeat(''0'', 32)', 'delete from domain_alias_request']) as statement;
select is(as_login(login, 'select string_agg(domain, '' '') from domain_alias_request'), home, login || ' sees the own claims') from (values ('emg_alice', 'a.example'), ('bob', 'b.example')) as t (login, home);
select matches(as_login(login, call), '^permission denied for function', call) from unnest(array['emg_alice', 'bob']) as login,
  unnest(array['select record_alias_check(''n'', ''alias.example'', ''a.example'', '''', ''proved'')', 'select name from claim_alias_checks(''n'', 1, 1)']) as call;
select matches(as_login('emg_notifier', $$with made as (insert into domain_alias values ('x.example', 'a.example') returning 1) select count(*) from made$$), '^permission denied for table domain_alias', 'the notifier has one way');

-- Bounds: of a domain, of a login, of aliases, and in time.
select is((select count(*) from generate_series(1, 9) as n where claim('emg_alice', 'a.example', format('x%s.example', n)) ~ 'TXT'), 9::bigint, 'ten claims');
select matches(claim('emg_alice', domain, 'more.example'), '^10 names are claimed already, which is the maximum', domain || ': no more of this login') from unnest(array['a.example', 'd.example']) as domain;
insert into domain_admin values ('bob@firm.example', 'a.example');
select matches(claim('bob', 'a.example', 'more.example'), '^10 names are claimed already', 'nor of another one for this domain');
delete from domain_admin where login = 'bob@firm.example' and domain = 'a.example';
select is(as_login('emg_alice', 'select withdraw_alias(''a.example'', ''X1.example'')'), '', 'one is withdrawn');
select matches(as_login('bob', 'select withdraw_alias(''b.example'', ''x2.example'')'), '^"x2.example" is not claimed for "b.example"', 'by its own customer only');
select matches(claim('emg_alice', 'd.example', 'more.example'), 'TXT', 'which leaves room');
insert into domain_alias select format('alias%s.example', n), 'b.example' from generate_series(2, 100) as n;
select matches(claim('bob', 'b.example', 'more.example'), '^domain "b.example" has 100 alias domains: the operator adds more', 'and of aliases');
delete from domain_alias where name ~ '^alias[0-9]';
delete from domain_alias_request where name <> 'alias.example';

-- Look-ups. A session sees what became of its claim.
create function checked(outcome text, home text, node text default 'n1') returns text language sql as $$
  select as_login('emg_notifier', format('select record_alias_check(%L, ''alias.example'', %L, %L, %L)', node, home,
    (select r.token from domain_alias_request r where r.domain = home and r.name = 'alias.example'), outcome))$$;
create function leased(node text) returns text language sql as $$
  select as_login('emg_notifier', format('select string_agg(domain || '' '' || name, '', '' order by domain) from claim_alias_checks(%L, 10, 60)', node))$$;
select is(checked('proved', 'a.example'), null, 'nothing is recorded that was not leased');
select is(leased('n1'), 'a.example alias.example, b.example alias.example', 'a claim is due at once');
select is(leased('n2'), null, 'by one node');
select is(checked('proved', 'a.example', 'n2'), null, 'which alone records it');
select is(as_login('emg_notifier', 'select record_alias_check(''n1'', ''alias.example'', ''a.example'', repeat(''0'', 32), ''proved'')'), null, 'with the token that it looked for');
select is(checked(outcome, 'a.example'), outcome, outcome) from (values ('missing')) as t (outcome);
select is(leased('n1'), null, 'it is not due again for an hour');
select matches(as_login('emg_alice', 'select check_alias(''a.example'', ''alias.example'')'), '^"alias.example" was looked up at .*: the next look-up is possible from', 'nor at once when asked for');
update domain_alias_request set checked_at = now() - interval '31 seconds' where domain = 'a.example';
select matches(as_login('bob', 'select check_alias(''b.example'', ''x.example'')'), '^"x.example" is not claimed for "b.example"', 'nor without a claim');
select is(as_login('emg_alice', 'select check_alias(''a.example'', ''alias.example'')'), '', 'but then');
select is(leased('n1'), 'a.example alias.example', 'it is');
select throws_ok($$update domain_alias_request set outcome = 'fine'$$, '23514', null, 'other outcomes there are none');
select is((select count(*) from domain_alias where name = 'alias.example'), 0::bigint, 'no mail yet');
select is(checked('proved', 'a.example'), 'proved', 'the token is there');
select is((select string_agg(s.role || ' ' || s.domain, '') from served_domain s where s.name = 'alias.example'), 'alias a.example', 'now mail is taken');
select is((select string_agg(r.domain, '') from domain_alias_request r), 'b.example', 'and the claim is over');
select is((select string_agg(a.login || ' ' || (a.key ->> 'name'), ', ') from audit a where a.kind = 'domain_alias' and a.key ->> 'name' = 'alias.example'), 'emg_alice alias.example', 'an edit of its author');

-- Of two claimants the first that proves it has it; the operator decides otherwise.
select is(checked('proved', 'b.example'), 'taken', 'the other one is late');
select is((select r.outcome from domain_alias_request r where r.domain = 'b.example'), 'taken', 'and sees it');
select is((select domain::text from domain_alias where name = 'alias.example'), 'a.example', 'nothing has changed');
delete from domain_alias where name = 'alias.example';
insert into domain (name, plan) values ('alias.example', 'basic');
update domain_alias_request set due_at = now();
select is(leased('n1'), 'b.example alias.example', 'asked again');
select is(checked('proved', 'b.example'), 'taken', 'a customer of its own by now');
delete from domain where name = 'alias.example';

-- Ends: of the claim, of the domain, of the service's offer.
update domain_alias_request set due_at = now();
update setting set value = 'off' where name = 'alias_self_service';
select is(leased('n1'), null, 'switched off: nothing is looked up');
update setting set value = 'dns' where name = 'alias_self_service';
update domain_alias_request set requested_at = now() - interval '15 days';
select is(leased('n1'), null, 'a claim that nobody proved');
select is((select count(*) from domain_alias_request), 0::bigint, 'ends after two weeks');
select matches(claim('bob', 'b.example', 'alias.example'), 'TXT', 'made again it has another token');
delete from domain where name = 'b.example';
select is((select count(*) from domain_alias_request), 0::bigint, 'a domain takes its claims with it');
select * from finish();
rollback;
