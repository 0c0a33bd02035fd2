-- Calls of admins on alerts: confirmation of telephone numbers, test messages, failed messages.

comment on table contact_code is 'Codes that confirm telephone numbers.';
comment on column contact_code.domain is 'Domain of the contact.';
comment on column contact_code.kind is 'Kind of the contact.';
comment on column contact_code.address is 'The telephone number.';
comment on column contact_code.hash is 'SHA-256 of the code with domain and number.';
comment on column contact_code.attempts is 'Number of codes that were tried.';
comment on column contact_code.created_at is 'Time of the code. It is good for an hour.';

create or replace function administered_contact(domain text, kind text, address text) returns contact
language plpgsql stable security definer set search_path = emailgency, pg_temp as $$
declare
  home constant text := administered_domain(administered_contact.domain);
  wanted contact;
begin
  select c.* into wanted from contact c
  where c.domain = home and c.kind = administered_contact.kind and c.address = case administered_contact.kind
    when 'sms' then regexp_replace(administered_contact.address, '[ ()./-]', '', 'g')
    when 'webhook' then webhook_text(left(administered_contact.address, 1001))
    else fold_address(left(administered_contact.address, 1000)) end;
  if wanted.domain is null then
    raise exception using errcode = 'no_data_found', message = format(
      'domain "%s" has no %s contact %s: first insert into contact (domain, kind, address) values (''%s'', ''%s'', ''%s'')',
      home, kind, left(address, 254), home, kind, left(address, 254));
  end if;
  return wanted;
end
$$;
comment on function administered_contact(text, text, text) is
  'A contact of a domain that the acting role may edit; refuses one that does not exist.';

