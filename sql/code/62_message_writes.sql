-- The tracker's rows and counts, once per line of its log.

-- A message that the tracker has only the queue id of, since it was restarted or the message is old: the row of that id, unless the queue
-- manager had finished with it, or else what message_waiting has of it.
create or replace function find_messages(node text, ids bigint[], times double precision[], queue_ids text[], orphans boolean[])
returns table (id bigint, found bigint, seconds double precision, login_domain text, size bigint, domains text[])
language sql stable security definer set search_path = emailgency, pg_temp as $$
  select t.id, coalesce(f.id, w.message), coalesce(extract(epoch from f.time)::double precision, t.time), address_domain(f.login), f.size,
    coalesce(f.domains, w.domains)
  from unnest(ids, times, queue_ids, orphans) as t (id, time, queue_id, orphan)
    left join lateral (
      select m.id, m.time, m.removed_at, m.login, m.size, m.domains from message m
      where m.queue_id = t.queue_id and m.node = find_messages.node and m.id <= t.id
      order by m.time desc limit 1) as f on true
    left join lateral (
      select n.message, array_agg(distinct n.domain) as domains from message_waiting n
      where n.queue_id = t.queue_id and n.node = find_messages.node and n.message <= t.id
      group by n.message order by n.message desc limit 1) as w on f.id is null
  where t.orphan and f.removed_at is null and coalesce(f.id, w.message) is not null;
$$;
comment on function find_messages(text, bigint[], double precision[], text[], boolean[]) is
  'The rows that the database has of messages which a tracker knows by queue id only.';

create or replace function add_activity(domains text[], days date[], metrics text[], counts bigint[]) returns void
language sql security definer set search_path = emailgency, pg_temp as $$
  insert into activity as a (domain, day, metric, count)
  select t.domain, t.day, t.metric, case when t.metric = 'delay_max' then max(t.count) else sum(t.count) end
  from unnest(domains, days, metrics, counts) as t (domain, day, metric, count)
  group by t.domain, t.day, t.metric
  order by t.domain, t.day, t.metric
  on conflict (domain, day, metric) do update set count = case
    when excluded.metric = 'delay_max' then greatest(a.count, excluded.count) else a.count + excluded.count end;
$$;
comment on function add_activity(text[], date[], text[], bigint[]) is
  'Adds to the counters, in key order, so that nodes cannot deadlock. Of delay_max the greatest remains.';

create or replace function move_tracker(node text, log text, was bigint, places bigint[], files text[], log_time double precision)
returns boolean
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  insert into tracker_position as p (node, log, position, file_offset, replay_position, replay_offset, file, replay_file, log_time)
  select move_tracker.node, move_tracker.log, places[1], places[2], places[3], places[4], files[1], files[2], to_timestamp(move_tracker.log_time)
  where move_tracker.was = 0 or exists (select from tracker_position e where e.node = move_tracker.node and e.log = move_tracker.log)
  on conflict on constraint tracker_position_repeated do update set position = excluded.position, file = excluded.file,
    file_offset = excluded.file_offset, replay_position = excluded.replay_position, replay_file = excluded.replay_file,
    replay_offset = excluded.replay_offset, log_time = excluded.log_time, updated_at = now()
  where p.position = move_tracker.was;
  return found;
end
$$;
comment on function move_tracker(text, text, bigint, bigint[], text[], double precision) is
  'Moves a node''s place in its log, if it still is where the node took it to be. places: position, offset, replay position, replay offset.';

-- Plain inserts: with "on conflict" they take half as long again.
create or replace function record_messages(node text, present date[], ids bigint[], times double precision[], queue_ids text[], clients text[],
  client_names text[], helos text[], tls text[], logins text[], senders text[], message_ids text[], sizes bigint[], recipients integer[],
  queued double precision[], removed double precision[], parents text[], again boolean[], of_messages bigint[], of_domains text[],
  kept bigint[])
