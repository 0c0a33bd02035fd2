-- The page that says why mail was refused, and lets its sender through.

-- The likeliest first. A name that the client only claims is no name of it: client_name was confirmed by Postfix.
create or replace function why_offers(sender text, client text, client_name text, reason text) returns jsonb
language sql immutable set search_path = emailgency, pg_temp as $$
  select coalesce(jsonb_agg(jsonb_build_object('entry', o.entry, 'kind', view_choice(o.kind)) order by o.n), '[]')
  from (
    select distinct on (t.entry) t.n, t.kind, t.entry from (values
      (case reason when 'dns-listed' then 5 else 1 end, 'address', case when sender ~ '@' then fold_address(sender) end),
      (2, 'domain', address_domain(fold_address(sender))),
      (3, 'below', '.' || address_domain(fold_address(sender))),
      (4, 'client', client),
      (6, 'host', 'host:' || case when client_name <> 'unknown' then fold(client_name) end),
      (7, 'hosts', 'host:.' || case when client_name <> 'unknown' then substring(fold(client_name) from '^[^.]+\.([^.]+\..+)$') end)
    ) as t (n, kind, entry)
    where t.entry is not null and length(t.entry) <= 300 and whitelist_entry_fault(t.entry) is null
    order by t.entry, t.n) as o;
$$;
comment on function why_offers(text, text, text, text) is 'Entries of the white list that would let the sender of a message through.';

-- By the latest event that refused, or else the latest.
create or replace function why_decision(details jsonb) returns jsonb
language sql immutable set search_path = emailgency, pg_temp as $$
  select jsonb_build_object('action', view_choice(e.event ->> 'action'), 'reason', view_choice(replace(coalesce(e.event ->> 'reason', ''), '-', '_')),
    'word', e.event ->> 'reason', 'rule', substring(e.event ->> 'rule' from '^(?:zone|entry)=(.+)$'), 'reply', left(e.event ->> 'reply', 200),
    'unknown', coalesce(e.event ->> 'reply', '') ~ '^[0-9 ]*5\.1\.1|User unknown', 'recipient', e.event ->> 'recipient')
  from (
    select t.event from jsonb_array_elements(details -> 'events') as t (event) where t.event ->> 'kind' = 'decided'
    order by t.event ->> 'action' in ('reject', 'defer') desc, t.event ->> 'time' desc limit 1) as e;
$$;
comment on function why_decision(jsonb) is 'The decision about a message, from the details of trace().';

create or replace function why_row(line record, shown domain) returns jsonb
language plpgsql stable set search_path = emailgency, pg_temp as $$
declare
  details constant jsonb := line.details;
  decision constant jsonb := why_decision(details);
  refused constant boolean := coalesce(decision -> 'action' ? 'reject' or decision -> 'action' ? 'defer', false);
  offers constant jsonb := case when refused and decision ->> 'word' in ('dns-listed', 'greylist-new', 'spf', 'spf-helo')
    then why_offers(details ->> 'sender', details ->> 'client', details ->> 'client_name', decision ->> 'word') else '[]' end;
begin
  return jsonb_build_object('at', view_time(line.at, shown.time_zone), 'sender', left(details ->> 'sender', 254), 'null_sender', details ->> 'sender' = '',
    'recipients', coalesce((select jsonb_agg(left(r, 254)) from jsonb_array_elements_text(jsonb_path_query_array(details -> 'recipients', '$[0 to 2]')) as r), '[]'),
    'more', greatest(jsonb_array_length(details -> 'recipients') - 3, 0), 'client', details ->> 'client',
    'client_name', nullif(details ->> 'client_name', 'unknown'), 'queue_id', details ->> 'queue_id', 'size', view_size((details ->> 'size')::bigint),
    'outcome', view_choice(replace(replace(line.outcome, 'partly ', ''), ' ', '_')), 'partly', line.outcome like 'partly %', 'refused', refused,
    'decision', decision, 'story', left(line.story, 600), 'setting', line.setting,
    'offers', offers, 'has_offers', jsonb_array_length(offers) > 0, 'to', left(decision ->> 'recipient', 254),
    'make', case when (decision ->> 'unknown')::boolean and address_domain(decision ->> 'recipient') = shown.name
      then view_link(view_path(shown.name, 'mailboxes', 'new'), '{address}', array[decision ->> 'recipient']) end);
end
$$;
comment on function why_row(record, domain) is 'A row of trace() as the page shows it.';

-- The latest refusals, among a bounded number of events.
create or replace function why_refusals(domain text, until timestamptz, most integer)
returns table (id bigint, node text, "time" timestamptz, at timestamptz)
language plpgsql stable set search_path = emailgency, pg_temp as $$
#variable_conflict use_column
begin
  return query
  select e.message, e.node, e.message_time, max(e.time)
  from (
    select o.message, o.node, o.message_time, o.time, o.action from message_event o
    where o.domain = why_refusals.domain and o.time < until and o.time > until - interval '14 days' order by o.time desc limit 5000) as e
  where e.action in ('reject', 'defer') group by 1, 2, 3 order by 4 desc limit most;
