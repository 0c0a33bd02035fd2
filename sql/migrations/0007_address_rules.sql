-- The rules of the rows that belong to a domain.

create function mailbox_check_limits(checked mailbox) returns void
language plpgsql stable security definer set search_path = emailgency, pg_temp as $$
declare
  limits plan;
  room bigint;
begin
  select p.* into limits from plan p join domain d on d.plan = p.name where d.name = checked.domain;
  room := case when checked.candidate then limits.candidate_quota when checked.vip then limits.vip_quota else limits.mailbox_quota end;
  if checked.quota > room then
    raise exception using errcode = 'check_violation', message = format(
      'quota %s of "%s" is more than plan "%s" gives: use at most %s, or null for just that',
      checked.quota, checked.address, limits.name, room);
  elsif checked.expiry_days > limits.expiry_days then
    raise exception using errcode = 'check_violation', message = format(
      'expiry_days %s of "%s" is more than plan "%s" gives: use at most %s, or null for just that',
      checked.expiry_days, checked.address, limits.name, limits.expiry_days);
  end if;
end
$$;
comment on function mailbox_check_limits(mailbox) is 'Refuses a quota or an expiry beyond the plan.';

create function mailbox_check() returns trigger
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
  if coalesce(new.quota, new.expiry_days) is not null and (tg_op = 'INSERT' or
    (new.quota, new.expiry_days, new.vip, new.candidate) is distinct from (old.quota, old.expiry_days, old.vip, old.candidate)) then
    perform emailgency.mailbox_check_limits(new);
  end if;
  if tg_op = 'UPDATE' and old.smtp_deny and not new.smtp_deny and not emailgency.is_operator() then
    perform emailgency.check_deny_lifted(old.smtp_denied_by, format('"%s"', old.address), old.domain);
  end if;
  if new.smtp_deny and (tg_op = 'INSERT' or not old.smtp_deny) then
    new.smtp_denied_by := current_user;
  elsif not new.smtp_deny then
    new.smtp_denied_by := null;
  end if;
  return new;
end
$$;
comment on function mailbox_check() is 'Fills in and checks a mailbox.';

create function address_of_domain_fault(address text, domain_name text) returns text
language sql immutable parallel safe
return case
  when address_domain(address) = domain_name then null
  else format('address "%s" is not of domain "%s": write %s@%s, or leave the domain out',
    address, domain_name, address_local_part(address), domain_name)
end;
comment on function address_of_domain_fault(text, text) is 'What is wrong with an address that must lie in a domain; null if nothing.';

alter table mailbox add constraint mailbox_address_of_other_domain check (accept(address_of_domain_fault(address, domain)));

alter table alias add constraint alias_address_of_other_domain check (accept(address_of_domain_fault(address, domain)));

create trigger mailbox_check before insert or update on mailbox
for each row execute function mailbox_check();

create function mailbox_check_removal() returns trigger
language plpgsql as $$
begin
  if not emailgency.is_operator() then
    perform emailgency.check_deny_lifted(old.smtp_denied_by, format('"%s"', old.address), old.domain);
  end if;
  return old;
end
$$;
comment on function mailbox_check_removal() is 'Refuses to lift the operator''s denial by making the mailbox anew.';

create trigger mailbox_check_removal before delete on mailbox
for each row when (old.smtp_deny) execute function mailbox_check_removal();

create function mailbox_check_room(domains text[], candidates boolean) returns void
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  crowded record;
begin
  perform from domain where name = any (domains) order by name for no key update;
  select d.name, d.plan, m.number, limits.room, case when candidates then 'candidates' else 'mailboxes' end as kind into crowded
  from unnest(domains) as grown (name) join domain d using (name) join plan p on p.name = d.plan
  cross join lateral (values (case when candidates then p.max_candidates else p.max_mailboxes end)) as limits (room)
  cross join lateral (select count(*) as number from mailbox where domain = d.name and candidate = candidates) as m
  where m.number > limits.room
  limit 1;
  if found then
    raise exception using errcode = 'check_violation', message = format(
      'domain "%s" would have %s %s, plan "%s" gives %s: remove some, or have the plan changed, as in plan = ''premium''',
      crowded.name, crowded.number, crowded.kind, crowded.plan, crowded.room);
  end if;
end
$$;
comment on function mailbox_check_room(text[], boolean) is
  'Refuses more mailboxes than the plan gives. Locks the domains while it counts, so that two sessions cannot both take the last place.';

create function mailbox_check_number() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  grown text[];
  grown_in_candidates text[];
begin
  if tg_op = 'INSERT' then
    select array_agg(distinct domain) filter (where not candidate), array_agg(distinct domain) filter (where candidate)
    into grown, grown_in_candidates from new_rows;
  else
    select array_agg(distinct domain) filter (where not candidate), array_agg(distinct domain) filter (where candidate)
    into grown, grown_in_candidates
    from (select address, domain, candidate from new_rows except select address, domain, candidate from old_rows) as moved;
  end if;
  perform mailbox_check_room(grown, false) where grown is not null;
  perform mailbox_check_room(grown_in_candidates, true) where grown_in_candidates is not null;
  return null;
end
$$;
comment on function mailbox_check_number() is 'Finds the domains that a statement gave mailboxes, and counts theirs.';

create trigger mailbox_check_number_insert after insert on mailbox
referencing new table as new_rows
for each statement execute function mailbox_check_number();

create trigger mailbox_check_number_update after update on mailbox
referencing old table as old_rows new table as new_rows
for each statement execute function mailbox_check_number();

create function alias_check() returns trigger
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

create trigger alias_check before insert or update on alias
for each row execute function alias_check();

create function whitelist_check() returns trigger
language plpgsql as $$
begin
  new.domain := emailgency.fold(new.domain);
  new.entry := emailgency.network_text(emailgency.fold_address(new.entry));
  perform emailgency.require_domain(new.domain, new.domain);
  return new;
end
$$;
comment on function whitelist_check() is 'Brings a white list entry into its one spelling.';

create trigger whitelist_check before insert or update on whitelist
for each row execute function whitelist_check();

create function dnsbl_check() returns trigger
language plpgsql as $$
begin
  new.zone := emailgency.fold(new.zone);
  return new;
end
$$;
comment on function dnsbl_check() is 'Folds the case of a DNS block list.';

create trigger dnsbl_check before insert or update on dnsbl
for each row execute function dnsbl_check();

create function contact_check() returns trigger
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

create trigger contact_check before insert or update on contact
for each row execute function contact_check();

create function contact_check_number() returns trigger
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

create trigger contact_check_number after insert or update on contact
for each row when (new.kind = 'sms') execute function contact_check_number();

create function domain_admin_check() returns trigger
language plpgsql as $$
begin
  new.domain := emailgency.fold(new.domain);
  perform emailgency.require_domain(new.domain, new.domain);
  if not exists (select from pg_roles where rolname = new.login) then
    raise exception using errcode = 'foreign_key_violation', message = format(
      'login "%s" is not there: first create role %s login in role emailgency_domain_admin', new.login, quote_ident(new.login));
  end if;
  return new;
end
$$;
comment on function domain_admin_check() is 'Refuses grants to logins or of domains that are not there.';

create trigger domain_admin_check before insert or update on domain_admin
for each row execute function domain_admin_check();
