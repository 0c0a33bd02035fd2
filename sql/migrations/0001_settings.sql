-- The settings of the service: their definitions, and the values in force.

create table setting_definition (
  name text collate "C" constraint setting_definition_repeated primary key,
  type text not null constraint setting_definition_type_unknown
    check (type in ('integer', 'boolean', 'choice', 'domain', 'networks', 'hosts', 'text')),
  default_value text not null,
  minimum bigint,
  maximum bigint,
  choices text[],
  pattern text,
  public boolean not null default false,
  comment text not null
);

create table setting (
  name text collate "C" constraint setting_repeated primary key,
  value text not null
);

insert into setting_definition (name, public, type, default_value, comment) values
  ('service_domain', true, 'domain', 'emailgency.example',
    'Domain of the service, the parent of the alternate domains; empty: no alternate domains.'),
  ('mx_hosts', false, 'hosts', '',
    'Names and addresses of our own MX hosts, separated by blanks, as in mx1.example.com 192.0.2.25, in addition to those in each '
    'node''s transportmap.conf. domain.transport cannot lead to them, since mail would loop.'),
  ('postmaster', false, 'text', '',
    'Mail address of the operator, as in admin@example.org. Receives mail for postmaster at our own host names, and at each domain '
    'where neither a row nor the customer''s server accepts it. Empty: such mail is rejected or bounces.'),
  ('recipient_delimiter', true, 'text', '+',
    'Characters that separate a user from an extension, as in Postfix (recipient_delimiter); empty: none.'),
  ('transport_networks', false, 'networks', '',
    'Networks that domain.transport may lead to although they are loopback, private or otherwise special: IP addresses and networks, '
    'separated by blanks, as in 10.20.0.0/16. Empty: none.'),
  ('outgoing_networks', true, 'networks', '',
    'Addresses and networks that our mail leaves from, separated by blanks. emailgencyctl spf record checks them against the SPF '
    'records of customers. Empty: those that the record of spf_include names.'),
  ('spf_include', true, 'text', '',
    'Name whose SPF record lists our outgoing hosts, for customers to include, as in _spf.emailgency.example. Empty: _spf below '
    'service_domain.'),
  ('trusted_networks', false, 'networks', '127.0.0.0/8 ::1',
    'Clients exempt from SPF checks, such as our own hosts: IP addresses and networks, separated by blanks, as in 192.0.2.1 '
    '2001:db8::/32.'),
  ('relay_networks', false, 'networks', '',
    'Our other MX hosts and trusted forwarders, with all hops of each: SPF uses the first client outside these networks that their '
    'Received fields name. IP addresses and networks, separated by blanks.');

insert into setting_definition (name, public, type, default_value, minimum, maximum, comment) values
  ('sms_per_week', true, 'integer', '15', 0, 10000,
    'Maximum number of SMS to the contacts of one domain within seven days; 0: none.'),
  ('greylist_delay', true, 'integer', '120', 0, 86400,
    'Seconds before a retry of a first-time sender passes.'),
  ('greylist_window', true, 'integer', '86400', 60, 2592000,
    'Seconds within which the retry must come.'),
  ('greylist_lifetime', true, 'integer', '3110400', 3600, 315360000,
    'Seconds after its last use that a sender or client network which passed stays known.'),
  ('greylist_network_cap', false, 'integer', '100', 1, 1000000,
    'Maximum number of waiting greylist rows of one client network; further attempts share one row for the whole network.'),
  ('greylist_client_passes', false, 'integer', '3', 0, 1000,
    'Passes after which an unnamed client network is white-listed; 0: never.'),
  ('greylist_named_client_passes', false, 'integer', '1', 0, 1000,
    'Passes after which a client with a confirmed name is white-listed; 0: never.'),
  ('greylist_client_interval', false, 'integer', '3600', 0, 2592000,
    'Minimum number of seconds between two passes of a client network that count.'),
  ('dnsbl_threshold', true, 'integer', '1', 1, 1000,
    'Sum of the weights of the DNS block lists that list a client, from which the client is rejected.'),
  ('message_size_slack', true, 'integer', '0', 0, 1048576,
    'Bytes by which a message may exceed its limit, as room for headers and line ends.'),
  ('null_sender_recipients', true, 'integer', '1', 0, 1000,
    'Maximum number of recipients of one message from the null sender (a bounce has one); 0: any number.');

insert into setting_definition (name, public, type, default_value, comment) values
  ('greylist_shadow', true, 'boolean', 'false',
    'Greylisting of all domains is evaluated and counted as would-have, but not applied.'),
  ('spf_received_header', true, 'boolean', 'false',
    'Add a Received-SPF header in addition to Authentication-Results.');

insert into setting_definition (name, public, type, default_value, choices, comment) values
  ('spf_helo', true, 'choice', 'mark', array['off', 'mark', 'reject'],
    'SPF of the HELO name: off (checked for the null sender only), mark in the header, or reject on fail, in domains that reject on '
    'SPF fail.'),
  ('spf_softfail', true, 'choice', 'accept', array['accept', 'reject'],
    'Action for SPF result softfail (~all), in domains that reject on SPF fail.'),
  ('spf_neutral', true, 'choice', 'accept', array['accept', 'reject'],
    'Action for SPF result neutral (?all), in domains that reject on SPF fail.'),
  ('spf_none', true, 'choice', 'accept', array['accept', 'reject'],
    'Action for senders without an SPF record, in domains that reject on SPF fail.'),
  ('spf_permerror', true, 'choice', 'accept', array['accept', 'defer', 'reject'],
    'Action for senders with a broken SPF record, in domains that reject on SPF fail.'),
  ('spf_temperror', true, 'choice', 'accept', array['accept', 'defer'],
    'Action while the SPF record cannot be looked up, in domains that reject on SPF fail: accept, or defer with 451 4.7.24.'),
  ('spf_wide', true, 'choice', 'neutral', array['accept', 'neutral'],
    'Effective result of a pass through +all or a huge network: a pass (accept), or neutral.');

update setting_definition set pattern = case name
  when 'recipient_delimiter' then '^[-+=_.#~]{0,3}$'
  when 'spf_include' then '^(([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?)?$'
  else '^.*$'
end
where type = 'text';

insert into setting (name, value)
select name, default_value from setting_definition;
