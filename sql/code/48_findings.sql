-- Findings that lead to incidents: TLS of the customers' servers, mail that leaves the queue, nodes, DNS lists.

comment on table server_tls is
  'Certificates that the customers'' servers present, per address; a row lives for two days after it was seen last.';
comment on column server_tls.domain is 'The domain.';
comment on column server_tls.address is 'Address of the server, with its port unless that is 25.';
comment on column server_tls.fingerprint is 'Start of the certificate''s SHA-256; empty: the handshake failed.';
comment on column server_tls.host is 'Name of the server.';
comment on column server_tls.ends_at is 'End of the certificate; null: the handshake failed.';
comment on column server_tls.first_seen is 'When it was seen first, without a gap of two hours since.';
comment on column server_tls.seen_at is 'When it was seen last, to five minutes.';

comment on table mail_left is 'When mail of a domain left a node''s queue, as far as the counts of the queue show it.';
comment on column mail_left.domain is 'The domain.';
comment on column mail_left.node is 'The node.';
comment on column mail_left.seen_at is 'Time of the count that showed it.';

comment on table dnsbl_health is 'Health of each DNS list, as each node''s policyd sees it.';
comment on column dnsbl_health.zone is 'The list.';
comment on column dnsbl_health.node is 'The node.';
comment on column dnsbl_health.state is
  'good; left out of decisions: silent (no answer), refusing (error codes), lists-all (it lists every address).';
comment on column dnsbl_health.since is 'Since when it is good, or not.';
comment on column dnsbl_health.checked_at is 'Time of the latest report.';

-- TLS. A finding ends at an address when another certificate has been seen there for an hour: several servers may share an address,
-- and one that cannot be reached shows nothing.

create or replace function tls_finding_ended(domain text, fingerprint text) returns boolean
language sql stable security definer set search_path = emailgency, pg_temp as $$
  select not exists (
    select from server_tls t
    where t.domain = tls_finding_ended.domain and t.fingerprint = tls_finding_ended.fingerprint
      and not exists (
        select from server_tls o
        where o.domain = t.domain and o.address = t.address and o.fingerprint not in ('', t.fingerprint)
          and o.seen_at >= t.seen_at + interval '1 hour'));
$$;
comment on function tls_finding_ended(text, text) is
  'True if no address of the domain presents this certificate any more; fingerprint empty: if no handshake fails any more.';

-- The address, the name of the server where there is one.
create or replace function tls_server(host text, address text) returns text
language sql immutable parallel safe
return case when position(host in address) > 0 then address else format('%s [%s]', host, address) end;
comment on function tls_server(text, text) is 'Name and address of a server, as incidents show them.';

create or replace function open_certificate_incidents(domain text) returns void
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  found record;
begin
  -- Each certificate is reported once; few at a time, since a customer may present ever new ones.
  for found in
    select t.fingerprint, min(t.ends_at) as ends_at, string_agg(tls_server(t.host, t.address), ', ' order by t.address) as servers
    from server_tls t
    where t.domain = open_certificate_incidents.domain and t.fingerprint <> ''
      and t.ends_at < now() + make_interval(days => (select setting_value('certificate_days')::integer))
      and not exists (
        select from incident i where i.domain = t.domain and i.kind = 'certificate' and i.subject = t.fingerprint)
    group by t.fingerprint order by min(t.ends_at), t.fingerprint
    limit greatest(0, 8 - (
      select count(*) from incident i
      where i.domain = open_certificate_incidents.domain and i.kind = 'certificate' and i.opened_at > now() - interval '7 days'))
  loop
    perform open_incident(open_certificate_incidents.domain, 'certificate', found.fingerprint, format('%s: the certificate %s at %s UTC',
      found.servers, case when found.ends_at > now() then 'ends' else 'ended' end, local_time(found.ends_at, 'UTC')));
  end loop;
  -- A handshake that fails for a quarter of an hour, without one that succeeds at that address.
  for found in
    select string_agg(tls_server(t.host, t.address), ', ' order by t.address) as servers
    from server_tls t
    where t.domain = open_certificate_incidents.domain and t.fingerprint = '' and t.seen_at > now() - interval '1 hour'
      and t.seen_at - interval '15 minutes' >= greatest(t.first_seen, (
        select max(o.seen_at) from server_tls o where o.domain = t.domain and o.address = t.address and o.fingerprint <> ''))
    having count(*) > 0
  loop
    perform open_incident(open_certificate_incidents.domain, 'certificate', 'starttls', format('%s: STARTTLS is offered and fails', found.servers));
  end loop;
end
$$;
comment on function open_certificate_incidents(text) is
  'Opens the incidents of a domain whose servers'' certificates end within certificate_days, each once, or whose handshakes fail.';

