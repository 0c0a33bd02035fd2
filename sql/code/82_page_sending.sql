-- The pages of sending and of the queue.

create or replace function page_sending(params jsonb) returns jsonb
language plpgsql stable set search_path = emailgency, pg_temp as $$
declare
  shown constant domain := view_domain(params);
  after constant text := coalesce(fold_address(view_text(params, 'after')), '');
  held_after constant bigint := coalesce(substring(view_text(params, 'held') from '^[0-9]{1,18}$')::bigint, 0);
  today constant date := (now() at time zone 'UTC')::date;
  rows jsonb;
  held jsonb;
  most jsonb;
begin
  select coalesce(jsonb_agg(jsonb_build_object('address', m.address, 'by', view_denier(m.smtp_denied_by, shown.name),
    'may_allow', not shown.smtp_deny and not denied_by_operator(m.smtp_denied_by, shown.name)) order by m.address), '[]') into rows
  from (select o.address, o.smtp_denied_by from mailbox o where o.domain = shown.name and o.smtp_deny and o.address > after collate "C"
    order by o.address limit 51) as m;
  select coalesce(jsonb_agg(jsonb_build_object('id', h.id, 'queue_id', h.queue_id, 'login', h.login, 'sender', left(h.sender, 254), 'node', h.node,
    'at', view_time(h.queued_at, shown.time_zone), 'wanted', view_choice(h.wanted), 'state', view_choice(h.state), 'problem', nullif(h.problem, ''), 'may_release', not view_held_by_operator(shown, h.login)) order by h.id), '[]')
  into held
  from (select o.* from held_message o where o.domain = shown.name and o.state in ('queued', 'held') and o.id > held_after order by o.id limit 26) as h;
  select coalesce(jsonb_agg(jsonb_build_object('name', c.name, 'messages', c.day_messages, 'recipients', c.day_recipients, 'refused', c.day_refused)
    order by c.day_recipients desc, c.name), '[]') into most
  from (select o.* from outbound_count o where o.domain = shown.name and o.day = today and o.name <> shown.name
    order by o.day_recipients desc, o.name limit 10) as c;
  return view_page(shown, 'sending', jsonb_build_object('denied', shown.smtp_deny, 'by', view_denier(shown.smtp_denied_by, shown.name),
    'may_allow', not denied_by_operator(shown.smtp_denied_by, shown.name),
    'rows', view_rows(rows, 50), 'older', view_link(view_path(shown.name, 'sending'), '{after}', array[view_older(rows, 50, 'address')]),
    'held', view_rows(held, 25), 'held_older', view_link(view_path(shown.name, 'sending'), '{held}', array[view_older(held, 25, 'id')]),
    'most', most, 'form', jsonb_build_object('name', ''),
    'limits', (select jsonb_build_object('messages', p.login_messages_day, 'recipients', p.login_recipients_day) from plan p where p.name = shown.plan)));
end
$$;
comment on function page_sending(jsonb) is
  'Those who may not send: 50 mailboxes from an address on (after), 25 held messages from a number on (held), and who sent most today (UTC).';

create or replace function view_denier(login text, domain text) returns jsonb
language plpgsql stable set search_path = emailgency, pg_temp as $$
begin
  return case when view_denier.login is null then null
    when view_denier.login = 'emailgency' then jsonb_build_object('service', true)
    when denied_by_operator(view_denier.login, view_denier.domain) then jsonb_build_object('operator', true)
    when view_denier.login = acting_login() then jsonb_build_object('you', true)
    else jsonb_build_object('admin', view_denier.login) end;
end
$$;
comment on function view_denier(text, text) is 'The owner of a denial, as pages say it.';

create or replace function view_held_by_operator(shown domain, login text) returns boolean
language plpgsql stable set search_path = emailgency, pg_temp as $$
begin
  return coalesce((select m.smtp_deny and denied_by_operator(m.smtp_denied_by, shown.name)
      or shown.smtp_deny and not m.smtp_deny_exempt and denied_by_operator(shown.smtp_denied_by, shown.name)
    from mailbox_shown m where m.address = view_held_by_operator.login), shown.smtp_deny and denied_by_operator(shown.smtp_denied_by, shown.name));
end
$$;
comment on function view_held_by_operator(domain, text) is 'True if the operator denied sending to a login, so that its held mail is the operator''s to release.';

create or replace function view_sender(shown domain, given text) returns text
language plpgsql stable set search_path = emailgency, pg_temp as $$
declare
  wanted text;