returns void
language sql security definer set search_path = emailgency, pg_temp set plan_cache_mode = force_generic_plan set timezone = 'UTC' as $$
  with owner as materialized (
    select o.message, array_agg(distinct o.domain) as domains from unnest(of_messages, of_domains) as o (message, domain)
    where o.domain is not null group by o.message
  ), known as materialized (
    select k.id from unnest(kept) as k (id) group by k.id
  ), news as materialized (
    select t.*, coalesce(o.domains, '{}') as domains
    from unnest(ids, times, queue_ids, clients, client_names, helos, record_messages.tls, logins, senders, message_ids, sizes,
        record_messages.recipients, queued, removed, parents, again)
        as t (id, time, queue_id, client, client_name, helo, tls, login, sender, message_id, size, recipients, queued, removed, parent, again)
      left join owner o on o.message = t.id
    where to_timestamp(t.time)::date = any (present) and (kept is null or exists (select from known k where k.id = t.id))
  ), changed as (
    update message m set queue_id = coalesce(n.queue_id, m.queue_id), client = coalesce(m.client, n.client::inet),
      client_name = coalesce(m.client_name, n.client_name), helo = coalesce(m.helo, n.helo), tls = coalesce(m.tls, n.tls),
      login = coalesce(m.login, n.login), sender = coalesce(n.sender, m.sender), message_id = coalesce(m.message_id, n.message_id),
      size = coalesce(m.size, n.size), recipients = coalesce(m.recipients, n.recipients),
      queued_at = coalesce(m.queued_at, to_timestamp(n.queued)), removed_at = coalesce(to_timestamp(n.removed), m.removed_at),
      parent = coalesce(m.parent, n.parent), domains = case when m.domains @> n.domains then m.domains
        else array(select distinct d from unnest(m.domains || n.domains) as d) end
    from news n
    where n.again and m.id = n.id and m.node = record_messages.node and m.time = to_timestamp(n.time)
    returning n.id
  )
  insert into message (id, node, time, queue_id, client, client_name, helo, tls, login, sender, message_id, size, recipients,
    queued_at, removed_at, parent, domains)
  select n.id, record_messages.node, to_timestamp(n.time), n.queue_id, n.client::inet, n.client_name, n.helo, n.tls, n.login, n.sender,
    n.message_id, n.size, n.recipients, to_timestamp(n.queued), to_timestamp(n.removed), n.parent, n.domains
  from news n
  where not n.again or n.id not in (select c.id from changed c) and (n.sender is not null or exists (select from owner o where o.message = n.id)
    or n.id = any (of_messages));
$$;
comment on function record_messages(text, date[], bigint[], double precision[], text[], text[], text[], text[], text[], text[], text[], text[],
  bigint[], integer[], double precision[], double precision[], text[], boolean[], bigint[], text[], bigint[]) is
  'Writes messages, or what is new about them (again); of_messages and of_domains are the domains of their events, kept the messages to '
  'keep (null: all).';

-- A message that waits for long is tried very often: one row per recipient and day, which counts.
create or replace function record_deferred(node text, present date[], messages bigint[], message_times double precision[], ids bigint[],
  times double precision[], kinds text[], recipients text[], domains text[], hosts text[], replies text[], delays real[],
  next_tries double precision[], copies boolean[], senders text[])
