-- The mail store's users: their usage, as Dovecot writes it, quotas, expiry, and deleted mailboxes.

comment on column mailbox_usage.address is
  'The mailbox; or an address that no row names, whose catch-all mail is not sorted yet; or .undelivered@DOMAIN, the owner of the '
  'domain''s folder Undelivered.';
comment on column mailbox_usage.oldest_at is
  'Arrival of its oldest mail that may expire, or earlier; infinity: none; -infinity: not known.';
comment on column mailbox_usage.passed_at is 'Time of the latest pass of the keeper.';
comment on column mailbox_usage.unsorted is 'There is mail, and no mailbox: tidy sorts it. Written by triggers.';
comment on column mailbox_usage.due_at is 'When the keeper judges whether something is due; -infinity: next, since the row or its limits were changed.';
comment on column mailbox_usage.lease_node is 'Node that works on it.';
comment on column mailbox_usage.lease_until is 'End of the lease of that node.';
comment on column mailbox_usage.warned is 'Level of the quota, in percent, that the latest warning named; 0: none.';

comment on table mailbox_trash is 'Deleted mailboxes whose mail is still there.';
comment on column mailbox_trash.address is 'The address.';
comment on column mailbox_trash.domain is 'Its domain, which may be deleted, too.';
comment on column mailbox_trash.deleted_at is 'Time of the deletion.';
comment on column mailbox_trash.mailbox is 'The row as it was.';
comment on column mailbox_trash.lease_until is 'End of the lease of the node that removes the mail.';

comment on column mailbox.reads_undelivered is 'The user sees the domain''s folder Undelivered.';
comment on column mailbox.blocked is 'Mail to the address is refused, whatever the catch-all. Written by discard().';
comment on column mailbox.over_quota is
  'The mailbox is full, and no expiry that the service allows makes room: mail to it is refused with 452. Written by the mail store.';

-- Raised, as STORE_CONTRACT of mailstore/contract, where what the keeper hands in or gets has another meaning.
create or replace function store_contract() returns integer
language sql immutable parallel safe
return 1;
comment on function store_contract() is 'The contract with the keeper. A keeper that was built for another one gets no work.';

create or replace function require_store_contract(contract integer) returns void
language plpgsql immutable parallel safe as $$
begin
  if contract is distinct from emailgency.store_contract() then
    raise exception using errcode = 'EMG01', message = format(
      'this emailgency-keeper was built for contract %s of the mail store, and the database has contract %s',
      coalesce(contract::text, 'null'), emailgency.store_contract()),
      hint = 'Install the keeper of the release whose sql/migrate was run last.';
  end if;
end
$$;
comment on function require_store_contract(integer) is
  'Refuses a keeper of another release, which could misunderstand its work, and so delete or move other mail. It works on once it is replaced.';

create or replace function store_address(store_user text) returns text
language plpgsql immutable strict parallel safe as $$
declare
  local_part constant text collate "C" := emailgency.address_local_part(store_user);
  domain constant text := emailgency.address_domain(store_user);
  content text collate "C";
begin
  if local_part like '.%' then
    return store_user;
  elsif local_part = '=00=22=22' then
    return emailgency.fold_address('"\"\""@' || domain);
  end if;
  content := convert_from((
    select decode(string_agg(case when length(t.part[1]) = 3 then substr(t.part[1], 2) else encode(convert_to(t.part[1], 'UTF8'), 'hex') end,
      '' order by t.place), 'hex')
    from regexp_matches(local_part, '=[0-9a-f]{2}|.', 'g') with ordinality as t (part, place)), 'UTF8');
  return emailgency.fold_address('"' || regexp_replace(case content when '""' then '' else content end, '(["\\])', '\\\1', 'g') || '"@' || domain);
exception when others then
  return store_user;
end
$$;
comment on function store_address(text) is
  'The address of a user of the mail store: the inverse of store_user(). Names of the store''s own, which begin with a dot, stay.';

