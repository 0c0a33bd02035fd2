-- The console's log-ins: failures, tokens, used CAPTCHAs, second factors.

insert into setting_definition (name, public, type, default_value, choices, comment) values
  ('require_second_factor', true, 'choice', 'off', '{off,admins}',
    'Whether domain admins need a second factor in the console: off, or admins. Without one, an admin can only set it up.');

insert into setting_definition (name, public, type, default_value, pattern, comment) values
  ('public_url', true, 'text', '', '^(https://[a-z0-9.-]+(:[0-9]{1,5})?)?$',
    'Address of the console, as in https://console.example.com. Links in mails begin with it. Empty: there is no console, and no such mail.');

insert into setting (name, value)
select name, default_value from setting_definition d where not exists (select from setting s where s.name = d.name);

alter table account
  add column totp_pending bytea;

create table throttle (
  key bytea constraint throttle_repeated primary key
    constraint throttle_key_no_hash check (octet_length(key) = 32),
  failures integer not null constraint throttle_failures_negative check (failures >= 0),
  last_at timestamptz not null default now()
) with (fillfactor = 50);

create index throttle_last_at on throttle (last_at);

create table account_token (
  id bytea constraint account_token_repeated primary key
    constraint account_token_id_no_hash check (octet_length(id) = 32),
  login text collate "C" not null,
  use text not null constraint account_token_use_unknown
    check (use in ('set-password', 'second', 'confirm-contact', 'mailbox-code')),
  attempts integer not null default 0,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz
);

create index account_token_login on account_token (login, use);
create index account_token_expires_at on account_token (expires_at);

create table captcha_used (
  nonce bytea constraint captcha_used_repeated primary key
    constraint captcha_used_nonce_malformed check (octet_length(nonce) between 1 and 64),
  expires_at timestamptz not null
);

create index captcha_used_expires_at on captcha_used (expires_at);

alter table outbox
  drop constraint outbox_transition_unknown,
  add constraint outbox_transition_unknown
    check (transition in ('opened', 'closed', 'code', 'test', 'report', 'reset', 'invited', 'changed'));

create index outbox_account on outbox (address, created_at) where kind = 'account';
