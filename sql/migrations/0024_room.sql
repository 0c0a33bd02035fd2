-- The number of rows of a domain, by plan, and the size of texts: what one customer may grow, all replicas hold.

alter table plan
  add max_aliases integer not null default 20000
    constraint plan_max_aliases_out_of_range check (accept(range_fault('max_aliases', max_aliases, 0, 10000000))),
  add max_targets integer not null default 500
    constraint plan_max_targets_out_of_range check (accept(range_fault('max_targets', max_targets, 1, 500))),
  add max_whitelist integer not null default 10000
    constraint plan_max_whitelist_out_of_range check (accept(range_fault('max_whitelist', max_whitelist, 0, 10000000))),
  add max_contacts integer not null default 100
    constraint plan_max_contacts_out_of_range check (accept(range_fault('max_contacts', max_contacts, 0, 10000)));
comment on column plan.max_aliases is 'Rows of table alias that a domain may have: each is a target of an alias.';
comment on column plan.max_targets is 'Targets of one alias. At most 500: Postfix takes no message to more than 1000 (virtual_alias_expansion_limit).';
comment on column plan.max_whitelist is 'White list entries of a domain.';
comment on column plan.max_contacts is 'Contacts of a domain.';

update plan set max_aliases = 100000, max_whitelist = 50000, max_contacts = 500 where name = 'premium';

create table domain_room (
  domain text collate "C" constraint domain_room_repeated primary key
    constraint domain_room_domain_unknown references domain on update cascade on delete cascade
);
comment on table domain_room is 'A row of each domain to lock while its rows are counted, so that an edit of the domain itself is not waited for.';
comment on column domain_room.domain is 'The domain.';

create function domain_room_take(grown text[]) returns void
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  insert into domain_room (domain) select distinct g.name from unnest(grown) as g (name) order by g.name on conflict do nothing;
  perform from domain_room r where r.domain = any (grown) order by r.domain for update;
  -- A session that counts in an older snapshot (repeatable read) must fail instead: so the row is written, not only locked.
  update domain_room set domain = domain where domain = any (grown);
end
$$;
comment on function domain_room_take(text[]) is 'Has other sessions wait that would count rows of these domains, until this transaction ends.';

