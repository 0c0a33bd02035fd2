-- The domains of the customers and what is set for each.

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
  catchall boolean not null default false,
  keep_copy boolean not null default true,
  bounce_protection boolean not null default false,
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
comment on table domain is 'A mail domain of a customer. insert into domain (name, plan) values (''example.com'', ''basic'') is enough.';
comment on column domain.name is 'The domain, lower case, international names as A-labels.';
comment on column domain.plan is 'The plan that sets its limits. The operator''s.';
comment on column domain.mode is 'backup: its own server is asked first; primary: all mail comes here first. The operator''s.';
comment on column domain.transport is 'Where its mail is relayed, host[:port]; null: by its MX records, without ourselves.';
comment on column domain.stealth is 'Every delivery is put off with 450 4.3.2, as if the backup MX were not there.';
comment on column domain.smtp_deny is 'None of its users may send (550 5.7.1).';
comment on column domain.smtp_denied_by is 'Login that set smtp_deny. What the operator denied, no domain admin can allow.';
comment on column domain.greylisting is 'Whom to greylist: off, suspicious clients only, all.';
comment on column domain.greylisting_shadow is 'Greylisting is decided and counted as would-have, not applied.';
comment on column domain.blacklisting is 'Clients on the DNS block lists are refused.';
comment on column domain.whitelisting is 'The white list of the domain is in force.';
comment on column domain.spf is 'SPF: off, mark in a header, or reject what fails.';
comment on column domain.catchall is 'Mail to unknown users is taken.';
comment on column domain.keep_copy is 'The mail store keeps a copy of what is relayed.';
comment on column domain.bounce_protection is 'Relayed mail whose sender did not pass SPF asks for no bounce.';
comment on column domain.verify_recipients is 'Addresses that no row names are asked for at the customer''s server.';
comment on column domain.monitoring is 'Watch over the customer''s server: off, simple (connections), active (test mail).';
comment on column domain.probe_address is 'Address that active monitoring writes to; null: none.';
comment on column domain.queue_alert_messages is 'Queued messages from which on an alert is sent.';
comment on column domain.queue_alert_minutes is 'Age of the oldest queued message from which on an alert is sent, in minutes.';
comment on column domain.alternate_name is 'Full name of its alternate domain; null when written: made from the name and setting service_domain.';
comment on column domain.language is 'Language of alerts and reports.';
comment on column domain.time_zone is 'Time zone of alerts and reports, as in pg_timezone_names.';

create index domain_plan on domain (plan);
create index domain_time_zone on domain (time_zone) where time_zone <> 'UTC';

create table domain_alias (
  name text collate "C" constraint domain_alias_repeated primary key
    constraint domain_alias_name_malformed check (accept(domain_name_fault(name))),
  domain text collate "C" not null constraint domain_alias_domain_unknown references domain on update cascade on delete cascade
);
comment on table domain_alias is 'A further name of a domain: all addresses of the domain exist there too.';
comment on column domain_alias.name is 'The further name, lower case, international names as A-labels.';
comment on column domain_alias.domain is 'The domain that it stands for.';

create index domain_alias_domain on domain_alias (domain);

create table served_domain (
  name text collate "C" constraint served_domain_repeated primary key,
  role text not null constraint served_domain_role_unknown check (role in ('domain', 'alias', 'alternate')),
  domain text collate "C" not null
);
comment on table served_domain is
  'Every domain name that mail is taken for, kept by triggers. Its key makes a name one domain, alias or alternate only.';
comment on column served_domain.name is 'The name in an address.';
comment on column served_domain.role is 'domain, alias (of domain_alias) or alternate (domain.alternate_name).';
comment on column served_domain.domain is 'The domain that it stands for.';

create index served_domain_domain on served_domain (domain);

create table whitelist (
  domain text collate "C" not null constraint whitelist_domain_unknown references domain on update cascade on delete cascade,
  entry text collate "C" not null constraint whitelist_entry_malformed check (accept(whitelist_entry_fault(entry))),
  constraint whitelist_repeated primary key (domain, entry)
);
comment on table whitelist is 'Senders and clients that a domain exempts from block lists, greylisting and SPF rejection.';
comment on column whitelist.domain is 'The domain that receives.';
comment on column whitelist.entry is
  'user@dom, dom, .dom (and below), an IP address, a CIDR network, host:name or host:.name (forward-confirmed client name).';

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
comment on table contact is 'Whom to tell about a domain.';
comment on column contact.domain is 'The domain.';
comment on column contact.kind is 'mail or sms (at most two sms a domain).';
comment on column contact.address is 'Mail address, or telephone number in E.164 form.';
comment on column contact.confirmed_at is 'When the contact proved to be theirs; null: not yet. Written by the service.';
comment on column contact.alerts is 'Gets alerts on server and queue.';
comment on column contact.quota_warnings is 'Gets warnings of full mailboxes.';
comment on column contact.monthly_report is 'Gets the monthly report (mail only).';

create table dnsbl (
  zone text collate "C" constraint dnsbl_repeated primary key
    constraint dnsbl_zone_malformed check (accept(domain_name_fault(zone))),
  weight integer not null default 1 constraint dnsbl_weight_out_of_range check (accept(range_fault('weight', weight, 1, 1000))),
  replies text constraint dnsbl_replies_malformed check (accept(dnsbl_replies_fault(replies))),
  allow boolean not null default false
);
comment on table dnsbl is 'The DNS block lists and DNS white lists that clients are looked up in.';
comment on column dnsbl.zone is 'DNS zone of the list.';
comment on column dnsbl.weight is 'What a hit adds to the sum that setting dnsbl_threshold bounds.';
comment on column dnsbl.replies is
  'Replies that count: 127.0.0.2, 127.0.0.2-11, 127.0.[0..255].[1;3..5], 2, 2-11, by comma or space; null: all of 127.0.0.0/8. 127.255.255.x never counts.';
comment on column dnsbl.allow is 'The list names good clients: a hit spares the client the block lists.';

create table domain_admin (
  login text collate "C" not null,
  domain text collate "C" not null constraint domain_admin_domain_unknown references domain on update cascade on delete cascade,
  constraint domain_admin_repeated primary key (login, domain)
);
comment on table domain_admin is 'Which login administers which domain. The operator''s.';
comment on column domain_admin.login is 'Database role, a member of emailgency_domain_admin.';
comment on column domain_admin.domain is 'Domain that it may see and edit.';

create index domain_admin_domain on domain_admin (domain);
