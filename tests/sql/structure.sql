-- Rules for every object of the schema.
begin;
select no_plan();

select is_empty($$select c.relname from pg_class c where c.relnamespace = 'emailgency'::regnamespace and c.relkind in ('r', 'v', 'p') and not c.relispartition
  and obj_description(c.oid, 'pg_class') is null$$, 'every table has a comment');
select is_empty($$select c.relname || '.' || a.attname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  where c.relnamespace = 'emailgency'::regnamespace and c.relkind in ('r', 'v', 'p') and not c.relispartition and col_description(c.oid, a.attnum) is null$$, 'every column has a comment');
select is_empty($$select p.oid::regprocedure::text from pg_proc p where p.pronamespace = 'emailgency'::regnamespace and obj_description(p.oid, 'pg_proc') is null
  and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')$$, 'every function has a comment');
select is_empty($$select t.tgname, t.tgrelid::regclass from pg_trigger t join pg_class c on c.oid = t.tgrelid where c.relnamespace = 'emailgency'::regnamespace
  and not t.tgisinternal and obj_description(t.oid, 'pg_trigger') is null$$, 'every trigger has a comment');
select is_empty($$select p.polname, p.polrelid::regclass from pg_policy p where obj_description(p.oid, 'pg_policy') is null$$, 'every policy has a comment');
select is_empty($$select p.oid::regprocedure::text from pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as a
  where p.pronamespace = 'emailgency'::regnamespace and a.grantee = 0
  and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')$$, 'no function is everyone''s');
select is_empty($$select p.oid::regprocedure::text from pg_proc p where p.pronamespace = 'emailgency'::regnamespace and p.prosecdef
  and not exists (select from unnest(p.proconfig) as c where c like 'search_path=%')$$, 'every function with its owner''s rights has a fixed search path');
select is_empty($$select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'domain'
  where c.relnamespace = 'emailgency'::regnamespace and c.relkind in ('r', 'p') and not c.relrowsecurity
  and has_any_column_privilege('emailgency_domain_admin', c.oid, 'select')$$, 'every table of a domain that its admin sees has row-level security');
select is_empty($$select c.conrelid::regclass || '.' || c.conname from pg_constraint c where c.connamespace = 'emailgency'::regnamespace and c.conparentid = 0
  and c.conname ~ '_(pkey|fkey|check|key)[0-9]*$'$$, 'every constraint is named after what it forbids');
select is_empty($$select c.conrelid::regclass || '.' || c.conname from pg_constraint c where c.contype = 'f' and c.connamespace = 'emailgency'::regnamespace
  and not exists (select from pg_index i where i.indrelid = c.conrelid and i.indkey[0] = c.conkey[1])
  and c.conname not in ('outbox_incident_unknown')$$, 'every reference has an index');
select set_eq($$select rolname || option from pg_roles, unnest(rolconfig) as option where option like 'search_path=%' and rolname ~ '^emailgency_(daemon|dovecot|operator|domain_admin)$'$$,
  $$select r || 'search_path=emailgency, public' from unnest(array['emailgency_daemon', 'emailgency_dovecot', 'emailgency_operator', 'emailgency_domain_admin']) as r$$,
  'every role finds the schema');

select * from finish();
rollback;
