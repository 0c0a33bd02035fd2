-- Plans, and the limits that they set: sizes, quotas, numbers of rows.

comment on table plan is 'A service plan: the limits of a domain.';
comment on column plan.name is 'Name of the plan: lower-case letters, digits, hyphen, underscore.';
comment on column plan.max_message_size is 'Maximum size of a message to an ordinary mailbox, in bytes.';
comment on column plan.vip_message_size is 'Maximum size of a message to a VIP mailbox, in bytes.';
comment on column plan.mailbox_quota is 'Quota of an ordinary mailbox, in bytes.';
comment on column plan.vip_quota is 'Quota of a VIP mailbox, in bytes.';
comment on column plan.candidate_quota is 'Quota of a candidate mailbox, in bytes.';
comment on column plan.max_candidates is 'Maximum number of candidate mailboxes of a domain.';
comment on column plan.max_mailboxes is 'Maximum number of mailboxes of a domain, without candidates.';
comment on column plan.max_vips is 'Maximum number of VIP mailboxes of a domain.';
comment on column plan.max_aliases is 'Maximum number of rows of table alias of a domain: one per target.';
comment on column plan.max_targets is
  'Maximum number of targets of one alias, at most 500: Postfix accepts no message with more than 1000 recipients '
  '(virtual_alias_expansion_limit).';
comment on column plan.max_whitelist is 'Maximum number of white list entries of a domain.';
comment on column plan.max_contacts is 'Maximum number of contacts of a domain.';
comment on column plan.expiry_days is 'Days before mail in the store expires.';
comment on column plan.primary_allowed is 'True if a domain may be in mode primary.';
comment on column plan.sms_allowed is 'True if alerts are sent by SMS.';

comment on table domain_room is
  'One row per domain, to lock while its rows are counted, so that this does not wait for edits of the domain itself.';
comment on column domain_room.domain is 'The domain.';

create or replace function mailbox_check_limits(checked mailbox) returns void
language plpgsql stable security definer set search_path = emailgency, pg_temp as $$
declare
  limits plan;
  room bigint;
  size bigint;
begin
  select p.* into limits from plan p join domain d on d.plan = p.name where d.name = checked.domain;
  room := case when checked.candidate then limits.candidate_quota when checked.vip then limits.vip_quota else limits.mailbox_quota end;
  size := case when checked.vip then limits.vip_message_size else limits.max_message_size end;
  if checked.quota > room then
    raise exception using errcode = 'check_violation', message = format(
      'quota %s of "%s" is more than plan "%s" gives: use at most %s, or null for exactly that',
      checked.quota, checked.address, limits.name, room);
  elsif checked.expiry_days > limits.expiry_days then
    raise exception using errcode = 'check_violation', message = format(
      'expiry_days %s of "%s" is more than plan "%s" gives: use at most %s, or null for exactly that',
      checked.expiry_days, checked.address, limits.name, limits.expiry_days);
  elsif checked.max_message_size > size then
    raise exception using errcode = 'check_violation', message = format(
      'max_message_size %s of "%s" is more than plan "%s" gives %s: use at most %s, or null for exactly that%s',
      checked.max_message_size, checked.address, limits.name, case when checked.vip then 'a VIP' else 'an ordinary mailbox' end, size,
      case when not checked.vip and checked.max_message_size <= limits.vip_message_size then '; a VIP (vip = true) may have it' else '' end);
  end if;
end
$$;
comment on function mailbox_check_limits(mailbox) is 'Refuses a quota, an expiry or a message size beyond the plan.';

create or replace function mailbox_check_plan() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  perform mailbox_check_limits(new);
  return new;
end
$$;
comment on function mailbox_check_plan() is 'Checks quota, expiry and message size of a mailbox against the plan.';

create or replace trigger mailbox_check_plan_insert before insert on mailbox
for each row when (coalesce(new.quota, new.expiry_days, new.max_message_size) is not null)
execute function mailbox_check_plan();
comment on trigger mailbox_check_plan_insert on mailbox is 'Checks the limits of a new mailbox.';

create or replace trigger mailbox_check_plan_update before update on mailbox
for each row when (coalesce(new.quota, new.expiry_days) is not null
    and (new.quota, new.expiry_days, new.vip, new.candidate) is distinct from (old.quota, old.expiry_days, old.vip, old.candidate)
  or new.max_message_size is not null and (new.max_message_size, new.vip) is distinct from (old.max_message_size, old.vip))
execute function mailbox_check_plan();
comment on trigger mailbox_check_plan_update on mailbox is 'Checks changed limits.';

create or replace function domain_room_take(grown text[]) returns void
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  insert into domain_room (domain) select distinct g.name from unnest(grown) as g (name) order by g.name on conflict do nothing;
  perform from domain_room r where r.domain = any (grown) order by r.domain for update;
  -- A session that counts in an older snapshot (repeatable read) must fail: the row is written, not only locked.
  update domain_room set domain = domain where domain = any (grown);
end
$$;
comment on function domain_room_take(text[]) is
  'Makes other sessions that would count rows of these domains wait until this transaction ends.';

