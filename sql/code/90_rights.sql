-- The rights of each role. All are revoked first, so that a grant which is not in this file does not exist.

revoke all on schema emailgency from public, emailgency_operator, emailgency_domain_admin, emailgency_daemon,
  emailgency_replicator, emailgency_policyd, emailgency_milter, emailgency_notifier, emailgency_tracker, emailgency_keeper, emailgency_dovecot,
  emailgency_console, emailgency_console_auth, emailgency_mailbox_user;

revoke all on all tables in schema emailgency from public, emailgency_operator, emailgency_domain_admin, emailgency_daemon,
  emailgency_replicator, emailgency_policyd, emailgency_milter, emailgency_notifier, emailgency_tracker, emailgency_keeper, emailgency_dovecot,
  emailgency_console, emailgency_console_auth, emailgency_mailbox_user;

revoke all on all sequences in schema emailgency from public, emailgency_operator, emailgency_domain_admin, emailgency_daemon,
  emailgency_replicator, emailgency_policyd, emailgency_milter, emailgency_notifier, emailgency_tracker, emailgency_keeper, emailgency_dovecot,
  emailgency_console, emailgency_console_auth, emailgency_mailbox_user;

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
      emailgency_replicator, emailgency_policyd, emailgency_milter, emailgency_notifier, emailgency_tracker, emailgency_keeper, emailgency_dovecot,
  emailgency_console, emailgency_console_auth, emailgency_mailbox_user', own.signature);
  end loop;
end
$$;

grant usage on schema emailgency to emailgency_operator, emailgency_domain_admin, emailgency_daemon, emailgency_replicator,
  emailgency_policyd, emailgency_milter, emailgency_notifier, emailgency_tracker, emailgency_keeper, emailgency_dovecot,
  emailgency_console, emailgency_console_auth, emailgency_mailbox_user;

-- The checks, for all who write rows: constraints and triggers call them with the writer's rights.
grant execute on function accept, fold, choice_fault, range_fault, domain_name_fault, address_domain, address_local_part,
  local_part_fault, address_fault, address_of_domain_fault, fold_address, parse_network, network_text, network_fault,
  network_list_text, network_list_fault, host_fault, host_list_fault, transport_host_fault, transport_fault,
  whitelist_network_fault, whitelist_entry_fault, dnsbl_reply_fault, dnsbl_replies_fault, setting_value_fault, password_fault,
  login_name_fault, alternate_name_of, domain_check_rename, require_domain, webhook_text, webhook_host, webhook_fault
  to emailgency_operator, emailgency_domain_admin, emailgency_daemon, emailgency_mailbox_user;

-- The calls, and the functions that they call with the caller's rights.
grant execute on function acting_role, acting_login, granted_domains, is_operator, is_domain_admin, setting_value, setting_seconds, canonical_domain,
  canonical_address, require_mailbox, flush, not_in_force, not_in_force_refuse, hide_statement, hash_password, set_password, password_rule,
  deny_sending, allow_sending, local_part_content, local_part_users, recipient_row, store_user, store_address, explain, explain_switches,
  explain_recipient, explain_limits, explain_sending, promote, discard, tidy, restore_mailbox, set_first_password,
  list_mailboxes, show_mailbox, set_mailbox, forward_mailbox, mailbox_value, add_mailbox, domain_usage
  to emailgency_operator, emailgency_domain_admin, emailgency_daemon;

-- The operator: all rows. The tables that triggers write are read-only.
grant select, insert, update, delete on setting, plan, domain, domain_alias, mailbox, alias, whitelist, dnsbl, contact,
  domain_admin, greylist, greylist_client, activity, mailbox_usage, incident, outbox, probe, queue_sample, flush_request,
  flush_part, node, round_trip, tidy_request, server_tls, mail_left, dnsbl_health
  to emailgency_operator;

-- A deleted row has the password's hash.
grant select (address, domain, deleted_at) on mailbox_trash to emailgency_domain_admin;

grant select on mailbox_trash to emailgency_operator;

grant select on domain_tidy, unknown_address to emailgency_operator, emailgency_domain_admin;

grant select on schema_migration, schema_code, setting_definition, served_domain, directory_change, directory_state, activity_batch,
  domain_problem, best_mx, domain_status, postfix_relay_domains
  to emailgency_operator;

grant update (reload_confirmed_at) on directory_state to emailgency_operator;

grant execute on function confirm_reload, wake, prune_directory_change, notification_queue_holder, expire_greylist,
  record_activity, report_best_mx, admin_sessions, end_admin_sessions, delete_mailbox, delete_alias, delete_whitelist, delete_contact, sms_code, sms_confirm, contact_test,
  retry_outbox, domain_queue, probe_totals
  to emailgency_operator;

-- Reports.
grant select, insert, update, delete on report to emailgency_operator;

grant execute on function report_figures, unsubscribe_report to emailgency_operator;

grant execute on function report_preview to emailgency_operator, emailgency_domain_admin;