create or replace function close_certificate_incidents(domain text) returns void
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  unfinished record;
begin
  for unfinished in
    select i.subject, case i.subject when 'starttls' then '' else i.subject end as fingerprint
    from incident i where i.domain = close_certificate_incidents.domain and i.kind = 'certificate' and i.closed_at is null
  loop
    if tls_finding_ended(close_certificate_incidents.domain, unfinished.fingerprint) then
      -- Without a trace of it the server has gone, or offers no TLS any more: nothing was renewed, and there is nothing to say.
      perform close_incident(close_certificate_incidents.domain, 'certificate', unfinished.subject, not exists (
        select from server_tls t where t.domain = close_certificate_incidents.domain and t.fingerprint = unfinished.fingerprint));
    end if;
  end loop;
end
$$;
comment on function close_certificate_incidents(text) is
  'Closes the incidents of a domain whose certificates were renewed, or whose handshakes succeed again.';

-- A domain whose row is locked is left to the next probe, so that the others do not wait.
create or replace function record_servers(domains text[], servers text[]) returns void
language sql security definer set search_path = emailgency, pg_temp as $$
  update probe p set server = t.server
  from unnest(domains, servers) as t (domain, server)
  where p.domain = t.domain and p.server <> t.server and p.ctid = any (array(
    select q.ctid from probe q where q.domain = any (domains) for update skip locked));
$$;
comment on function record_servers(text[], text[]) is
  'Stores the addresses that domains were probed at, by which probe_totals() counts servers.';

create or replace function record_tls(domains text[], addresses text[], hosts text[], fingerprints text[], ends bigint[]) returns void
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  ahead constant interval := make_interval(days => setting_value('certificate_days')::integer);
  judged text;
begin
  with kept as (
    select d.name from domain d where d.name = any (domains) order by d.name for key share skip locked
  )
  insert into server_tls as s (domain, address, fingerprint, host, ends_at)
  select distinct on (k.name, t.address, t.fingerprint) k.name, t.address, t.fingerprint, left(t.host, 255),
    case when t.fingerprint <> '' then to_timestamp(t.ends) end
  from unnest(domains, addresses, hosts, fingerprints, ends) as t (domain, address, host, fingerprint, ends) join kept k on k.name = t.domain
  where (select count(*) from server_tls o where o.domain = k.name) < 64
    or exists (select from server_tls o where o.domain = k.name and o.address = t.address and o.fingerprint = t.fingerprint)
  order by k.name, t.address, t.fingerprint
  on conflict on constraint server_tls_repeated do update set seen_at = now(), host = excluded.host,
    first_seen = case when s.seen_at < now() - interval '2 hours' then now() else s.first_seen end
  where s.seen_at < now() - interval '5 minutes';
  for judged in
    select distinct d.name from unnest(domains) as t (domain) join domain d on d.name = t.domain order by d.name
  loop
    if exists (select from server_tls s where s.domain = judged
        and (s.fingerprint = '' or s.ends_at < now() + ahead)) then
      perform open_certificate_incidents(judged);
    end if;
    perform close_certificate_incidents(judged);
  end loop;
end
$$;
comment on function record_tls(text[], text[], text[], text[], bigint[]) is
  'Stores the certificates (start of the SHA-256, seconds since 1970 of their end) that probes saw, fingerprint empty for a handshake '
  'that failed, and changes the incidents of the domains.';

create or replace function expire_tls(count integer) returns void
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  judged text;
begin
  delete from server_tls s where s.ctid = any (array(
    select e.ctid from server_tls e where e.seen_at < now() - interval '2 days' limit expire_tls.count for update skip locked));
  for judged in
    select distinct i.domain from incident i
    where i.kind = 'certificate' and i.closed_at is null and not exists (
      select from server_tls t
      where t.domain = i.domain and t.fingerprint = case i.subject when 'starttls' then '' else i.subject end)
  loop
    perform close_certificate_incidents(judged);
  end loop;
end
$$;
comment on function expire_tls(integer) is 'Removes certificates that were not seen for two days, and ends the incidents of those that have gone.';

-- Mail that leaves the queue.

create or replace function record_mail_left(node text, domains text[]) returns void
language sql security definer set search_path = emailgency, pg_temp as $$
  with kept as (
    select d.name from domain d where d.name = any (domains) order by d.name for key share skip locked
  )
  insert into mail_left as m (domain, node) select k.name, record_mail_left.node from kept k
  on conflict on constraint mail_left_repeated do update set seen_at = now();
$$;
comment on function record_mail_left(text, text[]) is 'Stores that mail of these domains left the node''s queue since its last count.';

create or replace function mail_left_since(domain text, seconds integer) returns boolean
language sql stable security definer set search_path = emailgency, pg_temp as $$
  select exists (
    select from mail_left m
    where m.domain = mail_left_since.domain and m.seen_at > now() - make_interval(secs => mail_left_since.seconds));
$$;
comment on function mail_left_since(text, integer) is 'True if mail of the domain left the queue of any node within these seconds.';

-- Nodes. Each reports itself twice a minute, and looks at the others.

