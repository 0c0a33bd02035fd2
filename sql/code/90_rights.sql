-- The rights of each role. All are revoked first, so that a grant which is not in this file does not exist.

revoke all on schema emailgency from public, emailgency_operator, emailgency_domain_admin, emailgency_daemon,
  emailgency_replicator, emailgency_policyd, emailgency_milter, emailgency_notifier, emailgency_dovecot;

revoke all on all tables in schema emailgency from public, emailgency_operator, emailgency_domain_admin, emailgency_daemon,
  emailgency_replicator, emailgency_policyd, emailgency_milter, emailgency_notifier, emailgency_dovecot;

revoke all on all sequences in schema emailgency from public, emailgency_operator, emailgency_domain_admin, emailgency_daemon,
  emailgency_replicator, emailgency_policyd, emailgency_milter, emailgency_notifier, emailgency_dovecot;

-- Except those of extensions, such as pgcrypto.
do $$
declare
  own record;
begin
  for own in
    select p.oid::regprocedure as signature from pg_proc p
    where p.pronamespace = 'emailgency'::regnamespace
      and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
  loop
    execute format('revoke all on function %s from public, emailgency_operator, emailgency_domain_admin, emailgency_daemon,
      emailgency_replicator, emailgency_policyd, emailgency_milter, emailgency_notifier, emailgency_dovecot', own.signature);
  end loop;
end
$$;

grant usage on schema emailgency to emailgency_operator, emailgency_domain_admin, emailgency_daemon, emailgency_replicator,
  emailgency_policyd, emailgency_milter, emailgency_notifier, emailgency_dovecot;

-- The checks, for all who write rows: constraints and triggers call them with the writer's rights.
grant execute on function accept, fold, choice_fault, range_fault, domain_name_fault, address_domain, address_local_part,
  local_part_fault, address_fault, address_of_domain_fault, fold_address, parse_network, network_text, network_fault,
  network_list_text, network_list_fault, host_fault, host_list_fault, transport_host_fault, transport_fault,
  whitelist_network_fault, whitelist_entry_fault, dnsbl_reply_fault, dnsbl_replies_fault, setting_value_fault, password_fault,
  login_name_fault, alternate_name_of, domain_check_rename, require_domain
  to emailgency_operator, emailgency_domain_admin, emailgency_daemon;

-- The calls, and the functions that they call with the caller's rights.
grant execute on function acting_role, is_operator, is_domain_admin, setting_value, setting_seconds, canonical_domain,
  canonical_address, require_mailbox, promote, flush, tidy, not_in_force, not_in_force_refuse, hash_password, set_password,
  deny_sending, allow_sending, local_part_content, local_part_users, recipient_row, store_user, explain, explain_switches,
  explain_recipient, explain_limits, explain_sending
  to emailgency_operator, emailgency_domain_admin, emailgency_daemon;

-- The operator: all rows. The tables that triggers write are read-only.
grant select, insert, update, delete on setting, plan, domain, domain_alias, mailbox, alias, whitelist, dnsbl, contact,
  domain_admin, greylist, greylist_client, activity, mailbox_usage, incident, outbox, probe, queue_sample, flush_request,
  flush_part, node, tidy_request
  to emailgency_operator;

grant select on schema_migration, schema_code, setting_definition, served_domain, directory_change, directory_state, activity_batch,
  domain_problem, best_mx, domain_status, postfix_relay_domains
  to emailgency_operator;

grant update (reload_confirmed_at) on directory_state to emailgency_operator;

grant execute on function confirm_reload, wake, prune_directory_change, notification_queue_holder, expire_greylist,
  record_activity, report_best_mx, admin_sessions, end_admin_sessions, delete_mailbox, delete_alias, delete_whitelist, delete_contact, sms_code, sms_confirm, contact_test,
  retry_outbox, domain_queue, probe_totals
  to emailgency_operator;

-- Domain admins: the rows of their domains, by column. The right to delete from a table, or any right to write the whole of it,
-- is the right to lock it; they delete by function.
grant select on plan, dnsbl, domain, domain_alias, served_domain, alias, whitelist, contact, domain_admin, activity,
  mailbox_usage, incident, queue_sample, flush_request, flush_part, tidy_request, domain_problem, best_mx, domain_status
  to emailgency_domain_admin;

grant update (transport, stealth, smtp_deny, greylisting, greylisting_shadow, blacklisting, whitelisting, spf, batv, receive_only,
  catchall, keep_copy, bounce_protection, verify_recipients, monitoring, probe_address, queue_alert_messages, queue_alert_minutes,
  language, time_zone) on domain
  to emailgency_domain_admin;

grant select (address, domain, candidate, vip, smtp_deny, smtp_denied_by, smtp_deny_exempt, receive_only, max_message_size, quota,
  expiry_days, expiry_days_effective, created_at),
  insert (address, domain, candidate, vip, password, smtp_deny, receive_only, max_message_size, quota, expiry_days),
  update (candidate, vip, password, smtp_deny, receive_only, max_message_size, quota, expiry_days) on mailbox
  to emailgency_domain_admin;

-- Refused by operator_only(), in words.
grant insert (name, plan, mode, transport, alternate_name), update (name, plan, mode, alternate_name) on domain to emailgency_domain_admin;

grant insert (name, domain) on domain_alias to emailgency_domain_admin;

grant update (smtp_deny_exempt) on mailbox to emailgency_domain_admin;

grant insert (address, target, domain), update (address, target, domain) on alias to emailgency_domain_admin;

grant insert (domain, entry), update (domain, entry) on whitelist to emailgency_domain_admin;

grant insert (domain, kind, address, alerts, quota_warnings, monthly_report, quiet_from, quiet_until),
  update (kind, address, alerts, quota_warnings, monthly_report, quiet_from, quiet_until) on contact
  to emailgency_domain_admin;

grant execute on function delete_mailbox, delete_alias, delete_whitelist, delete_contact, sms_code, sms_confirm, contact_test
  to emailgency_domain_admin;

-- A daemon without a role of its own: the configuration without password hashes, and the tables of the daemons.
grant select on schema_migration, setting, plan, domain, domain_alias, served_domain, alias, whitelist, dnsbl, contact,
  directory_change, directory_state, activity, activity_batch, domain_problem, best_mx, domain_status, postfix_relay_domains
  to emailgency_daemon;

grant select (address, domain, candidate, vip, smtp_deny, smtp_denied_by, smtp_deny_exempt, receive_only, max_message_size, quota,
  expiry_days, expiry_days_effective, created_at) on mailbox
  to emailgency_daemon;

grant select, insert, update, delete on greylist, greylist_client, mailbox_usage, incident, outbox, probe, queue_sample,
  flush_request, tidy_request
  to emailgency_daemon;

grant execute on function prune_directory_change, notification_queue_holder, expire_greylist, record_activity, report_best_mx
  to emailgency_daemon;

-- The replicator: the rows that replicas hold, and the change log.
grant select on schema_migration, directory_change, directory_state, setting, plan, domain, domain_alias, alias, whitelist, dnsbl,
  best_mx
  to emailgency_replicator;

grant select (address, domain, candidate, vip, smtp_deny, smtp_denied_by, smtp_deny_exempt, receive_only, max_message_size, quota,
  expiry_days, expiry_days_effective, created_at) on mailbox
  to emailgency_replicator;

grant execute on function prune_directory_change, notification_queue_holder to emailgency_replicator;

-- policyd: the greylist and counters. The milter: counters. notifier: best MX hosts.
grant select, insert, update on greylist, greylist_client to emailgency_policyd;

grant execute on function expire_greylist, record_activity to emailgency_policyd;

grant execute on function record_activity to emailgency_milter;

grant execute on function report_best_mx, record_queue, claim_probes, plan_probes, probe_totals, record_probe, record_suspicion,
  open_incident, close_incident, claim_outbox, mark_outbox, expire_outbox, claim_flush, record_flush
  to emailgency_notifier;

-- Dovecot: one login at a time, and the name of its mailbox in the store.
grant execute on function dovecot_passdb, store_user, local_part_content, address_local_part, address_domain to emailgency_dovecot;
