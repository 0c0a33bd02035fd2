-- For trace(): from a message to its bounces, and from a retry to the attempts before it.

create index message_parent on message (parent) where parent is not null;

create index message_event_attempt on message_event (recipient, time) where action = 'defer';
