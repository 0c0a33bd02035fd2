-- The pages of mailboxes: the list, one mailbox, a new one.

create or replace view mailbox_shown with (security_invoker = true) as
select m.address, m.domain, m.candidate, m.vip, m.smtp_deny, m.smtp_denied_by, m.smtp_deny_exempt, m.receive_only, m.max_message_size, m.quota,
  m.expiry_days, m.expiry_days_effective, m.created_at, m.reads_undelivered, m.blocked, m.over_quota
from mailbox m;
comment on view mailbox_shown is 'The part of mailboxes that a domain admin sees: all but the password.';
comment on column mailbox_shown.address is 'As in mailbox.';
comment on column mailbox_shown.domain is 'As in mailbox.';
comment on column mailbox_shown.candidate is 'As in mailbox.';
comment on column mailbox_shown.vip is 'As in mailbox.';
comment on column mailbox_shown.smtp_deny is 'As in mailbox.';
comment on column mailbox_shown.smtp_denied_by is 'As in mailbox.';
comment on column mailbox_shown.smtp_deny_exempt is 'As in mailbox.';
comment on column mailbox_shown.receive_only is 'As in mailbox.';
comment on column mailbox_shown.max_message_size is 'As in mailbox.';
comment on column mailbox_shown.quota is 'As in mailbox.';
comment on column mailbox_shown.expiry_days is 'As in mailbox.';
comment on column mailbox_shown.expiry_days_effective is 'As in mailbox.';
comment on column mailbox_shown.created_at is 'As in mailbox.';
comment on column mailbox_shown.reads_undelivered is 'As in mailbox.';
comment on column mailbox_shown.blocked is 'As in mailbox.';
comment on column mailbox_shown.over_quota is 'As in mailbox.';

drop function if exists view_box(mailbox_shown, plan, domain, bigint, bigint);

-- One statement for all of them: a call for each would start one for each.
create or replace function view_boxes(boxes mailbox_shown[], shown domain) returns jsonb
language plpgsql stable set search_path = emailgency, pg_temp as $$
begin
  return (
  select coalesce(jsonb_agg(jsonb_build_object('address', b.address, 'path', view_path(b.domain, 'mailboxes', b.address), 'vip', b.vip,
    'blocked', b.blocked, 'candidate', b.candidate, 'over_quota', b.over_quota,
    'used', view_size(b.used), 'messages', b.messages, 'quota', view_size(b.room), 'share', view_share(b.used, b.room),
    'nearly', view_share(b.used, b.room) >= 80, 'days', b.days, 'days_now', coalesce(least(b.expiry_days_effective, b.days), b.days),
    'shorter', b.expiry_days_effective < b.days,
    'denied', b.smtp_deny, 'denied_by', b.smtp_denied_by, 'denied_domain', shown.smtp_deny and not b.smtp_deny_exempt and not b.smtp_deny)
    order by b.address), '[]')
  from (
    select o.*, coalesce(u.bytes, 0) as used, coalesce(u.messages, 0) as messages, least(o.expiry_days, p.expiry_days) as days,
      least(o.quota, case when o.candidate then p.candidate_quota when o.vip then p.vip_quota else p.mailbox_quota end) as room
    from unnest(boxes) as o join plan p on p.name = shown.plan left join mailbox_usage u on u.address = o.address) as b);
end
$$;
comment on function view_boxes(mailbox_shown[], domain) is 'Mailboxes of a domain as pages show them, in the order of their addresses.';

create or replace function page_mailboxes(params jsonb) returns jsonb
language plpgsql stable set search_path = emailgency, pg_temp as $$
declare
  shown constant domain := view_domain(params);
  after constant text := coalesce(fold_address(view_text(params, 'after')), '');
  wanted constant text := coalesce(fold(view_text(params, 'q')), '');
  kind constant text := coalesce(nullif(view_text(params, 'only', 20), ''), 'all');
  rows jsonb;
  deleted jsonb;
begin
  perform accept(choice_fault('only', kind, variadic array['all', 'vip', 'denied', 'blocked']));
  rows := view_boxes(array(
    select m from mailbox_shown m
    where m.domain = shown.name and m.address > after collate "C" and not m.candidate and m.blocked = (kind = 'blocked')
      and (wanted = '' or strpos(m.address, wanted) > 0) and (kind <> 'vip' or m.vip) and (kind <> 'denied' or m.smtp_deny)
    order by m.address limit 51), shown);
  select coalesce(jsonb_agg(jsonb_build_object('address', t.address, 'at', view_time(t.deleted_at, shown.time_zone)) order by t.deleted_at desc), '[]') into deleted
  from (select o.address, o.deleted_at from mailbox_trash o where o.domain = shown.name order by o.deleted_at desc limit 20) as t;
  return view_page(shown, 'mailboxes', jsonb_build_object('counts', view_mailbox_counts(shown), 'rows', view_rows(rows, 50),
    'older', view_link(view_path(shown.name, 'mailboxes'), '{q,only,after}', array[wanted, nullif(kind, 'all'), view_older(rows, 50, 'address')]), 'deleted', deleted, 'trash_days', setting_value('trash_days')::integer,
    'filtered', wanted <> '' or kind <> 'all', 'form', jsonb_build_object('q', wanted, 'only', view_choice(kind))));
