-- Incidents of the operator, messages composed when they are sent, leases by node, quiet hours, confirmation of numbers.

insert into setting_definition (name, public, type, default_value, minimum, maximum, comment) values
  ('queue_interval', true, 'integer', '60', 5, 3600,
    'Seconds between two counts of the queued mail.'),
  ('queue_sample_days', false, 'integer', '7', 1, 366,
    'Days for which counts of queued mail are kept.'),
  ('probe_interval', false, 'integer', '60', 5, 3600,
    'Seconds between two probes of a customer''s server.'),
  ('probe_window', false, 'integer', '5', 1, 21,
    'Number of latest probes that are judged together.'),
  ('probe_down_after', false, 'integer', '4', 1, 21,
    'Failures among those probes after which a server is down.'),
  ('probe_down_min', false, 'integer', '180', 0, 86400,
    'Seconds that these failures must span.'),
  ('probe_up_after', false, 'integer', '3', 1, 21,
    'Successes in a row after which a server is up again.'),
  ('suspect_self_percent', false, 'integer', '30', 1, 100,
    'Percentage of the probed domains (of at least ten) that fail at once, above which this service is suspected, and no customer '
    'is alerted.'),
  ('sms_after', true, 'integer', '300', 0, 86400,
    'Seconds after which an incident that is still open is sent as SMS; mail is sent at once.'),
  ('flush_cooldown', true, 'integer', '600', 0, 86400,
    'Seconds after flush() until the next for the same domain.');

insert into setting_definition (name, public, type, default_value, pattern, comment) values
  ('operator_contacts', false, 'text', '', '^([^ @]+@[^ @]+|\+[1-9][0-9]{5,14})?( ([^ @]+@[^ @]+|\+[1-9][0-9]{5,14}))*$',
    'Mail addresses and telephone numbers (E.164) that receive the alerts of the operator, separated by blanks, as in '
    'admin@example.org +41791234567. Empty: the address in setting postmaster.');

insert into setting (name, value)
select name, default_value from setting_definition d where not exists (select from setting s where s.name = d.name);

create table node (
  name text collate "C" constraint node_repeated primary key,
  seen_at timestamptz not null default now()
) with (fillfactor = 50);

alter table incident
  drop constraint incident_kind_unknown,
  alter column domain drop not null,
  add column subject text not null default '',
  add column calm_since timestamptz,
  add constraint incident_kind_unknown check (kind in ('server', 'unstable', 'queue', 'round_trip', 'quota', 'expiry', 'certificate',
    'dnsbl', 'replica', 'sending', 'self', 'outbox'));

drop index incident_open_twice;
create unique index incident_open_twice on incident (coalesce(domain, ''), kind, subject) where closed_at is null;

alter table outbox
  drop constraint outbox_channel_unknown,
  drop column subject,
  drop column body,
  add column kind text not null,
  add column transition text not null
    constraint outbox_transition_unknown check (transition in ('opened', 'closed', 'code', 'test')),
  add column detail text not null default '',
  add column lease_node text,
  add column unknowns smallint not null default 0,
  add column counted_at timestamptz,
  add column dropped_at timestamptz,
  add constraint outbox_channel_unknown check (channel in ('mail', 'sms', 'webhook'));

drop index outbox_due;
create index outbox_due on outbox (due_at) where sent_at is null and failed_at is null and dropped_at is null;
drop index outbox_sent;
create index outbox_counted on outbox (domain, counted_at) where channel = 'sms' and counted_at is not null;
create index outbox_incident on outbox (incident);
create index outbox_failed_at on outbox (failed_at) where failed_at is not null;
create index outbox_created_at on outbox (created_at);

-- One row per domain with an SMS; locked while its messages are counted.
create table sms_budget (
  domain text collate "C" constraint sms_budget_repeated primary key
);

create table contact_code (
  domain text collate "C" not null,
  address text collate "C" not null,
  hash bytea not null,
  attempts integer not null default 0,
  created_at timestamptz not null default now(),
  kind text not null default 'sms',
  constraint contact_code_repeated primary key (domain, address),
  constraint contact_code_contact_unknown foreign key (domain, kind, address) references contact on update cascade on delete cascade
);

alter table contact
  add column quiet_from time,
  add column quiet_until time,
  add constraint contact_quiet_hours_incomplete check (accept(case
    when (quiet_from is null) <> (quiet_until is null) then
      'quiet hours need both ends: set quiet_from and quiet_until, as in 22:00 and 07:00, or neither'
    when quiet_from = quiet_until then
      'quiet hours of a whole day would silence the contact: set alerts = false, or give them two different ends'
  end));

alter table probe
  add column lease_node text,
  add column checks timestamptz[] not null default '{}',
  add constraint probe_checks_without_result check (cardinality(checks) = length(results));

alter table queue_sample
  add column late integer not null default 0 constraint queue_sample_late_negative check (late >= 0);

create table flush_part (
  request bigint not null constraint flush_part_request_unknown references flush_request on delete cascade,
  domain text collate "C" not null constraint flush_part_domain_unknown references domain on update cascade on delete cascade,
  node text collate "C" not null,
  tried integer not null default 0,
  delivered integer not null default 0,
  waiting integer not null default 0,
  problem text not null default '',
  done_at timestamptz,
  constraint flush_part_repeated primary key (request, node)
);

create index flush_part_domain on flush_part (domain);
