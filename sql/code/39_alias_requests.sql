-- Alias domains that domain admins claim. A claimed name takes mail only after a node has found the token of that claim in DNS, at
-- _emailgency below the name: whoever can write there controls the name. The operator adds aliases by rows, without proof.

comment on table domain_alias_request is 'Names that customers claim as alias domains, until DNS shows that they are theirs.';
comment on column domain_alias_request.name is 'The claimed name, lower case, international names as A-labels.';
comment on column domain_alias_request.domain is 'The domain whose alias it is to be.';
comment on column domain_alias_request.token is 'The token of this claim alone; a claim that is made again has another.';
comment on column domain_alias_request.requested_by is 'Login that claimed it.';
comment on column domain_alias_request.requested_at is 'Time of the claim, which ends after alias_request_days().';
comment on column domain_alias_request.due_at is 'Earliest time of the next look-up; infinity: not before somebody asks for one.';
comment on column domain_alias_request.lease_node is 'Node that looks it up.';
comment on column domain_alias_request.lease_until is 'End of the lease of that node.';
comment on column domain_alias_request.checked_at is 'Time of the latest look-up.';
comment on column domain_alias_request.outcome is
  'What it found: missing (no such record), other (records without the token), failed (DNS did not answer), taken (the name is served already).';

create or replace function alias_request_days() returns integer
language sql immutable parallel safe
return 14;
comment on function alias_request_days() is 'Days after which a claim ends that nothing has proved.';

create or replace function alias_requests_most() returns integer
language sql immutable parallel safe
return 10;
comment on function alias_requests_most() is 'Claims that a domain, and a login, may have at a time.';

create or replace function aliases_most() returns integer
language sql immutable parallel safe
return 100;
comment on function aliases_most() is 'Alias domains up to which a domain admin may add further ones.';

-- Refused: a name that is served, or that lies below one of another customer, whose zone may have a wildcard that leads
-- elsewhere; or one of the service itself. The message names no other customer.
create or replace function alias_request_fault(home text, wanted text) returns text
language plpgsql stable security definer set search_path = emailgency, pg_temp as $$
declare
  own constant text := nullif(setting_value('service_domain'), '');
  upper_names constant text[] := array(
    select array_to_string(l.labels[n:], '.') from (select string_to_array(wanted, '.') as labels) as l, generate_series(1, cardinality(l.labels)) as n);
begin
  if domain_name_fault(wanted) is not null then
    return domain_name_fault(wanted);
  elsif exists (select from served_domain s where s.name = wanted and s.domain = home) then
    return format('"%s" is a name of "%s" already', wanted, home);
  elsif wanted = own or wanted like '%.' || own
    or wanted = any (string_to_array(lower(setting_in_force('mx_hosts')), ' '))
    or exists (select from served_domain s where s.name = any (upper_names) and (s.name = wanted or s.domain <> home)) then
    return format('"%s" cannot be claimed: it is a name of this service, or below one; ask the operator to add it', wanted);
  end if;
  return null;
end
$$;
comment on function alias_request_fault(text, text) is 'Why a domain cannot claim a name; null: it can. The operator may still add it.';

-- The row of domain_room makes sessions count one after the other, and that of the account those of its other domains.
create or replace function alias_request_room(home text, login text) returns void
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  perform pg_advisory_xact_lock(hashtext('domain_alias_request'), hashtext(alias_request_room.login));
  insert into domain_room (domain) values (home) on conflict do nothing;
  perform from domain_room r where r.domain = home for update;
  if (select count(*) from domain_alias_request r where r.domain = home) >= alias_requests_most()
    or (select count(*) from domain_alias_request r where r.requested_by = alias_request_room.login) >= alias_requests_most() then
    raise exception using errcode = 'program_limit_exceeded', message = format(
      '%s names are claimed already, which is the maximum: prove them or withdraw one, as in select withdraw_alias(''%s'', ''example.org'')',
      alias_requests_most(), home);
  elsif (select count(*) from domain_alias a where a.domain = home) >= aliases_most() then
    raise exception using errcode = 'program_limit_exceeded', message = format(
      'domain "%s" has %s alias domains: the operator adds more', home, aliases_most());
  end if;
end
$$;
comment on function alias_request_room(text, text) is 'Refuses one claim too many of a domain or a login.';

create or replace function request_alias(domain text, name text) returns text
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  home constant text := administered_domain(request_alias.domain);
  wanted constant text := rtrim(fold(btrim(request_alias.name)), '.');
  made text;
begin
  if setting_value('alias_self_service') = 'off' then
    raise exception using errcode = 'object_not_in_prerequisite_state', message =
      'only the operator adds alias domains here: ask the operator for it (setting alias_self_service)';
  end if;
  perform accept(alias_request_fault(home, wanted));
  perform alias_request_room(home, acting_login());
  insert into domain_alias_request (name, domain, token, requested_by)
  values (wanted, home, replace(gen_random_uuid()::text, '-', ''), acting_login())
  on conflict on constraint domain_alias_request_repeated do nothing
  returning token into made;
  if made is null then
    raise exception using errcode = 'unique_violation', message = format('"%s" is claimed for "%s" already', wanted, home);
  end if;
  return alias_request_record(wanted, made);