returns void
language sql security definer set search_path = emailgency, pg_temp set plan_cache_mode = force_generic_plan set timezone = 'UTC' as $$
  with attempt as materialized (
    select distinct on (t.message, t.recipient, t.is_copy, to_timestamp(t.time)::date)
      t.message, t.message_time, t.recipient, t.domain, t.host, t.reply, t.delay, t.next_try, t.is_copy, t.sender_domain,
      to_timestamp(t.time) as last_at, first_value(t.id) over same as id, to_timestamp(first_value(t.time) over same) as time, count(*) over same::integer as tries
    from unnest(messages, message_times, ids, times, kinds, recipients, domains, hosts, replies, delays, next_tries, copies, senders)
      as t (message, message_time, id, time, kind, recipient, domain, host, reply, delay, next_try, is_copy, sender_domain)
    where t.kind = 'deferred' and to_timestamp(t.time)::date = any (present)
    window same as (partition by t.message, t.recipient, t.is_copy, to_timestamp(t.time)::date order by t.id
      rows between unbounded preceding and unbounded following)
    order by t.message, t.recipient, t.is_copy, to_timestamp(t.time)::date, t.id desc
  ), again as (
    update message_event e set tries = e.tries + a.tries, last_at = a.last_at, host = a.host, reply = a.reply, delay = a.delay,
      next_try = to_timestamp(a.next_try)
    from attempt a
    where e.message = a.message and e.node = record_deferred.node and e.kind = 'deferred' and e.recipient = a.recipient
      and e.is_copy = a.is_copy and e.time >= date_trunc('day', a.time) and e.time < date_trunc('day', a.time) + interval '1 day'
    returning a.id
  )
  insert into message_event (message, node, id, time, message_time, kind, recipient, domain, host, reply, delay, tries, last_at, next_try,
    is_copy, sender_domain)
  select a.message, record_deferred.node, a.id, a.time, to_timestamp(a.message_time), 'deferred', a.recipient, a.domain, a.host, a.reply,
    a.delay, a.tries, a.last_at, to_timestamp(a.next_try), a.is_copy, a.sender_domain
  from attempt a where a.id not in (select g.id from again g);
$$;
comment on function record_deferred(text, date[], bigint[], double precision[], bigint[], double precision[], text[], text[], text[], text[],
  text[], real[], double precision[], boolean[], text[]) is 'Writes attempts that were deferred.';

-- Lines about a whole message name no recipient: each that still waits gets the event.
create or replace function record_whole(node text, present date[], messages bigint[], message_times double precision[], ids bigint[],
  times double precision[], kinds text[], recipients text[], replies text[])
returns table (domain text, at timestamptz)
language sql security definer set search_path = emailgency, pg_temp set plan_cache_mode = force_generic_plan set timezone = 'UTC' as $$
  with whole as materialized (
    select t.* from unnest(messages, message_times, ids, times, kinds, recipients, replies)
      as t (message, message_time, id, time, kind, recipient, reply)
    where t.recipient is null and t.kind in ('held', 'released', 'expired') and to_timestamp(t.time)::date = any (present)
  ), waiting as materialized (
    select w.id, e.recipient, e.domain, e.is_copy, max(e.sender_domain) as sender_domain
    from whole w join message_event e on e.message = w.message and e.node = record_whole.node
    where e.recipient is not null and e.id < w.id
    group by w.id, e.recipient, e.domain, e.is_copy
    having count(*) filter (where e.kind in ('delivered', 'stored', 'bounced', 'expired')
      or e.kind = 'decided' and e.action <> 'accept') = 0
  ), written as (
    insert into message_event (message, node, id, time, message_time, kind, recipient, domain, reply, is_copy, sender_domain)
    select w.message, record_whole.node, w.id + coalesce(r.number, 0), to_timestamp(w.time), to_timestamp(w.message_time), w.kind,
      r.recipient, r.domain, w.reply, coalesce(r.is_copy, false), r.sender_domain
    from whole w left join (
      select *, row_number() over (partition by g.id order by g.recipient, g.is_copy) - 1 as number from waiting g) as r on r.id = w.id and r.number < 50
    on conflict on constraint message_event_repeated do nothing
    returning kind, domain, time
  )
  select n.domain, n.time from written n where n.kind = 'expired' and n.domain is not null;
$$;
comment on function record_whole(text, date[], bigint[], double precision[], bigint[], double precision[], text[], text[], text[]) is
  'Writes events of whole messages for each recipient, at most 50, that is not settled; returns the domains of those that expired.';

create or replace function record_events(node text, present date[], messages bigint[], message_times double precision[], ids bigint[],
  times double precision[], kinds text[], recipients text[], domains text[], actions text[], reasons text[], rules text[], hosts text[],
  replies text[], delays real[], again boolean[], copies boolean[], senders text[], refused_only boolean)