end
$$;
comment on function why_refusals(text, timestamptz, integer) is 'The latest messages of which a recipient of the domain was refused, until a time.';

create or replace function why_time(params jsonb, name text, zone text) returns timestamptz
language plpgsql stable set search_path = emailgency, pg_temp as $$
declare
  given constant text := replace(coalesce(view_text(params, name, 40), ''), 'T', ' ');
begin
  perform accept(format('"%s" is no time: write it as in 2026-11-29 or 2026-11-29 10:00', given))
  where given !~ '^([0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9]{1,2}:[0-9]{2}(:[0-9]{2})?)?)?$';
  return nullif(given, '')::timestamp at time zone zone;
exception when data_exception then
  perform accept(format('"%s" is no time: write it as in 2026-11-29 or 2026-11-29 10:00', given));
end
$$;
comment on function why_time(jsonb, text, text) is 'A field that is a time in the time zone of the domain; empty: null.';

create or replace function why_lines(shown domain, sender text, recipient text, since timestamptz, until timestamptz, most integer) returns jsonb
language plpgsql stable set search_path = emailgency, pg_temp as $$
declare
  found record;
  rows jsonb := '[]';
begin
  if coalesce(sender, recipient) is null and since is null then
    for found in
      select l.*, extract(epoch from r.at) * 1000000 as place from why_refusals(shown.name, coalesce(until, now() + interval '1 hour'), most) r
        cross join lateral trace_line(r.id, r.node, r.time, null, shown.name) l order by r.at desc
    loop
      rows := rows || (why_row(found, shown) || jsonb_build_object('place', found.place::bigint));
    end loop;
    return rows;
  end if;
  for found in
    select t.* from trace(sender => why_lines.sender, recipient => why_lines.recipient, domain => shown.name,
      since => coalesce(why_lines.since, now() - interval '14 days'), until => coalesce(why_lines.until, 'infinity'), most => why_lines.most) t
  loop
    rows := rows || why_row(found, shown);
  end loop;
  return rows;
end
$$;
comment on function why_lines(domain, text, text, timestamptz, timestamptz, integer) is
  'Messages of a domain, by sender, recipient and time; without any of them the latest refusals.';

create or replace function why_explained(shown domain, address text) returns jsonb
language plpgsql stable set search_path = emailgency, pg_temp as $$
begin
  return coalesce((select jsonb_agg(jsonb_build_object('source', e.source, 'value', left(e.value, 500)) order by e.step)
    from (select x.* from explain(why_explained.address) x limit 40) as e), '[]');
end
$$;
comment on function why_explained(domain, text) is 'explain() of an address of the domain.';

create or replace function page_why(params jsonb) returns jsonb
language plpgsql stable set search_path = emailgency, pg_temp as $$
declare
  shown constant domain := view_domain(params);
  sender constant text := nullif(view_text(params, 'sender'), '');
  recipient constant text := view_address(shown, coalesce(view_text(params, 'recipient'), ''));
  since constant timestamptz := why_time(params, 'from', shown.time_zone);
  until constant timestamptz := coalesce(to_timestamp(substring(view_text(params, 'before') from '^[0-9]{1,16}$')::bigint / 1000000.0),
    why_time(params, 'to', shown.time_zone));
  rows jsonb;
begin
  perform set_config('timezone', shown.time_zone, true); -- of trace()'s words
  rows := why_lines(shown, sender, recipient, since, until, 21);
  return view_page(shown, 'why', jsonb_build_object('rows', view_rows(rows, 20), 'more_found', jsonb_array_length(rows) > 20,
    'older', view_link(view_path(shown.name, 'why'), '{before}', array[view_older(rows, 20, 'place')]),
     'searched', coalesce(sender, recipient) is not null or since is not null,
    'kept', setting_value('trace_days')::integer,
    'explained', case when recipient not like '%*%' and address_domain(recipient) = shown.name then why_explained(shown, recipient) end, 'recipient', recipient,
    'is_explained', coalesce(recipient not like '%*%' and address_domain(recipient) = shown.name, false),
    'form', jsonb_build_object('sender', coalesce(sender, ''), 'recipient', coalesce(recipient, ''), 'from', coalesce(view_text(params, 'from', 40), ''),
      'to', coalesce(view_text(params, 'to', 40), ''))));
end
$$;
comment on function page_why(jsonb) is
  'The fate of mail of a domain, by sender, recipient and time (from, to), at most 20 messages; without any the latest refusals (before a time in '
  'microseconds since 1970: before). What a white-list entry '
  'would let through has entries to choose from; a recipient is explained.';

create or replace function act_why_allow(params jsonb) returns jsonb
language plpgsql set search_path = emailgency, pg_temp as $$
declare
  shown constant domain := view_domain(params);
begin
  perform view_allow(shown.name, view_text(params, 'entry'));
  return act_location(shown.name, 'why');
end
$$;
comment on function act_why_allow(jsonb) is 'Adds an entry to the white list of a domain (entry), and goes back to the refusals.';
