-- The syntax of names: good ones, and bad ones with what is said about them.
begin;
select no_plan();

select is(domain_name_fault(name), null, format('domain name %s is accepted', left(name, 40)))
from unnest(array['example.com', 'a.b', 'xn--bcher-kva.example', '1.2.example', 'my-company.example.com', 'a--b.example',
  repeat('a', 63) || '.example', repeat('abcdefg.', 30) || 'example.com']) as name;

select is(domain_name_fault(name), fault, format('domain name %s is refused', left(name, 40)))
from (values
  ('', 'a domain name is empty: write one such as example.com'),
  ('bücher.example', 'domain name "bücher.example" is not ASCII: write an international name as A-labels, as in xn--bcher-kva.example'),
  ('exa_mple.com', 'domain name "exa_mple.com" contains "_": only letters, digits and hyphens between them are allowed, as in mail-1.example.com'),
  ('-a.example', 'domain name "-a.example" has a label that starts or ends with a hyphen: write it as in my-company.example.com'),
  ('a-.example', 'domain name "a-.example" has a label that starts or ends with a hyphen: write it as in my-company.example.com'),
  ('example.com.', 'domain name "example.com." has an empty label: write single dots, between labels only, as in mail.example.com'),
  ('.example.com', 'domain name ".example.com" has an empty label: write single dots, between labels only, as in mail.example.com'),
  ('a..example', 'domain name "a..example" has an empty label: write single dots, between labels only, as in mail.example.com'),
  ('localhost', 'domain name "localhost" has only one label: write the full name, as in example.com'),
  ('Example.com', 'domain name "Example.com" is not lower case: write it as in example.com'),
  (' example.com', 'domain name " example.com" contains white space: write it as in example.com'),
  (E'example.com\n', E'domain name "example.com\n" contains white space: write it as in example.com'),
  ('192.0.2.1', 'domain name "192.0.2.1" ends in a label that starts with a digit: write it as in example.com'),
  (repeat('a', 64) || '.example', format('domain name "%s.example" has a label of more than 63 characters: write it as in example.com', repeat('a', 64))),
  (repeat('abcdefg.', 31) || 'example', format('domain name "%s…" has 255 octets: at most 253 are allowed, as in example.com', repeat('abcdefg.', 5)))
) as t (name, fault);

select is(address_fault(address), null, format('address %s is accepted', left(address, 40)))
from unnest(array['user@example.com', 'a.b+c=d@example.com', '"first last"@example.com', '"a@b"@example.com', '""@example.com',
  '"a\"b"@example.com', '!#$%&''*+/=?^_`{|}~-@example.com', repeat('a', 64) || '@example.com']) as address;

select is(address_fault(address), fault, format('address %s is refused', left(address, 40)))
from (values
  ('example.com', 'address "example.com" has no @: write it as in user@example.com'),
  ('@example.com', 'address "@example.com" has no local part: write it as in user@example.com'),
  ('user@', 'a domain name is empty: write one such as example.com'),
  ('a..b@example.com', 'address "a..b@example.com" has a malformed local part: write it as in first.last@example.com, or "first last"@example.com with quotes'),
  ('.a@example.com', 'address ".a@example.com" has a malformed local part: write it as in first.last@example.com, or "first last"@example.com with quotes'),
  ('a b@example.com', 'address "a b@example.com" has a malformed local part: write it as in first.last@example.com, or "first last"@example.com with quotes'),
  ('a@b@example.com', 'address "a@b@example.com" has a malformed local part: write it as in first.last@example.com, or "first last"@example.com with quotes'),
  ('"a"b"@example.com', 'address ""a"b"@example.com" has a malformed local part: write it as in first.last@example.com, or "first last"@example.com with quotes'),
  ('jürg@example.com', 'address "jürg@example.com" has a local part that is not ASCII: write it as in user@example.com'),
  ('User@example.com', 'address "User@example.com" is not lower case: write it as in user@example.com'),
  (repeat('a', 65) || '@example.com', format('address "%s@example.com" has a local part of 65 octets: at most 64 are allowed, as in user@example.com', repeat('a', 65))),
  ('user@' || repeat('abcdefg.', 31) || 'ex', format('address "user@%sabc…" has 255 octets: at most 254 are allowed, as in user@example.com', repeat('abcdefg.', 4)))
) as t (address, fault);

select is(fold_address(given), wanted, format('address %s is brought into its one spelling', given))
from (values
  ('User@Example.COM', 'user@example.com'), ('"User"@example.com', 'user@example.com'), ('"A B"@example.com', '"a b"@example.com'),
  ('"a\b c"@example.com', '"ab c"@example.com'), ('"a\"c"@example.com', '"a\"c"@example.com'), ('"a..b"@example.com', '"a..b"@example.com')
) as t (given, wanted);