-- A user whose mail was all gone gets a new one's time.
create or replace function mailbox_usage_fold() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  if tg_op = 'INSERT' then
    if new.messages > 0 and new.oldest_at = '-infinity' then
      new.oldest_at := now();
      new.passed_at := now() - interval '1 second'; -- before its measurement, as of any mailbox that changed
    end if;
  elsif (new.bytes, new.messages) is distinct from (old.bytes, old.messages) then
    new.measured_at := now();
    if new.messages > 0 and old.oldest_at = 'infinity' and new.oldest_at = 'infinity' then
      new.oldest_at := now();
    end if;
  end if;
  if tg_op = 'UPDATE' and (new.bytes, new.messages, new.oldest_at, new.passed_at, new.address)
      is distinct from (old.bytes, old.messages, old.oldest_at, old.passed_at, old.address) then
    new.due_at := '-infinity';
  end if;
  new.unsorted := new.messages > 0 and new.address not like '.%'
    and not exists (select from mailbox m where m.address = new.address and not m.blocked);
  return new;
end
$$;
comment on function mailbox_usage_fold() is 'Notes the time of first mail, whether tidy has to sort it, and that the next claim judges it.';

create or replace trigger mailbox_usage_fold before insert or update on mailbox_usage
for each row execute function mailbox_usage_fold();
comment on trigger mailbox_usage_fold on mailbox_usage is 'Completes a note of usage.';

-- Absolute values, of which the later one counts. A row that an admin's transaction holds is left out, so that no other waits for it.
drop function if exists note_usage(text[], bigint[], bigint[]); -- without a contract

create or replace function note_usage(contract integer, store_users text[], bytes bigint[], messages bigint[]) returns setof text
language sql security definer set search_path = emailgency, pg_temp as $$
  select require_store_contract(contract);
  with given as materialized (
    select distinct on (n.address) n.address, n.store_user, s.domain, n.bytes, n.messages
    from (select store_address(g.store_user) collate "C" as address, g.* from unnest(store_users, note_usage.bytes, note_usage.messages)
      with ordinality as g (store_user, bytes, messages, place)) as n
      join served_domain s on s.name = address_domain(n.address)
    order by n.address, n.place desc
  ), free as materialized (
    select u.address from mailbox_usage u where u.address in (select g.address from given g)
    order by u.address for no key update skip locked
  ), changed as (
    update mailbox_usage u set bytes = case when g.bytes < 0 then u.bytes else g.bytes end,
      messages = case when g.messages < 0 then u.messages else g.messages end,
      oldest_at = case when g.messages < 0 then '-infinity' else u.oldest_at end
    from given g join free f on f.address = g.address
    where u.address = g.address and (g.messages < 0 or (u.bytes, u.messages) is distinct from (g.bytes, g.messages))
  ), added as (
    insert into mailbox_usage (address, domain, bytes, messages)
    select g.address, g.domain, greatest(g.bytes, 0), abs(g.messages) from given g
    where not exists (select from mailbox_usage u where u.address = g.address)
    order by g.address
    on conflict on constraint mailbox_usage_repeated do nothing
  )
  select g.store_user from given g join mailbox_usage u on u.address = g.address
  where not exists (select from free f where f.address = g.address);
$$;
comment on function note_usage(integer, text[], bigint[], bigint[]) is
  'Stores usage as Dovecot counts it, by the store''s names; -1: not known, so the user is looked at. Returns those whose row is held.';

-- Room for the largest message, but no more than a quarter: the same as expire_room() of mailstore/expire.
create or replace function quota_room(quota bigint, message bigint) returns bigint
language sql immutable parallel safe
return greatest(quota / 10, least(message, quota / 4));
comment on function quota_room(bigint, bigint) is 'Bytes that a mailbox should have free; with fewer its expiry is reduced.';

-- Plain expressions, since functions of whole rows cost ten times as much.
create or replace view mailbox_limit as
select m.address, m.domain, m.password is not null as appends, m.over_quota, l.days, coalesce(m.expiry_days_effective, l.days) as effective,
  l.quota, quota_room(l.quota, case when m.vip then p.vip_message_size else p.max_message_size end) as room, m.candidate
from mailbox m join domain d on d.name = m.domain join plan p on p.name = d.plan cross join lateral (select
  least(coalesce(m.expiry_days, p.expiry_days), p.expiry_days),
  least(m.quota, case when m.candidate then p.candidate_quota when m.vip then p.vip_quota else p.mailbox_quota end)) as l (days, quota)
