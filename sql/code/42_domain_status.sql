-- Problems of domains, as the nodes report them, and the part that replicas hold.

comment on table domain_problem is 'Problems of domains, as each node found them. domain_status shows them.';
comment on column domain_problem.domain is 'The domain.';
comment on column domain_problem.problem is
  'best-mx: this service is the domain''s best MX, so mail relayed by MX waits, since it would loop.';
comment on column domain_problem.node is 'Node that found it.';
comment on column domain_problem.detail is 'Observation, such as the MX host.';
comment on column domain_problem.since is 'Time of the first observation.';
comment on column domain_problem.checked_at is 'Time of the latest observation.';

comment on table best_mx is
  'Domains whose best MX is this service, as last reported by any node. Mail that would be relayed by MX waits.';
comment on column best_mx.domain is 'The domain.';
comment on column best_mx.host is 'The MX host.';

create or replace function settle_best_mx(domains text[]) returns void
language sql security definer set search_path = emailgency, pg_temp as $$
  delete from best_mx b where b.domain = any (domains)
    and not exists (select from domain_problem p where p.domain = b.domain and p.problem = 'best-mx');
  -- A domain whose row is locked is left to the next report, so that the others do not wait.
  with kept as (
    select d.name from domain d where d.name = any (domains) order by d.name for key share skip locked
  )
  insert into best_mx as b (domain, host)
  select k.name, min(p.detail) from domain_problem p join kept k on k.name = p.domain
  where p.problem = 'best-mx'
  group by k.name
  order by k.name
  on conflict (domain) do update set host = excluded.host where b.host <> excluded.host;
$$;
comment on function settle_best_mx(text[]) is 'Updates best_mx from domain_problem, for these domains.';

-- A node's report replaces its earlier one. A report of another node that says otherwise removes it after a day without
-- repetition, so that mail does not wait for a node that no longer exists.
create or replace function report_best_mx(node text, domains text[], hosts text[]) returns void
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  forgotten text[];
begin
  if cardinality(domains) is distinct from cardinality(hosts) then
    raise exception using errcode = 'invalid_parameter_value', message = format(
      'the report of %s has %s domains and %s hosts: pass equally many', node, cardinality(domains), cardinality(hosts));
  end if;
  delete from domain_problem p using unnest(domains, hosts) as t (domain, host)
  where p.domain = t.domain and p.problem = 'best-mx' and t.host = ''
    and (p.node = report_best_mx.node or p.checked_at < now() - interval '1 day');
  with kept as (
    select d.name from domain d where d.name = any (domains) order by d.name for key share skip locked
  )
  insert into domain_problem as p (domain, problem, node, detail)
  select k.name, 'best-mx', report_best_mx.node, min(t.host)
  from unnest(domains, hosts) as t (domain, host) join kept k on k.name = t.domain
  where t.host <> ''
  group by k.name
  order by k.name
  on conflict on constraint domain_problem_repeated do update set detail = excluded.detail, checked_at = now();
  -- Every live node checks every domain within a week.
  with gone as (
    delete from domain_problem p where p.ctid = any (array(
      select ctid from domain_problem where checked_at < now() - interval '8 days' limit 100 for update skip locked))
    returning p.domain
  )
  select array_agg(domain) into forgotten from gone;
  perform settle_best_mx(domains || coalesce(forgotten, '{}'));
end
$$;
comment on function report_best_mx(text, text[], text[]) is
  'Stores which of the domains have this service as best MX, on that host; an empty host: the domain has not. Other domains '
  'are unchanged.';

-- A correction of the row clears a problem at once; a correction elsewhere, with the next report.
create or replace view domain_status with (security_invoker = true) as
select d.name as domain, p.problem, min(p.detail) as detail, min(p.since) as since, max(p.checked_at) as checked_at
from domain d left join domain_problem p
  on p.domain = d.name and (p.problem <> 'best-mx' or d.mode = 'backup' and d.transport is null)
group by d.name, p.problem;
comment on view domain_status is 'Status of each domain: one row per problem, or one row without.';
comment on column domain_status.domain is 'The domain.';
comment on column domain_status.problem is
  'Null: none known. best-mx: the best MX of the domain is this service, so mail relayed by MX waits here; set '
  'domain.transport, or make the customer''s server the best MX.';
comment on column domain_status.detail is 'Observation, such as the MX host.';
comment on column domain_status.since is 'Time of the first observation.';
comment on column domain_status.checked_at is 'Time of the latest observation.';
