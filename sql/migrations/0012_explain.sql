-- Which rows decide about an address.

create function explain_recipient(domain domain, address text) returns table (source text, value text)
language plpgsql stable set search_path = emailgency, pg_temp as $$
declare
  base constant text := regexp_replace(address_local_part(explain_recipient.address),
    case setting_value('recipient_delimiter') when '' then '$^'
      else '(.)[' || regexp_replace(setting_value('recipient_delimiter'), '(.)', '\\\1', 'g') || '].*$' end, '\1');
  candidates text[] := array[explain_recipient.address, base || '@' || domain.name];
begin
  return query select 'mailbox.address'::text, m.address || case when m.candidate then ' is a candidate mailbox'
    when m.vip then ' is a VIP mailbox' else ' is a mailbox' end from mailbox m where m.address = any (candidates);
  return query select 'alias.target'::text, a.address || ' goes to ' || a.target from alias a where a.address = any (candidates) order by 2;
  if not exists (select from mailbox m where m.address = any (candidates))
    and not exists (select from alias a where a.address = any (candidates)) then
    return query select t.source, t.value from (values
      ('domain.catchall', 'no row names the address: the catch-all takes it', domain.catchall),
      ('domain.verify_recipients', 'no row names the address: the customer''s server is asked',
        not domain.catchall and domain.mode = 'backup' and domain.verify_recipients),
      ('mailbox', 'no row names the address: 550 5.1.1', not domain.catchall and not (domain.mode = 'backup' and domain.verify_recipients))
    ) as t (source, value, holds) where t.holds;
  end if;
end
$$;
comment on function explain_recipient(domain, text) is 'The rows that decide whether a recipient exists.';

create function explain_sending(domain domain, address text) returns table (source text, value text)
language sql stable set search_path = emailgency, pg_temp
begin atomic
  select case when m.smtp_deny then 'mailbox.smtp_deny' when m.smtp_deny_exempt and domain.smtp_deny then 'mailbox.smtp_deny_exempt'
      else 'domain.smtp_deny' end,
    case when m.smtp_deny then 'denied by ' || coalesce(m.smtp_denied_by, 'someone') || ': 550 5.7.1'
      when m.smtp_deny_exempt and domain.smtp_deny then 'allowed, although the domain is denied'
      when domain.smtp_deny then 'denied by ' || coalesce(domain.smtp_denied_by, 'someone') || ': 550 5.7.1'
      else 'allowed' end
  from (select explain_sending.address as wanted) w
  left join (select address, smtp_deny, smtp_denied_by, smtp_deny_exempt from mailbox) m on m.address = w.wanted;
end;
comment on function explain_sending(domain, text) is 'The row that decides whether a user may send.';

create function explain_switches(domain domain) returns table (source text, value text)
language sql stable set search_path = emailgency, pg_temp
begin atomic
  select t.source, t.value from (values
    ('domain.mode', domain.mode || ', plan ' || domain.plan),
    ('domain.stealth', case when domain.stealth then 'on: every delivery is put off with 450 4.3.2' else 'off' end),
    ('whitelist', case when not domain.whitelisting then 'off'
      else (select count(*) from whitelist w where w.domain = explain_switches.domain.name) || ' entries' end),
    ('dnsbl', case when not domain.blacklisting then 'off: domain.blacklisting'
      else coalesce((select string_agg(zone, ', ' order by zone) from dnsbl where not allow), 'no lists') end),
    ('domain.greylisting', domain.greylisting || case when domain.greylisting_shadow or setting_value('greylist_shadow') = 'true'
      then ', counted as would-have only' else '' end),
    ('domain.spf', domain.spf),
    ('domain.transport', coalesce('relay to ' || domain.transport, 'relay by MX')),
    ('domain.keep_copy', case when domain.keep_copy or domain.mode = 'primary' then 'the mail store keeps a copy' else 'no copy is kept' end)
  ) as t (source, value);
end;
comment on function explain_switches(domain) is 'The switches of a domain in words.';

create function explain(name text) returns table (step bigint, source text, value text)
language plpgsql stable set search_path = emailgency, pg_temp as $$
declare
  given constant text := fold_address(explain.name);
  home constant text := canonical_domain(coalesce(address_domain(given), given));
  canonical constant text := case when given like '%@%' then canonical_address(given) end;
  decided domain;
begin
  select * into decided from domain d where d.name = home;
  return query select row_number() over (), t.source, t.value from (
    select 'served_domain' as source, s.name || case s.role when 'domain' then ' is a domain'
      else ' is the ' || s.role || ' domain of ' || s.domain end as value
    from served_domain s where s.name = coalesce(address_domain(given), given)
    union all select * from explain_switches(decided)
    union all select r.* from explain_recipient(decided, canonical) r where canonical is not null
    union all select s.* from explain_sending(decided, canonical) s
  ) as t;
end
$$;
comment on function explain(text) is 'The rows that decide about an address or a domain, in order: select * from explain(''user@example.com'').';
