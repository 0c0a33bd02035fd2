-- Objects that a dump of the database does not hold: roles, their settings, and the rights of the database. Every run of sql/migrate
-- applies this file. It changes nothing where all of it is in place.

-- Roles belong to the cluster, so another database may have created them already. None has a password.
do $$
declare
  wanted record;
begin
  for wanted in
    select * from (values
      ('emailgency_operator', 'login'), ('emailgency_domain_admin', 'nologin'), ('emailgency_daemon', 'login'),
      ('emailgency_replicator', 'login'), ('emailgency_policyd', 'login'), ('emailgency_milter', 'login'),
      ('emailgency_notifier', 'login'), ('emailgency_tracker', 'login'), ('emailgency_keeper', 'login'), ('emailgency_dovecot', 'login'),
      ('emailgency_console', 'login noinherit'), ('emailgency_console_auth', 'login'), ('emailgency_mailbox_user', 'nologin')
    ) as t (name, kind)
    where to_regrole(t.name) is null
  loop
    lock table pg_catalog.pg_authid in share row exclusive mode; -- of the whole cluster: another database may be at this point too
    if not exists (select from pg_catalog.pg_roles where rolname = wanted.name) then
      execute format('create role %I %s', wanted.name, wanted.kind);
    end if;
  end loop;
end
$$;

-- A value that an operator has set remains. Dovecot asks twice, and answers from its cache if it was refused.
-- The console's pages are small queries, which compilation would slow down, and its forms may have a password.
do $$
declare
  wanted record;
begin
  for wanted in
    select r.rolname as role, o.name, o.value from pg_catalog.pg_roles r join (values
      ('emailgency_(operator|domain_admin|daemon|replicator|policyd|milter|notifier|tracker|keeper|dovecot|console|console_auth|mailbox_user)', 'search_path', 'emailgency, public'),
      ('emailgency_dovecot', 'lock_timeout', '''250ms'''),
      ('emailgency_dovecot', 'statement_timeout', '''1s'''),
      ('emailgency_console', 'jit', 'off'),
      ('emailgency_console', 'log_min_error_statement', 'panic'),
      ('emailgency_console', 'lock_timeout', '''1s'''),
      ('emailgency_console', 'statement_timeout', '''2s'''),
      ('emailgency_console', 'idle_in_transaction_session_timeout', '''10s'''),
      -- Its requests share a connection: one that waits for a customer's lock would hold up the log-ins of all.
      ('emailgency_console_auth', 'lock_timeout', '''250ms'''),
      ('emailgency_console_auth', 'statement_timeout', '''2s'''),
      -- Secrets of sessions, and hashes, are parameters.
      ('emailgency_console(_auth)?', 'log_parameter_max_length', '0'),
      ('emailgency_console(_auth)?', 'log_parameter_max_length_on_error', '0')
    ) as o (roles, name, value) on r.rolname ~ ('^' || o.roles || '$')
    where not exists (select from unnest(r.rolconfig) as option where starts_with(option, o.name || '='))
    order by r.rolname, o.name
  loop
    lock table pg_catalog.pg_authid in share row exclusive mode;
    execute format('alter role %I set %I = %s', wanted.role, wanted.name, wanted.value);
  end loop;
end
$$;

-- The console takes the one or the other by "set role".
do $$
declare
  taken text;
begin
  foreach taken in array array['emailgency_domain_admin', 'emailgency_mailbox_user'] loop
    if not pg_has_role('emailgency_console', taken, 'member') then
      execute format('grant %I to emailgency_console', taken);
    end if;
  end loop;
end
$$;

-- PostgreSQL grants these to every role. Temporary tables and large objects can fill the disk; advisory locks and
-- pg_logical_emit_message can exhaust what all databases share.
do $$
declare
  shared record;
begin
  if has_database_privilege('public', current_database(), 'temporary') then
    execute format('revoke temporary on database %I from public', current_database());
  end if;
  if to_regnamespace('public') is not null and has_schema_privilege('public', 'public', 'create') then
    revoke create on schema public from public;
  end if;
  for shared in
    select p.oid::regprocedure as signature from pg_catalog.pg_proc p
    where p.pronamespace = 'pg_catalog'::regnamespace and p.prokind = 'f'
      and (p.proname ~ '^(lo_(creat|create|from_bytea|import|open|put|truncate|truncate64|unlink)|lowrite|pg_logical_emit_message)$'
        or p.proname ~ '^pg_(try_)?advisory_')
      and has_function_privilege('public', p.oid, 'execute')
  loop
    execute format('revoke execute on function %s from public', shared.signature);
  end loop;
end
$$;

-- A dump that was restored before these roles existed has lost their rights and policies: the code follows in this run.
delete from schema_code
where exists (
  select from pg_catalog.pg_roles r
  where r.rolname ~ '^emailgency_(operator|domain_admin|daemon|replicator|policyd|milter|notifier|tracker|keeper|dovecot|console|console_auth|mailbox_user)$'
    and not has_schema_privilege(r.oid, 'emailgency', 'usage')
);
