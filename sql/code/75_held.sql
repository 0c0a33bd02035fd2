-- Queued mail of logins that may not send: held in Postfix's queue, and released or deleted from any node.

comment on table hold_search is
  'Mailboxes and domains that were denied sending lately, whose queued mail is looked for: at once, and again for half an hour, since a tracker '
  'may lag.';
comment on column hold_search.name is 'Mailbox or domain.';
comment on column hold_search.searches is 'Number of searches since the denial.';
comment on column hold_search.due_at is 'Time of the next search.';

comment on table held_message is
  'Queued messages of logins that may not send, per node. Kept for 30 days after the message was released, deleted, or gone.';
comment on column held_message.id is 'Number of the row.';
comment on column held_message.node is 'The node in whose queue it is.';
comment on column held_message.queue_id is 'Its queue id there.';
comment on column held_message.login is 'The mailbox that sent it.';
comment on column held_message.domain is 'Its domain.';
comment on column held_message.sender is 'Envelope sender; empty: the null sender; null: unknown.';
comment on column held_message.queued_at is 'When it came in, as the node''s log says.';
comment on column held_message.wanted is 'Requested state: held, released (delivered on), or deleted.';
comment on column held_message.state is
  'State: queued (not yet held), held, released, deleted, or gone (it had left the queue before).';
comment on column held_message.requested_by is 'Login that had it released or deleted; null: the denial had it held.';
comment on column held_message.requested_at is 'Time of the request.';
comment on column held_message.done_at is 'When that was done; null: pending.';
comment on column held_message.due_at is 'When the node tries next.';
comment on column held_message.problem is 'Why the latest try failed.';

create or replace function begin_hold() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  insert into hold_search (name) values (case tg_argv[0] when 'domain' then to_jsonb(new) ->> 'name' else to_jsonb(new) ->> 'address' end)
  on conflict on constraint hold_search_repeated do update set searches = 0, due_at = now();
  return null;
end
$$;
comment on function begin_hold() is 'Has the queued mail of a mailbox or domain held. Argument: the table.';

create or replace trigger begin_hold after update of smtp_deny on mailbox
for each row when (new.smtp_deny and not old.smtp_deny) execute function begin_hold('mailbox');
comment on trigger begin_hold on mailbox is 'Has the queued mail of a denied mailbox held.';

create or replace trigger begin_hold after update of smtp_deny on domain
for each row when (new.smtp_deny and not old.smtp_deny) execute function begin_hold('domain');
comment on trigger begin_hold on domain is 'Has the queued mail of a denied domain held.';

create or replace function denied_mailboxes(name text) returns table (address text, domain text)
language sql stable security definer set search_path = emailgency, pg_temp as $$
  select m.address, m.domain from mailbox m where m.address = denied_mailboxes.name and m.smtp_deny
  union
  select m.address, m.domain from domain d join mailbox m on m.domain = d.name
  where d.name = denied_mailboxes.name and d.smtp_deny and not m.smtp_deny_exempt;
$$;
comment on function denied_mailboxes(text) is 'The mailboxes that a denial of this mailbox or domain concerns; none once it is lifted.';

-- A name that a customer's transaction holds, or a domain, waits for the next call.
create or replace function search_held(count integer) returns integer
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  found hold_search;
  added integer;
  total integer := 0;
