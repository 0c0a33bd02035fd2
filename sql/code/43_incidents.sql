-- Incidents, and their recipients.

comment on table node is 'The nodes whose notifier reports.';
comment on column node.name is 'Name of the node.';
comment on column node.seen_at is 'Time of its latest report.';

comment on table incident is 'Incidents of a domain or of the service, from start to end.';
comment on column incident.id is 'Number of the incident.';
comment on column incident.domain is 'The domain; null: the operator''s.';
comment on column incident.kind is
  'server (the customer''s server is down), unstable (it fails on and off), queue (mail has waited for long), round_trip (probe '
  'mail does not come back), quota, expiry, certificate (the server''s ends soon), dnsbl (a list was cut out), replica (a node''s '
  'is stale), sending (a login was denied automatically), self (very many servers fail at once, so this service is suspected), '
  'outbox (an alert could not be sent).';
comment on column incident.subject is 'Subject within the domain, such as a list or a node; empty: the domain.';
comment on column incident.opened_at is 'Start.';
comment on column incident.closed_at is 'End; null: open.';
comment on column incident.calm_since is 'Of a queue incident: since when less than half of the alert''s number of messages waits.';
comment on column incident.detail is 'Observation, such as the server''s reply.';

comment on table outbox is
  'Messages to contacts, written in the transaction of their cause, composed and sent by the node that holds the lease.';
comment on column outbox.id is 'Number of the message.';
comment on column outbox.dedup_key is
  'Identity of the message, so that one cause makes one message: incident, transition, channel, address.';
comment on column outbox.domain is 'Domain of the message; null: the operator''s.';
comment on column outbox.incident is 'Incident of the message.';
comment on column outbox.kind is 'Kind of the incident; empty: none.';
comment on column outbox.transition is
  'opened or closed: the change of the incident. code: the confirmation of a telephone number. test: asked for by an admin.';
comment on column outbox.channel is 'mail, sms or webhook.';
comment on column outbox.address is 'Recipient.';
comment on column outbox.detail is 'Further content of the text, such as the code.';
comment on column outbox.created_at is 'Time of creation.';
comment on column outbox.due_at is 'Earliest time of sending.';
comment on column outbox.lease_node is 'Node that works on it.';
comment on column outbox.lease_until is 'End of the lease of that node.';
comment on column outbox.attempts is 'Number of attempts.';
comment on column outbox.unknowns is 'Attempts of which nobody knows whether they sent it.';
comment on column outbox.counted_at is 'Of an SMS: when it was counted against setting sms_per_week; null: it was not sent.';
comment on column outbox.sent_at is 'Time of sending.';
comment on column outbox.failed_at is 'Time of the final failure.';
comment on column outbox.dropped_at is 'When it became pointless: the incident ended first, or the limit of SMS is reached.';
comment on column outbox.last_error is 'Error of the latest attempt.';

create or replace function end_of_quiet_hours(quiet_from time, quiet_until time, time_zone text, at timestamptz) returns timestamptz
language sql stable as $$
  select case
    when quiet_from is null or not (
      case when quiet_from < quiet_until then l.now >= quiet_from and l.now < quiet_until
      else l.now >= quiet_from or l.now < quiet_until end) then at
    else (l.day + case when l.now < quiet_until then 0 else 1 end + quiet_until) at time zone time_zone
  end
  from (select (at at time zone time_zone)::time as now, (at at time zone time_zone)::date as day) as l;
$$;
comment on function end_of_quiet_hours(time, time, text, timestamptz) is
  'When an alert may be sent that is due at a time: then, or at the end of the quiet hours.';

create or replace function operator_recipients() returns table (channel text, address text)
language sql stable security definer set search_path = emailgency, pg_temp as $$
  select case when a like '+%' then 'sms' else 'mail' end, a
  from regexp_split_to_table(coalesce(nullif(setting_value('operator_contacts'), ''), setting_value('postmaster')), ' +') as a
  where a <> '';
$$;
comment on function operator_recipients() is 'The recipients of the operator''s incidents.';

