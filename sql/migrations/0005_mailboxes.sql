-- The addresses of the domains.

create table mailbox (
  address text collate "C" constraint mailbox_repeated primary key
    constraint mailbox_address_malformed check (accept(address_fault(address))),
  domain text collate "C" not null constraint mailbox_domain_unknown references domain on delete cascade,
  candidate boolean not null default false,
  vip boolean not null default false,
  password text constraint mailbox_password_unhashed check (accept(password_fault(password))),
  smtp_deny boolean not null default false,
  smtp_denied_by text,
  smtp_deny_exempt boolean not null default false,
  quota bigint constraint mailbox_quota_out_of_range check (accept(range_fault('quota', quota, 0, 1125899906842624))),
  expiry_days integer constraint mailbox_expiry_days_out_of_range check (accept(range_fault('expiry_days', expiry_days, 1, 3650))),
  expiry_days_effective integer constraint mailbox_expiry_days_effective_out_of_range
    check (accept(range_fault('expiry_days_effective', expiry_days_effective, 0, 3650))),
  created_at timestamptz not null default now()
);
comment on table mailbox is 'A mailbox in the mail store, and a user who may log in.';
comment on column mailbox.address is 'Its address, lower case, at the domain itself (alias domains follow).';
comment on column mailbox.domain is 'The domain of the address; filled in from it.';
comment on column mailbox.candidate is 'Made by tidy from mail to an unknown user; promote() makes it a mailbox.';
comment on column mailbox.vip is 'Has the larger limits of the plan.';
comment on column mailbox.password is 'Hash with its Dovecot scheme in braces; set_password() writes it. Null: no login.';
comment on column mailbox.smtp_deny is 'The user may not send (550 5.7.1).';
comment on column mailbox.smtp_denied_by is 'Login that set smtp_deny. What the operator denied, no domain admin can allow.';
comment on column mailbox.smtp_deny_exempt is 'The user may send although the whole domain may not. The operator''s.';
comment on column mailbox.quota is 'Room in bytes, at most the plan''s; null: the plan''s.';
comment on column mailbox.expiry_days is 'Days that mail is kept, at most the plan''s; null: the plan''s.';
comment on column mailbox.expiry_days_effective is 'Days after which mail was last removed, fewer when room ran out; null: not yet. Written by the mail store.';
comment on column mailbox.created_at is 'When the row was made.';

create index mailbox_domain on mailbox (domain);

create table alias (
  address text collate "C" not null constraint alias_address_malformed check (accept(address_fault(address))),
  target text collate "C" not null constraint alias_target_malformed check (accept(address_fault(target))),
  domain text collate "C" not null constraint alias_domain_unknown references domain on delete cascade,
  constraint alias_repeated primary key (address, target)
);
comment on table alias is 'An address that stands for others, one row a target.';
comment on column alias.address is 'The address, lower case, at the domain itself (alias domains follow).';
comment on column alias.target is 'An address that its mail goes to; the address itself: a copy stays.';
comment on column alias.domain is 'The domain of the address; filled in from it.';

create index alias_domain on alias (domain);
