comment on table alias is 'An address that stands for others, one row a target.';
comment on column alias.address is 'The address, lower case, at the domain itself (alias domains follow).';
comment on column alias.target is 'An address that its mail goes to; the address itself: a copy stays.';
comment on column alias.domain is 'The domain of the address; filled in from it.';

comment on table whitelist is 'Senders and clients that a domain exempts from block lists, greylisting and SPF rejection.';
comment on column whitelist.domain is 'The domain that receives.';
comment on column whitelist.entry is
  'user@dom, dom, .dom (and below), an IP address, a CIDR network, host:name or host:.name (forward-confirmed client name).';

comment on table contact is 'Whom to tell about a domain.';
comment on column contact.domain is 'The domain.';
comment on column contact.kind is 'mail or sms (at most two sms a domain).';
comment on column contact.address is 'Mail address, or telephone number in E.164 form.';
comment on column contact.confirmed_at is 'When the contact proved to be theirs; null: not yet. Written by the service.';
comment on column contact.alerts is 'Gets alerts on server and queue.';
comment on column contact.quota_warnings is 'Gets warnings of full mailboxes.';
comment on column contact.monthly_report is 'Gets the monthly report (mail only).';

comment on table dnsbl is 'The DNS block lists and DNS white lists that clients are looked up in.';
comment on column dnsbl.zone is 'DNS zone of the list.';
comment on column dnsbl.weight is 'What a hit adds to the sum that setting dnsbl_threshold bounds.';
comment on column dnsbl.replies is
  'Replies that count: 127.0.0.2, 127.0.0.2-11, 127.0.[0..255].[1;3..5], 2, 2-11, by comma or space; null: all of 127.0.0.0/8. 127.255.255.x never counts.';
comment on column dnsbl.allow is 'The list names good clients: a hit spares the client the block lists.';

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
comment on function alias_check() is 'Fills in and checks an alias.';

create or replace trigger alias_check before insert or update on alias
for each row execute function alias_check();

create or replace function whitelist_check() returns trigger
language plpgsql as $$
begin
  new.domain := emailgency.fold(new.domain);
  new.entry := emailgency.network_text(emailgency.fold_address(new.entry));
  perform emailgency.require_domain(new.domain, new.domain);
  return new;
end
$$;
comment on function whitelist_check() is 'Brings a white list entry into its one spelling.';

create or replace trigger whitelist_check before insert or update on whitelist
for each row execute function whitelist_check();

create or replace function dnsbl_check() returns trigger
language plpgsql as $$
begin
  new.zone := emailgency.fold(new.zone);
  return new;
end
$$;
comment on function dnsbl_check() is 'Folds the case of a DNS block list.';

create or replace trigger dnsbl_check before insert or update on dnsbl
for each row execute function dnsbl_check();

create or replace function contact_check() returns trigger
language plpgsql as $$
begin
  new.domain := emailgency.fold(new.domain);
  new.address := case new.kind when 'sms' then regexp_replace(new.address, '[ ()./-]', '', 'g') else emailgency.fold_address(new.address) end;
  perform emailgency.require_domain(new.domain, new.domain);
  if tg_op = 'UPDATE' and (new.kind, new.address) is distinct from (old.kind, old.address) then
    new.confirmed_at := null;
  end if;
  return new;
end
$$;
comment on function contact_check() is 'Fills in and checks a contact; a changed address has to be confirmed again.';

create or replace trigger contact_check before insert or update on contact
for each row execute function contact_check();

create or replace function contact_check_number() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  perform from domain where name = new.domain for no key update;
  if (select count(*) from contact where domain = new.domain and kind = 'sms') > 2 then
    raise exception using errcode = 'check_violation', message = format(
      'domain "%s" has two sms contacts already, which is the most: delete one before adding %s', new.domain, new.address);
  end if;
  return null;
end
$$;
comment on function contact_check_number() is
  'Refuses a third telephone number. Locks the domain while it counts, so that two sessions cannot both add the second.';

create or replace trigger contact_check_number after insert or update on contact
for each row when (new.kind = 'sms') execute function contact_check_number();