begin
  if fold(given) = shown.name then
    return shown.name;
  end if;
  wanted := view_address(shown, coalesce(given, ''));
  perform view_check_home(shown, wanted);
  return wanted;
end
$$;
comment on function view_sender(domain, text) is 'The mailbox, or the whole domain, that a request names.';

create or replace function act_deny(params jsonb) returns jsonb
language plpgsql set search_path = emailgency, pg_temp as $$
declare
  shown constant domain := view_domain(params);
begin
  perform deny_sending(view_sender(shown, view_text(params, 'name')));
  return act_location(shown.name, 'sending');
end
$$;
comment on function act_deny(jsonb) is 'Denies sending to a mailbox or the domain (name).';

create or replace function act_allow(params jsonb) returns jsonb
language plpgsql set search_path = emailgency, pg_temp as $$
declare
  shown constant domain := view_domain(params);
begin
  perform allow_sending(view_sender(shown, view_text(params, 'which')));
  return act_location(shown.name, 'sending');
end
$$;
comment on function act_allow(jsonb) is 'Allows sending to a mailbox or the domain (which).';

-- A queue id is not the domain's: the message must be.
create or replace function view_held(shown domain, params jsonb) returns text
language plpgsql stable set search_path = emailgency, pg_temp as $$
declare
  word constant text := coalesce(view_text(params, 'which'), '');
begin
  if word = shown.name then
    return word;
  elsif word like '%@%' then
    perform view_check_home(shown, fold_address(word));
    return fold_address(word);
  elsif word not like '%.%' and exists (select from held_message h where h.queue_id = word and h.domain = shown.name) then
    return word;
  end if;
  raise exception using errcode = 'no_data_found', message = format('no message of "%s" is held', left(word, 254));
end
$$;
comment on function view_held(domain, jsonb) is 'The held mail that a request names (which): of a login, of the domain, or by its queue id.';

create or replace function act_held_release(params jsonb) returns jsonb
language plpgsql set search_path = emailgency, pg_temp as $$
declare
  shown constant domain := view_domain(params);
begin
  perform release_held(view_held(shown, params));
  return act_location(shown.name, 'sending');
end
$$;
comment on function act_held_release(jsonb) is 'Has held mail delivered (which).';

create or replace function act_held_delete(params jsonb) returns jsonb
language plpgsql set search_path = emailgency, pg_temp as $$
declare
  shown constant domain := view_domain(params);
begin
  perform delete_held(view_held(shown, params));
  return act_location(shown.name, 'sending');
end
$$;
comment on function act_held_delete(jsonb) is 'Has held mail deleted (which).';

-- The latest reasons why mail waits, of the messages that wait now.
create or replace function view_queue_reasons(domain text, zone text) returns jsonb
language plpgsql stable set search_path = emailgency, pg_temp as $$
#variable_conflict use_column
begin
  return (
  select coalesce(jsonb_agg(jsonb_build_object('text', r.words, 'at', view_time(r.at, zone), 'messages', r.messages) order by r.at desc), '[]')
  from (
    select trace_reply(e.host, e.reply) as words, max(coalesce(e.last_at, e.time)) as at, count(*) as messages
    from (
      select o.kind, o.host, o.reply, o.time, o.last_at from message_event o
      where o.domain = view_queue_reasons.domain and o.time > now() - interval '2 days' order by o.time desc limit 2000) as e
    where e.kind = 'deferred' group by 1 order by 2 desc limit 5) as r);
end
$$;
comment on function view_queue_reasons(text, text) is 'Why mail of a domain was put off lately, at most five reasons.';

create or replace function page_queue(params jsonb) returns jsonb
language plpgsql stable set search_path = emailgency, pg_temp as $$
declare
  shown constant domain := view_domain(params);
begin
  return view_page(shown, 'queue', view_status(shown) || jsonb_build_object('reasons', view_queue_reasons(shown.name, shown.time_zone),
    'week', view_queue_chart(shown.name, shown.time_zone, 168, 56), 'watched', shown.monitoring <> 'off', 'transport', shown.transport));
end
$$;
comment on function page_queue(jsonb) is 'The mail of a domain that waits, why, and the latest request to deliver it now.';

create or replace function act_flush(params jsonb) returns jsonb
language plpgsql set search_path = emailgency, pg_temp as $$
declare
  shown constant domain := view_domain(params);
begin
  perform flush(shown.name);
  return act_location(shown.name, 'queue');
end
$$;
comment on function act_flush(jsonb) is 'Has the mail of a domain that waits delivered now.';
