-- Round trips (monitoring = active): probe mail, at most one pending for each domain; claimed with a lease, sent, and seen again
-- or lost.

comment on table round_trip is 'Probe mail of the domains with monitoring = active and a probe_address.';
comment on column round_trip.domain is 'The domain.';
comment on column round_trip.id is 'Number of the domain in the tokens of its probes.';
comment on column round_trip.sequence is 'Number of its latest probe.';
comment on column round_trip.state is 'idle: none is pending; claimed: a node is about to send it; sent.';
comment on column round_trip.due_at is 'Time of the next probe.';
comment on column round_trip.lease_node is 'Node that sends, or sent, the latest probe.';
comment on column round_trip.lease_until is 'End of the lease of that node.';
comment on column round_trip.sent_at is 'Time of the latest probe.';
comment on column round_trip.arrived is 'Number of the latest probe that came back.';
comment on column round_trip.arrived_at is 'When it did.';
comment on column round_trip.seconds is 'Seconds from its sending until then.';
comment on column round_trip.late is 'How many of the latest probes that came back were late, in a row.';
comment on column round_trip.losses is 'How many of the latest probes were lost, in a row.';
comment on column round_trip.lost_at is 'When a probe was last given up.';
comment on column round_trip.reply is 'Observation about the latest probe, such as the error of sendmail(1).';

-- ---- the addresses

-- Probe mail goes to a customer's own server only: a customer could have us mail anybody otherwise.
create or replace function probe_address_fault(checked domain) returns text
language sql stable security definer set search_path = emailgency, pg_temp as $$
  select case
    when a.name not in (checked.name, coalesce(checked.alternate_name, ''))
      and not exists (select from domain_alias n where n.name = a.name and n.domain = checked.name) then
      format('probe_address "%s" is not at "%s" or one of its other names: probe mail goes to the domain''s own server, as in '
        'probe_address = ''probe@%2$s''', checked.probe_address, checked.name)
    when length(a.local) - length(replace(a.local, '{token}', '')) > length('{token}')
      or octet_length(replace(a.local, '{token}', repeat('a', 47))) > 64 then
      format('probe_address "%s" has no room for a token of 47 characters in its local part of 64: write it as in '
        'probe_address = ''probe+{token}@%s'', or without {token}', checked.probe_address, checked.name)
  end
  from (select address_domain(checked.probe_address) as name, address_local_part(checked.probe_address) as local) as a
  where checked.probe_address is not null and address_fault(checked.probe_address) is null;
$$;
comment on function probe_address_fault(domain) is 'The fault in the probe_address of a domain, as a message; null if there is none.';

create or replace function domain_check_probe_address() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  if tg_op = 'UPDATE' and new.name <> old.name and address_domain(new.probe_address) = old.name then
    new.probe_address := address_local_part(new.probe_address) || '@' || new.name;
  end if;
  perform accept(probe_address_fault(new));
  return new;
end
$$;
comment on function domain_check_probe_address() is
  'Refuses a probe_address outside the domain. One at a name that the domain had until now is moved to the new one.';

create or replace trigger domain_check_probe_address before insert or update of name, probe_address on domain
for each row when (new.probe_address is not null) execute function domain_check_probe_address();
comment on trigger domain_check_probe_address on domain is 'Checks probe_address. Fires after domain_check, by its name.';

create or replace function setting_check_round_trip() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  holder served_domain;
begin
  new.value := fold_address(new.value);
  if new.value = '' then
    return new;
  end if;
  if address_fault(new.value) is not null then
    raise exception using errcode = 'check_violation',
      message = format('setting round_trip_address: %s; or leave it empty', address_fault(new.value));
  end if;
  select * into holder from served_domain where name = address_domain(new.value);
  if found then
    raise exception using errcode = 'check_violation', message = format(
      'setting round_trip_address cannot be at "%s", which is a name of the customer''s domain "%s": give probes a domain of their own, as '
      'in rt@probe.example.org', holder.name, holder.domain);
  end if;
  return new;
end
$$;
comment on function setting_check_round_trip() is 'Refuses a round-trip address that is none, or at a customer''s domain.';

create or replace trigger setting_check_round_trip before insert or update on setting
for each row when (new.name = 'round_trip_address') execute function setting_check_round_trip();
comment on trigger setting_check_round_trip on setting is 'Checks setting round_trip_address. Fires after setting_check, by its name.';

create or replace function served_domain_check_round_trip() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  if new.name = address_domain(setting_in_force('round_trip_address')) then
    raise exception using errcode = 'check_violation', message = format(
      'domain name "%s" is that of setting round_trip_address, to which probe mail returns: no customer can have it; write another one',
      new.name);
  end if;
  return new;
