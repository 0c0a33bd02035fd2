create or replace function deny_owner(was_denied boolean, denied_by text) returns text
language sql stable set search_path = emailgency, pg_temp
return case when was_denied and not is_operator() then denied_by else acting_role() end;
comment on function deny_owner(boolean, text) is 'Whose denial it is that is written now: an operator takes it over, a domain admin never does.';

-- SMTP deny has one owner: the operator wherever the operator asks for it, else who asked first.
create or replace function check_deny_lifted(denied_by text, what text, domain_name text) returns void
language plpgsql stable security definer set search_path = emailgency, pg_temp as $$
begin
  if is_operator() then
    return;
  end if;
  if not exists (select from domain_admin where login = denied_by and domain = domain_name)
    or exists (select from pg_roles where rolname = denied_by and pg_has_role(oid, 'emailgency_operator', 'member')) then
    raise exception using errcode = 'insufficient_privilege',
      message = format('sending was denied to %s by the operator, who alone can allow it again', what);
  end if;
end
$$;
comment on function check_deny_lifted(text, text, text) is
  'Refuses a domain admin who lifts what none of the domain''s admins denied. What an operator denied is the operator''s, granted domains or not.';

create or replace function domain_check_deny() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  if tg_op = 'INSERT' then
    new.smtp_denied_by := case when new.smtp_deny then acting_role() end;
  elsif new.smtp_deny then
    new.smtp_denied_by := deny_owner(old.smtp_deny, old.smtp_denied_by);
  else
    if old.smtp_deny then
      perform check_deny_lifted(old.smtp_denied_by, format('domain "%s"', old.name), old.name);
    end if;
    new.smtp_denied_by := null;
  end if;
  return new;
end
$$;
comment on function domain_check_deny() is 'Keeps smtp_denied_by of a domain, and refuses to lift what is not the writer''s.';

-- "of smtp_deny": also where the value written is the one that is there.
create or replace trigger domain_check_deny before insert or update of smtp_deny on domain
for each row execute function domain_check_deny();

create or replace function mailbox_check_deny() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  if tg_op = 'INSERT' then
    new.smtp_denied_by := case when new.smtp_deny then acting_role() end;
  elsif new.smtp_deny then
    new.smtp_denied_by := deny_owner(old.smtp_deny, old.smtp_denied_by);
  else
    if old.smtp_deny then
      perform check_deny_lifted(old.smtp_denied_by, format('"%s"', old.address), old.domain);
    end if;
    new.smtp_denied_by := null;
  end if;
  return new;
end
$$;
comment on function mailbox_check_deny() is 'Keeps smtp_denied_by of a mailbox, and refuses to lift what is not the writer''s.';

create or replace trigger mailbox_check_deny before insert or update of smtp_deny on mailbox
for each row execute function mailbox_check_deny();

create or replace function mailbox_check_removal() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  perform check_deny_lifted(old.smtp_denied_by, format('"%s"', old.address), old.domain);
  return old;
end
$$;
comment on function mailbox_check_removal() is 'Refuses to lift the operator''s denial by making the mailbox anew.';

create or replace trigger mailbox_check_removal before delete on mailbox
for each row when (old.smtp_deny) execute function mailbox_check_removal();

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
comment on function deny_sending(text) is 'Denies sending to a mailbox or to all of a domain: select deny_sending(''user@example.com'').';

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
        'all of domain "%1$s" is denied sending, and only the operator can exempt a mailbox: select allow_sending(''%1$s'')',
        address_domain(changed));
    end if;
    update mailbox m set smtp_deny_exempt = true where m.address = changed;
  end if;
end
$$;
comment on function allow_sending(text) is
  'Allows sending again, to a mailbox or to a domain. Where the whole domain is denied, an operator''s call exempts the mailbox from it.';
