-- Rows that are one message, and its time line. All with the caller's rights: row-level security decides what a domain admin sees.

-- The login is hidden from domain admins, since it may be another customer's.
create or replace function trace_login(id bigint, node text, "time" timestamptz) returns text
language plpgsql stable security definer set search_path = emailgency, pg_temp set plan_cache_mode = force_generic_plan as $$
begin
  return (select m.login from message m
  where m.id = trace_login.id and m.node = trace_login.node and m.time = trace_login.time and (is_operator() or exists (
    select from served_domain s where s.name = fold(address_domain(m.login)) and administers(s.domain))));
end
$$;
comment on function trace_login(bigint, text, timestamptz) is 'The login that sent a message, if it is of a domain of the caller.';

-- Functions that read tables are plpgsql: their plans last for the session, and are made again for another role.
create or replace function trace_network(client inet) returns inet
language sql immutable parallel safe
return network(set_masklen(client, case family(client) when 4 then 24 else 64 end));
comment on function trace_network(inet) is 'The network of a client: servers of one sender try again from another address of it.';

-- Rows of one sender from one network to one recipient. Bounded: of a recipient that gets very much mail, not all are looked at. So that it is quick, it
-- reads the index in its order, until there are enough events, then their messages by key ("offset 0"), and not those of a busy sender or domain.
create or replace function trace_family(recipient text, sender text, client inet, since timestamptz, until timestamptz, backward boolean)
returns table (id bigint, node text, "time" timestamptz, accepted boolean)
language plpgsql stable set search_path = emailgency, pg_temp set plan_cache_mode = force_generic_plan set enable_sort = off
set enable_hashjoin = off set enable_mergejoin = off as $$
begin
  return query select distinct m.id, m.node, m.time, m.queue_id is not null
  from (
    (select e.message, e.node, e.message_time from message_event e
    where not backward and e.recipient = trace_family.recipient and e.time >= since and e.time <= until and e.action is distinct from 'reject'
    order by e.time limit 300)
    union all
    (select e.message, e.node, e.message_time from message_event e
    where backward and e.recipient = trace_family.recipient and e.time >= since and e.time <= until and e.action is distinct from 'reject'
    order by e.time desc limit 300)
  ) as e
    cross join lateral (select m.id, m.node, m.time, m.queue_id, m.sender, m.client from message m
      where m.id = e.message and m.node = e.node and m.time = e.message_time and m.time >= since and m.time <= until offset 0) as m
  where m.sender = trace_family.sender and trace_network(m.client) = trace_network(trace_family.client);
end
$$;
comment on function trace_family(text, text, inet, timestamptz, timestamptz, boolean) is
  'Attempts and accepted messages of one sender, from one network, to one recipient, in a range of time, the first or the last of them.';

create or replace function trace_attempted(id bigint, node text, "time" timestamptz) returns text
language plpgsql stable set search_path = emailgency, pg_temp set plan_cache_mode = force_generic_plan as $$
begin
  return (select min(e.recipient) from message_event e
  where e.message = trace_attempted.id and e.node = trace_attempted.node and e.message_time = trace_attempted.time
    and e.time >= trace_attempted.time - interval '1 hour' and e.time <= trace_attempted.time + interval '1 day' and e.kind = 'decided' and e.action = 'defer');
end
$$;
comment on function trace_attempted(bigint, text, timestamptz) is
  'Of an attempt: the first of the recipients that were refused for now, which its retry is known by.';

-- A retry comes within a day. If two messages were accepted within an hour, it is not certain which of them was refused before.
create or replace function trace_head(id bigint, node text, "time" timestamptz)
returns table (head_id bigint, head_node text, head_time timestamptz)
language plpgsql stable set search_path = emailgency, pg_temp set plan_cache_mode = force_generic_plan as $$
declare
  given record;
  next record;
  accepted_id bigint;
  accepted_node text;
  accepted_time timestamptz;
  last timestamptz := trace_head.time;