where not m.blocked;
comment on view mailbox_limit is 'Limits of each mailbox by the rows.';
comment on column mailbox_limit.address is 'The mailbox.';
comment on column mailbox_limit.domain is 'Its domain.';
comment on column mailbox_limit.appends is 'There is a password, so a user may store mail by IMAP.';
comment on column mailbox_limit.over_quota is 'The mailbox is marked as full.';
comment on column mailbox_limit.days is 'Days for which it keeps mail while the quota leaves room.';
comment on column mailbox_limit.effective is 'Days in force.';
comment on column mailbox_limit.quota is 'Quota in force, in bytes.';
comment on column mailbox_limit.room is 'Bytes that should be free.';
comment on column mailbox_limit.candidate is 'The mailbox is a candidate: tidy makes room in it.';

create or replace function quota_level(bytes bigint, quota bigint, warned smallint) returns smallint
language sql immutable parallel safe
return case
  when quota <= 0 then 0
  when bytes >= quota / 100.0 * 95 or warned = 95 and bytes >= quota / 100.0 * 90 then 95
  when bytes >= quota / 100.0 * 80 or warned >= 80 and bytes >= quota / 100.0 * 75 then 80
  else 0
end;
comment on function quota_level(bigint, bigint, smallint) is
  'The level of a quota that is reached, in percent: 95, 80 or 0. One that was reached stays until five percent less.';

create or replace function judge_quotas(count integer) returns integer
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  crossed record;
  judged integer := 0;
begin
  for crossed in
    select u.address, u.domain, u.bytes, u.warned, m.quota, quota_level(u.bytes, m.quota, u.warned) as level
    from mailbox_usage u join mailbox_limit m on m.address = u.address
    -- Most mailboxes are far below; the level costs more than this.
    where (u.warned > 0 or u.bytes >= m.quota / 100 * 80) and quota_level(u.bytes, m.quota, u.warned) <> u.warned
    limit judge_quotas.count for update of u skip locked
  loop
    begin
      update mailbox_usage u set warned = crossed.level where u.address = crossed.address;
      if crossed.level > crossed.warned then
        perform tell_mailbox(crossed.address, 'quota', format('%s of %s bytes are in use, which is %s percent', crossed.bytes,
          crossed.quota, crossed.bytes * 100 / greatest(crossed.quota, 1)));
      elsif crossed.level = 0 then
        perform close_incident(crossed.domain, 'quota', crossed.address);
      end if;
      judged := judged + 1;
    exception when lock_not_available then -- an admin's transaction holds the incident: later
      null;
    end;
  end loop;
  return judged;
end
$$;
comment on function judge_quotas(integer) is
  'Warns once per crossing of 80 and 95 percent of a quota, also where the quota was lowered; at most so many mailboxes.';

create or replace function mailbox_to_trash() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  update mailbox_usage u set unsorted = true where u.address = old.address; -- the trigger there judges
  perform close_incident(old.domain, k.kind, old.address, true) from unnest(array['quota', 'expiry']) as k (kind)
  where exists (select from domain d where d.name = old.domain);
  insert into mailbox_trash as t (address, domain, mailbox)
  select old.address, old.domain, to_jsonb(old)
  where not old.blocked and exists (select from mailbox_usage u where u.address = old.address)
  on conflict on constraint mailbox_trash_repeated do update set deleted_at = now(), mailbox = excluded.mailbox, domain = excluded.domain;
  return null;
end
$$;
comment on function mailbox_to_trash() is 'Keeps the row of a deleted mailbox for as long as its mail is there.';

create or replace trigger mailbox_to_trash after delete on mailbox
for each row execute function mailbox_to_trash();
comment on trigger mailbox_to_trash on mailbox is 'Keeps deleted mailboxes for trash_days.';

create or replace function mailbox_from_trash() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  delete from mailbox_trash t where t.address = new.address;
  update mailbox_usage u set unsorted = false where u.address = new.address; -- the trigger there judges
  return null;
end
$$;
comment on function mailbox_from_trash() is 'A mailbox with the address of a deleted one has its mail.';

create or replace trigger mailbox_from_trash after insert or update of blocked on mailbox
for each row execute function mailbox_from_trash();
comment on trigger mailbox_from_trash on mailbox is 'A new mailbox takes over the mail of a deleted one of that address.';
