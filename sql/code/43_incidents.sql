-- Incidents, and their recipients.

comment on table node is 'The nodes whose notifier reports.';
comment on column node.name is 'Name of the node.';
comment on column node.seen_at is 'Time of its latest count of queued mail; -infinity: none.';
comment on column node.heard_at is 'Time of the latest report of its notifier.';
comment on column node.heard_since is 'Since when it has reported without a gap of two minutes.';
comment on column node.replica_at is 'When its replica was current last; null: it has none.';
comment on column node.good_since is 'Since when it has no fault; null: it has one.';

comment on table incident is 'Incidents of a domain or of the service, from start to end.';
comment on column incident.id is 'Number of the incident.';
comment on column incident.domain is 'The domain; null: the operator''s.';
comment on column incident.kind is
  'server (the customer''s server is down), unstable (it fails on and off), queue (mail has waited for long), round_trip (probe '
  'mail does not come back), quota, expiry, certificate (the server''s ends soon, or TLS fails), dnsbl (a list was cut out), replica (a node''s '
  'is stale, or the node does not report), sending (a login was denied automatically), sending_limit (a domain sends more than its plan allows), self (very many servers fail at once, so this service is suspected), '
  'outbox (an alert could not be sent), database (a node could not reach it).';
comment on column incident.subject is 'Subject within the domain, such as a list or a node; empty: the domain.';
comment on column incident.opened_at is 'Start.';
comment on column incident.closed_at is 'End; null: open.';
comment on column incident.calm_since is 'Of a queue incident: since when less than half of the alert''s number of messages waits.';
comment on column incident.follows is 'The incident that it took the place of, which ended without a message.';
comment on column incident.detail is 'Observation, such as the server''s reply.';

comment on table outbox is
  'Messages to contacts, written in the transaction of their cause, composed and sent by the node that holds the lease.';
comment on column outbox.id is 'Number of the message.';
comment on column outbox.dedup_key is
  'Identity of the message, so that one cause makes one message: incident, transition, channel, address.';
comment on column outbox.domain is 'Domain of the message; null: the operator''s.';
comment on column outbox.incident is 'Incident of the message.';
comment on column outbox.kind is 'Kind of the incident; account: to an account of the console; empty: none.';
comment on column outbox.transition is
  'opened or closed: the change of the incident. code: the confirmation of a telephone number. test: asked for by an admin. '
  'report: a monthly report. reset, invited: a link by which an account''s password is set. changed: a notice to an account.';
comment on column outbox.channel is 'mail, sms or webhook.';
comment on column outbox.address is 'Recipient.';
comment on column outbox.detail is 'Further content of the text, such as the code. Of a report: the whole message, until it is sent.';
comment on column outbox.created_at is 'Time of creation.';
comment on column outbox.due_at is 'Earliest time of sending.';
comment on column outbox.lease_node is 'Node that works on it.';
comment on column outbox.lease_until is
  'End of the lease of that node, which renews it while it works. -infinity: what became of the latest attempt is known.';
comment on column outbox.attempts is 'Number of attempts.';
comment on column outbox.unknowns is 'Attempts of which nobody knows whether they sent it, such as those of a node that died.';
comment on column outbox.counted_at is
  'Of an SMS: when it was counted against setting sms_per_week or operator_sms_per_week; null: it was not sent.';
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

-- A telephone rings for what cannot wait.
create or replace function sms_suits(kind text) returns boolean
language sql immutable parallel safe
return kind not in ('quota', 'expiry', 'certificate', 'dnsbl', 'sending', 'sending_limit');
comment on function sms_suits(text) is 'True if incidents of this kind are sent as SMS, too.';

create or replace function alert_delay(channel text) returns interval
language sql stable security definer set search_path = emailgency, pg_temp
return case channel when 'sms' then make_interval(secs => setting_value('sms_after')::integer) else interval '0' end;
comment on function alert_delay(text) is 'How long an incident must last before it is sent by this channel.';