begin
  head_id := trace_head.id; head_node := trace_head.node; head_time := trace_head.time;
  select m.queue_id, m.parent, m.sender, m.client into given from message m
  where m.id = trace_head.id and m.node = trace_head.node and m.time = trace_head.time;
  if given.parent is not null then
    select p.id, p.time into next from message p
    where p.queue_id = given.parent and p.node = trace_head.node and p.time <= trace_head.time order by p.time desc limit 1;
    if found then
      head_id := next.id; head_time := next.time;
    end if;
  elsif given.queue_id is null and given.sender is not null and given.client is not null then
    for next in select * from trace_family(trace_attempted(trace_head.id, trace_head.node, trace_head.time), given.sender, given.client,
      trace_head.time, trace_head.time + interval '3 days', false) f order by f.time, f.id loop
      exit when next.time > last + interval '1 day' or next.time > accepted_time + interval '1 hour';
      if not next.accepted and accepted_id is null then
        head_id := next.id; head_node := next.node; head_time := next.time;
        last := next.time;
      elsif next.accepted and accepted_id is not null then
        return next;
        return;
      elsif next.accepted then
        accepted_id := next.id; accepted_node := next.node; accepted_time := next.time;
      end if;
    end loop;
    if accepted_id is not null then
      head_id := accepted_id; head_node := accepted_node; head_time := accepted_time;
    end if;
  end if;
  return next;
end
$$;
comment on function trace_head(bigint, text, timestamptz) is
  'The row that stands for a message: of an attempt its accepted retry or else the last attempt, of a bounce the message that it is about, '
  'if that is certain and visible to the caller.';

create or replace function trace_attempts(id bigint, node text, "time" timestamptz, recipients text[])
returns table (attempt_id bigint, attempt_node text, attempt_time timestamptz)
language plpgsql stable set search_path = emailgency, pg_temp set plan_cache_mode = force_generic_plan set enable_sort = off
set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  head record;
  one text;
  earlier record;
  last timestamptz;
begin
  select m.queue_id, m.sender, m.client into head from message m
  where m.id = trace_attempts.id and m.node = trace_attempts.node and m.time = trace_attempts.time and m.parent is null
    and m.sender is not null and m.client is not null;
  if not found then
    return;
  end if;
  foreach one in array recipients loop
    continue when not exists ( -- which is the case with most messages, and quick by the index of attempts
      select from (select e.message, e.node, e.message_time from message_event e where e.recipient = one and e.action = 'defer'
          and e.time >= trace_attempts.time - interval '1 day' and e.time <= trace_attempts.time order by e.time desc limit 100) as e
        cross join lateral (select m.id, m.node, m.queue_id, m.sender, m.client from message m where m.id = e.message and m.node = e.node
          and m.time = e.message_time and m.time >= trace_attempts.time - interval '1 day' and m.time <= trace_attempts.time offset 0) as m
      where m.sender = head.sender
        and trace_network(m.client) = trace_network(head.client) and m.queue_id is null and (m.id, m.node) <> (trace_attempts.id, trace_attempts.node));
    continue when head.queue_id is not null and exists (
      select from trace_family(one, head.sender, head.client, trace_attempts.time, trace_attempts.time + interval '1 hour', false) f
      where f.accepted and (f.id, f.node) <> (trace_attempts.id, trace_attempts.node));
    last := trace_attempts.time;
    for earlier in select * from trace_family(one, head.sender, head.client, last - interval '3 days', last, true) f
      where (f.id, f.node) <> (trace_attempts.id, trace_attempts.node) order by f.time desc, f.id desc loop
      exit when earlier.accepted or earlier.time < last - interval '1 day';
      last := earlier.time;
      if trace_attempted(earlier.id, earlier.node, earlier.time) = one then
        attempt_id := earlier.id; attempt_node := earlier.node; attempt_time := earlier.time;
        return next;
      end if;
    end loop;
  end loop;
end
$$;
comment on function trace_attempts(bigint, text, timestamptz, text[]) is
  'The attempts of which a message to these recipients is the retry, as trace_head() has it.';