begin
  for found in select h.* from hold_search h where h.due_at <= now() order by h.searches, h.due_at limit search_held.count for update skip locked loop
    insert into held_message (node, queue_id, login, domain, sender, queued_at)
    select distinct on (g.node, g.queue_id) g.node, g.queue_id, x.address, x.domain, g.sender, coalesce(g.queued_at, g.time)
    from (select * from denied_mailboxes(found.name)) as x
      join domain d on d.name = x.domain
      join message g on g.login = x.address
    where g.queue_id is not null and g.removed_at is null and g.time > now() - interval '40 days'
      and not exists (select from held_message h where h.node = g.node and h.queue_id = g.queue_id
        and h.queued_at = coalesce(g.queued_at, g.time))
      and exists (select from domain k where k.name = x.domain for key share skip locked)
    order by g.node, g.queue_id, g.time desc
    limit 10000
    on conflict on constraint held_message_twice do nothing;
    get diagnostics added = row_count;
    total := total + added;
    if not exists (select from domain k where k.name = address_domain(found.name) or k.name = found.name for key share skip locked) then
      update hold_search h set due_at = now() + interval '1 second' where h.name = found.name; -- somebody holds the row
    elsif found.searches >= 10 and added < 10000 or not exists (select from denied_mailboxes(found.name)) then
      delete from hold_search h where h.name = found.name;
    else
      update hold_search h set searches = least(h.searches + (added < 10000)::integer, 10),
        due_at = now() + make_interval(secs => case when added < 10000 then 2 ^ h.searches else 1 end)
      where h.name = found.name;
    end if;
  end loop;
  delete from held_message h where h.id = any (array(
    select e.id from held_message e where e.state in ('released', 'deleted', 'gone') and e.done_at < now() - interval '30 days'
    limit 1000 for update skip locked));
  return total;
end
$$;
comment on function search_held(integer) is
  'Looks for queued mail of so many mailboxes and domains that were denied sending, on all nodes, in the rows of their trackers; returns the '
  'number of messages that are to be held. Removes old rows.';

-- The domains take turns, and the logins of a domain, so that a long list delays nobody else's. Of a node with more messages than are looked at,
-- those that wait longest and those that came last are: what one login of very many has left is between them.
create or replace function held_turns(node text) returns setof bigint
language sql stable security definer set search_path = emailgency, pg_temp as $$
  with waiting as materialized (
    (select e.id, e.domain, e.login, e.due_at from held_message e
     where e.node = held_turns.node and e.wanted <> e.state and e.state in ('queued', 'held') and e.due_at <= now()
     order by e.due_at limit 10000)
    union
    (select e.id, e.domain, e.login, e.due_at from held_message e
     where e.node = held_turns.node and e.wanted <> e.state and e.state in ('queued', 'held') and e.due_at <= now()
     order by e.due_at desc limit 10000)
  ), of_login as (
    select w.id, w.domain, w.due_at, row_number() over (partition by w.domain, w.login order by w.due_at, w.id) as turn from waiting w
  ), of_domain as (
    select o.id, o.due_at, row_number() over (partition by o.domain order by o.turn, o.due_at, o.id) as turn from of_login o
  )
  select d.id from of_domain d order by d.turn, d.due_at, d.id;
$$;
comment on function held_turns(text) is 'Messages of a node''s queue that are to be held, released or deleted, in the order of their turns.';

-- A denial that was lifted before the message was held leaves it alone.
create or replace function claim_held(node text, count integer, lease integer)
returns table (id bigint, queue_id text, login text, wanted text, state text)
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  delete from held_message h where h.id = any (array(
    select e.id from held_message e
    where e.node = claim_held.node and e.state = 'queued' and e.wanted = 'held' and e.due_at <= now()
      and not exists (select from mailbox m join domain d on d.name = m.domain
        where m.address = e.login and (m.smtp_deny or d.smtp_deny and not m.smtp_deny_exempt))
    limit claim_held.count for update skip locked));
  return query
  update held_message h set due_at = now() + make_interval(secs => lease)
  where h.id = any (array(
    select e.id from held_turns(claim_held.node) with ordinality as t (id, turn) join held_message e on e.id = t.id
    where e.wanted <> e.state and e.state in ('queued', 'held') and e.due_at <= now()
    order by t.turn limit claim_held.count for update of e skip locked))
  returning h.id, h.queue_id, h.login, h.wanted, h.state;
end
$$;
comment on function claim_held(text, integer, integer) is
  'Takes up to so many messages of a node''s queue that are to be held, released or deleted, for this many seconds; the domains take turns.';

