-- Row-level security: a domain admin sees the rows of the domains that domain_admin grants to the login, the service sees all.
-- "= any ((select …)::text[])" reads the grants first and then an index; "in (select …)" would read the whole table.

alter table domain_admin enable row level security;

drop policy if exists of_operator on domain_admin;
create policy of_operator on domain_admin to emailgency_operator using (true);
comment on policy of_operator on domain_admin is 'The operator sees and writes all grants.';

drop policy if exists of_login on domain_admin;
create policy of_login on domain_admin for select to emailgency_domain_admin using (login = (select acting_login()));
comment on policy of_login on domain_admin is 'A domain admin sees the own grants.';

do $$
declare
  guarded record;
begin
  for guarded in
    select t.name, case t.name when 'domain' then 'name' else 'domain' end as key
    from unnest(array['domain', 'domain_alias', 'domain_alias_request', 'served_domain', 'mailbox', 'alias', 'whitelist', 'contact', 'activity',
      'mailbox_usage', 'incident', 'queue_sample', 'flush_request', 'flush_part', 'tidy_request', 'domain_problem', 'best_mx', 'message_event',
      'mailbox_trash', 'domain_tidy', 'unknown_address', 'outbound_count', 'outbound_bounce', 'held_message', 'audit', 'probe', 'probe_request', 'round_trip',
      'outbox']) as t (name)
  loop
    execute format('alter table %I enable row level security', guarded.name);
    execute format('drop policy if exists of_service on %I', guarded.name);
    execute format('create policy of_service on %I to emailgency_operator, emailgency_daemon using (true)', guarded.name);
    execute format('comment on policy of_service on %I is ''The operator and the daemons reach all rows.''', guarded.name);
    execute format('drop policy if exists of_admin on %I', guarded.name);
    execute format('create policy of_admin on %I to emailgency_domain_admin
      using (%I = any ((select granted_domains())::text[]))', guarded.name, guarded.key);
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

-- A message may be of several domains.
alter table message enable row level security;

drop policy if exists of_service on message;
create policy of_service on message to emailgency_operator, emailgency_daemon using (true);
comment on policy of_service on message is 'The operator and the daemons reach all rows.';

drop policy if exists of_admin on message;
create policy of_admin on message for select to emailgency_domain_admin
  using (domains && (select granted_domains()));
comment on policy of_admin on message is 'A domain admin sees the messages of which an event is of a granted domain.';

-- Mail between customers is of both: the sender's by an authenticated login, which nobody else can claim.
drop policy if exists of_admin on message_event;
create policy of_admin on message_event for select to emailgency_domain_admin
  using (domain = any ((select granted_domains())::text[]) or sender_domain = any ((select granted_domains())::text[]));
comment on policy of_admin on message_event is
  'A domain admin sees what came of mail to a granted domain, and of mail that logins of one sent.';

drop policy if exists of_store on mailbox_usage;

-- Grants are the operator's, and name the logins of other customers.
drop policy if exists of_customers on audit;
create policy of_customers on audit as restrictive for select to emailgency_domain_admin using (kind <> 'domain_admin' or is_operator());
comment on policy of_customers on audit is 'Edits of grants are shown to the operator alone.';

-- A mailbox's user, by the console.
do $$
declare
  guarded text;
begin
  foreach guarded in array array['mailbox', 'mailbox_usage'] loop
    execute format('drop policy if exists of_user on %I', guarded);
    execute format('create policy of_user on %I to emailgency_mailbox_user using (address = (select acting_mailbox()))', guarded);
    execute format('comment on policy of_user on %I is ''The user of a mailbox reaches its row.''', guarded);
  end loop;
end
$$;
