-- The number of VIP mailboxes that a plan gives.

alter table plan add column max_vips integer not null default 10
  constraint plan_max_vips_out_of_range check (accept(range_fault('max_vips', max_vips, 0, 10000000)));

update plan set max_vips = 100 where name = 'premium';