select is(transport_fault(transport), null, format('transport %s is accepted', transport))
from unnest(array['mail.example.com', 'mail.example.com:25', 'mail', '192.0.2.1', '192.0.2.1:65535', '[2001:db8::25]', '[2001:db8::25]:1',
  '[::ffff:192.0.2.1]:25', null]) as transport;

select alike(transport_fault(transport), 'transport "' || transport || '" ' || fault || '%', format('transport %s is refused', transport))
from (values
  ('', 'names no host (the host is missing): write it as in mail.example.com:25'),
  (':25', 'names no host (the host is missing): write it as in mail.example.com:25'),
  ('mail.example.com:0', 'has an impossible port: use 1 to 65535, as in mail.example.com:25'),
  ('mail.example.com:65536', 'has an impossible port: use 1 to 65535, as in mail.example.com:25'),
  ('mail.example.com:99999999999999999999', 'has an impossible port: use 1 to 65535, as in mail.example.com:25'),
  ('mail.example.com:', 'has an impossible port: use 1 to 65535, as in mail.example.com:25'),
  ('mail.example.com:smtp', 'has an impossible port: use 1 to 65535, as in mail.example.com:25'),
  ('mail.example.com:025', 'has a port with leading zeros: write it as in mail.example.com:25'),
  ('2001:db8::25', 'has more than one colon: an IPv6 address goes into brackets, as in [2001:db8::25]:25'),
  ('2001:db8:1:1:1:1:1:25', 'has more than one colon: an IPv6 address goes into brackets, as in [2001:db8::25]:25'),
  ('[2001:db8::25', 'has a stray bracket: write it as in [2001:db8::25]:25 or mail.example.com:25'),
  ('2001:db8::25]', 'has a stray bracket: write it as in [2001:db8::25]:25 or mail.example.com:25'),
  ('[2001:db8::25]x:25', 'has a stray bracket: write it as in [2001:db8::25]:25 or mail.example.com:25'),
  ('[[2001:db8::25]]', 'has a stray bracket: write it as in [2001:db8::25]:25 or mail.example.com:25'),
  ('[mail.example.com]:25', 'has brackets around a host, which are implied here (no MX look-up): write mail.example.com:25'),
  ('[mail.example.com]', 'has brackets around a host, which are implied here (no MX look-up): write mail.example.com'),
  ('[192.0.2.1]', 'has brackets around a host, which are implied here (no MX look-up): write 192.0.2.1'),
  ('[mail_1.example.com]:25', 'has brackets around something other than an IPv6 address: write it as in [2001:db8::25]:25 or mail.example.com:25'),
  ('smtp:[mail.example.com]:25', 'names a delivery agent, which is not part of it: write the host and port alone, as in mail.example.com:25'),
  ('relay:mail.example.com', 'names a delivery agent, which is not part of it: write the host and port alone, as in mail.example.com:25'),
  ('lmtp:unix:private/dovecot-lmtp', 'names a delivery agent, which is not part of it'),
  ('[2001:db8::/32]', 'has brackets around something other than an IPv6 address'),
  ('[2001:db8:::25]', 'has brackets around something other than an IPv6 address'),
  ('192.0.2.256', 'is a number, but not an IPv4 address: write it as in 192.0.2.25:25'),
  ('192.0.2', 'is a number, but not an IPv4 address'), ('25', 'is a number, but not an IPv4 address'),
  ('mail_1.example.com', 'names no host (domain name "mail_1.example.com" contains "_"): write it as in mail.example.com:25'),
  ('-mail.example.com', 'names no host'), ('mail example.com', 'names no host'), ('mail.example.com.', 'names no host')
) as t (transport, fault);

select is(dnsbl_replies_fault(replies), null, format('replies %s are accepted', replies))
from unnest(array[null, '127.0.0.2', '127.0.0.2-11', '127.0.[0..255].[1..3]', '127.0.[0;2..5].[1;3..5;9]', '2', '2-11', '2, 4-7 127.0.0.10']) as replies;

select alike(dnsbl_replies_fault(replies), fault, format('replies %s are refused', replies))
from (values
  ('', 'replies is empty: write null for every reply of 127.0.0.0/8, or items as in 127.0.0.2-11'),
  ('x', 'reply "x" is malformed: write it as in 127.0.0.2, 127.0.0.2-11, 127.0.[0..255].[1;3..5], 2 or 2-11'),
  ('127.0.0', 'reply "127.0.0" is malformed: %'), ('127.0.0.[1', 'reply "127.0.0.[1" is malformed: %'),
  ('127.0.0.2 127.0.0.256', 'reply "127.0.0.256" has an octet above 255: %'), ('2-300', 'reply "2-300" has an octet above 255: %'),
  ('11-2', 'reply "11-2" has a range that ends before it starts: %'),
  ('127.0.0.[5..3]', 'reply "127.0.0.[5..3]" has a range that ends before it starts: %'),
  ('10.0.0.2', 'reply "10.0.0.2" lies outside 127.0.0.0/8, where block lists answer: %'),
  ('127.255.255.254', 'reply "127.255.255.254" is an error code of the list (127.255.255.x), which never counts: %')
) as t (replies, fault);

