#!/bin/bash
# The applier: an upgrade of a filled database, two appliers at once, and what it says about bad calls. Run by tests/sql/run.
set -u -o pipefail

here=$(dirname "$(readlink -f "$0")")
root=$(readlink -f "$here/../..")
migrate="$root/sql/migrate"
database=emailgency_migrate_$$
target="$EMG_TEST_SERVER dbname=$database"
latest=$(printf '%s\n' "$root"/sql/migrations/*.sql | wc -l)
first=5 # the first migrations that a database can be filled at
number=0
export PGOPTIONS='-c client_min_messages=warning'

psql_on() {
  psql --no-psqlrc --quiet --no-align --tuples-only --set=ON_ERROR_STOP=1 --dbname="$@"
}

remake() {
  psql_on "$EMG_TEST_SERVER dbname=postgres" --command="drop database if exists $database with (force)" \
    --command="create database $database template template0 encoding 'UTF8'"
}

is() {
  number=$((number + 1))
  if [[ $1 == "$2" ]]; then
    printf 'ok %s - %s\n' "$number" "$3"
  else
    printf 'not ok %s - %s\n# got:    %s\n# wanted: %s\n' "$number" "$3" "${1//$'\n'/$'\n# '}" "${2//$'\n'/$'\n# '}"
  fi
}

# Exit code and the last line said.
outcome() {
  local said code
  said=$("$@" 2>&1)
  code=$?
  printf '%s %s' "$code" "${said##*$'\n'}"
}

# Notes every row, and says which of them has lost or changed a column since; later columns and rows do not count.
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
  psql_on "$EMG_TEST_SERVER dbname=postgres" --command="drop database if exists $database with (force)" \
    --command="drop role if exists emailgency_test_nobody"
}
trap cleanup EXIT

# An upgrade keeps every row.
remake
is "$(outcome "$migrate" --to $first "$target" | cut -d' ' -f1)" 0 "the first $first migrations are applied"
is "$(psql_on "$target" --command='select max(version) from emailgency.schema_migration')" $first "and no more"
psql_on "$target" --file="$here/upgrade.psql"
note_rows
said=$("$migrate" "$target" 2>&1)
is "$(grep -c '^applying' <<<"$said")" $((latest - first)) "the rest follows on a filled database"
is "$(grep -v '^applying' <<<"$said" | sed 's/.*WARNING/WARNING/')" "WARNING:  these mailboxes have a password hash that is not taken any more, and cannot log in \
until they have a new one (at most 20 are named): costly@filled.example" "H2: and names the log-ins that have to be renewed"
is "$(psql_on "$target" --command="select count(distinct kind) from public.noted")" "${#tables[@]}" "rows of every table were there"
is "$(changed_rows)" "" "every row is as it was"
is "$(psql_on "$target" --command="select distinct d.batv, d.receive_only, m.receive_only, coalesce(m.max_message_size, -1)
  from emailgency.domain d join emailgency.mailbox m on m.domain = d.name")" "off|f|f|-1" "new columns change nothing"
is "$(psql_on "$target" --command="select name, default_value from emailgency.setting_definition except
  select name, value from emailgency.setting")" "greylist_delay|120" "new settings are at their defaults"
is "$(psql_on "$target" --command="update emailgency.plan set expiry_days = 31 where name = 'basic'" \
  --command="select kind, key from emailgency.directory_change order by id desc limit 1")" "plan|basic" "changes are logged from then on"
is "$(psql_on "$target" --command="select string_agg(name || ' ' || role, ', ' order by name) from emailgency.served_domain")" \
  "alias.example alias, filled.example domain, filledexample.emailgency.example alternate, own.example alternate, second.example domain" \
  "names of rows from before are served"
is "$(psql_on "$target" --command="insert into emailgency.mailbox (address) values ('new@filled.example') returning domain")" \
  filled.example "new rows follow the new rules"

# Again, and two at once.
psql_on "$target" --command="update emailgency.plan set max_mailboxes = 7 where name = 'basic'"
is "$(outcome "$migrate" "$target")" "0 " "a second run has nothing to do"
is "$(psql_on "$target" --command="select max_mailboxes from emailgency.plan where name = 'basic'")" 7 "an edited plan stays"
remake
"$migrate" "$target" >/dev/null 2>&1 &
is "$(outcome "$migrate" "$target" | cut -d' ' -f1)" 0 "one of two appliers at once ends well"
wait $!
is $? 0 "so does the other"
is "$(psql_on "$target" --command='select count(*) from emailgency.schema_migration')" "$latest" "each migration is there once"
is "$("$migrate" --status "$target" | grep -c pending)" 0 "--status shows them applied"

# A session that keeps a table locked is not waited for, since all others would queue up after the applier.
remake
"$migrate" --to $((latest - 1)) "$target" >/dev/null 2>&1
psql_on "$target" --command="create table emailgency.held ()" >/dev/null
coproc holder { psql --no-psqlrc --quiet --no-align --tuples-only --dbname="$target" 2>&1; }
printf 'begin; lock table emailgency.domain in row exclusive mode; select pg_backend_pid();\n' >&"${holder[1]}"
read -r -t 20 pid <&"${holder[0]}"
is "$(EMG_MIGRATE_LOCK_TIMEOUT=200ms EMG_MIGRATE_TRIES=2 outcome "$migrate" "$target")" \
  "75 migrate: other sessions keep a table locked; what was applied stands, so run this again" "L3: a locked table is given up soon"
is "$(EMG_MIGRATE_LOCK_TIMEOUT=200ms EMG_MIGRATE_TRIES=1 "$migrate" "$target" 2>&1 | grep -c "session $pid of ")" 1 "L3: and who locks it is named"
"$migrate" "$target" >/dev/null 2>&1 &
applier=$!
printf 'select pg_sleep(1); commit;\n\\q\n' >&"${holder[1]}"
wait $applier
is $? 0 "L3: it is tried again until the table is free"
is "$("$migrate" --status "$target" | grep -c pending)" 0 "L3: and all is applied"
is "$(psql_on "$target" --command="grant temporary on database $database to public" && "$migrate" "$target" &&
  psql_on "$target" --command="select has_database_privilege('public', '$database', 'temporary')")" f "M4: a run takes back what a dump does not hold"

# A migration that fails leaves nothing behind.
remake
broken=$(mktemp -d)
mkdir "$broken/migrations"
cp "$migrate" "$broken/"
cp "$root/sql/migrations/0001_names.sql" "$broken/migrations/"
printf 'create table half (a int);\nselect 1 / 0;\n' >"$broken/migrations/0002_broken.sql"
is "$(outcome "$broken/migrate" "$target")" "65 migrate: a migration failed and was rolled back; the ones before it stand" "a failure has its exit code"
is "$(psql_on "$target" --command="select max(version), to_regclass('emailgency.half') is null from emailgency.schema_migration")" "1|t" \
  "the failed migration left nothing"
mv "$broken/migrations/0002_broken.sql" "$broken/migrations/0003_broken.sql"
is "$(outcome "$broken/migrate" "$target" | cut -d: -f1,2)" "70 migrate: migration 2 is missing, or double, in $broken/migrations" "a gap is a fault of the release"
rm -r "$broken"

# Bad calls.
psql_on "$target" --command="insert into emailgency.schema_migration values (999, 'future')"
is "$(outcome "$migrate" "$target" | cut -d: -f1,2)" \
  "78 migrate: the database has migration 999 (future), this release knows $latest" "a newer database is refused"
is "$(outcome "$migrate" --nonsense | cut -d' ' -f1)" 64 "an unknown option"
is "$(outcome "$migrate" --to x "$target")" "64 migrate: --to needs the number of a migration, as in --to 4" "--to without a number"
is "$(outcome "$migrate" mail)" '64 migrate: "mail" is no connection string: write it as in "dbname=mail"' "a bare word"
is "$(outcome "$migrate" "host=/nonexistent dbname=x")" "69 migrate: no connection to the database" "no server"
psql_on "$target" --command="create role emailgency_test_nobody login"
is "$(outcome "$migrate" "$target user=emailgency_test_nobody")" \
  '77 migrate: the login is no superuser: connect as one, as in "user=postgres dbname=mail"' "a login without the rights"

printf '1..%s\n' $number
