-- Plans, domains and what belongs to a domain: the rows that operators and domain admins edit.

create table plan (
  name text collate "C" constraint plan_repeated primary key
    constraint plan_name_malformed check (name ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
  max_message_size bigint not null default 26214400,
  vip_message_size bigint not null default 52428800,
  mailbox_quota bigint not null default 1073741824,
  vip_quota bigint not null default 5368709120,
  candidate_quota bigint not null default 104857600,
  max_candidates integer not null default 100,
  max_mailboxes integer not null default 1000,
  max_aliases integer not null default 20000,
  max_targets integer not null default 500,
  max_whitelist integer not null default 10000,
  max_contacts integer not null default 100,
  expiry_days integer not null default 30,
  primary_allowed boolean not null default false,
  sms_allowed boolean not null default false,
  constraint plan_max_message_size_out_of_range
    check (accept(range_fault('max_message_size', max_message_size, 1024, 1099511627776))),
  constraint plan_vip_message_size_out_of_range
    check (accept(range_fault('vip_message_size', vip_message_size, 1024, 1099511627776))),
  constraint plan_mailbox_quota_out_of_range check (accept(range_fault('mailbox_quota', mailbox_quota, 0, 1125899906842624))),
  constraint plan_vip_quota_out_of_range check (accept(range_fault('vip_quota', vip_quota, 0, 1125899906842624))),
  constraint plan_candidate_quota_out_of_range
    check (accept(range_fault('candidate_quota', candidate_quota, 0, 1125899906842624))),
  constraint plan_max_candidates_out_of_range check (accept(range_fault('max_candidates', max_candidates, 0, 10000000))),
  constraint plan_max_mailboxes_out_of_range check (accept(range_fault('max_mailboxes', max_mailboxes, 0, 10000000))),
  constraint plan_max_aliases_out_of_range check (accept(range_fault('max_aliases', max_aliases, 0, 10000000))),
  constraint plan_max_targets_out_of_range check (accept(range_fault('max_targets', max_targets, 1, 500))),
  constraint plan_max_whitelist_out_of_range check (accept(range_fault('max_whitelist', max_whitelist, 0, 10000000))),
  constraint plan_max_contacts_out_of_range check (accept(range_fault('max_contacts', max_contacts, 0, 10000))),
  constraint plan_expiry_days_out_of_range check (accept(range_fault('expiry_days', expiry_days, 1, 3650)))
);

insert into plan (name) values ('basic');

insert into plan (name, max_message_size, vip_message_size, mailbox_quota, vip_quota, candidate_quota, max_candidates,
  max_mailboxes, max_aliases, max_whitelist, max_contacts, expiry_days, primary_allowed, sms_allowed)
values ('premium', 52428800, 104857600, 10737418240, 53687091200, 1073741824, 1000,
  10000, 100000, 50000, 500, 90, true, true);

create table domain (
  name text collate "C" constraint domain_repeated primary key
    constraint domain_name_malformed check (accept(domain_name_fault(name))),
  plan text collate "C" not null constraint domain_plan_unknown references plan on update cascade,
  mode text not null default 'backup'
    constraint domain_mode_unknown check (accept(choice_fault('mode', mode, 'backup', 'primary'))),
  transport text
    constraint domain_transport_malformed check (accept(transport_fault(transport))),
  stealth boolean not null default false,
  smtp_deny boolean not null default false,
  smtp_denied_by text,
  greylisting text not null default 'suspicious'
    constraint domain_greylisting_unknown check (accept(choice_fault('greylisting', greylisting, 'off', 'suspicious', 'all'))),
  greylisting_shadow boolean not null default false,
  blacklisting boolean not null default true,
  whitelisting boolean not null default true,
  spf text not null default 'mark'
    constraint domain_spf_unknown check (accept(choice_fault('spf', spf, 'off', 'mark', 'reject'))),
  batv text not null default 'off'
    constraint domain_batv_unknown check (accept(choice_fault('batv', batv, 'off', 'report', 'require'))),
  receive_only boolean not null default false,
  catchall boolean not null default false,
  keep_copy boolean not null default true,
  bounce_protection boolean not null default true,
  verify_recipients boolean not null default true,
  monitoring text not null default 'simple'
    constraint domain_monitoring_unknown check (accept(choice_fault('monitoring', monitoring, 'off', 'simple', 'active'))),
  probe_address text
    constraint domain_probe_address_malformed check (accept(address_fault(probe_address))),
  queue_alert_messages integer not null default 100
    constraint domain_queue_alert_messages_out_of_range
    check (accept(range_fault('queue_alert_messages', queue_alert_messages, 1, 10000000))),
  queue_alert_minutes integer not null default 60
    constraint domain_queue_alert_minutes_out_of_range
    check (accept(range_fault('queue_alert_minutes', queue_alert_minutes, 1, 525600))),
  alternate_name text collate "C"
    constraint domain_alternate_name_malformed check (accept(domain_name_fault(alternate_name))),
  language text not null default 'en'
    constraint domain_language_malformed check (accept(case when language !~ '^[a-z]{2,3}(-[A-Z]{2})?$' then
      format('language "%s" is no language tag: write it as in en or pt-BR', language) end)),
  time_zone text not null default 'UTC'
);

create index domain_plan on domain (plan);
create index domain_time_zone on domain (time_zone) where time_zone <> 'UTC';

create table domain_alias (
  name text collate "C" constraint domain_alias_repeated primary key
    constraint domain_alias_name_malformed check (accept(domain_name_fault(name))),
  domain text collate "C" not null constraint domain_alias_domain_unknown references domain on update cascade on delete cascade
);

create index domain_alias_domain on domain_alias (domain);

create table served_domain (
  name text collate "C" constraint served_domain_repeated primary key,
  role text not null constraint served_domain_role_unknown check (role in ('domain', 'alias', 'alternate')),
  domain text collate "C" not null
);

create index served_domain_domain on served_domain (domain);

create table domain_room (
  domain text collate "C" constraint domain_room_repeated primary key
    constraint domain_room_domain_unknown references domain on update cascade on delete cascade
);

create table mailbox (
  address text collate "C" constraint mailbox_repeated primary key
    constraint mailbox_address_malformed check (accept(address_fault(address))),
  domain text collate "C" not null constraint mailbox_domain_unknown references domain on delete cascade,
  candidate boolean not null default false,
  vip boolean not null default false,
  password text,
  smtp_deny boolean not null default false,
  smtp_denied_by text,
  smtp_deny_exempt boolean not null default false,
  receive_only boolean not null default false,
  max_message_size bigint constraint mailbox_max_message_size_out_of_range
    check (accept(range_fault('max_message_size', max_message_size, 1024, 1099511627776))),
  quota bigint constraint mailbox_quota_out_of_range check (accept(range_fault('quota', quota, 0, 1125899906842624))),
  expiry_days integer constraint mailbox_expiry_days_out_of_range check (accept(range_fault('expiry_days', expiry_days, 1, 3650))),
  expiry_days_effective integer constraint mailbox_expiry_days_effective_out_of_range
    check (accept(range_fault('expiry_days_effective', expiry_days_effective, 0, 3650))),
  created_at timestamptz not null default now(),
  constraint mailbox_address_of_other_domain check (accept(address_of_domain_fault(address, domain)))
);

create index mailbox_domain on mailbox (domain);

create table alias (
  address text collate "C" not null constraint alias_address_malformed check (accept(address_fault(address))),
  target text collate "C" not null constraint alias_target_malformed check (accept(address_fault(target))),
  domain text collate "C" not null constraint alias_domain_unknown references domain on delete cascade,
  constraint alias_repeated primary key (address, target),
  constraint alias_address_of_other_domain check (accept(address_of_domain_fault(address, domain)))
);

create index alias_domain on alias (domain);

create table whitelist (
  domain text collate "C" not null constraint whitelist_domain_unknown references domain on update cascade on delete cascade,
  entry text collate "C" not null constraint whitelist_entry_malformed check (accept(whitelist_entry_fault(entry))),
  constraint whitelist_repeated primary key (domain, entry)
);

create table contact (
  domain text collate "C" not null constraint contact_domain_unknown references domain on update cascade on delete cascade,
  kind text not null constraint contact_kind_unknown check (accept(choice_fault('kind', kind, 'mail', 'sms'))),
  address text collate "C" not null,
  confirmed_at timestamptz,
  alerts boolean not null default true,
  quota_warnings boolean not null default true,
  monthly_report boolean not null default true,
  constraint contact_repeated primary key (domain, kind, address),
  constraint contact_address_malformed check (accept(case
    when kind = 'mail' then address_fault(address)
    when kind = 'sms' and address !~ '^\+[1-9][0-9]{5,14}$' then
      format('telephone number "%s" is not in E.164 form: write it as in +41791234567', address)
  end))
);

create table dnsbl (
  zone text collate "C" constraint dnsbl_repeated primary key
    constraint dnsbl_zone_malformed check (accept(domain_name_fault(zone))),
  weight integer not null default 1 constraint dnsbl_weight_out_of_range check (accept(range_fault('weight', weight, 1, 1000))),
  replies text constraint dnsbl_replies_malformed check (accept(dnsbl_replies_fault(replies))),
  allow boolean not null default false
);

create table domain_admin (
  login text collate "C" not null,
  domain text collate "C" not null constraint domain_admin_domain_unknown references domain on update cascade on delete cascade,
  constraint domain_admin_repeated primary key (login, domain)
);

create index domain_admin_domain on domain_admin (domain);