-- Attempts of a day are one row, a message that waits for days has several.
create or replace function trace_deferred(events message_event[]) returns setof message_event
language plpgsql immutable set search_path = emailgency, pg_temp as $$
begin
  return query select d.message, d.node, d.id, d.first_at, d.message_time, d.kind, d.recipient, d.domain, d.action, d.reason, d.rule, d.host,
    d.reply, d.delay, d.all_tries, d.last_at, d.next_try, d.is_copy, d.sender_domain
  from (
    select distinct on (e.message, e.node, e.recipient, e.is_copy) e.*, min(e.time) over same as first_at, (sum(coalesce(e.tries, 1)) over same)::integer as all_tries
    from unnest(events) as e where e.kind = 'deferred'
    window same as (partition by e.message, e.node, e.recipient, e.is_copy)
    order by e.message, e.node, e.recipient, e.is_copy, e.time desc, e.id desc) as d;
end
$$;
comment on function trace_deferred(message_event[]) is 'The events deferred, one per message, recipient and copy, with the first time and all tries.';

-- A clock that was set back makes events that are before their message; more than an hour of it is not looked for.
create or replace function trace_events(id bigint, node text, "time" timestamptz, until timestamptz, wanted text, of_domain text) returns message_event[]
language plpgsql stable set search_path = emailgency, pg_temp set plan_cache_mode = force_generic_plan as $$
begin
  return array(
    select e from message_event e
    where e.message = trace_events.id and e.node = trace_events.node and e.message_time = trace_events.time and e.time >= trace_events.time - interval '1 hour'
      and e.time < trace_events.until and (wanted is null or e.recipient like wanted or e.recipient is null)
      and (of_domain is null or of_domain in (e.domain, e.sender_domain) or e.domain is null)
    order by e.time, e.id limit 300);
end
$$;
comment on function trace_events(bigint, text, timestamptz, timestamptz, text, text) is
  'The first 300 events of a message until a time, of recipients that match a pattern of like, or null, and of a domain, or null.';

create or replace function trace_accepted(events message_event[], again boolean, login text) returns text
language plpgsql stable set search_path = emailgency, pg_temp as $$
begin
  return 'accepted' || case when login is null then '' else ' from the login ' || trace_address(login) end || coalesce(': ' || (
    select string_agg(distinct substr(w.words, 11), ', ') from unnest(events) as e cross join lateral trace_decided(e) as w (words)
    where e.kind = 'decided' and e.action = 'accept' and w.words like 'accepted: %' and not (again and e.reason = 'greylist-passed')), '');
end
$$;
comment on function trace_accepted(message_event[], boolean, text) is 'That a message was accepted, and why; again: after attempts that were not.';

create or replace function trace_bounces(queue_id text, node text, since timestamptz, inout events message_event[], inout clauses jsonb)
language plpgsql stable set search_path = emailgency, pg_temp set plan_cache_mode = force_generic_plan as $$
declare
  bounce record;
begin
  for bounce in
    select b.id, b.time, b.queue_id, b.queued_at, b.removed_at from message b
    where b.parent = trace_bounces.queue_id and b.node = trace_bounces.node and b.time >= since and b.time < since + interval '60 days'
    order by b.time limit 5
  loop
    clauses := clauses || jsonb_build_object('at', coalesce(bounce.queued_at, bounce.time), 'id', bounce.id,
      'words', 'a bounce was made, queue id ' || trace_text(bounce.queue_id));
    events := events || trace_events(bounce.id, trace_bounces.node, bounce.time,
      coalesce(bounce.removed_at + interval '1 day', bounce.time + interval '60 days'), null, null);
  end loop;
end
$$;
comment on function trace_bounces(text, text, timestamptz, message_event[], jsonb) is
  'Adds the events of the bounces of a message, and that they were made.';

