-- Where mail for postmaster goes that nobody else takes (RFC 5321 section 4.5.1).

create function setting_check_postmaster() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  new.value := fold_address(new.value);
  if new.value <> '' and address_fault(new.value) is not null then
    raise exception using errcode = 'check_violation',
      message = format('setting postmaster: %s; or leave it empty', address_fault(new.value));
  end if;
  return new;
end
$$;
comment on function setting_check_postmaster() is 'Refuses a postmaster that is no mail address.';
revoke execute on function setting_check_postmaster() from public;

create trigger setting_check_postmaster before insert or update on setting
for each row when (new.name = 'postmaster') execute function setting_check_postmaster();

insert into setting_definition (name, type, default_value, minimum, maximum, choices, pattern, comment) values
  ('postmaster', 'text', '', null, null, null, '^.*$',
    'The operator''s own mail address, as in admin@example.org: takes mail for postmaster, at our own host names and at each domain where neither a row nor the customer''s server does. Empty: such mail is refused or bounces.');

insert into setting (name, value)
select d.name, d.default_value from setting_definition d
on conflict do nothing;