-- A node that could not report itself for long, as while the database was away, cannot judge who else could.
create or replace function judge_silent_nodes(node text, stale interval) returns void
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  other record;
begin
  if not exists (select from node n where n.name = judge_silent_nodes.node and n.heard_since < now() - stale) then
    return;
  end if;
  for other in
    select n.name, n.heard_at from node n where n.heard_at > '-infinity' and n.heard_at < now() - stale order by n.name
  loop
    update node n set good_since = null where n.name = other.name and n.good_since is not null;
    perform open_incident(null, 'replica', other.name,
      format('its notifier reported last at %s UTC', local_time(other.heard_at, 'UTC')));
  end loop;
  for other in
    select i.subject from incident i
    where i.domain is null and i.kind = 'replica' and i.closed_at is null and not exists (select from node n where n.name = i.subject)
  loop
    perform close_incident(null, 'replica', other.subject, true);
  end loop;
end
$$;
comment on function judge_silent_nodes(text, interval) is
  'Opens the incidents of nodes that do not report, as seen by a node that does; silently closes those of nodes that were deleted.';

-- A queue watch that never reported is no fault; its interval may be longer than the limit.
create or replace function node_fault(node node, stale interval) returns text
language sql stable security definer set search_path = emailgency, pg_temp as $$
  select case
    when node.heard_since > now() - stale then null
    when node.replica_at is null then 'it has no replica'
    when node.replica_at < now() - stale then format('its replica was current last at %s UTC', local_time(node.replica_at, 'UTC'))
    when node.seen_at > '-infinity' and node.seen_at < now() - greatest(stale, 2 * (now() - live_since())) then
      format('its queue watch reported last at %s UTC', local_time(node.seen_at, 'UTC'))
  end;
$$;
comment on function node_fault(node, interval) is 'The fault of a node that reports; null: none, or it reports too briefly to tell.';

create or replace function report_node(node text, replica_age integer) returns void
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  stale constant interval := make_interval(secs => setting_value('node_stale_after')::integer);
  own node;
  fault text;
begin
  insert into node as n (name, seen_at, heard_at, heard_since) values (report_node.node, '-infinity', now(), now())
  on conflict on constraint node_repeated do update set
    heard_since = case when n.heard_at < now() - interval '2 minutes' then now() else n.heard_since end, heard_at = now();
  update node n set replica_at = case when report_node.replica_age >= 0 then now() - make_interval(secs => report_node.replica_age) end
  where n.name = report_node.node
  returning * into own;
  fault := node_fault(own, stale);
  update node n set good_since = case when fault is null then coalesce(n.good_since, now()) end
  where n.name = report_node.node
  returning * into own;
  if fault is not null then
    perform open_incident(null, 'replica', report_node.node, fault);
  elsif own.good_since <= now() - stale and own.heard_since <= now() - stale then
    perform close_incident(null, 'replica', report_node.node);
  end if;
  perform judge_silent_nodes(report_node.node, stale);
end
$$;
comment on function report_node(text, integer) is
  'Stores that a node lives and how many seconds ago its replica was current (-1: it has none), and changes the operator''s incidents '
  'about it and about nodes that do not report.';

-- DNS lists. One that is left out for ten minutes is an incident, which ends when all nodes have used it for an hour.

create or replace function judge_dnsbl(zone text) returns void
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  faults text;
begin
  select string_agg(format('%s: %s', h.node, h.state), ', ' order by h.node) into faults from dnsbl_health h
  where h.zone = judge_dnsbl.zone and h.state <> 'good' and h.since <= now() - interval '10 minutes';
  if faults is not null then
    perform open_incident(null, 'dnsbl', judge_dnsbl.zone, faults);
  elsif not exists (select from dnsbl_health h where h.zone = judge_dnsbl.zone) then
    perform close_incident(null, 'dnsbl', judge_dnsbl.zone, true); -- its row was deleted
  elsif not exists (
      select from dnsbl_health h
      where h.zone = judge_dnsbl.zone and (h.state <> 'good' or h.since > now() - interval '1 hour')) then
    perform close_incident(null, 'dnsbl', judge_dnsbl.zone);
  end if;
end
$$;
comment on function judge_dnsbl(text) is 'Opens or closes the operator''s incident that a DNS list is left out of decisions.';

create or replace function report_dnsbl(node text, zones text[], states text[]) returns void
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  judged text;
begin
  delete from dnsbl_health h where h.node = report_dnsbl.node and h.zone <> all (zones) or h.checked_at < now() - interval '1 hour';
  insert into dnsbl_health as h (zone, node, state)
  select t.zone, report_dnsbl.node, t.state from unnest(zones, states) as t (zone, state) order by t.zone
  on conflict on constraint dnsbl_health_repeated do update set state = excluded.state, checked_at = now(),
    since = case when (h.state = 'good') = (excluded.state = 'good') then h.since else now() end;
  for judged in
    select h.zone from dnsbl_health h where h.node = report_dnsbl.node and h.state <> 'good'
    union
    select i.subject from incident i where i.domain is null and i.kind = 'dnsbl' and i.closed_at is null
    order by 1
  loop
    perform judge_dnsbl(judged);
  end loop;
end
$$;
comment on function report_dnsbl(text, text[], text[]) is
  'Stores the health of all DNS lists of a node, and changes the operator''s incidents about those that are left out.';
