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
comment on column mailbox.receive_only is 'The address never sends mail: bounces to it are refused.';
comment on column mailbox.max_message_size is
  'Largest message to it, in bytes, at most the plan''s (vip_message_size for a VIP); null: the plan''s.';

create or replace function mailbox_check() returns trigger
language plpgsql as $$
begin
  new.address := emailgency.fold_address(new.address);
  new.domain := coalesce(emailgency.fold(new.domain), emailgency.address_domain(new.address));
  if tg_op = 'UPDATE' and new.address <> old.address and new.domain = old.domain then
    new.domain := emailgency.address_domain(new.address);
  end if;
  if new.password ~ '^\$[0-9a-z]+\$' then
    new.password := '{CRYPT}' || new.password;
  end if;
  if tg_op = 'INSERT' or (new.address, new.domain) is distinct from (old.address, old.domain) then
    if new.domain is null then
      perform emailgency.accept(emailgency.address_fault(new.address));
    end if;
    perform emailgency.require_domain(new.domain, new.address);
  end if;
  return new;
end
$$;
comment on function mailbox_check() is 'Fills in and checks a mailbox.';

create or replace trigger mailbox_check before insert or update on mailbox
for each row execute function mailbox_check();
