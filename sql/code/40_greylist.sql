-- Greylisting: expiry, in bounded steps outside the request path. policyd writes the rows.

comment on table greylist is
  'Attempts by client, sender and recipient. Merging is commutative: least(first_seen), greatest(last_seen), and passed_at '
  'is never reset.';
comment on column greylist.client is 'Identity of the client: its confirmed name, or the network of an unnamed one.';
comment on column greylist.sender is 'Normalised sender address.';
comment on column greylist.recipient is 'Recipient address, in the domain itself.';
comment on column greylist.first_seen is 'First attempt.';
comment on column greylist.last_seen is
  'Latest known attempt. In a passed row it moves at most once a day, since each move writes an index entry.';
comment on column greylist.passed_at is 'Time of the retry that passed; null: waiting.';
comment on constraint greylist_key_too_long on greylist is 'A key must fit into a B-tree entry.';

comment on table greylist_client is 'Clients that passed greylisting. After enough passes a client is white-listed.';
comment on column greylist_client.client is 'Identity of the client, as in greylist.';
comment on column greylist_client.passes is 'Number of passes that count: at least setting greylist_client_interval apart.';
comment on column greylist_client.first_pass is 'First pass.';
comment on column greylist_client.last_pass is 'Latest pass that counted, or latest attempt.';

create or replace function expire_greylist_waiting(batch integer) returns bigint
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  oldest constant timestamptz := now() - setting_seconds('greylist_window');
  removed bigint;
begin
  delete from greylist where ctid = any (array(
    select ctid from greylist where passed_at is null and first_seen < oldest
    order by first_seen limit batch for update skip locked));
  get diagnostics removed = row_count;
  return removed;
end
$$;
comment on function expire_greylist_waiting(integer) is 'Removes at most batch rows without a retry in time; returns how many.';

create or replace function expire_greylist_passed(batch integer) returns bigint
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  oldest constant timestamptz := now() - setting_seconds('greylist_lifetime');
  removed bigint;
begin
  delete from greylist where ctid = any (array(
    select ctid from greylist where passed_at is not null and last_seen < oldest
    order by last_seen limit batch for update skip locked));
  get diagnostics removed = row_count;
  return removed;
end
$$;
comment on function expire_greylist_passed(integer) is
  'Removes at most batch passed rows without an attempt during the lifetime; returns how many.';

create or replace function expire_greylist_clients(batch integer) returns bigint
language plpgsql security definer set search_path = emailgency, pg_temp as $$
declare
  oldest constant timestamptz := now() - setting_seconds('greylist_lifetime');
  removed bigint;
begin
  delete from greylist_client where ctid = any (array(
    select ctid from greylist_client where last_pass < oldest
    order by last_pass limit batch for update skip locked));
  get diagnostics removed = row_count;
  return removed;
end
$$;
comment on function expire_greylist_clients(integer) is
  'Removes at most batch clients without an attempt during the lifetime; returns how many.';

create or replace function expire_greylist(batch integer default 1000) returns bigint
language sql security definer set search_path = emailgency, pg_temp
begin atomic
  select expire_greylist_waiting(batch) + expire_greylist_passed(batch) + expire_greylist_clients(batch);
end;
comment on function expire_greylist(integer) is
  'Removes expired rows, at most batch of each kind, and skips locked rows; returns how many. Repeat while it returns as '
  'much as batch.';
