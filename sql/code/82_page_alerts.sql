-- The page of alerts: monitoring, limits, contacts, and what was sent.

create or replace function view_alerts_form(shown domain) returns jsonb
language sql immutable set search_path = emailgency, pg_temp as $$
  select jsonb_build_object('monitoring', view_choice(shown.monitoring), 'probe_address', coalesce(shown.probe_address, ''),
    'queue_alert_messages', shown.queue_alert_messages::text, 'queue_alert_minutes', shown.queue_alert_minutes::text, 'language', view_choice(shown.language),
    'time_zone', shown.time_zone);
$$;
comment on function view_alerts_form(domain) is 'The fields of monitoring of a domain.';

create or replace function view_contacts(shown domain) returns jsonb
language plpgsql stable set search_path = emailgency, pg_temp as $$
#variable_conflict use_column
begin
  return (
  select coalesce(jsonb_agg(jsonb_build_object('kind', view_choice(c.kind), 'word', c.kind, 'address', c.address, 'n', c.n, 'alerts', c.alerts,
    'quota_warnings', c.quota_warnings, 'monthly_report', c.monthly_report, 'quiet_from', coalesce(to_char(c.quiet_from, 'HH24:MI'), ''),
    'quiet_until', coalesce(to_char(c.quiet_until, 'HH24:MI'), ''), 'confirmed', view_time(c.confirmed_at, shown.time_zone),
    'code', c.kind = 'sms' and c.confirmed_at is null, 'test', c.kind <> 'sms' or c.confirmed_at is not null, 'report', c.kind = 'mail') order by c.n), '[]')
  from (
    select o.*, row_number() over (order by o.kind, o.address) as n from contact o where o.domain = shown.name order by o.kind, o.address limit 100) as c);
end
$$;
comment on function view_contacts(domain) is 'The contacts of a domain.';

create or replace function page_alerts(params jsonb) returns jsonb
language plpgsql stable set search_path = emailgency, pg_temp as $$
declare
  shown constant domain := view_domain(params);
  form constant jsonb := view_alerts_form(shown);
  sent jsonb;
begin
  select coalesce(jsonb_agg(jsonb_build_object('at', view_time(o.created_at, shown.time_zone), 'kind', view_choice(nullif(o.kind, '')), 'transition', view_choice(o.transition),
    'channel', view_choice(o.channel), 'address', left(o.address, 254), 'sent', view_time(o.sent_at, shown.time_zone), 'dropped', o.dropped_at is not null,
    'failed', o.failed_at is not null, 'held', o.sent_at is null and o.failed_at is null and o.dropped_at is null and o.due_at > now(),
    'due', view_time(o.due_at, shown.time_zone), 'error', case when o.sent_at is null then nullif(left(o.last_error, 200), '') end) order by o.created_at desc, o.id desc), '[]')
  into sent
  from (
    select m.id, m.created_at, m.kind, m.transition, m.channel, m.address, m.sent_at, m.dropped_at, m.failed_at, m.due_at, m.last_error
    from outbox m where m.domain = shown.name order by m.created_at desc limit 20) as o;
  return view_page(shown, 'alerts', jsonb_build_object('form', form || jsonb_build_object('kind', view_choice('mail'), 'address', '', 'alerts', true,
      'quota_warnings', true, 'monthly_report', true), 'seen', view_seen(form),
    'server', view_server(shown.name, shown.time_zone), 'watched', shown.monitoring <> 'off', 'contacts', view_contacts(shown),
    'round_trip', (select jsonb_build_object('seconds', round(r.seconds::numeric, 1), 'arrived', view_time(r.arrived_at, shown.time_zone),
      'lost', view_time(r.lost_at, shown.time_zone), 'losses', r.losses, 'late', r.late, 'good', r.losses = 0) from round_trip r where r.domain = shown.name),
    'round_trip_address', nullif(setting_value('round_trip_address'), ''), 'webhooks', setting_value('webhooks_allowed') = 'true',
    'sms', (select p.sms_allowed from plan p where p.name = shown.plan), 'sms_most', setting_value('sms_per_week')::integer,
    'sms_used', (select count(*) from outbox o where o.domain = shown.name and o.channel = 'sms' and o.counted_at > now() - interval '7 days'),
    'sent', sent, 'other_language', case when shown.language not in ('en', 'fr') then shown.language end, 'wrong_code', view_text(params, 'wrong') is not null));
end
$$;
comment on function page_alerts(jsonb) is 'Monitoring of a domain, its contacts, and the 20 latest messages to them.';

create or replace function act_alerts(params jsonb) returns jsonb
language plpgsql set search_path = emailgency, pg_temp as $$
declare
  shown constant domain := view_domain(params);
begin
  perform view_check_seen(params, view_alerts_form(shown), shown.name, 'domain', jsonb_build_object('name', shown.name));
  update domain d set monitoring = coalesce(view_text(params, 'monitoring'), d.monitoring), probe_address = nullif(view_text(params, 'probe_address'), ''),
    queue_alert_messages = coalesce(view_number(params, 'queue_alert_messages', 'the number of messages'), d.queue_alert_messages),
    queue_alert_minutes = coalesce(view_number(params, 'queue_alert_minutes', 'the number of minutes'), d.queue_alert_minutes),
    language = coalesce(nullif(view_text(params, 'language', 40), ''), d.language), time_zone = coalesce(nullif(view_text(params, 'time_zone', 100), ''), d.time_zone)
  where d.name = shown.name;
  return act_location(shown.name, 'alerts');
