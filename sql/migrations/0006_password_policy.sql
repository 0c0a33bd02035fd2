-- Settings of the password policy.

insert into setting_definition (name, public, type, default_value, minimum, maximum, comment) values
  ('password_min_length', true, 'integer', '8', 8, 64,
    'Minimum number of characters of a password that set_password() accepts.'),
  ('password_min_classes', true, 'integer', '2', 2, 4,
    'Minimum number of kinds of characters in such a password: lower-case letters, upper-case letters, digits, others.');

insert into setting (name, value)
select name, default_value from setting_definition where name in ('password_min_length', 'password_min_classes');
