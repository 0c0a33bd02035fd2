-- The store's copy and the sender's domain of an event; recipients that wait, of messages that are not kept.

alter table message_event
  add column is_copy boolean not null default false,
  add column sender_domain text collate "C";

create index message_event_sender_domain on message_event (sender_domain, time) where sender_domain is not null;

create table message_waiting (
  node text collate "C" not null,
  message bigint not null,
  recipient bigint not null,
  queue_id text collate "C",
  domain text collate "C" not null,
  tried_at timestamptz not null,
  constraint message_waiting_repeated primary key (node, message, recipient)
);

create index message_waiting_queue_id on message_waiting (queue_id);

-- Their parameters have changed.
drop function if exists record_trace(text, text, bigint, bigint[], text[], double precision, bigint[], double precision[], text[], text[], text[],
  text[], text[], text[], text[], text[], bigint[], integer[], double precision[], double precision[], text[], boolean[], boolean[], bigint[],
  double precision[], bigint[], double precision[], text[], text[], text[], text[], text[], text[], text[], text[], text[], real[],
  double precision[], bigint[], boolean[], boolean[], double precision[], text[], bigint[], bigint[], bigint[]);
drop function if exists record_events(text, date[], bigint[], double precision[], bigint[], double precision[], text[], text[], text[], text[],
  text[], text[], text[], text[], real[], boolean[], boolean);
drop function if exists record_deferred(text, date[], bigint[], double precision[], bigint[], double precision[], text[], text[], text[], text[],
  text[], real[], double precision[]);
drop function if exists trace_of_store(message_event);
