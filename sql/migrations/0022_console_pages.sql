-- Pages of the console: lists in the order of their keys, and requests to test a customer's server.

-- They take the place of indexes on domain alone.
create index mailbox_domain_address on mailbox (domain, address) include (candidate, vip, blocked);
drop index mailbox_domain;

create index alias_domain_address on alias (domain, address, target);
drop index alias_domain;

create index outbox_domain on outbox (domain, created_at);

create table probe_request (
  domain text collate "C" constraint probe_request_repeated primary key
    constraint probe_request_domain_unknown references domain on update cascade on delete cascade,
  requested_by text not null,
  requested_at timestamptz not null default now()
);
