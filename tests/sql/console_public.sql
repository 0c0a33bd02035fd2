-- Public pages of the console: what they say follows from the domain alone.
begin;
select no_plan();

insert into domain (name, plan) values ('a.example', 'premium');
insert into domain_alias values ('alias.a.example', 'a.example');
insert into mailbox (address) values ('u@a.example');

create function asked(name text, params jsonb) returns jsonb
language plpgsql as $$
declare
  answer jsonb;
begin
  set local session authorization emailgency_console;
  begin
    answer := console_call('', 'page_' || name, params) -> 'view';
    raise exception using errcode = 'UE001', message = coalesce(answer::text, 'null');
  exception
    when sqlstate 'UE001' then
      reset session authorization;
      return sqlerrm::jsonb;
    when others then
      reset session authorization;
      raise;
  end;
end
$$;

select is(asked('mail_program', '{"domain": "A.example"}'), '{"domain": "a.example", "host": "aexample.emailgency.example"}', 'a served domain');
select is(asked('mail_program', jsonb_build_object('domain', name)) ->> 'host', 'aexample.emailgency.example', name || ' has the same host')
from unnest(array['alias.a.example', 'aexample.emailgency.example']) as name;
select is(asked('mail_program', params), 'null', params::text || ': none') from unnest(array['{"domain": "b.example"}', '{"domain": ""}', '{}', '{"domain": "u@a.example"}']::jsonb[]) as params;
select is(jsonb_path_query_array(asked('assistant_mx', '{"domain": " Example.COM. "}'), '$.records[*].value'), '["10 mail.example.com.", "20 examplecom.emailgency.example."]', 'a backup MX');
select is(asked('assistant_mx', '{"domain": "example.com", "mode": "primary"}') -> 'records', '[{"name": "example.com.", "kind": "MX", "value": "10 examplecom.emailgency.example."}]', 'a primary MX');
select is(asked('assistant_mx', '{"domain": "a.example"}') - 'domain' - 'form' - 'records', '{"host": "aexample.emailgency.example", "primary": false, "has_records": true}',
  'a served domain gets the answer that it would get if it were not served');
select is(asked('assistant_mx', jsonb_build_object('domain', repeat('a', 60) || '.example')) -> 'host', 'null', 'a name that is too long has no host');
select throws_ok(format('select asked(%L, %L)', page, jsonb_build_object('domain', name)), '23514', null, format('%s: "%s" is no domain', page, name))
from unnest(array['assistant_mx', 'assistant_spf']) as page, unnest(array['', 'a', '<b>', 'a..b', '192.0.2.1', repeat('a', 300)]) as name;
select throws_ok($$select asked('assistant_mx', '{}')$$, '23514', null, 'nor is nothing');
select is(asked('assistant_spf', '{"domain": "example.com"}') ->> 'include', '_spf.emailgency.example', 'the name to include');
update setting set value = '_spf.other.example' where name = 'spf_include';
select is(asked('assistant_spf', '{"domain": "example.com"}') ->> 'include', '_spf.other.example', 'as the setting says');
select is(asked('assistant_client', format('{"address": "%s@a.example"}', name)::jsonb) - 'form' - 'address' - 'profile' - 'qr_text',
  '{"asked": true, "found": {"host": "aexample.emailgency.example", "domain": "a.example"}}', name || ': the same answer') from unnest(array['u', 'nobody', '']) as name;
select is(asked('assistant_client', '{"address": "u@b.example"}') -> 'found', 'null', 'a domain that is not served');
select is(asked('assistant_client', '{}') ->> 'asked', 'false', 'nothing is asked for');
select is(asked('assistant_client', '{"address": "a&b=\"<>@a.example"}') ->> 'profile', '/apple.mobileconfig?address=a%26b%3D%22%3C%3E@a.example', 'a link is encoded');
select throws_ok($$select asked('assistant_client', '{"program": "<b>"}')$$, '23514', 'program "<b>" is unknown: use one of thunderbird, outlook, apple, other, as in thunderbird', 'another program');
update setting set value = '' where name in ('spf_include', 'service_domain');
select is(asked('assistant_spf', '{"domain": "example.com"}') -> 'include', 'null', 'no service domain, no name to include');
select is(asked('assistant_mx', '{"domain": "example.com"}') -> 'records', '[]', 'and no MX');

-- A link that ends reports: the console has checked it. The answer does not say whether there is such a contact.
insert into contact (domain, kind, address) values ('a.example', 'mail', 'ann@out.example'), ('a.example', 'mail', 'ben@out.example');
create function unsubscribed(params jsonb) returns jsonb
language plpgsql as $$
declare
  answer jsonb;
begin
  set local session authorization emailgency_console;
  answer := console_call('', 'act_unsubscribe', params) -> 'view';
  reset session authorization;
  return answer;
end
$$;
select is(unsubscribed(params), '{}', params::text) from unnest(array['{"domain": "a.example", "address": "ann@out.example"}',
  '{"domain": "a.example", "address": "nobody@out.example"}', '{"domain": "b.example", "address": "ann@out.example"}', '{}']::jsonb[]) as params;
select is((select string_agg(address, ', ') from contact where domain = 'a.example' and not monthly_report), 'ann@out.example',
  'the reports to one contact end');
select is((select string_agg(login || ' ' || new::text, ', ') from audit where kind = 'contact' and old is not null), 'ann@out.example {"monthly_report": false}',
  'an edit of the contact itself');
select is((select string_agg(r.rolname, ', ') from pg_roles r where r.rolname ~ '^emailgency' and has_function_privilege(r.oid, 'act_unsubscribe(jsonb)', 'execute')),
  'emailgency_console', 'no login may call it');

-- Public pages are for everybody, and write nothing.
select is((select count(*) from pg_proc p where p.pronamespace = 'emailgency'::regnamespace and p.proname ~ '^(page|act)_' and has_function_privilege('emailgency_console', p.oid, 'execute')
  and (p.provolatile <> 's' or p.proname ~ '^act_') and p.proname <> 'act_unsubscribe'), 0::bigint, 'no public page writes');
select * from finish();
rollback;
