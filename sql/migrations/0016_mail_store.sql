-- The mail store: usage of each of its users, expiry, candidates, blocked addresses, deleted mailboxes.

insert into setting_definition (name, public, type, default_value, minimum, maximum, comment) values
  ('expiry_floor_days', true, 'integer', '3', 1, 3650,
    'Days for which mail is kept at least, however full its mailbox is.'),
  ('undelivered_days', true, 'integer', '30', 1, 3650,
    'Days for which mail is kept in the folder Undelivered.'),
  ('trash_days', true, 'integer', '30', 0, 3650,
    'Days for which the mail of a deleted mailbox is kept; until then restore_mailbox() brings it back.'),
  ('expiry_recheck', false, 'integer', '3600', 5, 604800,
    'Seconds after which a mailbox that changed is looked at again, since its user may have stored older mail by IMAP.'),
  ('tidy_interval', true, 'integer', '120', 5, 86400,
    'Seconds between two sorts of the catch-all mail of a domain.'),
  ('candidates_per_hour', true, 'integer', '20', 0, 100000,
    'Maximum number of candidates that are made in a domain within an hour.'),
  ('tidy_run_addresses', true, 'integer', '5', 2, 100000,
    'Number of unknown addresses of a domain to which one sender writes within a day, from which this looks like a dictionary run: '
    'no candidate is made of them.');

insert into setting_definition (name, public, type, default_value, comment) values
  ('expiry_keep_flagged', true, 'boolean', 'true',
    'Flagged mail does not expire, unless the quota needs the room.');

insert into setting (name, value)
select name, default_value from setting_definition d where not exists (select from setting s where s.name = d.name);

alter table mailbox
  add column reads_undelivered boolean not null default false,
  add column blocked boolean not null default false,
  add column over_quota boolean not null default false,
  add constraint mailbox_blocked_in_use check (accept(case when blocked and (candidate or password is not null) then
    format('"%s" is blocked, so it can neither be a candidate nor have a password: promote() lifts that', address) end));

create index mailbox_candidate on mailbox (domain) where candidate;

-- The store also has users that no row names (catch-all), and each domain's Undelivered.
alter table mailbox_usage
  drop constraint mailbox_usage_mailbox_unknown,
  add column oldest_at timestamptz not null default '-infinity',
  add column passed_at timestamptz not null default '-infinity',
  add column unsorted boolean not null default false,
  add column lease_node text,
  add column lease_until timestamptz not null default '-infinity',
  add column warned smallint not null default 0 constraint mailbox_usage_warned_unknown check (warned in (0, 80, 95));

create index mailbox_usage_unsorted on mailbox_usage (domain) where unsorted;

-- A mailbox of before may hold mail: each is looked at once.
insert into mailbox_usage (address, domain) select address, domain from mailbox on conflict do nothing;

create table mailbox_trash (
  address text collate "C" constraint mailbox_trash_repeated primary key,
  domain text collate "C" not null,
  deleted_at timestamptz not null default now(),
  mailbox jsonb not null,
  lease_until timestamptz not null default '-infinity'
);

create index mailbox_trash_deleted_at on mailbox_trash (deleted_at);
create index mailbox_trash_domain on mailbox_trash (domain);

create table domain_tidy (
  domain text collate "C" constraint domain_tidy_repeated primary key
    constraint domain_tidy_domain_unknown references domain on update cascade on delete cascade,
  tidied_at timestamptz not null default '-infinity',
  lease_node text,
  lease_until timestamptz not null default '-infinity',
  unclean boolean not null default false
);

create table unknown_address (
  domain text collate "C" not null constraint unknown_address_domain_unknown references domain on update cascade on delete cascade,
  address text collate "C" not null,
  sender text not null,
  seen_at timestamptz not null default now(),
  action text not null default '',
  reason text not null default '',
  constraint unknown_address_repeated primary key (domain, address)
);

create index unknown_address_sender on unknown_address (domain, sender);
create index unknown_address_seen_at on unknown_address (seen_at);

create table first_password (
  address text collate "C" constraint first_password_repeated primary key
    constraint first_password_mailbox_unknown references mailbox on update cascade on delete cascade,
  hash bytea not null,
  attempts integer not null default 0,
  created_at timestamptz not null default now()
);

alter table tidy_request
  add column candidates integer not null default 0,
  add column moved integer not null default 0,
  add column problem text not null default '';

-- They return what they did.
drop function if exists promote(text);
drop function if exists tidy(text);
