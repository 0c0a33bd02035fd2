-- Probes of the customers' servers, shared by the nodes: claimed with a lease, judged by the node, recorded.

comment on table probe is 'State of the customers'' servers.';
comment on column probe.domain is 'The domain.';
comment on column probe.due_at is 'Time of the next probe.';
comment on column probe.lease_node is 'Node that works on it.';
comment on column probe.lease_until is 'End of the lease of that node.';
comment on column probe.state is 'unknown, up, down or unstable.';
comment on column probe.since is 'Start of that state.';
comment on column probe.results is 'The latest results, oldest first; 1: success.';
comment on column probe.checks is 'Their times.';
comment on column probe.checked_at is 'Time of the latest probe.';
comment on column probe.reply is 'Latest reply of the server.';
comment on column probe.server is 'Address that it was probed at last; empty: none yet.';

comment on table probe_request is 'Requests to probe the server of a domain now, written by test_server().';
comment on column probe_request.domain is 'The domain.';
comment on column probe_request.requested_by is 'Login that requested it.';
comment on column probe_request.requested_at is 'Time of the request.';

create or replace function plan_probes(count integer) returns void
language sql security definer set search_path = emailgency, pg_temp as $$
  delete from probe p where p.domain = any (array(
    select q.domain from probe q join domain d on d.name = q.domain where d.monitoring = 'off' limit plan_probes.count for update of q skip locked));
  -- A closed incident of a server that nobody watches any more.
  select close_incident(i.domain, i.kind, i.subject, true) from incident i join domain d on d.name = i.domain
  where i.closed_at is null and i.kind in ('server', 'unstable', 'round_trip', 'certificate') and d.monitoring = 'off' limit plan_probes.count;
  insert into probe (domain, due_at)
  select d.name, now() + random() * make_interval(secs => setting_value('probe_interval')::integer)
  from (
    select e.name from domain e where e.monitoring <> 'off' and not exists (select from probe p where p.domain = e.name)
    limit plan_probes.count for key share skip locked) as d
  on conflict do nothing;
$$;
comment on function plan_probes(integer) is
  'Brings probe to the domains that are monitored, at most so many at once; the first probes are spread over an interval.';

-- A row of its own, so that nobody who asks holds a row that the nodes write.
create or replace function test_server(domain text) returns void
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  home constant text := administered_domain(test_server.domain);
  pause constant interval := '30 seconds';
  last timestamptz;
begin
  if not exists (select from domain d where d.name = home and d.monitoring <> 'off') then
    raise exception using errcode = 'object_not_in_prerequisite_state', message = format(
      'the server of "%s" is not monitored, so nothing tests it: first update domain set monitoring = ''simple'' where name = ''%s''', home, home);
  end if;
  select p.checked_at into last from probe p where p.domain = home;
  if last + pause > now() then
    raise exception using errcode = 'object_not_in_prerequisite_state', message = format(
      'the server of "%s" was tested at %s: the next test is possible from %s on', home, to_char(last, 'HH24:MI:SS TZ'), to_char(last + pause, 'HH24:MI:SS TZ'));
  end if;
  insert into probe_request (domain, requested_by) values (home, acting_login()) on conflict do nothing;
end
$$;
comment on function test_server(text) is
  'Has the server of a domain probed now: select test_server(''example.com''). At most once in thirty seconds.';

create or replace function take_probe_requests(count integer) returns void
language sql security definer set search_path = emailgency, pg_temp as $$
  with asked as (
    delete from probe_request r where r.domain = any (array(
      select q.domain from probe_request q order by q.requested_at limit take_probe_requests.count for update skip locked))
    returning r.domain
  )
  update probe p set due_at = now() where p.due_at > now() and p.domain = any (array(
    select q.domain from probe q join asked a on a.domain = q.domain for update of q skip locked));
$$;
comment on function take_probe_requests(integer) is 'Makes the probes due that test_server() asked for, at most so many.';

create or replace function claim_probes(node text, count integer, lease integer)
returns table (domain text, monitoring text, transport text, recipient text, state text, results text, checks text)
language sql security definer set search_path = emailgency, pg_temp as $$
  select take_probe_requests(count);
  update probe p set lease_node = claim_probes.node, lease_until = now() + make_interval(secs => lease)
  from domain d
  where d.name = p.domain and p.domain = any (array(
    select q.domain from probe q where q.due_at <= now() and q.lease_until < now()
    order by q.due_at limit claim_probes.count for update skip locked))
  returning p.domain, d.monitoring, coalesce(d.transport, ''),
    coalesce((select m.address from mailbox m where m.domain = p.domain and not m.candidate order by m.address limit 1),
      'postmaster@' || p.domain),
    p.state, p.results::text,
    array_to_string(array(select extract(epoch from c)::bigint from unnest(p.checks) with ordinality as t (c, n) order by n), ' ');
$$;
comment on function claim_probes(text, integer, integer) is 'Leases due probes to a node, for this many seconds, with what was found before.';

