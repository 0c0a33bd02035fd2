-- The words for events of messages: one source for trace(), emailgencyctl and the console.

-- Remote clients and servers choose these texts, and a terminal or a page shows them.
create or replace function trace_text(value text, most integer default 200) returns text
language sql immutable parallel safe
return left(regexp_replace(value,
  '[\u0001-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]', '?', 'g'), most)
  || case when length(value) > most then '…' else '' end;
comment on function trace_text(text, integer) is
  'A text from the log, with ? for control characters and for those that turn or hide text, and cut to a number of characters.';

create or replace function trace_quoted(value text) returns text
language sql immutable parallel safe
return '"' || replace(trace_text(value), '"', '''') || '"';
comment on function trace_quoted(text) is 'A text from the log in quotes, so that it cannot look like our words; it has none itself.';

create or replace function trace_address(address text) returns text
language sql immutable parallel safe
return case when address is null then 'an unknown sender' when address = '' then '<>'
  when address ~ '^[^[:space:]"'';,()<>\\]+$' and trace_text(address) = address then address else trace_quoted(address) end;
comment on function trace_address(text) is 'An address from the log: as it is, or in quotes if it has anything but the usual characters.';

create or replace function trace_server(host text) returns text
language sql immutable parallel safe
return coalesce(substring(host from '^([A-Za-z0-9._-]+)\['), case when host ~ '^[A-Za-z0-9._-]+$' and host <> 'none' then host end);
comment on function trace_server(text) is 'The name of a server, from Postfix''s mail.example.com[192.0.2.1]:25; null if there is none.';

-- Words, setting and change may contain %1$s: what the rule names. In a change %1$L is that, %2$L the domain, %3$L the client,
-- %4$L the recipient, %5$L the login.
create or replace function trace_reasons() returns table (reason text, words text, setting text, change text)
language sql immutable parallel safe as $$
  values
    ('domain-stealth', 'the domain takes no mail at present', 'domain.stealth', 'update domain set stealth = false where name = %2$L'),
    ('domain-denied', 'sending is disabled for the domain', 'domain.smtp_deny', 'select allow_sending(%2$L)'),
    ('login-limit', 'the account sent as much as its plan allows', 'a limit of the plan', 'select allow_sending(%5$L)'),
    ('domain-limit', 'the accounts of the domain sent as much as its plan allows', 'a limit of the plan', null),
    ('mailbox-denied', 'sending is disabled for the account', 'mailbox.smtp_deny', 'select allow_sending(%5$L)'),
    ('dns-listed', 'the client is on the DNS list %1$s', 'domain.blacklisting',
      'insert into whitelist (domain, entry) values (%2$L, %3$L)'),
    ('dns-allowed', 'the client is on the DNS allow list %1$s', 'dnsbl', null),
    ('greylist-new', 'greylisted', 'domain.greylisting', 'insert into whitelist (domain, entry) values (%2$L, %3$L)'),
    ('greylist-passed', 'known to the greylist', 'domain.greylisting', null),
    ('greylist-shadowed', 'it would have been greylisted', 'domain.greylisting_shadow', null),
    ('greylist-away', 'not greylisted, as the database did not answer', null, null),
    ('whitelisted', 'white-listed as %1$s', 'whitelist', 'select delete_whitelist(%2$L, %1$L)'),
    ('not-suspicious', null, null, null),
    ('authenticated', null, null, null),
    ('nothing-applies', null, null, null),
    ('not-local', null, null, null),
    ('spf', 'SPF of the sender''s domain forbids this client', 'domain.spf', 'insert into whitelist (domain, entry) values (%2$L, %3$L)'),
    ('spf-helo', 'SPF of the HELO name forbids this client', 'setting.spf_helo',
      'insert into whitelist (domain, entry) values (%2$L, %3$L)'),
    ('too-big', 'too big', 'plan.max_message_size', 'select * from explain(%4$L)'),
    ('too-big-for-sender', 'too big for the sender''s plan', 'plan.max_message_size',
      'select * from explain(%5$L)'),
    ('over-quota', 'the mailbox is full', 'mailbox.quota', 'select * from explain(%4$L)'),
    ('other-limit', 'the recipients before it have another size limit; the sender tries it again by itself', null, null),
    ('never-sends', 'a bounce to an address that never sends', 'domain.receive_only', 'update domain set receive_only = false where name = %2$L'),
    ('tag-missing', 'a bounce of a message that was not sent from here', 'domain.batv', 'update domain set batv = ''report'' where name = %2$L'),
    ('tag-reported', 'a bounce of a message that was not sent from here', 'domain.batv', null),
    ('many-recipients', 'a bounce to several recipients', null, null),
    ('many-forged', 'too many forged header fields', null, null);
$$;
comment on function trace_reasons() is
  'The words of policyd and the milter for what decided (docs/operations.md), in plain words, with the setting that decides and the '
  'statement that changes it.';

-- A value is that of now: the log has none.
create or replace function trace_setting(setting text, domain text, rule text) returns text
language plpgsql stable set search_path = emailgency, pg_temp as $$
declare
  part constant text := split_part(setting, '.', 2);
  value text;
begin
  case split_part(setting, '.', 1)
    when 'domain' then select to_jsonb(d) ->> part into value from domain d where d.name = trace_setting.domain;
    when 'plan' then select to_jsonb(p) ->> part into value from domain d join plan p on p.name = d.plan where d.name = trace_setting.domain;
    when 'setting' then select s.value into value from setting_definition d join setting s on s.name = d.name where d.name = part
      and (d.public or not is_domain_admin());
      return 'setting ' || part || coalesce(' = ' || value, '');
    when 'whitelist', 'dnsbl' then return setting || coalesce(' ' || rule, '');
    else value := null;
  end case;
  return setting || coalesce(' = ' || value, '');
exception when insufficient_privilege then
  return setting;
end
$$;
comment on function trace_setting(text, text, text) is 'A setting with its present value, if the caller may read it.';

-- "zone=bl.example" and "entry=192.0.2.1": what is after the sign.
create or replace function trace_rule(rule text) returns text
language sql immutable parallel safe
return trace_text(substring(rule from '^(?:zone|entry)=(.+)$'));
comment on function trace_rule(text) is 'The DNS list or the white-list entry that decided.';

create or replace function trace_decided(event message_event) returns text
language plpgsql stable set search_path = emailgency, pg_temp as $$
begin
  return (select case event.action when 'defer' then 'refused for now' when 'reject' then 'refused' else 'accepted' end
    || coalesce(': ' || coalesce(format(r.words, trace_rule(event.rule)) || coalesce(' (' || s.setting || ')', ''),
      case when event.action <> 'accept' then case
        when event.reply ~ '^[0-9 ]*5\.1\.1|User unknown' then 'there is no such recipient '
        when event.reply ~ 'Relay access denied' then 'its domain is not served here ' else '' end
        || coalesce(trace_quoted(event.reply), 'Postfix did not say why') end), '')
  from (select) as one left join trace_reasons() r on r.reason = event.reason
    cross join lateral (select trace_setting(r.setting, event.domain, trace_rule(event.rule)) as setting) as s);
end
$$;
comment on function trace_decided(message_event) is 'A decision in words.';

-- Postfix's own texts: smtp(8) and its smtp_connect.c, dns_lookup.c.
create or replace function trace_reply(host text, reply text) returns text
language sql immutable parallel safe
return (
  select case
    when reply is null then 'no reason is known'
    when reply ~ 'said: ' then coalesce(s.server || ' said ', '') || trace_quoted(regexp_replace(substring(reply from 'said: (.*)$'),
      ' *\(in reply to [^()]*\)\)?$', ''))
    when s.server is not null and reply ~* 'connection refused' then s.server || ' refused the connection'
    when s.server is not null and reply ~* '^connect to .*(timed out|no route|unreachable|network is down)' then s.server || ' did not answer'
    when s.server is not null and reply ~* '^(lost connection|conversation) with ' then s.server || ' broke off the connection'
    when s.server is not null and reply ~* 'host or domain name not found|type=(mx|a|aaaa)' then 'the DNS has no address of ' || s.server
    else trace_quoted(reply) end
  from (select coalesce(substring(reply from '(?:connect to|with|host) ([A-Za-z0-9._-]+)\['),
    substring(reply from 'service error for name=([A-Za-z0-9._-]+) '), trace_server(host)) as server) as s);
comment on function trace_reply(text, text) is 'Why a message was not delivered, in words.';

create or replace function trace_clock(at timestamptz, beside timestamptz, seconds boolean default true) returns text
language sql stable
return to_char(at, case when at::date = beside::date then '' else 'YYYY-MM-DD ' end || case when seconds then 'HH24:MI:SS' else 'HH24:MI' end);
comment on function trace_clock(timestamptz, timestamptz, boolean) is
  'A time of day in the session''s time zone, with the date if that is another than of the time beside it.';

create or replace function trace_words(event message_event, settled boolean) returns text
language plpgsql stable set search_path = emailgency, pg_temp as $$
begin
  return case event.kind
  when 'decided' then trace_decided(event)
  when 'delivered' then 'delivered to ' || coalesce(trace_server(event.host), 'the next server')
    || coalesce(', which said ' || trace_quoted(event.reply), '')
  when 'stored' then 'stored in the mail store'
  when 'deferred' then case when settled then 'waited: ' else 'waiting: ' end || trace_reply(event.host, event.reply) || ' ('
    || case when coalesce(event.tries, 1) = 1 then 'one try' else event.tries || ' tries' end
    || case when settled or event.next_try is null then '' else ', next at ' || trace_clock(event.next_try, event.time, false) end || ')'
  when 'bounced' then 'returned to the sender: ' || trace_reply(event.host, event.reply)
  when 'expired' then 'returned to the sender: too long in the queue'
  when 'held' then 'held by the operator'
  when 'released' then 'released'
  else event.kind end;
end
$$;
comment on function trace_words(message_event, boolean) is
  'What happened, in words. settled: it is known what came of it, so that no next try is due.';

-- Only a mail to a domain of the service can be flushed or explained.
create or replace function trace_change(event message_event, client inet, login text) returns text
language plpgsql stable set search_path = emailgency, pg_temp as $$
begin
  return (select case
    when event.kind = 'decided' and r.change is not null then
      case when event.domain is not null and not s.is_seen or strpos(r.change, '%2$') > 0 and event.domain is null or strpos(r.change, '%5$') > 0 and login is null
        or strpos(r.change, '%3$') > 0 and client is null then null
      else format(r.change, trace_rule(event.rule), event.domain, host(client), trace_text(event.recipient), trace_text(login)) end
    when event.kind = 'decided' and event.action = 'reject' and s.is_seen and event.reply ~ '^[0-9 ]*5\.1\.1|User unknown'
      then format('insert into mailbox (address) values (%L)', trace_text(event.recipient))
    when event.kind = 'deferred' and s.is_local then format('select flush(%L)', event.domain)
    when event.kind = 'bounced' and s.is_local then format('select * from explain(%L)', trace_text(event.recipient)) end
  from (select exists (select from served_domain d where d.name = address_domain(event.recipient) and d.domain = event.domain) as is_local,
      exists (select from served_domain d where d.domain = event.domain) as is_seen) as s
    left join trace_reasons() r on r.reason = event.reason);
end
$$;
comment on function trace_change(message_event, inet, text) is 'The statement that changes what was decided, or shows more about it; null: there is none.';

create or replace function trace_decider(event message_event) returns text
language plpgsql stable set search_path = emailgency, pg_temp as $$
begin
  return (select case
    when event.kind = 'decided' then trace_setting(r.setting, event.domain, trace_rule(event.rule))
    when event.kind in ('deferred', 'bounced', 'expired') and exists (select from served_domain d
      where d.name = address_domain(event.recipient) and d.domain = event.domain) then (
        select 'domain.transport' || coalesce(' = ' || d.transport, ' is not set: mode ' || d.mode || ', MX records')
        from domain d where d.name = event.domain) end
  from (select) as one left join trace_reasons() r on r.reason = event.reason);
end
$$;
comment on function trace_decider(message_event) is 'The setting that decided, with its present value; null: none did.';
