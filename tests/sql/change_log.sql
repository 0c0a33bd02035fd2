-- The change log: one row per key that a statement changed.
begin;
select no_plan();

create function logged(statement text) returns setof text language plpgsql as $$
declare
  before bigint := (select coalesce(max(id), 0) from directory_change);
begin
  execute statement;
  return query select kind || ' ' || coalesce(key, '*') from directory_change where id > before and xid = pg_current_xact_id();
end
$$;

create function logs(statement text, wanted text[]) returns text language sql as $$
  select bag_eq(format('select logged(%L)', statement), wanted, statement);
$$;

select logs($$insert into domain (name, plan) values ('example.com', 'basic'), ('example.net', 'basic')$$, '{domain example.com,domain example.net}');
select logs($$update domain set stealth = true where name = 'example.com'$$, '{domain example.com}');
-- A row that is written without a change is not logged: one customer's statement must not fill the log.
select logs($$update domain set stealth = true where name = 'example.com'$$, '{}');
select logs($$update domain set stealth = true where name = 'example.org'$$, '{}');
select logs($$update domain set name = 'example.org' where name = 'example.net'$$, '{domain example.net,domain example.org}');
select logs($$insert into domain_alias values ('alias.example', 'example.com')$$, '{domain_alias alias.example}');
select logs($$update domain_alias set name = 'other.example'$$, '{domain_alias alias.example,domain_alias other.example}');
select logs($$delete from domain_alias$$, '{domain_alias other.example}');
select logs($$insert into mailbox (address) values ('a@example.com'), ('b@example.com')$$, '{mailbox a@example.com,mailbox b@example.com}');
select logs($$update mailbox set vip = true$$, '{mailbox a@example.com,mailbox b@example.com}');
select logs($$update mailbox set address = 'c@example.com' where address = 'b@example.com'$$, '{mailbox b@example.com,mailbox c@example.com}');
select logs($$delete from mailbox where address = 'c@example.com'$$, '{mailbox c@example.com}');
select logs($$insert into alias (address, target) values ('i@example.com', 'a@example.com'), ('i@example.com', 'b@example.com')$$, '{alias i@example.com}');
select logs($$update alias set address = 'j@example.com' where target = 'b@example.com'$$, '{alias i@example.com,alias j@example.com}');
select logs($$delete from alias where address = 'j@example.com'$$, '{alias j@example.com}');
-- M4: an entry of a white list, not the whole list.
select logs($$insert into whitelist values ('example.com', '192.0.2.1'), ('example.com', '192.0.2.2')$$, '{whitelist example.com 192.0.2.1,whitelist example.com 192.0.2.2}');
select logs($$update whitelist set domain = 'example.org' where entry = '192.0.2.2'$$, '{whitelist example.com 192.0.2.2,whitelist example.org 192.0.2.2}');
select logs($$delete from whitelist where domain = 'example.org'$$, '{whitelist example.org 192.0.2.2}');
select logs($$insert into dnsbl (zone) values ('zen.example')$$, '{dnsbl zen.example}');
select logs($$update dnsbl set weight = 2$$, '{dnsbl zen.example}');
select logs($$delete from dnsbl$$, '{dnsbl zen.example}');
select logs($$insert into plan (name) values ('gold')$$, '{plan gold}');
select logs($$update plan set expiry_days = 9 where name = 'gold'$$, '{plan gold}');
select logs($$delete from plan where name = 'gold'$$, '{plan gold}');
select logs($$update setting set value = '60' where name = 'greylist_delay'$$, '{setting greylist_delay}');
select logs($$delete from setting where name = 'greylist_delay'$$, '{setting greylist_delay,setting greylist_delay}');
select logs($$update setting set value = 'x.example' where name = 'service_domain'$$, '{setting service_domain,domain example.com,domain example.org}');
select logs($$delete from domain where name = 'example.com'$$, '{domain example.com,mailbox a@example.com,alias i@example.com,whitelist example.com 192.0.2.1}');
select logs($$truncate whitelist$$, '{whitelist *}');
select logs($$truncate dnsbl$$, '{dnsbl *}');
select logs($$insert into contact (domain, kind, address) values ('example.org', 'mail', 'a@example.com')$$, '{}');
select logs($$insert into domain (name, plan) values ('example.org', 'basic') on conflict (name) do update set stealth = true$$, '{domain example.org}');

-- Pruning returns how far it went, and spares unfinished transactions.
select is(prune_directory_change('0 s'), (select count(*) from directory_change where xid < pg_snapshot_xmin(pg_current_snapshot())),
  'nothing of a running transaction is removed');
insert into directory_change (xid, kind, key, changed_at)
select x::text::xid8, 'domain', 'old.example', now() - interval '8 days' from generate_series(3, 7) as x;
update directory_state set pruned_xid = '0';
select is(prune_directory_change(batch => 2), 2::bigint, 'at most batch rows go');
select is((select pruned_xid from directory_state), '4'::xid8, 'the oldest first');
select is(prune_directory_change(), 3::bigint, 'the rest goes');
select is((select pruned_xid from directory_state), '7'::xid8, 'the highest removed transaction is noted');
select is(prune_directory_change(), 0::bigint, 'what is younger stays');
select is((select pruned_xid from directory_state), '7'::xid8, 'and the mark with it');
select throws_like($$insert into directory_state (id) values (false)$$, '%directory_state_second%', 'there is one state');
select is((select reload_confirmed_at from directory_state), null, 'no reload is confirmed');
select confirm_reload();
select cmp_ok((select reload_confirmed_at from directory_state), '>=', now(), 'until an operator does');

select * from finish();
rollback;
