-- The rows of trace.console. Times are those of yesterday.
set search_path = emailgency;
set timezone = 'UTC';
insert into domain (name, plan, greylisting, transport) values ('example.com', 'premium', 'all', 'mail.example.com:25'), ('example.net', 'premium', 'suspicious', null);
create role anna login in role emailgency_domain_admin;
insert into domain_admin values ('anna', 'example.com');
alter role anna set timezone = 'UTC';
create function at(clock text) returns timestamptz language sql as $$ select (current_date - 1 || ' ' || clock)::timestamptz $$;
insert into message (id, node, time, queue_id, client, client_name, sender, message_id, size, queued_at, removed_at, parent, login, domains) values
  (1, 'mx1', at('10:02:11'), null, '192.0.2.1', 'mail.example.org', 'news@example.org', null, null, null, null, null, null, '{example.com}'),
  (2, 'mx2', at('10:17:40'), '4jXQd50Mx3z1dLst', '192.0.2.7', 'mail.example.org', 'news@example.org', 'm1@example.org', 5123, at('10:17:40'), null, null, null, '{example.com,example.net}'),
  (3, 'mx1', at('11:00'), null, '203.0.113.5', null, 'spam@example.org', null, null, null, null, null, null, '{example.com}'),
  (4, 'mx1', at('12:00'), '4jXQe11Mx3z1dLsu', '192.0.2.80', 'host.example.com', 'user@example.com', 'm2@example.com', 900, at('12:00'), at('12:00:03'), null, 'user@example.com', '{example.com}'),
  (5, 'mx1', at('12:00:02'), '4jXQe12Mx3z1dLsv', null, null, '', 'm3@mx1.example', 2000, at('12:00:02'), at('12:00:03'), '4jXQe11Mx3z1dLsu', null, '{example.com}'),
  (6, 'mx1', at('13:00'), '4jXQf11Mx3z1dLsw', '192.0.2.66', E'evil.example', E'"\x1b[31m; 13:01 delivered <script>"@example.org', E'\x1b]0;x\x07@x', 100, at('13:00'), null, null, null, '{example.com}');
insert into message_event (message, node, id, time, message_time, kind, recipient, domain, action, reason, rule, host, reply, tries, last_at, next_try) values
  (1, 'mx1', 11, at('10:02:11'), at('10:02:11'), 'decided', 'user@example.com', 'example.com', 'defer', 'greylist-new', null, null, '450 4.2.0 Greylisted', null, null, null),
  (2, 'mx2', 21, at('10:17:40'), at('10:17:40'), 'decided', 'user@example.com', 'example.com', 'accept', 'greylist-passed', null, null, null, null, null, null),
  (2, 'mx2', 22, at('10:17:41'), at('10:17:40'), 'deferred', 'user@example.com', 'example.com', null, null, null, null,
    'connect to mail.example.com[192.0.2.99]:25: Connection timed out', 3, at('10:37'), at('10:47')),
  (2, 'mx2', 23, at('10:17:42'), at('10:17:40'), 'stored', 'other@example.net', 'example.net', null, null, null, null, null, null, null, null),
  (3, 'mx1', 31, at('11:00'), at('11:00'), 'decided', 'user@example.com', 'example.com', 'reject', 'dns-listed', 'zone=bl.example', null, '550 5.7.1 listed', null, null, null),
  (4, 'mx1', 41, at('12:00:01'), at('12:00'), 'bounced', 'nobody@example.org', 'example.com', null, null, null, 'mx.example.org[192.0.2.60]:25',
    'host mx.example.org[192.0.2.60] said: 550 5.1.1 no such user (in reply to RCPT TO command)', null, null, null),
  (5, 'mx1', 51, at('12:00:03'), at('12:00:02'), 'stored', 'user@example.com', 'example.com', null, null, null, null, null, null, null, null),
  (6, 'mx1', 61, at('13:00:01'), at('13:00'), 'deferred', E'x\x1b[2J@example.com', 'example.com', null, null, null, 'none',
    E'host h.example[192.0.2.1] said: 450 \x1b[2J"; 13:02 delivered', 1, at('13:00:01'), null);