create function rows_check_room(grown text[], kind text, limit_column text, what text) returns void
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  crowded record;
begin
  perform domain_room_take(grown);
  execute format(
    'select d.name, d.plan, p.%2$I as room
     from unnest($1) as g (name) join domain d using (name) join plan p on p.name = d.plan
     where (select count(*) from (select from %1$I r where r.domain = d.name limit p.%2$I + 1) as counted) > p.%2$I
     limit 1', kind, limit_column) into crowded using grown;
  if crowded.name is not null then
    raise exception using errcode = 'check_violation', message = format(
      'domain "%s" would have more than the %s %s that plan "%s" gives: remove some, or have the plan changed, as in plan = ''premium''',
      crowded.name, crowded.room, what, crowded.plan);
  end if;
end
$$;
comment on function rows_check_room(text[], text, text, text) is
  'Refuses more rows of a table than the plan gives a domain. Locks their rows of domain_room while it counts, so that two sessions cannot both take the last place.';

create function rows_check_number() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  grown text[];
begin
  if tg_op = 'INSERT' then
    select array_agg(distinct domain) into grown from new_rows;
  else
    select array_agg(distinct domain) into grown
    from (select domain from new_rows except all select domain from old_rows) as gained;
  end if;
  perform rows_check_room(grown, tg_table_name, tg_argv[0], tg_argv[1]) where grown is not null;
  return null;
end
$$;
comment on function rows_check_number() is 'Finds the domains that a statement gave rows, and counts theirs. Arguments: column of plan, name of the rows.';

create function alias_check_targets() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  grown text[];
  crowded record;
begin
  if tg_op = 'INSERT' then
    select array_agg(distinct address) into grown from new_rows;
  else
    select array_agg(distinct address) into grown
    from (select address from new_rows except all select address from old_rows) as gained;
  end if;
  select a.address, p.max_targets, p.name into crowded
  from alias a join domain d on d.name = a.domain join plan p on p.name = d.plan
  where a.address = any (grown)
  group by a.address, p.name
  having count(*) > p.max_targets
  limit 1;
  if found then
    raise exception using errcode = 'check_violation', message = format(
      'alias "%s" would have more than the %s targets that plan "%s" gives: split it, as in insert into alias (address, target) values '
      '(''%s'', ''part-1@%s'')', crowded.address, crowded.max_targets, crowded.name, crowded.address, address_domain(crowded.address));
  end if;
  return null;
end
$$;
comment on function alias_check_targets() is 'Refuses more targets of an alias than the plan gives.';

do $$
declare
  counted record;
begin
  for counted in
    select * from (values ('alias', 'max_aliases', 'alias targets'), ('whitelist', 'max_whitelist', 'white list entries'),
      ('contact', 'max_contacts', 'contacts')) as t (kind, room, what)
  loop
    execute format('create trigger rows_check_number_insert after insert on %I referencing new table as new_rows
      for each statement execute function rows_check_number(%L, %L)', counted.kind, counted.room, counted.what);
    execute format('create trigger rows_check_number_update after update on %I
      referencing old table as old_rows new table as new_rows
      for each statement execute function rows_check_number(%L, %L)', counted.kind, counted.room, counted.what);
  end loop;
end
$$;

-- After rows_check_number, by name: the row of domain_room is locked by then, so two sessions cannot both add the last target.
create trigger rows_check_targets_insert after insert on alias
referencing new table as new_rows
for each statement execute function alias_check_targets();

create trigger rows_check_targets_update after update on alias
referencing old table as old_rows new table as new_rows
for each statement execute function alias_check_targets();

-- A message quotes what was written, but not all of it where it is huge.

create or replace function accept(fault text) returns boolean
language plpgsql immutable strict parallel safe as $$
begin
  raise exception using errcode = 'check_violation',
    message = case when length(fault) > 1000 then left(fault, 1000) || '…' else fault end;
end
$$;

create or replace function canonical_domain(name text) returns text
language plpgsql stable set search_path = emailgency, pg_temp as $$
declare
  found_domain text;
begin
  select s.domain into found_domain from served_domain s where s.name = fold(canonical_domain.name);
  if found_domain is null then
    raise exception using errcode = 'no_data_found', message = format(
      'domain "%s" is not there: write the name of a domain, or of an alias of it, as in example.com', left(name, 253));
  end if;
  return found_domain;
end
$$;

-- Mailboxes are counted likewise.

create or replace function mailbox_check_room(domains text[], candidates boolean) returns void
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  crowded record;
begin
  perform domain_room_take(domains);
  select d.name, d.plan, m.number, limits.room, case when candidates then 'candidates' else 'mailboxes' end as kind into crowded
  from unnest(domains) as grown (name) join domain d using (name) join plan p on p.name = d.plan
  cross join lateral (values (case when candidates then p.max_candidates else p.max_mailboxes end)) as limits (room)
  cross join lateral (select count(*) as number from mailbox where domain = d.name and candidate = candidates) as m
  where m.number > limits.room
  limit 1;
  if found then
    raise exception using errcode = 'check_violation', message = format(
      'domain "%s" would have %s %s, plan "%s" gives %s: remove some, or have the plan changed, as in plan = ''premium''',
      crowded.name, crowded.number, crowded.kind, crowded.plan, crowded.room);
  end if;
end
$$;
comment on function mailbox_check_room(text[], boolean) is
  'Refuses more mailboxes than the plan gives. Locks their rows of domain_room while it counts, so that two sessions cannot both take the last place.';

-- The change log keeps a number of rows, too: one customer can write very many in a week.

create or replace function prune_directory_change(keep interval default '7 days', batch integer default 10000) returns bigint
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  removed bigint;
  removed_to xid8;
begin
  with old as (
    select id from directory_change
    where (changed_at < clock_timestamp() - keep or id <= (select max(id) from directory_change) - 2000000)
      and xid < pg_snapshot_xmin(pg_current_snapshot())
    order by xid limit batch
    for update skip locked
  ), gone as (
    delete from directory_change c using old where c.id = old.id returning c.xid
  )
  select count(*), max(xid) into removed, removed_to from gone;
  update directory_state set pruned_xid = removed_to where pruned_xid < removed_to;
  return removed;
end
$$;
comment on function prune_directory_change(interval, integer) is
  'Removes changes older than keep, and all but the newest two million, at most batch of them, and notes how far; returns how many went. Replicas that have not read that far load everything.';

revoke execute on function domain_room_take(text[]), rows_check_room(text[], text, text, text), rows_check_number(), alias_check_targets() from public;
