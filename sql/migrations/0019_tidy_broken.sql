-- When a move into Undelivered last broke off: Dovecot may carry it on for a while.

alter table domain_tidy add column broken_at timestamptz;