end
$$;
comment on function served_domain_check_round_trip() is 'Refuses the domain of round trips as a customer''s.';

create or replace trigger served_domain_check_round_trip before insert on served_domain
for each row execute function served_domain_check_round_trip();
comment on trigger served_domain_check_round_trip on served_domain is 'Keeps the domain of round trips apart.';

-- ---- which domains, and when

-- Read for thousands of domains every few seconds, so it calls no function for a row. An alias domain may have gone since probe_address
-- was written. Those who ask about a domain say "offset 0", which makes it a look-up by key whatever the statistics are: as a join it
-- can become quadratic.
create or replace view round_trip_wanted as
select d.name, d.probe_address
from domain d join served_domain s on s.name = address_domain(d.probe_address) and s.domain = d.name
where d.monitoring = 'active' and d.probe_address is not null and (d.mode = 'backup' or d.transport is not null)
  and (select setting_value('round_trip_address')) <> '';
comment on view round_trip_wanted is
  'The domains whose probe mail goes round: monitoring = active, a server of their own, and an address there.';
comment on column round_trip_wanted.name is 'The domain.';
comment on column round_trip_wanted.probe_address is 'The recipient of its probe mail.';

-- A domain whose row is locked is left to the next call, so that the others do not wait.
create or replace function plan_round_trips(count integer) returns void
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  delete from round_trip r where r.domain = any (array(
    select q.domain from round_trip q where not exists (select from round_trip_wanted w where w.name = q.domain offset 0)
    limit plan_round_trips.count for update of q skip locked));
  perform close_incident(i.domain, i.kind, i.subject, true) from incident i
  where i.closed_at is null and i.kind = 'round_trip' and not exists (select from round_trip r where r.domain = i.domain)
  limit plan_round_trips.count;
  insert into round_trip (domain, due_at)
  select d.name, now() + random() * (select setting_seconds('round_trip_interval'))
  from (
    select e.name from domain e
    where e.monitoring = 'active' and e.probe_address is not null
      and not exists (select from round_trip r where r.domain = e.name offset 0)
      and exists (select from round_trip_wanted w where w.name = e.name offset 0)
    limit plan_round_trips.count for key share skip locked) as d
  on conflict do nothing;
end
$$;
comment on function plan_round_trips(integer) is
  'Brings round_trip to the domains with monitoring = active, at most so many at once; the first probes are spread over an interval.';

-- After the first loss the next probe goes at once, since two make an incident.
create or replace function round_trip_pause(losses integer) returns interval
language sql volatile security definer set search_path = emailgency, pg_temp as $$
  select setting_seconds('round_trip_interval') * case
    when losses = 1 then 0.1 * random()
    else (0.9 + 0.2 * random()) * least(2 ^ greatest(losses - 2, 0), 12)
  end;
$$;
comment on function round_trip_pause(integer) is 'The time until the next probe, after so many losses in a row, with jitter.';

-- ---- the course of a probe

-- Nothing is sent to a server that did not take mail lately: the probe would wait in the queue.
create or replace function claim_round_trips(node text, count integer, lease integer)
returns table (domain text, id integer, sequence integer, sent bigint, recipient text)
language sql security definer set search_path = emailgency, pg_temp as $$
  update round_trip r set state = 'claimed', sequence = r.sequence + 1, sent_at = now(), lease_node = claim_round_trips.node,
    lease_until = now() + make_interval(secs => lease), reply = ''
  from domain d
  where d.name = r.domain and r.domain = any (array(
    select q.domain from round_trip q
    where q.state <> 'sent' and q.due_at <= now() and q.lease_until < now()
      and exists (select from round_trip_wanted w where w.name = q.domain offset 0)
      and exists (select from probe p where p.domain = q.domain and p.state <> 'down' and length(p.results) > 0
        and get_bit(p.results, length(p.results) - 1) = 1 offset 0)
    order by q.due_at limit claim_round_trips.count for update of q skip locked))
  returning r.domain, r.id, r.sequence, extract(epoch from r.sent_at)::bigint, d.probe_address;
$$;
comment on function claim_round_trips(text, integer, integer) is
  'Leases due probes to a node, for this many seconds: the domain, its number, the probe''s number and time, and the address.';

create or replace function record_round_trip_sent(node text, domain text, sequence integer, error text) returns boolean
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  update round_trip r set state = case when error = '' then 'sent' else 'idle' end, lease_until = '-infinity',
    due_at = case when error = '' then r.due_at else now() + least(setting_seconds('round_trip_interval'), interval '1 minute') end,
    reply = left(error, 1000)
  where r.domain = record_round_trip_sent.domain and r.sequence = record_round_trip_sent.sequence and r.state = 'claimed'
    and r.lease_node = record_round_trip_sent.node;
  return found;
