-- Tables for Postfix and Dovecot.

create or replace view postfix_relay_domains as
select name, domain from served_domain;
comment on view postfix_relay_domains is
  'Every name that mail is accepted for, as a Postfix table: select domain from postfix_relay_domains where name = ''%s''.';
comment on column postfix_relay_domains.name is 'A domain, alias or alternate name.';
comment on column postfix_relay_domains.domain is 'The domain itself.';

create or replace function smtp_denial(by_mailbox boolean, by_domain boolean, exempt boolean) returns text
language sql immutable parallel safe
return case
  when by_mailbox then 'Sending mail is disabled for this account (mailbox.smtp_deny)'
  when by_domain and not exempt then 'Sending mail is disabled for this account (domain.smtp_deny)'
end;
comment on function smtp_denial(boolean, boolean, boolean) is
  'The text that a denied user gets at AUTH, with the column that denies; null if the user may send.';

create or replace view dovecot_passdb as
select address_local_part(m.address) || '@' || s.name as login, m.address, m.password,
  m.smtp_deny or (d.smtp_deny and not m.smtp_deny_exempt) as smtp_deny, smtp_denial(m.smtp_deny, d.smtp_deny, m.smtp_deny_exempt) as smtp_denial
from served_domain s join domain d on d.name = s.domain join mailbox m on m.domain = d.name;
comment on view dovecot_passdb is
  'Every login, in every name of its domain. For one login, use the function of the same name, which reads three rows.';
comment on column dovecot_passdb.login is 'Login name.';
comment on column dovecot_passdb.address is 'Its mailbox.';
comment on column dovecot_passdb.password is 'Hash with its Dovecot scheme in braces; null: no login.';
comment on column dovecot_passdb.smtp_deny is 'May not send: refuse SMTP AUTH, but not IMAP.';
comment on column dovecot_passdb.smtp_denial is 'The text of that refusal, with the column that denies; null: may send.';

-- An older row with a hash of unbounded cost cannot log in, so that it does not hold up other log-ins.
create or replace function dovecot_passdb(login text) returns setof dovecot_passdb
language sql stable security definer rows 1 set search_path = emailgency, pg_temp
begin atomic
  select dovecot_passdb.login, m.address, case when password_fault(m.password) is null then m.password end,
    m.smtp_deny or (d.smtp_deny and not m.smtp_deny_exempt), smtp_denial(m.smtp_deny, d.smtp_deny, m.smtp_deny_exempt)
  from served_domain s join domain d on d.name = s.domain
  join mailbox m on m.address = address_local_part(fold_address(dovecot_passdb.login)) || '@' || s.domain
  where s.name = address_domain(fold_address(dovecot_passdb.login));
end;
comment on function dovecot_passdb(text) is
  'The row that decides a login, as a Dovecot query: select address as user, password, smtp_deny from '
  'dovecot_passdb(''%u'').';
