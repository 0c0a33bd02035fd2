-- Which mailboxes the keeper looks at, and what came of it.

create or replace function mailbox_limits_changed() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  case tg_table_name
    when 'mailbox' then update mailbox_usage u set due_at = '-infinity' where u.address = new.address and u.due_at > '-infinity';
    when 'domain' then update mailbox_usage u set due_at = '-infinity' where u.domain = new.name and u.due_at > '-infinity';
    when 'plan' then update mailbox_usage u set due_at = '-infinity' from domain d
      where d.plan = new.name and u.domain = d.name and u.due_at > '-infinity';
    when 'setting' then update mailbox_usage u set due_at = '-infinity' where u.due_at > '-infinity';
  end case;
  return null;
end
$$;
comment on function mailbox_limits_changed() is 'Has the usage of those mailboxes judged whose limits were changed.';

create or replace trigger mailbox_limits_changed after update on mailbox
for each row when (
  (new.quota, new.vip, new.candidate, new.expiry_days, new.expiry_days_effective, new.over_quota, new.password is null, new.blocked, new.domain)
    is distinct from
  (old.quota, old.vip, old.candidate, old.expiry_days, old.expiry_days_effective, old.over_quota, old.password is null, old.blocked, old.domain))
execute function mailbox_limits_changed();
comment on trigger mailbox_limits_changed on mailbox is 'Has the mailbox judged.';

create or replace trigger mailbox_limits_new after insert on mailbox
for each row execute function mailbox_limits_changed();
comment on trigger mailbox_limits_new on mailbox is 'Has the mailbox judged.';

create or replace trigger domain_limits_changed after update on domain
for each row when (new.plan <> old.plan) execute function mailbox_limits_changed();
comment on trigger domain_limits_changed on domain is 'Has the mailboxes judged.';

create or replace trigger plan_limits_changed after update on plan
for each row when (
  (new.expiry_days, new.mailbox_quota, new.vip_quota, new.candidate_quota, new.max_message_size, new.vip_message_size)
    is distinct from
  (old.expiry_days, old.mailbox_quota, old.vip_quota, old.candidate_quota, old.max_message_size, old.vip_message_size))
execute function mailbox_limits_changed();
comment on trigger plan_limits_changed on plan is 'Has the mailboxes judged.';

create or replace trigger setting_limits_changed after insert or update on setting
for each row when (new.name in ('undelivered_days', 'expiry_recheck')) execute function mailbox_limits_changed();
comment on trigger setting_limits_changed on setting is 'Has the mailboxes judged.';

-- A row is judged when it or its limits were changed, or its time has come; one that is not due is put off to the time at which it is.
create or replace function claim_expiry_some(node text, count integer, lease integer)
returns table (address text, days integer, effective integer, quota bigint, room bigint, bytes bigint, passed_at timestamptz)
language sql security definer set search_path = emailgency, pg_temp as $$
  with setting_of as materialized (
    select setting_value('undelivered_days')::integer as undelivered, setting_seconds('expiry_recheck') as recheck
  ), looked as materialized (
    select u.* from mailbox_usage u where u.due_at < now() and u.lease_until < now()
    order by u.due_at, u.lease_until -- one whose pass failed lets the others go first
    limit 2000 for update skip locked
  ), judged as materialized (
    select u.address, m.days, m.effective, m.quota, m.room, u.bytes, u.passed_at, least(
        case when u.oldest_at = '-infinity' or m.effective > m.days then '-infinity'::timestamptz end,
        case when u.oldest_at < 'infinity' then greatest(u.oldest_at + make_interval(days => least(m.days, m.effective)), u.passed_at + interval '1 minute') end,
        case when m.quota > 0 and u.bytes > m.quota - m.room then
          case when u.measured_at > u.passed_at then '-infinity' else u.passed_at + interval '6 hours' end end,
        case when m.effective < m.days or m.over_quota then
          case when u.measured_at > u.passed_at and u.bytes <= m.quota - m.room then '-infinity' else u.passed_at + interval '1 day' end end,
        -- A user may store older mail by IMAP.
        case when m.appends and u.measured_at > u.passed_at then u.passed_at + l.recheck end,
        case when u.oldest_at < 'infinity' then u.passed_at + interval '7 days' end) as due_from
    from looked u cross join setting_of l join lateral (
      select b.appends, b.over_quota, b.days, b.effective, case when b.candidate then 0 else b.quota end as quota, b.room
      from mailbox_limit b where b.address = u.address
      union all
      select false, false, l.undelivered, l.undelivered, 0, 0 where u.address like '.undelivered@%') as m on true
  ), due as (
    select j.* from judged j where j.due_from < now() limit claim_expiry_some.count
  ), put_off as (
    -- A day at most, so that what no trigger sees is late by no more. A user without a mailbox is not due.
    update mailbox_usage u set due_at = least(now() + interval '1 day', j.due_from)
    from looked k left join judged j on j.address = k.address
    where u.address = k.address and (j.due_from < now()) is not true
  ), leased as (
    update mailbox_usage u set lease_node = claim_expiry_some.node, lease_until = now() + make_interval(secs => lease)
    from due where u.address = due.address
    returning due.*
  )
  select l.address, l.days, l.effective, l.quota, l.room, l.bytes, l.passed_at from leased l;
