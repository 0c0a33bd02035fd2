-- Refusals, in words, of what a domain admin may try and only the operator may do. Without these rights PostgreSQL would refuse it with
-- "permission denied for table domain", and name no column and no way. The triggers fire for each statement, whether it reaches a
-- row or not, before any row is looked at. What a domain admin has no reason to try has no such right, and PostgreSQL's message.

create or replace function operator_only() returns trigger
language plpgsql security definer set search_path = emailgency, pg_temp as $$
begin
  if not is_operator() and not (tg_table_name = 'domain_alias' and is_notifier()) then
    raise exception using errcode = 'insufficient_privilege', message = tg_argv[0];
  end if;
  return null;
end
$$;
comment on function operator_only() is
  'Refuses a statement of anybody but the operator. Argument: the message, with what to do instead. Alias domains are added by the notifier, '
  'too, whose one way to do so is record_alias_check().';

create or replace trigger operator_only_insert before insert on domain
for each statement execute function operator_only(
  'only the operator adds domains, once it is certain whose they are: ask the operator for it');
comment on trigger operator_only_insert on domain is 'Refuses new domains of domain admins.';

create or replace trigger operator_only_update before update of name, plan, mode, alternate_name on domain
for each statement execute function operator_only(
  'name, plan, mode and alternate_name of a domain are the operator''s: ask the operator for the change, and leave them out of the '
  'statement, as in update domain set stealth = true where name = ''example.com''');
comment on trigger operator_only_update on domain is 'Refuses changes of the operator''s columns by domain admins.';

-- Mail of all customers to an alias domain goes to its domain: a customer who could claim any name would get the mail to it.
create or replace trigger operator_only_insert before insert on domain_alias
for each statement execute function operator_only(
  'only the operator adds alias domains, once it is certain whose they are, since all mail to them goes to the domain: ask the operator '
  'for it');
comment on trigger operator_only_insert on domain_alias is 'Refuses new alias domains of domain admins.';

create or replace trigger operator_only_update before update of smtp_deny_exempt on mailbox
for each statement execute function operator_only(
  'only the operator exempts a mailbox from the denial of its domain: ask the operator for it');
comment on trigger operator_only_update on mailbox is 'Refuses exemptions by domain admins.';
