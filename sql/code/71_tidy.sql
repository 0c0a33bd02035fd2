-- Sorting of catch-all mail: unknown addresses become candidates, or their mail goes to the domain's Undelivered.

comment on table domain_tidy is 'When the catch-all mail of each domain was sorted, and the node.';
comment on column domain_tidy.domain is 'The domain.';
comment on column domain_tidy.tidied_at is 'Time of the latest sort; -infinity: none, or there is more to sort.';
comment on column domain_tidy.lease_node is 'Node that works on it.';
comment on column domain_tidy.lease_until is 'End of the lease of that node.';
comment on column domain_tidy.unclean is
  'A move into Undelivered began and did not report its end, so some mail may be there and at its old place, too.';
comment on column domain_tidy.broken_at is
  'Time when the latest such move was found to have broken off. Dovecot may carry it on, so second copies are looked for until five minutes later.';

comment on table unknown_address is 'Addresses without a row that received mail, and the decision on them. Kept for 30 days.';
comment on column unknown_address.domain is 'The domain.';
comment on column unknown_address.address is 'The address.';
comment on column unknown_address.sender is 'Envelope sender of its first mail.';
comment on column unknown_address.seen_at is 'Time of the latest decision.';
comment on column unknown_address.action is 'The latest decision: candidate, undelivered or wait.';
comment on column unknown_address.reason is 'Its reason, such as spf-failed or dictionary-run.';

comment on column tidy_request.candidates is 'Candidates that were made.';
comment on column tidy_request.moved is 'Addresses whose mail was moved to Undelivered.';
comment on column tidy_request.problem is 'Reason why not all was sorted.';

create or replace function tidy_domains(interval_s integer) returns setof text
language sql stable security definer set search_path = emailgency, pg_temp as $$
  select w.domain from (
    select r.domain, true as asked from tidy_request r where r.done_at is null
    union
    select u.domain, false from mailbox_usage u
    where u.unsorted and not exists (select from mailbox_trash g where g.address = u.address and u.measured_at <= g.deleted_at)
    union
    select l.domain, false from mailbox_limit l join mailbox_usage u on u.address = l.address
    where l.candidate and u.bytes > l.quota - l.room
    union all
    select c.domain, false from domain_tidy c where c.unclean
  ) as w left join domain_tidy t on t.domain = w.domain
  where coalesce(t.lease_until, '-infinity') < now()
    and (w.asked or coalesce(t.tidied_at, '-infinity') < now() - make_interval(secs => interval_s))
    and exists (select from domain d where d.name = w.domain)
  group by w.domain;
$$;
comment on function tidy_domains(integer) is 'The domains with catch-all mail to sort, or with a request.';

drop function if exists claim_tidy(text, integer); -- without a contract

create or replace function claim_tidy(contract integer, node text, lease integer)
returns table (domain text, catchall boolean, unclean boolean, candidates_left integer, hour_left integer, candidate_quota bigint,
  run_addresses integer)
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  wanted text;
begin
  perform require_store_contract(contract);
  for wanted in select * from tidy_domains(setting_value('tidy_interval')::integer) loop
    begin
      insert into domain_tidy (domain) values (wanted) on conflict do nothing;
      update domain_tidy t set lease_node = claim_tidy.node, lease_until = now() + make_interval(secs => lease),
        -- A sort that reported its end has left no lease.
        broken_at = case when t.unclean and (t.lease_until > '-infinity' or t.broken_at is null) then now() else t.broken_at end
      where t.domain = wanted and t.lease_until < now();
      continue when not found;
      -- These it will end. One that is committed later, or that somebody holds, waits for the next sort, which sees what it is about.
      update tidy_request r set lease_until = now() + make_interval(secs => lease)
      where r.id = any (array(select o.id from tidy_request o where o.domain = wanted and o.done_at is null for update skip locked));
    exception when lock_not_available then -- an admin's transaction holds the domain: the next
      continue;
    end;
    return query
    select d.name, d.catchall, t.unclean,
      p.max_candidates - (select count(*)::integer from mailbox m where m.domain = d.name and m.candidate),
      setting_value('candidates_per_hour')::integer
        - (select count(*)::integer from mailbox m where m.domain = d.name and m.candidate and m.created_at > now() - interval '1 hour'),
      p.candidate_quota, setting_value('tidy_run_addresses')::integer
    from domain d join plan p on p.name = d.plan join domain_tidy t on t.domain = d.name where d.name = wanted;
    return;
  end loop;
