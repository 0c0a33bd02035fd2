-- Explanation of the rows that decide about an address or a domain, in the words of emailgencyctl explain, which decides about
-- one message with the daemons' own code.

create or replace function explain_switches(domain domain) returns table (source text, value text)
language sql stable set search_path = emailgency, pg_temp as $$
  select t.source, t.value from (values
    ('domain.mode', domain.mode || ', plan ' || domain.plan),
    ('domain.stealth', case when domain.stealth then 'on: every delivery is deferred with 450 4.3.2' else 'off' end),
    ('whitelist', case when not domain.whitelisting then 'off'
      else (select count(*) from whitelist w where w.domain = explain_switches.domain.name) || ' entries' end),
    ('dnsbl', case when not domain.blacklisting then 'off: domain.blacklisting'
      else coalesce((select string_agg(zone, ', ' order by zone) from dnsbl where not allow), 'no lists') end),
    ('domain.greylisting', domain.greylisting || case when domain.greylisting_shadow or setting_value('greylist_shadow') = 'true'
      then ', counted as would-have only' else '' end),
    ('domain.spf', case domain.spf when 'off' then 'off: not checked' when 'mark' then 'mark: a header shows the result, nothing is refused'
      else 'reject: a fail is refused with 550 5.7.23' end),
    ('domain.batv', case domain.batv when 'off' then 'off' when 'report' then 'report: bounces without a valid tag are counted'
      else 'require: bounces without a valid tag are refused' end),
    ('domain.transport', case when domain.transport is not null then 'relay to ' || domain.transport
      when domain.mode = 'primary' then 'none: the mail store' else coalesce((select 'retry: the best MX of the domain is this service (' || b.host || ')'
        from best_mx b where b.domain = explain_switches.domain.name), 'relay by MX') end),
    ('domain.keep_copy', case when domain.keep_copy or domain.mode = 'primary' then 'the mail store keeps a copy' else 'no copy is kept' end)
  ) as t (source, value);
$$;
comment on function explain_switches(domain) is 'The switches of a domain, in words.';

create or replace function explain_recipient(domain domain, address text) returns table (source text, value text)
language plpgsql stable set search_path = emailgency, pg_temp as $$
declare
  decides constant text := recipient_row(explain_recipient.address);
begin
  return query select 'mailbox.address'::text, m.address || case when m.candidate then ' is a candidate mailbox'
    when m.vip then ' is a VIP mailbox' else ' is a mailbox' end from mailbox m where m.address = decides;
  return query select 'alias.target'::text, a.address || ' goes to ' || a.target from alias a where a.address = decides order by 2;
  if decides is null then
    return query select t.source, t.value from (values
      ('domain.catchall', 'no row names it; domain.catchall takes it', domain.catchall),
      ('domain.verify_recipients', 'no row names it; with domain.verify_recipients the customer''s server is asked',
        not domain.catchall and domain.mode = 'backup' and domain.verify_recipients),
      ('mailbox', 'no row names it: 550 5.1.1', not domain.catchall and not (domain.mode = 'backup' and domain.verify_recipients))
    ) as t (source, value, holds) where t.holds;
  end if;
end
$$;
comment on function explain_recipient(domain, text) is 'The rows that decide whether a recipient exists.';

create or replace function explain_limits(domain domain, address text) returns table (source text, value text)
language sql stable set search_path = emailgency, pg_temp as $$
  select case when m.max_message_size < l.size then 'mailbox.max_message_size'
      when m.vip then 'plan.vip_message_size' else 'plan.max_message_size' end,
    format('messages of up to %s bytes (setting message_size_slack is %s)',
      least(m.max_message_size, l.size) + setting_value('message_size_slack')::bigint, setting_value('message_size_slack'))
  from plan p
  left join (select address, vip, max_message_size from mailbox) m on m.address = explain_limits.address
  cross join lateral (select case when m.vip then p.vip_message_size else p.max_message_size end as size) as l
  where p.name = domain.plan
  union all
  select case when domain.receive_only then 'domain.receive_only' else 'mailbox.receive_only' end, 'it never sends: bounces to it are refused'
  where domain.receive_only
    or exists (select from mailbox m where m.address = explain_limits.address and m.receive_only);
$$;
comment on function explain_limits(domain, text) is 'The rows that limit the messages of an address.';

create or replace function explain_sending(domain domain, address text) returns table (source text, value text)
language sql stable set search_path = emailgency, pg_temp as $$
  select case when m.smtp_deny then 'mailbox.smtp_deny' when m.smtp_deny_exempt and domain.smtp_deny then 'mailbox.smtp_deny_exempt'
      else 'domain.smtp_deny' end,
    case when m.smtp_deny then 'denied by ' || coalesce(m.smtp_denied_by, 'someone') || ': 550 5.7.1 Sending mail is disabled for this account'
      when m.smtp_deny_exempt and domain.smtp_deny then 'allowed, although the domain is denied'
      when domain.smtp_deny then 'denied by ' || coalesce(domain.smtp_denied_by, 'someone') || ': 550 5.7.1 Sending mail is disabled for this account'
      else 'allowed' end
  from (select explain_sending.address as wanted) w
  left join (select address, smtp_deny, smtp_denied_by, smtp_deny_exempt from mailbox) m on m.address = w.wanted;
$$;
comment on function explain_sending(domain, text) is 'The row that decides whether a user may send.';

create or replace function explain(name text) returns table (step bigint, source text, value text)
language plpgsql stable set search_path = emailgency, pg_temp as $$
declare
  given constant text := fold_address(explain.name);
  home constant text := canonical_domain(coalesce(address_domain(given), given));
  canonical constant text := case when given like '%@%' then canonical_address(given) end;
  decides constant text := coalesce(recipient_row(canonical), canonical);
  decided domain;
begin
  select * into decided from domain d where d.name = home;
  return query select row_number() over (), t.source, t.value from (
    select 'served_domain' as source, s.name || case s.role when 'domain' then ' is a domain'
      else ' is the ' || s.role || ' domain of ' || s.domain end as value
    from served_domain s where s.name = coalesce(address_domain(given), given)
    union all select * from explain_switches(decided)
    union all select r.* from explain_recipient(decided, canonical) r where canonical is not null
    union all select l.* from explain_limits(decided, decides) l
    union all select s.* from explain_sending(decided, decides) s
  ) as t;
end
$$;
comment on function explain(text) is
  'The rows that decide about an address or a domain, in order: select * from explain(''user@example.com'').';