select is(password_fault(password), null, format('password %s… is accepted', left(password, 12)))
from unnest(array[null, '{CRYPT}$y$j9T$abc$' || repeat('x', 43), '{CRYPT}$y$jAT$$' || repeat('x', 43), '{BLF-CRYPT}$2a$10$' || repeat('x', 53), '{CRYPT}$2y$12$' || repeat('x', 53),
  '{SHA512-CRYPT}$6$salt$' || repeat('x', 86), '{CRYPT}$6$rounds=200000$salt$' || repeat('x', 86), '{SHA256-CRYPT}$5$rounds=5000$salt$' || repeat('x', 43), '{MD5-CRYPT}$1$salt$' || repeat('x', 22),
  '{PBKDF2}$1$yJQVu.rEmRTEXbAd$5000$' || repeat('0', 40), '{SSHA}5zyFrKzQI0xZZXjNhqiyhB7RMtNTmmVQ', '{SSHA256.HEX}' || repeat('00ff', 18), '{SMD5}DC3+2Ys1aT8F9JYFK0QpJcgnLM0=',
  '{SSHA512}qF9ybGyiooc9uPvqbfnJSwcH0/wsFWPgsd7P69hEaXJPB18bi4xWDHg4alYyWWgaYxwvgXWzRm6cBWLeSE7I0Fpgtc0=']) as password;

select matches(password_fault(password), fault, format('H2: password %s is refused', left(password, 40)))
from (values
  ('{BLF-CRYPT}$2y$13$' || repeat('x', 53), '^the password hash is bcrypt with a cost'), ('{BLF-CRYPT}$2y$31$' || repeat('x', 53), '^the password hash is bcrypt with a cost'), ('{CRYPT}$2a$03$' || repeat('x', 53), 'cost outside 04 to 12'),
  ('{BLF-CRYPT}$2y$18$', 'scheme that is not accepted'), ('{BLF-CRYPT}$2x$10$' || repeat('x', 53), 'not accepted'), ('{CRYPT}' || repeat('x', 50000), '^the password hash has 50007 octets'), ('{CRYPT}' || repeat('x', 194), 'octets'),
  ('{CRYPT}xy' || repeat('x', 11), 'not accepted'), ('{CRYPT}_J9..saltxxxxxxxxxxx', 'not accepted'), ('{CRYPT}$7$CU..../....salt$' || repeat('x', 43), 'not accepted'), ('{CRYPT}$sha1$40000$salt$' || repeat('x', 28), 'not accepted'),
  ('{CRYPT}$6$rounds=200001$salt$' || repeat('x', 86), 'more than 200000 rounds'), ('{SHA512-CRYPT}$6$rounds=999999999$salt$' || repeat('x', 86), 'more than 200000 rounds'), ('{SHA256-CRYPT}$5$rounds=' || repeat('9', 99) || '$salt$' || repeat('x', 43), 'more than 200000 rounds'),
  ('{CRYPT}$6$salt$short', 'not accepted'), ('{SHA512-CRYPT}$5$salt$' || repeat('x', 43), 'not accepted'), ('{CRYPT}$y$jBT$salt$' || repeat('x', 43), 'other parameters than those of costs 1 to 6'), ('{CRYPT}$y$j9T$abc$def', 'truncated'),
  ('{PBKDF2}$1$salt$100001$' || repeat('0', 40), 'more than 100000 rounds'), ('{PBKDF2}$1$salt$999999999$' || repeat('0', 40), 'rounds'), ('{ARGON2ID}$argon2id$v=19$m=65536,t=3,p=1$yg58QuOK6DfMAcmPiM+Apw$B5cK92A88HUzknVw/oCwND4jbIXRN+wBRl6dv/gfRDM', 'not accepted'),
  ('{SCRAM-SHA-256}4096,hBUHMCiCWd7kMMhJ31qj0g==,x,y', 'not accepted'), ('{SSHA}short', 'not accepted'), ('{LDAP-MD5}Xr4ilOzQ4PCOq3aQ0qbuaQ==', 'not accepted'), ('{SHA512}' || repeat('x', 88), 'not accepted'),
  ('secret', '^the password is not a hash: use select set_password\('), ('', '^the password is not a hash'),
  ('{PLAIN}secret', '^the password is stored in clear text: use select set_password\('), ('{cleartext}secret', '^the password is stored in clear text')
) as t (password, fault);
select unalike(password_fault(password), '%hunter2%', 'a refused password is not shown') from unnest(array['hunter2', '{PLAIN}hunter2', '{CRYPT}hunter2', '{BLF-CRYPT}$2y$10$hunter2', repeat('hunter2', 40)]) as password;

select * from finish();
rollback;
