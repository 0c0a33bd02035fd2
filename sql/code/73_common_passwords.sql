-- The list of passwords that are guessed first. It is data/common_passwords.list, which emailgencyctl reads, too; EMG_SQL is the folder of
-- this release's schema, as migrate sets it.

\set common_passwords `grep -v '^#' "$EMG_SQL/data/common_passwords.list"`

-- A constant of the function: a table would need a way to keep its rows equal to the file's.
select format('create or replace function common_passwords() returns text language sql immutable parallel safe return %L::text', E'\n' || :'common_passwords' || E'\n') \gexec

comment on function common_passwords() is 'The passwords that are guessed first, in lower case, each between two ends of line.';

do $$
begin
  if length(common_passwords()) < 10000 then
    raise exception 'the list of common passwords is missing: apply this code by migrate, whose folder has data/common_passwords.list';
  end if;
end
$$;

create or replace function is_common_password(folded text) returns boolean
language sql immutable parallel safe
return strpos(folded, E'\n') = 0 and strpos(emailgency.common_passwords(), E'\n' || folded || E'\n') > 0;
comment on function is_common_password(text) is 'True if a password, in lower case, is one of those that are guessed first.';
