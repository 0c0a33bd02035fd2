-- Parts of which the pages of the console are made. They run with the caller's rights: row-level security decides what a page shows.
-- A page is a function page_NAME(params), whose object is the view of a template; an action is act_NAME(params), which edits rows.

create or replace function view_text(params jsonb, name text, most integer default 400) returns text
language sql immutable parallel safe
return left(btrim(case jsonb_typeof(params -> name) when 'string' then params ->> name when 'array' then params -> name ->> 0 end), most);
comment on function view_text(jsonb, text, integer) is 'A field of a request, without blanks at its ends, at most so many characters; null: it is not there.';

create or replace function view_texts(params jsonb, name text, most integer default 64) returns text[]
language sql immutable parallel safe
return case jsonb_typeof(params -> name) when 'string' then array[params ->> name]
  when 'array' then array(select e.value from jsonb_array_elements_text(params -> name) with ordinality as e (value, n) order by e.n limit most)
  else '{}' end;
comment on function view_texts(jsonb, text, integer) is 'All values of a field of a request, at most so many.';

create or replace function view_flag(params jsonb, name text) returns boolean
language sql immutable parallel safe
return params ? name;
comment on function view_flag(jsonb, text) is 'True if a check box is ticked: browsers send no others.';

create or replace function view_choice(value text) returns jsonb
language sql immutable parallel safe
return case when value is null then '{}'::jsonb else jsonb_build_object(value, true) end;
comment on function view_choice(text) is 'A word as templates ask for it: {"WORD": true}.';

create or replace function view_domain(params jsonb) returns domain
language plpgsql stable set search_path = emailgency, pg_temp as $$
declare
  shown domain;
begin
  select d.* into shown from domain d where d.name = fold(view_text(params, 'd', 254));
  if shown.name is null then
    raise exception using errcode = 'no_data_found', message = 'there is no such page';
  end if;
  return shown;
end
$$;
comment on function view_domain(jsonb) is 'The domain that a page is of; one that the session does not see is as if it were not there.';

-- RFC 3986 section 2.1.
create or replace function view_escape(value text) returns text
language sql immutable parallel safe
return (select string_agg(case when b.c ~ '[A-Za-z0-9._~@-]' then b.c
    else regexp_replace(upper(encode(convert_to(b.c, 'UTF8'), 'hex')), '(..)', '%\1', 'g') end, '' order by b.n)
  from string_to_table(value, null) with ordinality as b (c, n));
comment on function view_escape(text) is 'A text, percent-encoded character by character.';

-- Most texts need no more than a look.
create or replace function view_encode(value text) returns text
language sql immutable parallel safe
return case when value ~ '^[A-Za-z0-9._~@-]*$' then value else view_escape(value) end;
comment on function view_encode(text) is 'A text, percent-encoded for a part of a path or a value of a query.';

create or replace function view_path(domain text, part text default null, item text default null) returns text
language sql immutable parallel safe
return '/d/' || view_encode(domain) || coalesce('/' || part || coalesce('/' || view_encode(item), ''), '');
comment on function view_path(text, text, text) is 'The path of a page: domain, page, item.';

create or replace function view_link(path text, names text[], vals text[]) returns text
language sql immutable parallel safe
return case when vals[cardinality(vals)] is not null then path || '?' || (select string_agg(q.name || '=' || view_encode(q.value), '&' order by q.n)
  from unnest(names, vals) with ordinality as q (name, value, n) where q.value <> '') end;
comment on function view_link(text, text[], text[]) is 'The address of a page with a query, without its empty values; null if the last of them is null: there is no such page.';