-- A server fails if all its domains do.
create or replace function probe_totals() returns table (domains bigint, failing_domains bigint, servers bigint, failing_servers bigint)
language sql stable security definer set search_path = emailgency, pg_temp as $$
  select coalesce(sum(s.domains), 0)::bigint, coalesce(sum(s.failing), 0)::bigint, count(*), count(*) filter (where s.failing = s.domains)
  from (
    select count(*) as domains, count(*) filter (where get_bit(p.results, length(p.results) - 1) = 0) as failing
    from probe p
    where length(p.results) > 0
      and p.checked_at > now() - 3 * make_interval(secs => (select setting_value('probe_interval')::integer)) -- read once
    group by coalesce(nullif(p.server, ''), p.domain)) as s;
$$;
comment on function probe_totals() is
  'How many domains and how many servers (addresses) were probed lately, and of how many the latest probe failed.';

create or replace function change_server_incidents(domain text, before text, after text, reply text) returns void
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  ended text;
  begun text;
  predecessor bigint;
begin
  if before = after then
    return;
  end if;
  if before in ('down', 'unstable') then
    ended := case before when 'down' then 'server' else 'unstable' end;
    select i.id into predecessor from incident i
    where i.domain = change_server_incidents.domain and i.kind = ended and i.subject = '' and i.closed_at is null;
    perform close_incident(change_server_incidents.domain, ended, '', after in ('down', 'unstable'));
  end if;
  if after in ('down', 'unstable') then
    begun := case after when 'down' then 'server' else 'unstable' end;
    perform open_incident(change_server_incidents.domain, begun, '', reply);
    update incident i set follows = predecessor
    where i.domain = change_server_incidents.domain and i.kind = begun and i.subject = '' and i.closed_at is null
      and i.follows is null and i.id <> predecessor;
  end if;
end
$$;
comment on function change_server_incidents(text, text, text, text) is
  'Opens and closes the incidents of a server that went from one state into another. An incident that another one replaces ends '
  'without a message; the end of the last one goes to the recipients of all.';

-- From when it was due on, so that probes which wait for their turn are not made less often.
create or replace function next_probe(due_at timestamptz, due integer) returns timestamptz
language sql stable
return case when due_at between now() - make_interval(secs => due) and now() then due_at else now() end + make_interval(secs => due);
comment on function next_probe(timestamptz, integer) is 'When a server that was due at a time is to be probed again, so many seconds later.';

create or replace function record_probe(node text, domain text, state text, results text, checks bigint[], reply text, due integer)
returns boolean
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  before text;
begin
  select p.state into before from probe p
  where p.domain = record_probe.domain and p.lease_node = record_probe.node and p.lease_until >= now() for update;
  if before is null then
    return false;
  end if;
  update probe p set state = record_probe.state, since = case when before = record_probe.state then p.since else to_timestamp(record_probe.checks[cardinality(record_probe.checks)]) end,
    results = record_probe.results::bit varying(21),
    checks = array(select to_timestamp(c) from unnest(record_probe.checks) with ordinality as t (c, n) order by n), reply = left(record_probe.reply, 1000),
    checked_at = to_timestamp(record_probe.checks[cardinality(record_probe.checks)]), due_at = next_probe(p.due_at, due), lease_until = '-infinity'
  where p.domain = record_probe.domain;
  perform change_server_incidents(record_probe.domain, before, record_probe.state, record_probe.reply);
  return true;
end
$$;
comment on function record_probe(text, text, text, text, bigint[], text, integer) is
  'Stores what a node found and judged, and changes the incidents of the domain in the same transaction. False if the lease has '
  'ended.';

-- Those without a change in one statement. A change needs the domain's row, since the incident refers to it.
create or replace function record_probes(node text, domains text[], states text[], results text[], checks text[], replies text[], due integer)
returns setof text
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  changed record;
begin
  update probe p set results = t.results::bit varying(21), reply = left(t.reply, 1000), checked_at = to_timestamp(t.checks[cardinality(t.checks)]),
    checks = array(select to_timestamp(c) from unnest(t.checks) with ordinality as u (c, n) order by n),
    due_at = next_probe(p.due_at, due), lease_until = '-infinity'
  from (
    select u.domain, u.state, u.results, u.checks::bigint[], u.reply
    from unnest(domains, states, record_probes.results, record_probes.checks, replies) as u (domain, state, results, checks, reply)
  ) as t
  where p.domain = t.domain and p.state = t.state and p.lease_node = record_probes.node and p.lease_until >= now();
  for changed in
    select t.domain, t.state, t.results, t.checks, t.reply
    from unnest(domains, states, record_probes.results, record_probes.checks, replies) as t (domain, state, results, checks, reply)
      join probe p on p.domain = t.domain and p.state <> t.state
    order by t.domain
  loop
    perform from domain d where d.name = changed.domain for key share skip locked;
    if found then
      perform record_probe(record_probes.node, changed.domain, changed.state, changed.results, changed.checks::bigint[], changed.reply, due);
    else
      return next changed.domain;
    end if;
  end loop;
end
$$;
comment on function record_probes(text, text[], text[], text[], text[], text[], integer) is
  'record_probe() of many domains. Returns those whose state changes and whose row is locked: they are to be sent again.';

create or replace function record_suspicion(suspected boolean, detail text) returns void
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  if suspected then
    perform open_incident(null, 'self', '', detail);
  else
    perform close_incident(null, 'self', '');
  end if;
end
$$;
comment on function record_suspicion(boolean, text) is
  'Opens or closes the operator''s incident that very many servers fail at once.';
