-- Absences of the database are in the history of incidents.

alter table incident
  drop constraint incident_kind_unknown,
  add constraint incident_kind_unknown check (kind in ('server', 'unstable', 'queue', 'round_trip', 'quota', 'expiry', 'certificate',
    'dnsbl', 'replica', 'sending', 'self', 'outbox', 'database'));