end
$$;
comment on function request_alias(text, text) is
  'Claims a name as an alias domain: select request_alias(''example.com'', ''example.org''). Returns the record that DNS is to have; until a node '
  'finds it there, the name takes no mail.';

create or replace function alias_request_record(name text, token text) returns text
language sql immutable parallel safe
return format('_emailgency.%s. TXT "emailgency=%s"', name, token);
comment on function alias_request_record(text, text) is 'The record that proves a claim.';

create or replace function check_alias(domain text, name text) returns void
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  home constant text := administered_domain(check_alias.domain);
  wanted constant text := fold(btrim(check_alias.name));
  pause constant interval := '30 seconds';
  claimed domain_alias_request;
begin
  select r.* into claimed from domain_alias_request r where r.name = wanted and r.domain = home for update;
  if claimed.name is null then
    raise exception using errcode = 'no_data_found', message = format(
      '"%s" is not claimed for "%s": first select request_alias(''%2$s'', ''%1$s'')', left(wanted, 253), home);
  elsif claimed.checked_at + pause > now() then
    raise exception using errcode = 'object_not_in_prerequisite_state', message = format(
      '"%s" was looked up at %s: the next look-up is possible from %s on', wanted, to_char(claimed.checked_at, 'HH24:MI:SS TZ'),
      to_char(claimed.checked_at + pause, 'HH24:MI:SS TZ'));
  end if;
  update domain_alias_request r set due_at = least(r.due_at, now()) where r.name = wanted and r.domain = home;
end
$$;
comment on function check_alias(text, text) is
  'Has the record of a claimed name looked up now: select check_alias(''example.com'', ''example.org''). At most once in thirty seconds.';

create or replace function withdraw_alias(domain text, name text) returns void
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  home constant text := administered_domain(withdraw_alias.domain);
begin
  delete from domain_alias_request r where r.name = fold(btrim(withdraw_alias.name)) and r.domain = home;
  if not found then
    raise exception using errcode = 'no_data_found', message = format('"%s" is not claimed for "%s"', left(withdraw_alias.name, 253), home);
  end if;
end
$$;
comment on function withdraw_alias(text, text) is 'Ends a claim: select withdraw_alias(''example.com'', ''example.org'').';

-- For the nodes. A look-up is due at the claim, when somebody asks, and else each hour.
create or replace function claim_alias_checks(node text, count integer, lease integer) returns table (name text, domain text, token text)
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  delete from domain_alias_request r where (r.name, r.domain) in (
    select e.name, e.domain from domain_alias_request e where e.requested_at < now() - make_interval(days => alias_request_days())
    limit claim_alias_checks.count for update skip locked);
  if setting_value('alias_self_service') = 'off' then
    return;
  end if;
  return query
  update domain_alias_request r set lease_node = claim_alias_checks.node, lease_until = now() + make_interval(secs => lease)
  from (
    select q.name, q.domain from domain_alias_request q where q.due_at <= now() and q.lease_until < now()
    order by q.due_at limit claim_alias_checks.count for update skip locked) as due
  where r.name = due.name and r.domain = due.domain
  returning r.name, r.domain, r.token;
end
$$;
comment on function claim_alias_checks(text, integer, integer) is
  'Leases due claims to a node, for this many seconds, with the token that a TXT record of _emailgency.NAME is to have. Removes claims that have ended.';

-- The name may have become another customer's since, or the token another one: a proof counts only for the claim that was leased.
create or replace function record_alias_check(node text, name text, domain text, token text, outcome text) returns text
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  claimed domain_alias_request;
  result text := record_alias_check.outcome;
begin
  select r.* into claimed from domain_alias_request r
  where r.name = record_alias_check.name and r.domain = record_alias_check.domain and r.token = record_alias_check.token
    and r.lease_node = record_alias_check.node and r.lease_until > '-infinity' for update;
  if claimed.name is null then
    return null;
  end if;
  if result = 'proved' then
    begin
      if alias_request_fault(claimed.domain, claimed.name) is not null then
        raise unique_violation;
      end if;
      perform set_config('emailgency.author', claimed.requested_by, true);
      insert into domain_alias (name, domain) values (claimed.name, claimed.domain);
      delete from domain_alias_request r where r.name = claimed.name and r.domain = claimed.domain;
      return 'proved';
    exception when unique_violation then
      result := 'taken';
    end;
  end if;
  update domain_alias_request r set outcome = result, checked_at = now(), lease_until = '-infinity', due_at = now() + interval '1 hour'
  where r.name = claimed.name and r.domain = claimed.domain;
  return result;
end
$$;
comment on function record_alias_check(text, text, text, text, text) is
  'What a leased look-up found: proved (the token is there: the name is an alias domain from now on), missing, other or failed. Returns the outcome, which '
  'is taken where the name is served already; null: the claim was withdrawn, made again, or leased to another node.';
