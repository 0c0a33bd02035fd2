#!/bin/bash
# The applier: an upgrade of a filled database to a release made up here, two runs at once, locked tables, failures, and what it
# says about bad calls. Run by tests/sql/run.
set -u -o pipefail

here=$(dirname "$(readlink -f "$0")")
root=$(readlink -f "$here/../..")
migrate="$root/sql/migrate"
database=emailgency_migrate_$$
target="$EMG_TEST_SERVER dbname=$database"
latest=$(printf '%s\n' "$root"/sql/migrations/*.sql | wc -l)
next=$(printf '%s/sql/migrations/%04d' "$(mktemp -d)" $((latest + 1))) # the made-up release: its next migration, without the name
release=${next%/migrations/*}
number=0
source "$root/tests/sql/tap.bash"
export PGOPTIONS='-c client_min_messages=warning'

psql_on() {
  psql --no-psqlrc --quiet --no-align --tuples-only --set=ON_ERROR_STOP=1 --dbname="$@"
}

ask() {
  psql_on "$target" --command="set search_path = emailgency" --command="$1" 2>&1
}

remake() {
  psql_on "$EMG_TEST_SERVER dbname=postgres" --command="drop database if exists $database with (force)" \
    --command="create database $database template template0 encoding 'UTF8'"
}

# A copy of this release, for a test to change.
copy_release() {
  rm -rf "$release"
  cp -r "$root/sql" "$release"
}

# Exit code and last line of the output.
outcome() {
  local said code
  said=$("$@" 2>&1)
  code=$?
  printf '%s %s' "$code" "${said##*$'\n'}"
}

# Stores every row; then prints those of which a column is gone or changed. Later columns and rows do not count.
readonly tables=(plan domain domain_alias mailbox alias whitelist contact dnsbl setting)

note_rows() {
  local table
  psql_on "$target" --command="create table public.noted (kind text, content jsonb)"
  for table in "${tables[@]}"; do
    psql_on "$target" --command="insert into public.noted select '$table', to_jsonb(t) from emailgency.$table t"
  done
}

changed_rows() {
  local table
  for table in "${tables[@]}"; do
    psql_on "$target" --command="select kind, content from public.noted n where kind = '$table'
      and not exists (select from emailgency.$table t where to_jsonb(t) @> n.content)"
  done
}

cleanup() {
  rm -rf "$(dirname "$release")"
  psql_on "$EMG_TEST_SERVER dbname=postgres" --command="drop database if exists $database with (force)" \
    --command="drop role if exists emailgency_test_nobody"
}
trap cleanup EXIT

# An empty database, in two steps.
remake
is "$(outcome "$migrate" --to 2 "$target")" "0 applying 2 customers" "--to stops after a migration"
is "$(ask 'select max(version) from schema_migration')" 2 "and applies no more"
is "$("$migrate" --status "$target" | sed 's/ [0-9T:+-]*$//; s/^code [0-9a-f]*/code/')" "$(printf '1 settings\n2 customers\n%scode pending' \
  "$(printf '%s\n' "$root"/sql/migrations/*.sql | sed -n '3,$s/.*\/0*\([0-9]*\)_\(.*\)\.sql/\1 \2 pending/p')"$'\n')" "--status prints what is pending"
is "$(outcome "$migrate" "$target")" "0 applying the code" "the rest follows"
is "$("$migrate" --status "$target" | grep -c pending)" 0 "after which nothing is pending"
is "$("$migrate" --status "$target" | tail -n 1 | cut -d' ' -f2)" "$(ask 'select left(hash, 12) from schema_code')" "and the code is this release's"

# An upgrade of a filled database: a new column, a view with another column, a function that does something else, a grant less.
psql_on "$target" --file="$here/rows.psql"
note_rows
is "$(ask 'select count(distinct kind) from public.noted')" "${#tables[@]}" "rows of every table are there"
copy_release
cat >"${next}_notes.sql" <<'SQL'
alter table mailbox add note text not null default 'none';
insert into setting_definition (name, type, default_value, pattern, comment) values ('greeting', 'text', 'hello', '^.*$', 'A greeting.');
insert into setting (name, value) values ('greeting', 'hello');
drop view domain_status;
do $$
begin
  raise warning 'these mailboxes need a new password: %', (select string_agg(address, ', ' order by address) from mailbox where password like '{BLF%');
end
$$;
SQL
sed -i 's/^select d.name as domain, p.problem,/select d.name as domain, d.plan, p.problem,/; s/^group by d.name, p.problem;/group by d.name, p.problem, d.plan;/' "$release/code/42_domain_status.sql"
sed -i '/^grant execute on function record_activity to emailgency_milter;/d' "$release/code/90_rights.sql"
sed -i 's/already, not a candidate/twice/' "$release/code/72_mailbox_calls.sql"
said=$("$release/migrate" "$target" 2>&1)
is "$(grep '^applying' <<<"$said")" "applying $((latest + 1)) notes"$'\n'"applying the code" "one migration and the code are new"
is "$(grep -v '^applying' <<<"$said" | sed 's/.*WARNING/WARNING/')" "WARNING:  these mailboxes need a new password: costly@filled.example" \
  "H2: a migration names the log-ins that need the operator"
is "$(changed_rows)" "" "every row is as it was"
is "$(ask 'select distinct note from mailbox')" none "the new column has its default"
is "$(ask "select name, default_value from setting_definition except select name, value from setting")" "greylist_delay|120" "a new setting has its default"
is "$(ask 'select plan from domain_status order by plan')" $'basic\npremium' "a view has its new column"
is "$(ask "select promote('user@filled.example')" | head -n 1)" 'ERROR:  "user@filled.example" is a mailbox twice' "a replaced function is in force"
is "$(ask "select string_agg(has_function_privilege(r, 'record_activity(text, bigint, text[], date[], text[], bigint[])', 'execute')::text, ' ')
  from unnest(array['emailgency_milter', 'emailgency_policyd']) as r")" "false true" "a removed grant is gone, and no other"
is "$(ask "update plan set expiry_days = 31 where name = 'basic'; select kind, key from directory_change order by id desc limit 1")" "plan|basic" "changes are logged"
is "$(ask "insert into mailbox (address) values ('new@filled.example') returning domain")" filled.example "new rows follow the rules"
is "$(outcome "$migrate" "$target" | cut -d: -f1,2)" \
  "78 migrate: the database has migration $((latest + 1)) (notes), this release ends at $latest" "the release before refuses the database"

# Again: nothing to do, and no lock to wait for.
ask "update plan set max_mailboxes = 7 where name = 'basic'"
before=$(ask 'select xmin, * from schema_code')
coproc holder { psql --no-psqlrc --quiet --no-align --tuples-only --dbname="$target" 2>&1; }
printf 'begin; lock table emailgency.domain, emailgency.mailbox in access exclusive mode; select pg_backend_pid();\n' >&"${holder[1]}"
read -r -t 20 pid <&"${holder[0]}"
is "$(EMG_MIGRATE_TRIES=1 outcome "$release/migrate" "$target")" "0 " "a second run has nothing to do, and takes no table's lock"
is "$(ask 'select xmin, * from schema_code')" "$before" "the same code is not applied twice"
is "$(ask "select max_mailboxes from plan where name = 'basic'")" 7 "an edited plan stays"

# A session that keeps a table locked is not waited for, since all others would queue up after the applier.
printf 'select 1;\n' >>"$release/code/90_rights.sql"
is "$("$release/migrate" --status "$target" | tail -n 1 | cut -d' ' -f1,3)" "code pending" "--status shows changed code as pending"
is "$(EMG_MIGRATE_LOCK_TIMEOUT=200ms EMG_MIGRATE_TRIES=2 outcome "$release/migrate" "$target")" \
  "75 migrate: other sessions keep a table locked: the database is as it was, so run this again" "L3: a locked table is given up soon"
is "$(EMG_MIGRATE_LOCK_TIMEOUT=200ms EMG_MIGRATE_TRIES=1 "$release/migrate" "$target" 2>&1 | grep -c "session $pid of ")" 1 "L3: and the session with the lock is named"
"$release/migrate" "$target" >/dev/null 2>&1 &
applier=$!
printf 'select pg_sleep(1); commit;\n\\q\n' >&"${holder[1]}"
wait $applier
is $? 0 "L3: it is tried again until the table is free"
is "$("$release/migrate" --status "$target" | grep -c pending)" 0 "L3: and all is applied"
is "$(ask "grant temporary on database $database to public; grant execute on function pg_advisory_lock(bigint) to public; grant create on schema public to public;
  alter role emailgency_dovecot reset lock_timeout" && "$release/migrate" "$target" && ask "select has_database_privilege('public', '$database', 'temporary'),
  has_function_privilege('public', 'pg_advisory_lock(bigint)', 'execute'), has_schema_privilege('public', 'public', 'create'),
  (select 'lock_timeout=250ms' = any (rolconfig) from pg_roles where rolname = 'emailgency_dovecot')")" "f|f|f|t" "M4: a run restores what a dump does not hold"

ask "revoke usage on schema emailgency from emailgency_milter; revoke select on domain from emailgency_replicator"
said=$("$release/migrate" "$target" 2>&1)
is "${said%%$'\n'*}" "applying the code" "rights that a restored dump lost are granted again"
is "$(ask "select has_table_privilege('emailgency_replicator', 'domain', 'select')")" t "all of them"

# Two at once.
remake
"$migrate" "$target" >/dev/null 2>&1 &
is "$(outcome "$migrate" "$target" | cut -d' ' -f1)" 0 "one of two runs at once ends well"
wait $!
is $? 0 "so does the other"
is "$(ask 'select count(*) from schema_migration')" "$latest" "each migration is there once"

# A failed run leaves nothing.
before=$(ask 'select xmin, * from schema_code')
copy_release
printf 'create table half (a int);\nselect 1 / 0;\n' >"${next}_broken.sql"
is "$(outcome "$release/migrate" "$target")" "65 migrate: a migration or the code failed: the database is as it was" "a failed migration has its exit code"
is "$(ask "select max(version), to_regclass('half') is null from schema_migration")" "$latest|t" "and leaves nothing"
printf 'create table half (a int);\n' >"${next}_broken.sql"
printf 'select 1 / 0;\n' >"$release/code/99_broken.sql"
is "$(outcome "$release/migrate" "$target" | cut -d' ' -f1)" 65 "so does failed code"
is "$(ask "select max(version), to_regclass('half') is null from schema_migration")" "$latest|t" "which takes the migration with it"
is "$(ask 'select xmin, * from schema_code')" "$before" "and leaves the code before it"
mv "${next}_broken.sql" "$release/migrations/$(printf '%04d' $((latest + 2)))_broken.sql"
is "$(outcome "$release/migrate" "$target" | cut -d: -f1,2)" \
  "70 migrate: migration $((latest + 1)) is missing, or double, in $release/migrations" "a gap is a fault of the release"
rm -r "$release/migrations"
is "$(outcome "$release/migrate" "$target")" "70 migrate: cannot read the migrations in $release/migrations" "so is a release without migrations"
copy_release
rm -r "$release/code"
is "$(outcome "$release/migrate" "$target" | cut -d: -f2)" " cannot read the code in $release/code" "or without code"

# Databases of other releases.
ask "insert into schema_migration values (999, 'future')"
is "$(outcome "$migrate" "$target" | cut -d: -f1,2)" \
  "78 migrate: the database has migration 999 (future), this release ends at $latest" "a newer database is refused"
ask "delete from schema_migration where version = 999; update schema_migration set name = 'other' where version = 2"
is "$(outcome "$migrate" "$target")" \
  "78 migrate: migration 2 of the database is \"other\", of this release \"customers\": the database belongs to another product line" "so is another product's"
remake
ask "create schema emailgency; create table emailgency.schema_migration (version integer primary key, name text not null, applied_at timestamptz not null default now());
  insert into emailgency.schema_migration values (1, 'names'), (2, 'entries')"
refused="78 migrate: the database was made by a development version, whose migrations this release does not know: make a new database \
and copy the rows, as \"Development databases\" in sql/README.md says"
is "$(outcome "$migrate" "$target")" "$refused" "a development database is refused"
is "$(outcome "$migrate" --status "$target")" "$refused" "also by --status"
is "$(ask "select count(*), to_regclass('schema_code') is null from schema_migration")" "2|t" "and is as it was"

# Bad calls.
is "$(outcome "$migrate" --nonsense | cut -d' ' -f1)" 64 "an unknown option"
is "$(outcome "$migrate" --to x "$target")" "64 migrate: --to needs the number of a migration, as in --to 4" "--to without a number"
is "$(outcome "$migrate" mail)" '64 migrate: "mail" is no connection string: write it as in "dbname=mail"' "a bare word"
is "$(outcome "$migrate" "host=/nonexistent dbname=x")" "69 migrate: no connection to the database" "no server"
ask "create role emailgency_test_nobody login"
is "$(outcome "$migrate" "$target user=emailgency_test_nobody")" \
  '77 migrate: the login is no superuser: connect as one, as in "user=postgres dbname=mail"' "a login without the rights"

printf '1..%s\n' $number
