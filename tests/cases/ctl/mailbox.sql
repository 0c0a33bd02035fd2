-- The rows of mailbox.console.
set search_path = emailgency;
insert into plan (name, max_message_size, vip_message_size, mailbox_quota, vip_quota, candidate_quota, max_candidates, max_mailboxes, max_vips, expiry_days)
values ('small', 10485760, 52428800, 1048576, 4194304, 524288, 2, 7, 1, 30);
insert into domain (name, plan, catchall) values ('example.com', 'small', true), ('example.net', 'small', false);
insert into domain_alias values ('alias.example', 'example.com');
create role anna login in role emailgency_domain_admin;
insert into domain_admin values ('anna', 'example.com');
insert into mailbox (address, vip) values ('bert@example.com', false), ('chief@example.com', true);
insert into mailbox (address) values ('other@example.net');
insert into mailbox (address, candidate) values ('new@example.com', true), ('typo@example.com', true);
insert into unknown_address (domain, address, sender, action, reason) values ('example.com', 'new@example.com', 'a@example.org', 'candidate', 'new'),
  ('example.com', 'ann@example.com', 'spam@example.org', 'undelivered', 'dictionary-run');
insert into mailbox_usage (address, domain, bytes, messages) values ('bert@example.com', 'example.com', 943718, 12),
  ('chief@example.com', 'example.com', 52428, 3), ('new@example.com', 'example.com', 1000, 1), ('.undelivered@example.com', 'example.com', 5000, 2);
insert into held_message (node, queue_id, login, domain, sender, queued_at, state, done_at) values
  ('mx1', '4jXQd50Mx3z1dLst', 'bert@example.com', 'example.com', 'bert@example.com', '2026-11-30 08:00+00', 'held', null),
  ('mx2', '4jXQd50Mx3z1dLsv', 'bert@example.com', 'example.com', null, '2026-11-30 08:01+00', 'queued', null),
  ('mx1', '4jXQd50Mx3z1dLsw', 'bert@example.com', 'example.com', 'bert@example.com', '2026-11-29 08:00+00', 'deleted', '2026-11-29 09:00+00');
