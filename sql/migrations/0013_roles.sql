-- Who may do what. Roles belong to the cluster, so another database may have made them already; none has a password.

do $$
declare
  wanted record;
begin
  for wanted in
    select * from (values
      ('emailgency_daemon', 'login'), ('emailgency_dovecot', 'login'), ('emailgency_operator', 'login'),
      ('emailgency_domain_admin', 'nologin')
    ) as t (name, kind)
  loop
    begin
      if to_regrole(wanted.name) is null then
        execute format('create role %I %s', wanted.name, wanted.kind);
      end if;
    exception when duplicate_object or unique_violation then
      null; -- another database of the cluster was quicker
    end;
  end loop;
end
$$;

do $$
declare
  path_unset record;
begin
  perform pg_advisory_xact_lock(7164120934);
  for path_unset in
    select rolname from pg_roles
    where rolname in ('emailgency_daemon', 'emailgency_dovecot', 'emailgency_operator', 'emailgency_domain_admin')
      and not exists (select from unnest(rolconfig) as option where option like 'search\_path=%')
  loop
    execute format('alter role %I set search_path = emailgency, public', path_unset.rolname);
  end loop;
end
$$;

grant usage on schema emailgency to emailgency_daemon, emailgency_dovecot, emailgency_operator, emailgency_domain_admin;

-- Functions: none by default, the checks for all who write rows, the rest by name.
do $$
declare
  own record;
begin
  for own in
    select p.oid::regprocedure as signature, p.prosecdef or p.prorettype = 'trigger'::regtype as guarded from pg_proc p
    where p.pronamespace = 'emailgency'::regnamespace
      and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
  loop
    execute format('revoke execute on function %s from public', own.signature);
    if not own.guarded then
      execute format('grant execute on function %s to emailgency_daemon, emailgency_operator, emailgency_domain_admin', own.signature);
    end if;
  end loop;
end
$$;

revoke execute on function confirm_reload() from emailgency_daemon, emailgency_domain_admin;

grant execute on function setting_value(text), setting_seconds(text), require_domain(text, text), domain_check_plan(domain),
  domain_check_time_zone(text), check_deny_lifted(text, text, text), mailbox_check_limits(mailbox)
  to emailgency_daemon, emailgency_operator, emailgency_domain_admin;

grant execute on function record_activity(text, bigint, text[], date[], text[], bigint[]), expire_greylist(integer),
  prune_directory_change(interval, integer)
  to emailgency_daemon, emailgency_operator;

grant execute on function dovecot_passdb(text) to emailgency_dovecot;

-- The daemons: configuration without password hashes, and their own tables.
grant select on schema_migration, setting, plan, domain, domain_alias, served_domain, alias, whitelist, dnsbl, contact,
  directory_change, directory_state, activity, activity_batch, postfix_relay_domains
  to emailgency_daemon;

grant select (address, domain, candidate, vip, smtp_deny, smtp_denied_by, smtp_deny_exempt, quota, expiry_days,
  expiry_days_effective, created_at) on mailbox
  to emailgency_daemon;

grant select, insert, update, delete on greylist, greylist_client, mailbox_usage, incident, outbox, probe, queue_sample,
  flush_request, tidy_request
  to emailgency_daemon;

-- Dovecot: the logins.
grant select on dovecot_passdb to emailgency_dovecot;

-- The operator: all rows; the tables that triggers keep are read only.
grant select, insert, update, delete on setting, plan, domain, domain_alias, mailbox, alias, whitelist, dnsbl, contact,
  domain_admin, greylist, greylist_client, activity, mailbox_usage, incident, outbox, probe, queue_sample, flush_request,
  tidy_request
  to emailgency_operator;

grant select on schema_migration, setting_definition, served_domain, directory_change, directory_state, activity_batch,
  postfix_relay_domains
  to emailgency_operator;

grant update (reload_confirmed_at) on directory_state to emailgency_operator;

-- Domain admins: the rows of their domains, and of these the columns that are theirs.
grant select on plan, dnsbl, domain, domain_alias, served_domain, alias, whitelist, contact, domain_admin, activity,
  mailbox_usage, incident, queue_sample, flush_request, tidy_request
  to emailgency_domain_admin;

grant update (transport, stealth, smtp_deny, greylisting, greylisting_shadow, blacklisting, whitelisting, spf, catchall,
  keep_copy, bounce_protection, verify_recipients, monitoring, probe_address, queue_alert_messages, queue_alert_minutes,
  language, time_zone) on domain
  to emailgency_domain_admin;

grant select (address, domain, candidate, vip, smtp_deny, smtp_denied_by, smtp_deny_exempt, quota, expiry_days,
  expiry_days_effective, created_at) on mailbox
  to emailgency_domain_admin;

grant insert (address, domain, candidate, vip, password, smtp_deny, quota, expiry_days),
  update (candidate, vip, password, smtp_deny, quota, expiry_days), delete on mailbox
  to emailgency_domain_admin;

grant insert (address, target, domain), update (address, target, domain), delete on alias to emailgency_domain_admin;

grant insert, update, delete on whitelist to emailgency_domain_admin;

grant insert (domain, kind, address, alerts, quota_warnings, monthly_report),
  update (kind, address, alerts, quota_warnings, monthly_report), delete on contact
  to emailgency_domain_admin;

grant insert (domain) on flush_request to emailgency_domain_admin;

grant insert (domain) on tidy_request to emailgency_domain_admin;

alter table domain_admin enable row level security;
create policy of_operator on domain_admin to emailgency_operator using (true);
create policy of_login on domain_admin for select to emailgency_domain_admin using (login = current_user);

alter table domain enable row level security;
create policy of_service on domain to emailgency_operator, emailgency_daemon using (true);
create policy of_admin on domain to emailgency_domain_admin
  using (name in (select a.domain from domain_admin a where a.login = current_user));

-- Every other table with rows of a domain names it in its column "domain".
do $$
declare
  guarded text;
begin
  foreach guarded in array array['domain_alias', 'served_domain', 'mailbox', 'alias', 'whitelist', 'contact', 'activity',
    'mailbox_usage', 'incident', 'queue_sample', 'flush_request', 'tidy_request']
  loop
    execute format('alter table %I enable row level security', guarded);
    execute format('create policy of_service on %I to emailgency_operator, emailgency_daemon using (true)', guarded);
    execute format('create policy of_admin on %I to emailgency_domain_admin
      using (domain in (select a.domain from domain_admin a where a.login = current_user))', guarded);
  end loop;
end
$$;
