-- SMTP deny. A denial has one owner: an operator if one asked for it, or else the domain admin who asked first. The service's own
-- denials (deny_automatically) have the owner emailgency, and each admin of the domain may lift them.

create or replace function deny_owner(was_denied boolean, denied_by text) returns text
language sql stable set search_path = emailgency, pg_temp
return case
  -- Whoever else sets it remains the owner.
  when not was_denied and current_setting('emailgency.automatic', true) = 'on' and not is_domain_admin() then 'emailgency'
  when was_denied and not is_operator() then denied_by
  else acting_login()
end;
comment on function deny_owner(boolean, text) is
  'The owner of a denial that is being written: an operator takes it over, a domain admin never does; emailgency if it is automatic.';

create or replace function denial_is_operators(denied_by text, domain_name text) returns boolean
language sql stable security definer set search_path = emailgency, pg_temp as $$
  select denied_by is distinct from 'emailgency' and not exists (select from domain_admin a where a.login = denied_by and a.domain = domain_name)
    or exists (select from pg_roles r where r.rolname = denied_by and pg_has_role(r.oid, 'emailgency_operator', 'member'));
$$;
comment on function denial_is_operators(text, text) is 'True if a denial with that owner, in a domain, is the operator''s.';

create or replace function denied_by_operator(denied_by text, domain_name text) returns boolean
language sql stable security definer set search_path = emailgency, pg_temp
return administers(domain_name) and denial_is_operators(denied_by, domain_name);
comment on function denied_by_operator(text, text) is 'The same for the admins of the domain; false to others.';

create or replace function check_deny_lifted(denied_by text, what text, domain_name text) returns void
language plpgsql stable security definer set search_path = emailgency, pg_temp as $$
begin
  if is_operator() then
    return;
  end if;
  if denial_is_operators(denied_by, domain_name) then
    raise exception using errcode = 'insufficient_privilege',
      message = format('sending was denied to %s by the operator; only the operator can allow it again', what);
  end if;
end
$$;
comment on function check_deny_lifted(text, text, text) is
  'Refuses to lift a denial that neither the domain''s admins nor the service set. An operator''s denial remains the operator''s, whatever '
  'domains are granted to that login.';

create or replace function domain_check_deny() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  if tg_op = 'INSERT' then
    new.smtp_denied_by := case when new.smtp_deny then acting_login() end;
  elsif new.smtp_deny then
    new.smtp_denied_by := deny_owner(old.smtp_deny, old.smtp_denied_by);
  else
    if old.smtp_deny then
      perform check_deny_lifted(old.smtp_denied_by, format('domain "%s"', old.name), old.name);
    end if;
    new.smtp_denied_by := null;
    -- A domain admin could send without limit otherwise.
    if is_operator() then
      new.sending_allowed_at := clock_timestamp();
    end if;
  end if;
  return new;
end
$$;
comment on function domain_check_deny() is 'Maintains domain.smtp_denied_by and sending_allowed_at, and refuses to lift another''s denial.';

-- "update of smtp_deny" also fires if the value does not change.
create or replace trigger domain_check_deny before insert or update of smtp_deny on domain
for each row execute function domain_check_deny();
comment on trigger domain_check_deny on domain is 'Maintains the owner of a denial.';

create or replace function mailbox_check_deny() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  if tg_op = 'INSERT' then
    new.smtp_denied_by := case when new.smtp_deny then acting_login() end;
  elsif new.smtp_deny then
    new.smtp_denied_by := deny_owner(old.smtp_deny, old.smtp_denied_by);
  else
    if old.smtp_deny then
      perform check_deny_lifted(old.smtp_denied_by, format('"%s"', old.address), old.domain);
    end if;
    new.smtp_denied_by := null;
    new.sending_allowed_at := clock_timestamp();
  end if;
  return new;
end
$$;
comment on function mailbox_check_deny() is 'Maintains mailbox.smtp_denied_by and sending_allowed_at, and refuses to lift another''s denial.';

create or replace trigger mailbox_check_deny before insert or update of smtp_deny on mailbox
for each row execute function mailbox_check_deny();
comment on trigger mailbox_check_deny on mailbox is 'Maintains the owner of a denial.';

create or replace function mailbox_check_removal() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  home record;
begin
  if old.smtp_deny then
    perform check_deny_lifted(old.smtp_denied_by, format('"%s"', old.address), old.domain);
  end if;
  -- Held mail of a login that is gone would be nobody's. Where the domain is deleted, its row is gone already.
  select d.smtp_deny, d.smtp_denied_by into home from domain d where d.name = old.domain;
  if home.smtp_deny and not old.smtp_deny_exempt then
    perform check_deny_lifted(home.smtp_denied_by, format('domain "%s"', old.domain), old.domain);
  end if;
  return old;
end
$$;
comment on function mailbox_check_removal() is 'Refuses to lift the operator''s denial, of the mailbox or of its domain, by deleting the mailbox.';

create or replace trigger mailbox_check_removal before delete on mailbox
for each row execute function mailbox_check_removal();
comment on trigger mailbox_check_removal on mailbox is 'Checks the deletion of a mailbox that may not send.';

create or replace function deny_sending(name text) returns void
language plpgsql set search_path = emailgency, pg_temp as $$
declare
  changed text;
begin
  if deny_sending.name like '%@%' then
    changed := require_mailbox(deny_sending.name);
    update mailbox m set smtp_deny = true where m.address = changed;
    if is_operator() then
      update mailbox m set smtp_deny_exempt = false where m.address = changed;
    end if;
  else
    changed := canonical_domain(deny_sending.name);
    update domain d set smtp_deny = true where d.name = changed;
  end if;
end
$$;
comment on function deny_sending(text) is
  'Denies sending to a mailbox or a whole domain: select deny_sending(''user@example.com'').';

create or replace function allow_sending(name text) returns void
language plpgsql set search_path = emailgency, pg_temp as $$
declare
  changed text;
begin
  if allow_sending.name not like '%@%' then
    changed := canonical_domain(allow_sending.name);
    update domain d set smtp_deny = false where d.name = changed;
    return;
  end if;
  changed := require_mailbox(allow_sending.name);
  update mailbox m set smtp_deny = false where m.address = changed;
  if exists (select from domain d where d.name = address_domain(changed) and d.smtp_deny) then
    if not is_operator() then
      raise exception using errcode = 'insufficient_privilege', message = format(
        'the whole domain "%1$s" is denied sending; only the operator can exempt a mailbox: select allow_sending(''%1$s'')',
        address_domain(changed));
    end if;
    update mailbox m set smtp_deny_exempt = true where m.address = changed;
  end if;
end
$$;
comment on function allow_sending(text) is
  'Allows sending again, to a mailbox or a domain, and begins to count what it sends with 0; of a domain only in the operator''s call. In a '
  'domain that is denied, the operator''s call exempts the mailbox.';
