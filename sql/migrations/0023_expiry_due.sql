-- A mailbox is looked at again when something may be due, found by an index.

alter table mailbox_usage add column due_at timestamptz not null default '-infinity';

create index mailbox_usage_due_at on mailbox_usage (due_at, lease_until);
