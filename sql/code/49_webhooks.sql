-- Contacts of kind webhook: alerts that go to a customer's web service by HTTPS.

create or replace function contact_check_webhook() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  if not setting_in_force('webhooks_allowed')::boolean then
    raise exception using errcode = 'feature_not_supported', message = format(
      'this service sends no webhooks, so %s would get nothing: add a mail contact, as in insert into contact (domain, kind, address) '
      'values (''%s'', ''mail'', ''admin@example.org'')', left(new.address, 200), new.domain),
      hint = 'The operator allows them: update setting set value = ''true'' where name = ''webhooks_allowed''.';
  end if;
  perform from domain where name = new.domain for no key update;
  if (select count(*) from contact where domain = new.domain and kind = 'webhook') > 2 then
    raise exception using errcode = 'check_violation', message = format(
      'domain "%s" has two webhook contacts already, which is the maximum: delete one before adding %s', new.domain, left(new.address, 200));
  end if;
  return null;
end
$$;
comment on function contact_check_webhook() is
  'Refuses webhooks while setting webhooks_allowed is off, and a third one. Locks the domain while it counts, so that two sessions '
  'cannot both add the second.';

create or replace trigger contact_check_webhook after insert or update of domain, kind, address on contact
for each row when (new.kind = 'webhook') execute function contact_check_webhook();
comment on trigger contact_check_webhook on contact is 'Counts webhooks, and refuses them where the operator does not allow any.';
