-- Incidents of domains that send more than their plans allow.

alter table incident
  drop constraint incident_kind_unknown,
  add constraint incident_kind_unknown check (kind in ('server', 'unstable', 'queue', 'round_trip', 'quota', 'expiry', 'certificate',
    'dnsbl', 'replica', 'sending', 'sending_limit', 'self', 'outbox', 'database'));