end
$$;
comment on function page_mailboxes(jsonb) is
  'The mailboxes of a domain, 50 from an address on (after), whose addresses have a text (q), all or the vip, denied or blocked ones (only); and what was '
  'deleted lately.';

create or replace function view_mailbox(shown domain, params jsonb) returns mailbox_shown
language plpgsql stable set search_path = emailgency, pg_temp as $$
declare
  box mailbox_shown;
begin
  select m.* into box from mailbox_shown m where m.address = fold_address(view_text(params, 'a')) and m.domain = shown.name;
  if box.address is null then
    raise exception using errcode = 'no_data_found', message = 'there is no such page';
  end if;
  return box;
end
$$;
comment on function view_mailbox(domain, jsonb) is 'The mailbox that a page is of (a).';

-- As people write it, and as mailbox_value() takes it.
create or replace function view_exact_size(bytes bigint) returns text
language sql immutable parallel safe
return case when bytes is null then '' when bytes = 0 then '0' when bytes % (1024 ^ 3)::bigint = 0 then bytes / (1024 ^ 3)::bigint || 'G'
  when bytes % (1024 ^ 2)::bigint = 0 then bytes / (1024 ^ 2)::bigint || 'M' when bytes % 1024 = 0 then bytes / 1024 || 'K' else bytes::text end;
comment on function view_exact_size(bigint) is 'A size as a form has it, as in 500M; empty for null.';

create or replace function view_mailbox_form(box mailbox_shown) returns jsonb
language sql immutable set search_path = emailgency, pg_temp as $$
  select jsonb_build_object('vip', box.vip, 'quota', view_exact_size(box.quota), 'expiry_days', coalesce(box.expiry_days::text, ''),
    'max_message_size', view_exact_size(box.max_message_size), 'receive_only', box.receive_only, 'reads_undelivered', box.reads_undelivered);
$$;
comment on function view_mailbox_form(mailbox_shown) is 'The fields of a mailbox.';

create or replace function view_limits(shown domain) returns jsonb
language plpgsql stable set search_path = emailgency, pg_temp as $$
#variable_conflict use_column
begin
  return (
  select jsonb_build_object('plan', p.name, 'quota', view_size(p.mailbox_quota), 'vip_quota', view_size(p.vip_quota), 'days', p.expiry_days,
    'size', view_size(p.max_message_size), 'vip_size', view_size(p.vip_message_size), 'mailboxes', p.max_mailboxes, 'vips', p.max_vips)
  from plan p where p.name = shown.plan);
end
$$;
comment on function view_limits(domain) is 'The limits that the plan of a domain sets for its mailboxes.';

create or replace function page_mailbox(params jsonb) returns jsonb
language plpgsql stable set search_path = emailgency, pg_temp as $$
declare
  shown constant domain := view_domain(params);
  box constant mailbox_shown := view_mailbox(shown, params);
  form constant jsonb := view_mailbox_form(box);
  targets text[];
begin
  targets := array(select a.target from alias a where a.address = box.address order by a.target limit 500);
  return view_page(shown, 'mailbox', jsonb_build_object('box', view_boxes(array[box], shown) -> 0, 'limits', view_limits(shown),
    'by', view_denier(box.smtp_denied_by, shown.name), 'may_allow', not shown.smtp_deny and not denied_by_operator(box.smtp_denied_by, shown.name),
    'code', not box.candidate and not box.blocked and login_name_fault(box.address) is null,
    'log_in', (show_mailbox(box.address) ->> 'log_in')::boolean, 'forwards', cardinality(targets) > 0, 'copy', box.address = any (targets),
    'since', view_time(box.created_at, shown.time_zone), 'seen', view_seen(form), 'vips', (select count(*) from mailbox m where m.domain = shown.name and m.vip),
    'form', form || jsonb_build_object('forward', array_to_string(targets, E'\n'))));
end
$$;
comment on function page_mailbox(jsonb) is 'A mailbox (a).';

create or replace function act_mailbox(params jsonb) returns jsonb
language plpgsql set search_path = emailgency, pg_temp as $$
declare
  shown constant domain := view_domain(params);
  box constant mailbox_shown := view_mailbox(shown, params);
begin
  perform view_check_seen(params, view_mailbox_form(box), shown.name, 'mailbox', jsonb_build_object('address', box.address));
  perform set_mailbox(box.address, array['vip', 'quota', 'expiry_days', 'max_message_size', 'receive_only', 'reads_undelivered'],
    array[view_flag(params, 'vip')::text, coalesce(nullif(view_text(params, 'quota', 60), ''), 'plan'),
      coalesce(nullif(view_text(params, 'expiry_days', 60), ''), 'plan'), coalesce(nullif(view_text(params, 'max_message_size', 60), ''), 'plan'),
      view_flag(params, 'receive_only')::text, view_flag(params, 'reads_undelivered')::text]);
  return act_location(shown.name, 'mailboxes', box.address);
