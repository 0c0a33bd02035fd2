-- The policy of set_password(): length and kinds of characters, which an operator may raise, and no part of the address.
begin;
select no_plan();

create role emg_alice login in role emailgency_domain_admin;
insert into domain (name, plan) values ('a.example', 'basic');
insert into domain_alias values ('alias.a.example', 'a.example');
insert into domain_admin values ('emg_alice', 'a.example');
insert into mailbox (address, password) values ('first.user@a.example', '{SSHA}5zyFrKzQI0xZZXjNhqiyhB7RMtNTmmVQ'), ('o''brien12@a.example', null);
\set weak 'the password is too weak: add '
\set shown ', as in select set_password(''user@example.com'', ''Correct horse 4 battery'')'

create function refusal(password text, address text default 'first.user@a.example') returns text language plpgsql as $$
declare
  said text;
begin
  perform act('emg_alice', format('select set_password(%L, %L)', address, password));
  return 'accepted';
exception when others then
  get stacked diagnostics said = message_text;
  return said;
end
$$;

select is(refusal(password), message, format('%s', password))
from (values
  ('a', :'weak' || '7 more characters, and among them 1 of: an upper-case letter, a digit, another character, such as a blank' || :'shown'),
  ('aaaaaaa', :'weak' || '1 more character, and among them 1 of: an upper-case letter, a digit, another character, such as a blank' || :'shown'),
  ('aaaaaaaa', :'weak' || '1 of: an upper-case letter, a digit, another character, such as a blank' || :'shown'),
  ('12345678', :'weak' || '1 of: a lower-case letter, an upper-case letter, another character, such as a blank' || :'shown'),
  ('ABCDEFGHIJ', :'weak' || '1 of: a lower-case letter, a digit, another character, such as a blank' || :'shown'),
  ('.........', :'weak' || '1 of: a lower-case letter, an upper-case letter, a digit' || :'shown'),
  ('aaaaaa1', :'weak' || '1 more character' || :'shown'),
  ('aaaaaaa1', 'accepted'), ('Aaaaaaaa', 'accepted'), ('aaaa aaa', 'accepted'), ('AAAAAAA1', 'accepted'), ('1234567.', 'accepted'),
  ('ééééééé1', 'accepted'), ('éééééé1', :'weak' || '1 more character' || :'shown'),
  (repeat('x1', 36), 'accepted'), (repeat('x1', 37), 'a password has 1 to 72 octets: select set_password(''user@example.com'', ''Correct horse 4 battery''), or null for no login'),
  ('Correct horse 4 battery', 'accepted')
) as t (password, message);
select is(refusal(password), 'the password is the user''s address or a part of it: choose another' || :'shown', format('%s', password))
from unnest(array['First.User@a.example', 'first.user@a.example', 'FIRST.USER', 'First.User@Alias.a.example', 'first.user@aexample.emailgency.example', 'alias.a.example']) as password;
select is(refusal('O''Brien12', 'o''brien12@alias.a.example'), 'the password is the user''s address or a part of it: choose another' || :'shown', 'by another name of the domain');
select is(refusal('first.user', 'o''brien12@a.example'), 'accepted', 'another user''s name is no part of the address');
select is(refusal(null), 'accepted', 'null is no password');
select is((select password from mailbox where address = 'first.user@a.example'), null, 'and no log-in');

-- The way round: a function that hashes has the same policy, a hash has none.
select throws_like($$select act('emg_alice', 'select hash_password(''a'')')$$, 'the password is too weak: %', 'hash_password refuses it too');
select lives_ok($$update mailbox set password = '{SSHA}5zyFrKzQI0xZZXjNhqiyhB7RMtNTmmVQ' where address = 'first.user@a.example'$$, 'a stored hash is not judged');

-- An operator may raise it; what is stored remains.
update setting set value = case name when 'password_min_length' then '12' else '4' end where name like 'password\_min\_%';
select is(refusal('Aaaaaaa1'), :'weak' || '4 more characters, and among them another character, such as a blank' || :'shown', 'a raised policy is in force');
select is(refusal('Correct horse 4 battery'), 'accepted', 'its example is a good one');
select is(refusal('aaaaaaaaaaaa'), :'weak' || 'an upper-case letter, a digit, another character, such as a blank' || :'shown', 'all that is missing is listed');
select isnt((select password from dovecot_passdb('first.user@a.example')), null, 'a stored password logs in');
select throws_ok(format('update setting set value = %L where name = %L', value, name), message, format('refused: %s = %s', name, value))
from (values
  ('password_min_length', '7', 'setting password_min_length cannot be "7": use a whole number from 8 to 64, as in 8'),
  ('password_min_length', '65', 'setting password_min_length cannot be "65": use a whole number from 8 to 64, as in 8'),
  ('password_min_classes', '1', 'setting password_min_classes cannot be "1": use a whole number from 2 to 4, as in 2'),
  ('password_min_classes', '5', 'setting password_min_classes cannot be "5": use a whole number from 2 to 4, as in 2')
) as t (name, value, message);
select results_eq($$select ask('emg_alice', 'select setting_value(''password_min_length'')')$$, array['12'], 'a domain admin may read it');
select throws_ok($$select act('emg_alice', 'select password_weakness(''a'')')$$, '42501', null, 'the check itself is nobody''s');

select * from finish();
rollback;
