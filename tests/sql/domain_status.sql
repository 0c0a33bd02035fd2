-- Reports of nodes on domains, and the right to read them.
begin;
select no_plan();

create role emg_alice login in role emailgency_domain_admin;
create role emg_bob login in role emailgency_domain_admin;
create role emg_daemon login in role emailgency_daemon;
insert into domain (name, plan) values ('a.example', 'basic'), ('b.example', 'basic'), ('c.example', 'basic');
insert into domain_admin values ('emg_alice', 'a.example'), ('emg_bob', 'b.example');

create function act(login text, statement text) returns void language plpgsql as $$
begin
  execute format('set local role %I', login);
  execute statement;
  reset role;
end
$$;
create function problems(login text, out shown text) returns setof text language plpgsql as $$
begin
  execute format('set local role %I', login);
  return query execute $q$select domain || ' ' || coalesce(problem || ' ' || detail, 'fine') from domain_status order by 1$q$;
  reset role;
end
$$;

select results_eq($$select problems('emg_daemon')$$, array['a.example fine', 'b.example fine', 'c.example fine'], 'a domain without a problem is shown as such');
select lives_ok($$select act('emg_daemon', 'select report_best_mx(''n1'', ''{a.example,b.example,gone.example}'', ''{mx.a,mx.b,mx.x}'')')$$,
  'a daemon reports, also of a domain that was deleted meanwhile');
select results_eq($$select problems('emg_daemon')$$, array['a.example best-mx mx.a', 'b.example best-mx mx.b', 'c.example fine'], 'the problems are shown');
select results_eq($$select problems('emg_alice')$$, array['a.example best-mx mx.a'], 'an admin sees the own domain''s');
select results_eq($$select problems('emg_bob')$$, array['b.example best-mx mx.b'], 'another admin, another domain''s');

update domain_problem set since = '2026-01-01', checked_at = '2026-01-01 01:00' where node = 'n1' and domain = 'a.example';
select report_best_mx('n1', '{a.example}', '{mx2.a}');
select row_eq($$select detail, since, checked_at from domain_problem where domain = 'a.example'$$,
  row('mx2.a'::text, '2026-01-01'::timestamptz, now()), 'a repeated report keeps the time of the first');
select report_best_mx('n2', '{a.example}', '{mx1.a}');
select results_eq($$select problems('emg_alice')$$, array['a.example best-mx mx1.a'], 'what two nodes see is one problem');
select report_best_mx('n1', '{a.example,b.example}', '{"",""}');
select results_eq($$select problems('emg_daemon')$$, array['a.example best-mx mx1.a', 'b.example fine', 'c.example fine'], 'a node takes back only what it said itself');

select act('emg_alice', $$update domain set transport = 'mail.a.example' where name = 'a.example'$$);
select results_eq($$select problems('emg_alice')$$, array['a.example fine'], 'a transport is the end of it at once');
select act('emg_alice', $$update domain set transport = null where name = 'a.example'$$);
select results_eq($$select problems('emg_alice')$$, array['a.example best-mx mx1.a'], 'and without it, it is back');
-- F7: contents of replicas, and when they are notified.
create function pg_temp.logged() returns bigint language sql as $$select count(*) from directory_change where kind = 'best_mx'$$;
select results_eq($$select domain, host from best_mx order by 1$$, $$values ('a.example' collate "C", 'mx1.a')$$, 'F7: replicas hold the domain and its host');
create temporary table before as select pg_temp.logged() as count;
select report_best_mx('n2', '{a.example}', '{mx1.a}');
select is(pg_temp.logged(), count, 'F7: a report that repeats is no change') from before;
select report_best_mx('n3', '{a.example}', '{""}');
select isnt_empty($$select from best_mx where domain = 'a.example'$$, 'F7: another node that says otherwise does not take it back');
update domain_problem set checked_at = now() - interval '2 days' where node = 'n2';
select report_best_mx('n3', '{a.example}', '{""}');
select is_empty($$select from best_mx where domain = 'a.example'$$, 'F7: but where the node was silent for a day, it does');
select cmp_ok(pg_temp.logged(), '>', count, 'F7: and that is a change') from before;
select report_best_mx('n2', '{a.example}', '{mx1.a}');
delete from domain where name = 'a.example';
select is_empty($$select from domain_problem where domain = 'a.example'$$, 'it goes with the domain');

insert into domain_problem (domain, problem, node, checked_at) values ('c.example', 'best-mx', 'long gone', now() - interval '9 days');
select report_best_mx('n2', '{}', '{}');
select is_empty($$select from domain_problem where node = 'long gone'$$, 'what a node said that is no more is dropped');

select throws_ok($$select report_best_mx('n', '{a,b}', '{x}')$$, '22023',
  'the report of n has 2 domains and 1 hosts: pass equally many', 'a report with arrays of different lengths is refused');
select throws_ok(format('select act(%L, %L)', login, statement), '42501', null, login || ' may not: ' || statement)
from unnest(array['emg_alice', 'emg_daemon']) as login,
  unnest(array['delete from domain_problem', $$insert into domain_problem (domain, problem, node) values ('b.example', 'best-mx', 'x')$$]) as statement;
select throws_ok($$select act('emg_alice', 'select report_best_mx(''n'', ''{}'', ''{}'')')$$, '42501', null, 'an admin reports nothing');

select * from finish();
rollback;