returns void
language sql security definer set search_path = emailgency, pg_temp set plan_cache_mode = force_generic_plan set timezone = 'UTC' as $$
  insert into message_event (message, node, id, time, message_time, kind, recipient, domain, action, reason, rule, host, reply, delay,
    is_copy, sender_domain)
  select t.message, record_events.node, t.id, to_timestamp(t.time), to_timestamp(t.message_time), t.kind, t.recipient, t.domain, t.action,
    t.reason, t.rule, t.host, t.reply, t.delay, t.is_copy, t.sender_domain
  from unnest(messages, message_times, ids, times, kinds, recipients, domains, actions, reasons, rules, hosts, replies, delays, again,
      copies, senders)
    as t (message, message_time, id, time, kind, recipient, domain, action, reason, rule, host, reply, delay, again, is_copy, sender_domain)
  where t.kind <> 'deferred' and not t.again and (t.recipient is not null or t.kind not in ('held', 'released', 'expired'))
    and to_timestamp(t.time)::date = any (present) and (not refused_only or t.action in ('defer', 'reject'));
  -- After the rows of this batch, which may be among them.
  update message_event e set action = t.action, reason = t.reason, rule = t.rule, reply = coalesce(t.reply, e.reply)
  from unnest(messages, ids, times, actions, reasons, rules, replies, again) as t (message, id, time, action, reason, rule, reply, again)
  where t.again and e.message = t.message and e.node = record_events.node and e.id = t.id and e.time = to_timestamp(t.time);
$$;
comment on function record_events(text, date[], bigint[], double precision[], bigint[], double precision[], text[], text[], text[], text[],
  text[], text[], text[], text[], real[], boolean[], boolean[], text[], boolean) is
  'Writes events of recipients. A decision may come again, with the reply that the client got.';

-- Rows that are there already, such as of a place that an operator set back.
create or replace function forget_trace(node text, ids bigint[], times double precision[], messages bigint[], event_times double precision[])
returns void
language sql security definer set search_path = emailgency, pg_temp as $$
  delete from message m using unnest(ids, times) as t (id, time)
  where m.id = t.id and m.node = forget_trace.node and m.time = to_timestamp(t.time);
  delete from message_event e using unnest(messages, event_times) as t (message, time)
  where e.message = t.message and e.node = forget_trace.node and e.time = to_timestamp(t.time);
$$;
comment on function forget_trace(text, bigint[], double precision[], bigint[], double precision[]) is
  'Deletes rows that are about to be written again.';


create or replace function count_events(times double precision[], kinds text[], domains text[], outgoing boolean[], delays real[], sizes bigint[],
  firsts boolean[], seconds text[])
returns void
language sql security definer set search_path = emailgency, pg_temp set plan_cache_mode = force_generic_plan set timezone = 'UTC' as $$
  with event as materialized (
    select to_timestamp(t.time)::date as day, t.* from unnest(times, kinds, domains, outgoing, delays, sizes, firsts)
      as t (time, kind, domain, outgoing, delay, size, first)
    where t.domain is not null
  ), counted as (
    select e.domain, e.day, case when e.outgoing then 'outgoing_' else '' end || e.kind as metric, count(*) as count
    from event e where e.kind = any (seconds) group by e.domain, e.day, e.outgoing, e.kind
    union all
    select e.domain, e.day, 'delay_max', ceil(max(e.delay))::bigint from event e
    where e.kind in ('delivered', 'stored') and e.delay is not null and not e.outgoing group by e.domain, e.day
    union all
    select e.domain, e.day, 'bytes_in', sum(e.size)::bigint from event e
    where e.first and e.size > 0 and not e.outgoing group by e.domain, e.day
  )
  select add_activity(array_agg(c.domain), array_agg(c.day), array_agg(c.metric), array_agg(c.count)) from counted c having count(*) > 0;
$$;
comment on function count_events(double precision[], text[], text[], boolean[], real[], bigint[], boolean[], text[]) is
  'Counts events of recipients by domain and day (UTC): delivered, stored, deferred, bounced and expired, with outgoing_ in front for what '
  'a login sent to elsewhere; delay_max, the longest delay in seconds; bytes_in, once per message and domain.';