end
$$;
comment on function claim_tidy(integer, text, integer) is 'Leases a domain with catch-all mail to sort, with what its plan leaves.';

drop function if exists tidy_users(text, integer); -- without a contract

create or replace function tidy_users(contract integer, domain text, count integer)
returns table (address text, store_user text, messages bigint, bytes bigint, state text, since_s bigint)
language sql stable security definer set search_path = emailgency, pg_temp as $$
  select require_store_contract(contract);
  select w.address, store_user(w.address), w.messages, w.bytes, w.state, w.since_s
  from (
    select u.address, u.messages, u.bytes,
      case when m.blocked then 'blocked' when g.address is not null then 'deleted' else 'unknown' end as state,
      coalesce(ceil(extract(epoch from g.deleted_at))::bigint, 0) as since_s
    from mailbox_usage u left join mailbox m on m.address = u.address left join mailbox_trash g on g.address = u.address
    where u.domain = tidy_users.domain and u.unsorted and (g.address is null or u.measured_at > g.deleted_at)
    union all
    select u.address, u.messages, u.bytes, 'full', (u.messages + 1) / 2
    from mailbox_limit l join mailbox_usage u on u.address = l.address
    where l.domain = tidy_users.domain and l.candidate and u.messages > 0 and u.bytes > l.quota - l.room
  ) as w left join unknown_address k on k.domain = tidy_users.domain and k.address = w.address
  -- One that Dovecot did not show or move lets the others go first: each such costs the sort a time-out.
  order by coalesce(k.action = 'wait', false), k.seen_at nulls first
  limit tidy_users.count;
$$;
comment on function tidy_users(integer, text, integer) is
  'Users of the store without a mailbox that have mail: unknown, blocked, or deleted, of which mail since the deletion is to be moved (time '
  'in seconds); and full candidates, of which the older half is (number of messages).';

create or replace function note_unknown(domain text, addresses text[], senders text[]) returns table (address text, alike bigint)
language sql security definer set search_path = emailgency, pg_temp as $$
  with noted as (
    insert into unknown_address as k (domain, address, sender)
    select note_unknown.domain, n.address, left(n.sender, 500) from unnest(addresses, senders) as n (address, sender)
    on conflict on constraint unknown_address_repeated do update set seen_at = now(), sender = excluded.sender
    returning k.address, k.sender
  )
  select n.address, greatest(
    (select count(*) from noted o where o.sender = n.sender),
    (select count(*) from unknown_address k where k.domain = note_unknown.domain and k.sender = n.sender and k.seen_at > now() - interval '1 day'
      and not exists (select from noted o where o.address = k.address))
    + (select count(*) from noted o where o.sender = n.sender))
  from noted n;
$$;
comment on function note_unknown(text, text[], text[]) is
  'Notes who wrote to unknown addresses, and returns of each to how many of the domain that sender wrote within a day.';

create or replace function tidy_decided(domain text, address text, action text, reason text) returns boolean
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  insert into unknown_address as k (domain, address, sender, action, reason)
  values (tidy_decided.domain, tidy_decided.address, '', tidy_decided.action, tidy_decided.reason)
  on conflict on constraint unknown_address_repeated do update set action = excluded.action, reason = excluded.reason, seen_at = now();
  if tidy_decided.action <> 'candidate' then
    return false;
  end if;
  insert into mailbox (address, candidate) values (tidy_decided.address, true) on conflict do nothing;
  return found;
exception when check_violation then -- the sender wrote what no mailbox can be, or another session took the plan's room
  insert into unknown_address as k (domain, address, sender, action, reason)
  values (tidy_decided.domain, tidy_decided.address, '', 'undelivered', 'no-mailbox')
  on conflict on constraint unknown_address_repeated do update set action = excluded.action, reason = excluded.reason, seen_at = now();
  return null;
end
$$;
comment on function tidy_decided(text, text, text, text) is
  'Stores the decision on an unknown address; makes the candidate, and returns whether it is new; null: there can be none, so the mail goes '
  'to Undelivered.';

