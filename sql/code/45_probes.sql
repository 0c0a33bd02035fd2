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

create or replace function plan_probes(count integer) returns void
language sql security definer set search_path = emailgency, pg_temp as $$
  delete from probe p where p.domain = any (array(
    select q.domain from probe q join domain d on d.name = q.domain where d.monitoring = 'off' limit plan_probes.count for update of q skip locked));
  -- A closed incident of a server that nobody watches any more.
  select close_incident(i.domain, i.kind, i.subject, true) from incident i join domain d on d.name = i.domain
  where i.closed_at is null and i.kind in ('server', 'unstable', 'round_trip') and d.monitoring = 'off' limit plan_probes.count;
  insert into probe (domain, due_at)
  select d.name, now() + random() * make_interval(secs => setting_value('probe_interval')::integer)
  from domain d where d.monitoring <> 'off' and not exists (select from probe p where p.domain = d.name) limit plan_probes.count
  on conflict do nothing;
$$;
comment on function plan_probes(integer) is
  'Brings probe to the domains that are monitored, at most so many at once; the first probes are spread over an interval.';

create or replace function claim_probes(node text, count integer, lease integer)
returns table (domain text, monitoring text, transport text, recipient text, state text, results text, checks text)
language sql security definer set search_path = emailgency, pg_temp as $$
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

create or replace function probe_totals() returns table (probed bigint, failing bigint)
language sql stable security definer set search_path = emailgency, pg_temp as $$
  select count(*), count(*) filter (where get_bit(p.results, length(p.results) - 1) = 0) from probe p
  where length(p.results) > 0 and p.checked_at > now() - 3 * make_interval(secs => setting_value('probe_interval')::integer);
$$;
comment on function probe_totals() is 'How many servers were probed lately, and of how many the latest probe failed.';

create or replace function change_server_incidents(domain text, before text, after text, reply text) returns void
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  if before = after then
    return;
  end if;
  if before = 'down' then
    perform close_incident(change_server_incidents.domain, 'server', '', after = 'unstable');
  elsif before = 'unstable' then
    perform close_incident(change_server_incidents.domain, 'unstable', '', after = 'down');
  end if;
  if after = 'down' then
    perform open_incident(change_server_incidents.domain, 'server', '', reply);
  elsif after = 'unstable' then
    perform open_incident(change_server_incidents.domain, 'unstable', '', reply);
  end if;
end
$$;
comment on function change_server_incidents(text, text, text, text) is
  'Opens and closes the incidents of a server that went from one state into another. An incident that another one replaces ends '
  'without a message.';

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
  update probe p set state = record_probe.state, since = case when before = record_probe.state then p.since else now() end,
    results = record_probe.results::bit varying(21),
    checks = array(select to_timestamp(c) from unnest(record_probe.checks) with ordinality as t (c, n) order by n), reply = left(record_probe.reply, 1000),
    checked_at = to_timestamp(record_probe.checks[cardinality(record_probe.checks)]), due_at = now() + make_interval(secs => due), lease_until = '-infinity'
  where p.domain = record_probe.domain;
  perform change_server_incidents(record_probe.domain, before, record_probe.state, record_probe.reply);
  return true;
end
$$;
comment on function record_probe(text, text, text, text, bigint[], text, integer) is
  'Stores what a node found and judged, and changes the incidents of the domain in the same transaction. False if the lease has '
  'ended.';

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
