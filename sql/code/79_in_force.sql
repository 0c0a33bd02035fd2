-- On how many nodes an edit is in force, from the positions that the replicators report.

comment on table node_position is 'How far the replica of each node has come. Written by its replicator.';
comment on column node_position.node is 'Name of the node.';
comment on column node_position.position is 'All that this snapshot sees is in the replica.';
comment on column node_position.epoch is 'The server''s state within which positions may be compared.';
comment on column node_position.reported_at is 'Time of the latest report: after changes, and every ten seconds.';

create or replace function report_position(node text, "position" pg_snapshot, epoch text) returns void
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  -- A report that a crash loses is made again, and the next round does not wait for the disk.
  perform set_config('synchronous_commit', 'off', true);
  insert into node_position as n (node, position, epoch) values (left(report_position.node, 255), report_position.position, left(report_position.epoch, 200))
  on conflict on constraint node_position_repeated do update set position = excluded.position, epoch = excluded.epoch, reported_at = now();
  perform wake('emailgency_node');
end
$$;
comment on function report_position(text, pg_snapshot, text) is 'Stores how far the replica of a node has come, and notifies who waits for it.';

create or replace function node_position_end() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  delete from node_position p where p.node = old.name;
  return null;
end
$$;
comment on function node_position_end() is 'A node that was removed holds no edit up.';

create or replace trigger node_position_end after delete on node
for each row execute function node_position_end();
comment on trigger node_position_end on node is 'Forgets how far its replica had come.';

create or replace function node_reached(edit_xid xid8) returns table (node text, in_force boolean, reported_at timestamptz)
language sql stable security definer set search_path = emailgency, pg_temp as $$
  select n.node, pg_visible_in_snapshot(edit_xid, n.position) and n.reported_at > now() - interval '60 seconds', n.reported_at
  from node_position n where n.reported_at > now() - interval '7 days' order by n.node;
$$;
comment on function node_reached(xid8) is
  'For each node whether a transaction is in force there. A node that has not reported for a minute is not known to be; one that has not '
  'for a week is forgotten.';

create or replace function in_force(edit bigint default null) returns table (node text, in_force boolean, reported_at timestamptz)
language sql stable set search_path = emailgency, pg_temp as $$
  select r.node, r.in_force, r.reported_at from audit a cross join node_reached(a.xid) as r
  where a.id = coalesce(in_force.edit, (select max(o.id) from audit o where o.login = acting_login() and o.kind not in ('contact', 'domain_admin')))
    and a.kind not in ('contact', 'domain_admin');
$$;
comment on function in_force(bigint) is
  'On which nodes an edit is in force: select * from in_force(4711); without a number the caller''s latest one. No row for tables that nodes do not hold, '
  'whose rows are in force at once.';
