-- Where our mail leaves from, for the SPF records of customers.

insert into setting_definition (name, type, default_value, minimum, maximum, choices, pattern, comment) values
  ('outgoing_networks', 'networks', '', null, null, null, null,
    'Addresses and networks that our mail leaves from, by blank: emailgencyctl spf record tries them against customers'' SPF records. Empty: those that the record of spf_include names.'),
  ('spf_include', 'text', '', null, null, null, '^(([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?)?$',
    'Name whose SPF record names our outgoing hosts and that customers are to include, as in _spf.emailgency.example. Empty: _spf below service_domain.');

insert into setting (name, value)
select d.name, d.default_value from setting_definition d
on conflict do nothing;
