-- The console: accounts, sessions, and the record of edits.

insert into setting_definition (name, public, type, default_value, minimum, maximum, comment) values
  ('session_idle', true, 'integer', '1800', 60, 86400,
    'Seconds without a request after which a session of the console ends.'),
  ('session_max', true, 'integer', '43200', 300, 604800,
    'Seconds after which a session of the console ends in any case.'),
  ('audit_days', true, 'integer', '90', 1, 3650,
    'Days for which edits of rows are recorded.');

insert into setting (name, value)
select name, default_value from setting_definition d where not exists (select from setting s where s.name = d.name);

create table account (
  login text collate "C" constraint account_repeated primary key
    constraint account_login_malformed check (accept(address_fault(login))),
  password text,
  totp bytea,
  totp_counter bigint not null default 0,
  recovery bytea[] not null default '{}',
  language text constraint account_language_malformed check (accept(case when language !~ '^[a-z]{2,3}(-[A-Z]{2})?$' then
    format('language "%s" is no language tag: write it as in en or pt-BR', language) end)),
  disabled boolean not null default false,
  created_at timestamptz not null default now(),
  last_login_at timestamptz,
  last_login_from inet
);

create table console_session (
  id bytea constraint console_session_repeated primary key
    constraint console_session_id_no_hash check (octet_length(id) = 32),
  login text collate "C" not null,
  kind text not null constraint console_session_kind_unknown check (kind in ('admin', 'user')),
  created_at timestamptz not null default now(),
  seen_at timestamptz not null default now(),
  from_address inet,
  agent text not null default '',
  confirmed_at timestamptz
);

create index console_session_login on console_session (login);
create index console_session_seen_at on console_session (seen_at);

create table node_position (
  node text collate "C" constraint node_position_repeated primary key,
  position pg_snapshot not null,
  epoch text not null,
  reported_at timestamptz not null default now()
) with (fillfactor = 50);

create table audit (
  id bigint generated always as identity constraint audit_repeated primary key,
  at timestamptz not null default now(),
  xid xid8 not null default pg_current_xact_id(),
  login text collate "C" not null,
  from_address inet,
  domain text collate "C",
  kind text not null,
  key jsonb,
  old jsonb,
  new jsonb,
  undo_of bigint
);

create index audit_domain on audit (domain, at);
create index audit_at on audit (at);
create index audit_counted on audit (coalesce(domain, ''), kind, login, at) where key is null;
create index audit_undo_of on audit (undo_of) where undo_of is not null;
