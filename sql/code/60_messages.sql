-- Messages and their events, written by the tracker of each node from its mail log, and the counts that follow from them.

comment on table message is
  'Messages and refused attempts, one row each, kept for trace_days in a partition per day (UTC). Postfix logs them when they come in; '
  'a message that an older log began has only what the later lines say.';
comment on column message.id is 'Position in the node''s log of the first line about it; unique together with node.';
comment on column message.node is 'The node.';
comment on column message.time is 'Time of the first line about it.';
comment on column message.queue_id is 'Queue id, which Postfix may use again unless enable_long_queue_ids is set; null: refused before it had one.';
comment on column message.client is 'Address of the client; null: a local program, or not known.';
comment on column message.client_name is 'Name of the client, as Postfix verified it; unknown: none.';
comment on column message.helo is 'Name in HELO or EHLO.';
comment on column message.tls is 'TLS version and cipher of the client''s connection; null: none.';
comment on column message.login is 'Login of an authenticated client. Hidden from domain admins, as it may be another customer''s.';
comment on column message.sender is 'Envelope sender; empty: the null sender <>; null: not known.';
comment on column message.message_id is 'Message-ID, without angle brackets.';
comment on column message.size is 'Bytes, as queued.';
comment on column message.recipients is
  'Number of envelope recipients, as queued. Hidden from domain admins, as it counts those of other domains.';
comment on column message.queued_at is 'Time when the queue manager took it; null: it has not, or the attempt was refused.';
comment on column message.removed_at is 'Time when the queue manager had finished with it.';
comment on column message.parent is 'Queue id of the message that this one, a bounce or a delay warning, is about.';
comment on column message.domains is 'Customer domains of its events: whose admins see the row. Hidden from them.';

comment on table message_event is
  'What happened to a message, a row per recipient and step, kept for trace_days in a partition per day (UTC). Reception and queueing '
  'are columns of message: time and queued_at.';
comment on column message_event.message is 'message.id.';
comment on column message_event.node is 'The node.';
comment on column message_event.id is 'Position in the node''s log of the line; unique together with node and recipient.';
comment on column message_event.time is 'Time of that line.';
comment on column message_event.message_time is 'message.time.';
comment on column message_event.kind is
  'decided (at RCPT or later in the SMTP session), delivered (to another server), stored (in the mail store), deferred, bounced, expired '
  '(too long in the queue), held, released; received and queued are reserved.';
comment on column message_event.recipient is 'Recipient as the client gave it; null: not known.';
comment on column message_event.domain is
  'Customer domain of the recipient, whatever name of it the address has, or else of the login that sent the message; null: neither.';
comment on column message_event.action is 'Of a decision: accept, defer or reject.';
comment on column message_event.reason is
  'Of a decision: the word of policyd or the milter for it, as in docs/operations.md, such as greylist-new; or postfix, if neither refused.';
comment on column message_event.rule is 'Of a decision: the row that decided, such as zone=bl.example or entry=192.0.2.1.';
comment on column message_event.host is 'Server that it was handed to, as Postfix names it: mail.example.com[192.0.2.1]:25.';
comment on column message_event.reply is 'Last reply, or the reason, as text; the remote server''s in parentheses after "said:".';
comment on column message_event.delay is 'Seconds from arrival to this step.';
comment on column message_event.tries is 'Of deferred: attempts of this day (UTC) that were deferred.';
comment on column message_event.last_at is 'Of deferred: time of the last of them; time has the first.';
comment on column message_event.next_try is 'Of deferred: estimated time of the next attempt.';
comment on column message_event.is_copy is
  'True: of the copy that the mail store gets beside the delivery to the customer''s server (keep_copy), not of that delivery.';
comment on column message_event.sender_domain is
  'Customer domain of the authenticated login that sent the message to another customer''s domain, whose admins see the event, too; null: '
  'no such mail, or the store''s copy of it. An envelope sender is no login: anybody may write one.';

comment on table message_waiting is
  'Recipients of messages that wait in a queue, while setting trace does not keep all messages: what counts them when they expire. No '
  'address is stored.';
comment on column message_waiting.node is 'The node.';
comment on column message_waiting.message is 'Position in the node''s log of the message''s first line that was seen.';
comment on column message_waiting.recipient is 'Hash of the recipient.';
comment on column message_waiting.queue_id is 'Queue id of the message; null: not known.';
comment on column message_waiting.domain is 'Customer domain of the recipient or of the login.';
comment on column message_waiting.tried_at is 'Time of the last attempt.';

