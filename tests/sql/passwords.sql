-- The policy of passwords: length and kinds of characters, which an operator may raise, no part of the address, none that is guessed first.
begin;
select no_plan();

create role emg_alice login in role emailgency_domain_admin;
insert into domain (name, plan) values ('a.example', 'basic');
insert into domain_alias values ('alias.a.example', 'a.example');
insert into domain_admin values ('emg_alice', 'a.example');
insert into mailbox (address, password) values ('first.user@a.example', '{SSHA}5zyFrKzQI0xZZXjNhqiyhB7RMtNTmmVQ'), ('o''brien12@a.example', null);
\set shown ', as in ''Correct horse 4 battery'''
\set weak 'the password is too weak: add '
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

-- The rule, by the cases that lib/password has, too.
\set text `cat "$EMG_CASES/password/rule.cases"`
create function unescaped(text text) returns text language sql as $$
  select convert_from(string_agg(case when t.part[1] like '\\x__' then decode(substr(t.part[1], 3), 'hex') else convert_to(t.part[1], 'UTF8') end, ''::bytea
    order by t.place), 'UTF8')
  from regexp_matches(text, '\\x[0-9a-f]{2}|.', 'g') with ordinality as t (part, place)
$$;
create temporary table rule_case as
select split_part(t.line, '|', 1) as limits, nullif(split_part(t.line, '|', 2), '') as address,
  coalesce(unescaped(rtrim(split_part(split_part(t.line, ' => ', 1), '|', 3))), '') as password, split_part(t.line, ' => ', 2) as message
from string_to_table(:'text', E'\n') as t (line) where t.line like '%=>%' and t.line not like '#%';
select cmp_ok((select count(*) from rule_case), '>', 50::bigint, 'there are cases');
select is(coalesce(password_rule_fault(password, address, array['a.example', 'alias.a.example', 'aexample.emailgency.example'],
  split_part(limits, ' ', 1)::integer, split_part(limits, ' ', 2)::integer), 'ok'),
  case message when 'ok' then 'ok' else message || :'shown' end, format('%s %s', address, password))
from rule_case;
select is(refusal(password, address), case message when 'ok' then 'accepted' else message || :'shown' end, format('set_password: %s', password))
from rule_case where limits = '8 2' and address = 'first.user@a.example';
select is(refusal('O''Brien12', 'o''brien12@alias.a.example'), 'the password is a part of the address: choose another' || :'shown', 'by another name of the domain');
select is(refusal('Correct horse 4 battery'), 'accepted', 'the example is a good one');
select is(refusal(null), 'accepted', 'null is no password');
select is((select password from mailbox where address = 'first.user@a.example'), null, 'and no log-in');

-- The way round: a function that hashes has the same policy, a hash has none.
select throws_like(format('select act(%L, %L)', 'emg_alice', format('select hash_password(%L, %L)', 'new@a.example', password)), message,
  'hash_password refuses it too: ' || password)
from (values ('a', 'the password is too weak: %'), ('New@a.example', 'the password is a part of the address: %'),
  ('Iloveyou', 'the password is one of those that are guessed first: %')) as t (password, message);
select throws_like($$select act('emg_alice', 'select hash_password(''u@b.example'', ''Correct horse 4 battery'')')$$, 'domain "b.example" does not exist: %',
  'of addresses of the own domains only');
select matches((select ask('emg_alice', 'select hash_password(''new@a.example'', ''Correct horse 4 battery'')')), '^\{BLF-CRYPT\}\$2a\$10\$.{53}$', 'and hashes a good one');
-- A program that hashes itself.
select results_eq($$select ask('emg_alice', 'select r::text from password_rule(''New@alias.a.example'') r')$$,
  array['(new@a.example,8,2,"a.example aexample.emailgency.example alias.a.example")'], 'password_rule() has what it needs');
select throws_like($$select act('emg_alice', 'select password_rule(''u@b.example'')')$$, 'domain "b.example" does not exist: %', 'of the own domains');
select throws_like($$select act('emg_alice', 'select password_rule(''"a b"@a.example'')')$$, 'mailbox ""a b"@a.example" cannot have a password: %', 'if it can log in');
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
select throws_ok($$select act('emg_alice', 'select password_weakness(''u@b.example'', ''a'')')$$, '42501', null, 'the check itself is nobody''s');

select * from finish();
rollback;
