-- Addresses with an extension, and local parts that hold the delimiter. The daemons' own walk is compared with this one,
-- over random rows, by tests/daemon/transportmap/extension_test.py.
begin;
select no_plan();
insert into domain (name, plan, verify_recipients) values ('example.com', 'basic', false);
insert into domain_alias (name, domain) values ('alias.example', 'example.com');
insert into mailbox (address, max_message_size) values ('x@example.com', null), ('x+y@example.com', 5000), ('"j d"@example.com', null), ('"j d+w"@example.com', null);
insert into alias (address, target) values ('sales@example.com', 'x@example.com'), ('sales+de@example.com', 'x+y@example.com');

select is(local_part_users(local_part, delimiters), users, format('F18: what a row for %s may name, delimiters "%s"', local_part, delimiters))
from (values
  ('a', '+', array['a']), ('a+b', '', array['a+b']), ('a+b', '-', array['a+b']), ('a+b+c', '+', array['a+b+c', 'a+b', 'a']),
  ('a+b-c', '-+', array['a+b-c', 'a+b', 'a']), ('+a', '+', array['+a']), ('+a+b', '+', array['+a+b', '+a']), ('a+', '+', array['a+', 'a']),
  ('"a b+c"', '+', array['a b+c', 'a b']), ('"\"+c"', '+', array['"+c', '"']), ('a+b+prvs=3407616da8dcbc', '+', array['a+b+prvs=3407616da8dcbc', 'a+b', 'a']),
  ('a+prvs=3407616DA8dcbc', '+-', array['a+prvs=3407616DA8dcbc', 'a']), ('a-prvs=3407616da8dcbc', '+', array['a-prvs=3407616da8dcbc']),
  ('+prvs=3407616da8dcbc', '+', array['+prvs=3407616da8dcbc']), ('a+prvs=3407616da8dcb', '+', array['a+prvs=3407616da8dcb', 'a']),
  ('owner-a-b', '-', array['owner-a-b']), ('a-b-request', '-', array['a-b-request']), ('-request', '-', array['-request']), ('owner-a+b', '+', array['owner-a+b', 'owner-a']),
  ('owner-a-prvs=3407616da8dcbc', '-', array['owner-a-prvs=3407616da8dcbc', 'owner-a']), ('mailer-daemon', '-', array['mailer-daemon']),
  ('1+2+3+4+5+6+7+8+9+10+11', '+', array['1+2+3+4+5+6+7+8+9+10+11', '1+2+3+4+5+6+7+8', '1+2+3+4+5+6+7', '1+2+3+4+5+6', '1+2+3+4+5', '1+2+3+4', '1+2+3', '1+2', '1'])
) as t (local_part, delimiters, users);

select is(recipient_row(address), found, format('F18: the row of %s', address))
from (values ('x@example.com', 'x@example.com'), ('x+y@example.com', 'x+y@example.com'), ('x+y+z@example.com', 'x+y@example.com'), ('x+z+y@example.com', 'x@example.com'),
  ('sales+de@example.com', 'sales+de@example.com'), ('sales+de+z@example.com', 'sales+de@example.com'), ('sales+z@example.com', 'sales@example.com'),
  ('"j d+v"@example.com', '"j d"@example.com'), ('"j d+w+v"@example.com', '"j d+w"@example.com'), ('"x+y z"@example.com', 'x@example.com'), ('nobody+x@example.com', null)
) as t (address, found);

select set_has($$select source || ' ' || value from explain('X+Y+z@alias.example')$$,
  $$values ('mailbox.address x+y@example.com is a mailbox'), ('mailbox.max_message_size messages of up to 5000 bytes (setting message_size_slack is 0)')$$, 'F18: explain shows the row that decides');
select set_hasnt($$select source || ' ' || value from explain('x+y+z@example.com')$$, $$values ('mailbox.address x@example.com is a mailbox')$$, 'F18: and none besides');
select set_hasnt($$select source || ' ' || value from explain('sales+de@example.com')$$, $$values ('alias.target sales@example.com goes to x@example.com')$$, 'F18: of aliases too');

select is(store_user(address), name || '@example.com', format('F18: the store''s name for %s', address))
from (values ('x@example.com', 'x'), ('x+y@example.com', 'x=2by'), ('+x@example.com', '=2bx'), ('a.b@example.com', 'a.b'), ('".a"@example.com', '=2ea'),
  ('"a b"@example.com', 'a=20b'), ('"a\"\\"@example.com', 'a=22=5c'), ('a/b@example.com', 'a=2fb'), ('a=b@example.com', 'a=b'), ('a=2bb@example.com', 'a=3d2bb'),
  ('a=2+@example.com', 'a=2=2b'), ('==2b@example.com', '==3d2b'), ('!#$%&''*-?^_`{|}~@example.com', '!#$%&''=2a-=3f^_`{|}~')
) as t (address, name);

select is((select store_user(address) from dovecot_passdb('X+Y@alias.example')), 'x=2by@example.com', 'F18: the login reads the folder of that row');
select finish();
rollback;