end
$$;
comment on function record_round_trip_sent(text, text, integer, text) is
  'A node has sent the probe that it claimed, or could not, which is no loss. False if it is not the pending one, as after it came '
  'back.';

create or replace function record_round_trip_arrival(id integer, sequence integer)
returns table (outcome text, domain text, seconds double precision)
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  trip round_trip;
  took double precision;
  is_late boolean;
begin
  select * into trip from round_trip r where r.id = record_round_trip_arrival.id for update;
  if not found then
    return query select 'unknown', '', 0::double precision;
    return;
  end if;
  took := extract(epoch from clock_timestamp() - trip.sent_at);
  if record_round_trip_arrival.sequence <> trip.sequence or trip.state = 'idle' then
    return query select case when record_round_trip_arrival.sequence <= trip.arrived then 'repeated' else 'expired' end,
      trip.domain::text, took;
    return;
  end if;
  is_late := took > setting_value('round_trip_late')::integer;
  update round_trip r set state = 'idle', lease_until = '-infinity', arrived = trip.sequence, arrived_at = now(), seconds = took,
    late = case when is_late then r.late + 1 else 0 end, losses = 0, reply = '',
    due_at = greatest(trip.sent_at + round_trip_pause(0), now())
  where r.id = trip.id;
  perform close_incident(trip.domain, 'round_trip', '');
  return query select case when is_late then 'late' else 'arrived' end, trip.domain::text, took;
end
$$;
comment on function record_round_trip_arrival(integer, integer) is
  'A probe came back: arrived or late ends its incident; repeated (it had come back before), expired (it had been given up) and unknown '
  '(no such domain) have no effect.';

create or replace function record_round_trip_return(id integer, sequence integer) returns boolean
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  update round_trip r set reply = 'it came back to its sender: undeliverable, or answered automatically'
  where r.id = record_round_trip_return.id and r.sequence = record_round_trip_return.sequence and r.state <> 'idle';
  return found;
end
$$;
comment on function record_round_trip_return(integer, integer) is
  'A bounce or an automatic reply to a probe came. It is noted; the probe may still come back. False if none is pending.';

create or replace function expire_round_trips(count integer) returns table (domain text, losses integer)
language sql security definer set search_path = emailgency, pg_temp as $$
  update round_trip r set state = 'idle', losses = r.losses + 1, lost_at = now(), due_at = now() + round_trip_pause(r.losses + 1)
  where r.domain = any (array(
    select q.domain from round_trip q where q.state = 'sent' and q.sent_at < now() - setting_seconds('round_trip_timeout')
    order by q.sent_at limit expire_round_trips.count for update skip locked))
  returning r.domain, r.losses;
$$;
comment on function expire_round_trips(integer) is 'Gives up probes that are pending for too long, at most so many.';

create or replace function round_trip_suspicion() returns text
language sql stable security definer set search_path = emailgency, pg_temp as $$
  select case when count(*) >= 10 and count(*) filter (where losses > 0) * 100 > count(*) * setting_value('suspect_self_percent')::integer
    then format('%s of %s probe mails were lost', count(*) filter (where losses > 0), count(*)) end
  from round_trip where arrived_at is not null or losses > 0;
$$;
comment on function round_trip_suspicion() is
  'What makes this service suspect: the probe mail of very many domains was lost at once. Null: nothing.';

create or replace function judge_round_trips(count integer) returns boolean
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  suspicion constant text := round_trip_suspicion();
begin
  if suspicion is not null then
    perform open_incident(null, 'self', 'round_trip', suspicion);
    return true;
  end if;
  perform close_incident(null, 'self', 'round_trip');
  -- A server that is down has an incident of its own.
  perform open_incident(l.domain, 'round_trip', '', format('%s probe mails to %s in a row did not come back within %s seconds%s', l.losses,
    l.probe_address, setting_value('round_trip_timeout'), case when l.reply = '' then '' else '; ' || l.reply end))
  from (
    select r.domain, r.losses, r.reply, d.probe_address from round_trip r join domain d on d.name = r.domain
    where r.losses > 1 and not exists (select from probe p where p.domain = r.domain and p.state = 'down')
      and not exists (select from incident i where coalesce(i.domain, '') = r.domain and i.kind = 'round_trip' and i.subject = ''
        and i.closed_at is null)
    limit judge_round_trips.count for key share of d skip locked) as l;
  return false;
end
$$;
comment on function judge_round_trips(integer) is
  'Opens incidents of domains that lost two probes in a row, at most so many; of none while this service is suspected itself, which is '
  'the operator''s incident. Returns whether it is.';
