-- Monthly reports: one row per domain and month.

insert into setting_definition (name, public, type, default_value, minimum, maximum, comment) values
  ('report_hours', false, 'integer', '6', 0, 168,
    'Hours over which the monthly reports are sent, so that they do not go out all at once.');

insert into setting (name, value)
select name, default_value from setting_definition d where not exists (select from setting s where s.name = d.name);

create table report (
  domain text collate "C" not null constraint report_domain_unknown references domain on update cascade on delete cascade,
  month date not null constraint report_month_without_first_day check (accept(case when extract(day from month) <> 1 then
    format('month %s of a report is not the first day of a month: write it as in 2026-11-01', month) end)),
  planned_at timestamptz not null default now(),
  due_at timestamptz not null default now(),
  lease_node text,
  lease_until timestamptz not null default '-infinity',
  attempts integer not null default 0,
  made_at timestamptz,
  failed_at timestamptz,
  mails integer not null default 0 constraint report_mails_negative check (mails >= 0),
  last_error text,
  constraint report_repeated primary key (domain, month)
);

create index report_due on report (attempts, due_at) where made_at is null and failed_at is null;
create index report_month on report (month);

alter table outbox
  drop constraint outbox_transition_unknown,
  add constraint outbox_transition_unknown check (transition in ('opened', 'closed', 'code', 'test', 'report'));

-- Reports are large, and lz4 compresses them at a fraction of the time. A server may be built without it.
do $$
begin
  alter table outbox alter column detail set compression lz4;
exception when feature_not_supported then
  null;
end
$$;

-- Reports that were sent and still have their text.
create index outbox_report_sent on outbox (id)
  where transition = 'report' and detail <> '' and (sent_at is not null or dropped_at is not null);
