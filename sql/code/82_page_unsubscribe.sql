-- The one action without a session: the console has checked the signature of the link.

create or replace function act_unsubscribe(params jsonb) returns jsonb
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  domain constant text := view_text(params, 'domain', 254);
  address constant text := view_text(params, 'address', 320);
begin
  perform set_config('emailgency.author', address, true);
  perform unsubscribe_report(domain, address);
  return '{}';
end
$$;
comment on function act_unsubscribe(jsonb) is
  'Ends the monthly reports to a contact (domain, address), whose link was right; it is the author of that edit. Whether there is such a contact is not '
  'said.';