-- Quotas and expiry go by mail to those who asked for such warnings; all else is an alert.
create or replace function incident_recipients(domain text, kind text)
returns table (channel text, address text, due_at timestamptz)
language sql stable security definer set search_path = emailgency, pg_temp as $$
  select r.channel, r.address, now() from operator_recipients() r where incident_recipients.domain is null
  union all
  select c.kind, c.address, end_of_quiet_hours(c.quiet_from, c.quiet_until, d.time_zone,
    now() + case c.kind when 'sms' then make_interval(secs => setting_value('sms_after')::integer) else interval '0' end)
  from contact c join domain d on d.name = c.domain join plan p on p.name = d.plan
  where c.domain = incident_recipients.domain
    and case when incident_recipients.kind in ('quota', 'expiry') then c.quota_warnings else c.alerts end
    and (c.kind = 'mail'
      or c.confirmed_at is not null and p.sms_allowed and incident_recipients.kind not in ('quota', 'expiry', 'certificate'));
$$;
comment on function incident_recipients(text, text) is 'The recipients of an incident of the domain, the channel, and the time from which on.';

create or replace function queue_opened(incident incident) returns void
language sql security definer set search_path = emailgency, pg_temp as $$
  insert into outbox (dedup_key, domain, incident, kind, transition, channel, address, due_at)
  select format('%s:opened:%s:%s', incident.id, r.channel, r.address), incident.domain, incident.id, incident.kind, 'opened', r.channel, r.address, r.due_at
  from incident_recipients(incident.domain, incident.kind) r
  on conflict on constraint outbox_dedup_key_repeated do nothing;
$$;
comment on function queue_opened(incident) is 'Writes the messages that say that an incident began.';

-- The end goes to those who received the start. Whether a message that a node is sending now arrives is not known yet:
-- mark_outbox() writes the end after it.
create or replace function queue_closed(incident bigint) returns void
language sql security definer set search_path = emailgency, pg_temp as $$
  update outbox o set dropped_at = now(), last_error = 'the incident ended before it was sent'
  where o.incident = queue_closed.incident and o.transition = 'opened' and o.lease_until < now() and o.unknowns = 0
    and o.sent_at is null and o.failed_at is null and o.dropped_at is null;
  insert into outbox (dedup_key, domain, incident, kind, transition, channel, address)
  select format('%s:closed:%s:%s', o.incident, o.channel, o.address), o.domain, o.incident, o.kind, 'closed', o.channel, o.address
  from outbox o join incident i on i.id = o.incident and i.closed_at is not null
  where o.incident = queue_closed.incident and o.transition = 'opened' and (o.sent_at is not null or o.unknowns > 0)
  on conflict on constraint outbox_dedup_key_repeated do nothing;
$$;
comment on function queue_closed(bigint) is
  'Writes the messages that say that an incident ended, and drops those on its start that were not sent.';

create or replace function open_incident(domain text, kind text, subject text, detail text) returns boolean
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  opened incident;
begin
  insert into incident (domain, kind, subject, detail)
  select open_incident.domain, open_incident.kind, open_incident.subject, left(open_incident.detail, 1000)
  where open_incident.domain is null
    or exists (select from domain d where d.name = open_incident.domain for key share)
  on conflict do nothing
  returning * into opened;
  if found then
    perform queue_opened(opened);
    return true;
  end if;
  update incident i set detail = left(open_incident.detail, 1000)
  where coalesce(i.domain, '') = coalesce(open_incident.domain, '') and i.kind = open_incident.kind
    and i.subject = open_incident.subject and i.closed_at is null and i.detail <> left(open_incident.detail, 1000);
  return false;
end
$$;
comment on function open_incident(text, text, text, text) is
  'Opens an incident and writes its messages, or brings the observation of the open one up to date; true if it was opened. Domain '
  'null: the operator''s.';

create or replace function close_incident(domain text, kind text, subject text, silently boolean default false) returns boolean
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  closed bigint;
begin
  update incident i set closed_at = greatest(now(), i.opened_at)
  where coalesce(i.domain, '') = coalesce(close_incident.domain, '') and i.kind = close_incident.kind
    and i.subject = close_incident.subject and i.closed_at is null
  returning i.id into closed;
  if closed is not null and not silently then
    perform queue_closed(closed);
  end if;
  return closed is not null;
end
$$;
comment on function close_incident(text, text, text, boolean) is
  'Closes an incident, and writes the messages that say so unless another incident takes its place; true if one was open.';
