-- The pages of monthly reports: the list, and the figures of a month.

create or replace function page_reports(params jsonb) returns jsonb
language plpgsql stable set search_path = emailgency, pg_temp as $$
declare
  shown constant domain := view_domain(params);
  this_month constant date := date_trunc('month', now() at time zone shown.time_zone)::date;
  first_day date;
begin
  select min(a.day) into first_day from activity a where a.domain = shown.name;
  return view_page(shown, 'reports', jsonb_build_object('language', shown.language,
    'contacts', (select count(*) from contact c where c.domain = shown.name and c.kind = 'mail' and c.monthly_report),
    'rows', (select jsonb_agg(jsonb_build_object('month', to_char(m, 'YYYY-MM'), 'path', view_path(shown.name, 'reports', to_char(m, 'YYYY-MM')),
        'open', m::date = this_month) order by m desc)
      from generate_series(greatest(date_trunc('month', coalesce(first_day, this_month))::date, (this_month - interval '12 months')::date),
        this_month, interval '1 month') as m)));
end
$$;
comment on function page_reports(jsonb) is 'The months of which a domain has a report.';

create or replace function view_minutes(minutes bigint) returns text
language sql immutable parallel safe
return case when minutes < 60 then minutes || ' min' when minutes < 1440 then minutes / 60 || ' h ' || minutes % 60 || ' min'
  else minutes / 1440 || ' d ' || minutes % 1440 / 60 || ' h' end;
comment on function view_minutes(bigint) is 'A time in words.';

-- Two programs count mail and bytes: the first name that is there is shown.
create or replace function report_number(figures jsonb, key text, variadic names text[]) returns jsonb
language sql immutable parallel safe
return (select jsonb_build_object('key', view_choice(report_number.key), 'now', f.pair -> 0, 'before', f.pair -> 1)
  from unnest(names) with ordinality as n (name, place) cross join lateral (select figures -> 'numbers' -> n.name as pair) as f
  where f.pair is not null order by n.place limit 1);
comment on function report_number(jsonb, text, text[]) is 'A number of a report, of the month and of the month before; null: not counted.';

create or replace function view_report_month(shown domain, params jsonb) returns date
language plpgsql stable set search_path = emailgency, pg_temp as $$
declare
  given constant text := view_text(params, 'month', 20);
  this_month constant date := date_trunc('month', now() at time zone shown.time_zone)::date;
begin
  if given !~ '^20[0-9]{2}-(0[1-9]|1[0-2])$' or (given || '-01')::date not between this_month - interval '12 months' and this_month then
    raise exception using errcode = 'no_data_found', message = 'there is no such page';
  end if;
  return (given || '-01')::date;
end
$$;
comment on function view_report_month(domain, jsonb) is 'The month that a page is of (month, as in 2026-11): one of the latest thirteen.';

create or replace function page_report_mail(params jsonb) returns jsonb
language plpgsql stable set search_path = emailgency, pg_temp as $$
declare
  shown constant domain := view_domain(params);
begin
  return view_page(shown, 'report', jsonb_build_object('figures', report_preview(shown.name, view_report_month(shown, params))));
end
$$;
comment on function page_report_mail(jsonb) is 'The figures of a month (month), of which the console composes the mail as it is sent.';

create or replace function page_report(params jsonb) returns jsonb
language plpgsql stable set search_path = emailgency, pg_temp as $$
declare
  shown constant domain := view_domain(params);
  this_month constant date := date_trunc('month', now() at time zone shown.time_zone)::date;
  month constant date := view_report_month(shown, params);
  figures constant jsonb := report_preview(shown.name, month);
begin
  return view_page(shown, 'report', jsonb_build_object('month', to_char(month, 'YYYY-MM'), 'open', month = this_month, 'copies', report_copies(), 'since', nullif(figures ->> 'since', ''),
    'numbers', (select coalesce(jsonb_agg(n.number) filter (where n.number is not null), '[]') from (values
        (report_number(figures, 'received', 'accepted_messages')), (report_number(figures, 'delivered', 'delivered')), (report_number(figures, 'stored', 'stored')),
        (report_number(figures, 'deferred', 'deferred')), (report_number(figures, 'bounced', 'bounced')), (report_number(figures, 'greylisted', 'greylisted')),
        (report_number(figures, 'returned', 'greylist_returned')), (report_number(figures, 'blacklisted', 'blacklisted')), (report_number(figures, 'spf', 'spf_refused')),
        (report_number(figures, 'too_big', 'too_big')), (report_number(figures, 'unknown', 'unknown_recipient')), (report_number(figures, 'backscatter', 'backscatter')),
        (report_number(figures, 'stealth', 'stealth')), (report_number(figures, 'sent', 'sent_messages', 'outgoing_messages')),
        (report_number(figures, 'sent_bounced', 'outgoing_bounced')), (report_number(figures, 'denied', 'smtp_denied'))) as n (number)),
    'weeks', (select coalesce(jsonb_agg(jsonb_build_object('first', w -> 0, 'last', w -> 1, 'received', coalesce(w -> 2, '0'), 'refused', coalesce(w -> 3, '0'))), '[]')
      from jsonb_array_elements(figures -> 'weeks') as w),
    'outages', jsonb_build_object('count', figures #> '{outages,count}', 'time', view_minutes((figures #>> '{outages,minutes}')::bigint),
      'rows', (select coalesce(jsonb_agg(jsonb_build_object('kind', view_choice(o ->> 0), 'from', o ->> 1, 'until', nullif(o ->> 2, ''),
        'time', view_minutes((o ->> 3)::bigint))), '[]') from jsonb_array_elements(figures #> '{outages,longest}') as o)),
    'full', (select coalesce(jsonb_agg(jsonb_build_object('address', f ->> 0, 'used', view_size((f ->> 1)::bigint), 'quota', view_size((f ->> 2)::bigint),
        'share', view_share((f ->> 1)::bigint, (f ->> 2)::bigint))), '[]') from jsonb_array_elements(figures #> '{mailboxes,fullest}') as f),
    'shorter', (select coalesce(jsonb_agg(jsonb_build_object('address', e ->> 0, 'days', e -> 1, 'usual', e -> 2)), '[]')
      from jsonb_array_elements(figures #> '{expiry,shortest}') as e)));
end
$$;
comment on function page_report(jsonb) is 'The figures of a month (month, as in 2026-11).';

create or replace function act_report_send(params jsonb) returns jsonb
language plpgsql set search_path = emailgency, pg_temp as $$
declare
  shown constant domain := view_domain(params);
  month constant date := view_report_month(shown, params);
begin
  perform send_report_copy(shown.name, month, params ->> 'message');
  return jsonb_build_object('location', view_path(shown.name, 'reports', to_char(month, 'YYYY-MM')) || '?done=report');
end
$$;
comment on function act_report_send(jsonb) is 'Sends the report of a month (month), which the console composed (message), to the account that acts.';