grant execute on function plan_reports, claim_reports, finish_reports, expire_reports to emailgency_notifier;

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
  expiry_days, expiry_days_effective, created_at, reads_undelivered, blocked, over_quota, sending_allowed_at),
  insert (address, domain, candidate, vip, password, smtp_deny, receive_only, max_message_size, quota, expiry_days, reads_undelivered),
  update (candidate, vip, password, smtp_deny, receive_only, max_message_size, quota, expiry_days, reads_undelivered) on mailbox
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
  expiry_days, expiry_days_effective, created_at, reads_undelivered, blocked, over_quota, sending_allowed_at) on mailbox
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
  expiry_days, expiry_days_effective, created_at, reads_undelivered, blocked, over_quota, sending_allowed_at) on mailbox
  to emailgency_replicator;

grant execute on function prune_directory_change, notification_queue_holder to emailgency_replicator;

-- policyd: the greylist and counters. The milter: counters. notifier: best MX hosts.
grant select, insert, update on greylist, greylist_client to emailgency_policyd;

grant execute on function expire_greylist, record_activity to emailgency_policyd;

grant execute on function record_activity to emailgency_milter;

grant execute on function report_best_mx, record_queue, claim_probes, plan_probes, probe_totals, record_probe, record_suspicion,
  open_incident, close_incident, claim_outbox, mark_outbox, expire_outbox, claim_flush, resume_flush, record_flush, claim_round_trips,
  plan_round_trips, expire_round_trips, judge_round_trips, record_round_trip_sent, record_round_trip_arrival,
  record_round_trip_return, renew_outbox, resume_outbox
  to emailgency_notifier;

grant execute on function record_probes, replay_probe, record_absence to emailgency_notifier;

grant execute on function record_servers, record_tls, expire_tls, record_mail_left, mail_left_since, report_node to emailgency_notifier;

grant execute on function report_dnsbl to emailgency_policyd, emailgency_daemon;

-- Dovecot: one login at a time, and the name of its mailbox in the store.
grant execute on function dovecot_passdb, store_user, local_part_content, address_local_part, address_domain to emailgency_dovecot;

-- Messages: to the operator all of it; to domain admins what does not reveal recipients or logins of other domains.
grant select on message, message_event, message_waiting, tracker_position to emailgency_operator;

grant delete on tracker_position to emailgency_operator;

grant select (id, node, time, queue_id, client, client_name, helo, tls, sender, message_id, size, queued_at, removed_at, parent) on message
  to emailgency_domain_admin;

grant select on message_event to emailgency_domain_admin;

-- trace(), and the functions that it calls with the caller's rights.
grant execute on function trace, trace_text, trace_quoted, trace_address, trace_server, trace_reasons, trace_setting, trace_rule,
  trace_decided, trace_reply, trace_clock, trace_words, trace_change, trace_decider, trace_login, trace_time, trace_network, trace_family,
  trace_attempted, trace_head, trace_attempts, trace_deferred, trace_events, trace_accepted, trace_bounces, trace_story,
  trace_outcome, trace_details, trace_line, trace_pattern, trace_condition, trace_client_condition, trace_refuse, trace_statement, trace_find, trace_search,
  trace_searches, trace_domain, trace_check, trace_guess, trace_nothing
  to emailgency_operator, emailgency_domain_admin;

-- The tracker: what its log says, by functions.
grant execute on function prepare_trace, record_trace, tracker_place to emailgency_tracker;
-- The keeper works by functions; settings come from the node's replica.
grant execute on function setting_value, note_usage, claim_expiry, record_expiry, record_purge, release_store, postpone_expiry, judge_quotas, claim_tidy, tidy_users, note_unknown, tidy_decided,
  tidy_moving, tidy_moved, tidy_empty, record_tidy
  to emailgency_keeper;

-- Counts of logins: the operator may correct them; nobody else writes them.
grant select, insert, update, delete on outbound_count, outbound_bounce to emailgency_operator;

grant select on outbound_count, outbound_bounce to emailgency_domain_admin;

grant execute on function record_outbound, judge_sending to emailgency_policyd;

grant execute on function judge_sending to emailgency_operator;

-- Held mail.
grant select on held_message to emailgency_operator, emailgency_domain_admin;

grant select on hold_search to emailgency_operator;

grant execute on function release_held, delete_held to emailgency_operator, emailgency_domain_admin;

grant execute on function search_held, claim_held, record_held to emailgency_notifier;

-- Alias domains that customers claim.
grant select on domain_alias_request to emailgency_operator, emailgency_domain_admin;

grant delete on domain_alias_request to emailgency_operator;

grant execute on function request_alias, check_alias, withdraw_alias to emailgency_operator, emailgency_domain_admin;

grant execute on function claim_alias_checks, record_alias_check to emailgency_notifier;

-- The pages of the console.
grant select on mailbox_shown, probe, probe_request to emailgency_domain_admin, emailgency_operator;

grant select (domain, arrived_at, seconds, late, losses, lost_at) on round_trip to emailgency_domain_admin;

-- Without their content, which may be the code for a telephone number.
grant select (id, domain, kind, transition, channel, address, created_at, due_at, counted_at, sent_at, failed_at, dropped_at, last_error) on outbox
  to emailgency_domain_admin;

