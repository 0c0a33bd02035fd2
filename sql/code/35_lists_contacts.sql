-- White lists, contacts and DNS lists: normalisation.

comment on table whitelist is 'Senders and clients that a domain exempts from block lists, greylisting and SPF rejection.';
comment on column whitelist.domain is 'The recipient''s domain.';
comment on column whitelist.entry is
  'user@dom, dom, .dom (with all subdomains), an IP address, a CIDR network, host:name or host:.name (forward-confirmed '
  'client name).';

comment on table contact is 'The contacts of a domain, for alerts and reports.';
comment on column contact.domain is 'The domain.';
comment on column contact.kind is 'mail, sms or webhook (at most two of each of the latter per domain).';
comment on column contact.address is 'Mail address, telephone number in E.164 form, or HTTPS URL.';
comment on column contact.confirmed_at is 'When the contact confirmed the address; null: not yet. Written by the service.';
comment on column contact.alerts is 'Receives alerts on server and queue.';
comment on column contact.quota_warnings is 'Receives warnings of full mailboxes.';
comment on column contact.monthly_report is 'Receives the monthly report (mail only).';
comment on column contact.quiet_from is
  'Start of the hours in which the contact receives no alert, in the time zone of the domain; null: no such hours.';
comment on column contact.quiet_until is 'End of these hours. An alert that is still true is sent then.';

comment on table dnsbl is 'The DNS block lists and allow lists to query for clients.';
comment on column dnsbl.zone is 'DNS zone of the list.';
comment on column dnsbl.weight is 'Weight of a listing. Setting dnsbl_threshold limits the sum.';
comment on column dnsbl.replies is
  'Replies that count: 127.0.0.2, 127.0.0.2-11, 127.0.[0..255].[1;3..5], 2, 2-11, separated by commas or blanks; null: all '
  'of 127.0.0.0/8. 127.255.255.x never counts.';
comment on column dnsbl.allow is 'An allow list: a listed client is exempt from the block lists.';

create or replace function whitelist_check() returns trigger
language plpgsql as $$
begin
  new.domain := emailgency.fold(new.domain);
  new.entry := emailgency.network_text(emailgency.fold_address(new.entry));
  perform emailgency.require_domain(new.domain, new.domain);
  return new;
end
$$;
comment on function whitelist_check() is 'Normalises a white list entry.';

create or replace trigger whitelist_check before insert or update on whitelist
for each row execute function whitelist_check();
comment on trigger whitelist_check on whitelist is 'Normalises the row.';

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
comment on trigger dnsbl_check on dnsbl is 'Normalises the row.';

create or replace function contact_check() returns trigger
language plpgsql as $$
begin
  new.domain := emailgency.fold(new.domain);
  new.address := case new.kind when 'sms' then regexp_replace(new.address, '[ ()./-]', '', 'g')
    when 'webhook' then emailgency.webhook_text(new.address) else emailgency.fold_address(new.address) end;
  perform emailgency.require_domain(new.domain, new.domain);
  if tg_op = 'UPDATE' and (new.kind, new.address) is distinct from (old.kind, old.address) then
    new.confirmed_at := null;
  end if;
  return new;
end
$$;
comment on function contact_check() is 'Completes and checks a contact. A changed address must be confirmed again.';

create or replace trigger contact_check before insert or update on contact
for each row execute function contact_check();
comment on trigger contact_check on contact is 'Normalises the row.';

create or replace function contact_check_domain() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  name text;
begin
  select s.name into name from served_domain s where s.name = address_domain(new.address) and s.domain = new.domain;
  if found then
    raise exception using errcode = 'check_violation', message = format(
      'contact %s is in %s, a name of %s: an alert could not reach it while the server of that domain is down; use an address elsewhere, '
      'as in admin@example.org', new.address, name, new.domain);
  end if;
  return null;
end
$$;
comment on function contact_check_domain() is 'Refuses a mail contact in the domain itself, by any of its names.';

create or replace trigger contact_check_domain after insert or update on contact
for each row when (new.kind = 'mail') execute function contact_check_domain();
comment on trigger contact_check_domain on contact is 'Refuses contacts that the domain''s own server would have to reach.';

create or replace function contact_check_number() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  perform from domain where name = new.domain for no key update;
  if (select count(*) from contact where domain = new.domain and kind = 'sms') > 2 then
    raise exception using errcode = 'check_violation', message = format(
      'domain "%s" has two sms contacts already, which is the maximum: delete one before adding %s', new.domain, new.address);
  end if;
  return null;
end
$$;
comment on function contact_check_number() is
  'Refuses a third telephone number. Locks the domain while it counts, so that two sessions cannot both add the second.';

create or replace trigger contact_check_number after insert or update on contact
for each row when (new.kind = 'sms') execute function contact_check_number();
comment on trigger contact_check_number on contact is 'Counts telephone numbers.';