create or replace function record_held(node text, ids bigint[], outcomes text[], problems text[]) returns void
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  update held_message h set
    state = case when t.outcome in ('held', 'released', 'deleted', 'gone') then t.outcome else h.state end,
    done_at = case when t.outcome in ('held', 'released', 'deleted', 'gone') then now() end,
    due_at = case when t.outcome in ('held', 'released', 'deleted', 'gone') then now() else now() + interval '30 seconds' end,
    problem = left(coalesce(t.problem, ''), 200)
  from unnest(ids, outcomes, problems) as t (id, outcome, problem)
  where h.id = t.id and h.id = any (array(
    select e.id from held_message e where e.id = any (ids) and e.node = record_held.node for update skip locked));
end
$$;
comment on function record_held(text, bigint[], text[], text[]) is
  'What became of messages: held, released, deleted, gone; or failed, with the problem, to be tried again. A row that somebody holds is '
  'tried again, too: that does no harm.';

-- The rows that a word names and that the acting role may reach: a login, a domain, or a queue id.
create or replace function reachable_held(word text) returns setof held_message
language plpgsql stable security definer set search_path = emailgency, pg_temp as $$
declare
  folded constant text := lower(left(word, 400));
  home text;
begin
  if word is null or word = '' then
    raise exception using errcode = 'invalid_parameter_value',
      message = 'name a login, a domain or a queue id, as in user@example.com, example.com or 4XYZabcdefzGk';
  end if;
  if folded like '%@%' then
    home := administered_domain(address_domain(folded));
    return query select h.* from held_message h where h.domain = home and h.login = address_local_part(folded) || '@' || home;
  elsif folded like '%.%' then
    home := administered_domain(folded);
    return query select h.* from held_message h where h.domain = home;
  else
    return query select h.* from held_message h where h.queue_id = word and administers(h.domain);
  end if;
end
$$;
comment on function reachable_held(text) is 'Held messages of a login, a domain or with a queue id, that the acting role may reach.';

create or replace function ask_held(word text, wanted text) returns integer
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  login record;
  changed integer;
begin
  if wanted = 'released' then
    for login in
      select distinct h.login as address, m.smtp_deny, m.smtp_denied_by, d.name as home,
        d.smtp_deny and not coalesce(m.smtp_deny_exempt, false) as by_domain, d.smtp_denied_by as domain_denied_by
      from reachable_held(word) h join domain d on d.name = h.domain left join mailbox m on m.address = h.login
      where h.state in ('queued', 'held')
    loop
      if login.smtp_deny then
        perform check_deny_lifted(login.smtp_denied_by, format('"%s"', login.address), login.home);
      end if;
      if login.by_domain then
        perform check_deny_lifted(login.domain_denied_by, format('domain "%s"', login.home), login.home);
      end if;
    end loop;
  end if;
  update held_message h set wanted = ask_held.wanted, requested_by = acting_login(), requested_at = now(), done_at = null, due_at = now()
  where h.id in (select r.id from reachable_held(word) r where r.state in ('queued', 'held') and r.wanted <> ask_held.wanted);
  get diagnostics changed = row_count;
  if changed = 0 and not exists (select from reachable_held(word)) then
    raise exception using errcode = 'no_data_found', message = format(
      'no message of "%s" is held: select * from held_message lists those that are', left(word, 400));
  end if;
  return changed;
end
$$;
comment on function ask_held(text, text) is
  'Has held messages released or deleted. Mail of a login that the operator denied is released by the operator alone.';

create or replace function release_held(word text) returns integer
language sql security definer set search_path = emailgency, pg_temp
return ask_held(word, 'released');
comment on function release_held(text) is
  'Has the held mail of a login, of a domain, or with a queue id delivered: select release_held(''user@example.com''). Returns the number of '
  'messages.';

create or replace function delete_held(word text) returns integer
language sql security definer set search_path = emailgency, pg_temp
return ask_held(word, 'deleted');
comment on function delete_held(text) is
  'Has the held mail of a login, of a domain, or with a queue id deleted from the queue: select delete_held(''user@example.com''). Returns the '
  'number of messages.';
