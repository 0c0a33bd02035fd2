comment on table domain_problem is 'What the nodes found wrong with domains, each node for itself. domain_status shows it.';
comment on column domain_problem.domain is 'The domain.';
comment on column domain_problem.problem is 'best-mx (this service is its best MX: mail relayed by MX waits, as it would come back).';
comment on column domain_problem.node is 'Who found it.';
comment on column domain_problem.detail is 'What was seen, such as the MX host.';
comment on column domain_problem.since is 'When it was first seen.';
comment on column domain_problem.checked_at is 'When it was last seen.';

comment on table best_mx is
  'Domains whose best MX is this service, as report_best_mx last heard of any node. Their mail waits where it would be relayed by MX.';
comment on column best_mx.domain is 'The domain.';
comment on column best_mx.host is 'The MX host that was seen.';

create or replace function settle_best_mx(domains text[]) returns void
language sql security definer set search_path = emailgency, pg_temp as $$
  delete from best_mx b where b.domain = any (domains)
    and not exists (select from domain_problem p where p.domain = b.domain and p.problem = 'best-mx');
  -- A domain whose row somebody holds is left to the next report: the others do not wait for it.
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
comment on function settle_best_mx(text[]) is 'Brings best_mx into line with domain_problem, for these domains.';

-- What a node said goes with its own next word. Another node's word outlives that node, so it goes a day after it was last
-- said, once any node says otherwise: mail must not wait for a host that is no more.
create or replace function report_best_mx(node text, domains text[], hosts text[]) returns void
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  forgotten text[];
begin
  if cardinality(domains) is distinct from cardinality(hosts) then
    raise exception using errcode = 'invalid_parameter_value', message = format(
      'the report of %s has %s domains and %s hosts: give as many of each', node, cardinality(domains), cardinality(hosts));
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
  -- A node that is no more reports no more; one that is looks at every domain within a week.
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
  'Notes which of the domains have this service as best MX, as that host; an empty host: has not. Domains that are not named stay as they are.';

-- What an admin has mended in the row is gone at once; what was mended elsewhere, with the next report.
create or replace view domain_status with (security_invoker = true) as
select d.name as domain, p.problem, min(p.detail) as detail, min(p.since) as since, max(p.checked_at) as checked_at
from domain d left join domain_problem p
  on p.domain = d.name and (p.problem <> 'best-mx' or d.mode = 'backup' and d.transport is null)
group by d.name, p.problem;
comment on view domain_status is 'How each domain stands: a row a problem, or one without.';
comment on column domain_status.domain is 'The domain.';
comment on column domain_status.problem is
  'Null: none known. best-mx: the best MX record of the domain leads to this service, so that mail relayed by MX waits here; set domain.transport, or have the customer''s server as best MX.';
comment on column domain_status.detail is 'What was seen, such as the MX host.';
comment on column domain_status.since is 'When it was first seen.';
comment on column domain_status.checked_at is 'When it was last seen.';