grant execute on function test_server, denied_by_operator to emailgency_operator, emailgency_domain_admin;

grant execute on function view_text, view_texts, view_flag, view_choice, view_domain, view_escape, view_encode, view_path, view_link, view_time,
  view_size, view_share, view_chart, view_seen, view_check_seen, view_incidents, view_has, view_page, view_queue, view_queue_chart, view_server,
  view_older, view_rows, view_number, act_location, view_alerts_form, view_contacts, view_clock, view_contact, view_ticked, view_value,
  view_change, view_changes, view_filter_form, view_allow, import_fields, import_is_hash, import_rows, import_value_fault, import_faults,
  import_bound_fault, import_hash, view_boxes, view_mailbox, view_exact_size, view_mailbox_form, view_limits, view_check_home, view_address,
  view_add, view_mailbox_counts, view_full, view_week, view_flush, view_status, view_minutes, report_number, view_route_form, view_denier, view_held_by_operator, view_sender,
  view_held, view_report_month, view_record, view_mx_records, view_program_records, view_spf_include, view_queue_reasons, why_offers, why_decision, why_row, why_refusals, why_time, why_lines, why_explained
  to emailgency_domain_admin;

grant execute on function page_alerts, act_alerts, act_contact_add, act_contact_save, act_contact_delete, act_contact_test,
  act_contact_code, act_contact_confirm, page_candidates, act_tidy, act_promote, act_discard, page_aliases, act_alias_add, act_alias_delete,
  page_changes, act_undo, page_filter, act_filter, act_filter_add, act_filter_delete, page_import, act_import, page_mailboxes, page_mailbox,
  act_mailbox, act_mailbox_password, act_mailbox_forward, act_mailbox_delete, act_mailbox_restore, page_mailbox_new, act_mailbox_new,
  page_domains, page_overview, page_status, page_reports, page_report, page_route, act_route, act_route_test, page_names, page_sending,
  act_deny, act_allow, act_held_release, act_held_delete, page_queue, act_flush, page_why, act_why_allow, page_dns, page_operator, page_report_mail,
  act_report_send, send_report_copy, report_copies, view_claims, alias_request_days, act_alias_claim, act_alias_check, act_alias_withdraw
  to emailgency_domain_admin;

-- The console: without a session it reads no row. It acts in the name of domain admins and of mailbox users, after "set role".
grant select, insert, update, delete on account to emailgency_operator;

grant select (id, login, kind, created_at, seen_at, from_address, agent), delete on console_session to emailgency_operator;

grant select on audit to emailgency_operator, emailgency_domain_admin;

grant select, delete on node_position to emailgency_operator;

grant execute on function report_position to emailgency_replicator, emailgency_daemon;

grant execute on function node_reached, in_force to emailgency_operator, emailgency_domain_admin;

grant execute on function undo, undo_refuse, undo_columns, undo_match, undo_update, undo_insert, undo_delete to emailgency_operator, emailgency_domain_admin;

grant execute on function acting_mailbox to emailgency_domain_admin, emailgency_mailbox_user;

grant select (address, domain, vip, quota, expiry_days, expiry_days_effective), update (expiry_days) on mailbox to emailgency_mailbox_user;

grant select on mailbox_usage to emailgency_mailbox_user;

grant execute on function acting_role, is_operator, is_domain_admin, setting_value to emailgency_mailbox_user;

grant execute on function session_touch, session_close, session_list, session_end
  to emailgency_console, emailgency_domain_admin, emailgency_mailbox_user;

-- Calls of the console before it has taken the role of the session, and after that.
grant execute on function session_facts, session_edit, console_callable to emailgency_console, emailgency_domain_admin, emailgency_mailbox_user;

grant execute on function console_call to emailgency_console;

-- Public pages.
grant execute on function page_mail_program, page_assistant_mx, page_assistant_spf, page_assistant_client to emailgency_console, emailgency_domain_admin, emailgency_mailbox_user;

-- Without a session only: no login can call it, for whoever's contact.
grant execute on function act_unsubscribe to emailgency_console;

-- Pages and actions of every session.
grant execute on function page_time, page_saved, page_account, act_session_end, act_language, act_logout to emailgency_domain_admin, emailgency_mailbox_user;

-- Those of a mailbox.
grant execute on function page_me, act_me_expiry to emailgency_mailbox_user;

-- The process that checks passwords opens sessions, and is the only one to get hashes of accounts, one at a time.
grant execute on function throttle_state, throttle_count, captcha_use, account_secret, session_secret, session_confirm, session_doubt, log_in,
  token_make, token_look, token_take, set_password_hash, login_rule, mailbox_code, reset_request, second_try, second_pass, totp_pend,
  second_factor_set, recovery_set
  to emailgency_console_auth;

grant execute on function invite_account, add_account, change_account, grant_account, end_account_sessions, require_account, watch_account, login_rule, canonical_domain to emailgency_operator;

grant execute on function expire_sessions, expire_audit, expire_log_ins to emailgency_notifier;