-- Attempts are counted, but a session may roll the count back: the code is too long to be guessed in its hour. Without letters and
-- digits that look alike.
create or replace function contact_code_text() returns text
language sql volatile
return (
  select string_agg(substr('23456789ABCDEFGHJKLMNPQRSTUVWXYZ', get_byte(r.bytes, n) % 32 + 1, 1), '' order by n)
  from (select decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex') as bytes) as r,
    unnest(array[0, 1, 2, 3, 4, 5, 10, 11]) as n);
comment on function contact_code_text() is 'Eight random letters and digits.';

create or replace function contact_code_hash(code text, domain text, address text) returns bytea
language sql immutable
return sha256(convert_to(upper(code) || ' ' || domain || ' ' || address, 'UTF8'));
comment on function contact_code_hash(text, text, text) is 'The hash of a code as contact_code keeps it.';

create or replace function sms_code(domain text, number text) returns void
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  wanted constant contact := administered_contact(sms_code.domain, 'sms', number);
  code constant text := contact_code_text();
begin
  if not (select p.sms_allowed from domain d join plan p on p.name = d.plan where d.name = wanted.domain) then
    raise exception using errcode = 'object_not_in_prerequisite_state', message = format(
      'the plan of "%s" has no SMS (plan.sms_allowed): use a mail contact, as in insert into contact (domain, kind, address) values '
      '(''%s'', ''mail'', ''admin@example.org'')', wanted.domain, wanted.domain);
  end if;
  -- By the message, too: a contact that was deleted takes its code with it.
  if exists (select from outbox o where o.domain = wanted.domain and o.address = wanted.address and o.transition = 'code'
      and o.created_at > now() - interval '10 minutes') then
    raise exception using errcode = 'object_not_in_prerequisite_state', message = format(
      'a code was sent to %s less than ten minutes ago: wait for it, or ask again later', wanted.address);
  end if;
  insert into contact_code as c (domain, address, hash)
  values (wanted.domain, wanted.address, contact_code_hash(code, wanted.domain, wanted.address))
  on conflict on constraint contact_code_repeated do update set hash = excluded.hash, attempts = 0, created_at = now()
  where c.created_at < now() - interval '10 minutes';
  if not found then
    raise exception using errcode = 'object_not_in_prerequisite_state', message = format(
      'a code was sent to %s less than ten minutes ago: wait for it, or ask again later', wanted.address);
  end if;
  insert into outbox (dedup_key, domain, kind, transition, channel, address, detail)
  values (format('code:%s:%s:%s', wanted.domain, wanted.address, extract(epoch from now())), wanted.domain, '', 'code', 'sms',
    wanted.address, code);
end
$$;
comment on function sms_code(text, text) is
  'Sends a code to a telephone number of a domain: select sms_code(''example.com'', ''+41791234567'').';

-- A wrong code is an answer and no exception, which would undo the count of attempts.
create or replace function sms_confirm(domain text, number text, code text) returns text
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  wanted constant contact := administered_contact(sms_confirm.domain, 'sms', number);
  sent contact_code;
begin
  update contact_code c set attempts = c.attempts + 1 where c.domain = wanted.domain and c.address = wanted.address returning * into sent;
  if sent.domain is null or sent.created_at < now() - interval '1 hour' or sent.attempts > 5 then
    return format('not confirmed: there is no code for %s that is still good; select sms_code(''%s'', ''%s'') sends one',
      wanted.address, wanted.domain, wanted.address);
  end if;
  if sent.hash <> contact_code_hash(code, wanted.domain, wanted.address) then
    return format('not confirmed: "%s" is not the code that was sent to %s', left(code, 20), wanted.address);
  end if;
  delete from contact_code c where c.domain = wanted.domain and c.address = wanted.address;
  update contact c set confirmed_at = now() where c.domain = wanted.domain and c.kind = 'sms' and c.address = wanted.address;
  return format('%s is confirmed', wanted.address);
end
$$;
comment on function sms_confirm(text, text, text) is
  'Confirms a telephone number by the code that was sent to it, and says whether it did: select sms_confirm(''example.com'', '
  '''+41791234567'', ''123456'').';

create or replace function contact_test(domain text, kind text, address text) returns void
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  wanted constant contact := administered_contact(contact_test.domain, contact_test.kind, contact_test.address);
begin
  if wanted.kind = 'sms' and wanted.confirmed_at is null then
    raise exception using errcode = 'object_not_in_prerequisite_state', message = format(
      '%s is not confirmed: select sms_code(''%s'', ''%s'') sends a code', wanted.address, wanted.domain, wanted.address);
  end if;
  perform from domain d where d.name = wanted.domain for no key update;
  if (select count(*) from outbox o
      where o.domain = wanted.domain and o.transition = 'test' and o.created_at > now() - interval '1 hour') >= 20 then
    raise exception using errcode = 'object_not_in_prerequisite_state', message = format(
      'twenty test messages of "%s" went out within an hour, which is the maximum: try again later', wanted.domain);
  end if;
  insert into outbox (dedup_key, domain, kind, transition, channel, address)
  values (format('test:%s:%s:%s', wanted.domain, wanted.address, date_trunc('minute', now())), wanted.domain, '', 'test', wanted.kind,
    wanted.address)
  on conflict on constraint outbox_dedup_key_repeated do nothing;
  if not found then
    raise exception using errcode = 'object_not_in_prerequisite_state', message = format(
      'a test message to %s was written within this minute: wait a minute before the next', wanted.address);
  end if;
end
$$;
comment on function contact_test(text, text, text) is
  'Sends a test message to a contact of a domain, at most one per minute and twenty of a domain per hour: select contact_test(''example.com'', ''mail'', '
  '''admin@example.org'').';

create or replace function retry_outbox(id bigint) returns void
language plpgsql set search_path = emailgency, pg_temp as $$
begin
  update outbox o set failed_at = null, due_at = now(), unknowns = 0 where o.id = retry_outbox.id and o.failed_at is not null;
  if not found then
    raise exception using errcode = 'no_data_found', message = format(
      'message %s has not failed: select id, address, last_error from outbox where failed_at is not null shows those that have', id);
  end if;
end
$$;
comment on function retry_outbox(bigint) is 'Sends a failed message again: select retry_outbox(7). For operators.';
