#!/bin/bash
# Two sessions at once: limits that hold, changes that commit late, expiry that does not wait, a password that Dovecot takes.
# Run by tests/sql/run.
set -u -o pipefail

database=emailgency_concurrency_$$
target="$EMG_TEST_SERVER dbname=$database"
root=$(readlink -f "$(dirname "$(readlink -f "$0")")/../..")
number=0
export PGOPTIONS='-c client_min_messages=error -c search_path=emailgency'

ask() {
  psql --no-psqlrc --quiet --no-align --tuples-only --dbname="$target" --command="$1" 2>&1
}

is() {
  number=$((number + 1))
  if [[ $1 == "$2" ]]; then
    printf 'ok %s - %s\n' "$number" "$3"
  else
    printf 'not ok %s - %s\n# got:    %s\n# wanted: %s\n' "$number" "$3" "$1" "$2"
  fi
}

# A second session, which is told statements through a pipe and says when each is done.
open_other() {
  coproc other { psql --no-psqlrc --quiet --no-align --tuples-only --dbname="$target" 2>&1; }
}

tell_other() {
  local said
  printf '%s\n\\echo done\n' "$1" >&"${other[1]}"
  while read -r -t 20 said <&"${other[0]}" && [[ $said != done ]]; do
    printf '%s\n' "$said"
  done
}

# Until the given number of sessions wait for a lock, at most ten seconds.
await_waiting() {
  local i
  for i in {1..100}; do
    [[ $(ask "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'") == "$1" ]] && return
    sleep 0.1
  done
}

cleanup() {
  PGOPTIONS= psql --no-psqlrc --quiet --dbname="$EMG_TEST_SERVER dbname=postgres" --command="drop database if exists $database with (force)"
}
trap cleanup EXIT
PGOPTIONS= psql --no-psqlrc --quiet --dbname="$EMG_TEST_SERVER dbname=postgres" --command="create database $database template template0 encoding 'UTF8'"
"$root/sql/migrate" "$target" >/dev/null
open_other

# The last place is given once.
ask "insert into domain (name, plan) values ('a.example', 'basic'); update plan set max_mailboxes = 1 where name = 'basic';
  insert into contact (domain, kind, address) values ('a.example', 'sms', '+41791234567')"
tell_other "begin; insert into mailbox (address) values ('first@a.example');"
ask "insert into mailbox (address) values ('second@a.example')" >"/tmp/$database.said" &
await_waiting 1
tell_other "commit;"
wait $!
is "$(head -n 1 "/tmp/$database.said" | cut -c1-60)" 'ERROR:  domain "a.example" would have 2 mailboxes, plan "bas' "two sessions cannot both take the last mailbox"
is "$(ask 'select count(*) from mailbox')" 1 "one is there"

tell_other "begin; insert into contact (domain, kind, address) values ('a.example', 'sms', '+41791234568');"
ask "insert into contact (domain, kind, address) values ('a.example', 'sms', '+41791234569')" >"/tmp/$database.said" &
await_waiting 1
tell_other "commit;"
wait $!
is "$(head -n 1 "/tmp/$database.said" | cut -c1-60)" 'ERROR:  domain "a.example" has two sms contacts already, whi' "nor both add the second telephone"

tell_other "begin; insert into domain_alias values ('name.example', 'a.example');"
ask "insert into domain (name, plan) values ('name.example', 'basic')" >"/tmp/$database.said" &
await_waiting 1
tell_other "commit;"
wait $!
is "$(head -n 1 "/tmp/$database.said")" 'ERROR:  domain name "name.example" is taken: it is the alias domain of "a.example"' "nor both take a name"

tell_other "begin; update plan set primary_allowed = false where name = 'premium';"
ask "update domain set plan = 'premium', mode = 'primary'" >"/tmp/$database.said" &
await_waiting 1
tell_other "commit;"
wait $!
is "$(head -n 1 "/tmp/$database.said" | cut -c1-59)" 'ERROR:  domain "a.example" cannot be in mode primary on pla' "a plan that loses primary is seen"
rm -f "/tmp/$database.said"

# A change that commits late has a transaction id that a reader's position has not passed.
tell_other "begin; update domain set stealth = true where name = 'a.example';"
ask "insert into whitelist values ('a.example', '192.0.2.1')"
position=$(ask "select pg_snapshot_xmin(pg_current_snapshot())")
is "$(ask "select count(*) from directory_change where xid >= '$position' and kind = 'whitelist'")" 1 "a change after a running one is seen at once"
is "$(ask "select prune_directory_change('0 s') > 0")" t "what is finished can go"
is "$(ask "select count(*) from directory_change where xid < '$position'")" 0 "all of it"
is "$(ask "select pruned_xid < '$position' from directory_state")" t "and no running transaction with it"
tell_other "commit;"
is "$(ask "select kind from directory_change where xid >= '$position' and kind = 'domain'")" domain "the late change is read from the same position"

# Expiry passes over rows in use.
ask "insert into greylist (client, sender, recipient, first_seen) values ('a', 's', 'r', now() - interval '9 days'), ('b', 's', 'r', now() - interval '9 days')"
tell_other "begin; update greylist set passed_at = now() where client = 'a';"
is "$(ask "set lock_timeout = '5s'; select expire_greylist()")" 1 "expiry does not wait for a row in use"
tell_other "commit;"
is "$(ask 'select client from greylist')" a "and leaves it"

# Waking, and Dovecot.
is "$(ask "listen emailgency_directory; update domain set stealth = false" | grep -c 'notification "emailgency_directory"')" 1 "a commit wakes the listeners once"
ask "select set_password('first@a.example', 'correct horse')" >/dev/null
if command -v doveadm >/dev/null; then
  hash=$(ask "select password from dovecot_passdb('first@name.example')")
  is "$(doveadm pw -t "$hash" -p 'correct horse' 2>&1 | grep -c verified)" 1 "Dovecot verifies the password"
  is "$(doveadm pw -t "$hash" -p 'wrong' 2>&1 | grep -c verified)" 0 "and no other"
fi

printf '1..%s\n' $number
