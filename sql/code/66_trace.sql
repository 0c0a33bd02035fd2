-- trace(): the messages that match, with the caller's rights.

create or replace function trace_refuse(value text, right_value text) returns void
language plpgsql immutable as $$
begin
  raise exception using errcode = 'invalid_parameter_value', message = format('trace() cannot search for "%s": write %s', trace_text(value, 60), right_value);
end
$$;
comment on function trace_refuse(text, text) is 'Refuses an argument of trace().';

create or replace function trace_time(value text, now timestamptz default now()) returns timestamptz
language plpgsql stable set search_path = emailgency, pg_temp as $$
begin
  if value ~ '^[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?$' then
    return (now::date || ' ' || value)::timestamptz;
  elsif value ~ '^[0-9]{1,6} *[a-z]+$' then
    return now - value::interval;
  elsif value ~ '^[0-9]{4}-|^(now|today|yesterday)$' then
    return value::timestamptz;
  elsif value is not null then
    raise data_exception;
  end if;
  return null;
exception when data_exception then
  perform trace_refuse(value, 'a time, as in 2026-11-29 10:00, 10:00, yesterday or 2 hours (before now)');
end
$$;
comment on function trace_time(text, timestamptz) is
  'A time, in the session''s time zone: 2026-11-29 10:00, 10:00 (of today), 2 hours (ago), today, yesterday.';

create or replace function trace_domain(name text) returns text
language plpgsql stable set search_path = emailgency, pg_temp as $$
begin
  return (select s.domain from served_domain s where s.name = fold(trace_domain.name));
end
$$;
comment on function trace_domain(text) is 'The domain that has a name, if the caller may see it.';

create or replace function trace_pattern(value text) returns text
language sql immutable parallel safe
return case when value like '%*%' then replace(regexp_replace(value, '([\\%_])', '\\\1', 'g'), '*', '%') end;
comment on function trace_pattern(text) is 'The pattern of like for a text with *; null if it has none. % and _ stand for themselves.';

-- A range, as row-level security keeps like, which might reveal what it looks at, from an index.
create or replace function trace_condition(name text, value text, folded boolean) returns text
language sql immutable parallel safe
return case
  when value is null then null
  when value not like '%*%' then format('%s = any (%L::text[])', name, array(select distinct v from unnest(array[value, fold_address(value),
    address_local_part(value) || '@' || fold(address_domain(value))]) as v where v is not null))
  else (select coalesce('(' || string_agg(format('%1$s >= %2$L and %1$s < %3$L', name, p, p || chr(1114111)), ' or ') filter (where p <> '') || ') and ', '')
    from (select distinct split_part(v, '*', 1) as p from unnest(array[value, fold(value)]) as v) as prefix)
    || format(case when folded then '%s like %L' else 'emailgency.fold(%s) like %L' end, name, trace_pattern(fold(value))) end;
comment on function trace_condition(text, text, boolean) is
  'The condition that a column equals a text, whatever the case of its domain, or matches it if it has a *, in any case; folded: the column '
  'has lower case only.';

create or replace function trace_client_condition(client text) returns text
language sql immutable parallel safe
return case
  when client is null then null
  when parse_network(client) is null then trace_condition('m.client_name', client, false)
  when masklen(parse_network(client)) = case family(parse_network(client)) when 4 then 32 else 128 end
    then format('m.client = %L', parse_network(client))
  else format('m.client >= %L and m.client <= %L', network(parse_network(client)),
    set_masklen(broadcast(parse_network(client)), case family(parse_network(client)) when 4 then 32 else 128 end)) end;
comment on function trace_client_condition(text) is 'The condition on a client: an address, a network, or a name.';

