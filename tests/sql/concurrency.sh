#!/bin/bash
# Two sessions at once: limits that hold, changes that commit late, expiry that does not wait, what a domain admin's open
# transaction holds up, a password that Dovecot takes and the log does not.
# Run by tests/sql/run.
set -u -o pipefail

database=emailgency_concurrency_$$
target="$EMG_TEST_SERVER dbname=$database"
root=$(readlink -f "$(dirname "$(readlink -f "$0")")/../..")
mallory=emg_mallory_$$
number=0
source "$root/tests/sql/tap.bash"
export PGOPTIONS='-c client_min_messages=error -c search_path=emailgency'

ask() {
  psql --no-psqlrc --quiet --no-align --tuples-only --dbname="$target" --command="$1" 2>&1
}

# A second session, which reads statements from a pipe and reports when each is done. The pipes and the process have names
# of our own: bash takes back its own as soon as it sees that the session has ended.
open_other() {
  coproc other { psql --no-psqlrc --quiet --no-align --tuples-only --dbname="$target" 2>&1; }
  other_process=$other_PID
  exec {to_other}>&"${other[1]}" {from_other}<&"${other[0]}"
  exec {other[1]}>&- {other[0]}<&-
}

close_other() {
  exec {to_other}>&- {from_other}<&-
  wait "$other_process" 2>/dev/null
}

