-- What keeps a domain's mail from its way although its rows are right, for its admin to see.

create table domain_problem (
  domain text collate "C" not null constraint domain_problem_domain_unknown references domain on update cascade on delete cascade,
  problem text not null constraint domain_problem_problem_unknown check (problem in ('best-mx')),
  node text collate "C" not null,
  detail text not null default '',
  since timestamptz not null default now(),
  checked_at timestamptz not null default now(),
  constraint domain_problem_repeated primary key (domain, problem, node)
) with (fillfactor = 80);
comment on table domain_problem is 'What the nodes found wrong with domains, each node for itself. domain_status shows it.';
comment on column domain_problem.domain is 'The domain.';
comment on column domain_problem.problem is 'best-mx (this service is its best MX, so that mail relayed by MX would bounce).';
comment on column domain_problem.node is 'Who found it.';
comment on column domain_problem.detail is 'What was seen, such as the MX host.';
comment on column domain_problem.since is 'When it was first seen.';
comment on column domain_problem.checked_at is 'When it was last seen.';

create index domain_problem_checked_at on domain_problem (checked_at);

create function report_best_mx(node text, domains text[], hosts text[]) returns void
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  if cardinality(domains) is distinct from cardinality(hosts) then
    raise exception using errcode = 'invalid_parameter_value', message = format(
      'the report of %s has %s domains and %s hosts: give as many of each', node, cardinality(domains), cardinality(hosts));
  end if;
  delete from domain_problem p using unnest(domains, hosts) as t (domain, host)
  where p.domain = t.domain and p.problem = 'best-mx' and p.node = report_best_mx.node and t.host = '';
  insert into domain_problem as p (domain, problem, node, detail)
  select d.name, 'best-mx', report_best_mx.node, min(t.host)
  from unnest(domains, hosts) as t (domain, host) join domain d on d.name = t.domain
  where t.host <> ''
  group by d.name
  order by d.name
  on conflict on constraint domain_problem_repeated do update set detail = excluded.detail, checked_at = now();
  -- A node that is no more reports no more; one that is looks at every domain within a week.
  delete from domain_problem p where p.ctid = any (array(
    select ctid from domain_problem where checked_at < now() - interval '8 days' limit 100 for update skip locked));
end
$$;
comment on function report_best_mx(text, text[], text[]) is
  'Notes which of the domains have this service as best MX, as that host; an empty host: has not. Domains that are not named stay as they are.';
revoke execute on function report_best_mx(text, text[], text[]) from public;
grant execute on function report_best_mx(text, text[], text[]) to emailgency_daemon, emailgency_operator;

-- What an admin has mended in the row is gone at once; what was mended elsewhere, with the next report.
create view domain_status with (security_invoker = true) as
select d.name as domain, p.problem, min(p.detail) as detail, min(p.since) as since, max(p.checked_at) as checked_at
from domain d left join domain_problem p
  on p.domain = d.name and (p.problem <> 'best-mx' or d.mode = 'backup' and d.transport is null)
group by d.name, p.problem;
comment on view domain_status is 'How each domain stands: a row a problem, or one without.';
comment on column domain_status.domain is 'The domain.';
comment on column domain_status.problem is
  'Null: none known. best-mx: the best MX record of the domain leads to this service, so that mail relayed by MX would bounce; set domain.transport, or have the customer''s server as best MX.';
comment on column domain_status.detail is 'What was seen, such as the MX host.';
comment on column domain_status.since is 'When it was first seen.';
comment on column domain_status.checked_at is 'When it was last seen.';

alter table domain_problem enable row level security;
create policy of_service on domain_problem to emailgency_operator, emailgency_daemon using (true);
create policy of_admin on domain_problem to emailgency_domain_admin
  using (domain in (select a.domain from domain_admin a where a.login = current_user));

grant select on domain_problem, domain_status to emailgency_daemon, emailgency_operator, emailgency_domain_admin;
