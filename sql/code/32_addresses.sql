-- Mailboxes and aliases: normalisation.

comment on table mailbox is 'A mailbox in the mail store, and a user who may log in.';
comment on column mailbox.address is 'The address, lower case, in the domain itself (it exists in alias domains too).';
comment on column mailbox.domain is 'The domain of the address; derived from it.';
comment on column mailbox.candidate is 'Created by tidy from mail to an unknown user; promote() makes it a mailbox.';
comment on column mailbox.vip is 'The larger limits of the plan apply.';
comment on column mailbox.password is 'Hash with its Dovecot scheme in braces; set_password() writes it. Null: no login.';
comment on column mailbox.smtp_deny is 'The user may not send (550 5.7.1).';
comment on column mailbox.smtp_denied_by is 'Login that set smtp_deny. A domain admin cannot lift the operator''s denial.';
comment on column mailbox.smtp_deny_exempt is 'The user may send although the domain may not. Written by the operator.';
comment on column mailbox.receive_only is 'The address never sends mail: bounces to it are rejected.';
comment on column mailbox.max_message_size is
  'Maximum size of a message to it, in bytes, at most the plan''s (vip_message_size for a VIP); null: the plan''s.';
comment on column mailbox.quota is 'Quota in bytes, at most the plan''s; null: the plan''s.';
comment on column mailbox.expiry_days is 'Days before mail expires, at most the plan''s; null: the plan''s.';
comment on column mailbox.expiry_days_effective is
  'Days after which mail was last removed, fewer if the quota was exceeded; null: not yet. Written by the mail store.';
comment on column mailbox.created_at is 'Time of creation.';

comment on table alias is 'An address that is forwarded, one row per target.';
comment on column alias.address is 'The address, lower case, in the domain itself (it exists in alias domains too).';
comment on column alias.target is 'An address that its mail goes to; the address itself: a copy remains.';
comment on column alias.domain is 'The domain of the address; derived from it.';

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
comment on function mailbox_check() is 'Completes and checks a mailbox.';

create or replace trigger mailbox_check before insert or update on mailbox
for each row execute function mailbox_check();
comment on trigger mailbox_check on mailbox is 'Normalises the row. Fires first, by its name.';

create or replace function alias_check() returns trigger
language plpgsql as $$
begin
  new.address := emailgency.fold_address(new.address);
  new.target := emailgency.fold_address(new.target);
  new.domain := coalesce(emailgency.fold(new.domain), emailgency.address_domain(new.address));
  if tg_op = 'UPDATE' and new.address <> old.address and new.domain = old.domain then
    new.domain := emailgency.address_domain(new.address);
  end if;
  if new.domain is null then
    perform emailgency.accept(emailgency.address_fault(new.address));
  end if;
  perform emailgency.require_domain(new.domain, new.address);
  return new;
end
$$;
comment on function alias_check() is 'Completes and checks an alias.';

create or replace trigger alias_check before insert or update on alias
for each row execute function alias_check();
comment on trigger alias_check on alias is 'Normalises the row.';