create or replace function view_time(at timestamptz, zone text) returns jsonb
language sql stable
return case when at is null or not isfinite(at) then null else jsonb_build_object(
  'text', to_char(at at time zone zone, 'YYYY-MM-DD HH24:MI'),
  'iso', to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')) end;
comment on function view_time(timestamptz, text) is 'A time as text in a time zone, and as programs read it; null: none.';

create or replace function view_size(bytes bigint) returns text
language sql immutable parallel safe
return case when bytes < 1024 then bytes || ' B'
  when bytes < 1024 ^ 2 then replace(to_char(bytes / 1024.0, 'FM9990.0'), '.0', '') || ' KB'
  when bytes < 1024 ^ 3 then replace(to_char(bytes / 1024.0 ^ 2, 'FM9990.0'), '.0', '') || ' MB'
  when bytes < 1024 ^ 4 then replace(to_char(bytes / 1024.0 ^ 3, 'FM9990.0'), '.0', '') || ' GB'
  else replace(to_char(bytes / 1024.0 ^ 4, 'FM9999990.0'), '.0', '') || ' TB' end;
comment on function view_size(bigint) is 'A size in words, as in 1.5 GB.';

create or replace function view_share(used bigint, allowed bigint) returns integer
language sql immutable parallel safe
return case when allowed > 0 then least(coalesce(used, 0) * 100 / allowed, 999)::integer when used > 0 then 100 else 0 end;
comment on function view_share(bigint, bigint) is 'A part in percent.';

-- 240 by 40 units, 0 at the bottom.
create or replace function view_chart(figures bigint[]) returns jsonb
language sql immutable parallel safe
return (select case when count(*) < 2 or coalesce(max(v.figure), 0) = 0 then null else jsonb_build_object('peak', max(v.figure), 'points',
    string_agg(round((v.n - 1) * 240.0 / (cardinality(figures) - 1), 1) || ',' || round(40 - coalesce(v.figure, 0) * 38.0 / nullif(p.peak, 0), 1), ' ' order by v.n)) end
  from unnest(figures) with ordinality as v (figure, n) cross join (select max(m.figure) as peak from unnest(figures) as m (figure)) as p);
comment on function view_chart(bigint[]) is 'The points of a line, for a picture of 240 by 40 units, and the largest figure; null: nothing to draw.';

create or replace function view_seen(form jsonb) returns text
language sql immutable parallel safe
return md5(form::text);
comment on function view_seen(jsonb) is 'A mark of the values that a form shows, by which an action sees that they were changed meanwhile.';

create or replace function view_check_seen(params jsonb, form jsonb, domain text, kind text, key jsonb) returns void
language plpgsql stable set search_path = emailgency, pg_temp as $$
declare
  other record;
begin
  if view_text(params, 'seen') = view_seen(form) or view_text(params, 'seen') is null then
    return;
  end if;
  select a.login, c.changed_at into other from audit a join domain d on d.name = a.domain
    cross join lateral (select to_char(a.at at time zone d.time_zone, 'YYYY-MM-DD HH24:MI') as changed_at) as c
  where a.domain = view_check_seen.domain and a.kind = view_check_seen.kind and a.key = view_check_seen.key order by a.at desc, a.id desc limit 1;
  raise exception using errcode = 'object_not_in_prerequisite_state', message = format(
    '%s changed this at %s, while you edited it: save again to keep what you entered, or open the page again to see the change',
    coalesce(other.login, 'somebody'), coalesce(other.changed_at, 'an unknown time'));
end
$$;
comment on function view_check_seen(jsonb, jsonb, text, text, jsonb) is
  'Refuses to overwrite what somebody changed since the form was shown. Takes the values of the form as they are now.';

create or replace function view_incidents(domain text, zone text, most integer) returns jsonb
language plpgsql stable set search_path = emailgency, pg_temp as $$
#variable_conflict use_column
begin
  return (
  select coalesce(jsonb_agg(jsonb_build_object('kind', view_choice(i.kind), 'subject', nullif(left(i.subject, 200), ''),
    'since', view_time(i.opened_at, zone), 'detail', left(i.detail, 300)) order by i.opened_at), '[]')
  from (select * from incident o where o.domain = view_incidents.domain and o.closed_at is null order by o.opened_at limit most) as i);
end
$$;
comment on function view_incidents(text, text, integer) is 'Open incidents of a domain.';

-- Templates ask for a list once for each of its items, so they need another key to ask whether there are any.
create or replace function view_has(view jsonb) returns jsonb
language sql immutable parallel safe
return view || (select coalesce(jsonb_object_agg('has_' || e.key, jsonb_array_length(e.value) > 0), '{}')
  from (select * from jsonb_each(view) as o where jsonb_typeof(o.value) = 'array') as e);
comment on function view_has(jsonb) is 'A view with a key has_LIST for each of its lists: whether it has items.';

create or replace function view_page(shown domain, title text, parts jsonb) returns jsonb
language plpgsql stable set search_path = emailgency, pg_temp as $$
begin
  return view_has(parts) || jsonb_build_object('d', shown.name, 'base', view_path(shown.name), 'title', view_choice(title), 'zone', shown.time_zone,
    'banner', jsonb_build_object('stealth', shown.stealth, 'denied', shown.smtp_deny, 'incidents', view_incidents(shown.name, shown.time_zone, 3)));
end
$$;
comment on function view_page(domain, text, jsonb) is
  'The view of a page of a domain: its own parts, and what every page has: names, the path, the title, and what stands above the page.';

create or replace function view_queue(domain text) returns table (waiting bigint, late bigint, oldest_at timestamptz, nodes jsonb)
language plpgsql stable set search_path = emailgency, pg_temp as $$
#variable_conflict use_column
begin
  return query
  select coalesce(sum(l.messages), 0)::bigint, coalesce(sum(l.late), 0)::bigint, min(l.oldest_at),
    coalesce(jsonb_agg(jsonb_build_object('node', l.node, 'messages', l.messages) order by l.node) filter (where l.messages > 0), '[]')
  from (
    select distinct on (s.node) s.node, s.messages, s.late, s.oldest_at from queue_sample s
    where s.domain = view_queue.domain and s.taken_at > now() - 3 * make_interval(secs => setting_value('queue_interval')::integer)
    order by s.node, s.taken_at desc) as l;
end
$$;
comment on function view_queue(text) is 'Mail of a domain that waits, by the latest counts of the nodes.';

-- The most of each node within a part of the time, added up.
create or replace function view_queue_chart(domain text, zone text, hours integer, parts integer) returns jsonb
language plpgsql stable set search_path = emailgency, pg_temp as $$
#variable_conflict use_column
declare
  lows constant timestamptz[] := array(
    select now() - make_interval(hours => hours) * (parts - n + 1) / parts from generate_series(1, parts) as n order by n);
begin
  return (
  with counted as (
    select s.node, width_bucket(s.taken_at, lows) as n, max(s.messages) as most
    from queue_sample s where s.domain = view_queue_chart.domain and s.taken_at > lows[1] and s.taken_at <= now()
    group by 1, 2
  ), figure as (
    select p.n, p.low, coalesce(sum(c.most), 0)::bigint as messages
    from unnest(lows) with ordinality as p (low, n) left join counted c on c.n = p.n group by p.n, p.low
  )
  select view_chart(array_agg(f.messages order by f.n)) || jsonb_build_object(
    'rows', jsonb_agg(jsonb_build_object('at', view_time(f.low, zone), 'messages', f.messages) order by f.n) filter (where f.messages > 0))
  from figure f);
end
$$;
comment on function view_queue_chart(text, text, integer, integer) is 'How many messages waited in each part of the latest hours, as a chart and as rows; null: none.';

create or replace function view_server(domain text, zone text) returns jsonb
language plpgsql stable set search_path = emailgency, pg_temp as $$
#variable_conflict use_column
begin
  return (
  select jsonb_build_object('state', view_choice(case when p.domain is null then 'unknown' else p.state end), 'since', view_time(p.since, zone),
    'checked', view_time(p.checked_at, zone), 'reply', nullif(left(p.reply, 300), ''), 'server', nullif(p.server, ''),
    'asked', view_time(r.requested_at, zone), 'tested', length(p.results) > 0,
    'results', coalesce((select jsonb_agg(jsonb_build_object('good', get_bit(p.results, n) = 1, 'at', view_time(p.checks[n + 1], zone)) order by n)
      from generate_series(0, length(p.results) - 1) as n), '[]'))
  from (select view_server.domain as name) as one left join probe p on p.domain = one.name left join probe_request r on r.domain = one.name);
end
$$;
comment on function view_server(text, text) is 'State of the server of a domain, as the probes found it.';

-- The last row of a page that is not the last gives the key from which the next one goes on.
create or replace function view_older(rows jsonb, most integer, key text) returns text
language sql immutable parallel safe
return case when jsonb_array_length(rows) > most then rows -> (most - 1) ->> key end;
comment on function view_older(jsonb, integer, text) is 'The key of the last row shown, if there are more than are shown; null: these are all.';

create or replace function view_rows(rows jsonb, most integer) returns jsonb
language sql immutable parallel safe
return case when jsonb_array_length(rows) > most then jsonb_path_query_array(rows, '$[0 to $last]', jsonb_build_object('last', most - 1)) else rows end;
comment on function view_rows(jsonb, integer) is 'The first rows.';

create or replace function view_number(params jsonb, name text, label text) returns bigint
language plpgsql stable set search_path = emailgency, pg_temp as $$
declare
  given constant text := view_text(params, name, 40);
begin
  perform accept(format('%s cannot be "%s": write a whole number, as in 30', label, given)) where given !~ '^[0-9]{0,15}$';
  return nullif(given, '')::bigint;
end
$$;
comment on function view_number(jsonb, text, text) is 'A field that is a whole number; empty: null.';

create or replace function act_location(domain text, part text, item text default null) returns jsonb
language sql immutable parallel safe
return jsonb_build_object('location', view_path(domain, part, item));
comment on function act_location(text, text, text) is 'The page to which an action leads.';
