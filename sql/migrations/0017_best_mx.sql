-- Mail that would come back to this service waits: what the nodes find about best MX hosts is a row that each replica has.

-- Written only where the outcome changes, not with each report: every change goes to all nodes.
create table best_mx (
  domain text collate "C" constraint best_mx_repeated primary key
    constraint best_mx_domain_unknown references domain on update cascade on delete cascade,
  host text not null
);
comment on table best_mx is
  'Domains whose best MX is this service, as report_best_mx last heard of any node. Their mail waits where it would be relayed by MX.';
comment on column best_mx.domain is 'The domain.';
comment on column best_mx.host is 'The MX host that was seen.';

insert into best_mx (domain, host)
select domain, min(detail) from domain_problem where problem = 'best-mx' group by domain;

do $$
declare
  event record;
begin
  for event in
    select * from (values
      ('insert', 'new table as new_rows'), ('update', 'old table as old_rows new table as new_rows'), ('delete', 'old table as old_rows')
    ) as t (name, tables)
  loop
    execute format('create trigger directory_change_%1$s after %1$s on best_mx referencing %2$s
      for each statement execute function directory_change_log(%3$L, %4$L)', event.name, event.tables, 'best_mx', 'domain');
  end loop;
end
$$;
create trigger directory_change_truncate after truncate on best_mx
  for each statement execute function directory_change_log('best_mx', 'domain');

create function settle_best_mx(domains text[]) returns void
language sql security definer set search_path = emailgency, pg_temp as $$
  delete from best_mx b where b.domain = any (domains)
    and not exists (select from domain_problem p where p.domain = b.domain and p.problem = 'best-mx');
  insert into best_mx as b (domain, host)
  select p.domain, min(p.detail) from domain_problem p
  where p.domain = any (domains) and p.problem = 'best-mx'
  group by p.domain
  order by p.domain
  on conflict (domain) do update set host = excluded.host where b.host <> excluded.host;
$$;
comment on function settle_best_mx(text[]) is 'Brings best_mx into line with domain_problem, for these domains.';
revoke execute on function settle_best_mx(text[]) from public;

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
  insert into domain_problem as p (domain, problem, node, detail)
  select d.name, 'best-mx', report_best_mx.node, min(t.host)
  from unnest(domains, hosts) as t (domain, host) join domain d on d.name = t.domain
  where t.host <> ''
  group by d.name
  order by d.name
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

alter table best_mx enable row level security;
create policy of_service on best_mx to emailgency_operator, emailgency_daemon using (true);
create policy of_admin on best_mx to emailgency_domain_admin
  using (domain in (select a.domain from domain_admin a where a.login = current_user));
grant select on best_mx to emailgency_daemon, emailgency_operator, emailgency_domain_admin;

comment on column domain_problem.problem is 'best-mx (this service is its best MX: mail relayed by MX waits, as it would come back).';
comment on column domain_status.problem is
  'Null: none known. best-mx: the best MX record of the domain leads to this service, so that mail relayed by MX waits here; set domain.transport, or have the customer''s server as best MX.';

insert into setting_definition (name, type, default_value, minimum, maximum, choices, pattern, comment) values
  ('transport_networks', 'networks', '', null, null, null, null,
    'Networks that customers'' servers may be in although they are private or otherwise special, by blank, as in 10.20.0.0/16. Empty: none.'),
  ('mx_hosts', 'text', '', null, null, null, '^[^[:cntrl:]]*$',
    'Names and addresses of our MX hosts, by blank: no domain''s transport may be one. Empty: those of each node''s transportmap.conf.')
on conflict do nothing;

insert into setting (name, value)
select d.name, d.default_value from setting_definition d
on conflict do nothing;
