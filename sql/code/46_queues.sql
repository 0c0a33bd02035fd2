-- Counts of the queued mail per node, the incidents that follow from them, and requests to deliver now.

comment on table queue_sample is 'Queued mail per domain and node.';
comment on column queue_sample.node is 'The node.';
comment on column queue_sample.domain is 'The domain.';
comment on column queue_sample.taken_at is 'Time of the count.';
comment on column queue_sample.messages is 'Number of messages in the queue.';
comment on column queue_sample.late is 'Those older than domain.queue_alert_minutes.';
comment on column queue_sample.oldest_at is 'Arrival of the oldest message.';

comment on table flush_request is 'Requests to deliver the queued mail of a domain now, written by flush().';
comment on column flush_request.id is 'Number of the request.';
comment on column flush_request.domain is 'The domain.';
comment on column flush_request.requested_by is 'Login that requested it.';
comment on column flush_request.requested_at is 'Time of the request.';
comment on column flush_request.lease_until is 'End of the lease of the node that works on it.';
comment on column flush_request.done_at is 'Time of completion; null: pending.';

comment on table flush_part is 'The work of each node on a request.';
comment on column flush_part.request is 'The request.';
comment on column flush_part.domain is 'Its domain.';
comment on column flush_part.node is 'The node.';
comment on column flush_part.tried is 'Number of messages that it tried.';
comment on column flush_part.delivered is 'Those that left the queue.';
comment on column flush_part.waiting is 'Those that still wait.';
comment on column flush_part.problem is 'Why it tried none, such as the reply of the domain''s server.';
comment on column flush_part.done_at is 'Time of completion; null: it works on it.';

create or replace function live_since() returns timestamptz
language sql stable security definer set search_path = emailgency, pg_temp
return now() - 3 * make_interval(secs => setting_value('queue_interval')::integer);
comment on function live_since() is 'A node that reported since then is alive.';

-- The latest count of each live node.
create or replace function domain_queue(domain text)
returns table (waiting bigint, late bigint, oldest_at timestamptz)
language sql stable security definer set search_path = emailgency, pg_temp as $$
  select coalesce(sum(l.messages), 0)::bigint, coalesce(sum(l.late), 0)::bigint, min(l.oldest_at)
  from node n
    cross join lateral (
      select s.messages, s.late, s.oldest_at from queue_sample s
      where s.domain = domain_queue.domain and s.node = n.name and s.taken_at > live_since()
      order by s.taken_at desc limit 1) as l
  where n.seen_at > live_since();
$$;
comment on function domain_queue(text) is 'Mail of a domain that waits on the live nodes.';

create or replace function judge_queue(domain text) returns void
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  queue record;
  threshold integer;
begin
  select * into queue from domain_queue(judge_queue.domain);
  select d.queue_alert_messages into threshold from domain d where d.name = judge_queue.domain;
  if threshold is null then
    return;
  end if;
  -- While this service is suspected its customers' mail waits for it.
  if queue.late >= threshold and not exists (
      select from incident i where i.domain is null and i.kind = 'self' and i.closed_at is null) then
    perform open_incident(judge_queue.domain, 'queue', '', format('late messages: %s, the oldest of %s UTC', queue.late,
      coalesce(nullif(local_time(queue.oldest_at, 'UTC'), ''), 'unknown time')));
  end if;
  update incident i set calm_since = case when queue.late * 2 < threshold then coalesce(i.calm_since, now()) end
  where i.domain = judge_queue.domain and i.kind = 'queue' and i.closed_at is null
    and (i.calm_since is null) = (queue.late * 2 < threshold);
  if exists (select from incident i where i.domain = judge_queue.domain and i.kind = 'queue' and i.closed_at is null
      and queue.late * 2 < threshold and i.calm_since <= now() - make_interval(secs => setting_value('queue_interval')::integer)) then
    perform close_incident(judge_queue.domain, 'queue', '');
  end if;
end
$$;
comment on function judge_queue(text) is
  'Opens a domain''s queue incident from queue_alert_messages late messages on, and closes it when less than half of them wait, '
  'twice in a row.';

