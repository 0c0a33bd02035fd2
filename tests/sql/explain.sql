-- explain() in the words of emailgencyctl explain: what the switches of a domain, an address without a row and a denial come to.
begin;
select no_plan();

insert into domain (name, plan) values ('a.example', 'basic'), ('p.example', 'premium'), ('loop.example', 'basic');
insert into mailbox (address) values ('u@a.example');
insert into best_mx values ('loop.example', 'mx.service.example'), ('p.example', 'mx.service.example');
update setting set value = '1000' where name = 'message_size_slack';

create function says(name text, wanted text) returns text language sql as $$ select value from explain(name) e where e.source = wanted $$;

select is(says('a.example', 'served_domain'), 'a.example is a domain', 'a domain by itself');
select is(says('a.example', 'domain.transport'), 'relay by MX', 'a backup domain without transport');
select is(says('loop.example', 'domain.transport'), 'retry: the best MX of the domain is this service (mx.service.example)', 'one whose best MX is this service');
update domain set transport = 'mail.loop.example:26' where name = 'loop.example';
select is(says('loop.example', 'domain.transport'), 'relay to mail.loop.example:26', 'which does not matter with a transport');
update domain set mode = 'primary' where name = 'p.example';
select is(says('p.example', 'domain.transport'), 'none: the mail store', 'nor for a primary domain, which is stored');
select is(says('u@a.example', 'plan.max_message_size'), 'messages of up to 26215400 bytes (setting message_size_slack is 1000)', 'the limit is that of the daemons');

select is(says('a.example', 'domain.spf'), 'mark: a header shows the result, nothing is refused', 'SPF');
update domain set spf = 'reject' where name = 'a.example';
select is(says('a.example', 'domain.spf'), 'reject: a fail is refused with 550 5.7.23', 'SPF that refuses');

select is(says('x@a.example', 'domain.verify_recipients'), 'no row names it; with domain.verify_recipients the customer''s server is asked', 'an address without a row');
select is(says('x@p.example', 'mailbox'), 'no row names it: 550 5.1.1', 'nobody to ask');
update domain set catchall = true where name = 'p.example';
select is(says('x@p.example', 'domain.catchall'), 'no row names it; domain.catchall takes it', 'a catch-all');

select is(says('u@a.example', 'domain.smtp_deny'), 'allowed', 'a user who may send');
select deny_sending('a.example');
select is(says('u@a.example', 'domain.smtp_deny'), 'denied by ' || session_user || ': 550 5.7.1 Sending mail is disabled for this account', 'a domain that may not');
select is(says('u@a.example', 'domain.smtp_deny'), says('a.example', 'domain.smtp_deny'), 'as the domain says');
select is((select smtp_denial from dovecot_passdb('u@a.example')), 'Sending mail is disabled for this account (domain.smtp_deny)', 'AUTH: AUTH names the row');
select allow_sending('u@a.example');
select is(says('u@a.example', 'mailbox.smtp_deny_exempt'), 'allowed, although the domain is denied', 'an exemption');
select is((select smtp_denial from dovecot_passdb('u@a.example')), null, 'AUTH: and AUTH accepts it');
select deny_sending('u@a.example');
select is((select smtp_denial from dovecot_passdb('u@a.example')), 'Sending mail is disabled for this account (mailbox.smtp_deny)', 'AUTH: the mailbox is named before its domain');
select is_empty($$select login from dovecot_passdb where smtp_deny <> (smtp_denial is not null)$$, 'AUTH: who is denied has a text');

select * from finish();
rollback;
