-- A role per daemon, with what its statements need and nothing else; and how long a log-in may wait for a lock.

do $$
declare
  wanted text;
begin
  foreach wanted in array array['emailgency_replicator', 'emailgency_policyd', 'emailgency_milter', 'emailgency_transportmap']
  loop
    begin
      if to_regrole(wanted) is null then
        execute format('create role %I login', wanted);
      end if;
    exception when duplicate_object or unique_violation then
      null; -- another database of the cluster was quicker
    end;
  end loop;
end
$$;

-- What an operator has set for a role stays. Dovecot asks twice, and answers from its cache once it was refused.
do $$
declare
  unset record;
begin
  perform pg_advisory_xact_lock(7164120934);
  for unset in
    select r.rolname, o.name, o.value from pg_roles r join (values
      ('^emailgency_(replicator|policyd|milter|transportmap)$', 'search_path', 'emailgency, public'),
      ('^emailgency_dovecot$', 'lock_timeout', '250ms'),
      ('^emailgency_dovecot$', 'statement_timeout', '1s')
    ) as o (role, name, value) on r.rolname ~ o.role
    where not exists (select from unnest(r.rolconfig) as option where starts_with(option, o.name || '='))
  loop
    execute format('alter role %I set %I = %s', unset.rolname, unset.name,
      case unset.name when 'search_path' then unset.value else quote_literal(unset.value) end);
  end loop;
end
$$;

grant usage on schema emailgency to emailgency_replicator, emailgency_policyd, emailgency_milter, emailgency_transportmap;

-- The replicator reads the rows and their log. A later column of mailbox is granted by its own migration.
grant select on schema_migration, directory_change, directory_state, setting, plan, domain, domain_alias, alias, whitelist, dnsbl,
  best_mx
  to emailgency_replicator;

do $$
declare
  columns text;
begin
  select string_agg(quote_ident(attname), ', ' order by attnum) into columns from pg_attribute
  where attrelid = 'mailbox'::regclass and attnum > 0 and not attisdropped and attname <> 'password';
  execute format('grant select (%s) on mailbox to emailgency_replicator', columns);
end
$$;

grant execute on function prune_directory_change(interval, integer), notification_queue_holder(interval) to emailgency_replicator;

create policy of_replicator on domain for select to emailgency_replicator using (true);
create policy of_replicator on domain_alias for select to emailgency_replicator using (true);
create policy of_replicator on mailbox for select to emailgency_replicator using (true);
create policy of_replicator on alias for select to emailgency_replicator using (true);
create policy of_replicator on whitelist for select to emailgency_replicator using (true);
create policy of_replicator on best_mx for select to emailgency_replicator using (true);

-- policyd keeps the greylist and hands in counts.
grant select, insert, update on greylist, greylist_client to emailgency_policyd;
grant execute on function expire_greylist(integer), record_activity(text, bigint, text[], date[], text[], bigint[]) to emailgency_policyd;

-- The milter hands in counts.
grant execute on function record_activity(text, bigint, text[], date[], text[], bigint[]) to emailgency_milter;

-- transportmap notes which domains have this service as best MX.
grant execute on function report_best_mx(text, text[], text[]) to emailgency_transportmap;
