-- The syntax of entries of white lists and of replies of DNS lists. Pure functions, which tables need.

create or replace function whitelist_network_fault(entry text) returns text
language sql immutable parallel safe
return case
  when parse_network(entry) is null then
    format('white list entry "%s" is neither an IP address nor a network: write it as in 192.0.2.1, 192.0.2.0/24 or 2001:db8::/32',
      entry)
  when network(parse_network(entry)) <> parse_network(entry) then
    format('white list entry "%s" has bits set to the right of its prefix: the network is %s', entry, network(parse_network(entry)))
  when network_text(entry) <> entry then
    format('white list entry "%s" is not in its usual spelling: write %s', entry, network_text(entry))
end;
comment on function whitelist_network_fault(text) is
  'The fault in an entry that looks like an IP address or network, as a message; null if there is none.';

create or replace function whitelist_entry_fault(entry text) returns text
language sql immutable parallel safe
return case
  when entry is null then null
  when entry = '' then 'a white list entry is empty: write user@example.com, example.com, .example.com, 192.0.2.0/24 '
    'or host:mail.example.com'
  when entry ~ '^[0-9.]+(/.*)?$' or entry ~ '^[0-9a-f.]*:[0-9a-f:.]*(/.*)?$' then whitelist_network_fault(entry)
  when entry ~ '^host:' then domain_name_fault(regexp_replace(entry, '^host:\.?', ''))
  when entry ~ '^@' then format('white list entry "%s" has no local part: write %s for all its senders', entry, ltrim(entry, '@'))
  when entry ~ '^\*@' then format('white list entry "%s" has a star: write %s for all its senders', entry, ltrim(entry, '*@'))
  when entry ~ '@' then address_fault(entry)
  when entry ~ '^\*' then
    format('white list entry "%s" has a star: write %s for the domain and all its subdomains', entry, ltrim(entry, '*'))
  when entry ~ '[][]' then
    format('white list entry "%s" has brackets: write the address without, as in 2001:db8::25', entry)
  when entry ~ '/' then whitelist_network_fault(entry)
  else domain_name_fault(regexp_replace(entry, '^\.', ''))
end;
comment on function whitelist_entry_fault(text) is
  'The fault in a white list entry: user@dom, dom, .dom, IP address, CIDR network, host:name or host:.name, as a message; '
  'null if there is none.';

create or replace function dnsbl_reply_fault(reply text) returns text
language plpgsql immutable parallel safe as $$
declare
  octet constant text := '([0-9]{1,3}|\[[0-9]{1,3}(\.\.[0-9]{1,3})?(;[0-9]{1,3}(\.\.[0-9]{1,3})?)*\])';
  example constant text := 'write it as in 127.0.0.2, 127.0.0.2-11, 127.0.[0..255].[1;3..5], 2 or 2-11';
begin
  if reply !~ '^[0-9]{1,3}(-[0-9]{1,3})?$'
    and reply !~ '^([0-9]{1,3}\.){3}[0-9]{1,3}-[0-9]{1,3}$'
    and reply !~ format('^(%s\.){3}%s$', octet, octet) then
    return format('reply "%s" is malformed: %s', reply, example);
  end if;
  if exists (select from regexp_matches(reply, '[0-9]+', 'g') as number where number[1]::int > 255) then
    return format('reply "%s" has an octet above 255: %s', reply, example);
  end if;
  if exists (
    select from regexp_matches(reply, '([0-9]+)(?:-|\.\.)([0-9]+)', 'g') as span where span[1]::int > span[2]::int
  ) then
    return format('reply "%s" has a range that ends before it starts: %s', reply, example);
  end if;
  if reply ~ '\..*\.' and reply !~ '^127\.' and reply !~ '^\[127\]\.' then
    return format('reply "%s" lies outside 127.0.0.0/8, where block lists answer: %s', reply, example);
  end if;
  if reply ~ '^\[?127\]?\.\[?255\]?\.\[?255\]?\.' then
    return format('reply "%s" is an error code of the list (127.255.255.x), which never counts: %s', reply, example);
  end if;
  return null;
end
$$;
comment on function dnsbl_reply_fault(text) is 'The fault in one item of dnsbl.replies, as a message; null if there is none.';

create or replace function dnsbl_replies_fault(replies text) returns text
language sql immutable parallel safe
return case
  when replies is null then null
  when replies ~ '^[\s,]*$' then 'replies is empty: write null for every reply of 127.0.0.0/8, or items as in 127.0.0.2-11'
  else (
    select dnsbl_reply_fault(reply)
    from regexp_split_to_table(btrim(replies, E' ,\t\n'), '[\s,]+') as reply
    where dnsbl_reply_fault(reply) is not null
    limit 1
  )
end;
comment on function dnsbl_replies_fault(text) is
  'The fault in a list of DNS replies, as a message; null if there is none. Brackets as in postscreen_dnsbl_sites '
  '(postconf(5)).';
