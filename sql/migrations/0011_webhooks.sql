-- Contacts by webhook; leases that are renewed, and turns of the domains; the operator's own number of SMS.

insert into setting_definition (name, public, type, default_value, minimum, maximum, comment) values
  ('operator_sms_per_week', false, 'integer', '100', 0, 10000,
    'Maximum number of SMS to the operator''s contacts within seven days; 0: none.');

insert into setting_definition (name, public, type, default_value, comment) values
  ('webhooks_allowed', true, 'boolean', 'false',
    'Domains may have contacts of kind webhook, to which alerts go by HTTPS.');

insert into setting (name, value)
select name, default_value from setting_definition d where not exists (select from setting s where s.name = d.name);

alter table contact
  drop constraint contact_kind_unknown,
  drop constraint contact_address_malformed,
  add constraint contact_kind_unknown check (accept(choice_fault('kind', kind, 'mail', 'sms', 'webhook'))),
  add constraint contact_address_malformed check (accept(case
    when kind = 'mail' then address_fault(address)
    when kind = 'sms' and address !~ '^\+[1-9][0-9]{5,14}$' then
      format('telephone number "%s" is not in E.164 form: write it as in +41791234567', address)
    when kind = 'webhook' then webhook_fault(address)
  end));

-- The operator's messages are a domain of their own, "-", which no name can be.
drop index outbox_due;
create index outbox_due on outbox (coalesce(domain, '-'), due_at, id) where sent_at is null and failed_at is null and dropped_at is null;

drop function if exists claim_outbox(text, text[], integer, integer);