$$;
comment on function claim_expiry_some(text, integer, integer) is 'Judges some of the mailboxes that were not judged since they changed, and leases those that are due.';

drop function if exists claim_expiry(text, integer, integer); -- without a contract

create or replace function claim_expiry(contract integer, node text, count integer, lease integer)
returns table (task text, address text, store_user text, days integer, effective integer, quota bigint, room bigint, bytes bigint,
  passed_s bigint, until_s bigint)
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  leased integer := 0;
  just integer;
begin
  perform require_store_contract(contract);
  for turn in 1 .. 20 loop
    return query
    select 'expire', l.address, case when l.address like '.%' then l.address else store_user(l.address) end, l.days, l.effective, l.quota,
      l.room, l.bytes, extract(epoch from now() - greatest(l.passed_at, now() - interval '100 years'))::bigint, 0::bigint
    from claim_expiry_some(claim_expiry.node, claim_expiry.count - leased, lease) l;
    get diagnostics just = row_count;
    leased := leased + just;
    exit when leased >= claim_expiry.count
      or not exists (select from mailbox_usage u where u.due_at < now() and u.lease_until < now());
  end loop;
  return query
  with purged as (
    update mailbox_trash t set lease_until = now() + make_interval(secs => lease)
    where t.address in (
      select g.address from mailbox_trash g
      where g.deleted_at < now() - make_interval(days => setting_value('trash_days')::integer) and g.lease_until < now()
      limit claim_expiry.count for update of g skip locked)
    returning t.address, t.deleted_at
  )
  select 'purge', g.address, store_user(g.address), 0, 0, 0::bigint, 0::bigint, 0::bigint, 0::bigint, floor(extract(epoch from g.deleted_at))::bigint
  from purged g;
end
$$;
comment on function claim_expiry(integer, text, integer, integer) is
  'Leases mailboxes with mail to expire, a quota that needs room or an expiry to raise, and deleted mailboxes whose mail is to go.';

create or replace function release_store(node text) returns void
language sql security definer set search_path = emailgency, pg_temp as $$
  update mailbox_usage u set lease_until = '-infinity' where u.lease_node = release_store.node and u.lease_until > now();
  update domain_tidy t set lease_until = now() - interval '1 second' where t.lease_node = release_store.node and t.lease_until > now();
$$;
comment on function release_store(text) is 'Ends the leases of an earlier process of this node.';

create or replace function mailbox_look_again() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  update mailbox_usage u set oldest_at = '-infinity' where u.address = new.address and u.messages > 0;
  return null;
end
$$;
comment on function mailbox_look_again() is 'Has the keeper look at a mailbox whose expiry was changed.';

create or replace trigger mailbox_look_again after update on mailbox
for each row when (new.expiry_days is distinct from old.expiry_days) execute function mailbox_look_again();
comment on trigger mailbox_look_again on mailbox is 'Has the keeper look at the mailbox.';

create or replace function tell_mailbox(address text, kind text, detail text) returns void
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  box mailbox;
  told bigint;
begin
  select m.* into box from mailbox m where m.address = tell_mailbox.address;
  if box.address is null then
    return;
  end if;
  perform close_incident(box.domain, kind, box.address, true);
  perform open_incident(box.domain, kind, box.address, detail);
  select i.id into told from incident i
  where i.domain = box.domain and i.kind = tell_mailbox.kind and i.subject = box.address and i.closed_at is null;
  -- Nobody reads a candidate's mail yet.
  if not box.candidate and told is not null then
    insert into outbox (dedup_key, domain, incident, kind, transition, channel, address)
    values (format('%s:opened:mail:%s', told, box.address), box.domain, told, tell_mailbox.kind, 'opened', 'mail', box.address)
    on conflict on constraint outbox_dedup_key_repeated do nothing;
  end if;