-- Quotas and expiry go by mail to those who asked for such warnings; all else is an alert.
create or replace function incident_recipients(domain text, kind text)
returns table (channel text, address text, due_at timestamptz)
language sql stable security definer set search_path = emailgency, pg_temp as $$
  select r.channel, r.address, now() + alert_delay(r.channel) from operator_recipients() r
  where incident_recipients.domain is null and (r.channel = 'mail' or sms_suits(incident_recipients.kind))
  union all
  select c.kind, c.address, end_of_quiet_hours(c.quiet_from, c.quiet_until, d.time_zone, now() + alert_delay(c.kind))
  from contact c join domain d on d.name = c.domain join plan p on p.name = d.plan
  where c.domain = incident_recipients.domain
    and case when incident_recipients.kind in ('quota', 'expiry') then c.quota_warnings else c.alerts end
    and (c.kind = 'mail' or c.kind = 'webhook' and setting_in_force('webhooks_allowed')::boolean
      or c.kind = 'sms' and c.confirmed_at is not null and p.sms_allowed and sms_suits(incident_recipients.kind));
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

create or replace function incident_chain(incident bigint) returns setof bigint
language sql stable security definer set search_path = emailgency, pg_temp as $$
  with recursive chain (id, follows) as (
    select i.id, i.follows from incident i where i.id = incident_chain.incident
    union
    select i.id, i.follows from chain c join incident i on i.id = c.follows
  )
  select c.id from chain c;
$$;
comment on function incident_chain(bigint) is 'An incident and those that it took the place of.';

-- The end goes to those who received the start, of the incident or of one that it took the place of. Whether a message that a node
-- is sending now arrives is not known yet: mark_outbox() writes the end after it.
create or replace function queue_closed(incident bigint) returns void
language sql security definer set search_path = emailgency, pg_temp as $$
  update outbox o set dropped_at = now(), last_error = 'the incident ended before it was sent'
  where o.incident in (select incident_chain(queue_closed.incident)) and o.transition = 'opened' and o.lease_until = '-infinity'
    and o.unknowns = 0
    and o.sent_at is null and o.failed_at is null and o.dropped_at is null;
  insert into outbox (dedup_key, domain, incident, kind, transition, channel, address)
  select distinct format('%s:closed:%s:%s', i.id, o.channel, o.address), i.domain, i.id, i.kind, 'closed', o.channel, o.address
  from outbox o join incident i on i.id = queue_closed.incident and i.closed_at is not null
  where o.incident in (select incident_chain(i.id)) and o.transition = 'opened' and (o.sent_at is not null or o.unknowns > 0)
  on conflict on constraint outbox_dedup_key_repeated do nothing;
$$;
comment on function queue_closed(bigint) is
  'Writes the messages that say that an incident ended, and drops those on its start that were not sent.';

-- An incident that another one took the place of has no end of its own.
create or replace function last_of_chain(incident bigint) returns bigint
language sql stable security definer set search_path = emailgency, pg_temp as $$
  with recursive chain (id) as (
    select last_of_chain.incident
    union
    select i.id from chain c join incident i on i.follows = c.id
  )
  select max(c.id) from chain c;
$$;
comment on function last_of_chain(bigint) is 'The latest incident that took the place of this one; without one, itself.';

-- A domain whose row somebody holds is left out: a customer's open transaction would hold up the node, and with it all others. What
-- opens incidents looks again.
create or replace function open_incident(domain text, kind text, subject text, detail text) returns boolean
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  opened incident;
begin
  insert into incident (domain, kind, subject, detail)
  select open_incident.domain, open_incident.kind, open_incident.subject, left(open_incident.detail, 1000)
  where open_incident.domain is null
    or exists (select from domain d where d.name = open_incident.domain for key share skip locked)
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
  'null: the operator''s. Nothing is opened while the domain''s row is locked.';

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
