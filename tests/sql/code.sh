#!/bin/bash
# The code of the schema: each object once in sql/code, and none in the database that is not there. Run by tests/sql/run.
set -u -o pipefail

here=$(dirname "$(readlink -f "$0")")
root=$(readlink -f "$here/../..")
database=emailgency_code_$$
target="$EMG_TEST_SERVER dbname=$database"
release=$(mktemp -d)
number=0
source "$root/tests/sql/tap.bash"
export PGOPTIONS='-c client_min_messages=warning'

ask() {
  psql --no-psqlrc --quiet --no-align --tuples-only --set=ON_ERROR_STOP=1 --dbname="$target" --command="set search_path = emailgency" --command="$1" 2>&1
}

# Objects whose comment the last run of the code did not write: its transaction is that of the row in schema_code.
forgotten() {
  ask "with object (class, oid, name) as (
      select 'pg_proc'::regclass, p.oid, 'function ' || p.oid::regprocedure from pg_proc p where p.pronamespace = 'emailgency'::regnamespace
        and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
      union all select 'pg_class', c.oid, 'view ' || c.relname from pg_class c where c.relnamespace = 'emailgency'::regnamespace and c.relkind = 'v'
      union all select 'pg_trigger', t.oid, format('trigger %s on %s', t.tgname, c.relname) from pg_trigger t join pg_class c on c.oid = t.tgrelid
        where c.relnamespace = 'emailgency'::regnamespace and not t.tgisinternal
      union all select 'pg_policy', p.oid, format('policy %s on %s', p.polname, c.relname) from pg_policy p join pg_class c on c.oid = p.polrelid
        where c.relnamespace = 'emailgency'::regnamespace)
    select o.name from object o left join pg_description d on d.classoid = o.class and d.objoid = o.oid and d.objsubid = 0
    where d.xmin is distinct from (select xmin from schema_code) order by 1"
}

cleanup() {
  rm -rf "$release"
  psql --no-psqlrc --quiet --dbname="$EMG_TEST_SERVER dbname=postgres" --command="drop database if exists $database with (force)"
}
trap cleanup EXIT

# The files.
is "$(grep -hoiE '^ *create (or replace )?(function|view) [a-z_]+' "$root"/sql/code/*.sql | sed 's/.* \(function\|view\) /\1 /' | sort | uniq -d)" "" "each function and view is in sql/code once"
is "$(grep -hoE 'create or replace trigger [a-z_]+ (before|after) .* on [a-z_]+$' "$root"/sql/code/*.sql | sort | uniq -d)" "" "each trigger too"
is "$(grep -liE '\b(create (or replace )?(function|view|trigger|policy)|grant|revoke|comment on)\b' "$root"/sql/migrations/*.sql)" "" "no migration holds what is code"
is "$(grep -hiE '^(create table|alter table .* (add|drop|alter)|insert into|update|delete from)\b' "$root"/sql/code/*.sql | grep -v schema_code)" "" "no code holds what is a migration"
is "$(grep -hoE '^create (function|view|trigger)' "$root"/sql/code/*.sql)" "" "all of it can be applied again"
is "$(wc -l "$root"/sql/migrate "$root"/sql/code/*.sql "$root"/sql/migrations/*.sql | awk '$1 > 400 && $2 != "total" { print $2 }')" "" "no file is longer than 400 lines"

# The database: the code is applied again, to find what it does not write.
psql --no-psqlrc --quiet --dbname="$EMG_TEST_SERVER dbname=postgres" --command="create database $database template template0 encoding 'UTF8'"
"$root/sql/migrate" "$target" >/dev/null
dump() {
  PGOPTIONS='' pg_dump --schema-only --dbname="$target" | sed '/^\\\(un\)\?restrict /d'
}
before=$(dump)
log=$(ask "select sum(xmin::text::bigint) from pg_trigger where tgname like 'directory\\_change\\_%'")
ask "update schema_code set hash = ''"
is "$("$root/sql/migrate" "$target")" "applying the code" "the code is applied again"
after=$(dump)
is "$(diff <(printf '%s\n' "$before") <(printf '%s\n' "$after"))" "" "and changes nothing"
is "$(ask "select sum(xmin::text::bigint) from pg_trigger where tgname like 'directory\\_change\\_%'")" "$log" "the triggers of the change log stay, so that no replica compares all rows"
is "$(forgotten)" "" "it writes every function, view, trigger and policy of the schema"

# An object that left the code without a migration that drops it is found.
cp -r "$root/sql" "$release/"
sed -i '/^create or replace function delete_contact/,/^\$\$;/d; /^comment on function delete_contact/,/;$/d' "$release/sql/code/51_deletes.sql"
sed -i 's/, delete_contact//' "$release/sql/code/90_rights.sql"
sed -i '/^create or replace trigger dnsbl_check/,/;$/d; /^comment on trigger dnsbl_check/d' "$release/sql/code/35_lists_contacts.sql"
is "$("$release/sql/migrate" "$target")" "applying the code" "a release with less code is applied"
is "$(forgotten)" $'function delete_contact(text,text,text)\ntrigger dnsbl_check on dnsbl' "and what it left is found"

printf '1..%s\n' $number
