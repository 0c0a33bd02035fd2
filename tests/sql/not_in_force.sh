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
  mailbox.smtp_denied_by mailbox.created_at)

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

# The programs: what reads rows of the replica, and what names tables in SQL of its own; the functions that the notifier calls.
# lib/directory copies all columns.
programs() {
  find "$root"/{policyd,milter,transportmap,notifier,spfworker,ctl,lib} -name '*.c' ! -path "$root/lib/directory/schema.c" -print0
  printf '%s\0' "$root"/sql/code/4[3-6]_*.sql
}
programs_text=$(programs | xargs -0 cat)
conf_text=$(cat "$root"/packaging/dovecot/*)

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
is "$(while read -r object; do grep -qF "\`$object\`" "$root/docs/operations.md" || echo "$object"; done <<<"$listed")" "" "docs/operations.md names each"
is "$(grep -c quota <<<"$conf_text")" 0 "Dovecot is configured without quotas"

# Calls.
is "$(said "select tidy('A.example')" | head -n 1)" \
  "ERROR:  tidy() does nothing yet, since no program sorts catch-all mail into candidates: make a mailbox for each user, as in insert into mailbox (address) values ('user@a.example')" \
  "tidy() is refused, with what works"
is "$(ask 'select count(*) from tidy_request')" 0 "and nothing is stored"

# Rows: one notice for a statement, not for a row, and none for a default.
notice() {
  printf 'NOTICE:  %s is stored, but not in force yet: %s' "$@"
}
quota=$(notice mailbox.quota 'the mail store has no quotas')
is "$(said "insert into mailbox (address, quota) select format('u%s@a.example', n), 1000 from generate_series(1, 5) n")" "$quota" "one notice for five rows"
is "$(said "update mailbox set quota = 2000, expiry_days = 3")" "$(notice mailbox.expiry_days 'no program removes old mail')
$quota" "one for each column"
is "$(said "update mailbox set quota = null; update mailbox set expiry_days = null; insert into mailbox (address) values ('v@a.example')")" "" "none for a default"
is "$(said "update mailbox set quota = 1; update mailbox set vip = true" --command="update mailbox set quota = 3")" "$quota
$quota" "another statement says it again, one that does not name the column is silent"
is "$(said "update domain set probe_address = 'probe@a.example', stealth = true")" \
  "$(notice domain.probe_address 'no program sends probe mail; monitoring = active probes as simple does')" "a domain"
is "$(said "update domain set probe_address = null, stealth = false")" "" "back to its defaults"
is "$(said "delete from setting")" "" "and its default"
is "$(said "insert into tidy_request (domain) values ('a.example')")" \
  "$(notice tidy_request 'no program sorts catch-all mail: insert a mailbox for each user')" "any row of a table"
is "$(said "insert into domain (name, plan) values ('b.example', 'basic'); insert into plan (name) values ('gold')")" "" "a new customer is silent"

# A domain admin gets the notice too, and what to ask for.
ask "create role $admin login in role emailgency_domain_admin; insert into domain_admin values ('$admin', 'a.example')"
as_admin() {
  PGOPTIONS='-c search_path=emailgency' psql --no-psqlrc --quiet --no-align --tuples-only --dbname="$target user=$admin" --command="$1" 2>&1 | head -n 1
}
is "$(as_admin "update mailbox set quota = 5")" "$quota" "a domain admin gets the notice"
is "$(as_admin "select tidy('a.example')" | cut -c1-32)" 'ERROR:  tidy() does nothing yet,' "a call is refused"
is "$(as_admin "insert into tidy_request (domain) values ('a.example')" | cut -c1-32)" 'ERROR:  permission denied for ta' "and has no way round"
is "$(as_admin "select count(*) > 10 from not_in_force()")" t "and may read the list"

# An entry that leaves the list takes its notice along.
cp -r "$root/sql" "$release/"
sed -i "/('mailbox.quota',/d; /('tidy_request',/d" "$release/sql/code/37_not_in_force.sql"
is "$("$release/sql/migrate" "$target" 2>&1)" "applying the code" "a release with a shorter list is applied"
is "$(said "update mailbox set quota = 6; update tidy_request set done_at = now()")" "" "and is silent on what is in force"
is "$(said "update mailbox set expiry_days = 6")" "$(notice mailbox.expiry_days 'no program removes old mail')" "but of the rest"

printf '1..%s\n' $number