create or replace function record_queue(node text, domains text[], messages integer[], late integer[], oldest timestamptz[]) returns void
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  judged text;
begin
  insert into node as n (name) values (record_queue.node)
  on conflict on constraint node_repeated do update set seen_at = now();
  -- A domain whose mail has gone is counted once more, with none.
  insert into queue_sample (node, domain, messages, late, oldest_at)
  select record_queue.node, coalesce(t.domain, b.domain), coalesce(t.messages, 0), coalesce(t.late, 0), nullif(t.oldest, 'infinity')
  from unnest(domains, record_queue.messages, record_queue.late, oldest) as t (domain, messages, late, oldest)
    full join (
      select distinct on (s.domain) s.domain, s.messages from queue_sample s
      where s.node = record_queue.node and s.taken_at > live_since()
      order by s.domain, s.taken_at desc) as b on b.domain = t.domain
  where t.domain is not null or b.messages > 0
  on conflict on constraint queue_sample_repeated do nothing;
  for judged in
    select d.name from domain d
    where d.name = any (domains) or exists (select from incident i where i.domain = d.name and i.kind = 'queue' and i.closed_at is null)
    order by d.name
  loop
    perform judge_queue(judged);
  end loop;
  delete from queue_sample s where s.ctid = any (array(
    select e.ctid from queue_sample e where e.taken_at < now() - make_interval(days => setting_value('queue_sample_days')::integer)
    limit 10000 for update skip locked));
end
$$;
comment on function record_queue(text, text[], integer[], integer[], timestamptz[]) is
  'Stores a node''s counts of queued mail, of all domains that have some, and judges them. Removes old counts. Oldest infinity: unknown.';

create or replace function flush(domain text) returns void
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  home constant text := administered_domain(flush.domain);
  cooldown constant interval := make_interval(secs => setting_value('flush_cooldown')::integer);
  last timestamptz;
begin
  perform from domain d where d.name = home for no key update;
  select max(r.requested_at) into last from flush_request r where r.domain = home;
  if last + cooldown > now() then
    raise exception using errcode = 'object_not_in_prerequisite_state', message = format(
      'mail of "%s" was asked for at %s: the next flush is possible from %s on', home,
      to_char(last, 'HH24:MI:SS TZ'), to_char(last + cooldown, 'HH24:MI:SS TZ'));
  end if;
  update flush_request r set done_at = now() where r.domain = home and r.done_at is null; -- of a node that ended in the middle
  if not exists (select from node where seen_at > live_since()) then
    raise exception using errcode = 'object_not_in_prerequisite_state', message = format(
      'no node reports its queue, so nobody would deliver the mail of "%s": start emailgency-notifier; meanwhile postqueue -s %s on each '
      'node does it', home, home);
  end if;
  insert into flush_request (domain, requested_by) values (home, acting_login()) on conflict do nothing;
end
$$;
comment on function flush(text) is
  'Has every node deliver the queued mail of a domain now: select flush(''example.com''). Table flush_part shows the progress.';

create or replace function claim_flush(node text) returns table (request bigint, domain text)
language sql security definer set search_path = emailgency, pg_temp as $$
  insert into flush_part as p (request, domain, node)
  select r.id, r.domain, claim_flush.node from (
    select q.id, q.domain from flush_request q join domain d on d.name = q.domain
    where q.done_at is null and not exists (select from flush_part o where o.request = q.id and o.node = claim_flush.node)
    order by q.id limit 1 for key share skip locked) as r
  on conflict do nothing
  returning p.request, p.domain;
$$;
comment on function claim_flush(text) is 'Takes a request that this node has not worked on yet, of a domain whose row nobody holds.';

create or replace function resume_flush(node text) returns void
language sql security definer set search_path = emailgency, pg_temp as $$
  delete from flush_part p using flush_request r
  where p.node = resume_flush.node and p.done_at is null and r.id = p.request and r.done_at is null;
$$;
comment on function resume_flush(text) is 'Opens the requests that an earlier process of this node had not finished.';

create or replace function record_flush(node text, request bigint, tried integer, delivered integer, waiting integer, problem text,
  finished boolean) returns void
language sql security definer set search_path = emailgency, pg_temp as $$
  update flush_part p set tried = record_flush.tried, delivered = record_flush.delivered, waiting = record_flush.waiting,
    problem = left(record_flush.problem, 1000), done_at = case when finished then now() end
  where p.request = record_flush.request and p.node = record_flush.node;
  -- Done when every live node is done; a node that died in the middle is not waited for.
  update flush_request r set done_at = now()
  where r.id = record_flush.request and r.done_at is null and not exists (
    select from node n left join flush_part p on p.request = r.id and p.node = n.name
    where n.seen_at > live_since() and p.done_at is null);
$$;
comment on function record_flush(text, bigint, integer, integer, integer, text, boolean) is
  'Stores the progress of a node on a request, and ends the request when all live nodes have finished.';
