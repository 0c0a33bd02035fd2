#!/bin/bash
# not_in_force() against the programs: each column, setting, table and call that no program acts on is in the list, and nothing
# else; what a statement that writes one says; and that docs/operations.md names each. Run by tests/sql/run.
set -u -o pipefail

here=$(dirname "$(readlink -f "$0")")
root=$(readlink -f "$here/../..")
database=emailgency_not_in_force_$$
target="$EMG_TEST_SERVER dbname=$database"
admin=emg_notified_$$
release=$(mktemp -d)
number=0
source "$root/tests/sql/tap.bash"

# Enforced by the database itself, by Dovecot's queries, or names that only tie rows together.
readonly elsewhere=(plan.name plan.primary_allowed plan.max_candidates plan.max_mailboxes plan.max_vips plan.max_aliases
  plan.max_targets plan.max_whitelist plan.max_contacts domain.name domain.smtp_denied_by mailbox.domain mailbox.password
  mailbox.smtp_denied_by mailbox.created_at domain.sending_allowed_at mailbox.sending_allowed_at)

psql_on() {
  psql --no-psqlrc --quiet --no-align --tuples-only --dbname="$target" "$@" 2>&1
}

ask() {
  PGOPTIONS='-c client_min_messages=warning -c search_path=emailgency' psql_on --command="$1"
}

# The output of a statement, without hint and context.
said() {
  PGOPTIONS='-c search_path=emailgency' psql_on "${@:2}" --command="$1" | grep -v '^\(HINT\|CONTEXT\|PL/pgSQL\|SQL \)'
}

cleanup() {
  rm -rf "$release"
  PGOPTIONS='-c client_min_messages=warning' psql --no-psqlrc --quiet --dbname="$EMG_TEST_SERVER dbname=postgres" \
    --command="drop database if exists $database with (force)" --command="drop role if exists $admin"
}
trap cleanup EXIT
psql --no-psqlrc --quiet --dbname="$EMG_TEST_SERVER dbname=postgres" --command="create database $database template template0 encoding 'UTF8'"
"$root/sql/migrate" "$target" >/dev/null

# The programs: what reads rows of the replica, and what names tables in SQL of its own; the functions that the notifier and the keeper call.
# lib/directory copies all columns.
programs() {
  find "$root"/{policyd,milter,transportmap,notifier,mailstore,spfworker,ctl,lib} -name '*.c' ! -path "$root/lib/directory/schema.c" -print0
  printf '%s\0' "$root"/sql/code/{4[3-7],7[0-2]}_*.sql
}
programs_text=$(programs | xargs -0 cat)

acts_on() {
  local relation=${1%%.*} part=${1#*.}
  case $1 in
    *'()') [[ $(ask "select ${1%()}('a.example')") != *"does nothing yet"* ]] ;;
    setting.*) grep -qE "\"$part\"|setting_(value|seconds|in_force)\('$part'\)" <<<"$programs_text$(cat "$root"/sql/code/*.sql)" ;;
    *.*) grep -qE "(->|\.)$part\b" <<<"$programs_text" ;;
    *) grep -qE "\b(from|into|update|join) (emailgency\.)?$relation\b" <<<"$programs_text" ;;
  esac
}

inert() {
  local object
  while read -r object; do
    [[ " ${elsewhere[*]} " == *" $object "* ]] || acts_on "$object" || echo "$object"
  done
}

ask "insert into domain (name, plan) values ('a.example', 'basic')"
listed=$(ask "select object from not_in_force() order by object collate \"C\"")
is "$({
  ask "select table_name || '.' || column_name from information_schema.columns where table_schema = 'emailgency'
    and table_name in ('plan', 'domain', 'mailbox', 'domain_alias', 'alias', 'whitelist', 'dnsbl')"
  ask "select 'setting.' || name from setting_definition"
  ask "select unnest(array['contact', 'mailbox_usage', 'incident', 'outbox', 'probe', 'queue_sample', 'flush_request', 'tidy_request'])"
  ask "select unnest(array['flush()', 'tidy()'])"
} | inert | LC_ALL=C sort)" "$listed" "the list is what no program acts on"
is "$(while read -r object; do [[ ! $object ]] || grep -qF "\`$object\`" "$root/docs/operations.md" || echo "$object"; done <<<"$listed")" "" "docs/operations.md names each"

# A release that adds entries.
cp -r "$root/sql" "$release/"
code=$release/sql/code/37_not_in_force.sql
sed -i "s/^    (null, null).*/('domain.probe_address', 'no program sends it'), ('domain.stealth', 'no program hides it'), ('tidy_request', 'no program sorts')/" "$code"
is "$("$release/sql/migrate" "$target" 2>&1)" "applying the code" "a release with a longer list is applied"

# Rows: one notice for a statement, not for a row, and none for a default.
notice() {
  printf 'NOTICE:  %s is stored, but not in force yet: %s' "$@"
}
probe=$(notice domain.probe_address 'no program sends it')
is "$(said "insert into domain (name, plan, probe_address) select format('n%s.example', n), 'basic', format('p@n%s.example', n) from generate_series(1, 5) n")" \
  "$probe" "one notice for five rows"
is "$(said "update domain set probe_address = 'r@' || name, stealth = true")" "$probe
$(notice domain.stealth 'no program hides it')" "one for each column"
is "$(said "update domain set probe_address = null, stealth = false; insert into domain (name, plan) values ('v.example', 'basic')")" "" "none for a default"
is "$(said "update domain set probe_address = 'probe@' || name; update domain set catchall = true" --command="update domain set probe_address = 'q@' || name")" "$probe
$probe" "another statement says it again, one that does not name the column is silent"
is "$(said "delete from setting")" "" "settings are silent"
is "$(said "insert into tidy_request (domain) values ('v.example')")" "$(notice tidy_request 'no program sorts')" "any row of a table"
is "$(said "insert into domain (name, plan) values ('b.example', 'basic'); insert into plan (name) values ('gold')")" "" "a new customer is silent"

# A domain admin gets the notice too, and what to ask for.
ask "create role $admin login in role emailgency_domain_admin; insert into domain_admin values ('$admin', 'a.example')"
as_admin() {
  PGOPTIONS='-c search_path=emailgency' psql --no-psqlrc --quiet --no-align --tuples-only --dbname="$target user=$admin" --command="$1" 2>&1 | head -n 1
}
is "$(as_admin "update domain set probe_address = 'x@a.example'")" "$probe" "a domain admin gets the notice"
is "$(as_admin "insert into tidy_request (domain) values ('a.example')" | cut -c1-32)" 'ERROR:  permission denied for ta' "and writes no request by hand"
is "$(as_admin "select count(*) from not_in_force()")" 3 "and may read the list"

# An entry that leaves the list takes its notice along.
sed -i "s/('domain.probe_address', [^)]*), //" "$code"
is "$("$release/sql/migrate" "$target" 2>&1)" "applying the code" "a release with a shorter list is applied"
is "$(said "update domain set probe_address = 'y@' || name")" "" "and is silent on what is in force"
is "$(said "update domain set stealth = true")" "$(notice domain.stealth 'no program hides it')" "but not on the rest"

printf '1..%s\n' $number