-- events, attempts and bounces are those of the message, of earlier attempts and of its bounces; clauses what is known besides.
create or replace function trace_story(events message_event[], attempts message_event[], bounces message_event[], clauses jsonb) returns text
language plpgsql stable set search_path = emailgency, pg_temp as $$
begin
  return (
    with event as (
      select o as e, '' as before from unnest(events || attempts) as o where o.kind <> 'deferred' and (o.kind <> 'decided' or o.action <> 'accept')
      union all select o, '' from trace_deferred(events) as o
      union all select o, 'the bounce was ' from unnest(bounces) as o where o.kind <> 'deferred' and (o.kind <> 'decided' or o.action <> 'accept')
      union all select o, 'the bounce was ' from trace_deferred(bounces) as o
    ), clause as (
      select date_trunc('second', (o.e).time) as at, 1 as rank, (o.e).id, case when o.before = '' then (o.e).recipient end as recipient,
        o.before || trace_words(o.e, exists (select from unnest(events || bounces) as later
          where later.recipient = (o.e).recipient and (later.time, later.id) > ((o.e).time, (o.e).id)
            and later.kind in ('delivered', 'stored', 'bounced', 'expired') and later.is_copy = (o.e).is_copy)) as words
      from event o
      union all
      select date_trunc('second', c.at), 0, c.id, null, c.words from jsonb_to_recordset(clauses) as c (at timestamptz, id bigint, words text)
    ), grouped as (
      select c.at, c.words, min(c.rank) as rank, min(c.id) as id, array_agg(distinct c.recipient) filter (where c.recipient is not null) as recipients
      from clause c group by c.at, c.words
    ), placed as (
      select g.*, row_number() over line as n, coalesce(lag(g.at) over line, g.at) as before,
        (select count(distinct c.recipient) from clause c) > 1 as named
      from grouped g window line as (order by g.at, g.rank, g.id, g.words)
    )
    select string_agg(trace_clock(p.at, p.before) || ' ' || p.words || case when not p.named or p.recipients is null then ''
        when cardinality(p.recipients) > 2 then ' for ' || cardinality(p.recipients) || ' recipients'
        else ' for ' || (select string_agg(trace_address(r), ' and ') from unnest(p.recipients) as r) end, '; ' order by p.n)
      filter (where p.n <= 30) || case when count(*) > 30 then format('; and %s more', count(*) - 30) else '' end
    from placed p);
end
$$;
comment on function trace_story(message_event[], message_event[], message_event[], jsonb) is
  'The time line of a message, in words; times in the session''s time zone.';

create or replace function trace_outcome(events message_event[], queued boolean, removed boolean) returns text
language plpgsql stable set search_path = emailgency, pg_temp as $$
begin
  return coalesce((
    with state as (
      select distinct on (e.recipient) case
        when e.kind = 'decided' then case e.action when 'reject' then 'refused' when 'defer' then 'refused for now' else 'accepted' end
        when e.kind in ('bounced', 'expired') then 'returned' when e.kind = 'deferred' then 'waiting' when e.kind = 'stored' then 'delivered'
        when e.kind = 'released' then 'accepted' else e.kind end as word
      from unnest(events) as e
      -- The copy in the store is no delivery to the recipient's own server.
      order by e.recipient, e.is_copy, e.kind in ('delivered', 'stored', 'bounced', 'expired') desc, coalesce(e.last_at, e.time) desc, e.id desc
    )
    select case when count(*) over () > 1 then 'partly ' else '' end || w.word
    from (select s.word from state s where not (s.word = 'accepted' and queued and removed) group by s.word) as w
    order by array_position(array['refused', 'returned', 'waiting', 'held', 'refused for now', 'accepted', 'delivered'], w.word) limit 1),
    case when not queued then 'unfinished' when removed then 'gone from the queue' else 'accepted' end);
end
$$;
comment on function trace_outcome(message_event[], boolean, boolean) is
  'What came of a message, by the last event of each recipient: delivered, accepted, waiting, held, returned, refused, refused for now; '
  'with partly before the worst of several.';

create or replace function trace_details(events message_event[]) returns jsonb
language plpgsql stable set search_path = emailgency, pg_temp as $$
begin
  return (select jsonb_agg(jsonb_build_object('time', e.time, 'kind', e.kind, 'recipient', trace_text(e.recipient, 400), 'action', e.action,
    'reason', trace_text(e.reason), 'rule', trace_text(e.rule), 'host', trace_text(e.host), 'reply', trace_text(e.reply), 'delay', e.delay,
    'is_copy', case when e.is_copy then true end, 'tries', e.tries, 'last_at', e.last_at, 'next_try', e.next_try) order by e.time, e.id) from unnest(events) as e);
end
$$;
comment on function trace_details(message_event[]) is 'Events as JSON.';

