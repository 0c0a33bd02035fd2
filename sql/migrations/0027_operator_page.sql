-- Accounts that see the page of the whole service.

alter table account add column watches boolean not null default false;
