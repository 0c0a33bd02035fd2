-- Round trips: probe mail to an address of the customer, who redirects it to us.

insert into setting_definition (name, public, type, default_value, pattern, comment) values
  ('round_trip_address', true, 'text', '', '^([a-z0-9][a-z0-9_.-]{0,15}@[^@ ]+)?$',
    'Mail address that customers redirect probe mail to, as in rt@probe.example.org. Its domain leads to our MX hosts and is used for '
    'nothing else. Empty: no probe mail; monitoring = active probes as simple does.');

insert into setting_definition (name, public, type, default_value, minimum, maximum, comment) values
  ('round_trip_interval', true, 'integer', '300', 5, 86400,
    'Seconds between two probe mails of a domain. After more than two losses in a row the time doubles, up to twelve times.'),
  ('round_trip_late', true, 'integer', '60', 1, 86400,
    'Seconds after which a probe mail that comes back is late. Lateness is counted, and no loss.'),
  ('round_trip_timeout', true, 'integer', '300', 5, 43200,
    'Seconds after which a probe mail is lost. Two losses in a row are an incident.');

insert into setting (name, value)
select name, default_value from setting_definition d where not exists (select from setting s where s.name = d.name);

create table round_trip (
  domain text collate "C" constraint round_trip_repeated primary key
    constraint round_trip_domain_unknown references domain on update cascade on delete cascade,
  id integer generated always as identity constraint round_trip_id_repeated unique,
  sequence integer not null default 0 constraint round_trip_sequence_negative check (sequence >= 0),
  state text not null default 'idle' constraint round_trip_state_unknown check (state in ('idle', 'claimed', 'sent')),
  due_at timestamptz not null,
  lease_node text,
  lease_until timestamptz not null default '-infinity',
  sent_at timestamptz constraint round_trip_sent_never check (state = 'idle' or sent_at is not null),
  arrived integer not null default 0,
  arrived_at timestamptz,
  seconds double precision,
  late integer not null default 0,
  losses integer not null default 0,
  lost_at timestamptz,
  reply text not null default ''
) with (fillfactor = 70);

create index round_trip_due_at on round_trip (due_at) where state <> 'sent';
create index round_trip_sent_at on round_trip (sent_at) where state = 'sent';
create index round_trip_losses on round_trip (domain) where losses > 1;
