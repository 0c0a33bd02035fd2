-- The logins that the schema does not make: the operator's, who may also make logins for domain admins, and Postfix's.
do $$
begin
    if to_regrole('operator') is null then
        create role operator login createrole in role emailgency_operator;
    end if;
    if to_regrole('postfix') is null then
        create role postfix login;
    end if;
end
$$;
alter role operator set search_path = emailgency, public;
alter role postfix set search_path = emailgency, public;
grant usage on schema emailgency to postfix;
grant select on emailgency.postfix_relay_domains to postfix;