end
$$;
comment on function act_alerts(jsonb) is 'Saves the monitoring of a domain.';

create or replace function act_contact_add(params jsonb) returns jsonb
language plpgsql set search_path = emailgency, pg_temp as $$
declare
  shown constant domain := view_domain(params);
  wanted constant text := coalesce(view_text(params, 'address', 1000), '');
begin
  if wanted = '' then
    raise exception using errcode = 'invalid_parameter_value',
      message = 'the address of the contact is missing: write a mail address, as in admin@example.org, or a number, as in +41791234567';
  end if;
  insert into contact (domain, kind, address, alerts, quota_warnings, monthly_report)
  values (shown.name, coalesce(nullif(view_text(params, 'kind', 20), ''), 'mail'), wanted, view_flag(params, 'alerts'), view_flag(params, 'quota_warnings'),
    view_flag(params, 'monthly_report'));
  return act_location(shown.name, 'alerts');
exception when unique_violation then
  raise exception using errcode = 'unique_violation', message = format('"%s" is a contact already', left(wanted, 254));
end
$$;
comment on function act_contact_add(jsonb) is 'Adds a contact (kind, address, and what it receives).';

create or replace function view_clock(params jsonb, name text) returns time
language plpgsql stable set search_path = emailgency, pg_temp as $$
declare
  given constant text := coalesce(view_text(params, name, 40), '');
begin
  perform accept(format('"%s" is no time of day: write it as in 22:00', given)) where given !~ '^(([01]?[0-9]|2[0-3]):[0-5][0-9])?$';
  return nullif(given, '')::time;
end
$$;
comment on function view_clock(jsonb, text) is 'A field that is a time of day; empty: null.';

create or replace function view_contact(shown domain, params jsonb) returns contact
language plpgsql stable set search_path = emailgency, pg_temp as $$
declare
  wanted constant text := coalesce(view_text(params, 'which', 1100), '');
  chosen contact;
begin
  select c.* into chosen from contact c
  where c.domain = shown.name and c.kind = split_part(wanted, ' ', 1) and c.address = substr(wanted, strpos(wanted, ' ') + 1);
  if chosen.domain is null then
    raise exception using errcode = 'no_data_found', message = 'this contact is not there any more: open the page again';
  end if;
  return chosen;
end
$$;
comment on function view_contact(domain, jsonb) is 'The contact that a request names (which): kind, blank, address.';

create or replace function act_contact_save(params jsonb) returns jsonb
language plpgsql set search_path = emailgency, pg_temp as $$
declare
  shown constant domain := view_domain(params);
  chosen constant contact := view_contact(shown, params);
begin
  update contact c set alerts = view_flag(params, 'send_alerts'), quota_warnings = view_flag(params, 'send_warnings'),
    monthly_report = view_flag(params, 'send_report'), quiet_from = view_clock(params, 'quiet_from'), quiet_until = view_clock(params, 'quiet_until')
  where (c.domain, c.kind, c.address) = (chosen.domain, chosen.kind, chosen.address);
  return act_location(shown.name, 'alerts');
end
$$;
comment on function act_contact_save(jsonb) is 'Saves what a contact receives (which), and when not.';

create or replace function act_contact_delete(params jsonb) returns jsonb
language plpgsql set search_path = emailgency, pg_temp as $$
declare
  shown constant domain := view_domain(params);
  chosen constant contact := view_contact(shown, params);
begin
  perform delete_contact(chosen.domain, chosen.kind, chosen.address);
  return act_location(shown.name, 'alerts');
end
$$;
comment on function act_contact_delete(jsonb) is 'Removes a contact (which).';

create or replace function act_contact_test(params jsonb) returns jsonb
language plpgsql set search_path = emailgency, pg_temp as $$
declare
  shown constant domain := view_domain(params);
  chosen constant contact := view_contact(shown, params);
begin
  perform contact_test(chosen.domain, chosen.kind, chosen.address);
  return act_location(shown.name, 'alerts');
end
$$;
comment on function act_contact_test(jsonb) is 'Sends a test message to a contact (which).';

create or replace function act_contact_code(params jsonb) returns jsonb
language plpgsql set search_path = emailgency, pg_temp as $$
declare
  shown constant domain := view_domain(params);
begin
  perform sms_code(shown.name, (view_contact(shown, params)).address);
  return act_location(shown.name, 'alerts');
end
$$;
comment on function act_contact_code(jsonb) is 'Sends a code to a telephone number (which).';

-- A wrong code is no fault, which would undo the count of attempts.
create or replace function act_contact_confirm(params jsonb) returns jsonb
language plpgsql set search_path = emailgency, pg_temp as $$
declare
  shown constant domain := view_domain(params);
  answer constant text := sms_confirm(shown.name, (view_contact(shown, params)).address, coalesce(view_text(params, 'code', 40), ''));
begin
  return act_location(shown.name, 'alerts') || case when answer like 'not confirmed%' then jsonb_build_object('location', view_path(shown.name, 'alerts') || '?wrong=code')
    else '{}' end;
end
$$;
comment on function act_contact_confirm(jsonb) is 'Confirms a telephone number (which) by the code that was sent to it (code).';
