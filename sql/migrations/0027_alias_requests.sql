-- Alias domains that domain admins claim: they take no mail before DNS shows whose they are.

insert into setting_definition (name, public, type, default_value, choices, comment) values
  ('alias_self_service', true, 'choice', 'dns', '{off,dns}',
    'Whether domain admins may add alias domains: off, or dns, once a TXT record below the name shows that it is theirs.');

insert into setting (name, value)
select name, default_value from setting_definition d where not exists (select from setting s where s.name = d.name);

-- Several customers may claim a name: none of them can keep it from its owner, whose DNS has the token of one.
create table domain_alias_request (
  name text collate "C" not null constraint domain_alias_request_name_malformed check (accept(domain_name_fault(name))),
  domain text collate "C" not null constraint domain_alias_request_domain_unknown references domain on update cascade on delete cascade,
  token text not null constraint domain_alias_request_token_malformed check (token ~ '^[0-9a-f]{32}$'),
  requested_by text not null,
  requested_at timestamptz not null default now(),
  due_at timestamptz not null default now(),
  lease_node text,
  lease_until timestamptz not null default '-infinity',
  checked_at timestamptz,
  outcome text constraint domain_alias_request_outcome_unknown check (outcome in ('missing', 'other', 'failed', 'taken')),
  constraint domain_alias_request_repeated primary key (name, domain)
);

create index domain_alias_request_domain on domain_alias_request (domain);
create index domain_alias_request_login on domain_alias_request (requested_by);
create index domain_alias_request_due on domain_alias_request (due_at);