drop function if exists tidy_moving(text, text); -- without a contract

create or replace function tidy_moving(contract integer, node text, domain text) returns boolean
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  perform require_store_contract(contract);
  update domain_tidy t set unclean = true
  where t.domain = tidy_moving.domain and t.lease_node = tidy_moving.node and t.lease_until > now();
  return found;
end
$$;
comment on function tidy_moving(integer, text, text) is
  'Notes, before the first move, that mail may be at two places; false if the lease ended.';

create or replace function tidy_moved(address text) returns void
language sql security definer set search_path = emailgency, pg_temp as $$
  update mailbox_usage u set measured_at = t.deleted_at from mailbox_trash t where t.address = u.address and u.address = tidy_moved.address;
$$;
comment on function tidy_moved(text) is
  'Notes that mail of a deleted mailbox that came since its deletion was moved. Of others Dovecot writes the usage.';

create or replace function tidy_empty(address text, looked_s bigint) returns void
language sql security definer set search_path = emailgency, pg_temp as $$
  update mailbox_usage u set bytes = 0, messages = 0, oldest_at = 'infinity'
  where u.address = tidy_empty.address and u.measured_at < to_timestamp(looked_s);
$$;
comment on function tidy_empty(text, bigint) is 'Notes that a user had no mail at that time, in seconds since 1970.';

-- A sort takes so many addresses only, those that were never sorted first, so five minutes may pass before the move is repeated.
create or replace function broken_move_pending(domain text, broken_at timestamptz) returns boolean
language sql stable security definer set search_path = emailgency, pg_temp as $$
  select coalesce(broken_move_pending.broken_at > now() - interval '5 minutes', false) or exists (
    select from unknown_address k join mailbox_usage u on u.address = k.address
    where k.domain = broken_move_pending.domain and k.seen_at <= broken_move_pending.broken_at and k.action <> 'candidate' and u.unsorted
      and not exists (select from mailbox_trash g where g.address = u.address and u.measured_at <= g.deleted_at));
$$;
comment on function broken_move_pending(text, timestamptz) is
  'A move that broke off may be carried on by Dovecot, or is to be repeated: an address on which was decided before has mail still.';

-- Without a contract.
drop function if exists record_tidy(text, text, integer, integer, text);
drop function if exists record_tidy(text, text, integer, integer, text, boolean);

create or replace function record_tidy(contract integer, node text, domain text, candidates integer, moved integer, problem text,
  more boolean default false)
returns boolean
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  perform require_store_contract(contract);
  update domain_tidy t set lease_until = '-infinity', tidied_at = case when more then '-infinity' else now() end,
    unclean = t.unclean and (record_tidy.problem <> '' or broken_move_pending(t.domain, t.broken_at)),
    broken_at = case when record_tidy.problem <> '' then now() when broken_move_pending(t.domain, t.broken_at) then t.broken_at end
  where t.domain = record_tidy.domain and t.lease_node = record_tidy.node and t.lease_until > '-infinity';
  if not found then
    -- It moved mail beside the node that took over.
    update domain_tidy t set unclean = true, broken_at = now() where t.domain = record_tidy.domain and record_tidy.moved > 0;
    return false;
  end if;
  update tidy_request r set done_at = case when not more then now() end, candidates = r.candidates + record_tidy.candidates,
    moved = r.moved + record_tidy.moved, problem = left(record_tidy.problem, 1000)
  where r.domain = record_tidy.domain and r.done_at is null and r.lease_until > '-infinity';
  -- A user whose mail is gone is forgotten once nobody writes to it.
  delete from mailbox_usage u where u.domain = record_tidy.domain and u.messages = 0 and u.measured_at < now() - interval '1 day'
    and not exists (select from mailbox m where m.address = u.address) and u.address not like '.%';
  delete from unknown_address k where k.domain = record_tidy.domain and k.seen_at < now() - interval '30 days';
  delete from tidy_request r where r.domain = record_tidy.domain and r.done_at < now() - interval '30 days';
  return true;
end
$$;
comment on function record_tidy(integer, text, text, integer, integer, text, boolean) is
  'Ends a sort, and the requests for it; with more, there is more to sort at once. Problem: why not all was sorted; empty if it was. False if '
  'another node has the lease.';