create or replace function trace_line(id bigint, node text, "time" timestamptz, wanted text default null, of_domain text default null)
returns table (at timestamptz, mail text, source text, outcome text, story text, setting text, change text, details jsonb)
language plpgsql stable set search_path = emailgency, pg_temp set plan_cache_mode = force_generic_plan as $$
declare
  head record;
  attempt record;
  event message_event;
  events message_event[];
  attempts message_event[] := '{}';
  bounces message_event[] := '{}';
  clauses jsonb := '[]';
  recipients text[];
  login constant text := trace_login(trace_line.id, trace_line.node, trace_line.time);
begin
  select m.queue_id, m.client, m.client_name, m.helo, m.tls, m.sender, m.message_id, m.size, m.queued_at, m.removed_at, m.parent into head
  from message m where m.id = trace_line.id and m.node = trace_line.node and m.time = trace_line.time;
  events := trace_events(trace_line.id, trace_line.node, trace_line.time, case when head.queue_id is null then trace_line.time + interval '1 day'
    else coalesce(head.removed_at + interval '1 day', trace_line.time + interval '60 days') end, wanted, of_domain);
  if events = '{}' and wanted is not null then -- found by a bounce to that recipient
    events := trace_events(trace_line.id, trace_line.node, trace_line.time, coalesce(head.removed_at + interval '1 day',
      trace_line.time + interval '60 days'), null, of_domain);
  end if;
  at := trace_line.time;
  for attempt in select * from trace_attempts(trace_line.id, trace_line.node, trace_line.time,
    array(select distinct e.recipient from unnest(events) as e where e.recipient is not null order by 1 limit 5)) a limit 50 loop
    attempts := attempts || trace_events(attempt.attempt_id, attempt.attempt_node, attempt.attempt_time, attempt.attempt_time + interval '1 day',
      wanted, of_domain);
    at := least(at, attempt.attempt_time);
  end loop;
  if head.queue_id is not null then
    clauses := jsonb_build_array(jsonb_build_object('at', coalesce(head.queued_at, trace_line.time), 'id', trace_line.id, 'words', case
      when head.parent is not null then 'a bounce was made of ' || trace_text(head.parent)
      else trace_accepted(events, cardinality(attempts) > 0, login) end));
    select b.events, b.clauses into bounces, clauses from trace_bounces(head.queue_id, trace_line.node, trace_line.time, bounces, clauses) b;
  end if;
  recipients := array(select distinct e.recipient from unnest(events) as e where e.recipient is not null order by 1);
  mail := trace_address(head.sender) || ' to ' || coalesce((select string_agg(trace_address(r), ', ') from unnest(recipients[1:3]) as r)
    || case when cardinality(recipients) > 3 then format(' and %s more', cardinality(recipients) - 3) else '' end, 'unknown recipients');
  source := concat_ws(', ', 'client ' || coalesce(nullif(trace_server(head.client_name), 'unknown'), '') || '[' || host(head.client) || ']',
    case when login is not null then 'login ' || trace_address(login) end, 'queue id ' || trace_text(head.queue_id),
    'message id <' || trace_text(head.message_id) || '>', 'node ' || trace_line.node);
  outcome := trace_outcome(events, head.queue_id is not null, head.removed_at is not null);
  story := coalesce(trace_story(events, attempts, bounces, clauses), 'nothing is known');
  for event in select * from unnest(events || attempts) as e
    order by e.kind = 'decided' and e.action = 'accept', coalesce(e.last_at, e.time) desc, e.id desc loop
    setting := trace_decider(event);
    change := trace_change(event, head.client, login);
    exit when setting is not null or change is not null;
  end loop;
  details := jsonb_strip_nulls(jsonb_build_object('time', at, 'node', trace_line.node, 'queue_id', trace_text(head.queue_id),
    'sender', trace_text(head.sender, 400), 'recipients', to_jsonb(array(select trace_text(r, 400) from unnest(recipients[1:100]) as r)),
    'client', host(head.client), 'client_name', trace_text(head.client_name), 'helo', trace_text(head.helo), 'tls', trace_text(head.tls),
    'login', trace_text(login), 'message_id', trace_text(head.message_id), 'size', head.size, 'queued_at', head.queued_at,
    'removed_at', head.removed_at, 'parent', trace_text(head.parent), 'events', trace_details(attempts || events)));
  return next;
end
$$;
comment on function trace_line(bigint, text, timestamptz, text, text) is
  'What trace() says about one message. wanted and of_domain: as for trace_events().';