end
$$;
comment on function tell_mailbox(text, text, text) is
  'Notifies the user of a mailbox and the contacts with quota_warnings, in place of an earlier notice of that kind.';

drop function if exists record_expiry(text, text, integer, bigint, bigint, bigint, boolean, bigint); -- without a contract

create or replace function record_expiry(contract integer, node text, address text, effective integer, oldest_s bigint, bytes bigint, messages bigint,
  over_quota boolean, looked_s bigint) returns boolean
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  box mailbox;
  days integer;
  before integer;
  full_now boolean;
begin
  perform require_store_contract(contract);
  select m.* into box from mailbox m where m.address = record_expiry.address for no key update skip locked;
  if box.address is null and exists (select from mailbox m where m.address = record_expiry.address) then
    -- A customer's transaction holds the row. Nobody waits for it.
    update mailbox_usage u set lease_until = now() + interval '1 minute'
    where u.address = record_expiry.address and u.lease_node = record_expiry.node and u.lease_until > '-infinity';
    return found;
  end if;
  update mailbox_usage u set lease_until = '-infinity', passed_at = now(),
    oldest_at = case when record_expiry.oldest_s is null then 'infinity'::timestamptz else to_timestamp(record_expiry.oldest_s) end,
    bytes = case when u.measured_at < to_timestamp(looked_s) then coalesce(record_expiry.bytes, u.bytes) else u.bytes end,
    messages = case when u.measured_at < to_timestamp(looked_s) then coalesce(record_expiry.messages, u.messages) else u.messages end
  where u.address = record_expiry.address and u.lease_node = record_expiry.node and u.lease_until > '-infinity';
  if not found then
    return false;
  end if;
  if box.address is null then
    return true;
  end if;
  select l.days into days from mailbox_limit l where l.address = box.address;
  days := coalesce(days, record_expiry.effective);
  before := coalesce(box.expiry_days_effective, days);
  full_now := case when record_expiry.bytes is null then box.over_quota else record_expiry.over_quota end;
  update mailbox m set expiry_days_effective = record_expiry.effective, over_quota = full_now
  where m.address = box.address and (m.expiry_days_effective, m.over_quota) is distinct from (record_expiry.effective, full_now);
  if before is distinct from record_expiry.effective and least(before, record_expiry.effective) < days then
    if record_expiry.effective >= days then
      perform close_incident(box.domain, 'expiry', box.address);
    else
      perform tell_mailbox(box.address, 'expiry', format('%s days before, %s days now; %s days while there is room', before,
        record_expiry.effective, days));
    end if;
  end if;
  return true;
end
$$;
comment on function record_expiry(integer, text, text, integer, bigint, bigint, bigint, boolean, bigint) is
  'Stores the result of a pass, and notifies once per change of the effective expiry. Oldest null: no mail is left. Looked: '
  'when it was counted; what Dovecot wrote since counts more. Bytes null: it could not be counted. False if another node has the lease. A mailbox '
  'whose row somebody holds is put off for a minute.';

create or replace function postpone_expiry(node text, address text) returns void
language sql security definer set search_path = emailgency, pg_temp as $$
  update mailbox_usage u set lease_until = now() + interval '30 seconds'
  where u.address = postpone_expiry.address and u.lease_node = postpone_expiry.node and u.lease_until > now();
$$;
comment on function postpone_expiry(text, text) is 'A pass failed: the mailbox is due again in half a minute.';

drop function if exists record_purge(text); -- without a contract

create or replace function record_purge(contract integer, address text) returns void
language sql security definer set search_path = emailgency, pg_temp as $$
  select require_store_contract(contract);
  delete from mailbox_trash t where t.address = record_purge.address;
  delete from mailbox_usage u where u.address = record_purge.address
    and (u.messages = 0 or u.measured_at < now() - interval '1 hour') and not exists (select from mailbox m where m.address = u.address);
$$;
comment on function record_purge(integer, text) is 'Forgets a deleted mailbox whose mail is removed.';
