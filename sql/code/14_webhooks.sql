-- The syntax of a webhook's URL. Pure functions, which tables need.

create or replace function webhook_text(url text) returns text
language sql immutable parallel safe
return (
  select lower(part[1]) || case when part[2] ~ '^/' then part[2] else '/' || part[2] end
  from regexp_matches(btrim(url), '^([^/?#]*//[^/?#]*)(.*)$') as part
  union all select url where btrim(url) !~ '^[^/?#]*//'
  limit 1
);
comment on function webhook_text(text) is 'The usual spelling of a URL: scheme and host in lower case, and a path (RFC 3986 section 6.2.2.1).';

create or replace function webhook_host(url text) returns text
language sql immutable parallel safe
return substring(url from '^https://([^/?#:]*)');
comment on function webhook_host(text) is 'The host of a well-formed webhook.';

create or replace function webhook_fault(url text) returns text
language sql immutable parallel safe
return case
  when url is null then null
  when octet_length(url) > 1000 then format('webhook "%s…" has %s octets: at most 1000 are allowed', left(url, 40), octet_length(url))
  when url !~ '^https://' then format('webhook "%s" is no HTTPS URL: write it as in https://hooks.example.com/emailgency', url)
  when url ~ '[^!-~]' or url ~ '["<>\\^`{|}]' then
    format('webhook "%s" has a character that no URL has: write %%20 for a blank, as in https://hooks.example.com/a%%20b', url)
  when url ~ '#' then format('webhook "%s" has a fragment, which is never sent: leave "#" and what follows out', url)
  when url ~ '^https://[^/?]*@' then
    format('webhook "%s" has a user name before the host: requests are signed instead; write it as in https://hooks.example.com/emailgency', url)
  when url ~ '^https://(\[|[0-9.]+([:/?]|$))' then
    format('webhook "%s" has an IP address: write a host name, which the certificate is for, as in https://hooks.example.com/emailgency', url)
  when domain_name_fault(webhook_host(url)) is not null then format('webhook "%s": %s', url, domain_name_fault(webhook_host(url)))
  when webhook_host(url) ~ '\.(localhost|local|internal|invalid|onion|home\.arpa)$' then
    format('webhook "%s" has a host that is not on the Internet: write one that is, as in https://hooks.example.com/emailgency', url)
  when url !~ '^https://[^/?:]*(:8?443)?/' then
    format('webhook "%s" has another port than 443 and 8443: write it as in https://%s:8443/', url, webhook_host(url))
end;
comment on function webhook_fault(text) is
  'The fault in the URL of a webhook, in its usual spelling, as a message; null if there is none. HTTPS, a host name, port 443 or 8443.';