tell_other() {
  local said
  printf '%s\n\\echo done\n' "$1" >&"$to_other"
  while read -r -t 20 said <&"$from_other" && [[ $said != done ]]; do
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

# A standby that every commit waits for, or none: of a name that nobody has, it holds commits up.
standby() {
  PGOPTIONS= psql --no-psqlrc --quiet --dbname="$EMG_TEST_SERVER dbname=postgres" --command="alter system $1 synchronous_standby_names${2:-}" --command="select pg_reload_conf()" >/dev/null
}

cleanup() {
  standby reset
  PGOPTIONS= psql --no-psqlrc --quiet --dbname="$EMG_TEST_SERVER dbname=postgres" --command="drop database if exists $database with (force)" \
    --command="drop role if exists $mallory"
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

ask "update plan set max_mailboxes = 9, max_vips = 1 where name = 'basic'; insert into mailbox (address) values ('second@a.example')"
tell_other "begin; update mailbox set vip = true where address = 'first@a.example';"
ask "update mailbox set vip = true where address = 'second@a.example'" >"/tmp/$database.said" &
await_waiting 1
tell_other "commit;"
wait $!
is "$(head -n 1 "/tmp/$database.said" | cut -c1-54)" 'ERROR:  domain "a.example" would have 2 VIP mailboxes,' "nor both make the last VIP"
is "$(ask 'select count(*) from mailbox where vip')" 1 "one is there"
ask "delete from mailbox where address = 'second@a.example'; update mailbox set vip = false; update plan set max_mailboxes = 1 where name = 'basic'"

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

# The last place of aliases, white list and contacts is given once too.
ask "update plan set max_aliases = 1, max_whitelist = 2, max_contacts = 3 where name = 'basic'; update domain set plan = 'basic', mode = 'backup'"
for rows in "alias (address, target) values ('i@a.example', 'N@a.example')" "whitelist values ('a.example', '192.0.2.N')" \
  "contact (domain, kind, address) values ('a.example', 'mail', 'N@x.example')"; do
  tell_other "begin; insert into ${rows//N/11};"
  ask "insert into ${rows//N/12}" >"/tmp/$database.said" &
  await_waiting 1
  tell_other "commit;"
  wait $!
  is "$(head -n 1 "/tmp/$database.said" | cut -c1-51)" 'ERROR:  domain "a.example" would have more than the' "M4: two sessions cannot both take the last place of ${rows%% *}"
done
# Nor to a session that counts in a snapshot from before.
ask "delete from alias; update plan set max_aliases = 1, max_mailboxes = 2 where name = 'basic'"
for rows in "alias (address, target) values ('i@a.example', 'N@a.example')" "mailbox (address) values ('N@a.example')"; do
  tell_other "begin isolation level repeatable read; select from plan limit 0;"
  ask "insert into ${rows//N/21}"
  tell_other "insert into ${rows//N/22}; commit;" >/dev/null
done
is "$(ask "select (select count(*) from alias), (select count(*) from mailbox where domain = 'a.example')")" "1|2" "M4: an older snapshot gives no place twice"
rm -f "/tmp/$database.said"

# Sessions of domain admins that hold up others.
as_mallory() {
  PGOPTIONS="-c client_min_messages=error -c search_path=emailgency" psql --no-psqlrc --quiet --no-align --tuples-only \
    --dbname="$target user=$mallory" --command="$1" 2>&1
}

ask "create role $mallory login in role emailgency_domain_admin; insert into domain (name, plan) values ('m.example', 'basic'), ('n.example', 'basic');
  insert into domain_admin values ('$mallory', 'm.example'); insert into mailbox (address) values ('u@m.example'), ('u@n.example')"
tell_other "\\c - $mallory"
tell_other "set search_path = emailgency; set lock_timeout = 0; set statement_timeout = 0; set idle_in_transaction_session_timeout = 0; begin;"
for lock in 'access exclusive' 'share row exclusive' exclusive 'row exclusive'; do
  is "$(as_mallory "begin; lock table mailbox in $lock mode" | head -n 1)" 'ERROR:  permission denied for table mailbox' "H1: no lock table mailbox in $lock mode"
done
is "$(as_mallory "update domain set plan = 'premium'" | head -n 1 | cut -c1-63)" "ERROR:  name, plan, mode and alternate_name of a domain are the" "nor the operator's columns, in words"
is "$(as_mallory "insert into domain_alias values ('bank.example', 'm.example')" | head -n 1 | cut -c1-46)" "ERROR:  only the operator adds alias domains, " "nor another's name as an alias"
is "$(as_mallory 'select pg_advisory_lock(7164120934)' | head -n 1)" 'ERROR:  permission denied for function pg_advisory_lock' "L3: nor an advisory lock"
tell_other "select address from mailbox for update; select name from domain for update; update domain set stealth = true; update mailbox set vip = true;
  insert into alias (address, target) values ('i@m.example', 'u@m.example');" >/dev/null
is "$(ask "set statement_timeout = '10s'; select address from dovecot_passdb('u@m.example'); update mailbox set vip = true where address = 'u@n.example';
  update domain set stealth = true where name = 'n.example'; insert into whitelist values ('n.example', 'x.example'); update plan set expiry_days = 31 where name = 'premium';
  update plan set primary_allowed = false where name = 'premium'; select report_best_mx('n', '{m.example,n.example}', '{mx.m,mx.n}'); select domain from domain_problem")" \
  $'u@m.example\n\nn.example' "H1: an open transaction on her own rows holds up no log-in, no neighbour's edit, no plan, no report"
is "$(ask "set statement_timeout = '10s'; update domain set queue_alert_messages = 1 where name = 'n.example';
  insert into flush_request (domain) values ('n.example'); select record_queue('n', '{m.example,n.example}', '{5,5}', '{5,5}', array[now(), now()]);
  select plan_probes(100); select domain from incident where kind = 'queue'; select domain from claim_flush('n'); select domain from probe where domain = 'n.example';
  select record_tls('{m.example,n.example}', '{192.0.2.1,192.0.2.2}', '{a,b}', '{f1,f2}', array[0, 0]); select domain from incident where kind = 'certificate'")" \
  $'\n\nn.example\nn.example\nn.example\n\nn.example' "H1: nor what the nodes find out about the others: waiting mail, servers, certificates, flush"
is "$(ask "set statement_timeout = '10s'; update setting set value = 'other.example' where name = 'service_domain'" | head -n 1)" \
  "ERROR:  setting service_domain renames the alternate domains, and another session is editing one of them ($mallory): try again, or end that session by select end_admin_sessions('login')" \
  "L3: a change of all domains gives up within a second, and names the session"
is "$(ask "select login, writing, blocks from admin_sessions()")" "$mallory|t|0" "L3: the operator sees whose session it is"
is "$(ask "select count(*) > 0 from notification_queue_holder('0 s') where login = '$mallory'")" t "H3: and the sessions that may keep the notification queue full"
is "$(ask "select end_admin_sessions('$mallory')")" 1 "L3: and ends it"
is "$(ask "update setting set value = 'other.example' where name = 'service_domain' returning value")" other.example "L3: after which the change is made"
close_other
for i in 1 2 3; do
  PGOPTIONS= psql --no-psqlrc --quiet --dbname="$target user=$mallory" --command="select pg_sleep(120)" >/dev/null 2>&1 &
done
for i in {1..300}; do
  [[ $(ask "select count(*) from admin_sessions()") == 3 ]] && break
  sleep 0.1
done
is "$(as_mallory 'select 1' | grep -c 'too many connections')" 1 "M3: a domain admin has three connections"
is "$(ask "select end_admin_sessions('$mallory')")" 3 "M3: which the operator ends"
wait
for i in {1..100}; do
  [[ $(ask "select count(*) from admin_sessions()") == 0 ]] && break
  sleep 0.1
done

# The server's log, where it is a file, holds no clear text of a password that was refused.
log=$(readlink "/proc/$(ask "select split_part(pg_read_file('postmaster.pid'), E'\n', 1)")/fd/2")
if [[ -f $log ]]; then
  as_mallory "select set_password('mistyped$$@m.example', 'hunter2-a')" >/dev/null
  as_mallory "select set_password('u@elsewhere.example', 'hunter2-b')" >/dev/null
  as_mallory "select set_password('u@m.example', 'hunter2-c' || repeat('x', 72))" >/dev/null
  as_mallory "update mailbox set password = 'hunter2-d'" >/dev/null
  as_mallory "insert into mailbox (address, password) values ('v@m.example', '{PLAIN}hunter2-e')" >/dev/null
  as_mallory "select hash_password('u@m.example', 'hunter2-f' || repeat('x', 72))" >/dev/null
  ask "select set_password('mistyped$$@m.example', 'hunter2-g')" >/dev/null
  as_mallory "select add_mailbox('mistyped@@m.example', 'hunter2-h')" >/dev/null
  as_mallory "select add_mailbox('w@m.example', 'hunter2-i')" >/dev/null
  as_mallory "select add_mailbox('u@m.example', 'hunter2-j')" >/dev/null
  as_mallory "select add_mailbox('w@m.example', '{CRYPT}hunter2-k', '{quota}', '{odd}')" >/dev/null
  as_mallory "select act_mailbox_password('{\"domain\": \"m.example\", \"address\": \"none@m.example\", \"password\": \"hunter2-l\"}')" >/dev/null
  as_mallory "select act_mailbox_password('{\"domain\": \"elsewhere.example\", \"address\": \"u@m.example\", \"password\": \"hunter2-m\"}')" >/dev/null
  as_mallory "select act_mailbox_password('{\"domain\": \"m.example\", \"address\": \"u@m.example\", \"password\": \"hunter2-n\"}')" >/dev/null
  as_mallory "select act_mailbox_new('{\"domain\": \"elsewhere.example\", \"address\": \"w\", \"password\": \"hunter2-o\"}')" >/dev/null
  as_mallory "select act_mailbox_new('{\"domain\": \"m.example\", \"address\": \"w\", \"password\": \"Correct horse hunter2-p\", \"quota\": \"odd\"}')" >/dev/null
  as_mallory "select import_hash(1, 'u@m.example', 'hunter2-q')" >/dev/null
  as_mallory "select act_import('{\"domain\": \"elsewhere.example\", \"csv\": \"w@m.example,hunter2-r\"}')" >/dev/null
  as_mallory "select act_import('{\"domain\": \"m.example\", \"csv\": \"w@m.example,hunter2-s\"}')" >/dev/null
  as_mallory "select act_import('{\"domain\": \"m.example\", \"csv\": \"w@@m.example,hunter2-t\"}')" >/dev/null
  as_mallory "begin; select add_mailbox('kept@m.example', null); commit; select 1 from mailbox where address = 'a later statement'::integer" >/dev/null
  as_mallory "select 1 from mailbox where address = 'the end of the test'::integer" >/dev/null
  for i in {1..50}; do
    grep -q 'the end of the test' "$log" && break
    sleep 0.1
  done
  is "$(grep -c "ERROR:  mailbox \"mistyped$$@m.example\" does not exist" "$log")" 2 "L7: the server's log has the refusals"
  is "$(grep -o 'hunter2-.' "$log" | sort -u)" "" "L7: and no password"
  is "$(grep -c "STATEMENT:.*a later statement" "$log")" 1 "L7: but the statements of later transactions"
fi

# Waking, and Dovecot.
is "$(ask "listen emailgency_directory; update domain set stealth = false" | grep -c 'notification "emailgency_directory"')" 1 "a commit wakes the listeners once"
# A session that writes many notifications keeps all others that notify waiting until its commit.
queue_lock="from pg_locks where locktype = 'object' and database = 0 and classid = 'pg_database'::regclass and objid = 0 and granted"
open_other
tell_other "listen flood;"
printf '\\o /dev/null\n' >&"$to_other" # nobody reads the notifications: the pipe would fill, and the session stop
standby set " = 'nobody'"
for i in {1..100}; do # the server reads the setting when it comes to it
  printf "with held as (insert into greylist (client, sender, recipient) select gen_random_uuid(), 's', 'r') select count(pg_notify('flood', repeat(i::text, 1000))) from generate_series(1000, 1100) i;\n" >&"$to_other"
  sleep 0.2
  [[ $(ask "set synchronous_commit = local; select count(*) $queue_lock") == 1 ]] && break
done
is "$(ask "select count(*) $queue_lock")" 1 "H3: another session writes to the notification queue"
is "$(timeout 20 psql --no-psqlrc --quiet --no-align --tuples-only --dbname="$target" --command="set synchronous_commit = local; update domain set stealth = true where name = 'a.example' returning name" 2>&1)" \
  a.example "H3: which holds up nobody's commit"
standby reset
close_other
ask "select set_password('first@a.example', 'correct horse')" >/dev/null
if command -v doveadm >/dev/null; then
  hash=$(ask "select password from dovecot_passdb('first@name.example')")
  is "$(doveadm pw -t "$hash" -p 'correct horse' 2>&1 | grep -c verified)" 1 "Dovecot verifies the password"
  is "$(doveadm pw -t "$hash" -p 'wrong' 2>&1 | grep -c verified)" 0 "and no other"
fi

printf '1..%s\n' $number
