-- Findings of a node from the time in which it could not reach the database.

-- Incidents that this transaction opened or closed get the real time.
create or replace function set_incident_times(domain text, at timestamptz) returns void
language sql security definer set search_path = emailgency, pg_temp as $$
  update incident i set opened_at = set_incident_times.at where i.domain = set_incident_times.domain and i.opened_at = now();
  update incident i set closed_at = greatest(set_incident_times.at, i.opened_at)
  where i.domain = set_incident_times.domain and i.closed_at = now();
$$;
comment on function set_incident_times(text, timestamptz) is
  'Dates the incidents of a domain that began or ended in this transaction.';

-- A change counts once: later ones than probe.since only. Where another node has probed three times or more since the first of
-- the changes, the database was away for this node alone, and what the other one found counts.
create or replace function replay_changes(probe probe, states text[], times bigint[], replies text[]) returns probe
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  at timestamptz;
begin
  if (select count(*) from unnest(probe.checks) c where c >= to_timestamp(times[1])) >= 3 then
    return probe;
  end if;
  for i in 1 .. coalesce(cardinality(states), 0) loop
    at := least(to_timestamp(times[i]), now() - interval '1 microsecond');
    continue when at <= probe.since;
    perform change_server_incidents(probe.domain, probe.state, states[i], replies[i]);
    perform set_incident_times(probe.domain, at);
    probe.reply := left(replies[i], 1000);
    probe.state := states[i];
    probe.since := at;
  end loop;
  return probe;
end
$$;
comment on function replay_changes(probe, text[], bigint[], text[]) is
  'Makes the incidents of changes of a server''s state, oldest first; returns the row with the state after them.';

-- The lease of another node ends, since it judges by the state before. What that one has found since comes after.
create or replace function replay_probe(domain text, states text[], times bigint[], replies text[], results text, checks bigint[])
returns boolean
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  known probe;
  own integer := coalesce(cardinality(replay_probe.checks), 0);
  later integer;
begin
  perform from domain d where d.name = replay_probe.domain for key share skip locked;
  if not found then
    return not exists (select from domain d where d.name = replay_probe.domain);
  end if;
  select * into known from probe p where p.domain = replay_probe.domain for update;
  if not found or own = 0 or own <> length(replay_probe.results) then
    return true;
  end if;
  known := replay_changes(known, states, times, replies);
  select count(*) into later from unnest(known.checks) c where c > to_timestamp(replay_probe.checks[own]);
  update probe p set state = known.state, since = known.since, reply = known.reply,
    results = right(replay_probe.results || right(known.results::text, later), 21)::bit varying(21),
    checks = (array(select to_timestamp(c) from unnest(replay_probe.checks) with ordinality as t (c, n) order by n)
      || known.checks[cardinality(known.checks) - later + 1 :])[greatest(own + later - 20, 1) :],
    checked_at = greatest(p.checked_at, to_timestamp(replay_probe.checks[own])), lease_until = '-infinity'
  where p.domain = replay_probe.domain and later < 3;
  return true;
end
$$;
comment on function replay_probe(text, text[], bigint[], text[], text, bigint[]) is
  'Stores what a node found about a server while it could not reach the database: the changes of its state, oldest first, and the latest '
  'results. Repeated, it changes nothing. False if the domain''s row is locked: it is to be called again.';

create or replace function record_absence(node text, since bigint, until bigint, detail text) returns void
language sql security definer set search_path = emailgency, pg_temp as $$
  insert into incident (domain, kind, subject, opened_at, closed_at, detail)
  select null, 'database', record_absence.node, to_timestamp(since), greatest(to_timestamp(until), to_timestamp(since)), left(record_absence.detail, 1000)
  where not exists (
    select from incident i
    where i.domain is null and i.kind = 'database' and i.subject = record_absence.node and i.opened_at = to_timestamp(since));
$$;
comment on function record_absence(text, bigint, bigint, text) is
  'Notes that a node could not reach the database for some time. The operator was alerted by that node.';