-- Counters of single logins are bounded by the rows of mailbox.
create or replace function count_outgoing(times double precision[], logins text[], messages bigint[], recipients bigint[], bytes bigint[])
returns void
language sql security definer set search_path = emailgency, pg_temp set timezone = 'UTC' as $$
  with sent as materialized (
    select to_timestamp(t.time)::date as day, s.domain, m.address, t.messages, t.recipients, t.bytes
    from unnest(times, logins, count_outgoing.messages, count_outgoing.recipients, count_outgoing.bytes)
        as t (time, login, messages, recipients, bytes)
      join served_domain s on s.name = address_domain(t.login)
      left join mailbox m on m.address = address_local_part(t.login) || '@' || s.domain
  ), counted as (
    select t.domain, t.day, c.metric, c.count from sent t cross join lateral (values
      ('outgoing_messages', t.messages), ('outgoing_recipients', t.recipients), ('bytes_out', t.bytes),
      ('outgoing_messages:' || t.address, t.messages), ('outgoing_recipients:' || t.address, t.recipients)) as c (metric, count)
    where c.metric is not null and c.count is not null
  )
  select add_activity(array_agg(c.domain), array_agg(c.day), array_agg(c.metric), array_agg(c.count)) from counted c having count(*) > 0;
$$;
comment on function count_outgoing(double precision[], text[], bigint[], bigint[], bigint[]) is
  'Counts what logins sent: outgoing_messages, outgoing_recipients and bytes_out of the domain, and the first two with :LOGIN of each '
  'mailbox. Bytes count once per message.';

create or replace function record_trace(node text, log text, was bigint, places bigint[], files text[], log_time double precision,
  m_ids bigint[], m_times double precision[], m_queue_ids text[], m_clients text[], m_client_names text[], m_helos text[], m_tls text[],
  m_logins text[], m_senders text[], m_message_ids text[], m_sizes bigint[], m_recipients integer[], m_queued double precision[],
  m_removed double precision[], m_parents text[], m_orphans boolean[], m_again boolean[],
  e_messages bigint[], e_message_times double precision[], e_ids bigint[], e_times double precision[], e_kinds text[],
  e_recipients text[], e_domains text[], e_login_domains text[], e_actions text[], e_reasons text[], e_rules text[], e_hosts text[],
  e_replies text[], e_delays real[], e_next_tries double precision[], e_sizes bigint[], e_firsts boolean[], e_again boolean[],
  e_copies boolean[], o_times double precision[], o_logins text[], o_messages bigint[], o_recipients bigint[], o_bytes bigint[])
returns boolean
language plpgsql security definer set search_path = emailgency, pg_temp set plan_cache_mode = force_generic_plan as $$
declare
  mode constant text := setting_in_force('trace');
  present constant date[] := trace_days_present();
  domains text[];
  senders text[];
  outgoing boolean[];
  kept bigint[];
  expired text[];
  expired_days date[];