comment on table tracker_position is 'Place of each node in its mail log. It moves in the transaction that writes what the lines say.';
comment on column tracker_position.node is 'The node.';
comment on column tracker_position.log is 'The log: a path, or journal.';
comment on column tracker_position.position is 'Bytes of the log, over all its files, whose rows are in the database.';
comment on column tracker_position.file is 'The file in which that place is, by a hash of its start; of the journal, the cursor.';
comment on column tracker_position.file_offset is 'Offset in that file.';
comment on column tracker_position.replay_position is 'Position of the oldest line about a message that is still coming in: a restart reads again from there.';
comment on column tracker_position.replay_file is 'The file of that line.';
comment on column tracker_position.replay_offset is 'Its offset there.';
comment on column tracker_position.log_time is 'Time of the last line.';
comment on column tracker_position.updated_at is 'Time of the last move.';

-- Partitions are made apart and attached, which locks out no reader or writer. To drop one needs the whole table for a moment: a query
-- that runs long makes it wait, and all later ones wait after it, so it gives up soon and the next call tries again.
create or replace function trace_days_present() returns date[]
language sql stable security definer set search_path = emailgency, pg_temp
return array(
  select to_date(right(c.relname, 8), 'YYYYMMDD') from pg_inherits i join pg_class c on c.oid = i.inhrelid
  where i.inhparent = 'emailgency.message_event'::regclass order by 1);
comment on function trace_days_present() is 'The days (UTC) that have partitions.';

create or replace function add_trace_day(day date) returns void
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  parent text;
  part text;
begin
  foreach parent in array array['message', 'message_event'] loop
    part := parent || to_char(day, '_YYYYMMDD');
    if to_regclass('emailgency.' || part) is null then
      execute format('create table %I (like %I including defaults including constraints)', part, parent);
      execute format('alter table %I attach partition %I for values from (%L) to (%L)', parent, part,
        day || ' 00:00:00+00', day + 1 || ' 00:00:00+00');
    end if;
  end loop;
end
$$;
comment on function add_trace_day(date) is 'Makes the partitions of a day, unless they exist.';

create or replace function prepare_trace(since date default null) returns integer
language plpgsql security definer set search_path = emailgency, pg_temp set lock_timeout = '200ms' set timezone = 'UTC' as $$
declare
  today constant date := current_date;
  oldest constant date := today - setting_in_force('trace_days')::integer;
  day date;
  dropped integer := 0;
begin
  lock table tracker_position in share update exclusive mode; -- one node at a time
  for day in
    select d::date from generate_series(greatest(least(since, today - 1), oldest), today + 3, interval '1 day') as d
    where d::date <> all (trace_days_present())
  loop
    perform add_trace_day(day);
  end loop;
  for day in select d from unnest(trace_days_present()) as d where d < oldest limit 1 loop
    execute format('drop table %I, %I', 'message_event' || to_char(day, '_YYYYMMDD'), 'message' || to_char(day, '_YYYYMMDD'));
    dropped := dropped + 1;
  end loop;
  -- Postfix tries again within hours: of these the log lacks how they ended, or trace was set to all.
  delete from message_waiting where ctid = any (array(
    select w.ctid from message_waiting w where w.tried_at < now() - interval '7 days' limit 10000 for update skip locked));
  return dropped;
exception when lock_not_available then
  return -1;
end
$$;
comment on function prepare_trace(date) is
  'Makes the partitions from a day (by default yesterday) to three days ahead, and drops those of one day that is older than trace_days. '
  'Returns how many days were dropped; -1: another session held a lock, try again.';

create or replace function tracker_place(node text, log text)
returns table (place bigint, file text, file_offset bigint, replay_place bigint, replay_file text, replay_offset bigint, log_time double precision)
language sql stable security definer set search_path = emailgency, pg_temp as $$
  select p.position, p.file, p.file_offset, p.replay_position, p.replay_file, p.replay_offset, extract(epoch from p.log_time)::double precision
  from tracker_position p where p.node = tracker_place.node and p.log = tracker_place.log;
$$;
comment on function tracker_place(text, text) is 'The place of a node in its log; no row: it has not begun.';

-- A day's partitions are made in each run too, so that rows can be written before a tracker has started.
do $$
begin
  perform prepare_trace();
end
$$;
