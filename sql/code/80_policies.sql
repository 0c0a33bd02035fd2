-- Row-level security: a domain admin sees the rows of the domains that domain_admin grants to the login, the service sees all.
-- "= any (array(…))" reads the grants first and then an index; "in (select …)" would read the whole table.

alter table domain_admin enable row level security;

drop policy if exists of_operator on domain_admin;
create policy of_operator on domain_admin to emailgency_operator using (true);
comment on policy of_operator on domain_admin is 'The operator sees and writes all grants.';

drop policy if exists of_login on domain_admin;
create policy of_login on domain_admin for select to emailgency_domain_admin using (login = current_user);
comment on policy of_login on domain_admin is 'A domain admin sees the own grants.';

do $$
declare
  guarded record;
begin
  for guarded in
    select t.name, case t.name when 'domain' then 'name' else 'domain' end as key
    from unnest(array['domain', 'domain_alias', 'served_domain', 'mailbox', 'alias', 'whitelist', 'contact', 'activity',
      'mailbox_usage', 'incident', 'queue_sample', 'flush_request', 'flush_part', 'tidy_request', 'domain_problem', 'best_mx']) as t (name)
  loop
    execute format('alter table %I enable row level security', guarded.name);
    execute format('drop policy if exists of_service on %I', guarded.name);
    execute format('create policy of_service on %I to emailgency_operator, emailgency_daemon using (true)', guarded.name);
    execute format('comment on policy of_service on %I is ''The operator and the daemons reach all rows.''', guarded.name);
    execute format('drop policy if exists of_admin on %I', guarded.name);
    execute format('create policy of_admin on %I to emailgency_domain_admin
      using (%I = any (array(select a.domain from domain_admin a where a.login = current_user)))', guarded.name, guarded.key);
    execute format('comment on policy of_admin on %I is ''A domain admin reaches the rows of the granted domains.''', guarded.name);
  end loop;
end
$$;

-- A second lock after operator_only().
do $$
declare
  guarded text;
begin
  foreach guarded in array array['domain', 'domain_alias'] loop
    execute format('drop policy if exists of_operator_only on %I', guarded);
    execute format('create policy of_operator_only on %I as restrictive for insert to emailgency_domain_admin
      with check (is_operator())', guarded);
    execute format('comment on policy of_operator_only on %I is ''A domain admin adds no row.''', guarded);
  end loop;
end
$$;

do $$
declare
  replicated text;
begin
  foreach replicated in array array['domain', 'domain_alias', 'mailbox', 'alias', 'whitelist', 'best_mx'] loop
    execute format('drop policy if exists of_replicator on %I', replicated);
    execute format('create policy of_replicator on %I for select to emailgency_replicator using (true)', replicated);
    execute format('comment on policy of_replicator on %I is ''The replicator reads all rows.''', replicated);
  end loop;
end
$$;
