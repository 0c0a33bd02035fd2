-- Findings of probes about TLS, the health of nodes and of DNS lists, mail that left the queue, and incidents that follow one another.

insert into setting_definition (name, public, type, default_value, minimum, maximum, comment) values
  ('certificate_days', true, 'integer', '14', 0, 365,
    'Days before its end from which on the certificate of a customer''s server is reported.'),
  ('node_stale_after', false, 'integer', '300', 60, 86400,
    'Seconds after which a node whose replica is old, or that does not report, is an incident of the operator; and for which it '
    'must be well again until that ends.');

insert into setting (name, value)
select name, default_value from setting_definition d where not exists (select from setting s where s.name = d.name);

alter table node
  add column heard_at timestamptz not null default '-infinity',
  add column heard_since timestamptz not null default '-infinity',
  add column replica_at timestamptz,
  add column good_since timestamptz;

alter table incident
  add column follows bigint constraint incident_follows_unknown references incident on delete set null;

create index incident_follows on incident (follows) where follows is not null;

alter table probe
  add column server text not null default '';

-- Its columns change.
drop function if exists probe_totals();

create table server_tls (
  domain text collate "C" not null constraint server_tls_domain_unknown references domain on update cascade on delete cascade,
  address text collate "C" not null,
  fingerprint text collate "C" not null,
  host text not null,
  ends_at timestamptz,
  first_seen timestamptz not null default now(),
  seen_at timestamptz not null default now(),
  constraint server_tls_repeated primary key (domain, address, fingerprint)
);

create index server_tls_seen_at on server_tls (seen_at);

create table mail_left (
  domain text collate "C" not null constraint mail_left_domain_unknown references domain on update cascade on delete cascade,
  node text collate "C" not null,
  seen_at timestamptz not null default now(),
  constraint mail_left_repeated primary key (domain, node)
) with (fillfactor = 50);

create table dnsbl_health (
  zone text collate "C" not null,
  node text collate "C" not null,
  state text not null constraint dnsbl_health_state_unknown check (state in ('good', 'silent', 'refusing', 'lists-all')),
  since timestamptz not null default now(),
  checked_at timestamptz not null default now(),
  constraint dnsbl_health_repeated primary key (zone, node)
);