create or replace function mailbox_check_room(domains text[], candidates boolean) returns void
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  crowded record;
begin
  select d.name, d.plan, m.number, limits.room, case when candidates then 'candidates' else 'mailboxes' end as kind into crowded
  from unnest(domains) as grown (name) join domain d using (name) join plan p on p.name = d.plan
  cross join lateral (values (case when candidates then p.max_candidates else p.max_mailboxes end)) as limits (room)
  cross join lateral (select count(*) as number from mailbox where domain = d.name and candidate = candidates and not blocked) as m
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
  'Refuses more mailboxes than the plan allows. The caller has locked the rows of domain_room, so that two sessions cannot '
  'both take the last place.';

create or replace function mailbox_check_vips(domains text[]) returns void
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  crowded record;
begin
  select d.name, d.plan, m.number, p.max_vips into crowded
  from unnest(domains) as grown (name) join domain d using (name) join plan p on p.name = d.plan
  cross join lateral (select count(*) as number from mailbox where domain = d.name and vip) as m
  where m.number > p.max_vips
  limit 1;
  if found then
    raise exception using errcode = 'check_violation', message = format(
      'domain "%s" would have %s VIP mailboxes, plan "%s" gives %s: take it from others, as in update mailbox set vip = false where '
      'address = ''user@%s'', or have the plan changed', crowded.name, crowded.number, crowded.plan, crowded.max_vips, crowded.name);
  end if;
end
$$;
comment on function mailbox_check_vips(text[]) is 'Refuses more VIP mailboxes than the plan allows; see mailbox_check_room.';

create or replace function mailbox_check_number() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  grown text[];
  grown_in_candidates text[];
  grown_in_vips text[];
begin
  if tg_op = 'INSERT' then
    select array_agg(distinct domain) filter (where not candidate), array_agg(distinct domain) filter (where candidate),
      array_agg(distinct domain) filter (where vip)
    into grown, grown_in_candidates, grown_in_vips from new_rows;
  else
    select array_agg(distinct domain) filter (where not candidate), array_agg(distinct domain) filter (where candidate)
    into grown, grown_in_candidates
    from (select address, domain, candidate from new_rows except select address, domain, candidate from old_rows) as moved;
    select array_agg(distinct domain) into grown_in_vips
    from (select domain from new_rows where vip except all select domain from old_rows where vip) as gained;
  end if;
  if coalesce(grown, grown_in_candidates, grown_in_vips) is not null then
    perform domain_room_take(coalesce(grown, '{}') || coalesce(grown_in_candidates, '{}') || coalesce(grown_in_vips, '{}'));
    perform mailbox_check_room(grown, false) where grown is not null;
    perform mailbox_check_room(grown_in_candidates, true) where grown_in_candidates is not null;
    perform mailbox_check_vips(grown_in_vips) where grown_in_vips is not null;
  end if;
  return null;
end
$$;
comment on function mailbox_check_number() is
  'Counts the mailboxes, candidates and VIPs of the domains to which a statement added some. Locks all of these domains at once, '
  'in one order, so that two such statements cannot deadlock.';

create or replace trigger mailbox_check_number_insert after insert on mailbox
referencing new table as new_rows
for each statement execute function mailbox_check_number();
comment on trigger mailbox_check_number_insert on mailbox is 'Counts mailboxes after an insert.';

create or replace trigger mailbox_check_number_update after update on mailbox
referencing old table as old_rows new table as new_rows
for each statement execute function mailbox_check_number();
comment on trigger mailbox_check_number_update on mailbox is 'Counts mailboxes after an update.';

create or replace function rows_check_room(grown text[], kind text, limit_column text, what text) returns void
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
  'Refuses more rows of a table than the plan allows. Locks the rows of domain_room first, so that two sessions cannot both '
  'take the last place.';

create or replace function rows_check_number() returns trigger
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
comment on function rows_check_number() is
  'Counts the rows of the domains to which a statement added some. Arguments: column of plan, name of the rows.';

do $$
declare
  counted record;
begin
  for counted in
    select * from (values ('alias', 'max_aliases', 'alias targets'), ('whitelist', 'max_whitelist', 'white list entries'),
      ('contact', 'max_contacts', 'contacts')) as t (kind, room, what)
  loop
    execute format('create or replace trigger rows_check_number_insert after insert on %I referencing new table as new_rows
      for each statement execute function rows_check_number(%L, %L)', counted.kind, counted.room, counted.what);
    execute format('create or replace trigger rows_check_number_update after update on %I
      referencing old table as old_rows new table as new_rows
      for each statement execute function rows_check_number(%L, %L)', counted.kind, counted.room, counted.what);
    execute format('comment on trigger rows_check_number_insert on %I is ''Counts rows after an insert.''', counted.kind);
    execute format('comment on trigger rows_check_number_update on %I is ''Counts rows after an update.''', counted.kind);
  end loop;
end
$$;

create or replace function alias_check_targets() returns trigger
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
comment on function alias_check_targets() is 'Refuses more targets of an alias than the plan allows.';

-- Fires after rows_check_number, by its name: by then the row of domain_room is locked, so two sessions cannot both add the last
-- target.
create or replace trigger rows_check_targets_insert after insert on alias
referencing new table as new_rows
for each statement execute function alias_check_targets();
comment on trigger rows_check_targets_insert on alias is 'Counts targets after an insert.';

create or replace trigger rows_check_targets_update after update on alias
referencing old table as old_rows new table as new_rows
for each statement execute function alias_check_targets();
comment on trigger rows_check_targets_update on alias is 'Counts targets after an update.';