create or replace function trace_statement(by_event boolean, of_message text, of_event text) returns text
language sql immutable parallel safe
return case
  when not by_event then format('select m.id, m.node, m.time, m.time from emailgency.message m where m.time >= $1 and m.time < $2%s%s
    order by m.time desc limit $3', ' and ' || of_message, ' and exists (select from emailgency.message_event e where e.message = m.id
    and e.node = m.node and e.message_time = m.time and e.time >= $1 and ' || of_event || ')')
  when of_message is null then format('select e.message, e.node, e.message_time, max(e.time) from emailgency.message_event e
    where e.time >= $1 and e.time < $2%s group by 1, 2, 3 order by 4 desc limit $3', ' and ' || of_event)
  else format('select m.id, m.node, m.time, max(e.time) from emailgency.message_event e join emailgency.message m on m.id = e.message
    and m.node = e.node and m.time = e.message_time where e.time >= $1 and e.time < $2 and m.time >= $1 - interval ''30 days'' and m.time < $2
    and %s%s group by 1, 2, 3 order by 4 desc limit $3', of_message, ' and ' || of_event) end;
comment on function trace_statement(boolean, text, text) is
  'The search in a range of time, $1 to $2, for the newest $3 messages, from an index of message_event or of message.';

-- The newest hours first, in steps that grow while they are short: the end of the time for a search comes between two steps.
create or replace function trace_find(by_event boolean, whole boolean, exact boolean, of_message text, of_event text, since timestamptz, until timestamptz,
  most integer, budget interval)
returns table (id bigint, node text, "time" timestamptz, at timestamptz)
language plpgsql stable set search_path = emailgency, pg_temp as $$
declare
  statement constant text := trace_statement(by_event, of_message, of_event);
  deadline constant timestamptz := clock_timestamp() + budget;
  step interval := case when whole then until - since when exact then '2 days' else '15 minutes' end;
  ends timestamptz := until;
  begun timestamptz;
  rows integer;
  found_rows integer := 0;
begin
  while ends > since and found_rows < most loop
    begun := clock_timestamp();
    if begun > deadline then
      raise notice using message = format('trace() has looked back to %s only: there is too much to look through', to_char(ends, 'YYYY-MM-DD HH24:MI')),
        hint = 'Name an address, a client or an id without *, or a range of time: since and until.';
      return;
    end if;
    return query execute statement using greatest(ends - step, since), ends, most;
    get diagnostics rows = row_count;
    found_rows := found_rows + rows;
    ends := ends - step;
    if clock_timestamp() - begun < interval '50 milliseconds' then
      step := step * 2;
    end if;
  end loop;
end
$$;
comment on function trace_find(boolean, boolean, boolean, text, text, timestamptz, timestamptz, integer, interval) is
  'The newest messages that fulfil conditions, until there are enough, or the time (budget) is over, which a notice says.';

create or replace function trace_search(sender text, recipient text, of_domain text, queue_id text, message_id text, client text,
  since timestamptz, until timestamptz, most integer)
returns table (id bigint, node text, "time" timestamptz, at timestamptz)
language plpgsql stable set search_path = emailgency, pg_temp as $$
begin
  return query select f.*
  from (select
    coalesce(trace_search.queue_id || trace_search.message_id not like '%*%', trace_search.queue_id not like '%*%',
      trace_search.message_id not like '%*%', false) as by_id,
    coalesce(trace_search.recipient not like '%*%', false) as by_recipient,
    coalesce(trace_search.sender not like '%*%', false) or coalesce(parse_network(trace_search.client) is not null, false) as by_sender,
    nullif(concat_ws(' and ', 'm.queue_id = ' || quote_literal(trace_search.queue_id), trace_condition('m.message_id', trace_search.message_id, false),
      trace_condition('m.sender', trace_search.sender, false), trace_client_condition(trace_search.client)), '') as of_message,
    nullif(concat_ws(' and ', trace_condition('e.recipient', trace_search.recipient, true), 
      '(e.domain = ' || quote_literal(of_domain) || ' or e.sender_domain = ' || quote_literal(of_domain) || ')', 'e.domain = ' || quote_literal(case when of_domain is null and trace_search.recipient like '%*%'
      then trace_domain(address_domain(trace_search.recipient)) end)), '') as of_event
  ) as c cross join lateral trace_find(
    case when c.by_id then false when c.by_recipient then true when c.by_sender then false
      else c.of_event is not null or not is_operator() end,
    c.by_id, c.by_recipient or c.by_sender, c.of_message, c.of_event, since, until, most, case when is_operator() then interval '10 seconds'
      else least(interval '2 seconds', nullif(current_setting('statement_timeout')::interval, '0') / 2) end) f;
end
$$;
comment on function trace_search(text, text, text, text, text, text, timestamptz, timestamptz, integer) is
  'The rows that match all of the texts. Ids, a recipient, a sender or a client come from an index; else events of a domain, of which a '
  'domain admin has few, are looked through, or, for the operator, all messages.';

create or replace function trace_check(word text, sender text, recipient text, domain text, queue_id text, message_id text, client text, most integer)
returns void
language plpgsql stable set search_path = emailgency, pg_temp as $$
declare
  given text;
begin
  foreach given in array array[word, sender, recipient, domain, queue_id, message_id, client] loop
    if length(given) > 500 or length(given) - length(replace(given, '*', '')) > 3 then
      perform trace_refuse(given, 'at most 500 characters and three *, as in *@example.org');
    elsif given = '' then
      perform trace_refuse(given, 'a text, as in user@example.com; <> is the null sender');
    end if;
  end loop;
  if strpos(queue_id, '*') > 0 or strpos(domain, '*') > 0 then
    perform trace_refuse(coalesce(queue_id, domain), 'the whole queue id or domain, without *');
  elsif client ~ '[/:]' and parse_network(client) is null then
    perform trace_refuse(client, 'an address or a network, as in 192.0.2.1 or 192.0.2.0/24, or a name, as in *.example.org');
  elsif domain is not null and trace_domain(domain) is null and is_operator() then
    perform trace_refuse(domain, format('a domain of a customer; sender => ''*@%s'' finds what comes from elsewhere', domain));
  elsif most is null or most not between 1 and 1000 then
    perform trace_refuse(coalesce(most::text, 'null') || ' messages', 'from 1 to 1000, as in most => 100');
  elsif word is not null and word !~ '[@.:*]' and word <> '<>' and word !~ '^[0-9A-Za-z]{4,40}$' then
    perform trace_refuse(word, 'an address, a domain, a client''s address, a queue id or a message id');
  end if;
end
$$;
comment on function trace_check(text, text, text, text, text, text, text, integer) is 'Refuses wrong arguments of trace().';

create or replace function trace_guess(word text) returns text
language sql stable
return case
  when word is null then null
  when word ~ '^<.+>$' then 'message-id'
  when word ~ '@' or word = '<>' then 'address'
  when parse_network(word) is not null then 'client'
  when trace_domain(word) is not null then 'domain'
  when word ~ '^[0-9A-Za-z]+$' then 'queue-id'
  when word ~ '[*]' then 'address'
  else 'elsewhere' end;
comment on function trace_guess(text) is 'The kind of a word: message-id, address, client, domain, queue-id, elsewhere (a domain of senders).';

create or replace function trace_searches(word text, sender text, recipient text, of_domain text, queue_id text, message_id text, client text,
  since timestamptz, until timestamptz, most integer)
returns table (id bigint, node text, "time" timestamptz, at timestamptz)
language plpgsql stable set search_path = emailgency, pg_temp as $$
begin
  return query select s.id, s.node, s.time, max(s.at)
  from (values ('none', 'none', ''), ('address', 'sender', sender), ('address', 'recipient', recipient), ('address', 'message-id', message_id),
      ('message-id', 'message-id', message_id), ('client', 'client', client), ('domain', 'domain', of_domain), ('queue-id', 'queue-id', queue_id),
      ('elsewhere', 'elsewhere', sender)) as w (guess, place, taken)
    cross join lateral trace_search(
      case w.place when 'sender' then case when word = '<>' then '' else word end when 'elsewhere' then '*@' || word else sender end,
      case w.place when 'recipient' then word else recipient end,
      case when w.place = 'domain' then trace_domain(word) when w.place = 'sender' and of_domain is null and word like '%*%'
        then trace_domain(address_domain(word)) else of_domain end,
      case w.place when 'queue-id' then word else queue_id end,
      case w.place when 'message-id' then btrim(word, '<>') else message_id end,
      case w.place when 'client' then word else client end, since, until, most) s
  where w.guess = coalesce(trace_guess(word), 'none') and (w.taken is null or w.guess = 'none')
    and not (w.guess = 'address' and w.place = 'message-id' and (word like '%*%' or word = '<>'))
  group by s.id, s.node, s.time order by 4 desc limit most;
end
$$;
comment on function trace_searches(text, text, text, text, text, text, text, timestamptz, timestamptz, integer) is
  'The rows that match; an address may be the sender''s or a recipient''s, and looks like a message id.';

create or replace function trace(word text default null, sender text default null, recipient text default null, domain text default null,
  queue_id text default null, message_id text default null, client text default null, since timestamptz default now() - interval '14 days',
  until timestamptz default 'infinity', most integer default 100)
returns table (at timestamptz, mail text, source text, outcome text, story text, setting text, change text, details jsonb)
language plpgsql stable set search_path = emailgency, pg_temp as $$
#variable_conflict use_column
declare
  of_domain constant text := coalesce(trace_domain(domain), fold(domain));
  part constant text := case when trace_guess(word) = 'domain' then trace_domain(word) else of_domain end;
  wanted constant text := coalesce(trace_pattern(fold(recipient)), regexp_replace(fold(recipient), '([\\%_])', '\\\1', 'g'));
begin
  perform trace_check(word, sender, recipient, domain, queue_id, message_id, client, most);
  return query
  with head as materialized (
    select h.head_id, h.head_node, h.head_time, max(f.at) as at
    from trace_searches(word, case when sender = '<>' then '' else sender end, recipient, of_domain, queue_id, btrim(message_id, '<>'), client,
        coalesce(since, now() - interval '14 days'), least(coalesce(until, 'infinity'), now() + interval '1 hour'), most) f
      cross join lateral trace_head(f.id, f.node, f.time) h
    group by 1, 2, 3
  )
  select l.* from head h cross join lateral trace_line(h.head_id, h.head_node, h.head_time, wanted, part) l
  order by h.at desc, h.head_id desc;
end
$$;
comment on function trace(text, text, text, text, text, text, text, timestamptz, timestamptz, integer) is
  'What happened to messages, newest first, a row each, in words, with the setting that decided and how to change it: '
  'select * from trace(''user@example.com''). The word is an address, a domain, a client, a queue id or a message id; arguments by name, '
  'such as sender => ''*@example.org'', restrict it further, and * is any text. A domain admin sees what concerns the own domains.';

create or replace function trace_nothing() returns text
language plpgsql stable set search_path = emailgency, pg_temp as $$
declare
  mode constant text := setting_value('trace');
  read_until timestamptz;
begin
  if is_operator() then
    select min(p.log_time) into read_until from tracker_position p;
  end if;
  return 'no message was found' || case mode
    when 'off' then ': setting trace = off, so that none is kept'
    when 'refused' then ': setting trace = refused, so that those are kept only which were refused' else '' end
    || case when not is_operator() then '' when read_until is null then '; no tracker has read a log yet'
      else '; the logs are read until ' || to_char(read_until, 'YYYY-MM-DD HH24:MI:SS') end;
end
$$;
comment on function trace_nothing() is 'That trace() found nothing, and what may be the reason.';
