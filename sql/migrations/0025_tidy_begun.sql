-- A request that comes while a sort runs is a further one: the sort may have looked before it.

drop index tidy_request_waiting;
create unique index tidy_request_waiting on tidy_request (domain) where done_at is null and lease_until = '-infinity';