begin
  if not move_tracker(node, log, was, places, files, log_time) then
    return false;
  end if;
  if true = any (m_orphans) then
    with found as materialized (select * from find_messages(node, m_ids, m_times, m_queue_ids, m_orphans))
    select m.ids, m.times, e.ids, e.times, e.login_domains, e.sizes, e.firsts
      into m_ids, m_times, e_messages, e_message_times, e_login_domains, e_sizes, e_firsts
    from (select array_agg(coalesce(f.found, t.id) order by n) as ids, array_agg(coalesce(f.seconds, t.time) order by n) as times
        from unnest(m_ids, m_times) with ordinality as t (id, time, n) left join found f on f.id = t.id) as m,
      (select array_agg(coalesce(f.found, t.id) order by n) as ids, array_agg(coalesce(f.seconds, t.time) order by n) as times,
          array_agg(coalesce(t.login_domain, f.login_domain) order by n) as login_domains, array_agg(coalesce(t.size, f.size) order by n) as sizes,
          array_agg(case when f.found is null then t.first else t.kind <> 'decided' and t.domain <> all (f.domains)
            and row_number = 1 end order by n) as firsts
        from (select *, row_number() over (partition by u.id, u.domain, u.kind = 'decided' order by u.n)
            from unnest(e_messages, e_message_times, e_login_domains, e_sizes, e_firsts, e_domains, e_kinds) with ordinality
              as u (id, time, login_domain, size, first, domain, kind, n)) as t
          left join found f on f.id = t.id) as e;
  end if;
  select array_agg(coalesce(r.domain, l.domain) order by n), array_agg(case when not t.is_copy and l.domain <> r.domain then l.domain end order by n),
      array_agg(r.domain is null order by n), array_agg(t.message) filter (where mode = 'refused' and t.action in ('defer', 'reject'))
    into domains, senders, outgoing, kept
  from unnest(e_messages, e_domains, e_login_domains, e_actions, e_copies) with ordinality as t (message, domain, login_domain, action, is_copy, n)
    left join served_domain r on r.name = t.domain
    left join served_domain l on l.name = t.login_domain;
  for try in 1 .. 2 loop
    exit when mode = 'off';
    begin
      perform record_messages(node, present, m_ids, m_times, m_queue_ids, m_clients, m_client_names, m_helos, m_tls, m_logins, m_senders,
        m_message_ids, m_sizes, m_recipients, m_queued, m_removed, m_parents, m_again, e_messages || e_messages, domains || senders,
        case mode when 'refused' then coalesce(kept, '{}') end);
      perform record_events(node, present, e_messages, e_message_times, e_ids, e_times, e_kinds, e_recipients, domains, e_actions, e_reasons,
        e_rules, e_hosts, e_replies, e_delays, e_again, e_copies, senders, mode = 'refused');
      exit;
    exception when unique_violation then
      perform forget_trace(node, m_ids, m_times, e_messages, e_times);
    end;
  end loop;
  if mode = 'all' and 'deferred' = any (e_kinds) then
    perform record_deferred(node, present, e_messages, e_message_times, e_ids, e_times, e_kinds, e_recipients, domains, e_hosts, e_replies,
      e_delays, e_next_tries, e_copies, senders);
  end if;
  if mode = 'all' and e_kinds && array['held', 'released', 'expired'] then
    select array_agg(w.domain) as domains, array_agg((w.at at time zone 'UTC')::date) as days into expired, expired_days
    from record_whole(node, present, e_messages, e_message_times, e_ids, e_times, e_kinds, e_recipients, e_replies) w;
  elsif mode <> 'all' then
    select array_agg(w.expired_domain) as domains, array_agg((w.at at time zone 'UTC')::date) as days into expired, expired_days
    from record_waiting(node, m_ids, m_queue_ids, m_removed, e_messages, e_ids, e_times, e_kinds, e_recipients, domains, e_copies) w;
  end if;
  if expired is not null then
    perform add_activity(expired, expired_days, array_fill('expired'::text, array[cardinality(expired)]),
      array_fill(1::bigint, array[cardinality(expired)]));
  end if;
  perform count_events(e_times, e_kinds, domains, outgoing, e_delays, e_sizes, e_firsts,
    array['delivered', 'stored', 'deferred', 'bounced', 'expired']);
  if cardinality(o_times) > 0 then
    perform count_outgoing(o_times, o_logins, o_messages, o_recipients, o_bytes);
  end if;
  return true;
end
$$;
comment on function record_trace(text, text, bigint, bigint[], text[], double precision, bigint[], double precision[], text[], text[], text[],
  text[], text[], text[], text[], text[], bigint[], integer[], double precision[], double precision[], text[], boolean[], boolean[], bigint[],
  double precision[], bigint[], double precision[], text[], text[], text[], text[], text[], text[], text[], text[], text[], real[],
  double precision[], bigint[], boolean[], boolean[], boolean[], double precision[], text[], bigint[], bigint[], bigint[]) is
  'Writes what a node read from its log: its place, messages (m_), events (e_), and what logins sent (o_). False, without effect, if the '
  'place is not where the node took it to be: another writer was there, or an earlier try succeeded. Times are seconds since 1970.';