end
$$;
comment on function act_mailbox(jsonb) is 'Saves a mailbox; an empty quota, expiry or size is the plan''s.';

create or replace function act_mailbox_password(params jsonb) returns jsonb
language plpgsql set search_path = emailgency, pg_temp as $$
declare
  hidden constant boolean := hide_statement();
  shown constant domain := view_domain(params);
  box constant mailbox_shown := view_mailbox(shown, params);
begin
  perform set_password(box.address, coalesce(params ->> 'password', ''));
  return act_location(shown.name, 'mailboxes', box.address);
end
$$;
comment on function act_mailbox_password(jsonb) is 'Sets the password of a mailbox.';

create or replace function act_mailbox_forward(params jsonb) returns jsonb
language plpgsql set search_path = emailgency, pg_temp as $$
declare
  shown constant domain := view_domain(params);
  box constant mailbox_shown := view_mailbox(shown, params);
begin
  perform forward_mailbox(box.address, regexp_replace(coalesce(view_text(params, 'forward', 130000), ''), '[\s,;]+', ',', 'g'));
  return act_location(shown.name, 'mailboxes', box.address);
end
$$;
comment on function act_mailbox_forward(jsonb) is 'Forwards the mail of a mailbox to addresses, one per line; with its own address among them a copy remains.';

create or replace function act_mailbox_delete(params jsonb) returns jsonb
language plpgsql set search_path = emailgency, pg_temp as $$
declare
  shown constant domain := view_domain(params);
begin
  perform delete_mailbox((view_mailbox(shown, params)).address);
  return act_location(shown.name, 'mailboxes');
end
$$;
comment on function act_mailbox_delete(jsonb) is 'Deletes a mailbox.';

create or replace function act_mailbox_restore(params jsonb) returns jsonb
language plpgsql set search_path = emailgency, pg_temp as $$
declare
  shown constant domain := view_domain(params);
  wanted constant text := fold_address(view_text(params, 'which'));
begin
  perform view_check_home(shown, wanted);
  perform restore_mailbox(wanted);
  return act_location(shown.name, 'mailboxes', wanted);
end
$$;
comment on function act_mailbox_restore(jsonb) is 'Brings a deleted mailbox back (which).';

create or replace function view_check_home(shown domain, address text) returns void
language plpgsql stable set search_path = emailgency, pg_temp as $$
begin
  if view_check_home.address is null then
    raise exception using errcode = 'invalid_parameter_value', message = format('an address is missing: write it as in user@%s', shown.name);
  end if;
  perform accept(address_fault(view_check_home.address)), accept(address_of_domain_fault(view_check_home.address, shown.name));
end
$$;
comment on function view_check_home(domain, text) is 'Refuses an address that is none, or not of the domain that a page is of.';

-- An address, or its local part.
create or replace function view_address(shown domain, given text) returns text
language sql immutable
return fold_address(case when given = '' then null when given like '%@%' then given else given || '@' || shown.name end);
comment on function view_address(domain, text) is 'The address of a domain that a person wrote, with or without the domain.';

create or replace function page_mailbox_new(params jsonb) returns jsonb
language plpgsql stable set search_path = emailgency, pg_temp as $$
declare
  shown constant domain := view_domain(params);
begin
  return view_page(shown, 'mailbox_new', jsonb_build_object('limits', view_limits(shown), 'counts', view_mailbox_counts(shown),
    'form', jsonb_build_object('address', coalesce(view_text(params, 'address'), ''), 'vip', false, 'quota', '')));
end
$$;
comment on function page_mailbox_new(jsonb) is 'The form of a new mailbox.';

create or replace function view_add(shown domain, address text, password text, vip boolean, quota text) returns text
language plpgsql set search_path = emailgency, pg_temp as $$
declare
  hidden constant boolean := hide_statement();
  canonical constant text := view_address(shown, btrim(view_add.address));
begin
  perform view_check_home(shown, canonical);
  perform add_mailbox(canonical, case when coalesce(view_add.password, '') <> '' then hash_password(canonical, view_add.password) end,
    array['vip', 'quota'], array[coalesce(view_add.vip, false)::text, coalesce(nullif(btrim(view_add.quota), ''), 'plan')]);
  return canonical;
end
$$;
comment on function view_add(domain, text, text, boolean, text) is 'Makes a mailbox of what a person wrote. Without a password nobody logs in.';

create or replace function act_mailbox_new(params jsonb) returns jsonb
language plpgsql set search_path = emailgency, pg_temp as $$
declare
  hidden constant boolean := hide_statement();
  shown constant domain := view_domain(params);
begin
  return act_location(shown.name, 'mailboxes', view_add(shown, coalesce(view_text(params, 'address'), ''), params ->> 'password', view_flag(params, 'vip'),
    view_text(params, 'quota', 60)));
end
$$;
comment on function act_mailbox_new(jsonb) is 'Makes a mailbox (address, password, vip, quota).';
