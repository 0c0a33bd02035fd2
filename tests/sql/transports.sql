-- Special-use networks, by the cases of the daemons' own list (lib/base/transport.c).
begin;
select no_plan();
\set text `cat "$EMG_CASES/base/special_networks.cases"`
select is(case when special_network(c[1]::inet) is null then 'public' else 'special' end, c[2], c[1])
from regexp_split_to_table(:'text', '\n') as line, regexp_match(line, '^([0-9a-f:.]+) +=> (public|special)$') as c
where c is not null;
select cmp_ok((select count(*)::integer from regexp_split_to_table(:'text', '\n') as line where line ~ '=> (public|special)$'), '>', 40, 'all cases');
select * from finish();
rollback;
